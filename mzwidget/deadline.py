"""Until when somebody waits."""

from __future__ import annotations

import threading
import time

STEP = 0.05
"""Seconds that a thread sleeps at once: an interrupt gets through only in between on some platforms."""


class Deadline:
    """The end of a wait.

    Parameters
    ----------
    timeout : float or None
        Seconds from now; None waits for ever.

    Raises
    ------
    TypeError
        This is no number of seconds.
    """

    def __init__(self, timeout: float | None) -> None:
        if timeout is not None and not isinstance(timeout, int | float):
            raise TypeError(f"timeout must be a number of seconds, or None to wait for ever, not {timeout!r:.60}")
        self.timeout = timeout
        self._end = None if timeout is None else time.monotonic() + timeout

    @property
    def left(self) -> float | None:
        """The seconds that are left, 0 when they are over; None for ever."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self.left == 0

    def await_news(self, news: threading.Condition) -> None:
        """Sleep until there is news, the time is over or it is time to look again; called with the lock of `news`."""
        left = self.left
        news.wait(STEP if left is None else min(left, STEP))
