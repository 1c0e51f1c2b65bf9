"""Errors a user of mzwidget can catch."""

from __future__ import annotations


class LiveViewError(RuntimeError):
    """A live view cannot be had; the message is the database's own.

    Attributes
    ----------
    sqlstate : str or None
        The server's five-character code; None when no server answered.
    """

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
