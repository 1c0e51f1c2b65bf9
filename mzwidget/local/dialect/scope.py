"""What names mean inside a query, and what a statement gathers while it is translated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mzwidget.local.dialect.casts import Cast, cast
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

    from mzwidget.local.dialect.model import Catalog, Relation
    from mzwidget.local.formats.types import Column, Type

MAX_PARAMETERS = 65_535


@dataclass(slots=True)
class Statement:
    """Everything that is gathered over one statement, subqueries included."""

    catalog: Catalog
    types: list[Type | None] = field(default_factory=list)
    inputs: set[str] = field(default_factory=set)
    wakeups: list[str] = field(default_factory=list)
    refusal: SqlError | None = None
    constant: bool = True
    _aliases: int = 0

    def alias(self) -> str:
        """Return a FROM alias that is used nowhere else in the statement."""
        self._aliases += 1
        return f"s{self._aliases}"

    def refuse_maintenance(self, error: SqlError) -> None:
        """Note why the query cannot be maintained; the first reason counts."""
        self.refusal = self.refusal or error

    def read(self, relation: Relation) -> None:
        """Note that the statement reads a relation."""
        self.inputs |= relation.inputs
        self.constant = self.constant and relation.constant
        self.wakeups.extend(wakeup for wakeup in relation.wakeups if wakeup not in self.wakeups)
        if relation.refusal is not None:
            self.refuse_maintenance(relation.refusal)

    def parameter(self, number: int) -> Value:
        """Return ``$number``, with its type if that is known by now."""
        if not 1 <= number <= MAX_PARAMETERS:
            raise SqlError(f"there is no parameter ${number}", "42P02")
        self.types.extend([None] * (number - len(self.types)))
        type_ = self.types[number - 1]
        if type_ is None:
            return Value(f"${number}", t.UNKNOWN, parameter=number)
        return parameter_value(number, type_)

    def settle(self, number: int, type_: Type) -> Value:
        """Give an open parameter its type."""
        if self.types[number - 1] is None:
            self.types[number - 1] = type_.base
        return parameter_value(number, self.types[number - 1] or type_)

    def parameters(self) -> tuple[Type, ...]:
        """Return the parameters' types; one that stayed open is text."""
        return tuple(type_ or t.TEXT for type_ in self.types)


_PARAMETERS = {
    "bool": "CAST(${0} AS BOOLEAN)",
    "int2": "mz_whole(CAST(${0} AS VARCHAR), 'smallint', CAST(${0} AS SMALLINT))",
    "int4": "mz_whole(CAST(${0} AS VARCHAR), 'integer', CAST(${0} AS INTEGER))",
    "int8": "mz_whole(CAST(${0} AS VARCHAR), 'bigint', CAST(${0} AS BIGINT))",
    "float4": "mz_in_range(CAST(${0} AS VARCHAR), 'real', CAST(${0} AS REAL))",
    "float8": "mz_in_range(CAST(${0} AS VARCHAR), 'double precision', CAST(${0} AS DOUBLE))",
    "text": "CAST(${0} AS VARCHAR)",
    "varchar": "CAST(${0} AS VARCHAR)",
    "numeric": "mz_numeric_parameter(CAST(${0} AS VARCHAR))",
    "date": "CAST(${0} AS DATE)",
    "time": "CAST(${0} AS TIME)",
    "timestamp": "CAST(${0} AS TIMESTAMP)",
    "timestamptz": "(CAST(${0} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')",
    "interval": "CAST(${0} AS INTERVAL)",
    "uuid": "CAST(${0} AS UUID)",
}


def parameter_value(number: int, type_: Type) -> Value:
    """Return a bound parameter: text in PostgreSQL's form, or a Python bool, int or float for such a type.

    DuckDB's own casts read what clients send; the checks of casts in a query would be repeated for every
    row of a long VALUES.
    """
    template = _PARAMETERS.get(type_.name)
    if template is not None:
        return Value(template.format(number), type_.base, fallible=type_.name not in ("text", "varchar"))
    return cast(Value(f"CAST(${number} AS VARCHAR)", t.TEXT, fallible=True), type_, Cast.EXPLICIT)


