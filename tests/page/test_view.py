"""A page that follows the protocol shows, in the end, the truth; and at any time the view at one timestamp.

The page here is a few lines of Python that follow the protocol's rules; the page's own code has its own tests.
"""

from __future__ import annotations

import heapq
import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.errors import LiveViewError
from mzwidget.page.budget import Bucket
from mzwidget.page.conversation import hear
from mzwidget.page.pages import BURST, RATE, SILENCE, SLOWEST, WINDOW
from mzwidget.page.report import report, status
from mzwidget.page.view import View
from mzwidget.tail.history import History
from mzwidget.tail.status import Status
from mzwidget.tail.updates import Row, Updates, consolidate
from mzwidget.tail.values import Column, column

COLUMNS = (column("name", 25), column("n", 20))


class World:
    """A tail and its collection, a clock, a view, and pages that hear what it sends unless it is lost."""

    epoch = "e"
    columns = COLUMNS
    status = Status("live")

    def __init__(self) -> None:
        self.collection = self
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
            self.send,
            self.encode,
            clock=clock,
            later=self.later,
            busy=lambda: self.running,
            kernel=Bucket(10**6, 10**6, clock),
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

    def change(self, updates: Updates) -> None:
        assert self.time is not None
        with self.lock:
            self.time += 1
            self.history.add(self.time, dict(updates), self.time - 1)
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


def kept_to(budget: float, rate: float, moments: list[float]) -> bool:
    """Whether no while has seen more than a token bucket lets pass."""
    return all(
        last - first >= (count - budget) / rate - 1e-6
        for start, first in enumerate(moments)
        for count, last in enumerate(moments[start:], 1)
    )


def test_a_change_after_a_quiet_moment_goes_out_at_once() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    for n in range(20):
        world.elapse(1)
        world.put("a", n)
        assert page.rows == world.truth()
        page.say("ack")


def test_irregular_changes_that_are_fewer_than_the_rate_go_out_at_once() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    world.elapse(1)
    for n in range(200):
        for pause in (0.0, 0.02, 0.18):  # 15 changes a second
            world.elapse(pause)
            world.put("a", n)
            assert page.rows == world.truth()
            page.say("ack")


def test_many_changes_are_consolidated_to_the_pace() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    world.elapse(1)
    for n in range(3000):
        world.put("a", n)
        world.elapse(0.001)
        page.say("ack")
        assert world.now - world.deltas[-1] <= 1 / RATE + 0.001, "the newest state is never late"
    world.elapse(1 / RATE)
    assert kept_to(BURST, RATE, world.deltas)
    assert len(world.deltas) >= 3 * RATE
    assert page.rows == world.truth()


@pytest.mark.parametrize(
    ("cost", "rate"),
    [
        (0, RATE),
        (5, RATE),
        (8, 1 / 0.064),
        (10, SLOWEST),
        (10_000, SLOWEST),
        (10**400, SLOWEST),
        (-3, RATE),
    ]
    + [(nonsense, RATE) for nonsense in (None, "9", 9.5, [9], float("nan"))],
)
def test_a_page_to_which_a_paint_is_costly_gets_fewer(cost: Any, rate: float) -> None:
    world = World()
    cheap, costly = PageModel(world, "cheap"), PageModel(world, "costly")
    cheap.say("hello")
    costly.say("hello")
    for n in range(3000):
        world.put("a", n)
        world.elapse(0.001)
        cheap.say("ack", cost=1)
        costly.say("ack", cost=cost)
    deltas = world.deltas[int(BURST) :]
    gaps = [later - earlier for earlier, later in itertools.pairwise(deltas)]
    assert 1 / rate - 1e-9 <= min(gaps) <= max(gaps) <= 1 / rate + 0.002
    costly.say("bye")
    world.put("b", 0)
    world.elapse(1 / SLOWEST)
    assert cheap.rows == world.truth()


def test_another_picture_is_told_by_a_base() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    world.put("a", 1)
    assert page.encoding == {"kind": "bars"}
    world.encoding = {"kind": "table"}
    world.put("b", 1)
    assert page.encoding == {"kind": "table"}
    world.put("c", 1)
    assert [trait for _, trait in world.sent] == ["base", "delta", "base", "delta"]
    assert page.rows == world.truth()


def test_a_picture_that_cannot_be_drawn_is_an_error_and_no_other_picture() -> None:
    world = World()
    page = PageModel(world)
    world.encoding = {}
    world.view.on_reset()
    page.say("hello")
    world.put("a", 1)
    assert page.epoch is None
    assert (status(world.view).state, status(world.view).message) == ("failed", "no such column")
    assert report(world.view)["epoch"] == "", "the page shall not ask in vain"
    world.encoding = {"kind": "bars"}
    world.put("a", 2)
    assert status(world.view).state == "live"
    assert page.rows == world.truth()


def test_nothing_is_sent_when_no_page_looks() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    page.look(away=True)
    before = len(world.sent)
    for n in range(100):
        world.put(str(n % 7), n)
        world.elapse(0.1)
        world.view.on_tick()
    assert len(world.sent) == before
    assert len(world.view.feed.pending) <= 2 * 7
    page.look()
    assert page.rows == world.truth()
    assert len(world.sent) == before + 1


