"""Pictures: an Altair chart beside a Vega view patched by hand, what a library costs, a table of 100,000 rows."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from benchmarks import stream
from benchmarks.figures import Figure, latencies
from benchmarks.flow import observe
from benchmarks.harness import Bench, Notebook, first_after
from benchmarks.latency import EVERY, QUERY, Commits

BLOCK = 25
TEXTS = """(root) => {
    const texts = [...root.querySelectorAll(".mark-text.role-mark text")].map((text) => Number(text.textContent));
    return texts.length > 0 ? Math.max(...texts) : undefined;
}"""
BARS = "alt.Chart().encode(x='edits', y=alt.Y('editor', sort='-x'))"
CHART = f"(base := {BARS}).mark_bar() + base.mark_text().encode(text='edits')"
TITLE = """(root) => {
    const title = root.querySelector(".role-title-text text");
    return title ? Number(title.textContent) : undefined;
}"""
SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
UPDATES = 1_200
TEN = 10


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    with bench.database() as connection:
        yield from _charts(bench, Commits(connection))
        yield from _libraries(bench)
    yield from _table(bench)


@dataclass(frozen=True)
class Way:
    """One of the ways in which a page can show ten bars that change."""

    name: str
    selector: str
    read: str
    sent: str
    """What tells in the kernel when each number was on its way."""
    start: str = ""
    """Code that sets growing numbers in the kernel; the view's come by commits."""


OURS = Way("Altair chart", ".mzw", TEXTS, "closings.take()")
BARE = Way("a Vega view patched by hand", ".bare-vega", TEXTS, "bare.sent", "bare.run({count}, ({every}, {every}))")
ALTAIR = Way(
    "Altair's own widget",
    ".vega-embed:not(.bare-vega)",
    TITLE,
    "chart.markers.sent",
    "chart.markers.run({count} * {every}, 1e9, {every})",
)


def _charts(bench: Bench, commits: Commits) -> Iterable[Figure]:
    """Compare a chart in Altair's language with a Vega view patched by hand, and with Altair's own widget."""
    blocks = int(bench.pick(1, 4))
    ours = (
        "import altair as alt\n"
        f"closings = in_kernel.Closings('{QUERY}', counted=1)\n"
        f"view = mzwidget.LiveView('{QUERY}', chart={CHART}); view"
    )
    with bench.notebook(
        "bare = in_kernel.BareVega(); bare", "chart = in_kernel.Chart(); chart.widget", ours
    ) as notebook:
        for cell, way in enumerate((BARE, ALTAIR, OURS), 1):
            notebook.run_cell(cell)
            notebook.page.locator(f"{way.selector} svg.marks").first.wait_for()
            notebook.watch(way.name, way.selector, way.read)
        for when in ("idle", "busy"):
            found: dict[Way, list[float]] = {BARE: [], ALTAIR: [], OURS: []}
            for way in list(found) * blocks:
                found[way] += _block(notebook, commits, way, busy=when == "busy")
            yield from latencies(
                f"Altair chart, closed → DOM, {when}", found[OURS], found[BARE], ratio_at_most={50: 1.5}
            )
            yield from latencies(f"Altair's own widget, data assigned anew → DOM, {when}", found[ALTAIR], found[BARE])
        for way in (BARE, ALTAIR, OURS):
            count = int(bench.pick(200, UPDATES))
            notebook.show(way.selector)
            heap = notebook.heap()
            if way.start:
                notebook.kernel.run(way.start.format(count=count, every=0.05))
                time.sleep(count * 0.05 + 2)
            else:
                commits.many(count, (0.05, 0.05))
            yield Figure(f"{way.name}, page's heap grown in {count:,} updates", notebook.heap() - heap, "MB")


def _block(notebook: Notebook, commits: Commits, way: Way, *, busy: bool) -> list[float]:
    """Return the milliseconds until each of some changes is in the DOM."""
    every = sum(EVERY) / 2
    length = BLOCK * every + 1
    notebook.show(way.selector)
    notebook.marks(way.name)
    notebook.kernel.value(way.sent)
    if way.start:
        notebook.kernel.run(way.start.format(count=BLOCK, every=every))
    if busy:
        notebook.busy(length)
    if way.start:
        time.sleep(length)
    else:
        commits.many(BLOCK, EVERY)
    time.sleep(1)
    events = notebook.kernel.value(way.sent)
    return [1000 * (mark.dom - at) for at, mark in first_after(events, notebook.marks(way.name))]


