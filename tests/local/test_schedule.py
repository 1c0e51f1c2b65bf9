"""When a maintained query is evaluated, as a function of what is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mzwidget.local.engine.schedule import Evaluate, Progress, Situation, Wait, next_step

CALM = Situation(
    now=1000, wall=1000, frontier=1001, commit=900, wakeup=None, stop=None, patience=1.0, hurry=False, others=False
)

times = st.integers(0, 5000)
situations = st.builds(
    Situation,
    now=times,
    wall=times,
    frontier=times,
    commit=times,
    wakeup=st.none() | times,
    stop=st.none() | times,
    patience=st.floats(-1, 1),
    hurry=st.booleans(),
    others=st.booleans(),
)


def test_what_is_done_when() -> None:
    assert next_step(CALM) == Wait(1.0)
    assert next_step(replace(CALM, others=True)) == Wait(0.02)
    assert next_step(replace(CALM, wakeup=1500)) == Wait(0.5)
    assert next_step(replace(CALM, now=1100, patience=-0.1)) == Progress()
    assert next_step(replace(CALM, now=1100, hurry=True)) == Progress()
    assert next_step(replace(CALM, now=1100, commit=1050)) == Evaluate(1050)
    assert next_step(replace(CALM, now=1100, commit=1050, wakeup=1040)) == Evaluate(1040)
    assert next_step(replace(CALM, now=1200, wakeup=1050)) == Evaluate(1200), "late wake-ups are one"
    assert next_step(replace(CALM, now=1199, stop=1200)) == Progress(), "the end is told at once"


@given(situations)
def test_what_always_holds(at: Situation) -> None:
    match next_step(at):
        case Evaluate(time=moment):
            assert moment <= at.now, "nothing is evaluated at a time that is not complete"
            assert at.commit >= at.frontier or (at.wakeup is not None and at.wakeup <= at.now)
        case Progress():
            assert at.now >= at.frontier, "progress never goes back"
        case Wait(seconds=seconds):
            assert seconds > 0
            assert seconds <= max(at.patience, 0.001)
