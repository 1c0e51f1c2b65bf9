"""A typed piece of DuckDB SQL, and how texts are quoted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from mzwidget.local.formats.types import Type


@dataclass(frozen=True, slots=True)
class Value:
    """DuckDB SQL that can stand anywhere an operand can, and its type.

    Attributes
    ----------
    sql : str
    type : Type
    literal : str, optional
        The text of a constant; with type ``unknown`` it takes whatever type its context asks for.
    parameter : int, optional
        The number of a parameter whose type is still open.
    fallible : bool
        Whether evaluating it can raise an error: such conditions are only evaluated where all others hold.
    raw, leaves : str, tuple of str
        Of float arithmetic: the bare expression and its operands, so that one overflow check covers a chain.
    document, path : str
        Of a jsonb member: where the chain of members starts, and its JSON path.
    """

    sql: str
    type: Type
    literal: str | None = None
    parameter: int | None = None
    fallible: bool = False
    raw: str = ""
    leaves: tuple[str, ...] = ()
    document: str = ""
    path: str = ""

    def typed(self, type_: Type) -> Value:
        """Return the same SQL under another type."""
        return replace(self, type=type_)


def quote_text(text: str) -> str:
    """Return a DuckDB string literal."""
    if "\0" in text:
        raise SqlError("text cannot hold the character with code zero", "22021")
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """Return a DuckDB quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def raise_sql(sqlstate: str, message: str) -> str:
    """Return DuckDB SQL that raises an error, to be read back by `evaluation_error`."""
    return f"error({quote_text(f'{sqlstate}:{message}')})"
