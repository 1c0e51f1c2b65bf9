import { Timer, systemClock } from "./clock.js";
import { NO_STATUS, decodeBase, decodeDelta, decodeStatus } from "./protocol.js";
import { Rate } from "./rate.js";
import { Replica } from "./replica.js";

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
 * @property {() => void} painted say that the newest snapshot is on the screen
 * @property {() => void} close
 */

const ASK_AGAIN = 2_000;
const ASK_AGAIN_AT_MOST = 30_000;
const ACK_EVERY = 100;
const HEARTBEAT_GRACE = 1_000;
const HIDE_DELAY = 300;
const SILENCE = 15_000;

/** @type {Options} */
const NO_OPTIONS = { title: "", name: "", key: "", value: "", limit: 0, height: 0, note: "", kind: "auto" };

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

  #askTimer;
  #lastAsked = -Infinity;
  #patience = ASK_AGAIN;

  #heartbeatTimer;
  #hideTimer;
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
    this.#silenceTimer = new Timer(clock);
  }

  // What the displays read.

  get snapshot() {
    return this.#replica.snapshot;
  }

  get options() {
    return this.#options;
  }

  get status() {
    return this.#status;
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

  /** @param {Record<keyof Options, unknown>} options those that are undefined stay as they are */
  configure(options) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.#options = { ...this.#options, ...Object.fromEntries(given) };
    this.#notify();
  }

  /** @param {unknown} trait */
  receiveBase(trait) {
    this.#heard();
    try {
      const base = decodeBase(trait);
      if (base !== null) this.#replica.base(base);
    } catch {
      this.#replica.lose();
    }
    this.#moved();
  }

  /** @param {unknown} trait */
  receiveDelta(trait) {
    this.#heard();
    const before = this.#replica.changes;
    try {
      const delta = decodeDelta(trait);
      if (delta !== null) this.#replica.delta(delta);
    } catch {
      this.#replica.lose();
    }
    const count = this.#replica.changes - before;
    if (count > 0) this.#rate.add(count, this.#clock.now());
    this.#moved();
  }

  /** @param {unknown} trait */
  receiveStatus(trait) {
    this.#heard();
    this.#status = decodeStatus(trait);
    if (this.#isBehind) this.#heartbeatTimer.start(HEARTBEAT_GRACE, () => this.#checkHeartbeat());
    this.#notify();
  }

  /** The kernel has gone and takes this view with it. */
  disconnect() {
    this.#disconnected = true;
    this.#stopTimers();
    this.#notify();
  }

  // What the user does.

  pause() {
    this.#send({ type: "pause" });
  }

  resume() {
    this.#send({ type: "resume" });
  }

  retry() {
    this.#send({ type: "retry" });
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
      painted: () => this.#see(),
      close: () => {
        this.#displays.delete(display);
        this.#updateVisible();
      },
    };
    this.#displays.set(display, false);
    return display;
  }

  /** Take leave of the kernel: nothing is sent until `rejoin`. */
  leave() {
    this.#send({ type: "bye" });
    this.#away = true;
    this.#stopTimers();
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
    this.#listeners.clear();
  }

  // The conversation.

  #heard() {
    this.#lastHeard = this.#clock.now();
    this.#spoken = true;
    this.#disconnected = false;
    this.#watchSilence();
  }

  get #expectsNews() {
    const { state } = this.#status;
    return this.#visible && !this.#disconnected && (state === "live" || state === "catching up" || state === "stalled");
  }

  #watchSilence() {
    this.#silenceTimer.stop();
    if (this.#away) return;
    this.#silenceTimer.start(SILENCE, () => {
      if (this.#expectsNews) {
        this.#say("have");
        this.#notify();
      }
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

  #moved() {
    this.#settle();
    if (!this.#visible) this.#see();
    this.#notify();
  }

  /** Ask for a base while one is needed, ever more patiently. */
  #settle() {
    if (!this.#replica.needsBase) {
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
    const wait = this.#lastAck + ACK_EVERY - this.#clock.now();
    if (wait > 0) {
      this.#ackTimer.start(wait, () => this.#acknowledge());
      return;
    }
    this.#acked = this.#seen;
    this.#lastAck = this.#clock.now();
    this.#send({ type: "ack", epoch, seq });
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
    this.#send({ type, visible: this.#visible, ...this.#replica.position });
  }

  /** @param {Message} message */
  #send(message) {
    if (!this.#away && !this.#disconnected) this.#post(message);
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }

  #stopTimers() {
    for (const timer of [this.#ackTimer, this.#askTimer, this.#heartbeatTimer, this.#hideTimer, this.#silenceTimer]) {
      timer.stop();
    }
  }
}
