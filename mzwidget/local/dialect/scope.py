"""What names mean inside a query, and what a statement gathers while it is translated."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from mzwidget.local.dialect import similar
from mzwidget.local.dialect.branching import Branching
from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import cast
from mzwidget.local.dialect.offered import MOST_QUALIFIERS
from mzwidget.local.dialect.values import Value, weighed
from mzwidget.local.dialect.windowing import Windowing
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mzwidget.local.dialect.model import Catalog, Relation
    from mzwidget.local.dialect.offered import Merged, Source
    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.formats.types import Column, Type

_AS_NUMBERS = frozenset(
    {"bool", "int2", "int4", "int8", "float4", "float8", "uint2", "uint4", "uint8", "oid", *t.REGISTERED}
)
_MOST_JOINED = 50
"""Tables and subqueries of one SELECT: DuckDB plans these in a second, more in its square or cube."""
MAX_PARAMETERS = 65_535


@dataclass(slots=True)
class Statement:
    """Everything that is gathered over one statement, subqueries included."""

    catalog: Catalog
    types: list[Type | None] = field(default_factory=list)
    session: Mapping[str, str | int | None] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    wakeups: list[str] = field(default_factory=list)
    refusal: SqlError | None = None
    constant: bool = True
    reads: bool = False
    once: bool = False
    compares_null: bool = False
    """Whether ``=`` or ``<>`` stands beside a NULL, which is never true."""
    asks_session: bool = False
    """Whether it asks what was looked up when it was planned: of the session or of the catalog."""
    ctes: dict[str, str] = field(default_factory=dict)
    _aliases: int = 0

    def alias(self) -> str:
        """Return a FROM alias that is used nowhere else in the statement."""
        self._aliases += 1
        return f"s{self._aliases}"

    def refuse_maintenance(self, error: SqlError) -> None:
        """Note why the query cannot be maintained; the first reason counts."""
        self.refusal = self.refusal or error

    def relation(self, parts: tuple[str, ...]) -> Relation:
        """Return the relation of the catalog by that name."""
        relation = self.catalog.relation(parts)
        if relation is None:
            raise SqlError(f"unknown catalog item '{'.'.join(parts)}'")
        return relation

    def read(self, relation: Relation) -> None:
        """Note that the statement reads a relation."""
        self.inputs |= relation.inputs
        self.reads = self.reads or not relation.constant
        self.constant = self.constant and relation.constant
        self.wakeups.extend(wakeup for wakeup in relation.wakeups if wakeup not in self.wakeups)
        for name, sql in relation.ctes:
            self.ctes.setdefault(name, sql)
        if relation.refusal is not None:
            self.refuse_maintenance(relation.refusal)

    def with_ctes(self, sql: str) -> str:
        """Return a query with the common tables that it may name."""
        if self.ctes:
            sql = "WITH " + ", ".join(f"{name} AS ({body})" for name, body in self.ctes.items()) + " " + sql
        return weighed(sql)

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
        known = self.types[number - 1]
        if known is not None and known != type_.base:
            both = f"{t.sql_name(known)} and {t.sql_name(type_.base)}"
            raise SqlError(
                f"there are contradicting constraints for the type of parameter ${number}: should be both {both}"
            )
        self.types[number - 1] = type_.base
        return parameter_value(number, type_.base)

    def parameters(self) -> tuple[Type, ...]:
        """Return the parameters' types."""
        for number, type_ in enumerate(self.types, 1):
            if type_ is None:
                raise SqlError(f"could not determine data type of parameter ${number}")
        return tuple(type_ for type_ in self.types if type_ is not None)


def parameter_value(number: int, type_: Type) -> Value:
    """Return a bound parameter: text in PostgreSQL's form, or a Python bool, int or float for such a type."""
    if type_.name in _AS_NUMBERS:
        return Value(f"CAST(${number} AS {type_.duckdb})", type_.base)
    text = Value(f"CAST(${number} AS VARCHAR)", t.TEXT)
    if type_.name in ("text", "varchar", "unknown"):
        return text.typed(type_.base)
    return cast(text, type_, Context.EXPLICIT)


