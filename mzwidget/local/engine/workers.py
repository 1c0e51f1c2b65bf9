"""How many threads DuckDB has: one, until there may be something to share out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

FEWEST = 1
MOST = min(os.cpu_count() or 1, 4)
ROW_GROUP = 122_880
"""Rows of a table that DuckDB gives to one thread: where there are less, others are woken for nothing."""


class Workers:
    """Gives a database more threads once its tables are large.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        To a database that has `FEWEST`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._few = FEWEST < MOST
        self._rows = 0

    def count(self, rows: int) -> None:
        """Take note of rows that are new, or, as a negative number, of those that are gone."""
        self._rows += rows
        if self._few and self._rows > ROW_GROUP:
            self._connection.execute(f"SET GLOBAL threads = {MOST}")
            self._few = False
