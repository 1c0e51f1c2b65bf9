import { element } from "../../dom.js";

/** Pixels between the pointer and what is told of it. */
const APART = 12;
const LONGEST = 200;

/** @param {unknown} value */
function text(value) {
  const all = typeof value === "object" && value !== null && !(value instanceof Date) ? JSON.stringify(value) : String(value);
  return all.length > LONGEST ? `${all.slice(0, LONGEST)}…` : all;
}

/**
 * What a mark has to tell of itself, as text whatever it holds.
 *
 * @param {HTMLElement} within
 */
export function mountTooltip(within) {
  const root = element("div", "mzw-tooltip");
  root.setAttribute("role", "tooltip");
  root.hidden = true;
  within.append(root);

  /** @param {unknown} value */
  function fill(value) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      root.replaceChildren(text(value));
      return;
    }
    const told = Object.entries(value).filter(([name]) => name !== "_vgsid_");
    const cells = told.flatMap(([name, own]) => [
      element("span", "mzw-tooltip-name", name),
      element("span", "mzw-tooltip-value", text(own)),
    ]);
    root.replaceChildren(element("div", "mzw-tooltip-pairs", ...cells));
  }

  return {
    /** @type {import("vega").TooltipHandler} */
    show(_handler, event, _item, value) {
      root.hidden = value === null || value === undefined || value === "";
      if (root.hidden) return;
      fill(value);
      const area = within.getBoundingClientRect();
      const [x, y] = [event.clientX - area.left, event.clientY - area.top];
      const { offsetWidth: width, offsetHeight: height } = root;
      const left = x + APART + width <= area.width ? x + APART : Math.max(0, x - APART - width);
      const top = y + APART + height <= area.height ? y + APART : Math.max(0, y - APART - height);
      root.style.transform = `translate(${left}px, ${top}px)`;
    },
  };
}
