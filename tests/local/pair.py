"""The same statements on PostgreSQL and on translated DuckDB, and what counts as the same answer."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
from sqlglot import exp

from mzwidget.local import dialect
from mzwidget.local.dialect import Relation
from mzwidget.local.encoding import TEXT, carrier, encoder
from mzwidget.local.errors import SqlError
from mzwidget.local.types import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult

Row = tuple[str | None, ...]
FLOATS = (700, 701)
NUMERIC, JSONB, INTERVAL, INTERVALS = 1700, 3802, 1186, 1187


@dataclass(slots=True)
class Answer:
    """Names, type OIDs and rows in text form; or the error."""

    names: tuple[str, ...] = ()
    oids: tuple[int, ...] = ()
    rows: list[Row] = field(default_factory=list)
    ordered: bool = False
    error: str | None = None
    sqlstate: str | None = None


class Catalog:
    """Relations by their last name."""

    def __init__(self) -> None:
        self.relations: dict[str, Relation] = {}

    def relation(self, parts: tuple[str, ...]) -> Relation | None:
        return self.relations.get(parts[-1])


class Translated:
    """A DuckDB database that understands Materialize's SQL."""

    def __init__(self, now: int = 1_790_000_000_000) -> None:
        self.connection = duckdb.connect()
        self.catalog = Catalog()
        dialect.install(self.connection)
        self.connection.execute(f"SET VARIABLE mz_now = {now}::UBIGINT")

    def set_now(self, now: int) -> None:
        self.connection.execute(f"SET VARIABLE mz_now = {now}::UBIGINT")

    def execute(self, sql: str) -> None:
        """Run CREATE TABLE, CREATE VIEW or INSERT."""
        tree = dialect.parse(sql)
        if isinstance(tree, exp.Insert):
            planned = dialect.plan_insert(tree, self.catalog)
            self.connection.execute(f'INSERT INTO "{planned.target.rsplit(".", 1)[-1]}" {planned.rows}')
            return
        assert isinstance(tree, exp.Create)
        if tree.kind == "TABLE":
            name = tree.this.this.name
            columns = dialect.plan_columns(tree)
            stored = ", ".join(f'"{column.name}" {column.type.duckdb}' for column in columns)
            self.connection.execute(f'CREATE TABLE "{name}" ({stored})')
            full = f"materialize.public.{name}"
            self.catalog.relations[name] = Relation(
                full,
                tuple(Column(column.name, column.type, column.nullable) for column in columns),
                f'"{name}"',
                frozenset([full]),
                is_table=True,
                defaults=tuple(column.default for column in columns),
            )
            return
        name = tree.this.name
        query = dialect.plan_query(tree.expression, self.catalog)
        full = f"materialize.public.{name}"
        self.catalog.relations[name] = Relation(
            full, query.columns, f"({query.sql})", query.inputs | {full}, query.wakeups, query.refusal, query.constant
        )

    def plan(self, sql: str, **options: Any) -> dialect.Query:
        return dialect.plan_query(dialect.parse(sql), self.catalog, **options)

    def run(self, query: dialect.Query, parameters: Sequence[object] = ()) -> list[Row]:
        names = [f"c{i}" for i in range(1, len(query.columns) + 1)]
        carried = ", ".join(
            carrier(f"r.{name}", column.type) for name, column in zip(names, query.columns, strict=True)
        )
        sql = f"SELECT {carried} FROM ({query.sql}) AS r({', '.join(names)})"
        encoders = [encoder(column.type, TEXT) for column in query.columns]
        rows = self.connection.execute(sql, list(parameters)).fetchall()
        return [
            tuple(
                None if value is None else encode(value).decode() for encode, value in zip(encoders, row, strict=True)
            )
            for row in rows
        ]

    def answer(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        try:
            query = self.plan(sql)
            rows = self.run(query, parameters)
        except SqlError as error:
            return Answer(error=error.message, sqlstate=error.sqlstate)
        except duckdb.Error as error:
            told = dialect.evaluation_error(error)
            return Answer(error=told.message, sqlstate=told.sqlstate)
        names = tuple(column.name for column in query.columns)
        return Answer(names, tuple(column.type.oid for column in query.columns), rows, query.ordered)


class Pair:
    """Both databases, with the same tables."""

    def __init__(self, dsn: str) -> None:
        self.postgres = psycopg.connect(dsn, autocommit=True, options="-c TimeZone=UTC -c extra_float_digits=1")
        self.postgres.execute("DROP SCHEMA IF EXISTS differential CASCADE")
        self.postgres.execute("CREATE SCHEMA differential")
        self.postgres.execute("SET search_path = differential")
        self.translated = Translated()

    def execute(self, sql: str) -> None:
        self.postgres.execute(sql.encode())
        self.translated.execute(sql)

    def close(self) -> None:
        self.postgres.close()
        self.translated.connection.close()

    def expected(self, sql: str) -> Answer:
        try:
            cursor = self.postgres.execute(sql.encode())
        except psycopg.Error as error:
            return Answer(error=error.diag.message_primary, sqlstate=error.sqlstate)
        result = cursor.pgresult
        assert result is not None
        return Answer(
            tuple(decoded(result.fname(i)) for i in range(result.nfields)),
            tuple(result.ftype(i) for i in range(result.nfields)),
            _rows(result),
        )


def decoded(name: bytes | None) -> str:
    assert name is not None
    return name.decode()


def _rows(result: PGresult) -> list[Row]:
    return [
        tuple(
            None if (value := result.get_value(row, column)) is None else value.decode()
            for column in range(result.nfields)
        )
        for row in range(result.ntuples)
    ]


def alike(mine: Answer, theirs: Answer) -> bool:
    """Whether two answers are the same, where Materialize and PostgreSQL agree."""
    if (mine.names, mine.oids) != (theirs.names, theirs.oids) or len(mine.rows) != len(theirs.rows):
        return False
    left, right = mine.rows, theirs.rows
    if not mine.ordered:
        left, right = (sorted(rows, key=lambda row: _sort_key(row, mine.oids)) for rows in (left, right))
    return all(
        _same(a, b, oid)
        for mine_row, their_row in zip(left, right, strict=True)
        for a, b, oid in zip(mine_row, their_row, mine.oids, strict=True)
    )


def _sort_key(row: Row, oids: Sequence[int]) -> tuple[Any, ...]:
    return tuple((value is not None, repr(_rounded(value, oid))) for value, oid in zip(row, oids, strict=True))


def _rounded(value: str | None, oid: int) -> object:
    """Return a value that is equal for answers that count as the same, for sorting."""
    if value is None:
        return None
    if oid in (*FLOATS, NUMERIC):
        number = float(value)
        return 0.0 if number == 0 else float(f"{number:.11g}")
    return canonical(value, oid)


def canonical(value: str, oid: int) -> object:
    """Return a value without the differences in spelling that are Materialize's own.

    numeric: Materialize leaves trailing zeros out. jsonb: Materialize writes no blanks and sorts keys by
    name, not by length. interval: Materialize writes ``month`` where PostgreSQL writes ``mon``, and ``-1 day`` for ``-1 days``.
    """
    if oid == JSONB:
        return json.dumps(json.loads(value, parse_float=Decimal), sort_keys=True, default=lambda x: str(x.normalize()))
    if oid in (INTERVAL, INTERVALS):
        singular = re.sub(r"\b(year|mon|month|day)s\b", r"\1", value)
        return re.sub(r"\bmon\b", "month", singular)
    return value


def _same(mine: str | None, theirs: str | None, oid: int) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    if oid == NUMERIC:
        # A quotient has 18 digits behind the point here, about 16 significant ones in PostgreSQL.
        a, b = Decimal(mine), Decimal(theirs)
        if a.is_nan() or b.is_nan():
            return a.is_nan() and b.is_nan()
        return a == b or abs(a - b) <= max(abs(b) * Decimal("1e-15"), Decimal("1e-18"))
    if oid in FLOATS:
        # Sums and transcendental functions may differ in the last digits.
        x, y = float(mine), float(theirs)
        if math.isnan(x) or math.isnan(y) or math.isinf(x) or math.isinf(y):
            return repr(x) == repr(y)
        return x == y or math.isclose(x, y, rel_tol=1e-12 if oid == 701 else 1e-5, abs_tol=1e-300)
    return canonical(mine, oid) == canonical(theirs, oid)
