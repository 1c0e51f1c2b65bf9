"""From DuckDB to the wire.

DuckDB hands values over as *carriers*: plain Python values that hold every value of the type (``datetime`` could not
hold the year 12000, nor an interval of months). `carrier` gives the SQL that makes them, `encoder` turns one into
PostgreSQL's text or binary form, in Materialize's spelling.
"""

from __future__ import annotations

import re
import struct
import uuid
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError

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
    if kind.element is not None:
        inner = carrier("x", kind.element)
        return expression if inner == "x" else f"list_transform({expression}, lambda x: {inner})"
    match kind.name:
        case "date":
            return f"({expression} - DATE '1970-01-01')"
        case "timestamp" | "timestamptz" | "time":
            return f"epoch_us({expression})"
        case "interval":
            months = f"date_part('year', {expression}) * 12 + date_part('month', {expression})"
            days = f"date_part('day', {expression})"
            time = (
                f"date_part('hour', {expression}) * 3600000000 + date_part('minute', {expression}) * 60000000"
                f" + date_part('microsecond', {expression})"
            )
            return f"CASE WHEN {expression} IS NOT NULL THEN [{months}, {days}, {time}] END"
        case "float4" | "numeric" | "uuid" | "jsonb":
            return f"CAST({expression} AS VARCHAR)"
        case _:
            return expression


def encoder(kind: Type, wire_format: int) -> Encoder:
    """Return the function that encodes a carrier of `kind`."""
    if kind.element is not None:
        return _array_encoder(kind.element, wire_format)
    if kind.typmod != -1 and kind.name == "bpchar":
        width = kind.typmod - 4
        return lambda value: value.ljust(width).encode()
    if kind.typmod != -1 and kind.name == "numeric":
        # The carrier has the declared number of digits behind the point, and so has what is shown.
        return _text if wire_format == TEXT else partial(_numeric_binary, exact_scale=True)
    encoders = _TEXT_ENCODERS if wire_format == TEXT else _BINARY_ENCODERS
    found = encoders.get(kind.name)
    if found is not None:
        return found
    if wire_format == BINARY:
        raise SqlError(f"binary encoding of {kind.name} types is not implemented", "08P01")
    return _text


def fields_encoder(columns: Sequence[Column], formats: Sequence[int]) -> Callable[[Sequence[Any]], bytes]:
    """Return the function that makes the fields of a DataRow of a row of carriers.

    Values beyond `columns` are ignored.
    """
    encoders = [encoder(column.type, wire_format) for column, wire_format in zip(columns, formats, strict=True)]

    def encode(row: Sequence[Any]) -> bytes:
        parts = []
        for encode_value, value in zip(encoders, row, strict=False):
            if value is None:
                parts.append(b"\xff\xff\xff\xff")
            else:
                data = encode_value(value)
                parts.append(len(data).to_bytes(4, "big"))
                parts.append(data)
        return b"".join(parts)

    return encode


# ---------------------------------------------------------------------------------------------------- text


def _text(value: object) -> bytes:
    return str(value).encode()


def _bool(value: bool) -> bytes:
    return b"t" if value else b"f"


def float_text(value: float | str) -> bytes:
    """Spell a float as Materialize does: shortest digits, no trailing ``.0``, exponents like ``1e+38``."""
    text = repr(value) if isinstance(value, float) else value
    special = _SPECIAL_FLOATS.get(text)
    if special is not None:
        return special
    mantissa, _, exponent = text.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(exponent or 0)
    digits = digits.rstrip("0")
    if not digits:
        return (sign + "0").encode()
    if -5 < point <= 0:
        number = "0." + "0" * -point + digits
    elif 0 < point <= 16:
        number = digits.ljust(point, "0")
        if len(digits) > point:
            number = f"{digits[:point]}.{digits[point:]}"
    else:
        number = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{point - 1:+d}"
    return (sign + number).encode()


_SPECIAL_FLOATS = {"nan": b"NaN", "inf": b"Infinity", "-inf": b"-Infinity"}


def _numeric(value: str) -> bytes:
    if "." in value:
        value = value.rstrip("0").rstrip(".")
    return value.encode()


def _bytea(value: bytes) -> bytes:
    return b"\\x" + value.hex().encode()


