"""Arrays, lists, maps and records as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from mzwidget.local.errors import unsupported
from mzwidget.local.formats import lists, ranges
from mzwidget.local.formats.lists import BLANK
from mzwidget.local.formats.reading import READERS
from mzwidget.local.formats.types import Type


def reader(type_: Type) -> Callable[[str], Any]:
    """Return the function that reads a text as a value of a type."""
    if type_.kind == "scalar":
        return READERS[type_.name]
    if type_.kind == "range":
        return ranges.reader(type_)
    if type_.kind not in ("array", "list", "map") or type_.element is None:
        raise unsupported(f"text as {type_.kind}")
    item = reader(type_.element)
    if type_.kind == "array":
        return partial(lists.read_array, item=item)
    found = lists.read_list if type_.kind == "list" else lists.read_map
    return partial(found, item=item, nested=type_.element.kind == type_.kind)


def flat(array: Any) -> tuple[list[Any], list[int]]:
    """Return the elements of an array, and the lengths of its dimensions if there are several."""
    return (array["items"], array["dims"]) if isinstance(array, dict) else (array, [])


def quoted(text: str, *, also: str = "") -> str:
    """Return an element as it stands in the text of an array or list."""
    plain = text and text != "NULL" and not re.search(rf'[{BLANK}{{}},"\\{also}]', text)
    if plain:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def show_items(items: Sequence[str | None]) -> str:
    """Print an array or list of the texts of its elements."""
    return "{" + ",".join("NULL" if item is None else quoted(item) for item in items) + "}"


def show_array(items: Sequence[Any], dims: Sequence[int], show: Callable[[Any], str], brackets: str = "{}") -> str:
    """Print an array of any number of dimensions."""
    first, last = brackets[0], brackets[1]
    shown = [show(item) for item in items]
    for length in reversed(dims[1:]):
        shown = [first + ",".join(shown[at : at + length]) + last for at in range(0, len(shown), length)]
    return first + ",".join(shown) + last


def show_nested(items: Sequence[str | None]) -> str:
    """Print a list of lists, maps or arrays, which stand as they are."""
    return "{" + ",".join("NULL" if item is None else item for item in items) + "}"


def show_record(items: Sequence[str | None], nested: Sequence[bool]) -> str:
    """Print a row; those of its fields that are nested stand as they are."""
    shown = []
    for item, plain in zip(items, nested, strict=False):
        if item is None:
            shown.append("")
        elif plain or (item and not re.search(rf'[{BLANK}(),"\\]', item)):
            shown.append(item)
        else:
            shown.append('"' + item.replace("\\", "\\\\").replace('"', '""') + '"')
    return "(" + ",".join(shown) + ")"
