import { element, setAttribute, setText } from "../dom.js";
import { decimalsOf, formatOf } from "./formats.js";
import { formatNumber } from "./numbers.js";
import { Leading, byOrder } from "./order.js";
import { mountTrend } from "./trend.js";
import { columnOf } from "./view.js";

/**
 * One number, large, and what it has been of late.
 *
 * @type {import("./view.js").Mount}
 */
export function mount(el, encoding, { columns, height }) {
  const column = columnOf(encoding, "value");
  const leading = new Leading(byOrder(columns, encoding.order), 1);
  const trend = mountTrend(columns);
  const figure = element("div", "mzw-figure");
  const name = element("span", "");
  const root = element("div", "mzw-number", figure, element("div", "mzw-caption", name, trend.change), trend.svg);
  if (height) root.style.height = `${height}px`;
  el.append(root);
  let decimals = 0;

  return {
    paint(snapshot, change) {
      const [entry] = leading.update(snapshot, change);
      const value = entry?.row[column];
      decimals = Math.max(decimals, decimalsOf([value ?? null]));
      const format = formatOf(encoding, columns, column, decimals);
      const shown = value === undefined ? "—" : format(value);
      setText(figure, shown);
      root.style.setProperty("--mzw-digits", String(shown.length));
      figure.classList.toggle("mzw-null", value === null);
      figure.classList.toggle("mzw-nothing", value === undefined);
      setAttribute(figure, "data-value", value === undefined ? null : String(value));
      const title = columns[column]?.name ?? "";
      const place = snapshot.size === 0 ? ", no rows" : snapshot.size > 1 ? `, first of ${formatNumber(snapshot.size)} rows` : "";
      setText(name, title + place);
      trend.paint(snapshot.time, value === null || value === undefined ? NaN : Number(value), format, snapshot.past);
    },
    until: trend.until,
    summary: () => `${name.textContent}: ${figure.textContent}`,
    destroy: () => root.remove(),
  };
}
