/**
 * The ends of an interval: numbers on an axis, and values of a column.
 *
 * @module
 */

import { parseTime } from "./times.js";

/** @typedef {import("../sync/protocol.js").Value} Value */
/** @typedef {import("./view.js").Column} Column */

const DAY = 86_400_000;

/**
 * A place on an axis as the database writes it, the nearest that lies in the interval.
 *
 * @param {number} at
 * @param {(at: number) => number} inwards rounds away from the end of the interval that this is
 * @param {Column} column
 * @returns {Value}
 */
export function cellOf(at, inwards, { kind, type }) {
  if (kind !== "time") return /^(u?int|oid|mz_)/.test(type) ? inwards(at) : at;
  if (type === "date") return new Date(inwards(at / DAY) * DAY).toISOString().slice(0, 10);
  const outwards = inwards === Math.ceil ? Math.floor : Math.ceil; // beyond milliseconds there are microseconds
  const [day = "", time = ""] = new Date(outwards(at)).toISOString().replace(/\.?0*Z$/, "").split("T");
  return type === "time" ? time : `${day} ${time}${type === "timestamptz" ? "+00" : ""}`;
}

/** @param {Value} value @param {Column} column */
export const placeOf = (value, { kind }) => (kind === "time" ? parseTime(value) : Number(value));
