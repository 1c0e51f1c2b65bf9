"""SELECT, SUBSCRIBE, COPY … TO, and prepared statements by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.mirrors import is_mirror
from mzwidget.local.engine.reading import read, scalar
from mzwidget.local.engine.subscriptions import too_old
from mzwidget.local.errors import Notice, SqlError
from mzwidget.local.formats.encoding import TEXT
from mzwidget.local.formats.parameters import decode
from mzwidget.local.formats.printing import printer
from mzwidget.local.formats.results import Result
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.kinds import Kind, done, selected
from mzwidget.local.statements.planning import NOT_A_TIMESTAMP, CopyToPlan, ExecutePlan, Plan
from mzwidget.local.statements.timedomain import TimeDomain, listed
from mzwidget.local.statements.variables import STRICT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.dialect import Query
    from mzwidget.local.engine.catalog import Catalog
    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.planning import QueryPlan, SubscribePlan
    from mzwidget.local.statements.session import Session

_STREAMING = "01000"


# ------------------------------------------------------------------------------------------------------- SELECT


def _plan_query(session: Session, statement: statements.Query, types: Sequence[Type | None]) -> Plan:
    return session.planner.query(statement, types)


async def _select(session: Session, plan: QueryPlan, values: Sequence[Any]) -> Result:
    store = session.engine.store
    if not _routed(session, plan):
        session.check_cluster(plan.query.inputs)
    await session.engine.mirrors.refresh(plan.query.inputs)
    chosen = await _bound(session, plan.as_of)
    if chosen is not None and plan.at_least:
        chosen = max(chosen, store.clock.read())
    if chosen is not None and not plan.query.constant:
        if chosen < store.since:
            raise too_old(chosen, store.since, plan.query)
        await store.clock.reach(chosen)
    timestamp = _read_at(session, plan, chosen)
    most = session.variables.bytes("max_query_result_size")
    return Result(selected, plan.columns, read(store, plan.query, values, timestamp, most), notices=advice(plan.query))


def _routed(session: Session, plan: QueryPlan) -> bool:
    """Whether a query runs on the cluster of the catalog, whichever the session's is."""
    variables = session.variables
    asked_for = variables.get("auto_route_catalog_queries") == "off" or variables.get("cluster_replica")
    return not (asked_for or plan.costly) and all(map(is_mirror, plan.query.inputs))


def advice(query: Query) -> list[Notice]:
    """Return what a query is warned of."""
    if not query.compares_null:
        return []
    message = "Comparison with NULL using `=`, `<>`, or `!=` always evaluates to NULL."
    return [Notice(message, hint="Use `IS NULL` or `IS NOT NULL` instead.")]


def _read_at(session: Session, plan: QueryPlan, chosen: int | None) -> int:
    query, transaction, clock = plan.query, session.transaction, session.engine.store.clock
    if chosen is not None:
        return chosen
    constant = query.constant or not (query.inputs or plan.dated)
    catalog = not constant and all(map(is_mirror, query.inputs))
    ready = _ready(session, query)
    if transaction is None:
        return ready
    folded = "folded" if query.inputs else "constant"
    kind = folded if constant else "catalog" if catalog else "read"
    if catalog and session.variables.get("auto_route_catalog_queries") == "off":
        kind = "read"
    chosen = transaction.read(session.engine.store, kind, ready, lambda: listed(session.engine.catalog, query.inputs))
    if kind in {"read", "catalog"} and (transaction.explicit or transaction.several):
        here = session.engine.catalog
        if transaction.domain is None and kind == "read":
            transaction.domain = TimeDomain.of(here, query.inputs, session.number)
        if transaction.domain is not None:
            transaction.domain.check(here, query.inputs)
    return clock.read() if catalog else chosen


def _ready(session: Session, query: Query) -> int:
    """Return the time at which a query reads: where isolation is not strict a second ago, as may be in Materialize."""
    store = session.engine.store
    strict = session.variables.get("transaction_isolation") == STRICT
    if strict or not query.inputs or any(map(is_mirror, query.inputs)):
        return store.clock.read()
    items = map(session.engine.catalog.by_id, query.inputs)
    return max(store.since, *(item.since for item in items if item is not None))


async def _bound(session: Session, query: Query | SqlError | None) -> int | None:
    """Return the timestamp of AS OF or UP TO."""
    if query is None:
        return None
    if isinstance(query, SqlError):
        raise query
    try:
        found = await scalar(session.engine.store, query)
    except SqlError:
        found = None
    if found is None:
        raise SqlError(NOT_A_TIMESTAMP)
    return int(found)


# ---------------------------------------------------------------------------------------------------- SUBSCRIBE


def _plan_subscribe(session: Session, statement: statements.Subscribe, types: Sequence[Type | None]) -> Plan:
    return session.planner.subscribe(statement, types)


