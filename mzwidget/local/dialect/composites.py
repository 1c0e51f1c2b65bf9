"""Arrays, lists, maps and rows: made, and taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from mzwidget.local.dialect.calls import coerce, operate, row_of, unify
from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import castable
from mzwidget.local.dialect.functions.arrays import TOO_DEEP
from mzwidget.local.dialect.functions.jsonb import SORT_KEY
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.values import Value, apply, array_sql, map_sql
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t
from mzwidget.local.formats.lists import MOST_DIMENSIONS

if TYPE_CHECKING:
    from mzwidget.local.dialect.translating import Translating
    from mzwidget.local.formats.types import Type


def array(expressions: Translating, node: tree.Array, hint: Type | None = None) -> Value:
    """Return an array or a list; the hint is what it is cast to, which its items and those of inner ones become."""
    is_array = node.word == "array"
    wanted = hint.element if hint is not None and hint.kind == node.word else None
    if not node.items:
        if wanted is None:
            raise SqlError(f"cannot determine type of empty {'array' if is_array else 'list'}")
        made = t.array_of(wanted.base) if is_array else t.list_of(wanted.base)
        return Value(f"CAST({array_sql('[]') if is_array else '[]'} AS {made.duckdb})", made, nullable=False)
    inner = hint if is_array else wanted
    items = [
        array(expressions, item, inner) if isinstance(item, tree.Array) and item.word == node.word
        else expressions.value(item)
        for item in node.items
    ]  # fmt: skip
    if wanted is not None and is_array and any(item.type.kind == "array" for item in items):
        wanted = hint
    values, type_ = _alike(expressions, items, wanted, node.word.upper())
    if is_array:
        if type_.kind == "array":
            return apply(_STACKED, [apply("[{*}]", values, t.list_of(type_))], type_, fallible=True)
        if type_.kind in ("list", "map"):
            raise SqlError(f"{t.sql_name(type_)}[] not yet supported")
        if type_.name == "bpchar":
            size = next((v.type.typmod - 4 for v in (*values, *items) if v.type.typmod > 4), None)
            raise SqlError(f"char({size})[] not yet supported" if size else "char[] not yet supported")
        made = t.array_of(type_)
    else:
        if type_.name == "bpchar":
            raise SqlError("char list not yet supported")
        made = t.list_of(type_)
    listed = array_sql("[{*}]") if is_array else "[{*}]"
    return replace(apply(f"CAST({listed} AS {made.duckdb})", values, made), nullable=False)


def _alike(
    expressions: Translating, items: Sequence[Value], wanted: Type | None, construct: str
) -> tuple[list[Value], Type]:
    """Return the items as what is wanted, or as their common type."""
    if wanted is None:
        return unify(expressions.statement, items, construct)
    for item in items:
        if not item.is_open and not castable(item.type, wanted, Context.EXPLICIT):
            given, needed = t.sql_name(item.type), t.sql_name(wanted.base)
            raise SqlError(f"{construct} could not convert type {given} to {needed}")
    return [coerce(expressions.statement, item, wanted, Context.EXPLICIT) for item in items], wanted.base


def array_query(expressions: Translating, node: tree.ArrayQuery) -> Value:
    if node.word == "map":
        return _map_query(expressions, node)
    columns, sql = expressions.plan(node.query)
    if len(columns) != 1:
        raise SqlError(f"Expected subselect to return 1 column, got {len(columns)} columns")
    type_ = columns[0].type.base
    found = t.array_of(type_) if node.word == "array" else t.list_of(type_)
    if node.word == "array" and (type_.kind in ("array", "list", "map") or type_.name == "bpchar"):
        what = f"cannot build array from subquery because return type {t.sql_name(columns[0].type)}[]"
        raise SqlError(f"{what} not yet supported")
    key = SORT_KEY.replace("{0}", "c1") if type_.name == "jsonb" else "c1"
    order = "" if node.query.order else f" ORDER BY {key} NULLS LAST"
    items = f"coalesce((SELECT list(c1{order}) FROM ({sql}) AS q(c1)), CAST([] AS {type_.duckdb}[]))"
    return Value(items if node.word == "list" else array_sql(items), found, fallible=True)


def map_(expressions: Translating, node: tree.Map, hint: Type | None = None) -> Value:
    wanted = hint.element if hint is not None and hint.kind == "map" else None
    if not node.items:
        if wanted is None:
            raise SqlError("cannot determine type of empty map")
        return Value(f"CAST(map() AS {t.map_of(wanted.base).duckdb})", t.map_of(wanted.base), nullable=False)
    keys, given = [], []
    for key, item in node.items:
        named = expressions.typed(key)
        if named.type.name != "text":
            place = expressions.scope.place
            raise SqlError(f"{place} must have type text, not type {t.sql_name(named.type)}")
        keys.append(named)
        given.append(map_(expressions, item, wanted) if isinstance(item, tree.Map) else expressions.value(item))
    values, type_ = _alike(expressions, given, wanted, "MAP")
    if type_.name == "bpchar":
        raise SqlError("char map not yet supported")
    entries = [
        apply("struct_pack(k := {0}, v := {1})", pair, t.record_of((("k", t.TEXT), ("v", type_)), (True, True)))
        for pair in zip(keys, values, strict=True)
    ]
    found = t.map_of(type_)
    return replace(apply(f"CAST({map_sql('[{*}]')} AS {found.duckdb})", entries, found), nullable=False)


def _map_query(expressions: Translating, node: tree.ArrayQuery) -> Value:
    columns, sql = expressions.plan(node.query)
    if len(columns) != 2:
        raise SqlError(f"expected map subquery to return 2 columns, got {len(columns)} columns")
    key, item = columns
    if key.type.name != "text":
        raise SqlError("cannot build map from subquery because first column is not of type text")
    found = t.map_of(item.type.base)
    listed = f"(SELECT list(struct_pack(k := c1, v := c2)) FROM ({sql}) AS q(c1, c2))"
    none = f"CAST([] AS STRUCT(k VARCHAR, v {item.type.duckdb})[])"
    return Value(f"CAST({map_sql(f'coalesce({listed}, {none})')} AS {found.duckdb})", found, fallible=True)


def subscript(expressions: Translating, node: tree.Subscript) -> Value:
    value = expressions.value(node.operand)
    if value.type.name == "jsonb":
        return _inside(expressions, value, _whole(node.positions, "jsonb"))
    if value.type.kind == "array":
        return _element(expressions, value, _whole(node.positions, "array"))
    if value.type.kind == "list":
        return _of_list(expressions, value, node.positions)
    raise SqlError(f"cannot subscript type {t.sql_name(t.TEXT if value.is_open else value.type)}")


def _whole(positions: Sequence[tree.Expr | tree.Slice], what: str) -> list[tree.Expr]:
    """Return the positions, none of which may be a slice."""
    found = [position for position in positions if isinstance(position, tree.Expr)]
    if len(found) < len(positions):
        raise SqlError(f"{what} subscript does not support slices")
    return found


def _index(expressions: Translating, position: tree.Expr) -> Value:
    value = expressions.value(position)
    if not value.is_open and not castable(value.type, t.INT8, Context.EXPLICIT):
        raise SqlError(f"subscripting does not support casting from {t.sql_name(value.type)} to bigint")
    return coerce(expressions.statement, value, t.INT8, Context.EXPLICIT)


def _inside(expressions: Translating, value: Value, positions: Sequence[tree.Expr]) -> Value:
    """Return what is at a path in jsonb, whose steps are texts, as those of ``#>`` are."""
    steps = []
    for position in positions:
        step = expressions.value(position)
        if not step.is_open and not castable(step.type, t.TEXT, Context.IMPLICIT):
            if not castable(step.type, t.INT8, Context.IMPLICIT):
                raise SqlError("jsonb subscript type must be coercible to integer or text")
            step = coerce(expressions.statement, step, t.INT8)
        steps.append(coerce(expressions.statement, step, t.TEXT, Context.EXPLICIT))
    path = apply(array_sql("[{*}]"), steps, t.array_of(t.TEXT))
    return operate(expressions.statement, "#>", [value, path])


