import { element } from "../dom.js";
import { KINDS } from "../views/registry.js";

/** @typedef {import("../sync/protocol.js").Encoding} Encoding */
/** @typedef {import("../sync/protocol.js").Options} Options */
/** @typedef {import("../sync/content.js").Snapshot} Snapshot */
/** @typedef {import("../views/view.js").Host} Host */
/** @typedef {import("../views/view.js").Kind} Kind */
/** @typedef {import("../views/view.js").Selection} Selection */
/** @typedef {import("../views/view.js").Step} Step */
/** @typedef {import("../views/view.js").View} View */

/**
 * What the picture needs of the page around it.
 *
 * @typedef {object} Around
 * @property {(asset: string, signal: AbortSignal) => Promise<any>} load a module, asked for until it comes or the signal ends it
 * @property {(before: Snapshot, after: Snapshot) => Step | null} between what came and went, if that is known
 * @property {Host["select"]} select
 * @property {Host["selected"]} selected
 * @property {() => void} arrived called when a picture that had to be loaded can be painted
 */

/** What a picture was mounted for: anything else is another picture. */
/** @typedef {{ encoding: Encoding, columns: Snapshot["columns"], height: number }} Subject */

/** @typedef {{ subject: Subject, view: View | null, painted: Snapshot | null, until: number | null, selected: Selection, life: AbortController }} Mounted */

/** Milliseconds after which a picture says that it is being loaded, and that it may never be. */
const LOADING = 500;
const LATE = 15_000;

/**
 * The picture of a view: of the kind that its encoding names, mounted anew whenever that is another one.
 *
 * @param {HTMLElement} el
 * @param {Around} around
 */
export function mountPicture(el, { load, between, select, selected, arrived }) {
  /** @type {Mounted | null} its `view` is null while its kind is being loaded, and where it cannot be drawn */
  let mounted = null;
  /** @type {Encoding | null} */
  let encoding = null;

  const redraw = () => guard(() => (el.clientWidth > 0 ? mounted?.view?.resize?.() : undefined));
  const observer = new ResizeObserver(redraw);
  observer.observe(el);

  /**
   * @param {Subject} subject
   * @returns {Mounted}
   */
  function mount(subject) {
    unmount();
    const life = new AbortController();
    const { signal } = life;
    const { columns, height } = subject;
    /** @type {Host} */
    const host = { columns, height, load: (asset) => load(asset, signal), signal, select, selected, dark: () => isDark(el) };
    /** @type {Mounted} */
    const now = { subject, view: null, painted: null, until: null, selected: null, life };
    mounted = now;
    const { kind: name } = subject.encoding;
    const kind = KINDS[name];
    if (kind === undefined) say(`This page cannot draw ${JSON.stringify(name)}: reload it, then run the cell again.`);
    else if (typeof kind === "function") void mountLater(now, kind(host), host);
    else guard(() => (now.view = kind.mount(el, subject.encoding, host)));
    return now;
  }

  /**
   * @param {Mounted} now
   * @param {Promise<Kind>} coming
   * @param {Host} host
   */
  async function mountLater(now, coming, host) {
    paintSkeleton({ limit: 0, height: host.height });
    const timers = [
      setTimeout(() => say("Loading the picture …"), LOADING),
      setTimeout(() => say("The picture's script does not come. If the kernel is gone, run the cell again."), LATE),
    ];
    const stop = () => timers.forEach(clearTimeout);
    host.signal.addEventListener("abort", stop);
    try {
      const kind = await coming;
      if (mounted !== now) return;
      el.replaceChildren();
      now.view = kind.mount(el, now.subject.encoding, host);
      now.painted = null;
      arrived();
    } catch (error) {
      if (mounted === now) fail(error);
    } finally {
      stop();
    }
  }

  function unmount() {
    const before = mounted;
    mounted = null;
    before?.life.abort();
    guard(() => before?.view?.destroy());
    el.replaceChildren();
  }

  /** @param {() => void} draw */
  function guard(draw) {
    try {
      draw();
    } catch (error) {
      fail(error);
    }
  }

  /** @param {unknown} error */
  function fail(error) {
    console.error(error);
    if (mounted) mounted.view = null;
    say(`The picture cannot be drawn: ${error instanceof Error ? error.message : error}`);
  }

  /** @param {string} text */
  function say(text) {
    el.replaceChildren(element("div", "mzw-notice", text));
  }

  /** @param {{ limit: number, height: number }} options */
  function paintSkeleton({ limit, height }) {
    if (el.firstChild) return;
    const skeleton = element("div", "mzw-skeleton");
    skeleton.setAttribute("aria-hidden", "true");
    if (height) skeleton.style.height = `${height}px`;
    const rows = Math.min(limit || 5, 20);
    for (let i = 0; i < rows; i++) skeleton.append(element("div", "mzw-skeleton-row"));
    el.append(skeleton);
  }

  return {
    /** The view's picture, whether or not a table stands in its place; null before the first snapshot. */
    get encoding() {
      return encoding;
    },

    /** What is drawn now. */
    get shown() {
      return mounted?.subject.encoding ?? null;
    },

    /** What is told of it to those who do not see it; empty until it is painted. */
    get summary() {
      return (mounted?.painted && mounted.view?.summary?.()) || "";
    },

    /** Draw again in other colours. */
    redraw,

    /** Say that rows are coming. */
    paintSkeleton,

    /** Draw nothing: no rows are coming. */
    clear() {
      if (!mounted && el.firstChild) el.replaceChildren();
    },

    /**
     * @param {Snapshot} snapshot
     * @param {Options} options
     * @param {boolean} asTable
     * @param {number | null} time up to when the snapshot is known to be so; null if that is for ever
     */
    paint(snapshot, options, asTable, time) {
      encoding = snapshot.encoding;
      const subject = {
        encoding: (asTable && encoding.table) || encoding,
        columns: snapshot.columns,
        height: options.height,
      };
      const now = mounted && isSame(mounted.subject, subject) ? mounted : mount(subject);
      now.subject = subject;
      if (now.painted !== snapshot) {
        const change = now.painted && between(now.painted, snapshot);
        now.painted = snapshot;
        now.until = snapshot.time;
        guard(() => now.view?.paint(snapshot, change));
      }
      if (now.view?.until && time !== null && time !== now.until) {
        now.until = time;
        guard(() => now.view?.until?.(time));
      }
      const selection = selected();
      if (now.view === null || now.selected === selection) return;
      now.selected = selection;
      guard(() => now.view?.selected?.(selection));
    },

    destroy() {
      observer.disconnect();
      unmount();
    },
  };
}

/**
 * @param {Subject} a
 * @param {Subject} b
 */
function isSame(a, b) {
  if (a.height !== b.height) return false;
  if (a.encoding === b.encoding && a.columns === b.columns) return true;
  return JSON.stringify([a.encoding, a.columns]) === JSON.stringify([b.encoding, b.columns]);
}

/** @param {Element} el */
function isDark(el) {
  const { colorScheme } = getComputedStyle(el);
  if (!colorScheme.includes("dark")) return false;
  return !colorScheme.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches;
}
