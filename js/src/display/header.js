import { element, icon, keepKeys, setAttribute, setText } from "../dom.js";
import { countRows, formatNumber } from "../views/numbers.js";
import { mountChosen } from "./chosen.js";
import { clockTime, describe } from "./words.js";

/** @typedef {import("../sync/client.js").Client} Client */

const PAUSE = "M4 3h3v10H4zM9 3h3v10H9z";
const PLAY = "M4.5 2.5v11l9-5.5z";
const TABLE = "M2 3h12v10H2zM3 6.5v2h4.5v-2zM8.5 6.5v2H13v-2zM3 9.5V12h4.5V9.5zM8.5 9.5V12H13V9.5z";
const BARS = "M2 3h12v2.5H2zM2 6.75h8v2.5H2zM2 10.5h5V13H2z";

/** Milliseconds: a number that changes more often cannot be read, and each change lays out the header anew. */
const RATE_EVERY = 500;

/**
 * @param {string} name
 * @param {() => void} press
 * @param {AbortSignal} signal
 * @param {...Node} children
 */
function button(name, press, signal, ...children) {
  const node = element("button", "mzw-button", ...children);
  node.type = "button";
  node.title = name;
  node.setAttribute("aria-label", name);
  node.addEventListener("click", press, { signal });
  return node;
}

/**
 * The line above a picture: what it shows, how fresh it is, and what can be done about it.
 *
 * @param {HTMLElement} el
 * @param {Client} client
 * @param {HTMLElement} steps buttons that take the place of the rate while the view is paused
 * @param {{ limit: () => number, switchable: () => boolean, asTable: () => boolean, toggleTable: () => void }} picture
 * @param {AbortSignal} signal
 */
export function mountHeader(el, client, steps, picture, signal) {
  const { store, playback } = client;
  const title = element("span", "mzw-title");
  title.dir = "auto";
  const terms = element("span", "mzw-terms");
  terms.dir = "auto";
  const note = element("span", "mzw-note");
  const word = element("span", "mzw-word");
  const state = element("span", "mzw-state", element("span", "mzw-dot"), word);
  const asOf = element("span", "mzw-asof");
  const lag = element("span", "mzw-lag");
  const rows = element("span", "mzw-rows");
  const rate = element("span", "mzw-rate");

  const pauseIcon = icon(PAUSE);
  const playIcon = icon(PLAY);
  const tableIcon = icon(TABLE);
  const barsIcon = icon(BARS);
  const retry = button("retry now", () => client.retry(), signal);
  retry.append("retry now");
  retry.classList.add("mzw-retry");
  const view = button("show as table", picture.toggleTable, signal, tableIcon);
  const pause = button("pause", togglePause, signal, pauseIcon);

  const chosen = mountChosen(client, signal);

  const message = element("div", "mzw-message");
  message.dir = "auto";
  const excerpt = element("div", "mzw-excerpt");
  excerpt.dir = "ltr";
  excerpt.setAttribute("aria-hidden", "true");
  const aloud = element("div", "mzw-aloud");
  aloud.setAttribute("role", "status");
  const facts = element("span", "mzw-facts", asOf, lag, rows, rate);
  const buttons = element("span", "mzw-buttons", chosen.root, view, pause);
  const what = element("span", "mzw-what", title, terms, note);
  const how = element("span", "mzw-how", state, retry, facts, steps);
  const line = element("div", "mzw-header", what, how, buttons);
  keepKeys(line);
  el.append(line, message, excerpt, aloud, chosen.aloud);

  let ratedAt = -Infinity;

  function togglePause() {
    if (playback.paused) playback.resume();
    else playback.pause();
  }

  /** The button that shows a table in place of the picture. */
  function paintSwitch() {
    view.hidden = !picture.switchable();
    const asTable = picture.asTable();
    if (asTable !== (view.firstChild === barsIcon)) view.replaceChildren(asTable ? barsIcon : tableIcon);
    rename(view, asTable ? "show as chart" : "show as table");
    setAttribute(view, "aria-pressed", String(asTable));
  }

  /** @param {boolean} enabled */
  function paintPause(enabled) {
    const { paused } = playback;
    if (paused !== (pause.firstChild === playIcon)) pause.replaceChildren(paused ? playIcon : pauseIcon);
    setAttribute(pause, "aria-pressed", String(paused));
    setAttribute(pause, "title", paused ? "resume" : "pause");
    pause.disabled = !enabled;
  }

  return {
    /** Stands below the picture. */
    missing: chosen.missing,
    /** @param {number} now milliseconds since 1970 */
    paint(now) {
      const { options, snapshot } = store;
      const told = describe(client, now);

      setText(title, options.title || options.name);
      setAttribute(title, "title", options.name || options.title);
      setText(terms, store.status.terms);
      setAttribute(terms, "title", store.status.terms || null);
      terms.hidden = store.status.terms === "";
      setText(note, options.note);
      note.hidden = options.note === "";
      setAttribute(el, "data-tone", told.tone);
      setText(word, told.word);
      const { since } = store.status;
      setAttribute(state, "title", since ? `since ${clockTime(since, now, snapshot)}` : null);
      setText(message, told.message);
      message.hidden = told.message === "";
      setText(excerpt, told.excerpt);
      excerpt.hidden = told.excerpt === "";
      const news = told.message ? `${told.state}: ${told.message}` : told.state;
      setText(aloud, news);

      setText(asOf, told.asOf);
      setAttribute(asOf, "title", told.time === null ? null : `the view at ${clockTime(told.time, now, snapshot, true)}`);
      setText(lag, told.lag);
      const size = snapshot?.size;
      setText(rows, size === undefined ? "" : rowsShown(size, picture.limit()));
      if (size !== undefined && Math.abs(now - ratedAt) >= RATE_EVERY) {
        setText(rate, `${formatRate(store.rate)} changes/s`);
        ratedAt = now;
      }
      rate.hidden = !steps.hidden;
      setAttribute(rate, "title", "rows that come and go each second, over the last five");

      retry.hidden = !told.canRetry;
      paintSwitch();
      chosen.paint();
      paintPause(told.canPause);
    },
  };
}

/**
 * @param {HTMLButtonElement} node
 * @param {string} name
 */
function rename(node, name) {
  setAttribute(node, "title", name);
  setAttribute(node, "aria-label", name);
}

/**
 * @param {number} size
 * @param {number} limit how many of them are drawn
 */
function rowsShown(size, limit) {
  const all = countRows(size);
  return size > limit ? `${formatNumber(limit)} of ${all}` : all;
}

/** @param {number} perSecond */
function formatRate(perSecond) {
  return formatNumber(perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond));
}
