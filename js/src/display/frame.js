import { element, setAttribute } from "../dom.js";
import { mountAloud } from "../views/aloud.js";
import { loadAsset } from "./assets.js";
import { mountGrip } from "./grip.js";
import { mountHeader } from "./header.js";
import { mountPast } from "./past.js";
import { mountPicture } from "./picture.js";
import { describe } from "./words.js";

/** @typedef {import("../sync/client.js").Client} Client */

const TICK = 1_000;
/** Milliseconds within which a third paint waits for its animation frame: of a burst not all are painted. */
const BUSY = 8;
const AT_ONCE = -1;

/**
 * Call back when what has just been changed is on the screen, with the milliseconds that its frame took.
 *
 * @param {boolean} inFrame whether this is called in an animation frame
 * @param {(drawing: number) => void} done
 */
function whenDrawn(inFrame, done) {
  const measure = () => {
    const began = performance.now();
    setTimeout(() => done(performance.now() - began));
  };
  if (inFrame) measure();
  else requestAnimationFrame(measure);
}

/**
 * One display of a view: a header line and a picture, painted when they change, of a burst once an animation frame, and
 * only while they can be seen.
 *
 * @param {HTMLElement} el
 * @param {Client} client
 * @param {AbortSignal} signal ends the display
 */
export function mountFrame(el, client, signal) {
  const { store } = client;
  const root = element("section", "mzw");
  const pictureEl = element("div", "mzw-picture");
  let showTable = false;
  const past = mountPast(client, signal);
  const header = mountHeader(
    root,
    client,
    past.steps,
    {
      limit: () => rowsDrawn(picture.shown),
      switchable: () => picture.encoding?.table !== undefined,
      asTable: () => showTable,
      toggleTable: () => {
        showTable = !showTable;
        schedule();
      },
    },
    signal,
  );
  const aloud = mountAloud(signal);
  const grip = mountGrip(pictureEl, schedule, signal);
  root.append(past.slider, pictureEl, header.missing, grip.root, aloud.root);
  el.append(root);

  const display = client.displays.add();
  const picture = mountPicture(pictureEl, {
    load: (asset, life) => loadAsset(asset, () => client.need(asset), life),
    between: (before, after) => store.between(before, after),
    select: (selection) => client.selecting.choose(selection),
    selected: () => client.selecting.selected,
    arrived: schedule,
  });
  /** @type {import("../sync/content.js").Snapshot | null} */
  let painted = null;
  let frame = 0;
  let paintedAt = -Infinity;
  let paintedBefore = -Infinity;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticker;
  /** @type {boolean | null} null until the browser has said */
  let onScreen = null;

  function schedule() {
    if (frame !== 0 || !mayBeSeen()) return;
    if (store.shown.accompanied || performance.now() - paintedBefore < BUSY) {
      frame = requestAnimationFrame(() => paint(true));
    } else {
      frame = AT_ONCE;
      queueMicrotask(() => void (frame === AT_ONCE && paint()));
    }
  }

  function mayBeSeen() {
    return onScreen !== false && document.visibilityState === "visible" && !signal.aborted;
  }

  /** @param {boolean} [inFrame] whether an animation frame has called for it */
  function paint(inFrame = false) {
    frame = 0;
    paintedBefore = paintedAt;
    paintedAt = performance.now();
    const now = Date.now();
    const { snapshot } = store;
    const options = grip.height === null ? store.options : { ...store.options, height: grip.height };
    const fresh = snapshot !== null && snapshot !== painted;
    const told = describe(client, now);
    if (snapshot) picture.paint(snapshot, options, showTable, store.time);
    else if (told.tone === "busy") picture.paintSkeleton(options);
    else picture.clear();
    grip.root.hidden = snapshot === null;
    painted = snapshot;
    past.paint(now);
    header.paint(now);
    setAttribute(root, "data-state", told.state);
    label(snapshot);
    const spent = performance.now() - paintedAt;
    if (snapshot) aloud.tell(() => picture.summary);
    if (fresh) whenDrawn(inFrame, (drawing) => display.painted(spent + drawing));
  }

  /**
   * Say of what is painted, to scripts, style sheets and those who do not see it, what it is.
   *
   * @param {import("../sync/content.js").Snapshot | null} snapshot
   */
  function label(snapshot) {
    const { options, status } = store;
    const name = [options.title || options.name, status.terms].filter(Boolean).join(", ");
    setAttribute(root, "aria-label", name || null);
    setAttribute(root, "data-kind", picture.shown?.kind ?? null);
    const isFormer = snapshot !== null && status.asking;
    setAttribute(root, "data-former", isFormer ? "" : null);
    setAttribute(pictureEl, "aria-busy", isFormer ? "true" : null);
    setAttribute(root, "data-epoch", snapshot?.epoch ?? null);
    setAttribute(root, "data-seq", snapshot ? String(snapshot.seq) : null);
    setAttribute(root, "data-time", snapshot?.time == null ? null : String(snapshot.time));
  }

  function updateVisible() {
    const visible = onScreen === true && mayBeSeen();
    display.show(visible);
    clearInterval(ticker);
    if (visible) {
      ticker = setInterval(schedule, TICK);
      schedule();
    } else {
      cancelAnimationFrame(frame);
      frame = 0;
    }
  }

  const observer = new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? false;
    updateVisible();
  });
  observer.observe(root);
  document.addEventListener("visibilitychange", updateVisible, { signal });
  followTheme(picture.redraw, signal);
  const unsubscribe = store.subscribe(schedule);
  // The first paint does not wait to be seen, so that a notebook has its height before one scrolls to it.
  paint();

  signal.addEventListener("abort", () => {
    observer.disconnect();
    unsubscribe();
    updateVisible();
    display.close();
    picture.destroy();
    painted = null; // and with it the rows, whatever still holds on to this display
    root.remove();
  });
}

/**
 * @param {() => void} redraw
 * @param {AbortSignal} signal
 */
function followTheme(redraw, signal) {
  const soon = () => void requestAnimationFrame(redraw); // JupyterLab hides the page while its theme changes
  const observer = new MutationObserver(soon);
  observer.observe(document.body, { attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name", "data-vscode-theme-kind"] });
  signal.addEventListener("abort", () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", soon, { signal });
  matchMedia("print").addEventListener("change", redraw, { signal }); // paper waits for no frame
}

/**
 * How many rows a picture draws at most. Of lines and stacks the encoding's limit counts lines and stacks.
 *
 * @param {import("../sync/protocol.js").Encoding | null} encoding
 */
function rowsDrawn(encoding) {
  if (encoding === null || encoding.kind === "line" || "color" in encoding.channels) return Infinity;
  return encoding.limit ?? Infinity;
}
