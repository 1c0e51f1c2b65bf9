"""Rows as an Arrow table, and from there as a Polars frame, where those libraries are installed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mzwidget.tail.values import Column, to_pandas, to_python

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


def to_arrow(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]], exact: bool = False) -> pa.Table:
    """Build an Arrow table.

    Types are those of `to_pandas` where Arrow has them too; ``numeric`` is ``double`` or, exactly, ``decimal``, a date
    ``date32``, ``jsonb`` the text that the server printed, an array a list, ``uuid`` text, ``bytea`` binary. A column
    with a value that its type cannot hold (the year 12000, NaN among exact numerics) is text.

    Raises
    ------
    ImportError
        pyarrow is not installed.
    """
    arrow = _import("pyarrow", "to_arrow")
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [_array(arrow, of, texts, exact) for of, texts in zip(columns, values, strict=True)]
    made: pa.Table = arrow.Table.from_arrays(arrays, names=[of.name for of in columns])
    return made


def to_polars(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]], exact: bool = False) -> pl.DataFrame:
    """Build a Polars frame, with the types of `to_arrow`.

    Raises
    ------
    ImportError
        polars or pyarrow is not installed.
    ValueError
        Two columns have one name, which Polars does not allow.
    """
    library = _import("polars", "to_polars")
    names = [of.name for of in columns]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"to_polars: two columns are named {twice!r}; give them aliases")
    made: pl.DataFrame = library.from_arrow(to_arrow(columns, rows, exact))
    return made


def write_parquet(table: pa.Table, path: str | os.PathLike[str]) -> None:
    """Write an Arrow table as a Parquet file."""
    _import("pyarrow.parquet", "save").write_table(table, path)


def _array(pa: Any, of: Column, texts: tuple[str | None, ...], exact: bool) -> Any:
    if of.kind in {"text", "json"} and of.type not in {"interval", "bytea"} and not of.type.endswith("]"):
        return pa.array(texts, pa.string())
    try:
        if of.type == "numeric" and exact:
            return _decimals(pa, [to_python(of, text) for text in texts])
        if of.type == "time" or of.type == "bytea" or of.type.endswith("]"):
            types = {"time": pa.time64("us"), "bytea": pa.binary()}
            return pa.array([to_python(of, text) for text in texts], types.get(of.type))
        array = pa.array(to_pandas([of], [(text,) for text in texts]).iloc[:, 0], from_pandas=True)
        return array.cast(pa.date32()) if of.type == "date" and not pa.types.is_string(array.type) else array
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.array(texts, pa.string())


def _decimals(pa: Any, numbers: list[Any]) -> Any:
    """Find the smallest decimal type that holds all of them."""
    exponents = [number.as_tuple().exponent for number in numbers if number is not None]
    scale = max((-exponent for exponent in exponents), default=0)
    whole = max((number.adjusted() + 1 for number in numbers if number), default=1)
    scale, digits = max(scale, 0), max(whole, 1) + max(scale, 0)
    return pa.array(numbers, pa.decimal128(digits, scale) if digits <= 38 else pa.decimal256(digits, scale))


def _import(name: str, function: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ImportError(f"{function}() needs {name}, which is not installed: pip install {name}") from None
