"""`LiveView`: a view of a database, live in a notebook."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anywidget
import pandas as pd
import traitlets

from mzwidget import background, charts
from mzwidget.following import Batch, Changes, call_back
from mzwidget.page import kernel
from mzwidget.page.feed import Payload
from mzwidget.page.view import Bridge, Note, Stats
from mzwidget.tail import connect as connecting
from mzwidget.tail.history import SECONDS
from mzwidget.tail.kept import Kept
from mzwidget.tail.query import parse
from mzwidget.tail.shared import shared
from mzwidget.tail.updates import Updates
from mzwidget.tail.values import Column, to_pandas

_STATIC = Path(__file__).parent / "static"
_FIRST_SNAPSHOT = 30.0
_OPTIONS = ("title", "key", "value", "limit", "height", "note", "history", "dsn")


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


class LiveView(anywidget.AnyWidget):
    """A live picture of a view, and its rows.

    Display it in a notebook: it draws the view and follows it, also while a cell runs. In Python, `df` is the view's
    exact content at one timestamp.

    Parameters
    ----------
    query : str
        A view's name (``top10``, ``schema.view``, ``"odd name"``, ``database.schema.view``) or a SELECT.
    title : str, optional
        Shown above the picture; the query by default.
    key : str, optional
        The column that labels a bar; by default the only column that is not a number.
    value : str, optional
        The column that a bar measures; by default the first column of numbers.
    limit : int, optional
        How many rows are drawn at most; all rows are in `df`. 20 bars or 100 lines of a table by default.
    height : int, optional
        Height of the picture in pixels; by default as high as its content.
    history : float, optional
        How many seconds of the past are kept to look back at while paused (at most 16 MB); 300 by default, 0 for none.
    note : str or callable, optional
        A label for the header, such as ``"recorded"``. A callable is asked about once a second.
    dsn : str, optional
        Connection string of the database; by default the one of `connect`, ``MATERIALIZE_URL`` or the embedded engine.

    Raises
    ------
    TypeError
        Unknown keyword, or `query` is not text.
    ValueError
        `query` is empty, or an option is out of its range.

    Examples
    --------
    >>> view = mzwidget.LiveView("top10")
    >>> view.wait(timeout=10).df
    """

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"

    name = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    limit = traitlets.Int(0, min=0).tag(sync=True)
    height = traitlets.Int(0, min=0).tag(sync=True)
    control = traitlets.Unicode().tag(sync=True)
    """Address for pages on the kernel's control channel; empty where there is none, and they use the comm."""
    note = _Computed(lambda view: view._bridge.note)
    group = _Computed(lambda view: "" if view._bridge.group is None else view._bridge.group.id)
    base = _Computed(lambda view: view._base())
    delta = _Computed(lambda view: view._bridge.feed.delta())
    status = _Computed(lambda view: view._bridge.status(), lambda _, view: view._bridge.report())
    """How the view fares, a `Status`: `state`, `message`, `sqlstate`, `since`, `retry_at`."""
    _bridge: Bridge

    def __init__(
        self,
        query: str,
        *,
        title: str | None = None,
        key: str | None = None,
        value: str | None = None,
        limit: int | None = None,
        height: int | None = None,
        note: Note = None,
        history: float = SECONDS,
        dsn: str | None = None,
        **unknown: object,
    ) -> None:
        if unknown:
            raise TypeError(_unknown_keyword(next(iter(unknown))))
        for option, given in {"limit": limit, "height": height}.items():
            if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 1):
                raise ValueError(f"{option} must be a whole number from 1 up, not {given!r}")
        if isinstance(history, bool) or not isinstance(history, int | float) or not history >= 0:
            raise ValueError(f"history must be a number of seconds, 0 to keep none, not {history!r}")
        parsed = parse(query)
        self._bridge = Bridge(shared(connecting.parameters(dsn), parsed), note)
        self._last: Kept | None = None

        def hear(message: object) -> None:
            background.call(self._bridge.hear, message)

        address = kernel.control.listen(hear)
        try:
            super().__init__(
                name=" ".join(parsed.text.split()),
                title=title or "",
                key=key or "",
                value=value or "",
                limit=limit or 0,
                height=height or 0,
                control=address,
            )
        except BaseException:
            kernel.control.forget(address)
            raise
        if hasattr(self.comm, "_reply_subshell_for"):
            # For pages that can only use the comm: ipykernel 7.4 would hand what they say to the shell in which a cell
            # runs, and so hold it up.
            self.comm._reply_subshell_for = None
        kernel.cells.watch()
        self.on_msg(lambda _widget, message, _buffers: hear(message))
        self._bridge.open(self.send_state, history)

    # What users call

    @property
    def df(self) -> pd.DataFrame:
        """The rows as a typed data frame: the view at `timestamp`, ranked as the bars are if it can be drawn as bars.

        Waits up to 30 s for the first snapshot. An integer column is ``Int64`` (exact), see `mzwidget.tail.values` for
        the rest.

        Raises
        ------
        LiveViewError
            The server refused or cannot be reached, and there has never been a snapshot.
        TimeoutError
            There is no snapshot after 30 s.
        """
        if self._last is None:
            self._bridge.tail.wait(_FIRST_SNAPSHOT, fresh=True)
            if self._bridge.group is not None:
                self._bridge.group.settle()
        return self._frame(*self._content())

    def _content(self) -> tuple[tuple[Column, ...], Updates]:
        """Return the columns and rows of one timestamp."""
        if self._last is not None:
            return self._last.columns, self._last.rows()
        with self._bridge.collection.lock:
            return self._bridge.collection.columns, dict(self._bridge.feed.rows())

    def _frame(self, columns: tuple[Column, ...], rows: Updates) -> pd.DataFrame:
        told = [row for row, count in rows.items() for _ in range(count)]
        return to_pandas(columns, self._encoding(columns, len(told)).arrange(columns, told))

    def _encoding(self, columns: tuple[Column, ...], rows: int) -> charts.Encoding:
        options = charts.Options.of(key=self.key or None, value=self.value or None, limit=self.limit or None)
        return charts.resolve(columns, options, rows)

    @property
    def timestamp(self) -> pd.Timestamp | None:
        """The moment whose exact content `df` is, in UTC; None before the first snapshot and for a constant view."""
        if self._last is not None:
            at = self._last.time
        else:
            with self._bridge.collection.lock:
                at = self._bridge.feed.timestamp()
        return None if at is None else pd.Timestamp(at, unit="ms", tz="UTC")

    @property
    def stats(self) -> Stats:
        """Figures of the work done so far: updates, batches, messages, bytes, lag."""
        return self._bridge.stats()

    def wait(self, timeout: float | None = None) -> Self:
        """Block until the first snapshot is there.

        Parameters
        ----------
        timeout : float, optional
            Seconds; by default for ever.

        Returns
        -------
        LiveView
            Itself.

        Raises
        ------
        LiveViewError
            The server refused or cannot be reached; the message is its own.
        TimeoutError
            Not in time.
        """
        if self._last is None:
            self._bridge.tail.wait(timeout)
        return self

    def pause(self) -> None:
        """Freeze the picture and `df` at the present timestamp; changes are counted and wait."""
        with self._bridge.collection.lock:
            self._bridge.pause()
            self._bridge.on_status()

    def resume(self) -> None:
        """End a pause: picture and `df` go to now in one step."""
        with self._bridge.collection.lock:
            self._bridge.resume()
            self._bridge.on_status()

    def seek(self, timestamp: pd.Timestamp | datetime | str) -> None:
        """Pause, and show the view exactly as it was.

        Parameters
        ----------
        timestamp : datetime or str
            Taken as UTC if it names no time zone. One that is older than what is kept (see `history`) gives the oldest
            content that is.
        """
        moment = pd.Timestamp(timestamp)
        moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment
        with self._bridge.collection.lock:
            self._bridge.seek(int(moment.timestamp() * 1000))
            self._bridge.on_status()

    def changes(self) -> Changes:
        """Follow the view from Python: the content as it is, then every change.

        Returns
        -------
        Changes
            For ``for batch in view.changes()`` and ``async for``; each `Batch` holds the consolidated changes since the
            one before. Ends when the view is closed.
        """
        follower = self._bridge.follow()
        return Changes(follower, lambda: self._bridge.leave(follower))

    def on_change(self, callback: Callable[[Batch], object]) -> Callable[[], None]:
        """Call back with every `Batch` of changes, the first being the content as it is.

        Parameters
        ----------
        callback : callable
            Called in a thread of its own. What it raises is logged; if it is slow it gets fewer, larger batches.

        Returns
        -------
        callable
            Call it to stop.
        """
        follower = self._bridge.follow()
        call_back(follower, callback)
        return lambda: self._bridge.leave(follower)

    def when(self, predicate: Callable[[pd.DataFrame], object], timeout: float | None = None) -> pd.DataFrame:
        """Block until the view satisfies a condition.

        Parameters
        ----------
        predicate : callable
            Given `df` after each change; true ends the wait.
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
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        follower = self._bridge.follow()
        try:
            while True:
                if predicate(frame := self.df):
                    return frame
                left = None if deadline is None else deadline - time.monotonic()
                if (left is not None and left <= 0) or (follower.take(left) is None and follower.ended):
                    raise TimeoutError(f"{self.name}: the condition was not met within {timeout} s")
        finally:
            self._bridge.leave(follower)

    def retry(self) -> None:
        """Try to connect again now, rather than at `status.retry_at`."""
        self._bridge.tail.retry()

    def close(self) -> None:
        """End the tail (unless another view shares it) and remove the picture; `df` stays what it was."""
        bridge = getattr(self, "_bridge", None)
        if bridge is not None and self._last is None:
            with bridge.collection.lock:
                if bridge.collection.epoch:
                    self._last = Kept(bridge.collection.columns, bridge.feed.rows(), bridge.feed.timestamp())
            bridge.close()
            kernel.control.forget(self.control)
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<LiveView {self.name!r}: {self.status.state}>"

    def _base(self) -> Payload:
        with self._bridge.collection.lock:
            return self._bridge.feed.base()


def _unknown_keyword(name: str) -> str:
    nearest = difflib.get_close_matches(name, _OPTIONS, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; it takes {', '.join(_OPTIONS)}"
    return f"LiveView() got an unknown keyword {name!r}{hint}"
