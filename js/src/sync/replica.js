import { Content } from "./content.js";

/** @typedef {import("./content.js").Snapshot} Snapshot */
/** @typedef {import("./protocol.js").Base} Base */
/** @typedef {import("./protocol.js").Delta} Delta */

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
    return this.#content?.snapshot ?? null;
  }

  /**
   * The present snapshot, to be read until `unpin` even if the content has gone on by then.
   *
   * @returns {Snapshot | null}
   */
  pin() {
    return this.#content?.pin() ?? null;
  }

  unpin() {
    this.#content?.unpin();
  }

  /**
   * What came and went between two snapshots.
   *
   * @param {Snapshot} before
   * @param {Snapshot} after
   * @returns {import("./multiset.js").Step | null} null if that is not known any more
   */
  between(before, after) {
    const mine = this.#content;
    if (mine === null || before.epoch !== mine.epoch || after.epoch !== mine.epoch) return null;
    return mine.between(before.seq, after.seq);
  }

  /**
   * @param {Base} base
   * @returns {boolean} whether the content is another one now
   */
  base(base) {
    if (this.#left.has(base.epoch)) return false;
    const mine = this.#content;
    if (mine?.epoch === base.epoch && (base.seq < mine.seq || (base.seq === mine.seq && !this.#lost))) return false;

    try {
      this.#content = new Content(base);
    } catch {
      this.lose();
      return false;
    }
    if (mine?.epoch !== base.epoch) {
      if (mine) this.#leave(mine.epoch);
      this.#hold(this.#held.filter((delta) => delta.epoch === base.epoch));
    }
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
    const moved = this.#content?.apply(delta) ?? -1;
    if (moved < 0) this.lose();
    else this.changes += moved;
    return moved >= 0;
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
