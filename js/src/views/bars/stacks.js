import { isNumber } from "../numbers.js";
import { byOrder, compareNames, compareValues } from "../order.js";
import { columnOf } from "../view.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../view.js").Encoding} Encoding */
/** @typedef {import("../view.js").Entry} Entry */
/** @typedef {import("../view.js").Snapshot} Snapshot */
/** @typedef {import("../view.js").Step} Step */
/** @typedef {import("../../sync/protocol.js").Value} Value */

/** @typedef {{ color: Value, value: number }} Piece */

/**
 * The rows that share a label.
 *
 * @typedef {object} Stack
 * @property {string} key
 * @property {Value} label
 * @property {Map<string, Entry>} entries
 * @property {readonly import("../view.js").Entry["row"][]} rows
 * @property {Piece[]} pieces in the order of their colours' values
 * @property {number} total
 * @property {Entry | null} first of its rows in the encoding's order
 */

/** A view's rows stacked by label, kept by what comes and goes: only stacks that change are added up. */
export class Stacks {
  /** @type {Map<string, Stack>} */
  #stacks = new Map();
  /** @type {Set<Stack>} */
  #touched = new Set();
  #columns;
  #label;
  #value;
  #color;
  #byTotal;
  #compare;

  /**
   * @param {readonly Column[]} columns
   * @param {Encoding} encoding
   */
  constructor(columns, encoding) {
    this.#columns = columns;
    this.#label = columnOf(encoding, "label");
    this.#value = columnOf(encoding, "value");
    this.#color = columnOf(encoding, "color");
    this.#byTotal = encoding["totals"] === true;
    this.#compare = byOrder(columns, encoding.order);
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Step | null} change
   */
  update(snapshot, change) {
    if (change === null) {
      this.#stacks.clear();
      this.#touched.clear();
    }
    const { inserts, deletes } = change ?? { inserts: snapshot.entries, deletes: [] };
    for (const entry of deletes) this.#count(entry, -entry.count);
    for (const entry of inserts) this.#count(entry, entry.count);
    for (const stack of this.#touched) this.#add(stack);
    this.#touched.clear();
  }

  /**
   * @param {Entry} entry
   * @param {number} diff
   */
  #count({ key, row }, diff) {
    const label = row[this.#label] ?? null;
    const name = JSON.stringify(label);
    let stack = this.#stacks.get(name);
    if (stack === undefined) {
      stack = { key: name, label, entries: new Map(), rows: [], pieces: [], total: 0, first: null };
      this.#stacks.set(name, stack);
    }
    const count = (stack.entries.get(key)?.count ?? 0) + diff;
    if (count > 0) stack.entries.set(key, { key, row, count });
    else stack.entries.delete(key);
    this.#touched.add(stack);
  }

  /** @param {Stack} stack */
  #add(stack) {
    if (stack.entries.size === 0) {
      this.#stacks.delete(stack.key);
      return;
    }
    /** @type {Map<string, Piece>} */
    const pieces = new Map();
    stack.rows = [...stack.entries.values()].map(({ row }) => row);
    stack.first = null;
    for (const entry of stack.entries.values()) {
      const color = entry.row[this.#color] ?? null;
      const value = entry.row[this.#value];
      const piece = pieces.get(JSON.stringify(color)) ?? { color, value: 0 };
      if (isNumber(value)) piece.value += Number(value) * entry.count;
      pieces.set(JSON.stringify(color), piece);
      if (!this.#byTotal && (stack.first === null || this.#compare(entry, stack.first) < 0)) stack.first = entry;
    }
    stack.pieces = [...pieces.values()].sort((a, b) => this.#compareColors(a.color, b.color));
    stack.total = stack.pieces.reduce((sum, { value }) => sum + value, 0);
  }

  /**
   * The first stacks in order.
   *
   * @param {number} limit
   */
  first(limit) {
    const kind = this.#columns[this.#label]?.kind ?? "text";
    const byLabel = (/** @type {Stack} */ a, /** @type {Stack} */ b) => compareValues(a.label, b.label, kind);
    const all = [...this.#stacks.values()];
    if (this.#byTotal) all.sort((a, b) => b.total - a.total || byLabel(a, b));
    else all.sort((a, b) => this.#compare(/** @type {Entry} */ (a.first), /** @type {Entry} */ (b.first)));
    return all.slice(0, limit);
  }

  /** All values that colour a piece, in order. */
  get colors() {
    const found = new Map([...this.#stacks.values()].flatMap(({ pieces }) => pieces.map(({ color }) => [JSON.stringify(color), color])));
    return [...found.values()].sort((a, b) => this.#compareColors(a, b));
  }

  /**
   * @param {Value} a
   * @param {Value} b
   */
  #compareColors(a, b) {
    const kind = this.#columns[this.#color]?.kind ?? "text";
    return kind === "text" && a !== null && b !== null ? compareNames(String(a), String(b)) : compareValues(a, b, kind);
  }
}
