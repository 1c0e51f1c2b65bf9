"""Predicates: IS, BETWEEN, IN, ANY and ALL, LIKE, and comparing rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect import composites, functions, patterns
from mzwidget.local.dialect.calls import coerce, known, row_of
from mzwidget.local.dialect.conditions import chained, connect
from mzwidget.local.dialect.functions.operators import COMPARISONS, compare_whole
from mzwidget.local.dialect.overloads import choose, no_function, no_operator
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.values import Value, apply, bound_once, evaluated, whole
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.dialect.scope import Scope
    from mzwidget.local.dialect.translating import Translating
    from mzwidget.local.formats.types import Column


_LAZY = 4000
"""Operands up to this length stand in SQL as often as there are uses, so that those that fail do so where needed."""


def sides(expressions: Translating, nodes: Sequence[tree.Expr]) -> Sequence[Value]:
    """Return what is to be compared; rows that meet rows are open in what their items are, others are one value."""
    if all(isinstance(node, tree.Row) for node in nodes):
        return [composites.open_row(expressions, node) for node in nodes if isinstance(node, tree.Row)]
    values = zip(nodes, expressions.values(nodes), strict=True)
    return [value if isinstance(node, tree.Row) else whole(value) for node, value in values]


def compare_rows(expressions: Translating, operator: str, left: Value, right: Value) -> Value:
    if operator not in COMPARISONS:
        raise no_operator(operator, known([left, right]))
    if left.type == right.type == row_of([]).type:
        raise SqlError("cannot compare rows of zero length")
    if not left.items or not right.items:
        if not same_row(left.type, right.type):
            raise no_operator(operator, known([left, right]))
        return compare_whole(operator, [left, right])
    if len(left.items) != len(right.items):
        raise SqlError("unequal number of entries in row expressions")
    pairs = list(zip(left.items, right.items, strict=True))
    if operator in ("=", "<>"):
        equal = connect("AND", [expressions.compare("=", a, b) for a, b in pairs])
        return equal if operator == "=" else apply("(NOT {0})", [equal], t.BOOL)
    strict = operator.rstrip("=")
    found = expressions.compare(operator, *pairs[-1])
    for a, b in reversed(pairs[:-1]):
        rest = connect("AND", [expressions.compare("=", a, b), found])
        found = connect("OR", [expressions.compare(strict, a, b), rest])
    return found


def null_rows(left: Value, right: Value) -> tuple[Value, Value]:
    """Return both; a NULL beside a row is one of its type, and no text is a row."""
    for row, other in ((left, right), (right, left)):
        if row.type.kind == "record" and other.is_open and other.literal is not None:
            raise SqlError("input of anonymous composite types is not implemented")
    if left.type.kind == "record" and right.sql == "NULL":
        return left, right.typed(left.type)
    if right.type.kind == "record" and left.sql == "NULL":
        return left.typed(right.type), right
    return left, right


def same_row(left: t.Type, right: t.Type) -> bool:
    """Whether both are rows of fields of the same types."""
    return left.kind == right.kind == "record" and [f.base for _, f in left.fields] == [f.base for _, f in right.fields]


def is_(expressions: Translating, node: tree.Is) -> Value:
    negated = "NOT " if node.negated else ""
    if node.what in ("null", "unknown"):
        value = expressions.value(node.operand)
        if node.what == "unknown":
            value = expressions.condition(node.operand) if not value.is_open else value
        if value.parameter is not None:
            value = coerce(expressions.statement, value, t.TEXT)
        if value.items and isinstance(node.operand, tree.Row):
            each = [apply(f"({{0}} IS {negated}NULL)", [item], t.BOOL) for item in value.items]
            return connect("AND", each)
        tested = evaluated("{0}") if value.fallible else "{0}"
        return replace(apply(f"({tested} IS {negated}NULL)", [value], t.BOOL), nullable=False)
    condition = expressions.condition(node.operand)
    word = "DISTINCT FROM" if node.negated else "NOT DISTINCT FROM"
    return replace(apply(f"({{0}} IS {word} {node.what})", [condition], t.BOOL), nullable=False)


def distinct(expressions: Translating, node: tree.Distinct) -> Value:
    left, right = whole(expressions.value(node.left)), whole(expressions.value(node.right))
    compared = expressions.compare("<>", left, right)
    template = "({0} IS NOT DISTINCT FROM {1})" if node.negated else "({0} IS DISTINCT FROM {1})"
    if compared.type.name != "bool":
        raise unsupported("IS DISTINCT FROM of these types")
    a, b = expressions.same(left, right)
    return apply(template, [a, b], t.BOOL)


def between(expressions: Translating, node: tree.Between) -> Value:
    with expressions.scope.within("OR argument" if node.negated else "AND argument"):
        given = sides(expressions, (node.operand, node.low, node.high))
    word, below, above = ("OR", "<", ">") if node.negated else ("AND", ">=", "<=")

    def tested(value: Value, low: Value, high: Value) -> Value:
        return connect(word, [expressions.compare(below, value, low), expressions.compare(above, value, high)])

    value, low, high = given
    if (low.fallible or high.fallible) and len(low.sql) + len(high.sql) < _LAZY:  # one may not be needed
        return bound_once([value], expressions.stand_in, lambda bound: tested(bound[0], low, high))
    return bound_once(given, expressions.stand_in, lambda bound: tested(*bound))


def in_list(expressions: Translating, node: tree.InList) -> Value:
    word = "OR argument" if len(node.items) > 1 else "NOT argument" if node.negated else expressions.scope.operand
    with expressions.scope.within(word):
        left, *items = sides(expressions, (node.operand, *node.items))
        fields = left.items
        if any(field.fallible for field in fields) and sum(len(field.sql) for field in fields) < _LAZY:
            found = _among(expressions, left, items)
        elif left.items:
            found = bound_once(
                left.items,
                expressions.stand_in,
                lambda fields: _among(expressions, replace(left, items=tuple(fields)), items),
            )
        else:
            found = bound_once([left], expressions.stand_in, lambda given: _among(expressions, given[0], items))
    return apply("(NOT {0})", [found], t.BOOL) if node.negated else found


def _among(expressions: Translating, left: Value, items: Sequence[Value]) -> Value:
    equal = [expressions.compare("=", left, item) for item in items]
    prefix = f"({left.sql} = "
    if not equal[0].sql.startswith(prefix):  # a cast stands around it
        prefix = equal[0].sql.partition(" = ")[0] + " = "
    if any(value.fallible for value in equal):
        return connect("OR", equal)
    cut_right = " = " not in left.sql or prefix == f"({left.sql} = "
    scalar = len(equal) > 1 and left.type.kind == "scalar" and cut_right
    if scalar and all(each.sql.startswith(prefix) for each in equal):
        inner = ", ".join(each.sql[len(prefix) : -1] for each in equal)
        found = Value(f"{prefix.removesuffix(' = ')} IN ({inner}))", t.BOOL, depth=max(e.depth for e in equal))
    else:
        found = Value(f"({chained('OR', [each.sql for each in equal])})", t.BOOL)
        found = replace(found, depth=max(each.depth for each in equal))
    return found


def _of_query(expressions: Translating, operand: tree.Expr, query: tree.Query) -> tuple[Value, tuple[Column, ...], str]:
    """Return what is compared with a query's rows, and the query's columns and SQL: a row meets as many columns."""
    columns, sql = expressions.plan(query)
    left = expressions.value(operand)
    left = left if isinstance(operand, tree.Row) else whole(left)
    wanted = len(left.items) if isinstance(operand, tree.Row) else 1
    if len(columns) != wanted:
        raise SqlError(f"subquery{wanted} has {len(columns)} columns available but {wanted} columns specified")
    return left, columns, sql


def _is_correlated(scope: Scope | None, sql: str) -> bool:
    """Whether the SQL of a subquery names columns around it."""
    return scope is not None and (scope.is_named_in(sql) or _is_correlated(scope.parent, sql))


def in_query(expressions: Translating, node: tree.InQuery) -> Value:
    left, columns, sql = _of_query(expressions, node.operand, node.query)
    if isinstance(node.operand, tree.Row) and _is_correlated(expressions.scope, sql):
        equal = tree.Quantified(node.operand, "=", every=False, right=node.query)
        found = _quantified_row(expressions, equal, left, columns, sql)  # DuckDB takes no such IN
        return apply("(NOT {0})", [found], t.BOOL) if node.negated else found
    if isinstance(node.operand, tree.Row):
        parts = [
            _same(expressions, a, Value(f"q.c{i}", c.type))
            for i, (a, c) in enumerate(zip(left.items, columns, strict=True), 1)
        ]
        mine = ", ".join(a.sql for a, _ in parts)
        theirs = ", ".join(b.sql for _, b in parts)
        names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
        found = Value(f"(({mine}) IN (SELECT {theirs} FROM ({sql}) AS q({names})))", t.BOOL, fallible=True)
        return apply("(NOT {0})", [found], t.BOOL) if node.negated else found
    a, b = _same(expressions, left, Value("q.c1", columns[0].type))
    found = Value(f"({a.sql} IN (SELECT {b.sql} FROM ({sql}) AS q(c1)))", t.BOOL, fallible=True)
    return apply("(NOT {0})", [found], t.BOOL) if node.negated else found


def _same(expressions: Translating, left: Value, right: Value) -> tuple[Value, Value]:
    """Return both as the type that they are compared as, which there must be."""
    expressions.compare("=", left, right)
    return expressions.same(left, right)


def quantified(expressions: Translating, node: tree.Quantified) -> Value:
    if isinstance(node.right, tree.Query):
        if isinstance(node.left, tree.Row) and (node.operator, node.every) in (("=", False), ("<>", True)):
            return in_query(expressions, tree.InQuery(node.left, node.right, negated=node.every))
        left, columns, sql = _of_query(expressions, node.left, node.right)
        if isinstance(node.left, tree.Row):
            return _quantified_row(expressions, node, left, columns, sql)
        word = "ALL" if node.every else "ANY"
        if node.operator not in COMPARISONS:
            return _tested_rows(expressions, node, left, columns, sql)
        item = Value("q.c1", columns[0].type)
        expressions.compare(node.operator, left, item)
        a, b = expressions.same(left, item)
        inner = f"SELECT {b.sql} FROM ({sql}) AS q(c1)"
        return Value(f"({a.sql} {node.operator} {word} ({inner}))", t.BOOL, fallible=True)
    left, array = expressions.value(node.left), expressions.value(node.right)
    if array.is_open or array.type.element is None or array.type.kind not in ("array", "list"):
        found = choose(functions.TABLES["unnest"], known([array]))
        raise no_function("unnest", known([array]), many=len(found) != 0 or array.is_open)
    return bound_once([left, array], expressions.stand_in, lambda given: _any_item(expressions, node, *given))


def _any_item(expressions: Translating, node: tree.Quantified, left: Value, array: Value) -> Value:
    """Compare a value with each item of an array or list."""
    assert array.type.element is not None
    depth = max(left.depth, array.depth) + 1
    item = Value(f"v{depth}", array.type.element)
    test = _test(expressions, node.operator, left, item)
    tests = f"list_transform({{0}}, lambda v{depth}: {test.sql})"
    decided, other = ("false", "true") if node.every else ("true", "false")
    template = (
        f"CASE WHEN {{0}} IS NULL THEN NULL ELSE (CASE WHEN list_contains({{1}}, {decided}) THEN {decided}"
        f" WHEN len(list_filter({{1}}, lambda y: y IS NULL)) > 0 THEN NULL ELSE {other} END) END"
    )
    items = apply("({0}).items", [array], t.list_of(array.type.element)) if array.type.kind == "array" else array
    listed = apply(tests, [items], t.list_of(t.BOOL), fallible=test.fallible)
    return apply(template, [array, replace(listed, depth=depth)], t.BOOL)


def _test(expressions: Translating, operator: str, left: Value, item: Value) -> Value:
    """Return what an operator says of a value and one of those it is compared with."""
    plain = operator.removeprefix("!")
    if plain.startswith("~~"):
        insensitive = plain.endswith("*")
        return patterns.like(expressions.statement, left, item, insensitive=insensitive, negated=plain != operator)
    if plain in ("~", "~*"):
        return patterns.matches(expressions.statement, operator, left, item)
    found = expressions.compare(operator, left, item)
    if found.type.name != "bool":
        raise unsupported(f"{operator} before ANY or ALL")
    return found


def _tested_rows(
    expressions: Translating, node: tree.Quantified, left: Value, columns: Sequence[Column], sql: str
) -> Value:
    """Compare a value with each row of a subquery by an operator that DuckDB cannot quantify."""
    test = _test(expressions, node.operator, left, Value("q.c1", columns[0].type, fallible=True))
    decided, other = ("NOT x", "true") if node.every else ("x", "false")
    found = f"CASE WHEN bool_or({decided}) THEN NOT {other} WHEN bool_or(x IS NULL) THEN NULL ELSE {other} END"
    rows = f"SELECT {test.sql} AS x FROM ({sql}) AS q(c1)"
    return Value(f"(SELECT {found} FROM ({rows}) AS r)", t.BOOL, fallible=True)


def _quantified_row(
    expressions: Translating, node: tree.Quantified, left: Value, columns: Sequence[Column], sql: str
) -> Value:
    """Compare a row with each row of a subquery."""
    names = [f"c{i}" for i in range(1, len(columns) + 1)]
    row = row_of([Value(f"q.{name}", column.type) for name, column in zip(names, columns, strict=True)])
    test = compare_rows(expressions, node.operator, left, row)
    decided, other = ("false", "true") if node.every else ("true", "false")
    found = f"CASE WHEN bool_or(r = {decided}) THEN {decided} WHEN bool_or(r IS NULL) THEN NULL ELSE {other} END"
    rows = f"SELECT {test.sql} AS r FROM ({sql}) AS q({', '.join(names)})"
    return Value(f"(SELECT {found} FROM ({rows}))", t.BOOL, fallible=True)


def like(expressions: Translating, node: tree.Like) -> Value:
    with expressions.scope.within("LIKE argument"):
        text, pattern = expressions.values((node.operand, node.pattern))
        escape = None if node.escape is None else expressions.value(node.escape)
    return patterns.like(
        expressions.statement, text, pattern, insensitive=node.insensitive, negated=node.negated, escape=escape
    )
