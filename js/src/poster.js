import { randomId } from "./sync/id.js";

/** @typedef {import("@anywidget/types").AnyModel} Model */

/**
 * How to hand a message to the kernel: on its control channel, or by the comm where page or kernel has no other way.
 *
 * @param {Model} model
 * @returns {(message: object) => void}
 */
export function poster(model) {
  const address = model.get("control");
  const kernel = address && kernelOf(model);
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
 * The front end's handle on the kernel; undefined where it has none, or shows none to widgets.
 *
 * @param {Model} model
 * @returns {any}
 */
function kernelOf(model) {
  try {
    return /** @type {any} */ (model.widget_manager)?.kernel;
  } catch {
    return undefined;
  }
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
