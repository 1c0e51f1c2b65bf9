/**
 * The scripts that the page lacks: asked of the kernel when a picture first needs one, and then kept for all pictures
 * of the page. (One instance of this module serves all widgets of a page: see `build.mjs`.)
 *
 * @module
 */

import { Asking } from "../sync/asking.js";
import { systemClock } from "../sync/clock.js";

/** @type {Map<string, Asset>} */
const assets = new Map();

/** A script, asked for until it comes: of the kernels of those who wait for it, one after the other. */
class Asset {
  /** @type {(module: Promise<any>) => void} */
  #resolve = () => {};
  /** @type {Set<() => void>} */
  #askers = new Set();
  #asking = new Asking(() => this.#askNext(), systemClock);
  #isHere = false;

  /** @param {string} name without its ending */
  constructor(name) {
    this.name = name;
    /** @type {Promise<any>} */
    this.module = new Promise((resolve) => (this.#resolve = resolve));
  }

  /**
   * @param {() => void} ask
   * @param {AbortSignal} signal
   */
  need(ask, signal) {
    if (this.#isHere || signal.aborted) return;
    this.#askers.add(ask);
    signal.addEventListener("abort", () => {
      this.#askers.delete(ask);
      if (this.#askers.size === 0) this.#asking.rest();
    });
    this.#asking.need();
  }

  /** @param {BufferSource} script */
  arrive(script) {
    if (this.#isHere) return;
    this.#isHere = true;
    this.#asking.rest();
    const module = evaluate(script);
    module.catch(() => assets.delete(this.name)); // so that the next picture asks for a better one
    this.#resolve(module);
  }

  #askNext() {
    for (const ask of this.#askers) {
      this.#askers.delete(ask);
      this.#askers.add(ask); // at the end: the next time it is another one's turn
      return ask();
    }
  }
}

/** @param {BufferSource} script */
async function evaluate(script) {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    return await import(address);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/**
 * Load a script of `mzwidget/static`.
 *
 * @param {string} name without its ending
 * @param {() => void} ask the kernel, which may be done by several pictures
 * @param {AbortSignal} signal ends the asking
 * @returns {Promise<any>} its module
 */
export function loadAsset(name, ask, signal) {
  const asset = assets.get(name) ?? new Asset(name);
  assets.set(name, asset);
  asset.need(ask, signal);
  return asset.module;
}

/**
 * Take what the kernel sends to all pages, whichever has asked.
 *
 * @param {string} name
 * @param {BufferSource} script
 */
export function receiveAsset(name, script) {
  assets.get(name)?.arrive(script);
}
