"""The shipped notebook in a real JupyterLab, run by a person: commits, reload, a busy cell, cells run twice."""

from __future__ import annotations

import statistics
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
        const rows = [...root.querySelectorAll(".mzw-row[data-label]")]
            .map((row) => [row.dataset.label, row.dataset.value]);
        const now = JSON.stringify([Number(root.dataset.time), rows]);
        if (now !== last) window.painted.push(JSON.parse(last = now));
        requestAnimationFrame(look);
    };
    look();
}"""


def ranked(rows: list[list[str]]) -> list[list[str]]:
    return sorted(rows, key=lambda row: (-int(row[1]), row[0]))


def show_bars(page: Page) -> Locator:
    """Scroll to the top-10 picture and wait until it has ten bars."""
    picture = page.locator(".mzw").first
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
        waits: list[float] = []
        for name in ("<img src=x onerror=alert(1)>", "مستخدم", "🦔", "a\"b'c", "x" * 300, "Ünïcode"):
            before = max((int(edits) for _, edits in answer(connection)), default=0)
            rows = [(name,)] * (before + 1)
            with connection.transaction():
                connection.cursor().executemany("INSERT INTO edits (user_name) VALUES (%s)", rows)
            committed = time.monotonic()
            expected = answer(connection)
            assert expected[0][0] == name
            eventually(lambda expected=expected: newest(page) == expected, within=30, every=0.02)
            waits.append(time.monotonic() - committed)
        assert statistics.median(waits) < 2
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
