import { formatOf } from "../formats.js";
import { formatNumber } from "../numbers.js";
import { zoneOf } from "../times.js";
import { parseTime } from "../times.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../view.js").Encoding} Encoding */
/** @typedef {import("../view.js").Entry} Entry */
/** @typedef {import("../../sync/protocol.js").Value} Value */

const DECIMALS = 4;
/** Rows by which widths and decimals are chosen. */
const SAMPLE = 200;

/**
 * How many decimals the numbers of a column are shown with: as many as one of them needs, but at most four after the
 * zeros that follow the point in the largest.
 *
 * @param {readonly Value[]} values
 */
export function decimalsOf(values) {
  let [largest, needed] = [0, 0];
  for (const value of values) {
    const number = Number(value);
    if (value === null || !Number.isFinite(number)) continue;
    largest = Math.max(largest, Math.abs(number));
    const [, fraction = "", power = "0"] = /^[^.e]*\.?(\d*?)0*(?:e(.*))?$/i.exec(String(value)) ?? [];
    needed = Math.max(needed, fraction.length - Number(power));
  }
  const zeros = largest > 0 && largest < 1 ? Math.ceil(-Math.log10(largest)) - 1 : 0;
  return Math.min(needed, DECIMALS + zeros, 20);
}

/**
 * @param {number} digits
 * @returns {(value: Value | undefined) => string}
 */
function fixed(digits) {
  const format = new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => {
    const isFinite = value !== null && value !== undefined && Number.isFinite(Number(value));
    // As text, of which no digit before the point is lost.
    return isFinite ? format.format(/** @type {any} */ (String(value))).replace("-", "−") : formatNumber(value);
  };
}

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
    const isWhole = type.startsWith("int") || type.startsWith("uint") || type === "mz_timestamp";
    const sample = rows.slice(0, SAMPLE).map(({ row }) => row[i] ?? null);
    return notNull(formatOf(encoding, i, isWhole ? formatNumber : fixed(decimalsOf(sample))));
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
