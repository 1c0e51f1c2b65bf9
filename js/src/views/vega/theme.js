import { look, palette } from "../palette.js";

/**
 * Vega-Lite's configuration under the page's present theme. What the chart itself configures stands above it.
 *
 * @param {Element} el
 * @param {boolean} dark
 */
export function themeConfig(el, dark) {
  const { fg, quiet, rule, accent, paper, font } = look(el);
  const guide = { labelColor: quiet, titleColor: quiet, labelFont: font, titleFont: font, titleFontWeight: 500 };
  return {
    background: "transparent",
    font,
    padding: 4,
    axis: { ...guide, domainColor: rule, gridColor: rule, tickColor: rule },
    legend: guide,
    header: { ...guide, labelColor: fg },
    title: { color: fg, subtitleColor: quiet, font, subtitleFont: font },
    view: { stroke: rule },
    mark: { color: accent },
    text: { color: fg, font },
    rule: { color: quiet },
    boxplot: { median: { color: paper } },
    range: {
      category: palette(dark),
      ramp: { scheme: dark ? "darkblue" : "blues" },
      heatmap: { scheme: dark ? "plasma" : "viridis" },
      ordinal: { scheme: dark ? "darkblue" : "blues" },
    },
  };
}
