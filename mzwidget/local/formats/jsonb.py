"""The canonical text of a jsonb value: equal values have equal texts.

Compact, keys sorted, of duplicate keys the last one, numbers plain and without trailing zeros.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from mzwidget.local.errors import SqlError
from mzwidget.local.formats import numerics

MOST_NESTING = 128
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*\Z')
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f]')
_LEADING_ZERO = re.compile(r"\s*-?0\d")


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


class _BeyondError(ValueError):
    """A number that no numeric holds."""


def _number(text: str) -> Decimal:
    found = Decimal(text)
    if numerics.beyond(found):
        raise _BeyondError(text)
    return found


def _refuse(_: str) -> Any:
    raise ValueError


_decoder = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_refuse)


def read(text: str) -> Any:
    """Return the value of a canonical text."""
    return _decoder.decode(text)


def canonical(text: str) -> str:
    """Return the canonical text of a JSON document.

    Raises
    ------
    SqlError
        In Materialize's words if it is not JSON.
    """
    try:
        value = _decoder.decode(text)
        result = write(value)
    except json.JSONDecodeError as error:
        raise _syntax(text, error) from None
    except _BeyondError as error:
        number = str(error)
        shown = re.sub(r"[eE]\+?(\d)", r"e+\1", number)
        why = f'"{shown}" is out of range for type numeric: exceeds maximum precision 39'
        at = text.find(number) + len(number)
        raise _invalid(text, f"{why} at line 1 column {at}") from None
    except RecursionError:
        raise _invalid(text, "recursion limit exceeded at line 1 column 128") from None
    except ValueError:
        word = re.search(r"NaN|-?Infinity", text)
        raise _invalid(text, f"expected value at line 1 column {word.start() + 1 if word else 1}") from None
    if _LONE_SURROGATE.search(result):
        raise _invalid(text, f"unexpected end of hex escape at line 1 column {len(text)}")
    return result


def _invalid(text: str, why: str) -> SqlError:
    shown = text.replace('"', '\\"')
    return SqlError(f'invalid input syntax for type jsonb: {why}: "{shown}"')


_EOF = {"{": "an object", "[": "a list", '"': "a string"}


def _syntax(text: str, error: json.JSONDecodeError) -> SqlError:
    at = error.pos
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)

    def invalid(why: str, shift: int = 0) -> SqlError:
        return _invalid(text, f"{why} at line {line} column {column + shift}")

    if _LEADING_ZERO.match(text):
        return invalid("invalid number", 0)
    if at >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        body = text.rstrip()
        column = len(body) - (body.rfind("\n") + 1)
        what = "a value"
        if error.msg.startswith("Unterminated string"):
            what = "a string"
        elif "delimiter" in error.msg or "property name" in error.msg:
            what = "a list" if "delimiter" in error.msg and _open(body) == "[" else "an object"
        return invalid(f"EOF while parsing {what}")
    found = text[at]
    previous = text[:at].rstrip()[-1:]
    if "trailing comma" in error.msg:
        close = re.compile(r"[\]}]").search(text, at)
        return invalid("trailing comma", close.start() - at if close else 0)
    if error.msg.startswith("Expecting value"):
        if found in "]}" and previous == ",":
            return invalid("trailing comma")
        word = re.match(r"[a-z]+", text[at:])
        if (
            word
            and any(full.startswith(word[0]) for full in ("null", "true", "false"))
            and at + word.end() == len(text)
        ):
            return invalid("EOF while parsing a value", word.end() - 1)
        if word and found in "ntf":
            return invalid("expected ident", 1)
        return invalid("expected value")
    if "property name" in error.msg:
        return invalid("trailing comma" if found == "}" and previous == "," else "key must be a string")
    if "delimiter" in error.msg:
        if "':'" in error.msg:
            return invalid("expected `:`")
        return invalid("expected `,` or `]`" if _open(text[:at]) == "[" else "expected `,` or `}`")
    if error.msg.startswith("Extra data"):
        return invalid("trailing characters")
    if "escape" in error.msg:
        return invalid("invalid escape", 1)
    if "control character" in error.msg:
        return invalid("control character (\\u0000-\\u001F) found while parsing a string", 1)
    return invalid("expected value")


def _open(text: str) -> str:
    """Return the innermost bracket that a text leaves open."""
    stack = []
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if bracket in "[{":
            stack.append(bracket)
        elif bracket in "]}" and stack:
            stack.pop()
    return stack[-1] if stack else ""
