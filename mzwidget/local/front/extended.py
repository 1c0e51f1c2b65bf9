"""The extended query protocol: Parse, Bind, Describe, Execute, Close."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.encoding import TEXT, encoder
from mzwidget.local.formats.parameters import decode
from mzwidget.local.formats.types import by_oid
from mzwidget.local.front import wire
from mzwidget.local.front.portal import Portal
from mzwidget.local.front.wire import Body, Kind, ProtocolError
from mzwidget.local.statements import model as statements
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

    async def handle(self, kind: bytes, body: bytes) -> None:
        """Answer one message."""
        message = Body(body)
        match kind:
            case Kind.PARSE:
                await self._parse(message)
            case Kind.BIND:
                await self._bind(message)
            case Kind.DESCRIBE:
                self._describe(message)
            case Kind.EXECUTE:
                await self._execute(message)
            case Kind.CLOSE:
                await self._close(message)
            case Kind.FLUSH:
                message.end()
            case _:
                raise ProtocolError(f"unexpected message {kind!r}")

    async def close_portals(self) -> None:
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
        prepared = self._session.prepared.get(name)
        if prepared is None:
            raise SqlError(f'prepared statement "{name}" does not exist', "26000")
        if portal_name and (portal_name in self._portals or self._is_cursor(portal_name)):
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
        portal = self._portals[portal_name] = Portal(prepared, values, results, given, portal_name)
        self._charge(portal, given)
        self._outbox.add(wire.BIND_COMPLETE)

    def _check_room(self) -> None:
        count = len(self._portals)
        if count >= _MOST_PORTALS:
            raise SqlError(f"too many open portals: {_MOST_PORTALS}", "53400", hint="Close those not needed.")
        if count and sum(portal.kept for portal in self._portals.values()) > _MOST_BYTES:
            raise SqlError(
                f"open portals hold more than {_MOST_BYTES // 1_000_000} MB", "53400", hint="Close those not needed."
            )

    def _describe(self, message: Body) -> None:
        what, name = message.byte(), message.text()
        message.end()
        if what == _STATEMENT:
            prepared = self._session.prepared.get(name)
            if prepared is None:
                raise SqlError(f'prepared statement "{name}" does not exist', "26000")
            formats = [TEXT] * len(prepared.columns or ())
            self._outbox.add(wire.parameter_description([kind.oid for kind in prepared.parameters]))
            columns = prepared.columns
        elif name in self._portals or not self._is_cursor(name):
            portal = self._portal(name)
            columns, formats = portal.prepared.columns, portal.formats
        else:
            columns = self._session.cursor(name).columns
            formats = [TEXT] * len(columns)
        self._outbox.add(wire.NO_DATA if columns is None else wire.row_description(columns, formats))

    def _is_cursor(self, name: str) -> bool:
        """Whether DECLARE made a portal of that name."""
        transaction = self._session.transaction
        return transaction is not None and name in transaction.cursors

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
        if limit > 0:
            self._charge(portal, portal.size)

    async def _close(self, message: Body) -> None:
        what, name = message.byte(), message.text()
        message.end()
        if what == _STATEMENT:
            self._session.prepared.pop(name)
        else:
            await self.drop(name)
        self._outbox.add(wire.CLOSE_COMPLETE)

    def _portal(self, name: str) -> Portal:
        portal = self._portals.get(name)
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
