import { systemClock } from "./clock.js";
import { NO_STATUS, decodeBase, decodeDelta, decodeStatus } from "./protocol.js";
import { Rate } from "./rate.js";
import { Replica } from "./replica.js";
import { ALWAYS, Together } from "./together.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./protocol.js").Options} Options */
/** @typedef {import("./protocol.js").Status} Status */
/** @typedef {import("./replica.js").Snapshot} Snapshot */

/** @type {Options} */
const NO_OPTIONS = { name: "", title: "", limit: 0, height: 0, note: "" };

/** What a page knows of one view, shared by all its displays: content, status, options. */
export class Store {
  #clock;
  #replica = new Replica();
  #rate = new Rate();
  /** @type {Status} */
  #status = NO_STATUS;
  #options = NO_OPTIONS;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /** @type {import("./together.js").Moment} at which the newest content is exact */
  #moment = ALWAYS;
  /** @type {{ snapshot: Snapshot | null, time: number | null } | null} what is shown while newer content has to wait */
  #held = null;
  #together = new Together();
  #member;

  /**
   * @param {() => boolean} isFollowed whether there is somebody to see it, and a kernel to tell its news
   * @param {Clock} [clock]
   */
  constructor(isFollowed, clock = systemClock) {
    this.#clock = clock;
    this.#member = this.#asMember(isFollowed);
    this.#together.add(this.#member);
  }

  // What the displays read.

  /** What is to be shown: the newest content unless that has to wait. */
  get snapshot() {
    return this.#held === null ? this.#replica.snapshot : this.#held.snapshot;
  }

  /**
   * What came and went between two snapshots; null if that may be anything.
   *
   * @param {Snapshot} before
   * @param {Snapshot} after
   */
  between(before, after) {
    return this.#replica.between(before, after);
  }

  /** The latest timestamp at which `snapshot` is known to be exact; null if there is none or it never changes. */
  get time() {
    if (this.#held !== null) return this.#held.time;
    return Number.isFinite(this.#moment.until) ? this.#moment.until : null;
  }

  get options() {
    return this.#options;
  }

  get status() {
    return this.#status;
  }

  /** Rows that come and go each second. */
  get rate() {
    return this.#rate.perSecond(this.#clock.now());
  }

  /** Whether other views change with this one, in one and the same frame. */
  get accompanied() {
    return this.#together.shared;
  }

  /** @param {() => void} listener called after every change */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify() {
    for (const listener of this.#listeners) listener();
  }

  // What the conversation is about.

  get position() {
    return this.#replica.position;
  }

  get needsBase() {
    return this.#replica.needsBase;
  }

  get isBehind() {
    return this.#replica.isBehind(this.#status.epoch, this.#status.seq);
  }

  /** Whether newer content than what is shown has to wait. */
  get waits() {
    return this.#held !== null;
  }

  /** What the last status spoke of will not come by itself. */
  miss() {
    if (this.#status.epoch !== null) this.#replica.expect(this.#status.epoch);
  }

  // What the kernel says.

  /** @param {Partial<Options>} options those that are undefined or null are left to choose */
  configure(options) {
    const given = Object.entries(options).filter(([, value]) => value != null);
    this.#options = { ...NO_OPTIONS, ...Object.fromEntries(given) };
    this.notify();
  }

  /** @param {unknown} trait */
  receiveBase(trait) {
    this.#change(() => {
      const base = decodeBase(trait);
      return base !== null && this.#replica.base(base);
    });
  }

  /** @param {unknown} trait */
  receiveDelta(trait) {
    const before = this.#replica.changes;
    this.#change(() => {
      const delta = decodeDelta(trait);
      return delta !== null && this.#replica.delta(delta);
    });
    const count = this.#replica.changes - before;
    if (count > 0) this.#rate.add(count, this.#clock.now());
  }

  /** @param {unknown} trait */
  receiveStatus(trait) {
    const before = this.#status;
    this.#status = decodeStatus(trait);
    this.#confirm(before.paused);
    this.#together.consider();
  }

  // What is shown, and when.

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
    this.#replica.unpin();
    this.#held = { snapshot: null, time: null };
  }

  /** Stay with what is shown, all of the group. */
  freeze() {
    this.#together.freeze(this.#member);
  }

  thaw() {
    this.#together.thaw(this.#member);
  }

  /** Let the group go on if it can: whether this view is followed may be another thing now. */
  consider() {
    this.#together.consider();
  }

  /** What still holds on to this store shall not hold on to its rows. */
  close() {
    this.#together.delete(this.#member);
    this.#listeners.clear();
    this.#replica = new Replica();
    this.#held = null;
  }

  /**
   * @param {() => boolean} isFollowed
   * @returns {import("./together.js").Member}
   */
  #asMember(isFollowed) {
    const store = this;
    return {
      get counts() {
        const isOver = store.#status.state === "failed" || store.#status.state === "closed";
        return isFollowed() && store.#replica.position.epoch !== null && !isOver;
      },
      get shows() {
        return store.snapshot !== null;
      },
      get moment() {
        return store.#moment;
      },
      hold() {
        store.#held ??= { time: store.time, snapshot: store.#replica.pin() };
      },
      release() {
        if (store.#held === null) return;
        store.#held = null;
        store.#replica.unpin();
        store.notify();
      },
    };
  }

  /** @param {() => boolean} apply tells whether the newest content is another one now */
  #change(apply) {
    if (this.#together.waits) this.#member.hold();
    try {
      if (apply()) {
        const { time } = this.#replica;
        this.#moment = time === null ? ALWAYS : { from: time, until: time };
      }
    } catch {
      this.#replica.lose();
    }
    this.#together.consider();
    this.notify();
  }

  /**
   * Note that the content still is exact at the time of a status that speaks of it. What lay between is only known
   * if time has simply passed.
   *
   * @param {boolean} wasPaused
   */
  #confirm(wasPaused) {
    const { epoch, seq, time, paused } = this.#status;
    const mine = this.#replica.position;
    if (time === null || this.#moment === ALWAYS || epoch !== mine.epoch || seq !== mine.seq) return;
    const { from, until } = this.#moment;
    this.#moment = paused || wasPaused ? { from: time, until: time } : { from, until: Math.max(until, time) };
  }
}
