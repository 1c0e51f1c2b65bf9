"""From a statement to something that can be run: names resolved, queries translated, types known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from mzwidget.local import dialect
from mzwidget.local.dialect import Relation
from mzwidget.local.engine.store import live
from mzwidget.local.engine.subscriptions import Subscription
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.types import INT8, TEXT, Column, sql_name
from mzwidget.local.statements import model as statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mzwidget.local.engine.catalog import Item, Names
    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.model import Statement

NOT_A_TIMESTAMP = "AS OF or UP TO should be castable to a (non-null) mz_timestamp value"
_BARE_FUNCTIONS = {"current_user", "session_user", "current_role", "current_schema", "current_catalog"}
_ROW = Column("~row", INT8, nullable=False)


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
class ExecutePlan(Plan):
    name: str = field(kw_only=True)


@dataclass(frozen=True)
class InsertPlan(Plan):
    """``rows`` is DuckDB SQL of the new rows, in the order of the table's columns."""

    target: Item = field(kw_only=True)
    rows: str = field(kw_only=True)
    constant: bool = field(kw_only=True)


@dataclass(frozen=True)
class MutatePlan(Plan):
    """UPDATE or DELETE: ``ids`` selects the rows to retract, ``rows`` those to put in their place."""

    target: Item = field(kw_only=True)
    ids: str = field(kw_only=True)
    rows: str | None = field(kw_only=True)


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
        tree = self._session_functions(_parsed_query(statement.sql))
        query = dialect.plan_query(tree, self.names, parameter_types=types)
        as_of = self.bound(statement.as_of)
        return QueryPlan(statement, query.columns, query.parameters, query=query, as_of=as_of)

    def subscribe(self, statement: statements.Subscribe, types: Sequence[Type | None]) -> SubscribePlan:
        tree = _parsed_query(statement.query)
        self._subscribable(statement.relation)
        query = dialect.plan_query(tree, self.names, parameter_types=types)
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

    def view_query(self, sql: str, *, maintained: bool) -> dialect.Query:
        """Translate the body of a view."""
        query = dialect.plan_query(_parsed_query(sql), self.names, maintained=maintained)
        if query.parameters:
            raise SqlError("views cannot have parameters", "42P02")
        if self.names.used_system:
            raise unsupported("a view of the system catalog")
        return query

    def table_columns(self, sql: str) -> tuple[dialect.ColumnDefinition, ...]:
        """Translate the columns of a CREATE TABLE statement."""
        tree = dialect.parse(sql)
        if not isinstance(tree, exp.Create):
            raise unsupported("this form of CREATE TABLE")
        tree.set("properties", None)  # TEMPORARY
        return tuple(dialect.plan_columns(tree))

    def insert(self, statement: statements.Write, types: Sequence[Type | None]) -> InsertPlan:
        tree = dialect.parse(statement.sql)
        if not isinstance(tree, exp.Insert):
            raise unsupported("this form of INSERT")
        if tree.args.get("returning"):
            raise unsupported("INSERT … RETURNING")
        dml = dialect.plan_insert(tree, self.names, parameter_types=types)
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        target = self.names.item(tuple(_folded(part) for part in table.parts))
        return InsertPlan(
            statement,
            parameters=dml.parameters,
            target=target,
            rows=dml.rows,
            constant=not dml.inputs,
        )

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
        quoted = ", ".join(_quoted(column) for column in columns)
        for column in columns:
            if column not in types:
                raise SqlError(f'column "{column}" of relation "{target.full_name}" does not exist')
        casts = ", ".join(_from_text(name, types[column]) for name, column in zip(names, columns, strict=True))
        table = ".".join(_quoted(part) for part in target.path)
        tree = dialect.parse(f'INSERT INTO {table} ({quoted}) SELECT {casts} FROM "~copied"')
        assert isinstance(tree, exp.Insert)
        return dialect.plan_insert(tree, scope).rows

    def mutate(self, statement: statements.Write, types: Sequence[Type | None]) -> MutatePlan:
        """Plan UPDATE and DELETE as queries: the ids of the rows to retract, and the new rows."""
        tree = dialect.parse(statement.sql)
        if not isinstance(tree, exp.Update | exp.Delete) or not isinstance(tree.this, exp.Table):
            raise unsupported(f"this form of {statement.verb.upper()}")
        for part in ("from_", "from", "using", "returning", "with_", "with", "order", "limit"):
            if tree.args.get(part):
                raise unsupported(f"{statement.verb.upper()} … {part.rstrip('_').upper()}")
        table = tree.this
        target = self.names.item(tuple(_folded(part) for part in table.parts))
        if target.kind != "table":
            raise SqlError(f"cannot mutate {target.kind} '{target.full_name}'")
        where = tree.args.get("where")

        def select(*expressions: exp.Expr) -> exp.Select:
            chosen = exp.select(*expressions).from_(table.copy())
            return chosen.where(where.this.copy()) if where is not None else chosen

        scope = self.names
        scope.extra["~target"] = Relation(
            target.full_name,
            (_ROW, *target.columns),
            live(target.storage, target.columns, row_id=True),
            frozenset({target.id}),
        )
        alias = table.args.get("alias") or exp.TableAlias(this=table.this.copy())
        source = exp.Table(this=exp.to_identifier("~target", quoted=True), alias=alias.copy())
        ids = exp.select(exp.column("~row", quoted=True)).from_(source)
        if where is not None:
            ids = ids.where(where.this.copy())
        rows, parameters = None, tuple(types)
        if isinstance(tree, exp.Update):
            assigned = _assignments(tree, target)
            values = [assigned.get(column.name, exp.column(column.name, quoted=True)) for column in target.columns]
            insert = exp.Insert(this=_table(target), expression=select(*values))
            dml = dialect.plan_insert(insert, self.names, parameter_types=types)
            rows, parameters = dml.rows, dml.parameters
        found = dialect.plan_query(ids, scope, parameter_types=parameters)
        return MutatePlan(statement, parameters=found.parameters, target=target, ids=found.sql, rows=rows)

    def _subscribable(self, parts: tuple[str, ...] | None) -> None:
        item = None if parts is None else self.names.find(parts)
        if item is not None and item.relation is None:
            raise SqlError(f"'{item.full_name}' cannot be subscribed to because it is a {item.kind}")

    def bound(self, sql: str | None) -> dialect.Query | SqlError | None:
        """Translate the constant of AS OF or UP TO; what is wrong with it is an error only when it runs."""
        if sql is None:
            return None
        tree = _parsed_query(f"SELECT CAST(({sql}) AS mz_timestamp)")
        for call in tree.find_all(exp.Anonymous, exp.CurrentTimestamp):
            if call.name.lower() in {"mz_now", "now", "current_timestamp", ""}:
                return SqlError("calling an unmaterializable function in AS OF or UP TO not yet supported")
        try:
            query = dialect.plan_query(tree, self.names)
        except SqlError as error:
            cast = re.search(r"from (.+) to mz_timestamp|cannot cast type (.+) to mz_timestamp", error.message)
            if cast is not None:
                kind = cast[1] or cast[2]
                return SqlError(f"AS OF or UP TO does not support casting from {kind} to mz_timestamp")
            return SqlError(NOT_A_TIMESTAMP) if error.sqlstate != "0A000" else error
        if not query.constant or query.parameters:
            return SqlError(NOT_A_TIMESTAMP)
        return query

    def _session_functions(self, tree: exp.Expr) -> exp.Expr:
        """Put in place what functions such as ``pg_backend_pid()`` or ``current_user`` say of this session."""
        for call in list(tree.find_all(exp.Anonymous, exp.Column)):
            name = _session_function(call)
            if name not in self._functions:
                continue
            value = self._functions[name]
            constant: exp.Expr = exp.Literal.number(value)
            if not isinstance(value, int):
                constant = exp.cast(exp.null() if value is None else exp.Literal.string(value), "text")
            if isinstance(call.parent, exp.Select):
                constant = exp.alias_(constant, name, quoted=True)
            call.replace(constant)
        return tree


