"""Tables and streams of Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mzwidget.notebook.sources.model import Piece, Source, array_of, known

_ARROW = (
    ("is_boolean", "boolean"),
    ("is_int8", "smallint"),
    ("is_int16", "smallint"),
    ("is_int32", "integer"),
    ("is_int64", "bigint"),
    ("is_uint8", "smallint"),
    ("is_uint16", "integer"),
    ("is_uint32", "bigint"),
    ("is_uint64", "uint8"),
    ("is_float16", "real"),
    ("is_float32", "real"),
    ("is_float64", "double precision"),
    ("is_decimal", "numeric"),
    ("is_string", "text"),
    ("is_large_string", "text"),
    ("is_string_view", "text"),
    ("is_null", "text"),
    ("is_date", "date"),
    ("is_time", "time"),
    ("is_duration", "interval"),
    ("is_binary", "bytea"),
    ("is_large_binary", "bytea"),
    ("is_binary_view", "bytea"),
    ("is_fixed_size_binary", "bytea"),
    ("is_struct", "jsonb"),
    ("is_map", "jsonb"),
)


def read(data: Any) -> Source:
    import pyarrow as pa  # noqa: PLC0415 - only who has Arrow data has it

    table = data if isinstance(data, pa.Table | pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(data)
    rows = table.num_rows if isinstance(table, pa.Table) else None
    types = [sql_type(field.name, field.type) for field in table.schema]
    maps = [pa.types.is_map(field.type) for field in table.schema]

    def pieces(size: int) -> Iterator[Piece]:
        batches = table.to_batches(max_chunksize=size) if isinstance(table, pa.Table) else table
        for batch in batches:
            for start in range(0, batch.num_rows, size):
                part = batch.slice(start, size)
                yield [
                    _dicts(column.to_pylist()) if is_map else column.to_pylist()
                    for column, is_map in zip(part.columns, maps, strict=True)
                ]

    return Source([field.name for field in table.schema], types, rows, pieces)


def _dicts(values: list[Any]) -> list[Any]:
    return [None if value is None else dict(value) for value in values]


def sql_type(name: str, of: Any) -> str:
    """Return the SQL type of a column of an Arrow type."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(of):
        return sql_type(name, of.value_type)
    if pa.types.is_timestamp(of):
        return "timestamp with time zone" if of.tz else "timestamp without time zone"
    if pa.types.is_list(of) or pa.types.is_large_list(of) or pa.types.is_fixed_size_list(of):
        return array_of(sql_type(name, of.value_type))
    return known(name, of, next((kind for test, kind in _ARROW if getattr(pa.types, test)(of)), None))
