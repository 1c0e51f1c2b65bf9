"""One client's session: executes statements under Materialize's rules for transactions."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.catalog import DATABASE, Catalog
from mzwidget.local.engine.maintenance import Feeds
from mzwidget.local.engine.reading import read, scalar
from mzwidget.local.engine.store import Store
from mzwidget.local.engine.writing import Staging, TableCopy, insertion, mutation
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.copying import copy_format
from mzwidget.local.formats.results import Notice, Result, once
from mzwidget.local.statements import model as statements
from mzwidget.local.statements import shows
from mzwidget.local.statements.cursors import Cursor
from mzwidget.local.statements.definitions import Definition, Definitions
from mzwidget.local.statements.grammar import parse
from mzwidget.local.statements.planning import (
    CopyToPlan,
    InsertPlan,
    MutatePlan,
    Plan,
    Planner,
    QueryPlan,
    SubscribePlan,
)
from mzwidget.local.statements.variables import VERSION, Variables

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mzwidget.local.engine.catalog import Item
    from mzwidget.local.formats.types import Column, Type
    from mzwidget.local.statements.model import Statement

_LONG_STATEMENT = 20_000
_ABORTED = "current transaction is aborted, commands ignored until end of transaction block"
_NOT_A_TIMESTAMP = "AS OF or UP TO should be castable to a (non-null) mz_timestamp value"


class Engine:
    """What all sessions share."""

    def __init__(self) -> None:
        self.store = Store()
        self.feeds = Feeds(self.store)
        self.catalog = Catalog()
        self.definitions = Definitions(self.catalog, self.store, self.feeds)


@dataclass
class Prepared:
    """A statement and its plan, which is made anew when the catalog has changed."""

    sql: str
    statement: Statement | None
    types: tuple[Type | None, ...] = ()
    plan: Plan | None = None
    version: tuple[Any, ...] = ()

    @property
    def parameters(self) -> tuple[Type, ...]:
        return self.plan.parameters if self.plan is not None else ()

    @property
    def columns(self) -> tuple[Column, ...] | None:
        return self.plan.columns if self.plan is not None else None


@dataclass
class Transaction:
    """An open transaction block: what it did so far decides what it may still do."""

    explicit: bool
    variables: dict[str, str]
    kind: str = ""
    """``read``, ``write``, ``subscribe`` or ``single``; empty while nothing was done."""
    timestamp: int | None = None
    staging: Staging | None = None
    change: Callable[[], Awaitable[None]] | None = None
    cursors: dict[str, Cursor] = field(default_factory=dict)
    failed: bool = False
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


class Session:
    """Executes statements for one client.

    Parameters
    ----------
    engine : Engine
    user : str
    pid : int
        What ``pg_backend_pid()`` says.
    """

    def __init__(self, engine: Engine, user: str, pid: int) -> None:
        self.variables = Variables()
        self.prepared: dict[str, Prepared] = {}
        self.transaction: Transaction | None = None
        self._engine = engine
        self._functions: dict[str, str | int] = {
            "current_database": DATABASE,
            "current_catalog": DATABASE,
            "current_schema": "public",
            "current_user": user,
            "session_user": user,
            "current_role": user,
            "pg_backend_pid": pid,
            "mz_version": VERSION,
            "version": f"PostgreSQL 9.5.0 on Materialize {VERSION}",
            "mz_environment_id": "mzwidget-embedded",
        }

    @property
    def status(self) -> bytes:
        """The transaction status that ReadyForQuery tells."""
        if self.transaction is None or not self.transaction.explicit:
            return b"I"
        return b"E" if self.transaction.failed else b"T"

    # ---------------------------------------------------------------------------------------- preparing

    async def prepare(self, sql: str, types: Sequence[Type | None] = ()) -> Prepared:
        """Parse and plan one statement; an empty one has no plan."""
        if not sql.strip():
            return Prepared(sql, None)
        prepared = Prepared(sql, parse(sql), tuple(types))
        self._refuse_if_aborted(prepared.statement)
        await self._plan(prepared)
        return prepared

    async def _plan(self, prepared: Prepared) -> None:
        statement = prepared.statement
        if statement is None:
            return
        planner = self._planner()
        version = (self._engine.catalog.version, tuple(self.variables.search_path))
        if isinstance(statement, shows.Show):
            prepared.plan = Plan(statement, shows.columns(statement))
        elif isinstance(statement, statements.Fetch):
            prepared.plan = Plan(statement, self._cursor(statement.cursor).columns)
        elif len(prepared.sql) > _LONG_STATEMENT:
            prepared.plan = await asyncio.to_thread(planner.plan, statement, prepared.types)
        else:
            try:
                prepared.plan = planner.plan(statement, prepared.types)
            except SqlError as error:
                _place(error, prepared.sql, statement)
                raise
        prepared.version = version

    async def _current(self, prepared: Prepared) -> Plan:
        """Return the plan, made anew if the catalog has changed since."""
        assert prepared.plan is not None
        version = (self._engine.catalog.version, tuple(self.variables.search_path))
        if version != prepared.version or isinstance(prepared.statement, statements.Fetch):
            before = prepared.columns
            await self._plan(prepared)
            if prepared.columns != before:
                prepared.version = ()
                raise SqlError("cached plan must not change result type", "0A000")
        return prepared.plan

    def _planner(self) -> Planner:
        return Planner(self._engine.catalog, self.variables.search_path, self._functions)

    # ---------------------------------------------------------------------------------------- executing

    async def execute(self, prepared: Prepared, values: Sequence[Any] = ()) -> Result:
        """Run a statement; its rows come as the result's chunks are drawn."""
        statement = prepared.statement
        self._refuse_if_aborted(statement)
        plan = await self._current(prepared)
        match statement:
            case statements.Begin():
                return self._begin()
            case statements.Commit():
                return await self._commit()
            case statements.Rollback():
                await self._end()
                return _done("ROLLBACK")
            case statements.SetVariable():
                return self._set(statement)
            case _ if isinstance(statement, shows.Show):
                found = shows.rows(statement, self._engine.catalog, self.variables, self.variables.search_path)
                return Result(_selected, plan.columns, once(found))
            case statements.Declare():
                return self._declare(statement, values)
            case statements.Fetch():
                rows = await self._cursor(statement.cursor).fetch(statement.count, statement.timeout)
                return Result(lambda count: f"FETCH {count}", plan.columns, once(rows))
            case statements.CloseCursor():
                await self._cursor(statement.cursor).close()
                assert self.transaction is not None
                del self.transaction.cursors[statement.cursor]
                return _done("CLOSE CURSOR")
            case statements.Discard():
                return await self._discard(statement)
            case statements.Deallocate():
                return self._deallocate(statement)
            case statements.CopyFrom():
                return await self._copy_from(statement)
            case _ if isinstance(statement, Definition):
                return await self._define(statement)
        return await self._run(plan, values)

    async def _run(self, plan: Plan, values: Sequence[Any]) -> Result:
        match plan:
            case QueryPlan():
                return await self._select(plan, values)
            case SubscribePlan():
                return await self._subscribe(plan, values)
            case CopyToPlan():
                result = await self._run(plan.source, values)
                assert isinstance(plan.statement, statements.CopyTo)
                result.tag = lambda count: f"COPY {count}"
                result.copy_format = plan.statement.format
                return result
            case InsertPlan():
                return await self._insert(plan, values)
            case MutatePlan():
                return await self._mutate(plan, values)
        raise unsupported("this statement")

    # ------------------------------------------------------------------------------------------ reading

    async def _select(self, plan: QueryPlan, values: Sequence[Any]) -> Result:
        store = self._engine.store
        chosen = await self._bound(plan.as_of)
        if chosen is not None and not plan.query.constant:
            if chosen < store.since:
                raise SqlError("could not find a valid timestamp for the query", "22000")
            await store.clock.reach(chosen)
        timestamp = self._read_at(chosen, timeless=plan.query.constant)
        return Result(_selected, plan.columns, read(store, plan.query, values, timestamp))

    def _read_at(self, chosen: int | None, *, timeless: bool) -> int:
        transaction, clock = self.transaction, self._engine.store.clock
        if transaction is None or timeless or chosen is not None:
            return clock.read() if chosen is None else chosen
        if transaction.kind == "write":
            raise SqlError("transaction in write-only mode", "25000")
        if transaction.kind == "subscribe":
            raise _read_only()
        self._claim("read")
        if transaction.timestamp is None:
            transaction.timestamp = clock.read()
            transaction.stack.enter_context(self._engine.store.hold(transaction.timestamp))
        return transaction.timestamp

    async def _subscribe(self, plan: SubscribePlan, values: Sequence[Any]) -> Result:
        store, feeds = self._engine.store, self._engine.feeds
        as_of, up_to = await self._bound(plan.as_of), await self._bound(plan.up_to)
        transaction = self.transaction
        if transaction is not None:
            if transaction.kind == "read":
                raise _read_only()
            if transaction.kind == "subscribe" and as_of is None:
                raise SqlError("SUBSCRIBE in transactions must be the only read statement", "25000")
            if transaction.kind == "write":
                raise SqlError("transaction in write-only mode", "25000")
            self._claim("subscribe")
        start = plan.subscription.start(store, as_of, up_to)
        chunks = plan.subscription.chunks(store, feeds, values, start, up_to)
        notices = [Notice("streaming SUBSCRIBE rows directly requires a client that does not buffer output", "01000")]
        if self.variables.get("application_name") == "psql":
            notices[0].hint = "Wrap your SUBSCRIBE statement in `COPY (SUBSCRIBE ...) TO STDOUT`."
        if start is not None and start == up_to:
            notices.append(Notice(f"subscription lower bound (`AS OF`) is equal to its upper bound (`UP TO`): {start}"))
        return Result(_selected, plan.columns, chunks, notices=notices, streaming=True)

    async def _bound(self, query: Any) -> int | None:
        if query is None:
            return None
        found = await scalar(self._engine.store, query)
        if found is None:
            raise SqlError(_NOT_A_TIMESTAMP)
        return int(found)

    # ------------------------------------------------------------------------------------------ writing

    async def _insert(self, plan: InsertPlan, values: Sequence[Any]) -> Result:
        transaction = self.transaction
        if transaction is None or not plan.constant:
            self._alone("INSERT … SELECT")
            job = insertion(plan, values)
            touched = frozenset({plan.target.full_name})
            _, count = await self._engine.store.commit(job, touched, exclusive=not plan.constant)
        else:
            staging = await self._staging(plan.target)
            count = await staging.add(plan.rows, values)
        return _done(f"INSERT 0 {count}")

    async def _mutate(self, plan: MutatePlan, values: Sequence[Any]) -> Result:
        verb = "DELETE" if plan.rows is None else "UPDATE"
        self._alone(verb)
        store = self._engine.store
        _, count = await store.commit(mutation(plan, values, store), frozenset({plan.target.full_name}), exclusive=True)
        return _done(f"{verb} {count}")

    async def _copy_from(self, statement: statements.CopyFrom) -> Result:
        planner = self._planner()
        target = planner.item(statement.table)
        if target.kind != "table":
            raise SqlError(f"cannot insert into {target.kind} '{target.full_name}'")
        columns = statement.columns or tuple(column.name for column in target.relation.columns)
        form = copy_format(statement.options)
        rows = planner.copied_rows(target, columns)
        own = self.transaction is None
        staging = Staging(self._engine.store, target) if own else await self._staging(target)
        copy = TableCopy(staging, form, len(columns), rows, own=own)
        return Result(lambda _: "", copy_in=copy)

    async def _staging(self, target: Item) -> Staging:
        transaction = self.transaction
        assert transaction is not None
        if transaction.kind in {"read", "subscribe"}:
            raise SqlError("transaction in read-only mode", "25006")
        self._claim("write")
        if transaction.staging is None:
            transaction.staging = Staging(self._engine.store, target)
        elif transaction.staging.target.full_name != target.full_name:
            raise SqlError("internal error, wrong set of locks acquired", "55P03")
        return transaction.staging

    async def _define(self, statement: Definition) -> Result:
        self._claim("single")
        notices: list[Notice] = []
        path = self.variables.search_path
        try:
            tag, change = self._engine.definitions.prepare(statement, self._planner(), path, notices)
        except SqlError as error:
            if isinstance(statement, statements.CreateView):
                _place(error, statement.sql, statement)
            raise
        if change is not None:
            if self.transaction is not None:
                self.transaction.change = change
            else:
                await change()
        return Result(lambda _: tag, notices=notices)

    # ------------------------------------------------------------------------------------- transactions

    def _claim(self, kind: str) -> None:
        """Make the open transaction one of `kind`, if its past allows that."""
        transaction = self.transaction
        if transaction is None:
            return
        if transaction.kind and (transaction.kind != kind or kind == "single"):
            raise SqlError("this transaction can only execute a single statement", "25000")
        transaction.kind = kind

    def _alone(self, verb: str) -> None:
        if self.transaction is not None and self.transaction.explicit:
            raise SqlError(f"{verb} cannot be run inside a transaction block", "25001")

    def _refuse_if_aborted(self, statement: Statement | None) -> None:
        failed = self.transaction is not None and self.transaction.failed
        if failed and not isinstance(statement, statements.Commit | statements.Rollback):
            raise SqlError(_ABORTED, "25P02")

    def _begin(self) -> Result:
        notices = []
        if self.transaction is None:
            self.begin_implicitly()
        elif self.transaction.explicit:
            notices.append(Notice("there is already a transaction in progress", "25001"))
        assert self.transaction is not None
        self.transaction.explicit = True
        return Result(lambda _: "BEGIN", notices=notices)

    def begin_implicitly(self) -> None:
        """Open the transaction that the statements of one simple query share."""
        self.transaction = Transaction(explicit=False, variables=self.variables.copy())

    async def _commit(self) -> Result:
        transaction = self.transaction
        if transaction is None or not transaction.explicit:
            await self.end_implicitly()
            return Result(lambda _: "COMMIT", notices=[Notice("there is no transaction in progress", "25P01")])
        if transaction.failed:
            await self._end()
            return _done("ROLLBACK")
        await self._keep()
        return _done("COMMIT")

    async def end_implicitly(self) -> None:
        """Commit the transaction of a simple query, if it is still open and was not made explicit."""
        if self.transaction is not None and not self.transaction.explicit:
            if self.transaction.failed:
                await self._end()
            else:
                await self._keep()

    async def _keep(self) -> None:
        """Commit: on failure everything is undone."""
        transaction = self.transaction
        assert transaction is not None
        try:
            if transaction.staging is not None:
                await transaction.staging.commit()
            if transaction.change is not None:
                await transaction.change()
            transaction.variables = self.variables.copy()
        finally:
            await self._end()

    async def _end(self) -> None:
        """Leave the transaction; what it did not commit is gone."""
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            return
        self.variables.restore(transaction.variables)
        transaction.stack.close()
        for cursor in transaction.cursors.values():
            await cursor.close()
        if transaction.staging is not None:
            await transaction.staging.close()

    def cancel(self) -> None:
        """Stop what runs behind cursors."""
        if self.transaction is not None:
            for cursor in self.transaction.cursors.values():
                cursor.cancel()

    async def fail(self) -> None:
        """Take note that a statement failed."""
        if self.transaction is not None:
            if self.transaction.explicit:
                self.transaction.failed = True
            else:
                await self._end()

    async def close(self) -> None:
        """End the session."""
        await self._end()

    # ------------------------------------------------------------------------------------------- others

    def _declare(self, statement: statements.Declare, values: Sequence[Any]) -> Result:
        transaction = self.transaction
        if transaction is None or not transaction.explicit:
            raise SqlError("DECLARE CURSOR can only be used in transaction blocks", "25P01")
        if statement.cursor in transaction.cursors:
            raise SqlError(f'cursor "{statement.cursor}" already exists', "42P03")
        plan = self._planner().plan(statement.source)
        assert plan.columns is not None
        transaction.cursors[statement.cursor] = Cursor(plan.columns, lambda: self._run(plan, values))
        return _done("DECLARE CURSOR")

    def _cursor(self, name: str) -> Cursor:
        cursor = self.transaction.cursors.get(name) if self.transaction is not None else None
        if cursor is None:
            raise SqlError(f'cursor "{name}" does not exist', "34000")
        return cursor

    def _set(self, statement: statements.SetVariable) -> Result:
        if statement.name is None:
            self.variables.reset_all()
        else:
            self.variables.set(statement.name, statement.value)
        return _done("SET" if statement.value is not None else "RESET")

    async def _discard(self, statement: statements.Discard) -> Result:
        if statement.what not in {"all", "temp", "temporary", "plans"}:
            raise unsupported(f"DISCARD {statement.what.upper()}")
        if statement.what == "all":
            self._alone("DISCARD ALL")
            self.prepared.clear()
            self.variables.reset_all()
        return _done(f"DISCARD {statement.what.upper()}")

    def _deallocate(self, statement: statements.Deallocate) -> Result:
        if statement.name is None:
            self.prepared.clear()
            return _done("DEALLOCATE ALL")
        if self.prepared.pop(statement.name, None) is None:
            raise SqlError(f'prepared statement "{statement.name}" does not exist', "26000")
        return _done("DEALLOCATE")


def _place(error: SqlError, sql: str, statement: Statement) -> None:
    """Make the position of an error in a nested query one in the whole statement."""
    nested = getattr(getattr(statement, "source", statement), "query", None)
    if error.position and isinstance(nested, str):
        at = sql.find(nested)
        error.position = error.position + at if at >= 0 else None


def _selected(count: int) -> str:
    return f"SELECT {count}"


def _done(tag: str) -> Result:
    return Result(lambda _: tag)


def _read_only() -> SqlError:
    return SqlError(
        "transaction in read-only mode",
        "25006",
        detail="SELECT queries cannot be combined with other query types, including SUBSCRIBE.",
    )
