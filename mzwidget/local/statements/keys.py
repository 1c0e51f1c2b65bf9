"""The columns by which the rows of a view differ, where its query says so: those that it groups by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect import parse
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.statements.spelling import named

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Catalog, Item


def default_key(item: Item, catalog: Catalog) -> tuple[str, ...]:
    """Return the columns of a default index: the key of a grouped view, else all."""
    columns = tuple(column.name for column in item.columns)
    places = _grouped(item, catalog) if item.query else None
    return columns if not places else tuple(columns[place] for place in sorted(places))


def _grouped(item: Item, catalog: Catalog) -> set[int] | None:
    query = parse(named(item.query, catalog))
    body = query.body if isinstance(query, tree.Query) else None
    if not isinstance(body, tree.Select) or any(isinstance(each.expr, tree.Star) for each in body.items):
        return None
    places = set()
    for expr in body.group:
        place = _place(expr, body.items)
        if place is None:
            return None
        places.add(place)
    return places


def _place(expr: tree.Expr, items: tuple[tree.SelectItem, ...]) -> int | None:
    if isinstance(expr, tree.Literal) and expr.kind == "number" and expr.value.isdigit():
        return int(expr.value) - 1
    for place, each in enumerate(items):
        if each.expr == expr or (isinstance(expr, tree.Name) and expr.parts == (each.alias,)):
            return place
    return None
