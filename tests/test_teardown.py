"""`mzwidget.close_all` ends what runs in the background, and nothing else."""

from __future__ import annotations

import os

import ipywidgets
import psycopg

import mzwidget
from mzwidget import LiveView, wikipedia
from mzwidget.wikipedia.rows import CREATE_TABLE
from tests.machine import eventually

SUBSCRIPTIONS = "SELECT count(*) FROM mz_internal.mz_subscriptions"


def test_views_and_ingests_end_and_all_else_stays(engine_dsn: str) -> None:
    table = f"stopped_{os.getpid()}"
    slider = ipywidgets.IntSlider()
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        [(others,)] = connection.execute(SUBSCRIPTIONS)
        connection.execute(CREATE_TABLE.replace("edits", table, 1))
        edits = wikipedia.follow(connection, table, "recorded", 5)
        count = LiveView(f"SELECT count(*) AS edits FROM {table}", dsn=engine_dsn)
        parts = [
            LiveView(f"SELECT {of}, count(*) AS n FROM {table} GROUP BY 1", dsn=engine_dsn) for of in ("wiki", "bot")
        ]
        mzwidget.together(*parts)
        count.when(lambda df: df["edits"].item() > 0, timeout=30)
        mzwidget.close_all()
        assert edits.stats.state == "closed"
        assert {view.status.state for view in (count, *parts)} == {"closed"}
        assert count.df["edits"].item() > 0
        eventually(lambda: connection.execute(SUBSCRIPTIONS).fetchone()[0] <= others)
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == edits.stats.inserted
        assert slider.comm is not None
        mzwidget.close_all()
        again = LiveView(table, dsn=engine_dsn)
        assert len(again.wait(30).df) == edits.stats.inserted
        again.close()
        slider.close()
        connection.execute(f"DROP TABLE {table}")
