"""Scalar expressions: from the syntax tree to typed DuckDB SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import choosing, composites, functions, objects, patterns, predicates
from mzwidget.local.dialect.aggregation import Aggregation
from mzwidget.local.dialect.calls import call, callable_, coerce, known, misspelt, operate
from mzwidget.local.dialect.castlines import STRINGS, Context
from mzwidget.local.dialect.casts import cast, castable, constant, literal, no_cast
from mzwidget.local.dialect.conditions import connect
from mzwidget.local.dialect.functions.operators import COMPARISONS
from mzwidget.local.dialect.model import evaluated_whole, may_fail
from mzwidget.local.dialect.overloads import choose, no_function
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.translating import PlanSubquery
from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.dialect.values import Value, apply, quote_text
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import intervals
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Scope

MZ_NOW = Value("CAST(getvariable('mz_now') AS UBIGINT)", t.MZ_TIMESTAMP)
_NOW = "make_timestamp(CAST(getvariable('mz_now') AS BIGINT) * 1000)"
_INTEGER = re.compile(r"-?\d{1,40}")
_NULLARY = frozenset({"now", "mz_now", "current_timestamp"})
_SESSION_NAMES = frozenset(
    {"current_user", "session_user", "current_role", "current_catalog", "current_schema", "current_database"}
)


_STAND_FOR = {
    "current_role": "current_user",
    "current_catalog": "current_database",
    "current_schema": "current_schemas(false)",
}
"""By which function Materialize defines another."""


class Expressions:
    """Translates expressions within one scope.

    Parameters
    ----------
    scope : Scope
    plan_subquery : callable
        Plans a nested query in a child scope: its columns and SQL.
    """

    def __init__(self, scope: Scope, plan_subquery: PlanSubquery) -> None:
        self.scope = scope
        self.statement = scope.statement
        self._plan = plan_subquery
        self.aggregation = Aggregation(self)

    def plan(self, query: tree.Query) -> tuple[tuple[t.Column, ...], str]:
        """Return the columns and SQL of a subquery."""
        scope = self.scope
        scope.nest(query)
        return scope.branching.plan(self.stand_in(), lambda: self._plan(query, scope), scope.is_named_in)

    def value(self, node: tree.Expr) -> Value:
        """Return the expression's value; its type may still be ``unknown``."""
        grouping = self.scope.grouping
        if grouping is not None and grouping.nodes and not self.scope.inside_aggregate:
            found = grouping.of(node) or self._grouped(node)
            if found is not None:
                return found
        return _HANDLERS[type(node)](self, node)

    def values(self, nodes: Sequence[tree.Expr]) -> list[Value]:
        return [self.value(node) for node in nodes]

    def typed(self, node: tree.Expr) -> Value:
        """Return the expression's value; what is still untyped is text."""
        value = self.value(node)
        return coerce(self.statement, value, t.TEXT) if value.is_open else value

    def condition(self, node: tree.Expr) -> Value:
        """Return a boolean."""
        return self.boolean(self.value(node))

    def boolean(self, value: Value) -> Value:
        """Return a value that is a boolean, or may become one."""
        if value.is_open:
            value = coerce(self.statement, value, t.BOOL)
        if value.type.name != "bool":
            name = t.sql_name(value.type)
            raise SqlError(f"{self.scope.place} must have type boolean, not type {name}")
        return value

    def _grouped(self, node: tree.Expr) -> Value | None:
        """Return the column of what GROUP BY says in other words, such as with a qualified name."""
        grouping = self.scope.grouping
        if grouping is None or not any(type(node) is type(known_) for known_ in grouping.nodes):
            return None
        if isinstance(node, tree.Name):
            return None
        self.scope.grouping = None
        try:
            value = self.value(node)
        except SqlError:
            return None
        finally:
            self.scope.grouping = grouping
        return grouping.key(value.sql)

    # leaves

    def _literal(self, node: tree.Literal) -> Value:
        text = node.value
        match node.kind:
            case "string":
                return Value(quote_text(text), t.UNKNOWN, literal=text, nullable=False)
            case "null":
                return Value("NULL", t.UNKNOWN)
            case "bool":
                return Value(text, t.BOOL, nullable=False)
            case "hex":
                raise SqlError("hex string literals not yet supported")
        if _INTEGER.fullmatch(text):
            whole = int(text)
            if -(2**31) <= whole < 2**31:
                return Value(f"CAST({whole} AS INTEGER)", t.INT4, literal=text, nullable=False)
            if -(2**63) <= whole < 2**63:
                return Value(f"CAST({whole} AS BIGINT)", t.INT8, literal=text, nullable=False)
        found = literal(text.upper(), t.NUMERIC)
        if found.fallible:
            message = f'"{_plain_exponent(text)}" is out of range for type numeric: exceeds maximum precision 39'
            raise SqlError(message)
        return replace(found, literal=text, digits=None)

    def _interval(self, node: tree.IntervalLiteral) -> Value:
        found = intervals.read_interval_between(node.text, node.high, node.low)
        if node.precision is not None:
            found = intervals.rounded(found, node.precision)
        return Value(constant(found, t.INTERVAL), t.INTERVAL, literal=node.text, nullable=False)

    def _parameter(self, node: tree.Parameter) -> Value:
        return self.statement.parameter(node.number)

    def _name(self, node: tree.Name) -> Value:
        name = node.parts[-1]
        try:
            return self.scope.column(node.parts)
        except SqlError as error:
            if len(node.parts) == 1 and "does not exist" in error.message:
                if name == "current_timestamp":
                    return self.now()
                if name in _SESSION_NAMES and name in self.statement.session:
                    return self._session(name)
            raise

    def _session(self, name: str) -> Value:
        self.statement.refuse_maintenance(SqlError(f"cannot materialize call to {_STAND_FOR.get(name, name)}", "0A000"))
        self.statement.asks_session = True
        found = self.statement.session[name]
        if found is None:
            return Value("CAST(NULL AS VARCHAR)", t.TEXT)
        if isinstance(found, str):
            return Value(quote_text(found), t.TEXT)
        return Value(str(found).lower(), t.BOOL if isinstance(found, bool) else t.INT4)

    def now(self) -> Value:
        self.statement.constant = False
        self.statement.refuse_maintenance(
            SqlError(
                "cannot materialize call to current_timestamp",
                "0A000",
                detail="See: https://materialize.com/docs/sql/functions/now_and_mz_now/",
                hint="In temporal filters `mz_now()` may work instead.",
            )
        )
        return Value(_NOW, t.TIMESTAMPTZ, nullable=False)

    def _star(self, node: tree.Star) -> Value:
        """Return a table's row: where no columns are listed, ``t.*`` is the same as ``t``."""
        if not node.qualifier:
            raise SqlError("wildcard in invalid position")
        return self.scope.column(node.qualifier)

    def _default(self, _: tree.Default) -> Value:
        raise SqlError('column "default" does not exist')

    # operators

    def _unary(self, node: tree.Unary) -> Value:
        return operate(self.statement, node.operator, [self.value(node.operand)])

    def _binary(self, node: tree.Binary) -> Value:
        if node.operator in ("~", "~*", "!~", "!~*"):
            return patterns.matches(self.statement, node.operator, self.value(node.left), self.value(node.right))
        left, right = predicates.sides(self, (node.left, node.right))
        if node.operator in COMPARISONS:
            left, right = predicates.null_rows(left, right)
        if left.type.kind == "record" and right.type.kind == "record":
            return predicates.compare_rows(self, node.operator, left, right)
        return operate(self.statement, node.operator, [left, right])

    def compare(self, operator: str, left: Value, right: Value) -> Value:
        left, right = predicates.null_rows(self.settled(left), self.settled(right))
        if left.type.kind == "record" and right.type.kind == "record":
            return predicates.compare_rows(self, operator, left, right)
        return operate(self.statement, operator, [left, right])

    def _not(self, node: tree.Not) -> Value:
        with self.scope.within("NOT argument"):
            operand = self.condition(node.operand)
        tried = f"(NOT {operand.tried})" if operand.tried else ""
        return replace(apply("(NOT {0})", [operand], t.BOOL), nullable=operand.nullable, tried=tried)

    def _logic(self, node: tree.Logic) -> Value:
        word = node.word.upper()
        with self.scope.within(f"{word} argument"):
            return connect(word, [self.condition(part) for part in node.operands])

    def same(self, left: Value, right: Value) -> tuple[Value, Value]:
        """Return both as the type that = compares them as."""
        left, right = predicates.null_rows(left, right)
        if predicates.same_row(left.type, right.type):
            return left, right
        found = choose(functions.OPERATORS["="], known([left, right]))
        wanted = found[0].wanted if len(found) == 1 else [t.TEXT, t.TEXT]
        return coerce(self.statement, left, wanted[0]), coerce(self.statement, right, wanted[1])

    def _cast(self, node: tree.Cast) -> Value:
        target = resolve_type(node.type, self.statement.catalog)
        if isinstance(node.operand, tree.Array):
            value = composites.array(self, node.operand, target)
        elif isinstance(node.operand, tree.Map):
            value = composites.map_(self, node.operand, target)
        else:
            value = self.value(node.operand)
        if target.name in t.REGISTERED and value.type.name in STRINGS:
            return objects.registered(self.statement, cast(value, t.TEXT), target)
        if value.type.name in t.REGISTERED and target.name in STRINGS:
            return cast(objects.called(self.statement, value), target, Context.EXPLICIT)
        if value.is_open:
            found = coerce(self.statement, value, target, Context.EXPLICIT)
            return found if target.typmod == -1 else replace(found, type=target)
        if not castable(value.type, target, Context.EXPLICIT):
            raise no_cast(value.type, target)
        return cast(value, target, Context.EXPLICIT)

    def _collate(self, node: tree.Collate) -> Value:
        if node.collation != ("pg_catalog", "default"):
            raise SqlError("COLLATE not yet supported")
        return self.value(node.operand)

    def stand_in(self) -> str:
        return f"${self.statement.alias()}$"

    def settled(self, value: Value) -> Value:
        """Return a parameter with the type that it has been given meanwhile."""
        return value if value.parameter is None else self.statement.parameter(value.parameter)

    def _exists(self, node: tree.Exists) -> Value:
        columns, sql = self.plan(node.query)
        if not self.statement.reads and may_fail(sql):
            sql = evaluated_whole(sql, len(columns))
        return Value(f"EXISTS ({sql})", t.BOOL, fallible=True, nullable=False)

    def _subquery(self, node: tree.Subquery) -> Value:
        columns, sql = self.plan(node.query)
        if len(columns) != 1:
            raise SqlError(f"Expected subselect to return 1 column, got {len(columns)} columns")
        return Value(f"({sql})", columns[0].type, fallible=True)

    # calls

    def _call(self, node: tree.Call) -> Value:
        name = node.name[-1]
        if not callable_(node.name, self.statement):
            raise misspelt(".".join(node.name))
        special = self.aggregation.special(node, name)
        if special is not None:
            return special
        if node.arguments and (name in _NULLARY or name in self.statement.session):
            raise no_function(name, known(self.values(node.arguments)))
        if not node.arguments and not node.star:
            if name == "mz_now":
                self.statement.constant = False
                self.statement.refuse_maintenance(SqlError("cannot materialize call to mz_now", "0A000"))
                return MZ_NOW
            if name in ("now", "current_timestamp"):
                return self.now()
            if name == "user" and "current_user" in self.statement.session:
                return self._session("current_user")
            if name in self.statement.session:
                return self._session(name)
        if node.distinct or node.order:
            word = "DISTINCT" if node.distinct else "ORDER BY"
            raise SqlError(f"{word} specified, but {name} is not an aggregate function")
        if node.star:
            raise SqlError(f"* argument is invalid with non-aggregate function {name}")
        return call(self.statement, name, self.values(node.arguments))


