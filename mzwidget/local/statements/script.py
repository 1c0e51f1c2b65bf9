"""A script as the tokens of its statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.lexer import tokenize
from mzwidget.local.errors import SqlError
from mzwidget.local.formats.bytesizes import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.dialect.syntax.lexer import Token

MAX_TOKENS = 100_000
MOST_BYTES = 1_000_000


def split(sql: str) -> list[list[Token]]:
    """Split a script into the tokens of its statements; blank ones are dropped."""
    if len(sql) > MOST_BYTES // 4 and len(sql.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise SqlError(f"statement batch size cannot exceed {told(MOST_BYTES)}", "54000")
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


def tell_end(error: SqlError, script: str, tokens: Sequence[Token]) -> None:
    """Make an error about the end of one of a script's statements say what is there: a semicolon, or nothing more."""
    end = tokens[-1].end
    if error.sqlstate != "42601" or error.position != end + 1 or not error.message.endswith("EOF"):
        return
    separator = next(tokenize(script[end:]), None)
    if separator is None:
        error.position = len(script) + 1
        return
    error.position += separator.start
    if error.message == "Unexpected EOF":
        error.message = "Expected an expression, found EOF"
    error.message = f"{error.message.removesuffix('EOF')}{separator}"
