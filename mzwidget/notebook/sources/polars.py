"""Data frames of polars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mzwidget.notebook.sources.model import Piece, Source, array_of, known

_POLARS = {
    "Boolean": "boolean",
    "Int8": "smallint",
    "Int16": "smallint",
    "Int32": "integer",
    "Int64": "bigint",
    "Int128": "numeric",
    "UInt8": "smallint",
    "UInt16": "integer",
    "UInt32": "bigint",
    "UInt64": "uint8",
    "Float32": "real",
    "Float64": "double precision",
    "Decimal": "numeric",
    "String": "text",
    "Categorical": "text",
    "Enum": "text",
    "Null": "text",
    "Date": "date",
    "Time": "time",
    "Duration": "interval",
    "Binary": "bytea",
    "Struct": "jsonb",
}


def read(frame: Any) -> Source:
    frame = frame.collect() if hasattr(frame, "collect") else frame
    types = [_polars_type(name, dtype) for name, dtype in frame.schema.items()]

    def pieces(size: int) -> Iterator[Piece]:
        for part in frame.iter_slices(size):
            yield [column.to_list() for column in part.get_columns()]

    return Source(list(frame.columns), types, frame.height, pieces)


def _polars_type(name: str, dtype: Any) -> str:
    base = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if base == "Datetime":
        return "timestamp with time zone" if dtype.time_zone else "timestamp without time zone"
    if base in ("List", "Array"):
        return array_of(_polars_type(name, dtype.inner))
    return known(name, dtype, _POLARS.get(base))
