"""Arrays, lists, maps and records as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from mzwidget.local.errors import SqlError, invalid, unsupported
from mzwidget.local.formats import lists, ranges
from mzwidget.local.formats.lists import BLANK
from mzwidget.local.formats.reading import READERS
from mzwidget.local.formats.types import Type

_QUOTED = re.compile(rf'"((?:[^"\\]|\\.)*)"[{BLANK}]*', re.DOTALL)


def reader(type_: Type) -> Callable[[str], Any]:
    """Return the function that reads a text as a value of a type."""
    if type_.kind == "scalar":
        return READERS[type_.name]
    if type_.kind == "range":
        return ranges.reader(type_)
    if type_.kind not in ("array", "list", "map") or type_.element is None:
        raise unsupported(f"text as {type_.kind}")
    item = reader(type_.element)
    if type_.kind != "array":
        found = lists.read_list if type_.kind == "list" else lists.read_map
        return partial(found, item=item, nested=type_.element.kind == type_.kind)

    def read(text: str) -> Any:
        body = text.strip(BLANK)
        if body.startswith("["):
            raise invalid("array", text, "Specifying array lower bounds is not supported")
        if not body.startswith("{"):
            raise invalid("array", text, 'Array value must start with "{"')
        try:
            return _dimensional(_Reader(text, body, item).read(), text)
        except SqlError as error:
            told = error.message.endswith(f'type array: "{text}"') or "type array: " in error.message[:40]
            if told or error.sqlstate == "0A000":
                raise
            raise invalid("array", text, error.message) from None

    return read


MOST_DIMENSIONS = 6


class _Nested(list[Any]):
    """A part of an array of several dimensions."""


def _dimensional(found: list[Any], text: str) -> dict[str, list[Any]]:
    """Return the elements of an array in a row, and the lengths of its dimensions if there are several."""
    dims, items = [len(found)], found
    while any(isinstance(item, _Nested) for item in items):
        if len({len(item) if isinstance(item, _Nested) else None for item in items}) > 1:
            why = "Multidimensional arrays must have sub-arrays with matching dimensions."
            raise invalid("array", text, why)
        dims.append(len(items[0]))
        items = [each for item in items for each in item]
    if len(dims) > MOST_DIMENSIONS:
        raise SqlError(f"number of array dimensions ({len(dims)}) exceeds the maximum allowed ({MOST_DIMENSIONS})")
    return {"items": items, "dims": dims if len(dims) > 1 and items else []}


def flat(array: Any) -> tuple[list[Any], list[int]]:
    """Return the elements of an array, and the lengths of its dimensions if there are several."""
    return (array["items"], array["dims"]) if isinstance(array, dict) else (array, [])


class _Reader:
    """The elements of an array, which may be arrays."""

    def __init__(self, text: str, body: str, item: Callable[[str], Any]) -> None:
        self.text, self.body, self.item = text, body, item
        self.at = 1

    def fail(self, why: str) -> SqlError:
        return invalid("array", self.text, why)

    def blank(self) -> None:
        while self.at < len(self.body) and self.body[self.at] in BLANK:
            self.at += 1

    def read(self) -> Any:
        items: list[Any] = []
        self.blank()
        if self.peek() == "}":
            return self.finish(items)
        while True:
            items.append(self.element())
            self.blank()
            found = self.peek()
            if found == "}":
                return self.finish(items)
            if found != ",":
                raise self.fail("unterminated element" if not found else f'Unexpected "{found}" character.')
            self.at += 1
            self.blank()

    def peek(self) -> str:
        return self.body[self.at : self.at + 1]

    def finish(self, items: list[Any]) -> Any:
        self.at += 1
        if self.body[self.at :].strip(BLANK):
            raise self.fail("Unexpected data after right brace.")
        return items

    def element(self) -> Any:
        found = self.peek()
        if found == "{":
            return _Nested(_Reader(self.text, self.nested(), self.item).read())
        if found == '"':
            match = _QUOTED.match(self.body, self.at)
            if match is None:
                raise self.fail("unterminated quoted string")
            self.at = match.end()
            return self.item(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL))
        start = self.at
        while self.at < len(self.body) and self.body[self.at] not in ",}":
            self.at += 2 if self.body[self.at] == "\\" else 1
        raw = self.body[start : self.at].strip(BLANK)
        if not raw:
            character = self.peek()
            raise self.fail(f'Unexpected "{character}" character.' if character else "unterminated element")
        if raw.upper() == "NULL":
            return None
        return self.item(re.sub(r"\\(.)", r"\1", raw))

    def nested(self) -> str:
        start, depth = self.at, 0
        while self.at < len(self.body):
            character = self.body[self.at]
            if character == '"':
                match = _QUOTED.match(self.body, self.at)
                if match is None:
                    break
                self.at = match.end()
                continue
            depth += {"{": 1, "}": -1}.get(character, 0)
            self.at += 1
            if not depth:
                return self.body[start : self.at]
        raise self.fail("unterminated element")


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
