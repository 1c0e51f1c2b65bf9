import { element, setText } from "../../dom.js";
import { indexOf } from "./lines.js";

/** @typedef {import("./lines.js").Line} Line */

/** Pixels beside the reader's x within which a line has a point to tell of, where its pace does not say. */
const NEAR = 24;
/** Pixels between that x and what is told of it, and those that a line of it and all else in its box take. */
const APART = 14;
const [LINE, FRAME] = [17, 60];
/** The width from which on there is room for two columns, and the share of it that the box takes at most. */
const WIDE = 500;
const SHARE = 0.6;

/**
 * All lines read at one x: a rule, a dot on each line, and their values.
 *
 * @param {import("uplot")} chart
 * @param {{
 *   lines: () => Line[],
 *   colour: (line: Line) => string,
 *   swatch: (line: Line) => string,
 *   x: (at: number) => string,
 *   y: (value: number) => string,
 *   height: (value: number) => number,
 *   bring: (at: number) => void,
 * }} of `bring` an x into sight
 */
export function mountReading(chart, { lines, colour, swatch: background, x, y, height, bring }) {
  const when = element("div", "mzw-when");
  const list = element("div", "mzw-readings");
  const root = element("div", "mzw-reading", when, list);
  root.setAttribute("aria-hidden", "true");
  root.hidden = true;
  const dots = element("div", "mzw-dots");
  chart.over.append(dots);
  /** @type {number | null} */
  let at = null;

  /**
   * The index of the point nearest to an x; -1 without points.
   *
   * @param {Line} line
   * @param {number} to
   */
  function nearest({ xs }, to) {
    const i = indexOf(xs, to);
    if (i === 0) return xs.length > 0 ? 0 : -1;
    return i < xs.length && Number(xs[i]) - to < to - Number(xs[i - 1]) ? i : i - 1;
  }

  /**
   * What the lines have to tell at an x, the greatest first.
   *
   * @param {number} to
   */
  function read(to) {
    const near = Math.abs(chart.posToVal(NEAR, "x") - chart.posToVal(0, "x"));
    return lines()
      .flatMap((line) => {
        const i = nearest(line, to);
        const point = Number(line.xs[i]);
        const within = Math.abs(point - to) <= Math.max(near, line.reach === Infinity ? 0 : Number(line.reach) / 2);
        return i >= 0 && within ? [{ line, point, value: Number(line.ys[i]) }] : [];
      })
      .sort((a, b) => (b.value !== b.value ? -1 : a.value !== a.value ? 1 : b.value - a.value));
  }

  /** @param {number} to */
  function snap(to) {
    let best = NaN;
    for (const line of lines()) {
      const point = Number(line.xs[nearest(line, to)]);
      if (!(Math.abs(point - to) >= Math.abs(best - to))) best = point;
    }
    return best;
  }

  /** @param {number} to */
  function show(to) {
    at = to;
    const readings = read(to);
    setText(when, x(to));
    const room = Math.max(Math.floor((chart.height - FRAME) / LINE), 1);
    const columns = readings.length > room && chart.width >= WIDE ? 2 : 1;
    const most = readings.length > room * columns ? (room - 1) * columns : readings.length;
    list.classList.toggle("mzw-two", columns === 2);
    list.replaceChildren(
      ...readings.slice(0, most).flatMap(({ line, value }) => {
        const swatch = element("span", "mzw-swatch");
        swatch.style.background = background(line);
        const name = element("span", "mzw-reading-name", line.name);
        name.dir = "auto";
        return [swatch, name, element("span", "mzw-reading-value", y(value))];
      }),
    );
    if (readings.length > most) list.append(element("span", "mzw-more", `and ${readings.length - most} more`));
    dots.replaceChildren(
      ...readings
        .filter(({ value }) => value === value)
        .map(({ line, point, value }) => {
          const dot = element("span", "mzw-dot-at");
          dot.style.background = colour(line);
          dot.style.transform = `translate(${chart.valToPos(point, "x")}px, ${height(value)}px)`;
          return dot;
        }),
    );
    root.hidden = readings.length === 0;
    const { clientWidth: area, offsetLeft, offsetTop } = chart.over;
    const left = chart.valToPos(to, "x");
    const isLeft = left < area / 2;
    const before = offsetLeft + left;
    const after = chart.width - before;
    root.style.top = `${offsetTop + 4}px`;
    root.style.left = isLeft ? `${before + APART}px` : "";
    root.style.right = isLeft ? "" : `${after + APART}px`;
    root.style.maxWidth = `${Math.min((isLeft ? after : before) - APART, SHARE * chart.width)}px`;
  }

  function hide() {
    at = null;
    root.hidden = true;
    dots.replaceChildren();
  }

  /** @param {number} to */
  function go(to) {
    chart.setCursor({ left: chart.valToPos(to, "x"), top: 0 });
  }

  return {
    root,
    hide,
    go,
    get at() {
      return at;
    },
    /** Say anew what is under the pointer. */
    paint() {
      const { left = -1 } = chart.cursor;
      const to = left === null || left < 0 ? NaN : snap(chart.posToVal(left, "x"));
      if (to === to) show(to);
      else hide();
    },
    /**
     * Go to the next point of any line.
     *
     * @param {number} by 1 or -1, or to the end
     * @returns {string} what is there
     */
    step(by) {
      const points = [...new Set(lines().flatMap(({ xs }) => xs))].sort((a, b) => a - b);
      if (points.length === 0) return "no rows";
      const from = at === null ? (by > 0 && by < Infinity ? -1 : points.length) : indexOf(points, at);
      const to = Number(points[Math.min(Math.max(from + by, 0), points.length - 1)]);
      bring(to);
      go(to);
      const told = read(to).slice(0, 5).map(({ line, value }) => `${line.name} ${y(value)}`);
      return `${x(to)}: ${told.join(", ")}`;
    },
  };
}
