"""How many messages may go out."""

from __future__ import annotations

import time
from collections.abc import Callable

RATE = 200.0
"""Messages a second for all views of a kernel; the Jupyter server drops what exceeds 1,000, outputs included."""
BURST = 50.0
"""Messages that may go at once after a quiet time."""


class Bucket:
    """A token bucket: a few at once, and so many a second on average.

    Parameters
    ----------
    rate : float
        Tokens a second; may be set anew at any time.
    burst : float
        Tokens that it holds at the most.
    clock : callable, optional
        Monotonic seconds.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled = clock()

    def wait(self) -> float:
        """Return the seconds until there is a token; 0 if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled) * self.rate)
        self._filled = now
        # What is missing by rounding alone would be waited for in vain.
        return 0.0 if self._tokens > 1 - 1e-9 else (1 - self._tokens) / self.rate

    def take(self) -> None:
        """Take a token, or what is left of it."""
        self._tokens = max(0.0, self._tokens - 1)


kernel = Bucket(RATE, BURST)
"""What all views of this kernel share."""
