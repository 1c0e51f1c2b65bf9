import { element, setAttribute, setText } from "../../dom.js";

/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../view.js").Entry} Entry */
/** @typedef {import("../../sync/protocol.js").Row} Row */
/** @typedef {import("../../sync/protocol.js").Value} Value */

/** Pixels: all lines are equally high, so that a division says which can be seen. */
export const LINE = 27;
/** Lines drawn beyond those that can be seen. */
const BEYOND = 6;
/** Pixels: what browsers can scroll over. Beyond it, the bar moves over the lines faster than they do. */
const HIGHEST = 8_000_000;
/** Milliseconds that a changed cell glows. */
const GLOW = 1_000;

/** @typedef {{ index: number, entry: Entry | null, node: HTMLTableRowElement }} Line */

/**
 * Of all rows those that can be seen, as lines of a table; the others are not touched.
 *
 * @param {HTMLElement} scroll
 * @param {HTMLTableSectionElement} body
 * @param {readonly Column[]} columns
 */
export function mountLines(scroll, body, columns) {
  /** @type {Line[]} in the order of their indexes, without a gap */
  let lines = [];
  /** @type {readonly Entry[]} */
  let rows = [];
  /** @type {WeakMap<Row, { at: number, columns: readonly number[] }>} */
  const changed = new WeakMap();
  /** @type {WeakMap<Element, Animation>} to ask a cell for them would have the page styled once a cell */
  const glows = new WeakMap();
  /** @type {((value: Value | undefined) => string)[]} */
  let texts = [];
  /** @type {readonly number[]} the columns from left to right */
  let places = [...columns.keys()];
  let head = 0;
  let decorate = (/** @type {Line} */ _line) => {};

  /** How far the lines are scrolled, and how much more than the bar says. */
  function offset() {
    const [total, room] = [rows.length * LINE, Math.max(scroll.clientHeight - head, LINE)];
    const { scrollTop } = scroll;
    const top = total <= HIGHEST ? scrollTop : (scrollTop / (HIGHEST - room)) * (total - room);
    return { top, room, beyond: top - scrollTop };
  }

  /** @returns {Line} */
  function makeLine() {
    const cells = places.map((j) => {
      const cell = element("td", columns[j]?.kind === "number" ? "mzw-right" : "");
      cell.setAttribute("role", "gridcell");
      cell.dir = "auto";
      return cell;
    });
    const node = element("tr", "", ...cells);
    node.setAttribute("role", "row");
    return { index: -1, entry: null, node };
  }

  /**
   * @param {Line} line
   * @param {Entry} entry
   */
  function fill(line, entry) {
    if (line.entry === entry) return;
    line.entry = entry;
    const glow = changed.get(entry.row);
    const age = glow ? performance.now() - glow.at : Infinity;
    places.forEach((j, place) => {
      const cell = /** @type {HTMLElement} */ (line.node.children[place]);
      const value = entry.row[j] ?? null;
      const shown = texts[j]?.(value) ?? "";
      setText(cell, shown);
      setAttribute(cell, "title", shown.length > 30 || shown !== String(value) ? String(value) : null);
      cell.classList.toggle("mzw-null", value === null);
      glows.get(cell)?.cancel();
      glows.delete(cell);
      if (age < GLOW && glow?.columns.includes(j)) {
        const from = glow.columns.length === columns.length ? "var(--mzw-glow-row)" : "var(--mzw-glow)";
        const frames = [{ backgroundColor: from }, { backgroundColor: "transparent" }];
        glows.set(cell, cell.animate(frames, { duration: GLOW, delay: -age }));
      }
    });
  }

  function paint() {
    const { top, room, beyond } = offset();
    const first = Math.max(Math.floor(top / LINE) - BEYOND, 0);
    const last = Math.min(Math.ceil((top + room) / LINE) + BEYOND, rows.length);
    // Lines that have left the one end serve at the other.
    const spare = lines.filter(({ index }) => index < first || index >= last);
    lines = lines.filter(({ index }) => index >= first && index < last);
    let next = lines[0]?.index ?? last;
    while (next > first) {
      const line = spare.pop() ?? makeLine();
      line.index = --next;
      lines.unshift(line);
      body.prepend(line.node);
    }
    next = first + lines.length;
    while (next < last) {
      const line = spare.pop() ?? makeLine();
      line.index = next++;
      lines.push(line);
      body.append(line.node);
    }
    for (const { node } of spare) node.remove();
    for (const line of lines) {
      fill(line, /** @type {Entry} */ (rows[line.index]));
      const y = `translateY(${line.index * LINE - beyond}px)`;
      if (line.node.style.transform !== y) line.node.style.transform = y;
      setAttribute(line.node, "aria-rowindex", String(line.index + 2));
      decorate(line);
    }
  }

  return {
    paint,
    offset,
    /** @param {(line: Line) => void} mark called for each line that is drawn */
    decorateWith(mark) {
      decorate = mark;
    },
    /** @param {readonly number[]} order in which the columns stand from now on */
    set places(order) {
      places = order;
      lines = [];
      body.replaceChildren();
    },
    /** @param {number} height of what stands above the lines, in pixels */
    set head(height) {
      head = height;
    },
    /** @param {((value: Value | undefined) => string)[]} shown how values are written; every line is drawn anew */
    set texts(shown) {
      texts = shown;
      for (const line of lines) line.entry = null;
    },
    /** @param {readonly Entry[]} all which makes room for them, and does not draw them yet */
    set rows(all) {
      rows = all;
      body.style.height = `${Math.min(rows.length * LINE, HIGHEST)}px`;
    },
    /**
     * @param {Row} row
     * @param {readonly number[]} columns that are not what they were
     */
    glow(row, columns) {
      changed.set(row, { at: performance.now(), columns });
    },
    /** @param {number} index */
    reveal(index) {
      const { top, room } = offset();
      const y = index * LINE;
      const total = rows.length * LINE;
      const isInSight = y >= top && y + LINE <= top + room;
      if (isInSight) return;
      const to = y < top ? y : y + LINE - room;
      scroll.scrollTop = total <= HIGHEST ? to : (to / (total - room)) * (HIGHEST - room);
    },
    /** @param {Node | null} node */
    indexAt(node) {
      return lines.find((line) => node !== null && line.node.contains(node))?.index ?? -1;
    },
  };
}
