import { element, setAttribute, setText } from "../dom.js";
import { decimalsOf, formatOf } from "./formats.js";
import { compareNumbers, isNumber, ratio } from "./numbers.js";
import { Leading, byOrder } from "./order.js";
import { RAPID, identitiesOf, mountKeyed } from "./bars/keyed.js";
import { mountChoosing } from "./bars/choosing.js";
import { TOLD, labelText, mountLetters, roomOf, valueText } from "./bars/letters.js";
import { SMALLEST_ROW, mountParts } from "./bars/parts.js";
import { columnOf } from "./view.js";

/** @typedef {import("../sync/protocol.js").Row} Row */
/** @typedef {import("../sync/protocol.js").Value} Value */

const ROW_HEIGHT = 28;
const LARGEST_ROW = 48;

/**
 * The scale of a set of bars: how much of the width lies left of zero, and the longest bar on
 * each side.
 *
 * @param {readonly Value[]} values
 */
function scaleOf(values) {
  /** @type {Value} */
  let low = 0;
  /** @type {Value} */
  let high = 0;
  const infinite = (/** @type {Value} */ value) => value === "Infinity" || value === "-Infinity";
  for (const value of values) {
    if (!isNumber(value) || infinite(value)) continue;
    if (compareNumbers(value, low) < 0) low = value;
    if (compareNumbers(value, high) > 0) high = value;
  }
  const signs = values.filter(isNumber).map((value) => compareNumbers(value, 0));
  const hasNegative = signs.some((sign) => sign < 0);
  const hasPositive = signs.some((sign) => sign > 0);
  let zero = 0;
  if (hasNegative && !hasPositive) zero = 1;
  else if (hasNegative) {
    const [left, right] = [ratio(low, high), ratio(high, low)];
    zero = Math.min(Math.max(left < 1 ? left / (1 + left) : 1 / (1 + right), 0.05), 0.95);
  }
  return { zero, low, high };
}

/** One bar: a label, a bar that slides out from zero, a number. */
class Bar {
  label = element("span", "mzw-label");
  value = element("span", "mzw-value");
  negative = element("span", "mzw-bar");
  positive = element("span", "mzw-bar");
  root = element(
    "div",
    "mzw-row",
    this.label,
    element(
      "span",
      "mzw-track",
      element("span", "mzw-half mzw-negative", this.negative),
      element("span", "mzw-half mzw-positive", this.positive),
    ),
    this.value,
  );
  place = -1;
  /** @type {Row | null} that is shown */
  row = null;
  changed = -Infinity;

  constructor() {
    this.label.dir = "auto";
  }

  forget() {
    this.place = -1;
    this.row = null;
  }

  /**
   * @param {Value} label
   * @param {Value} value
   * @param {string} shown how the value is written
   * @param {string} detail
   */
  show(label, value, shown, detail) {
    setText(this.label, labelText(label));
    setText(this.value, shown);
    this.label.classList.toggle("mzw-null", label === null || label === "");
    this.value.classList.toggle("mzw-null", value === null || value === "NaN");
    setAttribute(this.root, "title", detail);
    setAttribute(this.root, "data-label", valueText(label));
    setAttribute(this.root, "data-value", valueText(value));
  }

  /**
   * @param {number} place counted from 0 at the top
   * @param {number} height of a row, in pixels
   * @param {Value} value
   * @param {{ low: Value, high: Value }} scale
   */
  moveTo(place, height, value, { low, high }) {
    const sign = isNumber(value) ? compareNumbers(value, 0) : 0;
    /** @type {[HTMLElement, string][]} */
    const targets = [
      [this.root, `translateY(${place * height}px)`],
      [this.negative, slide(sign < 0 ? 1 - ratio(value, low) : 1)],
      [this.positive, slide(sign > 0 ? ratio(value, high) - 1 : -1)],
    ];
    if (this.place !== place) {
      this.root.classList.toggle("mzw-rising", place < this.place);
      setAttribute(this.root, "aria-posinset", String(place + 1));
      this.place = place;
    }
    const changes = targets.filter(([node, transform]) => node.style.transform !== transform);
    if (changes.length === 0) return;
    const now = performance.now();
    this.root.classList.toggle("mzw-jumping", now - this.changed < RAPID);
    this.changed = now;
    for (const [node, transform] of changes) node.style.transform = transform;
  }
}

