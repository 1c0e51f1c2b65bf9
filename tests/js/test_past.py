"""Pausing, looking back and showing one moment, in a real browser driven by a stand-in for the comm (`fake.js`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.js.test_views import EDITORS, act, become, open_bars, sent, stop_the_clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    Stage = Callable[..., Page]

START = 1_700_000_000_000
LENGTH = 100


def open_past(page: Page, width: int = 900, **traits: Any) -> Locator:
    """Show a view that has been the number i at second i, and return its slider."""
    act(
        page,
        """const at = (_, i) => ({time: given.start + 1000 * i, rows: [["n", i]]});
        const past = Array.from({length: given.length}, at);
        window.view = new FakePast([["name", "text"], ["i", "number"]], past, given.traits);
        window.widget = await load(view.model);
        window.shown = widget.show(given.width + "px");
        view.report()""",
        {
            "start": START,
            "length": LENGTH,
            "width": width,
            "traits": {"title": "Seconds", "name": "seconds", "note": "recorded", **traits},
        },
    )
    return page.locator(".mzw-range")


def pause(page: Page) -> None:
    page.get_by_role("button", name="pause").click()
    page.wait_for_function("document.querySelector('.mzw').dataset.state === 'paused'")


def drawn(page: Page) -> int:
    """Return the second that is drawn, which has to be the one that the picture says it is."""
    value, time = page.evaluate("[bars()[0][1], document.querySelector('.mzw').dataset.time]")
    assert int(value) == (int(time) - START) // 1000
    return int(value)


def until_drawn(page: Page, second: int) -> None:
    page.wait_for_function("second => Number(bars()[0][1]) === second", arg=second)
    assert drawn(page) == second


@pytest.mark.parametrize("width", [900, 700, 420, 300])
def test_pausing_moves_nothing(stage: Stage, width: int) -> None:
    page = stage()
    slider = open_past(page, width)
    page.add_style_tag(content=".mzw-row, .mzw-bar, .mzw-entering { transition: none !important; animation: none }")
    parts = [".mzw-title", ".mzw-dot", ".mzw-buttons", ".mzw-picture", ".mzw-row", *([".mzw-rows"] * (width == 900))]
    places = "parts => parts.map(part => document.querySelector(part).getBoundingClientRect().toJSON())"
    page.wait_for_function("!document.getAnimations().length")
    before = page.evaluate(places, parts)
    assert slider.is_hidden()
    pause(page)
    assert slider.is_visible()
    assert page.evaluate(places, parts) == before
    assert page.evaluate("sticksOut()") == []
    slider.focus()
    for end in ("Home", "End"):
        page.keyboard.press(end)
        assert page.evaluate("sticksOut()") == []


def test_dragging_shows_each_moment_and_resuming_returns(stage: Stage) -> None:
    page = stage()
    slider = open_past(page)
    pause(page)
    assert slider.input_value() == slider.get_attribute("max") == str(START + 1000 * (LENGTH - 1))
    box = slider.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 6, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, y, steps=40)
    until_drawn(page, int(slider.input_value()[:-3]) - START // 1000)
    assert 27 <= drawn(page) <= 31
    # The past moves on, but not from under the pointer.
    before = slider.evaluate("e => [e.min, e.max, e.value]")
    act(
        page,
        "view.past.push({time: view.past.at(-1).time + 5000, rows: [['n', 104]]}); view.past.shift(); view.report()",
    )
    assert slider.evaluate("e => [e.min, e.max, e.value]") == before
    page.mouse.up()
    sought = drawn(page)
    act(page, "view.report()")
    assert slider.get_attribute("max") == str(START + 104_000)
    assert slider.get_attribute("min") == str(START + 1000)
    assert drawn(page) == sought
    text = page.locator(".mzw-bubble").inner_text()
    assert text == slider.get_attribute("aria-valuetext")
    assert page.locator(".mzw-asof").inner_text() == f"as of {text}"
    assert all(isinstance(message["time"], int) for message in sent(page, "seek"))
    page.get_by_role("button", name="pause").click()
    until_drawn(page, 104)
    assert slider.is_hidden()


def test_keys_and_buttons_go_step_by_step(stage: Stage) -> None:
    page = stage()
    slider = open_past(page)
    pause(page)
    slider.focus()
    for key, second in [
        ("ArrowLeft", 98),
        ("ArrowDown", 97),
        ("ArrowRight", 98),
        ("PageDown", 88),
        ("ArrowUp", 89),
        ("Home", 0),
        ("ArrowLeft", 0),
        ("PageUp", 10),
        ("End", 99),
    ]:
        page.keyboard.press(key)
        until_drawn(page, second)
    page.get_by_role("button", name="one second back").click()
    until_drawn(page, 98)
    page.get_by_role("button", name="one second on").click()
    until_drawn(page, 99)
    assert page.get_by_role("slider", name="time shown").count() == 1
    assert page.locator(".mzw-bubble").get_attribute("aria-hidden") == "true"


@pytest.mark.parametrize("width", [240, 319, 370])
def test_the_time_looked_at_is_told_in_a_narrow_cell_and_covers_nothing(stage: Stage, width: int) -> None:
    page = stage()
    open_past(page, width=width, note="saved", title="A long title for this view of the world")
    pause(page)
    page.mouse.move(0, 400)
    told = page.locator(".mzw-asof")
    time = page.evaluate(
        """() => {
            const [asOf, facts] = [".mzw-asof", ".mzw-facts"].map(name => document.querySelector(name));
            const hour = document.createRange();
            hour.setStart(asOf.firstChild, asOf.firstChild.length - 8);
            hour.setEnd(asOf.firstChild, asOf.firstChild.length);
            const [inner, outer] = [hour, facts].map(of => of.getBoundingClientRect());
            return {text: hour.toString(), seen: inner.left >= outer.left - 1 && inner.right <= outer.right + 1
                && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1};
        }"""
    )
    assert time["seen"], told.inner_text()
    assert time["text"] == (page.locator(".mzw-range").get_attribute("aria-valuetext") or "")[-8:]
    assert not page.locator(".mzw-bubble").is_visible(), "it would lie on what the picture shows"
    assert page.evaluate("sticksOut()") == []


def test_without_a_past_there_is_no_slider(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    for history in (None, [START, START]):
        act(page, "view.status({state: 'paused', paused: true, history: given})", history)
        assert page.locator(".mzw-range, .mzw-steps").filter(visible=True).count() == 0


def test_a_view_that_reconnects_while_paused_can_be_looked_back_at_and_resumed(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    act(
        page,
        """view.status({state: 'reconnecting', paused: true, retry_at: Date.now() + 8500, time: view.timeOf(0),
                        history: [view.timeOf(0) - 60000, view.timeOf(0)]})""",
    )
    assert page.locator(".mzw-word").inner_text().startswith("paused · reconnecting in ")
    assert page.locator(".mzw-asof").inner_text().startswith("as of 2023")
    assert page.locator(".mzw-range").is_visible()
    button = page.get_by_role("button", name="pause")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert len(sent(page, "resume")) == 1


def test_a_pause_freezes_the_picture_before_the_kernel_answers_and_not_for_ever(stage: Stage) -> None:
    page = stage()
    stop_the_clock(page)
    open_bars(page, EDITORS)
    page.wait_for_function("view.model.sent.some(m => m.type === 'visible')")
    page.clock.run_for(100)
    page.get_by_role("button", name="pause").click()
    for n in range(20):
        become(page, [["ann", n]])
        page.clock.run_for(50)
        assert page.locator(".mzw").get_attribute("data-seq") == "0"
    assert page.evaluate("bars().length") == len(EDITORS)
    assert page.locator(".mzw-word").inner_text() == "pausing…"
    page.clock.run_for(3_000)
    assert page.evaluate("document.querySelector('.mzw').dataset.seq === String(view.seq)")
    become(page, [["ann", -1]])
    page.clock.run_for(50)
    assert page.evaluate("bars()") == [["ann", "-1"]]
    assert page.locator(".mzw-word").inner_text() == "pausing…"
    act(page, "view.status({paused: true, state: 'paused', time: view.timeOf(view.seq)})")
    page.clock.run_for(50)
    assert page.locator(".mzw-word").inner_text() == "paused"


@pytest.mark.parametrize("seed", [3, 11, 2026])
def test_views_of_a_group_are_painted_in_one_frame(stage: Stage, seed: int) -> None:
    page = stage()
    result = page.evaluate("seed => stormTogether(seed)", seed)
    assert result["problems"] == []
    assert result["last"] == [f"100 at {START + 100}"] * 2
    assert result["painted"] > 15


def test_a_group_does_not_wait_for_a_view_that_is_gone(stage: Stage) -> None:
    page = stage()
    act(
        page,
        """window.pair = [1, 2].map(n => new FakeView([["n", "number"]], [[n]], {group: "g"}));
        for (const each of pair) each.model.traits.status.time = each.timeOf(0);
        for (const each of pair) (await load(each.model)).show();
        await frames(3);
        pair[0].become([[3]])""",
    )
    figures = "[...document.querySelectorAll('.mzw-figure')].map(figure => figure.dataset.value)"
    assert page.evaluate(figures) == ["1", "2"]
    act(page, "pair[1].status({state: 'failed', message: 'why'})")
    assert page.evaluate(figures) == ["3", "2"]
    act(page, "pair[1].model.set('group', ''); pair[1].become([[4]])")
    assert page.evaluate(figures) == ["3", "4"]


def test_a_view_shown_nowhere_says_so_at_once_and_announces_its_return(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    act(page, "window.second = widget.show(); await frames(2); shown.hide()")
    assert [(m["visible"], m["displays"]) for m in sent(page, "visible")] == [(True, 1)]
    page.evaluate("second.hide()")
    assert page.evaluate("view.model.sent.at(-1)")["type"] == "visible"
    assert [(m["visible"], m["displays"]) for m in sent(page, "visible")][1:] == [(False, 0)]
    count = page.evaluate("view.model.sent.length")
    become(page, [["ann", 1]])
    assert page.evaluate("view.model.sent.length") == count
    act(page, "widget.show()")
    assert page.evaluate("count => view.model.sent.slice(count).map(m => [m.type, m.displays, m.seq])", count) == [
        ["have", 1, 1],
        ["visible", 1, 1],
    ]
    assert page.evaluate("bars()") == [["ann", "1"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_looking_back_stands_out_in_every_theme(stage: Stage, theme: str) -> None:
    page = stage(theme)
    open_past(page)
    pause(page)
    assert page.evaluate("faint()") == []
