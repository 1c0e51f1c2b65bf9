"""Following a view from Python: its changes in loops and callbacks, conditions, and the observers of its status."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import functools
import logging
import time
import traceback
from collections.abc import Callable
from typing import Any

import pandas as pd
import traitlets

from mzwidget import background
from mzwidget.changes import Batch, Callback, Changes, Follower
from mzwidget.deadline import Deadline
from mzwidget.errors import LiveViewError, briefly
from mzwidget.liveview.rows import RowsMixin

INTERVAL = 0.05
"""Seconds between two calls of observers at the least."""

log = logging.getLogger("mzwidget")


class EventsMixin(RowsMixin, traitlets.HasTraits):
    """Tells Python what happens to a view."""

    _observed: dict[str, tuple[Announcer, Any]]

    def changes(self) -> Changes:
        """Follow the view from Python: the content as it is, then every change.

        Returns
        -------
        Changes
            For ``for batch in view.changes()`` and ``async for``; each `Batch` holds the consolidated changes since the
            one before. Ends when the view is closed.
        """
        return Changes(self._follow, self._view.leave)

    @briefly
    def on_change(self, callback: Callable[[Batch], object]) -> Callback:
        """Call back with every `Batch` of changes, the first being the content as it is.

        Parameters
        ----------
        callback : callable
            Called in a thread of its own. If it is slow it gets fewer, larger batches. What it raises is printed, the
            first time, and is the `status`'s message until it returns again; it is called again with the next batch,
            unless it was ``SystemExit``.

        Returns
        -------
        Callback
            No call begins after its `close`, or the end of a ``with``.

        Raises
        ------
        TypeError
            The callback is no function.
        """
        if not callable(callback):
            raise TypeError(f"on_change() wants a function of a Batch, not {type(callback).__name__}: {callback!r:.60}")
        return Callback(callback, self._follow, self._view.leave, self._view.complain)

    @briefly
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
        TypeError
            The predicate is no function, or `timeout` no number.
        """
        if not callable(predicate):
            raise TypeError(
                f"when() wants a function of the data frame, not {type(predicate).__name__}: {predicate!r:.60}"
            )
        deadline = Deadline(timeout)
        follower = Follower()
        self._follow(follower)
        try:
            while True:
                left = deadline.left
                ended = follower.ended
                if predicate(frame := self._frame(self._content(left))):
                    return frame
                if ended:
                    raise LiveViewError(f"{self.name}: the view was closed before the condition was met")
                if left == 0:
                    raise TimeoutError(f"{self.name}: the condition was not met within {timeout:g} s")
                follower.skip(left)
        finally:
            self._view.leave(follower)

    @briefly
    def observe(self, handler: Any, names: Any = traitlets.All, type: Any = "change") -> None:  # noqa: A002
        """Call a handler when a trait changes, as every widget does; of those that cannot be set, only with `status`.

        Raises
        ------
        TypeError
            The handler is no function.
        ValueError
            Asked for what only pages are told, such as `base`, or what is no trait, such as `df`: `on_change` tells of
            changes.
        """
        if not callable(handler):
            raise TypeError(f"observe() wants a function of a change, not {builtins.type(handler).__name__}")
        all_ = names is traitlets.All
        named = set() if all_ else {names} if isinstance(names, str) else set(names)
        told = self.traits().keys() - (self.traits(computed=True).keys() - {"status"})
        if refused := named - told:
            raise ValueError(f"{min(refused)!r} cannot be observed; on_change tells of changes")
        super().observe(handler, names, type)
        for name in ("status", "selection"):
            if (all_ or name in named) and name not in self._observed:
                self._observed[name] = Announcer(functools.partial(self._notify, name)), getattr(self, name)

    def _follow(self, follower: Follower) -> None:
        if self._open():
            self._view.follow(follower)
        else:
            follower.end()

    def _announce(self, name: str) -> None:
        if name in self._observed:
            self._observed[name][0].announce()

    def _notify(self, name: str) -> None:
        """Call the observers of `status` or `selection`, if it is another one."""
        announcer, old = self._observed[name]
        new = getattr(self, name)
        if new == old:
            return
        self._observed[name] = announcer, new
        change = traitlets.Bunch(name=name, old=old, new=new, owner=self, type="change")
        # Not the widget's own: that would send the trait, which pages have long been told.
        traitlets.HasTraits.notify_change(self, change)


class Announcer:
    """Calls a function soon after there is news: on the loop on which it was made, which is the kernel's.

    Where there is no loop, it is called aside. However much news there is, one call at most is under way. What it
    raises is told once, and ends no loop.

    Parameters
    ----------
    function : callable
    """

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._scheduled = False
        self._called = 0.0
        self._told = False
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._aside = background.Aside(self._call, "mzwidget observers")

    def announce(self) -> None:
        """Note that there is news; from any thread."""
        if not self._scheduled:
            self._scheduled = True
            background.later(max(0.0, self._called + INTERVAL - time.monotonic()), self._dispatch)

    def _dispatch(self) -> None:
        if self._loop is None:
            self._aside.announce()
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(self._call)

    def _call(self) -> None:
        self._scheduled = False
        self._called = time.monotonic()
        try:
            self._function()
        except (Exception, SystemExit):
            log.exception("an observer raised")
            if not self._told:
                traceback.print_exc()
            self._told = True
