import { mountFrame } from "./frame.js";
import { Store } from "./store.js";
import { groupOf } from "./together.js";

/** @typedef {import("@anywidget/types").AnyModel} Model */
/** @typedef {import("./protocol.js").Options} Options */

const OPTIONS = /** @type {const} */ (["title", "name", "key", "value", "limit", "height", "note", "kind"]);

/**
 * Tie a store to the model: the only place that knows the comm.
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

  const readOptions = () =>
    store.configure(/** @type {Record<keyof Options, unknown>} */ (readAll(model)));
  for (const name of OPTIONS) model.on(`change:${name}`, readOptions);
  model.on("change:base", () => store.receiveBase(model.get("base")));
  model.on("change:delta", () => store.receiveDelta(model.get("delta")));
  model.on("change:status", () => store.receiveStatus(model.get("status")));
  const joinGroup = () => store.join(groupOf(String(model.get("group") ?? "")));
  model.on("change:group", joinGroup);
  model.on("comm_live_update", () => store.disconnect());

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
 * How to hand a message to the kernel: on its control channel, or by the comm where page or kernel has no other way.
 *
 * @param {Model} model
 * @returns {(message: object) => void}
 */
function poster(model) {
  const address = model.get("control");
  const kernel = address && /** @type {any} */ (model.widget_manager).kernel;
  if (!kernel?.sendControlMessage) return (message) => model.send(message);
  let able = true;
  return (message) => {
    if (kernel.isDisposed) return;
    if (!able) return void model.send(message);
    try {
      kernel.sendControlMessage(request(kernel, { mzwidget: address, message }));
    } catch {
      able = false; // VS Code's kernels have the method, and it always throws
      model.send(message);
    }
  };
}

/**
 * @param {{ clientId: string, username: string }} kernel
 * @param {object} content
 */
const request = (kernel, content) => ({
  channel: "control",
  header: {
    msg_type: "comm_info_request",
    msg_id: randomId(),
    session: kernel.clientId,
    username: kernel.username,
    date: new Date().toISOString(),
    version: "5.3",
  },
  parent_header: {},
  metadata: {},
  content,
  buffers: [],
});

/** @param {Model} model */
const readAll = (model) => Object.fromEntries(OPTIONS.map((name) => [name, model.get(name)]));

/** `crypto.randomUUID` is missing where Jupyter is served over plain HTTP. */
const randomId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");

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
