"""Subscribed queries: evaluate after commits, compare with the result before, hand out the difference.

A `Feed` maintains one query for everybody who subscribed to it. It keeps the newest result (its *state*): a large one
as a DuckDB table, a small one, for which planning statements would take most of the time, in memory. A subscriber keeps
a reference to the state it was told last. So a slow subscriber costs at most one more copy of the result, and gets one
consolidated difference when it is ready again. Work waits for work: a feed evaluates only when somebody waits, and one
evaluation covers all commits up to then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from mzwidget.local.copying import line_encoder
from mzwidget.local.encoding import carrier, fields_encoder
from mzwidget.local.errors import SqlError
from mzwidget.local.store import bind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.dialect import Query
    from mzwidget.local.store import Store
    from mzwidget.local.types import Column

TICK_MS = 1000
"""An idle subscription tells its progress this often."""

SMALL = 500
"""Rows up to which a result is kept in memory."""

_QUIET_MS = 20
_LATE_MS = 100
_IDLE_FACTOR = 1.0

_T = TypeVar("_T")

_log = logging.getLogger("mzwidget.local")


Rows = dict[bytes, tuple[Any, ...]]
"""Rows of carriers by their lines in a COPY; one more value at the end says how often each occurs."""


@dataclass(slots=True, eq=False)
class State:
    """A stored result and the time it belongs to; its table, if it has one, is dropped with its last user."""

    time: int
    users: int = 0
    table: str = ""
    rows: Rows | None = None
    """The content, if it is small."""
    size: int = 0
    """Rows, of a table the distinct ones."""


class Batch:
    """Updates of one timestamp: each row once, with its non-zero diff, in Materialize's useless order."""

    def __init__(self, columns: Sequence[Column], updates: list[tuple[Any, ...]]) -> None:
        self.columns = columns
        encode = line_encoder(columns, "text")
        keyed = [(encode(row[:-1]), row) for row in updates]
        keyed.sort(key=_length_first)
        self.updates = [row for _, row in keyed]
        """Rows of carriers; one more value at the end is the diff."""
        self.lines = [line for line, _ in keyed]
        """The rows' data columns as lines of a COPY in text."""
        self._encoded: dict[tuple[int, ...], list[bytes]] = {}

    def encoded(self, formats: Sequence[int]) -> list[bytes]:
        """Return the rows' data columns as fields of a DataRow, in the order of `updates`."""
        key = tuple(formats)
        found = self._encoded.get(key)
        if found is None:
            encode = fields_encoder(self.columns, key)
            found = self._encoded[key] = [encode(row) for row in self.updates]
        return found


