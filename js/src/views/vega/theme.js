import { categories, look } from "../palette.js";

/** Pixels: a narrower chart has its legends above it. */
const NARROW = 400;
/** The same: its legends have two columns no longer. */
const NARROWER = 290;
/** Pixels by which the longest label grows with the chart. */
const STEP = 20;

/**
 * Whether a chart's own ground is light or dark; null if it has none, and is drawn on the page's.
 *
 * @param {Record<string, any>} spec
 */
export function groundOf({ background, config }) {
  const canvas = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
  canvas.fillStyle = "transparent"; // and stays so where the other is no colour
  canvas.fillStyle = String(background ?? config?.background);
  canvas.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, opacity = 0] = canvas.getImageData(0, 0, 1, 1).data;
  if (opacity < 128) return null;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
}

/**
 * Vega-Lite's configuration under the page's present theme. What the chart itself configures stands above it.
 *
 * @param {Element} el
 * @param {boolean} dark
 */
export function themeConfig(el, dark) {
  const { fg, quiet, rule, accent, paper, font } = look(el);
  const width = el.clientWidth || 2 * NARROW;
  const labelLimit = Math.min(Math.max(STEP * Math.floor((0.4 * width) / STEP), 3 * STEP), 9 * STEP);
  const guide = { labelColor: quiet, titleColor: quiet, labelFont: font, titleFont: font, titleFontWeight: 500 };
  return {
    background: "transparent",
    font,
    padding: { left: 4, top: 4, right: 14, bottom: 4 }, // the last tick's label reaches beyond its axis, which Vega forgets
    axis: { ...guide, domainColor: rule, gridColor: rule, tickColor: rule, labelLimit, labelSeparation: 6 },
    legend: { ...guide, labelLimit, symbolBaseFillColor: quiet, symbolBaseStrokeColor: quiet, ...(width < NARROW ? above(width) : {}) },
    header: { ...guide, labelColor: fg },
    title: { color: fg, subtitleColor: quiet, font, subtitleFont: font },
    view: { stroke: rule },
    mark: { color: accent },
    text: { color: fg, font },
    rule: { color: quiet },
    boxplot: { median: { color: paper } },
    range: {
      category: categories(dark),
      ramp: { scheme: dark ? "darkblue" : "blues" },
      heatmap: { scheme: dark ? "plasma" : "viridis" },
      ordinal: { scheme: dark ? "darkblue" : "blues" },
    },
  };
}

/**
 * Legends above a chart, one below the other, as wide as the space beside its labels.
 *
 * @param {number} width
 */
function above(width) {
  const columns = width < NARROWER ? 1 : 2;
  return { orient: "top", columns, labelLimit: (columns === 1 ? 6 : 3) * STEP, layout: { top: { direction: "vertical", anchor: "start" } } };
}
