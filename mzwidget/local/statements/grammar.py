"""Reads statements: which words begin them, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.statements import grammar_changes, grammar_objects, grammar_queries, grammar_session
from mzwidget.local.statements.reader import Reader
from mzwidget.local.statements.script import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.dialect.syntax.lexer import Token
    from mzwidget.local.statements.model import Statement

_BEGINNINGS: dict[str, Callable[[Reader], Statement]] = {
    **grammar_queries.BEGINNINGS,
    **grammar_objects.BEGINNINGS,
    **grammar_changes.BEGINNINGS,
    **grammar_session.BEGINNINGS,
}
NOT_OFFERED = {
    "reassign": "REASSIGN OWNED",
    "raise": "RAISE",
}
_BEGINNING = "at the beginning of a statement"


def parse(sql: str, tokens: Sequence[Token] | None = None) -> Statement:
    """Read one statement, given its tokens in `sql` if they are known.

    Raises
    ------
    SqlError
        42601 for what is not SQL, 0A000 for statements that are not offered.
    """
    if tokens is None:
        found = split(sql)
        if len(found) != 1:
            raise SqlError(f"Expected one statement, found {len(found)}", "42601")
        tokens = found[0]
    reader = Reader(sql, tokens, _statement)
    try:
        statement = _statement(reader)
    except RecursionError as error:
        raise SqlError("statement exceeds nested expression limit", "54001") from error
    reader.end()
    return statement


def _statement(reader: Reader) -> Statement:
    """Read the statement that the reader stands at."""
    if reader.is_kind("eof"):
        reader.expected("SQL statement")
    first = reader.token
    if first.kind == "(":
        return grammar_queries.query(reader)
    if not first.is_bare:
        reader.expected(f"a keyword {_BEGINNING}")
    begin = _BEGINNINGS.get(first.value)
    if begin is None:
        if first.value in NOT_OFFERED:
            _complete(reader)
            raise unsupported(NOT_OFFERED[first.value])
        if first.value == "tail":
            raise SqlError("TAIL has been renamed to SUBSCRIBE", "42601", position=first.start + 1)
        if first.kind == "keyword":
            raise SqlError(f"Unexpected keyword {first} {_BEGINNING}", "42601", position=first.start + 1)
        reader.expected(f"a keyword {_BEGINNING}")
    reader.at += 1
    return begin(reader)


def _complete(reader: Reader) -> None:
    """Insist that something follows the first word."""
    reader.at += 1
    if reader.token.kind == "eof":
        reader.expected("identifier")
    reader.at -= 1
