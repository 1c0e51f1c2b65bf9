"""A view's picture: what its user asks for, and the encoding of it for the columns that the view turns out to have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mzwidget.charts.choice import resolve
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.options import Options
from mzwidget.charts.order import Term
from mzwidget.lexing import has_order
from mzwidget.tail.values import Column


class Picture:
    """Options that meet columns.

    Parameters
    ----------
    options : Options
    query : str
        The SELECT whose ORDER BY is kept, or a name.
    """

    def __init__(self, options: Options, query: str) -> None:
        self.options = options
        self._query = query
        self._definition: Callable[[], str] = str
        self._resolved: tuple[tuple[tuple[Column, ...], bool, str], Encoding, dict[str, Any]] | None = None

    def ask(self, query: str, definition: Callable[[], str]) -> None:
        """Draw another query: the one whose ORDER BY is kept; or the view of a `definition`, which may be empty."""
        self._definition = definition
        if query != self._query:
            self._query, self._resolved = query, None

    def encoding(self, columns: tuple[Column, ...], rows: int) -> Encoding:
        """Return the encoding for what the view holds.

        Raises
        ------
        ChartError
            See `resolve`.
        """
        return self._resolve(columns, rows)[0]

    def to_json(self, columns: tuple[Column, ...], rows: int) -> dict[str, Any]:
        """Return the same as JSON; the same object for as long as nothing about it changes."""
        return self._resolve(columns, rows)[1]

    def _resolve(self, columns: tuple[Column, ...], rows: int) -> tuple[Encoding, dict[str, Any]]:
        asked = self._definition() or self._query
        of = (columns, rows > 1, asked)  # all that a choice depends on
        resolved = self._resolved
        if resolved is None or resolved[0] != of:
            found = resolve(columns, self.options, rows, _order(asked, columns))
            self._resolved = resolved = (of, found, found.to_json())
        return resolved[1:]


def _order(query: str, columns: tuple[Column, ...]) -> tuple[Term, ...]:
    """Return the order that a query asks for; empty for none."""
    if not has_order(query):
        return ()
    from mzwidget.charts import orderby  # noqa: PLC0415 - loads sqlglot: only where there is an order to be read

    return orderby.read(query, columns)
