"""Markers among regular commits: from INSERT to DOM, beside the bare floor and Altair's JupyterChart; idle and busy.

Regular changes come ten times a second, markers as chance will have it: so each finds the view at another moment of its
pace, as changes do in life.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from benchmarks.figures import Figure, latencies, quantile
from benchmarks.harness import Bench, Mark, Notebook, first_after
from benchmarks.latency import QUERY, READ, SETUP

REGULAR = 0.1
"""Seconds between two regular changes."""
MEAN = 0.15
"""Seconds between two markers, on average."""
RATES = (10, 16, 25, 40, 100)
"""Commits a second."""
LEAD = 3.0
"""Seconds of them before they count."""
CELLS = (
    "floor = in_kernel.Floor(); floor",
    "chart = in_kernel.Chart(); chart.widget",
    f"closings = in_kernel.Closings('{QUERY}'); view = mzwidget.LiveView('{QUERY}'); view",
)
CHART = ".jp-CodeCell:has(.vega-embed) .jp-OutputArea"

Shown = list[tuple[float, Mark]]


@dataclass
class Commits:
    """Commits of one connection, each with a number that grows: of a bar, if it has a name.

    Attributes
    ----------
    sent, done : list of (number, seconds since the epoch)
        When each was sent off, and when it was said to be done.
    """

    connection: psycopg.Connection[Any]
    label: str
    number: int
    sent: list[tuple[float, float]] = field(default_factory=list)
    done: list[tuple[float, float]] = field(default_factory=list)

    def run(self, pauses: Iterator[float], seconds: float) -> None:
        """Commit after each pause, counted from the commit before it was due."""
        due = time.monotonic()
        end = due + seconds
        self.sent, self.done = [], []
        for pause in pauses:
            due += pause
            if due > end:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            self.number += 1
            self.sent.append((self.number, time.time()))
            self.connection.execute("INSERT INTO bench_edits VALUES (%s, 1)", (self.label,))
            self.done.append((self.number, time.time()))


def run(bench: Bench) -> Iterable[Figure]:
    """Measure markers."""
    seconds = bench.pick(10, 60)
    with bench.database() as one, bench.database() as other, bench.notebook(*CELLS) as notebook:
        markers, regular = _prepare(notebook, one, other)
        for busy in (False, True):
            yield from _markers(notebook, markers, regular, seconds, busy=busy)
        yield Figure("uncertainty of the clocks", notebook.uncertainty)


def run_rates(bench: Bench) -> Iterable[Figure]:
    """Measure what becomes of 10 to 100 commits a second."""
    seconds = bench.pick(5, 20)
    with bench.database() as one, bench.database() as other, bench.notebook(*CELLS) as notebook:
        markers, _ = _prepare(notebook, one, other)
        for rate in RATES:
            yield from _rate(notebook, markers, rate, seconds)


def _prepare(
    notebook: Notebook, one: psycopg.Connection[Any], other: psycopg.Connection[Any]
) -> tuple[Commits, Commits]:
    for statement in SETUP.split(";"):
        one.execute(statement)
    one.execute("INSERT INTO bench_edits SELECT 'editor ' || n::text, 1000 - n FROM generate_series(1, 20) AS i (n)")
    one.execute("INSERT INTO bench_edits VALUES ('clock', 1000000)")
    for cell in range(1, len(CELLS) + 1):
        notebook.run_cell(cell)
    notebook.page.locator(CHART).wait_for()
    notebook.show()
    notebook.page.locator(".mzw [data-label=clock]").wait_for()
    notebook.watch("floor", ".floor", "(root) => Number(root.textContent)")
    notebook.watch("chart", CHART, "(root) => Number(root.querySelector('.role-title-text text')?.textContent ?? 0)")
    notebook.watch("view", ".mzw", READ)
    return Commits(one, "clock", 1_000_000), Commits(other, "editor 1", 0)


def _markers(notebook: Notebook, markers: Commits, regular: Commits, seconds: float, *, busy: bool) -> Iterable[Figure]:
    when = "busy" if busy else "idle"
    floor = _of_kernel(notebook, "floor", seconds, busy=busy)
    chart = _of_kernel(notebook, "chart", seconds, busy=busy)
    notebook.marks("view")
    notebook.kernel.value("closings.take()")
    if busy:
        notebook.busy(seconds + 1)
    ticking = threading.Thread(target=regular.run, args=(itertools.repeat(REGULAR), seconds))
    ticking.start()
    markers.run(_by_chance(), seconds)
    ticking.join()
    time.sleep(2)
    marks = notebook.marks("view")
    by_time, by_number = ([mark._replace(reading=mark.reading[which]) for mark in marks] for which in (0, 1))
    closings = first_after(notebook.kernel.value("closings.take()"), by_time)
    closed = _to_dom(closings)
    shown = _to_dom(first_after(markers.sent, by_number))
    yield from latencies(f"JupyterChart, assigned → DOM, {when}", chart, floor)
    yield from latencies(f"marker, INSERT sent → DOM, {when}", shown, floor, ratio_at_most={50: 2.5, 99: 3.0})
    yield from latencies(f"marker, committed → DOM, {when}", _to_dom(first_after(markers.done, by_number)), floor)
    yield from latencies(f"closed in the kernel → DOM, {when}", closed, floor, ratio_at_most={50: 1.5})
    yield from latencies(
        f"… of which arrived in the page → DOM, {when}", [1000 * (mark.dom - mark.arrived) for _, mark in closings]
    )
    yield Figure(f"markers shown, {when}", 100 * len(shown) / len(markers.sent), "%", at_least=100)


def _rate(notebook: Notebook, commits: Commits, rate: int, seconds: float) -> Iterable[Figure]:
    commits.run(itertools.repeat(1 / rate), LEAD)  # until what may go at once has gone
    notebook.marks("view")
    before = notebook.kernel.value("view.stats.messages")
    commits.run(itertools.repeat(1 / rate), seconds)
    time.sleep(1)
    sent = notebook.kernel.value("view.stats.messages") - before
    marks = [mark._replace(reading=mark.reading[1]) for mark in notebook.marks("view")]
    lags = _to_dom(first_after(commits.done, marks))
    when = f"{rate} commits/s"
    yield Figure(f"{when}: commits made", len(commits.done) / seconds, "/s")
    yield Figure(f"{when}: messages", sent / seconds, "/s", at_most=21)
    yield Figure(f"{when}: committed → DOM, p50", quantile(lags, 0.5))
    yield Figure(f"{when}: committed → DOM, p99", quantile(lags, 0.99))


def _of_kernel(notebook: Notebook, name: str, seconds: float, *, busy: bool) -> list[float]:
    """Measure a widget that shows in the kernel's own time what it is assigned: regular numbers, and markers."""
    notebook.marks(name)
    notebook.kernel.run(f"{name}.markers.run({seconds}, {REGULAR}, {MEAN})")
    if busy:
        notebook.busy(seconds + 1)
    time.sleep(seconds + 2)
    return _to_dom(first_after(notebook.kernel.value(f"{name}.markers.sent"), notebook.marks(name)))


def _by_chance() -> Iterator[float]:
    while True:
        yield random.expovariate(1 / MEAN)


def _to_dom(events: Iterable[tuple[float, Mark]]) -> list[float]:
    return [1000 * (mark.dom - at) for at, mark in events]
