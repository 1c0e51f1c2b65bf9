"""One subscription after another, with waits between those that fail."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pandas as pd

from mzwidget.backoff import Backoff
from mzwidget.tail.batches import ClosedBatch
from mzwidget.tail.connect import Parameters
from mzwidget.tail.hints import Hints
from mzwidget.tail.query import Query
from mzwidget.tail.status import Status
from mzwidget.tail.subscription import Subscription

BACKOFF = (0.25, 30.0)
"""First and longest wait in seconds before another try."""
STEADY = 5.0
"""Seconds that a subscription must have been live for its end to count as the first failure again."""

log = logging.getLogger("mzwidget")


class Attempts:
    """Subscribes, backs off and begins again, until stopped. All of it happens in the background thread.

    Parameters
    ----------
    parameters, query
        What to subscribe to, and where.
    take : callable
        Takes a batch of a subscription.
    publish : callable
        Takes how things stand.
    meanwhile : callable
        Returns what runs beside, from the start to the end.

    Attributes
    ----------
    ended, failed : int
        Attempts that have ended, and those of them that failed.
    subscription : Subscription or None
        The one under way.
    """

    def __init__(
        self,
        parameters: Parameters,
        query: Query,
        take: Callable[[Subscription, ClosedBatch], None],
        publish: Callable[[Status], None],
        meanwhile: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self.ended = self.failed = 0
        self.subscription: Subscription | None = None
        self._parameters = parameters
        self._query = query
        self._take = take
        self._publish = publish
        self._meanwhile = meanwhile
        self._hints = Hints(parameters, query)
        self._backoff = Backoff(*BACKOFF)
        self._backing_off = False
        self._spared = False  # a wait, since a subscription was steady
        self._task: asyncio.Task[None] | None = None
        self._retry = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether there is a task that tails."""
        return self._task is not None

    @property
    def failing(self) -> bool:
        """Whether the last ones failed, and none has been steady since."""
        return self._backoff.failures > 0

    def start(self) -> None:
        """Begin, unless that is done already."""
        if self._task is None or self._task.done():
            self._publish(Status("connecting"))
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"mzwidget {self._query.text[:40]}")

    def stop(self) -> None:
        """End at once."""
        task, self._task = self._task, None
        if self.subscription is not None:
            self.subscription.hang_up("stopped")  # which ends the task
        elif task is not None:
            task.cancel()

    def retry_now(self, *, hanging: bool = False) -> None:
        """Make the next attempt now; one under way goes on, but for one that is `hanging`, if so asked."""
        if self.subscription is None:
            self._retry.set()
        elif hanging and self.subscription.hangs(time.monotonic()):
            self._retry.set()
            self.subscription.hang_up("asked to try again")

    def server_is_back(self) -> None:
        """Wait no longer for the next attempt: others reach the server. Once, until a subscription is steady again."""
        if self._backing_off and not self._spared:
            self._spared = True
            self._retry.set()

    @property
    def _current(self) -> bool:
        """Whether the task that asks still tails, rather than having been stopped."""
        return self._task is asyncio.current_task()

    async def _run(self) -> None:
        """Tail for ever, through whatever happens; stopped from outside."""
        beside = asyncio.get_running_loop().create_task(self._meanwhile())
        try:
            while self._current:
                self._retry.clear()
                problem = await self._attempt()
                if not self._current:
                    return
                self.ended += 1
                if problem is None:
                    self._publish(Status("ended"))
                    await self._retry.wait()
                else:
                    await self._back_off(problem)
        finally:
            beside.cancel()

    async def _attempt(self) -> Status | None:
        """Tail until the stream ends (None) or fails (why)."""
        patience = 2.0 ** min(self._backoff.failures, 8)
        subscription = self.subscription = Subscription(
            self._parameters, self._query.statement, patience, self._query.relation
        )
        try:
            await subscription.run(self._take)
        except Exception as error:
            return await self._hints.explain(error)
        finally:
            if self.subscription is subscription:
                self.subscription = None
            if subscription.lived(time.monotonic()) > STEADY:
                self._backoff.reset()
                self._spared = False
        return None

    async def _back_off(self, problem: Status) -> None:
        """Wait for the time of the next attempt, or until somebody asks for it."""
        delay = self._backoff.next()
        self.failed += 1
        log.info("%s: %s; next try in %.1f s", self._query.text, problem.message, delay)
        self._publish(replace(problem, retry_at=pd.Timestamp.now("UTC") + pd.Timedelta(seconds=delay)))
        self._backing_off = True
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._retry.wait(), delay)
        finally:
            self._backing_off = False
        if self._current:
            self._publish(problem)
