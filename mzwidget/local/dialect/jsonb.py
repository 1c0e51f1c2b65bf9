"""The canonical text of a jsonb value: equal values have equal texts.

Compact, keys sorted, of duplicate keys the last one, whole numbers as plain digits. Other numbers keep
the shortest form of a double, as DuckDB's JSON reader writes it; one with more digits is refused.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from mzwidget.local.errors import SqlError, unsupported

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CODE_ZERO = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_COMPACT: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True}
_CONTROL = re.compile(r"(?<!\\)(?:\\\\)*\\u00[01][0-9a-f]")  # DuckDB writes these in capitals
_MOST_DIGITS = 1000
_SMALLEST_PLAIN = 1e-4  # below it Python writes an exponent
_SMALLEST_POSITIONAL = 1e-6  # below it DuckDB's JSON writer does


def _number(text: str) -> int | float:
    exact = Decimal(text)
    if abs(exact.adjusted()) > _MOST_DIGITS:
        raise unsupported(f"a jsonb number of that size ({_shortened(text)})")
    if exact == exact.to_integral_value():
        return int(exact)
    value = float(exact)
    if Decimal(repr(value)) != exact:
        raise unsupported(f"a jsonb number with more digits than a double keeps ({_shortened(text)})")
    return value


def _refuse(word: str) -> NoReturn:
    msg = f"{word} is no JSON"
    raise ValueError(msg)


def _write(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_write(key)}:{_write(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    if isinstance(value, float) and abs(value) < _SMALLEST_PLAIN:
        if abs(value) >= _SMALLEST_POSITIONAL:
            return f"{Decimal(repr(value)):f}"
        return repr(value).replace("e-0", "e-")
    return json.dumps(value, ensure_ascii=False)


def canonical(text: str) -> str:
    """Return the canonical text of a JSON document.

    Raises
    ------
    SqlError
        22P02 if it is not JSON; 22P05 if it holds the character with code zero; 0A000 for a number
        that would lose digits.
    """
    tiny = False

    def parse_float(digits: str) -> int | float:
        nonlocal tiny
        value = _number(digits)
        tiny = tiny or abs(value) < _SMALLEST_PLAIN
        return value

    try:
        value = json.loads(text, parse_float=parse_float, parse_constant=_refuse)
        result = _write(value) if tiny else json.dumps(value, **_COMPACT)
    except (ValueError, RecursionError) as error:
        raise SqlError(f'invalid input syntax for type jsonb: "{_shortened(text)}"', "22P02") from error
    if "\\u0000" in result and _CODE_ZERO.search(result):
        raise SqlError("unsupported Unicode escape sequence: \\u0000 cannot be converted to text", "22P05")
    if "\\u00" in result:
        result = _CONTROL.sub(lambda match: match[0][:-4] + match[0][-4:].upper(), result)
    if _LONE_SURROGATE.search(result):
        raise SqlError(f'invalid input syntax for type jsonb: "{_shortened(text)}"', "22P02")
    return result


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"
