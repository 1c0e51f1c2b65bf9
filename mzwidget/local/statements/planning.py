"""From a statement to something that can be run: names resolved, queries translated, types known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mzwidget.local import dialect
from mzwidget.local.dialect import Relation
from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import castable, constant
from mzwidget.local.dialect.conditions import contains_mz_now
from mzwidget.local.dialect.functions import MANY
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.keywords import name_in_sql
from mzwidget.local.engine.reading import carried
from mzwidget.local.engine.store import live
from mzwidget.local.engine.subscriptions import Subscription
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.plain import plain_rows
from mzwidget.local.formats.types import TEXT, Column, sql_name
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.spelling import expression_of
from mzwidget.local.statements.system import SystemCatalog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mzwidget.local.engine.catalog import Item
    from mzwidget.local.engine.names import Names
    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.model import Statement

NOT_A_TIMESTAMP = "AS OF or UP TO should be castable to a (non-null) mz_timestamp value"
_SEEN_BY_SESSION = ("information_schema", "mz_introspection", "pg_catalog")
"""What they show depends on who looks."""
_UNMATERIALIZABLE = {"mz_now", "now", "current_timestamp"}


@dataclass(frozen=True)
class Plan:
    """A statement that needs no translation."""

    statement: Statement
    columns: tuple[Column, ...] | None = None
    parameters: tuple[Type, ...] = ()


@dataclass(frozen=True)
class QueryPlan(Plan):
    query: dialect.Query = field(kw_only=True)
    as_of: dialect.Query | SqlError | None = None
    at_least: bool = False
    """Whether it reads now where AS OF asks for the past."""
    costly: bool = False
    """Whether it calls table functions: then it needs the session's cluster, whatever it reads."""
    dated: bool = False
    """Whether it asks at which timestamp it reads."""


@dataclass(frozen=True)
class SubscribePlan(Plan):
    subscription: Subscription = field(kw_only=True)
    as_of: dialect.Query | SqlError | None = None
    up_to: dialect.Query | SqlError | None = None


@dataclass(frozen=True)
class CopyToPlan(Plan):
    source: Plan = field(kw_only=True)


@dataclass(frozen=True)
class DeclarePlan(Plan):
    source: Plan = field(kw_only=True)


@dataclass(frozen=True)
class ExplainPlan(Plan):
    source: QueryPlan | None = None


@dataclass(frozen=True)
class ExecutePlan(Plan):
    """``values`` are queries of one value each: the parameters."""

    name: str = field(kw_only=True)
    values: tuple[dialect.Query, ...] = ()


@dataclass(frozen=True)
class InsertPlan(Plan):
    """``rows`` is DuckDB SQL of the new rows, in the order of the table's columns."""

    target: Item = field(kw_only=True)
    rows: str = field(kw_only=True)
    constant: bool = field(kw_only=True)
    inputs: frozenset[str] = field(kw_only=True)
    returned: str | None = None
    """DuckDB SQL of what RETURNING asks for."""


@dataclass(frozen=True)
class MutatePlan(Plan):
    """UPDATE or DELETE: ``ids`` selects the rows to retract, ``rows`` those to put in their place."""

    target: Item = field(kw_only=True)
    ids: str = field(kw_only=True)
    rows: str | None = field(kw_only=True)
    inputs: frozenset[str] = field(kw_only=True)


def relation_of(name: str, columns: tuple[Column, ...], rows: Sequence[Sequence[Any]]) -> Relation:
    """Return a relation of nothing but some rows."""
    lines = [
        f"({', '.join(constant(value, column.type) for value, column in zip(row, columns, strict=True))})"
        for row in rows
    ]
    nothing = f"(SELECT {', '.join(constant(None, column.type) for column in columns)} WHERE false)"
    return Relation(name, columns, f"(VALUES {', '.join(lines)})" if lines else nothing, frozenset())


