import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Change, Multiset } from "../src/sync/multiset.js";
import { Replica } from "../src/sync/replica.js";
import { COLUMNS, TABLE, epochs, rowsOf } from "./kernel.js";

/** @typedef {import("./kernel.js").Epoch} Epoch */
/** @typedef {{ base: import("../src/sync/protocol.js").Base } | { delta: import("../src/sync/protocol.js").Delta }} Sent */

/**
 * Messages about the epochs: any base, any delta, in any order, some often, many never.
 *
 * @param {Epoch[]} all
 * @returns {fc.Arbitrary<Sent[]>}
 */
function chaos(all) {
  const sent = fc
    .tuple(fc.constantFrom(...all), fc.nat(7), fc.nat(7), fc.boolean())
    .map(([epoch, a, b, isBase]) => {
      const [from, to] = [Math.min(a, b) % (epoch.last + 1), Math.max(a, b) % (epoch.last + 1)];
      return isBase || from >= to ? { base: epoch.base(to) } : { delta: epoch.delta(from, to) };
    });
  return fc.array(sent, { maxLength: 40 });
}

/**
 * @param {Replica} replica
 * @param {Sent} message
 */
function deliver(replica, message) {
  return "base" in message ? replica.base(message.base) : replica.delta(message.delta);
}

/**
 * @param {Replica} replica
 * @param {Epoch[]} all
 */
function assertTrue(replica, all) {
  const { snapshot } = replica;
  if (snapshot === null) return;
  const epoch = /** @type {Epoch} */ (all.find(({ name }) => name === snapshot.epoch));
  assert.deepEqual(rowsOf(snapshot), epoch.rows(snapshot.seq));
  assert.equal(snapshot.size, epoch.rows(snapshot.seq).length);
}

test("whatever arrives, the content is a state that the kernel had, and a base ends all doubt", () => {
  const world = epochs(3).chain((all) => fc.tuple(fc.constant(all), chaos(all)));
  fc.assert(
    fc.property(world, ([all, messages]) => {
      const replica = new Replica();
      for (const message of messages) {
        const { snapshot } = replica;
        const before = rowsOf(snapshot);
        const changed = deliver(replica, message);
        assertTrue(replica, all);
        if (!changed) assert.equal(replica.snapshot, snapshot);
        assert.deepEqual(rowsOf(snapshot), before, "a snapshot never changes");
      }
      const truth = /** @type {Epoch} */ (all.at(-1));
      if (replica.isBehind(truth.name, truth.last)) replica.expect(truth.name);
      replica.base(truth.base(truth.last));
      assert.deepEqual(replica.position, { epoch: truth.name, seq: truth.last });
      assert.deepEqual(rowsOf(replica.snapshot), truth.rows(truth.last));
    }),
    { numRuns: 1000 },
  );
});

test("a base and the deltas after it give the truth in any order, however often each comes", () => {
  const world = epochs(1).chain(([epoch]) => {
    const one = /** @type {Epoch} */ (epoch);
    const steps = one.states.slice(1).map((_, i) => ({ delta: one.delta(i, i + 1) }));
    const messages = [{ base: one.base(0) }, ...steps];
    const order = fc
      .tuple(fc.shuffledSubarray(messages, { minLength: messages.length }), fc.shuffledSubarray(messages))
      .map((parts) => parts.flat());
    return fc.tuple(fc.constant(one), order);
  });
  fc.assert(
    fc.property(world, ([epoch, messages]) => {
      const replica = new Replica();
      for (const message of messages) deliver(replica, message);
      assert.deepEqual(rowsOf(replica.snapshot), epoch.rows(epoch.last));
      assert.equal(replica.needsBase, false);
    }),
    { numRuns: 500 },
  );
});

test("applying anything twice changes nothing", () => {
  const world = epochs(2).chain((all) => fc.tuple(fc.constant(all), chaos(all)));
  fc.assert(
    fc.property(world, ([, messages]) => {
      const [once, twice] = [new Replica(), new Replica()];
      for (const message of messages) {
        deliver(once, message);
        deliver(twice, message);
        deliver(twice, message);
        assert.deepEqual(twice.position, once.position);
        assert.deepEqual(rowsOf(twice.snapshot), rowsOf(once.snapshot));
        assert.equal(twice.needsBase, once.needsBase);
        assert.equal(twice.changes, once.changes);
      }
    }),
    { numRuns: 500 },
  );
});

