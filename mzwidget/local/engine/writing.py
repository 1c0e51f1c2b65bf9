"""INSERT, UPDATE, DELETE and COPY … FROM: rows become versions of a table at a commit."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.clock import FOREVER
from mzwidget.local.engine.storage import quoted, stored_names
from mzwidget.local.engine.store import bind, read_as_of
from mzwidget.local.errors import SqlError
from mzwidget.local.formats.copied import CopyReader
from mzwidget.local.formats.plain import NOT_PLAIN
from mzwidget.local.formats.results import CopyIn
from mzwidget.local.formats.types import INT8

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from mzwidget.local.engine.catalog import Item
    from mzwidget.local.engine.store import Job, Store
    from mzwidget.local.formats.copying import CopyFormat
    from mzwidget.local.formats.csvrecords import Fields
    from mzwidget.local.formats.types import Type

_COPY_CHARACTERS = 2_000_000
_LONG = 100_000


def _count(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return int(row[0]) if row is not None else 0


def insertion(
    store: Store,
    target: Item,
    rows: str,
    values: Sequence[Any],
    kinds: Sequence[Type],
    returned: str | None = None,
) -> Job:
    """Return the job that inserts the rows of a DuckDB query; its result is their number, or what is asked for."""
    reads = "mz_now" in rows
    number = len(values) + 1  # the commit's time is one more parameter
    sql = f"INSERT INTO {quoted(target.storage)} SELECT *, CAST(${number} AS BIGINT), {FOREVER} FROM ({rows})"
    kinds = [*kinds, INT8]

    def job(writer: duckdb.DuckDBPyConnection, timestamp: int) -> Any:
        if reads:
            read_as_of(writer, timestamp - 1)
        found = None if returned is None else writer.execute(returned, bind(returned, values)).fetchall()
        given = bind(sql, [*values, timestamp])
        count = _count(writer.execute(sql, given) if reads else store.repeated.execute(sql, given, kinds))
        store.workers.count(count)
        return count if found is None else found

    return job


def mutation(target: Item, ids: str, rows: str | None, values: Sequence[Any], store: Store) -> Job:
    """Return the job that retracts the rows `ids` selects and puts `rows` in their place; it counts what changed."""
    table = quoted(target.storage)

    columns = ", ".join(stored_names(target.columns))

    def job(writer: duckdb.DuckDBPyConnection, timestamp: int) -> int:
        changed: int | None = None
        read_as_of(writer, timestamp - 1)
        if rows is not None:
            old = f"SELECT {columns} FROM {table} WHERE rowid IN ({ids})"
            sql = f"SELECT count(*) FROM (({rows}) EXCEPT ALL ({old}))"
            changed = _count(writer.execute(sql, bind(sql, values)))
            sql = f"INSERT INTO {table} SELECT *, {timestamp}, {FOREVER} FROM ({rows})"
            store.workers.count(_count(writer.execute(sql, bind(rows, values))))
        sql = f'UPDATE {table} SET "~until" = {timestamp} WHERE rowid IN ({ids})'
        count = _count(writer.execute(sql, bind(ids, values)))
        store.retire(target.storage, count)
        return count if changed is None else changed

    return job


class Staging:
    """Rows of an open transaction or COPY: kept in a table beside the real one until they are committed."""

    _numbers = itertools.count(1)

    def __init__(self, store: Store, target: Item) -> None:
        self.target = target
        self._store = store
        self._table = f"w{next(self._numbers)}"
        self._reader = store.reader()
        self._connection = self._reader.connection
        self._made = False

    async def add(self, rows: str, values: Sequence[Any]) -> int:
        """Add the rows of a DuckDB query; return their number."""
        parameters = bind(rows, values)

        def work() -> int:
            if not self._made:
                like = f"FROM {quoted(self.target.storage)} LIMIT 0"
                self._connection.execute(f'CREATE TABLE {self._table} AS SELECT * EXCLUDE ("~from", "~until") {like}')
                self._made = True
                self._store.repeated.outdated = True
                columns = self.target.columns
                for column, name in zip(columns, stored_names(columns), strict=True):
                    if not column.nullable:
                        self._connection.execute(f"ALTER TABLE {self._table} ALTER {name} SET NOT NULL")
            if "mz_now" in rows:
                read_as_of(self._connection, self._store.clock.wall())
            return _count(self._connection.execute(f"INSERT INTO {self._table} SELECT * FROM ({rows})", parameters))

        return await self._reader.run(work)

    async def commit(self) -> int:
        """Move the rows to their table; return the commit's timestamp."""
        if not self._made:
            return self._store.clock.read()

        def job(writer: duckdb.DuckDBPyConnection, timestamp: int) -> None:
            source = f"SELECT *, {timestamp}, {FOREVER} FROM {self._table}"
            self._store.workers.count(_count(writer.execute(f"INSERT INTO {quoted(self.target.storage)} {source}")))

        timestamp, _ = await self._store.commit(job, frozenset({self.target.id}), single=True)
        return timestamp

    async def close(self) -> None:
        """Forget the rows."""
        self._reader.close(self._drop)

    def _drop(self) -> None:
        self._connection.execute(f"DROP TABLE IF EXISTS {self._table}")
        self._store.repeated.outdated = True


