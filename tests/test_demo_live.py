"""The demo from database to pixels: what JupyterLab shows is the view, at one timestamp, in every frame."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.running_demo import StartDemo

BARS = ".mzw[data-kind='bars']"
NUMBER = ".mzw[data-kind='number']"

SAMPLE_FRAMES = """
() => {
    window.frames_seen = [];
    const bars = document.querySelector(".mzw[data-kind='bars']");
    const sample = () => {
        const rows = [...bars.querySelectorAll("[data-label]")];
        window.frames_seen.push({
            time: bars.dataset.time,
            rows: rows.map((row) => [row.dataset.label, row.dataset.value]),
        });
        requestAnimationFrame(sample);
    };
    requestAnimationFrame(sample);
}
"""


@pytest.fixture
def engine() -> Iterator[str]:
    """Return the DSN of an engine of one's own, that nobody else has tables in."""
    with subprocess.Popen(
        [sys.executable, "-m", "mzwidget", "local"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = ""
        found = None
        while found is None:
            line = process.stdout.readline()
            assert line, said
            said += line
            found = re.search(r"postgres(?:ql)?://\S+", line)
        yield found[0]
        process.terminate()


class History:
    """What a view held at every timestamp, from a subscription of the test's own."""

    def __init__(self, dsn: str, query: str) -> None:
        self._dsn = dsn
        self._query = query
        self._updates: list[tuple[int, tuple[Any, ...], int]] = []
        self._frontier = 0
        self._end: Exception | None = None
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        try:
            with psycopg.connect(self._dsn, autocommit=True) as connection:
                for time, progressed, diff, *row in connection.cursor().stream(
                    f"SUBSCRIBE ({self._query}) WITH (PROGRESS)".encode()
                ):
                    if progressed:
                        self._frontier = int(time)
                    else:
                        self._updates.append((int(time), tuple(row), int(diff)))
        except psycopg.Error as error:
            self._end = error

    def at(self, time: int) -> Counter[tuple[Any, ...]]:
        """Return the view's rows at `time`, once they are known for good."""
        eventually(lambda: self._frontier > time or self._end, what=f"the subscription passes {time}")
        assert self._end is None
        rows: Counter[tuple[Any, ...]] = Counter()
        for update, row, diff in self._updates.copy():
            if update <= time:
                rows[row] += diff
        return +rows


def frames(page: Page) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = page.evaluate("() => window.frames_seen.splice(0)")
    return seen


def shown(page: Page) -> list[tuple[str, int]]:
    # In one look: a bar may leave between two.
    rows = page.evaluate(
        "(bars) => [...document.querySelectorAll(bars)].map((row) => [row.dataset.label, row.dataset.value])",
        f"{BARS} [data-label]",
    )
    return [(label, int(value)) for label, value in rows]


def test_every_frame_is_the_view_at_one_timestamp(start_demo: StartDemo, page: Page, engine: str) -> None:
    running = start_demo("--source", "recorded", "--speed", "5", MATERIALIZE_URL=engine)
    link = running.link()
    assert "failed" not in running.said
    history = History(engine, "SELECT user_name, edits FROM top10")
    page.goto(link)
    page.wait_for_selector(f"{BARS} [data-label]")
    page.locator(BARS).scroll_into_view_if_needed()
    assert page.locator(BARS).get_by_text("recorded").is_visible()
    page.evaluate(SAMPLE_FRAMES)
    with psycopg.connect(engine, autocommit=True) as connection:
        seen: list[dict[str, Any]] = []
        for number in range(1, 6):
            connection.execute(
                "INSERT INTO edits (user_name) SELECT %s FROM generate_series(1, %s)", ("<b>Ω</b> & co", number * 500)
            )
            most = connection.execute("SELECT max(edits) FROM top10").fetchone()
            assert most is not None
            committed = ["<b>Ω</b> & co", str(most[0])]

            def drawn(committed: list[str] = committed) -> bool:
                seen.extend(frames(page))
                return bool(seen) and committed in seen[-1]["rows"]

            eventually(drawn, what="the committed rows are in a frame of the page")
    times = {int(frame["time"]) for frame in seen}
    assert len(times) >= 5, "the picture moves"
    for frame in seen:
        rows = Counter((label, int(value)) for label, value in frame["rows"])
        assert rows == history.at(int(frame["time"]))

    page.reload()
    page.wait_for_selector(f"{BARS} [data-label]")
    eventually(lambda: shown(page)[0][0] == "<b>Ω</b> & co", what="the bars are back, the longest first")
    assert running.stop() == 0


def test_the_first_command_shows_a_live_chart(start_demo: StartDemo, page: Page) -> None:
    running = start_demo("--source", "recorded")
    page.goto(running.link())
    assert "failed" not in running.said
    page.wait_for_selector(f"{BARS} [data-label]")
    # Nobody has scrolled yet.
    page.wait_for_function(
        "() => [...document.querySelectorAll('.mzw')].some((el) => el.getBoundingClientRect().top < innerHeight - 100)"
    )
    page.locator(BARS).scroll_into_view_if_needed()
    first = page.locator(BARS).get_attribute("data-seq")
    eventually(lambda: page.locator(BARS).get_attribute("data-seq") != first, what="the bars move")
    page.locator(NUMBER).scroll_into_view_if_needed()
    first = page.locator(NUMBER).get_attribute("data-seq")
    eventually(lambda: page.locator(NUMBER).get_attribute("data-seq") != first, what="the number moves")
    assert page.locator(".mzw").get_by_text("recorded").count() >= 2
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert running.stop() == 0
