"""The one error the embedded engine raises for a statement it refuses, and what else it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


_MOST_CHARACTERS = 100_000


@dataclass
class Notice:
    """A message beside a result or an error."""

    text: str
    code: str = "00000"
    hint: str | None = None
    detail: str | None = None
    severity: str = "NOTICE"


class SqlError(Exception):
    """A statement was refused; carries the fields of a PostgreSQL ErrorResponse.

    Parameters
    ----------
    message : str
        What went wrong, in Materialize's words where it has any.
    sqlstate : str
        Five characters; Materialize answers ``XX000`` to nearly every planning error.
    detail, hint : str, optional
        Further sentences for the user.
    position : int, optional
        One-based character offset into the statement.
    notices : sequence of Notice, optional
        What is told before it.
    """

    def __init__(
        self,
        message: str,
        sqlstate: str = "XX000",
        *,
        detail: str | None = None,
        hint: str | None = None,
        position: int | None = None,
        notices: Sequence[Notice] = (),
    ) -> None:
        self.message = _short(message)
        super().__init__(self.message)
        self.sqlstate = sqlstate
        self.detail = detail and _short(detail)
        self.hint = hint
        self.position = position
        self.notices = notices


class MalformedError(Exception):
    """Why a text is no value of a type, of which the caller knows the name."""


def _short(text: str) -> str:
    """Cut what is said of a long value: DuckDB gives up its whole database where it has no memory for a message."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def unsupported(construct: str) -> SqlError:
    """Name a construct that the embedded engine does not offer (SQLSTATE 0A000)."""
    return SqlError(
        f"{construct} is not supported by the embedded engine",
        "0A000",
        hint="Set MATERIALIZE_URL to run this on Materialize itself.",
    )


def invalid(name: str, text: str, why: str = "") -> SqlError:
    """Return the error for a text that is no value of a type."""
    shown = text.replace('"', '\\"')
    return SqlError(f'invalid input syntax for type {name}: {why + ": " if why else ""}"{shown}"')


def private_preview(what: str, flag: str, sqlstate: str = "XX000") -> SqlError:
    """Return the refusal of what Materialize has but does not give to everybody."""
    return SqlError(
        f"{what} is not available",
        sqlstate,
        detail=f"The requested feature ({flag}) is in private preview.",
        hint="Contact support to discuss enabling the feature in your Materialize region.",
    )


_UNPREFIXED = ("result exceeds max size", "Evaluation error", "Top-level LIMIT", "LIMIT must not", "Invalid OFFSET")


def evaluated(error: SqlError, *, constant: bool) -> SqlError:
    """Return an error of evaluation as Materialize tells it: at run time with a prefix, of constants without."""
    if error.sqlstate[:2] in {"57", "53", "54", "0A", "23"} or error.message.startswith(_UNPREFIXED):
        return error
    return SqlError(
        error.message if constant else f"Evaluation error: {error.message}", detail=error.detail, hint=error.hint
    )
