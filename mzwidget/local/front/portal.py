"""A bound statement, and how its results reach the client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.copying import BINARY_HEADER, BINARY_TRAILER
from mzwidget.local.formats.results import Chunk
from mzwidget.local.front import wire
from mzwidget.local.front.wire import Body, Kind
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.kinds import selected
from mzwidget.local.statements.variables import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.errors import Notice
    from mzwidget.local.formats.results import CopyIn, Result
    from mzwidget.local.front.inbox import Inbox
    from mzwidget.local.front.outbox import Outbox
    from mzwidget.local.statements.cursor import Cursor
    from mzwidget.local.statements.prepared import Prepared
    from mzwidget.local.statements.session import Session

_AT_ONCE = 1000
"""Rows of a cursor that are encoded before others are served."""
_UNTIMED = (statements.Subscribe, statements.Fetch, statements.CopyFrom)


@dataclass(slots=True)
class Suspended:
    """A statement that runs, between two Executes."""

    result: Result
    rows: list[bytes] = field(default_factory=list)
    """Of one chunk, kept until the last of them is sent."""
    size: int = 0
    """Their bytes."""
    at: int = 0
    """How many of them are sent."""
    sent: int = 0
    """By the last Execute alone."""
    finished: bool = False
    tag: str | None = None
    """How it ended."""

    def keep(self, rows: list[bytes]) -> None:
        self.rows, self.size, self.at = rows, sum(map(len, rows)), 0

    def take(self, limit: int) -> list[bytes]:
        """Return the next rows, all of them if there is no limit."""
        end = self.at + limit if limit else len(self.rows)
        rows, self.at = self.rows[self.at : end], end
        if end >= len(self.rows):
            self.keep([])
        self.sent += len(rows)
        return rows


class Portal:
    """A bound statement: not yet run, or suspended with what its run has still to deliver.

    Parameters
    ----------
    prepared : Prepared
    values : list
        The parameters.
    formats : list of int
        Of the result's columns.
    given : int
        The parameters' bytes.
    name : str
    """

    def __init__(
        self, prepared: Prepared, values: list[Any], formats: list[int], given: int = 0, name: str = ""
    ) -> None:
        self.name = name
        self.prepared = prepared
        self.formats = formats
        self.kept = 0
        """Bytes that it is charged for while it waits."""
        self._values = values
        self._given = given
        self._state: Suspended | None = None

    @property
    def begun(self) -> bool:
        return self._state is not None

    @property
    def size(self) -> int:
        """Bytes of its parameters and of the rows that it keeps."""
        return self._given + (self._state.size if self._state is not None else 0)

    @property
    def timed(self) -> bool:
        """Whether ``statement_timeout`` counts for it."""
        statement = self.prepared.statement
        source = statement.source if isinstance(statement, statements.CopyTo) else statement
        return not isinstance(source, _UNTIMED)

    async def run(self, session: Session, inbox: Inbox, outbox: Outbox, limit: int) -> bytes:
        """Run it, or go on with it; send rows (up to `limit`, unless 0); return the message that says how it ended."""
        if self._state is None:
            self._state = Suspended(await session.execute(self.prepared, self._values))
        state = self._state
        result = state.result
        if state.tag is not None and (result.columns is None or result.copy_format is not None):
            raise SqlError(f'portal "{self.name}" cannot be run', "55000")
        tell(session, result.notices, outbox)
        result.notices = []
        if result.copy_in is not None:
            state.tag = await _copy_in(result.copy_in, inbox, outbox)
        elif result.copy_format is not None:
            state.tag = await _copy_out(result, result.copy_format, outbox)
        else:
            if result.streaming:
                await outbox.flush()
            state.sent = 0
            if await self._rows(state, outbox, limit):
                return wire.PORTAL_SUSPENDED
            if state.tag is None or not isinstance(self.prepared.statement, statements.Fetch):
                state.tag = result.tag(state.sent)
        return wire.command_complete(state.tag)

    async def close(self) -> None:
        if self._state is not None:
            await self._state.result.chunks.aclose()

    async def _rows(self, state: Suspended, outbox: Outbox, limit: int) -> bool:
        """Send rows; True if the limit stopped that."""
        count = 0
        flush = state.result.streaming
        while True:
            if state.rows:
                rows = state.take(limit - count if limit else 0)
                count += len(rows)
                await outbox.add_all(rows, flush=flush)
            if limit and count >= limit:
                return True
            if state.finished:
                return False
            chunk = await anext(state.result.chunks, None)
            if chunk is None:
                state.finished = True
            elif len(chunk):
                flush = chunk.flush
                state.keep(await _encoded(chunk, chunk.data_rows, state.result.columns or (), self.formats))


class CursorPortal(Portal):
    """A portal of a transaction block, which FETCH takes rows from, too.

    Parameters
    ----------
    cursor : Cursor
    name : str
    given : int, default 0
        As for a portal.
    """

    def __init__(self, cursor: Cursor, name: str, given: int = 0) -> None:
        super().__init__(cursor.prepared, [], cursor.formats, given, name)
        self.cursor = cursor
        self._width = 0
        """Bytes of the longest row so far."""

    @property
    def size(self) -> int:
        return self._given + self.cursor.waiting * self._width

    async def run(self, _session: Session, _inbox: Inbox, outbox: Outbox, limit: int) -> bytes:
        count, wanted, got = 0, 0, 0
        while wanted == got and not (limit and count == limit):
            wanted = min(_AT_ONCE, limit - count) if limit else _AT_ONCE
            chunk = Chunk(await self.cursor.fetch(wanted, None, whole=True))
            rows = chunk.data_rows(self.cursor.columns, self.formats)
            self._width = max(self._width, *map(len, rows), 0)
            await outbox.add_all(rows, flush=False)
            got = len(chunk)
            count += got
        return wire.PORTAL_SUSPENDED if wanted == got else wire.command_complete(selected(count))

    async def close(self) -> None:
        await self.cursor.close()


def tell(session: Session, notices: Sequence[Notice], outbox: Outbox) -> None:
    """Send the notices that the session wants to hear."""
    least = SEVERITIES.index(session.variables.get("client_min_messages"))
    for notice in notices:
        severity = notice.severity
        if least <= SEVERITIES.index(severity.lower()) or notice.code == "01000":
            found = wire.notice_response(
                notice.text, notice.code, severity=severity, detail=notice.detail, hint=notice.hint
            )
            outbox.add(found)


async def _encoded(chunk: Chunk, encode: Callable[..., list[bytes]], *how: object) -> list[bytes]:
    """Encode a chunk's rows; many bytes in a thread, so that others are served."""
    return await asyncio.to_thread(encode, *how) if chunk.large else encode(*how)


