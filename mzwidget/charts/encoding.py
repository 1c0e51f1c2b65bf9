"""`resolve`: from a view's columns and a user's options to an `Encoding`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mzwidget.charts.options import Options
from mzwidget.tail.values import Column

Channels = dict[str, tuple[int, ...]]
"""Channel → the indexes of its columns."""

Term = tuple[int, bool, bool]
"""A term of an order: column index, descending, NULLs (and NaN, next to them) first."""

BARS = 20
TABLE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Encoding:
    """A kind of picture, and which columns it takes.

    Attributes
    ----------
    kind : str
        ``bars``, ``number`` or ``table``.
    channels : dict of str to tuple of int
        Column indexes by channel.
    order : tuple of (column index, descending, NULLs first)
        The order of rows; equal ones follow by all their columns from left to right, ascending, NULLs last.
    options : dict
        JSON values that only this kind knows: see its module.
    table : Encoding or None
        What is shown instead when the user switches to a table; None where the picture is one.
    """

    kind: str
    channels: Channels = field(default_factory=dict)
    order: tuple[Term, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    table: Encoding | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the page gets in `base`."""
        told: dict[str, Any] = {
            "kind": self.kind,
            "channels": {name: list(indexes) for name, indexes in self.channels.items()},
            "order": [list(term) for term in self.order],
            **self.options,
        }
        return told if self.table is None else told | {"table": self.table.to_json()}


def resolve(columns: Sequence[Column], options: Options, rows: int = 0) -> Encoding:
    """Choose a picture.

    One number is a figure while there is at most one row of it, a label and a number are ranked bars, and everything
    else is a table.

    Parameters
    ----------
    columns : sequence of Column
    options : Options
    rows : int
        How many rows the view has now.

    Returns
    -------
    Encoding
    """
    table = Encoding("table", options={"limit": options.limit or TABLE_ROWS})
    if len(columns) == 1 and columns[0].kind == "number" and rows <= 1:
        return Encoding("number", {"value": (0,)}, table=table)
    names = [of.name for of in columns]
    labels = [index for index, of in enumerate(columns) if of.kind != "number"]
    numbers = [index for index, of in enumerate(columns) if of.kind == "number"]
    label = names.index(options.key) if options.key in names else labels[0] if len(labels) == 1 else None
    if options.value in names:
        value: int | None = names.index(options.value)
    else:
        value = next((index for index in numbers if index != label), None)
    if (
        label is None
        or value is None
        or label == value
        or names.count(names[label]) > 1
        or names.count(names[value]) > 1
    ):
        return table
    limits = {"limit": options.limit or BARS, "reserve": min(options.limit, BARS)}
    order = ((value, True, False), (label, False, False))
    return Encoding("bars", {"label": (label,), "value": (value,)}, order, limits, table)
