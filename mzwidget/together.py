"""Several views that always show one and the same timestamp, so that parts add up to their total on the screen."""

from __future__ import annotations

import contextlib
import time
import uuid
from typing import TYPE_CHECKING

import ipywidgets
import pandas as pd

from mzwidget import background

if TYPE_CHECKING:
    from mzwidget.liveview import LiveView
    from mzwidget.page.view import Bridge


_OUT = ("reconnecting", "failed", "idle", "closed")
"""States of a member that the others do not wait for; its picture says so itself, until it is back."""


class Group:
    """Leads the feeds of several views: all go to the least of their timestamps, in one step."""

    def __init__(self, members: tuple[Bridge, ...]) -> None:
        self.id = uuid.uuid4().hex
        self.paused = False
        self.time: int | None = None
        self._members = members
        self._aim: int | None = None
        self._scheduled = False

    def notify(self) -> None:
        """Consider a step soon: a member's timestamp, page or content changed. From any thread."""
        if not self._scheduled:
            self._scheduled = True
            background.call(self._step)

    def leave(self, member: Bridge) -> None:
        """Let a member go its own way."""
        self._members = tuple(other for other in self._members if other is not member)
        self.notify()

    def pause(self) -> None:
        """Stay where all are."""
        self.paused = True

    def resume(self) -> None:
        """Go to now."""
        self.paused, self._aim = False, None
        self.notify()

    def seek(self, time: int) -> None:
        """Pause, and go back to a timestamp."""
        self.paused, self._aim = True, time
        self.notify()

    def settle(self) -> bool:
        """Take a step now, whatever the pace; returns whether all members show one moment. From any thread."""
        with self.locked():
            self._go()
            return all(member.feed.time == self.time for member in self._members if member.feed.time is not None)

    def locked(self) -> contextlib.ExitStack:
        """Hold the locks of all members, always in the same order."""
        stack = contextlib.ExitStack()
        for lock in sorted({id(member.collection.lock): member.collection.lock for member in self._members}.items()):
            stack.enter_context(lock[1])
        return stack

    def _step(self) -> None:
        self._scheduled = False
        with self.locked():
            waits = [member.feed.due() for member in self._members if member.feed.visible]
            if any(wait is None for wait in waits):
                return  # an acknowledgement brings us back
            if (wait := max((wait for wait in waits if wait is not None), default=0.0)) > 0:
                self._scheduled = True
                background.call(lambda: background.loop().call_later(wait, self._step))
                return
            self._go()

    def _go(self) -> None:
        if self.paused and self._aim is None:
            return
        members = [member for member in self._members if member.tail.status.state not in _OUT]
        target = self._target(members)
        self._aim = None
        if target is None or (target == self.time and all(member.feed.time == target for member in members)):
            return
        self.time = target
        changed = [member for member in members if member.feed.lead(target)]
        for member in members:
            member.feed.tell(bool(changed))

    def _target(self, members: list[Bridge]) -> int | None:
        """Return the timestamp to show next: the least of all, or the one that was sought; None to stay."""
        sources = [member.collection for member in members]
        if not all(source.epoch for source in sources):
            return None
        least = min((source.time for source in sources if source.time is not None), default=None)
        if least is None:
            return None
        target = least if self._aim is None else min(self._aim, least)
        while (known := min(source.history.known(target) for source in sources if source.time is not None)) < target:
            target = known
        earliest = max((source.history.earliest or 0) for source in sources if source.time is not None)
        return target if target >= earliest else None


class Together(ipywidgets.VBox):  # type: ignore[misc]
    """Views that show one moment; displays them one below the other.

    Attributes
    ----------
    views : tuple of LiveView
    """

    def __init__(self, *views: LiveView) -> None:
        self.views = views
        self._group = Group(tuple(view._bridge for view in views))
        for view in views:
            view._bridge.join(self._group)
        super().__init__(children=views)

    @property
    def timestamp(self) -> pd.Timestamp | None:
        """The one moment (UTC) that all views show; None until each has a snapshot."""
        return None if self._group.time is None else pd.Timestamp(self._group.time, unit="ms", tz="UTC")

    @property
    def dfs(self) -> list[pd.DataFrame]:
        """The views' contents, in their order, all at `timestamp`.

        Raises
        ------
        TimeoutError
            For 30 s there was no moment at which the contents of all views are known.
        """
        deadline = time.monotonic() + 30
        for view in self.views:
            view.wait(30)
        while not self._group.settle():
            if time.monotonic() > deadline:
                raise TimeoutError("together(): no moment at which the contents of all views are known, after 30 s")
            time.sleep(0.01)
        with self._group.locked():
            contents = [view._content() for view in self.views]
        return [view._frame(*content) for view, content in zip(self.views, contents, strict=True)]


def together(*views: LiveView) -> Together:
    """Make views show one moment: parts always add up to their total, on the screen and in `df`.

    Parameters
    ----------
    *views : LiveView
        At least two, each of which is in no other such group. Pausing one pauses all.

    Returns
    -------
    Together
        Shows all views, one below the other; they may as well be displayed each in its place.

    Raises
    ------
    TypeError
        Something else than a LiveView is among them.
    ValueError
        Fewer than two views, or one that is closed, given twice or already together with others.
    """
    from mzwidget.liveview import LiveView  # noqa: PLC0415 - it uses this module

    for view in views:
        if not isinstance(view, LiveView):
            raise TypeError(f"together() takes LiveViews, not {type(view).__name__}")
        if view.comm is None:
            raise ValueError(f"together(): {view.name!r} is closed")
        if view._bridge.group is not None:
            raise ValueError(f"together(): {view.name!r} is already together with other views")
    if len(views) < 2:
        raise ValueError(f"together() takes at least two LiveViews, not {len(views)}")
    if len(set(map(id, views))) < len(views):
        raise ValueError("together(): a view is given twice")
    return Together(*views)
