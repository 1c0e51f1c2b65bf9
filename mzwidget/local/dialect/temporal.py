"""Temporal filters: conditions on ``mz_now()`` in WHERE, and when each of them next changes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from mzwidget.local.dialect.conditions import contains_mz_now, temporal_error
from mzwidget.local.dialect.expressions import MZ_NOW, Expressions
from mzwidget.local.dialect.names import function_name
from mzwidget.local.dialect.operators import coerce, compare
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t

_FLIPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPERATORS: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
# When `mz_now() op bound` changes, as distances from the bound.
_CHANGES = {"=": (0, 1), "<": (0,), "<=": (1,), ">": (1,), ">=": (0,)}


@dataclass(frozen=True, slots=True)
class Bound:
    """``mz_now() operator value`` for a value that does not itself depend on ``mz_now()``."""

    operator: str
    value: Value

    @property
    def changes(self) -> list[str]:
        """DuckDB SQL of the timestamps at which the condition changes."""
        return [f"(CAST({self.value.sql} AS HUGEINT) + {distance})" for distance in _CHANGES[self.operator]]


def temporal_condition(expressions: Expressions, node: exp.Expr) -> tuple[Value, list[Bound]]:
    """Translate one conjunct of WHERE that contains ``mz_now()``.

    Returns
    -------
    condition : Value
    bounds : list of Bound
        Empty if the condition is not of a form that can be maintained; the statement has then noted so.
    """
    statement = expressions.statement
    statement.constant = False
    inner = node
    while isinstance(inner, exp.Paren):
        inner = inner.this
    parts = _comparisons(inner)
    if parts is None:
        statement.refuse_maintenance(temporal_error(node))
        return expressions.condition(node, "WHERE"), []
    bounds = []
    conditions = []
    for operator, side in parts:
        value = expressions.value(side)
        if value.type.name == "unknown" and value.literal is None and value.parameter is None:
            value = coerce(statement, value, t.MZ_TIMESTAMP)
        try:
            bound = Bound(operator, coerce(statement, value, t.MZ_TIMESTAMP))
        except SqlError:
            statement.refuse_maintenance(temporal_error(node))
            return expressions.condition(node, "WHERE"), []
        bounds.append(bound)
        conditions.append(compare(statement, operator, MZ_NOW, bound.value))
    sql = "(" + " AND ".join(condition.sql for condition in conditions) + ")"
    return Value(sql, t.BOOL, fallible=True), bounds


def _comparisons(node: exp.Expr) -> list[tuple[str, exp.Expr]] | None:
    if isinstance(node, exp.Between):
        low, high = node.args["low"], node.args["high"]
        if not _is_mz_now(node.this) or contains_mz_now(low) or contains_mz_now(high) or node.args.get("symmetric"):
            return None
        return [(">=", low), ("<=", high)]
    operator = _OPERATORS.get(type(node))
    if operator is None or not isinstance(node, exp.Binary):
        return None
    left, right = node.left, node.right
    if isinstance(right, exp.Any):
        return None
    if _is_mz_now(left) and not contains_mz_now(right):
        return [(operator, right)]
    if _is_mz_now(right) and not contains_mz_now(left):
        return [(_FLIPPED[operator], left)]
    return None


def _is_mz_now(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return function_name(node) == "mz_now"


def wakeup(changes: list[str], source: str, conditions: list[str]) -> str:
    """Return the DuckDB query for the first change after ``getvariable('mz_now')``."""
    each = " UNION ALL ".join(
        f"SELECT {change} AS t FROM {source}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
        for change in changes
    )
    return f"SELECT min(t) FROM ({each}) AS changes WHERE t > CAST({MZ_NOW.sql} AS HUGEINT)"
