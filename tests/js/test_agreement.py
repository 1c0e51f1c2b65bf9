"""Page and kernel put rows in one order and write numbers alike, each by its own code."""

from __future__ import annotations

import json
import os
import random
import subprocess
from typing import TYPE_CHECKING, Any

from mzwidget.charts import Options, formats, order, resolve
from mzwidget.tail.values import Column, to_json_rows

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = """
import { byOrder } from "./src/views/order.js";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const sorted = JSON.parse(text).map(({ columns, order, rows }) => {
  const entries = rows.map((row, place) => ({ key: JSON.stringify(row), row, count: 1, place }));
  return entries.sort(byOrder(columns, order)).map(({ key }) => key);
});
console.log(JSON.stringify(sorted));
"""
FORMATS = """
import { decimalsOf, formatOf, givenFormat } from "./src/views/formats.js";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const written = JSON.parse(text).map(([format, numbers, type]) => {
  const columns = [{ name: "n", type, kind: "number" }];
  const usual = formatOf({ channels: {} }, columns, 0, decimalsOf(numbers));
  return numbers.map(format ? givenFormat(format, String) : usual);
});
console.log(JSON.stringify(written));
"""
STACKS = """
import { Stacks } from "./src/views/bars/stacks.js";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const stood = JSON.parse(text).map(({ columns, encoding, rows }) => {
  const stacks = new Stacks(columns, encoding);
  stacks.update({ entries: rows.map((row, i) => ({ key: JSON.stringify([row, i]), row, count: 1 })) }, null);
  return stacks.first(100).map(({ label }) => label);
});
console.log(JSON.stringify(stood));
"""
NAMES = """
import { Stacks } from "./src/views/bars/stacks.js";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const named = JSON.parse(text).map(({ columns, encoding, rows }) => {
  const stacks = new Stacks(columns, encoding);
  stacks.update({ entries: rows.map((row, i) => ({ key: JSON.stringify([row, i]), row, count: 1 })) }, null);
  return stacks.colors;
});
console.log(JSON.stringify(named));
"""
NUMBERS = [
    None,
    "NaN",
    "Infinity",
    "-Infinity",
    "0",
    "0.10",
    "0.1",
    "9007199254740993",
    "9007199254740992",
    "-5",
    "1e3",
]
TEXTS = [None, "", "a", "ab", "b", "\uffff", "🦩", "é", 'q"', "\t", "10", "9"]
TIMES = [None, "2026-01-01", "2026-01-02", "12000-01-01", "0044-03-15 BC", "infinity"]


def run(node: Path, js_modules: Path, script: str, given: Any) -> Any:
    command = [node, "--input-type=module", "-e", script]
    done = subprocess.run(
        command,
        cwd=js_modules,
        env={**os.environ, "LC_ALL": "en_US.UTF-8"},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rows_stand_in_one_order(node: Path, js_modules: Path) -> None:
    draw = random.Random(11)
    columns = [
        Column("n", 1700, "numeric"),
        Column("t", 25, "text"),
        Column("b", 16, "bool"),
        Column("d", 1082, "date"),
        Column("i", 20, "int8"),
    ]
    integers = [None, "0", "-3", "9007199254740993", "9007199254740992"]
    told = [{"name": of.name, "type": of.type, "kind": of.kind} for of in columns]
    cases, expected = [], []
    for _ in range(400):
        pools = [draw.sample(pool, 3) for pool in (NUMBERS, TEXTS, [None, "t", "f"], TIMES, integers)]
        rows = [tuple(map(draw.choice, pools)) for _ in range(draw.randrange(20))]
        terms = [(draw.randrange(5), draw.random() < 0.5, draw.random() < 0.5) for _ in range(draw.randrange(4))]
        cases.append({"columns": told, "order": terms, "rows": to_json_rows(columns, rows)})
        arranged = to_json_rows(columns, order.arrange(columns, rows, terms))
        expected.append([json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in arranged])
    for case, page, kernel in zip(cases, run(node, js_modules, ORDERS, cases), expected, strict=True):
        assert page == kernel, case["order"]


def test_stacks_stand_in_one_order(node: Path, js_modules: Path) -> None:
    draw = random.Random(5)
    columns = [Column("shop", 25, "text"), Column("item", 25, "text"), Column("n", 20, "int8")]
    told = [{"name": of.name, "type": of.type, "kind": of.kind} for of in columns]
    cases, expected = [], []
    for _ in range(200):
        values = [None, *map(str, range(-3, 9))]
        rows = [(draw.choice(TEXTS), draw.choice(TEXTS), draw.choice(values)) for _ in range(draw.randrange(30))]
        asked = [(draw.randrange(3), draw.random() < 0.5, draw.random() < 0.5)] if draw.random() < 0.3 else []
        encoding = resolve(columns, Options(), len(rows), tuple(asked))
        cases.append({"columns": told, "encoding": encoding.to_json(), "rows": to_json_rows(columns, rows)})
        expected.append(list(dict.fromkeys(row[0] for row in encoding.arrange(columns, rows))))
    for case, page, kernel in zip(cases, run(node, js_modules, STACKS, cases), expected, strict=True):
        assert page == kernel, case["encoding"]["order"]


def test_what_parts_are_named_stands_in_one_order_in_which_two_comes_before_ten(node: Path, js_modules: Path) -> None:
    draw = random.Random(7)
    columns = [Column("shop", 25, "text"), Column("item", 25, "text"), Column("n", 20, "int8")]
    told = [{"name": of.name, "type": of.type, "kind": of.kind} for of in columns]
    encoding = resolve(columns, Options(), 9).to_json()

    def name() -> str | None:
        parts = [draw.choice(["", "a", "b", "B", "é", "🦩", "0", "00", "1", "2", "10", "9" * 30]) for _ in range(4)]
        return draw.choice([*TEXTS, *["".join(parts)] * 20])

    cases = [[("x", name(), "1") for _ in range(12)] for _ in range(300)]
    cases.append([("x", f"colour {n}", "1") for n in (10, 2, 1, 21)])
    expected = [order.by_name(columns[1], [row[1] for row in rows]) for rows in cases]
    assert expected[-1] == ["colour 1", "colour 2", "colour 10", "colour 21"]
    given = [{"columns": told, "encoding": encoding, "rows": to_json_rows(columns, rows)} for rows in cases]
    for case, page, kernel in zip(cases, run(node, js_modules, NAMES, given), expected, strict=True):
        assert page == kernel, case


def test_numbers_are_written_alike(node: Path, js_modules: Path) -> None:
    specifiers = [
        ",.2f",
        "€,.2f",
        ".1%",
        "$,.0f",
        ".3s",
        "~s",
        "+.2e",
        ",d",
        "(,.1f",
        ".3~g",
        "012,.2f",
        "x",
        ".4r",
        "p",
        formats.PLAIN,
    ]
    numbers = [
        "0",
        "1",
        "-1",
        "0.5",
        "2.5",
        "1.005",
        "-0.004",
        "12345.678",
        "1e-7",
        "999999.5",
        "123456789012",
        "0.1234",
    ]
    draw = random.Random(3)
    columns = [draw.sample([*numbers, "-1234567890123456.5", "1e20"], draw.randrange(1, 6)) for _ in range(200)]
    cases = [(specifier, numbers, "numeric") for specifier in specifiers]
    cases += [("", column, of) for column in columns for of in ("numeric", "float8")]
    expected = [[*map(formats.formatter(column, specifier, of == "float8"), column)] for specifier, column, of in cases]
    for case, page, kernel in zip(cases, run(node, js_modules, FORMATS, cases), expected, strict=True):
        assert page == kernel, case
