"""Arrays, lists and maps read from text, as Materialize's own lexer takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mzwidget.local.errors import MalformedError, SqlError, invalid

BLANK = " \t\n\r\f"
"""The characters that part words; others that Unicode calls blank are like any other."""
_LIST = ('{},\\"', ",}")
_MAP = ('{},"=>\\', ",}=")
"""Characters that must be escaped in a word without quotes, and those that end it."""


class Lexer:
    """A text that is read from its start to its end."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        found = self.peek()
        self.at += len(found)
        return found

    def back(self) -> None:
        self.at -= self.at > 0

    def blank(self) -> None:
        while self.peek() and self.peek() in BLANK:
            self.at += 1

    def open(self) -> None:
        found = self.next()
        if found != "{":
            raise MalformedError(f"expected '{{', found {found or 'empty string'}")

    def more(self, first: bool, otherwise: str) -> bool:
        """Return whether another element follows; before the first there is no comma."""
        self.blank()
        found = self.next()
        if found == "}":
            return False
        if first:
            self.back()
        elif found != ",":
            raise MalformedError(f"expected ',' or {otherwise}, got '{found}'" if found else "unexpected end of input")
        self.blank()
        return True

    def element(self, marks: tuple[str, str], nested: str) -> str | None:
        """Return a word, a quoted text or what stands in braces; None for NULL. ``nested`` says why there are none."""
        found = self.peek()
        if not found:
            raise MalformedError("unexpected end of input")
        if found == '"':
            return self.quoted()
        if found == "{":
            if nested:
                raise MalformedError(nested)
            return self.embedded()
        return self.word(*marks)

    def quoted(self) -> str:
        self.next()
        read = []
        while (found := self.next()) != '"':
            if found == "\\":
                found = self.next()
            if not found:
                raise MalformedError("unterminated quoted string")
            read.append(found)
        return "".join(read)

    def embedded(self) -> str:
        start, depth, inside = self.at, 0, False
        while True:
            found = self.next()
            if not found:
                raise MalformedError("unterminated embedded element")
            if found == "\\":
                self.next()
            elif found == '"':
                inside = not inside
            elif not inside:
                depth += {"{": 1, "}": -1}.get(found, 0)
            if not depth:
                return self.text[start : self.at]

    def word(self, special: str, ends: str) -> str | None:
        read: list[str] = []
        kept, escaped = 0, False
        while True:
            found = self.next()
            if found == "\\":
                found, escaped = self.next(), True
                read.append(found)
                kept = len(read)
            elif found and found in ends:
                if not read:
                    raise MalformedError("malformed literal; missing element")
                self.back()
                break
            elif found and found in special:
                raise MalformedError(f"malformed literal; must escape special character '{found}'")
            else:
                read.append(found)
                kept = kept if found in BLANK else len(read)
            if not found:
                raise MalformedError("unterminated element")
        word = "".join(read[:kept])
        return None if word.upper() == "NULL" and not escaped else word


def read_list(text: str, item: Callable[[str], Any], *, nested: bool) -> list[Any]:
    """Read a list; ``nested`` says whether its elements are lists."""
    lexer = Lexer(text)
    why = "unescaped '{' at beginning of element; perhaps you want a nested list, e.g. '{a}'::text list list"
    found: list[Any] = []
    try:
        lexer.open()
        while lexer.more(not found, "'}'"):
            element = lexer.element(_LIST, "" if nested else why)
            found.append(None if element is None else made(item, element))
        lexer.blank()
        rest = lexer.next()
        if rest:
            raise MalformedError(f"malformed array literal; contains '{rest}' after terminal '}}'")
    except MalformedError as error:
        raise invalid("list", text, str(error)) from None
    return found


