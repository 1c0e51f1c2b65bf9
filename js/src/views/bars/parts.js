import { element, setAttribute, setText } from "../../dom.js";
import { decimalsOf, formatOf } from "../formats.js";
import { isNumber } from "../numbers.js";
import { Leading, byOrder } from "../order.js";
import { fill, roundsOf } from "../palette.js";
import { columnOf } from "../view.js";
import { mountChoosing } from "./choosing.js";
import { RAPID, identitiesOf, mountKeyed } from "./keyed.js";
import { TOLD, labelText, mountLetters, roomOf, valueText } from "./letters.js";
import { Stacks } from "./stacks.js";

/** @typedef {import("../../sync/protocol.js").Row} Row */
/** @typedef {import("../../sync/protocol.js").Value} Value */

/**
 * A part of a bar, from one number to another, in a lane of its own or in one that all share.
 *
 * @typedef {{ key: string, name: string, slot: number, lane: number, from: number, to: number, shown: string }} Part `key`: no other's of the bar
 */

/** @typedef {{ name: string, label: Value, parts: Part[], shown: string[], rows: readonly Row[] }} Parted */

const LANE = 15;
const MARGIN = 10;
export const SMALLEST_ROW = 20;
const MOST_NAMED = 24;

/**
 * An infinite one reaches as far as the longest.
 *
 * @param {Value | undefined} value
 */
const length = (value) => (isNumber(value) ? Number(value) : 0);

/** A label, the parts of a bar, and what they come to. */
class PartedBar {
  label = element("span", "mzw-label");
  value = element("span", "mzw-value");
  track = element("span", "mzw-track mzw-parts");
  root = element("div", "mzw-row", this.label, this.track, this.value);
  place = -1;
  changed = -Infinity;
  /** @type {Map<string, HTMLElement>} */
  #parts = new Map();

  constructor() {
    this.label.dir = "auto";
  }

  forget() {
    this.place = -1;
  }

