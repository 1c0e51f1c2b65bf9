"""What one widget shows of a tail: to pages at the pace that they can take, to Python as it comes."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from mzwidget import background
from mzwidget.page import budget, protocol
from mzwidget.page.cells import cells
from mzwidget.page.feed import Encode, Feed
from mzwidget.page.note import Given, Note
from mzwidget.page.pages import Page, Pages
from mzwidget.page.playhead import Playhead
from mzwidget.page.protocol import Base
from mzwidget.tail.status import Status
from mzwidget.tail.tail import Tail
from mzwidget.tail.updates import Updates
from mzwidget.tail.values import Column

Send = Callable[[str, Mapping[str, Any] | None], None]
"""Sends one synced trait, by its name; `base` and `delta` with what they are."""
Supply = Callable[[str], None]
"""Sends a script, by its name."""
Later = Callable[[float, Callable[[], None]], object]


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

    def consider(self) -> None:
        """Tell pages what they lack, if now is the time; else make sure that it is done when it is."""

    def settle(self) -> object:
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


class View:
    """One widget's view of a tail, which is its own leader unless it joins others.

    Everything happens in the background thread or with `lock` held, which is the collection's.

    Parameters
    ----------
    tail : Tail
    send, encode : callable
    note : str or callable, optional
    supply, announce : callable, optional
        Sends a script; is called when `status` may be another one.
    clock, later, busy, kernel : optional
        Monotonic seconds; calls a function after some of them; whether a cell runs; the kernel's budget of messages.
    """

    id = ""

    def __init__(
        self,
        tail: Tail,
        send: Send,
        encode: Encode,
        note: Given = None,
        supply: Supply = lambda _: None,
        announce: Callable[[], None] = lambda: None,
        *,
        clock: Callable[[], float] = time.monotonic,
        later: Later = background.later,
        busy: Callable[[], bool] = lambda: cells.running,
        kernel: budget.Bucket | None = None,
    ) -> None:
        self.tail = tail
        self.collection = tail.collection
        self.lock = tail.collection.lock
        self.feed = Feed(encode)
        self.pages = Pages(busy, clock)
        self.playhead = Playhead(self.collection)
        self.leader: Leader = self
        self.note = Note(note)
        self.complaint = ""
        self.progress = threading.Condition(self.lock)
        self.supply = supply
        self._announce = announce
        self._send = send
        self._later = later
        self._kernel = kernel or budget.kernel
        self._followers: tuple[Follower, ...] = ()
        self._waiting = 0
        self._appointed = False

    def open(self, history: float) -> None:
        """Begin to follow, and keep `history` seconds of the past."""
        past = self.collection.history
        past.seconds = max(past.seconds, history)
        self.tail.attach(self)

    # From the tail

    def on_reset(self) -> None:
        self.playhead.begin()
        of = self.collection
        self.feed.begin(of.epoch, of.columns, of.rows, of.time)
        self.pages.begin()
        if self.pages:
            self._send_base()
        for follower in self._followers:
            follower.begin(of.columns, of.rows, of.time)

    def on_batch(self, updates: Updates) -> None:
        self.feed.add(self.playhead.follow(updates))
        for follower in self._followers:
            follower.add(updates, self.collection.time)

    def on_progress(self) -> None:
        self.leader.consider()
        self.progress.notify_all()

    def on_status(self) -> None:
        self._announce()
        if self.pages:
            self._send("status", None)

    def on_tick(self) -> None:
        self.note.refresh(lambda: background.call(self.on_note))
        with self.lock:
            self.pages.expire(self.feed.seq)
            self.leader.consider()
            if self.pages.visible:
                self._send("status", None)

    def on_note(self) -> None:
        with self.lock:
            if self.pages:
                self._send("note", None)

    def wanted(self) -> bool:
        return bool(self.pages or self._followers or self._waiting)

    # From pages

    def hear(self, message: object) -> None:
        """Take what a page says."""
        said = protocol.read(message)
        if said is None:
            return
        with self.lock:
            page = self.pages.hear(said["page"], self.feed.seq)
            if page is None:
                return
            _ANSWERS[said["type"]](self, page, said)
            self.leader.consider()
            if said["type"] != "ack":
                self.on_status()
        if self.pages:
            self.tail.wake()

    def _acknowledged(self, page: Page, ack: protocol.Ack) -> None:
        if ack["epoch"] == self.feed.epoch and ack["seq"] is not None and ack["seq"] <= self.feed.seq:
            self.pages.acknowledge(page, ack["seq"], ack.get("cost", 0))

    def _stands(self, page: Page, standing: protocol.Standing) -> None:
        if standing["type"] == "visible" and standing["displays"] == 0:
            self.pages.dismiss(standing["page"], finally_=False)
            return
        page.visible = standing["visible"]
        has, seq = standing["epoch"] == self.feed.epoch, standing["seq"]
        if standing["type"] == "hello" or (self.feed.epoch and not (has and seq == self.feed.seq)):
            page.acked = self.feed.seq
            self.pages.resyncs += 1
            self._settle()  # a base tells every page all, so no delta need precede it
            self._send_base()
        elif seq is not None and has:
            page.acked = seq

    # A view that is its own leader

    @property
    def paused(self) -> bool:
        return self.playhead.held

    def pause(self) -> None:
        if not self.playhead.held:
            self.tell()
            self.playhead.hold()

    def resume(self) -> None:
        self.show(self.playhead.release())
        self.consider()

    def seek(self, time: int) -> None:
        self.pause()
        if self.collection.time is not None:
            self.show(self.playhead.go(self.collection.history.known(min(time, self.collection.time))))
            self.consider()

    def consider(self) -> None:
        if not self.feed.pending:
            return
        wait = self.wait()
        if wait is None:
            return  # an acknowledgement, or a page that comes to look, brings us back
        if wait <= 0:
            self.tell()
        elif not self._appointed:
            self._appointed = True
            self._later(wait, self._keep_appointment)

    def settle(self) -> None:
        pass  # there is nobody to wait for

    def release(self, member: Any) -> None:
        pass

    def _keep_appointment(self) -> None:
        with self.lock:
            self._appointed = False
            self.leader.consider()

    # To pages

    def wait(self) -> float | None:
        """Return the seconds until pages may be told; None if that depends on a page."""
        wait = self.pages.wait(self.feed.seq, large=self.feed.large, bulk=self.feed.bulk)
        return None if wait is None else max(wait, self._kernel.wait())

    def show(self, updates: Updates) -> None:
        """Note a change of what is shown that is not the database's."""
        self.feed.add(updates)
        for follower in self._followers:
            follower.moved()

    def tell(self, *, always: bool = False) -> None:
        """Bring pages to what is shown, by one delta or a base, if there is anything to be told, or `always`."""
        if not (self.feed.pending or always):
            return
        updates = self.feed.step(self.playhead.time)
        if not self.pages:
            return
        delta = self.feed.delta(updates)
        if delta is None:
            self._send_base()
        else:
            self._kernel.take()
            self.pages.told()
            self._send("delta", delta)

    def _settle(self) -> None:
        """Count as sent what is shown, whether or not pages are told."""
        if self.feed.pending:
            self.feed.step(self.playhead.time)
        self.feed.time = self.playhead.time

    def _send_base(self) -> None:
        self.feed.time = self.playhead.time
        base = self.feed.base(self.playhead.rows(), sent=True)
        if base is not None:
            self._kernel.take()
            self.pages.told()
            self._send("base", base)

    def base(self) -> Base | None:
        """Return the whole state, for whoever restores the widget; None before the first snapshot."""
        with self.lock:
            self.tell()
            self._settle()
            return self.feed.base(self.playhead.rows(), sent=False)

    # From Python

    def rows(self) -> Updates:
        """Return the rows that are shown; not to be changed."""
        return self.playhead.rows()

    def follow(self, follower: Follower) -> None:
        """Let Python follow, from the present content on."""
        with self.lock:
            if self.collection.epoch:
                follower.begin(self.collection.columns, self.collection.rows, self.collection.time)
            self._followers += (follower,)
        self.tail.wake()

    def leave(self, follower: Follower) -> None:
        """Stop one who follows."""
        follower.end()
        with self.lock:
            self._followers = tuple(other for other in self._followers if other is not follower)

    @contextlib.contextmanager
    def awaited(self) -> Iterator[None]:
        """Count as somebody who looks, for as long as it takes."""
        with self.lock:
            self._waiting += 1
        try:
            yield
        finally:
            with self.lock:
                self._waiting -= 1

    def complain(self, problem: str) -> None:
        """Let the status tell what Python raised while it followed; empty when all is well again."""
        if problem != self.complaint:
            with self.lock:
                self.complaint = problem
                self.on_status()

    def join(self, leader: Leader) -> None:
        """Show the moments that somebody else decides on."""
        with self.lock:
            self.playhead.hold()
            self.leader = leader
            self._send("group", None)

    def close(self) -> None:
        """Follow no longer, and let nobody follow."""
        self.leader.release(self)
        self.tail.detach(self)
        with self.lock:
            self.pages.clear()
            self.feed.begin("", (), {}, None)
            self.playhead.release()
            self.progress.notify_all()
        for follower in self._followers:
            self.leave(follower)

    def status(self) -> Status:
        """Return how the view fares: as its tail does, unless it is paused or has data from before."""
        status = self.tail.status
        if status.state == "connecting" and self.collection.epoch:
            status = replace(status, state="catching up")
        elif status.state == "live" and self.leader.paused:
            status = replace(status, state="paused")
        if self.feed.problem and not status.message:
            return replace(status, state="failed", message=self.feed.problem)
        return status if status.message else replace(status, message=self.complaint)


_ANSWERS: dict[str, Callable[[View, Page, Any], None]] = {
    "hello": View._stands,
    "have": View._stands,
    "visible": View._stands,
    "ack": View._acknowledged,
    "bye": lambda view, _, said: view.pages.dismiss(said["page"], finally_=True),
    "pause": lambda view, *_: view.leader.pause(),
    "resume": lambda view, *_: view.leader.resume(),
    "seek": lambda view, _, said: view.leader.seek(said["time"]),
    "retry": lambda view, *_: view.tail.retry(),
    "need": lambda view, _, said: view.supply(said["asset"]),
}
"""What a page says, by its type, and what is done about it."""
