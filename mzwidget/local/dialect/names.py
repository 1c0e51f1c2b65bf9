"""Identifiers, and the names that result columns get."""

from __future__ import annotations

from sqlglot import exp

from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.errors import unsupported

_FALLBACK = "?column?"
_TRIMS = {"LEADING": "ltrim", "TRAILING": "rtrim"}


def fold(identifier: exp.Expr) -> str:
    """Return an identifier's name: lower case unless it was quoted."""
    if not isinstance(identifier, exp.Identifier):
        raise unsupported(f"the name {identifier.sql()}")
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()


def table_parts(table: exp.Table) -> tuple[str, ...]:
    """Return the folded parts of a possibly qualified relation name."""
    return tuple(fold(part) for part in table.parts)


def function_name(node: exp.Expr) -> str | None:
    """Return the folded name of a plain function call, None if it is no call."""
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
        schema = node.this.name.lower() if isinstance(node.this, exp.Identifier | exp.Column) else ""
        return function_name(node.expression) if schema in ("pg_catalog", "mz_catalog") else None
    if isinstance(node, exp.Anonymous):
        this = node.this
        return fold(this) if isinstance(this, exp.Identifier) else str(this).lower()
    return None


def column_name(node: exp.Expr) -> str:
    """Return the name PostgreSQL gives to a result column without an alias."""
    return _figure(node)[0]


def _figure(node: exp.Expr) -> tuple[str, int]:
    """Return a name and how strong a claim it is: a cast's type name is weak, none at all is zero."""
    if isinstance(node, exp.Column):
        return fold(node.this), 2
    name = function_name(node)
    if name is not None:
        return name, 2
    if isinstance(node, exp.Paren | exp.Bracket | exp.Filter | exp.Window):
        return _figure(node.this)
    if isinstance(node, exp.Cast):
        inner, strength = _figure(node.this)
        if strength > 1:
            return inner, strength
        type_ = resolve_type(node.to)
        return (type_.element or type_).name, 1
    if isinstance(node, exp.Interval):
        return "interval", 1
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        inner, strength = _figure(default) if default is not None else (_FALLBACK, 0)
        return (inner, strength) if strength > 1 else ("case", 1)
    if isinstance(node, exp.Subquery):
        query = node.this
        if isinstance(query, exp.Select) and query.expressions:
            first = query.expressions[0]
            return (fold(first.args["alias"]), 2) if isinstance(first, exp.Alias) else _figure(first)
        return _FALLBACK, 0
    if isinstance(node, exp.Trim):
        return _TRIMS.get(str(node.args.get("position")).upper(), "btrim"), 2
    return _SYNTAX.get(type(node), _FALLBACK), 2 if type(node) in _SYNTAX else 0


_SYNTAX: dict[type[exp.Expr], str] = {
    exp.Exists: "exists",
    exp.Array: "array",
    exp.Extract: "extract",
    exp.StrPosition: "position",
    exp.Substring: "substring",
    exp.AtTimeZone: "timezone",
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp",
    exp.Tuple: "row",
}
