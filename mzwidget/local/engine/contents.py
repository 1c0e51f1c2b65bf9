"""What a query gives at some time, and how two of its results differ.

A small result is kept in memory: for one as small as most that are watched, planning statements would take most of the
time. A large one is kept as a DuckDB table.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.sizes import width
from mzwidget.local.engine.store import bind, timed
from mzwidget.local.formats.copying import line_encoder
from mzwidget.local.formats.encoding import carrier, fields_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from mzwidget.local.dialect import Query
    from mzwidget.local.formats.types import Column

SMALL = 500
"""Rows up to which a result is kept in memory."""

Rows = dict[bytes, tuple[Any, ...]]
"""Rows of carriers by their lines in a COPY; one more value at the end says how often each occurs."""


@dataclass(slots=True, eq=False)
class State:
    """A stored result and the time it belongs to; its table, if it has one, is dropped with its last user."""

    time: int
    users: int = 0
    table: str = ""
    rows: Rows | None = None
    """The content, if it is small."""
    size: int = 0
    """Rows, repeated ones included."""
    width: float = 0
    """Bytes of a row of its table, about."""

    @property
    def held(self) -> int:
        """Bytes that it takes, about."""
        if self.rows is None:
            return round(self.size * self.width)
        found = sys.getsizeof(self.rows)
        for line, row in self.rows.items():
            found += sys.getsizeof(line) + sys.getsizeof(row) + sum(map(sys.getsizeof, row))
        return found


class Batch:
    """Updates of one timestamp: each row once, with its non-zero diff, in Materialize's useless order."""

    def __init__(self, columns: Sequence[Column], updates: list[tuple[Any, ...]]) -> None:
        self.columns = columns
        encode = line_encoder(columns, "text")
        keyed = [(encode(row[:-1]), row) for row in updates]
        keyed.sort(key=_length_first)
        self.updates = [row for _, row in keyed]
        """Rows of carriers; one more value at the end is the diff."""
        self.lines = [line for line, _ in keyed]
        """The rows' data columns as lines of a COPY in text."""
        self._encoded: dict[tuple[int, ...], list[bytes]] = {}

    def encoded(self, formats: Sequence[int]) -> list[bytes]:
        """Return the rows' data columns as fields of a DataRow, in the order of `updates`."""
        key = tuple(formats)
        found = self._encoded.get(key)
        if found is None:
            encode = fields_encoder(self.columns, key)
            found = self._encoded[key] = [encode(row) for row in self.updates]
        return found


def _length_first(pair: tuple[bytes, Any]) -> tuple[int, bytes]:
    return len(pair[0]), pair[0]


class Contents:
    """Evaluates and compares, on a connection of its own, in one thread at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, query: Query, values: Sequence[Any]) -> None:
        self._connection = connection
        self._columns = query.columns
        self._values = [*values, 0]  # the last one is the time
        self._wakeups = [timed(wakeup, len(self._values)) for wakeup in query.wakeups]
        self._names = ", ".join(_names(query.columns))
        self._result = f"({timed(query.sql, len(self._values))}) AS q({self._names})"
        self._encode = line_encoder(query.columns, "text")
        self._parsed: duckdb.Statement | None = None  # of a small result: parsing takes a quarter of its evaluation
        self._tables = 0
        self._width: float | None = None

    def evaluate(self, state: State, old: State | None) -> int | None:
        """Fill a state with the result at its time; return the time at which the result changes by itself, if any."""
        self._values[-1] = state.time
        if old is None or old.size > SMALL or not self._keep_rows(state):
            self._keep_table(state)
        times = []
        for wakeup in self._wakeups:
            found = self._connection.execute(wakeup, bind(wakeup, self._values)).fetchone()
            if found and found[0] is not None:
                times.append(int(found[0]))
        return min(times, default=None)

    def compare(self, before: State | None, after: State) -> Batch:
        """Return what turns one state into another; all of it if there is none before."""
        if before is None:
            updates = self._stored(after) if after.rows is None else list(after.rows.values())
        elif before.table and after.table:
            updates = self._fetch(
                f"SELECT {self._names}, sum(n)::BIGINT AS n FROM (SELECT {self._names}, n FROM {after.table}"
                f" UNION ALL SELECT {self._names}, -n FROM {before.table}) GROUP BY ALL HAVING sum(n) <> 0"
            )
        else:
            old, new = self._rows(before), self._rows(after)
            updates = [(*row[:-1], -row[-1]) for line, row in old.items() if line not in new]
            for line, row in new.items():
                diff = row[-1] - (old[line][-1] if line in old else 0)
                if diff:
                    updates.append((*row[:-1], diff))
        return Batch(self._columns, updates)

    def drop(self, state: State) -> None:
        """Free what a state holds of the database."""
        if state.table:
            self._connection.execute(f"DROP TABLE {state.table}")

    def _keep_rows(self, state: State) -> bool:
        """Keep the result in memory; returns False if it has become too large for that."""
        sql = self._carried(self._result, "1")
        if self._parsed is None:
            (self._parsed,) = self._connection.extract_statements(sql)
        found = self._connection.execute(self._parsed, bind(sql, self._values)).fetchmany(SMALL + 1)
        if len(found) > SMALL:
            return False
        state.rows = self._by_line(found)
        state.size = len(found)
        return True

    def _keep_table(self, state: State) -> None:
        self._tables += 1
        state.table = f'temp."s{self._tables}"'
        sql = f"CREATE TEMP TABLE {state.table} AS SELECT *, count(*) AS n FROM {self._result} GROUP BY ALL"
        self._connection.execute(sql, bind(sql, self._values))
        counted = self._connection.execute(f"SELECT coalesce(sum(n), 0)::BIGINT FROM {state.table}").fetchone()
        state.size = int(counted[0]) if counted else 0
        if self._width is None:
            sample = self._connection.execute(width(self._columns, _names(self._columns), state.table)).fetchone()
            self._width = float(sample[0]) if sample and sample[0] is not None else 0
        state.width = self._width

    def _rows(self, state: State) -> Rows:
        if state.rows is not None:
            return state.rows
        return self._by_line(self._stored(state))

    def _stored(self, state: State) -> list[tuple[Any, ...]]:
        return self._fetch(f"SELECT {self._names}, n FROM {state.table}")

    def _by_line(self, found: list[tuple[Any, ...]]) -> Rows:
        rows: Rows = {}
        for row in found:
            line = self._encode(row[:-1])
            same = rows.get(line)
            rows[line] = row if same is None else (*row[:-1], same[-1] + row[-1])
        return rows

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        carried = self._carried(f"({sql})", "n")
        return self._connection.execute(carried, bind(carried, self._values)).fetchall()

    def _carried(self, source: str, count: str) -> str:
        """DuckDB SQL of the rows of what stands in FROM, as carriers, and how often each is there."""
        named = zip(_names(self._columns), self._columns, strict=True)
        carriers = ", ".join(carrier(name, column.type) for name, column in named)
        return f"SELECT {carriers}, {count} FROM {source}"


def _names(columns: Sequence[Column]) -> list[str]:
    return [f"c{index}" for index in range(len(columns))]
