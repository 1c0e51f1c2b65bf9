import { formatNumber } from "../numbers.js";

const SECOND = 1_000;
const DAY = 86_400_000;

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
  if (every >= 365 * DAY) return ticks.map((at) => formatter(zone, { year: "numeric" }).format(at));
  const [own, above] =
    every >= 28 * DAY ? [{ month: /** @type {const} */ ("short") }, { year: /** @type {const} */ ("numeric") }]
    : every >= DAY ? [DATE, { year: /** @type {const} */ ("numeric") }]
    : every >= 60 * SECOND ? [MINUTES, DATE]
    : every >= SECOND ? [SECONDS, DATE]
    : [{ ...SECONDS, fractionalSecondDigits: /** @type {const} */ (3) }, DATE];
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
 * A moment in full.
 *
 * @param {number} at milliseconds since 1970
 * @param {string} zone
 * @param {number} span milliseconds that the axis covers, which say how exactly
 */
export function momentText(at, zone, span) {
  const exact = at % SECOND !== 0 && span < 3_600 * SECOND;
  /** @type {Intl.DateTimeFormatOptions} */
  const time = exact ? { ...SECONDS, fractionalSecondDigits: 3 } : SECONDS;
  const whole = at % DAY === 0 && span > 2 * DAY && zone === "UTC";
  return formatter(zone, { ...DATE, year: "numeric", ...(whole ? {} : time) }).format(at);
}

const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 4 });

/**
 * @param {readonly number[]} ticks
 * @param {number} every
 */
export function numberTicks(ticks, every) {
  if (every >= 1e4) return ticks.map((at) => minus(compact.format(at)));
  if (every < 1e-6) return ticks.map((at) => minus(at.toExponential(2)));
  const digits = Math.max(0, Math.ceil(-Math.log10(every) - 1e-9));
  const format = new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return ticks.map((at) => minus(format.format(at === 0 ? 0 : at)));
}

/** @param {string} text */
const minus = (text) => text.replace(/^-/, "\u2212");

const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 6 });

/**
 * A number in full, or with six digits if it has a fraction.
 *
 * @param {number} value
 */
export function numberText(value) {
  if (value !== value) return "no value";
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? formatNumber(value) : minus(short.format(value));
}
