/**
 * The scripts that the page lacks: asked of the kernel when a picture first needs one, and then kept for all pictures
 * of the page. (One instance of this module serves all widgets of a page: see `build.mjs`.)
 *
 * @module
 */

/** Milliseconds until a script is asked for again; doubled each time. */
const ASK_AGAIN = 2_000;
const ASK_AGAIN_AT_MOST = 30_000;

/**
 * @typedef {object} Asset
 * @property {Promise<any>} module
 * @property {(script: BufferSource) => void} arrive
 * @property {boolean} here
 * @property {number} askedAt
 */

/** @type {Map<string, Asset>} */
const assets = new Map();

/** @param {string} name */
function assetOf(name) {
  const asset = assets.get(name);
  if (asset === undefined) {
    /** @type {(module: Promise<any>) => void} */
    let resolve = () => {};
    /** @type {Asset} */
    const own = {
      module: new Promise((done) => (resolve = done)),
      here: false,
      askedAt: -Infinity,
      arrive(script) {
        if (own.here) return;
        own.here = true;
        const module = evaluate(script);
        module.catch(() => assets.delete(name)); // so that the next picture asks for a better one
        resolve(module);
      },
    };
    assets.set(name, own);
    return own;
  }
  return asset;
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
  const asset = assetOf(name);
  let wait = ASK_AGAIN;
  const askUntilHere = () => {
    if (asset.here || signal.aborted) return;
    const now = performance.now();
    if (now - asset.askedAt >= ASK_AGAIN) {
      asset.askedAt = now;
      ask();
    }
    setTimeout(askUntilHere, wait);
    wait = Math.min(2 * wait, ASK_AGAIN_AT_MOST);
  };
  askUntilHere();
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
