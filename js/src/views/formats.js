import { formatLocale } from "d3-format";

/** @typedef {import("../sync/protocol.js").Encoding} Encoding */
/** @typedef {import("../sync/protocol.js").Value} Value */

/**
 * How the numbers of a column are to be written, as `mzwidget.charts.formats` says.
 *
 * @param {Encoding} encoding
 * @param {number} column
 * @param {(value: Value | undefined) => string} usual where nothing is chosen, and for what is no finite number
 * @returns {(value: Value | undefined) => string}
 */
export function formatOf(encoding, column, usual) {
  const given = encoding.formats?.[column];
  if (!given) return usual;
  const sign = /\p{Sc}/u.exec(given)?.[0] ?? "$";
  const locale = formatLocale({ decimal: ".", thousands: ",", grouping: [3], currency: [sign, ""], minus: "\u2212" });
  const format = locale.format(given.replace(sign, "$"));
  return (value) => {
    const number = value === null || value === undefined || value === "" ? NaN : Number(value);
    return Number.isFinite(number) ? format(number) : usual(value);
  };
}
