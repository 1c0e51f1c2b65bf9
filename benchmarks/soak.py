"""A long time with churn: what grows."""

from __future__ import annotations

import time
from collections.abc import Iterable
from statistics import median

from benchmarks import processes, stream
from benchmarks.figures import Figure
from benchmarks.harness import Bench

FIRST = "view = mzwidget.LiveView('keyed_500_2000_50'); view"
CHURN = """
if 'other' in globals(): other.close()
other = mzwidget.LiveView('keyed_5000_500_10', title=f'since {time.time():.0f}')
other
"""
EVERY = 10.0
"""Seconds between two openings of the other view."""


def run(bench: Bench) -> Iterable[Figure]:
    """Measure for `bench.minutes`: the first fifth warms up, the second is compared with the last."""
    samples: dict[str, list[float]] = {"kernel": [], "server": [], "page": []}
    assert bench.lab.pid is not None
    with stream.running() as dsn, bench.notebook(FIRST, CHURN, dsn=dsn) as notebook:
        notebook.run_cell(1)
        notebook.page.locator(".mzw [data-label]").first.wait_for()
        end = time.monotonic() + 60 * bench.minutes
        while time.monotonic() < end:
            notebook.run_cell(2)
            # Not as a cell of the notebook: JupyterLab never forgets the toolbar of a cell that was active.
            notebook.busy(3)
            notebook.page.wait_for_timeout(1000 * (EVERY + 3))
            samples["kernel"].append(notebook.kernel.memory())
            samples["server"].append(processes.resident(bench.lab.pid))
            samples["page"].append(notebook.heap())
        for name, seen in samples.items():
            fifth = max(1, len(seen) // 5)
            early, late = median(seen[fifth : 2 * fifth] or seen), median(seen[-fifth:])
            yield Figure(f"{name}'s memory after {bench.minutes:g} min", late, "MB")
            yield Figure(f"{name}'s memory grown from the second to the last fifth", late - early, "MB", at_most=10)
        yield Figure("views opened", len(samples["kernel"]) + 1, "")