  /**
   * @param {Parted} bar
   * @param {(slot: number) => string} colour
   * @param {{ share: (value: number) => number, lanes: number }} scale
   */
  show({ label, parts, shown }, colour, { share, lanes }) {
    setText(this.label, labelText(label));
    this.label.classList.toggle("mzw-null", label === null || label === "");
    if (this.value.textContent !== shown.join("")) this.value.replaceChildren(...shown.map((own) => element("span", own === "null" || own === "NaN" ? "mzw-null" : "", own)));
    const told = parts.map((part) => `${part.name}: ${part.shown}`);
    setAttribute(this.root, "title", [valueText(label), ...told].join("\n"));
    setAttribute(this.root, "data-label", valueText(label));
    setAttribute(this.root, "data-value", shown.join(" "));
    const gone = new Set(this.#parts.keys());
    let moves = false;
    for (const { key, slot, lane, from, to } of parts) {
      gone.delete(key);
      let node = this.#parts.get(key);
      if (node === undefined) {
        node = element("span", "mzw-part");
        this.#parts.set(key, node);
        this.track.append(node);
      }
      const [left, right] = [share(Math.min(from, to)), share(Math.max(from, to))];
      node.style.background = colour(slot);
      node.style.top = `${(lane / lanes) * 100}%`;
      node.style.height = `calc(${100 / lanes}% - ${lanes > 1 ? 1 : 0}px)`;
      const transform = `translateX(${(left * 100).toFixed(2)}%) scaleX(${(right - left).toFixed(5)})`;
      moves ||= node.style.transform !== transform;
      node.style.transform = transform;
    }
    for (const key of gone) {
      this.#parts.get(key)?.remove();
      this.#parts.delete(key);
    }
    if (moves) this.moves();
  }

  /** @param {number} place counted from 0 at the top */
  moveTo(place, /** @type {number} */ height) {
    const transform = `translateY(${place * height}px)`;
    if (this.root.style.transform !== transform) {
      this.root.style.transform = transform;
      this.root.classList.toggle("mzw-rising", place < this.place);
      this.moves();
    }
    this.place = place;
    setAttribute(this.root, "aria-posinset", String(place + 1));
  }

  /** It glides unless it has just done so. */
  moves() {
    const now = performance.now();
    if (now === this.changed) return;
    this.root.classList.toggle("mzw-jumping", now - this.changed < RAPID);
    this.changed = now;
  }
}

/**
 * Bars in parts: side by side in groups, one for each number of a row, or stacked, one for each row of a label.
 *
 * @type {import("../view.js").Mount}
 */
export function mountParts(el, encoding, host) {
  const { columns } = host;
  const [label, values, color] = [columnOf(encoding, "label"), encoding.channels["value"] ?? [], columnOf(encoding, "color")];
  const limit = encoding.limit ?? Infinity;
  const stacks = color >= 0 ? new Stacks(columns, encoding) : null;
  const leading = new Leading(byOrder(columns, encoding.order), limit);
  const lanes = stacks ? 1 : values.length;

  const measure = values.map((i) => columns[i]?.name ?? "").join(", ");
  const legend = element("div", "mzw-legend");
  const names = element("div", "mzw-names", element("span", "", columns[label]?.name ?? ""), element("span", "", stacks ? measure : ""));
  const list = element("div", "mzw-list");
  list.setAttribute("aria-label", `${measure} by ${columns[label]?.name ?? ""}`);
  const none = element("div", "mzw-none", "no rows");
  const area = element("div", "mzw-area", list, none);
  const root = element("div", "mzw-bars", legend, names, area);
  el.append(root);
  if (host.height) area.style.height = `${host.height}px`;

  root.classList.toggle("mzw-grouped", lanes > 1);
  const makeRoom = mountLetters(root);
  const bars = mountKeyed(list, () => new PartedBar());
  const choosing = mountChoosing(list, host, label);
  /** @type {Map<string, number>} the colour of each name, which it keeps while it is there */
  const slots = new Map(stacks ? [] : values.map((i, n) => [String(i), n]));
  let room = Math.max(encoding.reserve ?? 0, 1);
  let digits = 0;
  const decimals = values.map(() => 0);
  const format = (/** @type {number} */ n) => formatOf(encoding, columns, values[n] ?? -1, decimals[n] ?? 0);
  let rounds = roundsOf(slots.values());
  const colour = (/** @type {number} */ slot) => fill(slot, rounds.get(slot) ?? 0, host.dark());

  /** @returns {Parted[]} */
  function groups(/** @type {import("../view.js").Snapshot} */ snapshot, /** @type {import("../view.js").Step | null} */ change) {
    const rows = leading.update(snapshot, change).map(({ row }) => row);
    values.forEach((i, n) => (decimals[n] = Math.max(decimals[n] ?? 0, decimalsOf(rows.map((row) => row[i] ?? null)))));
    return rows.map((row) => {
      const shown = values.map((i, n) => format(n)(row[i]));
      const parts = values.map((i, n) => ({
        key: String(i),
        name: columns[i]?.name ?? "",
        slot: n,
        lane: n,
        from: 0,
        to: length(row[i]),
        shown: shown[n] ?? "",
      }));
      return { name: JSON.stringify(row[label] ?? null), label: row[label] ?? null, parts, shown, rows: [row] };
    });
  }

  /** @returns {Parted[]} */
  function stacked(/** @type {Stacks} */ stacks) {
    const all = stacks.first(limit);
    const pieces = all.flatMap((stack) => [stack.total, ...stack.pieces.map(({ value }) => value)]);
    decimals[0] = Math.max(decimals[0] ?? 0, decimalsOf(pieces));
    return all.map((stack) => {
      let [above, below] = [0, 0];
      const parts = stack.pieces.map(({ color, value }) => {
        const from = value < 0 ? below : above;
        if (value < 0) below += length(value);
        else above += length(value);
        const key = JSON.stringify(color);
        const slot = slots.get(key) ?? 0;
        return { key, name: labelText(color), slot, lane: 0, from, to: from + length(value), shown: format(0)(String(value)) };
      });
      return { name: stack.key, label: stack.label, parts, shown: [format(0)(String(stack.total))], rows: stack.rows };
    });
  }

  /** Give each colour's value a colour, and forget those that are gone. */
  function paintLegend() {
    const named = stacks
      ? stacks.colors.map((value) => ({ key: JSON.stringify(value), name: labelText(value), none: value === null || value === "" }))
      : values.map((i) => ({ key: String(i), name: columns[i]?.name ?? "", none: false }));
    const here = new Set(named.map(({ key }) => key));
    for (const key of slots.keys()) if (!here.has(key)) slots.delete(key);
    const taken = new Set(slots.values());
    for (const { key } of named) {
      if (slots.has(key)) continue;
      let slot = 0;
      while (taken.has(slot)) slot++;
      taken.add(slot);
      slots.set(key, slot);
    }
    rounds = roundsOf(slots.values());
    const drawn = JSON.stringify(named.map(({ key }) => [key, colour(slots.get(key) ?? 0)]));
    if (legend.dataset["drawn"] === drawn) return;
    legend.dataset["drawn"] = drawn;
    legend.replaceChildren(
      ...named.slice(0, MOST_NAMED).map(({ key, name, none }) => {
        const swatch = element("span", "mzw-swatch");
        swatch.style.background = colour(slots.get(key) ?? 0);
        const words = element("span", none ? "mzw-null" : "", name);
        words.dir = "auto";
        return element("span", "mzw-legend-name", swatch, words);
      }),
    );
    if (named.length > MOST_NAMED) legend.append(`and ${named.length - MOST_NAMED} more`);
  }

  /** @param {readonly Parted[]} all */
  function scaleOf(all) {
    const ends = all.flatMap(({ parts }) => parts.flatMap(({ from, to }) => [from, to]));
    let [low, high] = [0, 0];
    for (const end of ends.filter(Number.isFinite)) {
      low = Math.min(low, end);
      high = Math.max(high, end);
    }
    if (high === 0 && ends.includes(Infinity)) high = -low || 1;
    if (low === 0 && ends.includes(-Infinity)) low = -high || -1;
    const half = high / 2 - low / 2 || 0.5; // the whole may be more than a double can hold
    const share = (/** @type {number} */ value) => Math.min(Math.max((value / 2 - low / 2) / half, 0), 1);
    return { zero: share(0), share, lanes };
  }

  /** @type {readonly Parted[]} */
  let shown = [];
  function draw() {
    paintLegend();
    const scale = scaleOf(shown);
    room = Math.max(room, shown.length);
    const usual = lanes * LANE + MARGIN + (lanes === 1 ? 3 : 0);
    const height = host.height ? Math.max(Math.min(Math.floor(host.height / room), 2 * usual), SMALLEST_ROW) : usual;
    for (const own of shown) for (const word of own.shown) digits = Math.max(digits, roomOf(word));
    makeRoom([columns[label]?.name ?? "", ...shown.map((own) => labelText(own.label))]);
    root.style.setProperty("--mzw-digits", String(digits));
    root.style.setProperty("--mzw-row", `${height}px`);
    root.style.setProperty("--mzw-zero", scale.zero.toFixed(4));
    root.classList.toggle("mzw-signed", scale.zero > 0);
    list.style.height = `${room * height}px`;
    none.hidden = shown.length > 0;
    const drawn = bars.become(identitiesOf(shown.map(({ name }) => name)));
    shown.forEach((own, i) => {
      const bar = /** @type {PartedBar} */ (drawn[i]);
      bar.show(own, colour, scale);
      bar.moveTo(i, height);
      setAttribute(bar.root, "aria-setsize", String(shown.length));
    });
    choosing.become(shown.map(({ label: value, rows }, i) => ({ root: /** @type {PartedBar} */ (drawn[i]).root, label: value, rows })));
  }

  return {
    paint(snapshot, change) {
      if (stacks) {
        stacks.update(snapshot, change);
        paintLegend();
        shown = stacked(stacks);
      } else shown = groups(snapshot, change);
      draw();
    },
    selected: choosing.selected,
    summary: () => shown.slice(0, TOLD).map((own) => `${labelText(own.label)} ${own.shown.join(" ")}`).join(", ") || "no rows",
    resize: draw,
    destroy() {
      bars.destroy();
      root.remove();
    },
  };
}
