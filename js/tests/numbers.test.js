import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareNumbers, formatNumber, isNumber, ratio } from "../src/views/numbers.js";

const digits = (/** @type {number} */ max) => fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: max });

/** Exact decimals as PostgreSQL writes `numeric`. */
const decimal = fc
  .tuple(fc.boolean(), digits(25), fc.option(digits(12)))
  .map(([negative, whole, fraction]) => {
    const text = whole.replace(/^0+(?=\d)/, "") + (fraction === null ? "" : `.${fraction}`);
    return negative && /[1-9]/.test(text) ? `-${text}` : text;
  });

/** @param {string} text a decimal, times 10^12 */
function scaled(text) {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(12, "0"));
}

test("decimals are compared by all their digits", () => {
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const [x, y] = [scaled(a), scaled(b)];
      assert.equal(Math.sign(compareNumbers(a, b)), x < y ? -1 : x > y ? 1 : 0, `${a} and ${b}`);
    }),
    { numRuns: 2000 },
  );
});

test("neighbours that round to the same double keep their order", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 60n, max: 2n ** 90n }), fc.boolean(), (n, negative) => {
      const [low, high] = negative ? [-n - 1n, -n] : [n, n + 1n];
      assert.ok(compareNumbers(String(low), String(high)) < 0);
      assert.ok(compareNumbers(String(high), String(low)) > 0);
      assert.ok(compareNumbers(String(low), `${low}.000`) === 0);
    }),
  );
});

test("numbers as text and as numbers have one order, NaN and NULL last", () => {
  const sorted = ["-Infinity", "-1e400", -1e300, "-2.5", -1, "-1e-400", 0, "1e-400", 1e-7, "0.5", 7, "7.0001", 1e300, "1e400", "Infinity", "NaN", null];
  sorted.forEach((a, i) => sorted.forEach((b, j) => assert.equal(Math.sign(compareNumbers(a, b)), Math.sign(i - j), `${a} and ${b}`)));
  for (const zero of ["0", "-0.00", -0, "0e5"]) assert.ok(compareNumbers(zero, 0) === 0);
});

test("grouping loses no digit", () => {
  fc.assert(
    fc.property(decimal, (text) => {
      assert.equal(formatNumber(text).replaceAll(",", "").replace("−", "-"), text);
    }),
    { numRuns: 1000 },
  );
});

test("numbers are written as people read them", () => {
  for (const [value, text] of /** @type {const} */ ([
    [0, "0"],
    [1234567, "1,234,567"],
    [-1234.5, "−1,234.5"],
    ["12345678901234567890", "12,345,678,901,234,567,890"],
    ["-0.1000", "−0.1000"],
    [1e21, "1e+21"],
    [1.5e-7, "1.5e−7"],
    ["NaN", "NaN"],
    ["Infinity", "∞"],
    ["-Infinity", "−∞"],
    [null, "null"],
    ["1 day", "1 day"],
  ])) {
    assert.equal(formatNumber(value), text);
  }
});

test("only numbers have bars", () => {
  for (const value of [0, -1, "12.5", "Infinity", "1e400"]) assert.equal(isNumber(value), true, String(value));
  for (const value of [null, undefined, "NaN", "", "abc", true]) assert.equal(isNumber(value), false, String(value));
});

test("the length of a bar is its share of the longest, also beyond what a double holds", () => {
  assert.equal(ratio(5, 20), 0.25);
  assert.equal(ratio("-5", "-20"), 0.25);
  assert.equal(ratio(0, 0), 0);
  assert.equal(ratio("Infinity", 0), 1);
  assert.equal(ratio("5", "Infinity"), 0);
  assert.ok(Math.abs(ratio("25e400", "1e402") - 0.25) < 1e-12);
  assert.equal(ratio("1", "1e400"), 0);
  assert.equal(ratio("0", "1e400"), 0);
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const share = ratio(a, b);
      assert.ok(share >= 0 && share <= 1);
    }),
  );
});
