import { Timer } from "./clock.js";

/** @typedef {import("./clock.js").Clock} Clock */

const LONG = 15_000;

/** Since when the kernel, which speaks every second while someone looks, has said nothing. */
export class Silence {
  #lasts;
  #clock;
  #timer;
  #lastHeard;
  #broken = false;

  /**
   * @param {() => void} lasts called whenever it has been long, and as long again
   * @param {Clock} clock
   */
  constructor(lasts, clock) {
    this.#lasts = lasts;
    this.#clock = clock;
    this.#timer = new Timer(clock);
    this.#lastHeard = clock.now();
  }

  /** Whether the kernel has said nothing for long. */
  get isLong() {
    return this.#clock.now() - this.#lastHeard >= LONG;
  }

  /** Whether the kernel has said anything since the page was opened. */
  get wasBroken() {
    return this.#broken;
  }

  /** @param {number | null} time of what came with the page: it may be from a file, and old */
  open(time) {
    this.#broken = false;
    this.#lastHeard = Math.min(this.#clock.now(), time ?? Infinity);
  }

  /** The kernel has said something. */
  end() {
    this.#broken = true;
    this.#lastHeard = this.#clock.now();
  }

  /** Someone looks again: it had no reason to speak before. */
  excuse() {
    if (this.#broken) this.#lastHeard = this.#clock.now();
  }

  watch() {
    this.#timer.stop();
    this.#timer.start(LONG, () => {
      this.#lasts();
      this.watch();
    });
  }

  stop() {
    this.#timer.stop();
  }
}
