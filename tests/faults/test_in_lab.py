"""What notebooks go through in a real JupyterLab; after each the page equals the database and nothing is left over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, Page

from tests.faults.notebook import Notebook, notebook
from tests.jupyterlab import LabServer
from tests.machine import eventually

PICTURES_SENT = "sum(trait in ('base', 'delta') for trait in sent)"


@pytest.fixture
def opened(lab: LabServer, browser: Browser, engine_dsn: str) -> Iterator[Notebook]:
    with notebook(lab, browser, engine_dsn) as made:
        yield made


def freeze(page: Page, *, frozen: bool) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen" if frozen else "active"})


# A tab's last word may be lost with it; its silence is noticed sooner than usual.
IMPATIENT = "from mzwidget.page import pages; pages.SILENCE, pages.SEEN, pages.HIDDEN = 3.0, 12.0, 12.0"


def test_two_tabs_and_then_none(lab: LabServer, browser: Browser, engine_dsn: str) -> None:
    with notebook(lab, browser, engine_dsn, before=IMPATIENT) as opened:
        first = opened.start()
        second = opened.tab()
        opened.right(first, second)
        opened.change(20)
        opened.right(first, second)
        eventually(lambda: opened.ask("view.diagnostics().pages") == 2)

        first.close()
        eventually(lambda: opened.ask("view.diagnostics().pages") == 1)
        opened.change(20)
        opened.right(second)

        second.close()
        eventually(lambda: opened.ask("view.diagnostics().pages") == 0)
        opened.nothing_is_sent()
        eventually(lambda: opened.tails == 0, what="a tail that nobody looks at has ended")
        opened.change()
        assert opened.tails == 0

        third = opened.tab()
        opened.right(third)
        opened.change(5)
        opened.right(third)
        assert opened.tails == 1
        assert opened.threads == ["mzwidget"]


def test_a_tab_that_dies_without_a_word(lab: LabServer, browser: Browser, engine_dsn: str) -> None:
    with notebook(lab, browser, engine_dsn, before=IMPATIENT) as opened:
        page = opened.start()
        page.evaluate(
            """() => {
                const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
                kernel._ws.send = () => {};
            }"""
        )
        page.close()
        eventually(lambda: opened.ask("view.diagnostics().pages") == 0, what="the page is given up")
        opened.nothing_is_sent()
        eventually(lambda: opened.tails == 0)
        opened.right(opened.tab())


def test_two_displays_of_one_widget(opened: Notebook) -> None:
    page = opened.start()
    page.evaluate(
        """() => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.activeCellIndex = content.widgets.findIndex((cell) => cell.node.querySelector(".mzw"));
        }"""
    )
    opened.lab.execute(page, "notebook:create-output-view")
    eventually(lambda: len(opened.pictures(page)) == 2)
    page.evaluate("() => document.querySelectorAll('.mzw').forEach((root) => root.scrollIntoView({ block: 'end' }))")
    opened.change(10)
    opened.right(page, count=2)
    assert opened.ask("view.diagnostics().pages") == 1
    page.evaluate("() => window.jupyterapp.shell.currentWidget.close()")
    eventually(lambda: len(opened.pictures(page)) == 1)
    opened.change(10)
    opened.right(page)


def test_reloads_leave_nothing_behind(opened: Notebook) -> None:
    page = opened.start()
    memory = 0
    for turn in range(6):
        opened.change(3)
        page.reload()
        opened.lab.wait_ready(page)
        opened.change(3)
        opened.right(page)
        memory = opened.process.memory_info().rss if turn == 1 else memory
    eventually(lambda: opened.ask("view.diagnostics().pages") == 1)
    assert opened.threads == ["mzwidget"]
    assert opened.tails == 1
    assert opened.process.memory_info().rss - memory < 10 * 2**20


def test_a_cell_run_again_leaves_nothing_behind(opened: Notebook) -> None:
    page = opened.start()
    for _ in range(5):
        opened.lab.execute(page, "notebook:run-cell")
        opened.change(2)
        opened.right(page)
    assert opened.threads == ["mzwidget"]
    assert opened.tails == 1
    assert opened.ask("len(shared._tails)") == 1


def test_a_websocket_that_dies_and_returns(opened: Notebook) -> None:
    page = opened.start()
    for _ in range(3):
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel._ws.close()")
        opened.change(15)
        opened.right(page)
    opened.change(5)
    opened.right(page)
    assert opened.ask("view.diagnostics().pages") == 1


def test_a_page_that_is_frozen_and_thaws(opened: Notebook) -> None:
    page = opened.start()
    other = opened.tab()
    opened.right(page, other)
    freeze(page, frozen=True)
    for _ in range(20):
        opened.change(2)
        other.wait_for_timeout(100)
    opened.right(other)
    freeze(page, frozen=False)
    opened.right(page, other)
    opened.change(5)
    opened.right(page, other)


def test_a_kernel_that_restarts_under_the_page(opened: Notebook) -> None:
    page = opened.start()
    opened.change(3)
    opened.right(page)
    truth = opened.truth()
    process = opened.process
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    eventually(lambda: opened.pictures(page)[0]["state"] == "disconnected")
    assert sorted(opened.pictures(page)[0]["rows"]) == truth
    eventually(lambda: not process.is_running(), what="the old kernel has ended")
    opened.change(3)
    opened.lab.wait_ready(page)
    opened.lab.run_all(page)
    opened.right(page)
    assert opened.tails == 1


HIDE = "Object.defineProperty(document, 'visibilityState', { value: %r, configurable: true })"


def scroll(page: Page, *, away: bool) -> None:
    page.evaluate(
        """(away) => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.scrollToItem(away ? content.widgets.length - 1 : 0, "start");
        }""",
        away,
    )


def set_visible(page: Page, *, away: bool) -> None:
    state = "hidden" if away else "visible"
    page.evaluate(f"() => {{ {HIDE % state}; document.dispatchEvent(new Event('visibilitychange')); }}")


def collapse(page: Page, *, away: bool) -> None:
    page.evaluate(
        """(away) => {
            const { content } = window.jupyterapp.shell.currentWidget;
            for (const cell of content.widgets) if (cell.model.type === "code") cell.outputHidden = away;
        }""",
        away,
    )


def cover(page: Page, *, away: bool) -> None:
    if away:
        page.evaluate(
            """async () => {
                window.watched = window.jupyterapp.shell.currentWidget;
                await window.jupyterapp.commands.execute("launcher:create");
            }"""
        )
    else:
        page.evaluate("() => window.jupyterapp.shell.activateById(window.watched.id)")


def test_out_of_sight_nothing_is_sent(lab: LabServer, browser: Browser, engine_dsn: str) -> None:
    long = "print('\\n' * 200)"
    with notebook(lab, browser, engine_dsn, *[long] * 3) as opened:
        page = opened.tab()
        lab.run_all(page)
        # JupyterLab goes to the last cell, when it likes; what is far from there is not in the page.
        eventually(lambda: scroll(page, away=False) or opened.pictures(page))
        opened.right(page)
        for put in (scroll, set_visible, collapse, cover):
            put(page, away=True)
            eventually(lambda: not opened.ask("view.diagnostics().visible"), what="the kernel knows that nobody looks")
            opened.nothing_is_sent()
            assert opened.ask("view.diagnostics().pages") == 1
            before = opened.ask(PICTURES_SENT)
            put(page, away=False)
            opened.right(page)
            assert opened.ask(PICTURES_SENT) - before == 1, put.__name__
            opened.change(3)
            opened.right(page)


GIVEN_UP = """
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => (ms === 2000 ? { addEventListener: (_, giveUp) => giveUp() } : timeout(ms));
"""


def test_a_page_that_was_too_busy_to_load_the_script_in_time(opened: Notebook) -> None:
    page = opened.tab(GIVEN_UP)
    given_up: list[str] = []
    page.on("pageerror", lambda error: given_up.append(str(error)))
    opened.lab.run_all(page)
    opened.right(page)
    opened.change(3)
    opened.right(page)
    assert any("Failed to initialize model" in said for said in given_up), "anywidget has given it up"


def test_a_busy_cell_lets_all_pass(opened: Notebook) -> None:
    page = opened.start()
    opened.execute(page, "busy = True\nwhile busy: pass\nended = True")
    eventually(lambda: opened.ask("busy") is True)
    deltas, acks = opened.ask(PICTURES_SENT), opened.ask("view.stats.acks")
    for _ in range(10):
        opened.change()
        opened.right(page)
    deltas, acks = opened.ask(PICTURES_SENT) - deltas, opened.ask("view.stats.acks") - acks
    assert deltas >= 10
    assert acks > 0
    opened.ask("globals().update(busy=False)")
    eventually(lambda: opened.ask("ended") is True, what="the cell has ended")


def test_closed_views_leave_no_rows_in_the_page(opened: Notebook) -> None:
    opened.database.execute(f"INSERT INTO {opened.table} SELECT 'name ' || n, n FROM generate_series(1, 2000) AS t (n)")
    page = opened.tab(REMEMBER_PAYLOADS)
    opened.lab.run_all(page)
    page.locator(".mzw [data-label]").first.wait_for()
    assert large_payloads(page) > 0, "a base of 2,000 rows is a binary message"
    opened.execute(page, "view.close()")
    eventually(lambda: opened.pictures(page) == [])
    opened.database.execute(f"DELETE FROM {opened.table} WHERE name LIKE 'name %'")
    opened.lab.execute(page, "notebook:run-cell")
    opened.right(page)
    eventually(lambda: large_payloads(page) == 0, what="the page lets go of the closed view's rows")
    bundles = "Object.getOwnPropertySymbols(globalThis).filter(({ description }) => description.startsWith('mzwidget'))"
    assert page.evaluate(f"{bundles}.length") == 1


CLOSED_IN_ITS_CELL = (
    "for _ in range(3):\n    mzwidget.LiveView(view.name).close()",
    "with mzwidget.LiveView(view.name) as brief:\n    display(brief)\n    brief.wait(20)",
    "brief",
)


def test_views_closed_in_the_cell_that_made_them(lab: LabServer, browser: Browser, engine_dsn: str) -> None:
    with notebook(lab, browser, engine_dsn, *CLOSED_IN_ITS_CELL) as opened:
        page = opened.tab()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda told: problems.append(told.text) if told.type == "error" else None)
        lab.run_all(page)
        page.wait_for_timeout(4000)  # anywidget takes two seconds to give a model up, and then says so
        assert not problems
        opened.right(page)
        assert page.locator(".jp-OutputArea").last.inner_text().endswith(f"<LiveView '{opened.table}': closed>")


TOGETHER = """
total = mzwidget.LiveView(f"SELECT sum(n)::bigint AS n FROM {view.name}")
both = mzwidget.together(view, total)
both
"""

ADD_UP = """() => new Promise((done) => {
    const shown = (kind, part) => {
        const root = [...document.querySelectorAll(`.mzw[data-kind=${kind}]`)].at(-1);
        return [...root.querySelectorAll(part)].reduce((sum, node) => sum + Number(node.dataset.value), 0);
    };
    const totals = new Set();
    const end = performance.now() + 6000;
    // After the frame's other callbacks, and with them all of its paints.
    const frame = () => requestAnimationFrame(() => setTimeout(look));
    const look = () => {
        const [parts, total] = [shown("bars", ".mzw-row[data-label]"), shown("number", ".mzw-figure")];
        totals.add(total);
        if (parts !== total) done({ parts, total, totals: totals.size });
        else if (performance.now() < end && totals.size < 30) frame();
        else done({ totals: totals.size });
    };
    look();
})"""


def test_views_together_add_up_in_every_frame(lab: LabServer, browser: Browser, engine_dsn: str) -> None:
    with notebook(lab, browser, engine_dsn, TOGETHER) as opened:
        page = opened.tab()
        lab.run_all(page)
        page.locator(".mzw").nth(2).scroll_into_view_if_needed()
        page.locator(".mzw-figure[data-value]").wait_for()
        opened.change()
        with ThreadPoolExecutor(1) as pool:
            changing = pool.submit(lambda: [(opened.change(), time.sleep(0.03)) for _ in range(100)])
            seen = page.evaluate(ADD_UP)
            changing.result()
        assert seen.keys() == {"totals"}, seen
        assert seen["totals"] > 10
        opened.ask("(view.pause(), None)[1]")
        # The first of the three displays may be out of sight.
        eventually(lambda: page.locator(".mzw[data-state=paused]").count() >= 2, what="pausing one pauses all")
        opened.ask("(total.resume(), None)[1]")
        expected = str(sum(int(n) for _, n in opened.truth()))
        figure = page.locator(".mzw-figure")
        eventually(lambda: figure.get_attribute("data-value") == expected)


REMEMBER_PAYLOADS = """
    const made = [];
    globalThis.DataView = class extends DataView {
        constructor(...from) {
            super(...from);
            made.push(new WeakRef(this));
        }
    };
    globalThis.largePayloads = () => made.filter((payload) => payload.deref()?.byteLength > 10_000).length;
"""


def large_payloads(page: Page) -> int:
    """Count the binary messages that the page still has in memory."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.detach()
    return int(page.evaluate("largePayloads()"))


@pytest.mark.parametrize("how", ["view.close()", "import ipywidgets; ipywidgets.Widget.close_all()"])
def test_closing(opened: Notebook, how: str) -> None:
    page = opened.start()
    opened.change(3)
    opened.right(page)
    truth = opened.truth()
    opened.execute(page, how)
    eventually(lambda: opened.pictures(page) == [], what="the picture is gone")
    eventually(lambda: opened.tails == 0)
    opened.nothing_is_sent()
    assert opened.ask("len(shared._tails)") == 0
    assert sorted([name, str(n)] for name, n in opened.ask("view.df.values.tolist()")) == truth
    opened.lab.execute(page, "notebook:run-cell")
    opened.right(page)
