"""Threads that wait for a tail's first snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Protocol

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

    def until(self, timeout: float | None) -> Iterator[None]:
        """Yield at once, and whenever it is time to look again, until `timeout` seconds are over."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._condition:
            self._count += 1
        try:
            while True:
                yield
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return
                with self._condition:
                    # In steps, so that an interrupt gets through on every platform.
                    self._condition.wait(0.1 if left is None else min(left, 0.1))
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

    def wake(self, *, hurry: bool = False) -> None:
        """Make sure the tail runs."""


def wait(tail: Awaited, timeout: float | None, *, fresh: bool = False) -> None:
    """Block until there is a snapshot.

    Parameters
    ----------
    tail : Awaited
    timeout : float or None
        Seconds; None waits for ever.
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
    tail.wake(hurry=not tail.collection.epoch)
    for _ in tail.waiters.until(timeout):
        status = tail.status
        if tail.collection.epoch:
            if status.state not in ("idle", "connecting") or not fresh:
                return
        elif status.state == "closed" or (status.state in ("failed", "reconnecting") and tail.attempts > attempts):
            raise refusal(name, status)
    said = f"{status.state}: {status.message}" if status.message else status.state
    raise TimeoutError(f"{name}: no snapshot after {timeout:g} s ({said})")
