"""What a view holds at one moment, in the forms that Python works with."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import pandas as pd

from mzwidget.charts import Picture
from mzwidget.following import copies
from mzwidget.tail import arrow
from mzwidget.tail.updates import Row, Updates
from mzwidget.tail.values import Column, to_pandas

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

FIRST_SNAPSHOT = 30.0
"""Seconds that a view's content is waited for."""


class Contents:
    """A view's rows, as a data frame of whichever library."""

    _picture: Picture

    @abstractmethod
    def _content(self, timeout: float | None) -> tuple[tuple[Column, ...], Updates]:
        """Return the columns and rows that are shown, once there are any."""

    @property
    def df(self) -> pd.DataFrame:
        """The rows as a typed data frame: the view at `timestamp`, in the order of its picture.

        Waits up to 30 s for the first snapshot. What has just been committed may not be in it yet: see `wait`.
        Integers and booleans have pandas' nullable dtypes (``Int64``, exact; ``boolean``), floats ``Float64`` in which
        NaN and NULL stay apart, text ``string``, dates and times ``datetime64`` (the whole column stays text if one
        value is outside its range), intervals ``timedelta64``, ``numeric`` ``float64`` (`to_pandas` gives all digits),
        everything else Python objects. Rows stand as the query's ORDER BY says or, without one, as in the picture.

        Raises
        ------
        LiveViewError
            The server refused or cannot be reached, and there has never been a snapshot; or there are more than ten
            million rows most of which are copies; or, also a ValueError, the view has no column that an option names.
        TimeoutError
            There is no snapshot after 30 s.
        """
        return self.to_pandas()

    def to_pandas(self, *, exact: bool = False) -> pd.DataFrame:
        """Return the rows as `df` does.

        Parameters
        ----------
        exact : bool
            Make ``numeric`` Decimal objects with all their digits.
        """
        columns, rows = self._arranged(*self._content(FIRST_SNAPSHOT))
        return to_pandas(columns, rows, exact)

    def to_arrow(self, *, exact: bool = False) -> pa.Table:
        """Return the rows as an Arrow table, in the order of `df`.

        Arrays are lists, a ``date`` is a ``date32``, ``jsonb`` and ``uuid`` are text, ``bytea`` binary. A column with a
        value that its Arrow type cannot hold is text.

        Parameters
        ----------
        exact : bool
            Make ``numeric`` a decimal with all its digits, not a double.

        Raises
        ------
        ImportError
            pyarrow is not installed.
        """
        return arrow.to_arrow(*self._arranged(*self._content(FIRST_SNAPSHOT)), exact)

    def to_polars(self, *, exact: bool = False) -> pl.DataFrame:
        """Return the rows as a Polars frame, with the types and order of `to_arrow`.

        Parameters
        ----------
        exact : bool
            Make ``numeric`` a decimal with all its digits, not a double.

        Raises
        ------
        ImportError
            polars or pyarrow is not installed.
        ValueError
            Two columns have one name.
        """
        return arrow.to_polars(*self._arranged(*self._content(FIRST_SNAPSHOT)), exact)

    def _arranged(self, columns: tuple[Column, ...], rows: Updates) -> tuple[tuple[Column, ...], list[Row]]:
        listed = copies(rows)
        return columns, self._picture.encoding(columns, len(listed)).arrange(columns, listed)

    def _frame(self, columns: tuple[Column, ...], rows: Updates) -> pd.DataFrame:
        return to_pandas(*self._arranged(columns, rows))