def test_a_page_that_never_acknowledges_gets_a_few_deltas_and_is_given_up() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    for n in range(int(60 / 0.1)):
        world.put("a", n)
        world.elapse(0.1)
        world.view.on_tick()
    assert len(world.deltas) == WINDOW
    assert not world.view.pages


def test_a_page_given_up_is_told_all_when_it_speaks_again() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    page.mute = page.deaf = True
    for n in range(10):
        world.put("a", n)
        world.elapse(SILENCE)
        world.view.on_tick()
    page.mute = page.deaf = False
    page.look()
    assert page.rows == world.truth()


def test_one_slow_page_does_not_stop_the_others() -> None:
    world = World()
    fast, slow = PageModel(world, "fast"), PageModel(world, "slow")
    fast.say("hello")
    slow.say("hello")
    for n in range(100):
        world.put("a", n)
        world.elapse(0.1)
        fast.say("ack")
    deltas = len(world.deltas)
    assert deltas >= 30
    assert int((fast.rows and next(iter(fast.rows))[1]) or 0) >= 95


def test_acknowledgements_held_up_by_a_cell_do_not_stop_the_picture() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    world.running = True
    for n in range(600):
        world.put("a", n)
        world.elapse(0.1)
        world.view.on_tick()
    assert world.view.pages
    deltas = world.deltas
    assert len(deltas) >= 60
    assert int(next(iter(page.rows))[1] or 0) >= 580


def test_bye_is_final() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    page.say("bye")
    page.look(away=True)
    assert not world.view.pages


def test_another_epoch_makes_every_page_start_anew() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    world.put("a", 1)
    world.epoch, world.rows = "f", {("b", "2"): 3}
    assert world.time is not None
    world.truths[world.time] = dict(world.rows)
    world.view.on_reset()
    assert page.epoch == "f"
    assert page.rows == {("b", "2"): 3}


def test_a_large_change_travels_as_bytes() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    world.change({(f"name {n}", str(n)): 1 + n % 3 for n in range(5000)})
    page.say("hello")
    assert page.rows == world.truth()
    assert "data" in (world.view.base() or {})


def test_nonsense_from_a_page_is_ignored() -> None:
    world = World()
    world.put("a", 1)
    nonsense: list[dict[str, Any]] = [
        {},
        {"type": "ack"},
        {"page": 1, "type": "ack"},
        {"page": "x", "type": "ack", "seq": "7", "epoch": 3},
        {"page": "x", "type": "ack", "seq": 10**9, "epoch": "e"},
        {"page": "y", "type": None},
    ]
    for message in nonsense:
        hear(world.view, message)
    assert len(world.view.pages) == 1, "only one of these is a message"
    page = PageModel(world)
    page.say("hello")
    assert page.rows == world.view.playhead.rows() == world.truth()


names = st.sampled_from(["a", "b", "c"])
row: st.SearchStrategy[Row] = st.tuples(names, st.integers(0, 2).map(str))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.lists(st.tuples(row, st.integers(-2, 3)), min_size=1, max_size=4)),
        st.tuples(st.just("elapse"), st.floats(0, 20)),
        st.tuples(st.just("seek"), st.floats(0, 1.5)),
        st.tuples(
            st.sampled_from(
                ["ack", "have", "hello", "deafen", "mute", "hide", "show", "tick", "busy", "pause", "resume"]
            ),
            st.none(),
        ),
    ),
    max_size=60,
)


@settings(max_examples=300)
@given(steps, st.booleans())
def test_any_schedule_of_losses_ends_in_the_truth(schedule: list[tuple[str, Any]], second: bool) -> None:
    world = World()
    pages = [PageModel(world, "p")] + ([PageModel(world, "q")] if second else [])
    for turn, (what, argument) in enumerate(schedule):
        page = pages[turn % len(pages)]
        if what == "change":
            possible = consolidate(argument)
            updates = {row: diff for row, diff in possible.items() if world.rows.get(row, 0) + diff >= 0}
            if updates:
                world.change(updates)
        elif what == "elapse":
            world.elapse(argument)
        elif what == "deafen":
            page.deaf = not page.deaf
        elif what == "mute":
            page.mute = not page.mute
        elif what in ("hide", "show"):
            page.look(away=what == "hide")
        elif what == "seek":
            page.say(what, time=1 + int(argument * world.time))
        elif what == "tick":
            world.view.on_tick()
        elif what == "busy":
            world.running = not world.running
        else:
            page.say(what)
        at, sent = sent_state(world)
        assert sent == world.truths[at or 0]
        assert world.view.playhead.rows() == world.truths[world.view.playhead.time or 0]
    world.running = False
    with world.lock:
        world.view.leader.resume()
    for page in pages:
        page.deaf = page.mute = False
        page.look()
    for _ in range(4):
        world.elapse(1)
        world.view.on_tick()
        for page in pages:
            page.say("ack")
    for page in pages:
        assert page.rows == world.truth()