def _element(expressions: Translating, value: Value, positions: Sequence[tree.Expr]) -> Value:
    """Return an element of an array of so many dimensions, NULL of one of more or fewer."""
    indexes = [_index(expressions, position) for position in positions]
    count = len(indexes)
    assert value.type.element is not None
    if count == 1:
        at = "{1} + 1" if value.type.name == "int2vector" else "{1}"  # the one type whose indexes begin at 0
        template = f"CASE WHEN len(({{0}}).dims) = 0 AND {at} > 0 THEN ({{0}}).items[{at}] END"
        return apply(template, [value, *indexes], value.type.element)
    inside = " AND ".join(f"{{{i}}} BETWEEN 1 AND ({{0}}).dims[{i}]" for i in range(1, count + 1))
    at = "{1} - 1"
    for i in range(2, count + 1):
        at = f"({at}) * ({{0}}).dims[{i}] + {{{i}}} - 1"
    template = f"CASE WHEN len(({{0}}).dims) = {count} AND {inside} THEN ({{0}}).items[{at} + 1] END"
    return apply(template, [value, *indexes], value.type.element)


def _of_list(expressions: Translating, value: Value, positions: Sequence[tree.Expr | tree.Slice]) -> Value:
    for is_slice, group in groupby(positions, lambda position: isinstance(position, tree.Slice)):
        found, layers = list(group), _layers(value.type)
        if not layers:
            raise SqlError(f"cannot subscript type {t.sql_name(value.type)}")
        if not is_slice and len(found) > layers:
            has = f"{layers} layer{'s' if layers > 1 else ''}"
            raise SqlError(f"cannot index into {len(found)} layers; list only has {has}")
        for position in found:
            value = _item(expressions, value, position)
    return value


