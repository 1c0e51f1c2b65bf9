"""Values: from the text that the server prints to Python, to JSON for the page, and to pandas.

Everything is read as text and converted here by type, because a viewer must show every value a server can hold, and a
driver's own conversion raises on the year 12000 and takes a month for 30 days. Text formats and OIDs are PostgreSQL's,
and Materialize's own from 16384 upward.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Literal

import numpy as np
import pandas as pd
import psycopg
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.pq import Format
from psycopg.types import TypeInfo
from psycopg.types.numeric import IntLoader

Kind = Literal["number", "text", "boolean", "time", "json"]

SAFE_INTEGER = 2**53
"""Integers up to here are exact as JSON numbers in a browser; larger ones travel as text."""

_INTEGERS = {
    "int2": "Int16",
    "int4": "Int32",
    "int8": "Int64",
    "oid": "UInt32",
    "uint2": "UInt16",
    "uint4": "UInt32",
    "uint8": "UInt64",
    "mz_timestamp": "UInt64",
}
_FLOATS = {"float4", "float8"}
_KINDS: dict[str, Kind] = {"bool": "boolean", "jsonb": "json", "json": "json"}
_TIMES = {"date", "time", "timestamp", "timestamptz"}
_DATETIME = {"date": "datetime64[s]", "timestamp": "datetime64[us]", "timestamptz": "datetime64[us, UTC]"}
_INTERVAL = re.compile(r"(?:(-?\d+) days? ?)?(?:([+-])?(\d+):(\d\d):(\d\d(?:\.\d+)?))?", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00(?::00)?)?)?", re.ASCII)

_PLAIN_INTEGERS = re.compile(r"(?:(?:0|-?[1-9][0-9]{0,14})\n)*")
"""Lines of integers without an exponent, leading zeros, or more digits than are exact in a browser."""

_adapters = AdaptersMap(psycopg.adapters)
for _name, _oid, _array_oid in (
    ("list", 16384, 0),
    ("map", 16385, 0),
    ("uint2", 16460, 16461),
    ("uint4", 16462, 16463),
    ("uint8", 16464, 16465),
    ("mz_timestamp", 16552, 16553),
    ("mz_aclitem", 16566, 16567),
):
    TypeInfo(_name, _oid, _array_oid).register(_adapters)
    if _name in _INTEGERS:
        _adapters.register_loader(_oid, IntLoader)

_transformer = Transformer(_adapters)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view.

    Attributes
    ----------
    name : str
    oid : int
        The type's OID on the wire.
    type : str
        The type's SQL name, such as ``int8``; ``unknown`` for an OID nobody has told us of.
    """

    name: str
    oid: int
    type: str

    @property
    def kind(self) -> Kind:
        """What the page may do with the values."""
        if self.type in _INTEGERS or self.type in _FLOATS or self.type == "numeric":
            return "number"
        if self.type in _TIMES:
            return "time"
        return _KINDS.get(self.type, "text")


def column(name: str, oid: int) -> Column:
    """Describe a column by the name and type OID that the server gave."""
    info = _adapters.types.get(oid)
    if info is None:
        return Column(name, oid, "unknown")
    return Column(name, oid, info.name if info.oid == oid else f"{info.name}[]")


def to_python(of: Column, text: str | None) -> Any:
    """Convert one value to Python, exactly.

    Integers become int, ``numeric`` Decimal, ``jsonb`` Python objects, arrays lists, ``bytea`` bytes, dates and times
    their `datetime` classes. A value that has no exact Python form (the year 12000, an interval of months, a type
    unknown to us) stays the server's text. Never raises.
    """
    if text is None:
        return None
    if of.type in _INTEGERS:
        return int(text)
    try:
        if of.type in {"json", "jsonb"}:
            return json.loads(text, parse_float=_exact_float)
        if of.type == "interval":
            span = _interval(text)
            return text if span is None else span
        if of.type in {"list", "map", "unknown"}:
            return text
        return _transformer.get_loader(of.oid, Format.TEXT).load(text.encode())
    except Exception:  # whatever a loader makes of text it does not know, the text itself is the answer
        return text


def to_json(of: Column) -> Callable[[str], Any] | None:
    """Return the conversion of a column's non-NULL values for the page, or None where the text is used as it is.

    Numbers that JSON or a double cannot hold (integers beyond 2**53, every ``numeric``, NaN and infinities) are text.
    """
    if of.type in _INTEGERS:
        return _json_integer
    if of.type in _FLOATS:
        return _json_float
    if of.type == "bool":
        return _json_boolean
    return None


def to_json_rows(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]]) -> list[tuple[Any, ...]]:
    """Convert rows for the page.

    By columns and in tuples: fewer objects that may hold others, after each 700 of which Python looks for cycles.
    """
    if not columns:
        return [()] * len(rows)
    converted: list[list[Any]] = []
    for index, of in enumerate(columns):
        texts = [row[index] for row in rows]
        convert = to_json(of)
        converted.append(texts if convert is None else [None if text is None else convert(text) for text in texts])
    return list(zip(*converted, strict=True))


def write_json_rows(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]]) -> str:
    """Write as JSON what `to_json_rows` returns, in half the time of converting and writing that."""
    if not rows:
        return "[]"
    if not columns:
        return f"[{','.join(['[]'] * len(rows))}]"
    written = [_write_column(of, [row[index] for row in rows]) for index, of in enumerate(columns)]
    return f"[[{'],['.join(map(','.join, zip(*written, strict=True)))}]]"


