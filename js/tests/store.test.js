import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Store } from "../src/sync/store.js";
import { Epoch, FakeClock, epochs, rowsOf } from "./kernel.js";

/** @typedef {import("../src/sync/protocol.js").Message} Message */

const HISTORY = new Epoch("e", [{ '["ann",1]': 1 }, { '["ann",2]': 1 }, { '["ann",2]': 1, '["bob",1]': 2 }, {}, { '["ann",9]': 1 }]);
const NO_EPOCH = new Epoch("other", [{ '["zoe",1]': 1 }, {}]);

function setUp() {
  const clock = new FakeClock();
  /** @type {Message[]} */
  const posted = [];
  const store = new Store((message) => posted.push(message), clock);
  return {
    clock,
    store,
    posted,
    /** What was posted since the last call. */
    heard: () => posted.splice(0),
    /** How often a base was asked for since the last call. */
    asked: () => posted.splice(0).filter(({ type }) => type === "hello").length,
    /** @param {Partial<import("../src/sync/protocol.js").Status>} status */
    status: (status) => store.receiveStatus({ state: "live", time: clock.time, ...status }),
  };
}

/** @param {number} seq */
function opened(seq = 0) {
  const all = setUp();
  all.store.receiveBase(HISTORY.base(seq));
  all.store.open();
  return all;
}

test("a page that opens with a base says what it has, and asks for nothing", () => {
  const { clock, heard } = opened(1);
  assert.deepEqual(heard().filter(({ type }) => type !== "ack"), [{ type: "have", visible: false, displays: 0, epoch: "e", seq: 1 }]);
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
});

test("a page that opens without a base asks for one until it comes, ever less often", () => {
  const { store, clock, heard } = setUp();
  store.receiveBase({});
  store.receiveDelta({});
  store.open();
  assert.deepEqual(heard(), [{ type: "hello", visible: false, displays: 0, epoch: null, seq: null }]);
  clock.advance(1_999);
  assert.deepEqual(heard(), []);
  clock.advance(1);
  assert.equal(heard().length, 1);
  clock.advance(600_000);
  const count = heard().length;
  assert.ok(count >= 20 && count <= 24, `${count} in ten minutes`);
  store.receiveBase(HISTORY.base(0));
  heard();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
});

test("a gap is asked about at once, but at most every two seconds", () => {
  const { store, clock, asked } = opened();
  asked();
  store.receiveDelta(HISTORY.delta(2, 3));
  assert.equal(asked(), 1);
  store.receiveBase(HISTORY.base(3));
  asked();
  store.receiveDelta(NO_EPOCH.delta(0, 1));
  assert.equal(asked(), 0);
  clock.advance(2_000);
  assert.equal(asked(), 1);
});

test("a missing piece that comes late ends the asking", () => {
  const { store, clock, asked } = opened();
  store.receiveDelta(HISTORY.delta(2, 4));
  store.receiveDelta(HISTORY.delta(0, 2));
  asked();
  clock.advance(60_000);
  assert.equal(asked(), 0);
  assert.deepEqual(rowsOf(store.snapshot), HISTORY.rows(4));
});

test("a heartbeat ahead of the page, with nothing behind it, makes it ask", () => {
  const { store, clock, heard, status } = opened();
  heard();
  status({ epoch: "e", seq: 2 });
  clock.advance(500);
  store.receiveDelta(HISTORY.delta(0, 2));
  clock.advance(1_000);
  assert.deepEqual(heard().map(({ type }) => type), ["ack"]);
  status({ epoch: "e", seq: 3 });
  clock.advance(1_000);
  assert.deepEqual(heard().map(({ type }) => type), ["hello"]);
});

test("a display out of sight acknowledges what it applied, one in sight what it painted", () => {
  const { store, clock, heard } = opened();
  const display = store.display();
  clock.advance(1_000);
  heard();
  store.receiveDelta(HISTORY.delta(0, 1));
  assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq: 1, cost: 0 }]);
  display.show(true);
  assert.deepEqual(heard(), [{ type: "visible", visible: true, displays: 1, epoch: "e", seq: 1 }]);
  clock.advance(1_000);
  store.receiveDelta(HISTORY.delta(1, 2));
  clock.advance(1_000);
  assert.deepEqual(heard(), []);
  display.painted(0);
  display.painted(0);
  assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq: 2, cost: 0 }]);
});

/**
 * A store that shows the first state of an epoch and has said so.
 *
 * @param {Epoch} epoch
 */
function painted(epoch) {
  const { store, clock, heard } = setUp();
  store.receiveBase(epoch.base(0));
  const display = store.display();
  display.show(true);
  display.painted(0);
  heard();
  return { store, clock, heard, display };
}

