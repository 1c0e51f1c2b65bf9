/**
 * Which rows are selected, and how a selection is made of rows. What is selected of a column is an interval, or values
 * of which the same place in all lists is the same row.
 *
 * @module
 */

import { compareNumbers, isNumber } from "./numbers.js";
import { parseTime } from "./times.js";

/** @typedef {import("../sync/protocol.js").Column} Column */
/** @typedef {import("../sync/protocol.js").Row} Row */
/** @typedef {import("../sync/protocol.js").Selection} Selection */
/** @typedef {import("../sync/protocol.js").Span} Span */
/** @typedef {import("../sync/protocol.js").Values} Values */
/** @typedef {import("../sync/protocol.js").Value} Value */

/** Rows that can be selected one by one. */
export const MOST = 10_000;

/**
 * What is equal for equal values: 1.10 and 1.1 are.
 *
 * @param {Value | undefined} value
 * @param {Column | undefined} column
 */
function keyOf(value, column) {
  if (value === null || value === undefined) return null;
  if (column?.kind !== "number") return String(value);
  const text = String(value);
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * @param {Value | undefined} value
 * @param {Value} low
 * @param {Value} high
 * @param {Column | undefined} column
 */
function isWithin(value, low, high, column) {
  if (value === null || value === undefined) return false;
  /** @type {(a: Value, b: Value) => number} */
  let compare = (a, b) => (String(a) < String(b) ? -1 : Number(a !== b));
  if (column?.kind === "number") compare = (a, b) => (isNumber(a) && isNumber(b) ? compareNumbers(a, b) : NaN);
  if (column?.kind === "time") compare = (a, b) => parseTime(a) - parseTime(b);
  return (low === null || compare(value, low) >= 0) && (high === null || compare(value, high) <= 0);
}

/** A selection that meets columns. */
export class Chosen {
  /** @type {{ i: number, span: Span }[]} */
  #spans = [];
  /** @type {number[]} of the columns that have values */
  #places = [];
  /** @type {Map<string, { label: string, rows: number }>} the selected values, and the rows that have them now */
  #points = new Map();
  #columns;
  #fits = true;

  /**
   * @param {readonly Column[]} columns
   * @param {Selection} selection
   */
  constructor(columns, selection) {
    this.#columns = columns;
    /** @type {(readonly Value[])[]} */
    const lists = [];
    for (const [name, choice] of Object.entries(selection ?? {})) {
      const i = columns.findIndex((column) => column.name === name);
      this.#fits &&= i >= 0;
      if ("values" in choice) {
        this.#places.push(i);
        lists.push(choice.values);
      } else this.#spans.push({ i, span: choice });
    }
    for (let n = 0; n < (lists[0]?.length ?? 0); n++) {
      const values = lists.map((list) => list[n] ?? null);
      const label = values.map((value) => (value === null ? "null" : String(value))).join(" ");
      this.#points.set(this.#key(values), { label, rows: 0 });
    }
    this.any = selection !== null;
  }

  /** Rows selected by their values; 0 if only an interval is. */
  get size() {
    return this.#points.size;
  }

  /** What is selected and not in the view, as `count` says. */
  get absent() {
    return [...this.#points.values()].filter(({ rows }) => rows === 0).map(({ label }) => label);
  }

  /** @param {readonly (Value | undefined)[]} values */
  #key(values) {
    return JSON.stringify(values.map((value, n) => keyOf(value, this.#columns[this.#places[n] ?? -1])));
  }

  /** @param {Row} row */
  has(row) {
    if (!this.any || !this.#fits) return false;
    if (this.#places.length > 0 && !this.#points.has(this.#key(this.#places.map((i) => row[i])))) return false;
    return this.#spans.every(({ i, span }) => isWithin(row[i], span.low, span.high, this.#columns[i]));
  }

  /**
   * Note which of the selected values are there.
   *
   * @param {import("./view.js").Snapshot} snapshot
   * @param {import("./view.js").Step | null} change
   */
  count(snapshot, change) {
    if (this.size === 0 || !this.#fits) return;
    const add = (/** @type {readonly import("./view.js").Entry[]} */ entries, /** @type {number} */ sign) => {
      for (const { row, count } of entries) {
        const point = this.#points.get(this.#key(this.#places.map((i) => row[i])));
        if (point) point.rows += sign * count;
      }
    };
    if (change) {
      add(change.deletes, -1);
      add(change.inserts, 1);
      return;
    }
    for (const point of this.#points.values()) point.rows = 0;
    add(snapshot.entries, 1);
  }
}

/**
 * The selection of rows by what some columns hold; null for no rows.
 *
 * @param {readonly Column[]} columns
 * @param {readonly number[]} places of those columns
 * @param {readonly Row[]} rows
 * @returns {Selection}
 */
export function selectionOf(columns, places, rows) {
  if (rows.length === 0) return null;
  const some = rows.slice(0, MOST);
  return Object.fromEntries(places.map((i) => [columns[i]?.name, { values: some.map((row) => row[i] ?? null) }]));
}

/**
 * Columns that tell some rows from all others: those that are no numbers, which come and go, and as many as it takes of
 * those that are.
 *
 * @param {readonly Column[]} columns
 * @param {readonly import("./view.js").Entry[]} entries
 * @param {readonly Row[]} rows some of them
 */
export function identifying(columns, entries, rows) {
  const order = [...columns.keys()].sort((a, b) => Number(columns[a]?.kind === "number") - Number(columns[b]?.kind === "number"));
  const stable = columns.filter(({ kind }) => kind !== "number").length;
  for (let n = Math.max(stable, 1); n < order.length; n++) {
    const places = order.slice(0, n);
    const key = (/** @type {Row} */ row) => JSON.stringify(places.map((i) => row[i]));
    const keys = new Set(rows.map(key));
    if (keys.size < rows.length) continue;
    let found = 0;
    for (const { row } of entries) found += Number(keys.has(key(row)));
    if (found <= rows.length) return places;
  }
  return order;
}

/**
 * The columns by whose values rows are selected; null if there are none, or an interval is selected.
 *
 * @param {readonly Column[]} columns
 * @param {Selection} selection
 */
export function placesOf(columns, selection) {
  const places = Object.entries(selection ?? {}).map(([name, choice]) =>
    "values" in choice ? columns.findIndex((column) => column.name === name) : -1,
  );
  return places.length > 0 && places.every((i) => i >= 0) ? places : null;
}

/**
 * The selection with one row more or, if it was selected, less.
 *
 * @param {readonly Column[]} columns
 * @param {readonly number[]} places of the columns by which rows are to be selected
 * @param {Selection} selection what of it speaks of these columns is kept
 * @param {Row} row
 * @returns {Selection}
 */
export function toggled(columns, places, selection, row) {
  const lists = places.map((i) => /** @type {Partial<Values>} */ (selection?.[columns[i]?.name ?? ""])?.values);
  const own = JSON.stringify(places.map((i) => keyOf(row[i], columns[i])));
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (let n = 0; lists.every((list) => list) && n < (lists[0]?.length ?? 0); n++) {
    /** @type {Value[]} */
    const kept = [];
    places.forEach((i, m) => (kept[i] = lists[m]?.[n] ?? null));
    rows.set(JSON.stringify(places.map((i) => keyOf(kept[i], columns[i]))), kept);
  }
  if (!rows.delete(own)) rows.set(own, row);
  return selectionOf(columns, places, [...rows.values()]);
}
