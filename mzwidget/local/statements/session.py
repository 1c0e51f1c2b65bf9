"""One client's session: prepares statements and runs them in its transaction."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.engine.names import Names
from mzwidget.local.errors import Notice, SqlError
from mzwidget.local.formats.results import Result
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.definitions import Definitions, known_cluster
from mzwidget.local.statements.grammar import parse
from mzwidget.local.statements.planning import Planner, relation_of
from mzwidget.local.statements.prepared import Kept, Prepared, PreparedStatements
from mzwidget.local.statements.shared import Shared
from mzwidget.local.statements.system import SystemCatalog
from mzwidget.local.statements.timedomain import listed
from mzwidget.local.statements.transactions import ABORTED, Transaction, alone, elsewhere
from mzwidget.local.statements.variables import CATALOG_SERVER, REPLICA, VERSION, VERSION_NUMBER, Variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mzwidget.local.engine.catalog import Item
    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.cursor import Cursor
    from mzwidget.local.statements.kinds import Kind
    from mzwidget.local.statements.model import Parsed, Statement
    from mzwidget.local.statements.planning import Plan

_LONG_STATEMENT = 20_000


class Engine(Shared):
    """What all sessions share.

    Parameters
    ----------
    table : mapping
        How each kind of statement is planned and run.
    keep : Path, optional
        The folder in which everything is kept; by default it ends with the process.
    """

    def __init__(self, table: Mapping[type[Any], Kind], keep: Path | None = None) -> None:
        super().__init__(keep)
        self.table = table
        self.system = SystemCatalog(self)
        self.kept = Kept()
        self.definitions = Definitions(self.catalog, self.store, self.feeds)


class Session:
    """Executes statements for one client.

    Parameters
    ----------
    engine : Engine
    user : str
    pid : int
        What ``pg_backend_pid()`` says.
    """

    _numbers = itertools.count(1)

    def __init__(self, engine: Engine, user: str, pid: int) -> None:
        self.variables = Variables()
        self.prepared = PreparedStatements(engine.kept)
        self.transaction: Transaction | None = None
        self.engine = engine
        self.number = next(self._numbers)
        self.user = user
        self.sql = ""
        """The statement that runs."""
        self._pid = pid

    @property
    def status(self) -> bytes:
        """The transaction status that ReadyForQuery tells."""
        if self.transaction is None or not self.transaction.explicit:
            return b"I"
        return b"E" if self.transaction.failed else b"T"

    @property
    def names(self) -> Names:
        """The catalog as this session sees it now."""
        own = self.engine.catalog.temporary.get(self.number, {})
        database, path = self.variables.get("database"), self.variables.search_path
        catalog, system = self.engine.catalog, self.engine.system
        return Names(catalog, database, path, own, system, self.variables.by_name, self._listed)

    def _listed(self, names: Names, text: str) -> tree.Query:
        """Put what a SHOW command lists among the names that a query sees; return the query that reads it."""
        statement = parse(text)
        kind = self.engine.table[type(statement)]
        if kind.rows is None:
            raise SqlError("SHOW variable in subqueries not yet supported")
        name = f"~shown{len(names.extra)}"
        columns = kind.plan(self, statement, ()).columns or ()
        names.extra[name] = relation_of(name, columns, kind.rows(self, statement))
        return tree.everything((name,), getattr(statement, "where", None))

    @property
    def planner(self) -> Planner:
        names = self.names
        return Planner(
            names,
            {
                "current_database": names.database,
                "current_catalog": names.database,
                "current_schema": names.current_schema,
                "current_user": self.user,
                "session_user": self.user,
                "current_role": self.user,
                "pg_backend_pid": self._pid,
                "mz_version": VERSION,
                "mz_version_num": VERSION_NUMBER,
                "mz_is_superuser": False,
                "version": f"PostgreSQL 9.5.0 on Materialize {VERSION}",
                "mz_environment_id": "mzwidget-embedded",
            },
        )

    # ---------------------------------------------------------------------------------------- preparing

    async def prepare(self, parsed: Parsed, types: Sequence[Type | None] = ()) -> Prepared:
        """Plan a statement."""
        self._refuse_if_aborted(parsed.statement)
        if parsed.refusal is not None:
            raise parsed.refusal
        prepared = Prepared(parsed.sql, parsed.statement, parsed.size, tuple(types))
        await self._plan(prepared)
        return prepared

    async def _plan(self, prepared: Prepared) -> None:
        statement = prepared.statement
        if statement is None:
            return
        version = self._version
        if len(prepared.sql) > _LONG_STATEMENT:
            prepared.plan = await asyncio.to_thread(self.plan, statement, prepared.types)
        else:
            prepared.plan = self.plan(statement, prepared.types)
        prepared.version = version

    def plan(self, statement: Statement, types: Sequence[Type | None]) -> Plan:
        """Plan what has been parsed."""
        return self.engine.table[type(statement)].plan(self, statement, types)

    @property
    def _version(self) -> tuple[Any, ...]:
        """What a plan depends on."""
        variables = self.variables
        return self.engine.catalog.version, variables.revision

    def prepared_of(self, plan: Plan) -> Prepared:
        """Return what is planned just now as a statement that may run later."""
        return Prepared(self.sql, plan.statement, 0, plan.parameters, plan, self._version)

    async def current(self, prepared: Prepared) -> Plan:
        """Return the plan, made anew if the catalog has changed since: it must have the same columns still."""
        assert prepared.plan is not None
        if self._version != prepared.version or isinstance(prepared.statement, statements.Fetch):
            before, columns = prepared.plan, prepared.columns
            await self._plan(prepared)
            if prepared.columns != columns:
                prepared.plan, prepared.version = before, ()
                raise SqlError("cached plan must not change result type", "0A000")
        return prepared.plan

    # ---------------------------------------------------------------------------------------- executing

    async def execute(self, prepared: Prepared, values: Sequence[Any] = ()) -> Result:
        """Run a statement; its rows come as the result's chunks are drawn."""
        statement = prepared.statement
        self._refuse_if_aborted(statement)
        plan = await self.current(prepared)
        kind = self.engine.table[type(statement)]
        if kind.alone and self._in_block:
            raise alone(prepared.sql)
        self.sql = prepared.sql
        return await kind.run(self, plan, values)

    async def run(self, plan: Plan, values: Sequence[Any]) -> Result:
        """Run what is planned already."""
        return await self.engine.table[type(plan.statement)].run(self, plan, values)

    @property
    def _in_block(self) -> bool:
        return self.transaction is not None and (self.transaction.explicit or self.transaction.several)

    def refuse_in_block(self) -> None:
        """Refuse the statement that runs, which must be alone, if it is not."""
        if self._in_block:
            raise alone(self.sql)

    def check_cluster(self, inputs: Iterable[str]) -> None:
        """Insist that the session's cluster can compute what reads `inputs`."""
        cluster, replica = self.variables.get("cluster"), self.variables.get("cluster_replica")
        known_cluster(cluster)
        if cluster == CATALOG_SERVER and (named := listed(self.engine.catalog, inputs)):
            raise elsewhere(named)
        if replica not in {"", REPLICA}:
            raise SqlError(f"cluster replica '{cluster}.{replica}' does not exist", "42704")

    # ------------------------------------------------------------------------------------- transactions

    def _refuse_if_aborted(self, statement: Statement | None) -> None:
        failed = self.transaction is not None and self.transaction.failed
        if failed and not isinstance(statement, statements.Commit | statements.Rollback):
            raise SqlError(ABORTED, "25P02")

    def begin(self, isolation: str | None, *, read_only: bool | None) -> list[Notice]:
        """Open a transaction block; return what is to be said about it. `read_only` is None where that was not said."""
        notices = []
        if self.transaction is None:
            self.begin_implicitly()
        elif self.transaction.explicit:
            notices.append(Notice("there is already a transaction in progress", "25001", severity="WARNING"))
        assert self.transaction is not None
        self.transaction.explicit = True
        if read_only is not None:
            self.transaction.set_access(read_only=read_only)
        if isolation is not None:
            self.variables.set("transaction_isolation", [isolation], local=True)
        return notices

    def begin_implicitly(self, *, several: bool = False) -> None:
        """Open the transaction that the statements of one simple query share."""
        self.transaction = Transaction(explicit=False, variables=self.variables.copy(), several=several)

    async def commit(self) -> bool:
        """End the transaction block; False if it had failed, and so was rolled back."""
        transaction = self.transaction
        if transaction is not None and transaction.failed:
            await self.rollback()
            return False
        await self._keep()
        return True

    async def end_implicitly(self) -> None:
        """Commit the transaction of a simple query, if it is still open and was not made explicit."""
        if self.transaction is not None and not self.transaction.explicit:
            if self.transaction.failed:
                await self.rollback()
            else:
                await self._keep()

    async def _keep(self) -> None:
        """Commit: on failure everything is undone."""
        transaction = self.transaction
        if transaction is None:
            self.variables.end_local()
            return
        try:
            for id_ in transaction.stagings:
                self.engine.catalog.insist(id_)
            await transaction.commit()
            transaction.variables = self.variables.copy()
        finally:
            await self.rollback()

    async def rollback(self) -> None:
        """Leave the transaction; what it did not commit is gone."""
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            self.variables.end_local()
            return
        self.variables.restore(transaction.variables)
        await transaction.close()

    def cursor(self, name: str) -> Cursor:
        """Return an open cursor."""
        cursor = self.transaction.cursors.get(name) if self.transaction is not None else None
        if cursor is None:
            raise SqlError(f'cursor "{name}" does not exist', "34000")
        return cursor

    async def close_cursor(self, name: str) -> None:
        """Close a cursor, if it is open."""
        cursor = self.transaction.cursors.pop(name, None) if self.transaction is not None else None
        if cursor is not None:
            await cursor.close()

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
                await self.rollback()
        else:
            self.variables.end_local()

    async def close(self) -> None:
        """End the session, and what it alone could see."""
        self.engine.activity.close(self.number)
        self.prepared.clear()
        await self.rollback()
        own: list[Item] = list(self.engine.catalog.temporary.get(self.number, {}).values())
        if own:
            await self.engine.definitions.remove(own)
        self.engine.catalog.temporary.pop(self.number, None)
