/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since 1970, never less than before
 * @property {(delay: number, task: () => void) => () => void} after run once, later; call the result to cancel
 */

/**
 * Go on from where a clock was when it is set back: what waits until a time shall not wait for longer.
 *
 * @param {() => number} read the clock
 * @returns {() => number}
 */
export function neverBack(read) {
  let [last, ahead] = [-Infinity, 0];
  return () => {
    const now = read();
    ahead = Math.max(ahead, last - now);
    return (last = now + ahead);
  };
}

/** @type {Clock} */
export const systemClock = {
  now: neverBack(() => Date.now()),
  after(delay, task) {
    const timer = setTimeout(task, delay);
    return () => clearTimeout(timer);
  },
};

/** At most one timer at a time: setting it again while it runs changes nothing. */
export class Timer {
  /** @type {(() => void) | null} */
  #cancel = null;
  #clock;

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {number} delay
   * @param {() => void} task
   */
  start(delay, task) {
    if (this.#cancel !== null) return;
    this.#cancel = this.#clock.after(delay, () => {
      this.#cancel = null;
      task();
    });
  }

  stop() {
    this.#cancel?.();
    this.#cancel = null;
  }
}
