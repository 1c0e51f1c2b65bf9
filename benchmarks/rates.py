"""How many changes a second a view takes: 10,000 over 500 keys to the page, 100,000 into the tail."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks import processes, stream
from benchmarks.figures import Figure, quantile
from benchmarks.flow import observe, observe_floor
from benchmarks.harness import Bench


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    seconds = bench.pick(5, 600), bench.pick(5, 30)
    with stream.running() as dsn:
        yield from _sustained(bench, dsn, *seconds)
        yield from _flood(bench, dsn, seconds[1])


def _sustained(bench: Bench, dsn: str, long: float, short: float) -> Iterable[Figure]:
    assert bench.lab.pid is not None
    with bench.notebook(
        "floor = in_kernel.Floor(); floor", "view = mzwidget.LiveView('keyed_500_10000_100', limit=10); view", dsn=dsn
    ) as notebook:
        notebook.run_cell(1)
        notebook.show(".floor")
        floor = observe_floor(bench, notebook, min(10, short))
        notebook.run_cell(2)
        notebook.show()
        notebook.page.wait_for_timeout(5000)
        heap, server = notebook.heap(), processes.resident(bench.lab.pid)
        for busy, seconds in ((False, long), (True, short)):
            when = f"10,000 changes/s for {seconds:.0f} s" + (", busy" if busy else "")
            flow = observe(bench, notebook, seconds, busy=busy)
            yield Figure(f"updates applied, {when}", flow.updates, "/s")
            yield Figure(f"mzwidget's thread, {when}", flow.thread, "% of a core", at_most=None if busy else 25)
            if not busy:
                yield Figure(f"kernel, {when}", flow.kernel, "% of a core", floor=floor.kernel)
            yield Figure(f"page, {when}", flow.page, "% of a core", floor=floor.page, at_most=25)
            yield Figure(f"deltas, {when}", flow.sent, "/s", at_most=20)
            yield Figure(f"all messages, {when}", flow.messages, "/s", floor=floor.messages)
            yield Figure(f"on the websocket, {when}", flow.bytes / 1000, "kB/s", floor=floor.bytes / 1000)
            yield Figure(f"paints, {when}", flow.paints, "/s", floor=floor.paints, at_least=10)
            yield Figure(f"lag, {when}, p50", flow.median_lag, at_most=300)
            yield Figure(f"lag, {when}, p99", quantile(flow.lag, 0.99), at_most=300)
            yield Figure(f"lag, {when}, longest", flow.longest_lag)
            yield Figure(f"longest gap between paints, {when}", flow.gap)
            yield Figure(f"kernel's memory grown, {when}", flow.kernel_growth, "MB", at_most=10)
        yield Figure("page's heap grown over all that", notebook.heap() - heap, "MB", at_most=10)
        grown = processes.resident(bench.lab.pid) - server
        yield Figure("Jupyter server's memory grown over all that", grown, "MB", at_most=10)


def _flood(bench: Bench, dsn: str, seconds: float) -> Iterable[Figure]:
    with bench.notebook("view = mzwidget.LiveView('keyed_500_100000_250', limit=10); view", dsn=dsn) as notebook:
        notebook.run_cell(1)
        notebook.show()
        notebook.page.wait_for_timeout(5000)
        flow = observe(bench, notebook, seconds)
        when = "100,000 changes/s"
        yield Figure(f"updates applied, {when}", flow.updates, "/s")
        yield Figure(f"mzwidget's thread, {when}", flow.thread, "% of a core")
        yield Figure(f"deltas, {when}", flow.sent, "/s", at_most=20)
        yield Figure(f"paints, {when}", flow.paints, "/s")
        yield Figure(f"lag, {when}, p50", flow.median_lag)
        yield Figure(f"kernel's memory grown, {when}", flow.kernel_growth, "MB", at_most=10)
