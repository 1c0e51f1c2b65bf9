/** @typedef {import("@anywidget/types").AnyModel} Model */

/**
 * A front end's own model of a widget.
 *
 * @typedef {object} Heard
 * @property {(message: object) => Promise<void>} _handle_comm_msg
 * @property {{ on_msg: (hear: (message: object) => void) => void }} [comm]
 */

/** A message that no view takes for anything. */
const NOTHING = { content: { data: { method: "custom", content: {} } }, buffers: [] };

/**
 * Let a model hear the kernel though anywidget has given it up: where a busy page takes more than two seconds to load the
 * script, anywidget draws the widget all the same, and drops whatever the kernel says to it from then on.
 *
 * @param {Model} model
 * @returns {Promise<boolean>} whether that was needed
 */
export async function hear(model) {
  const given = await own(model);
  if (!given) return false;
  try {
    await given._handle_comm_msg(NOTHING);
    return false;
  } catch {
    const handle = inherited(given);
    if (!handle || !given.comm) return false;
    given.comm.on_msg((message) => handle.call(given, message));
    return true;
  }
}

/**
 * The front end's model, of the same id as the kernel's address; undefined where it shows none.
 *
 * @param {Model} model
 * @returns {Promise<Heard | undefined>}
 */
async function own(model) {
  const id = model.get("control");
  try {
    const found = id ? await /** @type {any} */ (model.widget_manager)?.get_model(id) : undefined;
    return typeof found?._handle_comm_msg === "function" ? found : undefined;
  } catch {
    return undefined;
  }
}

/**
 * How every widget takes what its kernel says, below what anywidget makes of it.
 *
 * @param {Heard} model
 * @returns {Heard["_handle_comm_msg"] | undefined}
 */
function inherited(model) {
  let of = Object.getPrototypeOf(model);
  while (of && !Object.hasOwn(of, "_handle_comm_msg")) of = Object.getPrototypeOf(of);
  return Object.getPrototypeOf(of ?? Object.prototype)?._handle_comm_msg;
}
