/**
 * What travels between the kernel and a page.
 *
 * The kernel publishes traits (`base`, `delta`, `status`, `selected` and the options); the page answers with
 * custom messages only and never sets a trait. The kernel's `protocol.py` says the same; a test holds them together.
 *
 * @module
 */

/** @typedef {null | boolean | number | string} Value a number beyond 2^53, every `numeric`, NaN and ±Infinity come as text */
/** @typedef {readonly Value[]} Row in column order */
/** @typedef {"number" | "text" | "boolean" | "time" | "json"} Kind */
/** @typedef {{ name: string, type: string, kind: Kind }} Column */

/**
 * Which picture, and which columns it takes: decided in the kernel. What else is in it, only its kind knows.
 *
 * @typedef {{
 *   kind: string,
 *   channels: Readonly<Record<string, readonly number[]>>,
 *   order?: readonly (readonly [column: number, descending: boolean, nullsFirst: boolean])[],
 *   limit?: number,
 *   reserve?: number,
 *   formats?: readonly string[],
 *   timezone?: string,
 *   table?: Encoding,
 *   [option: string]: unknown,
 * }} Encoding
 *   order: of rows, equal ones following by all their columns; limit: rows drawn at most; reserve: rows that room is
 *   kept for; formats: a d3-format for each column, "" for the usual, "id" for digits as they are; timezone: in which
 *   times are read, absent for the reader's own; table: what is shown when the user switches to a table, absent where
 *   the picture is one
 */

/**
 * The whole view at one timestamp.
 *
 * @typedef {object} Base
 * @property {string} epoch
 * @property {number} seq
 * @property {number | null} time milliseconds since 1970; null for a view that never changes
 * @property {readonly Column[]} columns
 * @property {Encoding} encoding
 * @property {readonly Row[]} rows
 * @property {readonly number[]} [counts] how often each row occurs; absent if each occurs once
 * @property {readonly (readonly [since: number, value: Value])[]} [past] what the number of a view of one row has been lately
 */

/**
 * What is selected, by the columns' names: values, of which the same place in all lists is the same row, or an interval
 * with both its ends, null where it has none. Null for nothing.
 *
 * @typedef {{ values: readonly Value[] }} Values
 * @typedef {{ low: Value, high: Value }} Span
 * @typedef {Readonly<Record<string, Values | Span>> | null} Selection
 */

/**
 * The consolidated change of the view from state `from` to state `to`.
 *
 * @typedef {object} Delta
 * @property {string} epoch
 * @property {number} from
 * @property {number} to
 * @property {number | null} time
 * @property {readonly Row[]} inserts
 * @property {readonly Row[]} deletes
 * @property {readonly number[]} [insert_counts]
 * @property {readonly number[]} [delete_counts]
 */

/**
 * @typedef {(
 *   | "connecting" | "catching up" | "asking" | "live" | "paused" | "stalled" | "reconnecting" | "failed" | "ended" | "idle" | "closed"
 * )} State
 */

/**
 * How the view fares, and a sign of life.
 *
 * @typedef {object} Report
 * @property {State} state
 * @property {string} message for the user; "" if there is nothing to say
 * @property {string} excerpt the line of SQL that the message is about, and a line with a caret under the word; "" for none
 * @property {number | null} time the newest closed timestamp
 * @property {number | null} lag seconds
 * @property {string} epoch "" for none
 * @property {number} seq the last state the kernel has sent
 * @property {number} rows
 * @property {boolean} asking whether the rows answer a question that is not the newest
 * @property {string} terms by what the rows are chosen, in a few words; "" for all there are
 * @property {boolean} paused whether the user has stopped the picture, whatever else is the case
 * @property {number} waiting rows of change held back while paused
 * @property {readonly (number | null)[] | null} history the earliest and the latest timestamp that can be shown while paused
 * @property {number} since milliseconds since 1970
 * @property {number | null} retry_at milliseconds since 1970
 */

