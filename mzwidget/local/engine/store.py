"""The data: versioned tables in an in-memory DuckDB, one writer, many readers.

Every stored row carries the timestamps between which it is there, ``"~from" <= t < "~until"``. So any query can be
answered exactly as of any recent timestamp, whatever is committed meanwhile: a query reads the time from the variable
``mz_now`` of its connection. What nobody can ask for any more is purged.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import re
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from mzwidget.local.engine import memory
from mzwidget.local.engine.clock import FOREVER, Clock
from mzwidget.local.engine.guard import Guard
from mzwidget.local.engine.memory import MEGABYTE
from mzwidget.local.engine.reader import Reader
from mzwidget.local.engine.repeated import Repeated
from mzwidget.local.engine.storage import quoted, stored_names
from mzwidget.local.engine.workers import FEWEST, Workers
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from mzwidget.local.formats.types import Column

    Job = Callable[[duckdb.DuckDBPyConnection, int], Any]

HISTORY_MS = 1000
"""How far back AS OF can go."""

SPILL_BYTES = 2048 * MEGABYTE

FILE = "engine.duckdb"
"""The file's name in the folder in which an engine keeps its data."""

_STORED = re.compile(r"u\d+")
_PURGE_SLACK_MS = 250
_PURGE_ROWS = 10_000
_PAUSES = (*(0.001,) * 20, *(0.1,) * 20)
"""Seconds between attempts to leave a transaction."""
_READER_THREADS = 64
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": FEWEST,
    "autoinstall_known_extensions": False,
}

_log = logging.getLogger("mzwidget.local")

