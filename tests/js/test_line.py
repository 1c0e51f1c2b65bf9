"""Lines in a real browser: what is drawn, read and zoomed (`pictures.js` mounts the picture by itself)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Easel = Callable[..., Page]

HOSTILE = "<img src=x onerror='window.hacked = 1'>"


def act(page: Page, script: str, argument: Any = None) -> Any:
    """Run statements in the page, where `given` is the argument, and let it paint."""
    return page.evaluate(f"async given => {{ {script}; await frames(2) }}", argument)


def draw(page: Page, rows: list[list[Any]], **options: Any) -> None:
    """Draw (at, who, n): a line for each who."""
    act(
        page,
        """window.line = await import("./line.js");
        const {width, height, ...encoding} = given.options;
        const columns = [["at", given.type], ["who", "text"], ["n", "float8"]];
        const channels = {x: [0], y: [2], color: [1]};
        const options = {width, height};
        window.picture = new Picture(line, columns, {kind: "line", channels, ...encoding}, given.rows, options)""",
        {"rows": rows, "options": options, "type": options.pop("type", "timestamptz")},
    )


def minutes(who: str, values: list[float | None]) -> list[list[Any]]:
    return [[f"2026-11-25 10:{minute:02}:00+00", who, value] for minute, value in enumerate(values)]


def hover(page: Page, share: float) -> dict[str, Any]:
    """Hold the pointer over the plot and return what is read there."""
    over = page.locator(".u-over").bounding_box()
    assert over is not None
    page.mouse.move(over["x"] + share * over["width"], over["y"] + over["height"] / 2)
    return reading(page)


def reading(page: Page) -> dict[str, Any]:
    act(page, "")
    read: dict[str, Any] = page.evaluate(
        """() => {
            const names = [...document.querySelectorAll(".mzw-reading-name")].map(node => node.textContent);
            const values = [...document.querySelectorAll(".mzw-reading-value")].map(node => node.textContent);
            return {
                when: document.querySelector(".mzw-when").textContent,
                values: names.map((name, i) => [name, values[i]]),
                dots: document.querySelectorAll(".mzw-dot-at").length,
                shown: !document.querySelector(".mzw-reading").hidden,
            };
        }"""
    )
    return read


INK = """([from, to]) => {
    const canvas = document.querySelector(".mzw-plot canvas");
    const over = document.querySelector(".u-over").getBoundingClientRect();
    const own = canvas.getBoundingClientRect();
    const [left, width] = [over.left - own.left + from * over.width, (to - from) * over.width];
    const { data } = canvas.getContext("2d").getImageData(left, over.top - own.top, width, over.height);
    const coloured = new Set();
    for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.slice(i, i + 4);
        if (a > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 60) coloured.add((i / 4) % Math.floor(width));
    }
    return coloured.size / Math.floor(width);
}"""
"""The share of pixel columns of a part of the plot in which something coloured is drawn."""


def test_the_pointer_reads_all_lines_at_once(easel: Easel) -> None:
    page = easel()
    draw(page, [*minutes("ann", [1, 2, 3.5, 4, 5]), *minutes("bob", [10, 20, None, 40, 50])], timezone="Asia/Tokyo")
    assert reading(page)["shown"] is False
    read = hover(page, 0.5)
    assert read["values"] == [["ann", "3.5"], ["bob", "no value"]]
    assert read["when"].endswith("19:02:00"), "the time in the zone that was asked for"
    assert read["dots"] == 1
    assert hover(page, 0.26)["values"] == [["bob", "20"], ["ann", "2"]]
    # What is read follows the data, though the pointer rests.
    act(page, "picture.become(picture.rows.map(([at, who, n]) => [at, who, who === 'ann' ? 100 : n]))")
    assert reading(page)["values"] == [["ann", "100"], ["bob", "20"]]
    page.mouse.move(2, 2)
    assert reading(page)["shown"] is False


@pytest.mark.parametrize("width", [240, 400, 760])
def test_what_is_read_is_whole_and_what_has_no_room_is_counted(easel: Easel, width: int) -> None:
    page = easel()
    names = [f"a service with a name that is very long, number {n}" for n in range(24)]
    draw(page, [row for n, name in enumerate(names) for row in minutes(name, [n, 2 * n, n])], width=f"{width}px")
    for share in (0.02, 0.45, 0.55, 0.98):
        told = len(hover(page, share)["values"])
        more = page.locator(".mzw-reading .mzw-more").all_inner_texts()
        assert told > 5
        assert more == ([] if told == len(names) else [f"and {len(names) - told} more"])
        sides = """name => {
            const { left, right, top, bottom } = document.querySelector(name).getBoundingClientRect();
            return [left, top, -right, -bottom];
        }"""
        inner, outer = page.evaluate(sides, ".mzw-reading"), page.evaluate(sides, ".mzw-plot")
        assert all(own >= edge for own, edge in zip(inner, outer, strict=True))
        cut = """() => [...document.querySelectorAll(".mzw-reading-value, .mzw-when")].filter(
            own => own.scrollWidth > own.clientWidth
        ).length"""
        assert page.evaluate(cut) == 0


def test_null_and_missing_points_are_gaps(easel: Easel) -> None:
    page = easel()
    values: list[float | None] = [5.0] * 41
    values[10:15] = [None] * 5
    rows = [row for minute, row in enumerate(minutes("ann", values)) if not 25 <= minute < 30]
    draw(page, rows)
    assert page.evaluate(INK, [0.02, 0.2]) == 1
    assert page.evaluate(INK, [0.25, 0.33]) == 0, "NULLs"
    assert page.evaluate(INK, [0.40, 0.58]) == 1
    assert page.evaluate(INK, [0.63, 0.71]) == 0, "minutes without a row"
    assert page.evaluate(INK, [0.78, 0.98]) == 1


@pytest.mark.parametrize("points", [300, 20_000])
def test_a_line_is_drawn_where_its_points_are_however_many(easel: Easel, points: int) -> None:
    page = easel()
    half = [[i, "low", 10] if i < points / 2 else [i, "low", 90] for i in range(points)]
    draw(page, half, type="int8")
    share = """() => {
        const canvas = document.querySelector(".mzw-plot canvas");
        const over = document.querySelector(".u-over").getBoundingClientRect();
        const own = canvas.getBoundingClientRect();
        const [top, left] = [over.top - own.top, over.left - own.left];
        const heights = [0.25, 0.75].map(share => {
            const { data } = canvas.getContext("2d").getImageData(left + share * over.width, top, 1, over.height);
            const rows = [];
            for (let y = 0; y < over.height; y++) {
                const [r, g, b] = data.slice(4 * y, 4 * y + 3);
                if (b - r > 60) rows.push(y);
            }
            return 1 - rows.reduce((sum, y) => sum + y + 0.5, 0) / rows.length / over.height;
        });
        return heights;
    }"""
    low, high = page.evaluate(share)
    top = 90 + (90 - 10) / 16
    assert low == pytest.approx(10 / top, abs=0.02)
    assert high == pytest.approx(90 / top, abs=0.02)


def test_a_drag_zooms_and_a_double_click_goes_back(easel: Easel) -> None:
    page = easel()
    draw(page, minutes("ann", list(range(41))))
    over = page.locator(".u-over").bounding_box()
    assert over is not None
    y = over["y"] + over["height"] / 2
    page.mouse.move(over["x"] + over["width"] * 0.5, y)
    page.mouse.down()
    page.mouse.move(over["x"] + over["width"] * 0.75, y, steps=4)
    page.mouse.up()
    back = page.get_by_role("button", name="whole range")
    assert back.is_visible()
    assert hover(page, 0.01)["values"] == [["ann", "20"]]
    # What comes at the edge does not move what one looks at.
    act(page, "picture.become([...picture.rows, ['2026-11-25 10:41:00+00', 'ann', 41]])")
    assert hover(page, 0.01)["values"] == [["ann", "20"]]
    page.mouse.dblclick(over["x"] + over["width"] / 2, y)
    assert back.is_hidden()
    assert hover(page, 0.999)["values"] == [["ann", "41"]]


EDGE = "() => { const {x} = picture.view.chart.scales; return x.max }"


def test_the_live_edge_glides_unless_motion_is_unwanted(easel: Easel, page: Page) -> None:
    easel()
    # A clock of its own: on a busy machine a frame costs too much to glide, and few of them fit into a glide.
    page.evaluate("() => { window.now = 0; performance.now = () => window.now }")
    draw(page, minutes("ann", list(range(20))))
    act(page, "now += 1000; picture.become([...picture.rows.slice(1), ['2026-11-25 10:20:00+00', 'ann', 20]])")
    edges = []
    for _ in range(12):
        edges.append(page.evaluate(EDGE))
        act(page, "now += 50")
    last = edges[-1]
    assert edges == sorted(edges)
    assert len({edge for edge in edges if edge < last}) >= 8, "on its way"
    assert hover(page, 0.999)["values"] == [["ann", "20"]]

    page.emulate_media(reduced_motion="reduce")
    act(page, "now += 1000; picture.become([...picture.rows.slice(1), ['2026-11-25 10:21:00+00', 'ann', 21]])")
    assert page.evaluate(EDGE) - last == 60_000


def test_keys_read_zoom_and_go_back(easel: Easel) -> None:
    page = easel()
    draw(page, [*minutes("ann", [1, 2, 3]), *minutes("bob", [4, 5, 6])])
    plot = page.locator(".mzw-plot")
    plot.focus()
    page.keyboard.press("Home")
    assert reading(page)["values"] == [["bob", "4"], ["ann", "1"]]
    page.keyboard.press("ArrowRight")
    assert reading(page)["values"] == [["bob", "5"], ["ann", "2"]]
    assert page.locator(".mzw-aloud").inner_text().endswith("bob 5, ann 2")
    page.keyboard.press("+")
    assert page.get_by_role("button", name="whole range").is_visible()
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name="whole range").is_hidden()
    assert str(plot.get_attribute("aria-label")).startswith("n by at, 2 lines")


def test_what_keys_read_is_in_sight_and_they_never_leave_the_lines(easel: Easel) -> None:
    page = easel()
    draw(page, minutes("ann", [float(n) for n in range(21)]))
    whole = page.get_by_role("button", name="whole range")
    page.locator(".mzw-plot").focus()
    for key in ("Home", *"+++"):
        page.keyboard.press(key)
    for key, value in (
        ("End", "20"),
        ("ArrowLeft", "19"),
        ("Home", "0"),
        *[("ArrowRight", str(n)) for n in range(1, 8)],
    ):
        page.keyboard.press(key)
        assert reading(page)["values"] == [["ann", value]]
        plot, dot = page.locator(".u-over").bounding_box(), page.locator(".mzw-dot-at").bounding_box()
        assert plot is not None
        assert dot is not None
        assert plot["x"] - 5 <= dot["x"] <= plot["x"] + plot["width"] + 5, (key, value)
        assert page.evaluate(INK, [0, 1]) > 0.5
        assert whole.is_visible()
    for _ in range(3):
        page.keyboard.press("-")
        assert reading(page)["values"] == [["ann", "7"]]
    assert whole.is_hidden()
    page.keyboard.press("-")
    assert whole.is_hidden()


def test_a_line_can_be_hidden_and_shown_alone(easel: Easel) -> None:
    page = easel()
    draw(page, [row for who in ("ann", "bob", HOSTILE) for row in minutes(who, [1, 2, 3])])
    page.get_by_role("button", name="bob").click()
    assert page.get_by_role("button", name="bob").get_attribute("aria-pressed") == "false"
    assert {name for name, _ in hover(page, 0.5)["values"]} == {"ann", HOSTILE}
    page.get_by_role("button", name="ann").click(modifiers=["Shift"])
    assert [name for name, _ in hover(page, 0.5)["values"]] == ["ann"]
    page.get_by_role("button", name="ann").click(modifiers=["Shift"])
    assert len(hover(page, 0.5)["values"]) == 3
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img").count() == 0


def test_years_are_whole_and_not_in_groups_of_three(easel: Easel) -> None:
    page = easel()
    draw(page, [[2024, "ann", 1], [2026, "ann", 2]], type="int8", formats=["id", "", ""])
    assert page.evaluate("picture.view.chart.axes[0]._values") == ["2024", "2025", "2026"]
    assert hover(page, 0.99)["when"] == "2026"


def test_what_cannot_be_drawn_is_told(easel: Easel) -> None:
    page = easel()
    draw(page, [])
    assert page.locator(".mzw-none").inner_text() == "no rows"
    act(page, "picture.become([[null, 'ann', 1], ['infinity', 'ann', 2], ['2026-11-25 10:00:00+00', 'ann', 'NaN']])")
    assert page.locator(".mzw-none").inner_text() == "no values of n"
    assert page.locator(".mzw-foot").inner_text() == "2 rows without at not shown"
    page.evaluate("picture.close()")
    draw(page, [["0", "ann", 1], ["18446744073709551615", "ann", 2]], type="mz_timestamp")
    assert page.locator(".mzw-foot").inner_text() == "1 row without at not shown", "the end of time is no moment"
    rows = [row for i in range(6) for row in minutes(f"line {i}", [i, i])]
    page.evaluate("picture.close()")
    draw(page, rows, limit=2)
    assert page.locator(".mzw-foot").inner_text() == "the 2 greatest of 6 lines"
    assert [name for name, _ in hover(page, 0)["values"]] == ["line 5", "line 4"]


@pytest.mark.parametrize(
    ("first", "last"), [(1e300, -3e300), (2e-30, 5e-30), ("9223372036854775807", "9223372000000000000"), (0.1, 0.3)]
)
def test_axes_are_marked_however_large_or_small(easel: Easel, first: Any, last: Any) -> None:
    page = easel()
    draw(page, [["0300-01-01", "ann", first], ["9999-12-31", "ann", last]], type="date")
    xs, ys = page.evaluate("picture.view.chart.axes.map(axis => axis._values)")
    assert {"2000", "4000", "8000"} <= set(xs)
    assert len(ys) >= 3
    assert len(set(ys)) == len(ys)
    dot = "() => document.querySelector('.mzw-dot-at').getBoundingClientRect().y"
    hover(page, 0)
    high = page.evaluate(dot)
    hover(page, 0.99)
    assert (page.evaluate(dot) > high) == (float(last) < float(first))
    assert page.evaluate(INK, [0.1, 0.9]) == 1


@pytest.mark.parametrize("width", [300, 640, 1000])
def test_it_fits_its_cell(easel: Easel, width: int) -> None:
    page = easel()
    page.set_viewport_size({"width": 1100, "height": 600})
    draw(page, [row for i in range(20) for row in minutes(f"a long name {i}", [1e9, 2e9])], width=f"{width}px")
    for _ in range(2):
        box = page.locator(".uplot").bounding_box()
        picture = page.locator(".mzw-picture").bounding_box()
        assert box is not None
        assert picture is not None
        assert box["width"] == pytest.approx(picture["width"], abs=1)
        assert page.locator(".mzw").evaluate("root => root.scrollWidth - root.clientWidth") == 0
        act(page, "picture.root.style.width = '420px'; await frames(1); picture.view.resize()")


def test_twenty_lines_of_ten_thousand_points_keep_up_with_twenty_updates_a_second(easel: Easel) -> None:
    page = easel()
    result = page.evaluate(
        """async () => {
            const line = await import("./line.js");
            const [lines, points, updates] = [20, 10_000, 40];
            const at = (k, i) => [i, "line " + k, 50 * k + ((i * 7919 + k) % 97)];
            const rows = [];
            for (let k = 0; k < lines; k++) for (let i = 0; i < points; i++) rows.push(at(k, i));
            const columns = [["x", "int8"], ["who", "text"], ["n", "int8"]];
            const encoding = {kind: "line", channels: {x: [0], y: [2], color: [1]}};
            const picture = new Picture(line, columns, encoding, rows);
            const every = 50;
            const start = performance.now();
            for (let step = 0; step < updates; step++) {
                const names = [...Array(lines).keys()];
                picture.change(names.map(k => at(k, points + step)), names.map(k => at(k, step)));
                await frames(1);
                const rest = start + (step + 1) * every - performance.now();
                await new Promise(done => setTimeout(done, Math.max(0, rest)));
            }
            return {seconds: (performance.now() - start) / 1000, edge: picture.view.chart.scales.x.max};
        }"""
    )
    assert result["edge"] == 10_039
    assert result["seconds"] < 2 * 2, "at least ten a second on a machine that is busy with other tests"


def test_its_script_comes_from_the_kernel_once_for_all_pictures_of_a_page(stage: Easel) -> None:
    page = stage()
    act(
        page,
        """const rows = Array.from({length: 9}, (_, i) => ["2026-11-2" + i, i]);
        const table = {kind: "table", channels: {}};
        const encoding = {kind: "line", channels: {x: [0], y: [1]}, table};
        window.views = [0, 1, 2].map(() => new FakeView([["day", "time"], ["n", "number"]], rows, {encoding}));
        for (const {model} of views) {
            model.hear = async ({type, asset}) => {
                if (type !== "need") return;
                const script = await (await fetch(`./${asset}.js`)).arrayBuffer();
                model.emit("msg:custom", {type: "asset", name: asset}, [new DataView(script)]);
            };
            (await load(model)).show();
        }""",
    )
    page.wait_for_function("document.querySelectorAll('.mzw-plot canvas').length === 3")
    needed = page.evaluate("views.flatMap(({model}) => model.sent.filter(({type}) => type === 'need'))")
    assert [message["asset"] for message in needed] == ["line"]
    act(page, "views[0].become([...views[0].rows, ['2026-12-01', 9]])")
    assert page.locator(".mzw").first.get_attribute("data-seq") == "1"
    page.get_by_role("button", name="show as table").first.click()
    assert page.locator("tbody tr").count() == 10


def test_nothing_is_left_of_it(easel: Easel) -> None:
    page = easel()
    draw(page, minutes("ann", [1, 2, 3]))
    page.evaluate("picture.close()")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def counts() -> dict[str, float]:
        page.evaluate(
            """async () => {
                for (let i = 0; i < 10; i++) {
                    const encoding = {kind: "line", channels: {x: [0], y: [1]}};
                    const rows = [["2026-11-25", 1], ["2026-11-26", 2]];
                    const picture = new Picture(line, [["d", "date"], ["n", "int8"]], encoding, rows);
                    await frames(2);
                    picture.close();
                }
                await frames(3);
            }"""
        )
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return {
            metric["name"]: metric["value"] for metric in metrics if metric["name"] in {"JSEventListeners", "Nodes"}
        }

    assert counts() == counts()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_told_apart_in_both_themes(easel: Easel, theme: str) -> None:
    page = easel(theme)
    draw(page, [row for i in range(8) for row in minutes(f"line {i}", [i, i + 1])])
    ratios = page.evaluate(
        """() => {
            const linear = x => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
            const luminance = color => {
                const [r, g, b] = color.match(/\\d+/g).map(part => linear(part / 255));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const paper = luminance(getComputedStyle(document.querySelector(".mzw")).backgroundColor);
            const swatches = [...document.querySelectorAll(".mzw-keys .mzw-swatch")];
            return swatches.map(node => node.style.backgroundColor).map(color => {
                const [a, b] = [luminance(color), paper].sort();
                return (b + 0.05) / (a + 0.05);
            });
        }"""
    )
    assert len(ratios) == 8
    assert min(ratios) >= 2.99
