import { element, keepKeys, keepText, setAttribute, setText } from "../dom.js";
import { mountAloud } from "./aloud.js";
import { countRows, formatNumber } from "./numbers.js";
import { textsOf, tsvCell, widthsOf } from "./table/cells.js";
import { faultOf, filterOf } from "./table/filter.js";
import { mountHead } from "./table/head.js";
import { LINE, mountLines } from "./table/lines.js";
import { Sorted } from "./table/sorted.js";
import { Chosen, identifying, placesOf, selectionOf, toggled } from "./selected.js";

/** @typedef {import("./view.js").Entry} Entry */
/** @typedef {import("./view.js").Step} Step */
/** @typedef {import("../sync/protocol.js").Row} Row */
/** @typedef {import("./table/head.js").Term} Term */

/** Tables that this page has had. */
let tables = 0;

/** Letters: texts are cut to no less, lest columns be out of sight, as numbers and times never are. */
const SHORTEST = 16;
/** Rows of one change whose cells are compared with what they were before. */
const COMPARED = 5_000;

/**
 * All rows, of which those that can be seen are drawn.
 *
 * @type {import("./view.js").Mount}
 */
export function mount(el, encoding, host) {
  const { columns, height } = host;
  const limit = encoding.limit ?? Infinity;
  const head = mountHead(columns, { sorted, filtered, resized, moved });
  const body = element("tbody", "");
  body.setAttribute("role", "rowgroup");
  const table = element("table", "", head.root, body);
  table.setAttribute("role", "presentation");
  const scroll = element("div", "mzw-scroll", table);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "grid");
  scroll.setAttribute("aria-label", "rows");
  scroll.setAttribute("aria-multiselectable", "true");
  scroll.setAttribute("aria-colcount", String(columns.length));
  keepKeys(scroll);
  keepText(scroll, host.signal);
  if (height) Object.assign(scroll.style, { height: `${height}px`, maxHeight: "none" });
  const count = element("span", "");
  const filter = element("button", "mzw-button", "filter");
  filter.type = "button";
  filter.setAttribute("aria-pressed", "false");
  const aloud = mountAloud(host.signal);
  const root = element("div", "mzw-table", scroll, element("div", "mzw-foot", count, filter), aloud.root);
  el.append(root);
  const lines = mountLines(scroll, body, columns);

  /** @type {import("./view.js").Snapshot | null} */
  let painted = null;
  /** @type {Term[]} */
  let terms = [];
  /** @type {(((value: import("../sync/protocol.js").Value) => boolean) | null)[]} */
  let filters = [];
  let fault = "";
  let all = new Sorted(columns, encoding.order, keeps);
  /** @type {Entry[]} that can be scrolled to */
  let rows = [];
  /** @type {((value: import("../sync/protocol.js").Value | undefined) => string)[]} */
  let texts = [];
  /** @type {number[]} chosen by the reader, in pixels */
  const widths = [];
  /** @type {readonly number[]} the columns from left to right */
  let places = [...columns.keys()];
  /** @type {number[]} what their contents take, in digits; rows that a filter hides have their room */
  let usual = [];
  let tallest = 0;
  let chosen = new Chosen(columns, null);
  let [active, column, anchor] = [-1, 0, -1];
  const cellId = `mzw-cell-${++tables}`;

  const keys = columns.flatMap(({ kind }, i) => (kind === "number" ? [] : [i]));
  const place = (/** @type {Row} */ row) => JSON.stringify((keys.length > 0 ? keys : [0]).map((i) => row[i]));

  /** @param {Entry} entry */
  function keeps({ row }) {
    return filters.every((keep, i) => keep === null || keep(row[i] ?? null));
  }

  /** Note which cells are not what they were. */
  function compare(/** @type {Step} */ { inserts, deletes }) {
    if (inserts.length + deletes.length > COMPARED || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const before = new Map(deletes.map(({ row }) => [place(row), row]));
    for (const { row } of inserts) {
      const own = before.get(place(row));
      lines.glow(row, [...columns.keys()].filter((i) => own === undefined || own[i] !== row[i]));
    }
  }

  /**
   * Draw other rows, those in sight staying where they are.
   *
   * @param {() => void} change
   */
  function keepingPlace(change) {
    const { top } = lines.offset();
    const seen = top > 0 ? rows[Math.floor(top / LINE)] : undefined;
    const before = seen && Math.floor(top / LINE);
    change();
    show();
    const moved = seen && before !== undefined ? all.place(seen) - before : 0;
    if (moved !== 0) scroll.scrollTop += moved * LINE;
    lines.paint();
  }

  /** Take over the rows as they are now. */
  function show() {
    rows = all.rows.length > limit ? all.rows.slice(0, limit) : all.rows;
    lines.rows = rows;
    setAttribute(scroll, "aria-rowcount", String(rows.length + 1));
    active = Math.min(active, rows.length - 1);
    if (!height && rows.length > tallest) {
      tallest = rows.length;
      scroll.style.minHeight = `min(${tallest + 1} * var(--mzw-line) + 2px, var(--mzw-table-height))`;
    }
    tell();
  }

  function tell() {
    const { size = 0 } = painted ?? {};
    const some = filters.some((keep) => keep !== null);
    setText(
      count,
      size === 0 ? "no rows"
      : some ? `${formatNumber(all.rows.length)} of ${countRows(size)}${fault && " · "}${fault}`
      : size > rows.length ? `first ${formatNumber(rows.length)} of ${countRows(size)}`
      : countRows(size),
    );
  }

  /** Start again from the whole view. */
  function restart() {
    all = new Sorted(columns, terms.length > 0 ? terms : encoding.order, keeps);
    if (painted) all.start(painted.entries);
    show();
    lines.paint();
  }

  /** @param {Term[]} chosen */
  function sorted(chosen) {
    terms = chosen;
    scroll.scrollTop = 0;
    restart();
  }

  /** @param {string[]} typed */
  function filtered(typed) {
    filters = columns.map((of, i) => filterOf(typed[i] ?? "", of, texts[i] ?? String));
    fault = columns.map((of, i) => faultOf(typed[i] ?? "", of)).find((found) => found !== "") ?? "";
    scroll.scrollTop = 0;
    restart();
  }

  /**
   * @param {number} i
   * @param {number} width pixels
   */
  function resized(i, width) {
    widths[i] = width;
    layOut();
  }

  /**
   * @param {readonly number[]} order
   * @param {number} i
   */
  function moved(order, i) {
    lines.places = places = [...order];
    aloud.answer(`${columns[i]?.name} is column ${places.indexOf(i) + 1} of ${places.length}`);
    layOut();
    lines.paint();
  }

  function layOut() {
    if (usual.length === 0 || filters.every((keep) => keep === null)) usual = widthsOf(columns, rows, texts);
    // Numbers stand by their column's edge: the space that is left goes to the others.
    const grows = columns.map(({ kind }) => kind !== "number");
    const none = !grows.includes(true);
    const shortest = usual.map((width, i) => (["text", "json"].includes(columns[i]?.kind ?? "") ? Math.min(width, SHORTEST) : width));
    const tracks = usual.map((width, i) => {
      if (widths[i]) return `${widths[i]}px`;
      return grows[i] || none ? `minmax(calc(${shortest[i]}ch + 14px), ${width}fr)` : `calc(${width}ch + 14px)`;
    });
    const least = shortest.map((width, i) => (widths[i] ? `${widths[i]}px` : `${width}ch + 14px`));
    table.style.setProperty("--mzw-columns", places.map((i) => tracks[i]).join(" "));
    table.style.minWidth = `calc(${least.join(" + ") || "0px"})`;
    lines.head = head.root.offsetHeight;
  }

  function restyle() {
    texts = textsOf(columns, encoding, rows);
    lines.texts = texts;
    layOut();
  }

  lines.decorateWith(({ index, entry, node }) => {
    const isPicked = entry !== null && chosen.has(entry.row);
    node.classList.toggle("mzw-picked", isPicked);
    setAttribute(node, "aria-selected", String(isPicked));
    for (const [j, cell] of [...node.children].entries()) {
      const isActive = index === active && j === column;
      cell.classList.toggle("mzw-active", isActive);
      setAttribute(cell, "id", isActive ? cellId : null);
    }
  });

  /**
   * @param {number} to
   * @param {boolean} extend whether what lies between is selected
   */
  function go(to, extend) {
    active = Math.min(Math.max(to, 0), rows.length - 1);
    if (active < 0) return;
    if (extend) pick(anchor < 0 ? active : anchor, active);
    else anchor = active;
    setAttribute(scroll, "aria-activedescendant", cellId);
    lines.reveal(active);
    lines.paint();
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  function pick(from, to) {
    select(rows.slice(Math.min(from, to), Math.max(from, to) + 1));
  }

  /** @param {readonly Entry[]} entries */
  function select(entries) {
    const all = entries.map(({ row }) => row);
    host.select(selectionOf(columns, identifying(columns, painted?.entries ?? [], all), all));
  }

  /** @param {number} index */
  function toggle(index) {
    const entry = rows[index];
    if (entry === undefined) return;
    const places = placesOf(columns, host.selected()) ?? identifying(columns, painted?.entries ?? [], [entry.row]);
    host.select(toggled(columns, places, host.selected(), entry.row));
  }

  const { signal } = host;
  scroll.addEventListener("scroll", () => lines.paint(), { signal, passive: true });
  filter.addEventListener("click", toggleFilters, { signal });
  body.addEventListener(
    "click",
    (event) => {
      const target = /** @type {Element} */ (event.target);
      const index = lines.indexAt(target);
      if (index < 0 || !document.getSelection()?.isCollapsed) return;
      column = Math.max([...(target.closest("tr")?.children ?? [])].indexOf(/** @type {Element} */ (target.closest("td"))), 0);
      if (event.ctrlKey || event.metaKey) toggle(index);
      else if (!event.shiftKey) select([/** @type {Entry} */ (rows[index])]);
      go(index, event.shiftKey);
    },
    { signal },
  );
  scroll.addEventListener("copy", copy, { signal });
  scroll.addEventListener("keydown", onKey, { signal });

  function toggleFilters() {
    setAttribute(filter, "aria-pressed", String(head.toggleFilters()));
    layOut();
    lines.paint();
  }

  /** @param {ClipboardEvent} event */
  function copy(event) {
    if (event.target instanceof HTMLInputElement || !document.getSelection()?.isCollapsed) return;
    const picked = rows.filter(({ row }) => chosen.has(row)).map(({ row }) => row);
    const here = rows[active]?.row[places[column] ?? 0];
    if (picked.length === 0 && active < 0) return;
    const cells = picked.length > 0 ? picked.map((row) => places.map((i) => tsvCell(row[i])).join("\t")).join("\n") : tsvCell(here);
    event.clipboardData?.setData("text/plain", cells);
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.target !== scroll || event.altKey) return;
    const page = Math.max(Math.floor(lines.offset().room / LINE) - 1, 1);
    const command = event.ctrlKey || event.metaKey;
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowDown: () => go(active + 1, event.shiftKey),
      ArrowUp: () => go(active < 0 ? 0 : active - 1, event.shiftKey),
      PageDown: () => go(active + page, event.shiftKey),
      PageUp: () => go(active - page, event.shiftKey),
      ArrowRight: () => ((column = Math.min(column + 1, columns.length - 1)), go(active, false)),
      ArrowLeft: () => ((column = Math.max(column - 1, 0)), go(active, false)),
      Home: () => (command ? go(0, event.shiftKey) : ((column = 0), go(active, false))),
      End: () => (command ? go(rows.length - 1, event.shiftKey) : ((column = columns.length - 1), go(active, false))),
      " ": () => toggle(active),
      Escape: () => select([]),
      "/": toggleFilters,
      a: () => select(rows),
    };
    const act = actions[event.key];
    if (act === undefined || (event.key === "a" && !command)) return;
    event.preventDefault();
    act();
  }

  return {
    paint(snapshot, change) {
      const first = painted === null || painted.size === 0;
      painted = snapshot;
      if (change) compare(change);
      keepingPlace(() => (change ? all.follow(change) : all.start(snapshot.entries)));
      if (!first) return;
      restyle();
      lines.paint();
    },
    selected(selection) {
      chosen = new Chosen(columns, selection);
      root.classList.toggle("mzw-selecting", chosen.any);
      lines.paint();
    },
    summary: () => count.textContent ?? "",
    resize() {
      layOut();
      lines.paint();
    },
    destroy: () => root.remove(),
  };
}
