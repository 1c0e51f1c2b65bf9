"""The engine's time: what must hold whatever the machine's clock does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.local.engine.clock import Clock

SECOND = 1_000_000_000

steps = st.lists(
    st.tuples(
        st.sampled_from(["read", "write"]),
        st.integers(0, 3 * SECOND),  # time that passes
        st.sampled_from([0, 0, 0, -3600 * SECOND, -SECOND, SECOND, 3600 * SECOND]),  # the clock is set
    ),
    max_size=40,
)


@given(steps)
def test_nothing_is_written_at_a_time_that_was_read(steps: list[tuple[str, int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        steady, wall = 5 * SECOND, 1_700_000_000 * SECOND
        patch.setattr(time, "monotonic_ns", lambda: steady)
        patch.setattr(time, "time_ns", lambda: wall)
        clock = Clock()
        told = written = 0
        for kind, passed, step in steps:
            steady, wall = steady + passed, wall + passed + step
            before = clock.wall()
            if kind == "read":
                now = clock.read()
                assert now >= max(told, written), "reads never go back, and see every commit"
                told = now
            else:
                timestamp = clock.begin_write()
                assert timestamp > max(told, written)
                during = clock.read()
                assert told <= during < timestamp, "a write under way is not seen"
                clock.end_write()
                told, written = max(told, during), timestamp
            steady, wall = steady + SECOND, wall + SECOND
            assert clock.wall() >= before + 1000, "time goes on"