test("a change after a quiet moment is acknowledged at once", () => {
  const epoch = new Epoch("e", [{}, { '["ann",1]': 1 }, { '["ann",2]': 1 }, { '["ann",3]': 1 }]);
  const { store, clock, heard, display } = painted(epoch);
  for (const seq of [1, 2, 3]) {
    clock.advance(110);
    store.receiveDelta(epoch.delta(seq - 1, seq));
    display.painted(0);
    assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq, cost: 0 }]);
  }
});

test("while changes flow, acknowledgements are at least 200 ms apart and the last one is never lost", () => {
  const states = Array.from({ length: 101 }, (_, i) => ({ [`["ann",${i}]`]: 1 }));
  const epoch = new Epoch("e", states);
  const { store, clock, heard, display } = painted(epoch);
  for (let seq = 0; seq < 100; seq++) {
    clock.advance(7);
    store.receiveDelta(epoch.delta(seq, seq + 1));
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
  const { store, clock, heard, display } = painted(epoch);
  const costs = [];
  for (let seq = 0; seq < 100; seq++) {
    clock.advance(300);
    store.receiveDelta(epoch.delta(seq, seq + 1));
    display.painted(seq === 70 ? 500 : 12);
    for (const message of heard()) if (message.type === "ack") costs.push(message.cost);
  }
  assert.equal(costs.length, 100);
  assert.deepEqual([costs[0], costs[69], costs[99]], [2, 12, 13]);
  assert.ok(Math.max(...costs) < 80, "one paint that was held up says little");
});

test("a view is visible while any of its displays is, and scrolling past does not make it flicker", () => {
  const { store, clock, heard } = opened();
  const [one, two] = [store.display(), store.display()];
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
  const { store, clock, heard, status } = opened();
  const [one, two] = [store.display(), store.display()];
  one.show(true);
  one.painted(0);
  two.close();
  heard();
  one.show(false);
  one.close();
  one.close();
  assert.deepEqual(heard(), [{ type: "visible", visible: false, displays: 0, epoch: "e", seq: 0 }]);
  store.receiveDelta(HISTORY.delta(0, 1));
  store.receiveDelta(HISTORY.delta(2, 3));
  status({ epoch: "e", seq: 4 });
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  store.receiveBase(HISTORY.base(3));
  const three = store.display();
  assert.deepEqual(heard(), [{ type: "have", visible: false, displays: 1, epoch: "e", seq: 3 }]);
  three.close();
  store.receiveDelta({ ...HISTORY.delta(3, 4), deletes: [["nobody", 1]] });
  heard();
  store.display();
  assert.deepEqual(heard(), [{ type: "hello", visible: false, displays: 1, epoch: "e", seq: 3 }]);
});

test("a view that someone looks at gives a sign of life every ten seconds", () => {
  const { store, clock, heard, status } = opened();
  const display = store.display();
  display.show(true);
  display.painted(0);
  heard();
  for (let second = 1; second <= 60; second++) {
    status({ epoch: "e", seq: 0 });
    clock.advance(1_000);
    assert.deepEqual(heard(), second % 10 === 0 ? [{ type: "ack", epoch: "e", seq: 0, cost: 0 }] : []);
  }
  store.disconnect();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  store.receiveDelta({});
  clock.advance(10_000);
  assert.deepEqual(heard(), [{ type: "ack", epoch: "e", seq: 0, cost: 0 }]);
  display.show(false);
  clock.advance(1_000);
  heard();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
});

test("leaving is final until the page comes back from the browser's cache", () => {
  const { store, clock, heard, status } = opened();
  const display = store.display();
  heard();
  store.leave();
  assert.deepEqual(heard(), [{ type: "bye" }]);
  display.show(true);
  store.receiveDelta(HISTORY.delta(2, 3));
  status({ epoch: "e", seq: 4 });
  store.pause();
  store.leave();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  store.receiveBase(HISTORY.base(3));
  store.rejoin();
  assert.deepEqual(heard(), [{ type: "have", visible: true, displays: 1, epoch: "e", seq: 3 }]);
  store.close();
  store.rejoin();
  assert.deepEqual(heard(), [{ type: "bye" }]);
  clock.advance(60_000);
  assert.equal(clock.tasks.size, 0);
});

test("a kernel that is gone is not spoken to; one that speaks again is not gone", () => {
  const { store, clock, heard, status } = opened();
  store.disconnect();
  heard();
  store.retry();
  store.receiveDelta({});
  assert.equal(store.disconnected, false);
  store.disconnect();
  clock.advance(60_000);
  assert.deepEqual(heard(), []);
  assert.equal(store.disconnected, true);
  assert.deepEqual(rowsOf(store.snapshot), HISTORY.rows(0));
  status({});
  store.retry();
  assert.deepEqual(heard(), [{ type: "retry" }]);
});

test("a kernel that should speak and does not is reminded and reported", () => {
  const { store, clock, heard, status } = opened();
  const display = store.display();
  display.show(true);
  display.painted(0);
  status({ epoch: "e", seq: 0 });
  heard();
  clock.advance(14_999);
  assert.equal(store.silent, false);
  let told = 0;
  store.subscribe(() => told++);
  clock.advance(1);
  assert.equal(store.silent, true);
  assert.equal(told, 1);
  const spoken = () => heard().filter(({ type }) => type !== "ack");
  assert.deepEqual(spoken(), [{ type: "have", visible: true, displays: 1, epoch: "e", seq: 0 }]);
  status({ epoch: "e", seq: 0 });
  assert.equal(store.silent, false);
  status({ epoch: "e", seq: 0, state: "ended" });
  clock.advance(60_000);
  assert.equal(store.silent, false);
  assert.deepEqual(spoken(), []);
});

test("a page that was told of trouble asks how things are when it hears no more", () => {
  for (const state of /** @type {const} */ (["reconnecting", "failed", "stalled", "connecting", "paused"])) {
    const { store, clock, heard, status } = opened();
    store.display().show(true);
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
  const { store, clock, status } = setUp();
  status({ epoch: "e", seq: 1, time: clock.time - 60_000 });
  store.receiveBase(HISTORY.base(1));
  store.open();
  const display = store.display();
  display.show(true);
  assert.equal(store.silent, true);
  status({ epoch: "e", seq: 1 });
  assert.equal(store.silent, false);
});

test("bytes and plain JSON are the same message; damaged ones are asked for again", () => {
  const { store, clock, asked } = setUp();
  const { rows, ...rest } = HISTORY.base(0);
  const data = new DataView(new TextEncoder().encode(JSON.stringify({ rows })).buffer);
  store.receiveBase({ ...rest, data });
  assert.deepEqual(rowsOf(store.snapshot), HISTORY.rows(0));
  const { inserts, deletes, ...frame } = HISTORY.delta(0, 1);
  store.receiveDelta({ ...frame, data: new TextEncoder().encode(JSON.stringify({ inserts, deletes })) });
  assert.deepEqual(rowsOf(store.snapshot), HISTORY.rows(1));
  asked();
  clock.advance(2_000);
  store.receiveBase({ ...rest, seq: 2, rows: "all" });
  assert.equal(asked(), 1);
  store.receiveBase(HISTORY.base(1));
  clock.advance(2_000);
  asked();
  for (const damaged of [
    { ...frame, data: new TextEncoder().encode('{"inserts": [') },
    { ...frame, inserts },
    { ...frame, from: null, inserts, deletes },
    { ...frame, inserts, deletes, insert_counts: [] },
  ]) {
    store.receiveDelta(damaged);
    assert.equal(asked(), 1);
    store.receiveBase(HISTORY.base(1));
    clock.advance(2_000);
    asked();
  }
});

test("the rate counts what came through deltas and forgets it again", () => {
  const { store, clock } = opened();
  assert.equal(store.rate, 0);
  store.receiveDelta(HISTORY.delta(0, 2));
  clock.advance(1_000);
  assert.equal(store.rate, 4);
  clock.advance(20_000);
  assert.equal(store.rate, 0);
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
      const { clock, store, heard, status } = setUp();
      const display = store.display();
      const path = all.flatMap((epoch) => epoch.states.map((_, seq) => ({ epoch, seq })));
      /** @type {(() => void)[]} */
      const late = [];
      store.open();

      /** @param {{ epoch: Epoch, seq: number }} at */
      const sayStatus = (at) => status({ epoch: at.epoch.name, seq: at.seq });
      /** @param {() => void} message */
      const checked = (message) => {
        message();
        const { snapshot } = store;
        const epoch = all.find(({ name }) => name === snapshot?.epoch);
        if (snapshot && epoch) assert.deepEqual(rowsOf(snapshot), epoch.rows(snapshot.seq));
      };

      steps.forEach(({ send, fate, wait, visible }, i) => {
        const now = /** @type {typeof path[0]} */ (path[Math.min(i, path.length - 1)]);
        const message = {
          base: () => store.receiveBase(now.epoch.base(now.seq)),
          delta: () => now.seq > 0 && store.receiveDelta(now.epoch.delta(now.seq - 1, now.seq)),
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
        if (heard().some(({ type }) => type === "hello")) checked(() => store.receiveBase(truth.epoch.base(truth.seq)));
      }
      assert.equal(store.snapshot?.epoch, truth.epoch.name);
      assert.equal(store.snapshot.seq, truth.seq);
      assert.deepEqual(rowsOf(store.snapshot), truth.epoch.rows(truth.seq));
    }),
    { numRuns: 1000 },
  );
});
