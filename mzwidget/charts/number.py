"""One number, large, with a trend line of what it has been in the recent past.

Channels
--------
value : one column of numbers
    The first row's, in the encoding's order. Without rows there is a dash, and a caption says when there are more.
"""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.charts.encoding import Encoding
from mzwidget.charts.named import Free, Named, require_numbers
from mzwidget.charts.roles import ChartError, is_identifier, listed
from mzwidget.tail.values import Column


def suits(columns: Sequence[Column], named: Named, free: Free, rows: int) -> bool:
    """Whether rows of this shape are a figure without being asked for."""
    alone = len(columns) == 1 and columns[0].kind == "number" and not is_identifier(columns[0])
    chosen = len(named.value) == 1 and named.all == {*named.value}
    return (alone and not named.any and rows <= 1) or (chosen and not (free.discrete or free.times or free.others))


def encode(columns: Sequence[Column], named: Named, free: Free, _limit: int) -> Encoding:
    """Say which column the number is of.

    Raises
    ------
    ChartError
        There is none, or more than one.
    """
    if named.x is not None or named.color is not None or named.key not in (None, *named.value, *named.y):
        raise ChartError("a number takes value= only, not x=, color= or key=")
    values = named.value or named.y or free.measures
    require_numbers(columns, values, "y")
    values = values or tuple(index for index, of in enumerate(columns) if of.kind == "number")
    if not values:
        raise ChartError("there is no column of numbers to show")
    if len(values) > 1:
        raise ChartError(f"which number, {listed(columns, values)}? Name it with value=")
    return Encoding("number", {"value": values})
