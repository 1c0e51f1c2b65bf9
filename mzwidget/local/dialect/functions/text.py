"""Functions of text and bytes."""

from __future__ import annotations

import base64
import csv as csv_module
import functools
import hashlib
import hmac as hmac_
import re
import sys
import unicodedata
import uuid
import zlib
from collections.abc import Sequence
from decimal import Decimal

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.casts import cast, text_form
from mzwidget.local.dialect.functions import encodings, hashes
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.syntax.keywords import name_in_sql
from mzwidget.local.dialect.syntax.lexer import MOST_BYTES_OF_A_NAME
from mzwidget.local.dialect.values import Value, apply
from mzwidget.local.errors import MalformedError, SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.reading import escaped_bytes, hex_bytes, shown_byte
from mzwidget.local.formats.types import Column

MOST_BYTES = 100_000_000
FUNCTIONS: list[Overload] = []


csv_module.field_size_limit(MOST_BYTES)


def _records(text: str, count: int) -> list[list[str]]:
    return [row for row in csv_module.reader(text.splitlines()) if len(row) == count]


_RECORDS = udf.declare("csv_records", _records, [t.TEXT, t.INT4], t.list_of(t.list_of(t.TEXT)))


def csv(count: int, text: Value) -> tuple[list[Column], str]:
    """Return the columns and rows of csv_extract."""
    if count < 1:
        raise SqlError("csv_extract number of columns must be a positive integer literal")
    columns = [Column(f"column{i}", t.TEXT) for i in range(1, count + 1)]
    listed = ", ".join(f"x[{i}] AS c{i}" for i in range(1, count + 1))
    rows = apply(_RECORDS.replace("{1}", str(count)), [text], t.TEXT).sql
    return columns, f"SELECT {listed} FROM (SELECT unnest({rows}, max_depth := 1) AS x)"


def _substring(text: str, start: int) -> str:
    return text[max(start - 1, 0) :]


def _substring_for(text: str, start: int, length: int) -> str:
    if length < 0:
        raise SqlError("negative substring length not allowed")
    end = start - 1 + length
    return text[max(start - 1, 0) : max(end, 0)]


def _left(text: str, count: int) -> str:
    return text[:count] if count >= 0 else text[: max(len(text) + count, 0)]


def _right(text: str, count: int) -> str:
    if count == 0:
        return ""
    return text if count == -(2**31) else text[-count:]


def _bounded(length: int) -> None:
    if length * 4 > MOST_BYTES:
        raise SqlError("requested length too large", "54000")


