import { element, setAttribute, setText } from "../dom.js";
import { formatNumber } from "./numbers.js";
import { Leading, byOrder } from "./order.js";
import { columnOf } from "./view.js";

/**
 * One number, large.
 *
 * @type {import("./view.js").Mount}
 */
export function mount(el, encoding, { columns, height }) {
  const column = columnOf(encoding, "value");
  const leading = new Leading(byOrder(columns, encoding.order), 1);
  const figure = element("div", "mzw-figure");
  const caption = element("div", "mzw-caption");
  const root = element("div", "mzw-number", figure, caption);
  if (height) root.style.height = `${height}px`;
  el.append(root);

  return {
    paint(snapshot, change) {
      const [entry] = leading.update(snapshot, change);
      const value = entry?.row[column];
      const shown = value === undefined ? "—" : formatNumber(value);
      setText(figure, shown);
      root.style.setProperty("--mzw-digits", String(shown.length));
      figure.classList.toggle("mzw-null", value === undefined || value === null);
      setAttribute(figure, "data-value", value === undefined ? null : String(value));
      const name = columns[column]?.name ?? "";
      setText(caption, snapshot.size > 1 ? `${name}, first of ${formatNumber(snapshot.size)} rows` : name);
    },
    destroy: () => root.remove(),
  };
}
