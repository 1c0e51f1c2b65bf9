"""Temporal filters: conditions on ``mz_now()`` in WHERE, and when each of them next changes."""

from __future__ import annotations

from dataclasses import dataclass

from mzwidget.local.dialect.calls import coerce, operate
from mzwidget.local.dialect.conditions import contains_mz_now, temporal_error
from mzwidget.local.dialect.expressions import MZ_NOW, Expressions
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t

_FLIPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
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


def temporal_condition(expressions: Expressions, node: tree.Expr) -> tuple[Value, list[Bound]]:
    """Translate one conjunct of WHERE that contains ``mz_now()``.

    Returns
    -------
    condition : Value
    bounds : list of Bound
        Empty if the condition is not of a form that can be maintained; the statement has then noted so.
    """
    statement = expressions.statement
    statement.constant = False
    parts = _comparisons(node)
    if parts is None:
        unequal = isinstance(node, tree.Binary) and node.operator == "<>" and _one_side(node)
        statement.refuse_maintenance(
            SqlError("Unsupported binary temporal operation: NotEq(NotEq)", "0A000")
            if unequal
            else temporal_error(node)
        )
        return expressions.condition(node), []
    bounds = []
    conditions = []
    for operator, side in parts:
        value = expressions.value(side)
        if value.is_open and value.literal is None and value.parameter is None:
            value = coerce(statement, value, t.MZ_TIMESTAMP)
        try:
            bound = Bound(operator, coerce(statement, value, t.MZ_TIMESTAMP))
        except SqlError:
            statement.refuse_maintenance(temporal_error(node))
            return expressions.condition(node), []
        bounds.append(bound)
        conditions.append(operate(statement, operator, [MZ_NOW, bound.value]))
    sql = "(" + " AND ".join(condition.sql for condition in conditions) + ")"
    return Value(sql, t.BOOL, fallible=True, depth=max(c.depth for c in conditions)), bounds


def _comparisons(node: tree.Expr) -> list[tuple[str, tree.Expr]] | None:
    if isinstance(node, tree.Between):
        if node.negated or not _is_mz_now(node.operand) or contains_mz_now(node.low) or contains_mz_now(node.high):
            return None
        return [(">=", node.low), ("<=", node.high)]
    if not isinstance(node, tree.Binary) or node.operator not in _FLIPPED:
        return None
    if _is_mz_now(node.left) and not contains_mz_now(node.right):
        return [(node.operator, node.right)]
    if _is_mz_now(node.right) and not contains_mz_now(node.left):
        return [(_FLIPPED[node.operator], node.left)]
    return None


def _one_side(node: tree.Binary) -> bool:
    return _is_mz_now(node.left) != _is_mz_now(node.right)


def _is_mz_now(node: tree.Expr) -> bool:
    return isinstance(node, tree.Call) and node.name[-1] == "mz_now"


def wakeup(changes: list[str], source: str, conditions: list[str]) -> str:
    """Return the DuckDB query for the first change after ``getvariable('mz_now')``."""
    each = " UNION ALL ".join(
        f"SELECT {change} AS t FROM {source}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
        for change in changes
    )
    return f"SELECT min(t) FROM ({each}) AS changes WHERE t > CAST({MZ_NOW.sql} AS HUGEINT)"