async def _copy_out(result: Result, copy_format: str, outbox: Outbox) -> str:
    columns = result.columns or ()
    outbox.add(wire.copy_response(b"H", int(copy_format == "binary"), len(columns)))
    await outbox.flush()
    count = 0
    lead = BINARY_HEADER if copy_format == "binary" else b""  # goes with the first row, as PostgreSQL sends it
    async for chunk in result.chunks:
        if lines := await _encoded(chunk, chunk.lines, columns, copy_format):
            lines[0], lead = lead + lines[0], b""
            await outbox.add_all(map(wire.copy_data, lines), flush=chunk.flush)
            count += len(lines)
    if copy_format == "binary":
        outbox.add(wire.copy_data(lead + BINARY_TRAILER))
    outbox.add(wire.COPY_DONE)
    return result.tag(count)


async def _copy_in(copy: CopyIn, inbox: Inbox, outbox: Outbox) -> str:
    outbox.add(wire.copy_response(b"G", 0, copy.columns))
    await outbox.flush()
    try:
        while True:
            kind, body = await inbox.take()
            if kind == Kind.COPY_DATA:
                await copy.feed(body)
            elif kind == Kind.COPY_DONE:
                return await copy.finish()
            elif kind == Kind.COPY_FAIL:
                raise SqlError(f"COPY from stdin failed: {Body(body).text()}", "57014")
            elif kind not in (Kind.FLUSH, Kind.SYNC):
                raise SqlError("unexpected message type during COPY from stdin", "08P01")
    finally:
        await asyncio.shield(copy.close())
