/**
 * What the tests set against the store: a clock that they turn, and a plain model of the kernel's
 * side, which knows every state that ever was.
 */

import fc from "fast-check";

/** @typedef {import("../src/sync/protocol.js").Base} Base */
/** @typedef {import("../src/sync/protocol.js").Delta} Delta */
/** @typedef {import("../src/sync/protocol.js").Row} Row */
/** @typedef {import("../src/sync/content.js").Snapshot} Snapshot */
/** @typedef {Record<string, number>} Counts rows, as JSON, and how often each occurs */

export class FakeClock {
  time = 1_000_000;
  /** @type {Set<{ at: number, task: () => void }>} */
  tasks = new Set();

  now = () => this.time;

  /**
   * @param {number} delay
   * @param {() => void} task
   */
  after = (delay, task) => {
    const entry = { at: this.time + delay, task };
    this.tasks.add(entry);
    return () => void this.tasks.delete(entry);
  };

  /** @param {number} milliseconds */
  advance(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      const [next] = [...this.tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.tasks.delete(next);
      this.time = next.at;
      next.task();
    }
    this.time = end;
  }
}

/** @type {Base["columns"]} */
export const COLUMNS = [
  { name: "name", type: "text", kind: "text" },
  { name: "n", type: "int8", kind: "number" },
];

/** @type {Base["encoding"]} */
export const TABLE = { kind: "table", channels: {} };

/** @param {Counts} counts */
const total = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

/**
 * The multiset as JSON rows in order, repeated rows repeated.
 *
 * @param {Snapshot | null} snapshot
 */
export function rowsOf(snapshot) {
  return (snapshot?.entries ?? []).flatMap(({ row, count }) => Array(count).fill(JSON.stringify(row))).sort();
}

/** The states of one epoch, one for each `seq`. */
export class Epoch {
  /**
   * @param {string} name
   * @param {readonly Counts[]} states
   */
  constructor(name, states) {
    this.name = name;
    this.states = states;
  }

  get last() {
    return this.states.length - 1;
  }

  /** @param {number} seq */
  rows(seq) {
    return Object.entries(this.states[seq] ?? {})
      .flatMap(([row, count]) => Array(count).fill(row))
      .sort();
  }

  /**
   * @param {number} seq
   * @returns {Base}
   */
  base(seq) {
    const state = this.states[seq] ?? {};
    const rows = Object.keys(state).map((row) => /** @type {Row} */ (JSON.parse(row)));
    const base = { epoch: this.name, seq, time: seq * 1000, columns: COLUMNS, encoding: TABLE, rows };
    return total(state) === rows.length ? base : { ...base, counts: Object.values(state) };
  }

  /**
   * @param {number} from
   * @param {number} to
   * @returns {Delta}
   */
  delta(from, to) {
    const [before, after] = [this.states[from] ?? {}, this.states[to] ?? {}];
    /** @type {{ rows: Row[], counts: number[] }[]} */
    const sides = [before, after].map((own, i) => {
      const other = i === 0 ? after : before;
      const surplus = Object.keys(own).filter((row) => (own[row] ?? 0) > (other[row] ?? 0));
      return {
        rows: surplus.map((row) => JSON.parse(row)),
        counts: surplus.map((row) => (own[row] ?? 0) - (other[row] ?? 0)),
      };
    });
    const [deletes, inserts] = /** @type {[typeof sides[0], typeof sides[0]]} */ (sides);
    return {
      epoch: this.name,
      from,
      to,
      time: to * 1000,
      inserts: inserts.rows,
      deletes: deletes.rows,
      insert_counts: inserts.counts,
      delete_counts: deletes.counts,
    };
  }
}

const row = fc
  .tuple(fc.constantFrom("ann", "bob", "cleo"), fc.constantFrom(null, 1, 2, "9007199254740993"))
  .map((values) => JSON.stringify(values));
const state = fc.dictionary(row, fc.integer({ min: 1, max: 3 }), { maxKeys: 6 });

/**
 * Epochs, each with its states.
 *
 * @param {number} most
 */
export function epochs(most) {
  return fc
    .array(fc.array(state, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: most })
    .map((all) => all.map((states, i) => new Epoch(`epoch-${i}`, states)));
}
