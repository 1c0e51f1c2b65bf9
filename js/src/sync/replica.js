import { Change, Multiset } from "./multiset.js";

/** @typedef {import("./protocol.js").Base} Base */
/** @typedef {import("./protocol.js").Column} Column */
/** @typedef {import("./protocol.js").Delta} Delta */
/** @typedef {import("./multiset.js").Entry} Entry */

/** @typedef {import("./protocol.js").Encoding} Encoding */
/** @typedef {import("./multiset.js").Step} Step */

/**
 * The view's exact content at one timestamp.
 *
 * @typedef {object} Snapshot
 * @property {string} epoch
 * @property {number} seq
 * @property {number | null} time
 * @property {readonly Column[]} columns
 * @property {Encoding} encoding
 * @property {readonly Entry[]} entries in no particular order; each first reading copies them, so read it only where a change does not do
 * @property {number} size rows, repeated ones included
 */

/**
 * @typedef {{ epoch: string, seq: number, time: number | null, columns: readonly Column[], encoding: Encoding }} Place
 * @typedef {Place & { rows: Multiset }} Content
 */

/** Rows of change that are remembered, so that a picture can follow instead of starting again. */
const LOGGED_ROWS = 10_000;
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
  /** @type {Snapshot | null} that stays readable while the content goes on */
  #pinned = null;
  /** @type {{ from: number, to: number, change: Change }[]} the last changes, each following on the one before */
  #log = [];
  #logged = 0;
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
    if (this.#content !== null) this.#snapshot ??= this.#snapshotOf(this.#content);
    return this.#snapshot;
  }

  /**
   * The present snapshot, to be read until `unpin` even if the content has gone on by then.
   *
   * @returns {Snapshot | null}
   */
  pin() {
    return (this.#pinned = this.snapshot);
  }

  unpin() {
    this.#pinned = null;
  }

  /**
   * What came and went between two snapshots.
   *
   * @param {Snapshot} before
   * @param {Snapshot} after
   * @returns {Step | null} null if that is not known any more
   */
  between(before, after) {
    const epoch = this.#content?.epoch;
    if (before.epoch !== epoch || after.epoch !== epoch) return null;
    return this.#changeFrom(before.seq, after.seq)?.step ?? null;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #changeFrom(from, to) {
    const steps = this.#log.filter((step) => step.from >= from && step.to <= to);
    if (from !== to && (steps[0]?.from !== from || steps.at(-1)?.to !== to)) return null;
    const [only] = steps;
    if (only && steps.length === 1) return only.change;
    const all = new Change();
    for (const { change } of steps) all.merge(change);
    return all;
  }

  /**
   * @param {Content} content
   * @returns {Snapshot}
   */
  #snapshotOf({ rows, ...place }) {
    /** @type {Entry[] | null} */
    let entries = null;
    const read = () => {
      const now = this.#content;
      const since = now?.rows === rows ? this.#changeFrom(place.seq, now.seq) : null;
      if (since === null) throw new Error(`snapshot ${place.seq} is read too late`);
      return since.size === 0 ? rows.entries() : rows.before(since);
    };
    return {
      ...place,
      size: rows.size,
      get entries() {
        return (entries ??= read());
      },
    };
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
    void this.#pinned?.entries; // as long as they can be told
    this.#log = [];
    this.#logged = 0;
    const { epoch, seq, time, columns, encoding } = base;
    this.#become({ epoch, seq, time, columns, encoding, rows });
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
    const change = new Change();
    let moved = -1;
    try {
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
    this.#remember({ from: delta.from, to: delta.to, change });
    return true;
  }

  /** @param {{ from: number, to: number, change: Change }} step */
  #remember(step) {
    this.#log.push(step);
    this.#logged += step.change.size;
    if (this.#logged <= LOGGED_ROWS) return;
    void this.#pinned?.entries; // as long as they can be told
    while (this.#logged > LOGGED_ROWS) this.#logged -= this.#log.shift()?.change.size ?? this.#logged;
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
