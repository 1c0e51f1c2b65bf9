"""What a feed must know of the kernel around it: whether a cell runs, and how many messages may go out."""

from __future__ import annotations

import time
from collections.abc import Callable

RATE = 200.0
"""Messages a second for all views of a kernel; the Jupyter server drops what exceeds 1,000, outputs included."""
BURST = 50.0
"""Messages that may go at once after a quiet time."""


class Budget:
    """A token bucket."""

    def __init__(self, rate: float = RATE, burst: float = BURST, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled = clock()

    def take(self) -> float:
        """Take one token and return 0; or return the seconds until there will be one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0


budget = Budget()


class _Cells:
    """Follows IPython's account of whether a cell runs."""

    def __init__(self) -> None:
        self.running = False
        self._watched: object = None

    def watch(self) -> None:
        """Follow the shell there is; does nothing outside IPython or when it is followed already."""
        try:
            from IPython.core.getipython import get_ipython  # noqa: PLC0415 - optional
        except ImportError:
            return
        shell = get_ipython()
        if shell is None or shell is self._watched:
            return
        self._watched = shell
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)
        # Whoever makes the first view does so in a running cell.
        self.running = True

    def _begin(self, *_: object) -> None:
        self.running = True

    def _end(self, *_: object) -> None:
        self.running = False


cells = _Cells()
