"""`LiveView`: a view of a database, live in a notebook.

The class is long for its documentation: every option and trait is explained where users look for it.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import anywidget
import traitlets
from psycopg.conninfo import make_conninfo

from mzwidget import background, charts
from mzwidget.closing import Closing
from mzwidget.errors import CLOSED, LiveViewError, briefly
from mzwidget.liveview.events import EventsMixin
from mzwidget.liveview.query import BoundQuery, QueryMixin
from mzwidget.liveview.selecting import SelectionMixin
from mzwidget.liveview.timeline import TimelineMixin
from mzwidget.page import assets, conversation
from mzwidget.page.cells import cells
from mzwidget.page.control import control
from mzwidget.page.note import NoteSource
from mzwidget.page.report import report
from mzwidget.page.view import View, Widget
from mzwidget.params import Params
from mzwidget.suggestions import HintsMixin, names_looks, unknown_keyword
from mzwidget.tail import connect as connecting
from mzwidget.tail.history import SECONDS
from mzwidget.tail.status import shorten

_STATIC = assets.folder()
_Value = TypeVar("_Value")
_LOADING = 3.0  # seconds within which a page loads a widget, or gives it up


def _bundled(name: str) -> Path | str:
    """Return a file as anywidget wants it: it keeps each widget made of a path for ever, lest the file change."""
    path = _STATIC / name
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text("utf-8")


class _Computed(traitlets.TraitType[_Value, Any]):
    """A synced trait that is computed when it is read or sent, and never assigned.

    Assigning loses updates while another thread holds the widget's sync, and equal values vanish.
    """

    def __init__(
        self, compute: Callable[[LiveView], _Value], to_json: Callable[[Any, LiveView], Any] | None = None
    ) -> None:
        super().__init__(read_only=True)
        self._compute = compute
        self.tag(sync=True, computed=True)
        if to_json is not None:
            self.tag(to_json=to_json)

    def get(self, obj: Any, cls: Any = None) -> _Value:  # noqa: ARG002
        return self._compute(obj)

    def set(self, obj: Any, value: Any) -> None:
        """Take nothing from a page, which may say again what it was told (marimo's does)."""

    def __set__(self, obj: Any, value: Any) -> None:
        raise traitlets.TraitError(f"{self.name} cannot be set")


class LiveView(QueryMixin, TimelineMixin, EventsMixin, SelectionMixin, HintsMixin, anywidget.AnyWidget, Closing):
    """A live picture of a view, and its rows.

    Display it in a notebook: it draws the view and follows it, also while a cell runs. In Python, `df` is the view's
    exact content at one timestamp.

    Parameters
    ----------
    query : str
        A view's name (``top10``, ``schema.view``, ``"odd name"``, ``database.schema.view``) or a SELECT.
    params : dict or list, optional
        Values for ``%(name)s`` or ``%s`` in the query, quoted by their type; a list is an array, as in
        ``wiki = ANY(%(wikis)s)``; with `params`, a percent sign is written ``%%``. A value may be a widget or any other
        object whose `value` can be observed: it is followed. ``view.params["name"] = …`` asks anew.
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
        How many bars (500 at most), lines (200 at most) or rows of a table are drawn; all rows are in `df`. By default
        20 bars or lines, and all rows of a table.
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
        Unknown keyword, or `query` is not text, or a parameter has no form in SQL.
    ValueError
        `query` is empty, a placeholder has no value, or an option is out of its range. A column that the view does not
        have can only be told when its columns are known: then `wait` and `df` raise it, and the picture says it.

    Examples
    --------
    >>> view = mzwidget.LiveView("top10")
    >>> view.wait(timeout=10).df
    """

    _esm, _css = map(_bundled, ("widget.js", "widget.css"))

    name = _Computed(lambda live: shorten(" ".join(live.query.split())))
    """The view's name or the query, on one line; cannot be set."""
    options = traitlets.Dict().tag(sync=True)
    """What the page needs of what was chosen: `title` (str), `limit` (rows) and `height` (pixels), where they were."""
    control = traitlets.Unicode().tag(sync=True)
    """Address for pages on the kernel's control channel; empty where there is none, and they use the comm."""
    note = _Computed(lambda live: live._view.note.text)
    """The label in the header, a str."""
    group = _Computed(lambda live: live._view.leader.id)
    """Names the views that show one moment with this one; empty if there are none."""
    base: _Computed[Mapping[str, Any]] = _Computed(lambda live: live._sending.get("base") or live._view.base() or {})
    """The whole view as a page gets it, a `page.protocol.Base`; empty before the first snapshot."""
    delta: _Computed[Mapping[str, Any]] = _Computed(lambda live: live._sending.get("delta") or {})
    """The change that is being sent, a `page.protocol.Delta`; else empty, so that nobody is told old news."""
    selected = _Computed(lambda live: live._selected_cells())
    """What is selected as pages have it, a `page.protocol.Selection`; `selection` is the same for Python."""
    status = _Computed(lambda live: live._status(), lambda _, live: live._report())
    """How the view fares, a `Status` with `state`, `message`, `sqlstate`, `since`, `retry_at` and `excerpt`.

    Its observers are called on the kernel's loop, at most 20 times a second.
    """
    _loaded = False

    @briefly
    def __init__(
        self,
        query: str | BoundQuery,
        params: Params | None = None,
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
        note: NoteSource = None,
        history: float = SECONDS,
        dsn: str | None = None,
        cluster: str | None = None,
        isolation: connecting.Isolation | None = None,
        **unknown: object,
    ) -> None:
        if unknown:
            raise TypeError(unknown_keyword(LiveView, next(iter(unknown))))
        if height is not None and (isinstance(height, bool) or not isinstance(height, int) or height < 1):
            raise ValueError(f"height must be a whole number from 1 up, not {height!r}")
        if isinstance(history, bool) or not isinstance(history, int | float) or not history >= 0:
            raise ValueError(f"history must be a number of seconds, 0 to keep none, not {history!r}")
        if note is not None and not isinstance(note, str) and not callable(note):
            raise TypeError(f"note must be text, or a function that returns it, not {note!r:.60}")
        self._bound = query if isinstance(query, BoundQuery) else BoundQuery(query, params)
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
        self._picture = charts.Picture(asked, "")
        self._parameters = connecting.parameters(dsn, cluster, isolation)
        self._another: Callable[..., LiveView] = lambda **options: LiveView(
            self._bound, dsn=make_conninfo(**self._parameters), note=note, history=history, **options
        )
        self._sending: dict[str, Any] = {}
        self._observed, self._live, self._chosen = {}, {}, self._selection()
        self._aside = background.Aside(self._tell_observers, "mzwidget selection")
        self._process = os.getpid()
        self._made = time.monotonic()
        self._asked_of = self.query
        question = self._question()
        question.shown()
        self._view = View(
            question.open(),
            Widget(
                send=self._tell,
                encode=self._picture.to_json,
                supply=self._supply,
                announce=lambda: self._announce("status"),
                select=self._hear_selected,
            ),
            question,
            note,
        )

        def hear(message: object) -> None:
            self._loaded = True
            background.call(conversation.hear, self._view, message)

        address = control.listen(hear)
        try:
            super().__init__(
                options={name: of for name, of in {"title": title, "limit": limit, "height": height}.items() if of},
                control=address,
                # Pages find their own model by it.
                model_id=address or None,
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
        open_views.add(self)
        self._view.open(history)
        self._bound.join(self._ask_anew)

    @names_looks(__init__)
    def show(self, chart: Any = None, **options: Any) -> LiveView:
        """Make another picture of the same view; both are fed by one subscription, and ask with the same `params`.

        Parameters
        ----------
        chart : altair.Chart or dict, optional
        title, kind, x, y, color, key, value, limit, format, timezone, height : optional
            As for `LiveView`.

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
            raise LiveViewError(f"{self.name}: the view {CLOSED}")
        return self._another(chart=chart, **options)

    def retry(self) -> None:
        """Try to connect again now, rather than at `status.retry_at`."""
        self._demand_open()
        self._view.questions.tail.retry()

    def close(self) -> None:
        """End the tail (unless another view shares it) and remove the picture; `df` stays what it was."""
        view = getattr(self, "_view", None)
        if view is not None and self._process == os.getpid():
            if not self._keep():
                return
            self._bound.leave(self._ask_anew)
            control.forget(self.control)
            self._announce("status")
            self._let_load()
            open_views.discard(self)
        super().close()

    def __repr__(self) -> str:
        return f"<LiveView {self.name!r}: {self.status.state}>"

    def _let_load(self) -> None:
        """Let pages load what is to be closed: anywidget says on the page that a model failed if it goes meanwhile."""
        comm = self.comm
        if comm is not None and not self._loaded and time.monotonic() - self._made < _LOADING:
            close = comm.close
            comm.close = lambda *_, **__: background.later(_LOADING, close)

    def _title(self) -> str:
        return str(self.options.get("title") or self.name)

    def _tell(self, trait: str, payload: Mapping[str, Any] | None) -> None:
        """Send one trait to all pages; called with the view's lock held."""
        self._sending[trait] = payload
        try:
            self.send_state(trait)
        finally:
            del self._sending[trait]

    def _supply(self, name: str) -> None:
        script = assets.read(name)
        if script is not None:
            self.send({"type": "asset", "name": name}, buffers=[script])

    def _report(self) -> Mapping[str, Any]:
        told = report(self._view)
        return told if self._closed is None else {**told, "state": "closed"}


open_views: weakref.WeakSet[LiveView] = weakref.WeakSet()
"""Those that are not closed."""
