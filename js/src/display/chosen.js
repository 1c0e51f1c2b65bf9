import { element, setAttribute, setText } from "../dom.js";
import { formatNumber } from "../views/numbers.js";
import { Chosen } from "../views/selected.js";

/** @typedef {import("../sync/client.js").Client} Client */
/** @typedef {import("../sync/content.js").Snapshot} Snapshot */
/** @typedef {import("../sync/protocol.js").Selection} Selection */

/** Names of what is not in the view that are given. */
const NAMED = 3;
const LONGEST = 40;

/**
 * What is selected, in a few words that take it back when pressed.
 *
 * @param {Client} client
 * @param {AbortSignal} signal
 */
export function mountChosen({ store, selecting }, signal) {
  const words = element("span", "mzw-chip-words");
  const root = element("button", "mzw-button mzw-chip", words, element("span", "mzw-chip-x", "×"));
  root.type = "button";
  const aloud = element("div", "mzw-aloud");
  aloud.setAttribute("role", "status");
  const missing = element("div", "mzw-missing");
  missing.dir = "auto";
  root.addEventListener("click", () => selecting.choose(null), { signal });

  /** @type {Selection} */
  let selection = null;
  /** @type {Chosen | null} */
  let chosen = null;
  /** @type {Snapshot | null} by which is counted what there is */
  let counted = null;

  /** @param {Snapshot} snapshot */
  function count(snapshot) {
    const before = counted;
    if (chosen !== null && before?.columns === snapshot.columns && selection === selecting.selected) {
      if (before !== snapshot) chosen.count(snapshot, store.between(before, snapshot));
    } else {
      selection = selecting.selected;
      chosen = new Chosen(snapshot.columns, selection);
      chosen.count(snapshot, null);
    }
    counted = snapshot;
    return chosen;
  }

  return {
    root,
    aloud,
    /** What of it is not in the view. */
    missing,
    paint() {
      const { snapshot } = store;
      root.hidden = selecting.selected === null || snapshot === null;
      missing.hidden = true;
      if (selecting.selected === null) [selection, chosen, counted] = [null, null, null];
      if (root.hidden || snapshot === null) return setText(aloud, "");
      const { size, absent } = count(snapshot);
      const told = size > 0 ? `${formatNumber(size)} selected` : "interval selected";
      const gone = absent.slice(0, NAMED).map((label) => (label.length > LONGEST ? `${label.slice(0, LONGEST)}…` : label));
      if (absent.length > NAMED) gone.push(`${formatNumber(absent.length - NAMED)} more`);
      missing.hidden = gone.length === 0;
      setText(missing, `selected: ${gone.join(", ")}, not in the view now`);
      setText(words, told);
      setText(aloud, missing.hidden ? told : `${told}; ${gone.join(", ")} not in the view now`);
      setAttribute(root, "title", `${detail(selecting.selected)}\npress to take it back`);
      setAttribute(root, "aria-label", `${told}; take it back`);
    },
  };
}

/** @param {Selection} selection */
function detail(selection) {
  return Object.entries(selection ?? {})
    .map(([name, choice]) => {
      if (!("values" in choice)) return `${name}: ${choice.low ?? "…"} – ${choice.high ?? "…"}`;
      const values = choice.values.slice(0, 10).map((value) => String(value));
      return `${name}: ${values.join(", ")}${choice.values.length > 10 ? ", …" : ""}`;
    })
    .join("\n");
}