@dataclass(slots=True)
class Grouping:
    """The groups of a SELECT: what it groups by and aggregates, as columns of a query of their own."""

    alias: str
    nodes: list[tree.Expr] = field(default_factory=list)
    keys: list[Value] = field(default_factory=list)
    aggregates: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, Value] = field(default_factory=dict)
    """What kind of value each aggregate's column holds."""

    def key(self, sql: str) -> Value | None:
        """Return the column of what is grouped by."""
        for index, value in enumerate(self.keys, 1):
            if value.sql == sql:
                return Value(f"{self.alias}.k{index}", value.type, nullable=value.nullable)
        return None

    def of(self, node: tree.Expr) -> Value | None:
        """Return the column of what was written just so in GROUP BY."""
        for index, (known, value) in enumerate(zip(self.nodes, self.keys, strict=True), 1):
            if known == node:
                return Value(f"{self.alias}.k{index}", value.type, nullable=value.nullable)
        return None

    def add(self, aggregate: Value) -> Value:
        """Return the column of an aggregate."""
        name = self.aggregates.setdefault(aggregate.sql, f"a{len(self.aggregates) + 1}")
        self.kinds.setdefault(name, replace(aggregate, sql=name))
        return Value(f"{self.alias}.{name}", aggregate.type, nullable=aggregate.nullable)

    def values(self) -> list[Value]:
        """Return the columns of the query of groups."""
        keys = [replace(value, sql=f"{self.alias}.k{i}", literal=None) for i, value in enumerate(self.keys, 1)]
        return keys + [replace(value, sql=f"{self.alias}.{value.sql}") for value in self.kinds.values()]

    def items(self) -> str:
        """Return the select list of the query of groups."""
        keys = [f"{value.sql} AS k{index}" for index, value in enumerate(self.keys, 1)]
        found = keys + [f"{sql} AS {name}" for sql, name in self.aggregates.items()]
        return ", ".join(found) or "count(*) AS a0"


