"""What COPY … FROM STDIN is sent, as rows of texts."""

from __future__ import annotations

import codecs
import re
from operator import methodcaller
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.csvrecords import CsvLines, Unterminated, csv_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mzwidget.local.formats.copying import CopyFormat
    from mzwidget.local.formats.csvrecords import Fields

_LONGEST_LINE = 100_000_000
_NULL = re.compile(r"^\\N(?=\t|$)|(?<=\t)\\N(?=\t|$)", re.MULTILINE)
_LINE_END = re.compile(r"(?<!\\)\\*+\n")
_tabs = methodcaller("count", "\t")


class CopyReader:
    """Turns pieces of COPY data into rows of texts."""

    def __init__(self, form: CopyFormat, width: int) -> None:
        self._form = form
        self._width = width
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pending: list[str] = []
        self._waiting = 0
        self._csv_lines = CsvLines(form)
        self._escaped = False
        """Whether the text so far ends with a backslash that keeps what comes next."""
        self._line = 0
        self._first = True
        self._ended = False
        self.fault: SqlError | None = None
        """What is wrong with the line after the rows that were returned last."""

    def feed(self, data: bytes) -> str:
        """Return the lines that are complete."""
        return self._whole(self._text(data, final=False), final=False)

    def finish(self) -> str:
        """Return what is left when the data ended."""
        return self._whole(self._text(b"", final=True), final=True)

    def rows(self, lines: str) -> list[Fields]:
        """Return the rows of whole lines, up to the first with a fault."""
        found: list[Fields] = []
        if lines and not self._ended:
            try:
                found.extend(self._csv(lines) if self._form.csv else self._plain(lines))
            except SqlError as error:
                self.fault = error
        return found

    def is_simple(self, lines: str) -> bool:
        r"""Tell whether lines can be cut at tabs: no escapes but the NULL ``\N``, and a field for each column."""
        form = self._form
        if form.csv or (form.delimiter, form.null) != ("\t", "\\N") or self._ended:
            return False
        if lines.count("\\") != len(_NULL.findall(lines)):
            return False
        found = lines.removesuffix("\n").split("\n")
        simple = set(map(_tabs, found)) == {self._width - 1}
        self._line += len(found) if simple else 0
        return simple

    def _text(self, data: bytes, *, final: bool) -> str:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise _not_utf8() from None
        if "\0" in text:
            raise _not_utf8(": 0x00")
        if self._form.csv and self._first and text:
            text, self._first = text.removeprefix("\ufeff"), False
        return text

    def _whole(self, text: str, *, final: bool) -> str:
        """Add `text` to what is pending; return what is surely whole lines of it."""
        end = len(text) if final else self._complete(text)
        if not end and not final:
            self._pending.append(text)
            self._waiting += len(text)
            if self._waiting > _LONGEST_LINE:
                raise SqlError(f"COPY line longer than {_LONGEST_LINE} characters", "54000")
            return ""
        found = "".join([*self._pending, text[:end]])
        self._pending, self._waiting = [text[end:]], len(text) - end
        return found

    def _complete(self, text: str) -> int:
        """Return the length of the part of `text` that ends with the last line that is over."""
        if self._form.csv:
            return self._csv_lines.complete(text)
        escaped, rest = self._escaped, text.rstrip("\\")
        self._escaped = (len(text) - len(rest) + (escaped and not rest)) % 2 == 1
        if "\\\n" not in text and not (escaped and text.startswith("\n")):
            return text.rfind("\n") + 1
        over = 0
        for found in _LINE_END.finditer(text):
            if (len(found[0]) + (escaped and found.start() == 0)) % 2:
                over = found.end()
        return over

    def _plain(self, lines: str) -> Iterator[Fields]:
        delimiter = self._form.delimiter
        found = lines.split("\n")
        if "\\\n" in lines:
            found = _joined(found, "\n")
        if not found[-1]:
            found.pop()
        for line in found:
            self._line += 1
            if line.startswith("\\."):
                self._ended = True
                return
            fields = line.split(delimiter)
            if "\\" in line:
                fields = _joined(fields, delimiter)
            yield from self._checked([self._value(field, at) for at, field in enumerate(fields)])

    def _value(self, field: str, at: int) -> str | None:
        null = self._form.null
        if field == null:
            return None
        if null and field.startswith(null):  # what follows is no delimiter
            raise self._surplus(at)
        if "\\" not in field:
            return field
        found = _unescaped(field)
        if found is None:
            raise self._surplus(at)
        return found

    def _surplus(self, at: int) -> SqlError:
        """Name what is not where the field `at` is over and the line is not."""
        return _bad("missing data for column" if at + 1 < self._width else "extra data after last expected column")

    def _csv(self, lines: str) -> Iterator[Fields]:
        records = csv_records(lines, self._form)
        while True:
            try:
                fields = next(records, None)
            except Unterminated as error:
                list(self._checked(error.fields))
                raise _bad("unterminated CSV quoted field") from None
            if fields is None:
                return
            self._line += 1
            if self._line == 1 and self._form.header:
                continue
            if fields == ["\\."]:
                self._ended = True
                return
            if len(fields) > self._width:
                raise _bad("extra data after last expected column")
            yield from self._checked(fields)

    def _checked(self, fields: Fields) -> Iterator[Fields]:
        """Yield what a row is made of; more fields are told after those that fit."""
        if len(fields) < self._width:
            raise _bad("missing data for column")
        yield fields[: self._width]
        if len(fields) > self._width:
            raise _bad("extra data after last expected column")


def _bad(message: str) -> SqlError:
    return SqlError(message, "22P04")


def _not_utf8(what: str = "") -> SqlError:
    return SqlError(f'invalid byte sequence for encoding "UTF8"{what}', "22021")


def _joined(parts: list[str], separator: str) -> list[str]:
    """Put together what was split at an escaped separator."""
    found: list[str] = []
    waiting: list[str] = []
    for part in parts:
        waiting.append(part)
        if (len(part) - len(part.rstrip("\\"))) % 2 == 0:
            found.append(separator.join(waiting))
            waiting = []
    return [*found, separator.join(waiting)] if waiting else found


_ESCAPED = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_UNESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _unescaped(field: str) -> str | None:
    r"""Return what a field with escapes stands for; None if the marker of the end, ``\.``, is in it."""
    ends = False

    def plain(match: re.Match[bytes]) -> bytes:
        nonlocal ends
        code = match[1]
        ends |= code == b"."
        if code[:1] == b"x" and len(code) > 1:
            return bytes([int(code[1:], 16)])
        if code[:1] in b"01234567":
            return bytes([int(code, 8) & 0xFF])
        return _UNESCAPES.get(code, code)

    found = _ESCAPED.sub(plain, field.encode())
    if ends:
        return None
    try:
        text = found.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None
    if "\0" in text:
        raise _not_utf8(": 0x00")
    return text
