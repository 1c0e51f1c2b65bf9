"""The shipped notebook in a real JupyterLab: what is painted is the view, at every frame at one timestamp."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import nbformat
import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.jupyterlab import LabServer
from tests.machine import ROOT, eventually

NOTEBOOK = "01-top10-editors.ipynb"

# Notes every painted state of the top-10 picture: each animation frame in which its rows or its timestamp changed.
WATCH = """() => {
    window.painted = [];
    const root = [...document.querySelectorAll(".mzw[data-kind=bars]")].at(-1);
    let last = "";
    const look = () => {
        const rows = [...root.querySelectorAll(".mzw-row[data-label]:not([data-leaving])")]
            .map((row) => [row.dataset.label, row.dataset.value]);
        const now = JSON.stringify([Number(root.dataset.time), rows]);
        if (now !== last) window.painted.push(JSON.parse(last = now));
        requestAnimationFrame(look);
    };
    look();
}"""


class Truth:
    """Follows the view on a connection of its own, with nothing but psycopg, and keeps its content at every time."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._steps: list[tuple[int, dict[tuple[str, str], int]]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(30)

    def _run(self) -> None:
        content: dict[tuple[str, str], int] = {}
        at = None
        try:
            for stamp, progressed, diff, *row in self._connection.cursor().stream("SUBSCRIBE top10 WITH (PROGRESS)"):
                if at is not None and stamp != at:
                    self._steps.append((int(at), {row: count for row, count in content.items() if count}))
                at = stamp
                if progressed:
                    self._ready.set()
                else:
                    key = (row[0], str(row[1]))
                    content[key] = content.get(key, 0) + diff
        except psycopg.Error:
            return

    def at(self, time: int) -> list[list[str]]:
        """Return the view's rows at a timestamp, ranked."""
        content = max((step for step in self._steps if step[0] <= time), key=lambda step: step[0])[1]
        return ranked([list(row) for row in content])

    @property
    def latest(self) -> int:
        return self._steps[-1][0] if self._steps else 0

    def close(self) -> None:
        self._connection.cancel_safe()
        self._thread.join(10)
        self._connection.close()


def ranked(rows: list[list[str]]) -> list[list[str]]:
    return sorted(rows, key=lambda row: (-int(row[1]), row[0]))


def show_bars(page: Page) -> Locator:
    """Scroll to the top-10 picture and wait until it has ten bars."""
    picture = page.locator(".mzw").last
    picture.scroll_into_view_if_needed()
    picture.locator(".mzw-row[data-label]").nth(9).wait_for()
    return picture


def painted(page: Page) -> list[tuple[int, list[list[str]]]]:
    return [(time, ranked(rows)) for time, rows in page.evaluate("window.painted")]


@pytest.fixture
def notebook(lab: LabServer, bundle: Path, engine_dsn: str) -> str:  # noqa: ARG001
    """Put the shipped notebook into JupyterLab, on the engine that the test can see too, with the recorded day."""
    shipped = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)
    settings = {"MATERIALIZE_URL": engine_dsn, "MZWIDGET_SOURCE": "recorded", "MZWIDGET_SPEED": "3"}
    first = nbformat.v4.new_code_cell(f"import os; os.environ.update({settings!r})")
    shipped.cells.insert(0, first)
    nbformat.write(shipped, lab.root / NOTEBOOK)
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS edits CASCADE")
    return NOTEBOOK


def test_the_bars_are_the_view_at_every_frame(lab: LabServer, notebook: str, engine_dsn: str, page: Page) -> None:
    lab.open(page, notebook)
    lab.run_all(page)
    picture = show_bars(page)
    assert "recorded 2015-09-12" in picture.inner_text()
    truth = Truth(engine_dsn)
    page.evaluate(WATCH)

    frames = eventually(lambda: seen if len(seen := painted(page)) >= 40 else None, within=120, what="40 paintings")
    eventually(lambda: truth.latest > frames[-1][0])
    since = truth._steps[0][0]
    compared = [(time, rows) for time, rows in frames if time >= since]
    assert len(compared) > 20
    for moment, rows in compared:
        assert rows == truth.at(moment)
    assert len({str(rows) for _, rows in compared}) > 5
    truth.close()


def newest(page: Page) -> list[list[str]]:
    return ranked(page.evaluate("window.painted.at(-1)[1]"))


def answer(connection: psycopg.Connection[Any]) -> list[list[str]]:
    return ranked([[name, str(edits)] for name, edits in connection.execute("SELECT * FROM top10")])


def test_any_commit_is_painted_within_two_seconds(
    lab: LabServer, notebook: str, engine_dsn: str, browser: Browser
) -> None:
    with browser.new_context() as context, psycopg.connect(engine_dsn, autocommit=True) as connection:
        page = context.new_page()
        lab.open(page, notebook)
        lab.run_all(page)
        # One more cell stops the ingest, so that this test's commits are the only ones.
        page.evaluate("""async () => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            await kernel.requestExecute({ code: "edits.stop()" }).done;
        }""")
        show_bars(page)
        page.evaluate(WATCH)
        for name in ("<img src=x onerror=alert(1)>", "مستخدم", "🦔", "a\"b'c", "x" * 300, "Ünïcode"):
            before = max((int(edits) for _, edits in answer(connection)), default=0)
            rows = [(name,)] * (before + 1)
            with connection.transaction():
                connection.cursor().executemany("INSERT INTO edits (user_name) VALUES (%s)", rows)
            committed = time.monotonic()
            expected = answer(connection)
            assert expected[0][0] == name
            eventually(lambda expected=expected: newest(page) == expected, within=30, every=0.02)
            assert time.monotonic() - committed < 2
        connection.execute("DELETE FROM edits")
        eventually(lambda: newest(page) == [])


def test_reload_busy_cell_and_running_twice(lab: LabServer, notebook: str, page: Page) -> None:
    lab.open(page, notebook)
    lab.run_all(page)
    lab.run_all(page)
    show_bars(page)
    lab.save(page)
    page.reload()
    lab.wait_ready(page)
    show_bars(page)
    page.evaluate(WATCH)
    seen = eventually(lambda: rows if len(rows := painted(page)) > 10 else None, what="bars move after a reload")

    page.evaluate("""() => {
        const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        const code = "import time\\nend = time.time() + 8\\nwhile time.time() < end: pass";
        window.busy = true;
        kernel.requestExecute({ code }).done.then(() => (window.busy = false));
    }""")
    page.wait_for_timeout(1000)
    count = len(painted(page))
    page.wait_for_timeout(4000)
    assert page.evaluate("window.busy")
    assert len(painted(page)) > count + 10
    assert seen[0] != painted(page)[-1]
