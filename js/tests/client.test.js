import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Client } from "../src/sync/client.js";
import { Epoch, FakeClock, epochs, rowsOf } from "./kernel.js";

/** @typedef {import("../src/sync/protocol.js").Message} Message */

const HISTORY = new Epoch("e", [{ '["ann",1]': 1 }, { '["ann",2]': 1 }, { '["ann",2]': 1, '["bob",1]': 2 }, {}, { '["ann",9]': 1 }]);
const NO_EPOCH = new Epoch("other", [{ '["zoe",1]': 1 }, {}]);

function setUp() {
  const clock = new FakeClock();
  /** @type {Message[]} */
  const posted = [];
  const client = new Client((message) => posted.push(message), clock);
  return {
    clock,
    client,
    posted,
    /** What was posted since the last call. */
    heard: () => posted.splice(0),
    /** How often a base was asked for since the last call. */
    asked: () => posted.splice(0).filter(({ type }) => type === "hello").length,
    /** @param {Partial<import("../src/sync/protocol.js").Status>} status */
    status: (status) => client.receiveStatus({ state: "live", time: clock.time, ...status }),
  };
}

/** @param {number} seq */
function opened(seq = 0) {
  const all = setUp();
  all.client.receiveBase(HISTORY.base(seq));
  all.client.open();
  return all;
}

/** One with a display, which is out of sight. */
function displayed() {
  const all = opened();
  all.client.displays.add();
  all.heard();
  return all;
}

test("a page without a display says nothing", () => {
  for (const seq of [null, 0]) {
    const { client, clock, heard, status } = setUp();
    if (seq !== null) client.receiveBase(HISTORY.base(seq));
    client.open();
    client.receiveDelta(HISTORY.delta(2, 3));
    status({ epoch: "e", seq: 3 });
    clock.advance(60_000);
    assert.deepEqual(heard(), []);
    client.displays.add();
    assert.deepEqual(heard(), [{ type: "hello", visible: false, displays: 1, epoch: seq === null ? null : "e", seq }]);
  }
});

test("a page that opens with a base says what it has, and asks for nothing", () => {
  const { client, clock, heard } = opened(1);
  client.displays.add();
  assert.deepEqual(heard().filter(({ type }) => type !== "ack"), [{ type: "have", visible: false, displays: 1, epoch: "e", seq: 1 }]);
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
});

test("a page that opens without a base asks for one until it comes, ever less often", () => {
  const { client, clock, heard } = setUp();
  client.receiveBase({});
  client.receiveDelta({});
  client.open();
  client.displays.add();
  assert.deepEqual(heard(), [{ type: "hello", visible: false, displays: 1, epoch: null, seq: null }]);
  clock.advance(1_999);
  assert.deepEqual(heard(), []);
  clock.advance(1);
  assert.equal(heard().length, 1);
  clock.advance(600_000);
  const count = heard().length;
  assert.ok(count >= 20 && count <= 24, `${count} in ten minutes`);
  client.receiveBase(HISTORY.base(0));
  heard();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
});

test("a gap is asked about at once, but at most every two seconds", () => {
  const { client, clock, asked } = displayed();
  asked();
  client.receiveDelta(HISTORY.delta(2, 3));
  assert.equal(asked(), 1);
  client.receiveBase(HISTORY.base(3));
  asked();
  client.receiveDelta(NO_EPOCH.delta(0, 1));
  assert.equal(asked(), 0);
  clock.advance(2_000);
  assert.equal(asked(), 1);
});

test("a missing piece that comes late ends the asking", () => {
  const { client, clock, asked } = displayed();
  client.receiveDelta(HISTORY.delta(2, 4));
  client.receiveDelta(HISTORY.delta(0, 2));
  asked();
  clock.advance(60_000);
  assert.equal(asked(), 0);
  assert.deepEqual(rowsOf(client.store.snapshot), HISTORY.rows(4));
});

test("a heartbeat ahead of the page, with nothing behind it, makes it ask", () => {
  const { client, clock, heard, status } = displayed();
  heard();
  status({ epoch: "e", seq: 2 });
  clock.advance(500);
  client.receiveDelta(HISTORY.delta(0, 2));
  clock.advance(1_000);
  assert.deepEqual(heard().map(({ type }) => type), ["ack"]);
  status({ epoch: "e", seq: 3 });
  clock.advance(1_000);
  assert.deepEqual(heard().map(({ type }) => type), ["hello"]);
});