def _layers(type_: Type) -> int:
    return 1 + _layers(type_.element) if type_.kind == "list" and type_.element is not None else 0


def _item(expressions: Translating, value: Value, position: tree.Expr | tree.Slice) -> Value:
    """Return an element of a list, or a part of it."""
    assert value.type.element is not None
    if isinstance(position, tree.Expr):
        return apply("list_extract({0}, greatest({1}, 0))", [value, _index(expressions, position)], value.type.element)
    low = Value("1", t.INT8) if position.low is None else _index(expressions, position.low)
    high = Value("2147483647", t.INT8) if position.high is None else _index(expressions, position.high)
    part = "list_slice({0}, greatest({1}, 1), greatest({2}, 0))"
    template = f"CASE WHEN {{1}} IS NOT NULL AND {{2}} IS NOT NULL THEN {part} END"
    return apply(template, [value, low, high], value.type)


def field(expressions: Translating, node: tree.Field) -> Value:
    value = expressions.value(node.operand)
    if node.name == "*":  # outside a list of columns, all of a row is the row, and a plain value itself
        return value
    if value.type.kind != "record":
        kind = t.TEXT if value.is_open else value.type
        raise SqlError(f"column notation applied to type {t.sql_name(kind)}, which is not a composite type")
    for index, (name, type_) in enumerate(value.type.fields, 1):
        if name == node.name:
            return (
                value.items[index - 1].typed(type_)
                if value.items and not value.items[index - 1].is_open
                else apply(f"{{0}}.f{index}", [value], type_)
            )
    raise SqlError(f"field {node.name} not found in data type {t.sql_name(value.type)}")


def row(expressions: Translating, node: tree.Row) -> Value:
    items = open_row(expressions, node).items
    typed = [coerce(expressions.statement, value, t.TEXT) if value.is_open else value for value in items]
    return replace(row_of(typed), items=items)


def open_row(expressions: Translating, node: tree.Row) -> Value:
    """Return a row to be compared with another: its items get their types from the other's."""
    items = tuple(expressions.value(item) for item in node.items)
    return replace(row_of([value.typed(t.TEXT) if value.is_open else value for value in items]), items=items)


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
    deep = f"len(d[1]) >= {MOST_DIMENSIONS}"
    null = "error('mz:XX000:MULTIDIMENSIONAL arrays cannot contain NULL')"
    return (
        f"list_transform([{dims}], lambda d: CASE WHEN list_bool_or(list_transform({{0}}, lambda a: a IS NULL))"
        f" THEN {null} WHEN {deep} THEN error({TOO_DEEP.replace('{0}', 'len(d[1]) + 1')})"
        f" WHEN {odd} IS NOT NULL THEN error({wrong})"
        f" WHEN d[1] = [0] THEN {{0}}[1] ELSE {made} END)[1]"
    )


_STACKED = _stacked()
