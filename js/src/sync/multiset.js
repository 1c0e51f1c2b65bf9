/** @typedef {import("./protocol.js").Row} Row */
/** @typedef {Readonly<{ key: string, row: Row, count: number }>} Entry a row, as its own JSON too, and how often it occurs */
/** @typedef {Readonly<{ inserts: readonly Entry[], deletes: readonly Entry[] }>} Step what came and went, no row on both sides */

/**
 * How often row number `i` occurs.
 *
 * @param {readonly number[] | undefined} counts
 * @param {number} i
 */
function countAt(counts, i) {
  const count = counts?.[i] ?? 1;
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`a row cannot occur ${count} times`);
  return count;
}

/**
 * A signed change to a multiset: how many of each row come or go.
 */
export class Change {
  /** @type {Map<string, { row: Row, diff: number }>} */
  #diffs = new Map();

  /** Distinct rows that it speaks of. */
  get size() {
    return this.#diffs.size;
  }

  /**
   * @param {readonly Row[]} rows
   * @param {readonly number[] | undefined} counts
   * @param {1 | -1} sign
   * @returns {this}
   */
  add(rows, counts, sign) {
    rows.forEach((row, i) => this.#add(JSON.stringify(row), row, sign * countAt(counts, i)));
    return this;
  }

  /**
   * Let another change follow on this one.
   *
   * @param {Change} next
   */
  merge(next) {
    for (const [key, { row, diff }] of next) this.#add(key, row, diff);
  }

  /**
   * @param {string} key
   * @param {Row} row
   * @param {number} diff
   */
  #add(key, row, diff) {
    this.#diffs.set(key, { row, diff: (this.#diffs.get(key)?.diff ?? 0) + diff });
  }

  /** @returns {Step} */
  get step() {
    /** @type {Entry[]} */
    const inserts = [];
    /** @type {Entry[]} */
    const deletes = [];
    for (const [key, { row, diff }] of this.#diffs) {
      if (diff > 0) inserts.push({ key, row, count: diff });
      if (diff < 0) deletes.push({ key, row, count: -diff });
    }
    return { inserts, deletes };
  }

  [Symbol.iterator]() {
    return this.#diffs.entries();
  }
}

/**
 * Rows, each with the number of times it occurs. Entries are never changed in place, so that a
 * copy of the entries stays what it was.
 */
export class Multiset {
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  #size = 0;

  /**
   * @param {readonly Row[]} rows
   * @param {readonly number[] | undefined} counts
   */
  constructor(rows, counts) {
    rows.forEach((row, i) => this.#add(JSON.stringify(row), row, countAt(counts, i)));
  }

  /** Rows, repeated ones included. */
  get size() {
    return this.#size;
  }

  /** @returns {Entry[]} */
  entries() {
    return [...this.#entries.values()];
  }

  /**
   * What the entries were before a change that led to the present ones.
   *
   * @param {Change} change
   * @returns {Entry[]}
   */
  before(change) {
    const then = new Map(this.#entries);
    for (const [key, { row, diff }] of change) {
      const count = (then.get(key)?.count ?? 0) - diff;
      if (count === 0) then.delete(key);
      else then.set(key, { key, row, count });
    }
    return [...then.values()];
  }

  /**
   * Apply the whole change or, where it would take away a row that is not there, nothing.
   *
   * @param {Change} change
   * @returns {number} how many rows came and went; -1 if the change does not fit
   */
  apply(change) {
    for (const [key, { diff }] of change) {
      if ((this.#entries.get(key)?.count ?? 0) + diff < 0) return -1;
    }
    let moved = 0;
    for (const [key, { row, diff }] of change) {
      this.#add(key, row, diff);
      moved += Math.abs(diff);
    }
    return moved;
  }

  /**
   * @param {string} key
   * @param {Row} row
   * @param {number} diff
   */
  #add(key, row, diff) {
    const known = this.#entries.get(key);
    const count = (known?.count ?? 0) + diff;
    if (count === 0) this.#entries.delete(key);
    else this.#entries.set(key, { key, row: known?.row ?? row, count });
    this.#size += diff;
  }
}
