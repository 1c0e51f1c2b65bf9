"""PostgreSQL's frontend/backend protocol 3.0: framing and message bodies, nothing else."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Mapping, Sequence

    from mzwidget.local.formats.types import Column

PROTOCOL_3 = 196608
SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104
CANCEL_REQUEST = 80877102

MAX_STARTUP_BYTES = 10_000
MAX_MESSAGE_BYTES = 2_000_000
_PIECE_BYTES = 1_000_000


class Kind:
    """What a client says, by the letter that its message begins with."""

    BIND, CLOSE, DESCRIBE, EXECUTE, FLUSH, PARSE, SYNC = b"B", b"C", b"D", b"E", b"H", b"P", b"S"
    QUERY, FUNCTION_CALL, TERMINATE, PASSWORD = b"Q", b"F", b"X", b"p"
    COPY_DATA, COPY_DONE, COPY_FAIL = b"d", b"c", b"f"


_KNOWN_KINDS = frozenset(letter for name, letter in vars(Kind).items() if name.isupper())


class ProtocolError(SqlError):
    """The peer broke the protocol; the connection cannot go on."""

    def __init__(self, message: str, sqlstate: str = "08P01") -> None:
        super().__init__(message, sqlstate)


async def read_startup(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read an untyped first packet: its request code and the rest."""
    (length,) = struct.unpack("!i", await reader.readexactly(4))
    if not 8 <= length <= MAX_STARTUP_BYTES:
        raise ProtocolError(f"invalid length of startup packet: {length}")
    body = await reader.readexactly(length - 4)
    (code,) = struct.unpack_from("!i", body)
    return code, body[4:]


async def read_message(reader: asyncio.StreamReader, limit: int) -> tuple[bytes, bytes]:
    """Read one typed message: its kind and its body."""
    kind, length = await _header(reader)
    if length > limit:
        raise ProtocolError("request larger than 2.0 MB", "08006")
    return kind, await reader.readexactly(length)


async def read_messages(reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, bytes]]:
    """Yield one typed message; data of a COPY in pieces, whatever they come in."""
    kind, length = await _header(reader)
    if kind != Kind.COPY_DATA:
        if length > MAX_MESSAGE_BYTES:
            raise ProtocolError("request larger than 2.0 MB", "08006")
        yield kind, await reader.readexactly(length)
        return
    while length > _PIECE_BYTES:
        yield kind, await reader.readexactly(_PIECE_BYTES)
        length -= _PIECE_BYTES
    yield kind, await reader.readexactly(length)


async def _header(reader: asyncio.StreamReader) -> tuple[bytes, int]:
    kind, length = struct.unpack("!ci", await reader.readexactly(5))
    if kind not in _KNOWN_KINDS:
        raise ProtocolError(f"unknown message type {kind!r}")
    if length < 4:
        raise ProtocolError(f"invalid length of message {kind!r}: {length}")
    return kind, length - 4


def startup_options(body: bytes) -> dict[str, str]:
    """Decode the name/value pairs of a startup packet."""
    parts = body.split(b"\0")
    try:
        texts = [part.decode() for part in parts]
    except UnicodeDecodeError:
        raise ProtocolError("startup packet is not valid UTF-8") from None
    options: dict[str, str] = {}
    for name, value in zip(texts[::2], texts[1::2], strict=False):
        if not name:
            break
        options[name] = value
    return options


class Body:
    """A cursor over the body of a frontend message."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def int16(self) -> int:
        return int(self._unpack("!h", 2))

    def count(self) -> int:
        """Read how many follow."""
        return int(self._unpack("!H", 2))

    def int32(self) -> int:
        return int(self._unpack("!i", 4))

    def uint32(self) -> int:
        return int(self._unpack("!I", 4))

    def byte(self) -> bytes:
        return self.take(1)

    def text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise ProtocolError("message holds an unterminated string")
        raw = self._data[self._at : end]
        self._at = end + 1
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise SqlError('invalid byte sequence for encoding "UTF8"', "22021") from None

    def take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._data):
            raise ProtocolError("message is shorter than it says")
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """Insist that everything was read."""
        if self._at != len(self._data):
            raise ProtocolError("message is longer than it says")

    def _unpack(self, layout: str, size: int) -> int:
        (value,) = struct.unpack(layout, self.take(size))
        return int(value)


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Frame a backend message."""
    return struct.pack("!ci", kind, len(body) + 4) + body


def cstring(text: str) -> bytes:
    return text.encode() + b"\0"


AUTHENTICATION_OK = message(b"R", struct.pack("!i", 0))
AUTHENTICATION_SASL = message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
PARSE_COMPLETE = message(b"1")
BIND_COMPLETE = message(b"2")
CLOSE_COMPLETE = message(b"3")
NO_DATA = message(b"n")
EMPTY_QUERY = message(b"I")
PORTAL_SUSPENDED = message(b"s")
COPY_DONE = message(b"c")


def sasl_continue(data: bytes) -> bytes:
    return message(b"R", struct.pack("!i", 11) + data)


def sasl_final(data: bytes) -> bytes:
    return message(b"R", struct.pack("!i", 12) + data)


def parameter_status(name: str, value: str) -> bytes:
    return message(b"S", cstring(name) + cstring(value))


def backend_key_data(pid: int, secret: int) -> bytes:
    return message(b"K", struct.pack("!II", pid, secret))


def ready_for_query(status: bytes) -> bytes:
    return message(b"Z", status)


def command_complete(tag: str) -> bytes:
    return message(b"C", cstring(tag))


def parameter_description(oids: Sequence[int]) -> bytes:
    return message(b"t", struct.pack(f"!H{len(oids)}I", len(oids), *oids))


def row_description(columns: Sequence[Column], formats: Sequence[int]) -> bytes:
    """Describe result columns; table OID and attribute number are always 0, as in Materialize."""
    parts = [struct.pack("!h", len(columns))]
    for column, wire_format in zip(columns, formats, strict=True):
        kind = column.type
        parts.append(cstring(column.name))
        parts.append(struct.pack("!IhIhih", 0, 0, kind.oid, kind.typlen, kind.declared_typmod, wire_format))
    return message(b"T", b"".join(parts))


def copy_response(kind: bytes, wire_format: int, columns: int) -> bytes:
    """Open a COPY: kind is ``b"G"`` (in) or ``b"H"`` (out)."""
    return message(kind, struct.pack("!bh", wire_format, columns) + struct.pack("!h", wire_format) * columns)


def copy_data(line: bytes) -> bytes:
    return b"d" + (len(line) + 4).to_bytes(4, "big") + line


def _fields(fields: Mapping[str, str]) -> bytes:
    return b"".join(code.encode() + cstring(text) for code, text in fields.items()) + b"\0"


def _clean(text: str) -> str:
    return text.replace("\0", "")


def error_response(error: SqlError, severity: str = "ERROR") -> bytes:
    fields = {"S": severity, "C": error.sqlstate, "M": _clean(error.message)}
    if error.detail:
        fields["D"] = _clean(error.detail)
    if error.hint:
        fields["H"] = _clean(error.hint)
    if error.position:
        fields["P"] = str(error.position)
    return message(b"E", _fields(fields))


def notice_response(
    text: str, code: str = "00000", *, severity: str = "NOTICE", detail: str | None = None, hint: str | None = None
) -> bytes:
    fields = {"S": severity, "C": code, "M": _clean(text)}
    if detail:
        fields["D"] = _clean(detail)
    if hint:
        fields["H"] = _clean(hint)
    return message(b"N", _fields(fields))
