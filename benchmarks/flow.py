"""What it costs to keep up with a stream, and how far behind the page is."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass

from benchmarks import processes
from benchmarks.figures import quantile
from benchmarks.harness import Bench, Notebook

TIME = "(root) => root.dataset.time && Number(root.dataset.time)"
"""Reads the timestamp of what a view's picture shows."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What was seen in a while.

    Attributes
    ----------
    updates : float
        Rows in or out, a second.
    thread, kernel, page : float
        Share of a core in %: of mzwidget's thread, of the whole kernel, of the page.
    sent : float
        Bases and deltas of the view, a second.
    messages, bytes : float
        All that came on the page's websocket, a second, what Jupyter says about acknowledgements included.
    paints : float
        A second.
    lag : list of float
        Milliseconds from the timestamp of each painted state to its painting.
    gap : float
        The longest time between two paintings, in milliseconds.
    kernel_growth : float
        MB of memory.
    """

    updates: float
    thread: float
    kernel: float
    page: float
    sent: float
    messages: float
    bytes: float
    paints: float
    lag: list[float]
    gap: float
    kernel_growth: float

    @property
    def median_lag(self) -> float:
        return quantile(self.lag, 0.5)

    @property
    def longest_lag(self) -> float:
        return max(self.lag, default=math.nan)


def observe(
    bench: Bench, notebook: Notebook, seconds: float, selector: str = ".mzw", read: str = TIME, *, busy: bool = False
) -> Flow:
    """Watch a view, whose name in the kernel is `view`, for a while; while a cell computes if `busy`."""
    kernel = notebook.kernel
    thread = next((int(id_) for id_, name in kernel.value("in_kernel.threads()").items() if name == "mzwidget"), 0)
    done = "[time.monotonic(), *((view.stats.updates, view.stats.messages) if 'view' in globals() else (0, 0))]"
    notebook.watch("flow", selector, read)
    began, updates, sent = kernel.value(done)
    if busy:
        notebook.busy(seconds + 2)
    counters, memory = notebook.counters(), kernel.memory()
    page, process = bench.page_usage(), processes.usage(kernel.pid)
    time.sleep(seconds)
    process_after, page_after = processes.usage(kernel.pid), bench.page_usage()
    elapsed = process_after.moment - process.moment
    counters_after, memory_after = notebook.counters(), kernel.memory()
    marks = notebook.marks("flow")
    ended, updates_after, sent_after = kernel.value(done)
    return Flow(
        updates=(updates_after - updates) / (ended - began),
        thread=processes.share(process, process_after, thread),
        kernel=processes.share(process, process_after),
        page=processes.share(page, page_after),
        sent=(sent_after - sent) / (ended - began),
        messages=(counters_after["messages"] - counters["messages"]) / elapsed,
        bytes=(counters_after["bytes"] - counters["bytes"]) / elapsed,
        paints=len(marks) / elapsed,
        lag=[1000 * mark.painted - mark.reading for mark in marks],
        gap=max((1000 * (b.painted - a.painted) for a, b in itertools.pairwise(marks)), default=math.nan),
        kernel_growth=memory_after - memory,
    )


def observe_floor(bench: Bench, notebook: Notebook, seconds: float) -> Flow:
    """Watch the bare widget that is `floor` in the kernel, set 20 times a second, for a while."""
    notebook.kernel.run(f"floor.run({int(20 * (seconds + 2))}, (0.05, 0.05))")
    flow = observe(bench, notebook, seconds, ".floor", "(root) => Number(root.textContent)")
    time.sleep(2)
    return flow
