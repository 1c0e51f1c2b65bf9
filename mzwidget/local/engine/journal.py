"""What makes the catalog come back: the statements that made it, kept beside the rows."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mzwidget.local.engine.store import Store

TABLE = '"~journal"'


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement that changed the catalog.

    Attributes
    ----------
    sql : str
    database, search_path : str
        Where its names were looked up.
    number : int
        The catalog's count when it was planned, from which its items get their ids.
    """

    sql: str
    database: str
    search_path: str
    number: int


class Journal:
    """The statements, in order. One is written before it is carried out, so that none is lost that was acknowledged.

    Attributes
    ----------
    replaying : bool
        The statements are being run again: nothing is written.
    """

    def __init__(self, store: Store) -> None:
        self.replaying = False
        self._store = store
        self._places = 0
        columns = ", ".join(f"{field.name} {'BIGINT' if field.type == 'int' else 'VARCHAR'}" for field in fields(Entry))
        with store.connection() as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (place BIGINT, {columns})")

    def entries(self) -> list[Entry]:
        """Return what was written, in order."""
        with self._store.connection() as connection:
            found = connection.execute(f"SELECT * FROM {TABLE} ORDER BY place").fetchall()
        self._places = max((row[0] for row in found), default=0)
        return [Entry(*row[1:]) for row in found]

    async def write(self, entry: Entry) -> int:
        """Add a statement; return its place."""
        self._places += 1
        place = self._places
        values = [place, *astuple(entry)]
        marks = ", ".join("?" * len(values))
        await self._store.commit(
            lambda writer, _: writer.execute(f"INSERT INTO {TABLE} VALUES ({marks})", values), frozenset()
        )
        return place

    async def strike(self, place: int) -> None:
        """Take a statement out: it came to nothing."""
        await self._store.commit(
            lambda writer, _: writer.execute(f"DELETE FROM {TABLE} WHERE place = ?", [place]), frozenset()
        )
