"""INSERT, UPDATE, DELETE and COPY … FROM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.engine.store import bind, read_as_of
from mzwidget.local.engine.writing import Staging, TableCopy, insertion, mutation
from mzwidget.local.errors import SqlError, evaluated
from mzwidget.local.formats.copying import copy_format
from mzwidget.local.formats.results import Result, once
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.kinds import Kind, done
from mzwidget.local.statements.planning import InsertPlan, MutatePlan, Plan
from mzwidget.local.statements.system import SystemCatalog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.session import Session


def _plan_write(session: Session, statement: statements.Write, types: Sequence[Type | None]) -> Plan:
    planner = session.planner
    plan = planner.insert if isinstance(statement.parsed, tree.Insert) else planner.mutate
    return plan(statement, types)


async def _write(session: Session, plan: InsertPlan | MutatePlan, values: Sequence[Any]) -> Result:
    if not (isinstance(plan, InsertPlan) and plan.constant):
        session.check_cluster(plan.inputs)
    try:
        if isinstance(plan, InsertPlan):
            return await _insert(session, plan, values)
        return await _mutate(session, plan, values)
    except SqlError as error:
        if error.sqlstate.startswith("25"):
            raise
        constant = plan.constant if isinstance(plan, InsertPlan) else await _selects(session, plan, values)
        raise evaluated(error, constant=constant) from None


async def _selects(session: Session, plan: MutatePlan, values: Sequence[Any]) -> bool:
    """Whether the rows that an UPDATE changes can be told: what fails then is its SET."""
    if plan.rows is None:
        return False
    try:
        await _fetched(session, f"SELECT count(*) FROM ({plan.ids})", values)
    except SqlError:
        return False
    return True


async def _fetched(session: Session, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a DuckDB query that changes nothing."""
    store = session.engine.store
    reader = store.reader()
    connection = reader.connection

    def work() -> list[tuple[Any, ...]]:
        read_as_of(connection, store.clock.read())
        return connection.execute(sql, bind(sql, values)).fetchall()

    try:
        return await reader.run(work)
    finally:
        reader.close()


async def _insert(session: Session, plan: InsertPlan, values: Sequence[Any]) -> Result:
    store, transaction = session.engine.store, session.transaction
    if not plan.constant:
        session.refuse_in_block()
    if transaction is None or not plan.constant:
        job = insertion(store, plan.target, plan.rows, values, plan.parameters, plan.returned)
        single = plan.returned is None
        _, found = await store.commit(job, frozenset({plan.target.id}), exclusive=not plan.constant, single=single)
    else:
        transaction.write()
        found = plan.returned and await _fetched(session, plan.returned, values)
        count = await transaction.staging(store, plan.target, Staging).add(plan.rows, values)
        found = count if found is None else found
    if plan.columns is None:
        return done(f"INSERT 0 {found}")
    verb = "SELECT" if plan.constant else "INSERT 0"
    return Result(lambda count: f"{verb} {count}", plan.columns, once(found))


async def _mutate(session: Session, plan: MutatePlan, values: Sequence[Any]) -> Result:
    session.refuse_in_block()
    store = session.engine.store
    job = mutation(plan.target, plan.ids, plan.rows, values, store)
    _, count = await store.commit(job, frozenset({plan.target.id}), exclusive=True)
    return done(f"{'DELETE' if plan.rows is None else 'UPDATE'} {count}")


def _plan_copy_from(session: Session, statement: statements.CopyFrom, _: Sequence[Type | None]) -> Plan:
    names = session.names
    if names.find(statement.table) is None and (found := names.system_name(statement.table)) is not None:
        raise SqlError(f"cannot insert into {SystemCatalog.kind(*found)} '{'.'.join(found)}'")
    names.item(statement.table)
    return Plan(statement)


async def _copy_from(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement, store = plan.statement, session.engine.store
    assert isinstance(statement, statements.CopyFrom)
    planner = session.planner
    target = planner.names.item(statement.table)
    if target.kind != "table":
        raise SqlError(f"cannot insert into {target.kind} '{target.full_name}'")
    columns = statement.columns or tuple(column.name for column in target.columns)
    form = copy_format(statement.options)
    rows = planner.copied_rows(target, columns)
    simple = planner.copied_rows(target, columns, simple=True)
    plain = planner.plain_rows(target, columns)
    transaction = session.transaction
    if transaction is None:
        staging = Staging(store, target)
    else:
        transaction.write()
        staging = transaction.staging(store, target, Staging)

    def check() -> None:
        session.engine.catalog.insist(target.id)

    copy = TableCopy(staging, form, len(columns), rows, simple, check=check, own=transaction is None, plain=plain)
    return Result(lambda _: "", copy_in=copy)


KINDS: dict[type[Any], Kind] = {
    statements.Write: Kind(_write, _plan_write),
    statements.CopyFrom: Kind(_copy_from, _plan_copy_from),
}
