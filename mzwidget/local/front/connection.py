"""One client's connection: its life, the simple query protocol, cancellation and errors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, TypeVar

from mzwidget.local.engine.memory import out_of_memory
from mzwidget.local.errors import SqlError
from mzwidget.local.formats.encoding import TEXT
from mzwidget.local.front import wire
from mzwidget.local.front.extended import Extended
from mzwidget.local.front.inbox import ClientGoneError, Inbox
from mzwidget.local.front.outbox import Outbox
from mzwidget.local.front.portal import Portal, tell
from mzwidget.local.front.wire import Body, Kind, ProtocolError
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.grammar import read

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.model import Parsed
    from mzwidget.local.statements.prepared import Prepared
    from mzwidget.local.statements.session import Session

_LONG_SCRIPT = 20_000
_GRACE_SECONDS = 1.0
"""How long a statement that changes something may go on when its client has gone."""

_READS = (statements.Query, statements.Subscribe, statements.CopyTo, statements.Fetch)

_T = TypeVar("_T")

_log = logging.getLogger("mzwidget.local")


class Connection:
    """Serves one client after it has logged in.

    Parameters
    ----------
    reader, writer : asyncio streams
    session : Session
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session) -> None:
        self._session = session
        self._inbox = Inbox(reader, self._left)
        self._outbox = Outbox(writer)
        self._extended = Extended(session, self._outbox, self._read, self._prepare, self._run)
        self._task: asyncio.Task[None] | None = None
        self._running: object = None
        """What is being answered: a mark of its own for each message."""
        self._cancel_requested = False
        self._reading = False
        self._reported = session.variables.reported()

    # --------------------------------------------------------------------------------------- life cycle

    async def serve(self) -> None:
        """Answer messages until the client leaves, in one task: another one for each would cost rounds of the loop."""
        self._task = asyncio.current_task()
        try:
            self._ready()
            kind = Kind.SYNC
            while True:
                if kind in (Kind.QUERY, Kind.SYNC, Kind.FLUSH) or self._inbox.empty or self._outbox.full:
                    await self._outbox.flush()
                kind, body = await self._message()
                if kind == Kind.QUERY:
                    await self._guarded(self._simple(body))
                    self._ready()
                elif kind == Kind.SYNC:
                    await self._guarded(self._synchronise())
                    self._ready()
                elif kind == Kind.TERMINATE:
                    return
                elif kind in (Kind.COPY_DATA, Kind.COPY_DONE, Kind.COPY_FAIL):
                    continue  # left over from a COPY that failed
                elif not await self._guarded(self._extended.handle(kind, body)):
                    await self._skip_to_sync()
        except ClientGoneError:
            return
        except ProtocolError as error:
            self._outbox.add(wire.error_response(error, "FATAL"))
            with contextlib.suppress(ClientGoneError):
                await self._outbox.flush()
        finally:
            self._inbox.close()
            await self._extended.close_portals()
            await self._session.close()

    def cancel(self) -> None:
        """Stop the statement that runs, as a CancelRequest asks."""
        if self._running is None:
            self._session.cancel()
        elif not self._cancel_requested:
            self._cancel_requested = True
            self._stop(self._running)

    def _left(self) -> None:
        """Stop what nobody waits for any more."""
        if self._reading:
            self._stop(self._running)
        elif self._running is not None:
            asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._stop, self._running)

    def _stop(self, running: object) -> None:
        """Cancel what is being answered, if it still is."""
        if self._task is not None and running is not None and self._running is running:
            self._task.cancel()

    async def _message(self) -> tuple[bytes, bytes]:
        """Take the next message; in a transaction only for so long."""
        if self._inbox.empty and self._session.transaction is not None:
            limit = self._session.variables.milliseconds("idle_in_transaction_session_timeout") / 1000
            if limit:
                try:
                    async with asyncio.timeout(limit):
                        return await self._inbox.take()
                except TimeoutError:
                    await self._extended.close_portals()
                    await self._session.close()
                    await self._inbox.take()
                    raise ProtocolError("terminating connection due to idle-in-transaction timeout", "25P03") from None
        return await self._inbox.take()

    async def _guarded(self, work: Awaitable[None]) -> bool:
        """Do work that a CancelRequest can stop; tell the client about an error. False if there was one."""
        self._running = object()
        try:
            await work
        except SqlError as error:
            await self._failed(error)
        except asyncio.CancelledError:
            if self._inbox.gone and not self._cancel_requested:
                raise ClientGoneError from None
            if not self._cancel_requested:
                raise
            await self._failed(SqlError("canceling statement due to user request", "57014"))
        except RecursionError:
            await self._failed(SqlError("statement exceeds nested expression limit", "54001"))
        except MemoryError:
            await self._failed(out_of_memory())
        except (OSError, ClientGoneError):
            raise ClientGoneError from None
        except Exception:
            _log.exception("a statement failed")
            await self._failed(SqlError("internal error: see the engine's standard error"))
        else:
            return True
        finally:
            if self._cancel_requested and self._task is not None:
                self._task.uncancel()
            self._running = None
            self._reading = self._cancel_requested = False
        return False

    async def _failed(self, error: SqlError) -> None:
        self._running = None  # nothing is left to be stopped
        if isinstance(error, ProtocolError):
            raise error
        await self._extended.close_portals()
        await self._session.fail()
        tell(self._session, error.notices, self._outbox)
        self._outbox.add(wire.error_response(error))

    async def _synchronise(self) -> None:
        if self._session.transaction is None:
            await self._extended.close_portals()

    async def _skip_to_sync(self) -> None:
        while True:
            await self._outbox.flush()
            kind, _ = await self._message()
            if kind == Kind.TERMINATE:
                raise ClientGoneError
            if kind == Kind.SYNC:
                self._ready()
                await self._outbox.flush()
                return

    def _report(self) -> None:
        """Tell the settings that the client follows, where they have changed."""
        for name, value in self._session.variables.reported().items():
            if self._reported.get(name) != value:
                self._outbox.add(wire.parameter_status(name, value))
                self._reported[name] = value

    def _ready(self) -> None:
        self._report()
        self._outbox.add(wire.ready_for_query(self._session.status))

    # ------------------------------------------------------------------------------------------ running

    async def _read(self, script: str) -> list[Parsed]:
        if len(script) > _LONG_SCRIPT:
            return await self._in_time(asyncio.to_thread(read, script))
        return read(script)

    async def _prepare(self, parsed: Parsed, types: Sequence[Type | None] = ()) -> Prepared:
        return await self._in_time(self._session.prepare(parsed, types))

    async def _run(self, portal: Portal, limit: int) -> None:
        """Run a portal, or go on with it."""
        self._reading = isinstance(portal.prepared.statement, _READS)
        if self._reading and self._inbox.gone:
            raise ClientGoneError  # nobody needs that any more
        running = portal.run(self._session, self._inbox, self._outbox, limit)
        end = await (self._in_time(running) if portal.timed else running)
        self._report()
        self._outbox.add(end)

    async def _in_time(self, work: Awaitable[_T]) -> _T:
        """Wait for work for as long as a statement may take."""
        seconds = self._session.variables.milliseconds("statement_timeout") / 1000
        try:
            async with asyncio.timeout(seconds or None):
                return await work
        except TimeoutError:
            raise SqlError("canceling statement due to statement timeout", "57014") from None

    # ------------------------------------------------------------------------------------- simple query

    async def _simple(self, body: bytes) -> None:
        message = Body(body)
        script = message.text()
        message.end()
        await self._extended.drop("")
        parsed = await self._read(script)
        if not parsed:
            self._outbox.add(wire.EMPTY_QUERY)
            return
        session = self._session
        if len(parsed) > 1 and session.transaction is None:
            session.begin_implicitly(several=True)
        try:
            for each in parsed:
                transaction = session.transaction
                await self._simple_statement(each)
                if session.transaction is not transaction:
                    await self._extended.close_portals()
                if session.transaction is None and each is not parsed[-1]:
                    session.begin_implicitly(several=True)
            await session.end_implicitly()
            await self._synchronise()
        except asyncio.CancelledError:
            await session.fail()
            raise

    async def _simple_statement(self, parsed: Parsed) -> None:
        prepared = await self._prepare(parsed)
        if prepared.parameters:
            raise SqlError("there is no parameter $1", "42P02")
        portal = Portal(prepared, [], [TEXT] * len(prepared.columns or ()))
        if prepared.columns is not None:
            self._outbox.add(wire.row_description(prepared.columns, portal.formats))
        try:
            await self._run(portal, 0)
        finally:
            await portal.close()
