"""What a view holds at one moment, in the forms that Python works with."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mzwidget import saving
from mzwidget.changes import copies
from mzwidget.charts import static
from mzwidget.charts.static import Still
from mzwidget.errors import LiveViewError, StaleWarning, briefly, depth
from mzwidget.liveview.core import STALE, Content, Core, moment
from mzwidget.page.output import output, unseen
from mzwidget.tail import arrow, records
from mzwidget.tail.updates import Row
from mzwidget.tail.values import Column, to_pandas

if TYPE_CHECKING:
    import altair as alt
    import polars as pl
    import pyarrow as pa

FIRST_SNAPSHOT = 30.0
"""Seconds that a view's content is waited for."""
GLIMPSE = 2.0
"""The same where something is to be displayed anyway."""


class RowsMixin(Core):
    """A view's rows, as a data frame of whichever library."""

    _warned = False

    @property
    @briefly
    def df(self) -> pd.DataFrame:
        """The rows as a typed data frame, exact at `timestamp` and in the order of the picture.

        ``.attrs`` holds its ``status``, ``timestamp`` (ISO 8601) and the values of its ``params``, as JSON has
        them. A stale view gives one `StaleWarning`, in whatever form its rows are asked for first.

        Waits up to 30 s for the first snapshot, and as long for the one that answers other `params`. What has just been
        committed may not be in it yet: see `wait`. Integers and booleans have pandas' nullable dtypes (``Int64``,
        exact; ``boolean``), floats ``Float64`` in which NaN and NULL stay apart, text ``string``, dates and times
        ``datetime64`` (the whole column stays text if one value is outside its range), intervals ``timedelta64``,
        ``numeric`` ``float64`` (`to_pandas` gives all digits), everything else Python objects. Rows stand as the
        query's ORDER BY says or, without one, as in the picture.

        Raises
        ------
        LiveViewError
            The server refused or cannot be reached, and there has never been a snapshot; or there are more than ten
            million rows most of which are copies; or, also a ValueError, the view has no column that an option names.
        TimeoutError
            There is no snapshot after 30 s.
        """
        return self.to_pandas()

    @briefly
    def to_pandas(self, *, exact: bool = False) -> pd.DataFrame:
        """Return the rows as `df` does.

        Parameters
        ----------
        exact : bool
            Make ``numeric`` Decimal objects with all their digits.
        """
        content = self._content(FIRST_SNAPSHOT)
        frame = to_pandas(*self._arranged(content), exact)
        status, at = self._status(), moment(content.time)
        # Text, since attrs are written to Parquet as JSON.
        frame.attrs = {"status": status.state, "timestamp": None if at is None else at.isoformat()}
        if content.params is not None:
            frame.attrs["params"] = _as_json(content.params)
        return frame

    def _warn(self, at: pd.Timestamp | None) -> None:
        """Say once that the rows are those of the past, if they are."""
        status = self._status()
        if status.state not in STALE:
            self._warned = False
        elif not self._warned:
            self._warned = True
            why = f" ({status.message})" if status.message else ""
            warnings.warn(f"{self.name} is {status.state}{why}; these are its rows of {at}", StaleWarning, depth())

    @briefly
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
        return arrow.to_arrow(*self._arranged(self._content(FIRST_SNAPSHOT)), exact)

    @briefly
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
        return arrow.to_polars(*self._arranged(self._content(FIRST_SNAPSHOT)), exact)

    @briefly
    def snapshot(self) -> pd.DataFrame | alt.TopLevelMixin:
        """Return what the picture shows at this moment, which stays as it is.

        Returns
        -------
        pandas.DataFrame or altair.Chart
            `df`; or, of a view with `chart=`, that chart with its data.
        """
        if self._picture.options.chart is None:
            return self.df
        import altair as alt  # noqa: PLC0415 - who has no chart never loads it

        still = self._still(self._content(FIRST_SNAPSHOT), whole=True)
        return alt.Chart.from_dict(static.with_data(still, all_rows=True) or {})

    @briefly
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what the picture shows at this moment to a file, which needs neither a kernel nor a network.

        Parameters
        ----------
        path : str or path
            Its ending says what it becomes: ``.html`` (a page with the picture, in which one can look back as far as
            `history` reaches), ``.svg`` (the picture), ``.csv``, ``.json`` (a list of objects) or ``.parquet`` (exact,
            needs pyarrow).

        Raises
        ------
        ValueError
            Another ending; or the view is a table, which has no SVG.
        TypeError
            This is no file's name.
        FileNotFoundError
            There is no such folder.
        """
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"save() wants the name of a file, such as 'view.html', not {path!r:.60}")
        if not (folder := Path(path).absolute().parent).is_dir():
            raise FileNotFoundError(f"save({str(path)!r}): there is no folder {str(folder)!r}")
        ending = Path(path).suffix.lower()
        match ending:
            case ".html":
                Path(path).write_text(self._page(self._content(FIRST_SNAPSHOT)), encoding="utf-8")
            case ".svg":
                Path(path).write_text(static.file(self._still(self._content(FIRST_SNAPSHOT))), encoding="utf-8")
            case ".csv" | ".json":
                write = records.to_csv if ending == ".csv" else records.to_json
                told = write(*self._arranged(self._content(FIRST_SNAPSHOT)))
                Path(path).write_text(told, encoding="utf-8", newline="")
            case ".parquet":
                arrow.write_parquet(self.to_arrow(exact=True), path)
            case _:
                raise ValueError(f"save({str(path)!r}): a view becomes .html, .svg, .csv, .json or .parquet")

    def __str__(self) -> str:
        return self._text()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the widget and, for whatever cannot follow it, what it shows now."""
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if not isinstance(bundle, tuple):
            return bundle
        data, metadata = bundle
        try:
            still = self._still(self._content(FIRST_SNAPSHOT if unseen() else GLIMPSE))
        except (LiveViewError, TimeoutError) as error:
            words = static.in_words(self._title(), self._status().state, str(error))
            return output(data, {"text/plain": self._text(), "text/html": words}), metadata
        more: dict[str, Any] = {"text/plain": static.text(still), "text/html": static.in_notebook(still)}
        if (spec := static.with_data(still)) is not None and "<svg" not in more["text/html"]:
            more[static.VEGA_LITE] = spec
        return output(data, more), metadata

    def _text(self) -> str:
        try:
            return static.text(self._still(self._content(GLIMPSE)))
        except LiveViewError as error:
            return f"{self!r}: {error}"
        except TimeoutError:
            return repr(self)

    def _page(self, content: Content) -> str:
        earliest, changes = self._recent(content.time)
        still, title = self._still(content), self._title()
        return saving.page(still, content.rows, title, dict(self.options), earliest, changes)

    def _still(self, content: Content, *, whole: bool = False) -> Still:
        columns, rows, time, _ = content
        listed = copies(rows)
        encoding = self._picture.encoding(columns, len(listed))
        trend = self._trend(encoding.channels["value"][0], time, listed) if encoding.kind == "number" else ()
        return Still.of(self._title(), columns, listed, encoding, time, self._said(), trend, whole=whole)

    def _arranged(self, content: Content) -> tuple[tuple[Column, ...], list[Row]]:
        """Return columns and rows for Python, and warn once if they are those of the past."""
        self._warn(moment(content.time))
        columns, listed = content.columns, copies(content.rows)
        return columns, self._picture.encoding(columns, len(listed)).arrange(columns, listed)

    def _frame(self, content: Content) -> pd.DataFrame:
        return to_pandas(*self._arranged(content))


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _as_json(of) for name, of in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(of) for of in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
