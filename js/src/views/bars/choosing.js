import { keepKeys, keepText, setAttribute } from "../../dom.js";
import { Chosen, placesOf, selectionOf, toggled } from "../selected.js";

/** @typedef {import("../../sync/protocol.js").Row} Row */
/** @typedef {import("../../sync/protocol.js").Value} Value */

/** Lists that this page has had. */
let lists = 0;

/**
 * Makes a list of bars one to select from, by mouse and by keys.
 *
 * @param {HTMLElement} list
 * @param {import("../view.js").Host} host
 * @param {number} place the column of labels
 */
export function mountChoosing(list, host, place) {
  const { columns, signal } = host;
  const id = `mzw-bar-${++lists}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-multiselectable", "true");
  list.tabIndex = 0;
  keepKeys(list);
  keepText(list, signal);

  /** @type {readonly { root: HTMLElement, label: Value, rows: readonly Row[] }[]} from top to bottom */
  let bars = [];
  let chosen = new Chosen(columns, null);
  /** @type {HTMLElement | null} that keys act on */
  let active = null;
  /** @type {Node | null} that the pointer was on before it moved on */
  let pressed = null;

  function mark() {
    list.classList.toggle("mzw-selecting", chosen.any);
    for (const { root, rows } of bars) {
      const isChosen = rows.some((row) => chosen.has(row));
      root.classList.toggle("mzw-chosen", isChosen);
      root.classList.toggle("mzw-active", root === active);
      setAttribute(root, "aria-selected", String(isChosen));
      setAttribute(root, "id", root === active ? id : null);
    }
    setAttribute(list, "aria-activedescendant", active ? id : null);
  }

  /**
   * @param {number} index
   * @param {boolean} also besides what is selected
   */
  function choose(index, also) {
    const bar = bars[index];
    if (bar === undefined) return;
    active = bar.root;
    /** @type {Value[]} */
    const row = [];
    row[place] = bar.label;
    const selection = host.selected();
    const alone = selectionOf(columns, [place], [row]);
    const isAlone = chosen.size === 1 && placesOf(columns, selection)?.includes(place) && bar.rows.some((own) => chosen.has(own));
    host.select(also ? toggled(columns, [place], selection, row) : isAlone ? null : alone);
    mark();
  }

  /** @param {number} index */
  function go(index) {
    active = bars[Math.min(Math.max(index, 0), bars.length - 1)]?.root ?? null;
    active?.scrollIntoView({ block: "nearest" });
    mark();
  }

  const indexOf = (/** @type {Node | null} */ node) => bars.findIndex(({ root }) => node !== null && root.contains(node));

  list.addEventListener("pointerdown", ({ target }) => void (pressed = /** @type {Node} */ (target)), { signal });
  list.addEventListener(
    "click",
    (event) => {
      const index = indexOf(pressed ?? /** @type {Node} */ (event.target));
      pressed = null;
      if (document.getSelection()?.isCollapsed) choose(index, event.ctrlKey || event.metaKey || event.shiftKey);
    },
    { signal },
  );
  list.addEventListener("keydown", onKey, { signal });

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.altKey) return;
    const at = indexOf(active);
    const also = event.ctrlKey || event.metaKey || event.shiftKey;
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at < 0 ? bars.length - 1 : at - 1),
      Home: () => go(0),
      End: () => go(bars.length - 1),
      Enter: () => choose(at, also),
      " ": () => choose(at, true),
      Escape: () => host.select(null),
    };
    const act = actions[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  return {
    /** @param {readonly { root: HTMLElement, label: Value, rows: readonly Row[] }[]} drawn */
    become(drawn) {
      const at = indexOf(active);
      bars = drawn;
      if (active && indexOf(active) < 0) active = bars[Math.min(at, bars.length - 1)]?.root ?? null;
      mark();
    },
    /** @param {import("../../sync/protocol.js").Selection} selection */
    selected(selection) {
      chosen = new Chosen(columns, selection);
      mark();
    },
  };
}
