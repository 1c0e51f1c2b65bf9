"""A page that follows the protocol shows, in the end, the truth; and at any time the view at one timestamp.

The page here is a few lines of Python that follow the protocol's rules; the page's own code has its own tests.
"""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.page.conversation import hear
from mzwidget.page.feed import MANY, MOMENT, to_past
from mzwidget.page.pages import BURST, RATE, SILENCE, SLOWEST, WINDOW
from mzwidget.page.report import report, status
from mzwidget.tail.status import Status
from mzwidget.tail.updates import Row, consolidate
from mzwidget.tail.values import column
from tests.page.world import PageModel, World, sent_state


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


@pytest.mark.parametrize("cost", [0, 8, 25])
def test_irregular_changes_that_are_fewer_than_the_rate_go_out_at_once(cost: int) -> None:
    world = World()
    page = PageModel(world)
    page.say("hello")
    world.elapse(1)
    for n in range(200):
        for pause in (0.0, 0.02, 0.18):  # 15 changes a second
            world.elapse(pause)
            world.put("a", n)
            assert page.rows == world.truth()
            page.say("ack", cost=cost)


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


def test_a_page_is_told_times_in_milliseconds() -> None:
    world = World()
    began, retry_at = pd.Timestamp("2026-11-26 03:58:50.158", tz="UTC"), pd.Timestamp("2026-11-26 04:00", tz="UTC")
    world.status = Status("reconnecting", "gone", since=began, retry_at=retry_at)
    told = report(world.view)
    assert (told["since"], told["retry_at"]) == (1795665530158, 1795665600000)
    assert (told["state"], told["message"], told["time"]) == ("reconnecting", "gone", 1)


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


def test_a_page_gets_one_base_however_much_it_says_before_that_has_come() -> None:
    world = World()
    page = PageModel(world)
    page.deaf = True  # what is sent is still on its way
    page.say("hello")
    page.look()
    page.look(away=True)
    page.look()
    page.say("have")
    assert [trait for _, trait in world.sent].count("base") == 1
    page.deaf = False
    page.say("hello")
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


def test_of_many_values_of_a_number_those_that_lasted_are_told() -> None:
    brief = [(at, str(at)) for at in range(0, 50 * 6_000, 50)]
    was = [*brief, (310_000, None), (310_100, "4")]
    told = to_past(column("n", 20), was)
    assert len(told) <= MANY + 310_100 / MOMENT
    assert max(after - at for (at, _), (after, _) in itertools.pairwise(told[:-2])) <= MOMENT
    assert told[-3:] == [(brief[-1][0], brief[-1][0]), (310_000, None), (310_100, 4)]
    assert to_past(column("n", 20), was[-20:]) == [*((at, at) for at, _ in brief[-18:]), *told[-2:]]


def test_only_a_number_of_one_row_has_a_past() -> None:
    world = World()
    world.put("a", 1)
    world.put("a", 2)
    assert "past" not in (world.view.base() or {})
    world.encoding = {"kind": "number", "channels": {"value": [1]}}
    world.put("a", 3)
    assert [value for _, value in (world.view.base() or {})["past"]] == [1, 2, 3]
    world.put("b", 4)
    assert "past" not in (world.view.base() or {})


def test_a_number_that_leapt_begins_anew() -> None:
    world = World()
    world.encoding = {"kind": "number", "channels": {"value": [1]}}
    page = PageModel(world)
    page.say("hello")
    for n in (1, 2, 3):
        world.put("a", n)
        page.say("ack")
    assert world.deltas
    bases = len(world.sent) - len(world.deltas)
    world.elapse(60)
    world.change({("a", "3"): -1, ("a", "9"): 1}, unknown=60_000)
    assert page.rows == {("a", "9"): 1}
    assert len(world.sent) - len(world.deltas) == bases + 1
    assert [value for _, value in (world.view.base() or {})["past"]] == [9]


@pytest.mark.parametrize("unseen", ["hidden", "paused"])
def test_what_a_number_was_while_nobody_saw_it_is_told(unseen: str) -> None:
    world = World()
    world.encoding = {"kind": "number", "channels": {"value": [1]}}
    page = PageModel(world)
    page.say("hello")
    world.put("a", 0)
    page.say("ack")
    if unseen == "hidden":
        page.look(away=True)
    else:
        page.say("pause")
    for n in range(1, 6):
        world.elapse(1)
        world.progress((world.time or 0) + 1_000)
        world.put("a", n)
    bases = len(world.sent) - len(world.deltas)
    if unseen == "hidden":
        page.look()
    else:
        page.say("resume")
    assert page.rows == {("a", "5"): 1}
    assert len(world.sent) - len(world.deltas) == bases + 1
    assert page.past == [0, 1, 2, 3, 4, 5]
    told = len(world.deltas)
    world.elapse(1)
    world.put("a", 6)
    assert len(world.deltas) == told + 1, "told once"


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
            page.say("hello" if page.epoch is None else "ack")
    for page in pages:
        assert page.rows == world.truth()
