"""From the rows of a SUBSCRIBE to batches that are whole.

The stream's grammar is Materialize's: a progress row with the snapshot's timestamp, the snapshot, then updates in order
of time, with progress rows saying that nothing earlier is to come. Rows are consolidated as they arrive and become
visible only when a progress row has closed them. https://materialize.com/docs/sql/subscribe/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg

from mzwidget.tail.checks import Checks
from mzwidget.tail.updates import Row, Updates, consolidate
from mzwidget.tail.values import Column

OWN = ("mz_timestamp", "mz_progressed", "mz_diff")
"""The stream's own columns, before the view's."""

FOREVER = 2**63
"""Timestamps from here on mean 'for ever': the view is constant."""
_LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999; a clock that shows more is wrong."""
_SINGLE = {"1": 1, "-1": -1}


@dataclass(frozen=True, slots=True)
class ClosedBatch:
    """What a progress row has closed.

    Attributes
    ----------
    at : list of (int, dict)
        Timestamps in ms, in order, and the consolidated updates at each.
    time : int or None
        The timestamp that the view reaches with it; None if it is constant.
    """

    at: list[tuple[int, Updates]]
    time: int | None

    def consolidated(self) -> Updates:
        """Return the consolidated updates of all its timestamps."""
        if len(self.at) == 1:
            return self.at[0][1]
        total: Updates = {}
        for _, updates in self.at:
            consolidate(updates.items(), into=total)
        return total


class Batches:
    """Makes batches of a stream of rows; the first is the snapshot.

    The server is not trusted: what cannot be right is refused before anybody sees it.

    Parameters
    ----------
    columns : tuple of Column
        The columns of the stream.

    Attributes
    ----------
    columns : tuple of Column
        The view's own.
    as_of : int or None
        The snapshot's timestamp; None until the stream has told.
    waiting : int
        Rows taken since the last batch.
    """

    def __init__(self, columns: tuple[Column, ...]) -> None:
        if tuple(of.name for of in columns[: len(OWN)]) != OWN:
            names = ", ".join(of.name for of in columns)
            raise psycopg.DataError(f"the server does not answer as SUBSCRIBE does: it sends the columns {names}")
        self.columns = columns[len(OWN) :]
        self._checks = Checks(self.columns)
        self.as_of: int | None = None
        self.waiting = 0
        self._frontier = 0
        self._open: dict[int, Updates] = {}
        self._timestamp: str | None = ""
        self._updates: Updates = {}

    def take(self, records: Sequence[Row]) -> Iterator[ClosedBatch]:
        """Take rows as the server sent them; yield what they close.

        Raises
        ------
        psycopg.DataError
            The server contradicts itself.
        """
        first = len(OWN)
        width = first + len(self.columns)
        for record in records:
            if len(record) != width:
                raise psycopg.DataError(f"the server sent a row of {len(record)} values for {width} columns")
            if record[1] != "f":
                if self._progress(record):
                    yield self._close([time for time in self._open if time < self._frontier], self._frontier - 1)
                continue
            if record[0] != self._timestamp:
                self._turn_to(record[0])
            row = record[first:]
            count = self._updates.get(row, 0) + (_SINGLE.get(record[2] or "") or _diff(record[2]))
            if count:
                self._updates[row] = count
            else:
                self._updates.pop(row, None)
            self.waiting += 1

    def end(self) -> ClosedBatch:
        """Return what nothing has closed yet: the statement is complete, and nothing more will come.

        Raises
        ------
        psycopg.DataError
            The stream has not even begun.
        """
        if self.as_of is None:
            raise psycopg.DataError("the server ended the subscription before it began")
        reached = max(self.as_of, self._frontier - 1, *self._open)
        return self._close(list(self._open), None if self.as_of >= FOREVER else reached)

    def _progress(self, record: Row) -> bool:
        """Note how far the stream has come; return whether that closes a batch."""
        if record[1] != "t":
            raise psycopg.DataError(f"the server sent {_quoted(record[1])} as mz_progressed")
        frontier = _time(record[0])
        if frontier < self._frontier:
            raise psycopg.DataError(f"the server's progress went back from {self._frontier} to {frontier}")
        self._frontier = frontier
        if self.as_of is None:
            self.as_of = frontier
        return frontier > self.as_of

    def _turn_to(self, timestamp: str | None) -> None:
        """Begin, or go on with, the updates at a timestamp."""
        time = _time(timestamp)
        if self.as_of is None:
            raise psycopg.DataError("the server sent a row before any progress")
        if time < self._frontier:
            raise psycopg.DataError(f"the server sent a row at {time} after its progress to {self._frontier}")
        self._timestamp, self._updates = timestamp, self._open.setdefault(time, {})

    def _close(self, times: list[int], time: int | None) -> ClosedBatch:
        at = [(closed, self._open.pop(closed)) for closed in sorted(times)]
        self._timestamp, self.waiting = "", 0
        for _, updates in at:
            self._checks.check(updates)
        return ClosedBatch(at, time)


def _time(text: str | None) -> int:
    time = _integer(text)
    if time is None or not (0 <= time <= _LATEST or FOREVER <= time < 2 * FOREVER):
        raise psycopg.DataError(f"the server sent {_quoted(text)} as a time in milliseconds since 1970")
    return time


def _diff(text: str | None) -> int:
    diff = _integer(text)
    if diff is None or not -FOREVER <= diff < FOREVER:
        raise psycopg.DataError(f"the server sent {_quoted(text)} as a number of copies of a row")
    return diff


def _integer(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _quoted(text: str | None) -> str:
    return "NULL" if text is None else repr(text if len(text) <= 60 else text[:60] + "…")
