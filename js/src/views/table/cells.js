import { decimalsOf, formatOf } from "../formats.js";
import { parseTime, zoneOf } from "../times.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../view.js").Encoding} Encoding */
/** @typedef {import("../view.js").Entry} Entry */
/** @typedef {import("../../sync/protocol.js").Value} Value */

/** Rows by which widths and decimals are chosen. */
const SAMPLE = 200;

/**
 * @param {string} zone
 * @returns {(value: Value | undefined) => string}
 */
function moment(zone) {
  const format = new Intl.DateTimeFormat("sv", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return (value) => {
    const at = parseTime(value);
    if (!Number.isFinite(at)) return String(value);
    return format.format(at) + (/\.\d+/.exec(String(value))?.[0] ?? "");
  };
}

/**
 * How the values of each column are shown.
 *
 * @param {readonly Column[]} columns
 * @param {Encoding} encoding
 * @param {readonly Entry[]} rows by which the number of decimals is chosen
 */
export function textsOf(columns, encoding, rows) {
  return columns.map((column, i) => {
    const { kind, type } = column;
    if (type === "timestamptz") return notNull(moment(zoneOf(column, encoding.timezone)));
    if (kind !== "number") return notNull(String);
    const sample = rows.slice(0, SAMPLE).map(({ row }) => row[i] ?? null);
    return notNull(formatOf(encoding, columns, i, decimalsOf(sample)));
  });
}

/** @param {(value: Value | undefined) => string} text */
const notNull = (text) => (/** @type {Value | undefined} */ value) =>
  value === null || value === undefined ? "null" : text(value);

/**
 * How wide the columns are, in digits.
 *
 * @param {readonly Column[]} columns
 * @param {readonly Entry[]} rows
 * @param {readonly ((value: Value | undefined) => string)[]} texts
 */
export function widthsOf(columns, rows, texts) {
  const [narrowest, widest] = [4, 40];
  return columns.map(({ name }, i) => {
    let width = name.length + 2;
    for (const { row } of rows.slice(0, SAMPLE)) width = Math.max(width, texts[i]?.(row[i]).length ?? 0);
    return Math.min(Math.max(width, narrowest), widest) + 1;
  });
}

/**
 * A cell as spreadsheets read it.
 *
 * @param {Value | undefined} value
 */
export function tsvCell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
