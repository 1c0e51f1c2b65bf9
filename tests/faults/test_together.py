"""Views together add up at every moment, however quickly commits come and however differently their tails step."""

from __future__ import annotations

import threading
import time

import psycopg

from mzwidget import LiveView, together
from tests.machine import eventually


def test_parts_add_up_while_commits_come_in_bursts(engine_dsn: str) -> None:
    table = f"parts_{time.time_ns()}"
    stopped = threading.Event()

    def churn() -> None:
        with psycopg.connect(engine_dsn, autocommit=True) as database:
            number = 0
            while not stopped.is_set():
                number += 1
                database.execute(f"INSERT INTO {table} VALUES (%s, %s)", (f"part {number % 50}", number))
                if number % 30 == 0:
                    time.sleep(0.01)

    with psycopg.connect(engine_dsn, autocommit=True) as database:
        database.execute(f"CREATE TABLE {table} (name text, n bigint)")
        database.execute(f"INSERT INTO {table} VALUES ('part 1', 1)")
        churning = threading.Thread(target=churn)
        churning.start()
        views = [
            LiveView(query, dsn=engine_dsn)
            for query in (
                f"SELECT sum(n) AS n FROM {table}",
                f"SELECT name, sum(n) AS n FROM {table} GROUP BY name",
                f"SELECT name, n FROM {table}",
            )
        ]
        try:
            group = together(*views)
            totals: set[int] = set()
            for asked in range(100_000):
                total, *parts = (int(frame["n"].sum()) for frame in group.dfs)
                assert parts == [total, total]
                totals.add(total)
                if asked > 300 and len(totals) > 3:
                    break
            assert len(totals) > 3
            stopped.set()
            churning.join()
            [(truth,)] = database.execute(f"SELECT sum(n) FROM {table}").fetchall()
            eventually(lambda: {int(frame["n"].sum()) for frame in group.dfs} == {int(truth)})
        finally:
            stopped.set()
            churning.join()
            for view in views:
                view.close()
            database.execute(f"DROP TABLE {table}")
