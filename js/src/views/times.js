/**
 * Dates and times as the database writes them.
 *
 * @module
 */

/** @typedef {import("../sync/protocol.js").Column} Column */
/** @typedef {import("../sync/protocol.js").Value} Value */

const MOMENT = /^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(\.\d+)?([+-]\d\d(?::\d\d){0,2})?)?$/;
const TIME_OF_DAY = /^(\d\d):(\d\d):(\d\d)(\.\d+)?$/;
const [MINUTE, HOUR] = [60_000, 3_600_000];
/** Milliseconds after which the calendar repeats itself, and the years that they are. */
const [ERA, YEARS] = [146_097 * 24 * HOUR, 400];
/** The last moment that a Date can hold. */
export const LAST = 8.64e15;

/** @param {string | undefined} zone such as +05:30 */
function offset(zone) {
  if (zone === undefined) return 0;
  const [hours = 0, minutes = 0, seconds = 0] = zone.slice(1).split(":").map(Number);
  return (zone[0] === "-" ? -1 : 1) * (hours * HOUR + minutes * MINUTE + seconds * 1000);
}

/**
 * Milliseconds since 1970: of a time without a zone, as if it were UTC; of a time of day, since midnight.
 *
 * @param {Value | undefined} value
 * @returns {number} NaN for what no Date can hold, such as infinity
 */
export function parseTime(value) {
  const text = String(value ?? "");
  const found = MOMENT.exec(text);
  if (found) {
    const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, zone] = found;
    const isEarly = Number(year) < 100; // which Date would take for years after 1900
    const shifted = Number(year) + (isEarly ? YEARS : 0);
    const whole = Date.UTC(shifted, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    return whole - (isEarly ? ERA : 0) + Number(fraction) * 1000 - offset(zone);
  }
  const [, hour, minute, second, fraction = 0] = TIME_OF_DAY.exec(text) ?? [];
  return Number(hour) * HOUR + Number(minute) * MINUTE + Number(second) * 1000 + Number(fraction) * 1000;
}

/**
 * The zone in which a column's times are to be read.
 *
 * @param {Column | undefined} column
 * @param {unknown} chosen a zone's name; the reader's own if there is none
 */
export function zoneOf(column, chosen) {
  if (column?.type !== "timestamptz" && column?.type !== "mz_timestamp") return "UTC";
  return typeof chosen === "string" && chosen ? chosen : Intl.DateTimeFormat().resolvedOptions().timeZone;
}
