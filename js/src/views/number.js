import { element, setAttribute, setText } from "../dom.js";
import { formatNumber } from "../numbers.js";
import { byColumns, first } from "../order.js";

/** @typedef {import("../plan.js").Plan} Plan */
/** @typedef {import("../replica.js").Snapshot} Snapshot */

/**
 * One number, large.
 *
 * @param {HTMLElement} el
 * @param {Plan} plan
 */
export function mount(el, plan) {
  const figure = element("div", "mzw-figure");
  const caption = element("div", "mzw-caption");
  const root = element("div", "mzw-number", figure, caption);
  if (plan.height) root.style.height = `${plan.height}px`;
  el.append(root);

  return {
    /** @param {Snapshot} snapshot */
    paint({ entries, columns, size }) {
      const [entry] = first(entries, byColumns(columns), 1);
      const value = entry?.row[plan.value];
      setText(figure, value === undefined ? "—" : formatNumber(value));
      figure.classList.toggle("mzw-null", value === undefined || value === null);
      setAttribute(figure, "data-value", value === undefined ? null : String(value));
      const name = columns[plan.value]?.name ?? "";
      setText(caption, size > 1 ? `${name}, first of ${formatNumber(size)} rows` : name);
    },
    destroy: () => root.remove(),
  };
}
