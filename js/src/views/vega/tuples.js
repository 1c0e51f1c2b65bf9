import { changeset } from "vega";
import { parseTime } from "../times.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../view.js").Entry} Entry */
/** @typedef {import("../view.js").Step} Step */
/** @typedef {import("../../sync/protocol.js").Value} Value */
/** @typedef {Record<string, unknown>} Tuple one of Vega's rows */

/**
 * The moment at which the reader's clock shows what is written: Vega draws in the reader's zone.
 *
 * @param {Value} value a date or a time without a zone
 */
function wallClock(value) {
  const at = new Date(parseTime(value));
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const shown = new Date(year, month, day, at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), at.getUTCMilliseconds());
  return finite(shown.setFullYear(year)); // which Date takes for one after 1900 if it is below 100
}

/** @param {Value} value */
function document(value) {
  return typeof value === "string" ? JSON.parse(value) : value;
}

/** @param {Value} value */
function finite(value) {
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/**
 * How the values of a column become what `mzwidget.charts.altair` says of them.
 *
 * @param {Column} column
 * @returns {(value: Value) => unknown}
 */
function converter({ kind, type }) {
  if (kind === "number") return finite;
  if (type === "timestamptz") return (value) => finite(parseTime(value));
  if (type === "timestamp" || type === "date") return wallClock;
  return kind === "json" ? document : (value) => value;
}

/**
 * A view's rows as Vega's own objects. Vega tells them apart by reference and writes into them, so each belongs to one
 * chart, and the one that came in is the one that must go.
 */
export class Tuples {
  /** @type {Map<string, { row: Entry["row"], tuples: Tuple[] }>} */
  #rows = new Map();
  /** @type {Set<Tuple>} */
  #coming = new Set();
  /** @type {Set<Tuple>} */
  #going = new Set();
  #columns;
  #identifies;
  #lastId = 0;

  /**
   * @param {readonly Column[]} columns
   * @param {boolean} identifies whether the chart selects single points: then a row that takes the place of another
   *   remains selected
   */
  constructor(columns, identifies) {
    this.#columns = columns.map((column) => ({ name: column.name, convert: converter(column) }));
    this.#keys = columns.flatMap(({ kind }, i) => (kind === "number" ? [] : [i]));
    this.#identifies = identifies;
  }

  /** Columns that say which row it is, whatever the numbers in it. */
  #keys;

  /**
   * @param {() => readonly Entry[]} entries read only where the change does not do
   * @param {Step | null} change
   */
  update(entries, change) {
    /** @type {Map<string, unknown[]>} */
    const freed = new Map();
    const { inserts, deletes } = change ?? this.#difference(entries());
    for (const { key, row, count } of deletes) this.#take(key, row, count, freed);
    for (const { key, row, count } of inserts) this.#put(key, row, count, freed);
  }

  /**
   * @param {readonly Entry[]} entries
   * @returns {Step}
   */
  #difference(entries) {
    const before = new Map([...this.#rows].map(([key, { row, tuples }]) => [key, { key, row, count: tuples.length }]));
    /** @type {Entry[]} */
    const inserts = [];
    for (const entry of entries) {
      const count = entry.count - (before.get(entry.key)?.count ?? 0);
      before.delete(entry.key);
      if (count > 0) inserts.push({ ...entry, count });
      else if (count < 0) before.set(entry.key, { ...entry, count: -count });
    }
    return { inserts, deletes: [...before.values()] };
  }

  /**
   * @param {string} key
   * @param {Entry["row"]} row
   * @param {number} count
   * @param {Map<string, unknown[]>} freed
   */
  #put(key, row, count, freed) {
    let known = this.#rows.get(key);
    if (known === undefined) this.#rows.set(key, (known = { row, tuples: [] }));
    for (let i = 0; i < count; i++) {
      /** @type {Tuple} */
      const tuple = {};
      this.#columns.forEach(({ name, convert }, j) => {
        const value = row[j] ?? null;
        tuple[name] = value === null ? null : convert(value);
      });
      if (this.#identifies) tuple["_vgsid_"] = freed.get(this.#place(row))?.pop() ?? ++this.#lastId;
      known.tuples.push(tuple);
      this.#coming.add(tuple);
    }
  }

  /**
   * @param {string} key
   * @param {Entry["row"]} row
   * @param {number} count
   * @param {Map<string, unknown[]>} freed the identities that those leave who go
   */
  #take(key, row, count, freed) {
    const known = this.#rows.get(key);
    for (const tuple of known?.tuples.splice(-count) ?? []) {
      if (!this.#coming.delete(tuple)) this.#going.add(tuple);
      const place = this.#place(row);
      freed.set(place, [...(freed.get(place) ?? []), tuple["_vgsid_"]]);
    }
    if (known?.tuples.length === 0) this.#rows.delete(key);
  }

  /** @param {Entry["row"]} row */
  #place(row) {
    return this.#identifies ? JSON.stringify(this.#keys.map((i) => row[i])) : "";
  }

  /** What has come and gone since this was asked last; null if nothing has. */
  takeChange() {
    if (this.#coming.size + this.#going.size === 0) return null;
    const change = changeset().remove([...this.#going]).insert([...this.#coming]);
    this.#coming.clear();
    this.#going.clear();
    return change;
  }

  /** @returns {Entry[]} the rows as they are now */
  get entries() {
    return [...this.#rows].map(([key, { row, tuples }]) => ({ key, row, count: tuples.length }));
  }

  /**
   * The rows of tuples.
   *
   * @param {(tuple: Tuple) => boolean} wanted
   * @param {number} [most]
   */
  rows(wanted, most = Infinity) {
    const found = [];
    for (const { row, tuples } of this.#rows.values()) {
      if (found.length >= most) break;
      if (tuples.some(wanted)) found.push(row);
    }
    return found;
  }

  /**
   * What tells the tuples of some rows apart.
   *
   * @param {(row: Entry["row"]) => boolean} wanted
   */
  ids(wanted) {
    const found = [...this.#rows.values()].filter(({ row }) => wanted(row));
    return found.flatMap(({ tuples }) => tuples.map((tuple) => tuple["_vgsid_"]));
  }

  /**
   * @param {Column} column
   * @param {Value} value
   */
  convert(column, value) {
    return value === null ? null : converter(column)(value);
  }

  /** Begin anew, for another chart. */
  renew() {
    const rows = [...this.#rows];
    this.#rows.clear();
    this.#coming.clear();
    this.#going.clear();
    for (const [key, { row, tuples }] of rows) this.#put(key, row, tuples.length, new Map());
  }
}
