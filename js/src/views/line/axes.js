import { PLAIN, givenFormat } from "../formats.js";
import { zoneOf } from "../times.js";
import { numberText } from "./ticks.js";

/** @typedef {import("../view.js").Column} Column */

/**
 * What the axes of a line chart show, and how it is written.
 *
 * @param {readonly Column[]} columns
 * @param {import("../view.js").Encoding} encoding
 */
export function axesOf(columns, { channels, formats, timezone }) {
  const [xs = [], ys = [], labels = []] = [channels["x"], channels["y"], channels["color"]];
  const xColumn = columns[xs[0] ?? 0];
  const names = (/** @type {readonly number[]} */ places) => places.map((i) => columns[i]?.name).join(", ");
  const plain = (/** @type {import("../formats.js").Value | undefined} */ value) => numberText(Number(value ?? NaN));
  const given = formats?.[ys[0] ?? -1];
  return {
    xColumn,
    isTime: xColumn?.kind === "time" || xColumn?.type === "mz_timestamp",
    /** Years, hours: whole, and not in groups of three. */
    isPlain: formats?.[xs[0] ?? -1] === PLAIN,
    zone: zoneOf(xColumn, timezone),
    measures: names(ys),
    labels: names(labels),
    /** The column whose values name the lines, if nothing else does. */
    label: ys.length === 1 ? columns[labels[0] ?? -1] : undefined,
    format: given ? givenFormat(given, plain) : plain,
  };
}
