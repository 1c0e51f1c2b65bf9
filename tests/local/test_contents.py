"""What must hold: any two results of a query, however each is kept, differ by exactly what turns one into the other."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mzwidget.local.dialect import Query
from mzwidget.local.engine import contents
from mzwidget.local.engine.contents import Contents, State
from mzwidget.local.formats.types import FLOAT8, INT4, TEXT, Column

if TYPE_CHECKING:
    Rows = list[tuple[object, ...]]

COLUMNS = tuple(Column(name, kind) for name, kind in (("a", INT4), ("b", TEXT), ("c", FLOAT8)))
numbers = st.sampled_from([0.0, 1.5, float("nan"), float("inf"), None])
texts = st.sampled_from(["", "a", "a\tb\\n\n", "ä", "\\N", None])
tables = st.lists(st.tuples(st.sampled_from([1, 2, None]), texts, numbers), max_size=12)


def multiset(rows: Rows) -> Counter[str]:
    return Counter(map(repr, rows))


@pytest.mark.parametrize("small", [0, 4, 1000])
@given(st.lists(tables, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_two_results_differ_by_what_turns_one_into_the_other(
    monkeypatch: pytest.MonkeyPatch, small: int, sequence: list[Rows]
) -> None:
    monkeypatch.setattr(contents, "SMALL", small)
    with duckdb.connect() as database:
        database.execute("CREATE TABLE t (a INTEGER, b VARCHAR, c DOUBLE)")
        made = Contents(database, Query("SELECT a, b, c FROM t", COLUMNS), ())
        states: list[State | None] = [None]
        for time, rows in enumerate(sequence):
            database.execute("DELETE FROM t")
            if rows:
                database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
            states.append(State(time))
            made.evaluate(states[-1], states[-2])
            assert not (states[-1].rows and len(rows) > small)

        for (before, old), (after, new) in product(zip(states, [[], *sequence], strict=True), repeat=2):
            if after is None:
                continue
            batch = made.compare(before, after)
            difference = multiset(new)
            difference.subtract(multiset(old))
            assert {repr(row[:-1]): row[-1] for row in batch.updates} == {row: n for row, n in difference.items() if n}
            assert len(batch.updates) == len(set(batch.lines))
        for state in states[1:]:
            made.drop(state)
        assert database.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchone() == (0,)
