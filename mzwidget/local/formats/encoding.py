"""From DuckDB to the wire.

DuckDB hands values over as *carriers*: plain Python values that hold every value of the type (``datetime`` could not
hold the year 12000, nor an interval of months). `carrier` gives the SQL that makes them, `encoder` turns one into
PostgreSQL's text or binary form, in Materialize's spelling.
"""

from __future__ import annotations

import struct
import uuid
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError
from mzwidget.local.formats import numerics
from mzwidget.local.formats.containers import flat
from mzwidget.local.formats.printing import printer
from mzwidget.local.formats.types import REGISTERED, sql_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.formats.types import Column, Type

    Encoder = Callable[[Any], bytes]

TEXT, BINARY = 0, 1

MICROSECONDS_PER_DAY = 86_400_000_000
DAYS_1970_TO_2000 = 10_957
_MICROSECONDS_1970_TO_2000 = DAYS_1970_TO_2000 * MICROSECONDS_PER_DAY


def carrier(expression: str, kind: Type) -> str:
    """DuckDB SQL that yields the carrier of `expression`."""
    if kind.kind in ("array", "list") and kind.element is not None:
        inner = carrier("x", kind.element)
        if inner == "x":
            return expression
        if kind.kind == "list":
            return f"list_transform({expression}, lambda x: {inner})"
        items = f"list_transform(({expression}).items, lambda x: {inner})"
        return f"CASE WHEN {expression} IS NOT NULL THEN struct_pack(items := {items}, dims := ({expression}).dims) END"
    if kind.kind == "map" and kind.element is not None:
        inner = carrier("x", kind.element)
        if inner == "x":
            return expression
        keys, values = f"map_keys({expression})", f"map_values({expression})"
        return f"map({keys}, list_transform({values}, lambda x: {inner}))"
    if kind.kind == "range" and kind.element is not None:
        return range_with(
            expression, carrier(f"({expression}).lo.v", kind.element), carrier(f"({expression}).hi.v", kind.element)
        )
    if kind.kind == "record":
        fields = [carrier(f"{expression}.f{i}", field) for i, (_, field) in enumerate(kind.fields, 1)]
        if all(field == f"{expression}.f{i}" for i, field in enumerate(fields, 1)):
            return expression
        packed = ", ".join(f"f{i} := {field}" for i, field in enumerate(fields, 1))
        return f"CASE WHEN {expression} IS NOT NULL THEN struct_pack({packed}) END"
    match kind.name:
        case "date":
            return f"({expression} - DATE '1970-01-01')"
        case "timestamp" | "timestamptz" | "time":
            return f"epoch_us({expression})"
        case "uuid":
            return f"CAST({expression} AS VARCHAR)"
        case _:
            return expression


def range_with(expression: str, low: str, high: str) -> str:
    """DuckDB SQL of a range with other values of its bounds."""
    if (low, high) == (f"({expression}).lo.v", f"({expression}).hi.v"):
        return expression
    bounds = ", ".join(
        f"{bound} := CASE WHEN ({expression}).filled THEN struct_pack(f := ({expression}).{bound}.f, v := {value},"
        f" x := ({expression}).{bound}.x) END"
        for bound, value in (("lo", low), ("hi", high))
    )
    return f"CASE WHEN {expression} IS NOT NULL THEN struct_pack(filled := ({expression}).filled, {bounds}) END"


def encoder(kind: Type, wire_format: int) -> Encoder:
    """Return the function that encodes a carrier of `kind`."""
    if wire_format == TEXT or kind.name == "bpchar":
        if kind.name in ("text", "varchar", "jsonb"):
            return str.encode
        show = printer(kind)
        return lambda value: show(value).encode()
    if kind.is_array and kind.element is not None:
        return _array_encoder(kind.element)
    if kind.kind == "range" and kind.element is not None:
        return _range_encoder(kind.element)
    if kind.kind == "record":
        return _record_encoder([field for _, field in kind.fields])
    found = _BINARY_ENCODERS.get(kind.name)
    if found is not None:
        return found
    named = kind.kind if kind.kind in ("list", "map") else sql_name(kind)
    raise SqlError(f"binary encoding of {named} types is not implemented", "42883")


def parts_encoder(columns: Sequence[Column], formats: Sequence[int]) -> Callable[[Sequence[Any]], list[bytes]]:
    """Return the function that makes the parts of a DataRow of a row of carriers: lengths and values.

    Values beyond `columns` are ignored.
    """
    encoders = [encoder(column.type, wire_format) for column, wire_format in zip(columns, formats, strict=True)]

    def encode(row: Sequence[Any]) -> list[bytes]:
        parts = []
        for encode_value, value in zip(encoders, row, strict=False):
            if value is None:
                parts.append(_NULL)
            else:
                data = encode_value(value)
                parts.append(len(data).to_bytes(4, "big"))
                parts.append(data)
        return parts

    return encode


