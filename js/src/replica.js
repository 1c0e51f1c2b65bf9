import { Change, Multiset } from "./multiset.js";

/** @typedef {import("./protocol.js").Base} Base */
/** @typedef {import("./protocol.js").Column} Column */
/** @typedef {import("./protocol.js").Delta} Delta */
/** @typedef {import("./multiset.js").Entry} Entry */

/**
 * The view's exact content at one timestamp.
 *
 * @typedef {object} Snapshot
 * @property {string} epoch
 * @property {number} seq
 * @property {number | null} time
 * @property {readonly Column[]} columns
 * @property {readonly Entry[]} entries in no particular order
 * @property {number} size rows, repeated ones included
 */

/** @typedef {{ epoch: string, seq: number, time: number | null, columns: readonly Column[], rows: Multiset }} Content */

const HELD_DELTAS = 1024;
const HELD_ROWS = 100_000;
const REMEMBERED_EPOCHS = 32;

/** @param {Delta} delta */
const weight = (delta) => delta.inserts.length + delta.deletes.length;

/**
 * The page's copy of a view, kept from bases and deltas that may come late, twice, out of order or
 * not at all. It only ever holds states that the kernel has sent: what does not fit is held back
 * until the missing piece or a base arrives, and `needsBase` says so.
 */
export class Replica {
  /** @type {Content | null} */
  #content = null;
  /** @type {Snapshot | null} */
  #snapshot = null;
  /** @type {Delta[]} */
  #held = [];
  #heldRows = 0;
  /** Something is gone for good: only a base can help. */
  #lost = false;
  /** @type {Set<string>} epochs that were replaced: what still arrives of them is late */
  #left = new Set();

  /** Rows that came and went through deltas, ever. */
  changes = 0;

  get needsBase() {
    return this.#content === null || this.#lost || this.#held.length > 0;
  }

  /** @returns {import("./protocol.js").Position} */
  get position() {
    return { epoch: this.#content?.epoch ?? null, seq: this.#content?.seq ?? null };
  }

  /** The timestamp that the kernel gave to this content; null for one that never changes. */
  get time() {
    return this.#content?.time ?? null;
  }

  /** @returns {Snapshot | null} */
  get snapshot() {
    if (this.#content !== null && this.#snapshot === null) {
      const { rows, ...place } = this.#content;
      this.#snapshot = { ...place, entries: rows.entries(), size: rows.size };
    }
    return this.#snapshot;
  }

  /**
   * @param {Base} base
   * @returns {boolean} whether the content is another one now
   */
  base(base) {
    if (this.#left.has(base.epoch)) return false;
    const mine = this.#content;
    if (mine?.epoch === base.epoch && (base.seq < mine.seq || (base.seq === mine.seq && !this.#lost))) return false;

    /** @type {Multiset} */
    let rows;
    try {
      rows = new Multiset(base.rows, base.counts);
    } catch {
      this.lose();
      return false;
    }
    if (mine?.epoch !== base.epoch) {
      if (mine) this.#leave(mine.epoch);
      this.#hold(this.#held.filter((delta) => delta.epoch === base.epoch));
    }
    this.#become({ epoch: base.epoch, seq: base.seq, time: base.time, columns: base.columns, rows });
    this.#lost = false;
    this.#drain();
    return true;
  }

  /**
   * @param {Delta} delta
   * @returns {boolean} whether the content is another one now
   */
  delta(delta) {
    const mine = this.#content;
    if (this.#left.has(delta.epoch) || delta.from >= delta.to) return false;
    if (mine?.epoch === delta.epoch && delta.to <= mine.seq) return false;
    const changed = this.#follows(delta) && this.#apply(delta);
    if (!changed) this.#hold([...this.#held, delta]);
    return this.#drain() || changed;
  }

  /** Note that a message was lost or unreadable. */
  lose() {
    this.#lost = true;
  }

  /**
   * Whether the kernel, having sent state `seq` of `epoch`, is ahead of this copy.
   *
   * @param {string | null} epoch
   * @param {number | null} seq
   */
  isBehind(epoch, seq) {
    if (epoch === null || seq === null) return false;
    return this.#content?.epoch !== epoch || seq > this.#content.seq;
  }

  /**
   * Note that the kernel is at this epoch, whatever the order in which its messages came.
   *
   * @param {string} epoch
   */
  expect(epoch) {
    this.#left.delete(epoch);
    this.lose();
  }

  /** @param {Delta} delta */
  #follows({ epoch, from }) {
    return !this.#lost && this.#content?.epoch === epoch && this.#content.seq === from;
  }

  /** Apply what follows on the content, drop what it already contains. */
  #drain() {
    if (this.#held.length === 0) return false;
    let changed = false;
    for (;;) {
      const next = this.#held.find((delta) => this.#follows(delta));
      if (next === undefined || !this.#apply(next)) break;
      changed = true;
    }
    const mine = this.#content;
    if (mine) this.#hold(this.#held.filter((delta) => delta.epoch !== mine.epoch || delta.to > mine.seq));
    return changed;
  }

  /** @param {Delta} delta */
  #apply(delta) {
    const content = /** @type {Content} */ (this.#content);
    let moved = -1;
    try {
      const change = new Change();
      change.add(delta.deletes, delta.delete_counts, -1).add(delta.inserts, delta.insert_counts, 1);
      moved = content.rows.apply(change);
    } catch {
      moved = -1;
    }
    if (moved < 0) {
      this.lose();
      return false;
    }
    this.changes += moved;
    this.#become({ ...content, seq: delta.to, time: delta.time });
    return true;
  }

  /** @param {Content} content */
  #become(content) {
    this.#content = content;
    this.#snapshot = null;
  }

  /**
   * Hold these deltas back, the newest of them if they are too many: the base that will be asked
   * for is newer than those dropped.
   *
   * @param {Delta[]} deltas
   */
  #hold(deltas) {
    this.#held = deltas;
    this.#heldRows = deltas.reduce((sum, delta) => sum + weight(delta), 0);
    while (this.#held.length > HELD_DELTAS || this.#heldRows > HELD_ROWS) {
      const dropped = /** @type {Delta} */ (this.#held.shift());
      this.#heldRows -= weight(dropped);
      this.lose();
    }
  }

  /** @param {string} epoch */
  #leave(epoch) {
    this.#left.add(epoch);
    if (this.#left.size > REMEMBERED_EPOCHS) {
      const [oldest] = this.#left;
      this.#left.delete(/** @type {string} */ (oldest));
    }
  }
}
