"""Tells pages what is shown of a view, at the pace that they can take."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from mzwidget.page.budget import Bucket
from mzwidget.page.feed import Encode, Feed
from mzwidget.page.pages import Pages
from mzwidget.page.playhead import Playhead
from mzwidget.page.protocol import Base
from mzwidget.tail.collection import Collection
from mzwidget.tail.updates import Updates

Send = Callable[[str, Mapping[str, Any] | None], None]
"""Sends one synced trait, by its name; `base` and `delta` with what they are."""

UNTOLD = 2_000
"""Milliseconds of changes that were not told one by one, from which on pages are told what a number was meanwhile."""
REPEATS = 3
"""Times that pages are told again what is selected."""


class Publisher:
    """What is shown of a collection, which may be exchanged for another one, and what pages know of it.

    Parameters
    ----------
    collection : Collection
    send, encode : callable
    pages : Pages
    kernel : Bucket
        The kernel's budget of messages.

    Attributes
    ----------
    collection : Collection
        The one shown.
    feed : Feed
        What pages have been sent, and still have to be.
    pages : Pages
        Who looks.
    playhead : Playhead
        Which moment of the collection is shown.
    """

    def __init__(self, collection: Collection, send: Send, encode: Encode, pages: Pages, kernel: Bucket) -> None:
        self.collection = collection
        self.feed = Feed(encode)
        self.pages = pages
        self.playhead = Playhead(collection)
        self._send = send
        self._kernel = kernel
        self._repeats = 0

    @property
    def lock(self) -> AbstractContextManager[None]:
        """The lock of the collection shown, to be held while it shall not change."""
        return self._locked()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        while True:
            with (held := self.collection).lock:
                if held is self.collection:
                    yield
                    return

    def advance(self, updates: Updates) -> None:
        """Note a batch that the collection has applied: it is shown, or waits while a moment is held."""
        if self.collection.history.leapt:
            self.feed.turn()
        if self.playhead.held:
            self.playhead.withhold(updates)
        else:
            self.change(updates)

    def change(self, updates: Updates) -> None:
        """Note a change of what is shown."""
        self.feed.add(updates)
        self.pages.changed()

    def wait(self) -> float | None:
        """Return the seconds until pages may be told; None if that depends on a page."""
        wait = self.pages.wait(self.feed.seq, large=self.feed.large, bulk=self.feed.bulk)
        return None if wait is None else max(wait, self._kernel.wait())

    def tell(self, *, always: bool = False) -> None:
        """Bring pages to what is shown, by one delta or a base, if there is anything to be told, or `always`."""
        if not (self.feed.pending or always):
            return
        if self.feed.time is not None and self.collection.history.span(self.feed.time) > UNTOLD:
            self.feed.turn()
        updates = self.feed.step(self.playhead.time)
        if not self.pages:
            return
        delta = self.feed.delta(updates)
        if delta is None:
            self.tell_base()
        else:
            self._hand("delta", delta)

    def tell_base(self) -> None:
        """Bring pages to what is shown by a base, which tells all, so that no delta need precede it."""
        self._hand("base", self._base(sent=True))

    def base(self) -> Base | None:
        """Return the whole state, for whoever restores the widget; None before the first snapshot."""
        with self.lock:
            self.tell()
            return self._base(sent=False)

    def rename(self) -> None:
        """Tell pages another name."""
        with self.lock:
            self._send("name", None)

    def tell_selected(self) -> None:
        """Tell pages what is selected, and again with the next ticks: that it was lost shows nowhere."""
        self._repeats = REPEATS
        if self.pages:
            self._send("selected", None)

    def repeat_selected(self) -> None:
        """Tell it again, if it is news."""
        if self.pages and self._repeats > 0:
            self._repeats -= 1
            self._send("selected", None)

    def _base(self, *, sent: bool) -> Base | None:
        if self.feed.pending:
            self.feed.step(self.playhead.time)
        self.feed.time = self.playhead.time
        return self.feed.base(self.playhead.rows(), self.collection.history, sent=sent)

    def _hand(self, trait: str, payload: Mapping[str, Any] | None) -> None:
        """Hand a base or a delta to the comm, if there is one."""
        if payload is not None:
            self._kernel.take()
            self.pages.told()
            self._send(trait, payload)
