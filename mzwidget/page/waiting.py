"""Threads that wait for the answer to a view's newest question."""

from __future__ import annotations

from mzwidget.deadline import Deadline
from mzwidget.page.questions import Standby
from mzwidget.page.view import View
from mzwidget.tail.status import refusal


def wait(view: View, name: str, deadline: Deadline, *, fresh: bool = False) -> None:
    """Block until there is a snapshot of the newest question, and it is shown; errors are those of `Tail.wait`.

    Parameters
    ----------
    view : View
    name : str
        What errors call the view.
    deadline : Deadline
    fresh : bool
        As for `Tail.wait`.
    """
    questions = view.questions
    tried: tuple[Standby | None, int] = None, 0
    while questions.pending and not questions.closed:
        status, asked = questions.status(), questions.asked
        if asked is not None and asked is not tried[0]:
            tried = asked, asked.tail.attempts
            asked.tail.wake(retry=True)
        refused = status is not None and status.state in ("failed", "reconnecting")
        if status is not None and refused and (asked is None or asked.tail.attempts > tried[1]):
            raise refusal(name, status)
        if deadline.over:
            said = f" ({status.message})" if status is not None and status.message else ""
            raise TimeoutError(f"{name}: no answer to the new question after {deadline.timeout:g} s{said}")
        with view.progress:
            deadline.await_news(view.progress)
    view.tail.wait(deadline, fresh=fresh)
