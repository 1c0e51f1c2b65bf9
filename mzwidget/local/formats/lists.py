"""Lists and maps read from text, as Materialize's own lexer takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mzwidget.local.errors import SqlError, invalid

BLANK = " \t\n\r\f"
"""The characters that part words; others that Unicode calls blank are like any other."""
_LIST = ('{},\\"', ",}")
_MAP = ('{},"=>\\', ",}=")
"""Characters that must be escaped in a word without quotes, and those that end it."""


class _MalformedError(Exception):
    pass


class _Lexer:
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
            raise _MalformedError(f"expected '{{', found {found or 'empty string'}")

    def more(self, first: bool, otherwise: str) -> bool:
        """Return whether another element follows; before the first there is no comma."""
        self.blank()
        found = self.next()
        if found == "}":
            return False
        if first:
            self.back()
        elif found != ",":
            raise _MalformedError(f"expected ',' or {otherwise}, got '{found}'" if found else "unexpected end of input")
        self.blank()
        return True

    def element(self, marks: tuple[str, str], nested: str) -> str | None:
        """Return a word, a quoted text or what stands in braces; None for NULL. ``nested`` says why there are none."""
        found = self.peek()
        if not found:
            raise _MalformedError("unexpected end of input")
        if found == '"':
            return self.quoted()
        if found == "{":
            if nested:
                raise _MalformedError(nested)
            return self.embedded()
        return self.word(*marks)

    def quoted(self) -> str:
        self.next()
        read = []
        while (found := self.next()) != '"':
            if found == "\\":
                found = self.next()
            if not found:
                raise _MalformedError("unterminated quoted string")
            read.append(found)
        return "".join(read)

    def embedded(self) -> str:
        start, depth, inside = self.at, 0, False
        while True:
            found = self.next()
            if not found:
                raise _MalformedError("unterminated embedded element")
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
                    raise _MalformedError("malformed literal; missing element")
                self.back()
                break
            elif found and found in special:
                raise _MalformedError(f"malformed literal; must escape special character '{found}'")
            else:
                read.append(found)
                kept = kept if found in BLANK else len(read)
            if not found:
                raise _MalformedError("unterminated element")
        word = "".join(read[:kept])
        return None if word.upper() == "NULL" and not escaped else word


def read_list(text: str, item: Callable[[str], Any], *, nested: bool) -> list[Any]:
    """Read a list; ``nested`` says whether its elements are lists."""
    lexer = _Lexer(text)
    why = "unescaped '{' at beginning of element; perhaps you want a nested list, e.g. '{a}'::text list list"
    found: list[Any] = []
    try:
        lexer.open()
        while lexer.more(not found, "'}'"):
            element = lexer.element(_LIST, "" if nested else why)
            found.append(None if element is None else _made(item, element))
        lexer.blank()
        rest = lexer.next()
        if rest:
            raise _MalformedError(f"malformed array literal; contains '{rest}' after terminal '}}'")
    except _MalformedError as error:
        raise invalid("list", text, str(error)) from None
    return found


def read_map(text: str, item: Callable[[str], Any], *, nested: bool) -> dict[str, Any]:
    """Read a map; ``nested`` says whether its values are maps."""
    lexer = _Lexer(text)
    why = "unescaped '{' at beginning of value; perhaps you want a nested map, e.g. "
    why += "'{a=>{a=>1}}'::map[text=>map[text=>int]]"
    found: dict[str, Any] = {}
    try:
        lexer.open()
        while lexer.more(not found, "end of input"):
            if not lexer.peek():
                raise _MalformedError("unexpected end of input")
            key = lexer.quoted() if lexer.peek() == '"' else lexer.word(*_MAP)
            if key is None:
                raise _MalformedError("expected key")
            lexer.blank()
            if lexer.next() != "=" or lexer.next() != ">":
                raise _MalformedError("expected =>")
            lexer.blank()
            element = lexer.element(_MAP, "" if nested else why)
            found[key] = None if element is None else _made(item, element)
    except _MalformedError as error:
        raise invalid("map", text, str(error)) from None
    return dict(sorted(found.items()))


def _made(item: Callable[[str], Any], element: str) -> Any:
    try:
        return item(element)
    except SqlError as error:
        if error.sqlstate == "0A000":
            raise
        raise _MalformedError(error.message) from None
