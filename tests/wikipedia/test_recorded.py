"""The recorded day: what is in it, what must not be in it, and how it is replayed."""

from __future__ import annotations

import gzip
import re
import threading
import time
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from mzwidget.wikipedia import recorded
from mzwidget.wikipedia.recorded import RecordedEdit
from mzwidget.wikipedia.rows import RECORDED_IDS, Edit
from tests.machine import eventually

if TYPE_CHECKING:
    pass

ROOT = Path(__file__).parents[2]
IPV4 = re.compile(r"(?<!\d)\d{1,3}(?:\.(?:\d{1,3}|[xX*]{1,3})){3}(?!\d)")
IPV6 = re.compile(r"(?:[0-9A-Fa-f]{1,4}:){4}|::[0-9A-Fa-f]|(?:[0-9A-Fa-f]{1,4}:){2,}:")


def test_the_whole_day_is_there() -> None:
    day = list(recorded.day())
    assert len(day) == recorded.EDITS == 39_244
    assert (day[0].seconds, day[-1].seconds) == (recorded.BEGIN, recorded.END)
    assert len({edit.wiki for edit in day}) == 51
    assert all(0 <= edit.seconds < 86_400 for edit in day)
    assert all(a.seconds <= b.seconds for a, b in pairwise(day))
    assert {edit.kind for edit in day} == {"edit", "new"}
    assert all(edit.wiki.endswith("wiki") and edit.title and edit.user_name for edit in day)


def test_nobody_is_named_by_address() -> None:
    packed = resources.files("mzwidget.wikipedia").joinpath(f"data/wikipedia-{recorded.DAY}.csv.gz").read_bytes()
    text = gzip.decompress(packed).decode()
    assert not IPV4.findall(text)
    assert not IPV6.findall(text)
    assert IPV4.search("User talk:192.0.2.1/Archive")
    assert IPV6.search("User talk:2001:DB8:0:ABE6:5DC5:559E:75C4:C241")
    assert IPV6.search("2001:db8::1")
    assert len(packed) < 1_500_000


def test_pseudonyms_are_stable() -> None:
    anonymous = {edit.user_name for edit in recorded.day() if edit.user_name.startswith("Anonymous ")}
    assert len(anonymous) > 2_900
    assert all(re.fullmatch(r"Anonymous \d{4}", name) for name in anonymous)
    talk = [edit.title for edit in recorded.day() if re.fullmatch(r"User talk:Anonymous \d{4}", edit.title)]
    assert any(title.removeprefix("User talk:") in anonymous for title in talk)


def test_namespaces() -> None:
    by_wiki = {(edit.wiki, edit.namespace) for edit in recorded.day()}
    assert {("enwiki", 0), ("enwiki", 3), ("dewiki", 2), ("ruwiki", 104), ("hewiki", 118), ("ptwiki", 102)} <= by_wiki
    assert all(edit.namespace % 2 for edit in recorded.day() if edit.title.startswith(("Talk:", "User talk:")))


def test_the_origin_is_named() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for words in (f"wikipedia-{recorded.DAY}.csv.gz", "Apache\n    Druid", "Apache License", "ShareAlike"):
        assert words in notice


def replace_day(monkeypatch: pytest.MonkeyPatch, *times: float) -> None:
    """Let the recorded day have edits at these seconds only."""
    day = [
        RecordedEdit(100.0 + t, "edit", "enwiki", 0, f"Page {n}", "x", bot=False, minor=False, delta=1)
        for n, t in enumerate(times)
    ]
    short = {"day": lambda: day, "EDITS": len(day), "BEGIN": 100.0, "END": 100.0 + times[-1]}
    for name, value in short.items():
        monkeypatch.setattr(recorded, name, value)


@pytest.fixture
def short_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten edits, of which two come at once, in 9 of the day's seconds."""
    replace_day(monkeypatch, 0, 1, 2, 3, 4, 5, 6, 6, 8, 9)


class Replay:
    def __init__(self, speed: float) -> None:
        self.edits: list[Edit] = []
        self.times: list[float] = []
        self.pause = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=recorded.replay, args=(self._take, self._stop, speed))

    def _take(self, edit: Edit) -> None:
        self.edits.append(edit)
        self.times.append(time.monotonic())
        pause, self.pause = self.pause, 0.0
        time.sleep(pause)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.mark.usefixtures("short_day")
def test_it_comes_in_order_and_loops_with_new_ids() -> None:
    with Replay(speed=10) as replay:
        eventually(lambda: len(replay.edits) >= 25)
    edits = replay.edits[:25]
    assert [edit.title for edit in edits] == [f"Page {n % 10}" for n in range(25)]
    assert all(a.id < b.id and a.edited_at <= b.edited_at for a, b in pairwise(edits))
    assert min(edit.id for edit in edits) >= RECORDED_IDS
    assert max(edit.id for edit in edits) < 2**53


@pytest.mark.usefixtures("short_day")
def test_two_replays_share_no_id() -> None:
    with Replay(speed=10) as one:
        eventually(lambda: len(one.edits) >= 20)
    with Replay(speed=10) as two:
        eventually(lambda: len(two.edits) >= 20)
    assert not {edit.id for edit in one.edits} & {edit.id for edit in two.edits}


@pytest.mark.usefixtures("short_day")
def test_it_keeps_the_rhythm_of_the_day() -> None:
    with Replay(speed=0.5) as replay:
        eventually(lambda: len(replay.edits) >= 10)
    unit = 10 / 9 / recorded.RATE / 0.5
    began = replay.times[0]
    for arrived, due in zip(replay.times, (0, 1, 2, 3, 4, 5, 6, 6, 8, 9), strict=False):
        assert arrived - began >= due * unit - 0.02


def test_after_a_sleep_there_is_no_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_day(monkeypatch, *range(500))
    replay = Replay(speed=2)
    replay.pause = 2.5
    with replay:
        eventually(lambda: len(replay.edits) >= 62)
    after_sleep = replay.times[1:62]
    assert after_sleep[0] - replay.times[0] >= 2.5
    assert after_sleep[-1] - after_sleep[0] > 0.8 * 60 / (recorded.RATE * 2)
