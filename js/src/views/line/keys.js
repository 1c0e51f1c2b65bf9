import { element, keepKeys, setAttribute } from "../../dom.js";
import { byName } from "./lines.js";

/** @typedef {import("./lines.js").Line} Line */

const MOST = 40;

/**
 * The names of the lines, each with its colour; a press hides its line, a press with Alt or Shift all others.
 *
 * @param {string} measure what the lines tell of, if their names do not say
 * @param {() => void} changed
 */
export function mountKeys(measure, changed) {
  const root = element("div", "mzw-keys");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "lines");
  keepKeys(root);
  /** @type {Set<string>} */
  const hidden = new Set();
  /** @type {{ id: string, node: HTMLElement }[]} */
  let buttons = [];
  let drawn = "";

  function mark() {
    for (const { id, node } of buttons) setAttribute(node, "aria-pressed", String(!hidden.has(id)));
  }

  /**
   * @param {Line} line
   * @param {string} colour
   */
  function button({ id, name }, colour) {
    const swatch = element("span", "mzw-swatch");
    swatch.style.background = colour;
    const label = element("span", `mzw-key-name${id.endsWith(",null]") ? " mzw-null" : ""}`, name === "" ? "\u201c\u201d" : name);
    const node = element("button", "mzw-key", swatch, label);
    node.type = "button";
    node.title = name;
    node.dir = "auto";
    node.addEventListener("click", (event) => {
      const others = buttons.map((button) => button.id).filter((other) => other !== id);
      if (event.altKey || event.shiftKey) {
        const alone = !hidden.has(id) && others.every((other) => hidden.has(other));
        hidden.clear();
        if (!alone) others.forEach((other) => hidden.add(other));
      } else if (!hidden.delete(id)) hidden.add(id);
      mark();
      changed();
    });
    return { id, node };
  }

  return {
    root,
    /** The ids of lines that are not drawn. */
    hidden,
    /**
     * @param {readonly Line[]} lines
     * @param {(line: Line) => string} colour
     * @returns {boolean} whether they are other ones than before
     */
    paint(lines, colour) {
      const named = lines.map((line) => ({ line, colour: colour(line) }));
      const key = JSON.stringify(named.map(({ line, colour }) => [line.id, colour]).sort());
      if (key === drawn) return false;
      drawn = key;
      named.sort((a, b) => byName(a.line, b.line));
      buttons = named.slice(0, MOST).map(({ line, colour }) => button(line, colour));
      root.replaceChildren(...buttons.map(({ node }) => node));
      if (measure) root.prepend(element("span", "mzw-more", measure));
      if (named.length > MOST) root.append(element("span", "mzw-more", `and ${named.length - MOST} more`));
      for (const id of hidden) if (!lines.some((line) => line.id === id)) hidden.delete(id);
      mark();
      return true;
    },
  };
}
