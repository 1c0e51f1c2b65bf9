"""The background thread's turns while a cell runs.

CPython asks whoever has its lock to hand it over once another thread has waited for `sys.getswitchinterval()`, 5 ms, in
which nobody let go of it. A cell that lets go more often than that, and only for a moment (it looks at a file, prints,
asks a server), takes the lock back before the other has woken, again and again: on idle cores for seconds. After 1 ms
it is asked in time. The interval is the whole process's, so it is left alone but where it is needed, and until the
cell's end.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from mzwidget.forking import Lock

PERIOD = 0.2
"""Seconds between two looks at whether this thread comes to its turn."""
LATE = 0.1
"""Seconds by which a look may be late."""
INTERVAL = 0.001
"""The switch interval, in seconds, of a cell in which one was later."""


class SwitchInterval:
    """Looks after the background thread's turns.

    Parameters
    ----------
    running : callable
        Whether a cell runs.
    """

    def __init__(self, running: Callable[[], bool]) -> None:
        self._running = running
        self._watching: asyncio.Task[None] | None = None
        self._lock = Lock()
        self._before: float | None = None

    def begin(self) -> None:
        """Look until no cell runs; called in the background thread."""
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    def end(self) -> None:
        """Leave the interval as it was before."""
        with self._lock:
            if self._before is not None and sys.getswitchinterval() == INTERVAL:
                sys.setswitchinterval(self._before)
            self._before = None

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while self._running():
            due = loop.time() + PERIOD
            await asyncio.sleep(PERIOD)
            if loop.time() > due + LATE:
                self._hasten()

    def _hasten(self) -> None:
        with self._lock:
            found = sys.getswitchinterval()
            if self._running() and found > INTERVAL:
                self._before = found
                sys.setswitchinterval(INTERVAL)
