"""Parameters from the wire: checked, and in the form the dialect binds them in."""

from __future__ import annotations

import struct
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError
from mzwidget.local.formats import numerics
from mzwidget.local.formats.containers import reader
from mzwidget.local.formats.encoding import BINARY, DAYS_1970_TO_2000, MICROSECONDS_PER_DAY
from mzwidget.local.formats.intervals import show_interval
from mzwidget.local.formats.printing import printer, show_float
from mzwidget.local.formats.types import DATE, REGISTERED, TIME, TIMESTAMP, TIMESTAMPTZ, sql_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from mzwidget.local.formats.types import Type

_EPOCH = DAYS_1970_TO_2000 * MICROSECONDS_PER_DAY


def decode(data: bytes | None, kind: Type, wire_format: int) -> Any:
    """Return the value to bind: text in PostgreSQL's text form, whatever the wire format was.

    Raises
    ------
    SqlError
        22P03 for binary data of the wrong shape, 22021 for text that is not UTF-8 or holds a NUL.
    """
    if data is None:
        return None
    if wire_format == BINARY:
        try:
            return _number(_from_binary(data, kind), kind)
        except (struct.error, ValueError, IndexError):
            raise SqlError(
                f"invalid binary value for a parameter of type {sql_name(kind)}: {data[:20].hex()}", "22P03"
            ) from None
    return _number(_utf8(data), kind)


def _number(text: str, kind: Type) -> Any:
    """Check the text, and give integers, floats and booleans as Python has them."""
    try:
        value = reader(kind)(text)
    except SqlError as error:
        if error.sqlstate == "0A000":
            raise
        raise SqlError(f"unable to decode parameter: {error.message}", "22023") from None
    return value if kind.name in _AS_PYTHON else text


_AS_PYTHON = frozenset(
    {"bool", "int2", "int4", "int8", "uint2", "uint4", "uint8", "oid", "float4", "float8", *REGISTERED}
)


def _utf8(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise SqlError('invalid byte sequence for encoding "UTF8"', "22021") from None
    if "\0" in text:
        raise SqlError('invalid byte sequence for encoding "UTF8": 0x00', "22021")
    return text


def _from_binary(data: bytes, kind: Type) -> str:
    if kind.is_array and kind.element is not None:
        return _array(data, kind.element)
    decode_value = _DECODERS.get(kind.name)
    if decode_value is None:
        raise SqlError(f"unable to decode parameter: binary decoding of {kind.kind} types is not implemented", "22023")
    return decode_value(data)


def _bool(data: bytes) -> str:
    return {b"\0": "f", b"\1": "t"}.get(data) or _refuse()


def _refuse() -> str:
    raise ValueError


def _integer(layout: str) -> Callable[[bytes], str]:
    unpack = struct.Struct(layout).unpack
    return lambda data: str(unpack(data)[0])


def _numeric(data: bytes) -> str:
    count, weight, sign, scale = struct.unpack_from("!hhHh", data)
    digits = struct.unpack(f"!{count}h", data[8:])
    if sign == 0xC000:
        return "NaN"
    if sign in {0xD000, 0xF000}:
        return "Infinity" if sign == 0xD000 else "-Infinity"
    whole = "".join(f"{digits[at] if at < count else 0:04d}" for at in range(weight + 1)).lstrip("0")
    if len(whole) > numerics.DIGITS:
        shown = str(Decimal(f"{'-' if sign else ''}{whole}").normalize())
        why = f"Unable to take bytes to numeric value; rendered {shown}"
        raise SqlError(f"unable to decode parameter: {why}", "22023")
    behind = range(weight + 1, weight + 1 + -(-scale // 4))
    fraction = "".join(f"{digits[at] if 0 <= at < count else 0:04d}" for at in behind)[:scale]
    return f"{'-' if sign else ''}{whole or '0'}{'.' + fraction if fraction else ''}"


def _counted(kind: Type, layout: str, shift: int = 0) -> Callable[[bytes], str]:
    """Decode a number that counts from 2000."""
    unpack, show = struct.Struct(layout).unpack, printer(kind)
    return lambda data: show(unpack(data)[0] + shift)


def _interval(data: bytes) -> str:
    microseconds, days, months = struct.unpack("!qii", data)
    return show_interval((months, days, microseconds))


def _jsonb(data: bytes) -> str:
    if data[:1] != b"\1":
        raise ValueError
    return _utf8(data[1:])


_DECODERS: dict[str, Callable[[bytes], str]] = {
    "bool": _bool,
    "int2": _integer("!h"),
    "int4": _integer("!i"),
    "int8": _integer("!q"),
    **dict.fromkeys(("oid", *REGISTERED), _integer("!I")),
    "float4": lambda data: show_float(struct.unpack("!f", data)[0]),
    "float8": lambda data: show_float(struct.unpack("!d", data)[0]),
    "numeric": _numeric,
    "text": _utf8,
    "varchar": _utf8,
    "bpchar": _utf8,
    "name": _utf8,
    "char": lambda data: data.decode("ascii").rstrip("\0"),
    "unknown": _utf8,
    "mz_timestamp": _utf8,
    "uint2": _integer("!H"),
    "uint4": _integer("!I"),
    "uint8": _integer("!Q"),
    "bytea": lambda data: "\\x" + data.hex(),
    "jsonb": _jsonb,
    "uuid": lambda data: str(uuid.UUID(bytes=data)),
    "date": _counted(DATE, "!i", DAYS_1970_TO_2000),
    "time": _counted(TIME, "!q"),
    "timestamp": _counted(TIMESTAMP, "!q", _EPOCH),
    "timestamptz": _counted(TIMESTAMPTZ, "!q", _EPOCH),
    "interval": _interval,
}


def _array(data: bytes, element: Type) -> str:
    dimensions, _, _ = struct.unpack_from("!iiI", data)
    if dimensions == 0:
        return "{}"
    if dimensions != 1:
        raise SqlError("arrays of more than one dimension are not supported by the embedded engine", "0A000")
    (count, _) = struct.unpack_from("!ii", data, 12)
    at = 20
    items: list[str] = []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", data, at)
        at += 4
        if length < 0:
            items.append("NULL")
            continue
        text = _from_binary(data[at : at + length], element)
        items.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
        at += length
    return "{" + ",".join(items) + "}"
