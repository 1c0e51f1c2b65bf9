"""What one query holds at one timestamp, and its recent past."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator

import psycopg

from mzwidget.tail.batches import ClosedBatch
from mzwidget.tail.history import History
from mzwidget.tail.updates import Updates, consolidate, difference
from mzwidget.tail.values import Column


class Collection:
    """A multiset of rows at one timestamp.

    Attributes
    ----------
    lock : threading.RLock
        Held while `rows`, `columns`, `time` and `epoch` change, so that whoever holds it sees them at one timestamp.
    rows : dict
        How many copies there are of each row.
    columns : tuple of Column
        Empty before the first snapshot.
    definition : str
        The query of the view, if it is one; empty if that is not known.
    ahead : float
        By how many seconds the clock of the server, which gives timestamps, is ahead of this machine's.
    epoch : str
        Changes whenever `columns` do; empty before the first snapshot.
    time : int or None
        Milliseconds since 1970: `rows` is the query's exact content at this timestamp. None before the first snapshot
        and for a constant view.
    history : History
        What changed lately.
    batches, updates : int
        What has been applied so far; a snapshot counts only by what it changed.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.rows: Updates = {}
        self.columns: tuple[Column, ...] = ()
        self.definition = ""
        self.ahead = 0.0
        self.epoch = ""
        self.time: int | None = None
        self.history = History()
        self.batches = 0
        self.updates = 0

    def restart(self, columns: tuple[Column, ...], snapshot: ClosedBatch) -> Updates | None:
        """Go on from a snapshot; return its net change, or None if it has other columns and so begins a new epoch.

        Raises
        ------
        psycopg.DataError
            As `apply` does.
        """
        rows = snapshot.consolidated()
        _check(rows, {})
        with self.lock:
            if self.epoch and columns == self.columns:
                return self.apply(ClosedBatch([(snapshot.time or 0, difference(rows, self.rows))], snapshot.time))
            self.rows, self.columns, self.time = rows, columns, snapshot.time
            self.epoch = uuid.uuid4().hex
            self.history.begin(self.time)
            return None

    def apply(self, batch: ClosedBatch) -> Updates:
        """Go on by one batch, whole; return its consolidated updates.

        Raises
        ------
        psycopg.DataError
            There would be fewer than zero copies of a row. Nothing has changed.
        """
        updates = batch.consolidated()
        _check(updates, self.rows)
        with self.lock:
            for time, changes in batch.at:
                if changes:
                    self.history.add(time, changes, self.time)
            if updates:
                consolidate(updates.items(), into=self.rows)
                self.batches += 1
                self.updates += len(updates)
            self.time = batch.time
        return updates

    def forget_past(self) -> None:
        """Keep only what holds now."""
        with self.lock:
            self.history.begin(self.time)

    def clear(self) -> None:
        """Let go of everything, as before the first snapshot."""
        with self.lock:
            self.rows, self.epoch, self.time = {}, "", None
            self.history.begin(None)


@contextlib.contextmanager
def locked(*collections: Collection) -> Iterator[None]:
    """Hold the locks of several, always in the same order."""
    locks = {id(of.lock): of.lock for of in collections}
    with contextlib.ExitStack() as stack:
        for _, lock in sorted(locks.items()):
            stack.enter_context(lock)
        yield


def _check(updates: Updates, rows: Updates) -> None:
    """Refuse updates that would leave fewer than zero copies of a row; the next snapshot sets things right."""
    if bad := next((row for row, diff in updates.items() if diff < 0 and rows.get(row, 0) + diff < 0), None):
        raise psycopg.DataError(f"the view holds a negative number of copies of {bad!r}")
