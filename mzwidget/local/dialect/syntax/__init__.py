"""Parsing: Materialize's grammar of queries, INSERT, UPDATE, DELETE and CREATE TABLE.

What the grammar does not name is an error, in Materialize's words and with its position: nothing is read that the
dialect would not look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.statements import StatementParser
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.dialect.syntax.lexer import Token


def parse(sql: str) -> tree.Node:
    """Parse one statement.

    Raises
    ------
    SqlError
        42601 with the position of the offending token.
    """
    parser = StatementParser(sql)
    try:
        statement = parser.statement()
    except RecursionError as error:
        raise SqlError("statement exceeds nested expression limit", "54001") from error
    parser.end()
    return statement


def type_at(sql: str, tokens: Sequence[Token]) -> tuple[tree.TypeName, int]:
    """Parse the name of a type that tokens begin with; return how many it has."""
    parser = StatementParser(sql, tokens)
    return parser.type_name(), parser.at


def parse_type(sql: str) -> tree.TypeName:
    """Parse the name of a type."""
    parser = StatementParser(sql)
    found = parser.type_name()
    parser.end()
    return found