test("a display out of sight acknowledges what it applied, one in sight what it painted", () => {
  const { client, clock, heard } = opened();
  const display = client.displays.add();
  clock.advance(1_000);
  heard();
  client.receiveDelta(HISTORY.delta(0, 1));
  assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq: 1, cost: 0 }]);
  display.show(true);
  assert.deepEqual(heard(), [{ type: "visible", visible: true, displays: 1, epoch: "e", seq: 1 }]);
  clock.advance(1_000);
  client.receiveDelta(HISTORY.delta(1, 2));
  clock.advance(1_000);
  assert.deepEqual(heard(), []);
  display.painted(0);
  display.painted(0);
  assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq: 2, cost: 0 }]);
});

/**
 * A client that shows the first state of an epoch and has said so.
 *
 * @param {Epoch} epoch
 */
function painted(epoch) {
  const { client, clock, heard } = setUp();
  client.receiveBase(epoch.base(0));
  client.open();
  const display = client.displays.add();
  display.show(true);
  display.painted(0);
  heard();
  return { client, clock, heard, display };
}

test("a change after a quiet moment is acknowledged at once", () => {
  const epoch = new Epoch("e", [{}, { '["ann",1]': 1 }, { '["ann",2]': 1 }, { '["ann",3]': 1 }]);
  const { client, clock, heard, display } = painted(epoch);
  for (const seq of [1, 2, 3]) {
    clock.advance(110);
    client.receiveDelta(epoch.delta(seq - 1, seq));
    display.painted(0);
    assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq, cost: 0 }]);
  }
});

test("while changes flow, acknowledgements are at least 200 ms apart and the last one is never lost", () => {
  const states = Array.from({ length: 101 }, (_, i) => ({ [`["ann",${i}]`]: 1 }));
  const epoch = new Epoch("e", states);
  const { client, clock, heard, display } = painted(epoch);
  for (let seq = 0; seq < 100; seq++) {
    clock.advance(7);
    client.receiveDelta(epoch.delta(seq, seq + 1));
    display.painted(0);
  }
  clock.advance(200);
  const acks = heard();
  assert.ok(acks.length >= 4 && acks.length <= 5, `${acks.length} in 0.7 s`);
  assert.deepEqual(acks.at(-1), { type: "ack", epoch: "e", seq: 100, cost: 0 });
});

test("an acknowledgement tells what a paint costs, by and by", () => {
  const states = Array.from({ length: 101 }, (_, i) => ({ [`["ann",${i}]`]: 1 }));
  const epoch = new Epoch("e", states);
  const { client, clock, heard, display } = painted(epoch);
  const costs = [];
  for (let seq = 0; seq < 100; seq++) {
    clock.advance(300);
    client.receiveDelta(epoch.delta(seq, seq + 1));
    display.painted(seq === 70 ? 500 : 12);
    for (const message of heard()) if (message.type === "ack") costs.push(message.cost);
  }
  assert.equal(costs.length, 100);
  assert.deepEqual([costs[0], costs[69], costs[99]], [2, 12, 13]);
  assert.ok(Math.max(...costs) < 80, "one paint that was held up says little");
});

test("a view is visible while any of its displays is, and scrolling past does not make it flicker", () => {
  const { client, clock, heard } = opened();
  const [one, two] = [client.displays.add(), client.displays.add()];
  heard();
  const visible = () => heard().flatMap((message) => (message.type === "visible" ? [message.visible] : []));
  one.show(true);
  two.show(true);
  assert.deepEqual(visible(), [true]);
  one.show(false);
  clock.advance(10_000);
  assert.deepEqual(visible(), []);
  two.show(false);
  clock.advance(100);
  two.show(true);
  clock.advance(10_000);
  assert.deepEqual(visible(), []);
  two.close();
  two.show(true);
  clock.advance(10_000);
  assert.deepEqual(visible(), [false]);
});

test("a view that is shown nowhere says so at once, is silent, and announces its return", () => {
  const { client, clock, heard, status } = opened();
  const [one, two] = [client.displays.add(), client.displays.add()];
  one.show(true);
  one.painted(0);
  two.close();
  heard();
  one.show(false);
  one.close();
  one.close();
  assert.deepEqual(heard(), [{ type: "visible", visible: false, displays: 0, epoch: "e", seq: 0 }]);
  client.receiveDelta(HISTORY.delta(0, 1));
  client.receiveDelta(HISTORY.delta(2, 3));
  status({ epoch: "e", seq: 4 });
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  client.receiveBase(HISTORY.base(3));
  const three = client.displays.add();
  assert.deepEqual(heard(), [{ type: "have", visible: false, displays: 1, epoch: "e", seq: 3 }]);
  three.close();
  client.receiveDelta({ ...HISTORY.delta(3, 4), deletes: [["nobody", 1]] });
  heard();
  client.displays.add();
  assert.deepEqual(heard(), [{ type: "hello", visible: false, displays: 1, epoch: "e", seq: 3 }]);
});

