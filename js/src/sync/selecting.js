import { Timer } from "./clock.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./protocol.js").Selection} Selection */

/** Milliseconds between two messages at the least: an interval is dragged. */
const EVERY = 50;
/** Milliseconds within which the kernel says what it made of a selection. */
const PATIENCE = 2_000;

/** @param {Selection} a @param {Selection} b */
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** What is selected in a view: as its reader says on this page, until the kernel tells all pages. */
export class Selecting {
  /** @type {Selection} as the kernel says */
  #told = null;
  /** @type {Selection} */
  #selected = null;
  #waits = false;
  /** @type {Selection | undefined} what the kernel was told last, and may be told again soon */
  #sent;
  #patience;
  #pause;
  #events;

  /** Called when the kernel has taken what was selected on this page. */
  confirmed = () => {};

  /**
   * @param {{ send: (selection: Selection) => void, changed: () => void }} events
   * @param {Clock} clock
   */
  constructor(events, clock) {
    this.#events = events;
    this.#patience = new Timer(clock);
    this.#pause = new Timer(clock);
  }

  /** The same object for as long as nothing about it changes. */
  get selected() {
    return this.#selected;
  }

  /** @param {Selection} selection of the reader; null takes it back */
  choose(selection) {
    if (isSame(selection, this.#selected)) return;
    this.#waits = true;
    this.#patience.stop();
    this.#patience.start(PATIENCE, () => this.#settle());
    this.#become(selection);
    if (this.#sent === undefined) this.#send();
  }

  /** @param {unknown} trait */
  receive(trait) {
    this.#told = /** @type {Selection} */ (trait ?? null);
    const isMine = this.#waits && isSame(this.#told, this.#selected);
    if (!this.#waits || isMine) this.#settle();
    if (isMine) this.confirmed();
  }

  stop() {
    this.#patience.stop();
    this.#pause.stop();
  }

  #send() {
    this.#sent = this.#selected;
    this.#events.send(this.#selected);
    this.#pause.start(EVERY, () => {
      const isNews = this.#waits && this.#sent !== this.#selected;
      this.#sent = undefined;
      if (isNews) this.#send();
    });
  }

  /** What the kernel says holds. */
  #settle() {
    this.#waits = false;
    this.#patience.stop();
    this.#become(this.#told);
  }

  /** @param {Selection} selection */
  #become(selection) {
    if (isSame(selection, this.#selected)) return;
    this.#selected = selection;
    this.#events.changed();
  }
}