def _plain_exponent(text: str) -> str:
    return re.sub(r"[eE]\+?(-?\d+)", r"E\1", text)


_HANDLERS: dict[type[tree.Node], Callable[[Expressions, Any], Value]] = {
    tree.Literal: Expressions._literal,
    tree.IntervalLiteral: Expressions._interval,
    tree.Parameter: Expressions._parameter,
    tree.Name: Expressions._name,
    tree.Star: Expressions._star,
    tree.Default: Expressions._default,
    tree.Unary: Expressions._unary,
    tree.Binary: Expressions._binary,
    tree.Not: Expressions._not,
    tree.Logic: Expressions._logic,
    tree.Is: predicates.is_,
    tree.Distinct: predicates.distinct,
    tree.Between: predicates.between,
    tree.InList: predicates.in_list,
    tree.InQuery: predicates.in_query,
    tree.Quantified: predicates.quantified,
    tree.Like: predicates.like,
    tree.Cast: Expressions._cast,
    tree.Collate: Expressions._collate,
    tree.Case: choosing.case,
    tree.Choice: choosing.choice,
    tree.Array: composites.array,
    tree.ArrayQuery: composites.array_query,
    tree.Map: composites.map_,
    tree.Subscript: composites.subscript,
    tree.Field: composites.field,
    tree.Row: composites.row,
    tree.Exists: Expressions._exists,
    tree.Subquery: Expressions._subquery,
    tree.Call: Expressions._call,
}
