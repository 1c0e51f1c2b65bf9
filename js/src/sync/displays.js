import { Timer } from "./clock.js";

/** @typedef {import("./clock.js").Clock} Clock */

/**
 * One place where the view is drawn.
 *
 * @typedef {object} Display
 * @property {(visible: boolean) => void} show say whether someone can see it
 * @property {(cost: number) => void} painted say that the newest snapshot is on the screen, and how many ms that took
 * @property {() => void} close
 */

/**
 * What happens to the displays as a whole.
 *
 * @typedef {object} Events
 * @property {(count: number) => void} came there is one more display
 * @property {(count: number) => void} left there is one less
 * @property {() => void} turned someone can see the view now, or nobody any more
 * @property {(cost: number) => void} painted
 */

const HIDE_DELAY = 300;

/** The places where one view is drawn, and whether someone can see any of them. Scrolling past does not make it flicker. */
export class Displays {
  /** @type {Map<Display, boolean>} */
  #shown = new Map();
  #visible = false;
  #events;
  #hideTimer;

  /**
   * @param {Events} events
   * @param {Clock} clock
   */
  constructor(events, clock) {
    this.#events = events;
    this.#hideTimer = new Timer(clock);
  }

  get count() {
    return this.#shown.size;
  }

  get visible() {
    return this.#visible;
  }

  /** @returns {Display} */
  add() {
    /** @type {Display} */
    const display = {
      show: (visible) => {
        if (!this.#shown.has(display)) return;
        this.#shown.set(display, visible);
        this.#update();
      },
      painted: (cost) => this.#events.painted(cost),
      close: () => {
        if (!this.#shown.delete(display)) return;
        if (this.count > 0) this.#update();
        else this.hide();
        this.#events.left(this.count);
      },
    };
    this.#shown.set(display, false);
    this.#events.came(this.count);
    return display;
  }

  /** Count as seen by nobody until a display says otherwise. */
  hide() {
    this.#hideTimer.stop();
    this.#visible = false;
  }

  /** Leave things as they are until a display says otherwise. */
  stop() {
    this.#hideTimer.stop();
  }

  #update() {
    if ([...this.#shown.values()].includes(true)) {
      this.#hideTimer.stop();
      this.#turn(true);
    } else if (this.#visible) {
      this.#hideTimer.start(HIDE_DELAY, () => this.#turn(false));
    }
  }

  /** @param {boolean} visible */
  #turn(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#events.turned();
  }
}
