"""Ranges as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mzwidget.local.errors import MalformedError, SqlError, invalid
from mzwidget.local.formats.lists import BLANK, made
from mzwidget.local.formats.reading import READERS
from mzwidget.local.formats.types import Type, sql_name

Range = dict[str, Any]
_EMPTY: Range = {"filled": False, "lo": None, "hi": None}
_LAST = {"int4": 2**31 - 1, "int8": 2**63 - 1, "date": 95_026_236}
"""Of types with a next value: the last one."""


def reader(type_: Type) -> Callable[[str], Range]:
    """Return the function that reads a text as a range."""
    element = type_.element
    assert element is not None
    item = READERS[element.name]

    def read(text: str) -> Range:
        try:
            bounds = _bounds(text, item)
        except MalformedError as error:
            raise invalid("range", text, str(error)) from None
        return _EMPTY if bounds is None else _range(element, *bounds)

    return read


def _bounds(text: str, item: Callable[[str], Any]) -> tuple[Any, Any, bool, bool] | None:
    """Return the bounds and whether they belong to the range; None of an empty one."""
    body = text.strip(BLANK)
    if body.startswith("empty"):
        if body != "empty":
            raise MalformedError('Junk after "empty" key word.')
        return None
    if body[:1] not in ("[", "("):
        raise MalformedError("Missing left parenthesis or bracket.")
    low, comma, rest = body[1:].partition(",")
    lower = _bound(low, item, ended=bool(comma))
    if not comma:
        raise MalformedError("Missing comma after lower bound.")
    high = re.match(r"[^)\]]*", rest)
    assert high is not None
    last, after = rest[high.end() : high.end() + 1], rest[high.end() + 1 :]
    upper = _bound(high[0], item, ended=bool(last))
    if not last:
        raise MalformedError("Missing left parenthesis or bracket.")
    if after:
        raise MalformedError("Junk after right parenthesis or bracket.")
    return lower, upper, body[0] == "[", last == "]"


def _bound(text: str, item: Callable[[str], Any], *, ended: bool) -> Any:
    if text:
        return made(item, text)
    if not ended:
        raise MalformedError("Unexpected end of input.")
    return None


def _range(element: Type, lower: Any, upper: Any, with_lower: bool, with_upper: bool) -> Range:
    if lower is not None and upper is not None and lower > upper:
        raise SqlError("range lower bound must be less than or equal to range upper bound")
    if element.name in _LAST:
        if lower is not None and not with_lower:
            lower, with_lower = _next(element, lower), True
        if upper is not None and with_upper:
            upper, with_upper = _next(element, upper), False
    if (
        lower is not None
        and upper is not None
        and (lower > upper or (lower == upper and not (with_lower and with_upper)))
    ):
        return _EMPTY
    return {
        "filled": True,
        "lo": {"f": int(lower is not None), "v": lower, "x": int(lower is None or not with_lower)},
        "hi": {"f": int(upper is None), "v": upper, "x": int(upper is not None and with_upper)},
    }


def _next(element: Type, value: int) -> int:
    if value == _LAST[element.name]:
        raise SqlError(f"{sql_name(element)} out of range")
    return value + 1


def shown(value: Range, show: Callable[[Any], str]) -> str:
    """Print a range."""
    if not value["filled"]:
        return "empty"
    low, high = value["lo"], value["hi"]
    texts = ["" if bound["v"] is None else _quoted(show(bound["v"])) for bound in (low, high)]
    return f"{'(' if low['x'] else '['}{texts[0]},{texts[1]}{']' if high['x'] else ')'}"


def _quoted(text: str) -> str:
    if not re.search(r'[\s()\[\],"\\]', text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
