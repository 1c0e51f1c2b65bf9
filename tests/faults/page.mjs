/**
 * Pages for the fault schedules: the page's own client, as many as wanted in one process. Speaks JSON lines with
 * `pages.py`. Only the comm, the screen and the clock are made up; the clock runs as many times faster as is asked for.
 */

import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import { Client } from "../../js/src/sync/client.js";

const SPEED = Number(process.argv[2]);
const FRAME = 16;

/** @param {object} message */
const tell = (message) => process.stdout.write(JSON.stringify(message) + "\n");

/** A clock that stands still, timers included, while its page is frozen. */
class Clock {
  #start = Date.now();
  /** @type {(() => void)[] | null} */
  #held = null;

  now = () => this.#start + (Date.now() - this.#start) * SPEED;

  after = (delay, task) => {
    let cancelled = false;
    const run = () => {
      if (cancelled) return;
      if (this.#held === null) task();
      else this.#held.push(run);
    };
    const timer = setTimeout(run, delay / SPEED);
    return () => {
      cancelled = true;
      clearTimeout(timer);
    };
  };

  freeze() {
    this.#held ??= [];
  }

  thaw() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const run of held) run();
  }
}

class Page {
  #clock = new Clock();
  #model = {};
  #displays;
  #shown = [false, false];
  #painted = null;
  #waiting = false;

  constructor(name, state) {
    this.name = name;
    this.client = new Client((message) => tell({ to: name, says: { ...message, page: name } }), this.#clock);
    this.#displays = [this.client.displays.add(), this.client.displays.add()];
    this.client.store.subscribe(() => this.#schedule());
    this.#model = { base: {}, delta: {}, status: {}, ...state };
    this.client.receiveStatus(this.#model.status);
    this.client.receiveBase(this.#model.base);
    this.client.receiveDelta(this.#model.delta);
    this.client.open();
  }

  restore(state) {
    this.update(state);
  }

  /** Set the model as the front end does: all attributes first, then an event for each that is another one now. */
  update(state) {
    const changed = Object.keys(state).filter((name) => !isDeepStrictEqual(state[name], this.#model[name]));
    Object.assign(this.#model, state);
    for (const name of changed) {
      if (name === "base") this.client.receiveBase(this.#model.base);
      if (name === "delta") this.client.receiveDelta(this.#model.delta);
      if (name === "status") this.client.receiveStatus(this.#model.status);
    }
  }

  show(display, visible) {
    this.#shown[display] = visible;
    this.#displays[display].show(visible);
    this.#schedule();
  }

  freeze() {
    this.#clock.freeze();
  }

  thaw() {
    this.#clock.thaw();
  }

  press(button) {
    (button === "retry" ? this.client : this.client.playback)[button]();
  }

  close() {
    this.client.close();
    this.freeze();
  }

  kill() {
    this.freeze();
  }

  probe() {
    const { store, conversation } = this.client;
    tell({ to: this.name, probed: { status: store.status, silent: conversation.silent, snapshot: this.#rows(), shown: this.#shown } });
  }

  #schedule() {
    if (this.#waiting || !this.#shown.includes(true)) return;
    this.#waiting = true;
    this.#clock.after(Math.random() * FRAME, () => {
      this.#waiting = false;
      if (this.#shown.includes(true)) this.#paint();
    });
  }

  #paint() {
    const { snapshot } = this.client.store;
    if (snapshot === null) return;
    if (snapshot !== this.#painted) tell({ to: this.name, painted: this.#rows() });
    this.#painted = snapshot;
    this.#displays.forEach((display, i) => this.#shown[i] && display.painted(20 * i)); // ms: one is costly
  }

  #rows() {
    const { snapshot } = this.client.store;
    if (snapshot === null) return null;
    const { epoch, seq, time, columns, entries } = snapshot;
    return { epoch, seq, time, columns: columns.map(({ name }) => name), rows: entries.map(({ row, count }) => [row, count]) };
  }
}

/** @type {Map<string, Page | null>} those that are closed stay closed */
const pages = new Map();

/** What is done to a page before its first message has come. */
const early = new Map();

/** Bytes come as text in base64; the client gets them as a browser would hand them over. */
const revive = (_, value) =>
  typeof value === "object" && value !== null && "$bytes" in value
    ? new DataView(Uint8Array.from(Buffer.from(value.$bytes, "base64")).buffer)
    : value;

const input = createInterface({ input: process.stdin });
input.on("close", () => process.exit());
input.on("line", (line) => {
  const { to, call, with: given } = JSON.parse(line, revive);
  const page = pages.get(to);
  if (call === "close" || call === "kill") {
    page?.[call]();
    pages.set(to, null);
    early.delete(to);
  } else if (page) {
    page[call](...given);
  } else if (page === undefined && call === "restore") {
    const opened = new Page(to, ...given);
    pages.set(to, opened);
    for (const [before, ...its] of early.get(to) ?? []) opened[before](...its);
    early.delete(to);
  } else if (page === undefined && call !== "update") {
    early.set(to, [...(early.get(to) ?? []), [call, ...given]]);
  }
});
