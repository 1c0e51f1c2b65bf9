import { compareNumbers, isNumber } from "./numbers.js";

/** @typedef {import("../sync/multiset.js").Entry} Entry */
/** @typedef {import("../sync/protocol.js").Column} Column */
/** @typedef {import("../sync/multiset.js").Step} Step */
/** @typedef {import("../sync/protocol.js").Encoding} Encoding */
/** @typedef {import("../sync/protocol.js").Value} Value */
/** @typedef {import("../sync/content.js").Snapshot} Snapshot */
/** @typedef {(a: Entry, b: Entry) => number} Comparison */

/**
 * Compare text by code point: the same order for every reader, whatever their language.
 *
 * @param {string} a
 * @param {string} b
 */
function compareText(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // UTF-16 puts surrogates below U+E000…U+FFFF, code points put what they stand for above.
    const [high, low] = [isSurrogate(x), isSurrogate(y)];
    return high === low ? x - y : high ? 1 : -1;
  }
  return a.length - b.length;
}

/**
 * Compare text as people count: 2 before 10, and the rest by code point.
 *
 * @param {string} a
 * @param {string} b
 */
export function compareNames(a, b) {
  const [ours, theirs] = [a.split(NUMBER), b.split(NUMBER)];
  for (let i = 0; i < Math.min(ours.length, theirs.length); i++) {
    const [x, y] = [ours[i] ?? "", theirs[i] ?? ""];
    const found = i % 2 === 0 ? compareText(x, y) : compareDigits(x, y);
    if (found !== 0) return found;
  }
  return ours.length - theirs.length || compareText(a, b);
}

const NUMBER = /([0-9]+)/;

/**
 * @param {string} a
 * @param {string} b
 */
function compareDigits(a, b) {
  const [x, y] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  return x.length - y.length || compareText(x, y);
}

/** @param {number} unit */
const isSurrogate = (unit) => unit >= 0xd800 && unit <= 0xdfff;

/**
 * Compare two values of one column, NULL last.
 *
 * @param {Value} a
 * @param {Value} b
 * @param {import("../sync/protocol.js").Kind} kind
 */
export function compareValues(a, b, kind) {
  if (a === b) return 0;
  if (kind === "number") return compareNumbers(a, b);
  if (a === null || b === null) return a === null ? 1 : -1;
  return compareText(String(a), String(b));
}

/**
 * How two values of a column stand in a term of an order.
 *
 * @param {import("../sync/protocol.js").Kind} kind
 * @param {boolean} descending
 * @param {boolean} nullsFirst
 * @returns {(a: Value, b: Value) => number}
 */
function term(kind, descending, nullsFirst) {
  const isOrdinary = kind === "number" ? isNumber : (/** @type {Value} */ value) => value !== null;
  return (a, b) => {
    if (typeof a === "number" && typeof b === "number" && kind === "number") return descending ? b - a : a - b;
    const ascending = compareValues(a, b, kind);
    return (isOrdinary(a) && isOrdinary(b) ? descending : nullsFirst) ? -ascending : ascending;
  };
}

/**
 * In the order of an encoding, equal rows by every column from left to right, and at last by their text: no two rows
 * are equal.
 *
 * @param {readonly Column[]} columns
 * @param {Encoding["order"]} [order]
 * @returns {Comparison}
 */
export function byOrder(columns, order = []) {
  const kindOf = (/** @type {number} */ column) => columns[column]?.kind ?? "text";
  const terms = [
    ...order.map(([i, descending, nullsFirst]) => ({ i, compare: term(kindOf(i), descending, nullsFirst) })),
    ...columns.map((_, i) => ({ i, compare: term(kindOf(i), false, false) })),
  ];
  return (a, b) => {
    for (const { i, compare } of terms) {
      const found = compare(a.row[i] ?? null, b.row[i] ?? null);
      if (found !== 0) return found;
    }
    return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
  };
}

/**
 * The first `count` entries in order, without sorting the others.
 *
 * @param {readonly Entry[]} entries
 * @param {Comparison} compare
 * @param {number} count
 * @returns {Entry[]}
 */
function least(entries, compare, count) {
  let best = entries.slice(0, 2 * count).sort(compare).slice(0, count);
  /** @type {Entry[]} */
  let rivals = [];
  for (let i = 2 * count; i < entries.length; i++) {
    const entry = /** @type {Entry} */ (entries[i]);
    if (compare(entry, /** @type {Entry} */ (best[count - 1])) >= 0) continue;
    if (rivals.push(entry) < count) continue;
    best = best.concat(rivals).sort(compare).slice(0, count);
    rivals = [];
  }
  return best.concat(rivals).sort(compare).slice(0, count);
}

/**
 * The first rows of a view in order, kept up from its changes: beyond those asked for a few more are known, so that the
 * whole view is gone through only when too many of them have left.
 */
export class Leading {
  #compare;
  #limit;
  /** @type {Entry[]} the first entries in order */
  #known = [];
  /** Whether there are no others. */
  #all = false;

  /**
   * @param {Comparison} compare in which no two rows are equal
   * @param {number} limit rows that are asked for
   */
  constructor(compare, limit) {
    this.#compare = compare;
    this.#limit = limit;
  }

  /**
   * Follow the view to a snapshot.
   *
   * @param {Snapshot} snapshot
   * @param {Step | null} change since the last one; null if that may be anything
   * @returns {Entry[]} the first rows, repeated ones repeated
   */
  update(snapshot, change) {
    if (change === null || !this.#follow(change, snapshot.size)) this.#start(snapshot.entries);
    /** @type {Entry[]} */
    const rows = [];
    for (const entry of this.#known) {
      for (let i = 0; i < entry.count && rows.length < this.#limit; i++) rows.push(entry);
      if (rows.length >= this.#limit) break;
    }
    return rows;
  }

  get #room() {
    return 2 * this.#limit + 16;
  }

  /** @param {readonly Entry[]} entries */
  #start(entries) {
    this.#known = least(entries, this.#compare, this.#room);
    this.#all = this.#known.length === entries.length;
  }

  /**
   * @param {Step} change
   * @param {number} size rows of the whole view
   * @returns {boolean} false if the entries known do not suffice any more, or it is not worth the while
   */
  #follow({ inserts, deletes }, size) {
    if (inserts.length + deletes.length > 64 + size / 8) return false;
    for (const entry of deletes) this.#count(entry, -entry.count);
    for (const entry of inserts) this.#count(entry, entry.count);
    if (this.#known.length > 2 * this.#room) {
      this.#known.length = this.#room;
      this.#all = false;
    }
    return this.#all || this.#known.length >= this.#limit;
  }

  /**
   * @param {Entry} entry
   * @param {number} diff
   */
  #count({ key, row }, diff) {
    const at = this.#place({ key, row, count: 0 });
    const known = this.#known[at];
    if (known?.key === key) {
      const count = known.count + diff;
      if (count > 0) this.#known[at] = { key, row: known.row, count };
      else this.#known.splice(at, 1);
    } else if (diff > 0 && (at < this.#known.length || this.#all)) {
      this.#known.splice(at, 0, { key, row, count: diff });
    }
  }

  /**
   * Where an entry is, or would be.
   *
   * @param {Entry} entry
   */
  #place(entry) {
    let [low, high] = [0, this.#known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(/** @type {Entry} */ (this.#known[middle]), entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