def _session_function(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return "" if node.expressions else str(node.this).lower()
    bare = isinstance(node, exp.Column) and not node.table and not node.this.args.get("quoted")
    return node.name.lower() if bare and node.name.lower() in _BARE_FUNCTIONS else ""


def _parsed_query(sql: str) -> exp.Query | exp.Values:
    tree = dialect.parse(sql)
    if not isinstance(tree, exp.Query | exp.Values):
        raise unsupported("this form of SELECT")
    return tree


def _folded(identifier: exp.Expr) -> str:
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _from_text(name: str, kind: Type) -> str:
    return name if kind.name in {"text", "varchar", "bpchar"} else f"CAST({name} AS {sql_name(kind)})"


def _table(item: Item) -> exp.Table:
    database, schema, name = ("", *item.path)[-3:]
    return exp.table_(name, schema, database or None, quoted=True)


def _assignments(tree: exp.Update, target: Item) -> dict[str, exp.Expr]:
    known = {column.name for column in target.columns}
    assigned: dict[str, exp.Expr] = {}
    for assignment in tree.expressions:
        if not isinstance(assignment, exp.EQ) or not isinstance(assignment.this, exp.Column):
            raise unsupported("this form of SET in UPDATE")
        name = _folded(assignment.this.this)
        if name not in known:
            raise SqlError(f'column "{name}" does not exist')
        if name in assigned:
            raise SqlError(f'column "{name}" set twice in UPDATE statement')
        assigned[name] = assignment.expression.copy()
    return assigned


def locate(error: SqlError, sql: str, statement: Statement) -> None:
    """Make the position of an error in a nested query one in the whole statement."""
    nested = getattr(getattr(statement, "source", statement), "query", None)
    if error.position and isinstance(nested, str):
        at = sql.find(nested)
        error.position = error.position + at if at >= 0 else None
