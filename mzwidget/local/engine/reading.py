"""SELECT: rows of one query at one timestamp."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.store import bind, read_as_of
from mzwidget.local.errors import SqlError, evaluated
from mzwidget.local.formats.bytesizes import told
from mzwidget.local.formats.encoding import carrier
from mzwidget.local.formats.results import Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from mzwidget.local.dialect import Query
    from mzwidget.local.engine.store import Store
    from mzwidget.local.formats.types import Column

_CHUNK_ROWS = 5_000
_CHUNK_BYTES = 4_000_000
_LARGE = 1_000_000
"""Bytes and elements from which on a chunk is encoded beside the event loop."""
_FIELD_BYTES = 2
"""What a value takes beside its text, as Materialize counts: its kind and its length."""
_SIZED = (str, bytes, list)
_AT_ONCE = 50
"""Rows after which the bytes are counted; the first ones, which may be large, sooner."""


def carried(sql: str, columns: Sequence[Column]) -> str:
    """Return DuckDB SQL of a query's rows as carriers."""
    names = [f"c{index}" for index in range(len(columns))]
    carriers = [carrier(name, column.type) for name, column in zip(names, columns, strict=True)]
    return f"SELECT {', '.join(carriers) or 'NULL'} FROM ({sql}) AS q({', '.join(names or ['c0'])})"


async def read(
    store: Store, query: Query, values: Sequence[Any], timestamp: int, most: int | None = None
) -> AsyncGenerator[Chunk]:
    """Yield the result of `query` at `timestamp`, as it is computed; an error once it has more than `most` bytes."""
    reader = store.reader()
    connection = reader.connection
    sql = carried(query.sql, query.columns)

    more = True
    total = 0

    def start() -> Chunk:
        if "mz_now" in sql:
            read_as_of(connection, timestamp)
        connection.execute(sql, bind(sql, values))
        return fetch()

    def fetch() -> Chunk:
        nonlocal more, total
        rows: list[tuple[Any, ...]] = []
        size, step = 0, 1
        while more and len(rows) < _CHUNK_ROWS and size < _CHUNK_BYTES:
            part = connection.fetchmany(step)
            rows += part
            size += sum([len(value) for row in part for value in row if isinstance(value, _SIZED)])
            more = len(part) == step
            step = min(2 * step, _AT_ONCE)
        total += size + len(rows) * len(query.columns) * _FIELD_BYTES
        if most is not None and total > most:
            state = "53200" if query.constant else "XX000"
            raise SqlError(f"result exceeds max size of {told(most)}", state)
        return Chunk(rows, large=size > _LARGE)

    try:
        with store.hold(timestamp):
            chunk = await reader.run(start, repeatable=True)
        while len(chunk):
            yield chunk
            chunk = await reader.run(fetch) if more else Chunk([])
    except SqlError as error:
        raise evaluated(error, constant=query.constant or not query.inputs) from None
    finally:
        reader.close()


async def scalar(store: Store, query: Query) -> Any:
    """Return the one value of a query of one row and column."""
    async with contextlib.aclosing(read(store, query, (), store.clock.read())) as chunks:
        return (await anext(chunks)).rows[0][0]
