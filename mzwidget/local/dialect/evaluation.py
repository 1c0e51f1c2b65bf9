"""What went wrong while DuckDB evaluated translated SQL, in PostgreSQL's words."""

from __future__ import annotations

import re

import duckdb

from mzwidget.local.errors import SqlError

_RAISED = re.compile(r"(?:^|[ \n])([0-9A-Z]{5}):(.*)", re.DOTALL)
_NAMES = {"INT16": "smallint", "INT32": "integer", "INT64": "bigint", "UINT64": "mz_timestamp"}
_OVERFLOW = re.compile(r"(?:Overflow in|Overflow on|out of range for the destination type)")


def evaluation_error(error: duckdb.Error) -> SqlError:
    """Return the SqlError that a DuckDB error stands for.

    Parameters
    ----------
    error : duckdb.Error
        Raised while executing SQL from this package.

    Returns
    -------
    SqlError
        With PostgreSQL's message and SQLSTATE; ``XX000`` and DuckDB's first line for one that is not known.
    """
    text = str(error)
    raised = re.search(r"Invalid Input Error: ([0-9][0-9A-Z]{4}):(.*)", text, re.DOTALL)
    if raised is None:
        raised = re.search(r"(?:ValueError|Exception): ([0-9][0-9A-Z]{4}):([^\n]*)", text)
    if raised is not None:
        return SqlError(raised[2].strip(), raised[1])
    if "Division by zero" in text:
        return SqlError("division by zero", "22012")
    if "square root of a negative" in text:
        return SqlError("cannot take square root of a negative number", "2201F")
    if "logarithm of" in text:
        return SqlError(text.removeprefix("Out of Range Error: ").split("\n")[0], "2201E")
    if "zero raised to a negative power" in text:
        return SqlError("zero raised to a negative power is undefined", "2201F")
    told = _unreadable(text)
    if told is not None:
        return told
    if isinstance(error, (duckdb.OutOfRangeException, duckdb.ConversionException)):
        return _out_of_range(text)
    if "More than one row returned by a subquery" in text:
        return SqlError("more than one row returned by a subquery used as an expression", "21000")
    if isinstance(error, duckdb.InterruptException):
        return SqlError("canceling statement due to user request", "57014")
    return SqlError(text.split("\n", maxsplit=1)[0])


_TEXT = re.compile(r"Could not convert string '(.*?)' to ([A-Z0-9]+)", re.DOTALL)
_FIELD = re.compile(r'(date|time|timestamp) field (value out of range|format): "(.*?)"', re.DOTALL)
_TYPES = {**_NAMES, "BOOL": "boolean", "FLOAT": "real", "DOUBLE": "double precision", "UUID": "uuid"}


def _unreadable(text: str) -> SqlError | None:
    """Return the error for a text that DuckDB could not read, None if it is another one."""
    found = _TEXT.search(text)
    if found is not None:
        value, name = found[1], _TYPES.get(found[2], found[2].lower())
        if found[2] in _NAMES and re.fullmatch(r"\s*[+-]?\d+\s*", value):
            return SqlError(f'value "{value}" is out of range for type {name}', "22003")
        state = "22007" if name == "interval" else "22P02"
        return SqlError(f'invalid input syntax for type {name}: "{value}"', state)
    found = _FIELD.search(text)
    if found is None:
        return None
    if found[2] == "format" or not re.search(r"\d", found[3]):
        return SqlError(f'invalid input syntax for type {found[1]}: "{found[3]}"', "22007")
    return SqlError(f'date/time field value out of range: "{found[3]}"', "22008")


def _out_of_range(text: str) -> SqlError:
    for internal, name in _NAMES.items():
        if re.search(rf"\b{internal}\b", text):
            return SqlError(f"{name} out of range", "22003")
    if "abs(" in text or " / " in text:
        return SqlError("integer out of range", "22003")
    if "timestamp" in text.lower():
        return SqlError("timestamp out of range", "22008")
    if "date" in text.lower():
        return SqlError("date out of range", "22008")
    if "interval" in text.lower():
        return SqlError("interval out of range", "22008")
    if "DECIMAL" in text or "HUGEINT" in text or "INT128" in text:
        return SqlError("numeric field overflow", "22003")
    return SqlError("value out of range", "22003")
