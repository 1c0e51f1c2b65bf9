import { systemClock } from "./clock.js";
import { Conversation } from "./conversation.js";
import { Displays } from "./displays.js";
import { Playback } from "./playback.js";
import { Selecting } from "./selecting.js";
import { Store } from "./store.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./protocol.js").Message} Message */

/** One view on one page: its store, its displays and its conversation with the kernel. Knows neither the DOM nor the comm. */
export class Client {
  #isClosed = false;

  /**
   * @param {(message: Message) => void} post hands a message to the kernel
   * @param {Clock} [clock]
   */
  constructor(post, clock = systemClock) {
    const client = this;
    this.displays = new Displays(
      {
        came: (count) => this.#came(count),
        left: (count) => this.#left(count),
        turned: () => this.conversation.turn(),
        painted: (cost) => {
          this.conversation.spend(cost);
          this.conversation.see();
        },
      },
      clock,
    );
    this.conversation = new Conversation(
      {
        get position() {
          return client.store.position;
        },
        get needsBase() {
          return client.store.needsBase;
        },
        get isBehind() {
          return client.store.isBehind;
        },
        get status() {
          return client.store.status;
        },
        get displays() {
          return client.displays.count;
        },
        get visible() {
          return client.displays.visible;
        },
      },
      { missed: () => this.store.miss(), changed: () => this.store.notify() },
      post,
      clock,
    );
    this.playback = new Playback(
      {
        send: (message) => this.conversation.send(message),
        freeze: () => this.store.shown.freeze(),
        thaw: () => this.store.shown.thaw(),
        changed: () => this.store.notify(),
      },
      clock,
    );
    this.selecting = new Selecting(
      {
        send: (selection) => this.conversation.send({ type: "select", epoch: this.store.position.epoch, selection }),
        changed: () => this.store.notify(),
      },
      clock,
    );
    this.store = new Store(() => this.displays.count > 0 && this.conversation.connected, clock);
  }

  // What the kernel says.

  /** @param {unknown} trait */
  receiveBase(trait) {
    this.conversation.heard();
    this.store.receiveBase(trait);
    this.#settle();
  }

  /** @param {unknown} trait */
  receiveDelta(trait) {
    this.conversation.heard();
    this.store.receiveDelta(trait);
    this.#settle();
  }

  /** @param {unknown} trait */
  receiveStatus(trait) {
    this.conversation.heard();
    this.store.receiveStatus(trait);
    this.playback.told(this.store.status.paused);
    this.conversation.heardStatus();
    this.store.notify();
  }

  /** The kernel has gone and takes this view with it. */
  disconnect() {
    this.conversation.disconnect();
    this.playback.stop();
    this.store.shown.consider();
    this.store.notify();
  }

  // What the user does, besides playing.

  retry() {
    this.conversation.send({ type: "retry" });
  }

  /**
   * Ask for a script of the package.
   *
   * @param {string} asset
   */
  need(asset) {
    this.conversation.send({ type: "need", asset });
  }

  // Coming and going.

  /** @param {import("./together.js").Together} together to show one moment with */
  join(together) {
    if (!this.#isClosed) this.store.shown.join(together);
  }

  /** Say what came with the page, or ask. */
  open() {
    this.conversation.open();
  }

  /** Take leave of the kernel: nothing is sent until `rejoin`. */
  leave() {
    this.conversation.leave();
    this.displays.stop();
    this.playback.stop();
    this.selecting.stop();
  }

  /** Come back, as a page of another id. */
  rejoin() {
    this.conversation.rejoin();
  }

  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.leave();
    this.conversation.close();
    this.store.close();
  }

  #settle() {
    this.conversation.settle();
    if (!this.displays.visible || this.store.shown.waits) this.conversation.see();
  }

  /** @param {number} count */
  #came(count) {
    if (count === 1) this.store.shown.hide();
    this.conversation.comeBack();
    this.store.shown.consider();
  }

  /** @param {number} count */
  #left(count) {
    if (count === 0) this.conversation.withdraw();
    this.store.shown.consider();
  }
}
