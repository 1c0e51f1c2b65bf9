"""A tail: one SUBSCRIBE on a connection of its own, kept as a collection at one timestamp, through whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any, Protocol

import psycopg

from mzwidget import background
from mzwidget.errors import LiveViewError
from mzwidget.tail.batches import FIRST, Fold, Step
from mzwidget.tail.collection import Row, Updates, consolidate, difference
from mzwidget.tail.connect import Parameters
from mzwidget.tail.history import History
from mzwidget.tail.query import Query
from mzwidget.tail.status import State, Status, explain
from mzwidget.tail.stream import Stream
from mzwidget.tail.values import Column

TICK = 1.0
"""Seconds between two looks at how things stand."""
STALL = 5.0
"""Seconds without a progress row after which a view counts as stalled (a healthy server sends one a second)."""
SILENCE = 20.0
"""Seconds without a row after which the connection is given up for dead."""
LINGER = 30.0
"""Seconds a tail goes on when nobody looks at it any more."""
BACKOFF = (0.25, 30.0)
"""First and longest wait in seconds before another try; doubling, give or take a quarter."""

_CONSTANT = 2**63
"""Timestamps from here on mean 'for ever': the view is constant."""

log = logging.getLogger("mzwidget")


class Listener(Protocol):
    """Who follows a subscription. Called in the background thread, with the subscription's lock held."""

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


