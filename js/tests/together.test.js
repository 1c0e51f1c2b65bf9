import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Client } from "../src/sync/client.js";
import { Together, groupOf } from "../src/sync/together.js";
import { COLUMNS, FakeClock, TABLE, rowsOf } from "./kernel.js";

/** @typedef {import("../src/sync/protocol.js").Message} Message */
/** @typedef {import("../src/sync/protocol.js").Row} Row */
/** @typedef {import("../src/sync/displays.js").Display} Display */

const LAST = 9;

/** A view of a group: what it holds at each time, what of that the page was told, and the page's side. */
class View {
  seq = 0;
  failed = false;
  /** @type {Display | null} */
  display = null;
  /** @type {(() => void)[]} what is on its way to the page */
  line = [];

  /**
   * @param {Group} group
   * @param {readonly number[]} values by time
   */
  constructor(group, values) {
    this.group = group;
    this.values = values;
    this.client = new Client((message) => this.hear(message), group.clock);
    this.client.join(group.together);
  }

  /**
   * @param {number} time
   * @returns {Row}
   */
  row(time) {
    return ["value", this.values[time] ?? 0];
  }

  base() {
    const base = { epoch: "e", seq: this.seq, time: this.group.time, columns: COLUMNS, encoding: TABLE, rows: [this.row(this.group.time)] };
    this.line.push(() => this.client.receiveBase(base));
  }

  /** @param {number} before */
  delta(before) {
    const { time } = this.group;
    const isSame = this.values[before] === this.values[time];
    const [inserts, deletes] = isSame ? [[], []] : [[this.row(time)], [this.row(before)]];
    const delta = { epoch: "e", from: this.seq, to: ++this.seq, time, inserts, deletes };
    this.line.push(() => this.client.receiveDelta(delta));
  }

  status() {
    const { time, paused } = this.group;
    const status = { state: this.failed ? "failed" : "live", epoch: "e", seq: this.seq, time, paused };
    this.line.push(() => this.client.receiveStatus(status));
  }

  /** @param {Message} message */
  hear(message) {
    if (message.type === "pause") this.group.paused = true;
    if (message.type === "resume") this.group.resume();
    const asks = message.type === "hello" || (message.type === "have" && message.seq !== this.seq);
    if (asks) this.base();
  }

  toggleDisplay() {
    if (this.display) this.display.close();
    this.display = this.display ? null : this.client.displays.add();
    this.display?.show(true);
  }

  get shown() {
    return rowsOf(this.client.store.snapshot);
  }
}

/** The kernel's side of a group: all its views go from one time to another in one step. */
class Group {
  clock = new FakeClock();
  together = new Together();
  time = 0;
  latest = 0;
  paused = false;

  /** @param {readonly (readonly number[])[]} values by view and time */
  constructor(values) {
    this.views = values.map((own) => new View(this, own));
    for (const view of this.views) {
      view.base();
      view.line.splice(0).forEach((say) => say());
      view.client.open();
    }
  }

  /** @param {number} time */
  go(time) {
    const before = this.time;
    this.time = time;
    if (this.views.some(({ values }) => values[before] !== values[time])) {
      for (const view of this.views) view.delta(before);
    }
  }

  /** @param {number} by how much time passes */
  pass(by) {
    this.latest = Math.min(this.latest + by, LAST);
    if (!this.paused) this.go(this.latest);
  }

  resume() {
    this.paused = false;
    this.go(this.latest);
  }

  /** All views that show something, and do not say that it may be old. */
  get visible() {
    return this.views.filter(({ display, failed, client }) => display && !failed && client.store.snapshot && client.store.status.state !== "failed");
  }

  check() {
    const { visible } = this;
    const isAt = (/** @type {number} */ time) =>
      visible.every((view) => view.shown.join() === JSON.stringify(view.row(time)));
    const times = [...(this.views[0]?.values ?? []).keys()];
    assert.ok(times.some(isAt), `no moment at which all is so: ${visible.map(({ shown }) => shown.join()).join(" ")}`);
    for (const { client } of visible) {
      if (client.store.time !== null) assert.equal(rowsOf(client.store.snapshot).join(), JSON.stringify(this.viewOf(client)?.row(client.store.time)));
    }
  }

