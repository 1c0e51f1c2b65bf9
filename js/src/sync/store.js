import { systemClock } from "./clock.js";
import { NO_STATUS, decodeBase, decodeDelta, decodeStatus } from "./protocol.js";
import { Rate } from "./rate.js";
import { Replica } from "./replica.js";
import { Shown } from "./shown.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./content.js").Snapshot} Snapshot */
/** @typedef {import("./protocol.js").Options} Options */
/** @typedef {import("./protocol.js").Status} Status */

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

  /**
   * @param {() => boolean} isFollowed whether there is somebody to see it, and a kernel to tell its news
   * @param {Clock} [clock]
   */
  constructor(isFollowed, clock = systemClock) {
    this.#clock = clock;
    const store = this;
    /** What of it is shown, and when. */
    this.shown = new Shown({
      get snapshot() {
        return store.#replica.snapshot;
      },
      get counts() {
        const isOver = store.#status.state === "failed" || store.#status.state === "closed";
        return isFollowed() && store.position.epoch !== null && !isOver;
      },
      pin: () => this.#replica.pin(),
      unpin: () => this.#replica.unpin(),
      released: () => this.notify(),
    });
  }

  // What the displays read.

  /** What is to be shown: the newest content unless that has to wait. */
  get snapshot() {
    return this.shown.snapshot;
  }

  /** The latest timestamp at which `snapshot` is known to be exact; null if there is none or it never changes. */
  get time() {
    return this.shown.time;
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
    const wasPaused = this.#status.paused;
    this.#status = decodeStatus(trait);
    const { epoch, seq, time, paused } = this.#status;
    const mine = this.position;
    // What lay between is only known if time has simply passed.
    if (time !== null && epoch === mine.epoch && seq === mine.seq) this.shown.confirm(time, paused || wasPaused);
    this.shown.consider();
  }

  /** What still holds on to this store shall not hold on to its rows. */
  close() {
    this.shown.close();
    this.#listeners.clear();
    this.#replica = new Replica();
  }

  /** @param {() => boolean} apply tells whether the newest content is another one now */
  #change(apply) {
    this.shown.expect();
    try {
      if (apply()) this.shown.renew(this.#replica.time);
    } catch {
      this.#replica.lose();
    }
    this.shown.consider();
    this.notify();
  }
}
