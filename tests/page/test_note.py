"""A label that is asked for."""

from __future__ import annotations

import threading
from typing import Any

from mzwidget.page.note import Note


def test_nobody_is_asked_anew_before_the_answer_is_kept() -> None:
    """Else an answer that is slow to be kept takes the place of a newer one."""
    asked: list[int] = []
    asking: list[int] = []
    may_end, told = threading.Event(), threading.Event()

    def ask() -> str:
        asked.append(1)
        if len(asked) > 1:
            may_end.wait(30)
        return str(len(asked))

    class Watched(Note):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "text" and asked:
                self.refresh(told.set)
                asking.append(sum(of.name == "mzwidget note" for of in threading.enumerate()))
            super().__setattr__(name, value)

    note = Watched(ask)
    note.refresh(told.set)
    assert told.wait(30)
    may_end.set()
    assert asking == [1]
    assert note.text == "1"
