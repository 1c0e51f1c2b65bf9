import { element, setAttribute } from "./dom.js";
import { mountHeader } from "./header.js";
import { mountPast } from "./past.js";
import { plan } from "./plan.js";
import * as bars from "./views/bars.js";
import * as number from "./views/number.js";
import * as table from "./views/table.js";
import { describe } from "./words.js";

/** @typedef {import("./plan.js").Plan} Plan */
/** @typedef {import("./replica.js").Snapshot} Snapshot */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {{ paint: (snapshot: Snapshot) => void, destroy: () => void }} View */

/** @type {Record<Plan["kind"], (el: HTMLElement, plan: Plan) => View>} */
const VIEWS = { bars: bars.mount, number: number.mount, table: table.mount };

const TICK = 1_000;
/** Milliseconds since the last paint within which the next waits for its animation frame; after them it need not wait. */
const BUSY = 40;
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
 * One display of a view: a header line and a picture, painted at most once per animation frame and
 * only while it can be seen.
 *
 * @param {HTMLElement} el
 * @param {Store} store
 * @param {AbortSignal} signal ends the display
 */
export function mountFrame(el, store, signal) {
  const root = element("section", "mzw");
  const pictureEl = element("div", "mzw-picture");
  let showTable = false;
  const past = mountPast(store, signal);
  const header = mountHeader(
    root,
    store,
    past.steps,
    {
      limit: () => drawn?.plan.limit ?? Infinity,
      switchable: () => drawn !== null && drawn.chart !== "table",
      asTable: () => showTable,
      toggleTable: () => {
        showTable = !showTable;
        schedule();
      },
    },
    signal,
  );
  root.append(past.slider, pictureEl);
  el.append(root);

  const display = store.display();
  /** @type {{ view: View, plan: Plan, key: string, chart: Plan["kind"], snapshot: Snapshot | null } | null} */
  let drawn = null;
  let frame = 0;
  let paintedAt = -Infinity;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticker;
  let onScreen = false;

  function schedule() {
    if (frame !== 0 || !isVisible()) return;
    if (store.accompanied || performance.now() - paintedAt < BUSY) {
      frame = requestAnimationFrame(() => paint(true));
    } else {
      frame = AT_ONCE;
      queueMicrotask(() => void (frame === AT_ONCE && paint()));
    }
  }

  function isVisible() {
    return onScreen && document.visibilityState === "visible" && !signal.aborted;
  }

  /** @param {boolean} [inFrame] whether an animation frame has called for it */
  function paint(inFrame = false) {
    frame = 0;
    paintedAt = performance.now();
    const now = Date.now();
    const { snapshot, options } = store;
    const fresh = snapshot !== null && snapshot !== drawn?.snapshot;
    if (snapshot) paintPicture(snapshot);
    else paintSkeleton();
    past.paint(now);
    header.paint(now);
    const name = options.title || options.name;
    setAttribute(root, "aria-label", name || null);
    setAttribute(root, "data-state", describe(store, now).state);
    setAttribute(root, "data-epoch", snapshot?.epoch ?? null);
    setAttribute(root, "data-seq", snapshot ? String(snapshot.seq) : null);
    setAttribute(root, "data-time", snapshot?.time == null ? null : String(snapshot.time));
    const spent = performance.now() - paintedAt;
    if (fresh) whenDrawn(inFrame, (drawing) => display.painted(spent + drawing));
  }

  /** @param {Snapshot} snapshot */
  function paintPicture(snapshot) {
    const { columns, size } = snapshot;
    const next = plan(columns, store.options, size, showTable);
    const key = JSON.stringify([next, columns]);
    if (drawn === null || drawn.key !== key) {
      drawn?.view.destroy();
      pictureEl.replaceChildren();
      const chart = plan(columns, store.options, size, false).kind;
      drawn = { view: VIEWS[next.kind](pictureEl, next), plan: next, key, chart, snapshot: null };
      setAttribute(root, "data-kind", next.kind);
    }
    if (drawn.snapshot !== snapshot) drawn.view.paint(snapshot);
    drawn.snapshot = snapshot;
  }

  function paintSkeleton() {
    if (pictureEl.firstChild) return;
    const { kind, limit, height } = store.options;
    const skeleton = element("div", `mzw-skeleton mzw-skeleton-${kind}`);
    skeleton.setAttribute("aria-hidden", "true");
    if (height) skeleton.style.height = `${height}px`;
    const rows = kind === "number" ? 1 : Math.min(limit || 5, 20);
    for (let i = 0; i < rows; i++) skeleton.append(element("div", "mzw-skeleton-row"));
    pictureEl.append(skeleton);
  }

  function updateVisible() {
    const visible = isVisible();
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
  const unsubscribe = store.subscribe(schedule);
  // The first paint does not wait to be seen, so that a notebook has its height before one scrolls to it.
  paint();

  signal.addEventListener("abort", () => {
    observer.disconnect();
    unsubscribe();
    updateVisible();
    display.close();
    drawn?.view.destroy();
    drawn = null; // and with it the rows, whatever still holds on to this display
    root.remove();
  });
}
