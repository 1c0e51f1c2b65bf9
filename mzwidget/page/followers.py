"""Who follows a view from Python."""

from __future__ import annotations

from mzwidget.page.roles import Follower
from mzwidget.tail.collection import Collection
from mzwidget.tail.updates import Updates


class Followers:
    """Any number of them, and what they raise; called, and changed, with the view's lock held."""

    def __init__(self) -> None:
        self._all: tuple[Follower, ...] = ()
        self._complaints: dict[object, str] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def join(self, follower: Follower, of: Collection) -> None:
        """Let one follow, from a collection's present content on."""
        if of.epoch:
            follower.begin(of.columns, of.rows, of.time)
        self._all += (follower,)

    def leave(self, follower: Follower) -> None:
        self._all = tuple(other for other in self._all if other is not follower)

    def complain(self, of: object, problem: str) -> bool:
        """Note what one of them has raised, or, empty, that all is well again; return whether that is news."""
        if problem == self._complaints.get(of, ""):
            return False
        others = {other: said for other, said in self._complaints.items() if other is not of}
        self._complaints = {**others, of: problem} if problem else others
        return True

    @property
    def complaint(self) -> str:
        """What was raised last; empty while all is well. From any thread."""
        return next(reversed(self._complaints.values()), "")

    def clear(self) -> tuple[Follower, ...]:
        """Let nobody follow; return who did."""
        all_, self._all = self._all, ()
        return all_

    def begin(self, of: Collection) -> None:
        """Let all start from a collection's content."""
        for follower in self._all:
            follower.begin(of.columns, of.rows, of.time)

    def add(self, updates: Updates, at: int | None) -> None:
        for follower in self._all:
            follower.add(updates, at)

    def moved(self) -> None:
        for follower in self._all:
            follower.moved()
