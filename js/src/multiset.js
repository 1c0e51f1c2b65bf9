/** @typedef {import("./protocol.js").Row} Row */
/** @typedef {Readonly<{ row: Row, count: number }>} Entry */

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

  /**
   * @param {readonly Row[]} rows
   * @param {readonly number[] | undefined} counts
   * @param {1 | -1} sign
   * @returns {this}
   */
  add(rows, counts, sign) {
    rows.forEach((row, i) => {
      const diff = sign * countAt(counts, i);
      const key = JSON.stringify(row);
      this.#diffs.set(key, { row, diff: (this.#diffs.get(key)?.diff ?? 0) + diff });
    });
    return this;
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
    rows.forEach((row, i) => {
      const count = countAt(counts, i);
      const key = JSON.stringify(row);
      this.#entries.set(key, { row, count: (this.#entries.get(key)?.count ?? 0) + count });
      this.#size += count;
    });
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
      const known = this.#entries.get(key);
      const count = (known?.count ?? 0) + diff;
      if (count === 0) this.#entries.delete(key);
      else this.#entries.set(key, { row: known?.row ?? row, count });
      this.#size += diff;
      moved += Math.abs(diff);
    }
    return moved;
  }
}
