"""The shipped notebooks in a real JupyterLab, run by a person: cells run twice, commits, reload, a busy cell."""

from __future__ import annotations

import re
import statistics
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import nbformat
import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.conftest import PATIENCE
from tests.jupyterlab import LabServer
from tests.machine import ROOT, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
SUBSCRIPTIONS = "SELECT count(*) FROM mz_internal.mz_subscriptions"
TIME = re.compile(r"[\d-]+ [\d:.]+")
PARAMS = {"least": 1000}  # as the slider stands
TABLES = ("edits", "changes", "revisions", "wikis", "watched_edits", "day")

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
def put(lab: LabServer, bundle: Path, engine_dsn: str) -> Iterator[Callable[[str], str]]:  # noqa: ARG001
    """Put a shipped notebook into JupyterLab, on the engine that the test can see too, with the recorded day."""

    def put(name: str) -> str:
        shipped = nbformat.read(ROOT / "notebooks" / name, as_version=4)
        settings = {"MATERIALIZE_URL": engine_dsn, "MZWIDGET_SOURCE": "recorded", "MZWIDGET_SPEED": "3"}
        first = nbformat.v4.new_code_cell(f"import os; os.environ.update({settings!r})")
        shipped.cells.insert(0, first)
        nbformat.write(shipped, lab.root / name)
        with psycopg.connect(engine_dsn, autocommit=True) as connection:
            for table in TABLES:
                connection.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
        return name

    yield put
    lab.stop_kernels()


@pytest.fixture
def notebook(put: Callable[[str], str]) -> str:
    return put("01-top10-editors.ipynb")


# What a picture shows: its query, its kind and its rows as texts; of stacked bars a row for each part, of a table the
# rows in sight, of lines what they tell at each point that keys go to, of a Vega chart what it tells of each mark.
SHOWN = """(root) => {
    const of = (selector) => [...root.querySelectorAll(selector)];
    const rows = {
        number: () => of(".mzw-figure").map((figure) => [figure.dataset.value]),
        bars: () => of(".mzw-row[data-label]:not(.mzw-leaving)").flatMap((row) => {
            const parts = row.title.split("\\n").slice(1).filter((part) => row.querySelector(".mzw-part"));
            if (!parts.length) return [[row.dataset.label, row.dataset.value]];
            return parts.map((part) => {
                const [name, value] = part.split(": ");
                return [row.dataset.label, name, value.replaceAll(",", "")];
            });
        }),
        table: () => of("[role=row]:has([role=gridcell])").map((row) =>
            [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent)),
        line: () => {
            const [plot, told] = [".mzw-plot", ".mzw-lines .mzw-aloud"].map((found) => root.querySelector(found));
            const rows = [];
            let before = null;
            if (plot === null) return rows;  // its script is still to come
            for (let key = "Home"; rows.length < 50_000; key = "ArrowRight") {
                plot.dispatchEvent(new KeyboardEvent("keydown", { key }));
                if (told.textContent === before) break;
                before = told.textContent;
                const values = of(".mzw-reading-value").map((value) => value.textContent.replaceAll(",", ""));
                rows.push(...of(".mzw-reading-name").map((name, i) => [name.textContent, values[i]]));
            }
            return rows;
        },
        vega: () => of("[aria-roledescription='rect mark'][aria-label]").map((mark) =>
            mark.getAttribute("aria-label").split("; ").map((part) => part.split(": ").at(-1).replaceAll(",", ""))),
    };
    const { kind, state } = root.dataset;
    return { kind, state, query: root.querySelector(".mzw-title").title, rows: rows[kind]?.() ?? null };
}"""


def points(rows: Iterable[Sequence[Any]]) -> set[tuple[str, float]]:
    return {(name, round(float(value), 3)) for name, value in rows}


