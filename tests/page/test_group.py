"""Views of a group show one moment, on every page and in Python, whatever comes to whom and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget import background
from mzwidget.page.group import Group
from tests.page.world import PageModel, World


class Pair:
    """Two views that show one moment, each with a page; time passes for both when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.worlds = [World(), World()]
        self.pages = [PageModel(world) for world in self.worlds]
        self._calls: list[Any] = []
        monkeypatch.setattr(background, "call", self._calls.append)
        monkeypatch.setattr(background, "later", lambda _, function: self._calls.append(function))
        for page in self.pages:
            page.say("hello")
        self.group = Group(tuple(world.view for world in self.worlds))
        for world in self.worlds:
            world.view.join(self.group)
        self.group.tell_when_due()
        self.settle()

    def settle(self) -> None:
        """Let a second pass, in which all that is appointed is done."""
        for _ in range(20):
            for world in self.worlds:
                world.elapse(0.05)
            calls, self._calls[:] = list(self._calls), []
            for call in calls:
                call()
            self.check()

    def acknowledge(self) -> None:
        for page in self.pages:
            page.say("ack")

    def check(self) -> None:
        """Hold what is shown against the truth of its moment."""
        shown = {world.view.playhead.time for world in self.worlds}
        assert len(shown) == 1
        for world in self.worlds:
            assert world.view.playhead.rows() == world.truths[world.view.playhead.time or 0]
        # A page tells apart what is exact at which moment by what it was told; here both are told at once.
        heard = [page for page in self.pages if not (page.deaf or page.mute) and page.visible]
        if len(heard) == len(self.pages) and len({page.time for page in heard}) == 1:
            for page, world in zip(self.pages, self.worlds, strict=True):
                assert page.rows == world.truths[page.time or 0]


def test_all_go_to_the_least_of_their_timestamps(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(monkeypatch)
    one, other = pair.worlds
    one.put("a", 1)
    one.put("a", 2)
    pair.settle()
    assert pair.group.time == 1, "the other has not got that far"
    assert [page.rows for page in pair.pages] == [{}, {}]
    other.progress(2)
    pair.settle()
    assert [page.time for page in pair.pages] == [2, 2]
    assert pair.pages[0].rows == {("a", "1"): 1}
    other.put("b", 1)
    pair.settle()
    assert [page.time for page in pair.pages] == [3, 3]
    assert [set(page.rows) for page in pair.pages] == [{("a", "2")}, {("b", "1")}]


def test_the_page_of_one_is_told_whenever_that_of_another_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(monkeypatch)
    one, other = pair.worlds
    for n in range(5):
        one.put("a", n)
        other.progress(one.time or 0)
        pair.settle()
        pair.acknowledge()
    assert len(one.deltas) == len(other.deltas) == 5
    assert pair.pages[0].time == pair.pages[1].time == one.time


def test_a_read_from_python_goes_on_at_once_and_pages_follow_at_their_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(monkeypatch)
    one, other = pair.worlds
    for n in range(200):
        one.put("a", n)
        other.progress(one.time or 0)
        assert pair.group.catch_up()
        assert pair.group.time == one.time
    assert len(one.deltas) <= 12
    for _ in range(3):
        pair.acknowledge()
        pair.settle()
    assert pair.pages[0].rows == one.truth()


def test_pausing_one_pauses_all_and_seeking_goes_back_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(monkeypatch)
    one, other = pair.worlds
    for n in range(5):
        one.put("a", n)
        other.put("b", n)
        pair.settle()
        pair.acknowledge()
    pair.pages[0].say("pause")
    for world in pair.worlds:
        world.put("c", 0)
    pair.settle()
    assert pair.group.paused
    assert [page.time for page in pair.pages] == [6, 6]
    pair.pages[1].say("seek", time=3)
    pair.settle()
    assert [page.time for page in pair.pages] == [3, 3]
    assert [set(page.rows) for page in pair.pages] == [{("a", "1")}, {("b", "1")}]
    pair.pages[1].say("seek", time=10**400)
    pair.settle()
    assert [page.time for page in pair.pages] == [7, 7]
    pair.pages[0].say("resume")
    one.put("d", 0)
    other.put("d", 0)
    pair.settle()
    assert [page.time for page in pair.pages] == [8, 8]


def test_a_member_that_is_gone_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(monkeypatch)
    one, other = pair.worlds
    pair.group.release(other.view)
    one.put("a", 1)
    for _ in range(3):
        one.elapse(1)
        pair.group._step()
    assert pair.pages[0].rows == one.truth()


names = st.sampled_from(["a", "b"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 1), st.integers(0, 3)),
        st.tuples(st.just("progress"), st.integers(0, 1), st.integers(1, 3)),
        st.tuples(st.just("seek"), st.integers(0, 1), st.integers(0, 20)),
        st.tuples(
            st.sampled_from(["pause", "resume", "hide", "show", "settle", "read", "ack"]), st.integers(0, 1), st.just(0)
        ),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_any_schedule_shows_one_moment(schedule: list[tuple[str, int, int]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        pair = Pair(monkeypatch)
        for what, which, amount in schedule:
            world, page = pair.worlds[which], pair.pages[which]
            if what == "put":
                world.put("ab"[amount % 2], amount)
            elif what == "progress":
                world.progress((world.time or 0) + amount)
            elif what in ("hide", "show"):
                page.look(away=what == "hide")
            elif what == "settle":
                pair.settle()
            elif what == "read":
                pair.group.catch_up()
            elif what == "seek":
                page.say("seek", time=amount)
            else:
                page.say(what)
            pair.check()
        pair.group.resume()
        latest = max(world.time or 0 for world in pair.worlds)
        for world in pair.worlds:
            world.progress(latest)
        for _ in range(4):
            for page in pair.pages:
                page.look()
            pair.settle()
            pair.acknowledge()
        for world, page in zip(pair.worlds, pair.pages, strict=True):
            assert page.rows == world.truth()
        assert pair.group.time == latest