/**
 * To a thousandth of the track: what nobody can see is not worth the frames of a glide. A bar without a length is a
 * pixel beyond its half, whose edge may lie between two pixels.
 *
 * @param {number} offset from the full bar, as a share of its half of the track
 */
function slide(offset) {
  const percent = +(offset * 100).toFixed(1);
  if (Math.abs(percent) < 100) return `translateX(${percent}%)`;
  return `translateX(calc(${percent}% ${percent < 0 ? "-" : "+"} 1px))`;
}

/**
 * Horizontal bars, one for each label, that glide to their new place and length.
 *
 * @type {import("./view.js").Mount}
 */
export function mount(el, encoding, host) {
  const parted = "color" in encoding.channels || Number(encoding.channels["value"]?.length) > 1;
  return (parted ? mountParts : mountWhole)(el, encoding, host);
}

/** @type {import("./view.js").Mount} */
function mountWhole(el, encoding, host) {
  const { columns } = host;
  const [labelColumn, valueColumn] = [columnOf(encoding, "label"), columnOf(encoding, "value")];
  const leading = new Leading(byOrder(columns, encoding.order), encoding.limit ?? Infinity);
  const labelName = element("span", "", columns[labelColumn]?.name ?? "");
  const valueName = element("span", "", columns[valueColumn]?.name ?? "");
  const names = element("div", "mzw-names", labelName, valueName);
  const list = element("div", "mzw-list");
  list.setAttribute("aria-label", `${valueName.textContent} by ${labelName.textContent}`);
  const none = element("div", "mzw-none", "no rows");
  const area = element("div", "mzw-area", list, none);
  const root = element("div", "mzw-bars", names, area);
  el.append(root);

  const bars = mountKeyed(list, () => new Bar());
  const choosing = mountChoosing(list, host, labelColumn);
  const makeRoom = mountLetters(root);
  /** @type {string[]} */
  let told = [];
  let slots = Math.max(encoding.reserve ?? 0, 1);
  let [valueWidth, decimals] = [0, 0];
  if (host.height) area.style.height = `${host.height}px`;

  /** @param {number} count */
  function rowHeight(count) {
    slots = Math.max(slots, count);
    if (!host.height) return ROW_HEIGHT;
    return Math.min(Math.max(Math.floor(host.height / slots), SMALLEST_ROW), LARGEST_ROW);
  }

  return {
    paint(snapshot, change) {
      const rows = leading.update(snapshot, change);
      const values = rows.map(({ row }) => row[valueColumn] ?? null);
      const scale = scaleOf(values);
      const height = rowHeight(rows.length);
      decimals = Math.max(decimals, decimalsOf(values));
      const shown = values.map(formatOf(encoding, columns, valueColumn, decimals));
      told = rows.slice(0, TOLD).map(({ row }, i) => `${labelText(row[labelColumn] ?? null)} ${shown[i]}`);
      for (const words of shown) valueWidth = Math.max(valueWidth, roomOf(words));
      makeRoom([labelName.textContent ?? "", ...rows.map(({ row }) => labelText(row[labelColumn] ?? null))]);
      root.style.setProperty("--mzw-zero", scale.zero.toFixed(4));
      root.style.setProperty("--mzw-digits", String(valueWidth));
      root.style.setProperty("--mzw-row", `${height}px`);
      list.style.height = `${slots * height}px`;
      root.classList.toggle("mzw-signed", scale.zero > 0);
      none.hidden = rows.length > 0;

      const identities = identitiesOf(rows.map(({ row }) => JSON.stringify(row[labelColumn] ?? null)));
      const drawn = bars.become(identities);
      rows.forEach(({ row }, i) => {
        const bar = /** @type {Bar} */ (drawn[i]);
        const value = values[i] ?? null;
        if (bar.row !== row || bar.value.textContent !== shown[i]) {
          bar.row = row;
          const detail = columns.map(({ name }, j) => `${name}: ${valueText(row[j] ?? null)}`).join("\n");
          bar.show(row[labelColumn] ?? null, value, shown[i] ?? "", detail);
        }
        bar.moveTo(i, height, value, scale);
        setAttribute(bar.root, "aria-setsize", String(rows.length));
      });
      choosing.become(rows.map(({ row }, i) => ({ root: /** @type {Bar} */ (drawn[i]).root, label: row[labelColumn] ?? null, rows: [row] })));
    },
    selected: choosing.selected,
    summary: () => told.join(", ") || "no rows",
    destroy() {
      bars.destroy();
      root.remove();
    },
  };
}
