"""Vega-Lite charts are drawn apart: nobody waits for them but the one who asks, and nothing is left of the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from mzwidget.charts.renderer import Renderer
from tests.machine import eventually

pytest.importorskip("vl_convert")


def chart(word: str) -> dict[str, Any]:
    return {"mark": "bar", "title": word, "data": {"values": [{"n": 1}]}, "encoding": {"x": {"field": "n"}}}


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = Renderer()
    yield made
    made._stop()


def test_other_threads_go_on_while_the_first_chart_is_drawn(renderer: Renderer) -> None:
    turns, drawn = 0, threading.Event()

    def other() -> None:
        nonlocal turns
        while not drawn.wait(0.001):
            turns += 1

    thread = threading.Thread(target=other)
    thread.start()
    try:
        svg = renderer.svg(chart("first"), {})
    finally:
        drawn.set()
        thread.join()
    assert svg
    assert turns > 50


def while_it_draws(renderer: Renderer, act: Callable[[], object]) -> threading.Thread:
    """Act some time after a chart has been asked for."""

    def later() -> None:
        eventually(renderer._lock.locked)
        time.sleep(0.5)
        act()

    thread = threading.Thread(target=later)
    thread.start()
    return thread


def test_what_happens_to_the_process_does_not_reach_the_next_chart(renderer: Renderer) -> None:
    assert "one" in (renderer.svg(chart("one"), {}) or "")
    assert renderer.svg({"mark": "nonsense"}, {}) is None, "Vega-Lite has no such mark"
    assert "café & 日本" in (renderer.svg(chart("café & 日本"), {}) or "").replace("&amp;", "&")
    process = renderer._process
    assert process is not None

    os.kill(process.pid, signal.SIGSTOP)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # with that of polars a read would go on
    main = threading.main_thread().ident
    assert main is not None
    interrupt = while_it_draws(renderer, lambda: signal.pthread_kill(main, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        renderer.svg(chart("interrupted"), {})
    interrupt.join()
    assert not psutil.pid_exists(process.pid)
    assert "two" in (renderer.svg(chart("two"), {}) or "")

    process = renderer._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    killed = while_it_draws(renderer, process.kill)
    assert renderer.svg(chart("killed"), {}) is None
    killed.join()
    assert "three" in (renderer.svg(chart("three"), {}) or "")


OWNER = """
import sys, time
from mzwidget.charts.renderer import renderer
renderer.svg({"mark": "bar"}, {})
print(renderer._process.pid, flush=True)
if sys.argv[1] == "waits":
    time.sleep(600)
"""


@pytest.mark.parametrize("how", ["ends", "waits"])
def test_it_ends_with_the_one_who_asked(how: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stderr is not None
        drawing = int(owner.stdout.readline())
        if how == "waits":
            assert psutil.pid_exists(drawing)
            owner.kill()
        owner.wait()
        assert owner.stderr.read() == ""
    eventually(lambda: not psutil.pid_exists(drawing), what="the process has ended")
