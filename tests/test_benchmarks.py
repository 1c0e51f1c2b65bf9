"""What the benchmarks measure with can be had; how fast it is nobody asks here."""

from __future__ import annotations

import psycopg

from benchmarks import stream
from mzwidget import LiveView


def test_the_server_that_streams_changes_is_one_that_a_view_can_follow() -> None:
    with stream.running() as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("MAKE keyed_100_250_10")
        with LiveView("keyed_100_250_10", dsn=dsn) as view:
            assert len(view.wait(20).df) == 100
            first = view.df["number"].sum()
            view.when(lambda frame: frame["number"].sum() != first, timeout=20)
