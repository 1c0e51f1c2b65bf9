"""One client's connection: the message flow of both query protocols, in one place since they share all state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.copying import BINARY_HEADER, BINARY_TRAILER
from mzwidget.local.formats.encoding import TEXT, encoder
from mzwidget.local.formats.parameters import decode
from mzwidget.local.formats.types import by_oid
from mzwidget.local.front import wire
from mzwidget.local.front.wire import Body, ProtocolError
from mzwidget.local.statements import lexer
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.variables import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from mzwidget.local.formats.results import CopyIn, Result
    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.lexer import Token
    from mzwidget.local.statements.session import Prepared, Session

_WRITE_BYTES = 64 * 1024
_INBOX = 16
_MAX_PORTALS = 100

_READS = (statements.Query, statements.Subscribe, statements.CopyTo, statements.Fetch)
_UNTIMED = (statements.Subscribe, statements.Fetch, statements.CopyFrom)

_log = logging.getLogger("mzwidget.local")


@dataclass
class Delivery:
    """The rows of a running statement that are still to be sent."""

    result: Result
    rows: list[bytes] = field(default_factory=list)
    sent: int = 0
    finished: bool = False


@dataclass
class Portal:
    """A bound statement: not yet run, or with what its run has still to deliver."""

    prepared: Prepared
    values: list[Any]
    formats: list[int]
    delivery: Delivery | None = None

    async def close(self) -> None:
        if self.delivery is not None:
            await self.delivery.result.chunks.aclose()  # type: ignore[attr-defined]


class ClientGoneError(Exception):
    """The client went away or said good-bye."""


class Connection:
    """Serves one client after it has logged in.

    Parameters
    ----------
    reader, writer : asyncio streams
    session : Session
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session) -> None:
        self._reader = reader
        self._writer = writer
        self._unsent = bytearray()  # what is sent together wakes the client once
        self._session = session
        self._inbox: asyncio.Queue[tuple[bytes, bytes] | Exception] = asyncio.Queue(_INBOX)
        self._running: asyncio.Task[None] | None = None
        self._cancel_requested = False
        self._portals: dict[str, Portal] = {}
        self._gone = False
        self._reading = False
        self._reported = session.variables.reported()

    # --------------------------------------------------------------------------------------- life cycle

    async def serve(self) -> None:
        """Answer messages until the client leaves."""
        receiver = asyncio.create_task(self._receive())
        try:
            self._ready()
            kind = b"S"
            while True:
                if kind in b"QSH" or self._inbox.empty() or len(self._unsent) >= _WRITE_BYTES:
                    await self._flush()
                kind, body = await self._message()
                if kind == b"Q":
                    await self._guarded(self._simple(body))
                    self._ready()
                elif kind == b"S":
                    await self._guarded(self._synchronise())
                    self._ready()
                elif kind == b"X":
                    return
                elif kind in b"dcf":
                    continue  # left over from a COPY that failed
                elif not await self._guarded(self._extended(kind, body)):
                    await self._skip_to_sync()
        except ClientGoneError:
            return
        except ProtocolError as error:
            self._send(wire.error_response(error, "FATAL"))
            with contextlib.suppress(OSError):
                await self._flush()
        finally:
            receiver.cancel()
            await self._close_portals()
            await self._session.close()

    def cancel(self) -> None:
        """Stop the statement that runs, as a CancelRequest asks."""
        if self._running is not None and not self._running.done():
            self._cancel_requested = True
            self._running.cancel()
        else:
            self._session.cancel()

    async def _receive(self) -> None:
        """Read ahead, so that a client that leaves is noticed while a statement runs."""
        try:
            while True:
                await self._inbox.put(await wire.read_message(self._reader))
        except (ProtocolError, OSError, asyncio.IncompleteReadError) as error:
            if not isinstance(error, ProtocolError):
                self._gone = True
                if self._running is not None and self._reading:
                    self._running.cancel()
            await self._inbox.put(error)

    async def _message(self) -> tuple[bytes, bytes]:
        """Take the next message; in a transaction only for so long."""
        if self._inbox.empty() and self._session.transaction is not None:
            limit = self._session.variables.milliseconds("idle_in_transaction_session_timeout") / 1000
            if limit:
                try:
                    async with asyncio.timeout(limit):
                        return self._taken(await self._inbox.get())
                except TimeoutError:
                    await self._close_portals()
                    await self._session.close()
                    self._taken(await self._inbox.get())
                    raise ProtocolError("terminating connection due to idle-in-transaction timeout", "25P03") from None
        return self._taken(await self._inbox.get())

    @staticmethod
    def _taken(found: tuple[bytes, bytes] | Exception) -> tuple[bytes, bytes]:
        if isinstance(found, ProtocolError):
            raise found
        if isinstance(found, Exception):
            raise ClientGoneError
        return found

    async def _guarded(self, work: Awaitable[None]) -> bool:
        """Do work that a CancelRequest can stop; tell the client about an error. False if there was one."""
        self._running = asyncio.ensure_future(work)
        assert self._running is not None
        try:
            await self._running
        except SqlError as error:
            await self._failed(error)
        except asyncio.CancelledError:
            if self._gone and not self._cancel_requested:
                raise ClientGoneError from None
            if not self._cancel_requested:
                self._running.cancel()
                raise
            self._cancel_requested = False
            await self._failed(SqlError("canceling statement due to user request", "57014"))
        except RecursionError:
            await self._failed(SqlError("statement exceeds nested expression limit", "54001"))
        except (OSError, ClientGoneError):
            raise ClientGoneError from None
        except Exception:
            _log.exception("a statement failed")
            await self._failed(SqlError("internal error: see the engine's standard error"))
        else:
            self._cancel_requested = False
            return True
        finally:
            self._running = None
            self._reading = False
        return False

    async def _failed(self, error: SqlError) -> None:
        if isinstance(error, ProtocolError):
            raise error
        await self._close_portals()
        await self._session.fail()
        self._send(wire.error_response(error))

    async def _skip_to_sync(self) -> None:
        while True:
            await self._flush()
            kind, _ = await self._message()
            if kind == b"X":
                raise ClientGoneError
            if kind == b"S":
                self._ready()
                await self._flush()
                return

    # ------------------------------------------------------------------------------------------ sending

    def _send(self, data: bytes) -> None:
        self._unsent += data

    async def _flush(self) -> None:
        data, self._unsent = self._unsent, bytearray()
        if data and not self._writer.is_closing():  # asyncio complains of what is written to one who has gone
            self._writer.write(data)
        try:
            await self._writer.drain()
        except OSError:
            raise ClientGoneError from None

    def _ready(self) -> None:
        for name, value in self._session.variables.reported().items():
            if self._reported.get(name) != value:
                self._send(wire.parameter_status(name, value))
                self._reported[name] = value
        self._send(wire.ready_for_query(self._session.status))

    def _notices(self, result: Result) -> None:
        least = SEVERITIES.index(self._session.variables.get("client_min_messages"))
        for notice in result.notices:
            if least <= SEVERITIES.index("notice") or notice.code == "01000":
                self._send(wire.notice_response(notice.text, notice.code, detail=notice.detail, hint=notice.hint))
        result.notices = []

    # ------------------------------------------------------------------------------------- simple query

    async def _simple(self, body: bytes) -> None:
        message = Body(body)
        script = message.text()
        message.end()
        await self._close_portals()
        texts = lexer.split(script)
        if not texts:
            self._send(wire.EMPTY_QUERY)
            return
        session = self._session
        if len(texts) > 1 and session.transaction is None:
            session.begin_implicitly(several=True)
        try:
            for tokens in texts:
                await self._simple_statement(script, tokens)
                if session.transaction is None and tokens is not texts[-1]:
                    session.begin_implicitly(several=True)
            await session.end_implicitly()
        except asyncio.CancelledError:
            await session.fail()
            raise

    async def _simple_statement(self, script: str, tokens: Sequence[Token]) -> None:
        prepared = await self._session.prepare(script, tokens=tokens)
        if prepared.parameters:
            raise SqlError("there is no parameter $1", "42P02")
        self._begin(prepared)
        portal = Portal(prepared, [], [TEXT] * len(prepared.columns or ()))
        if prepared.columns is not None:
            self._send(wire.row_description(prepared.columns, portal.formats))
        try:
            await self._run(portal, 0)
        finally:
            await portal.close()

    async def _run(self, portal: Portal, limit: int) -> None:
        """Run a portal, or go on with it, for as long as a statement may take."""
        statement = portal.prepared.statement
        source = statement.source if isinstance(statement, statements.CopyTo) else statement
        seconds = self._session.variables.milliseconds("statement_timeout") / 1000
        try:
            async with asyncio.timeout(None if isinstance(source, _UNTIMED) else seconds or None):
                if portal.delivery is None:
                    result = await self._session.execute(portal.prepared, portal.values)
                    portal.delivery = Delivery(result)
                await self._deliver(portal, portal.delivery, limit)
        except TimeoutError:
            raise SqlError("canceling statement due to statement timeout", "57014") from None

    # ----------------------------------------------------------------------------------- extended query

    async def _extended(self, kind: bytes, body: bytes) -> None:
        message = Body(body)
        if kind == b"P":
            await self._parse(message)
        elif kind == b"B":
            await self._bind(message)
        elif kind == b"D":
            await self._describe(message)
        elif kind == b"E":
            await self._execute(message)
        elif kind == b"C":
            await self._close(message)
        elif kind == b"H":
            message.end()
        else:
            raise ProtocolError(f"unexpected message {kind!r}")

    async def _synchronise(self) -> None:
        if self._session.transaction is None:
            await self._close_portals()

    async def _parse(self, message: Body) -> None:
        name, sql = message.text(), message.text()
        oids = [message.uint32() for _ in range(message.int16())]
        message.end()
        session = self._session
        texts = lexer.split(sql)
        if len(texts) > 1:
            raise SqlError("cannot insert multiple commands into a prepared statement", "XX000")
        types = [_type(oid) for oid in oids]
        prepared = await session.prepare(sql, types, tokens=texts[0] if texts else ())
        session.keep(name, prepared)
        self._send(wire.PARSE_COMPLETE)

    async def _bind(self, message: Body) -> None:
        portal_name, name = message.text(), message.text()
        prepared = self._session.prepared.get(name)
        if prepared is None:
            raise SqlError(f'prepared statement "{name}" does not exist', "26000")
        if portal_name and portal_name in self._portals:
            raise SqlError(f'portal "{portal_name}" already exists', "42P03")
        if len(self._portals) >= _MAX_PORTALS:
            raise SqlError(f"too many open portals: {_MAX_PORTALS}", "53400", hint="Close those not needed.")
        input_formats = [message.int16() for _ in range(message.int16())]
        raw = [_value(message) for _ in range(message.int16())]
        output_formats = [message.int16() for _ in range(message.int16())]
        message.end()
        kinds = prepared.parameters
        if len(raw) != len(kinds):
            raise SqlError(
                f"request supplied {len(raw)} parameters, but the prepared statement needs {len(kinds)}", "08P01"
            )
        formats = _spread(input_formats, len(raw), "parameter")
        values = [decode(data, kind, given) for data, kind, given in zip(raw, kinds, formats, strict=True)]
        columns = prepared.columns or ()
        results = _spread(output_formats, len(columns), "result")
        for column, wire_format in zip(columns, results, strict=True):
            encoder(column.type, wire_format)
        old = self._portals.pop(portal_name, None)
        if old is not None:
            await old.close()
        self._portals[portal_name] = Portal(prepared, values, results)
        self._send(wire.BIND_COMPLETE)

    async def _describe(self, message: Body) -> None:
        what, name = message.byte(), message.text()
        message.end()
        if what == b"S":
            prepared = self._session.prepared.get(name)
            if prepared is None:
                raise SqlError(f'prepared statement "{name}" does not exist', "26000")
            formats = [TEXT] * len(prepared.columns or ())
            self._send(wire.parameter_description([kind.oid for kind in prepared.parameters]))
            columns = prepared.columns
        elif name in self._portals or not self._is_cursor(name):
            portal = self._portal(name)
            columns, formats = portal.prepared.columns, portal.formats
        else:
            columns = self._session.cursor(name).columns
            formats = [TEXT] * len(columns)
        self._send(wire.NO_DATA if columns is None else wire.row_description(columns, formats))

    def _is_cursor(self, name: str) -> bool:
        """Whether DECLARE made a portal of that name."""
        transaction = self._session.transaction
        return transaction is not None and name in transaction.cursors

    async def _execute(self, message: Body) -> None:
        name, limit = message.text(), message.int32()
        message.end()
        portal = self._portal(name)
        if portal.prepared.statement is None:
            self._send(wire.EMPTY_QUERY)
            return
        if portal.delivery is None:
            self._check_limit(portal, limit)
            self._begin(portal.prepared)
        await self._run(portal, max(limit, 0))

    def _begin(self, prepared: Prepared) -> None:
        """Note whether the statement only reads: nobody needs that once the client has gone."""
        self._reading = isinstance(prepared.statement, _READS)
        if self._reading and self._gone:
            raise ClientGoneError

    @staticmethod
    def _check_limit(portal: Portal, limit: int) -> None:
        fetch = portal.prepared.statement
        if isinstance(fetch, statements.Fetch) and limit > 0 and (fetch.count is None or limit < fetch.count):
            raise SqlError("Execute with a row limit below the count of FETCH is not supported", "0A000")

    async def _close(self, message: Body) -> None:
        what, name = message.byte(), message.text()
        message.end()
        if what == b"S":
            self._session.prepared.pop(name, None)
        else:
            portal = self._portals.pop(name, None)
            if portal is not None:
                await portal.close()
        self._send(wire.CLOSE_COMPLETE)

    def _portal(self, name: str) -> Portal:
        portal = self._portals.get(name)
        if portal is None:
            raise SqlError(f'portal "{name}" does not exist', "34000")
        return portal

    async def _close_portals(self) -> None:
        portals, self._portals = self._portals, {}
        for portal in portals.values():
            await portal.close()

    # ------------------------------------------------------------------------------------------ results

    async def _deliver(self, portal: Portal, delivery: Delivery, limit: int) -> None:
        """Send a result's rows (up to `limit`, unless 0) and how it ended."""
        result = delivery.result
        self._notices(result)
        if result.copy_in is not None:
            await self._copy_in(result.copy_in)
            return
        if result.copy_format is not None:
            await self._copy_out(result, result.copy_format)
            return
        if result.streaming:
            await self._flush()
        if await self._rows(portal.formats, delivery, limit):
            self._send(wire.PORTAL_SUSPENDED)
        else:
            self._send(wire.command_complete(result.tag(delivery.sent)))
            delivery.sent = 0

    async def _rows(self, formats: Sequence[int], delivery: Delivery, limit: int) -> bool:
        """Send rows; True if the limit stopped that."""
        count = 0
        flush = delivery.result.streaming
        while True:
            if delivery.rows:
                room = limit - count if limit else len(delivery.rows)
                rows, delivery.rows = delivery.rows[:room], delivery.rows[room:]
                count += len(rows)
                delivery.sent += len(rows)
                await self._write_all(rows, flush=flush)
            if limit and count >= limit:
                return True
            if delivery.finished:
                return False
            chunk = await anext(delivery.result.chunks, None)
            if chunk is None:
                delivery.finished = True
            elif chunk.rows:
                flush = chunk.flush
                delivery.rows = chunk.data_rows(delivery.result.columns or (), formats)

    async def _write_all(self, messages: Sequence[bytes], *, flush: bool) -> None:
        for message in messages:
            self._unsent += message
            if len(self._unsent) >= _WRITE_BYTES:
                await self._flush()
        if flush:
            await self._flush()

    async def _copy_out(self, result: Result, copy_format: str) -> None:
        columns = result.columns or ()
        self._send(wire.copy_response(b"H", int(copy_format == "binary"), len(columns)))
        await self._flush()
        count = 0
        lead = BINARY_HEADER if copy_format == "binary" else b""  # goes with the first row, as PostgreSQL sends it
        async for chunk in result.chunks:
            if lines := chunk.lines(columns, copy_format):
                lines[0], lead = lead + lines[0], b""
                await self._write_all([wire.copy_data(line) for line in lines], flush=chunk.flush)
                count += len(lines)
        if copy_format == "binary":
            self._send(wire.copy_data(lead + BINARY_TRAILER))
        self._send(wire.COPY_DONE)
        self._send(wire.command_complete(result.tag(count)))

    async def _copy_in(self, copy: CopyIn) -> None:
        self._send(wire.copy_response(b"G", 0, copy.columns))
        await self._flush()
        try:
            while True:
                kind, body = self._taken(await self._inbox.get())
                if kind == b"d":
                    await copy.feed(body)
                elif kind == b"c":
                    self._send(wire.command_complete(await copy.finish()))
                    return
                elif kind == b"f":
                    raise SqlError(f"COPY from stdin failed: {Body(body).text()}", "57014")
                elif kind not in b"HS":
                    raise ProtocolError(f"unexpected message {kind!r} during COPY from stdin")
        finally:
            await asyncio.shield(copy.close())


def _type(oid: int) -> Type | None:
    if oid in {0, 705}:
        return None
    found = by_oid(oid)
    if found is None:
        raise SqlError(f"unknown oid: {oid}", "08P01")
    return found


def _value(message: Body) -> bytes | None:
    length = message.int32()
    return None if length == -1 else message.take(length)


def _spread(formats: list[int], count: int, what: str) -> list[int]:
    """Apply the protocol's shorthand: no format means text, one means all."""
    for wire_format in formats:
        if wire_format not in {0, 1}:
            raise SqlError(f"unknown format code: {wire_format}", "08P01")
    if not formats:
        return [TEXT] * count
    if len(formats) == 1:
        return formats * count
    if len(formats) != count:
        raise SqlError(f"request has {len(formats)} {what} formats but the statement has {count} {what}s", "08P01")
    return formats
