"""Who follows a tail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Protocol

from mzwidget.tail.updates import Updates

log = logging.getLogger("mzwidget")


class Listener(Protocol):
    """Who follows a tail. Called in the background thread, with the collection's lock held."""

    def on_reset(self) -> None:
        """Take `rows` and `columns` as they are now: a first snapshot, or a view with other columns."""

    def on_batch(self, updates: Updates) -> None:
        """Follow a closed batch, already applied to `rows`."""

    def on_progress(self) -> None:
        """Note that `time` went on, with or without a batch."""

    def on_status(self) -> None:
        """Note that `status` changed."""

    def on_tick(self) -> None:
        """Do what is due about once a second; called without the lock."""

    def wanted(self) -> bool:
        """Tell whether somebody looks."""

    def on_error(self, error: Exception) -> None:
        """Note what one of these has raised; this one never does."""


class Listeners:
    """Any number of them. What one raises is logged and told to it, and concerns nobody else."""

    def __init__(self, *listeners: Listener) -> None:
        self._all = listeners

    def __iter__(self) -> Iterator[Listener]:
        return iter(self._all)

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, listener: Listener) -> Listeners:
        """Add one; return it alone."""
        self._all += (listener,)
        return Listeners(listener)

    def remove(self, listener: Listener) -> None:
        self._all = tuple(other for other in self._all if other is not listener)

    def exchange(self, one: Listener, other: Listener) -> None:
        """Let one take the place of another, from which it has all that is there."""
        self._all = tuple(other if listener is one else listener for listener in self._all)

    def tell(self, news: Callable[[Listener], None]) -> None:
        """Call each with news."""
        for listener in self._all:
            try:
                news(listener)
            except Exception as error:
                log.exception("%r raised", listener)
                listener.on_error(error)

    def wanted(self) -> bool:
        """Tell whether somebody looks."""
        answers: list[bool] = []
        self.tell(lambda listener: answers.append(listener.wanted()))
        return any(answers)
