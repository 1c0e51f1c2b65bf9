import { element, icon, keepKeys, setAttribute, setText } from "../dom.js";
import { clockTime } from "./words.js";

/** @typedef {import("../sync/client.js").Client} Client */

const BACK = "M3.5 3.5h1.8v9H3.5zM12.5 3.5v9L6 8z";
const FORTH = "M12.5 3.5h-1.8v9h1.8zM3.5 3.5v9L10 8z";
const STEP = 1_000;

/**
 * What the arrow keys do; Home and End are the browser's.
 *
 * @type {Record<string, number>}
 */
const KEYS = {
  ArrowLeft: -STEP,
  ArrowDown: -STEP,
  ArrowRight: STEP,
  ArrowUp: STEP,
  PageDown: -10 * STEP,
  PageUp: 10 * STEP,
};

/**
 * A slider over the time that can be looked back at, and buttons for single steps; both only while the view is paused.
 *
 * @param {Client} client
 * @param {AbortSignal} signal
 */
export function mountPast({ store, playback }, signal) {
  const input = element("input", "mzw-range");
  input.type = "range";
  input.step = "1";
  input.setAttribute("aria-label", "time shown");
  const bubble = element("span", "mzw-bubble");
  bubble.setAttribute("aria-hidden", "true");
  const slider = element("div", "mzw-past", input, bubble);
  slider.dir = "ltr";
  const steps = element("span", "mzw-steps", stepper("one second back", BACK, -STEP), stepper("one second on", FORTH, STEP));
  keepKeys(slider);

  let dragging = false;
  input.addEventListener("pointerdown", () => (dragging = true), { signal });
  for (const end of ["pointerup", "pointercancel", "change"]) {
    input.addEventListener(end, () => (dragging = false), { signal });
  }
  input.addEventListener("input", () => playback.seek(input.valueAsNumber), { signal });
  input.addEventListener(
    "keydown",
    (event) => {
      const step = KEYS[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      move(step);
    },
    { signal },
  );

  /** @param {number} step milliseconds */
  function move(step) {
    playback.seek(Math.min(Math.max(input.valueAsNumber + step, Number(input.min)), Number(input.max)));
  }

  /**
   * @param {string} name
   * @param {string} path
   * @param {number} step
   */
  function stepper(name, path, step) {
    const node = element("button", "mzw-button", icon(path));
    node.type = "button";
    node.title = name;
    node.setAttribute("aria-label", name);
    node.addEventListener("click", () => move(step), { signal });
    return node;
  }

  return {
    slider,
    steps,
    /** @param {number} now milliseconds since 1970 */
    paint(now) {
      const { status, time } = store;
      const [earliest, latest] = (status.history ?? []).map(Number);
      const usable = playback.canSeek && earliest !== undefined && latest !== undefined && latest - earliest >= STEP;
      slider.hidden = steps.hidden = !usable;
      if (!usable) {
        dragging = false;
        return;
      }
      const at = playback.sought ?? time ?? latest;
      if (!dragging) {
        input.min = String(Math.min(earliest, at));
        input.max = String(Math.max(latest, at));
        input.value = String(at);
      }
      const share = (input.valueAsNumber - Number(input.min)) / (Number(input.max) - Number(input.min));
      slider.style.setProperty("--mzw-at", share.toFixed(4));
      const text = clockTime(input.valueAsNumber, now, store.snapshot);
      setText(bubble, text);
      setAttribute(input, "aria-valuetext", text);
    },
  };
}
