"""Names that mean nothing: Materialize looks all of them up before anything else of a statement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect.calls import callable_, misspelt
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.typenames import resolve_type
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Statement


def misnamed(query: tree.Node, statement: Statement) -> SqlError | None:
    """Return the error for the first relation, function or type that does not exist."""
    for node, ctes in _walk(query, frozenset()):
        try:
            if isinstance(node, tree.Table) and (len(node.parts) > 1 or node.parts[0] not in ctes):
                statement.relation(node.parts)
            if isinstance(node, tree.Call) and not callable_(node.name, statement):
                return misspelt(".".join(node.name))
            if isinstance(node, tree.TypeName) and node.kind == "named":
                resolve_type(replace(node, modifiers=()), statement.catalog)
        except SqlError as error:
            return error if error.sqlstate != "0A000" else None
    return None


def _walk(node: object, ctes: frozenset[str]) -> Iterator[tuple[tree.Node, frozenset[str]]]:
    """Yield what a query is made of in the order in which it is written, and the common tables in reach."""
    if isinstance(node, tuple):
        for item in node:
            yield from _walk(item, ctes)
    if not isinstance(node, tree.Node):
        return
    yield node, ctes
    parts: list[object] = [getattr(node, each.name) for each in fields(node)]
    if isinstance(node, tree.Query):
        ctes |= {cte.name for cte in node.ctes}
        parts = [node.ctes, node.body, node.order, node.limit, node.offset]
    for part in parts:
        yield from _walk(part, ctes)
