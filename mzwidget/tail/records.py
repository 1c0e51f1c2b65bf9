"""Rows as CSV and as a JSON list of objects: every value with all its digits, documents as documents."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from mzwidget.tail.values import Column, to_python

_EMPTY = '""'
_TO_QUOTE = re.compile('[,"\\r\\n]|^\\s|\\s$')


def to_csv(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]]) -> str:
    """Write rows as CSV, under a line of names.

    Values are as the server writes them, but booleans ``true`` and ``false`` and zones as in ISO 8601; NULL is nothing,
    and an empty text a pair of quotes.
    """
    lines = [",".join(_cell(of.name) for of in columns)]
    lines += [",".join(map(_field, columns, row)) for row in rows]
    return "".join(f"{line or _EMPTY}\n" for line in lines)  # an empty line is no row


def _field(of: Column, text: str | None) -> str:
    if text is None:
        return ""
    if of.type == "bool":
        return "true" if text == "t" else "false"
    return _cell(f"{text}:00" if of.type == "timestamptz" and text.endswith("+00") else text)


def _cell(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""')) if not text or _TO_QUOTE.search(text) else text


def to_json(columns: Sequence[Column], rows: Sequence[tuple[str | None, ...]]) -> str:
    """Write rows as JSON objects, one a line.

    Numbers are numbers; NaN and the infinities, which JSON does not have, are null as NULL is. Dates and times are as
    ISO 8601 has them, ``jsonb`` is the document, arrays are lists, everything else text as the server writes it.

    Raises
    ------
    ValueError
        Two columns have one name, which an object cannot hold.
    """
    names = [of.name for of in columns]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"two columns are named {twice!r}, which a JSON object cannot hold; name one with AS")
    keys = [encode_basestring(name) for name in names]
    lines = [
        ",".join(f"{key}:{_value(of, text)}" for key, of, text in zip(keys, columns, row, strict=True)) for row in rows
    ]
    return "[" + ",\n".join(f"{{{line}}}" for line in lines) + "]\n"


def _value(of: Column, text: str | None) -> str:
    if text is None:
        return "null"
    if of.kind == "json":
        return text
    return encode_basestring(text) if of.type in {"interval", "bytea", "uuid"} else _written(to_python(of, text))


def _written(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() | Decimal() if not math.isfinite(value):
            return "null"
        case float():
            return repr(value)
        case Decimal():
            return f"{value:f}"
        case list():
            return f"[{','.join(map(_written, value))}]"
        case date() | time():
            return encode_basestring(value.isoformat())
        case _:
            return encode_basestring(str(value))
