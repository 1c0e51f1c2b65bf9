import { formatNumber } from "../views/numbers.js";

/**
 * What the header says about a view's state.
 *
 * @typedef {object} Told
 * @property {"good" | "busy" | "bad" | "idle"} tone
 * @property {string} state the state's name, which changes rarely
 * @property {string} word the state with its particulars
 * @property {string} message why, if there is more to say
 * @property {string} excerpt where in the SQL, if that can be said
 * @property {number | null} time the moment the picture shows
 * @property {string} asOf
 * @property {string} lag
 * @property {boolean} canRetry
 * @property {boolean} canPause
 */

/** @typedef {import("../sync/client.js").Client} Client */
/** @typedef {import("../sync/protocol.js").Status} Status */

/** @type {Record<import("../sync/protocol.js").State, Told["tone"]>} */
const TONES = {
  connecting: "busy",
  live: "good",
  paused: "idle",
  "catching up": "busy",
  asking: "busy",
  reconnecting: "bad",
  stalled: "bad",
  failed: "bad",
  ended: "idle",
  idle: "idle",
  closed: "idle",
};

/** Seconds, and more than the kernel ever waits before it tries again. */
const LONGEST_WAIT = 60;

/** @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/**
 * Writes a moment as 2026-11-25 10:00:00.
 *
 * @param {string} zone empty for the reader's
 */
function clockOf(zone) {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", ...(zone && { timeZone: zone }) });
    clocks.set(zone, clock);
  }
  return clock;
}

/**
 * The time of day in the picture's zone, with the date if it is not today's.
 *
 * @param {number} time milliseconds since 1970
 * @param {number} now
 * @param {import("../sync/content.js").Snapshot | null} snapshot
 * @param {boolean} [full] whether to give date, milliseconds and zone
 */
export function clockTime(time, now, snapshot, full = false) {
  const zone = String(snapshot?.encoding["timezone"] ?? "");
  const clock = clockOf(zone);
  const text = clock.format(time);
  if (full) return `${text}.${String(new Date(time).getMilliseconds()).padStart(3, "0")}${zone && ` ${zone}`}`;
  const [day = "", hour = ""] = text.split(" ");
  return clock.format(now).startsWith(day) ? hour : text;
}

/** @param {number | null} lag seconds */
function describeLag(lag) {
  if (lag === null || !(lag >= 0)) return "";
  if (lag < 9.95) return `${lag.toFixed(1)} s behind`;
  if (lag < 120) return `${Math.round(lag)} s behind`;
  if (lag < 7200) return `${Math.round(lag / 60)} min behind`;
  return `${Math.round(lag / 3600)} h behind`;
}

/** @typedef {Pick<Told, "tone" | "state" | "word" | "message" | "excerpt">} Words */

/**
 * @param {string} state
 * @param {string} message
 * @returns {Words}
 */
const lost = (state, message) => ({ tone: "bad", state, word: state, message, excerpt: "" });

/**
 * What is said where the kernel is not there or does not speak, whatever it said last.
 *
 * @param {Client["conversation"]} conversation
 * @returns {Words | null} null where it speaks
 */
function describeLoss({ connected, silent, answered }) {
  if (!connected) return lost("disconnected", "The kernel was restarted; run the cell again.");
  if (!silent) return null;
  if (!answered) return lost("no news", "This notebook's kernel does not know the view; run the cell again.");
  return lost("no news", "The kernel has not reported for a while. It may be busy; if it was restarted, run the cell again.");
}

/**
 * @param {Status} status
 * @param {number} now milliseconds since 1970
 */
function wordOf({ state, paused, waiting, retry_at }, now) {
  if (state === "paused") return waiting > 0 ? `paused · ${formatNumber(waiting)} waiting` : state;
  let word = state === "asking" ? "asking anew" : String(state);
  if (state === "reconnecting" && retry_at !== null) {
    const left = Math.ceil((retry_at - now) / 1000);
    // Else the kernel's clock and this page's do not agree.
    if (left >= 0 && left <= LONGEST_WAIT) word = `reconnecting in ${left} s`;
  }
  return paused ? `paused · ${word}` : word;
}

/**
 * What the kernel says, and what it is asked to do.
 *
 * @param {Status} status
 * @param {Client["playback"]["pending"]} pending
 * @param {number} now milliseconds since 1970
 * @returns {Words}
 */
function describeStatus(status, pending, now) {
  const { state, message, excerpt } = status;
  if (pending !== null) return { tone: "busy", state: pending, word: `${pending}…`, message, excerpt };
  const former = status.asking && state === "failed" ? "\nThis is the new question; the picture goes on answering the one before." : "";
  return { tone: TONES[state] ?? "idle", state, word: wordOf(status, now), message: message + former, excerpt };
}

/**
 * @param {Client} client
 * @param {number} now milliseconds since 1970
 * @returns {Told}
 */
export function describe({ store, playback, conversation }, now) {
  const { status, snapshot, time } = store;
  const { connected } = conversation;
  const loss = describeLoss(conversation);
  const words = loss ?? describeStatus(status, playback.pending, now);
  const former = status.asking && loss === null;
  const stale = words.tone === "bad" && !status.paused && !former;
  return {
    ...words,
    time,
    asOf: time === null ? "" : `${stale ? "stale since" : "as of"} ${clockTime(time, now, snapshot)}`,
    lag: stale || status.paused || snapshot === null ? "" : describeLag(status.lag),
    canRetry: connected && (status.state === "reconnecting" || status.state === "failed"),
    canPause: connected && (playback.paused || former || !["connecting", "failed", "ended", "closed"].includes(status.state)),
  };
}
