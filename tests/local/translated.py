"""A DuckDB database that understands Materialize's SQL: the dialect without the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from mzwidget.local import dialect
from mzwidget.local.dialect import Relation
from mzwidget.local.dialect.model import Empty
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.formats.encoding import TEXT, carrier, encoder
from mzwidget.local.formats.types import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.formats.types import Type

Row = tuple[str | None, ...]


class Catalog(Empty):
    """Relations by their last name."""

    def __init__(self) -> None:
        self.relations: dict[str, Relation] = {}

    def relation(self, parts: tuple[str, ...]) -> Relation | None:
        return self.relations.get(parts[-1])


class Translated:
    """Runs statements in one DuckDB database at a clock that tests set."""

    def __init__(self, now: int = 1_790_000_000_000) -> None:
        self.connection = duckdb.connect()
        self.catalog = Catalog()
        dialect.install(self.connection)
        self.set_now(now)

    def set_now(self, now: int) -> None:
        self.connection.execute(f"SET VARIABLE mz_now = {now}::UBIGINT")

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run CREATE TABLE, CREATE VIEW or INSERT."""
        view = re.fullmatch(r"\s*CREATE VIEW (\w+) AS (.*)", sql, re.DOTALL | re.IGNORECASE)
        if view is not None:
            name = view[1]
            query = dialect.plan_query(dialect.parse(view[2]), self.catalog)
            path = ("materialize", "public", name)
            self.catalog.relations[name] = dialect.view_relation(".".join(path), path, query, query.columns)
            return
        parsed = dialect.parse(sql)
        if isinstance(parsed, tree.Insert):
            planned = dialect.plan_insert(parsed, self.catalog)
            table = planned.target.rsplit(".", 1)[-1]
            self.connection.execute(f'INSERT INTO "{table}" {planned.rows}', list(parameters))
            return
        assert isinstance(parsed, tree.CreateTable)
        name = parsed.name[-1]
        columns = dialect.plan_columns(parsed)
        stored = ", ".join(f'"{column.name}" {column.type.duckdb}' for column in columns)
        self.connection.execute(f'CREATE TABLE "{name}" ({stored})')
        path = ("materialize", "public", name)
        self.catalog.relations[name] = Relation(
            ".".join(path),
            tuple(Column(column.name, column.type, column.nullable) for column in columns),
            f'"{name}"',
            frozenset([".".join(path)]),
            is_table=True,
            defaults=tuple(column.default for column in columns),
            path=path,
        )

    def plan(self, sql: str, *, types: Sequence[Type | None] = (), maintained: bool = False) -> dialect.Query:
        return dialect.plan_query(dialect.parse(sql), self.catalog, parameter_types=types, maintained=maintained)

    def run(self, query: dialect.Query, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows in text form; DuckDB's errors as the engine tells them."""
        names = [f"c{i}" for i in range(1, len(query.columns) + 1)]
        pairs = zip(names, query.columns, strict=True)
        carried = ", ".join(carrier(f"r.{name}", column.type) for name, column in pairs)
        encoders = [encoder(column.type, TEXT) for column in query.columns]
        sql = f"SELECT {carried} FROM ({query.sql}) AS r({', '.join(names)})"
        try:
            rows = self.connection.execute(sql, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise dialect.evaluation_error(error) from error
        return [
            tuple(None if v is None else encode(v).decode() for encode, v in zip(encoders, row, strict=True))
            for row in rows
        ]

    def query(self, sql: str, *parameters: object) -> list[Row]:
        return self.run(self.plan(sql), parameters)

    def wakeups(self, query: dialect.Query) -> list[int | None]:
        """Return the next changes that the query's temporal filters announce."""
        return [row[0] for wakeup in query.wakeups for row in self.connection.execute(wakeup).fetchall()]
