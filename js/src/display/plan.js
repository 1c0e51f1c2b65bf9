/** @typedef {import("../sync/protocol.js").Column} Column */
/** @typedef {import("../sync/protocol.js").Encoding} Encoding */
/** @typedef {import("../sync/protocol.js").Options} Options */
/** @typedef {import("../sync/replica.js").Snapshot} Snapshot */

const BARS = 20;
const TABLE_ROWS = 100;

/**
 * The snapshot's encoding or, from a kernel that sends none, the one that its columns suggest.
 *
 * @param {Snapshot} snapshot
 * @param {Options} options
 * @returns {Encoding}
 */
export const encodingOf = ({ encoding, columns, size }, options) => encoding ?? plan(columns, options, size);

/**
 * @param {readonly Column[]} columns
 * @param {Options} options
 * @param {number} size rows in the view
 * @returns {Encoding}
 */
export function plan(columns, options, size) {
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
  /** @type {Encoding} */
  const table = { kind: "table", channels: {}, limit: options.limit || TABLE_ROWS };
  if (numbers.length === 1 && columns.length === 1 && size <= 1) {
    return { kind: "number", channels: { value: numbers }, table };
  }
  if (!canBars) return table;
  return {
    kind: "bars",
    channels: { label: [label], value: [value] },
    order: [[value, true, false], [label, false, false]],
    limit: options.limit || BARS,
    reserve: Math.min(options.limit, BARS),
    table,
  };
}
