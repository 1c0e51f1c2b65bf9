import { element, setAttribute, setText } from "../dom.js";
import { formatNumber } from "../numbers.js";
import { byColumns, first } from "../order.js";

/** @typedef {import("../plan.js").Plan} Plan */
/** @typedef {import("../protocol.js").Column} Column */
/** @typedef {import("../protocol.js").Value} Value */
/** @typedef {import("../replica.js").Snapshot} Snapshot */

/**
 * @param {Value} value
 * @param {Column} column
 */
function text(value, column) {
  if (value === null) return "null";
  return column.kind === "number" ? formatNumber(value) : String(value);
}

/**
 * The first rows of the view, as text.
 *
 * @param {HTMLElement} el
 * @param {Plan} plan
 */
export function mount(el, plan) {
  const head = element("tr", "");
  const body = element("tbody", "");
  const table = element("table", "", element("thead", "", head), body);
  const scroll = element("div", "mzw-scroll", table);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "rows");
  if (plan.height) scroll.style.height = `${plan.height}px`;
  const foot = element("div", "mzw-foot");
  const root = element("div", "mzw-table", scroll, foot);
  el.append(root);

  /** @type {readonly Column[] | null} */
  let drawn = null;
  let tallest = 0;

  /** @param {readonly Column[]} columns */
  function drawHead(columns) {
    drawn = columns;
    head.replaceChildren(
      ...columns.map((column) => {
        const cell = element("th", column.kind === "number" ? "mzw-right" : "", column.name);
        cell.scope = "col";
        cell.title = `${column.name} ${column.type}`;
        return cell;
      }),
    );
    body.replaceChildren();
  }

  return {
    /** @param {Snapshot} snapshot */
    paint({ entries, columns, size }) {
      if (drawn !== columns) drawHead(columns);
      const rows = first(entries, byColumns(columns), plan.limit);
      while (body.rows.length > rows.length) body.deleteRow(-1);
      rows.forEach(({ row }, i) => {
        const line = body.rows[i] ?? body.insertRow();
        columns.forEach((column, j) => {
          const cell = line.cells[j] ?? line.insertCell();
          const value = row[j] ?? null;
          const shown = text(value, column);
          if (cell.textContent === shown && cell.classList.contains("mzw-null") === (value === null)) return;
          setText(cell, shown);
          setAttribute(cell, "title", shown.length > 40 ? shown : null);
          cell.dir = "auto";
          cell.className = column.kind === "number" ? "mzw-right" : "";
          cell.classList.toggle("mzw-null", value === null);
        });
      });
      setText(
        foot,
        size === 0
          ? "no rows"
          : size > rows.length
            ? `first ${formatNumber(rows.length)} of ${formatNumber(size)} rows`
            : `${formatNumber(size)} ${size === 1 ? "row" : "rows"}`,
      );
      if (!plan.height && rows.length > tallest) {
        tallest = rows.length;
        scroll.style.minHeight = `min(${tallest + 1} * var(--mzw-line), var(--mzw-table-height))`;
      }
    },
    destroy: () => root.remove(),
  };
}
