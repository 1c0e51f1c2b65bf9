"""The embedded engine by itself: how long it takes to tell of a commit, by the size of the table; what it takes in."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from benchmarks import processes
from benchmarks.figures import Figure
from benchmarks.harness import Bench

SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
COMMITS = 15
SETUP = """
CREATE TABLE edits (id bigint, kind text, wiki text, namespace int, title text, user_name text,
    bot boolean, minor boolean, delta bigint, edited_at timestamptz);
CREATE VIEW useredits AS SELECT user_name, count(*) AS edits FROM edits GROUP BY user_name;
CREATE MATERIALIZED VIEW top10 AS SELECT user_name, edits FROM useredits ORDER BY edits DESC, user_name LIMIT 10
"""
FILL = """
INSERT INTO edits
    SELECT n, 'edit', 'enwiki', 0, 'title ' || n::text, 'user ' || (n % 10000)::text, false, false, 1, now()
    FROM generate_series(1, {rows}) AS i (n)
"""
STATEMENT = """
SELECT user_name, count(*) AS edits FROM edits WHERE id <> {number}
    GROUP BY user_name ORDER BY edits DESC, user_name LIMIT 10
"""
STATEMENTS = 100_000
INSERT = "INSERT INTO edits (id, user_name) VALUES (0, 'user 1')"


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    for rows in SIZES[: int(bench.pick(2, len(SIZES)))]:
        with _engine() as (pid, connection):
            connection.execute(FILL.format(rows=rows))
            select = [_seconds(lambda: connection.execute("SELECT * FROM top10").fetchall()) for _ in range(COMMITS)]
            told = _told(connection)
            what = f"{rows:,} rows, commit → rows at a subscriber"
            yield Figure(f"{what}, median (floor: SELECT)", 1000 * median(told), floor=1000 * median(select))
            yield Figure(f"{what}, worst of {COMMITS}", 1000 * max(told))
            yield Figure(f"{rows:,} rows, engine's memory", processes.resident(pid), "MB")
    with _engine() as (_, connection):
        seconds = bench.pick(2, 10)
        end = time.monotonic() + seconds
        commits = 0
        while time.monotonic() < end:
            connection.execute(INSERT)
            commits += 1
        yield Figure("commits of a single row", commits / seconds, "/s")
        copied = int(bench.pick(50_000, 500_000))
        yield Figure("rows copied", copied / _seconds(lambda: _copy(connection, copied)), "/s")
    with _engine() as (pid, connection):
        yield from _prepared(pid, connection, int(bench.pick(STATEMENTS // 20, STATEMENTS)))


@contextlib.contextmanager
def _engine() -> Iterator[tuple[int, psycopg.Connection[Any]]]:
    """Start an engine with the demo's table and view; give its process id and a connection."""
    with subprocess.Popen([sys.executable, "-m", "mzwidget.local"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with psycopg.connect(process.stdout.readline().strip(), autocommit=True) as connection:
                for statement in SETUP.split(";"):
                    connection.execute(statement)
                yield process.pid, connection
        finally:
            process.kill()


def _prepared(pid: int, connection: psycopg.Connection[Any], count: int) -> Iterable[Figure]:
    """Let distinct statements be parsed, resolved and written, none twice; the first tenth warms up."""
    before, took = 0.0, []
    for number in range(count):
        if number == count // 10:
            before = processes.resident(pid)
        statement = STATEMENT.format(number=number).encode()
        began = time.monotonic()
        answer = connection.pgconn.prepare(b"", statement)
        took.append(time.monotonic() - began)
        assert answer.status == ExecStatus.COMMAND_OK, answer.error_message
    yield Figure("a statement like top10's prepared, median", 1000 * median(took), at_most=3)
    grown = processes.resident(pid) - before
    yield Figure(f"engine's memory grown by {count:,} distinct statements", grown, "MB", at_most=10)


def _told(writer: psycopg.Connection[Any]) -> list[float]:
    """Return the seconds from each of some commits to its rows at a subscriber, each commit finding all at rest."""
    told = []
    with contextlib.suppress(psycopg.Error), psycopg.connect(writer.info.dsn, password=writer.info.password) as reader:
        reader.autocommit = True
        with reader.cursor().copy("COPY (SUBSCRIBE top10 WITH (PROGRESS)) TO STDOUT") as copy:
            rows = copy.rows()
            for progressed in "tft":  # the snapshot
                _skip_to(progressed, rows)
            for _ in range(COMMITS + 1):
                time.sleep(1)
                writer.execute(INSERT)
                done = time.monotonic()
                _skip_to("f", rows)
                told.append(time.monotonic() - done)
                _skip_to("t", rows)
            reader.close()  # a subscription has no end of its own
    assert len(told) == COMMITS + 1, "the subscription broke"
    return told[1:]


def _skip_to(progressed: str, rows: Iterator[tuple[str, ...]]) -> None:
    while next(rows)[1] != progressed:
        pass


def _copy(connection: psycopg.Connection[Any], rows: int) -> None:
    with connection.cursor().copy("COPY edits (id, user_name) FROM STDIN") as copy:
        for number in range(rows):
            copy.write_row((number, f"user {number % 1000}"))


def _seconds(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
