/** A picture by itself: mounted as the frame mounts it, and told what comes and goes. The script under test is the real one. */

export const key = (row) => JSON.stringify(row);

function count(rows) {
  const counts = new Map();
  for (const row of rows) counts.set(key(row), { key: key(row), row, count: (counts.get(key(row))?.count ?? 0) + 1 });
  return counts;
}

function surplus(own, other) {
  return [...own.values()]
    .map((entry) => ({ ...entry, count: entry.count - (other.get(entry.key)?.count ?? 0) }))
    .filter((entry) => entry.count > 0);
}

const KINDS = { int8: "number", mz_timestamp: "number", float8: "number", numeric: "number", bool: "boolean", jsonb: "json", text: "text" };

export class Picture {
  /**
   * @param {{ mount: Function }} kind
   * @param {[string, string][]} columns names and types
   * @param {object} encoding
   * @param {unknown[][]} rows
   */
  constructor(kind, columns, encoding, rows, { width = "760px", height = 0 } = {}) {
    this.columns = columns.map(([name, type]) => ({ name, type, kind: KINDS[type] ?? "time" }));
    this.encoding = { channels: {}, ...encoding };
    this.counts = count(rows);
    this.seq = 0;
    this.root = document.createElement("section");
    this.root.className = "mzw";
    this.root.style.width = width;
    this.el = document.createElement("div");
    this.el.className = "mzw-picture";
    this.root.append(this.el);
    document.querySelector("main").append(this.root);
    this.life = new AbortController();
    this.view = kind.mount(this.el, this.encoding, {
      columns: this.columns,
      height,
      select: (selection) => {
        this.selection = selection;
        this.view.selected?.(selection);
      },
      selected: () => this.selection ?? null,
      load: () => Promise.reject(new Error("nothing to load")),
      signal: this.life.signal,
      dark: () => getComputedStyle(this.root).colorScheme === "dark",
    });
    this.view.paint(this.snapshot(), null);
  }

  snapshot() {
    const { counts, columns, encoding, seq } = this;
    const size = counts.values().reduce((sum, { count }) => sum + count, 0);
    return { epoch: "e", seq, time: null, columns, encoding, size, get entries() { return [...counts.values()]; } };
  }

  get rows() {
    return [...this.counts.values()].flatMap(({ row, count }) => Array(count).fill(row));
  }

  /** Have other rows, and say so by what changed or, `whole`, as a base does. */
  become(rows, whole = false) {
    const after = count(rows);
    const step = { inserts: surplus(after, this.counts), deletes: surplus(this.counts, after) };
    this.counts = after;
    this.seq++;
    this.view.paint(this.snapshot(), whole ? null : step);
  }

  /** Change by what comes and goes, each row once. */
  change(inserts, deletes) {
    const step = { inserts: surplus(count(inserts), new Map()), deletes: surplus(count(deletes), new Map()) };
    for (const { key, row, count } of step.inserts) {
      this.counts.set(key, { key, row, count: (this.counts.get(key)?.count ?? 0) + count });
    }
    for (const { key, count } of step.deletes) {
      const left = this.counts.get(key).count - count;
      if (left > 0) this.counts.set(key, { ...this.counts.get(key), count: left });
      else this.counts.delete(key);
    }
    this.seq++;
    this.view.paint(this.snapshot(), step);
  }

  close() {
    this.life.abort();
    this.view.destroy();
    this.root.remove();
  }
}

/** The same numbers for the same seed (mulberry32). */
export function randomNumbers(seed) {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

export const frames = async (n) => {
  for (let i = 0; i < n; i++) await new Promise(requestAnimationFrame);
};

/** A time as the database writes it. */
export const stamp = (at) => new Date(at).toISOString().replace("T", " ").replace("Z", "+00");

Object.assign(window, { Picture, randomNumbers, frames, stamp });
