"""Temporal filters: conditions on ``mz_now()`` in WHERE, and when each of them next changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mzwidget.local.dialect.calls import coerce, operate
from mzwidget.local.dialect.conditions import conjuncts, is_mz_now, is_temporal, temporal_error
from mzwidget.local.dialect.expressions import MZ_NOW, Expressions
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t

_NEGATED = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
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


def temporal_conditions(expressions: Expressions, node: tree.Expr) -> tuple[list[Value], list[str]]:
    """Translate a condition that contains ``mz_now()``.

    Returns
    -------
    conditions : list of Value
        To be joined by AND.
    changes : list of str
        DuckDB SQL of the timestamps at which they change. Empty if they cannot be maintained; the statement has then
        noted so.
    """
    scope = expressions.scope
    correlated, scope.correlated = scope.correlated, False
    found = [_temporal_condition(expressions, part) for part in conjuncts(_without_not(node))]
    changes = [change for _, bounds in found for bound in bounds for change in bound.changes]
    if scope.correlated:
        expressions.statement.refuse_maintenance(temporal_error(node))
        changes = []
    scope.correlated = scope.correlated or correlated
    return [condition for condition, _ in found], changes


def _without_not(node: tree.Expr, *, negated: bool = False) -> tree.Expr:
    """Return a condition whose comparisons are negated themselves, in place of what stands around them."""
    match node:
        case tree.Not(operand):
            return _without_not(operand, negated=not negated)
        case tree.Logic(word, operands) if negated:
            return tree.Logic({"and": "or", "or": "and"}[word], tuple(_without_not(o, negated=True) for o in operands))
        case tree.Binary(operator) if negated and operator in _NEGATED:
            return replace(node, operator=_NEGATED[operator])
        case tree.Between() if negated:
            return replace(node, negated=not node.negated)
    return tree.Not(node) if negated else node


def _temporal_condition(expressions: Expressions, node: tree.Expr) -> tuple[Value, list[Bound]]:
    """Translate one conjunct; of bounds there are none if it has none, or none that can be maintained."""
    if not is_temporal(node):
        return expressions.condition(node), []
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
        if node.negated or not is_mz_now(node.operand) or is_temporal(node.low) or is_temporal(node.high):
            return None
        return [(">=", node.low), ("<=", node.high)]
    if not isinstance(node, tree.Binary) or node.operator not in _FLIPPED:
        return None
    if is_mz_now(node.left) and not is_temporal(node.right):
        return [(node.operator, node.right)]
    if is_mz_now(node.right) and not is_temporal(node.left):
        return [(_FLIPPED[node.operator], node.left)]
    return None


def _one_side(node: tree.Binary) -> bool:
    return is_mz_now(node.left) != is_mz_now(node.right)


def wakeup(changes: list[str], source: str, conditions: list[str]) -> str:
    """Return the DuckDB query for the first change after ``getvariable('mz_now')``."""
    each = " UNION ALL ".join(
        f"SELECT {change} AS t FROM {source}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
        for change in changes
    )
    return f"SELECT min(t) FROM ({each}) AS changes WHERE t > CAST({MZ_NOW.sql} AS HUGEINT)"
