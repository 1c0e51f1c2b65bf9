"""Reads statements: which words begin them, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError
from mzwidget.local.statements import grammar_changes, grammar_objects, grammar_queries, grammar_session
from mzwidget.local.statements.model import Parsed
from mzwidget.local.statements.reader import Reader
from mzwidget.local.statements.script import split, tell_end

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
_BEGINNING = "at the beginning of a statement"


def read(script: str) -> list[Parsed]:
    """Read the statements of a script.

    Raises
    ------
    SqlError
        42601 if one of them is not SQL. What else is refused is so only when it would run.
    """
    return [_read(script, tokens) for tokens in split(script)]


def _read(script: str, tokens: Sequence[Token]) -> Parsed:
    try:
        return _parsed(script, tokens)
    except SqlError as error:
        if error.sqlstate != "42601":
            return Parsed(script[tokens[0].start : tokens[-1].end], None, refusal=error)
        tell_end(error, script, tokens)
        raise


def parse(sql: str) -> Statement:
    """Read one statement that can be read."""
    [tokens] = split(sql)
    found = _parsed(sql, tokens).statement
    assert found is not None
    return found


def _parsed(script: str, tokens: Sequence[Token]) -> Parsed:
    reader = Reader(script, tokens, _statement)
    try:
        parsed = reader.parsed()
    except RecursionError as error:
        raise SqlError("statement exceeds nested expression limit", "54001") from error
    reader.end()
    return parsed


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
        if first.value == "tail":
            raise SqlError("TAIL has been renamed to SUBSCRIBE", "42601", position=first.start + 1)
        if first.kind == "keyword":
            raise SqlError(f"Unexpected keyword {first} {_BEGINNING}", "42601", position=first.start + 1)
        reader.expected(f"a keyword {_BEGINNING}")
    reader.at += 1
    return begin(reader)
