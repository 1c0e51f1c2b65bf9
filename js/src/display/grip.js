import { element, keepKeys, setAttribute } from "../dom.js";

const [LEAST, MOST, STEP] = [60, 4_000, 20];
/** What of a picture has the height that can be chosen. */
const AREA = ".mzw-area, .mzw-scroll, .mzw-plot, .mzw-chart, .mzw-number";

/**
 * The lower edge of a picture, which can be dragged; a double click gives it the height that it had.
 *
 * @param {HTMLElement} pictureEl
 * @param {() => void} changed
 * @param {AbortSignal} signal
 */
export function mountGrip(pictureEl, changed, signal) {
  const root = element("div", "mzw-edge");
  root.tabIndex = 0;
  root.title = "drag to change the height; double click to take it back";
  for (const [name, value] of Object.entries({
    role: "separator",
    "aria-orientation": "horizontal",
    "aria-label": "height of the picture",
    "aria-valuemin": String(LEAST),
    "aria-valuemax": String(MOST),
    "aria-valuenow": String(LEAST),
  })) root.setAttribute(name, value);
  keepKeys(root);
  /** @type {number | null} pixels, as the reader has chosen */
  let height = null;
  /** @type {{ y: number, area: number, picture: number } | null} where a drag began */
  let began = null;

  function area() {
    const legend = pictureEl.querySelector(".mzw-keys"); // is part of the height of lines
    const own = pictureEl.querySelector(AREA) ?? pictureEl;
    return /** @type {HTMLElement} */ (own).offsetHeight + (legend instanceof HTMLElement ? legend.offsetHeight : 0);
  }

  function tell() {
    setAttribute(root, "aria-valuenow", String(height ?? area()));
  }

  /** @param {number | null} to */
  function choose(to) {
    height = to === null ? null : Math.round(Math.min(Math.max(to, LEAST), MOST));
    changed();
    tell();
  }

  function end() {
    began = null;
    pictureEl.style.height = pictureEl.style.overflow = "";
  }

  root.addEventListener(
    "pointerdown",
    (event) => {
      root.setPointerCapture(event.pointerId);
      began = { y: event.clientY, area: area(), picture: pictureEl.offsetHeight };
    },
    { signal },
  );
  root.addEventListener(
    "pointermove",
    ({ clientY }) => {
      if (began === null) return;
      // What is drawn anew at each move would lag behind the pointer.
      pictureEl.style.overflow = "hidden";
      pictureEl.style.height = `${Math.max(began.picture + clientY - began.y, LEAST)}px`;
    },
    { signal },
  );
  root.addEventListener(
    "pointerup",
    ({ clientY }) => {
      const from = began;
      end();
      if (from !== null && clientY !== from.y) choose(from.area + clientY - from.y);
    },
    { signal },
  );
  root.addEventListener("focus", tell, { signal }); // not always: to measure is to lay out
  root.addEventListener("pointercancel", end, { signal });
  root.addEventListener("dblclick", () => choose(null), { signal });
  root.addEventListener(
    "keydown",
    (event) => {
      const by = event.key === "ArrowDown" ? STEP : event.key === "ArrowUp" ? -STEP : 0;
      if (by === 0 && event.key !== "Escape") return;
      event.preventDefault();
      choose(by === 0 ? null : (height ?? area()) + by);
    },
    { signal },
  );

  return {
    root,
    /** Pixels; null where the reader has chosen none. */
    get height() {
      return height;
    },
  };
}
