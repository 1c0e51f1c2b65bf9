import { Timer } from "./clock.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./protocol.js").Message} Message */

/**
 * What playback needs of the store around it.
 *
 * @typedef {object} Host
 * @property {(message: Message) => void} send
 * @property {() => void} freeze let no picture go on
 * @property {() => void} thaw
 * @property {() => void} changed
 */

const PATIENCE = 2_000;
const SEEK_EVERY = 100;

/** Pause, resume and look back: what the user wants, until the kernel does it. */
export class Playback {
  #host;
  #clock;
  #paused = false;
  /** @type {boolean | null} paused or not, as asked for but not yet told */
  #wanted = null;
  /** @type {number | null} */
  #sought = null;
  #lastSeek = -Infinity;
  #seekTimer;
  #thawTimer;
  #forgetTimer;

  /**
   * @param {Host} host
   * @param {Clock} clock
   */
  constructor(host, clock) {
    this.#host = host;
    this.#clock = clock;
    this.#seekTimer = new Timer(clock);
    this.#thawTimer = new Timer(clock);
    this.#forgetTimer = new Timer(clock);
  }

  /** Whether the view is paused or about to be. */
  get paused() {
    return this.#wanted ?? this.#paused;
  }

  /** What was asked for and is not yet so. */
  get pending() {
    if (this.#wanted === null) return null;
    return this.#wanted ? "pausing" : "resuming";
  }

  /** Whether the user can look back. */
  get canSeek() {
    return this.#paused && this.paused;
  }

  /** The time the user went to, for as long as the answer may take. */
  get sought() {
    return this.#sought;
  }

  /** The picture stops at once; if the kernel does not answer for long, it is busy, and the picture goes on till then. */
  pause() {
    this.#wanted = true;
    this.#host.freeze();
    this.#thawTimer.stop();
    this.#thawTimer.start(PATIENCE, () => this.#host.thaw());
    this.#host.send({ type: "pause" });
    this.#host.changed();
  }

  resume() {
    this.#wanted = false;
    this.#forget();
    this.#thaw();
    this.#host.send({ type: "resume" });
    this.#host.changed();
  }

  /** @param {number} time milliseconds since 1970 */
  seek(time) {
    this.#sought = Math.round(time);
    const wait = this.#lastSeek + SEEK_EVERY - this.#clock.now();
    if (wait > 0) this.#seekTimer.start(wait, () => this.#sendSeek());
    else this.#sendSeek();
    this.#host.changed();
  }

  #sendSeek() {
    if (this.#sought === null) return;
    this.#seekTimer.stop();
    this.#lastSeek = this.#clock.now();
    this.#host.send({ type: "seek", time: this.#sought });
    this.#forgetTimer.stop();
    this.#forgetTimer.start(PATIENCE, () => {
      this.#forget();
      this.#host.changed();
    });
  }

  /** @param {boolean} paused as the kernel says */
  told(paused) {
    this.#paused = paused;
    if (this.#wanted === paused) this.#wanted = null;
    if (!this.paused) this.#forget();
    if (this.#wanted === null) this.#thaw();
  }

  /** Expect no answer any more. */
  stop() {
    this.#wanted = null;
    this.#forget();
    this.#thaw();
  }

  #forget() {
    this.#sought = null;
    this.#seekTimer.stop();
    this.#forgetTimer.stop();
  }

  #thaw() {
    this.#thawTimer.stop();
    this.#host.thaw();
  }
}
