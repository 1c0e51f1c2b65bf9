"""From a parameter to the screen: a top 10 over 100,000 rows, asked again and again with other parameters."""

from __future__ import annotations

import time
from collections.abc import Iterable

from benchmarks import edits
from benchmarks.edits import EVERY
from benchmarks.figures import Figure, latencies, quantile
from benchmarks.harness import Bench, Mark

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
        edits.make(connection, "bench_asked")
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
        asked = ({"least": number % 500, "number": number} for number in range(moves))
        floor = [edits.milliseconds(connection, QUERY, params) for params in asked]
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
