import { receiveAsset } from "./display/assets.js";
import { mountFrame } from "./display/frame.js";
import { hear } from "./hearing.js";
import { randomId } from "./sync/id.js";
import { poster } from "./poster.js";
import { Client } from "./sync/client.js";
import { groupOf } from "./sync/together.js";
import { twinsOf } from "./sync/twins.js";

/** @typedef {import("@anywidget/types").AnyModel} Model */
/** @typedef {import("./sync/protocol.js").Options} Options */

const OPTIONS = /** @type {const} */ (["options", "name", "note"]);

/** The element of a host that runs cells anew when a page says that a widget has changed, and only then. */
const MARIMO = "marimo-anywidget";

/**
 * Tie a client to the model: the only place that knows both.
 *
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function connect(model, signal) {
  let page = randomId();
  const post = poster(model);
  const client = new Client((message) => {
    try {
      post({ ...message, page });
    } catch {
      // The comm is gone; `comm_live_update` says so, or a later message shows that it is not.
    }
  });

  const twins = twinsOf(String(model.get("control") ?? ""), client, signal);
  /** @param {(client: Client) => void} receive what the model says, also for its twins */
  const each = (receive) => () => twins.forEach(receive);
  const readOptions = each(({ store }) => store.configure(optionsOf(model)));
  for (const name of OPTIONS) model.on(`change:${name}`, readOptions);
  model.on("change:base", each((twin) => twin.receiveBase(model.get("base"))));
  model.on("change:delta", each((twin) => twin.receiveDelta(model.get("delta"))));
  model.on("change:status", each((twin) => twin.receiveStatus(model.get("status"))));
  model.on("change:selected", each((twin) => twin.selecting.receive(model.get("selected"))));
  if (customElements.get(MARIMO)) {
    client.selecting.confirmed = () => {
      model.set("selected", model.get("selected"));
      model.save_changes();
    };
  }
  const joinGroup = each((twin) => twin.join(groupOf(String(model.get("group") ?? ""))));
  model.on("change:group", joinGroup);
  model.on("comm_live_update", () => client.disconnect());
  model.on("msg:custom", (message, buffers) => {
    const [script] = /** @type {BufferSource[]} */ (buffers ?? []);
    if (message?.type === "asset" && script) receiveAsset(String(message.name), script);
  });

  readOptions();
  joinGroup();
  client.selecting.receive(model.get("selected"));
  client.receiveBase(model.get("base"));
  client.receiveDelta(model.get("delta"));
  client.receiveStatus(model.get("status"));
  client.open();

  window.addEventListener("pagehide", () => client.leave(), { signal });
  window.addEventListener(
    "pageshow",
    (event) => {
      if (!event.persisted) return;
      page = randomId();
      client.rejoin();
    },
    { signal },
  );
  signal.addEventListener("abort", () => {
    client.close();
    // JupyterLab keeps the models it has closed, and each its values and those before its last change, without end.
    model.off("change:base");
    model.off("change:delta");
    for (const name of ["base", "delta", "base"]) model.set(name, {});
  });
  return client;
}

/**
 * @param {Model} model
 * @returns {Partial<Options>}
 */
function optionsOf(model) {
  return { ...model.get("options"), name: model.get("name"), note: model.get("note") };
}

/** One call for each model, so that its client is its own. */
export default () => {
  /** @type {Client} */
  let client;
  return {
    /** @param {{ model: Model, signal: AbortSignal }} props */
    initialize({ model, signal }) {
      client = connect(model, signal);
      void hear(model);
    },
    /** @param {{ el: HTMLElement, signal: AbortSignal }} props */
    render({ el, signal }) {
      if (!signal.aborted) mountFrame(el, client, signal);
    },
  };
};
