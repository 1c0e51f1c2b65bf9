"""Scalar expressions: from the syntax tree to typed DuckDB SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import functions, objects, patterns
from mzwidget.local.dialect.aggregation import Aggregation
from mzwidget.local.dialect.calls import call, coerce, is_elsewhere, known, misspelt, operate, row_of, unify
from mzwidget.local.dialect.casts import STRINGS, Context, cast, castable, constant, literal, no_cast
from mzwidget.local.dialect.conditions import connect
from mzwidget.local.dialect.functions.jsonb import SORT_KEY
from mzwidget.local.dialect.overloads import choose, no_function, unknown_function
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.dialect.values import Value, apply, array_sql, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import moments
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Scope, Statement

MZ_NOW = Value("CAST(getvariable('mz_now') AS UBIGINT)", t.MZ_TIMESTAMP)
_NOW = "make_timestamp(CAST(getvariable('mz_now') AS BIGINT) * 1000)"
_NULLARY = frozenset({"now", "mz_now", "current_timestamp"})
_SESSION_NAMES = frozenset(
    {"current_user", "session_user", "current_role", "current_catalog", "current_schema", "current_database"}
)

PlanSubquery = Callable[[tree.Query, "Scope"], tuple[tuple[t.Column, ...], str]]


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
        self.plan = plan_subquery
        self.aggregation = Aggregation(self)

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

    def condition(self, node: tree.Expr, clause: str) -> Value:
        """Return a boolean."""
        value = self.value(node)
        if value.is_open:
            value = coerce(self.statement, value, t.BOOL)
        if value.type.name != "bool":
            raise SqlError(f"{clause} must have type boolean, not type {t.sql_name(value.type.base)}")
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
        if re.fullmatch(r"-?\d+", text):
            whole = int(text)
            if -(2**31) <= whole < 2**31:
                return Value(f"CAST({whole} AS INTEGER)", t.INT4, literal=text, nullable=False)
            if -(2**63) <= whole < 2**63:
                return Value(f"CAST({whole} AS BIGINT)", t.INT8, literal=text, nullable=False)
        found = literal(text.upper(), t.NUMERIC)
        if found.fallible:
            message = f'"{_plain_exponent(text)}" is out of range for type numeric: exceeds maximum precision 39'
            raise SqlError(message)
        return replace(found, literal=text)

    def _interval(self, node: tree.IntervalLiteral) -> Value:
        if node.precision is not None:
            raise unsupported("an interval literal with a precision")
        found = moments.read_interval_between(node.text, node.leading, node.trailing)
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
                if name in _SESSION_NAMES and not self.statement.session:
                    raise SqlError(f"cannot materialize call to {name}", "0A000") from None
            raise

    def _session(self, name: str) -> Value:
        found = self.statement.session[name]
        if found is None:
            return Value("CAST(NULL AS VARCHAR)", t.TEXT)
        type_ = t.INT4 if isinstance(found, int) else t.TEXT
        return Value(str(found) if isinstance(found, int) else quote_text(found), type_)

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

    def _star(self, _: tree.Star) -> Value:
        raise SqlError("wildcard in invalid position")

    def _default(self, _: tree.Default) -> Value:
        raise SqlError('column "default" does not exist')

    # operators

    def _unary(self, node: tree.Unary) -> Value:
        return operate(self.statement, node.operator, [self.value(node.operand)])

    def _binary(self, node: tree.Binary) -> Value:
        if node.operator in ("~", "~*", "!~", "!~*"):
            return patterns.matches(self.statement, node.operator, self.value(node.left), self.value(node.right))
        left, right = self.value(node.left), self.value(node.right)
        if left.type.kind == "record" and right.type.kind == "record":
            return self._compare_rows(node.operator, left, right)
        return operate(self.statement, node.operator, [left, right])

    def compare(self, operator: str, left: Value, right: Value) -> Value:
        if left.type.kind == "record" and right.type.kind == "record":
            return self._compare_rows(operator, left, right)
        return operate(self.statement, operator, [left, right])

    def _compare_rows(self, operator: str, left: Value, right: Value) -> Value:
        if not left.items or not right.items or operator not in ("=", "<>", "<", "<=", ">", ">="):
            raise unsupported(f"comparing rows by {operator}")
        if len(left.items) != len(right.items):
            raise SqlError("unequal number of entries in row expressions")
        pairs = list(zip(left.items, right.items, strict=True))
        if operator in ("=", "<>"):
            equal = connect("AND", [self.compare("=", a, b) for a, b in pairs])
            return equal if operator == "=" else apply("(NOT {0})", [equal], t.BOOL)
        strict = operator.rstrip("=")
        found = self.compare(operator, *pairs[-1])
        for a, b in reversed(pairs[:-1]):
            rest = connect("AND", [self.compare("=", a, b), found])
            found = connect("OR", [self.compare(strict, a, b), rest])
        return found

    def _not(self, node: tree.Not) -> Value:
        operand = self.condition(node.operand, "NOT argument")
        return replace(apply("(NOT {0})", [operand], t.BOOL), nullable=operand.nullable)

    def _logic(self, node: tree.Logic) -> Value:
        word = node.word.upper()
        return connect(word, [self.condition(part, f"{word} argument") for part in node.operands])

    def _is(self, node: tree.Is) -> Value:
        negated = "NOT " if node.negated else ""
        if node.what in ("null", "unknown"):
            value = self.value(node.operand)
            if node.what == "unknown":
                value = self.condition(node.operand, "IS UNKNOWN argument") if not value.is_open else value
            if value.parameter is not None:
                value = coerce(self.statement, value, t.TEXT)
            if value.type.kind == "record" and value.items and not isinstance(node.operand, tree.Name):
                each = [apply(f"({{0}} IS {negated}NULL)", [item], t.BOOL) for item in value.items]
                return connect("AND", each)
            return replace(apply(f"({{0}} IS {negated}NULL)", [value], t.BOOL), nullable=False)
        condition = self.condition(node.operand, "SELECT clause")
        word = "DISTINCT FROM" if node.negated else "NOT DISTINCT FROM"
        return replace(apply(f"({{0}} IS {word} {node.what})", [condition], t.BOOL), nullable=False)

    def _distinct(self, node: tree.Distinct) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        equal = operate(self.statement, "=", [left, right])
        template = "({0} IS NOT DISTINCT FROM {1})" if node.negated else "({0} IS DISTINCT FROM {1})"
        if equal.type.name != "bool":
            raise unsupported("IS DISTINCT FROM of these types")
        a, b = self._same(left, right)
        return apply(template, [a, b], t.BOOL)

    def _same(self, left: Value, right: Value) -> tuple[Value, Value]:
        """Return both as the type that = compares them as."""
        found = choose(functions.OPERATORS["="], known([left, right]))
        wanted = found[0].wanted if len(found) == 1 else [t.TEXT, t.TEXT]
        return coerce(self.statement, left, wanted[0]), coerce(self.statement, right, wanted[1])

    def _between(self, node: tree.Between) -> Value:
        value, low, high = self.value(node.operand), self.value(node.low), self.value(node.high)
        if node.negated:
            return connect("OR", [self.compare("<", value, low), self.compare(">", value, high)])
        return connect("AND", [self.compare(">=", value, low), self.compare("<=", value, high)])

    def _in(self, node: tree.InList) -> Value:
        left = self.value(node.operand)
        equal = [self.compare("=", left, self.value(item)) for item in node.items]
        prefix = equal[0].sql.partition(" = ")[0] + " = "
        firm = not any(value.fallible for value in equal)
        if (
            firm
            and len(equal) > 1
            and left.type.kind == "scalar"
            and all(each.sql.startswith(prefix) for each in equal)
        ):
            inner = ", ".join(each.sql[len(prefix) : -1] for each in equal)
            found = Value(f"{prefix.removesuffix(' = ')} IN ({inner}))", t.BOOL, depth=max(e.depth for e in equal))
        else:
            found = apply("(" + " OR ".join(e.sql for e in equal) + ")", equal[:0], t.BOOL, fallible=not firm)
            found = replace(found, depth=max(each.depth for each in equal))
        return apply("(NOT {0})", [found], t.BOOL) if node.negated else found

    def _in_query(self, node: tree.InQuery) -> Value:
        columns, sql = self.plan(node.query, self.scope)
        left = self.value(node.operand)
        if left.items and len(left.items) == len(columns):
            parts = [
                self._same(a, Value(f"q.c{i}", c.type))
                for i, (a, c) in enumerate(zip(left.items, columns, strict=True), 1)
            ]
            mine = ", ".join(a.sql for a, _ in parts)
            theirs = ", ".join(b.sql for _, b in parts)
            names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
            found = Value(f"(({mine}) IN (SELECT {theirs} FROM ({sql}) AS q({names})))", t.BOOL, fallible=True)
            return apply("(NOT {0})", [found], t.BOOL) if node.negated else found
        if len(columns) != 1:
            raise SqlError(f"subquery1 has {len(columns)} columns available but 1 columns specified")
        equal = operate(self.statement, "=", [left, Value("q.c1", columns[0].type)])
        a, b = self._same(left, Value("q.c1", columns[0].type))
        found = Value(f"({a.sql} IN (SELECT {b.sql} FROM ({sql}) AS q(c1)))", equal.type, fallible=True)
        return apply("(NOT {0})", [found], t.BOOL) if node.negated else found

    def _quantified(self, node: tree.Quantified) -> Value:
        left = self.value(node.left)
        word = "ALL" if node.every else "ANY"
        if isinstance(node.right, tree.Query):
            columns, sql = self.plan(node.right, self.scope)
            if len(columns) != 1:
                raise SqlError(f"subquery1 has {len(columns)} columns available but 1 columns specified")
            if node.operator.lstrip("!").startswith("~~"):
                raise unsupported(f"LIKE {word} (subquery)")
            item = Value("q.c1", columns[0].type)
            operate(self.statement, node.operator, [left, item])
            a, b = self._same(left, item)
            inner = f"SELECT {b.sql} FROM ({sql}) AS q(c1)"
            return Value(f"({a.sql} {node.operator} {word} ({inner}))", t.BOOL, fallible=True)
        array = self.value(node.right)
        if array.is_open or array.type.element is None or array.type.kind not in ("array", "list"):
            found = choose(functions.TABLES["unnest"], known([array]))
            raise no_function("unnest", known([array]), many=len(found) != 0 or array.is_open)
        depth = max(left.depth, array.depth) + 1
        item = Value(f"v{depth}", array.type.element)
        if node.operator.lstrip("!").startswith("~~"):
            test = patterns.like(
                self.statement, left, item, insensitive=node.operator.endswith("*"), negated=node.operator[0] == "!"
            )
        else:
            test = self.compare(node.operator, left, item)
        tests = f"list_transform({{0}}, lambda v{depth}: {test.sql})"
        decided, other = ("false", "true") if node.every else ("true", "false")
        template = (
            f"CASE WHEN {{0}} IS NULL THEN NULL ELSE (CASE WHEN list_contains({{1}}, {decided}) THEN {decided}"
            f" WHEN len(list_filter({{1}}, lambda y: y IS NULL)) > 0 THEN NULL ELSE {other} END) END"
        )
        items = apply("({0}).items", [array], t.list_of(array.type.element)) if array.type.kind == "array" else array
        listed = apply(tests, [items], t.list_of(t.BOOL), fallible=test.fallible)
        return apply(template, [array, replace(listed, depth=depth)], t.BOOL)

    def _like(self, node: tree.Like) -> Value:
        escape = None
        if node.escape is not None:
            found = self.value(node.escape)
            if found.literal is None:
                raise unsupported("ESCAPE with anything but a constant")
            escape = found.literal
        text, pattern = self.value(node.operand), self.value(node.pattern)
        return patterns.like(
            self.statement, text, pattern, insensitive=node.insensitive, negated=node.negated, escape=escape
        )

    # compound

    def _cast(self, node: tree.Cast) -> Value:
        target = resolve_type(node.type, self.statement.catalog)
        if isinstance(node.operand, tree.Array) and not node.operand.items and target.element is not None:
            return Value(f"CAST({'[]' if target.kind == 'list' else array_sql('[]')} AS {target.duckdb})", target)
        value = self.value(node.operand)
        if target.name in t.REGISTERED and (value.literal is not None or value.type.name in STRINGS):
            if value.literal is None:
                raise unsupported(f"a cast of anything but a constant to {target.name}")
            return objects.registered(self.statement, value.literal, target, lambda: sorted(functions.SCALARS))
        if value.type.name in t.REGISTERED and target.name in STRINGS:
            return cast(objects.called(self.statement, value), target, Context.EXPLICIT)
        if value.is_open:
            found = coerce(self.statement, value, target, Context.EXPLICIT)
            return found if target.typmod == -1 else replace(found, type=target)
        if not castable(value.type, target, Context.EXPLICIT):
            raise no_cast(value.type, target)
        return cast(value, target, Context.EXPLICIT)

    def _collate(self, node: tree.Collate) -> Value:
        self.value(node.operand)
        raise SqlError("COLLATE not yet supported")

    def _case(self, node: tree.Case) -> Value:
        conditions: list[Value] = []
        if node.operand is None:
            conditions = [self.condition(test, self.scope.clause) for test, _ in node.branches]
        else:
            operand = self.value(node.operand)
            conditions = [self.compare("=", operand, self.value(test)) for test, _ in node.branches]
        results = self.values([result for _, result in node.branches])
        results.append(self.value(node.default) if node.default is not None else Value("NULL", t.UNKNOWN))
        values, type_ = unify(self.statement, results, "CASE")
        branches = "".join(
            f" WHEN {condition.sql} THEN {value.sql}" for condition, value in zip(conditions, values, strict=False)
        )
        parts = [*conditions, *values]
        return Value(
            f"(CASE{branches} ELSE {values[-1].sql} END)",
            type_,
            fallible=any(part.fallible for part in parts),
            depth=max(part.depth for part in parts),
            nullable=any(value.nullable for value in values),
        )

    def _choice(self, node: tree.Choice) -> Value:
        given = self.values(node.arguments)
        if node.word == "nullif":
            equal = operate(self.statement, "=", given)
            left = coerce(self.statement, given[0], t.TEXT) if given[0].is_open else given[0]
            return apply("CASE WHEN {1} THEN NULL ELSE {0} END", [left, equal], left.type)
        values, type_ = unify(self.statement, given, node.word)
        if node.word == "coalesce":
            return replace(apply("coalesce({*})", values, type_), nullable=all(value.nullable for value in values))
        if type_.name == "jsonb" or type_.kind != "scalar":
            raise unsupported(f"{node.word} of {t.sql_name(type_)}")
        return apply(f"{node.word}({{*}})", values, type_)

    def _array(self, node: tree.Array) -> Value:
        if not node.items:
            what = "array" if node.word == "array" else "list"
            raise SqlError(f"cannot determine type of empty {what}")
        values, type_ = unify(self.statement, self.values(node.items), node.word.upper())
        if node.word == "array":
            if type_.kind == "array":
                return apply(_STACKED, [apply("[{*}]", values, t.list_of(type_))], type_, fallible=True)
            if type_.kind in ("list", "map"):
                raise SqlError(f"{t.sql_name(type_)}[] not yet supported")
            if type_.name == "bpchar":
                size = next((v.type.typmod - 4 for v in values if v.type.typmod > 4), None)
                sized = next((self.value(i).type.typmod - 4 for i in node.items if self.value(i).type.typmod > 4), size)
                raise SqlError(f"char({sized})[] not yet supported" if sized else "char[] not yet supported")
            array = t.array_of(type_)
        else:
            if type_.name == "bpchar":
                raise SqlError("char list not yet supported")
            array = t.list_of(type_)
        listed = "[{*}]" if node.word == "list" else array_sql("[{*}]")
        return replace(apply(f"CAST({listed} AS {array.duckdb})", values, array), nullable=False)

    def _array_query(self, node: tree.ArrayQuery) -> Value:
        if node.word == "map":
            raise unsupported("MAP(subquery)")
        columns, sql = self.plan(node.query, self.scope)
        if len(columns) != 1:
            raise SqlError(f"Expected subselect to return 1 column, got {len(columns)} columns")
        type_ = columns[0].type.base
        found = t.array_of(type_) if node.word == "array" else t.list_of(type_)
        if type_.kind != "scalar" and node.word == "array":
            raise unsupported(f"an array of {t.sql_name(type_)}")
        key = SORT_KEY.replace("{0}", "c1") if type_.name == "jsonb" else "c1"
        order = "" if node.query.order else f" ORDER BY {key} NULLS LAST"
        items = f"coalesce((SELECT list(c1{order}) FROM ({sql}) AS q(c1)), CAST([] AS {type_.duckdb}[]))"
        return Value(items if node.word == "list" else array_sql(items), found, fallible=True)

    def _map(self, node: tree.Map) -> Value:
        if not node.items:
            raise SqlError("cannot determine type of empty map")
        keys = [coerce(self.statement, self.value(key), t.TEXT) for key, _ in node.items]
        values, type_ = unify(self.statement, [self.value(item) for _, item in node.items], "MAP")
        if any(key.literal is None for key in keys):
            raise unsupported("MAP with keys that are not constants")
        entries = dict(sorted(zip([key.literal or "" for key in keys], values, strict=True)))
        found = t.map_of(type_)
        names = apply("[{*}]", [Value(quote_text(key), t.TEXT) for key in entries], t.TEXT)
        return apply(
            f"CAST(map({{0}}, {{1}}) AS {found.duckdb})", [names, apply("[{*}]", list(entries.values()), found)], found
        )

    def _subscript(self, node: tree.Subscript) -> Value:
        value = self.value(node.operand)
        if value.type.kind == "array" and len(node.positions) > 1:
            return self._element(value, node.positions)
        for position in node.positions:
            value = self._position(value, position)
        return value

    def _element(self, value: Value, positions: Sequence[tree.Expr | tree.Slice]) -> Value:
        """Return an element of an array of so many dimensions, NULL of one of more or fewer."""
        indexes = []
        for position in positions:
            if isinstance(position, tree.Slice):
                raise SqlError("array subscript does not support slices")
            indexes.append(coerce(self.statement, self.value(position), t.INT8, Context.ASSIGNMENT))
        count = len(indexes)
        assert value.type.element is not None
        inside = " AND ".join(f"{{{i}}} BETWEEN 1 AND ({{0}}).dims[{i}]" for i in range(1, count + 1))
        at = "{1} - 1"
        for i in range(2, count + 1):
            at = f"({at}) * ({{0}}).dims[{i}] + {{{i}}} - 1"
        template = f"CASE WHEN len(({{0}}).dims) = {count} AND {inside} THEN ({{0}}).items[{at} + 1] END"
        return apply(template, [value, *indexes], value.type.element)

    def _position(self, value: Value, position: tree.Expr | tree.Slice) -> Value:
        kind = value.type.kind
        if kind == "array" and isinstance(position, tree.Slice):
            raise SqlError("array subscript does not support slices")
        if value.type.name == "jsonb" and isinstance(position, tree.Expr):
            index = self.value(position)
            if index.is_open:
                index = coerce(self.statement, index, t.TEXT)
            if not any(castable(index.type, wanted, Context.IMPLICIT) for wanted in (t.INT8, t.TEXT)):
                raise SqlError("jsonb subscript type must be coercible to integer or text")
            return operate(self.statement, "->", [value, index])
        if kind == "map" and isinstance(position, tree.Expr):
            return operate(self.statement, "->", [value, self.value(position)])
        if value.type.element is None or kind not in ("array", "list"):
            raise SqlError(f"cannot subscript type {t.sql_name(value.type)}")
        if isinstance(position, tree.Slice):
            ends = [
                coerce(self.statement, self.value(end), t.INT8, Context.ASSIGNMENT) if end is not None else None
                for end in (position.low, position.high)
            ]
            low = ends[0] or Value("1", t.INT8)
            high = ends[1] or Value("2147483647", t.INT8)
            part = "list_slice({0}, greatest({1}, 1), greatest({2}, 0))"
            template = f"CASE WHEN {{1}} IS NOT NULL AND {{2}} IS NOT NULL THEN {part} END"
            return apply(template, [value, low, high], value.type)
        index = coerce(self.statement, self.value(position), t.INT8, Context.ASSIGNMENT)
        if kind == "array":
            template = "CASE WHEN len(({0}).dims) = 0 AND {1} > 0 THEN ({0}).items[{1}] END"
            return apply(template, [value, index], value.type.element)
        return apply("list_extract({0}, nullif(greatest({1}, 0), 0))", [value, index], value.type.element)

    def _field(self, node: tree.Field) -> Value:
        value = self.value(node.operand)
        if value.type.kind != "record":
            raise unsupported(f"field {node.name} of {t.sql_name(value.type)}")
        for index, (name, type_) in enumerate(value.type.fields, 1):
            if name == node.name:
                return (
                    value.items[index - 1].typed(type_)
                    if value.items and not value.items[index - 1].is_open
                    else apply(f"{{0}}.f{index}", [value], type_)
                )
        raise SqlError(f"field {node.name} not found in data type {t.sql_name(value.type)}")

    def _row(self, node: tree.Row) -> Value:
        given = tuple(
            self.scope.column(item.qualifier) if isinstance(item, tree.Star) and item.qualifier else self.value(item)
            for item in node.items
        )
        items = [coerce(self.statement, value, t.TEXT) if value.is_open else value for value in given]
        return replace(row_of(items), items=given)

    def _exists(self, node: tree.Exists) -> Value:
        _, sql = self.plan(node.query, self.scope)
        return Value(f"EXISTS ({sql})", t.BOOL, fallible=True, nullable=False)

    def _subquery(self, node: tree.Subquery) -> Value:
        columns, sql = self.plan(node.query, self.scope)
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
        if node.distinct or node.order or node.star:
            word = "DISTINCT" if node.distinct else "ORDER BY" if node.order else "*"
            if word == "*":
                raise unknown_function(name) if name not in functions.SCALARS else no_function(name, [])
            raise SqlError(f"{word} specified, but {name} is not an aggregate function")
        return call(self.statement, name, self.values(node.arguments))


def callable_(parts: Sequence[str], statement: Statement) -> bool:
    """Whether there is a function of that name, here or there."""
    *schema, name = parts
    if schema and schema[-1] not in ("pg_catalog", "mz_catalog", "mz_internal", "mz_unsafe"):
        return False
    if schema and schema[-1] == "pg_catalog" and name in OF_MZ_CATALOG:
        return False
    return name in functions.KNOWN or name in statement.session or is_elsewhere(name)


OF_MZ_CATALOG = frozenset(
    """
    csv_extract date_bin_hopping kafka_murmur2 list_agg list_append list_cat list_length list_length_max list_n_layers
    list_prepend list_remove map_agg map_build map_length mz_environment_id mz_is_superuser mz_logical_timestamp mz_now
    mz_uptime mz_version mz_version_num regexp_extract repeat_row seahash unnest
    """.split()  # noqa: SIM905
)


_CARDINALITY = (
    "'mz:XX000:number of array elements (' || CAST({0} AS VARCHAR) || ') does not match declared cardinality ('"
    " || CAST({1} AS VARCHAR) || ')'"
)


def _stacked() -> str:
    """Return the template of an array of the arrays in a list, which must be of equal lengths."""
    dims = "list_transform({0}, lambda a: CASE WHEN len(a.dims) > 0 THEN a.dims ELSE [len(a.items)] END)"
    odd = "list_filter(d, lambda e: e IS DISTINCT FROM d[1])[1]"
    first = f"list_filter(list_zip({odd}, d[1]), lambda p: p[1] IS DISTINCT FROM p[2])[1]"
    same = f"len({odd}) = len(d[1])"
    wrong = (
        f"CASE WHEN {same} THEN {_CARDINALITY.replace('{0}', f'{first}[1]').replace('{1}', f'{first}[2]')}"
        f" ELSE {_CARDINALITY.replace('{0}', f'len({odd})').replace('{1}', 'len(d[1])')} END"
    )
    made = array_sql("flatten(list_transform({0}, lambda a: a.items))", "CAST(list_prepend(len(d), d[1]) AS INTEGER[])")
    null = "error('mz:XX000:MULTIDIMENSIONAL arrays cannot contain NULL')"
    return (
        f"list_transform([{dims}], lambda d: CASE WHEN list_bool_or(list_transform({{0}}, lambda a: a IS NULL))"
        f" THEN {null} WHEN {odd} IS NOT NULL THEN error({wrong})"
        f" WHEN d[1] = [0] THEN {{0}}[1] ELSE {made} END)[1]"
    )


_STACKED = _stacked()


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
    tree.Is: Expressions._is,
    tree.Distinct: Expressions._distinct,
    tree.Between: Expressions._between,
    tree.InList: Expressions._in,
    tree.InQuery: Expressions._in_query,
    tree.Quantified: Expressions._quantified,
    tree.Like: Expressions._like,
    tree.Cast: Expressions._cast,
    tree.Collate: Expressions._collate,
    tree.Case: Expressions._case,
    tree.Choice: Expressions._choice,
    tree.Array: Expressions._array,
    tree.ArrayQuery: Expressions._array_query,
    tree.Map: Expressions._map,
    tree.Subscript: Expressions._subscript,
    tree.Field: Expressions._field,
    tree.Row: Expressions._row,
    tree.Exists: Expressions._exists,
    tree.Subquery: Expressions._subquery,
    tree.Call: Expressions._call,
}
