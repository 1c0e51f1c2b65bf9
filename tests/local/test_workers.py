"""What must hold: a database has one thread while it is small, and all that it may have from then on."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.local.engine.workers import FEWEST, MOST, ROW_GROUP, Workers

counts = st.lists(st.integers(-2 * ROW_GROUP, 2 * ROW_GROUP), max_size=8)


@given(counts)
@settings(max_examples=30, deadline=None)
def test_threads_come_with_rows_and_stay(changes: list[int]) -> None:
    with duckdb.connect(config={"threads": FEWEST}) as database:
        workers = Workers(database)
        rows, large = 0, False
        for change in changes:
            workers.count(change)
            rows += change
            large = large or rows > ROW_GROUP
            found = database.execute("SELECT current_setting('threads')").fetchall()
            assert found == [(MOST if large else FEWEST,)]