test("a view that someone looks at gives a sign of life every ten seconds", () => {
  const { client, clock, heard, status } = opened();
  const display = client.displays.add();
  display.show(true);
  display.painted(0);
  heard();
  for (let second = 1; second <= 60; second++) {
    status({ epoch: "e", seq: 0 });
    clock.advance(1_000);
    assert.deepEqual(heard(), second % 10 === 0 ? [{ type: "ack", epoch: "e", seq: 0, cost: 0 }] : []);
  }
  client.disconnect();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  client.receiveDelta({});
  clock.advance(10_000);
  assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq: 0, cost: 0 }]);
  display.show(false);
  clock.advance(1_000);
  heard();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
});

test("leaving is final until the page comes back from the browser's cache", () => {
  const { client, clock, heard, status } = opened();
  const display = client.displays.add();
  heard();
  client.leave();
  assert.deepEqual(heard(), [{ type: "bye" }]);
  display.show(true);
  client.receiveDelta(HISTORY.delta(2, 3));
  status({ epoch: "e", seq: 4 });
  client.playback.pause();
  client.leave();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  client.receiveBase(HISTORY.base(3));
  client.rejoin();
  assert.deepEqual(heard(), [{ type: "have", visible: true, displays: 1, epoch: "e", seq: 3 }]);
  client.close();
  client.rejoin();
  assert.deepEqual(heard(), [{ type: "bye" }]);
  clock.advance(60_000);
  assert.equal(clock.tasks.size, 0);
});

test("a kernel that is gone is not spoken to; one that speaks again is not gone", () => {
  const { client, clock, heard, status } = displayed();
  client.disconnect();
  heard();
  client.retry();
  client.receiveDelta({});
  assert.equal(client.conversation.connected, true);
  client.disconnect();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  assert.equal(client.conversation.connected, false);
  assert.deepEqual(rowsOf(client.store.snapshot), HISTORY.rows(0));
  status({});
  client.retry();
  assert.deepEqual(heard(), [{ type: "retry" }]);
});

test("a kernel that should speak and does not is reminded and reported", () => {
  const { client, clock, heard, status } = opened();
  const display = client.displays.add();
  display.show(true);
  display.painted(0);
  status({ epoch: "e", seq: 0 });
  heard();
  clock.advance(14_999);
  assert.equal(client.conversation.silent, false);
  let told = 0;
  client.store.subscribe(() => told++);
  clock.advance(1);
  assert.equal(client.conversation.silent, true);
  assert.equal(told, 1);
  const spoken = () => heard().filter(({ type }) => type !== "ack");
  assert.deepEqual(spoken(), [{ type: "have", visible: true, displays: 1, epoch: "e", seq: 0 }]);
  status({ epoch: "e", seq: 0 });
  assert.equal(client.conversation.silent, false);
  status({ epoch: "e", seq: 0, state: "ended" });
  clock.advance(60_000);
  assert.equal(client.conversation.silent, false);
  assert.deepEqual(spoken(), []);
});

test("a page that was told of trouble asks how things are when it hears no more", () => {
  for (const state of /** @type {const} */ (["reconnecting", "failed", "stalled", "connecting", "paused"])) {
    const { client, clock, heard, status } = opened();
    client.displays.add().show(true);
    status({ epoch: "e", seq: 0, state });
    heard();
    clock.advance(15_000);
    assert.deepEqual(
      heard().filter(({ type }) => type === "have"),
      [{ type: "have", visible: true, displays: 1, epoch: "e", seq: 0 }],
      state,
    );
  }
});

test("what was saved long ago is not called live", () => {
  const { client, clock, status } = setUp();
  status({ epoch: "e", seq: 1, time: clock.time - 60_000 });
  client.receiveBase(HISTORY.base(1));
  client.open();
  const display = client.displays.add();
  display.show(true);
  assert.equal(client.conversation.silent, true);
  status({ epoch: "e", seq: 1 });
  assert.equal(client.conversation.silent, false);
});

