"""``mzwidget demo``, seen in a browser: the page that its link opens shows what its cells made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.machine import eventually
from tests.test_demo import WHERE, outputs_of, put

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.running_demo import StartDemo

WIDGET = """
import threading, time, ipywidgets
label = ipywidgets.Label(value="0")
label.add_class("ticking")
def tick():
    while True:
        label.value = str(int(label.value) + 1)
        time.sleep(0.05)
threading.Thread(target=tick, daemon=True).start()
label
"""


def test_widgets_are_live_when_the_page_opens(start_demo: StartDemo, page: Page, tmp_path: Path) -> None:
    copy = put(tmp_path, WHERE, WIDGET)
    running = start_demo("--source", "recorded", "--speed", "3")
    page.goto(running.link())
    ticking = page.locator(".ticking")
    first = int(ticking.text_content() or "")
    eventually(lambda: int(ticking.text_content() or "") > first, what="the label goes on")
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".jp-toast, .Toastify__toast").count() == 0
    assert page.locator(".jp-Notebook").count() == 1
    assert outputs_of(copy)[0][0]["text"] == f"{sys.executable} recorded 3.0\n"
    assert "kept as you edited it" in running.said
    assert running.stop() == 0
    assert "Traceback" not in running.said


def test_a_cell_that_fails_is_shown_and_named(start_demo: StartDemo, page: Page, tmp_path: Path) -> None:
    put(tmp_path, "1", "raise KeyError('no such thing')", "print('never')")
    running = start_demo()
    page.goto(running.link())
    page.get_by_text("KeyError: 'no such thing'").first.wait_for()
    assert "Code cell 2 failed (KeyError: 'no such thing')" in running.said
    assert page.get_by_text("never", exact=True).count() == 0
    assert running.stop() == 0
