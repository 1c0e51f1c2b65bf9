"""The truth about a table that only one connection changes: its content at every timestamp.

A second SUBSCRIBE cannot tell it: where commits come quickly the embedded engine may take several in one step, and then
another step than the view's own tail.
"""

from __future__ import annotations

import bisect
from collections import Counter

Rows = Counter[tuple[str, int]]


class Truth:
    """What was read after each commit, and at what timestamp."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._contents: list[Rows] = []

    def note(self, time: int, content: Rows) -> None:
        """Add what a read at `time` found."""
        self._times.append(time)
        self._contents.append(content)

    def at(self, time: int) -> list[Rows]:
        """Return the content at a timestamp: two of them if it lies between a commit and the reads on both sides."""
        place = bisect.bisect_left(self._times, time)
        return self._contents[max(place - 1, 0) : place + 1]
