import { Timer } from "./clock.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./protocol.js").Position} Position */

/** Milliseconds between two acknowledgements of single changes, and of changes that flow. */
const EVERY = 100;
const FLOW = 200;
/** Paints whose cost is averaged: one that was held up by something else says little. */
const COST_MEMORY = 8;

/** @type {Position} */
const NOWHERE = { epoch: null, seq: null };

/** Tells the kernel how far the page is, not too often, and the last time for certain. */
export class Acknowledging {
  #send;
  #clock;
  #timer;
  #seen = NOWHERE;
  #acked = NOWHERE;
  #lastAck = -Infinity;
  /** Milliseconds that a paint takes this page, as of late. */
  #cost = 0;

  /**
   * @param {() => void} send sends `message`
   * @param {Clock} clock
   */
  constructor(send, clock) {
    this.#send = send;
    this.#clock = clock;
    this.#timer = new Timer(clock);
  }

  /** @returns {import("./protocol.js").Ack} */
  get message() {
    return { type: "ack", ...this.#seen, cost: Math.round(this.#cost) };
  }

  /** @param {number} cost milliseconds that a paint took */
  spend(cost) {
    this.#cost += (cost - this.#cost) / COST_MEMORY;
  }

  /** @param {Position} position what was painted last or, out of sight, applied last */
  see(position) {
    this.#seen = position;
    this.#acknowledge();
  }

  #acknowledge() {
    const { epoch, seq } = this.#seen;
    if (epoch === null || (epoch === this.#acked.epoch && seq === this.#acked.seq)) return;
    const flows = epoch === this.#acked.epoch && Number(seq) - Number(this.#acked.seq) > 1;
    const wait = this.#lastAck + (flows ? FLOW : EVERY) - this.#clock.now();
    if (wait > 0) {
      this.#timer.start(wait, () => this.#acknowledge());
      return;
    }
    this.#acked = this.#seen;
    this.#lastAck = this.#clock.now();
    this.#send();
  }

  /** Nothing has been acknowledged to the kernel as it knows this page now. */
  forget() {
    this.#acked = NOWHERE;
  }

  stop() {
    this.#timer.stop();
  }
}
