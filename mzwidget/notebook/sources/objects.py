"""The SQL type of a column of Python objects."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd

_LISTS = (list, tuple, np.ndarray)
_FAMILIES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "boolean"),
    ((int, np.integer), "bigint"),
    ((float, np.floating), "double precision"),
    ((Decimal,), "numeric"),
    ((str,), "text"),
    ((dt.datetime,), "timestamp without time zone"),
    ((dt.date,), "date"),
    ((dt.time,), "time"),
    ((dt.timedelta,), "interval"),
    ((bytes, bytearray, memoryview), "bytea"),
    ((UUID,), "uuid"),
    ((Mapping,), "jsonb"),
    (_LISTS, "list"),
)
_TOGETHER = {
    frozenset({"bigint", "double precision"}): "double precision",
    frozenset({"bigint", "numeric"}): "numeric",
    frozenset({"jsonb", "list"}): "jsonb",
}

_NUMBERS = {"bigint", "double precision", "numeric"}


def infer(name: str, values: Sequence[Any]) -> str:
    """Return the SQL type of Python objects.

    Raises
    ------
    TypeError
        There is none.
    ValueError
        They are of several types.
    """
    kinds = {kind: _family(kind) for kind in set(map(type, values)) - {type(None)}}
    if not kinds:
        return "text"
    if None in kinds.values():
        odd = next(index for index, value in enumerate(values) if value is not None and kinds[type(value)] is None)
        raise TypeError(
            f"load(): row {odd} of column {name!r} holds a {type(values[odd]).__name__}, which has no SQL form: "
            f"{values[odd]!r:.60}"
        )
    families = frozenset(family for family in kinds.values() if family is not None)
    family = next(iter(families)) if len(families) == 1 else _TOGETHER.get(families)
    if family is None:
        first = next(value for value in values if value is not None)
        odd = next(
            i for i, value in enumerate(values) if value is not None and kinds[type(value)] != kinds[type(first)]
        )
        one = "float" if families <= _NUMBERS else "str"
        raise ValueError(
            f"load(): row {odd} of column {name!r} holds {values[odd]!r:.60}, a {type(values[odd]).__name__}, where "
            f"rows before hold {type(first).__name__}; make them one type, such as df[{name!r}].astype({one})"
        )
    return _refined(name, family, [value for value in values if value is not None])


def _family(kind: type) -> str | None:
    return next((name for types, name in _FAMILIES if issubclass(kind, types)), None)


def _refined(name: str, family: str, values: list[Any]) -> str:
    """Tell apart what looks alike by type."""
    if family == "bigint":
        return "bigint" if all(-(2**63) <= value < 2**63 for value in values) else "numeric"
    if family == "timestamp without time zone":
        aware = {value.tzinfo is not None for value in values}
        if len(aware) > 1:
            raise ValueError(f"load(): column {name!r} mixes times with and without a time zone")
        return "timestamp with time zone" if aware == {True} else family
    if family == "list":
        if any(_shape(value) is None for value in values):
            return "jsonb"
        elements = [None if _missing(item) else item for value in values for item in _flat(value)]
        try:
            of = infer(name, elements)
        except (TypeError, ValueError):
            return "jsonb"
        return "jsonb" if of == "jsonb" else f"{of}[]"
    return family


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return how long a list and those in it are, which are alike in an array; None if they are not."""
    if not isinstance(value, _LISTS):
        return ()
    within = {_shape(item) for item in value} if any(isinstance(item, _LISTS) for item in value) else {()}
    inner = within.pop() if len(within) == 1 else None
    return None if inner is None else (len(value), *inner)


def _flat(value: Any) -> Iterator[Any]:
    for item in value:
        if isinstance(item, _LISTS):
            yield from _flat(item)
        else:
            yield item


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
