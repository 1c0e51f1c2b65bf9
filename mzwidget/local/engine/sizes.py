"""How many rows and bytes stored tables hold: rows counted, bytes estimated from some of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import duckdb

from mzwidget.local.engine.storage import quoted, stored_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.engine.catalog import Item
    from mzwidget.local.engine.store import Store
    from mzwidget.local.formats.types import Column

_FIXED = {"BOOLEAN": 1, "SMALLINT": 2, "INTEGER": 4, "REAL": 4, "DATE": 4, "UUID": 16}
_TEXTS = ("VARCHAR", "BLOB")
_SAMPLE_ROWS = 1000
_VERSION_BYTES = 16  # from when and until when a row counts


def width(columns: Sequence[Column], names: Sequence[str], table: str) -> str:
    """DuckDB SQL of the bytes that a row of a table takes, about: the average of some."""
    fixed, varying = 0, ["0"]
    for column, name in zip(columns, names, strict=True):
        duckdb_type = column.type.duckdb
        if duckdb_type in _TEXTS or column.type.element is not None:
            fixed += 16
            long = f"strlen(CAST({name} AS VARCHAR))"  # up to 12 bytes are kept within the 16
            varying.append(f"CASE WHEN {long} > 12 THEN {long} ELSE 0 END")
        else:
            fixed += _FIXED.get(duckdb_type, 8 if "(" not in duckdb_type else 16)
    return f"SELECT {fixed} + avg({' + '.join(varying)}) FROM (SELECT * FROM {table} LIMIT {_SAMPLE_ROWS})"


async def measured(store: Store, items: Sequence[Item]) -> list[tuple[Item, int, int]]:
    """Return rows and bytes of tables; one that is dropped meanwhile is left out."""
    reader = store.reader()

    def measure() -> list[tuple[Item, int, int]]:
        found = []
        for item in items:
            stored = quoted(item.storage)
            columns = stored_names(item.columns)
            sql = f"SELECT (SELECT count(*) FROM {stored}), ({width(item.columns, columns, stored)})"
            with contextlib.suppress(duckdb.CatalogException):
                rows, each = reader.connection.execute(sql).fetchone() or (0, 0)
                found.append((item, rows, round(rows * ((each or 0) + _VERSION_BYTES))))
        return found

    try:
        return await reader.run(measure)
    finally:
        reader.close()