  /** @param {Client} client */
  viewOf(client) {
    return this.views.find((view) => view.client === client);
  }

  deliverAll() {
    for (let i = 0; i < 100; i++) {
      for (const view of this.views) view.line.splice(0).forEach((say) => say());
    }
  }
}

const member = fc.integer({ min: 0, max: 2 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant(/** @type {const} */ ("pass")), by: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant(/** @type {const} */ ("seek")), to: fc.integer({ min: 0, max: LAST }) }) },
  { weight: 12, arbitrary: fc.record({ does: fc.constant(/** @type {const} */ ("deliver")), member }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom(...(/** @type {const} */ (["lose", "base", "display"]))), member }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant(/** @type {const} */ ("status")), member }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom(...(/** @type {const} */ (["pause", "resume"]))), member }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant(/** @type {const} */ ("wait")), for: fc.constantFrom(50, 700, 3_000) }) },
);

test("views of a group never contradict each other, and end where the kernel is", () => {
  const values = fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: LAST + 1, maxLength: LAST + 1 }), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(values, fc.array(step, { minLength: 10, maxLength: 80 }), (all, steps) => {
      const group = new Group(all);
      for (const view of group.views) view.toggleDisplay();
      for (const now of steps) {
        const view = "member" in now ? group.views[now.member] : undefined;
        if (now.does === "pass") group.pass(now.by);
        if (now.does === "seek" && group.paused) group.go(Math.min(now.to, group.latest));
        if (now.does === "deliver") view?.line.shift()?.();
        if (now.does === "lose") view?.line.shift();
        if (now.does === "base") view?.base();
        if (now.does === "status") view?.status();
        if (now.does === "display") view?.toggleDisplay();
        if (now.does === "pause") view?.client.playback.pause();
        if (now.does === "resume") view?.client.playback.resume();
        if (now.does === "wait") group.clock.advance(now.for);
        group.check();
      }
      for (let second = 0; second < 70; second++) {
        for (const view of group.views) view.status();
        group.deliverAll();
        group.check();
        group.clock.advance(1_000);
      }
      group.deliverAll();
      for (const view of group.views) {
        if (view.display) assert.equal(view.shown.join(), JSON.stringify(view.row(group.time)));
      }
    }),
    { numRuns: 500 },
  );
});

const VALUES = [Array.from({ length: LAST + 1 }, (_, i) => i), Array.from({ length: LAST + 1 }, (_, i) => 100 + i)];

/** Two views on the screen, both at time 0. */
function pair() {
  const group = new Group(VALUES);
  const [a, b] = /** @type {[View, View]} */ (group.views);
  a.toggleDisplay();
  b.toggleDisplay();
  const times = () => [a, b].map(({ client }) => client.store.snapshot?.time ?? null);
  return { group, a, b, times };
}

test("all go on at the very message that completes the moment", () => {
  const { group, a, b, times } = pair();
  let told = 0;
  a.client.store.subscribe(() => told++);
  group.go(1);
  a.line.shift()?.();
  assert.deepEqual(times(), [0, 0]);
  told = 0;
  b.line.shift()?.();
  assert.deepEqual(times(), [1, 1]);
  assert.equal(told, 1);
});

test("what waits for others is acknowledged, or the kernel would wait as well", () => {
  const { group, a, times } = pair();
  /** @type {Message[]} */
  const said = [];
  a.hear = (message) => void said.push(message);
  for (let time = 1; time <= 5; time++) {
    group.go(time);
    a.line.shift()?.();
    group.clock.advance(200);
  }
  assert.deepEqual(times(), [0, 0]);
  assert.deepEqual(
    said.filter(({ type }) => type === "ack").map((message) => "seq" in message && message.seq),
    [1, 2, 3, 4, 5],
  );
});

test("a view that is gone, failed or shown nowhere holds up nobody", () => {
  for (const end of [
    (/** @type {View} */ view) => view.client.disconnect(),
    (/** @type {View} */ view) => view.client.receiveStatus({ state: "failed" }),
    (/** @type {View} */ view) => view.client.receiveStatus({ state: "closed" }),
    (/** @type {View} */ view) => view.client.close(),
    (/** @type {View} */ view) => view.toggleDisplay(),
  ]) {
    const { group, a, b } = pair();
    group.go(1);
    a.line.shift()?.();
    assert.equal(a.client.store.snapshot?.time, 0);
    end(b);
    assert.equal(a.client.store.snapshot?.time, 1);
  }
});

