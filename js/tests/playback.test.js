import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../src/sync/client.js";
import { COLUMNS, FakeClock, TABLE } from "./kernel.js";

/** @typedef {import("../src/sync/protocol.js").Message} Message */

/** A client that shows a view at time 0, and what it says about playing. */
function setUp() {
  const clock = new FakeClock();
  /** @type {Message[]} */
  const posted = [];
  const client = new Client((message) => posted.push(message), clock);
  const place = { epoch: "e", columns: COLUMNS, encoding: TABLE };
  client.receiveBase({ ...place, seq: 0, time: 0, rows: [["ann", 0]] });
  client.open();
  client.displays.add().show(true);
  return {
    clock,
    client,
    asked: () => posted.splice(0).filter(({ type }) => ["pause", "resume", "seek"].includes(type)),
    /** @param {number} to */
    delta: (to) =>
      client.receiveDelta({ epoch: "e", from: to - 1, to, time: to, deletes: [["ann", to - 1]], inserts: [["ann", to]] }),
    /** @param {Partial<import("../src/sync/protocol.js").Status>} status */
    status: (status) => client.receiveStatus({ state: "live", epoch: "e", ...status }),
    shown: () => client.store.snapshot?.entries[0]?.row[1],
  };
}

test("a pause stops the picture at once and shows what the kernel paused at", () => {
  const { clock, client, asked, delta, status, shown } = setUp();
  client.playback.pause();
  assert.deepEqual(asked(), [{ type: "pause" }]);
  assert.deepEqual([client.playback.paused, client.playback.pending], [true, "pausing"]);
  clock.advance(50);
  delta(1);
  status({ paused: false });
  delta(2);
  assert.equal(shown(), 0);
  assert.equal(client.playback.canSeek, false);
  status({ paused: true });
  assert.equal(shown(), 2);
  assert.deepEqual([client.playback.paused, client.playback.pending, client.playback.canSeek], [true, null, true]);
});

test("a picture is not stopped for ever by a kernel that does not hear", () => {
  const { clock, client, delta, status, shown } = setUp();
  client.playback.pause();
  delta(1);
  clock.advance(1_999);
  assert.equal(shown(), 0);
  let told = 0;
  client.store.subscribe(() => told++);
  clock.advance(1);
  assert.equal(shown(), 1);
  assert.ok(told > 0);
  delta(2);
  assert.equal(shown(), 2);
  assert.equal(client.playback.pending, "pausing");
  status({ paused: true });
  assert.equal(client.playback.pending, null);
});

test("a pause taken back lets the picture go on at once", () => {
  const { client, asked, delta, status, shown } = setUp();
  client.playback.pause();
  delta(1);
  client.playback.resume();
  assert.equal(shown(), 1);
  assert.deepEqual([client.playback.paused, client.playback.pending], [false, "resuming"]);
  assert.deepEqual(asked(), [{ type: "pause" }, { type: "resume" }]);
  status({ paused: false });
  assert.equal(client.playback.pending, null);
});

test("a kernel that is gone is not waited for", () => {
  const { client, delta, shown } = setUp();
  client.playback.pause();
  delta(1);
  client.disconnect();
  assert.deepEqual([shown(), client.playback.pending], [1, null]);
});

test("paused is paused under whatever name it comes", () => {
  const { client, status } = setUp();
  status({ state: "paused" });
  assert.equal(client.playback.canSeek, true);
  status({ state: "reconnecting", paused: true });
  assert.equal(client.playback.canSeek, true);
  status({ state: "reconnecting" });
  assert.equal(client.playback.canSeek, false);
});

test("seeking is sent ten times a second at most, and the last place always", () => {
  const { clock, client, asked, status } = setUp();
  status({ paused: true });
  for (let i = 0; i < 100; i++) {
    client.playback.seek(1_000 + i + 0.4);
    assert.equal(client.playback.sought, 1_000 + i);
    clock.advance(7);
  }
  clock.advance(100);
  const seeks = asked();
  assert.ok(seeks.length >= 7 && seeks.length <= 9, `${seeks.length} in 0.7 s`);
  assert.deepEqual(seeks[0], { type: "seek", time: 1_000 });
  assert.deepEqual(seeks.at(-1), { type: "seek", time: 1_099 });
  clock.advance(60_000);
  assert.deepEqual(asked(), []);
  assert.equal(client.playback.sought, null);
});

test("nothing is sought after the end of a pause", () => {
  for (const end of ["by the user", "by the kernel"]) {
    const { clock, client, asked, status } = setUp();
    status({ paused: true });
    client.playback.seek(1);
    client.playback.seek(2);
    if (end === "by the user") client.playback.resume();
    else status({ paused: false });
    clock.advance(60_000);
    assert.deepEqual(
      asked().map(({ type }) => type),
      end === "by the user" ? ["seek", "resume"] : ["seek"],
    );
    assert.equal(client.playback.sought, null);
  }
});

test("what is shown while paused is dated by the kernel, also when going there changed nothing", () => {
  const { client, delta, status } = setUp();
  delta(1);
  status({ seq: 1, time: 900 });
  assert.equal(client.store.time, 900);
  status({ seq: 1, time: 400, paused: true });
  assert.equal(client.store.time, 400);
  status({ seq: 2, time: 300, paused: true });
  assert.equal(client.store.time, 400);
  delta(2);
  assert.equal(client.store.time, 2);
});