def _length_first(pair: tuple[bytes, Any]) -> tuple[int, bytes]:
    return len(pair[0]), pair[0]


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
        self._values = list(values)
        self._stop = stop
        self._connection = store.connection()
        self._lock = asyncio.Lock()
        self._demand = asyncio.Event()
        self._news = asyncio.Event()
        self._stepped = asyncio.Event()
        self._failure: SqlError | None = None
        self._tables = 0
        self._wakeup: int | None = None
        self._encode = line_encoder(query.columns, "text")
        names = ", ".join(_names(query.columns))
        self._result = f"({query.sql}) AS q({names})"
        self._diffs: dict[tuple[State | None, State], Batch] = {}
        self._garbage: list[str] = []
        self._rest_until = 0.0
        self._commit = max((store.changed.get(name, 0) for name in query.inputs), default=0)
        self._others = False
        self._hurry = False
        self.start = start
        self.frontier = start
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
        if now is None or before is now:
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
        if not state.users and state.table:
            self._garbage.append(state.table)

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
            self._connection.close()

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
            self._others = True
        self._news.set()

    async def _run(self) -> None:
        try:
            await self._evaluate(self.start)
            self._publish(self.start + 1)
            while self._stop is None or self.frontier < self._stop:
                await self._demand.wait()
                due = await self._due()
                if due is None:
                    self._publish(self._now() + 1)
                else:
                    await self._evaluate(due)
                    self._publish(due + 1)
        except SqlError as error:
            if error.sqlstate != "57014":
                error = SqlError(f"Evaluation error: {error.message}", "XX000")
            self._failure = error
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
        deadline = time.monotonic() + TICK_MS / 1000
        while True:
            rest = self._rest_until - time.monotonic()
            if rest > 0:
                await asyncio.sleep(rest)
            self._news.clear()
            now = self._now()
            target = self._next_time(now)
            if target is not None:
                return target
            wait = deadline - time.monotonic()
            if (wait <= 0 or self._hurry or now + 1 == self._stop) and now >= self.frontier:
                self._hurry = False
                return None
            if self._others:
                wait = min(wait, _QUIET_MS / 1000)
                deadline = min(deadline, time.monotonic() + wait)
            if self._stop is not None:
                wait = min(wait, (self._stop - self._store.clock.wall()) / 1000)
            if self._wakeup is not None:
                wait = min(wait, (self._wakeup - self._store.clock.wall()) / 1000)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), max(wait, 0.001))

    def _now(self) -> int:
        now = self._store.clock.read()
        return now if self._stop is None else min(now, self._stop - 1)

    def _next_time(self, now: int) -> int | None:
        commit = self._commit if self.frontier <= self._commit else None
        if commit is not None and commit > now:
            commit = now if now >= self.frontier else None
        wakeup = self._wakeup if self._wakeup is not None and self._wakeup <= now else None
        if wakeup is not None and now - wakeup > _LATE_MS:
            return now
        if wakeup is None or commit is None:
            return wakeup if commit is None else commit
        return min(wakeup, commit)

    async def _evaluate(self, timestamp: int) -> None:
        self._others = False
        began = time.monotonic()
        state = State(timestamp, users=1)
        with self._store.hold(timestamp):
            async with self._lock:
                garbage, self._garbage = self._garbage, []
                old = self.state
                self._wakeup, batch = await self._sql(lambda: self._compute(old, state, garbage))
        self._diffs = {(old, state): batch}
        self.state = state
        if old is not None:
            self.release(old)
        self._rest_until = time.monotonic() + (time.monotonic() - began) * _IDLE_FACTOR

    def _compute(self, old: State | None, state: State, garbage: Sequence[str]) -> tuple[int | None, Batch]:
        connection = self._connection
        for table in garbage:
            connection.execute(f"DROP TABLE {table}")
        connection.execute(f"SET VARIABLE mz_now = {state.time}::UBIGINT")
        small = old is not None and old.size <= SMALL
        if not (small and self._keep_rows(state)):
            self._keep_table(state)
            if small:  # it is so no longer, or only by the number of its distinct rows
                state.size = max(state.size, SMALL + 1)
        times = []
        for wakeup in self._query.wakeups:
            found = connection.execute(wakeup, bind(wakeup, self._values)).fetchone()
            if found and found[0] is not None:
                times.append(int(found[0]))
        return min(times, default=None), self._compare(old, state)

    def _keep_rows(self, state: State) -> bool:
        """Keep the result in memory; returns False if it has become too large for that."""
        found = self._fetch(f"SELECT *, 1::BIGINT AS n FROM {self._result}", limit=SMALL + 1)
        if len(found) > SMALL:
            return False
        state.rows = self._by_line(found)
        state.size = len(found)
        return True

    def _keep_table(self, state: State) -> None:
        self._tables += 1
        state.table = f'temp."s{self._tables}"'
        sql = f"CREATE TEMP TABLE {state.table} AS SELECT *, count(*) AS n FROM {self._result} GROUP BY ALL"
        made = self._connection.execute(sql, bind(sql, self._values)).fetchone()
        state.size = int(made[0]) if made else 0

    # ------------------------------------------------------------------------------------ differences

    async def _difference(self, before: State | None, after: State) -> Batch:
        async with self._lock:
            batch = self._diffs.get((before, after))
            if batch is None:
                batch = await self._sql(lambda: self._compare(before, after))
                if after is self.state:
                    self._diffs[before, after] = batch
        return batch

    def _compare(self, before: State | None, after: State) -> Batch:
        names = ", ".join(_names(self._query.columns))
        if before is None:
            updates = list(self._content(after).values())
        elif before.table and after.table:
            updates = self._fetch(
                f"SELECT {names}, sum(n)::BIGINT AS n FROM (SELECT {names}, n FROM {after.table}"
                f" UNION ALL SELECT {names}, -n FROM {before.table}) GROUP BY ALL HAVING sum(n) <> 0"
            )
        else:
            old, new = self._content(before), self._content(after)
            updates = [(*row[:-1], -row[-1]) for line, row in old.items() if line not in new]
            for line, row in new.items():
                diff = row[-1] - (old[line][-1] if line in old else 0)
                if diff:
                    updates.append((*row[:-1], diff))
        return Batch(self._query.columns, updates)

    def _content(self, state: State) -> Rows:
        if state.rows is not None:
            return state.rows
        names = ", ".join(_names(self._query.columns))
        return self._by_line(self._fetch(f"SELECT {names}, n FROM {state.table}"))

    def _by_line(self, found: list[tuple[Any, ...]]) -> Rows:
        rows: Rows = {}
        for row in found:
            line = self._encode(row[:-1])
            same = rows.get(line)
            rows[line] = row if same is None else (*row[:-1], same[-1] + row[-1])
        return rows

    def _fetch(self, sql: str, limit: int | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query, as carriers and a count."""
        columns = self._query.columns
        carriers = [carrier(name, column.type) for name, column in zip(_names(columns), columns, strict=True)]
        found = self._connection.execute(f"SELECT {', '.join([*carriers, 'n'])} FROM ({sql})", bind(sql, self._values))
        return found.fetchall() if limit is None else found.fetchmany(limit)

    async def _sql(self, work: Callable[[], _T]) -> _T:
        return await self._store.run(self._connection, work)


def _names(columns: Sequence[Column]) -> list[str]:
    return [f"c{index}" for index in range(len(columns))]


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
            key = (query.sql, query.inputs, tuple(column.type for column in query.columns), tuple(values))
            found = self._shared.get(key)
            if found is None or found.failed:
                found = self._shared[key] = Feed(self._store, query, values, self._store.clock.read())
            feed = found
        self._users[feed] += 1
        return feed

    async def leave(self, feed: Feed) -> None:
        """Give a feed back; without users it ends."""
        self._users[feed] -= 1
        if not self._users[feed]:
            del self._users[feed]
            self._shared = {key: other for key, other in self._shared.items() if other is not feed}
            await feed.close()

    def dropped(self, relation: str) -> None:
        """End the subscriptions that read a relation which is no more."""
        for feed in tuple(self._users):
            if relation in feed.inputs:
                feed.fail(
                    SqlError(f'subscribe has been terminated because underlying relation "{relation}" was dropped')
                )
