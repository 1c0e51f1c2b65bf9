import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Lines, heights } from "../src/views/line/lines.js";
import { STEPS, YEAR, timeTicks } from "../src/views/line/ticks.js";
import { parseTime } from "../src/views/times.js";

/** @typedef {import("../src/views/view.js").Column} Column */
/** @typedef {import("../src/views/view.js").Entry} Entry */
/** @typedef {Entry["row"]} Row */

/** @type {Column[]} */
const COLUMNS = [
  { name: "at", type: "timestamptz", kind: "time" },
  { name: "who", type: "text", kind: "text" },
  { name: "n", type: "numeric", kind: "number" },
  { name: "m", type: "float8", kind: "number" },
];
const ENCODING = { kind: "line", channels: { x: [0], y: [2, 3], color: [1] } };

const row = fc.tuple(
  fc.constantFrom("2026-11-25 10:00:00+00", "2026-11-25 10:00:01.5+00", "2026-11-25 11:00:02+01", "infinity", null),
  fc.constantFrom("ann", "bob", null),
  fc.constantFrom(1, 2, "9007199254740993", "NaN", null),
  fc.constantFrom(0.5, "Infinity", null),
);
const rows = fc.array(row, { maxLength: 12 });

/**
 * @param {readonly Row[]} rows
 * @returns {Entry[]}
 */
function entries(rows) {
  /** @type {Map<string, Entry>} */
  const found = new Map();
  for (const row of rows) {
    const key = JSON.stringify(row);
    found.set(key, { key, row, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

/**
 * @param {readonly Entry[]} own
 * @param {readonly Entry[]} other
 */
function surplus(own, other) {
  return own
    .map((entry) => ({ ...entry, count: entry.count - (other.find(({ key }) => key === entry.key)?.count ?? 0) }))
    .filter(({ count }) => count > 0);
}

/** @param {Lines} lines */
function told(lines) {
  const all = [...lines].map(({ id, name, xs, ys, counts }) => ({ id, name, xs, ys, counts }));
  return { lines: all.sort((a, b) => (a.id < b.id ? -1 : 1)), placeless: lines.placeless, span: lines.span };
}

test("lines that were changed are the lines of the rows that are there", () => {
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 6 }), (states) => {
      const lines = new Lines(COLUMNS, ENCODING);
      /** @type {Entry[]} */
      let before = [];
      for (const state of states.map(entries)) {
        lines.update(() => [], { inserts: surplus(state, before), deletes: surplus(before, state) });
        for (const { xs } of lines) assert.deepEqual(xs, [...xs].sort((a, b) => a - b));
        before = state;
      }
      const fresh = new Lines(COLUMNS, ENCODING);
      fresh.update(() => before, null);
      assert.deepEqual(told(lines), told(fresh));
    }),
  );
});

test("each line has a colour of its own for as long as it is there", () => {
  fc.assert(
    fc.property(fc.array(rows, { minLength: 2, maxLength: 6 }), (states) => {
      const lines = new Lines(COLUMNS, ENCODING);
      /** @type {Map<string, number>} */
      let slots = new Map();
      for (const state of states) {
        lines.update(() => entries(state), null);
        const now = new Map(lines.greatest(Infinity).map(({ id, slot }) => [id, slot]));
        assert.equal(new Set(now.values()).size, now.size);
        for (const [id, slot] of now) assert.equal(slots.get(id) ?? slot, slot);
        slots = now;
      }
    }),
  );
});

test("lines that are drawn are told apart, however many there are, and one alone is not dashed", () => {
  const lines = new Lines(COLUMNS, { kind: "line", channels: { x: [0], y: [2], color: [1] } });
  const all = Array.from({ length: 60 }, (_, i) => ["2026-01-01 00:00:00+00", `line ${i}`, i % 32 === 0 ? 1000 : i, null]);
  lines.update(() => entries(all), null);
  const looks = lines.greatest(20).map(({ slot, round }) => `${slot % 8} ${round}`);
  assert.equal(new Set(looks).size, 20);
  const last = [...lines].find(({ name }) => name === "line 59");
  const { slot = -1, round = 0 } = last ?? {};
  assert.ok(round > 0);
  lines.update(() => entries(all.slice(59)), null);
  assert.deepEqual(lines.greatest(20).map((line) => [line.slot, line.round]), [[slot, 0]]);
});

/**
 * @param {number[]} seconds
 * @returns {Lines}
 */
function pace(seconds) {
  const lines = new Lines(COLUMNS, ENCODING);
  const all = seconds.map((at) => [new Date(at * 1000).toISOString().replace("T", " ").replace("Z", "+00"), "ann", at, null]);
  lines.update(() => entries(all), null);
  return lines;
}

test("a point that is missing in a steady pace is a gap, and none where there is no pace", () => {
  const [steady] = pace([0, 10, 20, 30, 60, 70, 80, 90]);
  assert.ok(Number(steady?.reach) > 10_000 && Number(steady?.reach) < 30_000);
  const [months] = pace([0, 31, 59, 90, 120, 151].map((day) => day * 86_400));
  assert.ok(Number(months?.reach) > 31 * 86_400_000);
  const [any] = pace([0, 1, 10, 11, 40, 100]);
  assert.equal(any?.reach, Infinity);
});

test("the heights are those of the points in between", () => {
  const [line] = pace([1, 2, 3, 4, 5]);
  assert.ok(line);
  assert.deepEqual(heights(line, 2000, 4000), [2, 4]);
  assert.deepEqual(heights(line, 5001, 9000), [Infinity, -Infinity]);
});

test("times are read as the database writes them", () => {
  assert.equal(parseTime("2026-11-25 10:00:00+00"), Date.UTC(2026, 10, 25, 10));
  assert.equal(parseTime("2026-11-25 10:00:00.123456-05:30"), Date.UTC(2026, 10, 25, 15, 30) + 123.456);
  assert.equal(parseTime("2026-11-25 10:00:00"), Date.UTC(2026, 10, 25, 10));
  assert.equal(parseTime("2026-11-25"), Date.UTC(2026, 10, 25));
  assert.equal(parseTime("12000-01-01"), Date.UTC(12000, 0, 1));
  assert.equal(parseTime("0001-01-01"), Date.parse("0001-01-01T00:00:00Z"));
  assert.equal(parseTime("0096-02-29 12:00:00+01"), Date.parse("0096-02-29T11:00:00Z"));
  assert.equal(parseTime("01:02:03.5"), 3_723_500);
  for (const none of ["infinity", "-infinity", "", null, "0044-03-15 BC", "<b>"]) assert.equal(parseTime(none), NaN);
});

test("what stands at a time's tick is short and like no other's, whatever the step", () => {
  for (const every of STEPS.filter((step) => step < 1_000 * YEAR)) {
    const texts = timeTicks(Array.from({ length: 8 }, (_, i) => Date.UTC(2026, 1, 15, 23, 59, 58) + i * every), every, "UTC");
    let context = "";
    const told = texts.map((text) => {
      const [own = "", ...below] = text.split("\n");
      assert.ok(own.length <= 8, own); // what has room at the right edge
      context = below[0] ?? context;
      return `${context} ${own}`;
    });
    assert.equal(new Set(told).size, told.length, told.join(", "));
  }
});
