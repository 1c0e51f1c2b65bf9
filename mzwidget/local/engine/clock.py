"""The engine's time: milliseconds since 1970 that never run backwards and never contradict a reader."""

from __future__ import annotations

import asyncio
import time

FOREVER = 2**63 - 1
"""Stands for "not retracted" in a stored row."""

MAX_TIMESTAMP = 2**64 - 1
"""The timestamp of relations that can never change."""


class Clock:
    """Hands out timestamps so that what was read at a time can no longer be written at that time.

    A write gets a timestamp above every earlier read and write. While it is under way readers are
    given times before it, since its rows are not there yet.
    """

    def __init__(self) -> None:
        self._last = 0
        self._writing: int | None = None
        self._offset = 0

    def wall(self) -> int:
        """Return the milliseconds since 1970; when the machine's clock is set back, go on from where it was."""
        return self._nanoseconds() // 1_000_000

    def _nanoseconds(self) -> int:
        steady = time.monotonic_ns()
        self._offset = max(self._offset, time.time_ns() - steady)
        return self._offset + steady

    def go_on(self, timestamp: int) -> None:
        """Go on after a timestamp of an earlier process, also where the machine's clock was set back since."""
        self._last = max(self._last, timestamp)
        self._offset = max(self._offset, (timestamp + 1) * 1_000_000 - time.monotonic_ns())

    def read(self) -> int:
        """Return the newest time whose content is complete and final."""
        if self._writing is not None:
            return self._writing - 1
        self._last = max(self._last, self.wall())
        return self._last

    async def reach(self, timestamp: int) -> None:
        """Wait until the wall shows `timestamp`."""
        while (early := timestamp * 1_000_000 - self._nanoseconds()) > 0:  # noqa: ASYNC110 - time is not an event
            await asyncio.sleep(early / 1e9)

    def begin_write(self) -> int:
        """Reserve the timestamp of the next commit."""
        if self._writing is not None:
            msg = "only one write can be under way"
            raise RuntimeError(msg)
        self._writing = self._last = max(self._last + 1, self.wall())
        return self._writing

    def end_write(self) -> None:
        """Let readers see the commit, or the nothing that came of it."""
        self._writing = None