class Planner:
    """Plans for one session.

    Parameters
    ----------
    functions : mapping
        What the functions without arguments that tell about the session return, such as ``pg_backend_pid``.
    """

    def __init__(self, names: Names, functions: Mapping[str, str | int | None]) -> None:
        self.names = names
        self._functions = functions

    def query(self, statement: statements.Query, types: Sequence[Type | None]) -> QueryPlan:
        parsed = statement.parsed
        query = dialect.plan_query(parsed, self.names, parameter_types=types, once=True, session=self._functions)
        as_of = self.bound(statement.as_of)
        costly = any(isinstance(node, tree.Call) and node.name[-1] in MANY for node in parsed.walk())
        dated = contains_mz_now(parsed)
        return QueryPlan(
            statement,
            query.columns,
            query.parameters,
            query=query,
            as_of=as_of,
            at_least=statement.at_least,
            costly=costly,
            dated=dated,
        )

    def subscribe(self, statement: statements.Subscribe, types: Sequence[Type | None]) -> SubscribePlan:
        parsed = statement.parsed
        self._subscribable(statement.relation)
        query = dialect.plan_query(parsed, self.names, parameter_types=types, session=self._functions)
        subscription = Subscription(
            query,
            snapshot=statement.snapshot,
            progress=statement.progress,
            at_least=statement.at_least,
            upsert_key=statement.upsert_key,
        )
        return SubscribePlan(
            statement,
            subscription.columns,
            query.parameters,
            subscription=subscription,
            as_of=self.bound(statement.as_of),
            up_to=self.bound(statement.up_to),
        )

    def view_query(self, parsed: tree.Query, *, maintained: bool) -> dialect.Query:
        """Translate the body of a view."""
        if any(isinstance(node, tree.Shown) for node in parsed.walk()):
            raise SqlError("SHOW commands are not allowed in views")
        query = dialect.plan_query(parsed, self.names, maintained=maintained, session=self._functions)
        if query.asks_session:
            raise unsupported("a view of what each session answers otherwise")
        if self.names.used_system and maintained:
            raise unsupported("a materialized view of the system catalog")
        for schema in _SEEN_BY_SESSION:
            if any(id_.startswith(f"~{schema}.") for id_ in self.names.used_system):
                raise unsupported(f"a view of {schema}")
        return query

    def key(self, expr: tree.Expr, relation: Relation) -> str | None:
        """Translate the key of an index; return the column that it is, None for another expression."""
        return dialect.plan_key(expr, relation.columns, self.names, self._functions)

    def table_columns(self, parsed: tree.Node) -> tuple[dialect.ColumnDefinition, ...]:
        """Translate the columns of a CREATE TABLE statement."""
        return dialect.plan_columns(parsed, self.names, lambda text: expression_of(text, self.names))

    def insert(self, statement: statements.Write, types: Sequence[Type | None]) -> InsertPlan:
        parsed = statement.parsed
        assert isinstance(parsed, tree.Insert)
        target = self._writable(parsed.table, "insert into")
        dml = dialect.plan_insert(parsed, self.names, parameter_types=types, session=self._functions)
        _refuse_mz_now(parsed)
        self._refuse_system()
        return InsertPlan(
            statement,
            dml.columns,
            dml.parameters,
            target=target,
            rows=dml.rows,
            constant=not dml.inputs,
            inputs=dml.inputs,
            returned=dml.returning and carried(dml.returning, dml.columns or ()),
        )

    def _writable(self, parts: tuple[str, ...], verb: str) -> Item:
        """Return the table of that name; what is none is told so."""
        item = self.names.find(parts)
        if item is None and (found := self.names.relation(parts)) is not None:
            kind = SystemCatalog.kind(*found.path[-2:])
            raise SqlError(f"cannot {verb} {kind} '{found.name}'")
        item = item or self.names.item(parts)
        if item.kind != "table":
            raise SqlError(f"cannot {verb} {item.kind} '{item.full_name}'")
        return item

    def copied_rows(self, target: Item, columns: Sequence[str], *, simple: bool = False) -> str:
        """DuckDB SQL that turns the texts of `columns` into rows of `target`.

        They are given as lists ``$1`` …, or where `simple` as lines of fields with tabs between, all in ``$1``.
        """
        names = [f"t{index}" for index in range(len(columns))]
        if simple:
            fields = ", ".join(rf"nullif(f[{index + 1}], '\N') AS {name}" for index, name in enumerate(names))
            lines = "string_split(CAST($1 AS VARCHAR), chr(10))"
            source = f"(SELECT {fields} FROM (SELECT string_split(unnest({lines}), chr(9)) AS f))"
        else:
            lists = (f"unnest(CAST(${index + 1} AS VARCHAR[])) AS {name}" for index, name in enumerate(names))
            source = f"(SELECT {', '.join(lists)})"
        scope = self.names
        scope.extra["~copied"] = Relation("~copied", tuple(Column(name, TEXT) for name in names), source, frozenset())
        types = {column.name: column.type for column in target.columns}
        named = ", ".join(map(name_in_sql, columns))
        for column in columns:
            if column not in types:
                raise SqlError(f'column "{column}" of relation "{target.full_name}" does not exist')
        casts = ", ".join(_from_text(name, types[column]) for name, column in zip(names, columns, strict=True))
        table = ".".join(map(name_in_sql, target.path))
        parsed = dialect.parse(f'INSERT INTO {table} ({named}) SELECT {casts} FROM "~copied"')
        return dialect.plan_insert(parsed, scope).rows

    def plain_rows(self, target: Item, columns: Sequence[str]) -> str | None:
        """DuckDB SQL of the rows of such lines that fails where a field must be cast; None if one always must."""
        assert target.relation is not None
        known = {column.name: column for column in target.columns}
        plain = plain_rows([known[name] for name in columns])
        if plain is None:
            return None
        row = dialect.row_of(target.relation, {name: f"c{index}" for index, name in enumerate(columns, 1)})
        return f"SELECT {row} FROM ({plain})"

    def mutate(self, statement: statements.Write, types: Sequence[Type | None]) -> MutatePlan:
        """Plan UPDATE and DELETE as queries: the ids of the rows to retract, and the new rows."""
        parsed = statement.parsed
        assert isinstance(parsed, tree.Update | tree.Delete)
        target = self._writable(parsed.table, "mutate")
        _refuse_mz_now(parsed)
        planned = dialect.plan_mutation(
            parsed,
            self.names,
            row_ids=live(target.storage, target.columns, row_id=True),
            parameter_types=types,
            session=self._functions,
        )
        self._refuse_system()
        return MutatePlan(
            statement,
            parameters=planned.parameters,
            target=target,
            ids=planned.ids,
            rows=planned.rows,
            inputs=planned.inputs | {target.id},
        )

    def _refuse_system(self) -> None:
        """Refuse a write that reads what the engine tells of itself."""
        if self.names.used_system:
            raise unsupported("a write that reads the system catalog")

    def _subscribable(self, parts: tuple[str, ...] | None) -> None:
        item = None if parts is None else self.names.find(parts)
        if item is not None and item.relation is None:
            raise SqlError(f"'{item.full_name}' cannot be subscribed to because it is a {item.kind}")

    def over(self, columns: tuple[Column, ...], rows: Sequence[Sequence[Any]], where: tree.Expr) -> dialect.Query:
        """Translate the query of those of some rows for which a condition holds."""
        self.names.extra["~shown"] = relation_of("~shown", columns, rows)
        return dialect.plan_query(tree.everything(("~shown",), where), self.names, session=self._functions)

    def constant(self, expr: tree.Expr, kind: Type, number: int) -> dialect.Query:
        """Translate an expression that reads nothing, as a value of the type of a statement's parameter."""
        given = dialect.plan_argument(expr, self.names, self._functions, "EXECUTE")
        if not castable(given, kind, Context.ASSIGNMENT):
            kinds = f"expected {sql_name(kind)}, got {sql_name(given)}"
            raise SqlError(f"unable to cast given parameter ${number}: {kinds}")
        parsed = _value(expr, dialect.parse_type(dialect.sql_type(kind)))
        query = dialect.plan_query(parsed, self.names, session=self._functions)
        if not query.constant:
            raise SqlError("EXECUTE takes only constants", "0A000")
        return query

    def bound(self, expr: tree.Expr | None) -> dialect.Query | SqlError | None:
        """Translate the constant of AS OF or UP TO; what is wrong with it is an error only when it runs."""
        if expr is None:
            return None
        try:
            dialect.plan_argument(expr, self.names, {}, "AS OF or UP TO")
        except SqlError as error:
            return error
        try:
            parsed = _value(expr, tree.TypeName("named", ("mz_timestamp",)))
            if any(_last_name(node) in _UNMATERIALIZABLE for node in parsed.walk()):
                return SqlError("calling an unmaterializable function in AS OF or UP TO not yet supported")
            query = dialect.plan_query(parsed, self.names)
        except SqlError as error:
            cast = re.search(r"from (.+) to mz_timestamp|cannot cast type (.+) to mz_timestamp", error.message)
            if cast is not None:
                kind = cast[1] or cast[2]
                return SqlError(f"AS OF or UP TO does not support casting from {kind} to mz_timestamp")
            told = error.sqlstate == "0A000" or error.message.endswith(" does not exist")
            return error if told else SqlError(NOT_A_TIMESTAMP)
        if not query.constant or query.parameters:
            return SqlError(NOT_A_TIMESTAMP)
        return query


def _value(expr: tree.Expr, type_: tree.TypeName) -> tree.Query:
    """Return the query of one value of a type."""
    return tree.Query(tree.Select((tree.SelectItem(tree.Cast(expr, type_)),)))


def _last_name(node: tree.Node) -> str:
    if isinstance(node, tree.Call):
        return node.name[-1]
    return node.parts[-1] if isinstance(node, tree.Name) else ""


def _from_text(name: str, kind: Type) -> str:
    return name if kind.name in {"text", "varchar", "bpchar"} else f"CAST({name} AS {dialect.sql_type(kind.base)})"


def _refuse_mz_now(parsed: tree.Node) -> None:
    if any(isinstance(part, tree.Call) and part.name[-1] == "mz_now" for part in parsed.walk()):
        raise SqlError("calls to mz_now in write statements are not supported", "0A000")
