"""Errors a user of mzwidget can catch."""

from __future__ import annotations


class Brief(BaseException):
    """An error that a notebook shows by its message alone, without the lines of ours that heard it."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class AddressError(Brief, ValueError):
    """A connection string cannot be read; says what to write."""


class LiveViewError(Brief, RuntimeError):
    """A live view cannot be had; the message is the database's own.

    Attributes
    ----------
    sqlstate : str or None
        The server's five-character code; None when no server answered.
    """

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class StaleWarning(UserWarning):
    """The rows of a view are those of the past: the database refuses or is not there."""


class SqlError(LiveViewError):
    """A statement failed; the message holds the server's words, the place in the SQL, and what to try."""