def read_map(text: str, item: Callable[[str], Any], *, nested: bool) -> dict[str, Any]:
    """Read a map; ``nested`` says whether its values are maps."""
    lexer = Lexer(text)
    why = "unescaped '{' at beginning of value; perhaps you want a nested map, e.g. "
    why += "'{a=>{a=>1}}'::map[text=>map[text=>int]]"
    found: dict[str, Any] = {}
    try:
        lexer.open()
        while lexer.more(not found, "end of input"):
            if not lexer.peek():
                raise MalformedError("unexpected end of input")
            key = lexer.quoted() if lexer.peek() == '"' else lexer.word(*_MAP)
            if key is None:
                raise MalformedError("expected key")
            lexer.blank()
            if lexer.next() != "=" or lexer.next() != ">":
                raise MalformedError("expected =>")
            lexer.blank()
            element = lexer.element(_MAP, "" if nested else why)
            found[key] = None if element is None else made(item, element)
    except MalformedError as error:
        raise invalid("map", text, str(error)) from None
    return dict(sorted(found.items()))


class _Array:
    """An array while it is read: the dimension that the reader is in, and what each of them has so far."""

    def __init__(self, text: str) -> None:
        self._lexer = Lexer(text)
        self.elements: list[str | None] = []
        self.lengths: list[int | None] = []
        self._counts: list[int] = []
        self._has_staged: list[bool] = []
        self._level = -1

    def read(self) -> None:
        lexer = self._lexer
        if lexer.peek() == "[":
            raise MalformedError("Specifying array lower bounds is not supported")
        lexer.blank()
        if lexer.peek() != "{":
            raise MalformedError('Array value must start with "{"')
        while lexer.peek() == "{":
            lexer.next()
            lexer.blank()
            self._level += 1
        depth = self._level + 1
        self.lengths, self._counts, self._has_staged = [None] * depth, [0] * depth, [False] * depth
        while self._level >= 0:
            lexer.blank()
            self._part(lexer.peek())
        lexer.blank()
        if lexer.peek():
            raise MalformedError("Junk after closing right brace.")

    def _part(self, found: str) -> None:
        if not found:
            raise MalformedError("Unexpected end of input.")
        if found not in "{},":
            element = self._lexer.quoted() if found == '"' else self._lexer.word(*_LIST)
            if self._level < len(self.lengths) - 1:
                raise MalformedError("Unexpected array element.")
            self._stage()
            self.elements.append(element)
            return
        self._lexer.next()
        if found == "{":
            if self._has_staged[self._level]:
                raise MalformedError('Unexpected "{" character.')
            self._level += 1
            if self._level == len(self.lengths):
                raise MalformedError(_UNEVEN)
        elif self._has_staged[self._level]:
            self._has_staged[self._level] = False
            self._counts[self._level] += 1
        elif found == "," or self._counts[self._level]:
            raise MalformedError(f'Unexpected "{found}" character.')
        if found == "}":
            self._close()

    def _stage(self) -> None:
        if self._has_staged[self._level]:
            raise MalformedError("Unexpected array element.")
        self._has_staged[self._level] = True

    def _close(self) -> None:
        count = self._counts[self._level]
        if self.lengths[self._level] not in (None, count):
            raise MalformedError(_UNEVEN)
        self.lengths[self._level], self._counts[self._level] = count, 0
        self._level -= 1
        if self._level >= 0:
            self._stage()


_UNEVEN = "Multidimensional arrays must have sub-arrays with matching dimensions."
MOST_DIMENSIONS = 6


def read_array(text: str, item: Callable[[str], Any]) -> dict[str, list[Any]]:
    """Read the elements of an array in a row, and the lengths of its dimensions if there are several."""
    array = _Array(text)
    try:
        array.read()
        items = [None if element is None else made(item, element) for element in array.elements]
    except MalformedError as error:
        raise invalid("array", text, str(error)) from None
    depth = len(array.lengths)
    if items and depth > MOST_DIMENSIONS:
        raise SqlError(f"number of array dimensions ({depth}) exceeds the maximum allowed ({MOST_DIMENSIONS})")
    return {"items": items, "dims": [length or 0 for length in array.lengths] if items and depth > 1 else []}


def made(item: Callable[[str], Any], element: str) -> Any:
    """Read an element; what is wrong with it is wrong with the whole."""
    try:
        return item(element)
    except SqlError as error:
        if error.sqlstate == "0A000":
            raise
        raise MalformedError(error.message) from None
