"""Pictures that are loaded when first drawn: what the page asks, and what it says when nothing or nonsense comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.js.test_views import sent
from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Stage = Callable[..., Page]

ENCODING = {"kind": "line", "channels": {"x": [0], "y": [1]}, "order": [], "table": {"kind": "table", "channels": {}}}
DRAWS = """export const mount = (el) => ({
    paint({ size }, change) {
        el.append(`${size} rows, ${change === null ? "anew" : change.inserts.length + " came"}. `);
    },
    destroy: () => {},
})"""


def turn(page: Page, script: str) -> None:
    """Run statements in the page, and let it paint."""
    page.evaluate(script)
    page.clock.run_for(100)


def turn_until(page: Page, text: str, picture: int = 0) -> None:
    """Let the page paint until a picture says so; when a script that came has been read is the browser's affair."""

    def says() -> bool:
        page.clock.run_for(100)
        assert page.locator(".mzw-picture").nth(picture).inner_text() == text
        return True

    eventually(says)


@pytest.fixture
def page_with(stage: Stage) -> Callable[..., Page]:
    """Show a view whose picture has to be loaded, in a page whose clock the test turns."""

    def show(encoding: dict[str, Any]) -> Page:
        page = stage()
        page.clock.install(time="2026-01-01T00:00:00Z")
        page.clock.pause_at("2026-01-01T00:01:00Z")
        page.evaluate(
            """async encoding => {
                window.view = new FakeView([["t", "time"], ["n", "number"]], [["1970-01-01", 1]], {encoding});
                window.widget = await load(view.model);
                window.shown = widget.show();
                window.answer = (script, name = "line") =>
                    view.model.emit("msg:custom", {type: "asset", name}, [new TextEncoder().encode(script)]);
            }""",
            encoding,
        )
        page.clock.run_for(100)
        return page

    return show


def test_a_script_that_is_lost_is_asked_for_again_and_the_picture_says_so(page_with: Callable[..., Page]) -> None:
    page = page_with(ENCODING)
    picture = page.locator(".mzw-picture")
    assert [message["asset"] for message in sent(page, "need")] == ["line"]
    assert picture.inner_text() == ""
    page.clock.run_for(1_000)
    assert picture.inner_text() == "Loading the picture …"
    page.clock.run_for(15_000)
    assert "run the cell again" in picture.inner_text()
    assert 3 <= len(sent(page, "need")) <= 5
    page.get_by_role("button", name="show as table").click()
    page.clock.run_for(100)
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("button", name="show as chart").click()
    page.clock.run_for(100)
    page.evaluate("script => answer(script)", DRAWS)
    turn_until(page, "1 rows, anew.")
    turn(page, "view.become([['1970-01-01', 1], ['1970-01-02', 2]])")
    assert picture.inner_text() == "1 rows, anew. 2 rows, 1 came."
    count = len(sent(page, "need"))
    page.clock.run_for(60_000)
    assert len(sent(page, "need")) == count


def test_what_no_picture_waits_for_is_not_asked_for(page_with: Callable[..., Page]) -> None:
    page = page_with(ENCODING)
    page.get_by_role("button", name="show as table").click()
    page.clock.run_for(100)
    count = len(sent(page, "need"))
    page.clock.run_for(60_000)
    assert len(sent(page, "need")) == count
    page.get_by_role("button", name="show as chart").click()
    page.clock.run_for(100)
    assert len(sent(page, "need")) == count + 1


def test_a_damaged_script_is_told_and_the_next_picture_gets_a_better_one(page_with: Callable[..., Page]) -> None:
    page = page_with(ENCODING)
    page.evaluate("console.error = (error) => (window.told = String(error)); answer('no script')")
    page.wait_for_function("document.querySelector('.mzw-picture').textContent.includes('cannot be drawn: ')")
    assert "SyntaxError" in page.evaluate("told")
    turn(page, "view.become([['1970-01-01', 7]])")
    assert page.locator(".mzw").get_attribute("data-seq") == "1"
    page.clock.run_for(3_000)
    turn(page, "widget.show()")
    assert len(sent(page, "need")) == 2
    page.evaluate("script => answer(script)", DRAWS)
    turn_until(page, "1 rows, anew.", picture=1)


def test_a_picture_that_throws_says_so_and_goes_no_further(page_with: Callable[..., Page]) -> None:
    page = page_with(ENCODING)
    page.evaluate("console.error = (error) => (window.told = String(error))")
    throws = "export const mount = () => ({ paint() { throw new Error('<b>too</b> much'); }, destroy() {} })"
    page.evaluate("script => answer(script)", throws)
    turn_until(page, "The picture cannot be drawn: <b>too</b> much")
    assert page.evaluate("told") == "Error: <b>too</b> much"
    turn(page, "view.become([['1970-01-01', 7]])")
    page.get_by_role("button", name="show as table").click()
    page.clock.run_for(100)
    assert page.locator("tbody tr").inner_text().split() == ["1970-01-01", "7"]


def test_a_kind_that_the_page_does_not_know_is_named(page_with: Callable[..., Page]) -> None:
    page = page_with({**ENCODING, "kind": "pie"})
    assert 'cannot draw "pie": reload it' in page.locator(".mzw-picture").inner_text()
    assert sent(page, "need") == []
