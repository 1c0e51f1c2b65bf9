import { element } from "../../dom.js";
import { cellOf, placeOf } from "../ends.js";
import { placesOf } from "../selected.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("../../sync/protocol.js").Selection} Selection */
/** @typedef {import("../../sync/protocol.js").Value} Value */
/** @typedef {import("../view.js").Column} Column */

/** Opacity of a line that is not selected. */
const QUIET = 0.25;

/**
 * The interval of the x axis that is selected: what lies beside it is dimmed, and so are lines that are not selected.
 *
 * @param {import("uplot")} chart
 * @param {import("../view.js").Host} host
 * @param {Column} column of the x axis
 * @param {Column | undefined} label whose values name the lines
 */
export function mountChoosing(chart, host, column, label) {
  const [left, right] = [element("div", "mzw-shade"), element("div", "mzw-shade")];
  for (const shade of [left, right]) chart.over.append(shade);
  /** @type {[number, number] | null} */
  let span = null;
  /** @type {Set<string> | null} names of lines */
  let lines = null;

  return {
    /** Whether anything is selected. */
    get any() {
      return host.selected() !== null;
    },
    /** @param {Line} line */
    opacity: ({ name }) => (lines === null || lines.has(name) ? 1 : QUIET),
    /**
     * @param {number} from
     * @param {number} to
     */
    choose(from, to) {
      const [low, high] = [cellOf(Math.min(from, to), Math.ceil, column), cellOf(Math.max(from, to), Math.floor, column)];
      if (placeOf(low, column) <= placeOf(high, column)) host.select({ [column.name]: { low, high } });
    },
    /** @param {Selection} selection */
    selected(selection) {
      const own = selection?.[column.name];
      span = null;
      if (own && "low" in own) {
        span = [own.low === null ? -Infinity : placeOf(own.low, column), own.high === null ? Infinity : placeOf(own.high, column)];
      }
      const names = label && selection?.[label.name];
      const known = names && "values" in names && placesOf([column, label], selection);
      lines = known ? new Set(names.values.map((value) => (value === null ? "null" : String(value)))) : null;
    },
    /** Put the interval where it is now. */
    place() {
      left.hidden = right.hidden = span === null;
      if (span === null) return;
      const [from, to] = span.map((x) => (Number.isFinite(x) ? chart.valToPos(x, "x") : x));
      const width = chart.over.clientWidth;
      left.style.width = `${Math.min(Math.max(Number(from), 0), width)}px`;
      right.style.left = `${Math.min(Math.max(Number(to), 0), width)}px`;
    },
  };
}
