"""Data frames of pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from mzwidget.notebook.sources.arrow import sql_type as arrow_type
from mzwidget.notebook.sources.model import Piece, Source
from mzwidget.notebook.sources.objects import infer

_NUMPY = {
    "bool": "boolean",
    "int8": "smallint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "integer",
    "uint32": "bigint",
    "uint64": "uint8",
    "float16": "real",
    "float32": "real",
    "float64": "double precision",
}

_Read = Callable[["pd.Series[Any]"], Sequence[Any]]


def read(frame: pd.DataFrame) -> Source:
    """Read a frame; of its index, the levels that have names."""
    if twice := {name for name in frame.index.names if name is not None} & set(frame.columns):
        raise ValueError(f"load(): a column and a level of the index are named {min(map(str, twice))!r}; rename one")
    if any(name is not None for name in frame.index.names):
        unnamed = [name for name in frame.index.names if name is None]
        frame = frame.reset_index(level=[name for name in frame.index.names if name is not None])
        frame = frame.reset_index(drop=True) if unnamed else frame
    if isinstance(frame.columns, pd.MultiIndex):
        raise TypeError("load(): the columns have several levels; flatten them: df.columns = ['_'.join(c) for c in df]")
    names = ["" if name is None or name != name else str(name) for name in frame.columns]
    columns = [frame.iloc[:, index] for index in range(len(names))]
    types, readers = [], []
    for name, column in zip(names, columns, strict=True):
        kind, read = _series(name, column)
        types.append(kind)
        readers.append(read)

    def pieces(size: int) -> Iterator[Piece]:
        for start in range(0, len(frame), size):
            rows = slice(start, start + size)
            yield [read(column.iloc[rows]) for read, column in zip(readers, columns, strict=True)]

    return Source(names, types, len(frame), pieces)


def _series(name: str, series: pd.Series[Any]) -> tuple[str, _Read]:
    """Return the SQL type of a column, and what reads a piece of it."""
    dtype: Any = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _series(name, pd.Series(dtype.categories))[0], _objects
    if isinstance(dtype, pd.SparseDtype):
        return _NUMPY.get(str(dtype.subtype), "text"), _objects
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "timestamp with time zone", _moments
    if isinstance(dtype, pd.ArrowDtype):
        return arrow_type(name, dtype.pyarrow_dtype), _objects
    if isinstance(dtype, pd.StringDtype | pd.PeriodDtype | pd.IntervalDtype):
        return "text", _objects
    if isinstance(dtype, np.dtype):
        if dtype.kind == "M":
            return "timestamp without time zone", _moments
        if dtype.kind == "m":
            return "interval", _objects
        if dtype.kind == "f":
            return _NUMPY[dtype.name], _floats
        if dtype.name in _NUMPY:
            return _NUMPY[dtype.name], _plain
        if dtype.kind == "O":
            return infer(name, _objects(series)), _objects
    elif (kind := _NUMPY.get(str(dtype).lower().replace("boolean", "bool"))) is not None:
        return kind, _objects
    raise TypeError(f"load(): column {name!r} is of type {dtype}, which has no SQL form; convert it first")


def _plain(series: pd.Series[Any]) -> Sequence[Any]:
    return series.to_numpy().tolist()


def _floats(series: pd.Series[Any]) -> Sequence[Any]:
    values = series.to_numpy()
    found: list[Any] = values.tolist()
    if np.isnan(values).any():
        return [None if value != value else value for value in found]
    return found


def _moments(series: pd.Series[Any]) -> Sequence[Any]:
    zone = "+00" if isinstance(series.dtype, pd.DatetimeTZDtype) else ""
    utc = series.dt.tz_convert("UTC").dt.tz_localize(None) if zone else series
    texts = np.datetime_as_string(utc.to_numpy().astype("datetime64[us]")).tolist()
    return [None if text == "NaT" else text + zone for text in texts]


def _objects(series: pd.Series[Any]) -> Sequence[Any]:
    values: list[Any] = series.astype(object).tolist()
    missing = series.isna().to_numpy()
    if missing.any():
        # To pandas a Decimal's NaN is missing; to the database it is a number.
        return [
            None if gone and not isinstance(value, Decimal) else value
            for gone, value in zip(missing, values, strict=True)
        ]
    return values
