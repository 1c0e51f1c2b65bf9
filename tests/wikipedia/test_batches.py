"""The writer: every row arrives once or is counted, whatever the database does."""

from __future__ import annotations

import re
import select
import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from mzwidget.wikipedia import batches
from mzwidget.wikipedia.batches import BatchWriter
from mzwidget.wikipedia.rows import CREATE_TABLE, Edit, target_of_edits
from mzwidget.wikipedia.tally import IngestStats, Tally
from tests.machine import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connection = psycopg.Connection[Any]

on_both = pytest.mark.parametrize("dsn", ["postgres", "engine"], indirect=True)


def edit(number: int, **changes: Any) -> Edit:
    made = Edit(number, "edit", "enwiki", 0, f"Page {number}", "Editor", False, True, -3, datetime.now(UTC))
    return made._replace(**changes)


class Writing:
    """A writer at work and its numbers."""

    def __init__(self, parameters: dict[str, Any], table: str = "edits") -> None:
        self.tally = Tally()
        self.writer = BatchWriter(parameters, target_of_edits(sql.Identifier(table)), self.tally)
        self.writer.start()

    def put(self, *edits: Edit) -> None:
        for each in edits:
            self.tally.receive()
            self.writer.put(each)

    @property
    def stats(self) -> IngestStats:
        return self.tally.stats("live", "running", "")

    def settles(self) -> IngestStats:
        eventually(lambda: self.stats.pending == 0, what=f"{self.stats}, {self.writer.problem}")
        return self.stats


@pytest.fixture
def write(connection: Connection, dsn: str) -> Iterator[Callable[..., Writing]]:  # noqa: ARG001
    running: list[Writing] = []

    def begin(parameters: dict[str, Any] | None = None, **options: Any) -> Writing:
        running.append(Writing(parameters or conninfo_to_dict(dsn), **options))
        return running[-1]

    yield begin
    for each in running:
        each.writer.close(2)


def ids(connection: Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT id FROM edits ORDER BY id").fetchall()]


@on_both
def test_values_arrive_as_they_are(write: Callable[..., Writing], connection: Connection) -> None:
    rows = [
        edit(1),
        edit(2, title="tab\tback\\slash\nline \\N \\. 🐎 שלום", user_name='"; DROP TABLE edits; --'),
        edit(2**63 - 1, namespace=None, delta=None, bot=True, kind="new"),
        edit(-1, title="", edited_at=datetime(1, 1, 1, tzinfo=UTC)),
    ]
    writing = write()
    writing.put(*rows)
    assert writing.settles().inserted == 4
    found = connection.execute("SELECT * FROM edits").fetchall()
    assert set(found) == {row[:-1] for row in rows}


def test_a_batch_is_one_commit(write: Callable[..., Writing], connection: Connection) -> None:
    writing = write()
    writing.put(*map(edit, range(1200)))
    assert writing.settles().inserted == 1200
    per_commit = connection.execute("SELECT count(*) FROM edits GROUP BY xmin::text ORDER BY 1 DESC").fetchall()
    assert len(per_commit) <= 5
    assert per_commit[0][0] == batches._MOST_ROWS


@on_both
def test_a_row_alone_does_not_wait_for_company(write: Callable[..., Writing]) -> None:
    writing = write()
    writing.put(edit(1))
    stats = writing.settles()
    assert stats.inserted == 1
    assert stats.lag is not None
    assert stats.lag >= 0


def test_lag_counts_from_the_edit(write: Callable[..., Writing]) -> None:
    writing = write()
    writing.tally.receive()
    writing.writer.put(edit(1), age=100.0)
    stats = writing.settles()
    assert stats.lag is not None
    assert 100 <= stats.lag < 130


def test_refused_rows_do_not_hold_up_others(write: Callable[..., Writing], connection: Connection) -> None:
    connection.execute("ALTER TABLE edits ADD CHECK (user_name <> 'refused')")
    writing = write()
    writing.put(*(edit(n, user_name="refused" if n in (0, 17, 18, 99) else "fine") for n in range(100)))
    stats = writing.settles()
    assert (stats.inserted, dict(stats.skipped)) == (96, {"refused": 4})
    assert ids(connection) == [n for n in range(100) if n not in (0, 17, 18, 99)]
    assert "violates check constraint" in writing.writer.refusal
    assert writing.writer.problem == ""


def test_all_rows_refused(write: Callable[..., Writing], connection: Connection) -> None:
    connection.execute("ALTER TABLE edits ADD CHECK (user_name <> 'Editor')")
    writing = write()
    writing.put(*map(edit, range(20)))
    assert dict(writing.settles().skipped) == {"refused": 20}


@on_both
def test_a_table_that_is_not_there_yet(write: Callable[..., Writing], connection: Connection) -> None:
    connection.execute("DROP TABLE edits")
    writing = write()
    writing.put(*map(edit, range(10)))
    eventually(lambda: writing.writer.problem)
    assert re.search("""relation "edits" does not exist|unknown catalog item 'edits'""", writing.writer.problem)
    assert writing.stats.pending == 10
    connection.execute(CREATE_TABLE)
    assert writing.settles().inserted == 10
    assert writing.writer.problem == ""
    assert ids(connection) == list(range(10))


def test_sessions_ended_by_the_server(write: Callable[..., Writing], connection: Connection) -> None:
    writing = write()
    for number in range(400):
        writing.put(edit(number))
        if number % 100 == 50:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
            time.sleep(0.2)
    assert writing.settles().inserted == 400
    assert ids(connection) == list(range(400))


def test_a_password_is_in_no_message(write: Callable[..., Writing]) -> None:
    writing = write({"host": "127.0.0.1", "port": free_port(), "user": "u", "password": "s3cret", "dbname": "d"})
    writing.put(edit(1))
    eventually(lambda: writing.writer.problem)
    assert "refused" in writing.writer.problem
    assert "s3cret" not in writing.writer.problem


class Proxy:
    """Between the writer and the database; can lose the answer to a COPY, or stop passing anything on."""

    def __init__(self, target: dict[str, Any]) -> None:
        self._target = (str(target["host"]), int(str(target["port"])))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.lose_answers = 0
        self.lost = 0
        self.frozen = False
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def _listen(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._pass, args=(client,), daemon=True))
                self._threads[-1].start()

    def _pass(self, client: socket.socket) -> None:
        copy_done = b"c\0\0\0\4"
        with client, socket.create_connection(self._target) as server, suppress(OSError):
            copied = False
            while not self._over.is_set():
                readable, _, _ = select.select([client, server], [], [], 0.05)
                if self.frozen:
                    time.sleep(0.02)
                    continue
                for source in readable:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is client:
                        copied = copied or copy_done in data
                        server.sendall(data)
                    elif copied and self.lose_answers:
                        self.lose_answers -= 1
                        self.lost += 1
                        return
                    else:
                        copied = False
                        client.sendall(data)

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


