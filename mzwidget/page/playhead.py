"""Which moment of a view is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mzwidget.tail.history import History
from mzwidget.tail.updates import Updates, consolidate, difference


class Recording(Protocol):
    """The rows now, and their past; its lock is held by whoever calls a playhead."""

    rows: Updates
    time: int | None
    history: History


@dataclass(slots=True)
class Held:
    """Held at a timestamp, by which the source is ahead by the updates that wait."""

    time: int | None
    waiting: Updates


class Playhead:
    """Shows the newest moment, or one that is held while what comes later waits.

    Parameters
    ----------
    source : Recording
    """

    def __init__(self, source: Recording) -> None:
        self._source = source
        self._held: Held | None = None

    @property
    def held(self) -> bool:
        """Whether what comes waits."""
        return self._held is not None

    @property
    def time(self) -> int | None:
        """The timestamp that is shown, in ms; None for a constant view."""
        return self._source.time if self._held is None else self._held.time

    @property
    def waiting(self) -> int:
        """Rows of change that came since the moment that is held."""
        return 0 if self._held is None else len(self._held.waiting)

    def rows(self) -> Updates:
        """Return the rows at `time`; not to be changed."""
        if self._held is None or not self._held.waiting:
            return self._source.rows
        return consolidate(((row, -diff) for row, diff in self._held.waiting.items()), into=dict(self._source.rows))

    def hold(self) -> None:
        """Stay at the present moment."""
        if self._held is None:
            self._held = Held(self._source.time, {})

    def withhold(self, updates: Updates) -> None:
        """Let a batch wait that the source has applied while a moment is held."""
        assert self._held is not None
        consolidate(updates.items(), into=self._held.waiting)

    def go(self, time: int) -> Updates:
        """Hold at a timestamp whose state is known; return the updates that lead there."""
        self.hold()
        assert self._held is not None
        # Both are counted from now: what is shown lacks what waits, the past lacks what came after it.
        after = self._source.history.after(time)
        way = difference(self._held.waiting, after)
        self._held = Held(time, after)
        return way

    def release(self) -> Updates:
        """Show the newest moment again; return the updates that lead there."""
        held, self._held = self._held, None
        return {} if held is None else held.waiting

    def turn(self, source: Recording) -> None:
        """Show another source, at its present moment."""
        self._source = source
        self.begin()

    def begin(self) -> None:
        """Show what the source has now, which has nothing to do with what it had."""
        if self._held is not None:
            self._held = Held(self._source.time, {})
