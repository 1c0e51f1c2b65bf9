"""What a user asks to see: the name of a relation or a SELECT, and the SUBSCRIBE statement for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
_NAME = re.compile(rf"\s*(?:{_PART})(?:\s*\.\s*(?:{_PART})){{0,2}}\s*")
_COMMENT = re.compile(r"\s*(?:--[^\n]*(?:\n|$)|/\*.*?\*/)", re.DOTALL)
_SELECT = re.compile(r"\s*(?:(?:SELECT|WITH|VALUES|TABLE|SHOW)\b(?!\s*$)|\()", re.IGNORECASE)
_STREAM = re.compile(r"\s*(?:SUBSCRIBE|TAIL)\s+\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A relation or a query to be watched.

    Attributes
    ----------
    text : str
        As the user wrote it.
    statement : str
        The SUBSCRIBE statement.
    """

    text: str
    statement: str


def parse(text: str) -> Query:
    """Read ``top10``, ``schema.view``, ``"odd name"``, ``database.schema.view`` or a SELECT.

    An unquoted name is folded to lower case by the server, as in SQL. Text that is neither a dotted name nor a query,
    such as ``odd name``, names a relation by exactly that text.

    Raises
    ------
    TypeError
        `text` is not a string.
    ValueError
        `text` is empty or already a SUBSCRIBE statement.
    """
    if not isinstance(text, str):
        raise TypeError(f"LiveView wants a view's name or a SELECT as text, not {type(text).__name__}")
    bare = text.strip().rstrip(";").rstrip()
    while comment := _COMMENT.match(bare):
        bare = bare[comment.end() :].strip()
    if not bare:
        raise ValueError(f"{text!r} names no view; give a view's name or a SELECT")
    if "\0" in bare:
        raise ValueError(f"{text!r} holds a NUL character, which no name or query can")
    if _STREAM.match(bare):
        raise ValueError(f"{text!r} is already a SUBSCRIBE; give LiveView the view's name or the SELECT alone")
    if _SELECT.match(bare):
        return Query(bare, f"SUBSCRIBE (\n{bare}\n) WITH (PROGRESS)")
    name = bare if _NAME.fullmatch(bare) else quote(bare)
    return Query(bare, f"SUBSCRIBE {name} WITH (PROGRESS)")


def quote(identifier: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + identifier.replace('"', '""') + '"'
