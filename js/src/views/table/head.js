import { element, setAttribute, setText } from "../../dom.js";
import { SYNTAX } from "./filter.js";
import { mountMoving } from "./moving.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {readonly [column: number, descending: boolean, nullsFirst: boolean]} Term */

/** Pixels by which a key makes a column wider or narrower, and the least that it has. */
const STEP = 16;
const NARROWEST = 32;

/**
 * The names of the columns, by which one sorts, and a line of filters.
 *
 * @param {readonly Column[]} columns
 * @param {{ sorted: (terms: Term[]) => void, filtered: (typed: string[]) => void, resized: (column: number, width: number) => void, moved: (places: readonly number[], column: number) => void }} on
 */
export function mountHead(columns, on) {
  /** @type {Term[]} */
  let terms = [];
  const marks = columns.map(() => element("span", "mzw-sort"));
  const heads = columns.map((column, i) => {
    const name = element("button", "mzw-column", element("span", "mzw-name", column.name), /** @type {Node} */ (marks[i]));
    name.type = "button";
    name.title = `${column.name} ${column.type}\nclick to sort, with Shift to sort by several\ndrag to move, or Shift with an arrow key\n+ and - for its width`;
    name.addEventListener("click", (event) => sortBy(i, event.shiftKey));
    name.addEventListener("keydown", (event) => {
      const by = { "+": STEP, "=": STEP, "-": -STEP }[event.key];
      if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      resize(i, widthOf(i) + by);
    });
    const grip = element("span", "mzw-grip");
    grip.addEventListener("pointerdown", (event) => drag(event, i));
    const cell = element("th", column.kind === "number" ? "mzw-right" : "", name, grip);
    cell.scope = "col";
    cell.setAttribute("role", "columnheader");
    return cell;
  });
  const inputs = columns.map((column) => {
    const input = element("input", "mzw-filter");
    input.type = "text";
    input.placeholder = "filter";
    input.title = SYNTAX;
    input.setAttribute("aria-label", `filter ${column.name}`);
    input.addEventListener("input", () => on.filtered(inputs.map(({ value }) => value)));
    return input;
  });
  const cells = inputs.map((input) => element("td", "", input));
  const filters = row(cells);
  filters.hidden = true;
  const root = element("thead", "", row(heads), filters);
  root.setAttribute("role", "rowgroup");
  mountMoving(heads, (places, column) => {
    filters.append(...places.map((i) => /** @type {HTMLElement} */ (cells[i])));
    on.moved(places, column);
  });

  /**
   * Upwards, then downwards, then as it was.
   *
   * @param {number} column
   * @param {boolean} also whether by the others, too
   */
  function sortBy(column, also) {
    const before = terms.find(([own]) => own === column);
    /** @type {Term[]} */
    const next = before === undefined ? [[column, false, false]] : before[1] ? [] : [[column, true, false]];
    if (!also) terms = next;
    else if (before === undefined) terms = [...terms, ...next];
    else terms = terms.flatMap((term) => (term === before ? next : [term]));
    marks.forEach((mark, i) => {
      const at = terms.findIndex(([own]) => own === i);
      const arrow = at < 0 ? "" : terms[at]?.[1] ? "↓" : "↑";
      setText(mark, arrow && terms.length > 1 ? `${arrow}${at + 1}` : arrow);
      const sort = at < 0 ? null : terms[at]?.[1] ? "descending" : "ascending";
      setAttribute(/** @type {Element} */ (heads[i]), "aria-sort", sort);
    });
    on.sorted(terms);
  }

  const widthOf = (/** @type {number} */ column) => Number(heads[column]?.getBoundingClientRect().width);
  const resize = (/** @type {number} */ column, /** @type {number} */ width) => on.resized(column, Math.max(width, NARROWEST));

  /**
   * @param {PointerEvent} event
   * @param {number} column
   */
  function drag(event, column) {
    const grip = /** @type {HTMLElement} */ (event.currentTarget);
    const start = widthOf(column) - event.clientX;
    grip.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ now) => resize(column, start + now.clientX);
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), { once: true });
    event.preventDefault();
  }

  return {
    root,
    /** Show the filters, or take them away. */
    toggleFilters() {
      filters.hidden = !filters.hidden;
      if (filters.hidden) for (const input of inputs) input.value = "";
      else inputs[0]?.focus();
      on.filtered(inputs.map(({ value }) => value));
      return !filters.hidden;
    },
  };
}

/** @param {HTMLElement[]} cells */
function row(cells) {
  const node = element("tr", "", ...cells);
  node.setAttribute("role", "row");
  return node;
}
