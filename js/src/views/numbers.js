/**
 * Numbers as the database sends them: JSON numbers, or exact text where a double would lose digits.
 *
 * @typedef {import("../sync/protocol.js").Value} Value
 */

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * The digits of a number: ±0.digits × 10^exponent, without leading or trailing zeros.
 *
 * @param {string} text
 * @returns {{ negative: boolean, digits: string, exponent: number } | null}
 */
function parse(text) {
  if (text.endsWith("Infinity")) return { negative: text.startsWith("-"), digits: "1", exponent: Infinity };
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  if (whole + fraction === "") return null;
  const all = whole + fraction;
  const significant = all.replace(/^0+/, "");
  const digits = significant.replace(/0+$/, "");
  const exponent = digits === "" ? -Infinity : whole.length + Number(power) - (all.length - significant.length);
  return { negative: sign === "-" && digits !== "", digits, exponent };
}

/**
 * Where a value stands among numbers: ordinary ones and the infinities first, then NaN, NULL and
 * whatever is no number.
 *
 * @param {Value} value
 */
function rank(value) {
  if (value === null || typeof value === "boolean" || value === "") return 2;
  if (Number.isNaN(Number(value))) return value === "NaN" ? 1 : 2;
  return 0;
}

/**
 * Whether a bar can be drawn for the value.
 *
 * @param {Value | undefined} value
 * @returns {value is number | string}
 */
export function isNumber(value) {
  return value !== undefined && rank(value) === 0;
}

/**
 * Compare numbers exactly, ascending; NaN and NULL come after all others.
 *
 * @param {Value} a
 * @param {Value} b
 * @returns {number}
 */
export function compareNumbers(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const ranks = rank(a) - rank(b);
  if (ranks !== 0 || rank(a) !== 0) return ranks;
  // Rounding to a double keeps the order, so only doubles that coincide need their digits compared.
  const [x, y] = [Number(a), Number(b)];
  if (x !== y) return x < y ? -1 : 1;
  const [p, q] = [parse(String(a)), parse(String(b))];
  if (p === null || q === null) return 0;
  if (p.negative !== q.negative) return p.negative ? -1 : 1;
  const magnitudes = p.exponent - q.exponent || (p.digits < q.digits ? -1 : p.digits > q.digits ? 1 : 0);
  return p.negative ? 0 - magnitudes : magnitudes;
}

/**
 * |value| / |extreme|, between 0 and 1, also where a double overflows.
 *
 * @param {Value} value
 * @param {Value} extreme
 */
export function ratio(value, extreme) {
  const [x, y] = [Math.abs(Number(value)), Math.abs(Number(extreme))];
  if (Number.isFinite(x) && Number.isFinite(y)) return y === 0 ? 0 : Math.min(x / y, 1);
  const [p, q] = [parse(String(value)), parse(String(extreme))];
  if (p === null || q === null) return 0;
  if (p.exponent === Infinity) return 1;
  return Math.min((Number(`0.${p.digits || 0}`) / Number(`0.${q.digits}`)) * 10 ** (p.exponent - q.exponent), 1);
}

/** @param {number} count */
export const countRows = (count) => `${formatNumber(count)} ${count === 1 ? "row" : "rows"}`;

const format = new Intl.NumberFormat();
const decimalPoint = format.formatToParts(0.5).find((part) => part.type === "decimal")?.value ?? ".";

/**
 * The number with its digits grouped and none of them lost.
 *
 * @param {Value | undefined} value
 */
export function formatNumber(value) {
  if (value === null || value === undefined) return "null";
  const text = String(value);
  if (text === "Infinity" || text === "+Infinity") return "∞";
  if (text === "-Infinity") return "−∞";
  const match = /^([+-]?)(\d+)(?:\.(\d+))?([eE][+-]?\d+)?$/.exec(text);
  if (match === null) return text;
  const [, sign, whole = "0", fraction, power = ""] = match;
  const tail = (fraction === undefined ? "" : decimalPoint + fraction) + power.replace("-", "−");
  return (sign === "-" ? "−" : "") + format.format(BigInt(whole)) + tail;
}
