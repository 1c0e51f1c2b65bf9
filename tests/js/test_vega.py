"""Altair's charts in a real browser, live: each is at any time what it would be if drawn anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.js.altair_charts import COLUMNS, charts

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Easel = Callable[..., Page]

CHANGES = int(os.environ.get("MZWIDGET_CHART_CHANGES", "300"))
HOSTILE = "<img src=x onerror='window.hacked = 1'>"
BAR = {
    "mark": {"type": "bar", "tooltip": True},
    "encoding": {"x": {"field": "n", "type": "quantitative"}, "y": {"field": "who", "type": "nominal"}},
}


def act(page: Page, script: str, argument: Any = None) -> Any:
    """Run statements in the page, where `given` is the argument, and let the picture draw what comes of them."""
    return page.evaluate(f"async given => {{ {script}; await frames(2); await settle(window.picture) }}", argument)


def draw(page: Page, spec: dict[str, Any], rows: list[list[Any]], **options: Any) -> None:
    """Draw a chart of a view of (who, n)."""
    act(
        page,
        """window.vega = await import("./vega.js");
        const columns = given.columns ?? [["who", "text"], ["n", "numeric"]];
        const encoding = {kind: "vega", data: "live", spec: {data: {name: "live"}, ...given.spec}};
        window.picture = new Picture(vega, columns, encoding, given.rows, given.options);
        window.rowsOf = () => picture.view.chart.data("live")""",
        {"spec": spec, "rows": rows, "columns": options.pop("columns", None), "options": options},
    )


@pytest.mark.parametrize("name", charts())
def test_a_chart_that_was_changed_is_the_chart_of_its_rows(easel: Easel, name: str) -> None:
    page = easel()
    result = page.evaluate(
        """async ([columns, spec, changes]) => {
            const vega = await import("./vega.js");
            return churn(vega, columns, spec, 7, changes);
        }""",
        [COLUMNS, charts()[name], CHANGES],
    )
    assert result["differences"] == []
    assert result["size"] > 0
    assert result["marks"] > 0


def test_only_what_changes_is_handed_to_vega_once_a_frame(easel: Easel) -> None:
    page = easel()
    draw(page, BAR, [[f"who {i}", i] for i in range(100)])
    result = page.evaluate(
        """async () => {
            await settle(picture);
            const before = new Set(rowsOf());
            const { chart } = picture.view;
            let runs = 0;
            chart.runAfter(function count() { runs++; chart.runAfter(count, true); }, true);
            for (let step = 1; step <= 5; step++) {
                picture.become([...picture.rows.filter(([who]) => who !== "who 7"), ["who 7", 1000 + step]]);
            }
            await settle(picture);
            const kept = rowsOf().filter(tuple => before.has(tuple)).length;
            return {kept, last: rowsOf().find(({who}) => who === "who 7").n, size: rowsOf().length};
        }"""
    )
    assert result == {"kept": 99, "last": 1005, "size": 100}


def test_rows_reach_vega_as_their_types_say(easel: Easel) -> None:
    page = easel()
    columns = [
        ("i", "int8"),
        ("d", "numeric"),
        ("b", "bool"),
        ("t", "timestamptz"),
        ("w", "timestamp"),
        ("y", "date"),
        ("j", "jsonb"),
        ("a.b", "text"),
    ]
    rows = [
        [
            "9007199254740993",
            "1.50",
            True,
            "2026-11-25 10:00:00.5+00",
            "2026-11-25 10:00:00",
            "2026-11-25",
            '{"k": [1]}',
            "x",
        ],
        [1, "NaN", False, "infinity", None, None, None, None],
        [1, "NaN", False, "infinity", None, None, None, None],
    ]
    spec = {"mark": "point", "encoding": {"x": {"field": "i", "type": "quantitative"}}}
    draw(page, spec, rows, columns=columns)
    told = page.evaluate("rowsOf().map(tuple => JSON.stringify(tuple))")
    t, w, y = page.evaluate(
        "[Date.UTC(2026, 10, 25, 10, 0, 0, 500), ...[[10], [0]].map(h => +new Date(2026, 10, 25, ...h))]"
    )
    assert told[0] == (f'{{"i":9007199254740992,"d":1.5,"b":true,"t":{t},"w":{w},"y":{y},"j":{{"k":[1]}},"a.b":"x"}}')
    assert told[1:] == ['{"i":1,"d":null,"b":false,"t":null,"w":null,"y":null,"j":null,"a.b":null}'] * 2
    act(page, "picture.become(picture.rows.slice(0, 2))")
    assert page.evaluate("rowsOf().length") == 2, "of two equal rows one has gone"


def test_a_selected_point_stays_selected_while_its_numbers_change(easel: Easel) -> None:
    page = easel()
    spec = {
        **BAR,
        "params": [{"name": "picked", "select": "point"}],
        "encoding": {**BAR["encoding"], "opacity": {"condition": {"param": "picked", "value": 1}, "value": 0.25}},
    }
    draw(page, spec, [["ann", 5], ["bob", 7]])
    page.locator(".mark-rect path").first.click()
    act(page, "")
    opacity = "() => [...document.querySelectorAll('.mark-rect path')].map(path => path.getAttribute('opacity'))"
    assert sorted(page.evaluate(opacity)) == ["0.25", "1"]
    act(page, "picture.become([['ann', 6], ['bob', 9]])")
    assert sorted(page.evaluate(opacity)) == ["0.25", "1"]
    act(page, "picture.become([['bob', 9]])")
    assert page.evaluate(opacity) == ["0.25"]


def test_it_is_as_wide_as_its_cell_and_as_high_as_asked(easel: Easel) -> None:
    page = easel()
    fluid = {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}  # as the kernel has it
    draw(page, {**BAR, **fluid}, [["ann", 5], ["bob", 7]], width="640px", height=320)
    size = """() => {
        const { width, height } = document.querySelector(".mzw-chart > svg").getBoundingClientRect();
        return [width, height];
    }"""
    inner = "document.querySelector('.mzw-picture').clientWidth"
    assert page.evaluate(size) == [page.evaluate(inner), 320]
    act(page, "picture.root.style.width = '420px'; await frames(1); picture.view.resize()")
    assert page.evaluate(size) == [page.evaluate(inner), 320]


def test_a_legend_that_is_longer_than_the_chart_is_high_is_seen_whole(easel: Easel) -> None:
    page = easel()
    spec = {
        **BAR,
        "mark": "point",
        "encoding": {**BAR["encoding"], "color": {"field": "who", "type": "nominal"}},
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
    }
    draw(page, spec, [[f"wiki {i}", i] for i in range(25)], width="800px", height=220)
    inside = """() => {
        const bottom = document.querySelector(".mzw-chart > svg").getBoundingClientRect().bottom;
        const labels = [...document.querySelectorAll(".mzw-chart .role-legend-label text")];
        return labels.filter(label => label.getBoundingClientRect().bottom <= bottom).length;
    }"""
    assert page.evaluate(inside) == 25
    act(page, "picture.become([['wiki 1', 1], ['wiki 2', 2]])")
    assert page.evaluate(inside) == 2


def test_it_fills_a_cell_whose_width_changes_while_it_is_drawn(easel: Easel) -> None:
    page = easel()
    fluid = {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
    plot = "document.querySelector('.mzw-chart .background').getBoundingClientRect().width"
    draw(page, {**BAR, **fluid}, [["ann", 5], ["bob", 7]], width="640px")
    whole = page.evaluate(plot)
    drawn = page.evaluate(
        """async spec => {
            const encoding = {kind: "vega", data: "live", spec: {data: {name: "live"}, ...spec}};
            const columns = [["who", "text"], ["n", "numeric"]];
            const widths = [];
            for (let turns = 0; turns < 16; turns++) {
                picture.close();
                window.picture = new Picture(vega, columns, encoding, [["ann", 5], ["bob", 7]], {width: "320px"});
                picture.root.style.width = "640px";
                for (let turn = 0; turn < turns; turn++) await null;
                picture.view.resize();
                await frames(1);
                await settle(picture);
                widths.push(document.querySelector(".mzw-chart .background").getBoundingClientRect().width);
            }
            return widths;
        }""",
        {**BAR, **fluid},
    )
    assert drawn == [whole] * len(drawn)


def test_it_follows_the_theme(easel: Easel) -> None:
    page = easel()
    draw(page, BAR, [["ann", 5], ["bob", 7]])
    colours = """() => [
        getComputedStyle(document.querySelector(".mark-rect path")).fill,
        getComputedStyle(document.querySelector(".role-axis-label text")).fill,
    ]"""
    light = page.evaluate(colours)
    act(
        page,
        """document.body.dataset.jpThemeLight = "false"; await frames(1);
        picture.view.resize(); picture.become([["ann", 6], ["bob", 7]])""",
    )
    dark = page.evaluate(colours)
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    assert page.evaluate("rowsOf().map(({who, n}) => [who, n]).sort()") == [["ann", 6], ["bob", 7]]
    assert page.locator(".mzw-chart > svg").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chart_keeps_its_own_ground_and_can_be_read_on_it(easel: Easel, theme: str) -> None:
    page = easel(theme)
    inks = """() => [".role-axis-label text", ".role-title-text text, .role-title text", ".mark-rect path"].map(name =>
        getComputedStyle(document.querySelector(name)).fill)"""
    found = {}
    for ground in ("#fee", "white", "rgb(20 30 40)", "black", "transparent", None):
        config = {"config": {"background": ground}} if ground == "white" else {"background": ground} if ground else {}
        draw(page, {**BAR, **config, "title": "bars"}, [["ann", 5], ["bob", 7]])
        found[ground] = page.evaluate(inks)
        page.evaluate("picture.close()")
    assert found["#fee"] == found["white"] != found["black"] == found["rgb(20 30 40)"]
    assert found[None] == found["transparent"]
    alike = found["white" if theme == "light" else "black"]
    assert [found[None][0], found[None][2]] == [alike[0], alike[2]]


def test_tooltips_are_text(easel: Easel) -> None:
    page = easel()
    draw(page, BAR, [[HOSTILE, 5], ["bob", 7]])
    page.locator(".mark-rect path").first.hover()
    tooltip = page.locator(".mzw-tooltip")
    assert tooltip.is_visible()
    assert HOSTILE in tooltip.inner_text() or "bob" in tooltip.inner_text()
    page.locator(".mark-rect path").last.hover()
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img").count() == 0
    page.mouse.move(1, 1)
    assert tooltip.is_hidden()


def test_a_chart_that_vega_cannot_draw_says_why(easel: Easel) -> None:
    page = easel()
    draw(page, {**BAR, "transform": [{"calculate": "datum.(", "as": "m"}]}, [["a", 1]])
    assert page.locator(".mzw-notice").inner_text().startswith("Vega cannot draw this chart: ")
    act(page, "picture.become([['a', 2]])")
    page.evaluate("picture.close()")
    draw(page, {"data": {"values": [1]}, "mark": "bar"}, [["a", 1]])
    assert "draws nothing of the view" in page.locator(".mzw-notice").inner_text()


def test_an_empty_view_is_an_empty_chart(easel: Easel) -> None:
    page = easel()
    draw(page, BAR, [])
    assert page.locator(".mark-rect path").count() == 0
    assert page.locator(".mzw-notice").is_hidden()
    assert page.locator(".mzw-none").is_visible()
    act(page, "picture.become([['a', 2]])")
    assert page.locator(".mark-rect path").count() == 1
    assert page.locator(".mzw-none").is_hidden()


def test_more_rows_than_vega_can_draw_are_refused_in_words(easel: Easel) -> None:
    page = easel()
    draw(page, BAR, [["a", 1], ["b", 2]])
    many = "Array.from({length: 100_001}, (_, i) => ['a', i])"
    act(page, f"picture.become({many})")
    assert "it has 100,001 rows, and 100,000 are the most" in page.locator(".mzw-notice").inner_text()
    assert page.locator(".mzw-chart *").count() == 0
    act(page, "picture.become([['b', 2], ['c', 3], ['d', 4]])")
    assert page.locator(".mzw-notice").is_hidden()
    assert page.locator(".mark-rect path").count() == 3


def test_a_chart_is_said_to_lag_where_each_drawing_takes_long_not_where_one_did(easel: Easel) -> None:
    page = easel()
    foot = page.locator(".mzw-foot")
    page.evaluate(
        """() => {
            const now = performance.now.bind(performance);
            let late = 0;
            window.slowness = 550;
            performance.now = () => now() + (late += window.slowness);
        }"""
    )
    draw(page, BAR, [["ann", "1"]])
    assert foot.is_hidden(), "a page that loads is slow once"
    again = "picture.become([['ann', given]])"
    act(page, again, "2")
    assert "so this picture lags" in foot.inner_text()
    page.evaluate("() => { window.slowness = 0 }")
    act(page, again, "3")
    assert foot.is_hidden()


def test_a_narrow_chart_leaves_room_for_its_marks(easel: Easel) -> None:
    page = easel()
    colour = {"color": {"field": "who", "type": "nominal"}}
    spec = {**BAR, "width": "container", "encoding": {**BAR["encoding"], **colour}}
    draw(page, spec, [["a very long name of somebody that takes all the room there is", 1], ["b", 2]], width="240px")
    assert page.evaluate("picture.view.chart.width()") > 80


def test_no_code_is_made_of_text(easel: Easel) -> None:
    """A page that forbids `eval` can draw any chart."""
    page = easel()
    page.evaluate("() => { globalThis.Function = function () { throw new Error('made of text') } }")
    spec = {
        **BAR,
        "transform": [{"calculate": "datum.n * 2 + length(datum.who)", "as": "m"}, {"filter": "datum.m > 1"}],
    }
    draw(page, spec, [["ann", 5]])
    assert page.locator(".mzw-notice").is_hidden()
    assert page.locator(".mark-rect path").count() == 1


def test_nothing_is_left_of_it(easel: Easel) -> None:
    page = easel()
    draw(page, BAR, [["ann", 1]])
    page.evaluate("picture.close()")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def counts() -> dict[str, float]:
        page.evaluate(
            """async bar => {
                for (let i = 0; i < 10; i++) {
                    const spec = {data: {name: "live"}, width: "container", ...bar};
                    const encoding = {kind: "vega", data: "live", spec};
                    const picture = new Picture(vega, [["who", "text"], ["n", "int8"]], encoding, [["ann", i]]);
                    await settle(picture);
                    picture.close();
                }
                await frames(3);
            }""",
            BAR,
        )
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return {
            metric["name"]: metric["value"] for metric in metrics if metric["name"] in {"JSEventListeners", "Nodes"}
        }

    assert counts() == counts()
