"""COPY's text and CSV formats, both ways."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.encoding import BINARY, TEXT, encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mzwidget.local.formats.types import Column, Row

Fields = list[str | None]

_LONGEST_LINE = 100_000_000

BINARY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
BINARY_TRAILER = b"\xff\xff"


# ----------------------------------------------------------------------------------------------------- out


def line_encoder(columns: Sequence[Column], copy_format: str) -> Callable[[Row], bytes]:
    """Return the function that makes one line (or binary tuple) of a row of carriers."""
    binary = copy_format == "binary"
    encoders = [encoder(column.type, BINARY if binary else TEXT) for column in columns]

    def fields(row: Row) -> list[bytes | None]:
        # a row without columns has a value of the engine's own
        pairs = zip(encoders, row if encoders else (), strict=True)
        return [None if value is None else encode(value) for encode, value in pairs]

    def as_text(row: Row) -> bytes:
        found = fields(row)
        if _SPECIAL.search(b"".join([f for f in found if f is not None])) is not None:
            found = [None if f is None else _escaped(f) for f in found]
        return b"\t".join([b"\\N" if f is None else f for f in found]) + b"\n"

    def as_csv(row: Row) -> bytes:
        return b",".join(b"" if f is None else _csv_field(f, len(encoders)) for f in fields(row)) + b"\n"

    def as_binary(row: Row) -> bytes:
        parts = [len(encoders).to_bytes(2, "big")]
        parts += [b"\xff\xff\xff\xff" if f is None else len(f).to_bytes(4, "big") + f for f in fields(row)]
        return b"".join(parts)

    return {"text": as_text, "csv": as_csv, "binary": as_binary}[copy_format]


_SPECIAL = re.compile(rb"[\\\n\r\t\b\f\v]")
_ESCAPES = {
    b"\\": b"\\\\",
    b"\n": b"\\n",
    b"\r": b"\\r",
    b"\t": b"\\t",
    b"\b": b"\\b",
    b"\f": b"\\f",
    b"\v": b"\\v",
}


def _escaped(data: bytes) -> bytes:
    return _SPECIAL.sub(lambda match: _ESCAPES[match.group()], data)


_CSV_SPECIAL = re.compile(rb'[",\r\n]')


def _csv_field(data: bytes, width: int) -> bytes:
    if not data or _CSV_SPECIAL.search(data) or (width == 1 and data == b"\\."):
        return b'"' + data.replace(b'"', b'""') + b'"'
    return data


# ------------------------------------------------------------------------------------------------------ in


@dataclass(frozen=True)
class CopyFormat:
    """How the lines of COPY … FROM are written."""

    csv: bool
    delimiter: str
    null: str
    quote: str = '"'
    escape: str = '"'
    header: bool = False


def boolean_option(name: str, text: str) -> bool:
    """Read the value of an option that is on or off."""
    if text.lower() in {"true", "t", "on", "yes", "1"}:
        return True
    if text.lower() in {"false", "f", "off", "no", "0"}:
        return False
    raise SqlError(f"invalid {name}: cannot use value as boolean")


def copy_format(options: dict[str, str]) -> CopyFormat:
    """Read the options of COPY … FROM."""
    options = dict(options)
    name = options.pop("format", "text").lower()
    if name == "binary":
        raise SqlError("FORMAT BINARY not yet supported")
    if name not in {"text", "csv"}:
        raise SqlError(f"unknown FORMAT: {name}")
    is_csv = name == "csv"
    delimiter = options.pop("delimiter", "," if is_csv else "\t")
    null = options.pop("null", "" if is_csv else "\\N")
    quote = escape = '"'
    header = False
    if is_csv:
        quote = options.pop("quote", '"')
        escape = options.pop("escape", quote)
        header = boolean_option("HEADER", options.pop("header", "false"))
    for only in ("quote", "escape", "header"):
        if only in options:
            raise SqlError(f"COPY {'HEADER' if only == 'header' else only} available only in CSV mode")
    if options:
        raise unsupported(f"COPY … FROM option {next(iter(options)).upper()}")
    for what, value in (("delimiter", delimiter), ("quote", quote), ("escape", escape)):
        if len(value.encode()) != 1:
            raise SqlError(f"COPY {what} must be a single one-byte character")
    if is_csv and delimiter == quote:
        raise SqlError("COPY delimiter and quote must be different")
    return CopyFormat(is_csv, delimiter, null, quote, escape, header)


_NULL = re.compile(r"^\\N(?=\t|$)|(?<=\t)\\N(?=\t|$)", re.MULTILINE)
_tabs = methodcaller("count", "\t")


class CopyReader:
    """Turns pieces of COPY data into rows of texts."""

    def __init__(self, form: CopyFormat, width: int) -> None:
        self._form = form
        self._width = width
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pending: list[str] = []
        self._waiting = 0
        self._quoted = False
        """Whether what is pending ends inside a quoted field."""
        self._line = 0
        self._ended = False

    def feed(self, data: bytes) -> str:
        """Return the lines that are complete."""
        return self._whole(self._text(data, final=False), final=False)

    def finish(self) -> str:
        """Return what is left when the data ended."""
        return self._whole(self._text(b"", final=True), final=True)

    def rows(self, lines: str) -> list[Fields]:
        """Return the rows of whole lines."""
        if not lines or self._ended:
            return []
        return list(self._csv(lines) if self._form.csv else self._plain(lines))

    def is_simple(self, lines: str) -> bool:
        r"""Tell whether lines can be cut at tabs: no escapes but the NULL ``\N``, and a field for each column."""
        form = self._form
        if form.csv or (form.delimiter, form.null) != ("\t", "\\N") or self._ended or "\r" in lines:
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
        form = self._form
        if not form.csv:
            return text.rfind("\n") + 1
        pieces = text.split(form.quote)
        inside = self._quoted = self._quoted ^ (len(pieces) % 2 == 0)
        end = len(text)
        for piece in reversed(pieces):
            if not inside and (at := piece.rfind("\n")) >= 0:
                return end - len(piece) + at + 1
            end -= len(piece) + 1
            inside = not inside
        return 0

    def _plain(self, lines: str) -> Iterator[Fields]:
        lines = lines.removesuffix("\n")
        null, delimiter = self._form.null, self._form.delimiter
        for line in lines.split("\n"):
            self._line += 1
            line = line.removesuffix("\r")  # noqa: PLW2901
            if line == "\\.":
                self._ended = True
                return
            fields = line.split(delimiter)
            if "\\" in line:
                fields = _joined(fields, delimiter)
            yield self._checked([None if field == null else _unescaped(field) for field in fields])

    def _csv(self, lines: str) -> Iterator[Fields]:
        for fields in _csv_records(lines, self._form):
            self._line += 1
            if self._line == 1 and self._form.header:
                continue
            if fields == ["\\."]:
                self._ended = True
                return
            yield self._checked(fields)

    def _checked(self, fields: Fields) -> Fields:
        if len(fields) > self._width:
            raise SqlError("extra data after last expected column", "22P04")
        if len(fields) < self._width:
            raise SqlError("missing data for column", "22P04")
        return fields


def _not_utf8(what: str = "") -> SqlError:
    return SqlError(f'invalid byte sequence for encoding "UTF8"{what}', "22021")


def _joined(fields: list[str], delimiter: str) -> list[str]:
    """Put together what was split at an escaped delimiter."""
    found: list[str] = []
    for field in fields:
        if found and (len(found[-1]) - len(found[-1].rstrip("\\"))) % 2:
            found[-1] += delimiter + field
        else:
            found.append(field)
    return found


_ESCAPED = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_UNESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _unescaped(field: str) -> str:
    if "\\" not in field:
        return field

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if code[:1] == b"x" and len(code) > 1:
            return bytes([int(code[1:], 16)])
        if code[:1] in b"01234567":
            return bytes([int(code, 8) & 0xFF])
        return _UNESCAPES.get(code, code)

    found = _ESCAPED.sub(plain, field.encode())
    try:
        text = found.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None
    if "\0" in text:
        raise _not_utf8(": 0x00")
    return text


_LINE_END = re.compile(r"\r\n|\n|\r")


def _csv_records(text: str, form: CopyFormat) -> Iterator[Fields]:
    """Yield records; a field equal to the NULL text is None, quoted or not."""
    quote, escape, delimiter = form.quote, form.escape, form.delimiter
    if quote not in text:
        lines = _LINE_END.split(text)
        for line in lines if lines[-1] else lines[:-1]:
            yield [None if field == form.null else field for field in line.split(delimiter)]
        return
    record: Fields = []
    at, end = 0, len(text)
    q, d = re.escape(quote), re.escape(delimiter)
    inner = f"(?:[^{q}]++|{q}{q})*+" if quote == escape else rf"(?:{re.escape(escape)}.|[^{q}{re.escape(escape)}]++)*+"
    field = re.compile(rf"(?:{q}({inner}){q}|((?!{q})[^{d}\r\n]*))({d}|\r\n|\n|\r|\Z)", re.DOTALL)
    undo = re.compile(rf"{re.escape(escape)}([{q}{re.escape(escape)}])")
    while at < end:
        match = field.match(text, at)
        if match is None:
            raise SqlError("unterminated or malformed CSV quoted field", "22P04")
        quoted, plain, stop = match.groups()
        value = plain if quoted is None else undo.sub(r"\1", quoted)
        record.append(None if value == form.null else value)
        at = match.end()
        if stop != delimiter:
            yield record
            record = []
        elif at == end:
            record.append(None if form.null == "" else "")
    if record:
        yield record
