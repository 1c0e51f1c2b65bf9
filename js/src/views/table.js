import { element, setAttribute, setText } from "../dom.js";
import { formatNumber } from "./numbers.js";
import { Leading, byOrder } from "./order.js";

/** @typedef {import("../sync/protocol.js").Column} Column */
/** @typedef {import("../sync/protocol.js").Row} Row */
/** @typedef {import("../sync/protocol.js").Value} Value */

/** Rows drawn where the encoding does not say. */
const ROWS = 100;

/** @param {Column} column */
function heading({ name, type, kind }) {
  const cell = element("th", kind === "number" ? "mzw-right" : "", name);
  cell.scope = "col";
  cell.title = `${name} ${type}`;
  return cell;
}

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
 * @type {import("./view.js").Mount}
 */
export function mount(el, encoding, { columns, height }) {
  const leading = new Leading(byOrder(columns, encoding.order), encoding.limit ?? ROWS);
  const head = element("tr", "", ...columns.map(heading));
  const body = element("tbody", "");
  const table = element("table", "", element("thead", "", head), body);
  const scroll = element("div", "mzw-scroll", table);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "rows");
  if (height) scroll.style.height = `${height}px`;
  const foot = element("div", "mzw-foot");
  const root = element("div", "mzw-table", scroll, foot);
  el.append(root);

  /** @type {Row[]} rows that are drawn, by line */
  const drawn = [];
  let tallest = 0;

  /**
   * @param {Row} row
   * @param {number} i
   */
  function drawLine(row, i) {
    if (drawn[i] === row) return;
    drawn[i] = row;
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
  }

  return {
    paint(snapshot, change) {
      const { size } = snapshot;
      const rows = leading.update(snapshot, change);
      while (body.rows.length > rows.length) body.deleteRow(-1);
      drawn.length = rows.length;
      rows.forEach(({ row }, i) => drawLine(row, i));
      setText(
        foot,
        size === 0
          ? "no rows"
          : size > rows.length
            ? `first ${formatNumber(rows.length)} of ${formatNumber(size)} rows`
            : `${formatNumber(size)} ${size === 1 ? "row" : "rows"}`,
      );
      if (!height && rows.length > tallest) {
        tallest = rows.length;
        scroll.style.minHeight = `min(${tallest + 1} * var(--mzw-line), var(--mzw-table-height))`;
      }
    },
    destroy: () => root.remove(),
  };
}
