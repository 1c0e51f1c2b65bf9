"""`Encoding`: a kind of picture, and which columns it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mzwidget.charts import order as ordering
from mzwidget.charts.order import Row, Term
from mzwidget.tail.values import Column

Channels = dict[str, tuple[int, ...]]
"""Channel → the indexes of its columns."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A kind of picture, and which columns it takes.

    Attributes
    ----------
    kind : str
        ``bars``, ``line``, ``number``, ``table`` or ``vega``: each has a module here that says what it draws.
    channels : dict of str to tuple of int
        Column indexes by channel.
    order : tuple of (column index, descending, NULLs first)
        The order of rows, also of those of `df`: see `mzwidget.charts.order`.
    formats : tuple of str
        A d3-format for each column, "" for the default, `formats.PLAIN` for digits as they are (see
        `mzwidget.charts.formats`); empty if all have the default.
    timezone : str
        IANA name of the zone for times; "" for the reader's own.
    options : dict
        JSON values that only this kind knows.
    table : Encoding or None
        What is shown instead when the user switches to a table; None where the picture is one.
    """

    kind: str
    channels: Channels = field(default_factory=dict)
    order: tuple[Term, ...] = ()
    formats: tuple[str, ...] = ()
    timezone: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    table: Encoding | None = None

    def arrange(self, columns: Sequence[Column], rows: Sequence[Row]) -> list[Row]:
        """Sort a view's rows as the picture shows them."""
        return ordering.arrange(columns, rows, self.order, self._total)

    def first(self, columns: Sequence[Column], rows: Sequence[Row], count: int) -> list[Row]:
        """Return the first rows of those that `arrange` would give, sooner."""
        if self._total is not None:
            return self.arrange(columns, rows)[:count]
        return ordering.first(columns, rows, self.order, count)

    @property
    def _total(self) -> tuple[int, int] | None:
        return (self.channels["label"][0], self.channels["value"][0]) if self.options.get("totals") else None

    def to_json(self) -> dict[str, Any]:
        """Return what the page gets in `base`; `formats` and `timezone` are left out where they are empty."""
        told: dict[str, Any] = {
            "kind": self.kind,
            "channels": {name: list(indexes) for name, indexes in self.channels.items()},
            "order": [list(term) for term in self.order],
            **self.options,
        }
        if self.formats:
            told["formats"] = list(self.formats)
        if self.timezone:
            told["timezone"] = self.timezone
        return told if self.table is None else told | {"table": self.table.to_json()}
