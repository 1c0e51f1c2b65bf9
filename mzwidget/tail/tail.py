"""A tail: the collection of one query, kept up to date through whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from mzwidget import background
from mzwidget.backoff import Backoff
from mzwidget.tail.batches import Batch
from mzwidget.tail.collection import Collection
from mzwidget.tail.connect import Parameters
from mzwidget.tail.hints import Hints
from mzwidget.tail.listeners import Listener, Listeners
from mzwidget.tail.query import Query
from mzwidget.tail.rate import Rate
from mzwidget.tail.status import State, Status
from mzwidget.tail.subscription import Subscription
from mzwidget.tail.waiting import Waiters, wait

TICK = 1.0
"""Seconds between two looks at how things stand."""
LINGER = 30.0
"""Seconds a tail goes on when nobody looks at it any more."""
BACKOFF = (0.25, 30.0)
"""First and longest wait in seconds before another try."""
STEADY = 5.0
"""Seconds that a subscription must have been live for its end to count as the first failure again."""

log = logging.getLogger("mzwidget")


class Tail:
    """Connects, subscribes, backs off and begins again; tells any number of listeners.

    Parameters
    ----------
    parameters, query
        What to watch, and where.
    forget : callable
        Called in the background thread when the last listener has gone.
    recovered : callable, optional
        Called there when the server answers again.

    Attributes
    ----------
    collection : Collection
        What the query holds. Changes in the background thread, with its lock held.
    status : Status
    attempts, reconnects : int
        Attempts that have ended, and those of them that failed.
    listeners : Listeners
    waiters : Waiters
    rate : Rate
        Of updates.
    """

    def __init__(
        self,
        parameters: Parameters,
        query: Query,
        forget: Callable[[], None],
        recovered: Callable[[], None] = lambda: None,
    ) -> None:
        self.query = query
        self.collection = Collection()
        self.status = Status("connecting")
        self.attempts = self.reconnects = 0
        self.waiters = Waiters()
        self.rate = Rate()
        self._parameters = parameters
        self._forget = forget
        self._recovered = recovered
        self._hints = Hints(parameters, query)
        self.listeners = Listeners()
        self._backoff = Backoff(*BACKOFF)
        self._hastened = False
        self._task: asyncio.Task[None] | None = None
        self._retry = asyncio.Event()
        self._subscription: Subscription | None = None
        self._last_wanted = 0.0

    # From any thread

    @property
    def running(self) -> bool:
        """Whether there is a task that tails."""
        return self._task is not None

    def attach(self, listener: Listener) -> None:
        """Let a listener follow; it is told of what is there already."""
        background.call(self.join, listener)

    def detach(self, listener: Listener) -> None:
        """Forget a listener; the last one to go ends the tail."""

        def leave() -> None:
            self.listeners.remove(listener)
            if not self.listeners:
                self._forget()
                self._stop("closed")
                self.collection.clear()  # whoever still refers to this shall not hold on to it

        background.call(leave)

    def wake(self, *, hurry: bool = False) -> None:
        """Make sure the tail runs: somebody looks. In a `hurry` the next attempt is now; one under way goes on."""
        background.call(self._hurry if hurry else self._wake)

    def retry(self) -> None:
        """Try again now, rather than at the appointed time or when an attempt that hangs is given up."""
        background.call(self._hurry, hanging=True)

    def wait(self, timeout: float | None, *, fresh: bool = False) -> None:
        """Block until there is a snapshot, as `waiting.wait` does."""
        wait(self, timeout, fresh=fresh)

    # In the background thread

    def join(self, listener: Listener) -> None:
        """Let a listener follow, at once."""
        with self.collection.lock:
            newcomer = self.listeners.add(listener)
            if self.collection.epoch:
                newcomer.tell(lambda listener: listener.on_reset())
            newcomer.tell(lambda listener: listener.on_status())
        if self.status.state == "ended":
            self._wake()
        else:
            self._hurry()  # a user asks, and shall not wait for what others failed at

    def hasten(self) -> None:
        """Try again now, if that is only a matter of time; once, until a subscription is steady again."""
        if self.status.retry_at is not None and not self._hastened:
            self._hastened = True
            self._retry.set()

    def _wake(self) -> None:
        self._last_wanted = time.monotonic()
        if self.listeners and (self._task is None or self._task.done()):
            self._publish(Status("connecting"))
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"mzwidget {self.query.text[:40]}")

    def _hurry(self, *, hanging: bool = False) -> None:
        self._wake()
        if self._subscription is None:
            self._retry.set()
        elif hanging and self._subscription.hangs(time.monotonic()):
            self._retry.set()
            self._subscription.hang_up("asked to try again")

    def _stop(self, state: State) -> None:
        task, self._task = self._task, None
        if self._subscription is not None:
            self._subscription.hang_up("stopped")  # which ends the task
        elif task is not None:
            task.cancel()
        self._publish(Status(state))

    @property
    def _current(self) -> bool:
        """Whether the task that asks still tails, rather than having been stopped."""
        return self._task is asyncio.current_task()

    async def _run(self) -> None:
        """Tail for ever, through whatever happens; stopped from outside."""
        ticking = asyncio.get_running_loop().create_task(self._tick())
        try:
            while self._current:
                self._retry.clear()
                problem = await self._attempt()
                if not self._current:
                    return
                self.attempts += 1
                if problem is None:
                    self._publish(Status("ended"))
                    await self._retry.wait()
                else:
                    await self._back_off(problem)
        finally:
            ticking.cancel()

    async def _attempt(self) -> Status | None:
        """Tail until the stream ends (None) or fails (why)."""
        patience = 2.0 ** min(self._backoff.failures, 8)
        subscription = self._subscription = Subscription(
            self._parameters, self.query.statement, patience, self.query.relation
        )
        try:
            async with contextlib.aclosing(subscription.batches()) as batches:
                async for batch in batches:
                    if not self._current:
                        break
                    self._take(subscription, batch)
        except Exception as error:
            return await self._hints.explain(error)
        finally:
            if self._subscription is subscription:
                self._subscription = None
            if subscription.lived(time.monotonic()) > STEADY:
                self._backoff.reset()
                self._hastened = False
        return None

    async def _back_off(self, problem: Status) -> None:
        """Wait for the time of the next attempt, or until somebody asks for it."""
        delay = self._backoff.next()
        self.reconnects += 1
        log.info("%s: %s; next try in %.1f s", self.query.text, problem.message, delay)
        self._publish(replace(problem, retry_at=pd.Timestamp.now("UTC") + pd.Timedelta(seconds=delay)))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._retry.wait(), delay)
        if self._current:
            self._publish(problem)

    def _take(self, subscription: Subscription, batch: Batch) -> None:
        """Go on by a batch, and tell."""
        collection = self.collection
        with collection.lock:
            first = subscription.progressed is None
            collection.definition = subscription.definition
            updates = collection.restart(subscription.columns, batch) if first else collection.apply(batch)
            if updates is None:
                self.listeners.tell(lambda listener: listener.on_reset())
            else:
                if updates:
                    self.listeners.tell(lambda listener: listener.on_batch(updates))
                self.listeners.tell(lambda listener: listener.on_progress())
        if self.status.state != "live":
            self._publish(Status("live"))
            if self._backoff.failures:
                self._recovered()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            self.rate.sample(now, self.collection.updates)
            current = self._subscription
            news = None if current is None else current.watch(now)
            if current and news and (current.answered or self.status.state == "connecting"):
                self._publish(news)
            self.listeners.tell(lambda listener: listener.on_tick())
            if self.waiters or self.listeners.wanted():
                self._last_wanted = now
            elif now - self._last_wanted > LINGER:
                self._stop("ended" if self.status.state == "ended" else "idle")
                self.collection.forget_past()

    def _publish(self, status: Status) -> None:
        if self.status.state == status.state:
            status = replace(status, since=self.status.since)
        if status != self.status:
            with self.collection.lock:
                self.status = status
                self.listeners.tell(lambda listener: listener.on_status())
        self.waiters.notify()
