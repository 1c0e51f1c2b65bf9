"""Transactions, SET, RESET and DISCARD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import Notice, SqlError
from mzwidget.local.formats.results import Result
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.kinds import Kind, done
from mzwidget.local.statements.variables import CLUSTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.statements.planning import Plan
    from mzwidget.local.statements.session import Session

_WEAK = ("read uncommitted", "read committed", "repeatable read")


def _no_transaction() -> Notice:
    return Notice("there is no transaction in progress", "25P01", severity="WARNING")


async def _begin(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.Begin)
    notices = session.begin(statement.isolation, read_only=statement.read_only)
    return Result(lambda _: "BEGIN", notices=notices)


async def _commit(session: Session, _: Plan, __: Sequence[Any]) -> Result:
    transaction = session.transaction
    if transaction is None or not transaction.explicit:
        await session.end_implicitly()
        return Result(lambda _: "COMMIT", notices=[_no_transaction()])
    return done("COMMIT" if await session.commit() else "ROLLBACK")


async def _rollback(session: Session, _: Plan, __: Sequence[Any]) -> Result:
    within = session.transaction is not None and session.transaction.explicit
    await session.rollback()
    return Result(lambda _: "ROLLBACK", notices=[] if within else [_no_transaction()])


async def _set_transaction(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.SetTransaction)
    if statement.access:
        raise SqlError("SET TRANSACTION <access-mode> are not supported", "0A000")
    _refuse_late(session, "transaction_isolation")
    if statement.isolation is not None:
        session.variables.set("transaction_isolation", [statement.isolation], local=not statement.session)
    _end_local(session)
    return done("SET")


async def _set(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.SetVariable)
    variables = session.variables
    _refuse_late(session, statement.name.lower())
    variables.set(statement.name, statement.values, local=statement.local)
    _end_local(session)
    name = statement.name.lower()
    notices = missing(session, name)
    if name == "transaction_isolation" and statement.values and statement.values[0].lower() in _WEAK:
        level = statement.values[0].lower()
        notices.append(
            Notice(
                f"transaction isolation level {level} is unimplemented, the session will be upgraded to serializable"
            )
        )
    return Result(lambda _: statement.tag, notices=notices)


def missing(session: Session, name: str) -> list[Notice]:
    """Return what is said of a database or a cluster that a variable names, and that is not there."""
    value = session.variables.get(name)
    there = {"database": session.engine.catalog.databases, "cluster": CLUSTERS}.get(name)
    if there is None or value in there or not session.variables.warns:
        return []
    code = "MZ006" if name == "database" else "MZ007"
    return [Notice(f'{name} "{value}" does not exist', code, hint=_another(name))]


def missing_schema(session: Session) -> list[Notice]:
    """Return what is said where no schema of the search path is there."""
    if session.names.current_schema is not None or not session.variables.warns:
        return []
    path = ", ".join(session.variables.search_path)
    return [Notice(f"no schema on the search path exists: {path}", "MZ008", hint=_another("schema"))]


def _another(kind: str) -> str:
    article = "a" if kind == "schema" else "the"
    made = (
        f"Create {article} {kind} with CREATE {kind.upper()} or pick an extant {kind} with SET {kind.upper()} = name."
    )
    return f"{made} List available {kind}s with SHOW {kind.upper()}S."


def _refuse_late(session: Session, name: str) -> None:
    """Refuse what a transaction takes only before its first query."""
    if session.transaction is None or not session.transaction.did:
        return
    if name == "transaction_isolation":
        raise SqlError("SET TRANSACTION ISOLATION LEVEL must be called before any query", "25001")
    if name == "cluster":
        raise SqlError("SET cluster cannot be called in an active transaction", "25001")


def _end_local(session: Session) -> None:
    """Without a transaction, what is local to one has no effect."""
    if session.transaction is None:
        session.variables.end_local()


async def _discard(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.Discard)
    if statement.what == "all":
        session.refuse_in_block()
        session.prepared.clear()
        session.variables.reset_all()
    if statement.what in {"all", "temp"}:
        own = session.engine.catalog.temporary.get(session.number, {})
        await session.engine.definitions.remove(list(own.values()))
    return done(f"DISCARD {statement.what.upper()}")


KINDS: dict[type[Any], Kind] = {
    statements.Begin: Kind(_begin),
    statements.Commit: Kind(_commit),
    statements.Rollback: Kind(_rollback),
    statements.SetTransaction: Kind(_set_transaction),
    statements.SetVariable: Kind(_set),
    statements.Discard: Kind(_discard),
}
