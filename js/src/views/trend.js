import { element, setAttribute, setText } from "../dom.js";

/** Milliseconds that a trend goes back, and points that it keeps. */
const BACK = 5 * 60_000;
const MOST = 600;
const SECOND = 1_000;
const [WIDTH, HEIGHT] = [1_000, 40];

/** @typedef {{ at: number, value: number }} Point */

/**
 * What a number was, by what it is a number of: so that a picture that is mounted again goes on.
 *
 * @type {WeakMap<object, Point[]>}
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
  const points = pasts.get(of) ?? [];
  pasts.set(of, points);
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

  function draw() {
    const [first, last] = [points[0], points.at(-1)];
    const span = first && last ? last.at - first.at : 0;
    svg.toggleAttribute("data-empty", span < SECOND);
    if (!first || !last || span < SECOND) return;
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

  return {
    svg,
    change,
    /**
     * @param {number | null} at milliseconds since 1970
     * @param {number} value NaN if there is none
     * @param {(value: number) => string} text
     */
    paint(at, value, text) {
      if (at === null) return;
      while (Number(points.at(-1)?.at) >= at) points.pop(); // one looks back, or the newest was told again
      if (Number.isFinite(value)) points.push({ at, value });
      while (points.length > MOST || Number(points[0]?.at) < at - BACK) points.shift();
      draw();
      const [first] = points;
      const span = first ? at - first.at : 0;
      const rise = first ? value - first.value : NaN;
      const sign = rise > 0 ? "+" : rise < 0 ? "−" : "±";
      setText(change, span < SECOND || rise !== rise ? "" : `${sign}${text(Math.abs(rise))} in ${inWords(span)}`);
    },
  };
}
