"""The judge: what a real Materialize answered to thousands of statements, asked again."""

from __future__ import annotations

import collections
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.local.recorded import AREAS, STREAMED, sessions
from tests.local.replay import DEFECTS, PROPERTY, replay
from tests.local.replay_stream import replay_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.local.recorded import Record

Judged = list[tuple[str, str, str]]

_WORKERS = 2


@pytest.fixture(scope="module")
def engines(engine_dsn: str) -> Iterator[list[str]]:
    """Return DSNs to ask at the same time, each of an engine that nobody else uses."""
    if os.environ.get("MZWIDGET_TEST_MATERIALIZE"):
        yield [engine_dsn]
        return
    command = [sys.executable, "-m", "mzwidget.local"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(_WORKERS + 1)]
    try:
        yield [engine.stdout.readline().strip() for engine in running if engine.stdout]
    finally:
        for engine in running:
            engine.terminate()
            engine.communicate()


@pytest.fixture(scope="module", autouse=True)
def streams(engines: list[str], request: pytest.FixtureRequest) -> Iterator[list[Future[Judged]]]:
    """Play the subscriptions, which mostly wait, while the other areas are asked."""
    if not any(getattr(item, "callspec", None) and STREAMED in item.name for item in request.session.items):
        yield []
        return
    with ThreadPoolExecutor(40) as pool:
        yield [pool.submit(replay_stream, engines[-1], records) for records in sessions(STREAMED).values()]


@pytest.mark.parametrize("area", sorted(AREAS, key=lambda area: area == STREAMED))
def test_answers_as_materialize_does(
    area: str,
    engines: list[str],
    streams: list[Future[Judged]],
    record_property: Callable[[str, object], None],
) -> None:
    if area == STREAMED:
        judged = [answer for stream in streams for answer in stream.result()]
    else:
        judged = _asked(engines[:_WORKERS], list(sessions(area).values()))
    record_property(PROPERTY, (area, [(kind, why) for kind, _, why in judged]))
    for kind, statement, why in judged:
        if kind != "same":
            print(f"[{kind}] {statement}\n      {why}")
    defects = [kind for kind, _, _ in judged if kind in DEFECTS]
    assert not defects, dict(collections.Counter(defects))


def _asked(engines: list[str], questions: list[list[Record]]) -> Judged:
    """Ask sessions, one at a time on each engine: some list all schemas."""
    waiting = iter(questions)

    def work(dsn: str) -> Judged:
        return [answer for records in waiting for answer in replay(dsn, records)]

    with ThreadPoolExecutor(len(engines)) as pool:
        return [answer for part in pool.map(work, engines) for answer in part]
