"""Threads that wait for the answer to a view's newest question."""

from __future__ import annotations

import math
import time

from mzwidget.page.questions import Standby
from mzwidget.page.view import View
from mzwidget.tail.status import refusal


def deadline_of(timeout: float | None) -> float | None:
    """Return when `timeout` seconds are over, by the monotonic clock; None for never.

    Raises
    ------
    TypeError
        This is no number of seconds.
    """
    if timeout is None:
        return None
    if not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds, or None to wait for ever, not {timeout!r:.60}")
    return time.monotonic() + timeout


def wait(view: View, name: str, timeout: float | None, *, fresh: bool = False) -> None:
    """Block until there is a snapshot of the newest question, and it is shown; errors are those of `Tail.wait`.

    Parameters
    ----------
    view : View
    name : str
        What errors call the view.
    timeout : float or None
        Seconds; None waits for ever.
    fresh : bool
        As for `Tail.wait`.
    """
    questions = view.questions
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    tried: tuple[Standby | None, int] = None, 0
    while questions.pending and not questions.closed:
        status, asked = questions.status(), questions.asked
        if asked is not None and asked is not tried[0]:
            tried = asked, asked.tail.attempts
            asked.tail.wake(hurry=True)
        refused = status is not None and status.state in ("failed", "reconnecting")
        if status is not None and refused and (asked is None or asked.tail.attempts > tried[1]):
            raise refusal(name, status)
        left = deadline - time.monotonic()
        if left <= 0:
            said = f" ({status.message})" if status is not None and status.message else ""
            raise TimeoutError(f"{name}: no answer to the new question after {timeout:g} s{said}")
        with view.progress:
            # In steps, so that an interrupt gets through on every platform.
            view.progress.wait(min(left, 0.05))
    view.tail.wait(None if timeout is None else max(deadline - time.monotonic(), 0.0), fresh=fresh)
