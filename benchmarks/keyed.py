"""Views of 1,000 to 100,000 rows: to the first paint, in memory, and while 1 % or 10 % of them change a second."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from benchmarks import stream
from benchmarks.figures import Figure
from benchmarks.flow import observe, observe_floor
from benchmarks.harness import Bench, Notebook

SIZES = (1_000, 10_000, 100_000)
SHARES = (1, 10)
BATCHES = 10
"""Batches a second."""

FLOOR = "shown_at = time.time(); floor = in_kernel.Floor(); floor"
VIEW = """
shown_at = time.time()
closings = in_kernel.Closings({name!r})
view = mzwidget.LiveView({name!r})
view
"""


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    seconds = bench.pick(5, 12)
    with stream.running() as dsn:
        for size in SIZES:
            for share in SHARES:
                yield from _one(bench, dsn, size, share, seconds)


def _one(bench: Bench, dsn: str, size: int, share: int, seconds: float) -> Iterable[Figure]:
    name = f"keyed_{size}_{size * share // 100}_{BATCHES}"
    what = f"{size:,} rows"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"MAKE {name}")
    with bench.notebook(FLOOR, VIEW.format(name=name), dsn=dsn) as notebook:
        floor = _first_paint(notebook, 1, ".floor")
        notebook.show(".floor")
        bare = observe_floor(bench, notebook, 5)
        heap, memory = notebook.heap(), notebook.settled()
        paint = _first_paint(notebook, 2, ".mzw [data-label]")
        notebook.show()
        notebook.page.wait_for_timeout(2000)
        if share == SHARES[0]:
            snapshot = 1000 * notebook.kernel.value("closings.snapshot - shown_at")
            yield Figure(f"{what}, cell → snapshot in the kernel", snapshot)
            yield Figure(f"{what}, cell → first paint", paint, floor=floor, at_most=1500)
            yield Figure(f"{what}, kernel's memory", notebook.settled() - memory, "MB")
            yield Figure(f"{what}, page's heap", notebook.heap() - heap, "MB")
        changing = f"{what}, {share} %/s"
        flow = observe(bench, notebook, seconds)
        yield Figure(f"{changing}, lag p50", flow.median_lag, at_most=500)
        yield Figure(f"{changing}, lag longest", flow.longest_lag)
        yield Figure(f"{changing}, mzwidget's thread", flow.thread, "% of a core")
        yield Figure(f"{changing}, kernel", flow.kernel, "% of a core", floor=bare.kernel)
        yield Figure(f"{changing}, page", flow.page, "% of a core", floor=bare.page)
        yield Figure(f"{changing}, paints", flow.paints, "/s", floor=bare.paints)
        yield Figure(f"{changing}, on the websocket", flow.bytes / 1000, "kB/s", floor=bare.bytes / 1000)


def _first_paint(notebook: Notebook, cell: int, selector: str) -> float:
    """Run a cell that shows a widget; return the milliseconds from its beginning to the widget's first painting."""
    notebook.watch("first", "body", f"() => document.querySelector({selector!r}) === null ? undefined : 1")
    notebook.run_cell(cell)
    notebook.page.locator(selector).last.wait_for()
    notebook.page.wait_for_timeout(500)
    began = float(notebook.kernel.value("shown_at"))
    return 1000 * (notebook.marks("first")[0].painted - began)