_QUOTED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|"""
_PARAMETER = re.compile(_QUOTED + r"\$(\d+)")
_NOW = re.compile(_QUOTED + r"(getvariable\('mz_now'\))")

_T = TypeVar("_T")


def bind(sql: str, values: Sequence[Any]) -> dict[str, Any]:
    """Return the parameters of `sql` among `values`; DuckDB refuses those that it does not name."""
    numbers = set(_PARAMETER.findall(sql)) - {""} if values else ()
    return {number: values[int(number) - 1] for number in numbers}


def read_as_of(connection: duckdb.DuckDBPyConnection, timestamp: int) -> None:
    """Let the queries of a connection read as of a time."""
    connection.execute(f"SET VARIABLE mz_now = {timestamp}::UBIGINT")


def timed(sql: str, number: int) -> str:
    """Let a query read as of the time that a parameter names: one statement less than `read_as_of`."""
    return _NOW.sub(lambda found: f"CAST(${number} AS UBIGINT)" if found[1] else found[0], sql)


def live(table: str, columns: Sequence[Column], *, row_id: bool = False) -> str:
    """DuckDB SQL of the rows of a stored table at the time ``mz_now``."""
    names = ", ".join(['rowid AS "~row"'] * row_id + stored_names(columns)) or "NULL"
    now = "CAST(getvariable('mz_now') AS BIGINT)"
    return f'(SELECT {names} FROM {quoted(table)} WHERE "~from" <= {now} AND "~until" > {now})'


@dataclass(slots=True)
class _Write:
    """What one session wants to commit; `exclusive` if it reads what it writes, `single` if it is one statement."""

    job: Job
    tables: frozenset[str]
    exclusive: bool
    single: bool
    unwanted: bool = False
    """Whoever asked for it was cancelled."""
    done: asyncio.Future[tuple[int, Any]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class KeepError(Exception):
    """The folder in which an engine should keep its data cannot be used."""


class Store:
    """Owns DuckDB, the clock and the commits. All methods run on the event loop; DuckDB runs in threads.

    Parameters
    ----------
    install : callable
        Makes known to DuckDB the functions that queries use.
    translate : callable
        Says an error of DuckDB in SQL's words.
    keep : Path, optional
        The folder of the file in which all is kept; by default it is kept in memory.

    Raises
    ------
    KeepError
        The folder cannot be used.
    """

    def __init__(
        self,
        install: Callable[[duckdb.DuckDBPyConnection], None],
        translate: Callable[[duckdb.Error], SqlError],
        keep: Path | None = None,
    ) -> None:
        self.clock = Clock()
        self._guard = Guard(translate)
        limits: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory.limit() // MEGABYTE}MB",
            "temp_directory": tempfile.mkdtemp(prefix="spill-"),  # in the process's folder, which goes with it
            "max_temp_directory_size": f"{min(SPILL_BYTES, 2 * memory.limit()) // MEGABYTE}MB",
        }
        self._database = _open(keep, _SETTINGS | limits)
        self._database.execute("SET GLOBAL TimeZone = 'UTC'")
        self._database.execute("SET GLOBAL enable_external_access = false")
        install(self._database)
        self._writer = self._database.cursor()
        self.repeated = Repeated(self._writer)
        self.workers = Workers(self._writer)
        self._write_thread = ThreadPoolExecutor(1, "writer")
        self._read_threads = ThreadPoolExecutor(_READER_THREADS, "reader")
        self._queue: asyncio.Queue[_Write] = asyncio.Queue()
        self._running: list[_Write] = []
        self._holds: Counter[int] = Counter()
        self._retired: Counter[str] = Counter()
        self._doomed: dict[str, int] = {}  # tables with many such rows, and when the last of them went
        self._listeners: set[Callable[[int, frozenset[str]], None]] = set()
        self.changed: dict[str, int] = {}
        if keep is not None:
            self._go_on()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own; whoever uses it uses it from one thread at a time."""
        return self._database.cursor()

    def reader(self) -> Reader:
        """Return a connection for work in reader threads; its errors come out in PostgreSQL's words."""
        return Reader(self.connection(), self._read_threads, self._guard)

    # ------------------------------------------------------------------------------------------- reading

    @contextlib.contextmanager
    def hold(self, timestamp: int) -> Iterator[None]:
        """Keep what is needed to read as of `timestamp`."""
        self._holds[timestamp] += 1
        try:
            yield
        finally:
            self._holds[timestamp] -= 1
            if not self._holds[timestamp]:
                del self._holds[timestamp]

    @property
    def since(self) -> int:
        """The oldest time that AS OF may name."""
        return self.clock.read() - HISTORY_MS

    # ------------------------------------------------------------------------------------------- writing

    def listen(self, listener: Callable[[int, frozenset[str]], None]) -> Callable[[], None]:
        """Call `listener` with (timestamp, tables) after each commit; the result stops that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    async def commit(
        self, job: Job, tables: frozenset[str], *, exclusive: bool = False, single: bool = False
    ) -> tuple[int, Any]:
        """Run `job` (connection, timestamp) in the writer's transaction.

        Parameters
        ----------
        job : callable
        tables : frozenset of str
            The ids of the tables that it changes.
        exclusive : bool
            It reads what others write: no other job shares its transaction.
        single : bool
            It changes the database by one statement: alone it needs no transaction around it.

        Returns
        -------
        tuple of int and object
            The commit's timestamp and the job's result.
        """
        write = _Write(job, tables, exclusive, single)
        self._queue.put_nowait(write)
        try:
            return await asyncio.shield(write.done)
        except asyncio.CancelledError:
            return await self._undo(write)

    async def _undo(self, write: _Write) -> tuple[int, Any]:
        """Stop a write, if there is time: once it is committed it counts."""
        write.unwanted = True
        while write in self._running and not write.done.done():
            self._guard.stop(self._writer)
            with contextlib.suppress(asyncio.CancelledError):  # once is enough: whether it counts is to be told
                await asyncio.wait([write.done], timeout=0.05)
        if write.done.done() and write.done.exception() is None:
            return write.done.result()
        raise asyncio.CancelledError

    def retire(self, table: str, rows: int) -> None:
        """Count rows that were retracted, so that they are purged some time."""
        self._retired[table] += rows
        self.workers.count(-rows)

    def _tables(self) -> list[str]:
        """Return the stored tables, by their names in DuckDB."""
        found = self._writer.execute("SELECT table_name FROM duckdb_tables() WHERE database_name <> 'temp'").fetchall()
        return [str(name) for (name,) in found if not str(name).startswith("~")]

    def _go_on(self) -> None:
        """Go on where an earlier process ended: later than all that it wrote."""
        for table in self._tables():
            if _STORED.fullmatch(table):
                rows, *latest = self._writer.execute(
                    'SELECT count(*), max("~from"), max("~until") FILTER (WHERE "~until" < '
                    f"{FOREVER}) FROM {quoted(table)}"
                ).fetchall()[0]
                self.workers.count(rows)
                self.clock.go_on(max((time for time in latest if time is not None), default=0))

    async def tidy(self, known: frozenset[str]) -> None:
        """Delete what an earlier process left unfinished, and the past that nobody can ask for any more."""
        past = self.clock.read()

        def work() -> None:
            for table in self._tables():
                if table in known:
                    self._writer.execute(f'DELETE FROM {quoted(table)} WHERE "~until" <= {past}')
                else:
                    self._writer.execute(f"DROP TABLE {quoted(table)}")

        await self._write(work)

    async def serve(self) -> None:
        """Commit what is queued, many writes in one transaction, until cancelled."""
        waiting: _Write | None = None
        while True:
            batch = [waiting or await self._queue.get()]
            waiting = None
            while not batch[0].exclusive and not self._queue.empty():
                write = self._queue.get_nowait()
                if write.exclusive:
                    waiting = write
                    break
                batch.append(write)
            await self._commit_batch(batch)
            await self._purge()

    async def _commit_batch(self, batch: list[_Write]) -> None:
        for write in batch:
            if write.unwanted:
                write.done.cancel()
        batch = [write for write in batch if not write.unwanted]
        if not batch:
            return
        self._running = batch
        try:
            timestamp, results = await self._transaction(batch)
        except SqlError as error:
            await self._refuse(batch, error)
            return
        except Exception as error:
            _log.exception("a commit failed")
            await self._refuse(batch, SqlError(f"internal error: {error}"))
            return
        finally:
            self._running = []
        tables = frozenset[str]().union(*(write.tables for write in batch))
        for table in tables:
            self.changed[table] = timestamp
        for listener in tuple(self._listeners):
            listener(timestamp, tables)
        for write, result in zip(batch, results, strict=True):
            if not write.done.done():
                write.done.set_result((timestamp, result))

    async def _refuse(self, batch: list[_Write], error: SqlError) -> None:
        """Find out whose error it was: the others' writes still count."""
        if len(batch) > 1:
            for write in batch:
                await self._commit_batch([write])
        elif not batch[0].done.done():
            batch[0].done.set_exception(error)

    async def _transaction(self, batch: list[_Write]) -> tuple[int, list[Any]]:
        timestamp = self.clock.begin_write()
        try:
            results = await self._write(lambda: self._apply(batch, timestamp), repeatable=True)
        finally:
            self.clock.end_write()
        await self.clock.reach(timestamp)
        return timestamp, results

    def _apply(self, batch: list[_Write], timestamp: int) -> list[Any]:
        writer = self._writer
        if len(batch) == 1 and batch[0].single:
            return [batch[0].job(writer, timestamp)]
        try:
            writer.execute("BEGIN")
            results = [write.job(writer, timestamp) for write in batch]
            writer.execute("COMMIT")
        except BaseException:
            _roll_back(writer)
            raise
        return results

    async def _write(self, work: Callable[[], _T], *, repeatable: bool = False) -> _T:
        running = functools.partial(self._guard.run, self._writer, work, repeatable=repeatable)
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, running)

    async def _purge(self) -> None:
        """Delete retracted rows that no reader can see, once they are many."""
        now = self.clock.read()
        for table, rows in tuple(self._retired.items()):
            if rows >= _PURGE_ROWS and table not in self._doomed:
                del self._retired[table]
                self._doomed[table] = now
        horizon = min([now - HISTORY_MS - _PURGE_SLACK_MS, *self._holds])
        due = [table for table, last in self._doomed.items() if last <= horizon]
        if not due:
            return

        def purge() -> None:
            for table in due:
                del self._doomed[table]
                with contextlib.suppress(duckdb.CatalogException):  # it was dropped
                    self._writer.execute(f'DELETE FROM {quoted(table)} WHERE "~until" <= {horizon}')
            with contextlib.suppress(duckdb.TransactionException):  # somebody stages rows; the next purge does it
                self._writer.execute("CHECKPOINT")

        try:
            await self._write(purge)
        except SqlError:
            _log.exception("purging retracted rows failed")


def _roll_back(writer: duckdb.DuckDBPyConnection) -> None:
    """Leave the transaction, though that is interrupted or finds no memory: else nobody could write any more."""
    for pause in _PAUSES:
        try:
            writer.execute("ROLLBACK")
        except duckdb.TransactionException:  # DuckDB has left it by itself
            return
        except (duckdb.InterruptException, duckdb.OutOfMemoryException, MemoryError):
            time.sleep(pause)
        else:
            return
    writer.execute("ROLLBACK")


def _open(keep: Path | None, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    if keep is None:
        return duckdb.connect(":memory:", config=config)
    try:
        keep.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(str(keep / FILE), config=config)
    except OSError as error:
        raise KeepError(f"cannot keep anything in {keep}: {error.strerror or error}") from None
    except duckdb.Error as error:
        said = str(error)
        if "lock" in said:
            raise KeepError(f"{keep} is in use by another engine") from None
        raise KeepError(f"cannot use {keep / FILE}: {said.splitlines()[0]}") from None
