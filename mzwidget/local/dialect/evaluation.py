"""What went wrong while DuckDB evaluated translated SQL, in Materialize's words."""

from __future__ import annotations

import logging
import re

import duckdb

from mzwidget.local.errors import SqlError, unsupported

_log = logging.getLogger("mzwidget.local")

_RAISED = re.compile(r"[\w ]*Error: (?:Python exception .*?: ValueError: )?mz:([0-9A-Z]{5}):(.*)", re.DOTALL)
_WHERE = "\n\nLINE 1: "
"""What DuckDB puts before the SQL that it shows."""
_NAMES = {
    "INT16": "smallint", "INT32": "integer", "INT64": "bigint", "UINT16": "uint2", "UINT32": "uint4", "UINT64": "uint8",
}  # fmt: skip
_HINTS = {
    "mz_timestamp out of range": "Integer, numeric, and text casts to mz_timestamp must be in the form of whole"
    " milliseconds since the Unix epoch. Values with fractional parts cannot be converted to mz_timestamp.",
    "invalid base64 end sequence": "Input data is missing padding, is truncated, or is otherwise corrupted.",
}
"""By how a message ends."""


def evaluation_error(error: duckdb.Error) -> SqlError:
    """Return the SqlError that a DuckDB error stands for.

    Parameters
    ----------
    error : duckdb.Error
        Raised while executing SQL from this package.
    """
    text = str(error)
    raised = _RAISED.match(text)
    if raised is not None:
        message, _, detail = raised[2].partition("\n\nAt:\n")[0].rstrip("\n").partition("\n\nmz-detail:")
        hint = next((hint for end, hint in _HINTS.items() if message.endswith(end)), None)
        return SqlError(message, raised[1], detail=detail or None, hint=hint)
    text = text.partition(_WHERE)[0]
    if isinstance(error, duckdb.InterruptException):
        return SqlError("canceling statement due to user request", "57014")
    if "More than one row returned by a subquery" in text:
        return SqlError("more than one record produced in subquery")
    if re.search("Overflow in (addition|subtraction|multiplication)|Overflow on", text):
        return SqlError("numeric field overflow")
    if isinstance(error, (duckdb.OutOfRangeException, duckdb.ConversionException)):
        return _out_of_range(text)
    if re.search("invalid repetition size|pattern too large", text):
        return unsupported("a regular expression that repeats this much")
    gone = re.search(r"Table with name (u\d+) does not exist", text)
    if gone is not None:  # since the statement was planned
        return SqlError(f"collection '{gone[1]}' was dropped", "42704")
    _log.error("DuckDB refused what the dialect wrote: %s", error)
    return unsupported("this statement")


def _out_of_range(text: str) -> SqlError:
    lowered = text.lower()
    found = re.search(r"with value (\S+) can't be cast .* destination type (U?INT\d+)", text)
    if found is not None and found[2] in _NAMES:
        return SqlError(f'"{found[1]}" {_NAMES[found[2]]} out of range')
    for word in ("timestamp", "date", "interval"):
        if word in lowered:
            return SqlError("timestamp out of range" if word == "date" else f"{word} out of range")
    return SqlError("numeric field overflow")
