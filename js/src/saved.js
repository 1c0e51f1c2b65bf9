/**
 * A view in a file of its own: what the kernel was for a page, from what was saved of it. It stands at the moment of
 * saving, goes to any other that is known, and plays from there on.
 *
 * @module
 */

import { Change, Multiset } from "./sync/multiset.js";

/** @typedef {import("./sync/protocol.js").Base} Base */
/** @typedef {Pick<import("./sync/protocol.js").Delta, "inserts" | "deletes" | "insert_counts" | "delete_counts">} Updates */

/**
 * @typedef {object} Saved
 * @property {{ name: string, note: string, options: object }} traits
 * @property {Base} base the content when it was saved
 * @property {readonly (Updates & { time: number })[]} past what led to it, in the order of time
 * @property {number | null} earliest milliseconds since 1970; null if there is no past
 * @property {Record<string, string>} assets scripts that pictures load, in base 64
 */

/** Milliseconds between two looks at the time while it plays. */
const FRAME = 50;
/** Milliseconds between two signs of life, without which the page would say that the kernel is gone. */
const REPORT = 2_000;
/** Changes that are told one by one, so that pictures glide; more are told as a whole. */
const FEW = 50;

/** @typedef {(...what: any[]) => void} Handler */

/** What anywidget's model is in a notebook. */
class Model {
  /** @type {Map<string, Handler[]>} */
  #handlers = new Map();
  /** @type {Record<string, unknown>} */
  #traits;
  /** @param {Record<string, unknown>} traits */
  constructor(traits) {
    this.#traits = { base: {}, delta: {}, status: {}, group: "", control: "", selected: null, ...traits };
  }

  /** @param {any} _message */
  send = (_message) => {};
  get = (/** @type {string} */ name) => this.#traits[name];
  off = (/** @type {string} */ name) => void this.#handlers.delete(name);
  on = (/** @type {string} */ name, /** @type {Handler} */ handler) => {
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]);
  };

  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    this.#traits[name] = value;
    this.emit(`change:${name}`);
  }

  /**
   * @param {string} event
   * @param {any[]} what
   */
  emit(event, ...what) {
    for (const handler of this.#handlers.get(event) ?? []) handler(...what);
  }
}

/** The saved past, and the place in it that is shown. */
class Recording {
  #saved;
  #model;
  #rows;
  /** Changes that have happened at the moment shown. */
  #at;
  #seq;
  /** @type {number | null} */
  #time;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #playing;

  /**
   * @param {Saved} saved
   * @param {Model} model
   */
  constructor(saved, model) {
    this.#saved = saved;
    this.#model = model;
    this.#rows = new Multiset(saved.base.rows, saved.base.counts);
    this.#at = saved.past.length;
    this.#seq = saved.base.seq;
    this.#time = saved.base.time;
  }

  /** @param {{ type: string, time?: number, asset?: string, selection?: unknown }} message */
  hear({ type, time, asset, selection }) {
    if (type === "hello") this.#model.set("base", this.#base());
    if (type === "seek" || type === "pause") this.#stop();
    if (type === "seek" && time !== undefined) this.#go(time);
    if (type === "select") this.#model.set("selected", selection);
    if (type === "resume") this.#play();
    if (type === "need" && asset !== undefined) this.#supply(asset);
    if (type !== "ack") this.report();
  }

  report() {
    const { earliest, base } = this.#saved;
    const playing = this.#playing !== undefined;
    this.#model.set("status", {
      state: playing ? "catching up" : "paused",
      message: "",
      time: this.#time,
      lag: null,
      epoch: base.epoch,
      seq: this.#seq,
      rows: this.#rows.size,
      paused: !playing,
      waiting: 0,
      history: earliest === null ? null : [earliest, base.time],
      since: base.time ?? 0,
      retry_at: null,
    });
  }

  #base() {
    const entries = this.#rows.entries();
    const [rows, counts] = [entries.map(({ row }) => row), entries.map(({ count }) => count)];
    return { ...this.#saved.base, seq: this.#seq, time: this.#time, rows, counts };
  }

  /** @param {number} time */
  #go(time) {
    const { past, base, earliest } = this.#saved;
    const [from, latest] = [this.#at, base.time ?? time];
    this.#time = Math.min(Math.max(time, earliest ?? latest), latest);
    let to = past.findIndex((change) => change.time > /** @type {number} */ (this.#time));
    if (to < 0) to = past.length;
    const step = Math.sign(to - from);
    const told = Math.abs(to - from) <= FEW;
    for (; this.#at !== to; this.#at += step) {
      const change = past[step > 0 ? this.#at : this.#at - 1];
      if (change !== undefined) this.#step(change, step > 0, told);
    }
    if (told) return;
    this.#seq += 1;
    this.#model.set("base", this.#base());
  }

  /**
   * @param {Updates} change
   * @param {boolean} forth
   * @param {boolean} told
   */
  #step(change, forth, told) {
    const [inserts, deletes] = forth ? [change.inserts, change.deletes] : [change.deletes, change.inserts];
    const [came, went] = [change.insert_counts, change.delete_counts];
    const [insert_counts, delete_counts] = forth ? [came, went] : [went, came];
    this.#rows.apply(new Change().add(inserts, insert_counts, 1).add(deletes, delete_counts, -1));
    if (!told) return;
    const { epoch } = this.#saved.base;
    const from = this.#seq++;
    const counts = { ...(insert_counts && { insert_counts }), ...(delete_counts && { delete_counts }) };
    this.#model.set("delta", { epoch, from, to: this.#seq, time: this.#time, inserts, deletes, ...counts });
  }

  #play() {
    const { earliest, base } = this.#saved;
    if (earliest === null || base.time === null || this.#time === null) return;
    const latest = base.time;
    const start = this.#time < latest ? this.#time : earliest;
    const began = performance.now();
    this.#stop();
    this.#playing = setInterval(() => {
      const time = start + Math.round(performance.now() - began);
      this.#go(time);
      if (time >= latest) this.#stop();
      this.report();
    }, FRAME);
  }

  #stop() {
    clearInterval(this.#playing);
    this.#playing = undefined;
  }

  /** @param {string} name */
  #supply(name) {
    const script = this.#saved.assets[name];
    if (script === undefined) return;
    const bytes = Uint8Array.from(atob(script), (character) => character.charCodeAt(0));
    this.#model.emit("msg:custom", { type: "asset", name }, [bytes]);
  }
}

/**
 * Show a saved view.
 *
 * @param {{ default: () => { initialize: (props: any) => void, render: (props: any) => void } }} widget the bundle
 * @param {HTMLElement} el
 * @param {Saved} saved
 */
export function show(widget, el, saved) {
  const model = new Model(saved.traits);
  const recording = new Recording(saved, model);
  model.send = (/** @type {any} */ message) => void setTimeout(() => recording.hear(message));
  model.set("base", saved.base);
  recording.report();
  const { signal } = new AbortController();
  const { initialize, render } = widget.default();
  initialize({ model, signal });
  render({ model, el, signal });
  setInterval(() => recording.report(), REPORT);
}
