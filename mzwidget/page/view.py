"""What one widget shows of a tail, to pages and to Python, and who leads it."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mzwidget import background
from mzwidget.page import budget
from mzwidget.page.cells import cells
from mzwidget.page.feed import Encode
from mzwidget.page.followers import Followers
from mzwidget.page.note import Note, NoteSource
from mzwidget.page.pages import Pages
from mzwidget.page.publisher import Publisher, Send
from mzwidget.page.questions import Question, Questions
from mzwidget.page.roles import Follower, Leader
from mzwidget.tail.collection import locked
from mzwidget.tail.listeners import Listener
from mzwidget.tail.tail import Tail
from mzwidget.tail.updates import Updates, difference

Supply = Callable[[str], None]
"""Sends a script, by its name."""
Select = Callable[[Mapping[str, Any] | None], None]
"""Takes what a page says is selected."""
Later = Callable[[float, Callable[[], None]], object]


class Alone:
    """The leader of a view that is with no other."""

    id = ""

    def __init__(self, view: View) -> None:
        self._view = view
        self._scheduled = False

    # page.roles.Leader

    @property
    def paused(self) -> bool:
        return self._view.playhead.held

    def pause(self) -> None:
        if not self._view.playhead.held:
            self._view.tell()
            self._view.playhead.hold()

    def resume(self) -> None:
        self._view.show(self._view.playhead.release())
        self.tell_when_due()

    def seek(self, time: int) -> None:
        self.pause()
        of = self._view.collection
        if of.time is not None:
            self._view.show(self._view.playhead.go(of.history.known(min(time, of.time))))
            self.tell_when_due()

    def tell_when_due(self) -> None:
        if not self._view.feed.pending:
            return
        wait = self._view.wait()
        if wait is None:
            return  # an acknowledgement, or a page that comes to look, brings us back
        if wait <= 0:
            self._view.tell()
        elif not self._scheduled:
            self._scheduled = True
            self._view.later(wait, self._look_again)

    def catch_up(self) -> None:
        pass  # there is nobody to wait for

    def release(self, member: Any) -> None:
        pass

    def _look_again(self) -> None:
        with self._view.lock:
            self._scheduled = False
            self._view.leader.tell_when_due()


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """What a view calls of the widget that it is of.

    Attributes
    ----------
    send, encode : callable
    supply : callable
        Sends a script.
    announce : callable
        Called when `status` may be another one.
    select : callable
        Takes what a page says is selected.
    """

    send: Send
    encode: Encode
    supply: Supply = lambda _: None
    announce: Callable[[], None] = lambda: None
    select: Select = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What a view calls of the process that it is in.

    Attributes
    ----------
    clock : callable
        Monotonic seconds.
    later : callable
        Calls a function in the background thread after so many seconds.
    busy : callable
        Whether a cell runs.
    kernel : Bucket
        The kernel's budget of messages.
    """

    clock: Callable[[], float] = time.monotonic
    later: Later = background.later
    busy: Callable[[], bool] = lambda: cells.running
    kernel: budget.Bucket = field(default_factory=lambda: budget.kernel)


