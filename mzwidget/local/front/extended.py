"""The extended query protocol: Parse, Bind, Describe, Execute, Close."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.encoding import TEXT, encoder
from mzwidget.local.formats.parameters import decode
from mzwidget.local.formats.types import by_oid
from mzwidget.local.front import wire
from mzwidget.local.front.portal import CursorPortal, Portal
from mzwidget.local.front.wire import Body, Kind, ProtocolError
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.cursor import Cursor
from mzwidget.local.statements.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mzwidget.local.formats.types import Type
    from mzwidget.local.front.outbox import Outbox
    from mzwidget.local.statements.model import Parsed
    from mzwidget.local.statements.session import Session

    Prepare = Callable[[Parsed, list[Type | None]], Awaitable[Prepared]]
    Read = Callable[[str], Awaitable[list[Parsed]]]
    Run = Callable[[Portal, int], Awaitable[None]]

_STATEMENT = b"S"
"""What Describe and Close say of a statement; of a portal they say ``P``."""
_MOST_PORTALS = 100
_MOST_BYTES = 32_000_000
_LONG = 20_000
"""Bytes of parameters from which on they are read beside the event loop."""


class Extended:
    """The portals of one client, and the messages that make and use them.

    Parameters
    ----------
    session : Session
    outbox : Outbox
    read, prepare, run : coroutine functions
        Read the statements of a script, plan one, run a portal: each for as long as a statement may take.
    """

    def __init__(self, session: Session, outbox: Outbox, read: Read, prepare: Prepare, run: Run) -> None:
        self._session = session
        self._outbox = outbox
        self._read = read
        self._prepare = prepare
        self._run = run
        self._portals: dict[str, Portal] = {}
        self._executed = False
        """Whether a portal ran outside a transaction block."""

    async def handle(self, kind: bytes, body: bytes) -> None:
        """Answer one message."""
        message = Body(body)
        if self._executed and kind in {Kind.PARSE, Kind.BIND, Kind.DESCRIBE}:
            await self.close_portals()  # what ran without BEGIN is committed by now
        match kind:
            case Kind.PARSE:
                await self._parse(message)
            case Kind.BIND:
                await self._bind(message)
            case Kind.DESCRIBE:
                await self._describe(message)
            case Kind.EXECUTE:
                await self._execute(message)
            case Kind.CLOSE:
                await self._close(message)
            case Kind.FLUSH:
                message.end()
            case _:
                raise ProtocolError(f"unexpected message {kind!r}")

    async def close_portals(self) -> None:
        self._executed = False
        for name in tuple(self._portals):
            await self.drop(name)

    async def drop(self, name: str) -> None:
        portal = self._portals.pop(name, None)
        if portal is not None:
            self._charge(portal, 0)
            await portal.close()

    def _charge(self, portal: Portal, size: int) -> None:
        """Count the bytes that a portal keeps."""
        self._session.engine.kept.charge(portal.kept, size)
        portal.kept = size

    async def _parse(self, message: Body) -> None:
        name, sql = message.text(), message.text()
        oids = [message.uint32() for _ in range(message.count())]
        message.end()
        parsed = await self._read(sql)
        if len(parsed) > 1:
            raise SqlError("cannot insert multiple commands into a prepared statement", "XX000")
        types = [_type(oid) for oid in oids]
        prepared = await self._prepare(parsed[0], types) if parsed else Prepared(sql, None)
        self._session.prepared.add(name, prepared)
        self._outbox.add(wire.PARSE_COMPLETE)

    async def _bind(self, message: Body) -> None:
        portal_name, name = message.text(), message.text()
        prepared = await self._prepared(name)
        if portal_name and (self._found(portal_name) is not None):
            raise SqlError(f'cursor "{portal_name}" already exists', "42P03")
        self._check_room()
        input_formats = [message.int16() for _ in range(message.count())]
        raw = [_value(message) for _ in range(message.count())]
        output_formats = [message.int16() for _ in range(message.count())]
        message.end()
        kinds = prepared.parameters
        if len(raw) != len(kinds):
            wanted = f'prepared statement "{name}" requires {len(kinds)}'
            raise SqlError(f"bind message supplies {len(raw)} parameters, but {wanted}", "08P01")
        formats = _spread(input_formats, len(raw))
        given = sum(len(data) for data in raw if data is not None)
        values = await _decoded(raw, kinds, formats, beside=given > _LONG)
        columns = prepared.columns or ()
        results = _spread(output_formats, len(columns))
        for column, wire_format in zip(columns, results, strict=True):
            encoder(column.type, wire_format)
        await self.drop(portal_name)
        portal = self._portals[portal_name] = self._bound(portal_name, prepared, values, results, given)
        self._charge(portal, given)
        self._outbox.add(wire.BIND_COMPLETE)

    def _bound(self, name: str, prepared: Prepared, values: list[Any], formats: list[int], given: int) -> Portal:
        """Return a new portal; with a name in a transaction block it is a cursor, too."""
        session = self._session
        transaction = session.transaction
        if not name or transaction is None or not isinstance(prepared.statement, statements.Query):
            return Portal(prepared, values, formats, given, name)
        cursor = transaction.cursors[name] = Cursor(prepared, lambda: session.execute(prepared, values), formats)
        return CursorPortal(cursor, name, given)

    def _check_room(self) -> None:
        count = len(self._portals)
        if count >= _MOST_PORTALS:
            raise SqlError(f"too many open portals: {_MOST_PORTALS}", "53400", hint="Close those not needed.")
        if count and sum(portal.kept for portal in self._portals.values()) > _MOST_BYTES:
            raise SqlError(
                f"open portals hold more than {_MOST_BYTES // 1_000_000} MB", "53400", hint="Close those not needed."
            )

    async def _prepared(self, name: str) -> Prepared:
        """Return a prepared statement that can still be run."""
        prepared = self._session.prepared.get(name)
        if prepared is None:
            raise SqlError(f'prepared statement "{name}" does not exist', "26000")
        if prepared.statement is not None and self._session.status != b"E":
            await self._session.current(prepared)
        return prepared

    async def _describe(self, message: Body) -> None:
        what, name = message.byte(), message.text()
        message.end()
        if what == _STATEMENT:
            prepared = await self._prepared(name)
            formats = [TEXT] * len(prepared.columns or ())
            self._outbox.add(wire.parameter_description([kind.oid for kind in prepared.parameters]))
            columns = prepared.columns
        else:
            portal = self._portal(name)
            columns, formats = portal.prepared.columns, portal.formats
        self._outbox.add(wire.NO_DATA if columns is None else wire.row_description(columns, formats))

    def _cursor(self, name: str) -> Cursor | None:
        """Return the open cursor of that name."""
        transaction = self._session.transaction
        return None if transaction is None else transaction.cursors.get(name)

    async def _execute(self, message: Body) -> None:
        name, limit = message.text(), message.int32()
        message.end()
        portal = self._portal(name)
        statement = portal.prepared.statement
        if statement is None:
            self._outbox.add(wire.EMPTY_QUERY)
            return
        if not portal.begun and limit > 0 and isinstance(statement, statements.Fetch):
            _check_limit(statement, limit)
        await self._run(portal, max(limit, 0))
        self._executed = self._session.status == b"I"
        if limit > 0:
            self._charge(portal, portal.size)

    async def _close(self, message: Body) -> None:
        what, name = message.byte(), message.text()
        message.end()
        if what == _STATEMENT:
            self._session.prepared.pop(name)
        else:
            await self._session.close_cursor(name)
            await self.drop(name)
        self._outbox.add(wire.CLOSE_COMPLETE)

    def _found(self, name: str) -> Portal | None:
        """Return the portal of that name, which DECLARE may have made; what CLOSE has closed is none."""
        portal, cursor = self._portals.get(name), self._cursor(name)
        if isinstance(portal, CursorPortal) and portal.cursor is not cursor:
            self._charge(self._portals.pop(name), 0)
            portal = None
        return CursorPortal(cursor, name) if portal is None and cursor is not None else portal

    def _portal(self, name: str) -> Portal:
        portal = self._found(name)
        if portal is None:
            raise SqlError(f'portal "{name}" does not exist', "34000")
        return portal


def _check_limit(fetch: statements.Fetch, limit: int) -> None:
    if fetch.count is None:
        raise SqlError("Execute with max_rows of a FETCH ALL is not supported", "0A000")
    if limit < fetch.count:
        raise SqlError("Execute with max_rows < a FETCH's count is not supported", "0A000")


_NOT_GIVEN = {114: "json", 199: "json", 1266: "timetz", 1270: "timetz"}
"""Types that are known, and that no parameter has; those of arrays by what they hold."""


def _type(oid: int) -> Type | None:
    if oid in {0, 705}:
        return None
    found = by_oid(oid)
    if oid in _NOT_GIVEN:
        raise SqlError(f"type {_NOT_GIVEN[oid]} not supported", "22023")
    if found is None:
        raise SqlError(f"type with OID {oid} is unknown", "08P01")
    return found


def _value(message: Body) -> bytes | None:
    length = message.int32()
    return None if length == -1 else message.take(length)


async def _decoded(raw: list[bytes | None], kinds: Sequence[Type], formats: list[int], *, beside: bool) -> list[Any]:
    def read() -> list[Any]:
        return [decode(data, kind, given) for data, kind, given in zip(raw, kinds, formats, strict=True)]

    return await asyncio.to_thread(read) if beside else read()


def _spread(formats: list[int], count: int) -> list[int]:
    """Apply the protocol's shorthand: no format means text, one means all."""
    for wire_format in formats:
        if wire_format not in {0, 1}:
            raise SqlError(f"unknown format code: {wire_format}", "08P01")
    if not formats:
        return [TEXT] * count
    if len(formats) == 1:
        return formats * count
    if len(formats) != count:
        raise SqlError(f"expected {count} field format specifiers, but got {len(formats)}", "08P01")
    return formats