async def _subscribe(session: Session, plan: SubscribePlan, values: Sequence[Any]) -> Result:
    store, feeds, catalog = session.engine.store, session.engine.feeds, session.engine.catalog
    query = plan.subscription.query
    session.check_cluster(query.inputs)
    if query.refusal is not None:
        raise _not_maintained(query.refusal)
    as_of, up_to = await _bound(session, plan.as_of), await _bound(session, plan.up_to)
    if session.transaction is not None:
        inputs = "" if query.constant else listed(catalog, query.inputs)
        session.transaction.subscribe(inputs, as_of=as_of is not None)
    await session.engine.mirrors.refresh(query.inputs)
    start = plan.subscription.start(store, as_of, up_to)
    tables = any(is_mirror(id_) or _is_table(catalog, id_) for id_ in query.inputs)
    activity = session.engine.activity
    watching = activity.watch(session.number, query.inputs)
    fixed = not tables and not query.wakeups
    chunks = plan.subscription.chunks(store, feeds, values, start, up_to, fixed=fixed, opened=watching.follow)
    chunks = activity.watched(watching, chunks)
    notices = advice(query)
    if start is not None and start == up_to:
        bound = f"{start} (inclusive) up to the same bound {up_to} (exclusive)"
        notices.append(Notice(f"subscribe as of {bound} is guaranteed to be empty"))
    streaming = "streaming SUBSCRIBE rows directly requires a client that does not buffer output"
    notices.append(Notice(streaming, _STREAMING))
    if session.variables.get("application_name") == "psql":
        notices[-1].hint = "Wrap your SUBSCRIBE statement in `COPY (SUBSCRIBE ...) TO STDOUT`."
    return Result(selected, plan.columns, chunks, notices=notices, streaming=True)


def _is_table(catalog: Catalog, id_: str) -> bool:
    item = catalog.by_id(id_)
    return item is not None and item.kind == "table"


def _not_maintained(refusal: SqlError) -> SqlError:
    """Return the error for a query that cannot be maintained, as SUBSCRIBE says it."""
    if "embedded engine" in refusal.message:
        return refusal
    return SqlError(f"internal error: internal error in optimizer: {refusal.message}")


# --------------------------------------------------------------------------------------------------------- COPY


def _plan_copy(session: Session, statement: statements.CopyTo, types: Sequence[Type | None]) -> Plan:
    source: Plan
    if isinstance(statement.source, statements.Query):
        source = _plan_query(session, statement.source, types)
    else:
        source = _plan_subscribe(session, statement.source, types)
    if source.parameters:
        raise SqlError("COPY does not support parameters", "42P02")
    return CopyToPlan(statement, source=source)


async def _copy_to(session: Session, plan: CopyToPlan, values: Sequence[Any]) -> Result:
    result = await session.run(plan.source, values)
    assert isinstance(plan.statement, statements.CopyTo)
    result.tag = lambda count: f"COPY {count}"
    result.copy_format = plan.statement.format
    result.notices = [notice for notice in result.notices if notice.code != _STREAMING]
    return result


async def _unsupported(_: Session, plan: Plan, __: Sequence[Any]) -> Result:
    assert isinstance(plan.statement, statements.Unsupported)
    raise SqlError(plan.statement.message)


# ------------------------------------------------------------------------------------------ prepared statements


async def _prepare(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.Prepare)
    session.prepared.add(statement.name, await session.prepare(statement.parsed))
    return done("PREPARE")


def _plan_execute(session: Session, statement: statements.Execute, _: Sequence[Type | None]) -> Plan:
    prepared = session.prepared.get(statement.name)
    if prepared is None or prepared.plan is None:
        raise SqlError(f'unknown prepared statement "{statement.name}"')
    if len(prepared.parameters) != len(statement.values):
        raise SqlError(f"expected {len(prepared.parameters)} params, got {len(statement.values)}")
    typed = zip(statement.values, prepared.parameters, strict=True)
    given = [session.planner.constant(value, type_, number) for number, (value, type_) in enumerate(typed, 1)]
    return ExecutePlan(statement, prepared.columns, name=statement.name, values=tuple(given))


async def _execute(session: Session, plan: ExecutePlan, _: Sequence[Any]) -> Result:
    prepared = session.prepared.get(plan.name)
    if prepared is None:
        raise SqlError(f'prepared statement "{plan.name}" does not exist', "26000")
    values: list[Any] = []
    for query in plan.values:
        [column], found = query.columns, await scalar(session.engine.store, query)
        values.append(decode(None if found is None else printer(column.type)(found).encode(), column.type, TEXT))
    return await session.execute(prepared, values)


async def _deallocate(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.Deallocate)
    if statement.name is None:
        session.prepared.clear()
        return done("DEALLOCATE ALL")
    if session.prepared.pop(statement.name) is None:
        raise SqlError(f'prepared statement "{statement.name}" does not exist', "26000")
    return done("DEALLOCATE")


KINDS: dict[type[Any], Kind] = {
    statements.Query: Kind(_select, _plan_query),
    statements.Subscribe: Kind(_subscribe, _plan_subscribe),
    statements.CopyTo: Kind(_copy_to, _plan_copy),
    statements.Unsupported: Kind(_unsupported),
    statements.Prepare: Kind(_prepare),
    statements.Execute: Kind(_execute, _plan_execute),
    statements.Deallocate: Kind(_deallocate),
}
