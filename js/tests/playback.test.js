import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../src/sync/store.js";
import { COLUMNS, FakeClock, TABLE } from "./kernel.js";

/** @typedef {import("../src/sync/protocol.js").Message} Message */

/** A store that shows a view at time 0, and what it says about playing. */
function setUp() {
  const clock = new FakeClock();
  /** @type {Message[]} */
  const posted = [];
  const store = new Store((message) => posted.push(message), clock);
  const place = { epoch: "e", columns: COLUMNS, encoding: TABLE };
  store.receiveBase({ ...place, seq: 0, time: 0, rows: [["ann", 0]] });
  store.open();
  store.display().show(true);
  return {
    clock,
    store,
    asked: () => posted.splice(0).filter(({ type }) => ["pause", "resume", "seek"].includes(type)),
    /** @param {number} to */
    delta: (to) =>
      store.receiveDelta({ epoch: "e", from: to - 1, to, time: to, deletes: [["ann", to - 1]], inserts: [["ann", to]] }),
    /** @param {Partial<import("../src/sync/protocol.js").Status>} status */
    status: (status) => store.receiveStatus({ state: "live", epoch: "e", ...status }),
    shown: () => store.snapshot?.entries[0]?.row[1],
  };
}

test("a pause stops the picture at once and shows what the kernel paused at", () => {
  const { clock, store, asked, delta, status, shown } = setUp();
  store.pause();
  assert.deepEqual(asked(), [{ type: "pause" }]);
  assert.deepEqual([store.playback.paused, store.playback.pending], [true, "pausing"]);
  clock.advance(50);
  delta(1);
  status({ paused: false });
  delta(2);
  assert.equal(shown(), 0);
  assert.equal(store.playback.canSeek, false);
  status({ paused: true });
  assert.equal(shown(), 2);
  assert.deepEqual([store.playback.paused, store.playback.pending, store.playback.canSeek], [true, null, true]);
});

test("a picture is not stopped for ever by a kernel that does not hear", () => {
  const { clock, store, delta, status, shown } = setUp();
  store.pause();
  delta(1);
  clock.advance(1_999);
  assert.equal(shown(), 0);
  let told = 0;
  store.subscribe(() => told++);
  clock.advance(1);
  assert.equal(shown(), 1);
  assert.ok(told > 0);
  delta(2);
  assert.equal(shown(), 2);
  assert.equal(store.playback.pending, "pausing");
  status({ paused: true });
  assert.equal(store.playback.pending, null);
});

test("a pause taken back lets the picture go on at once", () => {
  const { store, asked, delta, status, shown } = setUp();
  store.pause();
  delta(1);
  store.resume();
  assert.equal(shown(), 1);
  assert.deepEqual([store.playback.paused, store.playback.pending], [false, "resuming"]);
  assert.deepEqual(asked(), [{ type: "pause" }, { type: "resume" }]);
  status({ paused: false });
  assert.equal(store.playback.pending, null);
});

test("a kernel that is gone is not waited for", () => {
  const { store, delta, shown } = setUp();
  store.pause();
  delta(1);
  store.disconnect();
  assert.deepEqual([shown(), store.playback.pending], [1, null]);
});

test("paused is paused under whatever name it comes", () => {
  const { store, status } = setUp();
  status({ state: "paused" });
  assert.equal(store.playback.canSeek, true);
  status({ state: "reconnecting", paused: true });
  assert.equal(store.playback.canSeek, true);
  status({ state: "reconnecting" });
  assert.equal(store.playback.canSeek, false);
});

test("seeking is sent ten times a second at most, and the last place always", () => {
  const { clock, store, asked, status } = setUp();
  status({ paused: true });
  for (let i = 0; i < 100; i++) {
    store.seek(1_000 + i + 0.4);
    assert.equal(store.playback.sought, 1_000 + i);
    clock.advance(7);
  }
  clock.advance(100);
  const seeks = asked();
  assert.ok(seeks.length >= 7 && seeks.length <= 9, `${seeks.length} in 0.7 s`);
  assert.deepEqual(seeks[0], { type: "seek", time: 1_000 });
  assert.deepEqual(seeks.at(-1), { type: "seek", time: 1_099 });
  clock.advance(60_000);
  assert.deepEqual(asked(), []);
  assert.equal(store.playback.sought, null);
});

test("nothing is sought after the end of a pause", () => {
  for (const end of ["by the user", "by the kernel"]) {
    const { clock, store, asked, status } = setUp();
    status({ paused: true });
    store.seek(1);
    store.seek(2);
    if (end === "by the user") store.resume();
    else status({ paused: false });
    clock.advance(60_000);
    assert.deepEqual(
      asked().map(({ type }) => type),
      end === "by the user" ? ["seek", "resume"] : ["seek"],
    );
    assert.equal(store.playback.sought, null);
  }
});

test("what is shown while paused is dated by the kernel, also when going there changed nothing", () => {
  const { store, delta, status } = setUp();
  delta(1);
  status({ seq: 1, time: 900 });
  assert.equal(store.time, 900);
  status({ seq: 1, time: 400, paused: true });
  assert.equal(store.time, 400);
  status({ seq: 2, time: 300, paused: true });
  assert.equal(store.time, 400);
  delta(2);
  assert.equal(store.time, 2);
});
