"""What changes of a view, for Python: batches of typed changes, collected until somebody takes them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from mzwidget.closing import Closing
from mzwidget.deadline import Deadline
from mzwidget.errors import LiveViewError
from mzwidget.tail.updates import Row, Updates, consolidate
from mzwidget.tail.values import Column, to_pandas, to_python

log = logging.getLogger("mzwidget")

ROWS = 10_000_000
"""Rows at the most of a data frame, if they are more than the distinct ones: copies cost the database nothing."""


def frame(columns: tuple[Column, ...], rows: Mapping[Row, int]) -> pd.DataFrame:
    """Build a typed data frame that has each row as often as it occurs.

    Raises
    ------
    LiveViewError
        There are too many copies.
    """
    return to_pandas(columns, copies(rows))


def copies(rows: Mapping[Row, int]) -> list[Row]:
    """List each row as often as it occurs; not at all what occurs less than once."""
    total = sum(count for count in rows.values() if count > 0)
    if total > max(ROWS, len(rows)):
        raise LiveViewError(
            f"{total:,} rows, of which {len(rows):,} differ, are too many for a data frame (at most {ROWS:,}); "
            "let the query count them: SELECT …, count(*) … GROUP BY …"
        )
    if total == len(rows) == list(rows.values()).count(1):
        return list(rows)
    return [row for row, count in rows.items() for _ in range(count)]


class Change(NamedTuple):
    """One row that came or went.

    Attributes
    ----------
    row : dict
        Values by column name: int, float, str, bool, `datetime`'s classes, Decimal for ``numeric``, Python objects for
        ``jsonb``, lists for arrays, bytes; None for NULL. A value without an exact Python form (the year 12000, an
        interval of months) stays the server's text.
    diff : int
        Copies that came (positive) or went (negative); never zero.
    """

    row: dict[str, Any]
    diff: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed since the batch before, consolidated: iterate for each `Change`; its length is how many there are.

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

    def __repr__(self) -> str:
        came = sum(diff for diff in self._updates.values() if diff > 0)
        went = -sum(diff for diff in self._updates.values() if diff < 0)
        return f"<Batch at {self.timestamp}: {came:,} rows came, {went:,} went>"

    @property
    def inserts(self) -> pd.DataFrame:
        """The rows that came, each as often as it came; the dtypes are those of `LiveView.df`."""
        return frame(self._columns, self._updates)

    @property
    def deletes(self) -> pd.DataFrame:
        """The rows that went, each as often as it went; the dtypes are those of `LiveView.df`."""
        return frame(self._columns, {row: -diff for row, diff in self._updates.items()})


class Follower:
    """Collects the changes of a view until somebody takes them; what waits is at most twice the view's size.

    A view whose columns change begins anew: its next batch takes nothing away and holds the whole new content.

    Attributes
    ----------
    stopped : bool
        Whether whoever follows wants nothing more.
    """

    def __init__(self, wake: Callable[[], object] = lambda: None) -> None:
        self._wake = wake
        self._condition = threading.Condition()
        self._updates: Updates = {}
        self._columns: tuple[Column, ...] = ()
        self._time: int | None = None
        self._moved = False
        self._ended = False
        self.stopped = False

    # page.roles.Follower

    def begin(self, columns: tuple[Column, ...], rows: Updates, at: int | None) -> None:
        with self._news():
            self._columns, self._updates, self._time = columns, dict(rows), at

    def add(self, updates: Updates, at: int | None) -> None:
        with self._news():
            consolidate(updates.items(), into=self._updates)
            self._time = at

    def moved(self) -> None:
        with self._news():
            self._moved = True

    def end(self) -> None:
        with self._news():
            self._ended = True

    @contextlib.contextmanager
    def _news(self) -> Iterator[None]:
        with self._condition:
            yield
            self._condition.notify_all()
        self._wake()

    # From whoever follows

    def stop(self) -> None:
        """Give nothing more, not even what waits."""
        with self._news():
            self._ended = self.stopped = True

    def take(self, timeout: float | None = None) -> Batch | None:
        """Wait for changes and take them all; None at the end or after `timeout` seconds."""
        with self._condition:
            self._wait(lambda: bool(self._updates), timeout)
            if not self._updates or self.stopped:
                return None
            updates, self._updates = self._updates, {}
            at = None if self._time is None else pd.Timestamp(self._time, unit="ms", tz="UTC")
            return Batch(at, self._columns, updates)

    def skip(self, timeout: float | None = None) -> None:
        """Wait until something has changed, or another moment is shown, and forget what it was."""
        with self._condition:
            self._wait(lambda: bool(self._updates) or self._moved, timeout)
            self._updates, self._moved = {}, False

    def _wait(self, ready: Callable[[], bool], timeout: float | None) -> None:
        deadline = Deadline(timeout)
        while not (ready() or self._ended or deadline.over):
            deadline.await_news(self._condition)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, and all is taken."""
        with self._condition:
            return self._ended and not self._updates


class Changes:
    """The changes of a view, for ``for batch in …`` and ``async for batch in …``; ends when the view is closed.

    Parameters
    ----------
    follow, leave : callable
        Let a `Follower` begin, and end.
    """

    def __init__(self, follow: Callable[[Follower], None], leave: Callable[[Follower], None]) -> None:
        self._follow = follow
        self._leave = leave

    def __iter__(self) -> Iterator[Batch]:
        follower = Follower()
        self._follow(follower)
        try:
            while (batch := follower.take()) is not None:
                yield batch
        finally:
            self._leave(follower)

    async def __aiter__(self) -> AsyncIterator[Batch]:
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(news.set)

        follower = Follower(wake)
        self._follow(follower)
        try:
            while not follower.ended:
                news.clear()
                if (batch := follower.take(0)) is not None:
                    yield batch
                else:
                    await news.wait()
        finally:
            self._leave(follower)


class Callback(Closing):
    """A function that is called with every `Batch` of changes, in a thread of its own; see `LiveView.on_change`.

    Parameters
    ----------
    function : callable
    follow, leave : callable
        Let a `Follower` begin, and end.
    complain : callable
        Given this, and what the function has raised or, empty, that it has not again.
    """

    def __init__(
        self,
        function: Callable[[Batch], object],
        follow: Callable[[Follower], None],
        leave: Callable[[Follower], None],
        complain: Callable[[object, str], None],
    ) -> None:
        self._function = function
        self._leave = leave
        self._complain = complain
        self._follower = Follower()
        follow(self._follower)
        threading.Thread(target=self._run, name="mzwidget callback", daemon=True).start()

    def close(self) -> None:
        """Begin no other call."""
        self._follower.stop()
        self._leave(self._follower)
        self._complain(self, "")

    def __repr__(self) -> str:
        return f"<on_change({self._function!r})>"

    def _run(self) -> None:
        told = False
        while (batch := self._follower.take()) is not None:
            try:
                self._function(batch)
            except Exception as error:
                log.exception("on_change: %r raised", self._function)
                if not told:
                    traceback.print_exc()
                told = True
                self._complain(self, f"on_change: {type(error).__name__}: {error}")
            except BaseException as error:  # nobody else would say why it is not called any more
                self._complain(self, f"on_change: ended by {type(error).__name__}")
                break
            else:
                self._complain(self, "")
        self._leave(self._follower)
        if self._follower.stopped:
            self._complain(self, "")