@dataclass(frozen=True, slots=True)
class Source:
    """One item of FROM: its alias in the text, and the columns it offers."""

    name: str
    columns: tuple[Column, ...]
    values: tuple[Value, ...]
    path: tuple[str, ...] = ()

    def find(self, column: str) -> list[Value]:
        """Return the values of the columns of that name."""
        return [value for col, value in zip(self.columns, self.values, strict=True) if col.name == column]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a SELECT groups by, as DuckDB SQL and as it was written."""

    values: tuple[Value, ...] = ()
    nodes: tuple[exp.Expr, ...] = ()

    @property
    def sql(self) -> frozenset[str]:
        """The SQL of all grouping values."""
        return frozenset(value.sql for value in self.values)

    def of(self, node: exp.Expr) -> Value | None:
        """Return the grouping value that was written just so."""
        return next((v for v, n in zip(self.values, self.nodes, strict=True) if n == node), None)


@dataclass(slots=True)
class Scope:
    """The sources that unqualified and qualified columns are looked up in, innermost first."""

    statement: Statement
    sources: list[Source] = field(default_factory=list)
    parent: Scope | None = None
    ctes: dict[str, tuple[tuple[Column, ...], str]] = field(default_factory=dict)
    merged: dict[str, Value] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    correlated: bool = False
    grouping: Grouping | None = None
    inside_aggregate: bool = False

    def child(self) -> Scope:
        """Return the scope of a subquery, which sees this one's columns."""
        return Scope(self.statement, parent=self)

    def cte(self, name: str) -> tuple[tuple[Column, ...], str] | None:
        """Return the columns and SQL of a WITH query in reach."""
        if name in self.ctes:
            return self.ctes[name]
        return self.parent.cte(name) if self.parent is not None else None

    def add(self, source: Source) -> None:
        """Add a FROM item; two may not share a name."""
        if any(other.name == source.name and source.name for other in self.sources):
            raise SqlError(f'table name "{source.name}" specified more than once', "42712")
        self.sources.append(source)

    def column(self, parts: Sequence[str]) -> Value:
        """Return the column that a possibly qualified name means."""
        scope: Scope | None = self
        crossed: list[Scope] = []
        while scope is not None:
            found = scope._own(parts)
            if found is not None:
                for inner in crossed:
                    inner.correlated = True
                return scope.checked(*found)
            crossed.append(scope)
            scope = scope.parent
        if len(parts) == 1 and any(source.name == parts[0] for source in self.sources):
            raise unsupported(f'the whole row of "{parts[0]}" as a value')
        shown = ".".join(parts)
        raise SqlError(f'column "{shown}" does not exist')

    def _own(self, parts: Sequence[str]) -> tuple[Value, str] | None:
        """Return the column of this scope alone, and its qualified name."""
        *qualifier, column = parts
        if not qualifier and column in self.merged:
            return self.merged[column], column
        found: list[tuple[Value, str]] = []
        for source in self.sources:
            if qualifier and not _answers(source, tuple(qualifier)):
                continue
            if not qualifier and (source.name, column) in self.hidden:
                continue
            found += [(value, f"{source.name}.{column}".lstrip(".")) for value in source.find(column)]
        if len(found) > 1:
            raise SqlError(f'column reference "{column}" is ambiguous')
        return found[0] if found else None

    def checked(self, value: Value, shown: str) -> Value:
        """Return a column of this scope, if it may be used here: grouped, or inside an aggregate."""
        if self.grouping is None or self.inside_aggregate or value.sql in self.grouping.sql:
            return value
        message = f'column "{shown}" must appear in the GROUP BY clause or be used in an aggregate function'
        raise SqlError(message, "42803")

    def resolve_table(self, parts: tuple[str, ...]) -> Relation:
        """Return the relation of the catalog by that name."""
        relation = self.statement.catalog.relation(parts)
        if relation is None:
            raise SqlError(f"unknown catalog item '{'.'.join(parts)}'")
        return relation


def _answers(source: Source, qualifier: tuple[str, ...]) -> bool:
    if len(qualifier) == 1:
        return source.name == qualifier[0]
    return bool(source.path) and source.path[-len(qualifier) :] == qualifier


def bind(statement: Statement, value: Value, type_: Type) -> Value:
    """Return the value, an open parameter settled as ``type_``."""
    if value.parameter is None:
        return value
    if type_.name == "unknown":
        raise unsupported(f"parameter ${value.parameter} of unknown type")
    return statement.settle(value.parameter, type_)
