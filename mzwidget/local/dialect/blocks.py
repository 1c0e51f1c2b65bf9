"""A translated query body, and the text of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mzwidget.local.dialect.calls import coerce
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.offered import Source
from mzwidget.local.dialect.scope import Scope, Statement
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.translating import PlanSubquery
from mzwidget.local.dialect.values import Value, plainly_ordered
from mzwidget.local.errors import unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type


@dataclass(slots=True)
class Block:
    """A translated query body: the names and values of its columns, and the text that computes some values.

    `scan`: its rows are rows of one stored table, so that reading them twice costs little.
    """

    names: list[str]
    values: list[Value]
    render: Callable[[Sequence[str]], str]
    distinct: bool = False
    distinct_on: tuple[tree.Expr, ...] = ()
    expressions: Expressions | None = None
    windowed: bool = False
    scan: bool = False

    def row(self) -> list[Value]:
        """Return the row that the columns are computed from."""
        return [] if self.expressions is None or self.windowed else self.expressions.scope.row_values()


def of_rows(statement: Statement, columns: Sequence[Column], sql: str, plan: PlanSubquery) -> Block:
    alias = statement.alias()
    names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
    values = [Value(f"{alias}.c{i}", column.type, nullable=column.nullable) for i, column in enumerate(columns, 1)]
    source = f"({sql}) AS {alias}" + (f"({names})" if columns else "")
    scope = Scope(statement, [Source("", tuple(columns), tuple(values))], clause="ORDER BY clause of a set expression")
    return Block(
        [column.name for column in columns],
        values,
        lambda items: f"SELECT {listed(items)} FROM {source}",
        expressions=Expressions(scope, plan),
    )


def listed(items: Sequence[str]) -> str:
    return ", ".join(items) or "NULL AS c1"


def items_of_block(values: Sequence[Value], letter: str = "c") -> list[str]:
    return [f"{value.sql} AS {letter}{i}" for i, value in enumerate(values, 1)]


def signs(statement: Statement, values: Sequence[Value]) -> list[str]:
    """Return what tells floats of one value apart: stored rows are one if their bytes are, and zero has a sign."""
    if not statement.reads:
        return []
    return [f"CASE WHEN {v.sql} = 0 THEN signbit({v.sql}) END" for v in values if v.type.name in ("float4", "float8")]


def distinct_rows(statement: Statement, values: Sequence[Value], sql: str) -> str:
    """Return the DuckDB query of the rows of one, each once; its columns are c1, c2 and so on."""
    columns = [replace(value, sql=f"c{i}") for i, value in enumerate(values, 1)]
    told = signs(statement, columns)
    by = f" ON ({', '.join([*(column.sql for column in columns), *told])})" if told else ""
    return f"SELECT DISTINCT{by} * FROM ({sql})"


def settle(statement: Statement, value: Value) -> Value:
    return coerce(statement, value, t.TEXT) if value.is_open else value


def hashable(type_: Type, clause: str) -> None:
    if type_.name != "jsonb" and not plainly_ordered(type_):
        raise unsupported(f"{clause} of {t.sql_name(type_)}")
