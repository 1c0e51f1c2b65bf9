import { Timer } from "./clock.js";

/** @typedef {import("./clock.js").Clock} Clock */

const ASK_AGAIN = 2_000;
const ASK_AGAIN_AT_MOST = 30_000;

/** Asks for something for as long as it is needed, ever more patiently. */
export class Asking {
  #ask;
  #clock;
  #timer;
  #lastAsked = -Infinity;
  #patience = ASK_AGAIN;

  /**
   * @param {() => void} ask
   * @param {Clock} clock
   */
  constructor(ask, clock) {
    this.#ask = ask;
    this.#clock = clock;
    this.#timer = new Timer(clock);
  }

  /** It is needed: ask, unless that was done a moment ago. */
  need() {
    const wait = this.#lastAsked + this.#patience - this.#clock.now();
    if (wait > 0) {
      this.#timer.start(wait, () => this.need());
      return;
    }
    if (this.#lastAsked > -Infinity) this.#patience = Math.min(2 * this.#patience, ASK_AGAIN_AT_MOST);
    this.#lastAsked = this.#clock.now();
    this.#ask();
    this.#timer.start(this.#patience, () => this.need());
  }

  /** It is not needed any more. */
  rest() {
    this.#timer.stop();
    this.#patience = ASK_AGAIN;
  }

  /** Forget that it was ever asked for. */
  forget() {
    this.rest();
    this.#lastAsked = -Infinity;
  }

  stop() {
    this.#timer.stop();
  }
}
