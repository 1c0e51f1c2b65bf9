"""One view in each of the other hosts: it is drawn, it is live, it follows, and the page's console stays empty."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.conftest import empty_page, temporary_table
from tests.machine import eventually, free_port, missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.jupyterlab import LabServer

ROW = ".mzw[data-state=live] .mzw-row[data-label]"


@pytest.fixture(autouse=True)
def installed() -> None:
    for host in ("marimo", "nbclassic", "notebook", "voila"):
        if importlib.util.find_spec(host) is None:
            missing(f"no {host}: pip install -e '.[test]'")


def console(browser: Browser, *expected: str) -> Iterator[Page]:
    """Give an empty page; an error that comes from the widget's script fails the test, one of the host does not."""
    with empty_page(browser) as (page, problems):
        yield page
        # Widgets are imported from blobs. Of the hosts, most miss an extension of another, or a font that is far away.
        own = [problem for problem in problems if "blob:" in problem or "mzw" in problem]
        assert [problem for problem in own if not any(words in problem for words in expected)] == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from console(browser)


@pytest.fixture
def page_after_its_kernel(browser: Browser) -> Iterator[Page]:
    """Return an empty page on which the host may miss the widgets of a kernel that is gone."""
    yield from console(browser, "Error: widget model not found")


def bars(page: Page) -> list[list[str]]:
    """Return labels and values from top to bottom; marimo has them in a shadow root, which only locators enter."""
    found: list[list[str]] = page.locator(ROW).evaluate_all(
        """rows => rows.sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
            .map(({ dataset }) => [dataset.label, dataset.value])"""
    )
    return found


@pytest.fixture
def table(engine_dsn: str) -> Iterator[str]:
    rows = "VALUES ('ann', 5), ('<b>bob</b>', 3)"
    with temporary_table(engine_dsn, "editor text, edits bigint", rows) as name:
        yield name


@pytest.fixture
def notebook(lab: LabServer, engine_dsn: str, table: str) -> Iterator[str]:
    """Name a notebook with one view of the table; its kernel is stopped in the end."""
    cell = f"import os\nos.environ['MATERIALIZE_URL'] = {engine_dsn!r}\nimport mzwidget\nmzwidget.LiveView({table!r})"
    yield lab.write(f"{table}.ipynb", [cell]).name
    lab.stop_kernels()


def follows(page: Page, dsn: str, table: str) -> None:
    """Wait until the page shows the table, live, and what is written to it then."""
    page.locator(ROW).nth(1).wait_for()
    assert bars(page) == [["ann", "5"], ["<b>bob</b>", "3"]]
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(f"INSERT INTO {table} VALUES ('cleo', 4)")
        database.execute(f"UPDATE {table} SET edits = 9 WHERE editor <> 'ann' AND editor <> 'cleo'")
    rows = [["<b>bob</b>", "9"], ["ann", "5"], ["cleo", "4"]]
    eventually(lambda: bars(page) == rows, what="the page follows")
    assert page.locator(".mzw b").count() == 0


def test_notebook_7(lab: LabServer, page: Page, notebook: str, engine_dsn: str, table: str) -> None:
    page.goto(f"{lab.url}notebooks/{notebook}?token={lab.token}")
    lab.wait_ready(page)
    lab.run_all(page)
    follows(page, engine_dsn, table)


def test_a_notebook_that_is_opened_anew_shows_what_was_kept_and_says_what_to_do(
    lab: LabServer, page_after_its_kernel: Page, engine_dsn: str, table: str
) -> None:
    page = page_after_its_kernel
    first = f"import os\nos.environ['MATERIALIZE_URL'] = {engine_dsn!r}\nimport ipywidgets, mzwidget"
    name = lab.write(f"{table}.ipynb", [f"{first}\nmzwidget.LiveView({table!r})", "ipywidgets.IntSlider()"]).name
    lab.open(page, name)
    lab.run_all(page)
    page.locator(ROW).nth(1).wait_for()
    lab.save(page)
    for address in (f"notebooks/{name}", f"lab/workspaces/anew/tree/{name}"):
        lab.stop_kernels()
        page.goto(f"{lab.url}{address}?token={lab.token}")
        lab.wait_ready(page)
        kept, foreign = (page.locator(".jp-OutputArea-output").nth(i) for i in range(2))
        kept.get_by_text("run the cell to see it live").wait_for()
        assert kept.locator("svg text", has_text="ann").count() == 1
        assert kept.locator("svg").get_attribute("aria-label") == "edits by editor"
        assert any(line.startswith(f"{table} · as of 20") for line in kept.inner_text().splitlines())
        scrolls = kept.locator(".mzw-kept").evaluate("kept => getComputedStyle(kept.parentElement).overflowX")
        assert scrolls == "auto", "a wide table is not cut"
        foreign.get_by_text("Error displaying widget: model not found").wait_for()
    lab.run_all(page)
    follows(page, engine_dsn, table)
    lab.stop_kernels()