def fields_encoder(columns: Sequence[Column], formats: Sequence[int]) -> Callable[[Sequence[Any]], bytes]:
    """Return the function that makes the fields of a DataRow of a row of carriers, as one."""
    encode = parts_encoder(columns, formats)
    return lambda row: b"".join(encode(row))


_NULL = b"\xff\xff\xff\xff"


# ---------------------------------------------------------------------------------------------------- text


def _text(value: object) -> bytes:
    return str(value).encode()


# -------------------------------------------------------------------------------------------------- binary


def _packed(layout: str) -> Encoder:
    return struct.Struct(layout).pack


def _numeric_binary(value: str | int) -> bytes:
    """PostgreSQL's numeric: base-10000 digits, the weight of the first, sign and display scale."""
    text = str(value) if isinstance(value, int) else numerics.show(value)
    if text == "NaN":
        return struct.pack("!hhHh", 0, 0, 0xC000, 0)
    sign = 0x4000 if text.startswith("-") else 0
    whole, _, fraction = text.lstrip("-").partition(".")
    scale = len(fraction)
    whole = whole.lstrip("0")
    whole = whole.zfill(-(-len(whole) // 4) * 4)
    fraction = fraction.ljust(-(-scale // 4) * 4, "0")
    joined = whole + fraction
    digits = [int(joined[at : at + 4]) for at in range(0, len(joined), 4)]
    weight = len(whole) // 4 - 1
    while digits and not digits[0]:
        del digits[0]
        weight -= 1
    while digits and not digits[-1]:
        del digits[-1]
    if not digits:
        weight = sign = 0
    return struct.pack(f"!hhHh{len(digits)}h", len(digits), weight, sign, scale, *digits)


def _jsonb_binary(text: str) -> bytes:
    return b"\x01" + text.encode()


def _uuid_binary(text: str) -> bytes:
    return uuid.UUID(text).bytes


def _date_binary(days: int) -> bytes:
    return struct.pack("!i", days - DAYS_1970_TO_2000)


def _timestamp_binary(microseconds: int) -> bytes:
    return struct.pack("!q", microseconds - _MICROSECONDS_1970_TO_2000)


def _interval_binary(value: dict[str, int]) -> bytes:
    return struct.pack("!qii", value["us"], value["days"], value["months"])


_BINARY_ENCODERS: dict[str, Encoder] = {
    "bool": lambda value: b"\x01" if value else b"\x00",
    "int2": _packed("!h"),
    "int4": _packed("!i"),
    "int8": _packed("!q"),
    **dict.fromkeys(("oid", *REGISTERED), _packed("!I")),
    "float4": _packed("!f"),
    "float8": _packed("!d"),
    "numeric": _numeric_binary,
    "text": _text,
    "varchar": _text,
    "name": _text,
    "char": lambda value: value.encode() or b"\0",
    "unknown": _text,
    "bytea": bytes,
    "jsonb": _jsonb_binary,
    "uuid": _uuid_binary,
    "date": _date_binary,
    "time": _packed("!q"),
    "timestamp": _timestamp_binary,
    "timestamptz": _timestamp_binary,
    "interval": _interval_binary,
    "mz_timestamp": _text,
    "uint2": _packed("!H"),
    "uint4": _packed("!I"),
    "uint8": _packed("!Q"),
}


# ---------------------------------------------------------------------------------- arrays, ranges, records


def _sized(encode: Encoder, value: Any) -> bytes:
    if value is None:
        return _NULL
    data = encode(value)
    return len(data).to_bytes(4, "big") + data


def _array_encoder(element: Type) -> Encoder:
    encode = encoder(element, BINARY)

    def binary(array: Any) -> bytes:
        items, dims = flat(array)
        has_null = any(value is None for value in items)
        if not items:
            return struct.pack("!iiI", 0, 0, element.oid)
        lengths = dims or [len(items)]
        parts = [struct.pack("!iiI", len(lengths), has_null, element.oid)]
        parts += [struct.pack("!ii", length, 1) for length in lengths]
        parts += [_sized(encode, value) for value in items]
        return b"".join(parts)

    return binary


def _range_encoder(element: Type) -> Encoder:
    encode = encoder(element, BINARY)

    def binary(value: dict[str, Any]) -> bytes:
        if not value["filled"]:
            return b"\x01"
        low, high = value["lo"], value["hi"]
        flags = 0x02 * (not low["x"]) | 0x04 * bool(high["x"]) | 0x08 * (low["v"] is None) | 0x10 * (high["v"] is None)
        bounds = [_sized(encode, bound["v"]) for bound in (low, high) if bound["v"] is not None]
        return b"".join([bytes([flags]), *bounds])

    return binary


def _record_encoder(fields: Sequence[Type]) -> Encoder:
    encoders = [(field.oid.to_bytes(4, "big"), encoder(field, BINARY)) for field in fields]

    def binary(value: dict[str, Any]) -> bytes:
        parts = [oid + _sized(encode, item) for (oid, encode), item in zip(encoders, value.values(), strict=False)]
        return b"".join([len(fields).to_bytes(4, "big"), *parts])

    return binary
