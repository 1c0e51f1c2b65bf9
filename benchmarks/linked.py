"""From a click on a bar to the linked view on the screen: sums over 100,000 rows, narrowed to one editor."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable

from benchmarks import edits
from benchmarks.edits import EVERY
from benchmarks.figures import Figure, latencies
from benchmarks.harness import Bench

QUERY = "SELECT editor, sum(size) AS size FROM bench_linked GROUP BY editor"
TOP = "SELECT editor, count(*) AS edits FROM bench_linked GROUP BY editor"
CELLS = (
    f"target = mzwidget.LiveView({QUERY!r}, title='target'); target",
    f"top = mzwidget.LiveView({TOP!r}, title='top'); link = mzwidget.link(top, target, on='editor'); top",
)
CLICK = """(i) => {
    const bars = [...document.querySelectorAll(".mzw")].at(-1).querySelectorAll(".mzw-row[data-label]");
    const at = performance.now();
    bars[i].dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
    bars[i].dispatchEvent(new MouseEvent("click", { bubbles: true }));
    return [bars[i].dataset.label, at];
}"""
READ = """(root) => {
    const bars = root.querySelectorAll(".mzw-row[data-label]");
    return bars.length === 1 ? bars[0].dataset.label : undefined;
}"""


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    clicks = int(bench.pick(30, 150))
    with bench.database() as connection, bench.notebook(*CELLS) as notebook:
        edits.make(connection, "bench_linked")
        notebook.run_cell(1)
        notebook.page.locator(".mzw").first.wait_for()
        notebook.watch("target", ".mzw", READ)
        notebook.run_cell(2)
        notebook.page.locator(".mzw").nth(1).locator(".mzw-row[data-label]").nth(19).wait_for()
        found: list[float] = []
        floor: list[float] = []
        missed = 0
        for number in range(clicks + 5):
            label, at = notebook.page.evaluate(CLICK, number % 20)
            time.sleep(random.uniform(*EVERY))
            shown = [mark for mark in notebook.marks("target") if mark.reading == label]
            if number < 5:
                continue
            missed += not shown
            found += [1000 * (shown[0].painted - notebook.seconds(at))] if shown else []
            floor.append(edits.milliseconds(connection, f"SELECT * FROM ({QUERY}) WHERE editor = %s", (label,)))
        yield from latencies("a click → the linked view painted (floor: SELECT)", found, floor, at_most={50: 120})
        yield Figure("… clicks whose view was not there before the next", missed, "")
        yield Figure("uncertainty of the clocks", notebook.uncertainty)
