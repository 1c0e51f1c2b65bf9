"""What the engine knows of itself, as tables of its own: written when it has changed, so that it can be watched."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING

from mzwidget.local.engine.clock import FOREVER
from mzwidget.local.engine.storage import quoted
from mzwidget.local.engine.store import live

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    import duckdb

    from mzwidget.local.engine.maintenance import Feeds
    from mzwidget.local.engine.store import Store
    from mzwidget.local.formats.types import Column

    Line = tuple[str, ...]
    """DuckDB SQL of the values of a row."""
    Fill = Callable[[], Awaitable[Iterable[Line]]]

SECONDS = 1.0
"""Mirrors that somebody watches are compared with what they mirror this often."""

_PREFIX = "~"
_AT_ONCE = 1000
"""Rows that are written by one statement: DuckDB plans each of them."""

_log = logging.getLogger("mzwidget.local")


def mirrored(path: str) -> str:
    """Return the id of the mirror of a path."""
    return _PREFIX + path


def is_mirror(id_: str) -> bool:
    """Whether an id is that of a mirror."""
    return id_.startswith(_PREFIX)


class _Mirror:
    """One table, and the rows that it has, by their keys."""

    def __init__(self, id_: str, columns: Sequence[Column], fill: Fill) -> None:
        self._table = quoted(id_)
        self._columns = columns
        self.fill = fill
        self.rows: dict[Line, int] | None = None
        self.keys = 0

    def change(self, lines: Iterable[Line]) -> tuple[dict[Line, int], list[int], list[tuple[Line, int]]]:
        """Return the rows as they will be, the keys of those that go, and those that come."""
        had = self.rows or {}
        wanted = dict.fromkeys(lines)
        new = list(zip((line for line in wanted if line not in had), itertools.count(self.keys + 1), strict=False))
        gone = [key for line, key in had.items() if line not in wanted]
        return {line: key for line, key in had.items() if line in wanted} | dict(new), gone, new

    def write(
        self, writer: duckdb.DuckDBPyConnection, timestamp: int, gone: list[int], new: list[tuple[Line, int]]
    ) -> None:
        if self.rows is None:
            columns = ", ".join(f"{quoted(column.name)} {column.type.duckdb}" for column in self._columns)
            writer.execute(
                f'CREATE OR REPLACE TABLE {self._table} ({columns}, "~key" BIGINT, "~from" BIGINT, "~until" BIGINT)'
            )
            timestamp = 0  # whoever reads at a time before has always found this
        if gone:
            keys = ", ".join(map(str, gone))
            writer.execute(f'UPDATE {self._table} SET "~until" = {timestamp} WHERE "~key" IN ({keys})')
        for at in range(0, len(new), _AT_ONCE):
            some = new[at : at + _AT_ONCE]
            rows = ", ".join(f"({', '.join(line)}, {key}, {timestamp}, {FOREVER})" for line, key in some)
            writer.execute(f"INSERT INTO {self._table} VALUES {rows}")


class Mirrors:
    """All mirrors; those that are not watched are brought up to date when they are read."""

    def __init__(self, store: Store, feeds: Feeds) -> None:
        self._store = store
        self._feeds = feeds
        self._mirrors: dict[str, _Mirror] = {}
        self._lock = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    def add(self, name: str, columns: Sequence[Column], fill: Fill) -> tuple[str, str]:
        """Return the id of a mirror, which is made if it is new, and DuckDB SQL of its rows."""
        id_ = mirrored(name)
        if id_ not in self._mirrors:
            self._mirrors[id_] = _Mirror(id_, columns, fill)
        return id_, live(id_, columns)

    async def refresh(self, ids: frozenset[str]) -> None:
        """Bring those of the ids that are mirrors up to date."""
        chosen = sorted(filter(is_mirror, ids))
        if not chosen:
            return
        if self._watch is None:
            self._watch = asyncio.create_task(self._keep_watched())
        async with self._lock:
            found = {id_: self._mirrors[id_].change(await self._mirrors[id_].fill()) for id_ in chosen}
            changed = {
                id_: change for id_, change in found.items()
                if change[1] or change[2] or self._mirrors[id_].rows is None
            }  # fmt: skip
            if not changed:
                return

            def job(writer: duckdb.DuckDBPyConnection, timestamp: int) -> None:
                for id_, (_, gone, new) in changed.items():
                    self._mirrors[id_].write(writer, timestamp, gone, new)

            await self._store.commit(job, frozenset(changed))
            for id_, (rows, gone, new) in changed.items():
                mirror = self._mirrors[id_]
                mirror.rows = rows
                mirror.keys += len(new)
                self._store.retire(id_, len(gone))

    async def _keep_watched(self) -> None:
        while True:
            await asyncio.sleep(SECONDS)
            watched = frozenset(id_ for feed in self._feeds.all() for id_ in feed.inputs)
            try:
                await self.refresh(watched)
            except Exception:
                _log.exception("what the engine tells of itself could not be brought up to date")
