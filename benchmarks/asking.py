"""From a parameter to the screen: a top 10 over 100,000 rows, asked again and again with other parameters."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import psycopg

from benchmarks.figures import Figure, latencies, quantile
from benchmarks.harness import Bench, Mark

ROWS, EDITORS = 100_000, 500
EVERY = (0.4, 0.7)
"""Seconds between two moves: each finds all at rest."""
SETUP = f"""
DROP TABLE IF EXISTS bench_asked;
CREATE TABLE bench_asked (editor text, size int);
INSERT INTO bench_asked
    SELECT 'editor ' || (n % {EDITORS})::text, n * 7919 % 1000 FROM generate_series(1, {ROWS}) AS i (n)
"""
QUERY = """
WITH top AS (
    SELECT editor, count(*) AS edits FROM bench_asked WHERE size >= %(least)s
    GROUP BY editor ORDER BY edits DESC, editor LIMIT 9
)
SELECT editor, edits FROM top UNION ALL SELECT 'asked', %(number)s
"""
PARAMS = {"least": 0, "number": 1_000_000}
CELL = f"view = mzwidget.LiveView({QUERY!r}, params={PARAMS!r}); moves = in_kernel.Moves(view); view"
READ = """(root) => {
    const asked = root.querySelector("[data-label=asked]")?.dataset.value;
    return asked === undefined ? undefined : Number(asked);
}"""


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    moves = int(bench.pick(30, 150))
    with bench.database() as connection, bench.notebook(CELL) as notebook:
        for statement in SETUP.split(";"):
            connection.execute(statement)
        notebook.run_cell(1)
        notebook.show()
        notebook.page.locator(".mzw [data-label=asked]").wait_for()
        notebook.watch("view", ".mzw", READ)
        notebook.kernel.run(f"moves.run(5, {EVERY})")
        time.sleep(10 * EVERY[1])
        notebook.marks("view")
        notebook.kernel.run(f"moves.run({moves}, {EVERY})")
        time.sleep(moves * 4 / 3 * EVERY[1] + 2)
        marks = notebook.marks("view")
        floor = [_select(connection, number) for number in range(moves)]
        new = [1000 * (mark.painted - at) for at, mark in _first(notebook.kernel.value("moves.sent"), marks)]
        back = [1000 * (mark.painted - at) for at, mark in _first(notebook.kernel.value("moves.back"), marks)]
        yield from latencies("a parameter → first picture painted (floor: SELECT)", new, floor, at_most={50: 120})
        yield Figure("… back to the question just left, p50", quantile(back, 0.5))
        yield Figure("… questions that were never shown", moves - len(new), "")
        yield Figure("uncertainty of the clocks", notebook.uncertainty)


def _first(sent: list[tuple[int, float]], marks: list[Mark]) -> list[tuple[float, Mark]]:
    """Find what showed each number first, after it was asked for."""
    found = []
    for number, at in sent:
        mark = next((mark for mark in marks if mark.reading == number and mark.painted > at), None)
        if mark is not None:
            found.append((at, mark))
    return found


def _select(connection: psycopg.Connection[Any], number: int) -> float:
    """Return the milliseconds that the query takes by itself."""
    began = time.monotonic()
    connection.execute(QUERY, {"least": number % 500, "number": number}).fetchall()
    return 1000 * (time.monotonic() - began)
