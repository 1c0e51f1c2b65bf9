import { categories, look } from "../palette.js";

/** Pixels: a narrower chart has its legends above it. */
const NARROW = 400;
/** The same: its legends have two columns no longer. */
const NARROWER = 290;
/** Pixels by which the longest label grows with the chart. */
const STEP = 20;
/** Pixels of the highest entry of a legend, and of its title. */
const ENTRY = 17;
const TITLE = 20;
/** Columns of a legend beside a chart; as many as that share the width of one. */
const COLUMNS = 3;

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

/**
 * Let legends beside a chart that has a height of its own take the columns that they need: Vega cuts off what is below it.
 *
 * @param {{ legends?: Record<string, any>[], config?: Record<string, any> }} compiled
 * @param {number} height pixels
 */
export function spread({ legends = [], config }, height) {
  const most = Math.max(1, Math.floor((height - TITLE) / ENTRY));
  for (const legend of legends) {
    const all = { ...config?.["legend"], ...legend };
    const { orient = "right", columns, labelLimit, fill, stroke = fill, shape = stroke, size = shape } = all;
    if (columns !== undefined || !size || !["left", "right"].includes(orient)) continue;
    const needed = `clamp(ceil(length(domain('${size}')) / ${most}), 1, ${COLUMNS})`;
    legend["columns"] = { signal: needed };
    if (Number(labelLimit)) legend["labelLimit"] = { signal: `max(${3 * STEP}, ${labelLimit} / ${needed})` };
  }
}
