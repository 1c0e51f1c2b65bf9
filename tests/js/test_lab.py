"""The bundle in a real JupyterLab, under the real anywidget; only the kernel's side is made up here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.jupyterlab import LabServer

KERNEL_SIDE = """
import pathlib, threading, time
import anywidget, traitlets
from IPython.display import display

class Made(anywidget.AnyWidget):
    _esm = pathlib.Path({static!r}) / "widget.js"
    _css = pathlib.Path({static!r}) / "widget.css"
    name, note = traitlets.Unicode("made up").tag(sync=True), traitlets.Unicode("test").tag(sync=True)
    base, delta, status = (traitlets.Dict().tag(sync=True) for _ in range(3))

    def __init__(self):
        super().__init__()
        self.counts, self.seq, self.told = {{"ann": 1, "bob": 2, "<b>cleo</b>": 3}}, 0, []
        self.on_msg(lambda widget, message, buffers: self.hear(message))
        self.set_base()

    def set_base(self):
        columns = [dict(name="editor", type="text", kind="text"), dict(name="edits", type="int8", kind="number")]
        encoding = dict(kind="bars", channels=dict(label=[0], value=[1]), order=[[1, True, False], [0, False, False]])
        rows = [list(item) for item in self.counts.items()]
        self.base = dict(epoch="e", seq=self.seq, time=self.seq, columns=columns, encoding=encoding, rows=rows)
        self.tell()

    def tell(self):
        now = time.time() * 1000
        self.status = dict(state="live", message="", time=now, lag=0.1, epoch="e", seq=self.seq)

    def hear(self, message):
        self.told.append(message)
        if message["type"] == "hello":
            self.set_base()

    def add(self, name):
        before = self.counts[name]
        self.counts[name] += 1
        self.seq += 1
        self.delta = dict(epoch="e", to=self.seq, time=self.seq, deletes=[[name, before]], inserts=[[name, before + 1]],
                          **{{"from": self.seq - 1}})

    def follow(self):
        for _ in range(40):
            self.add("ann")
            time.sleep(0.03)
        self.tell()

made = Made()
made
"""


ROWS = [["ann", "41"], ["<b>cleo</b>", "3"], ["bob", "2"]]


def bars(page: Page) -> list[list[str]]:
    drawn: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll(".mzw-row[data-label]")]
               .sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map(row => [row.dataset.label, row.dataset.value])"""
    )
    return drawn


def until(page: Page, rows: list[list[str]]) -> None:
    """Wait for these bars, in sight: elsewhere nothing is painted after the first time."""
    page.wait_for_function(
        """value => {
            document.querySelector(".mzw")?.scrollIntoView({ block: "nearest" });
            return document.querySelector(".mzw-row[aria-posinset='1']")?.dataset.value === value;
        }""",
        arg=rows[0][1],
    )
    assert bars(page) == rows


def test_it_lives_in_jupyterlab_through_a_busy_cell_and_a_reload(lab: LabServer, bundle: Path, page: Page) -> None:
    lab.write(
        "made.ipynb",
        [
            KERNEL_SIDE.format(static=str(bundle)),
            "threading.Thread(target=made.follow).start()\nuntil = time.time() + 2\nwhile time.time() < until: pass",
            "print({'ack', 'visible'} - {m['type'] for m in made.told}, len({m['page'] for m in made.told}))",
        ],
    )
    lab.open(page, "made.ipynb")
    lab.run_all(page)
    until(page, ROWS)
    assert page.locator(".mzw").get_attribute("data-seq") == "40"
    lab.execute(page, "notebook:run-cell")
    page.get_by_text("set() 1").wait_for()
    page.wait_for_function("document.querySelector('.mzw').dataset.state === 'live'")
    assert page.locator(".mzw b").count() == 0

    lab.save(page)
    page.reload()
    lab.wait_ready(page)
    until(page, ROWS)


def test_a_restarted_kernel_leaves_the_last_data_marked(lab: LabServer, bundle: Path, browser: Browser) -> None:
    brief = "for _ in range(3):\n    brief = Made()\n    display(brief)\n    brief.close()"
    lab.write("restarted.ipynb", [KERNEL_SIDE.format(static=str(bundle)), brief])
    # A page whose console is not watched: JupyterLab itself reports what the restart cuts off.
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
        lab.open(page, "restarted.ipynb")
        lab.run_all(page)
        page.locator(".mzw").scroll_into_view_if_needed()
        page.locator(".mzw[data-state=live]").wait_for()
        page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        page.locator(".mzw[data-state=disconnected]").wait_for()
        assert page.locator(".mzw-message").inner_text() == "The kernel was restarted; run the cell again."
        assert len(bars(page)) == 3
        # What JupyterLab itself logs of views closed in the cell that made them, it logs of every widget.
        assert [error for error in errors if "blob:" in error] == []


def test_four_in_a_box_are_four_equal_pictures(lab: LabServer, bundle: Path, page: Page) -> None:
    row = "import ipywidgets\nipywidgets.HBox([Made() for _ in range(4)], layout={'width': '1000px'})"
    lab.write("row.ipynb", [KERNEL_SIDE.format(static=str(bundle)), row])
    lab.open(page, "row.ipynb")
    lab.run_all(page)
    page.wait_for_function("document.querySelectorAll('.widget-hbox .mzw[data-seq]').length === 4")
    boxes = page.locator(".widget-hbox .mzw").evaluate_all("all => all.map(root => root.getBoundingClientRect().width)")
    assert len(set(boxes)) == 1
    assert 240 < boxes[0] <= 250
    assert page.locator(".widget-hbox .mzw-value").all_inner_texts() == ["3", "2", "1"] * 4
