import { Change, Multiset } from "./multiset.js";

/** @typedef {import("./multiset.js").Entry} Entry */
/** @typedef {import("./multiset.js").Step} Step */
/** @typedef {import("./protocol.js").Base} Base */
/** @typedef {import("./protocol.js").Delta} Delta */

/**
 * The view's exact content at one timestamp.
 *
 * @typedef {object} Snapshot
 * @property {string} epoch
 * @property {number} seq
 * @property {number | null} time
 * @property {readonly import("./protocol.js").Column[]} columns
 * @property {import("./protocol.js").Encoding} encoding
 * @property {readonly Entry[]} entries in no particular order; each first reading copies them, so read it only where a change does not do
 * @property {number} size rows, repeated ones included
 * @property {Base["past"]} [past] what the kernel told last of it
 */

/** @typedef {{ from: number, to: number, change: Change }} Logged */

/** Rows of change that are remembered, so that a picture can follow instead of starting again. */
const LOGGED = 10_000;

/** A base and the deltas that followed on it. */
export class Content {
  #base;
  #rows;
  #seq;
  #time;
  /** @type {Snapshot | null} */
  #snapshot = null;
  /** @type {Snapshot | null} that stays readable while the content goes on */
  #pinned = null;
  /** @type {Logged[]} the last changes, each following on the one before */
  #log = [];
  #logged = 0;

  /**
   * @param {Base} base
   * @throws {RangeError} when a row occurs in no possible number
   */
  constructor({ rows, counts, ...base }) {
    this.#base = base;
    this.#rows = new Multiset(rows, counts);
    this.#seq = base.seq;
    this.#time = base.time;
  }

  get epoch() {
    return this.#base.epoch;
  }

  get seq() {
    return this.#seq;
  }

  get time() {
    return this.#time;
  }

  /** @returns {Snapshot} */
  get snapshot() {
    return (this.#snapshot ??= this.#take());
  }

  /** The present snapshot, to be read until `unpin` even if the content has gone on by then. */
  pin() {
    return (this.#pinned = this.snapshot);
  }

  unpin() {
    this.#pinned = null;
  }

  /**
   * Go on by a delta that follows.
   *
   * @param {Delta} delta
   * @returns {number} how many rows came and went; -1 if it does not fit, and nothing has changed
   */
  apply(delta) {
    const change = new Change();
    let moved = -1;
    try {
      change.add(delta.deletes, delta.delete_counts, -1).add(delta.inserts, delta.insert_counts, 1);
      moved = this.#rows.apply(change);
    } catch {
      return -1;
    }
    if (moved < 0) return -1;
    this.#seq = delta.to;
    this.#time = delta.time;
    this.#snapshot = null;
    this.#remember({ from: delta.from, to: delta.to, change });
    return moved;
  }

  /**
   * What came and went between two states.
   *
   * @param {number} from
   * @param {number} to
   * @returns {Step | null} null if that is not known any more
   */
  between(from, to) {
    return this.#changeFrom(from, to)?.step ?? null;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #changeFrom(from, to) {
    const all = new Change();
    if (from === to) return all;
    const first = this.#log.findIndex((step) => step.from === from);
    const last = this.#log.findIndex((step) => step.to === to);
    if (first < 0 || last < first) return null;
    if (first === last) return this.#log[first]?.change ?? null;
    for (const { change } of this.#log.slice(first, last + 1)) all.merge(change);
    return all;
  }

  /** @param {Logged} step */
  #remember(step) {
    this.#log.push(step);
    this.#logged += weight(step);
    if (this.#logged <= LOGGED) return;
    void this.#pinned?.entries; // as long as they can be told
    let forgotten = 0;
    while (this.#logged > LOGGED) this.#logged -= weight(/** @type {Logged} */ (this.#log[forgotten++]));
    this.#log.splice(0, forgotten);
  }

  /** @returns {Snapshot} */
  #take() {
    const { epoch, columns, encoding, past } = this.#base;
    const [seq, time, size] = [this.#seq, this.#time, this.#rows.size];
    /** @type {Entry[] | null} */
    let entries = null;
    const read = () => {
      const since = this.#changeFrom(seq, this.#seq);
      if (since === null) throw new Error(`the snapshot ${seq} of ${epoch} is read too late`);
      return since.size === 0 ? this.#rows.entries() : this.#rows.before(since);
    };
    return {
      epoch,
      seq,
      time,
      columns,
      encoding,
      size,
      past,
      get entries() {
        return (entries ??= read());
      },
    };
  }
}

/** @param {Logged} step */
const weight = ({ change }) => 1 + change.size;