def to_pandas(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]], exact: bool = False) -> pd.DataFrame:
    """Build a typed data frame.

    Integers and booleans get pandas' nullable types, floats ``Float64`` in which NaN and NULL stay apart, ``numeric``
    ``float64`` in which they do not (as `pandas.read_sql` does), dates and times ``datetime64`` (the whole column stays
    text if one value is outside its range), intervals ``timedelta64`` (text if one of them has months), everything else
    text or Python objects.

    Parameters
    ----------
    columns : sequence of Column
    rows : sequence of tuple
    exact : bool
        Make ``numeric`` Decimal objects with all their digits, NULL being None.
    """
    values: list[tuple[str | None, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    series = [_series(of, texts, exact) for of, texts in zip(columns, values, strict=True)]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=range(len(rows)))
    frame.columns = pd.Index([of.name for of in columns])
    return frame


def _series(of: Column, texts: tuple[str | None, ...], exact: bool) -> pd.Series[Any]:
    missing = np.array([text is None for text in texts], dtype=bool)
    if dtype := _INTEGERS.get(of.type):
        integers = np.array([int(text or 0) for text in texts], dtype=dtype.lower())
        return pd.Series(pd.arrays.IntegerArray(integers, missing))
    if of.type in _FLOATS:
        floats = np.array([float(text or 0) for text in texts], dtype="float64")
        return pd.Series(pd.arrays.FloatingArray(floats, missing))
    if of.type == "numeric" and not exact:
        try:
            return pd.Series(np.array([float("nan" if text is None else text) for text in texts], dtype="float64"))
        except ValueError:  # whatever this is, it can be shown
            return pd.Series(list(texts), dtype="string")
    if of.type == "bool":
        return pd.Series(pd.arrays.BooleanArray(np.array([text == "t" for text in texts], dtype=bool), missing))
    if of.type in _DATETIME:
        return _datetimes(of, texts)
    if of.type == "interval":
        return _intervals(texts)
    if of.kind == "text" and not of.type.endswith("]") and of.type not in {"uuid", "bytea"}:
        return pd.Series(list(texts), dtype="string")
    objects = np.empty(len(texts), dtype=object)
    objects[:] = [to_python(of, text) for text in texts]
    return pd.Series(objects, dtype=object)


def _datetimes(of: Column, texts: tuple[str | None, ...]) -> pd.Series[Any]:
    moments = [None if text is None else _iso(text) for text in texts]
    if any(moment is None for moment, text in zip(moments, texts, strict=True) if text is not None):
        return pd.Series(list(texts), dtype="string")
    unit = "datetime64[s]" if of.type == "date" else "datetime64[us]"
    series = pd.Series(np.array(["NaT" if moment is None else moment for moment in moments], dtype=unit))
    return series.dt.tz_localize("UTC") if of.type == "timestamptz" else series


def _iso(text: str) -> str | None:
    """Write a server's date or timestamp as numpy reads it; None for what pandas cannot show.

    That is: years beyond 9999 or before Christ, infinities, leap seconds.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    day, time = match.groups()
    if time is None:
        return day
    return None if time[6:8] == "60" else f"{day}T{time}"


def _intervals(texts: tuple[str | None, ...]) -> pd.Series[Any]:
    spans = [None if text is None else _interval(text) for text in texts]
    if any(span is None for span, text in zip(spans, texts, strict=True) if text is not None):
        return pd.Series(list(texts), dtype="string")
    return pd.Series(np.array(spans, dtype="timedelta64[us]"))


def _interval(text: str) -> timedelta | None:
    """Read ``-1 days 00:00:00.5``; None for what has no fixed length (months, years) or is too long."""
    match = _INTERVAL.fullmatch(text)
    if match is None or not text:
        return None
    days, sign, hours, minutes, seconds = match.groups()
    try:
        span = timedelta(
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            microseconds=int(Decimal(seconds or 0).scaleb(6)),
        )
        return timedelta(days=int(days or 0)) + (-span if sign == "-" else span)
    except OverflowError:
        return None


def _json_integer(text: str) -> int | str:
    return number if -SAFE_INTEGER <= (number := int(text)) <= SAFE_INTEGER else text


def _json_float(text: str) -> float | str:
    return text if text in {"NaN", "Infinity", "-Infinity"} else float(text)


def _json_boolean(text: str) -> bool:
    return text == "t"


def _write_column(of: Column, texts: list[str | None]) -> list[str]:
    convert = to_json(of)
    write = _write_texts if convert is None else _WRITERS[convert]
    present = [text for text in texts if text is not None]
    if len(present) == len(texts):
        return write(present)
    written = iter(write(present))
    return ["null" if text is None else next(written) for text in texts]


def _write_texts(texts: list[str]) -> list[str]:
    return [*map(encode_basestring, texts)]


def _write_integers(texts: list[str]) -> list[str]:
    """Keep them as they are, where all are written as JSON writes integers and far from the limit, as most are."""
    listed = "\n".join([*texts, ""])
    plain = _PLAIN_INTEGERS.fullmatch(listed) and listed.count("\n") == len(texts)
    return texts if plain else [*map(_write_integer, texts)]


def _write_integer(text: str) -> str:
    return str(number) if -SAFE_INTEGER <= (number := int(text)) <= SAFE_INTEGER else encode_basestring(text)


def _write_float(text: str) -> str:
    return encode_basestring(text) if text in {"NaN", "Infinity", "-Infinity"} else repr(float(text))


def _write_boolean(text: str) -> str:
    return "true" if text == "t" else "false"


_WRITERS: dict[Callable[[str], Any], Callable[[list[str]], list[str]]] = {
    _json_integer: _write_integers,
    _json_float: lambda texts: [*map(_write_float, texts)],
    _json_boolean: lambda texts: [*map(_write_boolean, texts)],
}
"""How to write as JSON what a conversion returns of each value."""


def _exact_float(text: str) -> float | Decimal:
    number = float(text)
    exact = Decimal(text)
    return number if Decimal(repr(number)) == exact else exact
