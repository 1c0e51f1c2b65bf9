"""Subscribed queries: evaluate after commits, compare with the result before, hand out the difference.

A `Feed` maintains one query for everybody who subscribed to it. It keeps the newest result (its *state*); a subscriber
keeps a reference to the state it was told last. So a slow subscriber costs at most one more copy of the result, and
gets one consolidated difference when it is ready again. Work waits for work: a feed evaluates only when somebody waits,
and one evaluation covers all commits up to then.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.contents import Contents, State
from mzwidget.local.engine.schedule import QUIET_SECONDS, Evaluate, Progress, Situation, Wait, next_step
from mzwidget.local.errors import SqlError, evaluated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.dialect import Query
    from mzwidget.local.engine.contents import Batch
    from mzwidget.local.engine.store import Store

_CREDIT_SECONDS = 0.05
"""So much sooner than its rest is over a query may be evaluated: one that takes little waits for nothing."""

TICK_MS = 1000
"""An idle subscription tells its progress this often."""

_log = logging.getLogger("mzwidget.local")


class Position:
    """What one subscriber has been told: a state, and the frontier up to which it knows it."""

    __slots__ = ("frontier", "state")

    def __init__(self, state: State, frontier: int) -> None:
        self.state = state
        self.frontier = frontier


class Feed:
    """Maintains one query.

    Parameters
    ----------
    start : int
        The time of the first state.
    stop : int, optional
        Nothing at or after this time is of interest (UP TO).
    private : bool
        Its one subscriber begins at `start`; else subscribers begin when they come.
    """

    _numbers = itertools.count(1)

    def __init__(
        self,
        store: Store,
        query: Query,
        values: Sequence[Any],
        start: int,
        stop: int | None = None,
        *,
        private: bool = False,
    ) -> None:
        self._store = store
        self._private = private
        self._query = query
        self._stop = stop
        self._reader = store.reader()
        self._contents = Contents(self._reader.connection, query, values)
        self._lock = asyncio.Lock()
        self._demand = asyncio.Event()
        self._news = asyncio.Event()
        self._stepped = asyncio.Event()
        self._failure: SqlError | None = None
        self._wakeup: int | None = None
        self._diffs: dict[tuple[State | None, State], Batch] = {}
        self._garbage: list[State] = []
        self._rest_until = 0.0
        self._commit = max((store.changed.get(name, 0) for name in query.inputs), default=0)
        self._others = 0
        self._hurry = False
        self.number = next(self._numbers)
        self.start = start
        self.frontier = start
        self.evaluation_ns = 0
        """The time that all evaluations took."""
        self.state: State | None = None
        self.inputs = query.inputs
        self._unlisten = store.listen(self._committed)
        self._task = asyncio.create_task(self._run())

    # -------------------------------------------------------------------------------- for subscribers

    async def join(self) -> Position:
        """Wait until the feed is complete up to now; return the position there."""
        now = self.start if self._private else max(self.start, self._store.clock.read())
        while self.frontier <= now:
            self._hurry = True
            self._news.set()
            await self._step()
        self._hurry = False
        assert self.state is not None, "the first step has made it"
        self.state.users += 1
        return Position(self.state, self.frontier)

    async def content(self, position: Position) -> Batch:
        """Return the whole result at `position`."""
        return await self._difference(None, position.state)

    async def advance(self, position: Position) -> Batch | None:
        """Wait until more than `position` is known, move it there, return the difference (None if there is none)."""
        while self.frontier <= position.frontier:
            await self._step()
        before, now = position.state, self.state
        assert now is not None, "a position is at a state"
        if before is now:
            position.frontier = self.frontier
            return None
        now.users += 1
        try:
            batch = await self._difference(before, now)
        except BaseException:
            self.release(now)
            raise
        position.state, position.frontier = now, max(now.time + 1, position.frontier)
        self.release(before)
        return batch

    def release(self, state: State) -> None:
        """Say that a subscriber no longer needs `state`."""
        state.users -= 1
        if not state.users:
            self._garbage.append(state)

    @property
    def failed(self) -> bool:
        return self._failure is not None or self._task.done()

    def fail(self, error: SqlError) -> None:
        """End all subscriptions with `error`."""
        if self._failure is None:
            self._failure = error
        self._stepped.set()
        self._task.cancel()

    async def close(self) -> None:
        """Stop and free everything."""
        self._unlisten()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        async with self._lock:
            self._reader.close()

    async def _step(self) -> None:
        if self._failure is not None:
            raise self._failure
        stepped = self._stepped
        self._demand.set()
        await stepped.wait()
        if self._failure is not None:
            raise self._failure

    # --------------------------------------------------------------------------------------- the loop

    def _committed(self, timestamp: int, tables: frozenset[str]) -> None:
        if tables & self._query.inputs:
            self._commit = timestamp
        else:
            self.others_reached(timestamp)
        self._news.set()

    def others_reached(self, timestamp: int) -> None:
        """Let it be told soon that nothing has changed up to a time: others have got so far."""
        self._others = max(self._others, timestamp)
        self._news.set()

    async def _run(self) -> None:
        try:
            await self._evaluate(self.start)
            self._publish(self.start + 1)
            while self._stop is None or self.frontier < self._stop:
                await self._demand.wait()
                due = await self._due()
                if due is None:
                    self._publish(self._unchanged() + 1)
                else:
                    await self._evaluate(due)
                    self._publish(due + 1)
        except SqlError as error:
            self._failure = evaluated(error, constant=False)
            self._stepped.set()
        except Exception as error:
            _log.exception("a subscription failed")
            self._failure = SqlError(f"internal error: {error}")
            self._stepped.set()

    def _publish(self, frontier: int) -> None:
        self.frontier = max(frontier, self.frontier)
        self._demand.clear()
        stepped, self._stepped = self._stepped, asyncio.Event()
        stepped.set()

    async def _due(self) -> int | None:
        """Wait for something to tell: the time at which to evaluate, or None for mere progress."""
        wall = self._store.clock.wall()
        left = TICK_MS - wall % TICK_MS if wall - wall % TICK_MS < self.frontier else 0
        deadline = time.monotonic() + left / 1000
        while True:
            rest = self._rest_until - _CREDIT_SECONDS - time.monotonic()
            if rest > 0:
                await asyncio.sleep(rest)
            self._news.clear()
            match next_step(self._situation(deadline - time.monotonic())):
                case Evaluate(time=moment):
                    return moment
                case Progress():
                    self._hurry = False
                    return None
                case Wait(seconds=seconds):
                    if self._others >= self.frontier:
                        deadline = min(deadline, time.monotonic() + QUIET_SECONDS)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(seconds):
                            await self._news.wait()

    def _situation(self, patience: float) -> Situation:
        clock = self._store.clock
        return Situation(
            now=self._now(),
            wall=clock.wall(),
            frontier=self.frontier,
            commit=self._commit,
            wakeup=self._wakeup,
            stop=self._stop,
            patience=patience,
            hurry=self._hurry,
            others=self._others >= self.frontier,
        )

    def _unchanged(self) -> int:
        """Return up to when nothing has changed; all feeds say the same times, so that their contents are of one."""
        now = self._now()
        told = min(max(self._others, now - now % TICK_MS), now)
        return told if told >= self.frontier else now

    def _now(self) -> int:
        now = self._store.clock.read()
        return now if self._stop is None else min(now, self._stop - 1)

    async def _evaluate(self, timestamp: int) -> None:
        began = time.monotonic()
        state = State(timestamp, users=1)
        with self._store.hold(timestamp):
            async with self._lock:
                garbage, self._garbage = self._garbage, []
                old = self.state

                def evaluate() -> tuple[int | None, Batch]:
                    started = time.perf_counter_ns()
                    while garbage:
                        self._contents.drop(garbage[-1])
                        garbage.pop()
                    found = self._contents.evaluate(state, old), self._contents.compare(old, state)
                    self.evaluation_ns += time.perf_counter_ns() - started
                    return found

                self._wakeup, batch = await self._reader.run(evaluate, repeatable=True)
        self._diffs = {(old, state): batch}
        self.state = state
        if old is not None:
            self.release(old)
        taken = time.monotonic() - began
        self._rest_until = max(self._rest_until, began) + 2 * taken  # a costly query takes half of the time at most

    # ------------------------------------------------------------------------------------ differences

    async def _difference(self, before: State | None, after: State) -> Batch:
        async with self._lock:
            batch = self._diffs.get((before, after))
            if batch is None:
                batch = await self._reader.run(lambda: self._contents.compare(before, after))
                if after is self.state:
                    self._diffs[before, after] = batch
        return batch


class Feeds:
    """All feeds; one for each distinct query whose start and end nobody chose."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shared: dict[object, Feed] = {}
        self._users: Counter[Feed] = Counter()

    def open(self, query: Query, values: Sequence[Any], start: int | None = None, stop: int | None = None) -> Feed:
        """Return a feed to subscribe to; whoever opens one leaves it in the end."""
        if start is not None or stop is not None:
            start = self._store.clock.read() if start is None else start
            feed = Feed(self._store, query, values, start, stop, private=True)
        else:
            key = (query.sql, query.inputs, tuple(column.type for column in query.columns), repr(values))
            found = self._shared.get(key)
            if found is None or found.failed:
                found = self._shared[key] = Feed(self._store, query, values, self._store.clock.read())
            feed = found
        self._users[feed] += 1
        return feed

    def reached(self, timestamp: int) -> None:
        """Let every feed come up to a time."""
        for feed in self._users:
            feed.others_reached(timestamp)

    def all(self) -> list[Feed]:
        """Return the feeds that somebody uses, in the order in which they were opened."""
        return sorted(self._users, key=lambda feed: feed.number)

    async def leave(self, feed: Feed) -> None:
        """Give a feed back; without users it ends."""
        self._users[feed] -= 1
        if not self._users[feed]:
            del self._users[feed]
            self._shared = {key: other for key, other in self._shared.items() if other is not feed}
            await feed.close()

    def dropped(self, id_: str, name: str) -> None:
        """End the subscriptions that read an item which is no more."""
        for feed in tuple(self._users):
            if id_ in feed.inputs:
                feed.fail(SqlError(f'subscribe has been terminated because underlying relation "{name}" was dropped'))
