"""The same statements on PostgreSQL and on the engine, and what counts as the same answer."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import set_json_loads

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = tuple[Any, ...]
FLOATS = (700, 701)
NUMERIC, JSONB, INTERVAL = 1700, 3802, 1186


@dataclass(slots=True)
class Answer:
    """Names, type OIDs and rows; or the error."""

    names: tuple[str, ...] = ()
    oids: tuple[int, ...] = ()
    rows: list[Row] = field(default_factory=list)
    error: str | None = None
    sqlstate: str | None = None


def ask(connection: psycopg.Connection[Any], sql: str, *, binary: bool = False) -> Answer:
    """Run a query: in text form the rows hold the server's own text, in binary psycopg's Python values."""
    cursor = connection.cursor(binary=binary)
    try:
        cursor.execute(sql.encode(), binary=binary, prepare=False)
    except psycopg.Error as error:
        return Answer(error=error.diag.message_primary, sqlstate=error.sqlstate)
    result = cursor.pgresult
    assert result is not None
    columns = range(result.nfields)
    names = tuple((result.fname(column) or b"").decode() for column in columns)
    oids = tuple(result.ftype(column) for column in columns)
    if binary:
        try:
            return Answer(names, oids, cursor.fetchall())
        except psycopg.DataError as error:  # Python has no date before Christ and no year 10000
            return Answer(names, oids, error=str(error), sqlstate="no Python value")
    values = [tuple(result.get_value(row, column) for column in columns) for row in range(result.ntuples)]
    return Answer(names, oids, [tuple(None if v is None else v.decode() for v in row) for row in values])


class Pair:
    """PostgreSQL, the engine, and the same tables in both."""

    def __init__(self, postgres: str, engine: str, schema: str) -> None:
        self.postgres = psycopg.connect(postgres, autocommit=True, options="-c TimeZone=UTC")
        self.engine = psycopg.connect(engine, autocommit=True)
        self.schema = schema
        for connection in (self.postgres, self.engine):
            set_json_loads(lambda text: str(text, "utf-8") if isinstance(text, bytes) else text, connection)
        self.execute(f"CREATE SCHEMA {schema}")
        self.execute(f"SET search_path = {schema}")

    def execute(self, sql: str) -> None:
        for connection in (self.postgres, self.engine):
            connection.execute(sql.encode(), prepare=False)

    def close(self) -> None:
        self.execute(f"DROP SCHEMA {self.schema} CASCADE")
        self.postgres.close()
        self.engine.close()

    def difference(self, sql: str, *, binary: bool = False) -> str | None:
        """Return how the two answers differ, None if they are the same."""
        mine, theirs = (ask(connection, sql, binary=binary) for connection in (self.engine, self.postgres))
        if theirs.error is not None or mine.error is not None:
            # Materialize gives XX000 to errors that it finds while planning.
            refused = mine.error is not None and theirs.error is not None
            same = refused and mine.sqlstate in (theirs.sqlstate, "XX000")
        else:
            same = alike(mine, theirs, ordered=is_ordered(sql))
        return None if same else f"{sql}\n  engine:     {mine}\n  PostgreSQL: {theirs}"


def is_ordered(sql: str) -> bool:
    """Whether the whole result is ordered: there is an ORDER BY outside all parentheses."""
    while (flat := re.sub(r"\([^()]*\)", "", sql)) != sql:
        sql = flat
    return "ORDER BY" in sql


def alike(mine: Answer, theirs: Answer, *, ordered: bool) -> bool:
    """Whether two answers are the same, where Materialize and PostgreSQL agree: not in the names of expressions."""
    if mine.oids != theirs.oids or len(mine.rows) != len(theirs.rows):
        return False
    left, right = mine.rows, theirs.rows
    if not ordered:
        left, right = (sorted(rows, key=lambda row: _sort_key(row, mine.oids)) for rows in (left, right))
    return all(
        _same(a, b, oid)
        for mine_row, their_row in zip(left, right, strict=True)
        for a, b, oid in zip(mine_row, their_row, mine.oids, strict=True)
    )


def _sort_key(row: Row, oids: Sequence[int]) -> tuple[Any, ...]:
    return tuple((value is not None, repr(_rounded(value, oid))) for value, oid in zip(row, oids, strict=True))


def _rounded(value: Any, oid: int) -> object:
    """Return a value that is equal for answers that count as the same, for sorting."""
    if value is None:
        return None
    if oid in (*FLOATS, NUMERIC):
        number = float(value)
        return 0.0 if number == 0 else float(f"{number:.11g}")
    return _canonical(value, oid)


def _canonical(value: Any, oid: int) -> object:
    """Return a value without the differences in spelling that are Materialize's own.

    jsonb: Materialize writes no blanks and sorts keys by name, not by length. interval: Materialize writes
    ``month`` where PostgreSQL writes ``mon``, and ``-1 day`` for ``-1 days``.
    """
    if oid == JSONB:
        document = json.loads(value, parse_float=Decimal)
        return json.dumps(document, sort_keys=True, default=lambda number: str(number.normalize()))
    if oid == INTERVAL and isinstance(value, str):
        singular = re.sub(r"\b(year|mon|month|day)s\b", r"\1", value)
        return re.sub(r"\bmon\b", "month", singular)
    return value


def _same(mine: Any, theirs: Any, oid: int) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    if oid == NUMERIC:
        # Materialize leaves trailing zeros out. A quotient has 18 digits behind the point in the engine
        # and about 16 significant ones in PostgreSQL.
        a, b = Decimal(mine), Decimal(theirs)
        return a == b or abs(a - b) <= max(abs(b) * Decimal("1e-15"), Decimal("1e-18"))
    if oid in FLOATS:
        # Materialize writes 1e-7 where PostgreSQL writes 1e-07. Sums and roots may differ in the last digit.
        x, y = float(mine), float(theirs)
        if not (math.isfinite(x) and math.isfinite(y)):
            return repr(x) == repr(y)
        return math.isclose(x, y, rel_tol=1e-12 if oid == 701 else 1e-5, abs_tol=1e-300)
    return _canonical(mine, oid) == _canonical(theirs, oid)
