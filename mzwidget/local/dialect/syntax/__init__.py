"""Parsing: Materialize's grammar of queries, INSERT, UPDATE, DELETE and CREATE TABLE.

What the grammar does not name is an error, in Materialize's words and with its position: nothing is read that the
dialect would not look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.statements import StatementParser
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from mzwidget.local.dialect.syntax import tree


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


def type_at(sql: str, place: int) -> tuple[tree.TypeName, int]:
    """Parse the name of a type that begins at a token, given its number; return the number of the token behind it."""
    parser = StatementParser(sql)
    parser.at = place
    return parser.type_name(), parser.at


def parse_type(sql: str) -> tree.TypeName:
    """Parse the name of a type."""
    parser = StatementParser(sql)
    found = parser.type_name()
    parser.end()
    return found
