import { element, setAttribute, setText } from "../dom.js";

/** Milliseconds that a trend goes back; of which, once it has many points, it keeps one value. */
const BACK = 5 * 60_000;
const MOMENT = 500;
const MANY = 600;
const SECOND = 1_000;
const [WIDTH, HEIGHT] = [1_000, 40];

/** @typedef {import("../sync/protocol.js").Base["past"]} Past */
/** @typedef {{ at: number, value: number }} Point */

/**
 * What a number was, by what it is a number of: so that a picture that is mounted again goes on. With what the kernel
 * told of it last.
 *
 * @type {WeakMap<object, { points: Point[], told: Past }>}
 */
const pasts = new WeakMap();

/** @param {number} span milliseconds */
function inWords(span) {
  const seconds = Math.round(span / SECOND);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/**
 * A line of what a number has been in the recent past, and by how much it has changed since.
 *
 * @param {object} of what it is a number of
 */
export function mountTrend(of) {
  const known = pasts.get(of) ?? { points: [], told: undefined };
  pasts.set(of, known);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "mzw-trend");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const [area, line] = ["mzw-trend-area", "mzw-trend-line"].map((name) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", name);
    svg.append(path);
    return path;
  });
  const change = element("span", "mzw-change");
  /** @type {{ points: readonly Point[], lasts: boolean, text: (value: number) => string }} whether the last is the value now */
  let shown = { points: [], lasts: false, text: String };

  /** @param {number} now milliseconds since 1970 */
  function draw(now) {
    const points = since(shown.points, now - BACK);
    const newest = points.at(-1);
    if (newest && shown.lasts && newest.at < now) points.push({ ...newest, at: now });
    const [first, last] = [points[0], points.at(-1)];
    const span = first && last ? last.at - first.at : 0;
    const rise = first && last ? last.value - first.value : 0;
    const by = rise === 0 ? "±0" : `${rise > 0 ? "+" : "−"}${shown.text(Math.abs(rise))}`;
    setText(change, span < SECOND || !shown.lasts ? "" : `${by} in ${inWords(span)}`);
    svg.toggleAttribute("data-empty", span < SECOND);
    if (!first || span < SECOND) return;
    let [low, high] = [Infinity, -Infinity];
    for (const { value } of points) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const x = (/** @type {number} */ at) => (((at - first.at) / span) * WIDTH).toFixed(1);
    // What never changes runs through the middle.
    const y = (/** @type {number} */ value) =>
      (high > low ? 2 + (1 - (value - low) / (high - low)) * (HEIGHT - 4) : HEIGHT / 2).toFixed(1);
    const steps = points.slice(1).map(({ at, value }) => `H${x(at)}V${y(value)}`);
    const path = `M0 ${y(first.value)}${steps.join("")}`;
    setAttribute(/** @type {Element} */ (line), "d", path);
    setAttribute(/** @type {Element} */ (area), "d", `${path}V${HEIGHT}H0Z`);
  }

  /** @param {number} at */
  function before(at) {
    const points = since(known.points, at - BACK).filter((point) => point.at < at);
    if (points.length > MANY && at - Number(points.at(-2)?.at) < MOMENT) points.pop();
    return points;
  }

  return {
    svg,
    change,
    /**
     * @param {number | null} at milliseconds since 1970
     * @param {number} value NaN if there is none
     * @param {(value: number) => string} text
     * @param {Past} told
     */
    paint(at, value, text, told) {
      if (at === null) return;
      if (told && told !== known.told) Object.assign(known, { told, points: toPoints(told) });
      const points = before(at);
      if (Number.isFinite(value)) points.push({ at, value });
      // One who looks back sees what there was then; what came after it is not forgotten.
      if (!(Number(known.points.at(-1)?.at) > at)) known.points = points;
      shown = { points, lasts: Number.isFinite(value), text };
      draw(at);
    },
    /** @param {number} now milliseconds since 1970, up to when the value is known to be the same */
    until: draw,
  };
}

/**
 * What it was from a time on.
 *
 * @param {readonly Point[]} points
 * @param {number} start
 */
function since(points, start) {
  const first = points.findLastIndex(({ at }) => at <= start);
  const value = points[first]?.value;
  return value === undefined ? [...points] : [{ at: start, value }, ...points.slice(first + 1)];
}

/** @param {NonNullable<Past>} told */
const toPoints = (told) =>
  told.map(([at, value]) => ({ at, value: value === null ? NaN : Number(value) })).filter(({ value }) => isFinite(value));
