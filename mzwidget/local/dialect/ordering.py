"""ORDER BY, LIMIT and OFFSET."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from mzwidget.local.dialect.conditions import ordered
from mzwidget.local.dialect.expressions import Expressions
from mzwidget.local.dialect.names import fold
from mzwidget.local.dialect.operators import coerce
from mzwidget.local.dialect.scope import Scope, Statement
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column


def _no_subquery(_: exp.Expr, __: Scope) -> tuple[tuple[Column, ...], str]:
    raise unsupported("a subquery in LIMIT or OFFSET")


def only_outputs(order: exp.Order, names: Sequence[str]) -> None:
    for item in order.expressions:
        node = item.this
        if not isinstance(node, exp.Literal) and not (isinstance(node, exp.Column) and node.name.lower() in names):
            raise SqlError("invalid UNION/INTERSECT/EXCEPT ORDER BY clause", "0A000")


def order_by(terms: list[str]) -> str:
    return " ORDER BY " + ", ".join(terms) if terms else ""


def ties(values: Sequence[Value], terms: list[str]) -> list[str]:
    """Return terms for all columns: rows that tie at a limit are told apart by the whole row."""
    known = {term.rsplit(" ", 3)[0] for term in terms}
    return [f"{value.sql} ASC NULLS LAST" for value in values if value.sql not in known]


def limit_clause(statement: Statement, query: exp.Expr) -> str:
    """Return the LIMIT and OFFSET of a query, empty if it has none."""
    sql = ""
    for key, word in (("limit", "LIMIT"), ("offset", "OFFSET")):
        clause = query.args.get(key)
        if clause is None:
            continue
        if not isinstance(clause, exp.Limit | exp.Offset) or clause.args.get("expressions"):
            raise unsupported(f"{type(clause).__name__.upper()} in place of {word}")
        node = clause.expression
        if isinstance(node, exp.Null) or (isinstance(node, exp.Column) and node.name.upper() == "ALL"):
            continue
        value = Expressions(Scope(statement), _no_subquery).value(node)
        if value.type.name not in ("int4", "int8", "unknown") or (value.literal or "").startswith("-"):
            raise SqlError(f"{word} must not be negative" if value.literal else f"{word} must be an integer", "2201W")
        sql += f" {word} {coerce(statement, value, t.INT8).sql}"
    return sql


def order_terms(
    expressions: Expressions, order: exp.Order | None, names: Sequence[str], values: Sequence[Value]
) -> list[str]:
    terms = []
    for item in order.expressions if order is not None else ():
        if item.args.get("with_fill"):
            raise unsupported("ORDER BY … WITH FILL")
        terms.append(ordered(referenced(expressions, item.this, names, values), item))
    return terms


def referenced(expressions: Expressions, node: exp.Expr, names: Sequence[str], values: Sequence[Value]) -> Value:
    """Return what an ORDER BY item means: a result column by number or name, else an expression."""
    if isinstance(node, exp.Literal):
        if node.is_string or not node.name.isdigit():
            raise SqlError("non-integer constant in ORDER BY", "42601")
        return by_position(int(node.name), values, "ORDER BY")
    if isinstance(node, exp.Column) and len(node.parts) == 1 and not isinstance(node.this, exp.Star):
        matches = [value for name, value in zip(names, values, strict=True) if name == fold(node.this)]
        if len({value.sql for value in matches}) > 1:
            raise SqlError(f'ORDER BY "{fold(node.this)}" is ambiguous', "42702")
        if matches:
            return matches[0]
    return expressions.typed(node)


def by_position(position: int, values: Sequence[Value], clause: str) -> Value:
    if not 1 <= position <= len(values):
        raise SqlError(f"column reference {position} in {clause} clause is out of range (1 - {len(values)})", "42P10")
    return values[position - 1]


def hashable(value: Value, clause: str) -> None:
    if value.type.element is not None and value.type.element.name == "jsonb":
        raise unsupported(f"{clause} of {t.sql_name(value.type)}")
