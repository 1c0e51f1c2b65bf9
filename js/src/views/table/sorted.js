import { byOrder } from "../order.js";
import { isNumber } from "../numbers.js";

/** @typedef {import("../view.js").Entry} Entry */
/** @typedef {import("../view.js").Step} Step */
/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../../sync/protocol.js").Encoding} Encoding */
/** @typedef {import("../order.js").Comparison} Comparison */

/** What makes the order by code points another one than that of strings. */
const SURROGATE = /[\ud800-\udfff]/;

/** All rows of a view in order, repeated ones repeated, kept so by what comes and goes. */
export class Sorted {
  /** @type {Entry[]} */
  rows = [];
  #columns;
  #order;
  /** @type {Comparison} in which no two rows are equal */
  #compare;
  #keeps;

  /**
   * @param {readonly Column[]} columns
   * @param {Encoding["order"]} order
   * @param {(entry: Entry) => boolean} keeps which rows are wanted
   */
  constructor(columns, order, keeps) {
    this.#columns = columns;
    this.#order = order;
    this.#compare = byOrder(columns, order);
    this.#keeps = keeps;
  }

  /** @param {readonly Entry[]} entries */
  start(entries) {
    this.rows = repeated(this.#sort(entries.filter(this.#keeps)));
  }

  /**
   * By what is quickly compared of the first column, and by everything only where that does not tell.
   *
   * @param {Entry[]} entries
   */
  #sort(entries) {
    const [[column, descending] = [0, false]] = this.#order ?? [];
    const sign = descending ? -1 : 1;
    const kind = this.#columns[column]?.kind;
    if (kind === "number") {
      const keyed = entries.map((entry) => {
        const value = entry.row[column];
        return { key: isNumber(value) ? Number(value) : NaN, entry };
      });
      keyed.sort((a, b) => {
        const found = a.key - b.key;
        return found < 0 ? -sign : found > 0 ? sign : this.#compare(a.entry, b.entry);
      });
      return keyed.map(({ entry }) => entry);
    }
    const texts = entries.map(({ row }) => row[column]);
    if (!texts.every((text) => typeof text === "string" && !SURROGATE.test(text))) return entries.sort(this.#compare);
    const keyed = entries.map((entry, i) => ({ key: String(texts[i]), entry }));
    keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : this.#compare(a.entry, b.entry)));
    return keyed.map(({ entry }) => entry);
  }

  /**
   * In one pass over the rows, whatever the number of changes.
   *
   * @param {Step} change
   */
  follow({ inserts, deletes }) {
    const coming = inserts.filter(this.#keeps).sort(this.#compare);
    const going = deletes.filter(this.#keeps).sort(this.#compare);
    if (coming.length + going.length === 0) return;
    const before = this.rows;
    /** @type {Entry[]} */
    const after = [];
    let from = 0;
    const copy = (/** @type {number} */ to) => {
      while (from < to) after.push(/** @type {Entry} */ (before[from++]));
    };
    for (let i = 0, j = 0; i < coming.length || j < going.length; ) {
      const [come, go] = [coming[i], going[j]];
      if (go && (!come || this.#compare(go, come) < 0)) {
        copy(this.place(go));
        for (let left = go.count; left > 0 && before[from]?.key === go.key; left--) from++;
        j++;
      } else if (come) {
        copy(this.place(come));
        for (let n = 0; n < come.count; n++) after.push(come);
        i++;
      }
    }
    copy(before.length);
    this.rows = after;
  }

  /**
   * The index of the first such row, or where it would be.
   *
   * @param {Entry} entry
   */
  place(entry) {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(/** @type {Entry} */ (this.rows[middle]), entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** @param {readonly Entry[]} entries */
function repeated(entries) {
  if (entries.every(({ count }) => count === 1)) return [...entries];
  return entries.flatMap((entry) => (entry.count === 1 ? entry : Array(entry.count).fill(entry)));
}
