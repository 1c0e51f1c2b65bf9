"""Which question a view answers: it goes over to the newest when the first snapshot of its answer is there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from mzwidget import background
from mzwidget.page.playhead import Playhead
from mzwidget.page.roles import Leader
from mzwidget.tail.collection import Collection
from mzwidget.tail.listeners import Listener
from mzwidget.tail.status import Status
from mzwidget.tail.tail import Tail
from mzwidget.tail.updates import Updates

SOON = 0.01
"""Seconds after which a question is asked: what one cell sets is asked at once."""
EVERY = 0.1
"""Seconds between two questions of a view at the least."""
PATIENCE = 0.5
"""Seconds that a question has to be answered before a newer one takes its place: while a slider is dragged, pictures of
where it was are better than none."""
CATCH_UP = 0.15
"""Seconds that an answer has to come up to the moment shown, so that time does not go back."""
LINGER = 5.0
"""Seconds that the question before is still followed, so that going back is instant."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of the database.

    Attributes
    ----------
    statement : str
        What is sent; two questions with the same statement have the same answer.
    open : callable
        Returns the tail that answers it.
    shown : callable
        Called with the view's lock held when its answer is what is shown from now on.
    params : optional
        The values that are written into it.
    terms : str
        By what rows are chosen, in a few words.
    problem : Status, optional
        Why it cannot be asked.
    """

    statement: str
    open: Callable[[], Tail]
    shown: Callable[[], None] = lambda: None
    params: Any = None
    terms: str = ""
    problem: Status | None = None


class Asker(Protocol):
    """The view, as far as its questions need it."""

    tail: Tail
    collection: Collection
    leader: Leader
    playhead: Playhead
    progress: threading.Condition
    later: Callable[[float, Callable[[], None]], object]

    @property
    def lock(self) -> AbstractContextManager[None]:
        """Hold it while the view shall not change."""

    def move(self, tail: Tail, here: Listener, there: Listener, question: Question) -> bool:
        """Show another tail; tell whether that is done."""

    def on_status(self) -> None:
        """Tell how the view fares."""

    def wanted(self) -> bool:
        """Tell whether somebody looks."""


class Standby:
    """Keeps a tail that the view does not show: the one asked for until its answer is there, or the one just left.

    Attributes
    ----------
    question : Question
    tail : Tail
    late : float
        When it is to be shown even if it has not come up to the moment shown; infinite before its answer is there.
    """

    def __init__(self, questions: Questions, question: Question, tail: Tail) -> None:
        self.question = question
        self.tail = tail
        self.late = math.inf
        self._questions = questions

    # tail.listeners.Listener; what is to be done is done later, without this tail's lock

    def on_reset(self) -> None:
        background.call(self._questions.answered, self)

    def on_batch(self, updates: Updates) -> None:
        pass

    def on_progress(self) -> None:
        background.call(self._questions.answered, self)

    def on_status(self) -> None:
        background.call(self._questions.fared, self)

    def on_tick(self) -> None:
        pass

    def wanted(self) -> bool:
        return self._questions.wants(self)

    def on_error(self, error: Exception) -> None:
        pass


class Questions:
    """The questions of one view: the one shown, the newest, and the one just left; two of them are followed at most.

    Parameters
    ----------
    view : Asker
    first : Question

    Attributes
    ----------
    shown : Question
        The one whose answer is shown; changes with the view's lock held.
    newest : Question
        The one that was asked last.
    asked : Standby or None
        The one under way.
    closed : bool
        Whether no more is asked.
    """

    def __init__(self, view: Asker, first: Question) -> None:
        self.shown = self.newest = first
        self._view = view
        self.asked: Standby | None = None
        self._left: Standby | None = None
        self._due = math.inf
        self.closed = False
        self._asked_at = -math.inf
        self._since = pd.Timestamp.now("UTC")

    # From any thread

    def ask(self, question: Question) -> None:
        """Ask a question, soon, unless a newer one comes before."""
        if not self.pending:
            self._since = pd.Timestamp.now("UTC")
        self.newest = question
        background.call(self._schedule)

    @property
    def pending(self) -> bool:
        """Whether what is shown is not the answer to the newest question."""
        return self.newest.problem is not None or self.newest.statement != self.shown.statement

    @property
    def tail(self) -> Tail:
        """The tail of the newest question, as far as it has one."""
        asked = self.asked
        return self._view.tail if asked is None else asked.tail

    def wake(self) -> None:
        """Make sure that the tails run of what is shown and of what is asked: somebody looks."""
        for tail in {self._view.tail, self.tail}:
            tail.wake()

    def status(self) -> Status | None:
        """Return how the newest question fares; None if its answer is shown."""
        newest, asked = self.newest, self.asked
        if not self.pending:
            return None
        if newest.problem is not None:
            return newest.problem
        if asked is None or asked.question is not newest:
            return Status("asking", since=self._since)
        fares = asked.tail.status
        if fares.state in ("failed", "reconnecting"):
            return fares
        held = "resume to see the answer" if asked.tail.collection.epoch and self._held else fares.message
        return Status("asking", held, since=self._since)

    def close(self) -> None:
        """Ask no more."""
        self.closed = True
        background.call(self._let_go)

    # In the background thread

    def answered(self, standby: Standby) -> None:
        """Go over to a question whose first snapshot is there."""
        if standby is not self.asked or (self._held and self._view.collection.epoch) or self._is_early(standby):
            return
        view, before = self._view, Standby(self, self.shown, self._view.tail)
        if not view.move(standby.tail, before, standby, standby.question):
            return
        self.asked = None
        if before.tail.collection.epoch:
            self._left = before
            view.later(LINGER, lambda: self._forget(before))
        else:
            self._drop(before)
        if self.pending:
            self._schedule()

    def _is_early(self, standby: Standby) -> bool:
        """Whether an answer is of a moment before the one shown; it may soon come up to it, or has to be taken."""
        moment, now = self._view.playhead.time, time.monotonic()
        reached = standby.tail.collection.time
        if moment is None or reached is None or reached >= moment or now >= standby.late:
            return False
        if standby.late == math.inf:
            standby.late = now + CATCH_UP
            self._view.later(CATCH_UP, lambda: self.answered(standby))
        return True

    def fared(self, standby: Standby) -> None:
        """Tell how the newest question fares."""
        if standby is self.asked and not self.closed:
            if standby.question is not self.newest:
                self._schedule()
            self._tell()

    def wants(self, standby: Standby) -> bool:
        """Tell whether somebody looks at what a tail will hold."""
        return standby is self.asked and self._view.wanted()

    @property
    def _held(self) -> bool:
        """Whether this is one of several views that stay at one moment: it is not known of another question."""
        return bool(self._view.leader.id) and self._view.leader.paused

    def _is_awaited(self) -> bool:
        """Whether a question is under way that is to be answered before a newer one takes its place."""
        asked, newest = self.asked, self.newest
        if asked is None or newest.problem is not None or not self.pending or self._held:
            return False
        if asked.question.statement == newest.statement or asked.tail.status.state in ("failed", "reconnecting"):
            return False
        return time.monotonic() < self._asked_at + PATIENCE

    def _schedule(self) -> None:
        """Ask the newest question as soon as may be."""
        now = time.monotonic()
        due = max(now + SOON, self._asked_at + (PATIENCE if self._is_awaited() else EVERY))
        if due < self._due:
            self._due = due
            self._view.later(due - now, lambda: self._go(due))
            self._tell()

    def _go(self, due: float) -> None:
        """Ask the newest question, unless it is asked already, or shown."""
        if self.closed or due != self._due:
            return
        self._due = math.inf
        if self._is_awaited():
            self._schedule()
            return
        self._asked_at = time.monotonic()
        newest, asked = self.newest, self.asked
        if asked is not None and newest.problem is None and asked.question.statement == newest.statement:
            asked.question = newest
        else:
            self._drop(asked)
            self.asked = None
            if not self.pending:
                self.shown = newest
            elif newest.problem is None:
                self._open(newest)
        self._tell()

    def _open(self, question: Question) -> None:
        left, self._left = self._left, None
        if left is not None and left.question.statement == question.statement:
            left.question = question
            self.asked = left
        else:
            self._drop(left)
            self.asked = Standby(self, question, question.open())
            self.asked.tail.join(self.asked)
        if self.asked.tail.collection.epoch or not self._view.collection.epoch:
            self.answered(self.asked)

    def _forget(self, standby: Standby) -> None:
        if standby is self._left:
            self._left = None
            self._drop(standby)

    def _let_go(self) -> None:
        for standby in (self.asked, self._left):
            self._drop(standby)
        self.asked = self._left = None

    def _drop(self, standby: Standby | None) -> None:
        if standby is not None:
            standby.tail.leave(standby)

    def _tell(self) -> None:
        with self._view.lock:
            self._view.on_status()
        with self._view.progress:
            self._view.progress.notify_all()