class View(Publisher):
    """One widget's view of a tail: what pages and Python are shown of it, and told.

    Everything happens in the background thread or with `lock` held, which is that of the collection shown.

    Parameters
    ----------
    tail : Tail
    widget : Widget
    question : Question, optional
        The one that the tail answers.
    note : str or callable, optional
    process : Process, optional

    Attributes
    ----------
    leader : Leader
        Who decides which moment is shown.
    questions : Questions
    followers : Followers
        Who follows from Python.
    progress : threading.Condition
        Notified whenever another moment is shown, or another question.
    """

    def __init__(
        self,
        tail: Tail,
        widget: Widget,
        question: Question | None = None,
        note: NoteSource = None,
        process: Process | None = None,
    ) -> None:
        process = process or Process()
        pages = Pages(process.busy, process.clock)
        super().__init__(tail.collection, widget.send, widget.encode, pages, process.kernel)
        self.tail = tail
        self.leader: Leader = Alone(self)
        self.note = Note(note)
        self.progress = threading.Condition()
        self.supply = widget.supply
        self.select = widget.select
        self._announce = widget.announce
        self.later = process.later
        self.followers = Followers()
        self._waiting = 0
        self._closed = False
        self.questions = Questions(self, question or Question("", lambda: tail))

    def open(self, history: float) -> None:
        """Begin to follow, and keep `history` seconds of the past."""
        self._history = history
        self.collection.history.reach(self._history)
        self._ask_note()
        self.tail.attach(self)

    def move(self, tail: Tail, here: Listener, there: Listener, question: Question) -> bool:
        """Show another tail, unless closed: `here` stays with the one until now, the view takes the place of `there`.

        Where both have the same columns, only the difference travels.
        """
        old, new = self.collection, tail.collection
        with locked(old, new):
            if self._closed:
                return False
            before, change = self.playhead.rows(), difference(new.rows, old.rows)
            self.tail.listeners.exchange(self, here)
            tail.listeners.exchange(there, self)
            self.tail, self.collection = tail, new
            self.playhead.turn(new)
            self.questions.shown = question
            question.shown()
            self.collection.history.reach(self._history)
            if old.epoch and new.epoch and old.columns == new.columns:
                self.feed.turn()
                self.change(change if before is old.rows else difference(new.rows, before))
                self.followers.add(change, new.time)
                self.leader.tell_when_due()
            else:
                self._begin(uuid.uuid4().hex if new.epoch else "")
            self.on_status()
            self._notify()
        return True

    # From the tail

    def on_reset(self) -> None:
        self.playhead.begin()
        self._begin(self.collection.epoch)

    def _begin(self, epoch: str) -> None:
        of = self.collection
        self.feed.begin(epoch, of.columns, of.rows, of.time)
        self.pages.begin()
        if self.pages:
            self.tell_base()
        self.followers.begin(of)

    def on_batch(self, updates: Updates) -> None:
        self.advance(updates)
        self.followers.add(updates, self.collection.time)
        self.complain(self, "")

    def on_progress(self) -> None:
        self.leader.tell_when_due()
        self._notify()

    def on_status(self) -> None:
        self._announce()
        if self.pages:
            self._send("status", None)

    def on_tick(self) -> None:
        self._ask_note()
        with self.lock:
            self.pages.expire(self.feed.seq)
            self.leader.tell_when_due()
            if self.pages.visible:
                self._send("status", None)
            self.repeat_selected()

    def on_error(self, error: Exception) -> None:
        with self.lock:
            self.followers.complain(self, f"an error of mzwidget's own: {type(error).__name__}: {error}")
        self._announce()

    def _ask_note(self) -> None:
        self.note.refresh(lambda: background.call(self._note_changed))

    def _note_changed(self) -> None:
        # Also without a page: one that has the widget already, and has not said so yet, knows no note.
        with self.lock:
            self._send("note", None)

    def wanted(self) -> bool:
        return bool(self.pages or self.followers or self._waiting)

    def _notify(self) -> None:
        with self.progress:
            self.progress.notify_all()

    def show(self, updates: Updates) -> None:
        """Note a change of what is shown that is not the database's."""
        self.change(updates)
        self._notify()
        self.followers.moved()

    # From Python

    def follow(self, follower: Follower) -> None:
        """Let Python follow, from the present content on."""
        with self.lock:
            self.followers.join(follower, self.collection)
        self.questions.wake()

    def leave(self, follower: Follower) -> None:
        """Stop one who follows."""
        follower.end()
        with self.lock:
            self.followers.leave(follower)

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

    def complain(self, of: object, problem: str) -> None:
        """Let the status tell what one who follows from Python has raised; empty when all is well again with them."""
        with self.lock:
            if self.followers.complain(of, problem):
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
        self.questions.close()
        with self.lock:
            self._closed = True
            self.tail.detach(self)
            self.pages.clear()
            self.feed.begin("", (), {}, None)
            self.playhead.release()
            self._notify()
            left = self.followers.clear()
        for follower in left:
            follower.end()
