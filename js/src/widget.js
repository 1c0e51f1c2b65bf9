import { receiveAsset } from "./display/assets.js";
import { mountFrame } from "./display/frame.js";
import { randomId } from "./sync/id.js";
import { poster } from "./poster.js";
import { Store } from "./sync/store.js";
import { groupOf } from "./sync/together.js";

/** @typedef {import("@anywidget/types").AnyModel} Model */
/** @typedef {import("./sync/protocol.js").Options} Options */

/** Traits that the options come from; those after `note` are a kernel's that has no trait `options` yet. */
const OPTIONS = /** @type {const} */ (["options", "name", "note", "title", "key", "value", "limit", "height"]);

/**
 * Tie a store to the model: the only place that knows both.
 *
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function connect(model, signal) {
  let page = randomId();
  const post = poster(model);
  const store = new Store((message) => {
    try {
      post({ ...message, page });
    } catch {
      // The comm is gone; `comm_live_update` says so, or a later message shows that it is not.
    }
  });

  const readOptions = () => store.configure(optionsOf(model));
  for (const name of OPTIONS) model.on(`change:${name}`, readOptions);
  model.on("change:base", () => store.receiveBase(model.get("base")));
  model.on("change:delta", () => store.receiveDelta(model.get("delta")));
  model.on("change:status", () => store.receiveStatus(model.get("status")));
  const joinGroup = () => store.join(groupOf(String(model.get("group") ?? "")));
  model.on("change:group", joinGroup);
  model.on("comm_live_update", () => store.disconnect());
  model.on("msg:custom", (message, buffers) => {
    const [script] = /** @type {BufferSource[]} */ (buffers ?? []);
    if (message?.type === "asset" && script) receiveAsset(String(message.name), script);
  });

  readOptions();
  joinGroup();
  store.receiveBase(model.get("base"));
  store.receiveDelta(model.get("delta"));
  store.receiveStatus(model.get("status"));
  store.open();

  window.addEventListener("pagehide", () => store.leave(), { signal });
  window.addEventListener(
    "pageshow",
    (event) => {
      if (!event.persisted) return;
      page = randomId();
      store.rejoin();
    },
    { signal },
  );
  signal.addEventListener("abort", () => {
    store.close();
    // JupyterLab keeps the models it has closed, and each its values and those before its last change, without end.
    model.off("change:base");
    model.off("change:delta");
    for (const name of ["base", "delta", "base"]) model.set(name, {});
  });
  return store;
}

/**
 * @param {Model} model
 * @returns {Partial<Options>}
 */
function optionsOf(model) {
  const { options, ...others } = Object.fromEntries(OPTIONS.map((name) => [name, model.get(name)]));
  return { ...others, ...options };
}

/** One call for each model, so that its store is its own. */
export default () => {
  /** @type {Store} */
  let store;
  return {
    /** @param {{ model: Model, signal: AbortSignal }} props */
    initialize({ model, signal }) {
      store = connect(model, signal);
    },
    /** @param {{ el: HTMLElement, signal: AbortSignal }} props */
    render({ el, signal }) {
      mountFrame(el, store, signal);
    },
  };
};