class Subscription:
    """The collection that one query has right now, for any number of listeners.

    Attributes
    ----------
    lock : threading.RLock
        Held while `rows`, `columns`, `time` and `epoch` change, so that whoever holds it sees them at one timestamp.
    rows : dict
        The multiset of rows.
    columns : tuple of Column
        Empty until the server has described them.
    epoch : str
        Changes whenever `columns` do; empty before the first snapshot.
    time : int or None
        Milliseconds since the epoch: `rows` is the view's exact content at this timestamp. None before the first
        snapshot and for a constant view.
    """

    def __init__(self, parameters: Parameters, query: Query) -> None:
        self.key = _key(parameters, query)
        self.query = query
        self.lock = threading.RLock()
        self.rows: Updates = {}
        self.columns: tuple[Column, ...] = ()
        self.epoch = ""
        self.time: int | None = None
        self.status = Status("connecting", since=time.time())
        self.history = History()
        self.recent: deque[tuple[float, int]] = deque(maxlen=10)
        self.batches = 0
        self.updates = 0
        self.reconnects = 0
        self._parameters = parameters
        self._listeners: tuple[Listener, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._retry: asyncio.Event | None = None
        self._failures = 0
        self._attempts = 0
        self._heard = 0.0
        self._progressed = 0.0
        self._last_wanted = 0.0
        self._changed = threading.Condition()

    # From any thread

    def attach(self, listener: Listener) -> None:
        """Let a listener follow; it is told of what is there already."""

        def join() -> None:
            with self.lock:
                self._listeners += (listener,)
                if self.epoch:
                    listener.on_reset()
                listener.on_status()
            self._wake()

        background.call(join)

    def detach(self, listener: Listener) -> None:
        """Forget a listener; the last one to go ends the tail."""

        def leave() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)
            if not self._listeners:
                with _shared_lock:
                    if _shared.get(self.key) is self:
                        del _shared[self.key]
                self._stop("closed")
                with self.lock:  # whoever still refers to this shall not hold on to its rows
                    self.rows, self.epoch, self.time = {}, "", None
                    self.history.begin(None)

        background.call(leave)

    def wake(self) -> None:
        """Make sure the tail runs: somebody looks."""
        background.call(self._wake)

    def retry(self) -> None:
        """Try again now instead of at the next appointed time."""
        background.call(lambda: self._retry.set() if self._retry else self._wake())

    def wait(self, timeout: float | None, *, fresh: bool = False) -> None:
        """Block until there is a snapshot.

        Parameters
        ----------
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
        deadline = None if timeout is None else time.monotonic() + timeout
        attempts = self._attempts
        if not self.epoch and self.status.state in ("failed", "reconnecting"):
            self.retry()
        self.wake()
        with self._changed:
            while True:
                status = self.status
                caught_up = status.state not in ("idle", "connecting") or not fresh
                if self.epoch and caught_up:
                    return
                refused = status.state in ("failed", "reconnecting") and self._attempts > attempts
                if not self.epoch and (refused or status.state == "closed"):
                    raise LiveViewError(f"{self.query.text}: {status.message or status.state}", status.sqlstate)
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f"{self.query.text}: no snapshot after {timeout:g} s ({status.state})")
                # In steps, so that an interrupt gets through on every platform.
                self._changed.wait(0.1 if left is None else min(left, 0.1))

    # In the background thread

    def _wake(self) -> None:
        self._last_wanted = time.monotonic()
        if self._listeners and (self._task is None or self._task.done()):
            self._set("connecting")
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"mzwidget {self.query.text[:40]}")

    def _stop(self, state: State) -> None:
        task, self._task = self._task, None
        connection, self._connection = self._connection, None
        if connection is not None:
            _hang_up(connection)  # which ends the task; cancelled, psycopg would call the server once more
        elif task is not None:
            task.cancel()
        self._set(state)

    @property
    def _current(self) -> bool:
        """Whether the task that asks is the one that tails, rather than one that was stopped and is about to end."""
        return self._task is asyncio.current_task()

    async def _run(self) -> None:
        """Tail for ever, through whatever happens; cancelled to end."""
        loop = asyncio.get_running_loop()
        retry = self._retry = asyncio.Event()
        ticking = loop.create_task(self._tick())
        try:
            while True:
                retry.clear()
                problem = await self._attempt()
                if not self._current:
                    return
                self._attempts += 1
                if problem is None:
                    self._set("ended")
                    await retry.wait()
                else:
                    first, longest = BACKOFF
                    delay = min(first * 2**self._failures, longest) * random.uniform(0.75, 1.25)
                    self._failures += 1
                    self.reconnects += 1
                    log.info("%s: %s; next try in %.1f s", self.query.text, problem.message, delay)
                    self._publish(replace(problem, since=time.time(), retry_at=time.time() + delay))
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(retry.wait(), delay)
        finally:
            ticking.cancel()
            if self._retry is retry:
                self._retry = None

    async def _attempt(self) -> Status | None:
        """Tail until the stream ends (None) or fails (why)."""
        try:
            await self._tail()
        except psycopg.Error as error:
            return explain(error)
        except (OSError, TimeoutError) as error:
            return Status("reconnecting", str(error) or type(error).__name__)
        except Exception as error:
            log.exception("%s: unexpected", self.query.text)
            return Status("failed", f"{type(error).__name__}: {error}")
        return None

    async def _tail(self) -> None:
        connection = await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True)
        self._heard = self._progressed = time.monotonic()
        self._connection = connection
        try:
            stream = Stream(connection, self.query.statement)
            async with contextlib.aclosing(stream.lots()) as lots:
                await self._follow(stream, lots)
        finally:
            if self._connection is connection:
                self._connection = None
            await connection.close()

    async def _follow(self, stream: Stream, lots: AsyncGenerator[list[Row]]) -> None:
        """Fold the stream; publish what each progress row closes."""
        fold = Fold()
        complete = False

        def publish(steps: list[Step], at: int | None) -> None:
            nonlocal complete
            if complete:
                self._close(steps, at)
            else:
                complete = True
                self._restart(stream.columns[FIRST:], steps, at)

        async for lot in lots:
            for steps, at in fold.take(lot):
                if not self._current:
                    return
                self._progressed = time.monotonic()
                publish(steps, at)
            self._heard = time.monotonic()
        if fold.as_of is not None and self._current:
            # The statement is complete: nothing more will ever come, so what is there is closed.
            publish(fold.rest(), None if fold.as_of >= _CONSTANT else self.time)

    def _restart(self, columns: tuple[Column, ...], steps: list[Step], at: int | None) -> None:
        """Take a complete snapshot: as the net difference where there was one before."""
        snapshot = _together(steps)
        _check(snapshot, {})
        if self.epoch and columns == self.columns:
            self._close([(at or 0, difference(snapshot, self.rows))], at)
        else:
            with self.lock:
                self.rows, self.columns, self.time = snapshot, columns, at
                self.epoch = uuid.uuid4().hex
                self.history.begin(at)
                for listener in self._listeners:
                    listener.on_reset()
        self._failures = 0
        self._set("live")

    def _close(self, steps: list[Step], at: int | None) -> None:
        """Apply one batch, whole."""
        updates = _together(steps)
        _check(updates, self.rows)
        with self.lock:
            for time_of_step, changes in steps:
                if changes:
                    self.history.add(time_of_step, changes, self.time)
            if updates:
                rows = self.rows
                for row, diff in updates.items():
                    count = rows.get(row, 0) + diff
                    if count:
                        rows[row] = count
                    else:
                        del rows[row]
                self.batches += 1
                self.updates += len(updates)
            self.time = at
            if updates:
                for listener in self._listeners:
                    listener.on_batch(updates)
            for listener in self._listeners:
                listener.on_progress()
        if self.status.state == "stalled":
            self._set("live")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            self.recent.append((now, self.updates))
            if self.status.state == "live" and now - self._progressed > STALL:
                self._set("stalled", "the server reports no progress")
            silent = now - self._heard > SILENCE
            if self.status.state in ("live", "stalled") and silent and self._connection is not None:
                _hang_up(self._connection)
            for listener in self._listeners:
                listener.on_tick()
            if any(listener.wanted() for listener in self._listeners):
                self._last_wanted = now
            elif now - self._last_wanted > LINGER:
                self._stop("ended" if self.status.state == "ended" else "idle")
                with self.lock:
                    self.history.begin(self.time)

    def _set(self, state: State, message: str = "") -> None:
        if state != self.status.state:
            self._publish(Status(state, message, since=time.time()))

    def _publish(self, status: Status) -> None:
        with self.lock:
            self.status = status
            for listener in self._listeners:
                listener.on_status()
        with self._changed:
            self._changed.notify_all()


def _hang_up(connection: psycopg.AsyncConnection[Any]) -> None:
    """End a connection at once, whatever it is doing and whether or not the other side still answers."""
    if connection.closed:
        return
    with contextlib.suppress(OSError, psycopg.Error):
        duplicate = socket.fromfd(connection.pgconn.socket, socket.AF_INET, socket.SOCK_STREAM)
        with contextlib.closing(duplicate):
            duplicate.shutdown(socket.SHUT_RDWR)


def _together(steps: list[Step]) -> Updates:
    """Consolidate the updates of several timestamps."""
    if len(steps) == 1:
        return steps[0][1]
    total: Updates = {}
    for _, updates in steps:
        consolidate(updates.items(), into=total)
    return total


def _check(updates: Updates, rows: Updates) -> None:
    """Refuse updates that would leave fewer than zero copies of a row; the next snapshot sets things right."""
    if bad := next((row for row, diff in updates.items() if diff < 0 and rows.get(row, 0) + diff < 0), None):
        raise psycopg.DataError(f"the view holds a negative number of copies of {bad!r}")


_Key = tuple[tuple[str, str], ...]

_shared: dict[_Key, Subscription] = {}
_shared_lock = threading.Lock()


def shared(parameters: Parameters, query: Query) -> Subscription:
    """Return the one subscription of this process on a query of a database."""
    with _shared_lock:
        found = _shared.get(_key(parameters, query))
        if found is None:
            found = Subscription(parameters, query)
            _shared[found.key] = found
        return found


def _key(parameters: Parameters, query: Query) -> _Key:
    named = {**parameters, "statement": query.statement}
    return tuple(sorted((name, str(value)) for name, value in named.items()))
