"""A DuckDB connection for reading, used by one thread at a time, and work on it that can be given up."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from mzwidget.local.engine.memory import out_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    import duckdb

    from mzwidget.local.engine.guard import Guard

_PATIENCE = 0.3
"""Seconds that a cancellation waits for the work to stop: DuckDB looks for that only now and then."""
_AGAIN = 0.05
_PAUSES = (0.01, 0.1, 0.3, 0.0)
"""Seconds after each of the attempts to find a thread."""

_T = TypeVar("_T")


class Reader:
    """Runs work on a connection of its own.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    threads : ThreadPoolExecutor
        Where it runs.
    guard : Guard
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        threads: ThreadPoolExecutor,
        guard: Guard,
    ) -> None:
        self.connection = connection
        self._threads = threads
        self._guard = guard
        self._stopping: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[], _T], *, repeatable: bool = False) -> _T:
        """Run work in a thread; what is `repeatable` more than once, if another one has taken all memory.

        When the caller is cancelled the work is interrupted; what does not stop soon is left alone with that.
        """
        begun = await self._begin(work, repeatable=repeatable)
        running = asyncio.wrap_future(begun)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if begun.cancel():
                raise
            self._stopping = asyncio.create_task(self._stop(running))
            with contextlib.suppress(asyncio.CancelledError):  # once is enough
                await asyncio.wait([self._stopping], timeout=_PATIENCE)
            raise

    def close(self, last: Callable[[], object] | None = None) -> None:
        """Do a last piece of work, and give the connection back, once nothing runs on it; nobody waits for that."""

        def end() -> None:
            with contextlib.suppress(Exception):
                if last is not None:
                    self._guard.run(self.connection, last)
            self.connection.close()

        def ended(_: object = None) -> None:
            with contextlib.suppress(RuntimeError):  # the process ends
                self._threads.submit(end)

        if self._stopping is not None and not self._stopping.done():
            self._stopping.add_done_callback(ended)
        elif last is not None:
            ended()
        else:
            self.connection.close()

    async def _begin(self, work: Callable[[], _T], *, repeatable: bool) -> Future[_T]:
        """Hand work to a thread; wait a moment for one of those there if the system gives no memory for another."""
        for pause in _PAUSES:
            begun: Future[_T] = Future()
            try:
                self._threads.submit(self._do, begun, work, repeatable=repeatable)
            except RuntimeError:
                if begun.cancel():  # for it is queued all the same
                    await asyncio.sleep(pause)
                    continue
            return begun
        raise out_of_memory()

    def _do(self, begun: Future[_T], work: Callable[[], _T], *, repeatable: bool) -> None:
        if not begun.set_running_or_notify_cancel():
            return
        try:
            found = self._guard.run(self.connection, work, repeatable=repeatable)
        except BaseException as error:
            begun.set_exception(error)
            del begun  # no circle with the error, which would keep what has taken all memory
        else:
            begun.set_result(found)

    async def _stop(self, running: asyncio.Future[Any]) -> None:
        while not running.done():
            self._guard.stop(self.connection)
            await asyncio.wait([running], timeout=_AGAIN)
        if not running.cancelled():
            running.exception()