def _lpad(text: str, length: int, fill: str = " ") -> str:
    if length < 0:
        raise SqlError("length must be nonnegative")
    _bounded(length)
    if len(text) >= length:
        return text[:length]
    if not fill:
        return text
    need = length - len(text)
    return (fill * (need // len(fill) + 1))[:need] + text


def _lpad_blank(text: str, length: int) -> str:
    return _lpad(text, length, " ")


_TOO_LONG = f"strlen({{0}}) * greatest({{1}}, 0) > {MOST_BYTES}"
_REPEAT = (  # DuckDB folds what is constant in both branches, so the second one must not build the text either
    f"CASE WHEN {_TOO_LONG} THEN error('mz:54000:requested length too large')"
    f" ELSE repeat({{0}}, CASE WHEN {_TOO_LONG} THEN 0 ELSE CAST({{1}} AS BIGINT) END) END"
)


def _composed(text: str) -> str:
    return _normalize(text, "NFC")


def _replace(text: str, old: str, new: str) -> str:
    found = text.replace(old, new)
    if len(found) > MOST_BYTES:
        raise SqlError("requested length too large", "54000")
    return found


def _split_part(text: str, delimiter: str, index: int) -> str:
    if index <= 0:
        raise SqlError("field position must be greater than zero")
    if not delimiter:
        return text if index == 1 else ""
    parts = text.split(delimiter)
    return parts[index - 1] if index <= len(parts) else ""


def _initcap(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda match: match[0][:1].upper() + "".join(map(str.lower, match[0][1:])), text)


def _chr(code: int) -> str:
    if code == 0:
        raise SqlError("null character not permitted", "54000")
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        if code < 0 or code > 0x10FFFF:
            raise SqlError(f"requested character too large for encoding: {code}", "54000")
        raise SqlError(f"requested character not valid for encoding: {code}", "54000")
    return chr(code)


_PIECE = 1000


def _normalize(text: str, form: str = "NFC") -> str:
    """Normalise piece by piece: the whole of a long text holds the interpreter, marks in a row for ever."""
    pieces, start, size = [], 0, 0
    while start < len(text):
        end = start + _PIECE
        while end < len(text) and _may_join(text[end]):
            end += 1
            if end - start > 2 * _PIECE:
                raise SqlError(f"more than {_PIECE} characters in a row combine with those before them", "54000")
        pieces.append(unicodedata.normalize(form.upper(), text[start:end]))  # type: ignore[arg-type]
        start = end
        size += len(pieces[-1])
        if size > MOST_BYTES:
            raise SqlError("requested length too large", "54000")
    return "".join(pieces)


def _may_join(character: str) -> bool:
    """Whether normalisation may make a character one with what stands before it, or change places with that."""
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.combining(first) > 0 or first in _joining()


@functools.cache
def _joining() -> frozenset[str]:
    """Return the second characters of all that are composed of two; Hangul is composed by rule."""
    composed = (unicodedata.decomposition(chr(code)).split() for code in range(sys.maxunicode + 1))
    seconds = {chr(int(parts[1], 16)) for parts in composed if len(parts) == 2 and parts[0][0] != "<"}
    return frozenset(seconds.union(map(chr, range(0x1161, 0x1176)), map(chr, range(0x11A8, 0x11C3))))


def _quote_ident(text: str) -> str:
    length = len(text.encode())
    if length > MOST_BYTES_OF_A_NAME:
        shown = '"' + text.replace('"', '\\"') + '"'
        why = f"identifier too long (len: {length}, max: {MOST_BYTES_OF_A_NAME}, value: {shown})"
        raise SqlError(f"string is not a valid identifier: {shown}", detail=why)
    return name_in_sql(text)


def _encode(data: bytes, form: str) -> str:
    match form.lower():
        case "hex":
            return data.hex()
        case "base64":
            body = base64.b64encode(data).decode()
            return re.sub("(.{76})", r"\1\n", body)
        case "escape":
            out = []
            for byte in data:
                if byte == 0 or byte >= 0x80:
                    out.append(f"\\{byte:03o}")
                else:
                    out.append("\\\\" if byte == 0x5C else chr(byte))
            return "".join(out)
    raise SqlError(f"invalid encoding name '{form}'")


_SYMBOLS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _of_base64(text: str) -> bytes:
    data = re.sub(rb"[ \t\n\r]", b"", text.encode())
    found = bytearray()
    for at in range(0, len(data), 4):
        four = data[at : at + 4]
        known = four[:2] if four[2:] == b"==" else four[:3] if four[3:] == b"=" else four
        if known == four and b"=" in four[:3]:
            raise SqlError('unexpected "=" while decoding base64 sequence')
        if len(four) < 4:
            raise SqlError("invalid base64 end sequence")
        odd = next((byte for byte in known if byte not in _SYMBOLS), None)
        if odd is not None:
            raise SqlError(f'invalid symbol "{shown_byte(odd)}" found while decoding base64 sequence')
        found += base64.b64decode(known.ljust(4, b"A"))[: len(known) - 1]
    return bytes(found)


def _decode(text: str, form: str) -> bytes:
    match form.lower():
        case "hex":
            try:
                return hex_bytes(text)
            except MalformedError as error:
                raise SqlError(str(error)) from None
        case "base64":
            return _of_base64(text)
        case "escape":
            return escaped_bytes(text)
    raise SqlError(f"invalid encoding name '{form}'")


def _uuid_v5(space: str, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(space), name))


def _hash(data: bytes, name: str) -> bytes:
    if name not in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512"):
        raise SqlError(f"invalid hash algorithm '{name}'")
    return hashlib.new(name, data, usedforsecurity=False).digest()


def _hmac(data: bytes, key: bytes, name: str) -> bytes:
    if name not in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512"):
        raise SqlError(f"invalid hash algorithm '{name}'")
    return hmac_.new(key, data, name).digest()


def _text(data: bytes) -> bytes:
    return data


def _get_byte(data: bytes, index: int) -> int:
    if not 0 <= index < len(data):
        raise SqlError(f"index {index} out of valid range, 0..{len(data) - 1}")
    return data[index]


def _get_bit(data: bytes, index: int) -> int:
    if not 0 <= index < 8 * len(data):
        raise SqlError(f"index {index} out of valid range, 0..{8 * len(data) - 1}")
    return data[index // 8] >> (index % 8) & 1


def _pretty_size(size: Decimal) -> str:
    if not size.is_finite():
        raise unsupported("pg_size_pretty of NaN")
    value = round(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if abs(value) < 10 * 1024 or unit == "PB":
            return f"{value} {unit}"
        value = (abs(value) + 512) // 1024 * (1 if value > 0 else -1)
    return ""


def _concat(values: Sequence[Value]) -> Value:
    inner = [apply("coalesce({0}, '')", [text_form(value)], t.TEXT) for value in values]
    return apply(
        "(" + " || ".join(f"{{{i}}}" for i in range(len(inner))) + ")" if len(inner) < 10 else "concat({*})",
        inner,
        t.TEXT,
    )


def _concat_ws(values: Sequence[Value]) -> Value:
    inner = [cast(values[0], t.TEXT), *(text_form(value) for value in values[1:])]
    slots = ", ".join(f"{{{i}}}" for i in range(len(inner)))
    return apply(f"CASE WHEN {{0}} IS NOT NULL THEN concat_ws({slots}) END", inner, t.TEXT)


def _padded_length(values: Sequence[Value]) -> Value:
    return apply("CAST(strlen({0}) AS INTEGER)", [text_form(values[0])], t.INT4)


def _reverse(text: str) -> str:
    return text[::-1]


FUNCTIONS += [
    line("ascii", "text -> int4", python=lambda text: ord(text[0]) if text else 0),
    line("bit_length", "text -> int4", "CAST(strlen({0}) * 8 AS INTEGER)", fallible=False),
    line("bit_length", "bytea -> int4", "CAST(octet_length({0}) * 8 AS INTEGER)", fallible=False),
    line("btrim", "text -> text", "trim({0}, ' ')", fallible=False),
    line("btrim", "text, text -> text", "trim({0}, {1})", fallible=False),
    line("ltrim", "text -> text", "ltrim({0}, ' ')", fallible=False),
    line("ltrim", "text, text -> text", "ltrim({0}, {1})", fallible=False),
    line("rtrim", "text -> text", "rtrim({0}, ' ')", fallible=False),
    line("rtrim", "text, text -> text", "rtrim({0}, {1})", fallible=False),
    line("char_length", "text -> int4", "CAST(length({0}) AS INTEGER)", fallible=False),
    line("length", "text -> int4", "CAST(length({0}) AS INTEGER)", fallible=False),
    line("length", "bytea -> int4", "CAST(octet_length({0}) AS INTEGER)", fallible=False),
    line("length", "bytea, text -> int4", python=encodings.length_in),
    line("octet_length", "text -> int4", "CAST(strlen({0}) AS INTEGER)", fallible=False),
    line("octet_length", "bpchar -> int4", build=_padded_length),
    line("octet_length", "bytea -> int4", "CAST(octet_length({0}) AS INTEGER)", fallible=False),
    line("chr", "int4 -> text", python=_chr),
    line("concat", "any... -> text", build=_concat, strict=False),
    line("concat_ws", "text, any... -> text", build=_concat_ws, strict=False),
    line("initcap", "text -> text", python=_initcap),
    line("left", "text, int4 -> text", python=_left),
    line("right", "text, int4 -> text", python=_right),
    line("lower", "text -> text", python=str.lower),
    line("upper", "text -> text", python=str.upper),
    line("lpad", "text, int4 -> text", python=_lpad_blank),
    line("lpad", "text, int4, text -> text", python=_lpad),
    line("md5", "text -> text", python=lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()),
    line("md5", "bytea -> text", python=lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest()),
    line("normalize", "text -> text", python=_composed),
    line("normalize", "text, text -> text", python=_normalize),
    line("position", "text, text -> int4", "CAST(strpos({1}, {0}) AS INTEGER)", fallible=False),
    line("strpos", "text, text -> int4", "CAST(strpos({0}, {1}) AS INTEGER)", fallible=False),
    line("quote_ident", "text -> text", python=_quote_ident),
    line("repeat", "text, int4 -> text", _REPEAT),
    line("replace", "text, text, text -> text", python=_replace),
    line("reverse", "text -> text", python=_reverse),
    line("split_part", "text, text, int4 -> text", python=_split_part),
    line("starts_with", "text, text -> bool", "starts_with({0}, {1})", fallible=False),
    line("substr", "text, int4 -> text", python=_substring),
    line("substr", "text, int4, int4 -> text", python=_substring_for),
    line("substring", "text, int4 -> text", python=_substring),
    line("substring", "text, int4, int4 -> text", python=_substring_for),
    line("translate", "text, text, text -> text", "translate({0}, {1}, {2})", fallible=False),
    line("encode", "bytea, text -> text", python=_encode),
    line("decode", "text, text -> bytea", python=_decode),
    line("convert_from", "bytea, text -> text", python=encodings.convert_from),
    line("digest", "text, text -> bytea", python=lambda text, name: _hash(text.encode(), name)),
    line("digest", "bytea, text -> bytea", python=_hash),
    line("hmac", "text, text, text -> bytea", python=lambda text, key, name: _hmac(text.encode(), key.encode(), name)),
    line("hmac", "bytea, bytea, text -> bytea", python=_hmac),
    line("sha224", "bytea -> bytea", python=lambda data: hashlib.sha224(data).digest()),
    line("sha256", "bytea -> bytea", python=lambda data: hashlib.sha256(data).digest()),
    line("sha384", "bytea -> bytea", python=lambda data: hashlib.sha384(data).digest()),
    line("sha512", "bytea -> bytea", python=lambda data: hashlib.sha512(data).digest()),
    *(line("kafka_murmur2", f"{name} -> int4", python=hashes.murmur2) for name in ("text", "bytea")),
    *(line("seahash", f"{name} -> uint8", python=hashes.seahash) for name in ("text", "bytea")),
    line("uuid_generate_v5", "uuid, text -> uuid", python=_uuid_v5),
    line("crc32", "text -> uint4", python=lambda text: zlib.crc32(text.encode())),
    line("crc32", "bytea -> uint4", python=zlib.crc32),
    line("constant_time_eq", "text, text -> bool", "({0} = {1})", fallible=False),
    line("constant_time_eq", "bytea, bytea -> bool", "({0} = {1})", fallible=False),
    line("get_byte", "bytea, int4 -> int4", python=_get_byte),
    line("get_bit", "bytea, int8 -> int4", python=_get_bit),
    line("pg_size_pretty", "numeric -> text", python=_pretty_size),
]
