"""Conditions and ORDER BY terms: taking them apart, and putting translated ones together."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from mzwidget.local.dialect.names import function_name
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t


def conjuncts(node: exp.Expr, kind: type[exp.Connector] = exp.And) -> Iterator[exp.Expr]:
    """Yield the operands of a chain of ANDs (or ORs), parentheses around chains removed."""
    inner = node
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, kind):
        yield from conjuncts(inner.left, kind)
        yield from conjuncts(inner.right, kind)
    else:
        yield node


def connect(word: str, values: list[Value]) -> Value:
    """Join conditions by AND or OR; those that may fail are evaluated only where the others do not decide."""
    if len(values) == 1:
        return values[0]
    firm = [value.sql for value in values if not value.fallible]
    frail = [value.sql for value in values if value.fallible]
    everything = "(" + f" {word} ".join(firm + frail) + ")"
    if not firm or not frail:
        return Value(everything, t.BOOL, fallible=bool(frail))
    decided = "false" if word == "AND" else "true"
    settled = "(" + f" {word} ".join(firm) + ")"
    sql = f"(CASE WHEN {settled} = {decided} THEN {decided} ELSE {everything} END)"
    return Value(sql, t.BOOL, fallible=True)


def ordered(value: Value, item: exp.Ordered) -> str:
    """Return one ORDER BY term."""
    if value.type.name == "jsonb" or value.type.element is not None:
        raise unsupported(f"ORDER BY {t.sql_name(value.type)}")
    direction = "DESC" if item.args.get("desc") else "ASC"
    return f"{value.sql} {direction} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"


def contains_mz_now(node: exp.Expr) -> bool:
    """Whether an expression calls ``mz_now()``."""
    return any(function_name(call) == "mz_now" for call in node.find_all(exp.Anonymous))


def temporal_error(node: exp.Expr) -> SqlError:
    """Return Materialize's refusal to maintain a condition on ``mz_now()``."""
    return SqlError(
        "Unsupported temporal predicate. Note: `mz_now()` must be directly compared to a non-temporal "
        f"expression of mz_timestamp-castable type. Expression found: {node.sql('materialize')}",
        "0A000",
    )


def guarded_all(conditions: list[Value]) -> str:
    """Join a WHERE's conditions: those that may fail are evaluated only for rows that pass all others."""
    if not conditions:
        return ""
    firm = [value.sql for value in conditions if not value.fallible]
    frail = [value.sql for value in conditions if value.fallible]
    if not frail:
        return " AND ".join(firm)
    guarded = frail[-1]
    for condition in reversed(frail[:-1]):
        guarded = f"(CASE WHEN {condition} THEN {guarded} ELSE false END)"
    if not firm:
        return guarded
    joined = " AND ".join(firm)
    return f"{joined} AND (CASE WHEN {joined} THEN {guarded} ELSE false END)"
