"""Several views that show one and the same timestamp."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator

from mzwidget import background
from mzwidget.page.view import View
from mzwidget.tail.collection import locked

_OUT = ("reconnecting", "failed", "idle", "closed")
"""States of a member that the others do not wait for; its picture says so itself, until it is back."""


class Group:
    """Leads several views: all go to the least of their timestamps, in one step.

    Parameters
    ----------
    members : tuple of View

    Attributes
    ----------
    id : str
    paused : bool
    time : int or None
        The timestamp that all show, in ms; None until each has a snapshot.
    """

    def __init__(self, members: tuple[View, ...]) -> None:
        self.id = uuid.uuid4().hex
        self.paused = False
        self.time: int | None = None
        self._members = members
        self._leaving = threading.Lock()
        self._sought: int | None = None
        self._scheduled = False

    @property
    def members(self) -> set[View]:
        """All views that are led."""
        return set(self._members)

    # page.roles.Leader

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused, self._sought = False, None
        self.tell_when_due()

    def seek(self, time: int) -> None:
        self.paused, self._sought = True, time
        self.tell_when_due()

    def tell_when_due(self) -> None:
        """Take a step soon: a member's timestamp, page or content changed. From any thread."""
        if not self._scheduled:
            self._scheduled = True
            background.call(self._step)

    def release(self, member: View) -> None:
        """Let a member go its own way."""
        with self._leaving:
            self._members = tuple(other for other in self._members if other is not member)
        self.tell_when_due()

    def catch_up(self) -> bool:
        """Go as far as can be now, whatever the pace of pages; return whether all show one moment. From any thread."""
        with self.locked():
            self._go()
            return all(of.playhead.time == self.time for of in self._members if of.playhead.time is not None)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the locks of all members."""
        while True:
            members = self._members
            shown = [member.collection for member in members]
            with locked(*shown):
                if all(of is member.collection for of, member in zip(shown, members, strict=True)):
                    yield
                    return

    def _step(self) -> None:
        self._scheduled = False
        with self.locked():
            waits = [member.wait() for member in self._members if member.pages.visible]
            if any(wait is None for wait in waits):
                return  # an acknowledgement brings us back
            if (wait := max((wait for wait in waits if wait is not None), default=0.0)) > 0:
                self._scheduled = True
                background.later(wait, self._step)
                return
            self._go()
            following = self._following()
            if any(member.feed.pending for member in following):
                for member in following:
                    member.tell(always=True)

    def _following(self) -> list[View]:
        return [member for member in self._members if member.tail.status.state not in _OUT]

    def _go(self) -> None:
        """Go to the next moment there is, if there is one."""
        if self.paused and self._sought is None:
            return
        members = self._following()
        target = self._target(members)
        self._sought = None
        if target is None or (target == self.time and all(of.playhead.time == target for of in members)):
            return
        self.time = target
        for member in members:
            member.show(member.playhead.go(target))

    def _target(self, members: list[View]) -> int | None:
        """Return the timestamp to show next: the least of all, or the one that was sought; None to stay."""
        if not all(member.collection.epoch for member in members):
            return None
        moving = [member.collection for member in members if member.collection.time is not None]
        least = min((of.time for of in moving if of.time is not None), default=None)
        if least is None:
            return None
        target = least if self._sought is None else min(self._sought, least)
        while (known := min(of.history.known(target) for of in moving)) < target:
            target = known
        earliest = max(of.history.earliest or 0 for of in moving)
        return target if target >= earliest else None
