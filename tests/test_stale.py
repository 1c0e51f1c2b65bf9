"""A view whose database is gone says so wherever its rows are asked for; a view is no value to be copied."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import psycopg
import pytest

import mzwidget
from tests.machine import eventually
from tests.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def dsn(engine_dsn: str) -> Iterator[str]:
    with psycopg.connect(engine_dsn, autocommit=True) as database:
        database.execute("CREATE TABLE stale (a int)")
        database.execute("INSERT INTO stale VALUES (1)")
        yield engine_dsn
        database.execute("DROP TABLE stale CASCADE")


def test_a_live_view_is_marked_live(dsn: str, tmp_path: Path) -> None:
    with mzwidget.LiveView("stale", dsn=dsn) as view:
        frame = view.wait(20).df
        assert frame.attrs["status"] == "live"
        assert abs(pd.Timestamp(frame.attrs["timestamp"]) - pd.Timestamp.now("UTC")) < pd.Timedelta("30s")
        frame.to_parquet(tmp_path / "f.parquet")
        assert pd.read_parquet(tmp_path / "f.parquet").attrs == frame.attrs


READS: dict[str, Callable[[mzwidget.LiveView, Path], object]] = {
    "df": lambda view, _: view.df,
    "to_arrow": lambda view, _: view.to_arrow(),
    "to_polars": lambda view, _: view.to_polars(),
    "parquet": lambda view, folder: view.save(folder / "view.parquet"),
    "csv": lambda view, folder: view.save(folder / "view.csv"),
    "when": lambda view, _: view.when(lambda frame: len(frame) == 1),
}
"""The ways to a view's rows."""


@pytest.mark.parametrize("way", READS)
def test_whoever_asks_for_rows_of_the_past_is_warned(dsn: str, tmp_path: Path, way: str) -> None:
    with Proxy(dsn) as proxy, mzwidget.LiveView("stale", dsn=proxy.dsn) as view:
        view.wait(20)
        proxy.refuse()
        proxy.cut()
        eventually(lambda: view.status.state == "reconnecting", what="the view notices")
        with pytest.warns(mzwidget.StaleWarning, match=r"stale is reconnecting .*these are its rows of 20") as told:
            READS[way](view, tmp_path)
        assert [Path(of.filename).name for of in told] == [Path(__file__).name], "and told where"


def test_a_stale_view_warns_once_an_outage(dsn: str, tmp_path: Path) -> None:
    with Proxy(dsn) as proxy, mzwidget.LiveView("stale", dsn=proxy.dsn) as view:
        view.wait(20)
        for _ in range(2):
            proxy.refuse()
            proxy.cut()
            eventually(lambda: view.status.state == "reconnecting", what="the view notices")
            with pytest.warns(mzwidget.StaleWarning, match=r"stale is reconnecting .*these are its rows of 20"):
                frame = view.df
            assert frame["a"].tolist() == [1]
            assert frame.attrs["status"] == "reconnecting"
            kept = view._repr_mimebundle_()[0]
            for told in (str(view), kept["text/plain"], kept["text/html"]):
                assert " · stale: " in told, "a picture that nothing follows says so too"
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                for read in READS.values():
                    read(view, tmp_path)
            proxy.accept()
            view.retry()
            eventually(lambda: view.status.state == "live", what="the view is back")
            assert view.df.attrs["status"] == "live"
            assert "stale: " not in str(view)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps, lambda view: copy.copy([view][0])])
def test_a_view_is_not_copied(dsn: str, copied: object) -> None:
    with mzwidget.LiveView("stale", dsn=dsn) as view, pytest.raises(TypeError, match=r"copied or pickled.*view\.df"):
        copied(view)  # type: ignore[operator]


ENGINE = """
import os, signal, sys, time, warnings
import mzwidget
from mzwidget.local import starter
warnings.simplefilter("always")
connection = mzwidget.connect()
connection.execute("CREATE TABLE t (a int)")
connection.execute("INSERT INTO t VALUES (1)")
view = mzwidget.LiveView("t").wait(20)
os.kill(starter._engine.process.pid, signal.SIGKILL)
end = time.monotonic() + 20
while view.status.state != "failed" and time.monotonic() < end:
    time.sleep(0.05)
print("STATUS", view.status.message)
for _ in range(2):
    print("ROWS", view.df["a"].tolist(), view.df.attrs["status"])
again = mzwidget.connect()
print("TABLES", again.execute("SHOW TABLES").fetchall())
view.close()
"""


def test_an_engine_that_was_killed_is_told_of() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MATERIALIZE_URL"}
    done = subprocess.run([sys.executable, "-c", ENGINE], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, status, *rows, said, tables = done.stdout.splitlines()
    assert "an embedded engine was started" in first
    assert status.startswith("STATUS the embedded engine has ended, and its data with it")
    assert rows == ["ROWS [1] failed"] * 2
    assert "again, empty: the one before has ended" in said
    assert tables == "TABLES []"
    assert done.stderr.count("StaleWarning") == 1
