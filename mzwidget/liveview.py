"""`LiveView`: a view of a database, live in a notebook."""

from __future__ import annotations

import difflib
import inspect
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anywidget
import pandas as pd
import traitlets
from psycopg.conninfo import make_conninfo

from mzwidget import background, charts
from mzwidget.contents import Contents
from mzwidget.errors import LiveViewError
from mzwidget.following import Announcer, Batch, Changes, Follower, call_back
from mzwidget.page import assets
from mzwidget.page.cells import cells
from mzwidget.page.control import control
from mzwidget.page.note import Given
from mzwidget.page.protocol import shorten
from mzwidget.page.report import Diagnostics, Stats, diagnostics, report, stats
from mzwidget.page.view import View
from mzwidget.tail import connect as connecting
from mzwidget.tail.history import SECONDS
from mzwidget.tail.kept import Kept
from mzwidget.tail.query import parse
from mzwidget.tail.shared import shared
from mzwidget.tail.status import Status
from mzwidget.tail.updates import Updates
from mzwidget.tail.values import Column
from mzwidget.uncopied import Uncopied

_STATIC = Path(__file__).parent / "static"
_LOADING = 3.0  # seconds within which a page loads a widget, or gives it up
_FAR = 8_640_000_000_000_000  # milliseconds from 1970, to which a browser's clock can tell the time

Moment = pd.Timestamp | datetime | str | int | Decimal
"""A moment (UTC if it names no time zone), or milliseconds since 1970 as ``SELECT mz_now()`` gives them."""


class _Computed(traitlets.TraitType[Any, Any]):
    """A synced trait that is computed when it is read or sent, and never assigned.

    Assigning loses updates while another thread holds the widget's sync, and equal values vanish.
    """

    def __init__(
        self, compute: Callable[[LiveView], Any], to_json: Callable[[Any, LiveView], Any] | None = None
    ) -> None:
        super().__init__(read_only=True)
        self._compute = compute
        self.tag(sync=True)
        if to_json is not None:
            self.tag(to_json=to_json)

    def get(self, obj: Any, cls: Any = None) -> Any:  # noqa: ARG002
        return self._compute(obj)


