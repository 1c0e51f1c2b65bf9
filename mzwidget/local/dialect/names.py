"""The names that result columns get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Callable

FALLBACK = "?column?"


def type_label(node: tree.TypeName) -> str:
    """Return the name that a cast to a type lends its column."""
    if node.element is not None:
        inner = type_label(node.element)
        return {"array": f"_{inner}", "list": f"{inner} list", "map": f"map[text=>{inner}]"}[node.kind]
    name = node.parts[-1]
    return _ALIASES.get(name, name)


_ALIASES = {
    "integer": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool", "real": "float4", "decimal": "numeric",
    "dec": "numeric", "json": "jsonb", "string": "text", "bytes": "bytea",
}  # fmt: skip


def column_name(node: tree.Node, first: Callable[[tree.Query], str] | None = None) -> str:
    """Return the name of a result column without an alias; `first` names a query's first column."""
    if first is not None and isinstance(node, tree.Subquery | tree.ArrayQuery) and _begins_with_star(node.query.body):
        return first(node.query)
    return _figure(node)[0] or FALLBACK


def _begins_with_star(body: tree.Body) -> bool:
    if isinstance(body, tree.Nested):
        return _begins_with_star(body.query.body)
    if isinstance(body, tree.SetOperation):
        return _begins_with_star(body.left)
    return isinstance(body, tree.Select) and bool(body.items) and isinstance(body.items[0].expr, tree.Star)


def _figure(node: tree.Node) -> tuple[str, bool]:
    """Return a name, and whether it is more than the name of a type."""
    match node:
        case tree.Name():
            return node.parts[-1], True
        case tree.Call():
            return node.name[-1], True
        case tree.Choice():
            return node.word, True
        case tree.Array():
            return node.word, True
        case tree.ArrayQuery(word="map") | tree.Map():
            return "map", True
        case tree.ArrayQuery() | tree.Subquery():
            return _of_query(node.query.body) or FALLBACK, True
        case tree.Row():
            return "row", True
        case tree.Exists():
            return "exists", True
        case tree.IntervalLiteral():
            return "interval", True
        case tree.Literal(kind="bool"):
            return "bool", True
        case tree.Field():
            return node.name, True
        case tree.Subscript():
            return _figure(node.operand)
        case tree.Cast():
            name, strong = _figure(node.operand)
            return (name, True) if strong else (type_label(node.type), False)
        case tree.Case():
            name, strong = _figure(node.default) if node.default is not None else ("", False)
            return (name, True) if strong else ("case", False)
    return "", False


def _of_query(body: tree.Body) -> str:
    if isinstance(body, tree.Select) and body.items:
        item = body.items[0]
        return item.alias if item.alias is not None else _figure(item.expr)[0]
    if isinstance(body, tree.SetOperation):
        return _of_query(body.left)
    if isinstance(body, tree.Nested):
        return _of_query(body.query.body)
    if isinstance(body, tree.Values):
        return "column1"
    return ""
