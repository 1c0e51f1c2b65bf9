"""Selecting in a real browser: by mouse and by keys, in every kind of picture; shown on all pages, read by all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.js.test_every_kind import KINDS, show
from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Stage = Callable[..., Page]

POINT = {
    **KINDS["vega"]["spec"],
    "params": [{"name": "picked", "select": {"type": "point", "fields": ["who"]}}],
    "encoding": {
        **KINDS["vega"]["spec"]["encoding"],
        "opacity": {"condition": {"param": "picked", "value": 1}, "value": 0.3},
    },
}
SPAN = {
    "data": {"name": "live"},
    "width": 600,
    "mark": "point",
    "params": [{"name": "brush", "select": {"type": "interval", "encodings": ["x"]}}],
    "encoding": {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "n", "type": "quantitative"},
        "opacity": {"condition": {"param": "brush", "value": 1}, "value": 0.3},
    },
}


def selected(page: Page) -> Any:
    """Return what the kernel has been told to be selected."""
    page.evaluate("() => new Promise(done => setTimeout(done, 80))")
    return page.evaluate("() => view.model.get('selected')")


def is_selected(page: Page, selection: object) -> None:
    """Wait until the kernel has been told so."""
    eventually(lambda: selected(page) == selection, what=f"{selection} is selected")


def chosen(page: Page) -> list[str]:
    return page.locator(".mzw-chosen[aria-selected=true]").evaluate_all("bars => bars.map(bar => bar.dataset.label)")


def tell(page: Page, selection: object) -> None:
    """Be Python, or another page, that selects."""
    page.evaluate("async selection => { view.model.set('selected', selection); await frames(3); }", selection)


def who(*values: str | None) -> dict[str, Any]:
    return {"who": {"values": list(values)}}


@pytest.mark.parametrize("kind", ["bars", "groups", "stacks"])
def test_bars_are_selected_by_mouse_and_by_keys(stage: Stage, kind: str) -> None:
    page = stage()
    show(page, kind)
    bar = page.locator(".mzw-row[data-label='who 1'], .mzw-row[data-label='who 3']")
    first = page.locator(".mzw-row[data-label='who 1']").first
    first.click()
    is_selected(page, who("who 1"))
    assert set(chosen(page)) == {"who 1"}
    assert page.locator(".mzw-chip").get_attribute("aria-label") == "1 selected; take it back"
    page.locator(".mzw-row[data-label='who 3']").first.click(modifiers=["Control"])
    is_selected(page, who("who 1", "who 3"))
    assert set(chosen(page)) == {"who 1", "who 3"}
    assert bar.count() >= 2
    first.click(modifiers=["Shift"])
    is_selected(page, who("who 3"))
    page.locator(".mzw-row[data-label='who 3']").first.click()
    is_selected(page, None)
    assert chosen(page) == []
    assert page.locator(".mzw-chip").is_hidden()

    page.get_by_role("listbox").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    labels = page.locator(".mzw-row").evaluate_all(
        "rows => rows.sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map(row => row.dataset.label)"
    )
    is_selected(page, who(labels[0]))
    page.keyboard.press("ArrowDown")
    while page.locator(".mzw-active").get_attribute("data-label") == labels[0]:
        page.keyboard.press("ArrowDown")
    other = page.locator(".mzw-active").get_attribute("data-label")
    page.keyboard.press("Space")
    is_selected(page, who(labels[0], other))
    active = page.get_by_role("listbox").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("data-label") == other
    page.keyboard.press("Escape")
    is_selected(page, None)


def test_a_key_that_has_left_stays_selected_and_the_picture_says_so(stage: Stage) -> None:
    page = stage()
    show(page, "bars")
    page.locator(".mzw-row[data-label='who 1']").first.click()
    page.evaluate("async () => { view.become(rows.filter(([, who]) => who !== 'who 1')); await frames(3); }")
    assert page.locator(".mzw-missing").inner_text() == "selected: who 1, not in the view now"
    is_selected(page, who("who 1"))
    page.evaluate("async () => { view.become(rows); await frames(3); }")
    assert page.locator(".mzw-missing").is_hidden()
    assert set(chosen(page)) == {"who 1"}
    page.evaluate(
        """async () => {
            view.epoch = "epoch-2";
            view.model.set("base", view.base());
            await frames(3);
        }"""
    )
    assert set(chosen(page)) == {"who 1"}, "a new base changes nothing"
    page.get_by_role("button", name="1 selected; take it back").click()
    is_selected(page, None)


def test_what_is_selected_elsewhere_is_shown_and_what_nobody_confirms_is_not(stage: Stage) -> None:
    page = stage()
    show(page, "bars")
    tell(page, who("who 2", "<b>"))
    assert set(chosen(page)) == {"who 2"}
    assert page.locator(".mzw-missing").inner_text() == "selected: <b>, not in the view now"
    page.evaluate("() => { widget.show(); }")
    page.locator(".output").nth(1).locator(".mzw-chosen").first.wait_for()
    page.get_by_role("button", name="show as table").first.click()
    page.locator("tbody tr[aria-selected=true]").first.wait_for()
    page.evaluate(
        """() => {
            view.model.set = () => {}; // a kernel that does not answer
            window.seen = [];
            (function look() {
                const { label } = document.querySelectorAll(".output")[1].querySelector(".mzw-chosen").dataset;
                if (label !== seen.at(-1)) seen.push(label);
                requestAnimationFrame(look);
            })();
        }"""
    )
    page.locator(".output").nth(1).locator(".mzw-row[data-label='who 0']").first.click()
    page.wait_for_function("seen.length === 3")
    assert page.evaluate("seen") == ["who 2", "who 0", "who 2"]


def test_rows_of_a_table_are_selected_by_what_tells_them_apart(stage: Stage) -> None:
    page = stage()
    show(page, "table")
    lines = page.locator("tbody tr")
    lines.nth(2).locator("td").nth(1).click()
    first = selected(page)
    assert set(first) > {"who"}, "as many columns as it takes"
    assert page.locator("tr[aria-selected=true]").count() == 1
    lines.nth(4).locator("td").nth(1).click(modifiers=["Control"])
    assert len(selected(page)["who"]["values"]) == 2
    assert page.locator("tr.mzw-picked[aria-selected=true]").count() == 2
    tell(page, {"n": {"low": 100, "high": 361}})
    assert page.locator("tr[aria-selected=true]").count() == 10
    assert page.locator(".mzw-chip-words").inner_text() == "interval selected"


def test_an_interval_of_lines_is_selected_by_dragging_with_shift_and_by_keys(stage: Stage) -> None:
    page = stage()
    show(page, "line")
    box = page.locator(".u-over").bounding_box()
    assert box is not None

    def drag(start: float, end: float, key: str) -> None:
        page.keyboard.down(key)
        page.mouse.move(box["x"] + start * box["width"], box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + end * box["width"], box["y"] + 60, steps=4)
        page.mouse.up()
        page.keyboard.up(key)

    drag(0.2, 0.8, "Shift")
    is_selected(page, {"x": {"low": 1, "high": 3}})  # x goes from 0 to 4
    assert page.locator(".mzw-unzoom").is_hidden()
    assert page.locator(".mzw-shade").first.is_visible()
    page.locator(".mzw-plot").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    is_selected(page, {"x": {"low": 0, "high": 2}})
    page.keyboard.press("Escape")
    is_selected(page, None)
    drag(0.2, 0.8, "Alt")
    assert page.locator(".mzw-unzoom").is_visible(), "without Shift it zooms"
    is_selected(page, None)


def test_altair_selections_are_the_views_both_ways(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    page = stage()
    monkeypatch.setitem(KINDS, "points", {**KINDS["vega"], "spec": POINT})
    show(page, "points")
    opacities = """() => [...document.querySelectorAll(".mark-rect path")].map(path => path.getAttribute("opacity"))"""
    page.locator(".mark-rect path").nth(4).click(force=True)
    name = selected(page)["who"]["values"][0]
    is_selected(page, who(name))
    other = "who 2" if name != "who 2" else "who 3"
    tell(page, who(other))
    page.wait_for_function(f"({opacities})().includes('1')")
    assert page.evaluate(opacities).count("1") == 5
    described = "el => el.getAttribute('aria-label')"
    bright = page.locator(".mark-rect path[opacity='1']").first.evaluate(described)
    assert other in bright
    tell(page, None)
    page.wait_for_function(f"!({opacities})().includes('0.3')")
    is_selected(page, None)


def test_marks_of_an_altair_chart_are_read_and_selected_by_keys(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    page = stage()
    monkeypatch.setitem(KINDS, "points", {**KINDS["vega"], "spec": POINT})
    show(page, "points")
    chart = page.locator(".mzw-chart")
    assert chart.get_attribute("aria-label").endswith("arrow keys read it, Enter selects")
    chart.focus()
    ring, words = page.locator(".mzw-ring"), page.locator(".mzw-vega [role=status]")
    assert ring.is_hidden()
    chart.press("ArrowDown")
    assert "who 0" in words.inner_text()
    chart.press("End")
    assert "who 3" in words.inner_text()
    marked = page.locator(".mark-rect path").evaluate_all(
        """paths => {
            const ring = document.querySelector(".mzw-ring").getBoundingClientRect();
            return paths.filter(path => {
                const { left, right, top, bottom } = path.getBoundingClientRect();
                const around = [left - ring.left, ring.right - right, top - ring.top, ring.bottom - bottom];
                return around.every(distance => distance > 0 && distance < 8);
            }).map(path => path.getAttribute("aria-label"));
        }"""
    )
    assert words.inner_text() in marked, "what is said is what the ring is around"
    chart.press("Enter")
    is_selected(page, who("who 3"))
    page.wait_for_function("document.querySelectorAll('.mark-rect path[opacity=\"1\"]').length === 5")
    chart.press("Home")
    chart.press("Space")
    is_selected(page, who("who 3", "who 0"))
    chart.press("Enter")
    is_selected(page, who("who 0"))
    # The row goes on: the ring stays with what it is around.
    page.evaluate("async () => { view.become(rows.map(([x, who, n]) => [x, who, n + 1000])); await frames(4) }")
    assert ring.is_visible()
    chart.press("Enter")
    is_selected(page, None)
    chart.press("Enter")
    chart.press("Escape")
    is_selected(page, None)


def test_an_altair_interval_is_selected_by_keys(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    page = stage()
    monkeypatch.setitem(KINDS, "span", {**KINDS["vega"], "spec": SPAN})
    show(page, "span")
    chart = page.locator(".mzw-chart")
    chart.press("Home")
    chart.press("ArrowLeft")
    for _ in range(20):
        chart.press("ArrowLeft")
    for _ in range(5):
        chart.press("Shift+ArrowRight")
    is_selected(page, {"x": {"low": 0, "high": 1}})
    page.wait_for_function("document.querySelectorAll('.mark-symbol path[opacity=\"1\"]').length === 8")


def test_an_altair_interval_is_the_views_both_ways(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    page = stage()
    monkeypatch.setitem(KINDS, "span", {**KINDS["vega"], "spec": SPAN})
    show(page, "span")
    box = page.locator(".mzw-chart svg .background").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    is_selected(page, {"x": {"low": 1, "high": 3}})
    tell(page, {"x": {"low": 2, "high": 4}})
    bright = """() => document.querySelectorAll(".mark-symbol path[opacity='1']").length"""
    page.wait_for_function(f"({bright})() === 12")
    brush = page.locator(".mark-rect.role-mark.brush_brush path, .brush_brush path").first
    assert brush.evaluate("el => el.getBBox().width") == pytest.approx(300, abs=1)
    tell(page, None)
    page.wait_for_function(f"({bright})() === 20")


@pytest.mark.parametrize(
    ("spec", "selection", "bright"), [(POINT, who("who 2"), 5), (SPAN, {"x": {"low": 2, "high": 4}}, 12)]
)
def test_what_is_selected_in_a_chart_stays_so_when_it_is_drawn_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, spec: dict[str, Any], selection: dict[str, Any], bright: int
) -> None:
    page = stage()
    monkeypatch.setitem(KINDS, "own", {**KINDS["vega"], "spec": spec})
    show(page, "own")
    shown = "() => document.querySelectorAll('.role-mark path[opacity=\"1\"]').length"
    tell(page, selection)
    page.wait_for_function(f"bright => ({shown})() === bright", arg=bright)
    ink = "() => document.querySelector('.role-axis-label text').getAttribute('fill')"
    for theme in ("false", "true"):
        before = page.evaluate(ink)
        page.evaluate("theme => { document.body.dataset.jpThemeLight = theme }", theme)
        page.wait_for_function(f"before => ({ink})() !== before", arg=before)
        page.evaluate("frames(5)")
        assert selected(page) == selection
        page.wait_for_function(f"bright => ({shown})() === bright", arg=bright)


@pytest.mark.parametrize("kind", ["bars", "groups", "stacks", "table", "line", "vega"])
def test_a_selection_can_be_read_by_all(
    stage: Stage, js_modules: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "vega", {**KINDS["vega"], "spec": POINT})
    for theme in ("light", "dark"):
        page = stage(theme)
        page.add_script_tag(path=js_modules / "node_modules/axe-core/axe.min.js")
        page.emulate_media(reduced_motion="reduce")
        show(page, kind)
        tell(page, who("who 1", "gone"))
        if kind == "vega":
            page.locator(".mzw-chart").press("ArrowDown")
        problems = page.evaluate(
            """async () => {
                const { violations, passes } = await axe.run("main");
                if (passes.length < 5) return ["axe looked at nothing"];
                return violations.flatMap(({id, impact, nodes}) => [[id, impact, ...nodes.map(({html}) => html)]]);
            }"""
        )
        assert problems == []
