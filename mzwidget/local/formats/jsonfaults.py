"""Where a text stops being JSON, in the words and by the columns (of bytes) that Materialize tells it with."""

from __future__ import annotations

import re
from collections.abc import Callable

MOST_NESTING = 128
_SPACE = re.compile(rb"[ \t\n\r]*")
_DIGITS = re.compile(rb"[0-9]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_HEX = re.compile(rb"[0-9a-fA-F]{4}")


class _FaultError(Exception):
    """What is wrong, and how many bytes had been read by then."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.why, self.at = why, at


def fault(text: str, refused: Callable[[str], str | None] = lambda _: None) -> str | None:
    """Return what is wrong with a JSON document, and where; None if nothing is.

    Parameters
    ----------
    text : str
        The document.
    refused : callable
        Takes a number as written; returns why it cannot be one, or None.
    """
    data = text.encode("utf-8", "surrogatepass")
    scanner = _Scanner(data, refused)
    try:
        scanner.value(MOST_NESTING)
        if scanner.peek() is not None:
            raise scanner.ahead("trailing characters")
    except _FaultError as found:
        start = data.rfind(b"\n", 0, found.at) + 1
        return f"{found.why} at line {data.count(10, 0, start) + 1} column {found.at - start}"
    return None


class _Scanner:
    def __init__(self, data: bytes, refused: Callable[[str], str | None]) -> None:
        self.data, self.refused, self.at = data, refused, 0

    def peek(self) -> bytes | None:
        """Skip space and return the byte that comes, without taking it."""
        self.at = self._end(_SPACE)
        return self._next() or None

    def ahead(self, why: str) -> _FaultError:
        """Return the error for the byte that comes."""
        return _FaultError(why, min(len(self.data), self.at + 1))

    def value(self, depth: int) -> None:
        match self.peek():
            case None:
                raise self.ahead("EOF while parsing a value")
            case b"n" | b"t" | b"f" as first:
                self._word({b"n": b"null", b"t": b"true", b"f": b"false"}[first])
            case b'"':
                self._text()
            case b"[" | b"{" as first:
                if depth == 1:
                    raise self.ahead("recursion limit exceeded")
                self.at += 1
                if first == b"[":
                    self._list(depth - 1)
                else:
                    self._object(depth - 1)
            case first if first == b"-" or first.isdigit():
                self._number()
            case _:
                raise self.ahead("expected value")

    def _next(self) -> bytes:
        return self.data[self.at : self.at + 1]

    def _end(self, pattern: re.Pattern[bytes]) -> int:
        found = pattern.match(self.data, self.at)
        return found.end() if found else self.at

    def _word(self, word: bytes) -> None:
        for expected in word:
            if self.at >= len(self.data):
                raise _FaultError("EOF while parsing a value", self.at)
            self.at += 1
            if self.data[self.at - 1] != expected:
                raise _FaultError("expected ident", self.at)

    def _list(self, depth: int) -> None:
        first = True
        while (found := self.peek()) != b"]":
            if found is None:
                raise self.ahead("EOF while parsing a list")
            if not first:
                if found != b",":
                    raise self.ahead("expected `,` or `]`")
                self.at += 1
                if self.peek() == b"]":
                    raise self.ahead("trailing comma")
            self.value(depth)
            first = False
        self.at += 1

    def _object(self, depth: int) -> None:
        first = True
        while (found := self.peek()) != b"}":
            if found is None:
                raise self.ahead("EOF while parsing an object")
            if not first:
                if found != b",":
                    raise self.ahead("expected `,` or `}`")
                self.at += 1
                found = self.peek()
                if found is None:
                    raise self.ahead("EOF while parsing a value")
            if found != b'"':
                raise self.ahead("trailing comma" if found == b"}" else "key must be a string")
            self._text()
            colon = self.peek()
            if colon != b":":
                raise self.ahead("EOF while parsing an object" if colon is None else "expected `:`")
            self.at += 1
            self.value(depth)
            first = False
        self.at += 1

    def _number(self) -> None:
        start = self.at
        self.at += self._next() == b"-"
        self._digit()
        if self.data[self.at - 1 : self.at] == b"0":
            if self._next().isdigit():
                raise self.ahead("invalid number")
        else:
            self.at = self._end(_DIGITS)
        if self._next() == b".":
            self.at += 1
            if not self._next().isdigit():
                raise self.ahead("invalid number" if self._next() else "EOF while parsing a value")
            self.at = self._end(_DIGITS)
        if self._next() in (b"e", b"E"):
            self.at += 1
            self.at += self._next() in (b"+", b"-")
            self._digit()
            self.at = self._end(_DIGITS)
        why = self.refused(self.data[start : self.at].decode())
        if why is not None:
            raise _FaultError(why, self.at)

    def _digit(self) -> None:
        if not self._next():
            raise _FaultError("EOF while parsing a value", self.at)
        self.at += 1
        if not self.data[self.at - 1 : self.at].isdigit():
            raise _FaultError("invalid number", self.at)

    def _text(self) -> None:
        self.at += 1
        while True:
            self.at = self._end(_PLAIN)
            match self._taken():
                case b'"':
                    return
                case b"\\":
                    self._escape()
                case _:
                    why = "control character (\\u0000-\\u001F) found while parsing a string"
                    raise _FaultError(why, self.at)

    def _taken(self) -> bytes:
        found = self._next()
        if not found:
            raise _FaultError("EOF while parsing a string", self.at)
        self.at += 1
        return found

    def _escape(self) -> None:
        kind = self._taken()
        if kind not in b'"\\/bfnrtu':
            raise _FaultError("invalid escape", self.at)
        if kind != b"u":
            return
        code = self._hex()
        if 0xDC00 <= code <= 0xDFFF:
            raise _FaultError("lone leading surrogate in hex escape", self.at)
        if 0xD800 <= code <= 0xDBFF:
            for expected in (b"\\", b"u"):
                if self._taken() != expected:
                    raise _FaultError("unexpected end of hex escape", self.at)
            if not 0xDC00 <= self._hex() <= 0xDFFF:
                raise _FaultError("lone leading surrogate in hex escape", self.at)

    def _hex(self) -> int:
        if len(self.data) < self.at + 4:
            raise _FaultError("EOF while parsing a string", len(self.data))
        digits = _HEX.match(self.data, self.at)
        self.at += 4
        if digits is None:
            raise _FaultError("invalid escape", self.at)
        return int(digits[0], 16)
