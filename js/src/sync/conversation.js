import { Acknowledging } from "./acknowledging.js";
import { Asking } from "./asking.js";
import { Timer } from "./clock.js";
import { Silence } from "./silence.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./protocol.js").Position} Position */

/**
 * What the page has to say of itself.
 *
 * @typedef {object} Page
 * @property {Position} position the state that it has
 * @property {boolean} needsBase whether nothing but a base can help it
 * @property {boolean} isBehind whether the kernel has spoken of a state that it does not have
 * @property {import("./protocol.js").Status} status
 * @property {number} displays
 * @property {boolean} visible
 */

/**
 * What the conversation brings about.
 *
 * @typedef {object} Events
 * @property {() => void} missed a state that the kernel spoke of has not come
 * @property {() => void} changed `connected` or `silent` is another one now
 */

const MISSED = 1_000;
const SIGN_OF_LIFE = 10_000;

/**
 * How a page stands to the kernel: the kernel knows it; does not, since the view is shown nowhere; has not been greeted
 * yet, or been told goodbye; or will never hear of it again. Only a page that is known speaks.
 *
 * @typedef {"known" | "unseen" | "away" | "closed"} Standing
 */

/** The page's side of the conversation with the kernel. */
export class Conversation {
  #page;
  #events;
  #post;
  /** @type {Standing} */
  #standing = "away";
  #connected = true;
  #asking;
  #acknowledging;
  #silence;
  #lifeTimer;
  #missedTimer;

  /**
   * @param {Page} page
   * @param {Events} events
   * @param {(message: Message) => void} post hands a message to the kernel
   * @param {Clock} clock
   */
  constructor(page, events, post, clock) {
    this.#page = page;
    this.#events = events;
    this.#post = post;
    this.#asking = new Asking(() => this.#say("hello"), clock);
    this.#acknowledging = new Acknowledging(() => this.#acknowledge(), clock);
    this.#silence = new Silence(() => this.#remind(), clock);
    this.#lifeTimer = new Timer(clock);
    this.#missedTimer = new Timer(clock);
  }

  /** Whether the kernel is there, as far as is known. */
  get connected() {
    return this.#connected;
  }

  /** Whether the kernel, which should speak every second, has been silent for long. */
  get silent() {
    return this.#expectsNews && this.#silence.isLong;
  }

  /** Whether the kernel has spoken since this page was opened: what there was before may be from a file. */
  get answered() {
    return this.#silence.wasBroken;
  }

  /** The first words, as soon as there is a display: say what came with the page, or ask. */
  open() {
    this.#silence.open(this.#page.status.time);
    this.#standing = "unseen";
    if (this.#page.displays > 0) this.comeBack();
  }

  /** The kernel has said something. */
  heard() {
    this.#connected = true;
    this.#silence.end();
    this.#watch();
    this.#keepAlive();
  }

  /** The page has other content, or has lost some. */
  settle() {
    if (this.#page.needsBase && this.#standing === "known") this.#asking.need();
    else this.#asking.rest();
  }

  /** The kernel has said how the view fares, and which state is the newest. */
  heardStatus() {
    if (!this.#page.isBehind) return;
    this.#missedTimer.start(MISSED, () => {
      if (!this.#page.isBehind) return;
      this.#events.missed();
      this.settle();
    });
  }

  /** What the page has now is on the screen, or need not be. */
  see() {
    this.#acknowledging.see(this.#page.position);
  }

  /** @param {number} cost milliseconds that a paint took */
  spend(cost) {
    this.#acknowledging.spend(cost);
  }

  /** Someone can see the view now, or nobody any more. */
  turn() {
    this.#silence.excuse();
    this.#watch();
    this.#say("visible");
  }

  /** The last display is gone. */
  withdraw() {
    this.#stop();
    this.#say("visible");
    if (this.#standing === "known") this.#standing = "unseen";
  }

  /** There is a display, for the first time or again. */
  comeBack() {
    if (this.#standing !== "unseen") return;
    this.#standing = "known";
    this.#asking.forget();
    this.#watch();
    this.settle();
    if (!this.#page.needsBase) this.#say("have");
  }

  /** The kernel has gone and takes this view with it. */
  disconnect() {
    this.#connected = false;
    this.#stop();
  }

  /** Take leave of the kernel: nothing is sent until `rejoin`. */
  leave() {
    this.send({ type: "bye" });
    if (this.#standing !== "closed") this.#standing = "away";
    this.#stop();
  }

  /** Come back, as a page of another id. */
  rejoin() {
    if (this.#standing !== "away") return;
    this.#acknowledging.forget();
    this.open();
  }

  close() {
    this.leave();
    this.#standing = "closed";
  }

  /** @param {Message} message */
  send(message) {
    if (this.#standing !== "known" || !this.#connected) return;
    this.#post(message);
    this.#lifeTimer.stop();
    this.#keepAlive();
  }

  /** @param {"hello" | "have" | "visible"} type */
  #say(type) {
    const { visible, displays, position } = this.#page;
    this.send({ type, visible, displays, ...position });
  }

  #acknowledge() {
    this.send(this.#acknowledging.message);
  }

  /** Say something every now and then while someone looks, so that a page that is gone can be told from a quiet one. */
  #keepAlive() {
    if (this.#page.visible && this.#isHere) this.#lifeTimer.start(SIGN_OF_LIFE, () => this.#acknowledge());
  }

  get #isHere() {
    return this.#standing === "known" || this.#standing === "unseen";
  }

  get #expectsNews() {
    const { visible, status } = this.#page;
    const speaks = ["live", "catching up", "stalled", "connecting"].includes(status.state);
    return visible && this.#connected && speaks;
  }

  #watch() {
    if (this.#isHere) this.#silence.watch();
    else this.#silence.stop();
  }

  /** Ask how things are, whatever the state: what ended it may be in the very message that was lost. */
  #remind() {
    const { visible, status } = this.#page;
    if (visible && !["ended", "closed"].includes(status.state)) this.#say("have");
    if (this.#expectsNews) this.#events.changed();
  }

  #stop() {
    this.#asking.stop();
    this.#acknowledging.stop();
    this.#silence.stop();
    this.#lifeTimer.stop();
    this.#missedTimer.stop();
  }
}
