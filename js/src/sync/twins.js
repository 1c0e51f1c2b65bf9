/**
 * @template T
 * @typedef {ReadonlySet<T>} Twins
 */

/** @type {Map<string, Set<any>>} */
const all = new Map();

/**
 * All that stand for one widget in this page, whichever of them hears of it. JupyterLab makes two models of a widget
 * that is made just while it restores those of the kernel, shows the second, and hands what the kernel says to the first.
 *
 * @template T
 * @param {string} address of the widget; empty where it has none, and so no twins
 * @param {T} one
 * @param {AbortSignal} signal ends it
 * @returns {Twins<T>}
 */
export function twinsOf(address, one, signal) {
  const twins = (address && all.get(address)) || new Set();
  twins.add(one);
  if (address) all.set(address, twins);
  signal.addEventListener("abort", () => {
    twins.delete(one);
    if (twins.size === 0) all.delete(address);
  });
  return twins;
}
