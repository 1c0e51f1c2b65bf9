import { ALWAYS, Together } from "./together.js";

/** @typedef {import("./content.js").Snapshot} Snapshot */
/** @typedef {import("./together.js").Member} Member */
/** @typedef {import("./together.js").Moment} Moment */

/**
 * What there is to be shown.
 *
 * @typedef {object} Newest
 * @property {Snapshot | null} snapshot the newest content
 * @property {() => Snapshot | null} pin keep the newest content readable
 * @property {() => void} unpin
 * @property {boolean} counts whether it must not differ in time from what else its group shows
 * @property {() => void} released called when what was held back is shown
 */

/** What is shown of a view: its newest content, unless that has to wait for the other views of its group. */
export class Shown {
  #newest;
  #member;
  #together = new Together();
  /** @type {Moment} at which the newest content is exact */
  #moment = ALWAYS;
  /** @type {{ snapshot: Snapshot | null, time: number | null } | null} what is shown while newer content has to wait */
  #held = null;

  /** @param {Newest} newest */
  constructor(newest) {
    this.#newest = newest;
    this.#member = this.#asMember();
    this.#together.add(this.#member);
  }

  get snapshot() {
    return this.#held === null ? this.#newest.snapshot : this.#held.snapshot;
  }

  /** The latest timestamp at which `snapshot` is known to be exact; null if there is none or it never changes. */
  get time() {
    if (this.#held !== null) return this.#held.time;
    return Number.isFinite(this.#moment.until) ? this.#moment.until : null;
  }

  /** Whether newer content than what is shown has to wait. */
  get waits() {
    return this.#held !== null;
  }

  /** Whether other views change with this one, in one and the same frame. */
  get accompanied() {
    return this.#together.shared;
  }

  /** Newer content may come: keep to what is shown if that has to wait. */
  expect() {
    if (this.#together.waits) this.#member.hold();
  }

  /** @param {number | null} time at which the newest content, another one now, is exact; null for always */
  renew(time) {
    this.#moment = time === null ? ALWAYS : { from: time, until: time };
  }

  /**
   * The newest content is exact at this time, too.
   *
   * @param {number} time
   * @param {boolean} leapt whether it is not known to have been so in between
   */
  confirm(time, leapt) {
    if (this.#moment === ALWAYS) return;
    const { from, until } = this.#moment;
    this.#moment = leapt ? { from: time, until: time } : { from, until: Math.max(until, time) };
  }

  /**
   * Show one moment with all of this group.
   *
   * @param {Together} together
   */
  join(together) {
    this.#member.hold();
    this.#together.delete(this.#member);
    this.#together = together;
    together.add(this.#member);
  }

  /** Show nothing before it is of one moment with the others of the group. */
  hide() {
    if (!this.#together.shared) return;
    this.#newest.unpin();
    this.#held = { snapshot: null, time: null };
  }

  /** Stay with what is shown, all of the group. */
  freeze() {
    this.#together.freeze(this.#member);
  }

  thaw() {
    this.#together.thaw(this.#member);
  }

  /** Let the group go on if it can: something that matters to it may be another thing now. */
  consider() {
    this.#together.consider();
  }

  close() {
    this.#together.delete(this.#member);
    this.#held = null;
  }

  /** @returns {Member} */
  #asMember() {
    const shown = this;
    return {
      get counts() {
        return shown.#newest.counts;
      },
      get shows() {
        return shown.snapshot !== null;
      },
      get moment() {
        return shown.#moment;
      },
      hold() {
        shown.#held ??= { time: shown.time, snapshot: shown.#newest.pin() };
      },
      release() {
        if (shown.#held === null) return;
        shown.#held = null;
        shown.#newest.unpin();
        shown.#newest.released();
      },
    };
  }
}
