"""The cursor of `connect`: as the last line of a cell it shows its rows."""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus, Format
from psycopg.rows import Row

from mzwidget.catalog import names
from mzwidget.errors import show_briefly
from mzwidget.explaining import explain
from mzwidget.lexing import words
from mzwidget.params import Composed, numbered

if TYPE_CHECKING:
    from psycopg.abc import Params

SHOWN = 20
"""Rows that are shown; all are there to be fetched."""

_ANOTHER = "; mzwidget.connect() opens another"


class TableCursor(psycopg.Cursor[Row]):
    """An ordinary cursor that shows what it has read as a small table, without moving.

    A notebook shows its errors by the user's line and what `explain` says. To whoever catches them they are psycopg's.
    """

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        """Execute a statement that has an end.

        Raises
        ------
        psycopg.NotSupportedError
            It would be waited for without end; or it is pandas' question to SQLite, for which pandas takes every plain
            connection.
        """
        if isinstance(query, str) and "sqlite_master" in query:
            raise psycopg.NotSupportedError(
                "pandas writes by SQLAlchemy: df.to_sql(name, mzwidget.sqlalchemy_engine(), if_exists='append', "
                "index=False); or, many times faster, mzwidget.load(df, name)"
            )
        with self._explaining(query, params):
            if isinstance(query, str) and _is_endless(query):
                raise psycopg.NotSupportedError(
                    "SUBSCRIBE has no end that execute could wait for: mzwidget.LiveView shows what it is of, and "
                    "connection.cursor().stream(…) yields its rows as they come; with UP TO it ends"
                )
            return super().execute(query, params, **options)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Execute a statement once for each of several parameters."""
        with self._explaining(query, params_seq):
            super().executemany(query, params_seq, **options)

    def stream(self, query: Any, params: Params | None = None, **options: Any) -> Iterator[Row]:
        """Yield the rows of a query as they come."""
        with self._explaining(query, params):
            yield from super().stream(query, params, **options)

    @contextlib.contextmanager
    def copy(self, statement: Any, params: Params | None = None, **options: Any) -> Iterator[psycopg.Copy]:
        """Read or write what a COPY does."""
        with self._explaining(statement, params), super().copy(statement, params, **options) as copy:
            yield copy

    @contextlib.contextmanager
    def _explaining(self, query: Any, params: Any) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            show_briefly(error, _Explained(self.connection, query, params is not None, error))
            raise

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        result = self.pgresult
        if result is None or self.closed:
            return {"text/plain": repr(self)}
        if result.status != ExecStatus.TUPLES_OK:
            return {"text/plain": self.statusmessage or repr(self)}
        if any(result.fformat(index) == Format.BINARY for index in range(result.nfields)):
            return {"text/plain": repr(self)}
        shown = [
            [_text(result.get_value(row, index)) for index in range(result.nfields)]
            for row in range(min(result.ntuples, SHOWN))
        ]
        names = [of.name for of in self.description or ()]
        frame = pd.DataFrame(shown, columns=names, dtype=object)
        count = f"{result.ntuples:,} row{'' if result.ntuples == 1 else 's'}"
        if result.ntuples > SHOWN:
            count = f"the first {SHOWN} of {count}"
        table = frame.to_html(index=False, border=0)
        text = frame.to_string(index=False) if shown else ", ".join(names)
        return {"text/plain": f"{text}\n{count}", "text/html": f"{table}<p>{count}</p>"}


class TableConnection(psycopg.Connection[Row]):
    """An ordinary connection that says what to do when it is closed."""

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        """Return a new cursor."""
        try:
            return super().cursor(*arguments, **options)
        except psycopg.OperationalError as error:
            show_briefly(error, functools.partial(str, f"{error}{_ANOTHER}"))
            raise


class _Explained:
    """What there is to say of an error, found out when a notebook shows it: it may take a question to the database."""

    def __init__(self, connection: psycopg.Connection[Any], query: Any, composed: bool, error: psycopg.Error) -> None:
        self._connection = connection
        self._query = query
        self._composed = composed
        self._error = weakref.ref(error)

    def __call__(self) -> str:
        error, connection = self._error(), self._connection
        assert error is not None
        query = self._query.as_string(connection) if isinstance(self._query, sql.Composable) else self._query
        written = query.decode() if isinstance(query, bytes) else str(query)
        sent = numbered(written) if self._composed else Composed(written)
        told = str(explain(error, written, origin=sent.origin, names=lambda: names(connection, written)))
        return f"{told}{_ANOTHER}" if connection.closed else told

    def __reduce__(self) -> tuple[Any, ...]:
        return functools.partial, (str, str(self._error()))


def _is_endless(query: str) -> bool:
    """Whether a statement is a SUBSCRIBE without UP TO."""
    found = [word.identifier for word in words(query)]
    return found[:1] == ["subscribe"] and "up" not in found


def _text(value: bytes | None) -> str:
    return "NULL" if value is None else value.decode(errors="replace")
