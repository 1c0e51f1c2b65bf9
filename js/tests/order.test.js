import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byColumns, byRank, compareText, first } from "../src/order.js";
import { plan } from "../src/plan.js";
import { COLUMNS } from "./kernel.js";

/** @typedef {import("../src/multiset.js").Entry} Entry */

const text = fc.string({ unit: "binary", maxLength: 6 });
const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(null, "NaN", "Infinity", "9007199254740993", "9007199254740992"));
const entries = fc.uniqueArray(
  fc.record({ row: fc.tuple(fc.oneof(text, fc.constant(null)), value), count: fc.integer({ min: 1, max: 3 }) }),
  { selector: ({ row }) => JSON.stringify(row), maxLength: 60 },
);

test("text is ordered by code point", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const points = (/** @type {string} */ s) => Array.from(s, (c) => /** @type {number} */ (c.codePointAt(0)));
      const [x, y] = [points(a), points(b)];
      const i = x.findIndex((point, at) => point !== y[at]);
      const expected = i < 0 ? Math.sign(x.length - y.length) : y[i] === undefined ? 1 : Math.sign(/** @type {number} */ (x[i]) - y[i]);
      assert.equal(Math.sign(compareText(a, b)), expected);
    }),
    { numRuns: 1000 },
  );
});

test("the first rows are those of a full sort, whatever the order they come in", () => {
  for (const compare of [byColumns(COLUMNS), byRank(COLUMNS, 0, 1)]) {
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

test("the orders are total: distinct rows never tie and never contradict each other", () => {
  for (const compare of [byColumns(COLUMNS), byRank(COLUMNS, 0, 1)]) {
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
  const ranked = first(rows.map((row) => ({ row, count: 1 })), byRank(COLUMNS, 0, 1), 10);
  assert.deepEqual(ranked.map(({ row }) => row[0]), ["c", "b", "a", "d", "e", "y", "x"]);
});

test("bars of one label and value are told apart by the rest of their rows", () => {
  const columns = [...COLUMNS, { name: "more", type: "text", kind: /** @type {const} */ ("text") }];
  const rows = [["a", 1, "z"], ["a", 1, null], ["a", 1, "y"]].map((row) => ({ row, count: 1 }));
  const compare = byRank(columns, 0, 1);
  for (const turned of [rows, [...rows].reverse()]) {
    assert.deepEqual(first(turned, compare, 3).map(({ row }) => row[2]), ["y", "z", null]);
  }
});

test("the columns decide on the picture, the options overrule them", () => {
  const column = (/** @type {string} */ name, /** @type {"number" | "text" | "time"} */ kind) => ({ name, type: kind, kind });
  const [n, m, a, b, t] = [column("n", "number"), column("m", "number"), column("a", "text"), column("b", "text"), column("t", "time")];
  const none = { title: "", name: "", key: "", value: "", limit: 0, height: 0, note: "", kind: /** @type {"auto"} */ ("auto") };
  const kinds = [
    { columns: [n], size: 1, kind: "number" },
    { columns: [n], size: 0, kind: "number" },
    { columns: [n], size: 2, kind: "table" },
    { columns: [a, n], size: 3, kind: "bars" },
    { columns: [n, t, m], size: 3, kind: "bars" },
    { columns: [a, b, n], size: 3, kind: "table" },
    { columns: [a, b, n], size: 3, options: { key: "b" }, kind: "bars", label: 1 },
    { columns: [n, m], size: 3, options: { key: "m" }, kind: "bars", label: 1, value: 0 },
    { columns: [n, a, m], size: 3, options: { value: "m" }, kind: "bars", value: 2 },
    { columns: [a, b], size: 3, kind: "table" },
    { columns: [a, n], size: 3, options: { key: "gone" }, kind: "bars", label: 0 },
    { columns: [], size: 1, kind: "table" },
  ];
  for (const { columns, size, options, kind, label, value: number } of kinds) {
    const result = plan(columns, { ...none, ...options }, size, false);
    assert.equal(result.kind, kind, JSON.stringify({ columns, size, options }));
    if (label !== undefined) assert.equal(result.label, label);
    if (number !== undefined) assert.equal(result.value, number);
    assert.equal(plan(columns, { ...none, ...options }, size, true).kind, "table");
  }
});
