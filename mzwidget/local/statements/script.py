"""A script as the tokens of its statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.lexer import tokenize
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from mzwidget.local.dialect.syntax.lexer import Token

MAX_TOKENS = 100_000


def split(sql: str) -> list[list[Token]]:
    """Split a script into the tokens of its statements; blank ones are dropped."""
    statements: list[list[Token]] = [[]]
    for number, token in enumerate(tokenize(sql)):
        if number == MAX_TOKENS:
            message = f"statement too long: more than {MAX_TOKENS:,} words and signs"
            raise SqlError(message, "54001", hint="COPY … FROM STDIN takes any number of rows.")
        if token.kind == ";":
            statements.append([])
        else:
            statements[-1].append(token)
    return [found for found in statements if found]
