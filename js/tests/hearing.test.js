import assert from "node:assert/strict";
import { test } from "node:test";
import { hear } from "../src/hearing.js";

class Widget {
  /** @type {object[]} */
  heard = [];
  /** @type {(message: object) => unknown} */
  say = () => assert.fail("nobody listens");
  comm = { on_msg: (/** @type {(message: object) => unknown} */ hears) => void (this.say = hears) };

  /** @param {object} message */
  async _handle_comm_msg(message) {
    this.heard.push(message);
  }
}

class Gated extends Widget {
  /** @type {Promise<unknown>} */
  ready = Promise.resolve();

  /**
   * @param {object} message
   * @override
   */
  async _handle_comm_msg(message) {
    await this.ready;
    return super._handle_comm_msg(message);
  }
}

/**
 * @param {unknown} widget
 * @param {string} control
 */
const modelOf = (widget, control = "here") =>
  /** @type {any} */ ({
    get: () => control,
    widget_manager: { get_model: async (/** @type {string} */ id) => (id === "here" ? widget : undefined) },
  });

test("a model that was given up hears the kernel again, and every message once", async () => {
  const widget = new Gated();
  widget.ready = Promise.reject(new Error("not in time"));
  assert.equal(await hear(modelOf(widget)), true);
  const message = { said: 1 };
  await widget.say(message);
  assert.deepEqual(widget.heard, [message]);
});

test("a model that hears is left as it is", async () => {
  const widget = new Gated();
  assert.equal(await hear(modelOf(widget)), false);
  assert.throws(() => widget.say({}), /nobody listens/);
});

test("where the front end shows no model, nothing is done", async () => {
  const refuses = { get: () => "here", widget_manager: { get_model: () => Promise.reject(new Error("none")) } };
  const models = [modelOf(undefined), modelOf({}), modelOf(new Gated(), ""), { get: () => "here" }, refuses];
  for (const model of models) assert.equal(await hear(/** @type {any} */ (model)), false);
});
