import assert from "node:assert/strict";
import { test } from "node:test";
import { neverBack } from "../src/sync/clock.js";

test("a clock that is set back goes on from where it was, and one that is set forward goes along", () => {
  let machine = 5_000;
  const now = neverBack(() => machine);
  const after = (/** @type {number} */ time) => ((machine = time), now());
  assert.equal(now(), 5_000);
  assert.equal(after(5_010), 5_010);
  assert.equal(after(1_000), 5_010);
  assert.equal(after(1_200), 5_210);
  assert.equal(after(900), 5_210);
  assert.equal(after(90_000), 94_310);
});
