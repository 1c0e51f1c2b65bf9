"""Every kind of picture in a real JupyterLab, from a table to the page, and live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, WebSocket

    from tests.jupyterlab import LabServer

CELLS = [
    "import altair as alt, mzwidget",
    'mzwidget.LiveView("SELECT minute, wiki, edits FROM edits_by_minute", title="lines")',
    """chart = alt.Chart().mark_bar(tooltip=True).encode(x="sum(edits)", y="wiki", color="wiki")
mzwidget.LiveView("edits_by_minute", chart=chart, title="altair")""",
    'mzwidget.LiveView("edits_by_minute", chart=chart.encode(x="max(edits)"), title="altair again")',
    'mzwidget.LiveView("SELECT sum(edits) AS edits FROM edits_by_minute", title="number")',
    'mzwidget.LiveView("SELECT wiki, kind, n FROM edits_by_kind", title="stacks")',
    'mzwidget.LiveView("edits_by_minute", kind="table", title="table")',
]
SETUP = """
    DROP TABLE IF EXISTS edits_by_minute; DROP TABLE IF EXISTS edits_by_kind;
    CREATE TABLE edits_by_minute (minute timestamptz, wiki text, edits int8);
    CREATE TABLE edits_by_kind (wiki text, kind text, n int8)"""


@pytest.fixture
def database(engine_dsn: str) -> str:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        for statement in SETUP.split(";"):
            connection.execute(statement)
        for minute in range(30):
            connection.execute(
                "INSERT INTO edits_by_minute VALUES (%s, 'en', %s), (%s, 'de', %s)",
                [
                    f"2026-11-25 10:{minute:02}:00+00",
                    40 + minute % 7,
                    f"2026-11-25 10:{minute:02}:00+00",
                    20 + minute % 5,
                ],
            )
        connection.execute("INSERT INTO edits_by_kind VALUES ('en', 'new', 3), ('en', 'edit', 30), ('de', 'edit', 12)")
    return engine_dsn


def test_every_kind_is_drawn_and_follows(lab: LabServer, bundle: Path, page: Page, database: str) -> None:
    assert (bundle / "vega.js").is_file()
    received: list[int] = []

    def count(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(len(frame)))

    page.on("websocket", count)
    page.set_viewport_size({"width": 1100, "height": 2600})
    settings = {"MATERIALIZE_URL": database}
    lab.write("pictures.ipynb", [f"import os; os.environ.update({settings!r})", *CELLS])
    lab.open(page, "pictures.ipynb")
    lab.run_all(page)
    page.wait_for_function(
        """() => ["line", "vega", "vega", "number", "bars", "table"].every((kind, i) =>
            document.querySelectorAll(".mzw")[i]?.dataset.kind === kind)"""
    )
    page.locator(".mzw-plot canvas").wait_for()
    for i in range(2):
        page.locator(".mzw-chart").nth(i).locator(".mark-rect path").nth(1).wait_for()
    assert page.locator(".mzw-figure").inner_text() == "1,945"
    assert page.locator(".mzw-part").count() == 3
    assert page.locator(".mzw-rows").all_inner_texts() == ["60 rows"] * 3 + ["1 row", "3 rows", "60 rows"]
    assert page.locator(".mzw-foot span").last.inner_text() == "60 rows"
    script = (bundle / "vega.js").stat().st_size
    assert sum(size >= script for size in received) == 1, "Vega comes once, however many charts there are"

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO edits_by_minute VALUES ('2026-11-25 10:30:00+00', 'fr', 1000)")
        connection.execute("INSERT INTO edits_by_kind VALUES ('fr', 'talk', 50)")
    for i in range(2):
        page.locator(".mzw-chart").nth(i).locator(".mark-rect path").nth(2).wait_for()
    page.locator(".mzw-key", has_text="fr").wait_for()
    page.locator(".mzw-figure", has_text="2,945").wait_for()
    page.locator(".mzw-row[data-label=fr]").wait_for()
    page.locator(".mzw-foot span", has_text="61 rows").wait_for()


SLIDER = """import ipywidgets
least = ipywidgets.IntSlider(0, 0, 100, description="least")
least"""
ASKED = """mzwidget.LiveView(
    "SELECT name, n FROM asked_in_lab WHERE n > %(least)s AND 1 / (8 - %(least)s) < 2", params={"least": least}
)"""


def test_a_slider_asks_anew(lab: LabServer, page: Page, engine_dsn: str) -> None:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS asked_in_lab")
        connection.execute("CREATE TABLE asked_in_lab (name text, n int)")
        connection.execute("INSERT INTO asked_in_lab SELECT 'name ' || n::text, n FROM generate_series(1, 9) AS i (n)")
    settings = {"MATERIALIZE_URL": engine_dsn}
    lab.write("asked.ipynb", [f"import os; os.environ.update({settings!r}); import mzwidget", SLIDER, ASKED])
    lab.open(page, "asked.ipynb")
    lab.run_all(page)
    shown = """(count) => {
        const rows = [...document.querySelectorAll(".mzw-row[data-label]")];
        return rows.length === count && document.querySelector(".mzw").dataset.state === "live";
    }"""
    page.wait_for_function(shown, arg=9)
    page.evaluate("() => { document.querySelector('.mzw-row[data-label=\"name 9\"]').kept = true; }")
    epoch = page.locator(".mzw").get_attribute("data-epoch")
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(7):
        handle.press("ArrowRight")
    page.wait_for_function(shown, arg=2)
    assert page.evaluate("() => document.querySelector('.mzw-row[data-label=\"name 9\"]').kept"), "bars glide"
    assert page.locator(".mzw").get_attribute("data-epoch") == epoch
    assert page.locator(".mzw").get_attribute("data-former") is None

    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO asked_in_lab VALUES ('name 10', 10)")
    page.wait_for_function(shown, arg=3)

    # The database refuses eight: the last picture stays, and says that it is another question's.
    handle.press("ArrowRight")
    page.locator(".mzw[data-state=failed][data-former]").wait_for()
    assert page.locator(".mzw-message").inner_text().endswith("division by zero")
    assert page.locator(".mzw-row[data-label]").count() == 3
    assert page.locator(".mzw-picture").get_attribute("aria-busy") == "true"
    handle.press("ArrowLeft")
    page.wait_for_function(shown, arg=3)
