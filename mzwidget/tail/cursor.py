"""The cursor of `connect`: as the last line of a cell it shows its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import psycopg
from psycopg.pq import ExecStatus, Format
from psycopg.rows import Row

if TYPE_CHECKING:
    from psycopg.abc import Params

SHOWN = 20
"""Rows that are shown; all are there to be fetched."""


class TableCursor(psycopg.Cursor[Row]):
    """An ordinary cursor that shows what it has read as a small table, without moving."""

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        """Execute a statement, unless it is pandas' question to SQLite, for which it takes every plain connection."""
        if isinstance(query, str) and "sqlite_master" in query:
            raise psycopg.NotSupportedError(
                "pandas writes by SQLAlchemy: df.to_sql(name, mzwidget.sqlalchemy_engine(), if_exists='append', "
                "index=False); or, many times faster, mzwidget.load(df, name)"
            )
        return super().execute(query, params, **options)

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


def _text(value: bytes | None) -> str:
    return "NULL" if value is None else value.decode(errors="replace")
