"""What stands between one tail and the pages and Python code that follow it through one widget.

Everything here happens in the background thread, or with the collection's lock held.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mzwidget import background
from mzwidget.following import Follower
from mzwidget.page import kernel
from mzwidget.page.feed import Feed, Payload
from mzwidget.tail.status import Status
from mzwidget.tail.tail import Tail
from mzwidget.tail.updates import Updates
from mzwidget.together import Group

Note = str | Callable[[], str] | None
"""A label for the header, or whom to ask for it."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What one view has cost and done so far.

    Attributes
    ----------
    updates_per_second : float
        Rows that came or went in the database, over the last ten seconds.
    updates, batches : int
        Consolidated updates, and the batches they came in.
    messages, bytes_sent : int
        Bases and deltas sent to pages, and the size of their data as JSON.
    acks, resyncs, reconnects : int
        Acknowledgements of pages; bases that a page asked for; connections made after the first.
    lag : float or None
        Seconds since the timestamp that `df` shows; None before the first snapshot and for a constant view.
    """

    updates_per_second: float
    updates: int
    batches: int
    messages: int
    bytes_sent: int
    acks: int
    resyncs: int
    reconnects: int
    lag: float | None


class Bridge:
    """Stands between a tail and the pages of one widget, in the background thread."""

    def __init__(self, tail: Tail, note: Note) -> None:
        self.tail = tail
        self.collection = tail.collection
        self.feed = Feed(tail.collection, self)
        self.note = note if isinstance(note, str) else ""
        self._ask_note = note if callable(note) else None
        self._refresh_note()
        self._followers: tuple[Follower, ...] = ()
        self.group: Group | None = None
        self._send: Callable[[str], None] = lambda _: None

    def open(self, send: Callable[[str], None], history: float) -> None:
        """Begin to follow, telling pages through `send` and keeping `history` seconds of the past."""
        self._send = send
        past = self.collection.history
        past.seconds = max(past.seconds, history)
        self.tail.attach(self)

    def hear(self, message: object) -> None:
        """Take what a page says; called in the background thread."""
        if not isinstance(message, Mapping):
            return
        with self.collection.lock:
            self.feed.hear(message)
            match message.get("type"):
                case "pause":
                    self.pause()
                case "resume":
                    self.resume()
                case "seek" if isinstance(at := message.get("time"), int):
                    self.seek(at)
                case "retry":
                    self.tail.retry()
                case "ack":
                    self.on_progress()
                    return
            self.on_progress()
            self.on_status()
        if self.feed.watched:
            self.tail.wake()

    def pause(self) -> None:
        """Stay at the timestamp now shown, with all views that show one moment with this one."""
        leader = self.feed if self.group is None else self.group
        leader.pause()

    def resume(self) -> None:
        """Go to now, and on."""
        leader = self.feed if self.group is None else self.group
        leader.resume()

    def seek(self, time: int) -> None:
        """Pause, and go back to a timestamp."""
        leader = self.feed if self.group is None else self.group
        leader.seek(time)

    @property
    def paused(self) -> bool:
        """Whether the user has paused this view."""
        return self.feed.paused if self.group is None else self.group.paused

    def join(self, group: Group) -> None:
        """Show one moment with other views."""
        with self.collection.lock:
            self.group = group
            self.feed.follow_lead(True)
            self.send("group")
        group.notify()

    def follow(self) -> Follower:
        """Let Python follow, from the present content on."""
        follower = Follower()
        with self.collection.lock:
            if self.collection.epoch:
                follower.begin(self.collection.columns, self.collection.rows, self.collection.time)
            self._followers += (follower,)
        self.tail.wake()
        return follower

    def leave(self, follower: Follower) -> None:
        """Stop one who follows."""
        follower.end()
        with self.collection.lock:
            self._followers = tuple(other for other in self._followers if other is not follower)

    def close(self) -> None:
        """Follow no longer."""
        if self.group is not None:
            self.group.leave(self)
        self.tail.detach(self)
        with self.collection.lock:
            self.feed.close()
        for follower in self._followers:
            self.leave(follower)

    # tail.Listener

    def on_reset(self) -> None:
        self.feed.reset()
        for follower in self._followers:
            follower.begin(self.collection.columns, self.collection.rows, self.collection.time)

    def on_batch(self, updates: Updates) -> None:
        self.feed.add(updates)
        for follower in self._followers:
            follower.add(updates, self.collection.time)

    def on_progress(self) -> None:
        if self.group is not None:
            self.group.notify()

    def on_status(self) -> None:
        if self.feed.watched:
            self.send("status")

    def on_tick(self) -> None:
        changed = self._refresh_note()
        with self.collection.lock:
            self.feed.tick()
            if changed:
                self.send("note")
            if self.feed.visible:
                self.send("status")

    def wanted(self) -> bool:
        return self.feed.watched or bool(self._followers)

    def _refresh_note(self) -> bool:
        if self._ask_note is None:
            return False
        before = self.note
        try:
            self.note = str(self._ask_note() or "")
        except Exception as error:
            self.note = f"note: {type(error).__name__}: {error}"
        return self.note != before

    # feed.Surroundings

    def send(self, trait: str) -> None:
        self._send(trait)

    def later(self, delay: float, function: Callable[[], None]) -> None:
        def locked() -> None:
            with self.collection.lock:
                function()

        background.call(lambda: background.loop().call_later(delay, locked))

    def busy(self) -> bool:
        return kernel.cells.running

    def allowance(self) -> float:
        return kernel.budget.take()

    def stats(self) -> Stats:
        """Return the figures so far."""
        with self.collection.lock:
            feed = self.feed
            at = feed.timestamp()
            return Stats(
                updates_per_second=self.tail.rate.per_second(),
                updates=self.collection.updates,
                batches=self.collection.batches,
                messages=feed.messages,
                bytes_sent=feed.bytes,
                acks=feed.acks,
                resyncs=feed.resyncs,
                reconnects=self.tail.reconnects,
                lag=None if at is None else max(0.0, time.time() - at / 1000),
            )

    # What the page's header tells

    def status(self) -> Status:
        """Return how the view fares: as its tail does, unless it is paused or has data from before."""
        status = self.tail.status
        if status.state == "connecting" and self.collection.epoch:
            return replace(status, state="catching up")
        if status.state == "live" and self.paused:
            return replace(status, state="paused")
        return status

    def report(self) -> Payload:
        """Return the trait `status` as the page gets it."""
        with self.collection.lock:
            feed = self.feed
            status = self.status()
            at = feed.moment()
            past = self.collection.history
            earliest = past.earliest if past.seconds else None
            return {
                "state": status.state,
                "message": status.message,
                "time": at,
                "lag": None if at is None else max(0.0, time.time() - at / 1000),
                "epoch": self.collection.epoch,
                "seq": feed.seq,
                "rows": sum(self.collection.rows.values()),
                "paused": self.paused,
                "waiting": feed.waiting if self.paused else 0,
                "history": None if earliest is None else [earliest, self.collection.time],
                "since": status.since * 1000,
                "retry_at": None if status.retry_at is None else status.retry_at * 1000,
            }
