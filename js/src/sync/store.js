import { Timer, systemClock } from "./clock.js";
import { Playback } from "./playback.js";
import { NO_STATUS, decodeBase, decodeDelta, decodeStatus } from "./protocol.js";
import { Rate } from "./rate.js";
import { Replica } from "./replica.js";
import { ALWAYS, Together } from "./together.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./protocol.js").Options} Options */
/** @typedef {import("./protocol.js").Status} Status */
/** @typedef {import("./replica.js").Snapshot} Snapshot */

/**
 * One place where the view is drawn.
 *
 * @typedef {object} Display
 * @property {(visible: boolean) => void} show say whether someone can see it
 * @property {(cost: number) => void} painted say that the newest snapshot is on the screen, and how many ms that took
 * @property {() => void} close
 */

const ASK_AGAIN = 2_000;
const ASK_AGAIN_AT_MOST = 30_000;
/** Milliseconds between two acknowledgements of single changes, and of changes that flow. */
const ACK_EVERY = 100;
const ACK_FLOW = 200;
/** Paints whose cost is averaged: one that was held up by something else says little. */
const COST_MEMORY = 8;
const HEARTBEAT_GRACE = 1_000;
const HIDE_DELAY = 300;
const SILENCE = 15_000;
const SIGN_OF_LIFE = 10_000;

/** @type {Options} */
const NO_OPTIONS = { title: "", name: "", key: "", value: "", limit: 0, height: 0, note: "" };

/**
 * What a page knows of one view, shared by all its displays, and the page's side of the
 * conversation with the kernel. Knows neither the DOM nor the comm.
 */
export class Store {
  #replica = new Replica();
  #rate = new Rate();
  #clock;
  #post;

  /** @type {Status} */
  #status = NO_STATUS;
  #options = NO_OPTIONS;
  #disconnected = false;
  #away = false;
  #closed = false;
  /** Whether the kernel was told that the view is shown nowhere, and so has forgotten this page. */
  #forgotten = false;

  #playback;
  #together = new Together();
  /** @type {import("./together.js").Moment} at which the newest content is exact */
  #moment = ALWAYS;
  /** @type {{ snapshot: Snapshot | null, time: number | null } | null} what is shown while newer content has to wait */
  #held = null;
  /** @type {import("./together.js").Member} */
  #member;

  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {Map<Display, boolean>} */
  #displays = new Map();
  #visible = false;

  /** @type {import("./protocol.js").Position} what was painted last or, out of sight, applied last */
  #seen = { epoch: null, seq: null };
  #acked = this.#seen;
  #ackTimer;
  #lastAck = -Infinity;
  /** Milliseconds that a paint takes this page, as of late. */
  #cost = 0;

  #askTimer;
  #lastAsked = -Infinity;
  #patience = ASK_AGAIN;

  #heartbeatTimer;
  #hideTimer;
  #lifeTimer;
  #silenceTimer;
  #lastHeard;
  /** Whether the kernel has said anything since this page was opened. */
  #spoken = false;

  /**
   * @param {(message: Message) => void} post hands a message to the kernel
   * @param {Clock} [clock]
   */
  constructor(post, clock = systemClock) {
    this.#post = post;
    this.#clock = clock;
    this.#lastHeard = clock.now();
    this.#ackTimer = new Timer(clock);
    this.#askTimer = new Timer(clock);
    this.#heartbeatTimer = new Timer(clock);
    this.#hideTimer = new Timer(clock);
    this.#lifeTimer = new Timer(clock);
    this.#silenceTimer = new Timer(clock);
    this.#member = this.#asMember();
    this.#together.add(this.#member);
    this.#playback = new Playback(
      {
        send: (message) => this.#send(message),
        freeze: () => this.#together.freeze(this.#member),
        thaw: () => this.#together.thaw(this.#member),
        changed: () => this.#notify(),
      },
      clock,
    );
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

  /** Whether other views change with this one, in one and the same frame. */
  get accompanied() {
    return this.#together.shared;
  }

  get status() {
    return this.#status;
  }

  /** @returns {Pick<Playback, "paused" | "pending" | "canSeek" | "sought">} */
  get playback() {
    return this.#playback;
  }

  /** Whether the kernel is gone for good. */
  get disconnected() {
    return this.#disconnected;
  }

