"""From a commit to the screen: a top-10 over 10,000 rows, beside the bare floor; idle and busy kernel."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.figures import Figure, latencies
from benchmarks.harness import Bench, Mark, Notebook, first_after

QUERY = "bench_top10"
SETUP = """
DROP TABLE IF EXISTS bench_edits CASCADE;
CREATE TABLE bench_edits (editor text, edits int);
CREATE VIEW bench_top10 AS
    SELECT editor, sum(edits) AS edits FROM bench_edits GROUP BY editor ORDER BY edits DESC, editor LIMIT 10
"""
ROWS, EDITORS = 10_000, 500
EVERY = (0.11, 0.19)
"""Seconds between two changes: each finds the pace at rest, while bars still glide; none keeps step with frames."""
REST = (0.6, 0.8)
"""Seconds between two changes of which each finds all at rest."""
BLOCK = 25
"""Changes in a row of one kind."""
FLOWING = (0.01, 0.03)
READ = """(root) => {
    const clock = root.querySelector("[data-label=clock]")?.dataset.value;
    return clock === undefined ? undefined : [Number(root.dataset.time), Number(clock)];
}"""
CELLS = (
    "floor = in_kernel.Floor(); floor",
    f"closings = in_kernel.Closings('{QUERY}'); view = mzwidget.LiveView('{QUERY}'); view",
)


Shown = list[tuple[float, Mark]]


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's number, and the seconds since the epoch when it was sent off and when it was said to be done."""

    number: int
    sent: float
    done: float


class Commits:
    """Changes the top 10, one commit at a time, each with its number in the bar `clock`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        for statement in SETUP.split(";"):
            connection.execute(statement)
        with connection.cursor().copy("COPY bench_edits FROM STDIN") as copy:
            for number in range(ROWS - 1):
                copy.write_row((f"editor {number % EDITORS}", 1 + number % 7))
            copy.write_row(("clock", 1_000_000))
        self.count = 1_000_000

    def many(self, count: int, every: tuple[float, float]) -> list[Commit]:
        """Commit many times, a random time apart."""
        made = []
        for _ in range(count):
            time.sleep(random.uniform(*every))
            self.count += 1
            other = f"editor {random.randrange(20)}"
            sent = time.time()
            self._connection.execute(
                "INSERT INTO bench_edits VALUES ('clock', 1), (%s, %s)", (other, random.randint(1, 30))
            )
            made.append(Commit(self.count, sent, time.time()))
        return made


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    blocks = int(bench.pick(2, 8))
    with bench.database() as connection, bench.notebook(*CELLS) as notebook:
        commits = Commits(connection)
        notebook.run_cell(1)
        notebook.run_cell(2)
        notebook.show()
        notebook.page.locator(".mzw [data-label=clock]").wait_for()
        notebook.watch("floor", ".floor", "(root) => Number(root.textContent)")
        notebook.watch("view", ".mzw", READ)
        commits.many(20, EVERY)
        yield from _single(notebook, commits, blocks, "idle", EVERY, busy=False)
        yield from _single(notebook, commits, blocks, "busy", EVERY, busy=True)
        yield from _single(notebook, commits, max(1, blocks // 4), "idle, all at rest", REST, busy=False)
        yield from _flow(notebook, commits, bench.pick(4, 15), busy=False)
        yield from _flow(notebook, commits, bench.pick(4, 15), busy=True)
        yield Figure("uncertainty of the clocks", notebook.uncertainty)


def _single(
    notebook: Notebook, commits: Commits, blocks: int, when: str, every: tuple[float, float], *, busy: bool
) -> Iterable[Figure]:
    """Measure changes that come alone, of the floor and of the view in turn."""
    floor: Shown = []
    closed: Shown = []
    done: Shown = []
    sent: Shown = []
    length = BLOCK * sum(every) / 2 + 1
    for _ in range(blocks):
        notebook.marks("floor")
        notebook.kernel.run(f"floor.run({BLOCK}, {every})")
        if busy:
            notebook.busy(length)
        time.sleep(length)
        floor += first_after(notebook.kernel.value("floor.sent"), notebook.marks("floor"))

        notebook.marks("view")
        notebook.kernel.value("closings.take()")
        if busy:
            notebook.busy(length)
        made = commits.many(BLOCK, every)
        time.sleep(1)
        marks = notebook.marks("view")
        closed += first_after(notebook.kernel.value("closings.take()"), _by(marks, 0))
        done += first_after([(of.number, of.done) for of in made], _by(marks, 1))
        sent += first_after([(of.number, of.sent) for of in made], _by(marks, 1))

    floor_dom, floor_painted = _to_dom(floor), _to_painted(floor)
    yield from latencies(f"closed in the kernel → DOM, {when}", _to_dom(closed), floor_dom, ratio_at_most={50: 1.5})
    yield from latencies(
        f"… of which arrived in the page → DOM, {when}", [1000 * (mark.dom - mark.arrived) for _, mark in closed]
    )
    yield from latencies(f"closed in the kernel → painted, {when}", _to_painted(closed), floor_painted)
    aims = {50: 60.0} if busy else {50: 20.0, 99: 80.0}
    yield from latencies(f"committed → painted, {when}", _to_painted(done), floor_painted, at_most=aims)
    yield from latencies(f"INSERT sent → painted, {when}", _to_painted(sent), floor_painted)
    yield Figure(f"changes shown, {when}", 100 * len(done) / (blocks * BLOCK), "%", at_least=100)


def _flow(notebook: Notebook, commits: Commits, seconds: float, *, busy: bool) -> Iterable[Figure]:
    """Measure paintings while changes flow."""
    when = "busy" if busy else "idle"
    if busy:
        notebook.busy(seconds + 1)
    notebook.marks("view")
    end = time.time() + seconds
    made: list[Commit] = []
    while time.time() < end:
        made += commits.many(1, FLOWING)
    marks = notebook.marks("view")
    gaps = [1000 * (b.painted - a.painted) for a, b in itertools.pairwise(marks)]
    shown = first_after([(of.number, of.done) for of in made], _by(marks, 1))
    yield Figure(f"commits while they flow, {when}", len(made) / seconds, "/s")
    yield Figure(f"paints while they flow, {when}", len(marks) / seconds, "/s", at_least=10)
    yield Figure(f"longest gap between paints, {when}", max(gaps, default=float("nan")))
    yield from latencies(f"committed → painted while they flow, {when}", _to_painted(shown))


def _by(marks: Iterable[Mark], which: int) -> list[Mark]:
    """Keep one of the two numbers that were read: the timestamp (0) or the clock (1)."""
    return [mark._replace(reading=mark.reading[which]) for mark in marks]


def _to_dom(events: Iterable[tuple[float, Mark]]) -> list[float]:
    return [1000 * (mark.dom - at) for at, mark in events]


def _to_painted(events: Iterable[tuple[float, Mark]]) -> list[float]:
    return [1000 * (mark.painted - at) for at, mark in events]
