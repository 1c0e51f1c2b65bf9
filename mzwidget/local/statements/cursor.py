"""A declared cursor: pulls rows out of a query or a subscription, bit by bit."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.intervals import read_interval

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from mzwidget.local.formats.results import Chunk, Result
    from mzwidget.local.formats.types import Row
    from mzwidget.local.statements.prepared import Prepared

_DAY_SECONDS = 86_400


class Cursor:
    """What FETCH takes rows from: a declared cursor, or a bound portal; nothing runs before the first of them.

    Parameters
    ----------
    prepared : Prepared
    start : callable
        Runs the statement.
    formats : list of int
        Of the columns, for Execute.
    """

    def __init__(self, prepared: Prepared, start: Callable[[], Awaitable[Result]], formats: list[int]) -> None:
        self.prepared = prepared
        self.columns = prepared.columns or ()
        self.formats = formats
        self._start = start
        self._chunks: AsyncGenerator[Chunk] | None = None
        self._endless = False
        self._next: asyncio.Task[Chunk | None] | None = None
        self._rows: deque[Row] = deque()
        self._ended = False
        self.cancelled = False
        """A CancelRequest came between two FETCHes: the next one fails."""

    @property
    def waiting(self) -> int:
        """How many rows are there that nobody has taken."""
        return len(self._rows)

    async def fetch(self, count: int | None, patience: str | None, *, whole: bool = False) -> list[Row]:
        """Return up to `count` rows (all that are there if None).

        Without `patience` (FETCH's timeout) wait for the first rows and take what is ready, of a subscription what
        came at once; with it, wait until there are `count` or the time is over. Or until the `whole` count is there.
        """
        if self.cancelled:
            self.cancelled, self._ended = False, True
            raise SqlError("canceling statement due to user request", "57014")
        seconds = None if patience is None else _seconds(patience)
        if self._chunks is None:
            result = await self._start()
            self._chunks, self._endless = result.chunks, result.streaming
        if count == 0:
            return []
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._ended and (count is None or len(self._rows) < count):
            if deadline is not None:
                wait: float | None = max(deadline - time.monotonic(), 0)
            else:
                wait = 0 if self._rows and not whole else None
            if not await self._more(wait):
                break
            if self._endless and deadline is None and self._rows:
                break
        taken = len(self._rows) if count is None else min(count, len(self._rows))
        return [self._rows.popleft() for _ in range(taken)]

    async def _more(self, wait: float | None) -> bool:
        """Wait for the next chunk; False if it does not come in time."""
        if self._next is None:
            self._next = asyncio.create_task(self._pull())
            await asyncio.sleep(0)
        done, _ = await asyncio.wait([self._next], timeout=wait)
        if not done:
            return False
        task, self._next = self._next, None
        try:
            chunk = task.result()
        except SqlError:
            self._ended = True
            raise
        if chunk is None:
            self._ended = True
        else:
            self._rows.extend(chunk.rows)
        return True

    async def _pull(self) -> Chunk | None:
        assert self._chunks is not None
        return await anext(self._chunks, None)

    def cancel(self) -> None:
        """Stop a cursor that nobody waits for at the moment."""
        self.cancelled = self._chunks is not None

    async def close(self) -> None:
        """Stop what runs."""
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError, SqlError):
                await self._next
            self._next = None
        if self._chunks is not None:
            await self._chunks.aclose()
            self._chunks = None
        self._ended = True


def _seconds(timeout: str) -> float:
    """Read the interval of FETCH's timeout."""
    try:
        months, days, microseconds = read_interval(timeout)
    except SqlError as error:
        raise SqlError(f"invalid TIMEOUT: {error.message}") from None
    if months:
        raise SqlError("invalid TIMEOUT: cannot convert interval with months to duration")
    seconds = days * _DAY_SECONDS + microseconds / 1_000_000
    if seconds < 0:
        raise SqlError("invalid TIMEOUT: cannot convert negative interval to duration")
    if seconds > _DAY_SECONDS:
        raise SqlError(f"timeout out of range: {seconds:g}s")
    return seconds
