"""The recent past of a collection: what changed, and when, for as long and as much as is asked for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from mzwidget.tail.updates import Row, Updates, consolidate

SECONDS = 300.0
"""How far back by default."""
UNKNOWN = 5_000
"""Milliseconds from which on a stretch without any progress matters: a healthy server tells it once a second."""
BYTES = 16 * 2**20
"""How much memory the past may take, at the most."""


@dataclass(frozen=True, slots=True)
class TimedUpdates:
    """Updates at one timestamp.

    Attributes
    ----------
    time : int
        Milliseconds since the epoch.
    updates : dict
    known_until : int
        The last timestamp before `time` at which the state without these updates is known to hold: what a progress row
        had closed. A server may take several commits in one step and leave out the states between.
    size : int
        Bytes, estimated.
    """

    time: int
    updates: Updates
    known_until: int
    size: int

    @property
    def leaps(self) -> bool:
        """Whether nothing is known of the stretch before: nobody looked, or the server was away."""
        return self.time - self.known_until > UNKNOWN


class History:
    """A bounded ring of changes.

    Parameters
    ----------
    seconds : float
        Age of the oldest change; 0 keeps nothing.
    limit : int
        Bytes at the most, by estimate.
    """

    def __init__(self, seconds: float = 0.0, limit: int = BYTES) -> None:
        self.seconds = seconds
        self._limit = limit
        self._changes: deque[TimedUpdates] = deque()
        self._size = 0
        self._since: int | None = None

    def reach(self, seconds: float) -> None:
        """Go back so many seconds at the least."""
        self.seconds = max(self.seconds, seconds)

    def begin(self, time: int | None) -> None:
        """Forget everything; the state at `time` is the first that is known."""
        self._changes.clear()
        self._size = 0
        self._since = time

    def add(self, time: int, updates: Updates, known_until: int | None = None) -> None:
        """Append a change; times never decrease."""
        if self._since is None or not self.seconds:
            self._since = time
            return
        size = sum(map(_size, updates))
        self._changes.append(TimedUpdates(time, updates, time - 1 if known_until is None else known_until, size))
        self._size += size
        while self._changes and (self._size > self._limit or time - self._changes[0].time > self.seconds * 1000):
            oldest = self._changes.popleft()
            self._size -= oldest.size
            self._since = oldest.time

    @property
    def changes(self) -> tuple[TimedUpdates, ...]:
        """All that is kept, in the order of time."""
        return tuple(self._changes)

    @property
    def earliest(self) -> int | None:
        """The first timestamp whose state can be had; None if there is no past."""
        return self._since

    @property
    def leapt(self) -> bool:
        """Whether the last change leaps."""
        return bool(self._changes) and self._changes[-1].leaps

    def span(self, since: int) -> int:
        """Return the milliseconds from the first change after a timestamp to the last."""
        first = last = self._changes[-1].time if self._changes else since
        for change in reversed(self._changes):
            if change.time <= since:
                break
            first = change.time
        return last - first

    def values(self, column: int) -> list[tuple[int, str | None]]:
        """Return what a column of a view of one row has been: since when, in ms, and which value.

        It begins after the last stretch of which nothing is known.
        """
        found: list[tuple[int, str | None]] = []
        for change in self._changes:
            went, came = ([row[column] for row, diff in change.updates.items() if sign * diff > 0] for sign in (-1, 1))
            if change.leaps:
                found.clear()
            elif not found and went and self._since is not None:
                found.append((self._since, went[0]))
            found.append((change.time, came[0] if came else None))
        return found

    def known(self, time: int) -> int:
        """Return the last timestamp up to `time` whose state is known."""
        time = time if self._since is None else max(time, self._since)
        for change in reversed(self._changes):
            if change.time <= time:
                break
            if change.known_until < time:
                time = max(change.known_until, self._since or 0)
        return time

    def after(self, time: int) -> Updates:
        """Return the consolidated updates later than `time`: what to take away from now to be back then."""
        total: Updates = {}
        for change in reversed(self._changes):
            if change.time <= time:
                break
            consolidate(change.updates.items(), into=total)
        return total


def _size(row: Row) -> int:
    return 120 + sum(60 + len(value) for value in row if value is not None)
