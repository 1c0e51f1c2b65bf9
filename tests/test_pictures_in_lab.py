"""Every kind of picture in a real JupyterLab, from a table to the page, and live."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
import pytest
from playwright.sync_api import TimeoutError as PageTimeoutError
from playwright.sync_api import expect

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

    # JupyterLab would take a drag with Shift for its own, which selects cells.
    over = page.locator(".mzw-plot .u-over")
    box = over.bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    over.hover(position={"x": 0.3 * box["width"], "y": 20})
    page.mouse.down()
    over.hover(position={"x": 0.7 * box["width"], "y": 20})
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(".mzw-chip").first).to_contain_text("interval selected")
    page.keyboard.press("Escape")
    expect(page.locator(".mzw-chip").first).to_be_hidden()


SLIDER = """import ipywidgets
least = ipywidgets.IntSlider(0, 0, 100, description="least")
least"""
ASKED = """mzwidget.LiveView(
    "SELECT name, n FROM asked_in_lab WHERE n > %(least)s AND 1 / (8 - %(least)s) < 2",
    params={"least": least},
    title="asked",
)"""
LINKED = """few = mzwidget.LiveView("SELECT name, n FROM asked_in_lab WHERE n < 4", title="few")
each = mzwidget.LiveView("asked_in_lab", kind="table", title="each")
sums = mzwidget.LiveView("SELECT name AS who, sum(n) AS n FROM asked_in_lab GROUP BY name", title="sums")
mzwidget.link(few, each, on="name"), mzwidget.link(few, sums, on={"name": "who"})
display(few, each, sums)"""


def test_a_slider_asks_anew_and_a_click_narrows_two_views(lab: LabServer, page: Page, engine_dsn: str) -> None:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS asked_in_lab")
        connection.execute("CREATE TABLE asked_in_lab (name text, n int)")
        connection.execute("INSERT INTO asked_in_lab SELECT 'name ' || n::text, n FROM generate_series(1, 9) AS i (n)")
    settings = {"MATERIALIZE_URL": engine_dsn}
    page.set_viewport_size({"width": 1100, "height": 2600})
    start = f"import os; os.environ.update({settings!r}); import mzwidget\n%load_ext mzwidget"
    lab.write("asked.ipynb", [start, SLIDER, ASKED, LINKED, "mzwidget.views()", ""])
    lab.open(page, "asked.ipynb")
    lab.run_all(page)
    shown = """(count) => {
        const root = document.querySelector(".mzw[aria-label^=asked]");
        return root?.querySelectorAll(".mzw-row[data-label]").length === count && root.dataset.state === "live";
    }"""
    asked = page.locator(".mzw[aria-label^=asked]")
    page.wait_for_function(shown, arg=9)
    page.evaluate("() => { document.querySelector('.mzw-row[data-label=\"name 9\"]').kept = true; }")
    epoch = asked.get_attribute("data-epoch")
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(7):
        handle.press("ArrowRight")
    page.wait_for_function(shown, arg=2)
    assert page.evaluate("() => document.querySelector('.mzw-row[data-label=\"name 9\"]').kept"), "bars glide"
    assert asked.get_attribute("data-epoch") == epoch
    assert asked.get_attribute("data-former") is None
    assert asked.locator(".mzw-terms").inner_text() == "least: 7"

    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO asked_in_lab VALUES ('name 10', 10)")
    page.wait_for_function(shown, arg=3)

    # The database refuses eight: the last picture stays, and says that it is another question's.
    handle.press("ArrowRight")
    page.locator(".mzw[data-state=failed][data-former]").wait_for()
    assert "division by zero\nThis is the new question" in asked.locator(".mzw-message").inner_text()
    assert asked.locator(".mzw-row[data-label]").count() == 3
    assert asked.locator(".mzw-picture").get_attribute("aria-busy") == "true"
    assert asked.locator(".mzw-asof").inner_text().startswith("as of ")
    handle.press("ArrowLeft")
    page.wait_for_function(shown, arg=3)

    # A click on a bar, and then one more: both linked views show what is selected, and by what.
    each, sums = page.locator(".mzw[aria-label^=each]"), page.locator(".mzw[aria-label^=sums]")

    def narrowed(count: int, to: str) -> None:
        expect(each.locator("tbody tr[aria-rowindex]")).to_have_count(count)
        expect(sums.locator(".mzw-row[data-label]")).to_have_count(count)
        expect(each.locator(".mzw-terms")).to_have_text(f"name: {to}" if to else "")
        expect(sums.locator(".mzw-terms")).to_have_text(f"who: {to}" if to else "")

    few = page.locator(".mzw[aria-label^=few]")
    few.locator(".mzw-row[data-label='name 3']").click()
    narrowed(1, "name 3")
    few.locator(".mzw-row[data-label='name 1']").click(modifiers=["Control"])
    narrowed(2, "name 3, name 1")
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO asked_in_lab VALUES ('name 1', 11)")
    expect(sums.locator(".mzw-row[data-label='name 1'] .mzw-value")).to_have_text("12")
    narrowed_rows = each.locator("tbody tr[aria-rowindex]")
    expect(narrowed_rows).to_have_count(3)
    page.keyboard.press("Escape")
    expect(sums.locator(".mzw-row[data-label]")).to_have_count(10)
    expect(each.locator(".mzw-terms")).to_be_hidden()

    # What can be watched: a click draws it live, another one ends that.
    page.get_by_role("button", name="asked_in_lab", exact=True).click()
    looked_at = page.locator(".mzw[aria-label=asked_in_lab][data-state=live]")
    expect(looked_at.locator("tbody tr[aria-rowindex], .mzw-row[data-label]").first).to_be_visible()
    page.get_by_role("button", name="asked_in_lab", exact=True).click()
    expect(looked_at).to_have_count(0)

    # The last cell: its text is completed with names of the database.
    page.locator(".jp-Notebook-cell .cm-content").last.click()
    page.keyboard.insert_text('mzwidget.LiveView("SELECT name FROM asked_in_')
    offered = page.locator(".jp-Completer-item", has_text="asked_in_lab")
    for _ in range(5):  # a busy machine may need longer than a key press waits
        page.keyboard.press("Tab")
        with contextlib.suppress(PageTimeoutError):
            offered.wait_for(timeout=10_000)
            break
    offered.click()
    expect(page.locator(".jp-Notebook-cell").last.locator(".cm-line").last).to_contain_text("FROM asked_in_lab")
