"""COPY's formats: what its options say, and rows as lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.encoding import BINARY, TEXT, encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.formats.types import Column, Row

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


_SPECIAL = re.compile(rb"[\\\n\r\t]")
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t"}


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
