import * as bars from "./bars.js";
import * as number from "./number.js";
import * as table from "./table.js";

/** @typedef {import("./view.js").Host} Host */
/** @typedef {import("./view.js").Kind} Kind */

/**
 * Every kind of picture: at hand, or to be loaded when a page first draws one.
 *
 * @type {Readonly<Record<string, Kind | ((host: Host) => Promise<Kind>)>>}
 */
export const KINDS = {
  bars,
  number,
  table,
  line: (host) => host.load("line"),
  vega: (host) => host.load("vega"),
};
