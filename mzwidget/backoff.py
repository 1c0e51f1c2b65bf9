"""How long to wait before another try."""

from __future__ import annotations

import random


class Backoff:
    """Waits that double, up to a longest one; each a quarter shorter or longer, so that many do not come back at once.

    Parameters
    ----------
    first, longest : float
        Seconds.

    Attributes
    ----------
    failures : int
        In a row, so far.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self.failures = 0

    def reset(self) -> None:
        """Begin anew with the first wait: all is well."""
        self.failures = 0

    def next(self) -> float:
        """Return the seconds to wait after one more failure."""
        wait: float = min(self._first * 2.0 ** min(self.failures, 60), self._longest)
        self.failures += 1
        return wait * random.uniform(0.75, 1.25)