class TableCopy(CopyIn):
    """COPY … FROM STDIN into a staging area.

    Parameters
    ----------
    rows : str
        DuckDB SQL that makes rows of the columns' texts, given as lists.
    simple : str
        The same of lines of the text format without escapes, given as one text.
    plain : str, optional
        The same, faster, but it fails if a field is not spelt plainly.
    check : callable
        Fails if the table is gone meanwhile.
    own : bool
        The staging area is its own: commit at the end. Else the open transaction does.
    """

    def __init__(
        self,
        staging: Staging,
        form: CopyFormat,
        columns: int,
        rows: str,
        simple: str,
        *,
        check: Callable[[], None],
        own: bool,
        plain: str | None = None,
    ) -> None:
        self.columns = columns
        self._staging = staging
        self._reader = CopyReader(form, columns)
        self._sql = rows
        self._simple = simple
        self._plain = plain
        self._check = check
        self._own = own
        self._lines: list[str] = []
        self._size = 0
        self._count = 0

    async def feed(self, data: bytes) -> None:
        self._take(self._reader.feed(data))
        if self._size >= _COPY_CHARACTERS:
            await self._store()

    async def finish(self) -> str:
        self._take(self._reader.finish())
        await self._store()
        self._check()
        if self._own:
            await self._staging.commit()
        return f"COPY {self._count}"

    async def close(self) -> None:
        if self._own:
            await self._staging.close()

    def _take(self, lines: str) -> None:
        if lines:
            self._lines.append(lines)
            self._size += len(lines)

    async def _store(self) -> None:
        lines = "".join(self._lines)
        self._lines, self._size = [], 0
        if not lines:
            return
        self._check()
        if self._reader.is_simple(lines):
            self._count += await self._add_simple([lines.removesuffix("\n")])
        elif rows := await self._rows(lines):
            self._count += await self._add(self._sql, [list(column) for column in zip(*rows, strict=True)])
        if self._reader.fault is not None:
            raise self._reader.fault

    async def _rows(self, lines: str) -> list[Fields]:
        """Read lines with escapes; many of them beside the event loop."""
        if len(lines) < _LONG:
            return self._reader.rows(lines)
        return await asyncio.to_thread(self._reader.rows, lines)

    async def _add_simple(self, lines: list[str]) -> int:
        if self._plain is not None:
            try:
                return await self._add(self._plain, lines)
            except SqlError as error:
                if error.sqlstate != NOT_PLAIN:
                    raise
        return await self._add(self._simple, lines)

    async def _add(self, sql: str, values: list[Any]) -> int:
        try:
            return await self._staging.add(sql, values)
        except SqlError as error:
            if error.sqlstate[:2] in {"22", "XX"}:
                raise SqlError(f"unable to decode column: {error.message}", "22P04") from None
            raise
