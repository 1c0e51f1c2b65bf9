"""Nobody there to take the changes: a blocked page, a closed tab, a Jupyter server that stands still."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable

import psycopg

from benchmarks import processes, stream
from benchmarks.figures import Figure
from benchmarks.harness import Bench, Notebook, until

NAME = "keyed_500_10000_100"
BLOCK = "(ms) => void setTimeout(() => { for (const end = performance.now() + ms; performance.now() < end; ); }, 0)"
SHOWN = """() => [...document.querySelectorAll(".mzw-row[data-label]")]
    .map((row) => [row.dataset.label, Number(row.dataset.value)])
    .sort((a, b) => b[1] - a[1])"""
PAGE_TIME = "Number(document.querySelector('.mzw')?.dataset.time ?? 0)"


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    with stream.running() as dsn, bench.notebook(f"view = mzwidget.LiveView({NAME!r}); view", dsn=dsn) as notebook:
        notebook.run_cell(1)
        notebook.show()
        notebook.page.wait_for_timeout(bench.pick(4000, 15_000))
        yield from _blocked(bench, notebook)
        yield from _stopped(bench, notebook)
        yield from _closed(bench, notebook)
        yield _equal(notebook, dsn)


def _blocked(bench: Bench, notebook: Notebook) -> Iterable[Figure]:
    seconds = bench.pick(4, 10)

    def block() -> None:
        notebook.page.evaluate(BLOCK, seconds * 1000)

    what = f"page blocked {seconds:.0f} s"
    yield from _memory(bench, notebook, what, seconds, begin=block)
    yield Figure(f"{what}, after it: up to date", _up_to_date(notebook), "s", at_most=1)


def _stopped(bench: Bench, notebook: Notebook) -> Iterable[Figure]:
    seconds = bench.pick(5, 12)
    server = bench.lab.pid
    assert server is not None
    what = f"server stopped {seconds:.0f} s"
    try:
        yield from _memory(bench, notebook, what, seconds, begin=lambda: os.kill(server, signal.SIGSTOP))
    finally:
        os.kill(server, signal.SIGCONT)
    yield Figure(f"{what}, after it: up to date", _up_to_date(notebook), "s", at_most=1)
    notebook.page.wait_for_timeout(3000)
    yield Figure(f"{what}, then: server's memory", processes.resident(server), "MB")


def _closed(bench: Bench, notebook: Notebook) -> Iterable[Figure]:
    seconds = bench.pick(8, 600)
    notebook.lab.save(notebook.page)
    page = notebook.page
    context = page.context
    what = f"tab closed {seconds:.0f} s"
    yield from _memory(bench, notebook, what, seconds, begin=page.close)
    notebook.open(context.new_page())
    notebook.page.locator(".mzw").wait_for(state="attached")
    yield Figure(f"{what}, after it: up to date", _up_to_date(notebook), "s", at_most=1)


def _memory(
    bench: Bench, notebook: Notebook, what: str, seconds: float, begin: Callable[[], object]
) -> Iterable[Figure]:
    """Yield by how much the memory of kernel and server grew at the most within the time."""
    assert bench.lab.pid is not None
    pids = {"kernel": notebook.kernel.pid, "server": bench.lab.pid}
    before = {name: processes.resident(pid) for name, pid in pids.items()}
    most = dict(before)
    begin()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.2)
        most = {name: max(most[name], processes.resident(pid)) for name, pid in pids.items()}
    for name in pids:
        yield Figure(f"{what}, {name}'s memory grown", most[name] - before[name], "MB", at_most=10)


def _up_to_date(notebook: Notebook) -> float:
    """Return the seconds until the page has painted a state that is younger than this moment."""
    now = time.time() * 1000
    return until(lambda: notebook.page.evaluate(PAGE_TIME) >= now, within=60)


def _equal(notebook: Notebook, dsn: str) -> Figure:
    """Tell whether, after all this, the picture is the first rows of the view."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("HOLD")
    time.sleep(3)
    rows = notebook.kernel.value("view.df.head(20).values.tolist()")
    equal = notebook.page.evaluate(SHOWN) == rows
    return Figure("in the end the picture equals the view", float(equal), "", at_least=1)
