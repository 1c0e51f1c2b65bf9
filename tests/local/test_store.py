"""What must hold of the store: what nobody can ask for goes, and who asks for a commit is told what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import duckdb
import pytest

from mzwidget.local.engine.clock import FOREVER
from mzwidget.local.engine.store import HISTORY_MS, Store
from mzwidget.local.errors import SqlError

MANY = 20_000


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Store(lambda _: None, lambda error: SqlError(str(error)))


@contextlib.asynccontextmanager
async def serving(store: Store) -> AsyncIterator[None]:
    task = asyncio.create_task(store.serve())
    try:
        yield
    finally:
        task.cancel()


def nothing(_: duckdb.DuckDBPyConnection, __: int) -> None:
    pass


def names(store: Store) -> list[str]:
    with store.connection() as connection:
        return [str(name) for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]


def test_what_one_statement_has_deleted_goes_though_nothing_is_deleted_after_it(store: Store) -> None:
    def make(writer: duckdb.DuckDBPyConnection, timestamp: int) -> None:
        versions = f'{timestamp}::BIGINT AS "~from", {FOREVER} AS "~until"'
        for table in ("u1", "u2"):
            writer.execute(f"CREATE TABLE {table} AS SELECT i, {versions} FROM range({MANY}) AS r(i)")

    def delete(writer: duckdb.DuckDBPyConnection, timestamp: int) -> None:
        for table in ("u1", "u2"):
            writer.execute(f'UPDATE {table} SET "~until" = {timestamp}')
            store.retire(table, MANY)

    def rows() -> list[tuple[int, ...]]:
        with store.connection() as connection:
            return connection.execute("SELECT count(*) FROM u1").fetchall()

    async def run() -> None:
        async with serving(store):
            await store.commit(make, frozenset())
            deleted, _ = await store.commit(delete, frozenset())
            await store.commit(lambda writer, _: writer.execute("DROP TABLE u2"), frozenset())
            with store.hold(deleted - 1):
                store.clock.go_on(deleted + 10 * HISTORY_MS)
                for _ in range(2):
                    await store.commit(nothing, frozenset())
                assert rows() == [(MANY,)], "somebody still reads them"
            for _ in range(2):
                await store.commit(nothing, frozenset())
            assert rows() == [(0,)]

    asyncio.run(run())


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_commit_that_is_cancelled_again_and_again_is_told_to_count_if_it_does(store: Store, times: int) -> None:
    began, go_on = threading.Event(), threading.Event()

    def make(writer: duckdb.DuckDBPyConnection, _: int) -> None:
        writer.execute("CREATE TABLE made AS SELECT 1")
        began.set()
        go_on.wait()

    async def run() -> tuple[object, list[str]]:
        async with serving(store):
            task = asyncio.create_task(store.commit(make, frozenset()))
            await asyncio.to_thread(began.wait)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
            go_on.set()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            await store.commit(nothing, frozenset())
            return outcome, names(store)

    outcome, made = asyncio.run(run())
    assert isinstance(outcome, asyncio.CancelledError) != ("made" in made)


def test_a_write_that_waits_for_another_is_cancelled_at_once_and_silently(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow(_: duckdb.DuckDBPyConnection, __: int) -> None:
        began.set()
        go_on.wait()

    async def run() -> list[str]:
        unheard: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context["message"]))
        async with serving(store):
            first = asyncio.create_task(store.commit(slow, frozenset()))
            await asyncio.to_thread(began.wait)
            second = asyncio.create_task(store.commit(nothing, frozenset()))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.wait([second], timeout=2)
            ended = second.cancelled()
            go_on.set()
            await first
            assert ended
            await store.commit(nothing, frozenset())
        del first, second
        gc.collect()
        return unheard

    assert asyncio.run(run()) == []


def test_however_a_write_is_stopped_the_next_ones_are_made(store: Store) -> None:
    stopped = threading.Event()

    def disturb() -> None:
        while not stopped.wait(0.0005):
            store._writer.interrupt()

    def fill(writer: duckdb.DuckDBPyConnection, _: int) -> None:
        writer.execute("INSERT INTO u1 SELECT range FROM range(10)")

    def refuse(writer: duckdb.DuckDBPyConnection, _: int) -> None:
        fill(writer, 0)
        raise SqlError("refused")

    async def check() -> None:
        async with serving(store):
            await store.commit(lambda writer, _: writer.execute("CREATE TABLE u1 (n BIGINT)"), frozenset())
            disturbing = threading.Thread(target=disturb)
            disturbing.start()
            try:
                for job in [refuse, fill] * 10:
                    with contextlib.suppress(SqlError):
                        await store.commit(job, frozenset({"u1"}))
            finally:
                stopped.set()
                disturbing.join()
            await store.commit(fill, frozenset({"u1"}))

    asyncio.run(check())
