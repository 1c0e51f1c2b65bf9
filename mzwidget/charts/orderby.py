"""The order that a SELECT asks for. Loads sqlglot, which takes a while: to be imported where there is one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mzwidget.charts.order import Term
from mzwidget.tail.values import Column


def read(query: str, columns: Sequence[Column]) -> tuple[Term, ...]:
    """Read the order that a SELECT asks for at its top level, in terms of its own columns.

    Materialize does not keep what it subscribes to in an order, so rows are sorted here, by what they show: a term that
    is none of the columns ends the order before it.

    Parameters
    ----------
    query : str
        A SELECT, or anything else, which has no order.
    columns : sequence of Column
        The columns it has.

    Returns
    -------
    tuple of (column index, descending, NULLs first)
    """
    try:
        statement = sqlglot.parse_one(query, read="materialize")
    except SqlglotError:
        return ()
    while isinstance(statement, exp.Subquery) and statement.args.get("order") is None:
        statement = statement.this
    ordering = statement.args.get("order")
    if not isinstance(ordering, exp.Order):
        return ()
    shown = [one.unalias() for one in statement.selects] if isinstance(statement, exp.Query) else []
    terms: list[Term] = []
    for ordered in ordering.expressions:
        index = _column(ordered.this, shown, [of.name for of in columns])
        if index is None:
            break
        descending = bool(ordered.args.get("desc"))
        nulls_first = ordered.args.get("nulls_first")
        terms.append((index, descending, descending if nulls_first is None else bool(nulls_first)))
    return tuple(terms)


def _column(term: exp.Expr, shown: list[exp.Expr], names: list[str]) -> int | None:
    """Find a term among what is selected: by its place, its name or as the same expression."""
    if isinstance(term, exp.Literal):
        place = int(term.name) if term.name.isdecimal() and not term.is_string else 0
        return place - 1 if 1 <= place <= len(names) else None
    if isinstance(term, exp.Column) and (not term.table or len(shown) != len(names)):  # or there is a star
        name = term.name if term.this.args.get("quoted") else term.name.lower()
        if names.count(name) == 1:
            return names.index(name)
    if len(shown) != len(names):
        return None
    same = [place for place, one in enumerate(shown) if one == term or _same_column(one, term)]
    return same[0] if same else None


def _same_column(one: exp.Expr, other: exp.Expr) -> bool:
    if not isinstance(one, exp.Column) or not isinstance(other, exp.Column):
        return False
    return one.name == other.name and not (one.table and other.table)
