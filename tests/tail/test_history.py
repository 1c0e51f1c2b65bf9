"""What a number was is told only as far as it is known."""

from __future__ import annotations

from mzwidget.tail.history import UNKNOWN, History


def changed(past: History, time: int, before: str | None, after: str | None, known_until: int | None = None) -> None:
    rows = {(value,): diff for value, diff in ((before, -1), (after, 1)) if value is not None}
    past.add(time, rows, known_until)


def test_values_begin_with_what_was_there_at_first() -> None:
    past = History(seconds=300)
    past.begin(1_000)
    assert past.values(0) == []
    changed(past, 3_000, "5", "6")
    changed(past, 4_000, "6", None)
    changed(past, 5_000, None, "7")
    assert past.values(0) == [(1_000, "5"), (3_000, "6"), (4_000, None), (5_000, "7")]
    changed(past, 303_500, "7", "8")
    assert past.values(0) == [(3_000, "6"), (4_000, None), (5_000, "7"), (303_500, "8")]


def test_values_begin_after_what_nobody_knows() -> None:
    past = History(seconds=300)
    past.begin(1_000)
    changed(past, 2_000, "1", "2")
    changed(past, 20_000, "2", "30", known_until=20_000 - UNKNOWN)
    assert past.values(0) == [(1_000, "1"), (2_000, "2"), (20_000, "30")]
    changed(past, 40_000, "30", "40", known_until=40_000 - UNKNOWN - 1)
    assert past.values(0) == [(40_000, "40")]
    assert past.leapt
    changed(past, 41_000, "40", "41")
    assert past.values(0) == [(40_000, "40"), (41_000, "41")]
    assert not past.leapt
