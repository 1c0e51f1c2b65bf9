"""What a view shows at this moment, while it is open and when it is closed."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from mzwidget.charts import Picture
from mzwidget.deadline import Deadline
from mzwidget.errors import CLOSED, LiveViewError
from mzwidget.page import waiting
from mzwidget.page.report import Diagnostics, Stats, diagnostics, stats, status
from mzwidget.page.view import View
from mzwidget.tail.compressed import CompressedRows
from mzwidget.tail.history import TimedUpdates
from mzwidget.tail.status import Status
from mzwidget.tail.updates import Row, Updates
from mzwidget.tail.values import Column

STALE = ("reconnecting", "stalled", "failed")
"""States in which the rows are those of the past."""
ELSEWHERE = "the view stays in the process that made it; make a new one in this one"


@dataclass(frozen=True, slots=True)
class Closed:
    """What a closed view still knows."""

    content: CompressedRows | None
    status: Status
    params: Any

    @property
    def time(self) -> int | None:
        return None if self.content is None else self.content.time


def moment(time: int | None) -> pd.Timestamp | None:
    """Return milliseconds since 1970 as a moment."""
    return None if time is None else pd.Timestamp(time, unit="ms", tz="UTC")


class Content(NamedTuple):
    """What a view holds at one moment.

    Attributes
    ----------
    columns : tuple of Column
    rows : dict
        How often each row occurs.
    time : int or None
        Milliseconds since 1970; None for a constant view.
    params : dict, list or None
        The values of the query's parameters.
    """

    columns: tuple[Column, ...]
    rows: Updates
    time: int | None
    params: Any


class Core:
    """The rows that a view shows, and how it fares."""

    name: str
    options: dict[str, Any]
    _view: View
    _picture: Picture
    _process: int
    _closed: Closed | None = None

    @property
    def timestamp(self) -> pd.Timestamp | None:
        """The moment whose exact content `df` is, in UTC; None before the first snapshot and for a constant view."""
        self._open()
        with self._view.lock:
            return moment(self._view.playhead.time if self._closed is None else self._closed.time)

    @property
    def stats(self) -> Stats:
        """Figures of the work done so far, such as updates, messages and lag."""
        return stats(self._view)

    def diagnostics(self) -> Diagnostics:
        """Return what goes on inside, for tests and bug reports; what it tells may change with every release."""
        return diagnostics(self._view)

    def _open(self) -> bool:
        """Whether the view is not closed; an error in a process that was forked, where nothing follows it."""
        if self._process != os.getpid():
            raise LiveViewError(f"{self.name}: {ELSEWHERE}")
        return self._closed is None

    def _demand_open(self) -> None:
        if not self._open():
            raise LiveViewError(f"{self.name}: the view {CLOSED}")

    def _content(self, timeout: float | None) -> Content:
        """Return what is shown, once there is anything."""
        if self._open():
            with self._view.awaited():
                waiting.wait(self._view, self.name, Deadline(timeout), fresh=True)
            self._view.leader.catch_up()
        return self._shown()

    def _shown(self) -> Content:
        with self._view.lock:
            if self._closed is None:
                head = self._view.playhead
                params = self._view.questions.shown.params
                return Content(self._view.collection.columns, dict(head.rows()), head.time, params)
            params = self._closed.params
        kept = self._kept()
        return Content(kept.columns, kept.rows(), kept.time, params)

    def _kept(self) -> CompressedRows:
        if self._closed is None or self._closed.content is None:
            raise LiveViewError(f"{self.name}: the view was closed before there was a snapshot")
        return self._closed.content

    def _recent(self, until: int | None) -> tuple[int | None, list[TimedUpdates]]:
        """Return the first moment that is known, and the changes from then on up to another."""
        if self._closed is not None:
            return None, []
        with self._view.lock:
            earliest, changes = self._view.collection.history.earliest, self._view.collection.history.changes
        return earliest, [change for change in changes if until is None or change.time <= until]

    def _trend(self, column: int, time: int | None, rows: Sequence[Row]) -> list[tuple[int, str | None]]:
        """Return since when a column of a single row was what it was, up to a moment that has these rows."""
        if self._closed is not None or time is None or len(rows) != 1:
            return []
        with self._view.lock:
            values = self._view.collection.history.values(column)
        return [*(of for of in values if of[0] < time), (time, rows[0][column])]

    @abstractmethod
    def _title(self) -> str:
        """Return what stands above the picture."""

    def _said(self) -> str:
        """Return why the rows are old, by what they are chosen and where the data come from, if that has to be said."""
        status = self._status()
        stale = f"stale: {status.message or status.state}" if status.state in STALE else ""
        return " · ".join(part for part in (stale, self._view.questions.shown.terms, self._view.note.text) if part)

    def _keep(self) -> bool:
        """Close the view, and keep in little memory what it shows; return False if it is closed already."""
        view = self._view
        with view.lock:
            if self._closed is not None:
                return False
            of = view.collection
            content = CompressedRows(of.columns, view.playhead.rows(), view.playhead.time) if of.epoch else None
            self._closed = Closed(content, Status("closed"), view.questions.shown.params)
            view.close()
            return True

    def _status(self) -> Status:
        if self._process != os.getpid():
            return Status("closed", ELSEWHERE)
        return status(self._view) if self._closed is None else self._closed.status
