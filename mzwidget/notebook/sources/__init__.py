"""Where rows come from: pandas, polars, Arrow, CSV and Parquet files, as pieces of columns of Python values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mzwidget.notebook.sources import arrow, files, frames, polars
from mzwidget.notebook.sources.model import Source

__all__ = ["Source", "source"]


def source(data: Any) -> Source:
    """Return how to read a data frame, an Arrow table or a file.

    Raises
    ------
    TypeError
        It is none of them, or a column has a type without a SQL form.
    ValueError
        A column's values are of several types; names the first that differs.
    FileNotFoundError
    """
    if isinstance(data, pd.DataFrame):
        found = frames.read(data)
    elif isinstance(data, str) and "://" in data:
        raise ValueError(f"load(): {data!r} is an address: load pd.read_csv({data!r}) or what else of pandas reads it")
    elif isinstance(data, str | Path):
        found = files.read(Path(data))
    elif _is(data, "polars", "DataFrame") or _is(data, "polars", "LazyFrame"):
        found = polars.read(data)
    elif (hasattr(data, "__arrow_c_stream__") and not hasattr(data, "to_frame")) or _is(
        data, "pyarrow", "RecordBatchReader"
    ):
        found = arrow.read(data)
    else:
        hint = _way_to_frame(data)
        raise TypeError(
            "load() takes a data frame of pandas or polars, an Arrow table, or the path of a CSV or Parquet file, "
            f"not {type(data).__name__}{hint}"
        )
    _check(found.names)
    return found


def _way_to_frame(data: Any) -> str:
    if hasattr(data, "to_frame"):
        return "; data.to_frame() makes one of it"
    if isinstance(data, list | dict | np.ndarray):
        return "; pd.DataFrame(data) makes one of it"
    return "; load(view.df, …) keeps what a view shows" if hasattr(data, "df") else ""


def _is(data: Any, module: str, name: str) -> bool:
    return module in sys.modules and isinstance(data, getattr(sys.modules[module], name))


def _check(names: list[str]) -> None:
    if not names:
        raise ValueError("load(): there are no columns")
    for name in names:
        if not name or "\0" in name:
            raise ValueError(f"load(): a column has no proper name: {name!r}; rename it")
        if names.count(name) > 1:
            raise ValueError(f"load(): two columns are named {name!r}; rename one")
