"""Every kind of picture in one page, all moving 20 times a second: no memory may grow."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median

from benchmarks import processes
from benchmarks.figures import Figure
from benchmarks.harness import Bench
from mzwidget.tail.history import SECONDS

MOVING = """
DROP TABLE IF EXISTS moving CASCADE;
CREATE TABLE moving (n int, at timestamptz, label text, kind text, a float8);
INSERT INTO moving SELECT n, now() - (500 - n) * interval '50 milliseconds', 'label ' || (n % 12), 'kind ' || (n % 4),
    (n * 7919 % 1000) / 10.0::float8 FROM generate_series(1, 500) AS t(n)
"""
KINDS = {
    "number": "LiveView('SELECT sum(a) AS a FROM moving')",
    "bars": "LiveView('SELECT label, sum(a) AS a FROM moving GROUP BY 1')",
    "groups": "LiveView('SELECT label, sum(a) AS a, max(a) AS most FROM moving GROUP BY 1')",
    "stacks": "LiveView('SELECT label, kind, sum(a) AS a FROM moving GROUP BY 1, 2')",
    "line": "LiveView('SELECT at, kind, a FROM moving', kind='line')",
    "table": "LiveView('moving', kind='table')",
    "altair bars": "LiveView('SELECT label, sum(a) AS a FROM moving GROUP BY 1', chart=alt.Chart().mark_bar()"
    ".encode(x='a', y=alt.Y('label', sort='-x')))",
    "altair points": "LiveView('moving', chart=alt.Chart().mark_point().encode(x='at', y='a', color='kind')"
    ".add_params(alt.selection_interval()))",
    "altair histogram": "LiveView('moving', chart=alt.Chart().mark_bar().encode(x=alt.X('a', bin=True), y='count()'))",
}
RATE = 20
SAMPLE = 15.0
"""Seconds between two looks at the memory."""


def run(bench: Bench) -> Iterable[Figure]:
    """Measure for `bench.minutes`: what warms up and fills the past that a kernel keeps does not count.

    That is the first fifth, or the length of that past, if there is time enough; the fifth after it is compared with
    the last.
    """
    cells = ["import altair as alt", *(f"view = mzwidget.{made}; view" for made in KINDS.values())]
    heaps: list[float] = []
    kernels: list[float] = []
    with bench.database() as connection:
        for statement in MOVING.split(";"):
            connection.execute(statement)
        with bench.notebook(*cells) as notebook:
            for cell in range(1, len(cells) + 1):
                notebook.run_cell(cell)
            notebook.page.wait_for_function(f"document.querySelectorAll('.mzw-picture').length === {len(KINDS)}")
            page = bench.page_usage()
            number, end = 500, time.monotonic() + 60 * bench.minutes
            due = look = began = time.monotonic()
            while (now := time.monotonic()) < end:
                number += 1
                connection.execute(
                    "UPDATE moving SET at = %s, a = %s WHERE n = %s",
                    (datetime.now(UTC), number * 7919 % 1000 / 10, number % 500 + 1),
                )
                if now >= look:
                    heaps.append(notebook.heap())
                    kernels.append(notebook.settled())
                    look = now + SAMPLE
                due = max(due + 1 / RATE, time.monotonic() - 0.2)
                time.sleep(max(0.0, due - time.monotonic()))
            shown = processes.share(page, bench.page_usage())
            yield Figure("changes a second", (number - 500) / (time.monotonic() - began), "/s")
            yield Figure(f"page with {len(KINDS)} pictures", shown, "% of a core")
            for name, seen in (("page's heap", heaps), ("kernel's memory", kernels)):
                fifth = max(1, len(seen) // 5)
                warm = max(fifth, min(math.ceil(SECONDS / SAMPLE), len(seen) - 2 * fifth))
                early, late = median(seen[warm : warm + fifth] or seen), median(seen[-fifth:])
                yield Figure(f"{name} after {bench.minutes:g} min", late, "MB")
                yield Figure(f"{name} grown since it was warm", late - early, "MB", at_most=10)