@dataclass(slots=True)
class Scope:
    """The sources that unqualified and qualified columns are looked up in, innermost first."""

    statement: Statement
    sources: list[Source] = field(default_factory=list)
    parent: Scope | None = None
    ctes: dict[str, tuple[tuple[Column, ...], str]] = field(default_factory=dict)
    order: list[tuple[int, int]] = field(init=False)
    """Where the sources' columns stand, as places of both: those that a join merges before its others."""
    merged: list[Merged] = field(default_factory=list)
    hidden: set[tuple[int, str]] = field(default_factory=set)
    optional: set[int] = field(default_factory=set)
    """The sources of which an outer join may have no row."""
    tables: dict[tree.Call, Value] = field(default_factory=dict)
    """What the table functions of the select list give."""
    forbidden: set[int] = field(default_factory=set)
    nested: set[int] = field(default_factory=set)
    """The subqueries of its expressions."""
    correlated: bool = False
    of_join: bool = False
    """Stands around a join that has a name of its own."""
    grouping: Grouping | None = None
    inside_aggregate: bool = False
    clause: str = "SELECT clause"
    branching: Branching = field(default_factory=Branching)
    operand: str = ""
    """Of which connective the expression at hand is an operand, such as "AND argument"."""
    windows: Windowing = field(init=False)

    def __post_init__(self) -> None:
        self.windows = Windowing(self.statement.alias)
        self.order = [
            (index, place) for index, source in enumerate(self.sources) for place in range(len(source.values))
        ]

    @property
    def place(self) -> str:
        """Where the expression at hand stands, as messages call it: by the innermost connective, if there is one."""
        return self.operand or self.clause

    @contextmanager
    def within(self, operand: str) -> Iterator[None]:
        """Read the operands of a connective."""
        before, self.operand = self.operand, operand
        try:
            yield
        finally:
            self.operand = before

    def is_named_in(self, sql: str) -> bool:
        """Whether DuckDB SQL names a column of the sources, or of what they are grouped to."""
        return any(f"{alias}." in sql for alias in {value.sql.partition(".")[0] for value in self.row_values()})

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
        if any(source.clashes(other) for other in self.sources):
            raise SqlError(f'table name "{source.name}" specified more than once')
        self.order += [(len(self.sources), place) for place in range(len(source.values))]
        self.sources.append(source)
        self._weigh()

    def bring_forward(self, first: int, values: Sequence[Value]) -> None:
        """Let some columns of a join stand before the others, of which the first is that of a source."""
        own = [(index, place) for index, place in self.order if index >= first]
        of = {id(self.sources[index].values[place]): (index, place) for index, place in own}
        front = [of[id(value)] for value in values if id(value) in of]
        self.order[-len(own) :] = front + [each for each in own if each not in front]

    def placed(self) -> Iterator[tuple[Source, Column, Value]]:
        """Yield the sources' columns as they stand."""
        for index, place in self.order:
            source = self.sources[index]
            yield source, source.columns[place], source.values[place]

    def nest(self, query: tree.Query) -> None:
        """Take note of a subquery of an expression."""
        self.nested.add(id(query))
        self._weigh()

    def _weigh(self) -> None:
        if len(self.sources) + len(self.nested) > _MOST_JOINED:
            raise SqlError(f"statement too long: more than {_MOST_JOINED} tables and subqueries are joined", "54001")

    def column(self, parts: Sequence[str]) -> Value:
        """Return the column that a possibly qualified name means, or the row of the FROM item of that name."""
        found = self.find(parts)
        if found is None:
            raise self._missing(parts)
        return found

    def find(self, parts: Sequence[str]) -> Value | None:
        """Return what a name means, None if it means nothing."""
        *qualifier, name = parts
        for depth, scope in enumerate(self._chain()):
            column = scope._own(parts)
            if column is not None:
                self._cross(depth)
                return scope.checked(*column)
            if qualifier and any(source.answers(tuple(qualifier)) for source in scope.sources):
                return None
        for depth, scope in enumerate(self._chain() if not qualifier else ()):
            source = scope.row(name)
            whole = scope._whole(source, name) if source is not None else None
            if whole is not None:
                self._cross(depth)
                return whole
        return None

    def _chain(self) -> Iterator[Scope]:
        """Yield this scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def _cross(self, depth: int) -> None:
        """Take note that what is ``depth`` scopes further out is referred to."""
        for scope in islice(self._chain(), depth):
            scope.correlated = True

    def _whole(self, source: Source, name: str) -> Value | None:
        """Return a row as one value, of a group what it has of it; None if that is nothing."""
        if source.scalar:
            return self.checked(source.values[0], name)
        found = [(column, value) for of, column, value in self.placed() if of is source]
        if self.grouping is not None and not self.inside_aggregate:
            keys = [key.sql for key in self.grouping.keys]
            found = [each for each in found if each[1].sql in keys]
            found.sort(key=lambda each: keys.index(each[1].sql))
        if not found:
            return None
        items = tuple(self.checked(value, f"{source.name}.{column.name}") for column, value in found)
        nulls = tuple(item.nullable for item in items)
        type_ = t.record_of(tuple((column.name, column.type.as_field) for column, _ in found), nulls)
        packed = ", ".join(f"f{i} := {item.sql}" for i, item in enumerate(items, 1))
        return Value(f"struct_pack({packed})", type_, items=items)

    def row_values(self) -> list[Value]:
        """Return the row of which a SELECT computes its columns: of FROM, or of a group."""
        if self.grouping is not None:
            return self.grouping.values()
        found = [value for *_, value in self.placed()]
        return found + list(self.tables.values())

    def row(self, name: str) -> Source | None:
        """Return the FROM item of that name."""
        return next((source for source in self.sources if source.name == name), None)

    def _missing(self, parts: Sequence[str]) -> SqlError:
        *qualifier, column = parts
        if len(qualifier) > MOST_QUALIFIERS:
            return SqlError(f"qualified name did not have between 1 and 3 components: {'.'.join(qualifier)}")
        prefix = f"{qualifier[-1]}." if qualifier else ""
        found = [prefix + each for each in self._nameable(tuple(qualifier)) if similar.alike(each, column)]
        return SqlError(f'column "{".".join(parts[-2:])}" does not exist', hint=similar.hint(found))

    def _nameable(self, qualifier: tuple[str, ...]) -> Iterator[str]:
        """Yield the names that columns answer to: behind a qualifier those of its table, else all in reach."""
        for scope in self._chain():
            answering = [source for source in scope.sources if source.answers(qualifier)]
            if answering:
                yield from (column.name for source in answering for column in source.columns)
                return
            if not qualifier:
                yield from scope.unqualified()

    def unqualified(self) -> Iterator[str]:
        """Yield the names of the columns that ``*`` stands for."""
        for index, source in enumerate(self.sources):
            yield from (merged.name for merged in self.merged if merged.first == index)
            yield from (column.name for column in source.columns if (index, column.name) not in self.hidden)

    def _own(self, parts: Sequence[str]) -> tuple[Value, str] | None:
        """Return the column of this scope alone, and its qualified name."""
        *qualifier, column = parts
        found: list[tuple[Value, str, int]] = []
        if not qualifier:
            found += [(merged.value, column, -1) for merged in self.merged if merged.name == column]
        for index, source in enumerate(self.sources):
            if qualifier and not source.answers(tuple(qualifier)):
                continue
            if not qualifier and (index, column) in self.hidden:
                continue
            found += [(value, f"{source.name}.{column}".lstrip("."), index) for value in source.find(column)]
        if len(found) > 1:
            raise SqlError(f'column reference "{column}" is ambiguous')
        if not found:
            return None
        if found[0][2] in self.forbidden:
            raise SqlError(
                f'column "{".".join(parts)}" cannot be referenced from this part of the query: the combining JOIN type'
                " must be INNER or LEFT for a LATERAL reference"
            )
        value, shown, index = found[0]
        return replace(value, nullable=True) if index in self.optional else value, shown

    def checked(self, value: Value, shown: str) -> Value:
        """Return a column of this scope, if it may be used here: grouped, or inside an aggregate."""
        if self.grouping is None or self.inside_aggregate:
            return value
        key = self.grouping.key(value.sql)
        if key is not None:
            return key
        raise SqlError(f'column "{shown}" must appear in the GROUP BY clause or be used in an aggregate function')

    def resolve_table(self, parts: tuple[str, ...]) -> Relation:
        """Return the relation of the catalog by that name."""
        return self.statement.relation(parts)