/**
 * A report as the page takes it: nothing is known before the first one.
 *
 * @typedef {Omit<Report, "epoch" | "seq" | "rows" | "since"> & {
 *   epoch: string | null, seq: number | null, rows: number | null, since: number | null
 * }} Status
 */

/**
 * What the user chose, and the page needs as it is.
 *
 * @typedef {object} Options
 * @property {string} name the query or the view's name
 * @property {string} title "" for none
 * @property {number} limit rows drawn, 0 to choose
 * @property {number} height pixels, 0 to choose
 * @property {string} note where the data come from, if that has to be said
 */

/**
 * What the page says; each with the id of the page that says it.
 *
 * @typedef {{ epoch: string | null, seq: number | null }} Position
 * @typedef {{ type: "hello" | "have" | "visible", visible: boolean, displays: number } & Position} Standing
 * @typedef {{ type: "ack", cost: number } & Position} Ack
 * @typedef {{ type: "seek", time: number }} Seek
 * @typedef {{ type: "need", asset: string }} Need
 * @typedef {{ type: "select", epoch: string | null, selection: Selection }} Select
 * @typedef {{ type: "bye" | "pause" | "resume" | "retry" }} Word
 * @typedef {Standing | Ack | Seek | Need | Select | Word} Message
 */

/** @type {Status} */
export const NO_STATUS = Object.freeze({
  state: "connecting",
  message: "",
  excerpt: "",
  time: null,
  lag: null,
  epoch: null,
  seq: null,
  asking: false,
  terms: "",
  paused: false,
  history: null,
  waiting: 0,
  retry_at: null,
  since: null,
  rows: null,
});

const utf8 = new TextDecoder();

/**
 * Put a payload that came as bytes back into its message.
 *
 * @param {unknown} trait
 * @returns {Record<string, unknown> | null} null for the empty trait
 */
function unpack(trait) {
  if (typeof trait !== "object" || trait === null || !("epoch" in trait)) return null;
  if (!("data" in trait)) return { ...trait };
  const { data, ...message } = trait;
  return { ...message, ...JSON.parse(utf8.decode(/** @type {ArrayBuffer | Uint8Array | DataView} */ (data))) };
}

/**
 * @param {unknown} rows
 * @param {unknown} counts
 */
function isMultiset(rows, counts) {
  return Array.isArray(rows) && (counts === undefined || (Array.isArray(counts) && counts.length === rows.length));
}

/**
 * @param {unknown} trait
 * @returns {Base | null}
 * @throws {Error} when the message is damaged
 */
export function decodeBase(trait) {
  const base = unpack(trait);
  if (base === null) return null;
  const encoding = /** @type {Partial<Encoding> | undefined} */ (base["encoding"]);
  if (
    !Number.isInteger(base["seq"]) ||
    !Array.isArray(base["columns"]) ||
    typeof encoding?.kind !== "string" ||
    typeof encoding.channels !== "object" ||
    !isMultiset(base["rows"], base["counts"])
  ) {
    throw new Error("damaged base");
  }
  return /** @type {Base} */ (/** @type {unknown} */ (base));
}

/**
 * @param {unknown} trait
 * @returns {Delta | null}
 * @throws {Error} when the message is damaged
 */
export function decodeDelta(trait) {
  const delta = unpack(trait);
  if (delta === null) return null;
  if (
    !Number.isInteger(delta["from"]) ||
    !Number.isInteger(delta["to"]) ||
    !isMultiset(delta["inserts"], delta["insert_counts"]) ||
    !isMultiset(delta["deletes"], delta["delete_counts"])
  ) {
    throw new Error("damaged delta");
  }
  return /** @type {Delta} */ (/** @type {unknown} */ (delta));
}

/**
 * @param {unknown} trait
 * @returns {Status}
 */
export function decodeStatus(trait) {
  const status = { ...NO_STATUS, .../** @type {Partial<Status>} */ (trait ?? {}) };
  return { ...status, epoch: status.epoch || null, paused: status.paused || status.state === "paused" };
}
