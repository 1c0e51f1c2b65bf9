"""What an ingest has done so far: counters that several threads add to, and the snapshot a user sees."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

State = Literal["connecting", "running", "reconnecting", "database away", "failed", "closed"]

_WINDOW = 10.0
_BUCKET = 0.5


@dataclass(frozen=True)
class IngestStats:
    """What an ingest has done so far.

    ``received == inserted + sum(skipped.values()) + pending`` holds in every snapshot.
    """

    received: int
    """Events that arrived, of every kind."""
    inserted: int
    """Rows that the database has committed."""
    skipped: Mapping[str, int]
    """Events that are not in the table, by reason.

    ``log``, ``categorize``, ``external``, and of the second stream ``move``, ``delete``, ``undelete``,
    ``visibility_change``: not edits. ``canary``: Wikimedia's test events. ``redacted``: the user is
    withheld. ``duplicate``: already seen. ``malformed``: not understood. ``refused``: by the database. ``dropped``: the
    database was away for too long, or the ingest was closed.
    """
    pending: int
    """Rows that wait to be inserted."""
    rate: float
    """Events per second over the last ten seconds."""
    lag: float | None
    """Seconds from the newest inserted edit to its commit; None before the first."""
    reconnects: int
    """How often the live stream was connected to again."""
    source: Literal["live", "recorded"]
    state: State
    message: str
    """What is wrong and what to do, or nothing."""


class Tally:
    """Counters behind one lock. Time is monotonic: a clock that jumps changes no rate and no lag."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = 0
        self._inserted = 0
        self._skipped: Counter[str] = Counter()
        self._reconnects = 0
        self._lag: float | None = None
        self._began = time.monotonic()
        self._buckets: deque[tuple[float, int]] = deque()

    def receive(self, skipped: str | None = None) -> None:
        """Count an event that arrived, and the reason if it is skipped."""
        now = time.monotonic()
        with self._lock:
            self._received += 1
            if skipped is not None:
                self._skipped[skipped] += 1
            if self._buckets and now - self._buckets[-1][0] < _BUCKET:
                began, events = self._buckets[-1]
                self._buckets[-1] = (began, events + 1)
            else:
                self._forget(now)
                self._buckets.append((now, 1))

    def insert(self, rows: int, lag: float) -> None:
        """Count rows that were committed; `lag` is that of the newest."""
        with self._lock:
            self._inserted += rows
            self._lag = lag

    def skip(self, reason: str, rows: int) -> None:
        """Count rows that were received and will not be inserted."""
        if rows:
            with self._lock:
                self._skipped[reason] += rows

    def reconnect(self) -> None:
        """Count a new connection to the stream."""
        with self._lock:
            self._reconnects += 1

    def stats(self, source: Literal["live", "recorded"], state: State, message: str) -> IngestStats:
        """Return a consistent snapshot."""
        now = time.monotonic()
        with self._lock:
            self._forget(now)
            seconds = min(_WINDOW, max(1.0, now - self._began))
            skipped = dict(self._skipped)
            return IngestStats(
                received=self._received,
                inserted=self._inserted,
                skipped=MappingProxyType(skipped),
                pending=self._received - self._inserted - sum(skipped.values()),
                rate=sum(events for _, events in self._buckets) / seconds,
                lag=self._lag,
                reconnects=self._reconnects,
                source=source,
                state=state,
                message=message,
            )

    def _forget(self, now: float) -> None:
        while self._buckets and now - self._buckets[0][0] > _WINDOW:
            self._buckets.popleft()
