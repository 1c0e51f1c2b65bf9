"""How a tail ends, and begins again at once, while its server is in trouble."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import psycopg
import pytest

from mzwidget import LiveView
from mzwidget.tail import tail
from tests.conftest import temporary_table
from tests.machine import eventually
from tests.proxy import Proxy


@pytest.fixture
def table(engine_dsn: str) -> Iterator[str]:
    with temporary_table(engine_dsn, "n bigint", "VALUES (1)") as name:
        yield name


@pytest.fixture
def proxy(engine_dsn: str) -> Iterator[Proxy]:
    with Proxy(engine_dsn) as proxy:
        yield proxy


def test_closing_is_quick_and_quiet_when_the_server_is_gone(
    table: str, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    view = LiveView(table, dsn=proxy.dsn).wait(20)
    assert view.diagnostics().tailing
    proxy.stall()
    proxy.refuse()
    before = proxy.connections
    view.close()
    eventually(lambda: not view.diagnostics().tailing, within=3, what="the tail has ended")
    assert proxy.connections == before
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_refusal_is_not_answered_by_noise(
    engine_dsn: str, table: str, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(engine_dsn, autocommit=True) as database:
        database.execute(f"CREATE VIEW {table}_view AS SELECT n FROM {table}")
        view = LiveView(f"{table}_view", dsn=proxy.dsn).wait(20)
        callback = view.on_change(lambda _: None)
        proxy.refuse()
        database.execute(f"DROP VIEW {table}_view")
    eventually(lambda: view.status.state in ("failed", "reconnecting"))
    eventually(lambda: view.stats.reconnects > 1)
    callback.close()
    view.close()
    eventually(lambda: not view.diagnostics().tailing)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_tail_that_wakes_while_its_last_connection_hangs(
    engine_dsn: str, table: str, proxy: Proxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "LINGER", 0.2)
    view = LiveView(table, dsn=proxy.dsn).wait(20)
    proxy.stall()
    eventually(lambda: view.status.state == "idle")
    proxy.abandon()
    callback = view.on_change(lambda _: None)
    eventually(lambda: view.status.state == "live")
    for _ in range(3):
        before = proxy.connections
        proxy.cut()
        eventually(lambda before=before: proxy.connections > before and view.status.state == "live")
    with psycopg.connect(engine_dsn, autocommit=True) as database:
        database.execute(f"INSERT INTO {table} VALUES (2)")
    eventually(lambda: sorted(view.df["n"]) == [1, 2])
    callback.close()
    view.close()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