/** @param {Partial<import("../src/sync/protocol.js").Delta>} delta */
const someDelta = (delta) => ({ epoch: "e", from: 0, to: 1, time: 1, inserts: [], deletes: [], ...delta });

/** @param {import("../src/sync/protocol.js").Row[]} rows */
function replicaOf(...rows) {
  const replica = new Replica();
  replica.base({ epoch: "e", seq: 0, time: 0, columns: COLUMNS, encoding: TABLE, rows });
  return replica;
}

test("what came and went between two states leads from one to the other, or is said not to be known", () => {
  const world = epochs(2).chain((all) => fc.tuple(fc.constant(all), chaos(all)));
  let known = 0;
  fc.assert(
    fc.property(world, ([, messages]) => {
      const replica = new Replica();
      /** @type {import("../src/sync/content.js").Snapshot[]} */
      const seen = [];
      for (const message of messages) {
        deliver(replica, message);
        const { snapshot } = replica;
        if (snapshot === null) continue;
        void snapshot.entries;
        seen.push(snapshot);
        for (const before of seen) {
          const change = replica.between(before, snapshot);
          if (change === null) continue;
          if (change.inserts.length + change.deletes.length > 0) known++;
          const { inserts, deletes } = change;
          const then = new Multiset(before.entries.map(({ row }) => row), before.entries.map(({ count }) => count));
          const step = new Change();
          step.add(deletes.map(({ row }) => row), deletes.map(({ count }) => count), -1);
          step.add(inserts.map(({ row }) => row), inserts.map(({ count }) => count), 1);
          assert.equal(step.size, inserts.length + deletes.length, "no row comes and goes");
          assert.notEqual(then.apply(step), -1);
          assert.deepEqual(rowsOf({ ...snapshot, entries: then.entries() }), rowsOf(snapshot));
        }
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(known > 100, `${known} changes were known`);
});

test("a pinned snapshot stays readable, however late it is read and whatever came since", () => {
  const world = epochs(3).chain((all) => fc.tuple(fc.constant(all), chaos(all), fc.nat(40)));
  fc.assert(
    fc.property(world, ([all, messages, at]) => {
      const replica = new Replica();
      messages.slice(0, at).forEach((message) => deliver(replica, message));
      const pinned = replica.pin();
      messages.slice(at).forEach((message) => deliver(replica, message));
      const epoch = all.find(({ name }) => name === pinned?.epoch);
      if (pinned && epoch) assert.deepEqual(rowsOf(pinned), epoch.rows(pinned.seq));
    }),
    { numRuns: 500 },
  );
});

test("changes are remembered up to a bound, beyond which a pinned snapshot still is what it was", () => {
  const replica = replicaOf(["row", 0]);
  const first = /** @type {import("../src/sync/content.js").Snapshot} */ (replica.pin());
  for (let i = 0; i < 30_000; i++) {
    replica.delta(someDelta({ from: i, to: i + 1, deletes: [["row", i]], inserts: [["row", i + 1]] }));
  }
  const last = /** @type {import("../src/sync/content.js").Snapshot} */ (replica.snapshot);
  assert.equal(replica.between(first, last), null);
  assert.deepEqual([rowsOf(first), rowsOf(last)], [['["row",0]'], ['["row",30000]']]);
  for (let i = 30_000; i < 50_000; i++) replica.delta(someDelta({ from: i, to: i + 1 }));
  const later = /** @type {import("../src/sync/content.js").Snapshot} */ (replica.snapshot);
  assert.equal(replica.between(last, later), null, "not even changes of nothing are remembered for ever");
});

test("a delta that takes away a row that is not there is refused as a whole", () => {
  const replica = replicaOf(["ann", 1]);
  const changed = replica.delta(someDelta({ inserts: [["bob", 2]], deletes: [["ann", 1], ["cleo", 3]] }));
  assert.equal(changed, false);
  assert.deepEqual(rowsOf(replica.snapshot), ['["ann",1]']);
  assert.equal(replica.needsBase, true);
  replica.base({ epoch: "e", seq: 1, time: 1, columns: COLUMNS, encoding: TABLE, rows: [["bob", 2]] });
  assert.deepEqual(rowsOf(replica.snapshot), ['["bob",2]']);
  assert.equal(replica.needsBase, false);
});

test("a count that is no positive whole number is refused", () => {
  for (const count of [0, -1, 1.5, NaN]) {
    const replica = replicaOf(["ann", 1]);
    assert.equal(replica.delta(someDelta({ inserts: [["bob", 2]], insert_counts: [count] })), false);
    assert.equal(replica.needsBase, true);
    assert.equal(replica.snapshot?.size, 1);
  }
});

test("a delta may take away and bring back one row, and as many as it likes of it", () => {
  const replica = replicaOf(["ann", 1]);
  replica.delta(someDelta({ deletes: [["ann", 1]], inserts: [["ann", 1]], insert_counts: [3] }));
  assert.equal(replica.snapshot?.size, 3);
});

test("an epoch that was left does not return, unless the kernel says that it is there", () => {
  const base = (/** @type {string} */ epoch) => ({ epoch, seq: 0, time: 0, columns: COLUMNS, encoding: TABLE, rows: [] });
  const replica = new Replica();
  replica.base(base("old"));
  replica.base(base("new"));
  assert.equal(replica.base(base("old")), false);
  assert.equal(replica.delta(someDelta({ epoch: "old" })), false);
  assert.deepEqual(replica.position, { epoch: "new", seq: 0 });
  assert.equal(replica.needsBase, false);
  assert.equal(replica.isBehind("old", 0), true);
  replica.expect("old");
  assert.equal(replica.needsBase, true);
  assert.equal(replica.base(base("old")), true);
});

test("what came of another epoch before the first base is not waited for", () => {
  const replica = new Replica();
  replica.delta(someDelta({ epoch: "older" }));
  replica.base({ epoch: "e", seq: 3, time: 0, columns: COLUMNS, encoding: TABLE, rows: [] });
  assert.equal(replica.needsBase, false);
});

test("a delta of an epoch that nobody knows is held back, and its base asked for", () => {
  const replica = replicaOf(["ann", 1]);
  replica.delta(someDelta({ epoch: "newer", deletes: [["bob", 2]] }));
  assert.equal(replica.needsBase, true);
  replica.base({ epoch: "newer", seq: 0, time: 0, columns: COLUMNS, encoding: TABLE, rows: [["bob", 2]] });
  assert.deepEqual(replica.position, { epoch: "newer", seq: 1 });
  assert.equal(replica.needsBase, false);
});

test("what is held back stays bounded, and one base still repairs all", () => {
  const replica = replicaOf(["ann", 1]);
  for (let seq = 5; seq < 5000; seq++) replica.delta(someDelta({ from: seq, to: seq + 1 }));
  const base = { epoch: "e", time: 1, columns: COLUMNS, encoding: TABLE, rows: [["bob", 2]] };
  replica.base({ ...base, seq: 5 });
  assert.deepEqual(replica.position, { epoch: "e", seq: 5 }, "the oldest are gone");
  assert.equal(replica.needsBase, true);
  replica.base({ ...base, seq: 4990 });
  assert.deepEqual(replica.position, { epoch: "e", seq: 5000 }, "the newest are not");
  assert.equal(replica.needsBase, false);
});

test("a delta too large to be held back is asked for again as a base", () => {
  const replica = replicaOf(["ann", 1]);
  replica.delta(someDelta({ from: 1, to: 2, inserts: Array.from({ length: 100_001 }, (_, i) => ["row", i]) }));
  assert.equal(replica.needsBase, true);
});

test("one delta larger than all that may be held back is applied if it follows", () => {
  const inserts = Array.from({ length: 100_001 }, (_, i) => ["row", i]);
  const replica = replicaOf(["ann", 1]);
  assert.equal(replica.delta(someDelta({ inserts })), true);
  assert.equal(replica.snapshot?.size, 100_002);
});
