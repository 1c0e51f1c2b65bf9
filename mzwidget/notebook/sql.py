"""`sql`: a query's result as a typed data frame."""

from __future__ import annotations

import pandas as pd
import psycopg

from mzwidget.errors import briefly
from mzwidget.lexing import statements, words
from mzwidget.notebook.session import run
from mzwidget.params import Composed, Params, compose
from mzwidget.tail.values import column, to_pandas

_ELSEWHERE = {
    "subscribe": "this would never end; give LiveView the view's name or the SELECT",
    "copy": "COPY needs somebody at the other end; use mzwidget.load, or a connection's cursor.copy",
}


@briefly
def sql(query: str, params: Params | None = None, *, exact: bool = False, dsn: str | None = None) -> pd.DataFrame:
    """Run SQL; return the result as a data frame with the types that `LiveView.df` has.

    Parameters
    ----------
    query : str
        One statement, or several separated by semicolons: each runs on its own, the last one's result is returned.
    params : dict or list, optional
        Values for ``%(name)s`` or ``%s`` in the query, quoted by their type; a list is an array, as in
        ``wiki = ANY(%(wikis)s)``. With `params`, a percent sign in the query is written ``%%``.
    exact : bool
        Give ``numeric`` as Decimal objects with all their digits, instead of ``float64``.
    dsn : str, optional
        As `connect` takes it; by default the database of `connect`.

    Returns
    -------
    pandas.DataFrame
        Empty for a statement without rows; ``.attrs["status"]`` is the server's tag, such as ``INSERT 0 3``.

    Raises
    ------
    SqlError
        The server refused or cannot be reached: its words, a caret under the word, and what was probably meant.
    TypeError, ValueError
        `query` is no SQL to be run here, or `params` do not fit it.

    Examples
    --------
    >>> mzwidget.sql("SELECT item, sold FROM sales WHERE sold > %(least)s", {"least": 3})
    """
    return frame(execute(query, compose(check(query), params), dsn), exact)


def check(query: str) -> str:
    """Refuse what is no text, says nothing, or would never end."""
    if not isinstance(query, str):
        raise TypeError(f"sql() wants SQL as text, not {type(query).__name__}")
    if "\0" in query:
        raise ValueError("the SQL holds a NUL character, which no statement can")
    scripts = statements(query)
    if not scripts:
        raise ValueError(f"{query!r:.60} holds no statement")
    for _, statement in scripts:
        first = next(iter(words(statement)), None)
        if first is not None and (why := _ELSEWHERE.get(first.identifier)):
            raise ValueError(f"{statement!r:.60}: {why}")
    return query


def execute(written: str, composed: Composed, dsn: str | None = None) -> psycopg.Cursor[tuple[str | None, ...]]:
    """Run every statement of a script by itself, in order; return the last one's cursor."""
    cursor = None
    for at, statement in statements(composed.text):
        edges = tuple((sent - at, origin) for sent, origin in composed.edges if sent > at)
        cursor = run(Composed(statement, ((0, composed.origin(at)), *edges)), written, dsn)
    assert cursor is not None
    return cursor


def frame(cursor: psycopg.Cursor[tuple[str | None, ...]], exact: bool = False) -> pd.DataFrame:
    """Make a typed data frame of what a cursor of `session` has read."""
    columns = [column(of.name, of.type_code) for of in cursor.description or ()]
    found = to_pandas(columns, cursor.fetchall(), exact) if columns else pd.DataFrame()
    found.attrs["status"] = cursor.statusmessage or ""
    return found
