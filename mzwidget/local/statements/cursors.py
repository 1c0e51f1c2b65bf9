"""DECLARE, FETCH and CLOSE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.encoding import TEXT
from mzwidget.local.formats.results import Result, once
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.cursor import Cursor
from mzwidget.local.statements.kinds import Kind, done
from mzwidget.local.statements.planning import DeclarePlan, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.session import Session


def _plan_declare(session: Session, statement: statements.Declare, types: Sequence[Type | None]) -> DeclarePlan:
    source = session.plan(statement.source, types)
    return DeclarePlan(statement, parameters=source.parameters, source=source)


async def _declare(session: Session, plan: DeclarePlan, values: Sequence[Any]) -> Result:
    statement, transaction = plan.statement, session.transaction
    assert isinstance(statement, statements.Declare)
    if transaction is None or not (transaction.explicit or transaction.several):
        raise SqlError("DECLARE CURSOR can only be used in transaction blocks", "25P01")
    if statement.cursor in transaction.cursors:
        raise SqlError(f'cursor "{statement.cursor}" already exists', "42P03")
    source = plan.source
    prepared = session.prepared_of(source)

    async def start() -> Result:
        if source.columns is None:
            raise unsupported("a cursor for a statement without rows")
        return await session.run(await session.current(prepared), values)

    transaction.cursors[statement.cursor] = Cursor(prepared, start, [TEXT] * len(source.columns or ()))
    return done("DECLARE CURSOR")


def _plan_fetch(session: Session, statement: statements.Fetch, _: Sequence[Type | None]) -> Plan:
    return Plan(statement, session.cursor(statement.cursor).columns)


async def _fetch(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.Fetch)
    rows = await session.cursor(statement.cursor).fetch(statement.count, statement.timeout)
    return Result(lambda count: f"FETCH {count}", plan.columns, once(rows))


async def _close(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.CloseCursor)
    session.cursor(statement.cursor)
    await session.close_cursor(statement.cursor)
    return done("CLOSE CURSOR")


KINDS: dict[type[Any], Kind] = {
    statements.Declare: Kind(_declare, _plan_declare),
    statements.Fetch: Kind(_fetch, _plan_fetch),
    statements.CloseCursor: Kind(_close),
}
