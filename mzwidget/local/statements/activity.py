"""Who is connected, what is subscribed to, and how far behind it was."""

from __future__ import annotations

import contextlib
import itertools
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mzwidget.local.engine.maintenance import Feed
    from mzwidget.local.formats.results import Chunk
Lag = tuple[int, int, int]
Sample = tuple[int, str, Lag]

_MOST_SESSIONS = 1000
"""So many sessions are remembered, those included that have ended."""
_MOST_SAMPLES = 3600
_SAMPLE_EVERY = 900_000
_LATE_SECONDS = 0.5


def moment() -> int:
    """Return the time as microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass(eq=False)
class Visit:
    """A session of a client, while it lasts and after."""

    user: str
    connection: int
    address: str
    application: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    since: int = field(default_factory=moment)


@dataclass(eq=False)
class Watching:
    """A subscription that runs."""

    id: str
    visit: Visit | None
    inputs: frozenset[str]
    since: int = field(default_factory=moment)
    feed: Feed | None = None

    def follow(self, feed: Feed) -> None:
        """Note what feeds it."""
        self.feed = feed


class Activity:
    """Sessions and subscriptions of one engine."""

    def __init__(self) -> None:
        self.visits: dict[int, Visit] = {}
        """Those that last, by the numbers of their sessions."""
        self.past: deque[Visit] = deque(maxlen=_MOST_SESSIONS)
        self.watching: dict[str, Watching] = {}
        self._numbers = itertools.count(1)
        self._lags: deque[Sample] = deque(maxlen=_MOST_SAMPLES)
        self._cpu = time.monotonic(), time.process_time(), 0.0

    def open(self, session: int, visit: Visit) -> None:
        """Note a client's session, by its number."""
        self.visits[session] = visit
        self.past.append(visit)

    def close(self, session: int) -> None:
        """Note that a session has ended."""
        self.visits.pop(session, None)

    def watch(self, session: int, inputs: frozenset[str]) -> Watching:
        """Return what tells of a subscription that is to begin."""
        return Watching(f"t{next(self._numbers)}", self.visits.get(session), inputs)

    async def watched(self, watching: Watching, chunks: AsyncGenerator[Chunk]) -> AsyncGenerator[Chunk]:
        """Yield what a subscription gives, and tell of it until it ends."""
        self.watching[watching.id] = watching
        try:
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    yield chunk
        finally:
            del self.watching[watching.id]

    def sample(self, lags: dict[str, Lag]) -> list[Sample]:
        """Remember the lags of now, once a second at most; return all that are remembered."""
        now = moment()
        if not self._lags or now - self._lags[-1][0] >= _SAMPLE_EVERY:
            self._lags.extend((now, id_, lag) for id_, lag in lags.items())
        return list(self._lags)

    def cpu(self) -> float:
        """Return how many cores the process has used of late."""
        wall, used, before = self._cpu
        now = time.monotonic()
        if now - wall < _LATE_SECONDS:
            return before
        self._cpu = now, time.process_time(), (time.process_time() - used) / (now - wall)
        return self._cpu[2]