  /** Whether the kernel, which should speak every second, has been silent for long. */
  get silent() {
    return this.#expectsNews && this.#clock.now() - this.#lastHeard >= SILENCE;
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

  // What the kernel says.

  /** The first words: say what came with the model, or ask. What came may be from a file and old. */
  open() {
    this.#lastHeard = Math.min(this.#clock.now(), this.#status.time ?? Infinity);
    this.#spoken = false;
    this.#settle();
    if (!this.#replica.needsBase) this.#say("have");
  }

  /** @param {Partial<Options>} options those that are undefined or null are left to choose */
  configure(options) {
    const given = Object.entries(options).filter(([, value]) => value != null);
    this.#options = { ...NO_OPTIONS, ...Object.fromEntries(given) };
    this.#notify();
  }

  /**
   * Show one moment with all of this group.
   *
   * @param {Together} together
   */
  join(together) {
    if (this.#closed) return;
    this.#member.hold();
    this.#together.delete(this.#member);
    this.#together = together;
    together.add(this.#member);
  }

  /** @param {unknown} trait */
  receiveBase(trait) {
    this.#heard();
    this.#change(() => {
      const base = decodeBase(trait);
      return base !== null && this.#replica.base(base);
    });
  }

  /** @param {unknown} trait */
  receiveDelta(trait) {
    this.#heard();
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
    this.#heard();
    const before = this.#status;
    this.#status = decodeStatus(trait);
    this.#confirm(before.paused);
    this.#playback.told(this.#status.paused);
    this.#together.consider();
    if (this.#isBehind) this.#heartbeatTimer.start(HEARTBEAT_GRACE, () => this.#checkHeartbeat());
    this.#notify();
  }

  /** The kernel has gone and takes this view with it. */
  disconnect() {
    this.#disconnected = true;
    this.#stopTimers();
    this.#playback.stop();
    this.#together.consider();
    this.#notify();
  }

  // What the user does.

  pause() {
    this.#playback.pause();
  }

  resume() {
    this.#playback.resume();
  }

  /** @param {number} time milliseconds since 1970 */
  seek(time) {
    this.#playback.seek(time);
  }

  retry() {
    this.#send({ type: "retry" });
  }

  /**
   * Ask for a script of the package.
   *
   * @param {string} asset
   */
  need(asset) {
    this.#send({ type: "need", asset });
  }

  /** @returns {Display} */
  display() {
    /** @type {Display} */
    const display = {
      show: (visible) => {
        if (!this.#displays.has(display)) return;
        this.#displays.set(display, visible);
        this.#updateVisible();
      },
      painted: (cost) => {
        this.#cost += (cost - this.#cost) / COST_MEMORY;
        this.#see();
      },
      close: () => {
        if (!this.#displays.delete(display)) return;
        if (this.#displays.size > 0) this.#updateVisible();
        else this.#withdraw();
        this.#together.consider();
      },
    };
    if (this.#displays.size === 0 && this.#together.shared) this.#held = { snapshot: null, time: null };
    this.#displays.set(display, false);
    this.#comeBack();
    this.#together.consider();
    return display;
  }

  /** Take leave of the kernel: nothing is sent until `rejoin`. */
  leave() {
    this.#send({ type: "bye" });
    this.#away = true;
    this.#stopTimers();
    this.#playback.stop();
  }

  /** Come back, as a page of another id. */
  rejoin() {
    if (this.#closed || !this.#away) return;
    this.#away = false;
    this.#acked = { epoch: null, seq: null };
    this.open();
  }

  close() {
    if (this.#closed) return;
    this.leave();
    this.#closed = true;
    this.#together.delete(this.#member);
    this.#listeners.clear();
    this.#replica = new Replica(); // what still holds on to this store shall not hold on to its rows
    this.#held = null;
  }

  // What is shown.

  /** @returns {import("./together.js").Member} */
  #asMember() {
    const store = this;
    return {
      get counts() {
        const gone = store.#disconnected || store.#status.state === "failed" || store.#status.state === "closed";
        return store.#displays.size > 0 && store.#replica.position.epoch !== null && !gone;
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
        store.#notify();
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
    this.#settle();
    this.#together.consider();
    if (!this.#visible || this.#held !== null) this.#see();
    this.#notify();
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

  // The conversation.

  #heard() {
    this.#lastHeard = this.#clock.now();
    this.#spoken = true;
    this.#disconnected = false;
    this.#watchSilence();
    this.#keepAlive();
  }

  get #expectsNews() {
    const { state } = this.#status;
    return this.#visible && !this.#disconnected && (state === "live" || state === "catching up" || state === "stalled");
  }

  #watchSilence() {
    this.#silenceTimer.stop();
    if (this.#away) return;
    this.#silenceTimer.start(SILENCE, () => {
      // Whatever the state: what ended it may be in the very message that was lost.
      if (this.#visible && !["ended", "closed"].includes(this.#status.state)) this.#say("have");
      if (this.#expectsNews) this.#notify();
      this.#watchSilence();
    });
  }

  get #isBehind() {
    return this.#replica.isBehind(this.#status.epoch, this.#status.seq);
  }

  #checkHeartbeat() {
    const { epoch } = this.#status;
    if (epoch === null || !this.#isBehind) return;
    this.#replica.expect(epoch);
    this.#settle();
  }

  /** Ask for a base while one is needed, ever more patiently. */
  #settle() {
    if (!this.#replica.needsBase || this.#forgotten) {
      this.#askTimer.stop();
      this.#patience = ASK_AGAIN;
      return;
    }
    const wait = this.#lastAsked + this.#patience - this.#clock.now();
    if (wait > 0) {
      this.#askTimer.start(wait, () => this.#settle());
      return;
    }
    if (this.#lastAsked > -Infinity) this.#patience = Math.min(2 * this.#patience, ASK_AGAIN_AT_MOST);
    this.#lastAsked = this.#clock.now();
    this.#say("hello");
    this.#askTimer.start(this.#patience, () => this.#settle());
  }

  #see() {
    this.#seen = this.#replica.position;
    this.#acknowledge();
  }

  #acknowledge() {
    const { epoch, seq } = this.#seen;
    if (epoch === null || (epoch === this.#acked.epoch && seq === this.#acked.seq)) return;
    const flows = epoch === this.#acked.epoch && Number(seq) - Number(this.#acked.seq) > 1;
    const wait = this.#lastAck + (flows ? ACK_FLOW : ACK_EVERY) - this.#clock.now();
    if (wait > 0) {
      this.#ackTimer.start(wait, () => this.#acknowledge());
      return;
    }
    this.#acked = this.#seen;
    this.#lastAck = this.#clock.now();
    this.#send(this.#ack());
  }

  #updateVisible() {
    const visible = [...this.#displays.values()].includes(true);
    if (visible) {
      this.#hideTimer.stop();
      this.#setVisible(true);
    } else if (this.#visible) {
      this.#hideTimer.start(HIDE_DELAY, () => this.#setVisible(false));
    }
  }

  /** The last display is gone. */
  #withdraw() {
    this.#stopTimers();
    this.#visible = false;
    this.#say("visible");
    this.#forgotten = !this.#away;
  }

  /** There is a display again. */
  #comeBack() {
    if (!this.#forgotten) return;
    this.#forgotten = false;
    this.#lastAsked = -Infinity;
    this.#watchSilence();
    this.#settle();
    if (!this.#replica.needsBase) this.#say("have");
  }

  /** @param {boolean} visible */
  #setVisible(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    if (this.#spoken) this.#lastHeard = this.#clock.now();
    this.#watchSilence();
    this.#say("visible");
  }

  /** @param {"hello" | "have" | "visible"} type */
  #say(type) {
    this.#send({ type, visible: this.#visible, displays: this.#displays.size, ...this.#replica.position });
  }

  /** @param {Message} message */
  #send(message) {
    if (this.#away || this.#disconnected || this.#forgotten) return;
    this.#post(message);
    this.#lifeTimer.stop();
    this.#keepAlive();
  }

  /** Say something every now and then while someone looks, so that a page that is gone can be told from a quiet one. */
  #keepAlive() {
    if (this.#visible && !this.#away) this.#lifeTimer.start(SIGN_OF_LIFE, () => this.#send(this.#ack()));
  }

  /** @returns {Message} */
  #ack() {
    return { type: "ack", ...this.#seen, cost: Math.round(this.#cost) };
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }

  #stopTimers() {
    this.#ackTimer.stop();
    this.#askTimer.stop();
    this.#heartbeatTimer.stop();
    this.#hideTimer.stop();
    this.#lifeTimer.stop();
    this.#silenceTimer.stop();
  }
}