test("bytes and plain JSON are the same message; damaged ones are asked for again", () => {
  const { client, clock, asked } = setUp();
  client.open();
  client.displays.add();
  const { rows, ...rest } = HISTORY.base(0);
  const data = new DataView(new TextEncoder().encode(JSON.stringify({ rows })).buffer);
  client.receiveBase({ ...rest, data });
  assert.deepEqual(rowsOf(client.store.snapshot), HISTORY.rows(0));
  const { inserts, deletes, ...frame } = HISTORY.delta(0, 1);
  client.receiveDelta({ ...frame, data: new TextEncoder().encode(JSON.stringify({ inserts, deletes })) });
  assert.deepEqual(rowsOf(client.store.snapshot), HISTORY.rows(1));
  asked();
  clock.advance(2_000);
  client.receiveBase({ ...rest, seq: 2, rows: "all" });
  assert.equal(asked(), 1);
  client.receiveBase(HISTORY.base(1));
  clock.advance(2_000);
  asked();
  for (const damaged of [
    { ...frame, data: new TextEncoder().encode('{"inserts": [') },
    { ...frame, inserts },
    { ...frame, from: null, inserts, deletes },
    { ...frame, inserts, deletes, insert_counts: [] },
  ]) {
    client.receiveDelta(damaged);
    assert.equal(asked(), 1);
    client.receiveBase(HISTORY.base(1));
    clock.advance(2_000);
    asked();
  }
});

test("the rate counts what came through deltas and forgets it again", () => {
  const { client, clock } = opened();
  assert.equal(client.store.rate, 0);
  client.receiveDelta(HISTORY.delta(0, 2));
  clock.advance(1_000);
  assert.equal(client.store.rate, 4);
  clock.advance(20_000);
  assert.equal(client.store.rate, 0);
});

test("over a line that loses, repeats and reorders, a page ends in the truth", () => {
  const schedule = fc.array(
    fc.record({
      send: fc.constantFrom("base", "delta", "status"),
      fate: fc.constantFrom("arrives", "arrives", "is lost", "comes twice", "comes late"),
      wait: fc.constantFrom(0, 50, 700, 3_000),
      visible: fc.boolean(),
    }),
    { minLength: 5, maxLength: 40 },
  );
  fc.assert(
    fc.property(epochs(3), schedule, (all, steps) => {
      const { clock, client, heard, status } = setUp();
      const display = client.displays.add();
      const path = all.flatMap((epoch) => epoch.states.map((_, seq) => ({ epoch, seq })));
      /** @type {(() => void)[]} */
      const late = [];
      client.open();

      /** @param {{ epoch: Epoch, seq: number }} at */
      const sayStatus = (at) => status({ epoch: at.epoch.name, seq: at.seq });
      /** @param {() => void} message */
      const checked = (message) => {
        message();
        const { snapshot } = client.store;
        const epoch = all.find(({ name }) => name === snapshot?.epoch);
        if (snapshot && epoch) assert.deepEqual(rowsOf(snapshot), epoch.rows(snapshot.seq));
      };

      steps.forEach(({ send, fate, wait, visible }, i) => {
        const now = /** @type {typeof path[0]} */ (path[Math.min(i, path.length - 1)]);
        const message = {
          base: () => client.receiveBase(now.epoch.base(now.seq)),
          delta: () => now.seq > 0 && client.receiveDelta(now.epoch.delta(now.seq - 1, now.seq)),
          status: () => sayStatus(now),
        }[send];
        display.show(visible);
        if (fate === "comes late") late.push(message);
        else if (fate !== "is lost") checked(message);
        if (fate === "comes twice") checked(message);
        if (i % 3 === 2) late.splice(0, 1).forEach(checked);
        clock.advance(wait);
      });
      late.forEach(checked);

      const truth = /** @type {typeof path[0]} */ (path.at(-1));
      heard();
      for (let second = 0; second < 70; second++) {
        sayStatus(truth);
        clock.advance(1_000);
        if (heard().some(({ type }) => type === "hello")) checked(() => client.receiveBase(truth.epoch.base(truth.seq)));
      }
      assert.equal(client.store.snapshot?.epoch, truth.epoch.name);
      assert.equal(client.store.snapshot.seq, truth.seq);
      assert.deepEqual(rowsOf(client.store.snapshot), truth.epoch.rows(truth.seq));
    }),
    { numRuns: 1000 },
  );
});