@lru_cache(maxsize=4096)
def _civil(days: int) -> tuple[str, str]:
    """Days since 1970 as ``YYYY-MM-DD`` and the suffix of years before Christ (proleptic Gregorian)."""
    days += 719_468
    era, day_of_era = divmod(days, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = year_of_era + era * 400 + (month <= 2)
    suffix = ""
    if year <= 0:
        year, suffix = 1 - year, " BC"
    return f"{year:04d}-{month:02d}-{day:02d}", suffix


def _clock(microseconds: int) -> str:
    seconds, fraction = divmod(microseconds, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour:02d}:{minute:02d}:{second:02d}"
    return f"{text}.{fraction:06d}".rstrip("0") if fraction else text


def _date(days: int) -> bytes:
    return "".join(_civil(days)).encode()


def _time(microseconds: int) -> bytes:
    return _clock(microseconds).encode()


def _timestamp(microseconds: int, zone: str = "") -> bytes:
    days, rest = divmod(microseconds, MICROSECONDS_PER_DAY)
    day, suffix = _civil(days)
    return f"{day} {_clock(rest)}{zone}{suffix}".encode()


def _timestamptz(microseconds: int) -> bytes:
    return _timestamp(microseconds, "+00")


def _interval(parts: Sequence[int]) -> bytes:
    months, days, microseconds = parts
    years, rest = divmod(abs(months), 12)
    minus = "-" if months < 0 else ""
    words = []
    if years:
        words.append(f"{minus}{_counted(years, 'year')}")
    if rest:
        words.append(f"{minus}{_counted(rest, 'month')}")
    if days:
        sign = "-" if days < 0 else "+" if months < 0 else ""
        words.append(f"{sign}{_counted(abs(days), 'day')}")
    if microseconds or not words:
        sign = "-" if microseconds < 0 else "+" if days < 0 or (months < 0 and not days) else ""
        words.append(f"{sign}{_clock(abs(microseconds))}")
    return " ".join(words).encode()


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


_TEXT_ENCODERS: dict[str, Encoder] = {
    "bool": _bool,
    "float4": float_text,
    "float8": float_text,
    "numeric": _numeric,
    "bytea": _bytea,
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
    "interval": _interval,
}


# -------------------------------------------------------------------------------------------------- binary


def _packed(layout: str) -> Encoder:
    return struct.Struct(layout).pack


def _numeric_binary(text: str, *, exact_scale: bool = False) -> bytes:
    """PostgreSQL's numeric: base-10000 digits, the weight of the first, sign and display scale."""
    if text in {"NaN", "nan"}:
        return struct.pack("!hhHh", 0, 0, 0xC000, 0)
    sign = 0x4000 if text.startswith("-") else 0
    whole, _, fraction = text.lstrip("-").partition(".")
    fraction = fraction if exact_scale else fraction.rstrip("0")
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


def _interval_binary(parts: Sequence[int]) -> bytes:
    months, days, microseconds = parts
    return struct.pack("!qii", microseconds, days, months)


_BINARY_ENCODERS: dict[str, Encoder] = {
    "bool": lambda value: b"\x01" if value else b"\x00",
    "int2": _packed("!h"),
    "int4": _packed("!i"),
    "int8": _packed("!q"),
    "oid": _packed("!I"),
    "float4": lambda text: struct.pack("!f", float(text)),
    "float8": _packed("!d"),
    "numeric": _numeric_binary,
    "text": _text,
    "varchar": _text,
    "bpchar": _text,
    "name": _text,
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
}


# -------------------------------------------------------------------------------------------------- arrays

_PLAIN_ELEMENT = re.compile(r'[^\s{}",\\]+\Z')


def _array_encoder(element: Type, wire_format: int) -> Encoder:
    encode = encoder(element, wire_format)

    def text(values: Sequence[Any]) -> bytes:
        return b"{" + b",".join(b"NULL" if v is None else _quoted_element(encode(v)) for v in values) + b"}"

    def binary(values: Sequence[Any]) -> bytes:
        has_null = any(value is None for value in values)
        if not values:
            return struct.pack("!iiI", 0, 0, element.oid)
        parts = [struct.pack("!iiIii", 1, has_null, element.oid, len(values), 1)]
        for value in values:
            data = None if value is None else encode(value)
            parts.append(b"\xff\xff\xff\xff" if data is None else len(data).to_bytes(4, "big") + data)
        return b"".join(parts)

    return text if wire_format == TEXT else binary


def _quoted_element(data: bytes) -> bytes:
    text = data.decode()
    if _PLAIN_ELEMENT.match(text) and text.upper() != "NULL":
        return data
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()
