"""A table of all columns. It has no channels.

Options
-------
limit : int, optional
    Rows shown at most; absent for all.

Without an ORDER BY, rows stand by their columns from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.charts.encoding import Encoding
from mzwidget.charts.named import Free, Named
from mzwidget.charts.roles import ChartError
from mzwidget.tail.values import Column


def encode(_columns: Sequence[Column], named: Named, _free: Free, limit: int) -> Encoding:
    """Return a table of so many rows, 0 for all.

    Raises
    ------
    ChartError
        A column is named.
    """
    if named.any:
        raise ChartError("a table shows all columns; x=, y=, color=, key= and value= are for other kinds")
    return Encoding("table", options={"limit": limit} if limit else {})
