import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Leading, byOrder, compareValues } from "../src/views/order.js";
import { Change, Multiset } from "../src/sync/multiset.js";
import { COLUMNS, TABLE } from "./kernel.js";

/** @typedef {import("../src/sync/multiset.js").Entry} Entry */
/** @typedef {import("../src/sync/protocol.js").Row} Row */
/** @typedef {NonNullable<import("../src/sync/protocol.js").Encoding["order"]>} Order */

/** @type {Order} */
const RANK = [[1, true, false], [0, false, false]];

/**
 * @param {Row} row
 * @param {number} [count]
 * @returns {Entry}
 */
const entryOf = (row, count = 1) => ({ key: JSON.stringify(row), row, count });

/** @param {readonly Entry[]} all */
function snapshotOf(all) {
  const size = all.reduce((sum, { count }) => sum + count, 0);
  return { epoch: "e", seq: 0, time: 0, columns: COLUMNS, encoding: TABLE, entries: all, size };
}

/**
 * @param {readonly Entry[]} all
 * @param {import("../src/views/order.js").Comparison} compare
 * @param {number} limit
 */
const first = (all, compare, limit) => new Leading(compare, limit).update(snapshotOf(all), null);

const text = fc.string({ unit: "binary", maxLength: 6 });
const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(null, "NaN", "Infinity", "9007199254740993", "9007199254740992"));
const entries = fc.uniqueArray(
  fc
    .tuple(fc.tuple(fc.oneof(text, fc.constant(null)), value), fc.integer({ min: 1, max: 3 }))
    .map(([row, count]) => entryOf(row, count)),
  { selector: ({ key }) => key, maxLength: 60 },
);

test("text is ordered by code point", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const points = (/** @type {string} */ s) => Array.from(s, (c) => /** @type {number} */ (c.codePointAt(0)));
      const [x, y] = [points(a), points(b)];
      const i = x.findIndex((point, at) => point !== y[at]);
      const expected = i < 0 ? Math.sign(x.length - y.length) : y[i] === undefined ? 1 : Math.sign(/** @type {number} */ (x[i]) - y[i]);
      assert.equal(Math.sign(compareValues(a, b, "text")), expected);
    }),
    { numRuns: 1000 },
  );
});

test("the first rows are those of a full sort, whatever the order they come in", () => {
  for (const compare of [byOrder(COLUMNS), byOrder(COLUMNS, RANK)]) {
    fc.assert(
      fc.property(entries, fc.nat(12), fc.nat(), (all, limit, turn) => {
        const sorted = [...all].sort(compare).flatMap((entry) => Array(entry.count).fill(entry));
        const cut = all.length ? turn % all.length : 0;
        const turned = [...all.slice(cut), ...all.slice(0, cut)];
        assert.deepEqual(first(turned, compare, limit), sorted.slice(0, limit));
      }),
      { numRuns: 500 },
    );
  }
});

test("the first rows are kept up through any changes, and the whole view is seldom gone through", () => {
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
  const row = fc.tuple(letter, fc.integer({ min: 0, max: 40 }));
  const steps = fc.array(fc.array(fc.tuple(row, fc.nat(), fc.boolean()), { maxLength: 12 }), { maxLength: 40 });
  let [reads, changes] = [0, 0];
  fc.assert(
    fc.property(fc.array(row, { maxLength: 200 }), steps, fc.integer({ min: 0, max: 12 }), fc.boolean(), (rows, all, limit, ranked) => {
      const compare = byOrder(COLUMNS, ranked ? RANK : []);
      const view = new Multiset(rows, undefined);
      const leading = new Leading(compare, limit);
      const snapshot = () => {
        const { size } = view;
        return { ...snapshotOf([]), size, get entries() { return reads++, view.entries(); } };
      };
      leading.update(snapshot(), null);
      for (const step of all) {
        const change = new Change();
        const present = view.entries();
        for (const [own, at, comes] of step) {
          const known = present[at % present.length];
          change.add([comes || !known ? own : known.row], undefined, comes || !known ? 1 : -1);
        }
        if (view.apply(change) < 0) continue;
        changes++;
        const expected = view.entries().sort(compare).flatMap((entry) => Array(entry.count).fill(entry.key));
        assert.deepEqual(leading.update(snapshot(), change.step).map(({ key }) => key), expected.slice(0, limit));
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(changes > 800 && reads < 500 + changes / 5, `${reads} readings for ${changes} changes`);
});

test("an order of columns puts NULL and NaN where it says", () => {
  const rows = [["a", 1], ["b", null], ["c", "NaN"], ["d", 2], [null, 2]].map((row) => entryOf(row));
  const labels = (/** @type {Order} */ order) => first(rows, byOrder(COLUMNS, order), 9).map(({ row }) => row[0]);
  assert.deepEqual(labels([[1, false, false]]), ["a", "d", null, "c", "b"]);
  assert.deepEqual(labels([[1, true, false]]), ["d", null, "a", "c", "b"]);
  assert.deepEqual(labels([[1, false, true]]), ["b", "c", "a", "d", null]);
  assert.deepEqual(labels([[0, true, true]]), [null, "d", "c", "b", "a"]);
  assert.deepEqual(labels([[0, true, false]]), ["d", "c", "b", "a", null]);
});

test("the orders are total: distinct rows never tie and never contradict each other", () => {
  for (const compare of [byOrder(COLUMNS), byOrder(COLUMNS, RANK)]) {
    fc.assert(
      fc.property(entries, (all) => {
        const sorted = [...all].sort(compare);
        sorted.forEach((a, i) =>
          sorted.forEach((b, j) => assert.equal(Math.sign(compare(a, b)), Math.sign(i - j), JSON.stringify([a.row, b.row]))),
        );
      }),
      { numRuns: 300 },
    );
  }
});

test("bars are ranked by value downwards, ties by label, NaN and NULL last", () => {
  const rows = [["d", 1], ["b", 2], ["x", null], ["a", 1], ["c", "Infinity"], ["y", "NaN"], ["e", "-5"]];
  const ranked = first(rows.map((row) => entryOf(row)), byOrder(COLUMNS, RANK), 10);
  assert.deepEqual(ranked.map(({ row }) => row[0]), ["c", "b", "a", "d", "e", "y", "x"]);
});

test("bars of one label and value are told apart by the rest of their rows", () => {
  const columns = [...COLUMNS, { name: "more", type: "text", kind: /** @type {const} */ ("text") }];
  const rows = [["a", 1, "z"], ["a", 1, null], ["a", 1, "y"]].map((row) => entryOf(row));
  const compare = byOrder(columns, RANK);
  for (const turned of [rows, [...rows].reverse()]) {
    assert.deepEqual(first(turned, compare, 3).map(({ row }) => row[2]), ["y", "z", null]);
  }
});