@contextmanager
def proxy_to(dsn: str) -> Iterator[tuple[Proxy, dict[str, Any]]]:
    parameters = conninfo_to_dict(dsn)
    proxy = Proxy(parameters)
    try:
        yield proxy, parameters | {"host": "127.0.0.1", "port": proxy.port}
    finally:
        proxy.close()


@on_both
def test_a_commit_whose_answer_is_lost(write: Callable[..., Writing], connection: Connection, dsn: str) -> None:
    with proxy_to(dsn) as (proxy, parameters):
        writing = write(parameters)
        proxy.lose_answers = 3
        for start in range(0, 300, 20):
            writing.put(*map(edit, range(start, start + 20)))
            writing.settles()
        assert proxy.lost == 3
        assert writing.stats.inserted == 300
        assert ids(connection) == list(range(300))
        writing.writer.close(2)


@on_both
def test_bounded_while_the_database_is_away(
    write: Callable[..., Writing], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_CAPACITY", 700)
    monkeypatch.setattr(batches, "_PATIENCE", 0.0)
    connection.execute("DROP TABLE edits")
    writing = write()
    writing.put(edit(0))
    eventually(lambda: writing.writer.problem)
    writing.put(*map(edit, range(1, 3000)))
    stats = writing.stats
    assert len(writing.writer._waiting) == 700
    assert stats.pending == 700 + 1
    assert dict(stats.skipped) == {"dropped": 3000 - 701}
    connection.execute(CREATE_TABLE)
    assert writing.settles().inserted == 701
    assert ids(connection)[-700:] == list(range(2300, 3000))


@on_both
def test_a_slow_database_slows_the_source_and_loses_nothing(
    write: Callable[..., Writing], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_CAPACITY", 600)
    writing = write()
    writing.put(*map(edit, range(20_000)))
    assert writing.settles().inserted == 20_000
    assert connection.execute("SELECT count(DISTINCT id) FROM edits").fetchone() == (20_000,)


@on_both
def test_close_writes_what_waits(write: Callable[..., Writing], connection: Connection) -> None:
    writing = write()
    writing.put(*map(edit, range(700)))
    writing.writer.close(5)
    assert writing.stats.inserted == 700
    assert len(ids(connection)) == 700
    writing.put(edit(1000))
    assert dict(writing.stats.skipped) == {"dropped": 1}
    assert writing.stats.pending == 0


@on_both
def test_close_while_the_database_is_away(write: Callable[..., Writing], connection: Connection) -> None:
    connection.execute("DROP TABLE edits")
    writing = write()
    writing.put(*map(edit, range(50)))
    eventually(lambda: writing.writer.problem)
    writing.writer.close(2)
    assert not writing.writer._thread.is_alive()
    assert dict(writing.stats.skipped) == {"dropped": 50}
    assert writing.stats.pending == 0


def test_a_frozen_database_holds_up_nobody(
    write: Callable[..., Writing], dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_CAPACITY", 100)
    monkeypatch.setattr(batches, "_PATIENCE", 0.3)
    with proxy_to(dsn) as (proxy, parameters):
        writing = write(parameters)
        writing.put(edit(0))
        writing.settles()
        proxy.frozen = True
        began = time.monotonic()
        writing.put(*map(edit, range(1, 1000)))
        assert time.monotonic() - began < 10
        assert writing.stats.skipped["dropped"] >= 999 - 100 - batches._MOST_ROWS
        writing.writer.close(0.1)
        proxy.frozen = False
        assert writing.settles().inserted >= 1


@on_both
def test_rows_that_arrive_in_the_far_past_and_future(write: Callable[..., Writing], connection: Connection) -> None:
    writing = write()
    writing.put(
        edit(1, edited_at=datetime.now(UTC) + timedelta(days=365)), edit(2, edited_at=datetime.max.replace(tzinfo=UTC))
    )
    assert writing.settles().inserted == 2
    assert ids(connection) == [1, 2]
