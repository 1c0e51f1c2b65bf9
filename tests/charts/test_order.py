"""The order of rows: a total one, the same however the rows came, and the one that a query asks for."""

from __future__ import annotations

import itertools
import math
import random
import sys
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.charts import Options, orderby, resolve
from mzwidget.charts.order import Row, Term, arrange
from mzwidget.tail.values import Column

NUMBER, TEXT, TRUTH = Column("n", 1700, "numeric"), Column("t", 25, "text"), Column("b", 16, "bool")
COLUMNS = [NUMBER, TEXT, TRUTH]
numbers = st.sampled_from(
    [
        None,
        "NaN",
        "Infinity",
        "-Infinity",
        "0",
        "-0.0",
        "0.10",
        "0.1",
        "9007199254740993",
        "9007199254740992",
        "1e3",
        "-5",
    ]
)
texts = st.none() | st.text(alphabet="ab\uffff🦩é\t", max_size=3)
rows_of = st.lists(st.tuples(numbers, texts, st.sampled_from([None, "t", "f"])), max_size=12)
terms = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), max_size=3)


def compare(a: Row, b: Row, order: list[Term]) -> int:
    """Say again, one value at a time, what the order is."""
    for index, descending, nulls_first in [*order, *((index, False, False) for index in range(3))]:
        keys = []
        for text in (a[index], b[index]):
            number = text if index else text and Decimal(text)
            beyond = 2 if text is None else 1 if isinstance(number, Decimal) and number.is_nan() else 0
            keys.append((beyond, number))
        (p, x), (q, y) = keys
        if p or q:
            if p != q:
                return (p - q) * (-1 if nulls_first else 1)
        elif x != y:
            return (-1 if x < y else 1) * (-1 if descending else 1)  # type: ignore[operator]
    return 0


@given(rows_of, terms, st.integers(0, 1000))
def test_rows_stand_in_one_order_however_they_came(rows: list[Row], order: list[Term], seed: int) -> None:
    found = arrange(COLUMNS, rows, order)
    assert sorted(map(repr, found)) == sorted(map(repr, rows))
    assert all(compare(a, b, order) <= 0 for a, b in itertools.pairwise(found))
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    again = arrange(COLUMNS, shuffled, order)
    assert again == found


def test_stacks_stand_by_their_total() -> None:
    columns = [Column("wiki", 25, "text"), Column("kind", 25, "text"), Column("n", 20, "int8")]
    rows: list[Row] = [("a", "x", "5"), ("b", "x", "3"), ("b", "y", "4"), ("c", "y", "7"), ("a", "w", None)]
    encoding = resolve(columns, Options())
    assert encoding.to_json()["totals"] is True
    assert encoding.arrange(columns, rows) == [
        ("b", "x", "3"),
        ("b", "y", "4"),
        ("c", "y", "7"),
        ("a", "w", None),
        ("a", "x", "5"),
    ]
    by_label = resolve(columns, Options(), order=((0, True, True),))
    assert by_label.to_json()["totals"] is False
    assert [row[0] for row in by_label.arrange(columns, rows)] == ["c", "b", "b", "a", "a"]


@pytest.mark.parametrize(
    ("query", "names", "order"),
    [
        ("top10", "a b", []),
        ("SELECT a, b FROM t", "a b", []),
        ("SELECT a, b FROM t ORDER BY b", "a b", [(1, False, False)]),
        ("SELECT a, b FROM t ORDER BY b DESC, 1 LIMIT 3", "a b", [(1, True, True), (0, False, False)]),
        ("SELECT a, b FROM t ORDER BY B DESC NULLS LAST", "a b", [(1, True, False)]),
        ('SELECT a, "B" FROM t ORDER BY "B" NULLS FIRST', "a B", [(1, False, True)]),
        ("SELECT a, count(*) FROM t GROUP BY a ORDER BY count(*) DESC", "a count", [(1, True, True)]),
        ("SELECT t.a AS x, b FROM t ORDER BY t.a", "x b", [(0, False, False)]),
        ("SELECT a AS b, b AS a FROM t ORDER BY a", "b a", [(1, False, False)]),
        ("SELECT a AS b, b AS a FROM t ORDER BY t.a", "b a", [(0, False, False)]),
        ("SELECT * FROM t ORDER BY t.b", "a b", [(1, False, False)]),
        ("SELECT a, b FROM t ORDER BY c, a", "a b", []),
        ("SELECT a, b FROM t ORDER BY a, c", "a b", [(0, False, False)]),
        ("SELECT a, b FROM t ORDER BY 3", "a b", []),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a) AS u", "a", []),
        ("WITH u AS (SELECT 1 AS a) SELECT a FROM u ORDER BY a", "a", [(0, False, False)]),
        ("(SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY a DESC)", "a", [(0, True, True)]),
        ("VALUES (2), (1) ORDER BY 1", "column1", [(0, False, False)]),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", "row_number", []),
        ("SELECT ORDER BY FROM (", "a", []),
        ("SELECT 'order by 1' AS a", "a", []),
    ],
)
def test_the_order_that_a_query_asks_for(query: str, names: str, order: list[Term]) -> None:
    columns = [Column(name, 25, "text") for name in names.split()]
    assert orderby.read(query, columns) == tuple(order)


def test_a_hundred_thousand_rows_are_sorted_in_a_moment() -> None:
    columns = [Column("key", 25, "text"), Column("n", 20, "int8"), Column("x", 1700, "numeric")]
    rows: list[Row] = [(f"key {i * 7919 % 100_003}", str(i % 1000), f"{math.sin(i):.6f}") for i in range(100_000)]
    began = time.process_time()
    arrange(columns, rows, [(1, True, False)])
    assert time.process_time() - began < 3


def test_copies_of_a_row_cost_no_more_than_the_row() -> None:
    """Copies cost the database nothing, so there may be a million of each."""

    def calls(copies: int) -> int:
        rows: list[Row] = [("2", "b", "t"), ("1", None, "f"), ("1.0", None, "f")] * copies
        made = 0

        def count(*_: object) -> None:
            nonlocal made
            made += 1

        sys.setprofile(count)
        try:
            found = arrange(COLUMNS, rows, [(0, True, False)])
        finally:
            sys.setprofile(None)
        assert found == [rows[0]] * copies + [rows[1]] * copies + [rows[2]] * copies
        return made

    assert calls(1000) == calls(10)


def test_copies_count_in_the_total_by_which_stacks_stand() -> None:
    columns = [Column("wiki", 25, "text"), Column("kind", 25, "text"), Column("n", 20, "int8")]
    rows: list[Row] = [("a", "x", "5"), ("b", "x", "2"), ("b", "x", "2"), ("b", "x", "2")]
    assert arrange(columns, rows, [], (0, 2)) == [*rows[1:], rows[0]]
