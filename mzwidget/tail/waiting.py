"""Threads that wait for a tail's first snapshot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol

from mzwidget.deadline import Deadline
from mzwidget.errors import LiveViewError
from mzwidget.tail.collection import Collection
from mzwidget.tail.query import Query
from mzwidget.tail.status import Status, refusal


class Waiters:
    """Any number of threads; true while there is one."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def notify(self) -> None:
        """Let all look again."""
        with self._condition:
            self._condition.notify_all()

    def until(self, deadline: Deadline) -> Iterator[None]:
        """Yield at once, and whenever it is time to look again, until the time is over."""
        with self._condition:
            self._count += 1
        try:
            while True:
                yield
                if deadline.over:
                    return
                with self._condition:
                    deadline.await_news(self._condition)
        finally:
            with self._condition:
                self._count -= 1


class Awaited(Protocol):
    """What `wait` needs of a tail."""

    query: Query
    collection: Collection
    status: Status
    waiters: Waiters

    @property
    def attempts(self) -> int:
        """Attempts that have ended."""

    @property
    def closed(self) -> bool:
        """Whether it has ended, and nobody begins it again."""

    def wake(self, *, retry: bool = False) -> None:
        """Make sure the tail runs."""


def wait(tail: Awaited, deadline: Deadline, *, fresh: bool = False) -> None:
    """Block until there is a snapshot.

    Parameters
    ----------
    tail : Awaited
    deadline : Deadline
    fresh : bool
        Wake an idle tail and wait until it has caught up.

    Raises
    ------
    LiveViewError
        The server refused or cannot be reached, and there is no snapshot.
    TimeoutError
        No snapshot in time.
    """
    attempts, name = tail.attempts, tail.query.text
    tail.wake(retry=not tail.collection.epoch)
    for _ in tail.waiters.until(deadline):
        status = tail.status
        if tail.collection.epoch:
            if status.state not in ("idle", "connecting") or not fresh:
                return
        elif tail.closed:
            raise LiveViewError(f"{name}: the view was closed before there was a snapshot")
        elif status.state in ("failed", "reconnecting") and tail.attempts > attempts:
            raise refusal(name, status)
    said = f"{status.state}: {status.message}" if status.message else status.state
    raise TimeoutError(f"{name}: no snapshot after {deadline.timeout:g} s ({said})")