class LiveView(Contents, Uncopied, anywidget.AnyWidget):
    """A live picture of a view, and its rows.

    Display it in a notebook: it draws the view and follows it, also while a cell runs. In Python, `df` is the view's
    exact content at one timestamp.

    Parameters
    ----------
    query : str
        A view's name (``top10``, ``schema.view``, ``"odd name"``, ``database.schema.view``) or a SELECT.
    title : str, optional
        Shown above the picture; the query by default.
    kind : {"bars", "line", "number", "table"}, optional
        The picture. By default what the columns suggest: one number is a large figure; a label and a number are ranked
        bars, several numbers grouped bars, two labels and a number stacked bars; a time and numbers are lines, one for
        each value of a label; everything else is a table.
    x, y, color : str, optional
        Columns: of times (or numbers) and of numbers for lines, either way round for bars; `color` gives each of its
        values a line, or parts the bars. `y` may be a list.
    key : str, optional
        The column that labels a bar, or tells lines apart.
    value : str or list of str, optional
        The columns of numbers that are drawn.
    chart : altair.Chart or dict, optional
        An Altair chart without data, or a Vega-Lite specification, that draws the rows. Fields need no types.
    limit : int, optional
        How many bars, lines or rows of a table are drawn at most; all rows are in `df`. 20 bars or lines and 100 rows
        by default.
    format : dict, optional
        Columns of numbers and how they are written, in d3-format: ``{"revenue": "€,.2f", "share": ".1%"}``.
    timezone : str, optional
        Zone in which times are shown, such as ``"Europe/Berlin"``; by default the reader's.
    height : int, optional
        Height of the picture in pixels; by default as high as its content.
    history : float, optional
        How many seconds of the past are kept to look back at while paused (at most 16 MB); 300 by default, 0 for none.
    note : str or callable, optional
        A label for the header, such as ``"recorded"``. A callable is asked about once a second.
    dsn : str, optional
        Connection string of the database; by default the one of `connect`, ``MATERIALIZE_URL`` or the embedded engine.
    cluster, isolation : str, optional
        As for `connect`.

    Raises
    ------
    TypeError
        Unknown keyword, or `query` is not text.
    ValueError
        `query` is empty, or an option is out of its range. A column that the view does not have can only be told when
        its columns are known: then `wait` and `df` raise it, and the picture says it.

    Examples
    --------
    >>> view = mzwidget.LiveView("top10")
    >>> view.wait(timeout=10).df
    """

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"

    name = traitlets.Unicode().tag(sync=True)
    """The view's name or the query, on one line."""
    options = traitlets.Dict().tag(sync=True)
    """What the page needs of what was chosen: `title` (str), `limit` (rows) and `height` (pixels), where they were."""
    control = traitlets.Unicode().tag(sync=True)
    """Address for pages on the kernel's control channel; empty where there is none, and they use the comm."""
    note = _Computed(lambda live: live._view.note.text)
    """The label in the header, a str."""
    group = _Computed(lambda live: live._view.leader.id)
    """Names the views that show one moment with this one; empty if there are none."""
    base = _Computed(lambda live: live._told.get("base") or live._view.base() or {})
    """The whole view as a page gets it, a `page.protocol.Base`; empty before the first snapshot."""
    delta = _Computed(lambda live: live._told.get("delta") or {})
    """The change that is being sent, a `page.protocol.Delta`; else empty, so that nobody is told old news."""
    status = _Computed(lambda live: live._status(), lambda _, live: live._report())
    """How the view fares, a `Status`: `state`, `message`, `sqlstate`, `since`, `retry_at`.

    Its observers are called on the kernel's loop, at most 20 times a second.
    """
    _view: View
    _closed: _Closed | None = None
    _observed: tuple[Announcer, Status] | None = None
    _loaded = False

    def __init__(
        self,
        query: str,
        *,
        title: str | None = None,
        kind: str | None = None,
        x: str | None = None,
        y: str | Sequence[str] | None = None,
        color: str | None = None,
        key: str | None = None,
        value: str | Sequence[str] | None = None,
        chart: Any = None,
        limit: int | None = None,
        format: Mapping[str, str] | None = None,  # noqa: A002 - the word users know
        timezone: str | None = None,
        height: int | None = None,
        note: Given = None,
        history: float = SECONDS,
        dsn: str | None = None,
        cluster: str | None = None,
        isolation: connecting.Isolation | None = None,
        **unknown: object,
    ) -> None:
        if unknown:
            raise TypeError(_unknown_keyword(next(iter(unknown))))
        if height is not None and (isinstance(height, bool) or not isinstance(height, int) or height < 1):
            raise ValueError(f"height must be a whole number from 1 up, not {height!r}")
        if isinstance(history, bool) or not isinstance(history, int | float) or not history >= 0:
            raise ValueError(f"history must be a number of seconds, 0 to keep none, not {history!r}")
        parsed = parse(query)
        asked = charts.Options.of(
            kind=kind,
            x=x,
            y=y,
            color=color,
            key=key,
            value=value,
            limit=limit,
            format=format,
            timezone=timezone,
            chart=chart,
        )
        self._picture = charts.Picture(asked, parsed.text)
        parameters = connecting.parameters(dsn, cluster, isolation)
        self._another: Callable[..., LiveView] = lambda **options: LiveView(
            query, dsn=make_conninfo(**parameters), note=note, history=history, **options
        )
        self._told: dict[str, Any] = {}
        self._process = os.getpid()
        self._made = time.monotonic()
        self._view = View(
            shared(parameters, parsed),
            self._tell,
            self._picture.to_json,
            note,
            self._supply,
            self._announce,
        )

        def hear(message: object) -> None:
            self._loaded = True
            background.call(self._view.hear, message)

        address = control.listen(hear)
        try:
            super().__init__(
                name=shorten(" ".join(parsed.text.split())),
                options={name: of for name, of in {"title": title, "limit": limit, "height": height}.items() if of},
                control=address,
            )
        except BaseException:
            control.forget(address)
            raise
        if hasattr(self.comm, "_reply_subshell_for"):
            # For pages that can only use the comm: ipykernel 7.4 would hand what they say to the shell in which a cell
            # runs, and so hold it up.
            self.comm._reply_subshell_for = None
        cells.watch()
        self.on_msg(lambda _widget, message, _buffers: hear(message))
        self._view.open(history)

    # What it shows

    @property
    def timestamp(self) -> pd.Timestamp | None:
        """The moment whose exact content `df` is, in UTC; None before the first snapshot and for a constant view."""
        self._open()
        with self._view.lock:
            at = self._view.playhead.time if self._closed is None else self._closed.time
        return None if at is None else pd.Timestamp(at, unit="ms", tz="UTC")

    @property
    def stats(self) -> Stats:
        """Figures of the work done so far: updates, batches, messages, bytes, lag."""
        return stats(self._view)

    def diagnostics(self) -> Diagnostics:
        """Return what goes on inside, for tests and bug reports; what it tells may change with every release."""
        return diagnostics(self._view)

    def wait(self, timeout: float | None = None, *, until: Moment | None = None) -> Self:
        """Block until the first snapshot is there, and until it is as new as asked for.

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
            The server refused or cannot be reached, and the message is its own; or the view is closed.
        TimeoutError
            Not in time.

        Examples
        --------
        To see what one has just written, ask for the time after it:

        >>> database.execute("INSERT INTO sales VALUES ('ann', 5)")
        >>> [(now,)] = database.execute("SELECT mz_now()")
        >>> view.wait(10, until=now).df
        """
        wanted = None if until is None else _milliseconds(until)
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._open():
            with self._view.awaited():
                self._view.tail.wait(timeout)
                self._picture.encoding(self._view.collection.columns, 0)
                if wanted is not None:
                    self._await(wanted, timeout, deadline)
        elif (at := self._kept().time) is not None and wanted is not None and at < wanted:
            raise LiveViewError(f"{self.name}: the view is closed")
        return self

    def show(self, chart: Any = None, **options: Any) -> LiveView:
        """Make another picture of the same view; both are fed by one subscription.

        Parameters
        ----------
        chart : altair.Chart or dict, optional
        **options
            Those of `LiveView` that say how it looks: `title`, `kind`, `x`, `y`, `height` and so on.

        Returns
        -------
        LiveView
            A view of its own, to be displayed, paused and closed by itself.

        Raises
        ------
        LiveViewError
            This view is closed.

        Examples
        --------
        >>> view.show(alt.Chart().mark_arc().encode(theta="edits", color="editor"))
        """
        if self._closed is not None:
            raise LiveViewError(f"{self.name}: the view is closed")
        return self._another(chart=chart, **options)

    # Which moment it shows

    def pause(self) -> None:
        """Freeze the picture and `df` at the present timestamp; changes are counted and wait."""
        self._lead(self._view.leader.pause)

    def resume(self) -> None:
        """End a pause: picture and `df` go to now in one step."""
        self._lead(self._view.leader.resume)

    def seek(self, timestamp: Moment) -> None:
        """Pause, and show the view exactly as it was.

        Parameters
        ----------
        timestamp : datetime, str or int
            Taken as UTC if it names no time zone. One that is older than what is kept (see `history`) gives the oldest
            content that is.
        """
        at = _milliseconds(timestamp)
        self._lead(lambda: self._view.leader.seek(at))

    # Following it

    def changes(self) -> Changes:
        """Follow the view from Python: the content as it is, then every change.

        Returns
        -------
        Changes
            For ``for batch in view.changes()`` and ``async for``; each `Batch` holds the consolidated changes since the
            one before. Ends when the view is closed.
        """
        return Changes(self._follow, self._view.leave)

    def on_change(self, callback: Callable[[Batch], object]) -> Callable[[], None]:
        """Call back with every `Batch` of changes, the first being the content as it is.

        Parameters
        ----------
        callback : callable
            Called in a thread of its own. If it is slow it gets fewer, larger batches. What it raises is printed, the
            first time, and is the `status`'s message until it returns again; it is called again with the next batch,
            unless it was ``SystemExit``.

        Returns
        -------
        callable
            Call it to stop.
        """
        follower = Follower()
        self._follow(follower)

        def run() -> None:
            call_back(follower, callback, self._view.complain)
            self._view.leave(follower)

        threading.Thread(target=run, name="mzwidget callback", daemon=True).start()
        return lambda: self._view.leave(follower)

    def when(self, predicate: Callable[[pd.DataFrame], object], timeout: float | None = None) -> pd.DataFrame:
        """Block until the view satisfies a condition.

        Parameters
        ----------
        predicate : callable
            Given `df` after each change, and whenever it shows another moment; true ends the wait.
        timeout : float, optional
            Seconds; by default for ever.

        Returns
        -------
        pandas.DataFrame
            The first content seen that satisfies it.

        Raises
        ------
        TimeoutError
            Not in time.
        LiveViewError
            There is no content to be had, or the view was closed before the condition was met.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        follower = Follower()
        self._follow(follower)
        try:
            while True:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                ended = follower.ended
                if predicate(frame := self._frame(*self._content(left))):
                    return frame
                if ended:
                    raise LiveViewError(f"{self.name}: the view was closed before the condition was met")
                if left == 0:
                    raise TimeoutError(f"{self.name}: the condition was not met within {timeout:g} s")
                follower.skip(left)
        finally:
            self._view.leave(follower)

    def observe(self, handler: Any, names: Any = traitlets.All, type: Any = "change") -> None:  # noqa: A002
        """Call a handler when a trait changes, as every widget does; `base` and `delta` are for pages only.

        Raises
        ------
        ValueError
            Asked for `base` or `delta`: `on_change` tells of changes.
        """
        named = {names} if isinstance(names, str) else set() if names is traitlets.All else set(names)
        if refused := named & {"base", "delta"}:
            raise ValueError(f"{min(refused)!r} cannot be observed; on_change tells of changes")
        super().observe(handler, names, type)
        if self._observed is None and (names is traitlets.All or "status" in named):
            self._observed = Announcer(self._notify), self.status

    # Its end

    def retry(self) -> None:
        """Try to connect again now, rather than at `status.retry_at`."""
        if self._open():
            self._view.tail.retry()

    def close(self) -> None:
        """End the tail (unless another view shares it) and remove the picture; `df` stays what it was."""
        view = getattr(self, "_view", None)
        if view is not None and self._closed is None and self._process == os.getpid():
            with view.lock:
                of = view.collection
                content = Kept(of.columns, view.playhead.rows(), view.playhead.time) if of.epoch else None
                self._closed = _Closed(content, Status("closed"))
                view.close()
            control.forget(self.control)
            self._announce()
            self._let_load()
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<LiveView {self.name!r}: {self.status.state}>"

    # How

    def _open(self) -> bool:
        """Whether the view is not closed; an error in a process that was forked, where nothing follows it."""
        if self._process != os.getpid():
            raise LiveViewError(f"{self.name}: the view stays in the process that made it; make a new one in this one")
        return self._closed is None

    def _let_load(self) -> None:
        """Let pages load what is to be closed: anywidget says on the page that a model failed if it goes meanwhile."""
        comm = self.comm
        if comm is not None and not self._loaded and time.monotonic() - self._made < _LOADING:
            close = comm.close
            comm.close = lambda *_, **__: background.later(_LOADING, close)

    def _content(self, timeout: float | None) -> tuple[tuple[Column, ...], Updates]:
        """Return the columns and rows that are shown, once there are any."""
        if self._open():
            with self._view.awaited():
                self._view.tail.wait(timeout, fresh=True)
            self._view.leader.settle()
        return self._shown()

    def _shown(self) -> tuple[tuple[Column, ...], Updates]:
        with self._view.lock:
            if self._closed is None:
                return self._view.collection.columns, dict(self._view.playhead.rows())
        kept = self._kept()
        return kept.columns, kept.rows()

    def _kept(self) -> Kept:
        if self._closed is None or self._closed.content is None:
            raise LiveViewError(f"{self.name}: the view was closed before there was a snapshot")
        return self._closed.content

    def _past(self, column: int) -> list[tuple[int, str | None]]:
        if self._closed is not None:
            return []
        with self._view.lock:
            until, changes = self._view.playhead.time, self._view.collection.history.changes
        return [
            (change.time, row[column])
            for change in changes
            for row, diff in change.updates.items()
            if diff > 0 and (until is None or change.time <= until)
        ]

    def _title(self) -> str:
        return str(self.options.get("title") or self.name)

    def _said(self) -> str:
        return str(self.note)

    def _await(self, wanted: int, timeout: float | None, deadline: float | None) -> None:
        """Block until the moment `wanted` is shown."""
        view = self._view
        with view.progress:
            while (at := view.playhead.time) is None or at < wanted:
                status = self._status()
                if status.state == "ended":
                    return
                if status.state in ("closed", "failed"):
                    raise LiveViewError(f"{self.name}: {status.message or status.state}", status.sqlstate)
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    then = pd.Timestamp(wanted, unit="ms", tz="UTC")
                    raise TimeoutError(f"{self.name}: not yet at {then} after {timeout:g} s ({status.state})")
                # In steps, so that an interrupt gets through on every platform.
                view.progress.wait(0.1 if left is None else min(left, 0.1))

    def _follow(self, follower: Follower) -> None:
        if self._open():
            self._view.follow(follower)
        else:
            follower.end()

    def _lead(self, act: Callable[[], None]) -> None:
        if self._open():
            with self._view.lock:
                act()
                self._view.on_status()

    def _tell(self, trait: str, payload: Mapping[str, Any] | None) -> None:
        """Send one trait to all pages; called with the view's lock held."""
        self._told[trait] = payload
        try:
            self.send_state(trait)
        finally:
            del self._told[trait]

    def _supply(self, name: str) -> None:
        script = assets.read(name)
        if script is not None:
            self.send({"type": "asset", "name": name}, buffers=[script])

    def _status(self) -> Status:
        return self._view.status() if self._closed is None else self._closed.status

    def _report(self) -> Mapping[str, Any]:
        told = report(self._view)
        return told if self._closed is None else {**told, "state": "closed"}

    def _announce(self) -> None:
        if self._observed is not None:
            self._observed[0].announce()

    def _notify(self) -> None:
        """Call the observers of `status`, if it is another one."""
        assert self._observed is not None
        announcer, old = self._observed
        new = self.status
        if new == old:
            return
        self._observed = announcer, new
        change = traitlets.Bunch(name="status", old=old, new=new, owner=self, type="change")
        # Not the widget's own: that would send the trait, which pages have long been told.
        traitlets.HasTraits.notify_change(self, change)


@dataclass(frozen=True, slots=True)
class _Closed:
    """What a closed view still knows."""

    content: Kept | None
    status: Status

    @property
    def time(self) -> int | None:
        return None if self.content is None else self.content.time


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
        at = pd.Timestamp(moment)
    if pd.isna(at):
        raise ValueError(f"{moment!r} is no moment")
    return int((at.tz_localize("UTC") if at.tzinfo is None else at).timestamp() * 1000)


def _unknown_keyword(name: str) -> str:
    taken = inspect.signature(LiveView.__init__).parameters.values()
    keywords = [parameter.name for parameter in taken if parameter.kind is parameter.KEYWORD_ONLY]
    nearest = difflib.get_close_matches(name, keywords, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; it takes {', '.join(keywords)}"
    return f"LiveView() got an unknown keyword {name!r}{hint}"
