"""A tail: the collection of one query, kept up to date through whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from mzwidget import background
from mzwidget.deadline import Deadline
from mzwidget.tail.attempts import Attempts
from mzwidget.tail.batches import ClosedBatch
from mzwidget.tail.collection import Collection
from mzwidget.tail.connect import Parameters
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


class Tail:
    """Keeps a collection as a query has it, and tells any number of listeners.

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
        self.waiters = Waiters()
        self.rate = Rate()
        self._attempts = Attempts(parameters, query, self._take, self._publish, self._tick)
        self._forget = forget
        self._recovered = recovered
        self.listeners = Listeners()
        self._coming: list[Listener] = []  # who is to join, so that nobody ends what they are promised
        self._last_wanted = 0.0

    # From any thread

    @property
    def running(self) -> bool:
        """Whether there is a task that tails."""
        return self._attempts.running

    @property
    def closed(self) -> bool:
        """Whether the last listener has gone, and none is to come."""
        return self.status.state == "closed" and not self._coming

    @property
    def attempts(self) -> int:
        """Attempts that have ended."""
        return self._attempts.ended

    @property
    def reconnects(self) -> int:
        """Attempts that have failed."""
        return self._attempts.failed

    def attach(self, listener: Listener) -> None:
        """Let a listener follow; it is told of what is there already."""
        with self.collection.lock:
            self._coming.append(listener)
        background.call(self._arrive, listener)

    def detach(self, listener: Listener) -> None:
        """Forget a listener; the last one to go ends the tail."""
        background.call(self.leave, listener)

    def wake(self, *, retry: bool = False) -> None:
        """Make sure the tail runs: somebody looks. With `retry` the next attempt is now; one under way goes on."""
        background.call(self._retry if retry else self._wake)

    def retry(self) -> None:
        """Try again now, rather than at the appointed time or when an attempt that hangs is given up."""
        background.call(self._retry, hanging=True)

    def wait(self, deadline: Deadline, *, fresh: bool = False) -> None:
        """Block until there is a snapshot, as `waiting.wait` does."""
        wait(self, deadline, fresh=fresh)

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
            self._retry()  # a user asks, and shall not wait for what others failed at

    def _arrive(self, listener: Listener) -> None:
        self.join(listener)
        self._coming.remove(listener)

    def leave(self, listener: Listener) -> None:
        """Forget a listener, at once; the last one to go ends the tail."""
        with self.collection.lock:  # lest one come in the midst of it
            self.listeners.remove(listener)
            if not self.listeners and not self._coming:
                self._forget()
                self._stop("closed")
                self.collection.clear()  # whoever still refers to this shall not hold on to it

    def server_is_back(self) -> None:
        """Wait no longer for the next attempt: others reach the server. Once, until a subscription is steady again."""
        self._attempts.server_is_back()

    def _wake(self) -> None:
        self._last_wanted = time.monotonic()
        if self.listeners:
            self._attempts.start()

    def _retry(self, *, hanging: bool = False) -> None:
        self._wake()
        self._attempts.retry_now(hanging=hanging)

    def _stop(self, state: State) -> None:
        self._attempts.stop()
        self._publish(Status(state))

    def _take(self, subscription: Subscription, batch: ClosedBatch) -> None:
        """Go on by a batch, and tell."""
        collection = self.collection
        with collection.lock:
            first = subscription.progressed is None
            collection.definition, collection.ahead = subscription.definition, subscription.ahead
            updates = collection.restart(subscription.columns, batch) if first else collection.apply(batch)
            if updates is None:
                self.listeners.tell(lambda listener: listener.on_reset())
            else:
                if updates:
                    self.listeners.tell(lambda listener: listener.on_batch(updates))
                self.listeners.tell(lambda listener: listener.on_progress())
        if self.status.state != "live":
            self._publish(Status("live"))
            if self._attempts.failing:
                self._recovered()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            self.rate.sample(now, self.collection.updates)
            current = self._attempts.subscription
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
