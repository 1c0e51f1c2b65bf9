import assert from "node:assert/strict";
import { test } from "node:test";
import { poster } from "../src/poster.js";

/**
 * A model that belongs to a kernel.
 *
 * @param {string} control the kernel's address for pages
 * @param {{ kernel?: object | null }} [manager]
 */
function setUp(control, manager) {
  /** @type {unknown[]} */
  const byComm = [];
  const model = {
    get: () => control,
    send: (/** @type {unknown} */ message) => byComm.push(message),
    widget_manager: manager,
  };
  return { byComm, post: poster(/** @type {any} */ (model)) };
}

test("what a page says goes to the kernel's address, on its control channel", () => {
  /** @type {any[]} */
  const sent = [];
  const kernel = { clientId: "c", username: "u", sendControlMessage: (/** @type {any} */ message) => sent.push(message) };
  const { byComm, post } = setUp("here", { kernel });
  post({ type: "bye" });
  post({ type: "retry" });
  assert.deepEqual(byComm, []);
  assert.deepEqual(
    sent.map(({ content }) => content),
    [{ mzwidget: "here", message: { type: "bye" } }, { mzwidget: "here", message: { type: "retry" } }],
  );
  assert.ok(sent.every(({ channel, header }) => channel === "control" && header.session === "c"));
  assert.notEqual(sent[0].header.msg_id, sent[1].header.msg_id);
});

test("it goes by the comm where the kernel has no address, or the page no such channel", () => {
  const refused = () => assert.fail("sent on the control channel");
  const refuses = () => {
    throw new Error("not implemented");
  };
  const pages = [
    setUp("", { kernel: { sendControlMessage: refused } }),
    setUp("here"),
    setUp("here", { kernel: null }),
    setUp("here", { kernel: {} }),
    setUp("here", { kernel: { sendControlMessage: refuses } }),
  ];
  for (const { byComm, post } of pages) {
    post({ type: "bye" });
    post({ type: "retry" });
    assert.deepEqual(byComm, [{ type: "bye" }, { type: "retry" }]);
  }
});

test("it goes by the comm where the front end shows widgets nothing of itself", () => {
  /** @type {unknown[]} */
  const byComm = [];
  const post = poster(
    /** @type {any} */ ({
      get: () => "here",
      send: (/** @type {unknown} */ message) => byComm.push(message),
      get widget_manager() {
        throw new Error("not supported");
      },
    }),
  );
  post({ type: "bye" });
  assert.deepEqual(byComm, [{ type: "bye" }]);
});

test("nothing is said to a kernel that the page has let go of", () => {
  const { byComm, post } = setUp("here", { kernel: { isDisposed: true, sendControlMessage: () => assert.fail() } });
  post({ type: "bye" });
  assert.deepEqual(byComm, []);
});
