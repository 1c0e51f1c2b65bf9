/** @typedef {import("./protocol.js").Column} Column */
/** @typedef {import("./protocol.js").Options} Options */

/**
 * How a view is drawn: which picture, and which columns it takes its labels and numbers from.
 *
 * @typedef {object} Plan
 * @property {"bars" | "number" | "table"} kind
 * @property {number} label column index, -1 for none
 * @property {number} value column index, -1 for none
 * @property {number} limit rows drawn
 * @property {number} reserve rows to keep room for from the start
 * @property {number} height pixels, 0 for as much as is needed
 */

const BARS = 20;
const TABLE_ROWS = 100;

/**
 * @param {readonly Column[]} columns
 * @param {Options} options
 * @param {number} size rows in the view
 * @param {boolean} asTable whether the user wants to see a table
 * @returns {Plan}
 */
export function plan(columns, options, size, asTable) {
  const numbers = columns.flatMap((column, i) => (column.kind === "number" ? [i] : []));
  const labels = columns.flatMap((column, i) => (column.kind === "number" ? [] : [i]));
  const named = (/** @type {string} */ name) => (name ? columns.findIndex((column) => column.name === name) : -1);

  // The same columns, of the same views, as those by which the kernel ranks the rows in Python.
  const key = named(options.key);
  const label = key >= 0 ? key : labels.length === 1 ? /** @type {number} */ (labels[0]) : -1;
  let value = named(options.value);
  if (value < 0) value = numbers.find((i) => i !== label) ?? -1;

  const isUnique = (/** @type {number} */ i) => columns.filter(({ name }) => name === columns[i]?.name).length === 1;
  const canBars = label !== value && isUnique(label) && isUnique(value);
  let kind = options.kind;
  if (kind === "auto") {
    if (numbers.length === 1 && columns.length === 1 && size <= 1) kind = "number";
    else if (canBars) kind = "bars";
    else kind = "table";
  }
  if (asTable || (kind === "bars" && !canBars) || (kind === "number" && value < 0)) kind = "table";

  const limit = options.limit || (kind === "table" ? TABLE_ROWS : BARS);
  return { kind, label, value, limit, reserve: Math.min(options.limit, BARS), height: options.height };
}