def is_shown(picture: Locator, connection: psycopg.Connection[Any]) -> bool:
    """Whether a picture shows what SELECT answers: all that it shows are columns of one row, but for times.

    Lines, at all their points together, show all values that a label has, and no others. What grows by itself may have
    grown between a SELECT before, the look and a SELECT after.
    """

    def select(query: str) -> list[tuple[Any, ...]]:
        text = query if query.startswith("SELECT") else f"SELECT * FROM {query}"
        return connection.execute(text, PARAMS if "%(" in text else None).fetchall()

    before = select(picture.locator(".mzw-title").get_attribute("title") or "")
    shown = picture.evaluate(SHOWN)
    answer = select(shown["query"])

    def is_part(drawn: list[str], row: tuple[Any, ...]) -> bool:
        cells = [*map(str, row), *(None for cell in row if isinstance(cell, datetime))]
        # Tables group digits, also those of types that psycopg gives as text.
        cells += [f"{int(cell):,}" for cell in map(str, row) if cell.isdecimal()]
        return all(cell in cells or (None in cells and TIME.fullmatch(cell)) for cell in drawn)

    if shown["state"] != "live" or bool(shown["rows"]) != bool(answer):
        return False
    if shown["kind"] == "line":
        drawn = points(shown["rows"])
        names = {name for name, _ in drawn}
        first, last = (points(row[1:] for row in rows if row[1] in names) for rows in (before, answer))
        return first <= drawn <= last
    return all(any(is_part(of, row) for row in answer) for of in shown["rows"] or ())


def run_code(page: Page, code: str) -> None:
    """Run code in the notebook's kernel."""
    page.evaluate(
        """async (code) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const { content } = await kernel.requestExecute({ code }).done;
            if (content.status !== "ok") throw new Error(content.evalue);
        }""",
        code,
    )


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_twice_and_its_pictures_show_what_select_answers(
    lab: LabServer, put: Callable[[str], str], page: Page, engine_dsn: str, name: str
) -> None:
    put(name)
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        others = connection.execute(SUBSCRIPTIONS).fetchall()
    lab.open(page, name)
    for _ in range(2):
        lab.run_all(page)
        cells = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells")
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in code)
        outputs = [output for cell in code for output in cell["outputs"]]
        assert [each for each in outputs if each["output_type"] == "error" or each.get("name") == "stderr"] == []
    if "follow(" in str(code):
        run_code(page, "edits.close()")
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        for picture in page.locator(".mzw").all():
            picture.scroll_into_view_if_needed()
            try:
                eventually(lambda picture=picture: is_shown(picture, connection))
            except AssertionError as error:
                error.add_note(str(picture.evaluate(SHOWN)))
                raise
    notes = page.locator(".mzw-note:not([hidden])").all_text_contents()
    assert set(notes) == ({"recorded 2015-09-12"} if "follow(" in str(code) else set())
    run_code(page, "".join(code[-1]["source"]).replace("# ", ""))
    eventually(lambda: page.locator(".mzw").count() == 0, what="all pictures are gone")
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        eventually(lambda: connection.execute(SUBSCRIPTIONS).fetchall() <= others, what="nothing is watched")


def newest(page: Page) -> list[list[str]]:
    return ranked(page.evaluate("window.painted.at(-1)[1]"))


def answer(connection: psycopg.Connection[Any]) -> list[list[str]]:
    return ranked([[name, str(edits)] for name, edits in connection.execute("SELECT * FROM top10")])


def test_any_commit_is_painted_within_two_seconds(
    lab: LabServer, notebook: str, engine_dsn: str, browser: Browser
) -> None:
    with browser.new_context() as context, psycopg.connect(engine_dsn, autocommit=True) as connection:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        lab.open(page, notebook)
        lab.run_all(page)
        # One more cell stops the ingest, so that this test's commits are the only ones.
        run_code(page, "edits.close()")
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
            eventually(lambda expected=expected: newest(page) == expected, every=0.02)
            waits.append(time.monotonic() - committed)
        assert statistics.median(waits) < 2
        connection.execute("DELETE FROM edits")
        eventually(lambda: newest(page) == [])


def test_reload_and_busy_cell(lab: LabServer, notebook: str, page: Page) -> None:
    lab.open(page, notebook)
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
        const code = "import os\\nwhile not os.path.exists('enough'): pass";
        window.busy = true;
        kernel.requestExecute({ code }).done.then(() => (window.busy = false));
    }""")
    page.wait_for_timeout(1000)
    count = len(painted(page))
    eventually(lambda: len(painted(page)) > count + 10, what="bars move while a cell runs")
    assert page.evaluate("window.busy")
    assert seen[0] != painted(page)[-1]
    (lab.root / "enough").touch()
    page.wait_for_function("!window.busy")
    (lab.root / "enough").unlink()
