"""Scalar expressions: from the syntax tree to typed DuckDB SQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mzwidget.local.dialect import aggregates, functions, operators
from mzwidget.local.dialect.casts import STRINGS, Cast, number
from mzwidget.local.dialect.conditions import conjuncts, connect, contains_mz_now, ordered, temporal_error
from mzwidget.local.dialect.names import fold, function_name
from mzwidget.local.dialect.operators import coerce, unify
from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.dialect.values import Value, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Scope

MZ_NOW = Value("CAST(getvariable('mz_now') AS UBIGINT)", t.MZ_TIMESTAMP)
_NOW = "make_timestamp(CAST(getvariable('mz_now') AS BIGINT) * 1000)"

PlanSubquery = Callable[[exp.Expr, "Scope"], tuple[tuple[t.Column, ...], str]]


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

    def value(self, node: exp.Expr | None) -> Value:
        """Return the expression's value; its type may still be ``unknown``."""
        if node is None:
            raise SqlError("Expected an expression beside every operator", "42601")
        grouping = self.scope.grouping
        if grouping and grouping.values and not self.scope.inside_aggregate and not isinstance(node, exp.Column):
            grouped = grouping.of(node) or self._grouped(node)
            if grouped is not None:
                return grouped
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            return handler(self, node)
        name = function_name(node)
        if name is not None:
            return self._call(name, node if isinstance(node, exp.Anonymous) else node.expression)
        raise unsupported(_described(node))

    def typed(self, node: exp.Expr) -> Value:
        """Return the expression's value; what is still untyped is text."""
        value = self.value(node)
        return coerce(self.statement, value, t.TEXT) if value.type.name == "unknown" else value

    def condition(self, node: exp.Expr, clause: str) -> Value:
        """Return a boolean."""
        value = self.value(node)
        if value.type.name == "unknown":
            value = coerce(self.statement, value, t.BOOL)
        if value.type.name != "bool":
            message = f"argument of {clause} must be type boolean, not type {t.sql_name(value.type)}"
            raise SqlError(message, "42804")
        return value

    def _grouped(self, node: exp.Expr) -> Value | None:
        grouping, self.scope.grouping = self.scope.grouping, None
        try:
            value = self.value(node)
        except SqlError:
            return None
        finally:
            self.scope.grouping = grouping
        return value if grouping is not None and value.sql in grouping.sql else None

    # leaves

    def _literal(self, node: exp.Literal) -> Value:
        text = node.name
        if node.is_string:
            return Value(quote_text(text), t.UNKNOWN, literal=text)
        if re.fullmatch(r"\d+", text):
            whole = int(text)
            if whole < 2**31:
                return Value(f"CAST({whole} AS INTEGER)", t.INT4, literal=text)
            if whole < 2**63:
                return Value(f"CAST({whole} AS BIGINT)", t.INT8, literal=text)
        if not re.fullmatch(r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?", text):
            raise SqlError(f'Expected a number, found "{text}"', "42601")
        return number(text)

    def _escaped(self, node: exp.ByteString) -> Value:
        return Value(quote_text(node.name), t.UNKNOWN, literal=node.name)

    def _null(self, _: exp.Null) -> Value:
        return Value("NULL", t.UNKNOWN)

    def _boolean(self, node: exp.Boolean) -> Value:
        return Value("true" if node.this else "false", t.BOOL)

    def _parameter(self, node: exp.Parameter) -> Value:
        if not node.name.isdigit():
            raise unsupported(f"parameter ${node.name}")
        return self.statement.parameter(int(node.name))

    def _column(self, node: exp.Column) -> Value:
        if isinstance(node.this, exp.Star):
            raise SqlError("* is not allowed here", "42601")
        return self.scope.column([fold(part) for part in node.parts])

    def _interval(self, node: exp.Interval) -> Value:
        unit = node.args.get("unit")
        if not isinstance(node.this, exp.Literal) or isinstance(unit, exp.IntervalSpan):
            raise unsupported(f"the interval {node.sql('materialize')}")
        text = f"{node.this.name} {unit.name.lower()}" if unit is not None else node.this.name
        return coerce(self.statement, Value(quote_text(text), t.UNKNOWN, literal=text), t.INTERVAL)

    def _current_date(self, _: exp.CurrentDate) -> Value:
        return Value(f"CAST({self._now().sql} AS DATE)", t.DATE)

    def _current_timestamp(self, node: exp.CurrentTimestamp) -> Value:
        if node.this is not None:
            raise unsupported("current_timestamp with a precision")
        return self._now()

    def _now(self) -> Value:
        self.statement.constant = False
        self.statement.refuse_maintenance(SqlError("cannot materialize call to current_timestamp", "0A000"))
        return Value(_NOW, t.TIMESTAMPTZ)

    # operators

    def _paren(self, node: exp.Paren) -> Value:
        return self.value(node.this)

    def _arithmetic(self, node: exp.Binary) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        return operators.arithmetic(self.statement, _ARITHMETIC[type(node)], left, right)

    def _power(self, node: exp.Pow) -> Value:
        return functions.call(self.statement, "power", [self.value(node.this), self.value(node.expression)])

    def _negative(self, node: exp.Neg) -> Value:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            value = self._literal(node.this)
            if value.literal == str(2**63):
                return Value(f"CAST(-{value.literal} AS BIGINT)", t.INT8)
            if value.literal == str(2**31):
                return Value(f"CAST(-{value.literal} AS INTEGER)", t.INT4, literal=f"-{value.literal}")
            sql = (
                value.sql.replace("CAST('", "CAST('-").replace("CAST(", "CAST(-")
                if "'" not in value.sql
                else value.sql.replace("'", "'-", 1)
            )
            return Value(sql, value.type, literal=f"-{value.literal}")
        value = self.value(node.this)
        return operators.negate(coerce(self.statement, value, t.FLOAT8) if value.type.name == "unknown" else value)

    def _compare(self, node: exp.Binary) -> Value:
        operator = _COMPARISONS[type(node)]
        if isinstance(node.right, exp.Any):
            return self._any(node, operator)
        if isinstance(node.left, exp.Tuple) or isinstance(node.right, exp.Tuple):
            return self._compare_rows(node, operator)
        return operators.compare(self.statement, operator, self.value(node.left), self.value(node.right))

    def _compare_rows(self, node: exp.Binary, operator: str) -> Value:
        if not (isinstance(node.left, exp.Tuple) and isinstance(node.right, exp.Tuple)) or operator not in ("=", "<>"):
            raise unsupported(f"comparing rows by {operator}")
        pairs = list(zip(node.left.expressions, node.right.expressions, strict=False))
        if len(node.left.expressions) != len(node.right.expressions):
            raise SqlError("unequal number of entries in row expressions", "42601")
        equal = [operators.compare(self.statement, "=", self.value(a), self.value(b)) for a, b in pairs]
        joined = "(" + " AND ".join(value.sql for value in equal) + ")"
        return Value(joined if operator == "=" else f"(NOT {joined})", t.BOOL, fallible=any(v.fallible for v in equal))

    def _any(self, node: exp.Binary, operator: str) -> Value:
        operand = node.right.this
        while isinstance(operand, exp.Paren):
            operand = operand.this
        if isinstance(operand, exp.Query):
            if operator != "=":
                raise unsupported(f"{operator} ANY (subquery)")
            return self._in_query(self.value(node.left), operand)
        if operator != "=":
            raise unsupported(f"{operator} ANY (array)")
        left, array = self.value(node.left), self.value(operand)
        if array.type.name == "unknown":
            element = t.TEXT if left.type.name in ("unknown", *STRINGS) else left.type.base
            array = coerce(self.statement, array, t.array_of(element))
        if array.type.element is None:
            raise SqlError("op ANY/ALL (array) requires array on right side", "42809")
        a, b = operators.comparable(self.statement, "=", left, Value("x", array.type.element))
        items = array.sql if b.sql == "x" else f"list_transform({array.sql}, lambda x: {b.sql})"
        sql = f"mz_any({a.sql}, {items})"
        return Value(sql, t.BOOL, fallible=a.fallible or array.fallible)

    def _is(self, node: exp.Is) -> Value:
        if isinstance(node.expression, exp.Null):
            value = self.value(node.this)
            if value.parameter is not None:
                value = coerce(self.statement, value, t.TEXT)
            return Value(f"({value.sql} IS NULL)", t.BOOL, fallible=value.fallible)
        if isinstance(node.expression, exp.Boolean):
            condition = self.condition(node.this, "IS")
            word = "TRUE" if node.expression.this else "FALSE"
            return Value(f"({condition.sql} IS NOT DISTINCT FROM {word})", t.BOOL, fallible=condition.fallible)
        raise unsupported(f"IS {node.expression.sql()}")

    def _not(self, node: exp.Not) -> Value:
        condition = self.condition(node.this, "NOT")
        return Value(f"(NOT {condition.sql})", t.BOOL, fallible=condition.fallible)

    def _connector(self, node: exp.Connector) -> Value:
        kind = exp.And if isinstance(node, exp.And) else exp.Or
        word = "AND" if kind is exp.And else "OR"
        return connect(word, [self.condition(part, word) for part in conjuncts(node, kind)])

    def _between(self, node: exp.Between) -> Value:
        value = self.value(node.this)
        low, high = self.value(node.args["low"]), self.value(node.args["high"])
        if node.args.get("symmetric"):
            raise unsupported("BETWEEN SYMMETRIC")
        return connect("AND", [operators.compare(self.statement, ">=", value, low),
                               operators.compare(self.statement, "<=", value, high)])  # fmt: skip

    def _in(self, node: exp.In) -> Value:
        query = node.args.get("query")
        if query is not None:
            return self._in_query(self.value(node.this), query.this if isinstance(query, exp.Subquery) else query)
        if isinstance(node.this, exp.Tuple):
            raise unsupported("IN with rows")
        items = [self.value(item) for item in node.expressions]
        left = self.value(node.this)
        equal = [operators.compare(self.statement, "=", left, item) for item in items]
        if all(" = " in value.sql and value.sql.startswith(f"({left.sql} = ") for value in equal):
            inner = ", ".join(value.sql.removeprefix(f"({left.sql} = ").removesuffix(")") for value in equal)
            return Value(f"({left.sql} IN ({inner}))", t.BOOL, fallible=any(value.fallible for value in equal))
        return connect("OR", equal)

    def _in_query(self, left: Value, query: exp.Expr) -> Value:
        columns, sql = self._plan(query, self.scope)
        if len(columns) != 1:
            raise SqlError("subquery has too many columns", "42601")
        a, b = operators.comparable(self.statement, "=", left, Value("q.c1", columns[0].type))
        return Value(f"({a.sql} IN (SELECT {b.sql} FROM ({sql}) AS q(c1)))", t.BOOL, fallible=True)

    def _exists(self, node: exp.Exists) -> Value:
        query = node.this.this if isinstance(node.this, exp.Subquery) else node.this
        _, sql = self._plan(query, self.scope)
        return Value(f"EXISTS ({sql})", t.BOOL, fallible=True)

    def _scalar_subquery(self, node: exp.Subquery) -> Value:
        columns, sql = self._plan(node, self.scope)
        if len(columns) != 1:
            raise SqlError("subquery must return only one column", "42601")
        return Value(f"({sql})", columns[0].type, fallible=True)

    def _concatenate(self, node: exp.DPipe) -> Value:
        return operators.concatenate(self.statement, self.value(node.left), self.value(node.right))

    def _operator(self, node: exp.Operator) -> Value:
        operator = str(node.args["operator"])
        left, right = self.value(node.this), self.value(node.expression)
        if operator in ("->", "->>"):
            return operators.member(self.statement, operator, left, right)
        if operator in ("#>", "#>>"):
            return operators.members(self.statement, operator, left, right)
        if operator in ("~", "~*"):
            return self._regexp(operator, left, right)
        if operator in ("!~", "!~*"):
            matched = self._regexp(operator[1:], left, right)
            return replace(matched, sql=f"(NOT {matched.sql})")
        raise unsupported(f"operator {operator}")

    def _regexp(self, operator: str, left: Value, right: Value) -> Value:
        pattern = right.literal
        if pattern is None or not re.fullmatch(_PORTABLE_REGEXP, pattern):
            raise unsupported(f"{operator} with any but a simple constant pattern")
        text = coerce(self.statement, left, t.TEXT)
        if operator == "~*":
            if not pattern.isascii():
                raise unsupported("~* with a pattern beyond ASCII")
            return Value(f"regexp_matches({text.sql}, {quote_text(pattern)}, 'i')", t.BOOL, fallible=text.fallible)
        return Value(f"regexp_matches({text.sql}, {quote_text(pattern)})", t.BOOL, fallible=text.fallible)

    def _like(self, node: exp.Like | exp.ILike, escape: str = "\\") -> Value:
        text, pattern = self.value(node.this), self.value(node.expression)
        for value in (text, pattern):
            if value.type.name not in (*STRINGS, "unknown"):
                raise operators.no_operator("~~", text.type, pattern.type)
        if isinstance(node, exp.ILike) and (pattern.literal is None or not pattern.literal.isascii()):
            raise unsupported("ILIKE with a pattern that is not a constant in ASCII")
        text, pattern = coerce(self.statement, text, t.TEXT), coerce(self.statement, pattern, t.TEXT)
        word = "ILIKE" if isinstance(node, exp.ILike) else "LIKE"
        negated = "NOT " if node.args.get("negate") else ""
        sql = f"({text.sql} {negated}{word} {pattern.sql} ESCAPE {quote_text(escape)})"
        return Value(sql, t.BOOL, fallible=True)

    def _escape(self, node: exp.Escape) -> Value:
        escape = node.expression
        if not isinstance(escape, exp.Literal) or not escape.is_string or len(escape.name) != 1:
            raise unsupported("ESCAPE with anything but one constant character")
        if not isinstance(node.this, exp.Like | exp.ILike):
            raise unsupported("ESCAPE here")
        return self._like(node.this, escape.name)

    # compound

    def _cast(self, node: exp.Cast) -> Value:
        if type(node) is not exp.Cast or node.args.get("format") or node.args.get("default"):
            raise unsupported(_described(node))
        target = resolve_type(node.to)
        if isinstance(node.this, exp.Array) and not node.this.expressions and target.element is not None:
            return Value(f"CAST([] AS {target.duckdb})", target)
        return coerce(self.statement, self.value(node.this), target, Cast.EXPLICIT)

    def _case(self, node: exp.Case) -> Value:
        operand = self.value(node.this) if node.this is not None else None
        conditions: list[Value] = []
        results: list[Value] = []
        for branch in node.args["ifs"]:
            if operand is None:
                conditions.append(self.condition(branch.this, "CASE/WHEN"))
            else:
                conditions.append(operators.compare(self.statement, "=", operand, self.value(branch.this)))
            results.append(self.value(branch.args["true"]))
        default = node.args.get("default")
        results.append(self.value(default) if default is not None else Value("NULL", t.UNKNOWN))
        values, type_ = unify(self.statement, results, construct="CASE")
        branches = "".join(
            f" WHEN {condition.sql} THEN {value.sql}" for condition, value in zip(conditions, values, strict=False)
        )
        fallible = any(value.fallible for value in (*conditions, *values))
        return Value(f"(CASE{branches} ELSE {values[-1].sql} END)", type_, fallible=fallible)

    def _array(self, node: exp.Array) -> Value:
        if not node.expressions:
            raise SqlError("cannot determine type of empty array", "42P18")
        values, type_ = unify(self.statement, [self.value(item) for item in node.expressions], construct="ARRAY")
        if type_.element is not None:
            raise unsupported("arrays of arrays")
        inner = ", ".join(value.sql for value in values)
        array = t.array_of(type_.base)
        return Value(f"CAST([{inner}] AS {array.duckdb})", array, fallible=any(value.fallible for value in values))

    def _subscript(self, node: exp.Bracket) -> Value:
        array = self.value(node.this)
        if array.type.element is None or len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
            raise unsupported(f"[…] on {t.sql_name(array.type)}")
        index = coerce(self.statement, self.value(node.expressions[0]), t.INT4, Cast.ASSIGNMENT)
        sql = f"list_extract({array.sql}, nullif(greatest({index.sql}, 0), 0))"
        return Value(sql, array.type.element, fallible=array.fallible or index.fallible)

    def _at_time_zone(self, node: exp.AtTimeZone) -> Value:
        return functions.at_time_zone(self.statement, self.value(node.this), self.value(node.args["zone"]))

    def _extract(self, node: exp.Extract) -> Value:
        return functions.part(self.statement, node.this.name, self.value(node.expression), exact=True)

    def _position(self, node: exp.StrPosition) -> Value:
        return functions.call(self.statement, "position", [self.value(node.this), self.value(node.args["substr"])])

    def _substring(self, node: exp.Substring) -> Value:
        start = node.args.get("start")
        arguments = [node.this, start if start is not None else exp.Literal.number(1)]
        if node.args.get("length") is not None:
            arguments.append(node.args["length"])
        return functions.call(self.statement, "substring", [self.value(argument) for argument in arguments])

    def _trim(self, node: exp.Trim) -> Value:
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position")).upper(), "btrim")
        arguments = [node.this] + ([node.expression] if node.args.get("expression") is not None else [])
        return functions.call(self.statement, name, [self.value(argument) for argument in arguments])

    # calls

    def _call(self, name: str, node: exp.Anonymous) -> Value:
        if aggregates.is_aggregate(name):
            return self._aggregate(name, node, None)
        if name == "mz_now" and not node.expressions:
            self.statement.constant = False
            self.statement.refuse_maintenance(temporal_error(node))
            return MZ_NOW
        if name in ("now", "current_timestamp", "transaction_timestamp") and not node.expressions:
            return self._now()
        if any(isinstance(argument, exp.Star | exp.Distinct | exp.Order | exp.Alias) for argument in node.expressions):
            raise unsupported(f"{name} with these arguments")
        return functions.call(self.statement, name, [self.value(argument) for argument in node.expressions])

    def _filter(self, node: exp.Filter) -> Value:
        name = function_name(node.this)
        if name is None or not aggregates.is_aggregate(name):
            raise SqlError("FILTER specified, but function is not an aggregate", "42809")
        return self._aggregate(name, node.this, node.expression.this)

    def _aggregate(self, name: str, node: exp.Anonymous, condition: exp.Expr | None) -> Value:
        scope = self.scope
        if scope.inside_aggregate:
            raise SqlError("aggregate function calls cannot be nested", "42803")
        if scope.grouping is None:
            raise SqlError(f"aggregate functions are not allowed here ({name})", "42803")
        scope.inside_aggregate, correlated, scope.correlated = True, scope.correlated, False
        try:
            value = self._aggregated(name, list(node.expressions), condition)
            if scope.correlated:
                raise unsupported(f"{name} of an outer query's column")
        finally:
            scope.inside_aggregate = False
            scope.correlated = scope.correlated or correlated
        return value

    def _aggregated(self, name: str, nodes: list[exp.Expr], condition: exp.Expr | None) -> Value:
        order: list[exp.Ordered] = []
        distinct = ""
        if nodes and isinstance(nodes[-1], exp.Order):
            order = nodes[-1].expressions
            nodes[-1] = nodes[-1].this
        if nodes and isinstance(nodes[0], exp.Distinct):
            distinct, nodes = "DISTINCT ", [*nodes[0].expressions, *nodes[1:]]
            if nodes and isinstance(nodes[-1], exp.Order):
                order, nodes[-1] = nodes[-1].expressions, nodes[-1].this
        if nodes and isinstance(nodes[0], exp.Star):
            nodes = []
        arguments = aggregates.prepare(self.statement, name, [self.value(node) for node in nodes])
        inner = distinct + (", ".join(value.sql for value in arguments) or "*")
        if order:
            if distinct and any(self.typed(item.this).sql != arguments[0].sql for item in order):
                message = "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list"
                raise SqlError(message, "42P10")
            inner += " ORDER BY " + ", ".join(ordered(self.typed(item.this), item) for item in order)
        elif distinct and name in ("array_agg", "string_agg"):
            inner += f" ORDER BY {arguments[0].sql} ASC NULLS LAST"
        suffix = ""
        if condition is not None:
            if contains_mz_now(condition):
                self.statement.refuse_maintenance(temporal_error(condition))
            suffix = f" FILTER (WHERE {self.condition(condition, 'FILTER').sql})"
        return aggregates.aggregate(self.statement, name, arguments, lambda function: f"{function}({inner}){suffix}")


def _described(node: exp.Expr) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()
    return f"{words} ({node.sql('materialize')[:80]})"


_PORTABLE_REGEXP = r"\^?(?:[.\w \-,:;/@#%&=<>!\"']|\\[.^$*+?()\[\]{}|\\]|\[\^?[\w \-]+\]|[*+?|()](?![*+?]))*\$?"
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
_HANDLERS: dict[type[exp.Expr], Callable[[Expressions, Any], Value]] = {
    exp.Literal: Expressions._literal,
    exp.ByteString: Expressions._escaped,
    exp.Null: Expressions._null,
    exp.Boolean: Expressions._boolean,
    exp.Parameter: Expressions._parameter,
    exp.Column: Expressions._column,
    exp.Interval: Expressions._interval,
    exp.CurrentDate: Expressions._current_date,
    exp.CurrentTimestamp: Expressions._current_timestamp,
    exp.Paren: Expressions._paren,
    exp.Pow: Expressions._power,
    exp.Neg: Expressions._negative,
    exp.Is: Expressions._is,
    exp.Not: Expressions._not,
    exp.And: Expressions._connector,
    exp.Or: Expressions._connector,
    exp.Between: Expressions._between,
    exp.In: Expressions._in,
    exp.Exists: Expressions._exists,
    exp.Subquery: Expressions._scalar_subquery,
    exp.DPipe: Expressions._concatenate,
    exp.Operator: Expressions._operator,
    exp.Like: Expressions._like,
    exp.ILike: Expressions._like,
    exp.Escape: Expressions._escape,
    exp.Cast: Expressions._cast,
    exp.Case: Expressions._case,
    exp.Array: Expressions._array,
    exp.Bracket: Expressions._subscript,
    exp.AtTimeZone: Expressions._at_time_zone,
    exp.Extract: Expressions._extract,
    exp.StrPosition: Expressions._position,
    exp.Substring: Expressions._substring,
    exp.Trim: Expressions._trim,
    exp.Filter: Expressions._filter,
    **dict.fromkeys(_ARITHMETIC, Expressions._arithmetic),
    **dict.fromkeys(_COMPARISONS, Expressions._compare),
}
