"""The canonical text of a jsonb value: equal values have equal texts.

Compact, keys sorted, of duplicate keys the last one, numbers plain and without trailing zeros.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any

from mzwidget.local.errors import invalid
from mzwidget.local.formats import numerics
from mzwidget.local.formats.jsonfaults import MOST_NESTING, fault

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*\Z')
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f]')


def quote(text: str) -> str:
    """Return a JSON string."""
    if _PLAIN.match(text):
        return f'"{text}"'
    return '"' + _TO_ESCAPE.sub(lambda m: _SHORT.get(m[0]) or f"\\u{ord(m[0]):04x}", text) + '"'


def write(value: Any) -> str:
    """Return the canonical text of a value made of dicts, lists, texts, decimals, integers, booleans and None."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{quote(key)}:{write(value[key])}" for key in sorted(value, key=str.encode)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(write, value)) + "]"
    if isinstance(value, Decimal):
        return numerics.plain(value)
    return str(value)


def _number(text: str) -> Decimal:
    found = numerics.exact(text)
    if numerics.beyond(found):
        raise ValueError(text)
    return found


def _refuse(_: str) -> Any:
    raise ValueError


_decoder, _patient = (json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_refuse) for _ in "ab")
_patient.scan_once = py_make_scanner(_patient)  # type: ignore[attr-defined]
_LONG = 2_000_000
"""Characters from which on a text is read by Python's own code, which lets others have the interpreter meanwhile."""


def read(text: str) -> Any:
    """Return the value of a canonical text."""
    return (_decoder if len(text) < _LONG else _patient).decode(text)


def canonical(text: str) -> str:
    """Return the canonical text of a JSON document.

    Raises
    ------
    SqlError
        In Materialize's words if it is not JSON.
    """
    try:
        value = read(text)
        result = write(value)
    except (ValueError, RecursionError):
        raise invalid("jsonb", text, fault(text, _beyond) or "expected value at line 1 column 1") from None
    deep = text.count("[") + text.count("{") >= MOST_NESTING
    if deep or _LONE_SURROGATE.search(result):
        why = fault(text, _beyond)
        if why is not None:
            raise invalid("jsonb", text, why)
    return result


def _beyond(number: str) -> str | None:
    if not numerics.beyond(numerics.exact(number)):
        return None
    shown = re.sub(r"([eE])(\d)", r"\1+\2", number)
    return f'"{shown}" is out of range for type numeric: exceeds maximum precision 39'
