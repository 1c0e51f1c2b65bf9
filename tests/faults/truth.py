"""The truth about a table: its content at every timestamp, found out with nothing but psycopg."""

from __future__ import annotations

import bisect
import threading
from collections import Counter

import psycopg

Rows = Counter[tuple[str, int]]


class Truth:
    """Follows a table ``(name text, n bigint)`` on a connection of its own."""

    def __init__(self, dsn: str, table: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._statement = f"SUBSCRIBE {table} WITH (PROGRESS)"
        self._times: list[int] = []
        self._contents: list[Rows] = []
        self._ready = threading.Event()
        self._closing = False
        self.frontier = 0
        self.problem: psycopg.Error | None = None
        self._thread = threading.Thread(target=self._run, name="truth", daemon=True)
        self._thread.start()
        assert self._ready.wait(60), f"no snapshot: {self.problem}"

    def _run(self) -> None:
        content: Rows = Counter()
        changed = True
        last = 0
        try:
            for stamp, progressed, diff, *row in self._connection.cursor().stream(self._statement):
                if int(stamp) != last and last:
                    self._note(last, content, changed)
                    changed = False
                last = int(stamp)
                if progressed:
                    self.frontier = last
                    if len(self._times):
                        self._ready.set()
                else:
                    content[row[0], row[1]] += diff
                    changed = True
        except psycopg.Error as error:
            if not self._closing:
                self.problem = error

    def _note(self, time: int, content: Rows, changed: bool) -> None:
        if changed:
            self._contents.append(+content)
            self._times.append(time)

    def at(self, time: int) -> Rows | None:
        """Return the content at a timestamp that is closed; None for one before the first."""
        assert time < self.frontier
        place = bisect.bisect_right(self._times, time)
        return self._contents[place - 1] if place else None

    def close(self) -> None:
        self._closing = True
        self._connection.cancel_safe()
        self._thread.join(30)
        self._connection.close()
