"""What one listener raises concerns nobody else, and never ends what all share; who waits does not wait in vain."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from mzwidget.deadline import Deadline
from mzwidget.tail import attempts
from mzwidget.tail.connect import parameters
from mzwidget.tail.listeners import log
from mzwidget.tail.query import parse
from mzwidget.tail.shared import shared
from mzwidget.tail.tail import Tail
from tests.conftest import temporary_table
from tests.machine import eventually
from tests.proxy import Proxy

if TYPE_CHECKING:
    from mzwidget.tail.updates import Updates

CALLS = ["on_reset", "on_batch", "on_progress", "on_status", "on_tick", "wanted"]


class Listener:
    """Notes what it is told, and raises where it is asked to."""

    def __init__(self, faulty: str = "") -> None:
        self.heard: list[str] = []
        self.faulty = faulty
        self.errors: list[Exception] = []

    def on_error(self, error: Exception) -> None:
        self.errors.append(error)

    def _hear(self, call: str) -> None:
        self.heard.append(call)
        if call == self.faulty:
            raise ArithmeticError(call)

    def on_reset(self) -> None:
        self._hear("on_reset")

    def on_batch(self, updates: Updates) -> None:  # noqa: ARG002
        self._hear("on_batch")

    def on_progress(self) -> None:
        self._hear("on_progress")

    def on_status(self) -> None:
        self._hear("on_status")

    def on_tick(self) -> None:
        self._hear("on_tick")

    def wanted(self) -> bool:
        self._hear("wanted")
        return True


def test_who_comes_while_the_last_one_goes_is_not_shown_what_is_let_go_of(engine_dsn: str) -> None:
    with temporary_table(engine_dsn, "n bigint", "VALUES (1)") as table:
        epochs: list[str] = []
        first, second = Listener(), Listener()

        def come() -> None:
            tail.attach(second)
            epochs.append(tail.collection.epoch)

        coming = threading.Thread(target=come)

        def forget() -> None:
            if not coming.ident:
                coming.start()
                coming.join(0.5)

        tail = Tail(parameters(engine_dsn), parse(table), forget)
        tail.attach(first)
        tail.wait(Deadline(20))
        tail.detach(first)
        eventually(lambda: epochs == [""], what="what was there has been let go of")
        tail.wait(Deadline(20))
        assert tail.collection.rows == {("1",): 1}
        assert tail.collection.epoch
        tail.detach(second)
        eventually(lambda: not tail.listeners)


@pytest.mark.parametrize("faulty", CALLS)
def test_one_that_raises_concerns_nobody_else(engine_dsn: str, faulty: str, caplog: pytest.LogCaptureFixture) -> None:
    with temporary_table(engine_dsn, "n bigint", "VALUES (1)") as table:
        tail = shared(parameters(engine_dsn), parse(table))
        bad, good = Listener(faulty), Listener()
        with caplog.at_level(logging.ERROR, log.name):
            tail.attach(bad)
            tail.attach(good)
            tail.wait(Deadline(20))
            with psycopg.connect(engine_dsn, autocommit=True) as database:
                database.execute(f"INSERT INTO {table} VALUES (2)")
            eventually(lambda: tail.collection.rows == {("1",): 1, ("2",): 1})
            eventually(lambda: set(good.heard) == set(CALLS))
            ticks = good.heard.count("on_tick")
            eventually(lambda: good.heard.count("on_tick") > ticks + 2)
            assert tail.status.state == "live"
            tail.detach(bad)
            tail.detach(good)
            eventually(lambda: not tail.listeners)
        assert faulty in bad.heard
        assert {str(error) for error in bad.errors} == {faulty}
        assert good.errors == []
        assert {record.exc_info[0] for record in caplog.records if record.exc_info} == {ArithmeticError}
        caplog.clear()


def test_a_newcomer_does_not_wait_for_what_others_failed_at(engine_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "BACKOFF", (1000.0, 1000.0))
    name = f"later_{time.time_ns()}"
    tail = shared(parameters(engine_dsn), parse(name))
    first, second = Listener(), Listener()
    tail.attach(first)
    eventually(lambda: tail.status.retry_at is not None)
    with psycopg.connect(engine_dsn, autocommit=True) as database:
        database.execute(f"CREATE TABLE {name} (n int)")
        try:
            tail.attach(second)
            eventually(lambda: tail.status.state == "live")
            assert "on_reset" in second.heard
        finally:
            tail.detach(first)
            tail.detach(second)
            database.execute(f"DROP TABLE {name}")


def test_a_server_that_is_back_is_back_for_all(engine_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    with temporary_table(engine_dsn, "n int", "SELECT 1") as name, Proxy(engine_dsn) as proxy:
        followed = []
        for backoff, query in ((0.2, f"SELECT n FROM {name}"), (1000.0, name)):
            monkeypatch.setattr(attempts, "BACKOFF", (backoff, backoff))
            followed.append(shared(parameters(proxy.dsn), parse(query)))
        for tail in followed:
            tail.attach(listener)
        eventually(lambda: [tail.status.state for tail in followed] == ["live"] * 2)
        proxy.refuse()
        proxy.cut()
        eventually(lambda: followed[1].status.retry_at is not None)
        proxy.accept()
        eventually(lambda: [tail.status.state for tail in followed] == ["live"] * 2)
        for tail in followed:
            tail.detach(listener)