def test_nbclassic(lab: LabServer, page: Page, notebook: str, engine_dsn: str, table: str) -> None:
    page.goto(f"{lab.url}nbclassic/notebooks/{notebook}?token={lab.token}")
    page.wait_for_function(
        """() => {
            const kernel = window.Jupyter?.notebook?.kernel;
            const { widget_manager, info_reply } = kernel ?? {};
            return widget_manager && info_reply?.status === "ok" && Jupyter.notebook.kernel_busy === false;
        }"""
    )
    page.evaluate("() => Jupyter.notebook.execute_all_cells()")
    follows(page, engine_dsn, table)


def test_voila(lab: LabServer, page: Page, notebook: str, engine_dsn: str, table: str) -> None:
    page.goto(f"{lab.url}voila/render/{notebook}?token={lab.token}")
    follows(page, engine_dsn, table)


MARIMO = """
import marimo
app = marimo.App()

@app.cell
def _():
    import marimo, mzwidget
    view = marimo.ui.anywidget(mzwidget.LiveView({table!r}))
    view
    return marimo, mzwidget, view

@app.cell
def _(marimo, view):
    view.wait(20)
    if not view.widget.selection:
        view.widget.selection = {{"editor": ["ann"]}}
    selected = view.value["selected"]["editor"]["values"]
    marimo.md(f"{{view.value['status']['rows']}} rows in {{view.df['editor'].iloc[0]}}, {{selected}} selected")
    return

@app.cell
def _(marimo, mzwidget):
    three = [marimo.ui.anywidget(mzwidget.LiveView("SELECT 1 AS n", title="one")) for _ in range(3)]
    marimo.hstack(three, widths="equal")
    return

if __name__ == "__main__":
    app.run()
"""


def test_marimo(page: Page, bundle: Path, engine_dsn: str, table: str, tmp_path: Path) -> None:  # noqa: ARG001
    (tmp_path / "app.py").write_text(MARIMO.format(table=table))
    (tmp_path / "pyproject.toml").write_text('[tool.marimo.display]\ntheme = "dark"\n')
    port = free_port()
    command = [sys.executable, "-m", "marimo", "-q", "run", "app.py", "--headless", "--no-token", "--port", str(port)]
    own = {"MATERIALIZE_URL": engine_dsn, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, **own}, stdout=log, stderr=log)
    try:
        eventually(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close() or True)
        page.goto(f"http://127.0.0.1:{port}/")
        follows(page, engine_dsn, table)
        page.get_by_text("2 rows in ann, ['ann'] selected").wait_for()
        page.locator(".mzw-chosen", has_text="ann").wait_for()
        # A click runs the cells that read the view anew.
        page.locator(ROW, has_text="cleo").click()
        page.get_by_text("['cleo'] selected").wait_for()
        row = page.locator(".mzw", has_text="one")
        row.nth(2).wait_for()
        boxes = [box for i in range(3) if (box := row.nth(i).bounding_box()) is not None]
        assert len({round(box["width"]) for box in boxes}) == 1, "equal shares"
        assert boxes[2]["x"] + boxes[2]["width"] <= page.evaluate("innerWidth"), "of the cell's width"
        ground = "own => getComputedStyle(own).backgroundColor.match(/[\\d.]+/g).map(Number)"
        own, around = row.first.evaluate(ground), page.locator("body").evaluate(ground)
        assert own == [round(255 * part) for part in around], "on the page's ground"
    finally:
        server.terminate()
        server.wait(60)
