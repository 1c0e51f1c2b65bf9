"""What a user asks to see: the name of a relation or a SELECT, and the SUBSCRIBE statement for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mzwidget.naming import quoted

_PART = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
_NAME = re.compile(rf"\s*(?:{_PART})(?:\s*\.\s*(?:{_PART})){{0,2}}\s*")
_COMMENT = re.compile(r"\s*(?:--[^\n]*(?:\n|$)|/\*.*?\*/)", re.DOTALL)
_SELECT = re.compile(r"\s*(?:(?:SELECT|WITH|VALUES|TABLE|SHOW)\b(?!\s*$)|\()", re.IGNORECASE)
_HEAD, _TAIL = "SUBSCRIBE ", " WITH (PROGRESS)"
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
    sent : str
        The part of it that is the relation or query, with parameters written into it.
    lead : int
        The offset in `statement` at which `sent` begins.
    places : callable, optional
        Turns an offset in `sent` into one in `text`, if they are not the same.
    """

    text: str
    statement: str
    sent: str = ""
    lead: int = 0
    places: Callable[[int], int] | None = field(default=None, compare=False)

    @property
    def relation(self) -> str:
        """The name in SQL of what is watched; empty if that is a query."""
        return "" if _SELECT.match(self.sent) else self.sent

    def origin(self, offset: int) -> int:
        """Return the offset in `text` for one in `statement`."""
        at = offset - self.lead
        return at if self.places is None else self.places(at)


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
        kind = type(text).__name__
        hint = "; mzwidget.load(frame, name) makes a table of it, to be watched" if kind == "DataFrame" else ""
        raise TypeError(f"LiveView wants a view's name or a SELECT as text, not {kind}{hint}")
    bare = text.strip().rstrip(";").rstrip()
    while comment := _COMMENT.match(bare):
        bare = bare[comment.end() :].strip()
    if not bare:
        raise ValueError(f"{text!r} names no view; give a view's name or a SELECT")
    if "\0" in bare:
        raise ValueError(f"{text!r} holds a NUL character, which no name or query can")
    if not bare.isascii() and any("\ud800" <= character <= "\udfff" for character in bare):
        raise ValueError(f"{text!r} holds half a surrogate pair, which no name or query can")
    if _STREAM.match(bare):
        raise ValueError(f"{text!r} is already a SUBSCRIBE; give LiveView the view's name or the SELECT alone")
    if _SELECT.match(bare):
        return _watch(bare, bare, "(\n", "\n)")
    return _watch(bare, bare if _NAME.fullmatch(bare) else quoted(bare))


def narrowed(query: Query, conditions: Iterable[str]) -> Query:
    """Watch only the rows that satisfy all conditions, in SQL, on the columns of the query's result."""
    where = " AND ".join(f"({condition})" for condition in conditions)
    if not where:
        return query
    end = query.lead + len(query.sent)
    before, after = query.statement[len(_HEAD) : query.lead], query.statement[end : -len(_TAIL)]
    after += f"{' AS shown' if before else ''} WHERE {where}\n)"
    return _watch(query.text, query.sent, f"(\nSELECT * FROM {before}", after, query.places)


def _watch(
    text: str, sent: str, before: str = "", after: str = "", places: Callable[[int], int] | None = None
) -> Query:
    head = _HEAD + before
    return Query(text, head + sent + after + _TAIL, sent, len(head), places)
