import { compareNumbers, isNumber } from "../numbers.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../../sync/protocol.js").Value} Value */

const BETWEEN = /^\s*(\S+)\s*\.\.\s*(\S+)\s*$/;
const OPERATION = /^\s*(>=|<=|<>|!=|>|<|=|!)\s*(.*?)\s*$/s;

/** What one can type, for a tooltip. */
export const SYNTAX = "text that is contained; or >5, <=10, =x, !=x, 5..10, !text, =null";

/**
 * What a reader's filter keeps of a column.
 *
 * @param {string} typed
 * @param {Column} column
 * @param {(value: Value) => string} text how values are shown
 * @returns {((value: Value) => boolean) | null} null for a filter that keeps all
 */
export function filterOf(typed, column, text) {
  if (typed.trim() === "") return null;
  const between = BETWEEN.exec(typed);
  if (between) {
    const [, low = "", high = ""] = between;
    return (value) => value !== null && compare(value, low, column) >= 0 && compare(value, high, column) <= 0;
  }
  const [, operation, operand = ""] = OPERATION.exec(typed) ?? [];
  if (operation === undefined) return contains(typed.trim(), text);
  if (operation === "!") {
    const does = contains(operand, text);
    return operand === "" ? null : (value) => !does(value);
  }
  if (operand === "") return null;
  if (operand.toLowerCase() === "null") return (value) => (value === null) === (operation === "=");
  /** @type {Record<string, (found: number) => boolean>} */
  const tests = {
    ">": (found) => found > 0,
    ">=": (found) => found >= 0,
    "<": (found) => found < 0,
    "<=": (found) => found <= 0,
    "=": (found) => found === 0,
    "!=": (found) => found !== 0,
    "<>": (found) => found !== 0,
  };
  const test = /** @type {(found: number) => boolean} */ (tests[operation]);
  return (value) => value !== null && test(compare(value, operand, column));
}

/**
 * Why nothing can be greater, less or the same, in words; empty if something can.
 *
 * @param {string} typed
 * @param {Column} column
 */
export function faultOf(typed, { name, kind }) {
  const [, operation, operand = ""] = OPERATION.exec(typed) ?? [];
  const compares = operation !== undefined && operation !== "!" && !["", "null"].includes(operand.toLowerCase());
  const operands = BETWEEN.exec(typed)?.slice(1) ?? (compares ? [operand] : []);
  const fits = kind === "number" ? isNumber : kind === "time" ? isTime : () => true;
  const wrong = operands.find((own) => !fits(own));
  return wrong === undefined ? "" : `${name}: ${JSON.stringify(wrong)} is no ${kind}`;
}

/** Also of one that is not whole, such as 2026-11. @param {string} operand */
const isTime = (operand) => /^\d|^-?infinity$/i.test(operand);

/**
 * @param {string} part
 * @param {(value: Value) => string} text
 */
function contains(part, text) {
  const low = part.toLowerCase();
  return (/** @type {Value} */ value) => text(value).toLowerCase().includes(low) || String(value).toLowerCase().includes(low);
}

/**
 * @param {Value} value
 * @param {string} operand
 * @param {Column} column
 */
function compare(value, operand, { kind }) {
  if (kind === "number") return isNumber(value) && isNumber(operand) ? compareNumbers(value, operand) : NaN;
  const own = String(value).toLowerCase();
  const other = operand.toLowerCase();
  return own === other ? 0 : own < other ? -1 : 1;
}
