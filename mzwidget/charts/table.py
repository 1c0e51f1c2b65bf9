"""A table of all columns. It has no channels.

Options
-------
limit : int, optional
    Rows shown at most; absent for all.

Without an ORDER BY, rows stand by their columns from left to right.
"""

from __future__ import annotations

from mzwidget.charts.encoding import Encoding


def encode(limit: int = 0) -> Encoding:
    """Return a table of so many rows, 0 for all."""
    return Encoding("table", options={"limit": limit} if limit else {})
