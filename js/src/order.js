import { compareNumbers, isNumber } from "./numbers.js";

/** @typedef {import("./multiset.js").Entry} Entry */
/** @typedef {import("./protocol.js").Column} Column */
/** @typedef {import("./protocol.js").Value} Value */
/** @typedef {(a: Entry, b: Entry) => number} Comparison */

/**
 * Compare text by code point: the same order for every reader, whatever their language.
 *
 * @param {string} a
 * @param {string} b
 */
export function compareText(a, b) {
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

/** @param {number} unit */
const isSurrogate = (unit) => unit >= 0xd800 && unit <= 0xdfff;

/**
 * Compare two values of one column, NULL last.
 *
 * @param {Value} a
 * @param {Value} b
 * @param {import("./protocol.js").Kind} kind
 */
export function compareValues(a, b, kind) {
  if (a === b) return 0;
  if (kind === "number") return compareNumbers(a, b);
  if (a === null || b === null) return a === null ? 1 : -1;
  return compareText(String(a), String(b));
}

/**
 * By every column in turn: the order of a table.
 *
 * @param {readonly Column[]} columns
 * @returns {Comparison}
 */
export function byColumns(columns) {
  return (a, b) => {
    for (let i = 0; i < columns.length; i++) {
      const { kind } = /** @type {Column} */ (columns[i]);
      const order = compareValues(a.row[i] ?? null, b.row[i] ?? null, kind);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/**
 * The greatest value first, equal ones by label, then by the rest of the row: the order of bars.
 *
 * @param {readonly Column[]} columns
 * @param {number} label
 * @param {number} value
 * @returns {Comparison}
 */
export function byRank(columns, label, value) {
  const rest = byColumns(columns);
  const kind = columns[label]?.kind ?? "text";
  return (a, b) => {
    const [x, y] = [a.row[value] ?? null, b.row[value] ?? null];
    const down = isNumber(x) && isNumber(y) ? compareNumbers(y, x) : compareNumbers(x, y);
    return down || compareValues(a.row[label] ?? null, b.row[label] ?? null, kind) || rest(a, b);
  };
}

/**
 * The first `limit` rows in order, repeated rows repeated, without sorting the others.
 *
 * @param {readonly Entry[]} entries
 * @param {Comparison} compare
 * @param {number} limit
 * @returns {Entry[]}
 */
export function first(entries, compare, limit) {
  if (limit < 1) return [];
  let best = entries.slice(0, 2 * limit).sort(compare).slice(0, limit);
  /** @type {Entry[]} */
  let rivals = [];
  for (let i = 2 * limit; i < entries.length; i++) {
    const entry = /** @type {Entry} */ (entries[i]);
    if (compare(entry, /** @type {Entry} */ (best[limit - 1])) >= 0) continue;
    if (rivals.push(entry) < limit) continue;
    best = best.concat(rivals).sort(compare).slice(0, limit);
    rivals = [];
  }
  best = best.concat(rivals).sort(compare);
  /** @type {Entry[]} */
  const rows = [];
  for (const entry of best) {
    for (let i = 0; i < entry.count && rows.length < limit; i++) rows.push(entry);
  }
  return rows;
}
