import { element } from "../../dom.js";

/** @typedef {import("vega").View} View */
/** @typedef {import("./tuples.js").Tuple} Tuple */

/**
 * A mark that stands for something: where it is in the chart, in pixels, and what is said of it.
 *
 * @typedef {{ datum: Tuple, key: string, words: string, left: number, top: number, width: number, height: number }} Spot
 */

/** Pixels around a mark in which it is marked, and that a point takes. */
const AROUND = 3;
const POINT = 6;
/** Marks that are one path through their items. */
const PATHS = ["line", "area", "trail"];
/** Marks that are drawn for the pointer only. */
const UNSEEN = /(_brush|_brush_bg|voronoi)$/;

/**
 * All marks of a chart that stand for data, each once: a bar's text stands for what the bar does.
 *
 * @param {View} view
 * @param {(datum: Tuple) => string} keyOf
 * @returns {Spot[]}
 */
function spotsOf(view, keyOf) {
  /** @type {Map<Tuple, Spot>} */
  const found = new Map();
  const padding = /** @type {{ left: number, top: number }} */ (view.padding());
  const [x = 0, y = 0] = view.origin();
  visit(/** @type {any} */ (view.scenegraph()).root, x + padding.left, y + padding.top);
  return [...found.values()];

  /**
   * @param {any} mark
   * @param {number} x
   * @param {number} y
   */
  function visit(mark, x, y) {
    for (const item of mark.items ?? []) {
      if (mark.marktype === "group") {
        for (const child of item.items ?? []) visit(child, x + (item.x ?? 0), y + (item.y ?? 0));
      } else if (mark.role === "mark" && !UNSEEN.test(mark.name ?? "") && item.datum && !found.has(item.datum)) {
        const place = placeOf(item, PATHS.includes(mark.marktype), x, y);
        const { datum } = item;
        if (place) found.set(datum, { datum, key: keyOf(datum), words: item.description || said(datum), ...place });
      }
    }
  }
}

/**
 * Where an item is in the chart.
 *
 * @param {any} item
 * @param {boolean} isPoint whether it is a point of a path, which has no bounds of its own
 * @param {number} x where what it is in begins
 * @param {number} y
 * @returns {Pick<Spot, "left" | "top" | "width" | "height"> | null} null if it is nowhere
 */
function placeOf(item, isPoint, x, y) {
  const { x1, y1, x2, y2 } = isPoint ? { x1: item.x, y1: item.y, x2: item.x, y2: item.y } : item.bounds;
  const [width, height] = [Math.max(x2 - x1, POINT), Math.max(y2 - y1, POINT)];
  const [left, top] = [x + (x1 + x2 - width) / 2, y + (y1 + y2 - height) / 2];
  return [left, top, width, height].every(Number.isFinite) ? { left, top, width, height } : null;
}

/** @param {Tuple} datum */
function said(datum) {
  const told = Object.entries(datum).filter(([name]) => name !== "_vgsid_");
  return told.map(([name, value]) => `${name}: ${value instanceof Date ? value.toLocaleString() : String(value)}`).join("; ");
}

/** @type {Record<string, (a: Spot, b: Spot) => number>} how marks follow on each other */
const AXES = {
  across: (a, b) => a.left + a.width / 2 - b.left - b.width / 2 || a.top - b.top,
  down: (a, b) => a.top + a.height / 2 - b.top - b.height / 2 || a.left - b.left,
};

/**
 * Lets keys go from mark to mark of a chart: each is marked, said, and can be selected.
 *
 * @param {HTMLElement} chartEl which gets the keys
 * @param {{
 *   view: () => View | null,
 *   keyOf: (datum: Tuple) => string,
 *   say: (words: string) => void,
 *   pick: (datum: Tuple, also: boolean) => void,
 *   span: (from: Tuple, to: Tuple) => void,
 *   clear: () => void,
 * }} of `keyOf`: what stays the same of a row while its numbers change
 * @param {AbortSignal} signal
 */
export function mountKeys(chartEl, { view, keyOf, say, pick, span, clear }, signal) {
  const ring = element("div", "mzw-ring");
  ring.hidden = true;
  chartEl.tabIndex = 0;
  /** @type {Spot | null} */
  let active = null;
  /** @type {Spot | null} where an interval began */
  let anchor = null;

  function spots() {
    const chart = view();
    return chart ? spotsOf(chart, keyOf) : [];
  }

  /** @param {Spot | null} spot */
  function mark(spot) {
    active = spot;
    ring.hidden = spot === null;
    if (spot === null) return;
    if (ring.parentNode !== chartEl) chartEl.append(ring); // Vega has emptied it
    ring.style.left = `${spot.left - AROUND}px`;
    ring.style.top = `${spot.top - AROUND}px`;
    ring.style.width = `${spot.width + 2 * AROUND}px`;
    ring.style.height = `${spot.height + 2 * AROUND}px`;
  }

  /**
   * @param {"across" | "down"} axis
   * @param {number} by
   * @param {boolean} extend
   */
  function go(axis, by, extend) {
    const all = spots().sort(AXES[axis]);
    const at = active ? all.findIndex(({ datum }) => datum === active?.datum) : -1;
    const from = at < 0 && by < 0 && by > -Infinity ? all.length : at;
    const to = all[Math.min(Math.max(from + by, 0), all.length - 1)];
    if (to === undefined) return say("no rows");
    anchor = extend ? (anchor ?? active ?? to) : null;
    mark(to);
    ring.scrollIntoView({ block: "nearest", inline: "nearest" });
    say(to.words);
    if (anchor) span(anchor.datum, to.datum);
  }

  chartEl.addEventListener("keydown", onKey, { signal });
  chartEl.addEventListener("blur", () => mark(null), { signal });

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.target !== chartEl || event.altKey || event.ctrlKey || event.metaKey) return;
    const extend = event.shiftKey;
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowRight: () => go("across", 1, extend),
      ArrowLeft: () => go("across", -1, extend),
      ArrowDown: () => go("down", 1, extend),
      ArrowUp: () => go("down", -1, extend),
      Home: () => go("down", -Infinity, extend),
      End: () => go("down", Infinity, extend),
      Enter: () => active && pick(active.datum, extend),
      " ": () => active && pick(active.datum, true),
      Escape: clear,
    };
    const act = actions[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  return {
    /** The chart has been drawn anew: what was marked may be elsewhere, or gone. */
    follow() {
      if (active === null) return;
      const { key, datum } = active;
      const all = spots();
      mark(all.find((spot) => spot.datum === datum) ?? all.find((spot) => spot.key === key) ?? null);
    },
  };
}
