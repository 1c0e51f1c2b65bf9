"""Statements that come again and again: DuckDB plans them once.

Planning the INSERT of one row takes longer than the INSERT itself. (A query that reads a table gains nothing: DuckDB
plans it anew whenever it runs.)
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect.casts import constant
from mzwidget.local.formats.types import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from mzwidget.local.formats.types import Type

_MOST = 50
"""Statements that are remembered."""
_MOST_CHARACTERS = 10_000
"""Of a statement, and of its values."""


class Repeated:
    """Runs statements on one connection, in one thread at a time.

    Attributes
    ----------
    outdated : bool
        The tables of the database are others than before: what was planned would be planned anew each time.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.outdated = False
        self._connection = connection
        self._names: dict[str, str] = {}  # by SQL, the latest last; an empty name came once
        self._numbers = itertools.count(1)

    def execute(self, sql: str, values: dict[str, Any], kinds: Sequence[Type]) -> duckdb.DuckDBPyConnection:
        """Run a statement.

        Parameters
        ----------
        sql : str
        values : dict
            By their numbers, as DuckDB binds them: as text, or as Python has them.
        kinds : sequence of Type
            Of ``$1`` and so on.
        """
        if self.outdated:
            self.forget()
        name = self._planned(sql, values, kinds)
        if not name:
            return self._connection.execute(sql, values)
        given = [(values[str(number)], kind) for number, kind in enumerate(kinds, 1)]
        written = [constant(value, TEXT if isinstance(value, str) else kind) for value, kind in given]
        return self._connection.execute(f"EXECUTE {name}({', '.join(written)})")

    def _planned(self, sql: str, values: dict[str, Any], kinds: Sequence[Type]) -> str:
        """Return by which name the plan of a statement is called, if that is worth while."""
        size = sum(len(value) for value in values.values() if isinstance(value, str))
        if max(len(sql), size) > _MOST_CHARACTERS or len(values) < len(kinds):  # EXECUTE wants them all
            return ""
        name = self._names.pop(sql, None)
        if name == "":
            name = f"r{next(self._numbers)}"
            self._connection.execute(f"PREPARE {name} AS {sql}")
        self._names[sql] = name or ""
        if len(self._names) > _MOST:
            self._release(self._names.pop(next(iter(self._names))))
        return name or ""

    def forget(self) -> None:
        """Forget all statements."""
        self.outdated = False
        for name in self._names.values():
            self._release(name)
        self._names.clear()

    def _release(self, name: str) -> None:
        if name:
            self._connection.execute(f"DEALLOCATE {name}")
