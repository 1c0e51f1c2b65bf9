"""`views`: what can be watched, with a live look at each."""

from __future__ import annotations

import html
import time
from typing import Any

import ipywidgets
import pandas as pd
import psycopg

from mzwidget import catalog
from mzwidget.catalog import Relation
from mzwidget.charts.static import kept as as_kept
from mzwidget.errors import SqlError, briefly
from mzwidget.liveview import LiveView
from mzwidget.page.output import output
from mzwidget.tail.connect import parameters
from mzwidget.tail.status import explain

BUDGET = 3.0
"""Seconds for counting rows; what is not counted by then shows none."""

_TITLES = ("name", "kind", "columns", "rows", "as of")


class Views(ipywidgets.VBox):  # type: ignore[misc]
    """A table of what can be watched; a click on a name draws it live below.

    Attributes
    ----------
    df : pandas.DataFrame
        One row a relation: `name` (as LiveView takes it), `kind` (``table``, ``source``, ``view`` or ``materialized
        view``), `columns` (their names), `rows` (how many; missing where counting took too long) and `as of` (the
        moment of which that is true, UTC).
    """

    def __init__(self, df: pd.DataFrame, dsn: str | None) -> None:
        self.df = df
        self._dsn = dsn
        self._shown: LiveView | None = None
        cells: list[Any] = [ipywidgets.HTML(f"<b>{title}</b>") for title in _TITLES]
        for row in df.to_dict("records"):
            button = ipywidgets.Button(description=str(row["name"]), tooltip=f"draw {row['name']} live")
            button.layout.width = "auto"
            button.on_click(self._click)
            rows = "" if pd.isna(row["rows"]) else f"{row['rows']:,}"
            as_of = "" if pd.isna(row["as of"]) else f"{row['as of']:%H:%M:%S}"
            texts = (row["kind"], ", ".join(row["columns"]), rows, as_of)
            cells += [button, *(ipywidgets.HTML(html.escape(text)) for text in texts)]
        grid = ipywidgets.Layout(grid_template_columns="repeat(5, auto)", grid_gap="0 1em", width="fit-content")
        table = ipywidgets.GridBox(children=cells, layout=grid)
        # However many there are, what is drawn below stays in sight.
        box = ipywidgets.Layout(max_height="24em", overflow="auto", flex="none")
        self._table = ipywidgets.Box(children=[table], layout=box)
        super().__init__(children=[self._table])

    def _click(self, button: ipywidgets.Button) -> None:
        before, self._shown = self._shown, None
        if before is not None:
            before.close()
        if before is None or before.name != button.description:
            self._shown = LiveView(button.description, dsn=self._dsn)
        self.children = [self._table, *([self._shown] if self._shown is not None else [])]

    def close(self) -> None:
        """End the look that is open, and remove the table."""
        if self._shown is not None:
            self._shown.close()
        super().close()

    def __repr__(self) -> str:
        return self.df.to_string(index=False)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the widget and, for whatever cannot follow it, the table as it is."""
        columns, moments = self.df["columns"].map(", ".join), self.df["as of"].dt.strftime("%Y-%m-%d %H:%M:%S UTC")
        table = self.df.assign(**{"columns": columns, "as of": moments}).to_html(index=False, na_rep="", border=0)
        kept = {"text/plain": repr(self), "text/html": as_kept(f"{len(self.df):,} that can be watched", table)}
        return output(super()._repr_mimebundle_(**kwargs), kept)


@briefly
def views(schema: str | None = None, *, dsn: str | None = None) -> Views:
    """List what can be watched: tables, sources, views and materialized views.

    Parameters
    ----------
    schema : str, optional
        Only this schema; by default all but the system's.
    dsn : str, optional
        As `connect` takes it; by default the database of `connect`.

    Returns
    -------
    Views
        A table; a click on a name draws it live. Its `df` is the same as a data frame.

    Raises
    ------
    SqlError
        The server refused or cannot be reached.
    ValueError
        There is no such schema.
    """
    try:
        with psycopg.connect(**parameters(dsn), autocommit=True) as connection:
            schemas = catalog.schemas(connection)
            if schema is not None and schema not in schemas:
                raise ValueError(f"views(): there is no schema {schema!r}; there is {', '.join(schemas) or 'none'}")
            found = [
                of
                for name in ([schema] if schema is not None else schemas)
                for of in catalog.relations(connection, name)
            ]
            here = catalog.current(connection)
            columns = [[of.name for of in catalog.attributes(connection, relation.sql)] for relation in found]
            counts = _counts(connection, found)
    except psycopg.Error as error:
        raise SqlError(explain(error).message, error.sqlstate) from None
    names = [of.bare if of.schema == here else of.sql for of in found]
    frame = pd.DataFrame(
        {
            "name": pd.Series(names, dtype="string"),
            "kind": pd.Series([of.kind for of in found], dtype="string"),
            "columns": pd.Series(columns, dtype=object),
            "rows": pd.Series([count for count, _ in counts], dtype="Int64"),
            "as of": pd.Series([moment for _, moment in counts], dtype="datetime64[ms, UTC]"),
        }
    )
    return Views(frame, dsn)


def _counts(connection: psycopg.Connection[Any], relations: list[Relation]) -> list[tuple[Any, Any]]:
    """Count rows while there is time, and say as of when."""
    end = time.monotonic() + BUDGET
    counts: list[tuple[Any, Any]] = []
    for relation in relations:
        left = end - time.monotonic()
        count: Any = pd.NA
        moment: Any = pd.NaT
        if left > 0:
            try:
                connection.execute(f"SET statement_timeout = '{max(int(left * 1000), 1)}ms'")
                found = connection.execute(f"SELECT count(*), mz_now()::text FROM {relation.sql}").fetchone()
                assert found is not None
                count, moment = int(found[0]), pd.Timestamp(int(found[1]), unit="ms", tz="UTC")
            except (psycopg.Error, pd.errors.OutOfBoundsDatetime):
                pass  # a view may fail by itself, or take too long: no count is known
        counts.append((count, moment))
    return counts
