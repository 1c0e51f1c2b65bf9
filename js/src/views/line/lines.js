import { compareNames } from "../order.js";
import { roundsOf } from "../palette.js";
import { LAST, parseTime } from "../times.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../view.js").Encoding} Encoding */
/** @typedef {import("../view.js").Entry} Entry */
/** @typedef {import("../view.js").Step} Step */

/**
 * One line: points by x, then by y. What is at the same index of the three arrays belongs together.
 *
 * @typedef {object} Line
 * @property {string} id
 * @property {string} name
 * @property {number} slot its colour: the lowest that no other line has that is drawn; -1 while it is not drawn
 * @property {number} round how many that are drawn have its colour, too, and had it before
 * @property {number[]} xs
 * @property {number[]} ys NaN where there is no number: a gap
 * @property {number[]} counts how often the point occurs
 * @property {number | null} reach how far apart two points may be to be joined; null when it is not known any more
 */

/** Edits of one step from which on it is quicker to start again. */
const MANY = 2_000;
const SAMPLES = 256;
/** The share of intervals that are alike in a line whose points come at a steady pace. */
const STEADY = 0.7;

/**
 * The first index whose x is not below `x`.
 *
 * @param {readonly number[]} xs in order
 * @param {number} x
 */
export function indexOf(xs, x) {
  let [low, high] = [0, xs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {number} */ (xs[middle]) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * How far apart two points of a line may be to be joined: where they come at a steady pace, a point that is missing
 * is a gap.
 *
 * @param {readonly number[]} xs
 */
function reachOf(xs) {
  const stride = Math.max(1, Math.floor((xs.length - 1) / SAMPLES));
  const intervals = [];
  for (let i = 1; i < xs.length; i += stride) {
    const interval = Number(xs[i]) - Number(xs[i - 1]);
    if (interval > 0) intervals.push(interval);
  }
  if (intervals.length < 3) return Infinity;
  intervals.sort((a, b) => a - b);
  const usual = Number(intervals[intervals.length >> 1]);
  const alike = intervals.filter((interval) => Math.abs(interval - usual) <= usual / 8).length;
  return alike >= STEADY * intervals.length ? 1.6 * usual : Infinity;
}

/**
 * Let those keep their colours that have one.
 *
 * @param {readonly Line[]} lines
 */
function tellApart(lines) {
  const taken = new Set(lines.map(({ slot }) => slot));
  let free = 0;
  for (const line of lines.filter(({ slot }) => slot < 0).sort(byName)) {
    while (taken.has(free)) free++;
    line.slot = free++;
  }
  const rounds = roundsOf(lines.map(({ slot }) => slot));
  for (const line of lines) line.round = rounds.get(line.slot) ?? 0;
}

/** The lines of a view, kept by what comes and goes. */
export class Lines {
  /** @type {Map<string, Line>} */
  #lines = new Map();
  #x;
  #ys;
  #labels;
  #columns;
  #toX;

  /** Rows that have no place on the x axis. */
  placeless = 0;

  /**
   * @param {readonly Column[]} columns
   * @param {Encoding} encoding with channels x, y and, at will, color
   */
  constructor(columns, { channels }) {
    this.#columns = columns;
    this.#x = channels["x"]?.[0] ?? 0;
    this.#ys = channels["y"] ?? [];
    this.#labels = channels["color"] ?? [];
    const { kind, type } = columns[this.#x] ?? {};
    this.#toX = kind === "time" ? parseTime : type === "mz_timestamp" ? toMoment : toNumber;
  }

  /** @returns {IterableIterator<Line>} */
  [Symbol.iterator]() {
    return this.#lines.values();
  }

  get size() {
    return this.#lines.size;
  }

  /**
   * Choose the lines with the greatest sums to be drawn, each with a look of its own.
   *
   * @param {number} limit
   */
  greatest(limit) {
    const all = [...this.#lines.values()];
    if (all.length > limit) {
      const sums = new Map(all.map((line) => [line, sum(line)]));
      all.sort((a, b) => Number(sums.get(b)) - Number(sums.get(a)) || byName(a, b));
      for (const line of all.splice(limit)) line.slot = -1;
    }
    tellApart(all);
    return all;
  }

  /**
   * @param {() => readonly Entry[]} entries read only where the change does not do
   * @param {Step | null} change
   */
  update(entries, change) {
    if (change === null || change.inserts.length + change.deletes.length > MANY) this.#fill(entries());
    else {
      for (const entry of change.deletes) this.#each(entry, -1, (id, x, y) => this.#take(id, x, y, entry.count));
      for (const entry of change.inserts) this.#each(entry, 1, (id, x, y, name) => this.#put(id, name, x, y, entry.count));
    }
    for (const [id, line] of this.#lines) {
      if (line.xs.length === 0) this.#lines.delete(id);
      else line.reach ??= reachOf(line.xs);
    }
  }

  /** @param {readonly Entry[]} entries */
  #fill(entries) {
    this.placeless = 0;
    /** @type {Map<string, { name: string, points: [number, number, number][] }>} */
    const found = new Map();
    for (const entry of entries) {
      this.#each(entry, 1, (id, x, y, name) => {
        let line = found.get(id);
        if (line === undefined) found.set(id, (line = { name, points: [] }));
        line.points.push([x, y, entry.count]);
      });
    }
    for (const id of this.#lines.keys()) if (!found.has(id)) this.#lines.delete(id);
    for (const { id, name, points } of [...found].map(([id, line]) => ({ id, ...line })).sort(byName)) {
      points.sort((a, b) => a[0] - b[0] || rise(b[1], a[1]));
      const line = this.#line(id, name);
      Object.assign(line, { xs: [], ys: [], counts: [], reach: null });
      for (const [x, y, count] of points) {
        const last = line.xs.length - 1;
        if (line.xs[last] === x && Object.is(line.ys[last], y)) line.counts[last] = Number(line.counts[last]) + count;
        else append(line, x, y, count);
      }
    }
  }

  /**
   * The points of a row: one for each y.
   *
   * @param {Entry} entry
   * @param {1 | -1} sign whether it comes or goes
   * @param {(id: string, x: number, y: number, name: string) => void} visit
   */
  #each({ row, count }, sign, visit) {
    const x = this.#toX(row[this.#x]);
    if (!Number.isFinite(x)) {
      this.placeless += sign * count;
      return;
    }
    const label = this.#labels.map((i) => String(row[i] ?? "null")).join(" · ");
    for (const y of this.#ys) {
      const value = toNumber(row[y]);
      const measure = this.#columns[y]?.name ?? "";
      const name = this.#labels.length === 0 ? measure : this.#ys.length === 1 ? label : `${label} · ${measure}`;
      visit(JSON.stringify([y, ...this.#labels.map((i) => row[i])]), x, Number.isFinite(value) ? value : NaN, name);
    }
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  #line(id, name) {
    let line = this.#lines.get(id);
    if (line === undefined) {
      line = { id, name, slot: -1, round: 0, xs: [], ys: [], counts: [], reach: null };
      this.#lines.set(id, line);
    }
    return line;
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {number} x
   * @param {number} y
   * @param {number} count
   */
  #put(id, name, x, y, count) {
    const line = this.#line(id, name);
    const { xs, ys, counts } = line;
    let i = indexOf(xs, x);
    while (xs[i] === x && rise(Number(ys[i]), y) > 0) i++;
    if (xs[i] === x && Object.is(ys[i], y)) {
      counts[i] = Number(counts[i]) + count;
      return;
    }
    xs.splice(i, 0, x);
    ys.splice(i, 0, y);
    counts.splice(i, 0, count);
    line.reach = null;
  }

  /**
   * @param {string} id
   * @param {number} x
   * @param {number} y
   * @param {number} count
   */
  #take(id, x, y, count) {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    const { xs, ys, counts } = line;
    let i = indexOf(xs, x);
    while (xs[i] === x && !Object.is(ys[i], y)) i++;
    if (xs[i] !== x) return;
    const left = Number(counts[i]) - count;
    if (left > 0) {
      counts[i] = left;
      return;
    }
    for (const array of [xs, ys, counts]) array.splice(i, 1);
    line.reach = null;
  }

  /** The first and the last x; null if there is no point. */
  get span() {
    let [first, last] = [Infinity, -Infinity];
    for (const { xs } of this.#lines.values()) {
      first = Math.min(first, Number(xs[0]));
      last = Math.max(last, Number(xs.at(-1)));
    }
    return first <= last ? /** @type {[number, number]} */ ([first, last]) : null;
  }
}

/** @param {Line} line */
function sum({ ys, counts }) {
  return ys.reduce((sum, y, i) => (y === y ? sum + y * Number(counts[i]) : sum), 0);
}

/**
 * By number column, then by label.
 *
 * @param {{ id: string }} a
 * @param {{ id: string }} b
 */
export const byName = (a, b) => compareNames(a.id, b.id);

/**
 * How far one y is above another; a gap is below all.
 *
 * @param {number} from
 * @param {number} to
 */
function rise(from, to) {
  if (from !== from || to !== to) return Number(from !== from) - Number(to !== to);
  return to - from;
}

/**
 * @param {Line} line
 * @param {number} x
 * @param {number} y
 * @param {number} count
 */
function append({ xs, ys, counts }, x, y, count) {
  xs.push(x);
  ys.push(y);
  counts.push(count);
}

/** @param {import("../view.js").Entry["row"][number] | undefined} value milliseconds since 1970 */
function toMoment(value) {
  const at = toNumber(value);
  return at <= LAST ? at : NaN; // the last mz_timestamp stands for never
}

/** @param {import("../view.js").Entry["row"][number] | undefined} value */
function toNumber(value) {
  return value === null || value === undefined || typeof value === "boolean" ? NaN : Number(value);
}

/**
 * The lowest and the highest y of a line between two x.
 *
 * @param {Line} line
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]} [Infinity, -Infinity] if there is none
 */
export function heights({ xs, ys }, from, to) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = indexOf(xs, from); i < xs.length && Number(xs[i]) <= to; i++) {
    const y = Number(ys[i]);
    if (y < low) low = y;
    if (y > high) high = y;
  }
  return [low, high];
}
