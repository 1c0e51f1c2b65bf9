"""A tail, a clock and pages made of a few lines of Python that follow the protocol; the view between them is real."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

from mzwidget.errors import LiveViewError
from mzwidget.page.budget import Bucket
from mzwidget.page.conversation import hear
from mzwidget.page.view import Process, View, Widget
from mzwidget.tail.history import History
from mzwidget.tail.status import Status
from mzwidget.tail.updates import Updates, consolidate
from mzwidget.tail.values import Column, column

COLUMNS = (column("name", 25), column("n", 20))


class World:
    """A tail and its collection, a clock, a view, and pages that hear what it sends unless it is lost."""

    epoch = "e"
    columns = COLUMNS
    status = Status("live")

    def __init__(self) -> None:
        self.collection = self
        self.ahead = 0.0
        self.lock = threading.RLock()
        self.rows: Updates = {}
        self.time: int | None = 1
        self.history = History(seconds=10**6)
        self.now = 0.0
        self.running = False
        self.sent: list[tuple[float, str]] = []
        self.pages: list[PageModel] = []
        self.truths: dict[int, Updates] = {1: {}}
        self.encoding: dict[str, Any] = {"kind": "bars"}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._tie = itertools.count()
        clock = lambda: self.now  # noqa: E731
        self.view = View(
            self,  # type: ignore[arg-type]
            Widget(send=self.send, encode=self.encode),
            process=Process(
                clock=clock,
                later=self.later,
                busy=lambda: self.running,
                kernel=Bucket(10**6, 10**6, clock),
            ),
        )
        self.history.begin(1)
        self.view.on_reset()

    # tail.Tail

    def wake(self) -> None:
        pass

    def retry(self) -> None:
        pass

    # What a view needs of the process around it

    def encode(self, columns: tuple[Column, ...], rows: int) -> dict[str, Any]:
        assert columns == COLUMNS
        assert rows == sum(sent_state(self)[1].values())
        if not self.encoding:
            raise LiveViewError("no such column")
        return self.encoding

    def send(self, trait: str, payload: Any) -> None:
        if payload is None:
            return
        self.sent.append((self.now, trait))
        for page in self.pages:
            page.receive(trait, payload)

    def later(self, delay: float, function: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay, next(self._tie), function))

    # What happens

    def progress(self, time: int) -> None:
        """Note that nothing has changed up to a time."""
        with self.lock:
            self.truths |= {at: dict(self.rows) for at in range(self.time or 0, time + 1)}
            self.time = time
            self.view.on_progress()

    def change(self, updates: Updates, *, unknown: int = 0) -> None:
        """Change rows, after so many milliseconds of which nobody knows anything."""
        assert self.time is not None
        with self.lock:
            before, self.time = self.time, self.time + 1 + unknown
            self.history.add(self.time, dict(updates), before)
            consolidate(updates.items(), into=self.rows)
            self.truths[self.time] = dict(self.rows)
            self.view.on_batch(updates)
            self.view.on_progress()

    def put(self, name: str, n: int) -> None:
        """Set a row of a keyed view."""
        gone = {row: -count for row, count in self.rows.items() if row[0] == name}
        self.change(consolidate([*gone.items(), ((name, str(n)), 1)]))

    def elapse(self, seconds: float) -> None:
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            at, _, function = heapq.heappop(self._due)
            self.now = max(self.now, at)
            function()
        self.now = end

    @property
    def deltas(self) -> list[float]:
        """When deltas were sent."""
        return [at for at, trait in self.sent if trait == "delta"]

    def truth(self) -> Updates:
        return self.rows


class PageModel:
    def __init__(self, world: World, name: str = "p") -> None:
        self.world = world
        self.name = name
        self.epoch: str | None = None
        self.seq: int | None = None
        self.time: int | None = None
        self.rows: Updates = {}
        self.encoding: dict[str, Any] = {}
        self.past: list[Any] = []
        self.visible = True
        self.deaf = False
        self.mute = False
        world.pages.append(self)

    def look(self, *, away: bool = False) -> None:
        self.visible = not away
        self.say("visible")

    def say(self, kind: str, **more: Any) -> None:
        if self.mute:
            return
        message: dict[str, Any] = {"type": kind, "page": self.name}
        if kind != "bye":
            message |= {"epoch": self.epoch, "seq": self.seq}
        if kind in ("hello", "have", "visible"):
            message |= {"visible": self.visible, "displays": 1}
        hear(self.world.view, message | more)

    def receive(self, trait: str, payload: dict[str, Any]) -> None:
        if self.deaf:
            return
        body = payload if "data" not in payload else json.loads(bytes(payload["data"]))
        if trait == "base":
            if payload["epoch"] == self.epoch and self.seq is not None and payload["seq"] < self.seq:
                return
            self.rows = read(body["rows"], body.get("counts"), 1)
            self.epoch, self.seq, self.time = payload["epoch"], payload["seq"], payload["time"]
            self.encoding = payload["encoding"]
            self.past = [value for _, value in body.get("past", [])]
        elif payload["epoch"] == self.epoch and payload["from"] == self.seq:
            consolidate(read(body["deletes"], body.get("delete_counts"), -1).items(), into=self.rows)
            consolidate(read(body["inserts"], body.get("insert_counts"), 1).items(), into=self.rows)
            self.seq, self.time = payload["to"], payload["time"]
        elif payload["epoch"] == self.epoch and self.seq is not None and payload["to"] <= self.seq:
            return
        else:
            self.say("hello")
            return
        assert self.time in self.world.truths
        assert self.rows == self.world.truths[self.time]


def read(rows: list[list[Any]], counts: list[int] | None, sign: int) -> Updates:
    """Turn rows as the page gets them back into updates; the integer column is text in a collection."""
    pairs = zip(rows, counts or [1] * len(rows), strict=True)
    return consolidate(((name, None if n is None else str(n)), sign * count) for (name, n), count in pairs)


def sent_state(world: World) -> tuple[int | None, Updates]:
    """Return the state that all pages have been sent, and the time at which the kernel says that it is exact."""
    view = world.view
    pending = ((row, -diff) for row, diff in view.feed.pending.items())
    at = view.feed.time if view.feed.pending else view.playhead.time
    return at, consolidate(pending, into=dict(view.playhead.rows()))