def _libraries(bench: Bench) -> Iterable[Figure]:
    """Measure what comes over the socket, how long the first picture of a kind takes, and what is saved."""
    show = "shown_at = time.time(); view = mzwidget.LiveView('bench_top10'{}); view"
    line = "SELECT n AS at, n * 7 % 10 AS v FROM generate_series(1, 100) AS t(n)"
    cells = (
        show.format(""),
        show.format(", kind='table'"),
        f"shown_at = time.time(); mzwidget.LiveView('{line}', kind='line', x='at', y='v')",
        "import altair as alt\n" + show.format(f", chart={CHART}"),
        *[show.format(f", chart={CHART}") for _ in range(TEN - 1)],
    )
    with bench.notebook(*cells) as notebook:
        notebook.page.set_viewport_size({"width": 1280, "height": 8000})  # what is out of sight is not drawn
        kinds = {
            "bars": ".mzw-bars",
            "table": ".mzw-table",
            "line": ".mzw-plot canvas",
            "Altair": ".mzw-vega svg.marks",
        }
        for cell, (kind, selector) in enumerate(kinds.items(), 1):
            first, received = _shown(notebook, cell, selector, 1)
            yield Figure(f"first picture of its kind, {kind}: cell → painted", first, at_most=1500)
            yield Figure(f"first picture of its kind, {kind}: on the socket", received / 1000, "kB")
        _, received = _shown(notebook, len(kinds) + 1, kinds["Altair"], 2)
        yield Figure("second Altair chart: on the socket", received / 1000, "kB", at_most=200)  # the library not again
        for number in range(2, TEN):
            _shown(notebook, len(kinds) + number, kinds["Altair"], number + 1)
        file = notebook.lab.root / notebook.name
        for state, most in (("without", 60 * len(cells)), ("with", 1000)):
            if state == "with":
                notebook.page.evaluate(f"jupyterapp.commands.execute('{SAVE_STATE}').then(() => null)")
            notebook.page.evaluate("jupyterapp.commands.execute('docmanager:save').then(() => null)")
            notebook.page.wait_for_timeout(1500)
            size = file.stat().st_size / 1000
            what = f"notebook of {len(cells)} views, {TEN} of them Altair's, {state} widget state"
            yield Figure(what, size, "kB", at_most=most)


def _shown(notebook: Notebook, cell: int, selector: str, count: int) -> tuple[float, float]:
    """Run a cell; return the milliseconds until so many match, and the bytes that came for it."""
    found = f"() => document.querySelectorAll({selector!r}).length >= {count} || undefined"
    notebook.watch("first", "body", found)
    before = notebook.counters()["bytes"]
    notebook.run_cell(cell)
    notebook.page.wait_for_function(f"document.querySelectorAll({selector!r}).length >= {count}")
    notebook.page.wait_for_timeout(500)
    began = float(notebook.kernel.value("shown_at"))
    return 1000 * (notebook.marks("first")[0].painted - began), notebook.counters()["bytes"] - before


SCROLL = """async (seconds) => {
    const scroll = document.querySelector(".mzw-scroll");
    const end = performance.now() + 1000 * seconds;
    const gaps = [];
    let last = await new Promise(requestAnimationFrame);
    while (performance.now() < end) {
        scroll.scrollTop += 90;
        const now = await new Promise(requestAnimationFrame);
        gaps.push(now - last);
        last = now;
    }
    return [1000 * gaps.length / gaps.reduce((a, b) => a + b), Math.max(...gaps)];
}"""
SORT = """async (column) => {
    const button = document.querySelectorAll(".mzw-column")[column];
    const began = performance.now();
    button.click();
    await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done));
    return performance.now() - began;
}"""


def _table(bench: Bench) -> Iterable[Figure]:
    """Measure 100,000 rows of which a hundredth changes a second."""
    name = "keyed_100000_1000_10"
    cell = f"shown_at = time.time(); view = mzwidget.LiveView('{name}', kind='table'); view"
    with stream.running() as dsn, bench.notebook(cell, dsn=dsn) as notebook:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"MAKE {name}")
        first, received = _shown(notebook, 1, ".mzw-table tbody tr", 1)
        yield Figure("table of 100,000 rows, cell → first paint", first, at_most=1000)
        yield Figure("… on the socket", received / 1000, "kB")
        notebook.show()
        notebook.page.wait_for_timeout(3000)
        flow = observe(bench, notebook, bench.pick(5, 15))
        yield Figure("… page, 1 % changing a second", flow.page, "% of a core", at_most=25)
        yield Figure("… lag p50", flow.median_lag)
        for column, what in ((1, "numbers"), (1, "numbers, downwards"), (0, "texts")):
            yield Figure(f"… sorted by {what}", float(notebook.page.evaluate(SORT, column)), at_most=300)
        frames, gap = notebook.page.evaluate(SCROLL, 5)
        yield Figure("… frames while scrolling", frames, "/s", at_least=50)
        yield Figure("… longest gap between frames while scrolling", gap)
