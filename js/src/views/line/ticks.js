import { formatNumber } from "../numbers.js";

const SECOND = 1_000;
const [MINUTE, HOUR, DAY] = [60 * SECOND, 3_600 * SECOND, 86_400 * SECOND];

export const YEAR = 365 * DAY;

/** Milliseconds that may lie between two ticks of a time axis; months are of 30 days, years of 365, as uPlot has them. */
export const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((count) => count * HOUR),
  ...[1, 2, 3, 4, 5, 6, 7, 10, 15].map((count) => count * DAY),
  ...[1, 2, 3, 4, 6].map((count) => count * 30 * DAY),
  ...[1, 2, 5, 10, 20, 50].flatMap((count) => [1, 100, 10_000].map((times) => count * times * YEAR)).sort((a, b) => a - b),
];

/** Numbers that may lie between two ticks of an axis of years and the like. */
export const WHOLE = [1, 10, 100, 1_000, 10_000].flatMap((power) => [1, 2, 5].map((count) => count * power));

/**
 * A power of ten by which the numbers of an axis are divided, since uPlot marks none that need more than 17 digits.
 *
 * @param {readonly [number, number]} range
 */
export function unitOf([low, high]) {
  const power = Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high))));
  return power >= LARGE || power < -LARGE ? 10 ** Math.max(power, -300) : 1;
}

/** Digits before the point from which on a number has a power of ten. */
const LARGE = 15;

/** @type {Map<string, Intl.DateTimeFormat>} making one takes longer than a frame has */
const made = new Map();

/**
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} options
 */
function formatter(zone, options) {
  const key = JSON.stringify([zone, options]);
  let format = made.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(undefined, { timeZone: zone, hourCycle: "h23", ...options });
    made.set(key, format);
  }
  return format;
}

/** @type {Intl.DateTimeFormatOptions} */
const MINUTES = { hour: "2-digit", minute: "2-digit" };
/** @type {Intl.DateTimeFormatOptions} */
const SECONDS = { ...MINUTES, second: "2-digit" };
/** @type {Intl.DateTimeFormatOptions} */
const DATE = { day: "numeric", month: "short" };

/**
 * What stands at the ticks of a time axis: as little as tells them apart, and below it the day (or year) where that
 * begins.
 *
 * @param {readonly number[]} ticks milliseconds since 1970
 * @param {number} every milliseconds between two ticks
 * @param {string} zone
 */
export function timeTicks(ticks, every, zone) {
  if (every >= YEAR) return ticks.map((at) => formatter(zone, { year: "numeric" }).format(at));
  const [own, above] =
    every >= 28 * DAY ? [{ month: /** @type {const} */ ("short") }, { year: /** @type {const} */ ("numeric") }]
    : every >= DAY ? [DATE, { year: /** @type {const} */ ("numeric") }]
    : every >= MINUTE ? [MINUTES, DATE]
    : every >= SECOND ? [SECONDS, DATE]
    : [{ second: /** @type {const} */ ("2-digit"), fractionalSecondDigits: /** @type {const} */ (3) }, { ...DATE, ...MINUTES }];
  let said = "";
  return ticks.map((at) => {
    const context = formatter(zone, above).format(at);
    const text = formatter(zone, own).format(at);
    if (context === said) return text;
    said = context;
    return `${text}\n${context}`;
  });
}

/**
 * The years between two moments whose number is a multiple of so many years: the noon of their first day, which is that
 * day in every zone.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} every
 */
export function roundYears(low, high, every) {
  const step = Math.round(every / YEAR);
  const noon = (/** @type {number} */ year) => new Date(DAY / 2).setUTCFullYear(year, 0, 1);
  const found = [];
  for (let year = Math.ceil(new Date(low).getUTCFullYear() / step) * step; noon(year) <= high; year += step) {
    if (noon(year) >= low) found.push(noon(year));
  }
  return found;
}

/**
 * A moment in full.
 *
 * @param {number} at milliseconds since 1970
 * @param {string} zone
 * @param {number} span milliseconds that the axis covers, which say how exactly
 */
export function momentText(at, zone, span) {
  const exact = at % SECOND !== 0 && span < HOUR;
  /** @type {Intl.DateTimeFormatOptions} */
  const time = exact ? { ...SECONDS, fractionalSecondDigits: 3 } : SECONDS;
  const whole = at % DAY === 0 && span > 2 * DAY && zone === "UTC";
  return formatter(zone, { ...DATE, year: "numeric", ...(whole ? {} : time) }).format(at);
}

/**
 * What stands at the ticks of an axis of numbers, with as many digits as tell them apart.
 *
 * @param {readonly number[]} ticks
 * @param {number} every
 */
export function numberTicks(ticks, every) {
  const largest = Math.max(...ticks.map(Math.abs));
  const significant = Math.min(Math.max(Math.floor(Math.log10(largest)) - Math.floor(Math.log10(every)) + 2, 4), 17);
  if (largest >= 10 ** LARGE || every < 1e-6) return ticks.map((at) => (at === 0 ? "0" : power(at, significant)));
  const digits = Math.max(0, Math.ceil(-Math.log10(every) - 1e-9));
  const format = new Intl.NumberFormat(
    undefined,
    every >= 1e4
      ? { notation: "compact", maximumSignificantDigits: significant }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits },
  );
  return ticks.map((at) => minus(format.format(at === 0 ? 0 : at)));
}

/** @param {string} text */
const minus = (text) => text.replaceAll("-", "\u2212");

/** @param {number} value */
const power = (value, digits = 6) => (Number.isFinite(value) ? minus(Number(value.toPrecision(digits)).toExponential()) : formatNumber(value));

const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 6 });

/**
 * A number in full, or with six digits if it has a fraction.
 *
 * @param {number} value
 */
export function numberText(value) {
  if (value !== value) return "no value";
  if (Math.abs(value) >= 10 ** LARGE || (value !== 0 && Math.abs(value) < 1e-6)) return power(value);
  return Number.isInteger(value) ? formatNumber(value) : minus(short.format(value));
}
