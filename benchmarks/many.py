"""1, 10 and 50 views in one kernel, while nothing changes: threads and CPU."""

from __future__ import annotations

import time
from collections.abc import Iterable

from benchmarks import processes
from benchmarks.figures import Figure
from benchmarks.harness import Bench

SETUP = """
DROP TABLE IF EXISTS bench_many CASCADE;
CREATE TABLE bench_many (part int, name text, number int);
INSERT INTO bench_many SELECT n % 50, 'name ' || n::text, n FROM generate_series(0, 499) AS i (n)
"""
BARE = """
# pandas has threads of its own, and pyzmq from the first message on that is large
import ipywidgets, pandas
display({"application/x-large": "x" * 100_000}, raw=True)
floors = [in_kernel.Floor() for _ in range(50)]
ipywidgets.VBox(floors)
"""
VIEWS = """
views = [mzwidget.LiveView(f"SELECT name, number FROM bench_many WHERE part = {{part}}") for part in range({count})]
ipywidgets.VBox(views)
"""


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    seconds = bench.pick(5, 10)
    with bench.database() as connection:
        for statement in SETUP.split(";"):
            connection.execute(statement)
    for count in (1, 10, 50):
        yield from _one(bench, count, seconds)


def _one(bench: Bench, count: int, seconds: float) -> Iterable[Figure]:
    what = f"{count} {'view' if count == 1 else 'views'}"
    with bench.notebook(BARE, VIEWS.format(count=count)) as notebook:
        kernel = notebook.kernel
        notebook.run_cell(1)
        notebook.page.locator(".floor").last.wait_for()
        notebook.page.wait_for_timeout(3000)
        before = set(processes.usage(kernel.pid).threads)
        memory = kernel.memory()
        began = processes.usage(kernel.pid), bench.page_usage()
        time.sleep(seconds)
        bare = [
            processes.share(*of) for of in zip(began, (processes.usage(kernel.pid), bench.page_usage()), strict=True)
        ]

        notebook.run_cell(2)
        notebook.page.locator(".mzw").nth(count - 1).wait_for(state="attached")
        kernel.run("for view in views: view.wait(60)")
        notebook.show()
        notebook.page.wait_for_timeout(5000)
        threads = set(processes.usage(kernel.pid).threads) - before
        counters = notebook.counters()["messages"]
        began = processes.usage(kernel.pid), bench.page_usage()
        time.sleep(seconds)
        idle = [
            processes.share(*of) for of in zip(began, (processes.usage(kernel.pid), bench.page_usage()), strict=True)
        ]
        messages = (notebook.counters()["messages"] - counters) / seconds
        aim = 2 if count == 50 else None
        yield Figure(f"{what}, threads more", len(threads), "", at_most=aim)
        yield Figure(f"{what}, kernel idle", idle[0], "% of a core", floor=bare[0], at_most=aim)
        yield Figure(f"{what}, page idle", idle[1], "% of a core", floor=bare[1])
        yield Figure(f"{what}, messages idle", messages, "/s")
        yield Figure(f"{what}, kernel's memory", kernel.memory() - memory, "MB")
