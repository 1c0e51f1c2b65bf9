"""Views in files, opened in a browser with the network off."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import nbformat
import psycopg
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from mzwidget import LiveView

if TYPE_CHECKING:
    from playwright.sync_api import Page

_number = itertools.count()


@pytest.fixture
def saved(engine_dsn: str, bundle: Path, tmp_path: Path, page: Page) -> Iterator[Callable[..., Page]]:  # noqa: ARG001
    """Save a view of three editors whose edits went from 0 to 9, and open the file with the network off."""
    table = f"saved_{next(_number)}_{time.time_ns() % 10**9}"
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {table} (editor text, edits bigint, at timestamptz)")
        connection.execute(
            f"INSERT INTO {table} VALUES ('ann', 0, '2026-01-01 10:00'), ('bob </script>', 4, '2026-01-01 11:00'),"
            " ('cleo', 2, '2026-01-01 12:00')"
        )

        def save(columns: str = "editor, edits", **options: Any) -> Page:
            with LiveView(f"SELECT {columns} FROM {table}", dsn=engine_dsn, **options) as view:
                view.wait(20)
                for n in range(1, 10):
                    connection.execute(f"UPDATE {table} SET edits = {n} WHERE editor = 'ann'")
                    view.when(lambda frame, n=n: (frame["edits"] == n).any(), timeout=20)
                    time.sleep(0.15)
                view.save(tmp_path / "view.html")
            page.context.set_offline(True)
            page.goto((tmp_path / "view.html").as_uri())
            page.wait_for_selector("#still", state="detached")
            return page

        yield save


def length(page: Page) -> str:
    """Return the number beside the bar of ann."""
    text: str = page.locator(".mzw-row[data-label=ann] .mzw-value").inner_text()
    return text


def test_it_opens_offline_and_looks_back(saved: Callable[..., Page], tmp_path: Path) -> None:
    page = saved(title="Editors", note="recorded")
    page.wait_for_selector(".mzw-row[data-label=ann]")
    assert length(page) == "9"
    assert "bob </script>" in page.locator(".mzw-picture").inner_text()
    header = page.locator(".mzw").inner_text()
    assert "Editors" in header
    assert "saved · recorded" in header
    slider = page.locator("input[type=range]")
    slider.evaluate("el => { el.value = el.min; el.dispatchEvent(new Event('input', { bubbles: true })) }")
    page.wait_for_function("document.querySelector('.mzw-row[data-label=ann] .mzw-value').textContent === '0'")
    page.evaluate(
        """() => {
            window.seen = [];
            (function look() {
                const { textContent } = document.querySelector(".mzw-row[data-label=ann] .mzw-value");
                if (textContent !== seen.at(-1)) seen.push(textContent);
                requestAnimationFrame(look);
            })();
        }"""
    )
    page.get_by_role("button", name="pause").click()
    page.wait_for_function("seen.at(-1) === '9'")
    seen = page.evaluate("seen")
    assert len(seen) > 2, "what was between is played, too"
    assert seen == sorted(seen)
    page.screenshot(path=tmp_path / "saved.png")


def test_a_number_opens_with_what_it_has_been(saved: Callable[..., Page]) -> None:
    page = saved("sum(edits) FILTER (WHERE editor = 'ann') AS edits")
    page.wait_for_selector(".mzw-figure[data-value='9']")
    assert page.locator(".mzw-change").inner_text().startswith("+9 in ")
    assert "H" in str(page.locator(".mzw-trend-line").get_attribute("d"))


def test_a_picture_that_loads_a_script_opens_offline(saved: Callable[..., Page]) -> None:
    page = saved("at, edits")
    page.wait_for_selector(".mzw-picture canvas")


def test_an_altair_chart_opens_offline(saved: Callable[..., Page]) -> None:
    page = saved(chart=alt.Chart().mark_bar().encode(x="edits", y="editor"))
    page.wait_for_selector(".mzw-picture svg, .mzw-picture canvas")


CELLS = """
import mzwidget
connection = mzwidget.connect()
connection.execute("CREATE TABLE t (editor text, edits bigint)")
connection.execute("INSERT INTO t VALUES ('ann', 3), ('bob', 5)")
mzwidget.LiveView("t", title="Editors")
"""


@pytest.mark.parametrize("state", [False, True], ids=["as JupyterLab saves it", "with the state of widgets"])
def test_a_notebook_converted_to_html_shows_the_picture_offline(tmp_path: Path, page: Page, state: bool) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELLS.strip())])
    NotebookClient(notebook, store_widget_state=state, timeout=120).execute()
    assert ("widgets" in notebook.metadata) == state
    assert len(nbformat.writes(notebook)) < (120_000 if state else 60_000)
    body, _ = HTMLExporter().from_notebook_node(notebook)
    path = tmp_path / "notebook.html"
    path.write_text(body, encoding="utf-8")
    page.context.route(lambda url: url.startswith("http"), lambda route: route.fulfill(body=""))
    page.goto(path.as_uri())
    page.get_by_text("Editors · as of").wait_for()
    bars = page.locator("svg[aria-label='edits by editor'] rect")
    assert bars.count() == 2
    assert bars.first.bounding_box()["width"] > 200  # type: ignore[index]
    assert page.get_by_text("connecting").count() == 0
