"""EXPLAIN: what the embedded engine does for a query, in a form of its own that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.mirrors import is_mirror
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.results import Result, once
from mzwidget.local.formats.types import TEXT, Column
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.kinds import Kind, selected
from mzwidget.local.statements.planning import ExplainPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.session import Session

_HEAD = "Plan of mzwidget's embedded engine, not of Materialize:"
_COLUMNS = (Column("Physical Plan", TEXT),)


def _plan(session: Session, statement: statements.Explain, types: Sequence[Type | None]) -> ExplainPlan:
    if statement.source is not None:
        source = session.planner.query(statement.source, types)
        return ExplainPlan(statement, _COLUMNS, source.parameters, source=source)
    assert statement.relation is not None
    item = session.names.item(statement.relation)
    if item.kind != "materialized view":
        raise SqlError(f"{item.full_name} is not a materialized view")
    return ExplainPlan(statement, _COLUMNS)


async def _run(session: Session, plan: ExplainPlan, values: Sequence[Any]) -> Result:
    statement, source = plan.statement, plan.source
    assert isinstance(statement, statements.Explain)
    if source is not None and source.query.constant:
        text = await _constant(session, plan, values)
    elif source is not None:
        text = f"{_HEAD}\n  reads {_listed(session, source.query.inputs)}\n  computed anew when it is asked\n"
    else:
        assert statement.relation is not None
        item = session.names.item(statement.relation)
        assert item.relation is not None
        inputs = item.relation.inputs - {item.id}
        text = f"{_HEAD}\n  reads {_listed(session, inputs)}\n  kept up to date as these change\n"
    return Result(selected, plan.columns, once([(text,)]))


async def _constant(session: Session, plan: ExplainPlan, values: Sequence[Any]) -> str:
    """Tell of a query that reads nothing what Materialize tells: how many rows it has."""
    assert plan.source is not None
    found = await session.run(plan.source, values)
    try:
        count = sum([len(chunk.rows) async for chunk in found.chunks])
    except SqlError:
        raise unsupported("EXPLAIN of a query that fails") from None
    return f"Explained Query (fast path):\n  →Constant ({count} rows)\n\nTarget cluster: mz_catalog_server\n"


def _listed(session: Session, inputs: Iterable[str]) -> str:
    catalog = session.engine.catalog
    items = (catalog.by_id(id_) for id_ in inputs)
    names = sorted(item.full_name for item in items if item is not None)
    if any(map(is_mirror, inputs)):
        names.append("the system catalog")
    return ", ".join(names) or "nothing"


KINDS: dict[type[Any], Kind] = {statements.Explain: Kind(_run, _plan)}
