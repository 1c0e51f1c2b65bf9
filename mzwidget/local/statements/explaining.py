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
    from collections.abc import Callable, Iterable, Sequence

    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.model import Statement
    from mzwidget.local.statements.reader import Reader
    from mzwidget.local.statements.session import Session

_HEAD = "Plan of mzwidget's embedded engine, not of Materialize:"
_COLUMNS = (Column("Physical Plan", TEXT),)
_STAGES = ("raw", "decorrelated", "locally", "optimized", "timestamp", "filter", "key", "value")


def _explain(reader: Reader) -> statements.Explain:
    if reader.accept("analyze"):
        if not reader.token.is_word("cpu", "memory"):
            reader.fail("one of CPU or MEMORY")
        raise unsupported("EXPLAIN ANALYZE")
    if reader.token.is_word(*_STAGES):
        raise unsupported(f"EXPLAIN {reader.token}")
    if reader.token.kind == "eof":
        reader.fail("identifier")
    if reader.accept("physical", "plan") or reader.accept("plan"):
        if reader.ahead("with"):
            raise unsupported("EXPLAIN with options")
        if reader.accept("as") and not reader.accept("text"):
            raise unsupported(f"EXPLAIN AS {reader.token}")
        reader.expect("for")
    if reader.accept("materialized", "view"):
        return statements.Explain(None, reader.parts())
    if reader.token.is_word("view", "index", "subscribe", "replan", "broken"):
        raise unsupported(f"EXPLAIN {reader.token}")
    reader.expect_query()
    if reader.ahead("show"):
        raise unsupported("EXPLAIN SHOW")
    source = reader.statement(reader)
    assert isinstance(source, statements.Query)
    return statements.Explain(source, None)


BEGINNINGS: dict[str, Callable[[Reader], Statement]] = {"explain": _explain}


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