test("a view that comes late shows nothing until it can join, and holds up nobody", () => {
  const { group, a, b, times } = pair();
  b.toggleDisplay();
  group.go(1);
  a.line.shift()?.();
  assert.equal(a.client.store.snapshot?.time, 1);
  b.toggleDisplay();
  assert.deepEqual(times(), [1, null]);
  group.go(2);
  a.line.shift()?.();
  assert.deepEqual(times(), [2, null]);
  group.deliverAll();
  assert.deepEqual(times(), [2, 2]);
});

test("a view that never changes agrees with any moment", () => {
  const { group, a, b } = pair();
  const constant = new Client(() => {}, group.clock);
  constant.join(group.together);
  constant.displays.add();
  constant.receiveBase({ epoch: "c", seq: 0, time: null, columns: COLUMNS, encoding: TABLE, rows: [["x", 1]] });
  assert.equal(constant.store.snapshot?.size, 1);
  group.go(1);
  a.line.shift()?.();
  b.line.shift()?.();
  assert.equal(a.client.store.snapshot?.time, 1);
});

test("bases of an idle group, taken at different times, agree once the views are known to have stayed so", () => {
  const group = new Group([[1, 1], [2, 2]]);
  const [a, b] = /** @type {[View, View]} */ (group.views);
  a.toggleDisplay();
  group.pass(1);
  const late = new View(group, [3, 3]);
  late.base();
  late.line.shift()?.();
  late.toggleDisplay();
  assert.deepEqual([a.shown, late.shown], [['["value",1]'], []]);
  a.status();
  a.line.shift()?.();
  assert.deepEqual(late.shown, ['["value",3]']);
  assert.equal(a.client.store.time, 1);
  b.toggleDisplay();
  assert.deepEqual(b.shown, []);
});

test("what was so before and after a leap in time need not have been so between", () => {
  for (const thenResume of [false, true]) {
    const group = new Group([[0, 1, 0], [5, 6, 5]]);
    const [a, b] = /** @type {[View, View]} */ (group.views);
    for (const view of group.views) view.toggleDisplay();
    group.pass(1);
    group.latest = 2;
    group.paused = true;
    for (const view of group.views) view.status();
    group.deliverAll();
    group.go(0);
    a.line.shift()?.();
    if (thenResume) a.status();
    if (thenResume) group.resume();
    else group.go(2);
    a.status();
    a.line.splice(0).forEach((say) => say());
    assert.equal(a.client.store.status.time, 2);
    assert.deepEqual([a.shown, b.shown], [['["value",1]'], ['["value",6]']]);
    group.deliverAll();
    assert.deepEqual([a.shown, b.shown], [['["value",1]'], ['["value",6]']]);
    b.status();
    group.deliverAll();
    assert.deepEqual([a.shown, b.shown], [['["value",0]'], ['["value",5]']]);
  }
});

test("a pause stops the whole group at once, until the kernel has paused", () => {
  const { group, a, b, times } = pair();
  b.client.playback.pause();
  assert.equal(b.client.playback.pending, "pausing");
  group.go(1);
  a.line.shift()?.();
  b.line.shift()?.();
  group.clock.advance(1_900);
  assert.deepEqual(times(), [0, 0]);
  b.status();
  b.line.shift()?.();
  assert.deepEqual(times(), [1, 1]);
  assert.equal(b.client.playback.pending, null);
});

test("a group is one for the page, whoever asks, and is forgotten with its last view", () => {
  const one = groupOf("g");
  assert.equal(groupOf("g"), one);
  assert.notEqual(groupOf("h"), one);
  assert.notEqual(groupOf(""), groupOf(""));
  const clients = [new Client(() => {}), new Client(() => {})];
  for (const client of clients) client.join(one);
  clients[0]?.close();
  assert.equal(groupOf("g"), one);
  clients[1]?.close();
  assert.notEqual(groupOf("g"), one);
});
