"""Python values as the text of COPY, by SQL type; a value that does not fit its type is named."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd

from mzwidget.params import float_text

NULL = r"\N"

_RANGES = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
    "uint2": (0, 2**16 - 1),
    "uint4": (0, 2**32 - 1),
    "uint8": (0, 2**64 - 1),
    "oid": (0, 2**32 - 1),
}
_DIGITS = 39
_SPECIAL = re.compile(r"[\\\n\r\t\b\f\v]")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_BARE = re.compile(r"[^\s{},\"\\]+")

Encode = Callable[[Any], str]


class UnfitError(ValueError):
    """A value does not fit a column's type; says why, without the place."""


def column_texts(values: Sequence[Any], kind: str, *, nullable: bool = True) -> list[str]:
    """Encode the values of a column; None is NULL.

    Raises
    ------
    UnfitError
        One does not fit; `Unfit.args` are the reason and its index.
    """
    encode = encoder(kind)
    try:
        texts = [NULL if value is None else encode(value) for value in values]
        if kind not in _PLAIN and _SPECIAL.search("".join([text for text in texts if text is not NULL])):
            texts = [text if text is NULL else _SPECIAL.sub(_escape, text) for text in texts]
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        _blame(values, kind, encode)
        raise
    if not nullable and NULL in texts:
        raise UnfitError("is missing, and the column is NOT NULL", texts.index(NULL))
    return texts


def encoder(kind: str) -> Encode:
    """Return what turns one value into text, before COPY's escapes."""
    if kind.endswith("[]"):
        return _array(encoder(kind.removesuffix("[]")))
    if kind in _RANGES:
        return _integer(*_RANGES[kind], kind)
    return _ENCODERS.get(kind, _text)


def _blame(values: Sequence[Any], kind: str, encode: Encode) -> None:
    """Find the value that cannot be encoded."""
    for index, value in enumerate(values):
        if value is None:
            continue
        try:
            encode(value)
        except UnfitError as error:
            raise UnfitError(str(error), index) from None
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            raise UnfitError(f"is no {kind}: {_shown(value)}", index) from None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES[match[0]]


def _integer(least: int, most: int, kind: str) -> Encode:
    def encode(value: Any) -> str:
        whole = int(value)
        if whole != value or isinstance(value, str):
            raise UnfitError(f"is no whole number: {_shown(value)}")
        if not least <= whole <= most:
            raise UnfitError(f"is out of range for {kind}: {_shown(value)}")
        return str(whole)

    return encode


def _numeric(value: Any) -> str:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if number.is_nan():
        return "NaN"
    if not number.is_finite():
        raise UnfitError(f"is infinite, and Materialize's numeric has no infinity: {_shown(value)}")
    text = format(number, "f")
    if len(text.strip("-").replace(".", "").strip("0")) > _DIGITS:
        raise UnfitError(f"has more than {_DIGITS} digits: {_shown(value)}")
    return text


def _boolean(value: Any) -> str:
    if value not in (True, False):
        raise UnfitError(f"is no boolean: {_shown(value)}")
    return "t" if value else "f"


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    if "\0" in text:
        raise UnfitError(f"holds a NUL character, which no text in Materialize can: {_shown(value)}")
    if not text.isascii():
        _encodable(text)
    return text


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnfitError(f"holds half a surrogate pair, which is no text: {text!r:.60}") from None


def _moment(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())


def _day(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())[:10]


def _interval(value: Any) -> str:
    if isinstance(value, str):
        return value
    days, seconds, micros = value.days, value.seconds, value.microseconds
    return f"{days} days {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micros:06}"


def _bytes(value: Any) -> str:
    return rf"\x{bytes(value).hex()}"


def _json(value: Any) -> str:
    try:
        return _text(json.dumps(value, default=_json_default, allow_nan=False, ensure_ascii=False))
    except ValueError as error:
        if "JSON compliant" not in str(error):
            raise
        raise UnfitError(f"holds a NaN or an infinity, which JSON has not; its null is None: {_shown(value)}") from None


def _json_default(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, Decimal):
        for exact in (int, float):
            if value.is_finite() and Decimal(repr(exact(value))) == value:
                return exact(value)
        raise UnfitError(f"holds a Decimal that JSON's numbers cannot: {value}")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise UnfitError(f"holds a {type(value).__name__}, which has no JSON form: {_shown(value)}")


def _clock(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value.tzinfo is not None:
        raise UnfitError(f"has a time zone, which the database's time has not: {_shown(value)}")
    return str(value.isoformat())


def _array(element: Encode) -> Encode:
    def parts(values: Any) -> Iterator[str]:
        for value in values:
            if value is None or value is pd.NA or value is pd.NaT:
                yield "NULL"
            elif isinstance(value, list | tuple | np.ndarray):
                yield encode(value)
            else:
                text = element(value)
                if _BARE.fullmatch(text) and text.upper() != "NULL":
                    yield text
                else:
                    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
                    yield f'"{escaped}"'

    def encode(value: Any) -> str:
        if isinstance(value, str):
            raise UnfitError(f"is no list: {_shown(value)}")
        return "{" + ",".join(parts(value)) + "}"

    return encode


_ENCODERS: dict[str, Encode] = {
    "real": lambda value: float_text(float(value)),
    "double precision": lambda value: float_text(float(value)),
    "numeric": _numeric,
    "boolean": _boolean,
    "date": _day,
    "time": _clock,
    "timestamp without time zone": _moment,
    "timestamp with time zone": _moment,
    "interval": _interval,
    "bytea": _bytes,
    "jsonb": _json,
}

_PLAIN = {*_RANGES, *_ENCODERS} - {"bytea", "jsonb"}
"""The types whose text never holds what COPY escapes."""
