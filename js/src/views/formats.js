import { formatLocale } from "d3-format";
import { formatNumber } from "./numbers.js";

/** @typedef {import("../sync/protocol.js").Column} Column */
/** @typedef {import("../sync/protocol.js").Encoding} Encoding */
/** @typedef {import("../sync/protocol.js").Value} Value */
/** @typedef {(value: Value | undefined) => string} Format */

/** In place of a d3-format: digits as they are, those of identifiers and years. */
export const PLAIN = "id";
const DECIMALS = 4;
/** Zeros after the point from which on all numbers of a column have a power of ten. */
const ZEROS = 6;
const POWER = ".3~e";
/** A double from which on its digits end before the point. */
const LARGE = 1e15;

/**
 * How many decimals the numbers of a column are shown with: as many as one of them needs once they are rounded to at
 * most four after the zeros that follow the point in the largest. A number too small for them has a power of ten.
 *
 * @param {readonly Value[]} values
 */
export function decimalsOf(values) {
  const numbers = values.filter((value) => value !== null && Number.isFinite(Number(value))).map(String);
  const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(Number(number))), 0);
  const zeros = largest > 0 && largest < 1 ? Math.ceil(-Math.log10(largest)) - 1 : 0;
  if (zeros >= ZEROS) return 0;
  const most = DECIMALS + zeros;
  const rounded = rounding(most);
  let needed = 0;
  for (const number of numbers) {
    if (needed === most) break;
    needed = Math.max(needed, placesOf(number) > most ? placesOf(rounded(number)) : placesOf(number));
  }
  return needed;
}

/** @param {string} number */
function placesOf(number) {
  const [, fraction = "", power = "0"] = /^[^.e]*\.?(\d*?)0*(?:e(.*))?$/i.exec(number) ?? [];
  return fraction.length - Number(power);
}

/**
 * What a function makes, made but once of each: a formatter takes longer to make than a frame has.
 *
 * @template K, V
 * @param {(of: K) => V} make
 * @returns {(of: K) => V}
 */
function once(make) {
  /** @type {Map<K, V>} */
  const made = new Map();
  return (of) => {
    if (!made.has(of)) made.set(of, make(of));
    return /** @type {V} */ (made.get(of));
  };
}

const rounding = once((/** @type {number} */ places) => {
  const format = new Intl.NumberFormat("en", { maximumFractionDigits: places, useGrouping: false });
  return (/** @type {string} */ number) => format.format(/** @type {any} */ (number));
});

const withDigits = once(
  (/** @type {number} */ digits) => new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/**
 * @param {number} digits
 * @param {boolean} double
 * @returns {(value: Value | undefined) => string}
 */
function fixed(digits, double) {
  const format = withDigits(digits);
  return (value) => {
    const isFinite = value !== null && value !== undefined && Number.isFinite(Number(value));
    if (!isFinite) return formatNumber(value);
    const number = Number(value);
    if (double && Math.abs(number) >= LARGE) return specified(POWER)(number);
    // As text, of which no digit before the point is lost.
    const text = format.format(/** @type {any} */ (String(value))).replace("-", "−");
    return number !== 0 && !/[1-9]/.test(text) ? specified(POWER)(number) : text;
  };
}

/** @param {string} type */
const isWhole = (type) => type.startsWith("int") || type.startsWith("uint") || type === "mz_timestamp";

/**
 * How the numbers of a column are to be written, as `mzwidget.charts.formats` says.
 *
 * @param {Encoding} encoding
 * @param {readonly Column[]} columns
 * @param {number} column
 * @param {number} decimals where no format is chosen and the numbers are not whole
 * @returns {Format}
 */
export function formatOf(encoding, columns, column, decimals) {
  const type = columns[column]?.type ?? "";
  const usual = isWhole(type) ? formatNumber : fixed(decimals, type.startsWith("float"));
  const given = encoding.formats?.[column];
  return given ? givenFormat(given, usual) : usual;
}

/** Of a d3-format, with any currency's sign. */
const specified = once((/** @type {string} */ given) => {
  const sign = /\p{Sc}/u.exec(given)?.[0] ?? "$";
  const locale = formatLocale({ decimal: ".", thousands: ",", grouping: [3], currency: [sign, ""], minus: "\u2212" });
  return locale.format(given.replace(sign, "$"));
});

/**
 * @param {string} given a d3-format, with any currency's sign
 * @param {Format} usual for what is no finite number
 * @returns {Format}
 */
export function givenFormat(given, usual) {
  if (given === PLAIN) return String;
  const write = specified(given);
  return (value) => {
    const number = value === null || value === undefined || value === "" ? NaN : Number(value);
    return Number.isFinite(number) ? write(number) : usual(value);
  };
}
