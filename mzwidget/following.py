"""Following a view from Python: batches of typed changes, for callbacks, loops and `async for`."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from mzwidget.tail.updates import Updates, consolidate
from mzwidget.tail.values import Column, to_pandas, to_python

log = logging.getLogger("mzwidget")


class Change(NamedTuple):
    """One row that came or went.

    Attributes
    ----------
    row : dict
        Values by column name, as `mzwidget.values.to_python` makes them.
    diff : int
        Copies that came (positive) or went (negative); never zero.
    """

    row: dict[str, Any]
    diff: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed since the batch before, consolidated.

    Attributes
    ----------
    timestamp : pandas.Timestamp or None
        The moment (UTC) at which the view is what all batches up to this one add up to; None for a constant view.
    """

    timestamp: pd.Timestamp | None
    _columns: tuple[Column, ...]
    _updates: Updates

    def __iter__(self) -> Iterator[Change]:
        names = [of.name for of in self._columns]
        for row, diff in self._updates.items():
            values = (to_python(of, text) for of, text in zip(self._columns, row, strict=True))
            yield Change(dict(zip(names, values, strict=True)), diff)

    def __len__(self) -> int:
        return len(self._updates)

    @property
    def inserts(self) -> pd.DataFrame:
        """The rows that came, each as often as it came."""
        return self._frame(1)

    @property
    def deletes(self) -> pd.DataFrame:
        """The rows that went, each as often as it went."""
        return self._frame(-1)

    def _frame(self, sign: int) -> pd.DataFrame:
        rows = [row for row, diff in self._updates.items() for _ in range(sign * diff)]
        return to_pandas(self._columns, rows)


class Follower:
    """Collects the changes of a view until somebody takes them; what waits is at most twice the view's size.

    A view whose columns change begins anew: its next batch takes nothing away and holds the whole new content.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._updates: Updates = {}
        self._columns: tuple[Column, ...] = ()
        self._time: int | None = None
        self._ended = False

    def begin(self, columns: tuple[Column, ...], rows: Updates, at: int | None) -> None:
        """Start from a whole content."""
        with self._condition:
            self._columns, self._updates, self._time = columns, dict(rows), at
            self._condition.notify_all()

    def add(self, updates: Updates, at: int | None) -> None:
        """Follow a batch."""
        with self._condition:
            consolidate(updates.items(), into=self._updates)
            self._time = at
            self._condition.notify_all()

    def end(self) -> None:
        """Say that nothing more will come."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def take(self, timeout: float | None = None) -> Batch | None:
        """Wait for changes and take them all; None at the end or after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._condition:
            while not self._updates:
                left = None if deadline is None else deadline - time.monotonic()
                if self._ended or (left is not None and left <= 0):
                    return None
                # In steps, so that an interrupt gets through on every platform.
                self._condition.wait(0.1 if left is None else min(left, 0.1))
            updates, self._updates = self._updates, {}
            at = None if self._time is None else pd.Timestamp(self._time, unit="ms", tz="UTC")
            return Batch(at, self._columns, updates)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, and all is taken."""
        with self._condition:
            return self._ended and not self._updates


class Changes:
    """The changes of a view, for ``for batch in …`` and ``async for batch in …``; ends when the view is closed."""

    def __init__(self, follower: Follower, leave: Callable[[], None]) -> None:
        self._follower = follower
        self._leave = leave

    def __iter__(self) -> Iterator[Batch]:
        try:
            while (batch := self._follower.take()) is not None:
                yield batch
        finally:
            self._leave()

    async def __aiter__(self) -> AsyncIterator[Batch]:
        try:
            while not self._follower.ended:
                if (batch := await asyncio.to_thread(self._follower.take, 0.5)) is not None:
                    yield batch
        finally:
            self._leave()


def call_back(follower: Follower, callback: Callable[[Batch], object]) -> None:
    """Call back with every batch, in a thread of its own: a slow callback gets fewer, larger batches."""

    def run() -> None:
        while (batch := follower.take()) is not None:
            try:
                callback(batch)
            except Exception:
                log.exception("on_change: %r raised", callback)

    threading.Thread(target=run, name="mzwidget callback", daemon=True).start()
