"""An error for people: the server's words, where in the SQL, and what to try."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from mzwidget.advice import advise, is_about_name
from mzwidget.naming import Names

_WIDEST = 100
"""Characters of a line of SQL that are shown."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error for people.

    Attributes
    ----------
    message : str
        One line: the server's message, its detail and hint, and advice.
    excerpt : str
        The line of SQL and a caret under the word; empty where no word can be told.
    sqlstate : str or None
    """

    message: str
    excerpt: str = ""
    sqlstate: str | None = None

    def __str__(self) -> str:
        return f"{self.message}\n{self.excerpt}" if self.excerpt else self.message


def explain(
    error: psycopg.Error,
    sql: str,
    *,
    origin: Callable[[int], int] = lambda offset: offset,
    names: Callable[[], Names] = Names,
) -> Explanation:
    """Say what went wrong, where, and what was probably meant.

    Parameters
    ----------
    error : psycopg.Error
    sql : str
        The SQL as the user wrote it.
    origin : callable
        Turns an offset in the statement that was sent into one in `sql`.
    names : callable
        Returns the names that exist; asked only when a name is not known.

    Returns
    -------
    Explanation
    """
    said, sqlstate = error.diag.message_primary, (error.sqlstate or "")[:5] or None
    if said is None:
        return Explanation(_unsent(error), sqlstate=sqlstate)
    position = error.diag.statement_position
    offset = None if position is None else min(max(origin(int(position) - 1), 0), len(sql))
    advice, token = advise(said, sql, offset, names)
    if advice and "embedded engine" in said:
        said, hint = f"not understood: {token.text}" if token else said, None
    else:
        hint = error.diag.message_hint
    if advice and hint and any(words_ in hint for words_ in ("explicit type casts", "mz_now()", "similarly named")):
        hint = None
    message = ". ".join(text.rstrip(".") for text in (said, error.diag.message_detail, hint, advice) if text)
    if token is not None and token.text != sql.strip():
        return Explanation(message, excerpt(sql, token.start, token.text), sqlstate)
    if token is None and offset is not None:
        return Explanation(message, excerpt(sql, offset, ""), sqlstate)
    return Explanation(message, sqlstate=sqlstate)


def names_matter(error: BaseException) -> bool:
    """Tell whether an error is about a name, so that the names that exist could help."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    if said is None:
        return False
    is_syntax = isinstance(error, psycopg.errors.SyntaxError)  # a misspelt keyword is told by being no name
    return is_syntax or is_about_name(said)


def excerpt(sql: str, offset: int, word: str) -> str:
    """Return the line of `sql` that holds `offset`, and a caret under the word that begins there."""
    sql = sql.replace("\r\n", " \n")
    start = sql.rfind("\n", 0, offset) + 1
    end = sql.find("\n", offset)
    line = sql[start : len(sql) if end < 0 else end]
    at = offset - start
    label = f"line {sql.count(chr(10), 0, offset) + 1}: " if "\n" in sql.strip() else "  "
    if len(line) > _WIDEST:
        first = max(0, min(at - _WIDEST // 2, len(line) - _WIDEST))
        line, at = line[first : first + _WIDEST], at - first
    pad = "".join("\t" if character == "\t" else " " * _width(character) for character in line[:at])
    marks = "^" * max(sum(map(_width, word.splitlines()[0][: len(line) - at])) if word else 1, 1)
    return f"{label}{line}\n{' ' * len(label)}{pad}{marks}"


def _unsent(error: psycopg.Error) -> str:
    """Put what no server said: psycopg's first line, which never holds a password."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
