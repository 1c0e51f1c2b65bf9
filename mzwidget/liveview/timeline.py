"""Which moment a view shows, and waiting for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Self

import pandas as pd

from mzwidget.deadline import Deadline
from mzwidget.errors import CLOSED, LiveViewError, briefly
from mzwidget.liveview.core import Core, moment
from mzwidget.page import waiting

_FAR = 8_640_000_000_000_000  # milliseconds from 1970, to which a browser's clock can tell the time

_GIVE = "give a datetime, text such as '2026-12-31 09:30', or whole milliseconds since 1970"

Moment = pd.Timestamp | datetime | str | int | Decimal
"""A moment (UTC if it names no time zone), or milliseconds since 1970 as ``SELECT mz_now()`` gives them."""


class TimelineMixin(Core):
    """Shows the newest moment of a view, or one of its past."""

    @briefly
    def wait(self, timeout: float | None = None, *, until: Moment | None = None) -> Self:
        """Block until the first snapshot is there, and until it is as new as asked for.

        After `params` or `query` were set, that is the first snapshot of the new question. A snapshot that is there is
        enough, even if the view has failed since, as when its table was dropped: `status` says so, and `df` warns. With
        `until`, that raises.

        Parameters
        ----------
        timeout : float, optional
            Seconds; by default for ever.
        until : datetime, str or int, optional
            The moment that `timestamp` has to reach.

        Returns
        -------
        LiveView
            Itself.

        Raises
        ------
        LiveViewError
            What is waited for will not come: the server refused or cannot be reached, and the message is its own; or
            the view is closed.
        TimeoutError
            Not in time.
        TypeError
            `timeout` is no number.
        ValueError
            `until` is no moment; or the view has no column that an option names.

        Examples
        --------
        To see what one has just written, ask for the time after it:

        >>> database.execute("INSERT INTO sales VALUES ('ann', 5)")
        >>> [(now,)] = database.execute("SELECT mz_now()")
        >>> view.wait(10, until=now).df
        """
        wanted = None if until is None else _milliseconds(until)
        deadline = Deadline(timeout)
        if self._open():
            with self._view.awaited():
                waiting.wait(self._view, self.name, deadline)
                self._picture.encoding(self._view.collection.columns, 0)
                if wanted is not None:
                    self._await(wanted, deadline)
        elif (at := self._kept().time) is not None and wanted is not None and at < wanted:
            raise LiveViewError(f"{self.name}: the view {CLOSED}")
        return self

    def pause(self) -> None:
        """Freeze the picture and `df` at the present timestamp; changes are counted and wait."""
        self._lead(self._view.leader.pause)

    def resume(self) -> None:
        """End a pause: picture and `df` go to now in one step."""
        self._lead(self._view.leader.resume)

    @briefly
    def seek(self, timestamp: Moment) -> None:
        """Pause, and show the view exactly as it was.

        Parameters
        ----------
        timestamp : datetime, str or int
            Taken as UTC if it names no time zone. One that is older than what is kept (see `history`) gives the oldest
            content that is.

        Raises
        ------
        LiveViewError
            The view is closed.
        TypeError, ValueError
            `timestamp` is no moment.
        """
        at = _milliseconds(timestamp)
        self._lead(lambda: self._view.leader.seek(at))

    def _await(self, wanted: int, deadline: Deadline) -> None:
        """Block until the moment `wanted` is shown."""
        view = self._view
        with view.progress:
            while (at := view.playhead.time) is None or at < wanted:
                status = self._status()
                if status.state == "ended":
                    return
                if status.state in ("closed", "failed"):
                    raise LiveViewError(f"{self.name}: {status.message or status.state}", status.sqlstate)
                if deadline.over:
                    raise TimeoutError(
                        f"{self.name}: not yet at {moment(wanted)} after {deadline.timeout:g} s ({status.state})"
                    )
                deadline.await_news(view.progress)

    def _lead(self, act: Callable[[], None]) -> None:
        self._demand_open()
        with self._view.lock:
            act()
            self._view.on_status()


def _milliseconds(moment: Moment) -> int:
    """Read a moment as milliseconds since 1970."""
    if isinstance(moment, str) and moment.isdecimal() and len(moment) > len("20261231"):
        moment = int(moment)
    if isinstance(moment, int | Decimal):
        milliseconds = int(moment)
        if abs(milliseconds) > _FAR:
            raise ValueError("a moment is within 8.64e15 milliseconds of 1970")
        at = pd.Timestamp(milliseconds, unit="ms")
    else:
        if isinstance(moment, float):  # seconds, as time.time() gives them, would be taken for nanoseconds
            raise TypeError(f"{moment!r} is no moment; {_GIVE}")
        try:
            at = pd.Timestamp(moment)
        except (TypeError, ValueError):
            raise ValueError(f"{moment!r} is no moment; {_GIVE}") from None
    if pd.isna(at):
        raise ValueError(f"{moment!r} is no moment; {_GIVE}")
    return int((at.tz_localize("UTC") if at.tzinfo is None else at).timestamp() * 1000)
