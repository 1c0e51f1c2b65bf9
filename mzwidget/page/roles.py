"""What a view needs of those who lead it and of those who follow it."""

from __future__ import annotations

from typing import Any, Protocol

from mzwidget.tail.updates import Updates
from mzwidget.tail.values import Column


class Leader(Protocol):
    """Who decides which moment a view shows; called with the view's lock held."""

    id: str
    """Empty for a view that is led by itself."""

    @property
    def paused(self) -> bool:
        """Whether the user has stopped the picture."""

    def pause(self) -> None:
        """Stay at the moment now shown."""

    def resume(self) -> None:
        """Go to now, and on."""

    def seek(self, time: int) -> None:
        """Pause, and go back to a timestamp, as far as that is still known."""

    def tell_when_due(self) -> None:
        """Tell pages what they lack, if now is the time; else make sure that it is done when it is."""

    def catch_up(self) -> object:
        """Show the moment that is due, whatever the pace of pages; called without the lock."""

    def release(self, member: Any) -> None:
        """Lead a view no longer."""


class Follower(Protocol):
    """Who follows the newest content from Python; called with the view's lock held."""

    def begin(self, columns: tuple[Column, ...], rows: Updates, at: int | None) -> None:
        """Start from a whole content."""

    def add(self, updates: Updates, at: int | None) -> None:
        """Follow a batch."""

    def moved(self) -> None:
        """Note that another moment is shown."""

    def end(self) -> None:
        """Note that nothing more will come."""
