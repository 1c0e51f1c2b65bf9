"""A page that follows the protocol shows, in the end, the truth; and at any time the view at one timestamp.

The page here is a few lines of Python that follow the protocol's rules; the page's own code has its own tests.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.page.feed import INTERVAL, LONGEST_INTERVAL, SILENCE, WINDOW, Feed
from mzwidget.tail.updates import Row, Updates, consolidate
from mzwidget.tail.values import column

COLUMNS = (column("name", 25), column("n", 20))


class World:
    """A source, a clock, a feed, and pages that hear what it sends unless it is lost."""

    rows: Updates
    epoch = "e"
    columns = COLUMNS

    def __init__(self) -> None:
        self.rows = {}
        self.time: int | None = 1
        self.now = 0.0
        self.running = False
        self.sent: list[tuple[float, str]] = []
        self.pages: list[PageModel] = []
        self.history = {1: {}}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._tie = itertools.count()
        self.feed = Feed(self, self, clock=lambda: self.now)
        self.feed.reset()

    def send(self, trait: str) -> None:
        payload = getattr(self.feed, trait)()
        self.sent.append((self.now, trait))
        for page in self.pages:
            page.receive(trait, payload)

    def later(self, delay: float, function: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay, next(self._tie), function))

    def busy(self) -> bool:
        return self.running

    def allowance(self) -> float:
        return 0.0

    def change(self, updates: Updates) -> None:
        self.rows = consolidate(updates.items(), into=dict(self.rows))
        assert self.time is not None
        self.time += 1
        self.history[self.time] = dict(self.rows)
        self.feed.add(updates)

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

    def truth(self) -> Updates:
        return self.rows


class PageModel:
    def __init__(self, world: World, name: str = "p") -> None:
        self.world = world
        self.name = name
        self.epoch: str | None = None
        self.seq = -1
        self.time: int | None = None
        self.rows: Updates = {}
        self.deaf = False
        self.mute = False
        world.pages.append(self)

    def say(self, kind: str, **more: Any) -> None:
        if not self.mute:
            self.world.feed.hear({"type": kind, "page": self.name, "epoch": self.epoch, "seq": self.seq, **more})

    def receive(self, trait: str, payload: dict[str, Any]) -> None:
        if self.deaf or not payload:
            return
        body = payload if "data" not in payload else json.loads(bytes(payload["data"]))
        if trait == "base":
            if payload["epoch"] == self.epoch and payload["seq"] < self.seq:
                return
            self.rows = read(body["rows"], body.get("counts"), 1)
            self.epoch, self.seq, self.time = payload["epoch"], payload["seq"], payload["time"]
        elif payload["epoch"] == self.epoch and payload["from"] == self.seq:
            consolidate(read(body["deletes"], body.get("delete_counts"), -1).items(), into=self.rows)
            consolidate(read(body["inserts"], body.get("insert_counts"), 1).items(), into=self.rows)
            self.seq, self.time = payload["to"], payload["time"]
        elif payload["epoch"] == self.epoch and payload["to"] <= self.seq:
            return
        else:
            self.say("hello", visible=True)
            return
        assert self.time in self.world.history
        assert self.rows == self.world.history[self.time]


def read(rows: list[list[Any]], counts: list[int] | None, sign: int) -> Updates:
    """Turn rows as the page gets them back into updates; the integer column is text in a collection."""
    pairs = zip(rows, counts or [1] * len(rows), strict=True)
    return consolidate(((name, None if n is None else str(n)), sign * count) for (name, n), count in pairs)


def test_a_change_after_a_quiet_moment_goes_out_at_once() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    world.elapse(10)
    world.put("a", 1)
    assert page.rows == world.truth()


def test_many_changes_are_consolidated_to_the_pace() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    for n in range(1000):
        world.put("a", n)
        world.elapse(0.001)
        page.say("ack")
    world.elapse(1)
    deltas = [at for at, trait in world.sent if trait == "delta"]
    assert len(deltas) <= 1 / INTERVAL + 2
    assert all(later - earlier >= INTERVAL - 1e-9 for earlier, later in itertools.pairwise(deltas))
    assert page.rows == world.truth()


@pytest.mark.parametrize(
    ("cost", "interval"),
    [
        (0, INTERVAL),
        (5, INTERVAL),
        (8, 0.064),
        (10, LONGEST_INTERVAL),
        (10_000, LONGEST_INTERVAL),
        (10**400, LONGEST_INTERVAL),
        (-3, INTERVAL),
    ]
    + [(nonsense, INTERVAL) for nonsense in (None, "9", 9.5, [9], float("nan"))],
)
def test_a_page_to_which_a_paint_is_costly_gets_fewer(cost: Any, interval: float) -> None:
    world = World()
    cheap, costly = PageModel(world, "cheap"), PageModel(world, "costly")
    cheap.say("hello", visible=True)
    costly.say("hello", visible=True)
    for n in range(3000):
        world.put("a", n)
        world.elapse(0.001)
        cheap.say("ack", cost=1)
        costly.say("ack", cost=cost)
    deltas = [at for at, trait in world.sent if trait == "delta"][2:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(deltas)]
    assert interval - 1e-9 <= min(gaps) <= max(gaps) <= interval + 0.002
    costly.say("bye")
    world.put("b", 0)
    world.elapse(LONGEST_INTERVAL)
    assert cheap.rows == world.truth()


def test_nothing_is_sent_when_no_page_looks() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    page.say("visible", visible=False)
    before = len(world.sent)
    for n in range(100):
        world.put(str(n % 7), n)
        world.elapse(0.1)
        world.feed.tick()
    assert len(world.sent) == before
    assert world.feed.waiting <= 2 * 7
    page.say("visible", visible=True)
    assert page.rows == world.truth()
    assert len(world.sent) == before + 1


def test_a_page_that_never_acknowledges_gets_a_few_deltas_and_is_given_up() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    for n in range(int(60 / 0.1)):
        world.put("a", n)
        world.elapse(0.1)
        world.feed.tick()
    assert len([1 for _, trait in world.sent if trait == "delta"]) == WINDOW
    assert not world.feed.watched


def test_a_page_given_up_is_told_all_when_it_speaks_again() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    page.mute = page.deaf = True
    for n in range(10):
        world.put("a", n)
        world.elapse(SILENCE)
        world.feed.tick()
    page.mute = page.deaf = False
    page.say("visible", visible=True)
    assert page.rows == world.truth()


def test_one_slow_page_does_not_stop_the_others() -> None:
    world = World()
    fast, slow = PageModel(world, "fast"), PageModel(world, "slow")
    fast.say("hello", visible=True)
    slow.say("hello", visible=True)
    for n in range(100):
        world.put("a", n)
        world.elapse(0.1)
        fast.say("ack")
    deltas = len([1 for _, trait in world.sent if trait == "delta"])
    assert deltas >= 30
    assert int((fast.rows and next(iter(fast.rows))[1]) or 0) >= 95


def test_acknowledgements_held_up_by_a_cell_do_not_stop_the_picture() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    world.running = True
    for n in range(600):
        world.put("a", n)
        world.elapse(0.1)
        world.feed.tick()
    assert world.feed.watched
    deltas = [at for at, trait in world.sent if trait == "delta"]
    assert len(deltas) >= 60
    assert int(next(iter(page.rows))[1] or 0) >= 580


def test_bye_is_final() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    page.say("bye")
    page.say("visible", visible=False)
    assert not world.feed.watched


def test_another_epoch_makes_every_page_start_anew() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    world.put("a", 1)
    world.epoch, world.rows = "f", {("b", "2"): 3}
    assert world.time is not None
    world.history[world.time] = world.rows
    world.feed.reset()
    assert page.epoch == "f"
    assert page.rows == {("b", "2"): 3}


def test_a_large_change_travels_as_bytes() -> None:
    world = World()
    page = PageModel(world)
    page.say("hello", visible=True)
    world.change({(f"name {n}", str(n)): 1 + n % 3 for n in range(5000)})
    page.say("hello", visible=True)
    assert page.rows == world.truth()
    assert "data" in world.feed.base()


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
        world.feed.hear(message)
    assert world.feed.shown() == world.truth()


names = st.sampled_from(["a", "b", "c"])
row: st.SearchStrategy[Row] = st.tuples(names, st.integers(0, 2).map(str))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.lists(st.tuples(row, st.integers(-2, 3)), min_size=1, max_size=4)),
        st.tuples(st.just("elapse"), st.floats(0, 20)),
        st.tuples(
            st.sampled_from(["ack", "have", "hello", "deafen", "mute", "hide", "show", "tick", "busy"]), st.none()
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
            page.say("visible", visible=what == "show")
        elif what == "tick":
            world.feed.tick()
        elif what == "busy":
            world.running = not world.running
        else:
            page.say(what)
        assert world.feed.shown() == world.history[world.feed.moment() or 0]
    world.running = False
    for page in pages:
        page.deaf = page.mute = False
        page.say("visible", visible=True)
    for _ in range(4):
        world.elapse(1)
        world.feed.tick()
        for page in pages:
            page.say("ack")
    for page in pages:
        assert page.rows == world.truth()
