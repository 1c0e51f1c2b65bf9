"""From text to values, with Materialize's rules and words for what is no value of its type."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import Any

from mzwidget.local.errors import MalformedError, SqlError, invalid, unsupported
from mzwidget.local.formats import intervals, jsonb, moments, numerics
from mzwidget.local.formats.types import REGISTERED

Reader = Callable[[str], Any]


_BOOLS = dict.fromkeys(("t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"), True) | dict.fromkeys(
    ("f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"), False
)
_DIGITS = re.compile(r"[+-]?[0-9]+", re.ASCII)


def _bool(text: str) -> bool:
    found = _BOOLS.get(text.strip().lower())
    if found is None:
        raise invalid("boolean", text)
    return found


def whole(name: str, lowest: int, highest: int) -> Reader:
    """Return the reader of an integer type."""

    def read(text: str) -> int:
        body = text.strip()
        if not body:
            raise invalid(name, text, "cannot parse integer from empty string")
        if not _DIGITS.fullmatch(body) or (lowest == 0 and body[0] == "-"):
            raise invalid(name, text, "invalid digit found in string")
        number = int(body) if len(body) < 4000 else (highest + 1 if body[0] != "-" else lowest - 1)
        if number > highest:
            raise invalid(name, text, "number too large to fit in target type")
        if number < lowest:
            raise invalid(name, text, "number too small to fit in target type")
        return number

    return read


_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_SPECIAL = {"nan": math.nan, "+nan": math.nan, "-nan": math.nan}
for _word in ("inf", "infinity"):
    _SPECIAL |= {_word: math.inf, f"+{_word}": math.inf, f"-{_word}": -math.inf}


def _float(name: str, *, single: bool) -> Reader:
    def read(text: str) -> float:
        body = text.strip()
        special = _SPECIAL.get(body.lower())
        if special is not None:
            return special
        if not _FLOAT.fullmatch(body):
            raise invalid(name, text)
        number = float(body)
        if single and math.isfinite(number):
            try:
                number = struct.unpack("!f", struct.pack("!f", number))[0]
            except OverflowError:
                number = math.inf
        if math.isinf(number) or (number == 0 and re.search("[1-9]", re.split("[eE]", body)[0])):
            raise SqlError(f'"{text}" is out of range for type {name}')
        return number

    return read


_HEX = b"0123456789abcdefABCDEF"
_ESCAPED = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x22: '\\"', 0x27: "\\'", 0x5C: "\\\\"}


def shown_byte(byte: int) -> str:
    """Return a byte as messages name it."""
    return _ESCAPED.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\u{{{byte:x}}}")


def hex_bytes(text: str) -> bytes:
    """Read bytes of two digits each, between which there may be blanks."""
    if re.fullmatch("(?:[0-9a-fA-F]{2})*", text):
        return bytes.fromhex(text)
    data, found, at = text.encode(), bytearray(), 0
    while at < len(data):
        if data[at] in b" \n\t\r":
            at += 1
            continue
        pair = data[at : at + 2]
        odd = next((digit for digit in pair if digit not in _HEX), None)
        if odd is not None:
            raise MalformedError(f'invalid hexadecimal digit: "{shown_byte(odd)}"')
        if len(pair) == 1:
            raise MalformedError("invalid hexadecimal data: odd number of digits")
        found.append(int(pair, 16))
        at += 2
    return bytes(found)


def _bytes(text: str) -> bytes:
    if not text.startswith("\\x"):
        return escaped_bytes(text)
    try:
        return hex_bytes(text[2:])
    except MalformedError as error:
        raise invalid("bytea", text, str(error)) from None


def escaped_bytes(text: str) -> bytes:
    """Read bytes that stand for themselves, or are escaped in octal digits."""
    data = text.encode()
    if "\\" not in text:
        return data
    found = bytearray()
    at = 0
    while at < len(data):
        if data[at] != 0x5C:
            found.append(data[at])
            at += 1
        elif data[at + 1 : at + 2] == b"\\":
            found.append(0x5C)
            at += 2
        elif re.fullmatch(rb"[0-3][0-7]{2}", data[at + 1 : at + 4]):
            found.append(int(data[at + 1 : at + 4], 8))
            at += 4
        elif at + 1 == len(data):
            raise invalid("bytea", text, "ends with escape character")
        else:
            raise invalid("bytea", text, "invalid escape sequence")
    return bytes(found)


def _uuid(text: str) -> str:
    body = text
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1]
    body = body.removeprefix("urn:uuid:")
    stray = re.search("[^0-9a-fA-F-]", body)
    if stray:
        expected = "expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-]"
        raise invalid("uuid", text, f"invalid character: {expected}, found `{stray[0]}` at {stray.start() + 1}")
    digits = body.replace("-", "").lower()
    if "-" not in body and len(digits) != 32:
        raise invalid("uuid", text, f"invalid length: expected length 32 for simple format, found {len(body)}")
    if "-" in body and not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", body):
        groups = body.split("-")
        if len(groups) != 5:
            raise invalid("uuid", text, f"invalid group count: expected 5, found {len(groups)}")
        for index, (group, size) in enumerate(zip(groups, (8, 4, 4, 4, 12), strict=True)):
            if len(group) != size:
                why = f"invalid group length in group {index}: expected {size}, found {len(group)}"
                raise invalid("uuid", text, why)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _mz_timestamp(text: str) -> int:
    body = text.strip()
    if re.fullmatch(r"\+?[0-9]+", body) and int(body) < 2**64:
        return int(body)
    try:
        micros = moments.read_timestamptz(text)
    except SqlError as error:
        why = "could not parse mz_timestamp: could not parse as number of milliseconds since epoch; could not parse as"
        raise invalid("mz_timestamp", text, f"{why} date and time: {error.message}") from None
    if micros < 0:
        raise invalid("mz_timestamp", text, "could not parse mz_timestamp: out of range for mz_timestamp")
    return micros // 1000


def _numeric(text: str) -> str:
    return numerics.key(numerics.parse(text))


def _text(text: str) -> str:
    return text


def _char(text: str) -> str:
    if text and not text[0].isascii():
        raise unsupported('a "char" beyond ASCII')
    return text[:1]


_OID = whole("oid", -(2**31), 2**31 - 1)

READERS: dict[str, Reader] = {
    "bool": _bool,
    "int2": whole("smallint", -(2**15), 2**15 - 1),
    "int4": whole("integer", -(2**31), 2**31 - 1),
    "int8": whole("bigint", -(2**63), 2**63 - 1),
    "uint2": whole("uint2", 0, 2**16 - 1),
    "uint4": whole("uint4", 0, 2**32 - 1),
    "uint8": whole("uint8", 0, 2**64 - 1),
    **dict.fromkeys(("oid", *REGISTERED), lambda text: _OID(text) & 0xFFFFFFFF),
    "float4": _float("real", single=True),
    "float8": _float("double precision", single=False),
    "numeric": _numeric,
    "text": _text,
    "varchar": _text,
    "bpchar": lambda text: text.rstrip(" "),
    "name": _text,
    "char": _char,
    "bytea": _bytes,
    "uuid": _uuid,
    "jsonb": jsonb.canonical,
    "date": moments.read_date,
    "time": moments.read_time,
    "timestamp": moments.read_timestamp,
    "timestamptz": moments.read_timestamptz,
    "interval": intervals.read_interval,
    "mz_timestamp": _mz_timestamp,
}
"""Gives the value as Python has it: dates and times as counts, intervals as (months, days, microseconds)."""

_OF_ANY_LENGTH = ("text", "varchar", "bpchar", "name", "char", "bytea", "jsonb")
_MOST_CHARACTERS = 10_000


def _of_few(read: Reader) -> Reader:
    """Refuse to read what is no value anyway, or one among a great many blanks."""

    def checked(text: str) -> Any:
        if len(text) > _MOST_CHARACTERS:
            raise SqlError(f"more than {_MOST_CHARACTERS} characters can be text, bytea or jsonb only", "54000")
        return read(text)

    return checked


READERS |= {name: _of_few(read) for name, read in READERS.items() if name not in _OF_ANY_LENGTH}
