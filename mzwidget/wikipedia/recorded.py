"""The recorded day: real Wikipedia edits of 2015-09-12, replayed as if they happened now."""

from __future__ import annotations

import csv
import gzip
import re
import time
from collections import Counter
from datetime import UTC, datetime
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from mzwidget.wikipedia.rows import RECORDED_IDS, Edit, Revision

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from mzwidget.wikipedia.rows import Row

DAY = "2015-09-12"
RATE = 35.0
"""Edits per second, on average, at speed 1: about what the live stream carries."""

EDITS = 39_244
BEGIN, END = 2818.771, 86399.2
"""Seconds after midnight of the first and the last edit."""

_MOST_BEHIND = 1.0
_WITHOUT_ACCOUNT = re.compile(r"Anonymous \d{4}")


class RecordedEdit(NamedTuple):
    """One edit of the recorded day and when on that day it happened."""

    seconds: float
    kind: str
    wiki: str
    namespace: int
    title: str
    user_name: str
    bot: bool
    minor: bool
    delta: int


def day() -> Iterator[RecordedEdit]:
    """Read the recorded day from its file, edit by edit."""
    packed = resources.files("mzwidget.wikipedia").joinpath(f"data/wikipedia-{DAY}.csv.gz")
    with packed.open("rb") as file, gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        for ms, kind, wiki, namespace, title, user_name, bot, minor, delta in rows:
            yield RecordedEdit(
                seconds=int(ms) / 1000,
                kind=kind,
                wiki=wiki,
                namespace=int(namespace),
                title=title,
                user_name=user_name,
                bot=bot == "1",
                minor=minor == "1",
                delta=int(delta),
            )


def replay(emit: Callable[[Row], None], stop: threading.Event, speed: float = 1.0, *, revisions: bool = False) -> None:
    """Emit the day's edits in their order and rhythm, again and again, until `stop` is set.

    Each edit happens now and gets a new id, so that no two rows are the same, in this run or in the next.
    A replay that cannot keep up, or a machine that slept, continues from where it is: nothing comes in a burst.

    Parameters
    ----------
    emit
        Called with each edit, and with its revision.
    stop
        Ends the replay when set.
    speed
        1 replays about 35 edits a second, 2 twice as many.
    revisions
        Whether each edit has a revision too. The day's file knows nothing of editors but their edits, so `edit_count`
        is how many the editor has made on that day in that wiki, this one included.
    """
    pace = (END - BEGIN) * RATE * speed / EDITS
    ids = count(max(RECORDED_IDS, time.time_ns() // 1000))
    while True:
        began = time.monotonic()
        made: Counter[tuple[str, str]] = Counter()
        for edit in day():
            due = began + (edit.seconds - BEGIN) / pace
            wait = due - time.monotonic()
            if wait < -_MOST_BEHIND:
                began -= wait
            if stop.wait(wait) if wait > 0 else stop.is_set():
                return
            number, now = next(ids), datetime.now(UTC)
            emit(Edit(number, *edit[1:], now, number))
            if revisions:
                editor = (edit.wiki, edit.user_name)
                made[editor] += 1
                edits = None if _WITHOUT_ACCOUNT.fullmatch(edit.user_name) else made[editor]
                emit(Revision(edit.wiki, number, edits, temporary=False, edited_at=now))
