"""Groups, stacks and the trend of a number in a real browser: at every frame what the view is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Stage = Callable[..., Page]

HOSTILE = "<img src=x onerror='window.hacked = 1'>"


def act(page: Page, script: str, argument: Any = None) -> Any:
    """Run statements in the page, where `given` is the argument, and let it paint."""
    return page.evaluate(f"async given => {{ {script}; await frames(2) }}", argument)


def show(page: Page, columns: list[list[str]], rows: list[list[Any]], **encoding: Any) -> None:
    act(
        page,
        """window.view = new FakeView(given.columns, given.rows, {encoding: given.encoding});
        window.widget = await load(view.model);
        window.shown = widget.show()""",
        {"columns": columns, "rows": rows, "encoding": encoding},
    )


def groups(page: Page, rows: list[list[Any]], **encoding: Any) -> None:
    channels = {"label": [0], "value": [1, 2]}
    columns = [["shop", "text"], ["sold", "number"], ["back", "number"]]
    show(page, columns, rows, kind="bars", channels=channels, order=[[1, True, False]], **encoding)


def stacks(page: Page, rows: list[list[Any]], **encoding: Any) -> None:
    channels = {"label": [0], "value": [2], "color": [1]}
    columns = [["shop", "text"], ["item", "text"], ["sold", "number"]]
    options = {"order": [[0, False, False]], "totals": True, "limit": 20, **encoding}
    show(page, columns, rows, kind="bars", channels=channels, **options)


DRAWN = """() => [...document.querySelectorAll(".mzw-row[data-label]")]
    .sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
    .map(row => {
        const track = row.querySelector(".mzw-track").getBoundingClientRect();
        const share = x => Math.round(((x - track.left) / track.width) * 1000) / 1000;
        for (const node of [row, ...row.querySelectorAll(".mzw-part")]) node.style.transition = "none";
        const parts = [...row.querySelectorAll(".mzw-part")].map(part => {
            const {left, right, width} = part.getBoundingClientRect();
            return [share(left), share(right), part.style.background, width];
        });
        const values = row.querySelector(".mzw-value");
        const texts = [...values.children].map(node => node.textContent);
        return [row.dataset.label, parts.filter(([, , , width]) => width > 0).map(part => part.slice(0, 3)), texts];
    })"""


def drawn(page: Page) -> list[list[Any]]:
    page.evaluate(DRAWN)
    act(page, "")
    bars: list[list[Any]] = page.evaluate(DRAWN)
    return bars


def near(*numbers: float) -> Any:
    return pytest.approx(list(numbers), abs=0.01)


def test_a_group_has_a_bar_for_each_number(stage: Stage) -> None:
    page = stage()
    groups(page, [["north", 30, -10], [HOSTILE, 20, None], ["west", "NaN", 5]])
    bars = drawn(page)
    assert [label for label, *_ in bars] == ["north", HOSTILE, "west"]
    assert [texts for *_, texts in bars] == [["30", "−10"], ["20", "null"], ["NaN", "5"]]
    sold, back = bars[0][1]
    assert sold[:2] == near(0.25, 1)
    assert back[:2] == near(0, 0.25)
    assert sold[2] != back[2]
    assert [part[:2] for part in bars[1][1]] == [near(0.25, 0.75)]
    assert page.locator(".mzw-legend-name").all_inner_texts() == ["sold", "back"]
    act(page, "view.become([['west', 40, 40], ['north', 30, 0]])")
    bars = drawn(page)
    assert [label for label, *_ in bars] == ["west", "north"]
    assert [part[:2] for part in bars[0][1]] == [near(0, 1)] * 2
    assert page.evaluate("window.hacked") is None


def test_a_stack_has_a_piece_for_each_row_of_its_label(stage: Stage) -> None:
    page = stage()
    stacks(page, [["a", "tea", 10], ["a", "milk", 30], ["b", None, 20], ["b", "tea", -10], ["b", "tea", -10]])
    (a, pieces, total), (b, mixed, rest) = drawn(page)
    assert (a, total, b, rest) == ("a", ["40"], "b", ["0"])
    assert [piece[:2] for piece in pieces] == [near(1 / 3, 5 / 6), near(5 / 6, 1)], "milk, then tea"
    assert [piece[:2] for piece in mixed] == [near(0, 1 / 3), near(1 / 3, 2 / 3)], "below zero to the left of it"
    assert page.locator(".mzw-legend-name").all_inner_texts() == ["milk", "tea", "null"]
    colours = {name: piece[2] for name, piece in zip(["milk", "tea"], pieces, strict=True)}
    act(page, "view.become([['a', 'tea', 10], ['c', 'tea', 90], ['c', 'beer', 9]])")
    (c, pieces, total), (a, own, _) = drawn(page)
    assert (c, total, a) == ("c", ["99"], "a")
    assert own[0][2] == pieces[1][2] == colours["tea"], "a colour stays with what it stands for"


def test_parts_are_told_apart_where_there_are_more_names_than_colours(stage: Stage) -> None:
    page = stage()
    stacks(page, [["a", f"item {n}", 1] for n in range(1, 31)])
    [(_, pieces, _)] = drawn(page)
    fills = [piece[2] for piece in pieces]
    assert len(set(fills)) == 30
    names = page.locator(".mzw-legend-name")
    assert names.all_inner_texts() == [f"item {n}" for n in range(1, 25)]
    assert names.locator(".mzw-swatch").evaluate_all("all => all.map(({style}) => style.background)") == fills[:24]


def test_what_is_beyond_all_numbers_is_as_long_as_the_longest(stage: Stage) -> None:
    page = stage()
    groups(page, [["a", "Infinity", 1], ["b", 4, "-Infinity"], ["c", -4, 2]])
    ends = [[part[:2] for part in parts] for _, parts, _ in drawn(page)]
    assert ends == [[near(0.5, 1), near(0.5, 0.625)], [near(0.5, 1), near(0, 0.5)], [near(0, 0.5), near(0.5, 0.75)]]
    act(page, "view.become([['a', 1e308, 5e307], ['b', -1e308, 0]])")
    ends = [[part[:2] for part in parts] for _, parts, _ in drawn(page)]
    assert ends == [[near(0.5, 1), near(0.5, 0.75)], [near(0, 0.5)]]
    act(page, "view.become([['a', 'Infinity', 'NaN'], ['b', '-Infinity', null]])")
    ends = [[part[:2] for part in parts] for _, parts, _ in drawn(page)]
    assert ends == [[near(0.5, 1)], [near(0, 0.5)]]


@pytest.mark.parametrize("of", [[1, 2], [2]])
def test_no_number_is_cut_short_where_there_is_room(stage: Stage, of: list[int]) -> None:
    page = stage()
    rows = [["a", "-1e299", "-1e299"], ["b", "-Infinity", "1e300"], ["c", 0, -0.25]]
    columns = [["shop", "text"], ["sold", "number"], ["back", "number"]]
    show(page, columns, rows, kind="bars", channels={"label": [0], "value": of})
    cut = """all => all.map(node => node.scrollWidth - node.clientWidth)"""
    assert page.locator(".mzw-row .mzw-value").evaluate_all(cut) == [0] * 3
    if len(of) > 1:
        assert page.locator(".mzw-row .mzw-value > span").evaluate_all(cut) == [0] * 6


def test_a_piece_is_striped_only_beside_another_of_its_colour(stage: Stage) -> None:
    page = stage()
    rows = [["north", f"item {i}", 1] for i in range(9)]
    stacks(page, rows)
    fills = "() => [...document.querySelectorAll('.mzw-part, .mzw-swatch')].map(node => node.style.background)"
    assert sum("repeating" in fill for fill in page.evaluate(fills)) == 2, "the ninth, in the bar and in the legend"
    act(page, "view.become(given)", rows[8:])
    page.wait_for_function("() => document.querySelectorAll('.mzw-part').length === 1")
    assert len(alone := page.evaluate(fills)) == 2
    assert not any("repeating" in fill for fill in alone)


@pytest.mark.parametrize(("totals", "labels"), [(True, ["b", "a", "c"]), (False, ["a", "b", "c"])])
def test_stacks_stand_by_their_totals_or_in_the_order_that_was_asked_for(
    stage: Stage, totals: bool, labels: list[str]
) -> None:
    page = stage()
    stacks(page, [["a", "x", 2], ["b", "x", 3], ["c", "x", 1], ["c", "y", -9]], totals=totals)
    assert [label for label, *_ in drawn(page)] == labels
    page.evaluate("shown.hide()")
    stacks(page, [["a", "x", 2], ["b", "x", 3], ["c", "x", 1], ["c", "y", -9]], totals=totals, limit=2)
    assert [label for label, *_ in drawn(page)] == labels[:2]


@pytest.mark.parametrize("seed", [3, 4])
def test_what_came_and_went_leaves_the_stacks_of_the_rows_that_are_there(stage: Stage, seed: int) -> None:
    page = stage()
    stacks(page, [["a", "x", 1]], limit=2)
    problems = page.evaluate(
        """async seed => {
            const { randomNumbers } = await import("./pictures.js");
            const random = randomNumbers(seed);
            const some = values => values[random(values.length)];
            const problems = [];
            let rows = [];
            for (let step = 0; step < 100; step++) {
                for (let i = random(5); i >= 0; i--) {
                    if (random(5) < 2 && rows.length) rows.splice(random(rows.length), 1);
                    else rows.push([some(["a", "b", "c", null]), some(["x", "y", null]), some([null, 1, 2, 20])]);
                }
                view.become(rows.slice());
                await frames(1 + random(2));
                const totals = new Map();
                for (const [label, , value] of rows) totals.set(label, (totals.get(label) ?? 0) + (value ?? 0));
                const byLabel = (a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1);
                const wanted = [...totals].sort(([a, x], [b, y]) => y - x || byLabel(a, b)).slice(0, 2);
                const expected = JSON.stringify(wanted.map(([label, total]) => [String(label), String(total)]));
                if (JSON.stringify(bars()) !== expected) problems.push({step, drawn: bars(), expected});
            }
            return problems.slice(0, 1);
        }""",
        seed,
    )
    assert problems == []


@pytest.mark.parametrize("width", [300, 1000])
def test_parts_fit_every_width(stage: Stage, width: int) -> None:
    page = stage()
    page.set_viewport_size({"width": 1100, "height": 700})
    groups(page, [["a long name of a shop " + str(i), 10**i, -(10**i)] for i in range(9)])
    act(page, "shown.el.style.width = given + 'px'", width)
    assert page.evaluate("sticksOut()") == []


def show_number(page: Page, value: Any) -> None:
    """Show a number whose kernel has told nothing since it told the number."""
    act(
        page,
        """window.view = new FakeView([["revenue", "number"]], [[given]],
            {encoding: {kind: "number", channels: {value: [0]}}, status: {time: null}});
        window.widget = await load(view.model);
        window.shown = widget.show()""",
        value,
    )


def test_a_number_tells_what_it_has_been(stage: Stage) -> None:
    page = stage()
    show_number(page, 100)
    trend = page.locator(".mzw-trend")
    assert trend.get_attribute("data-empty") is not None
    assert page.locator(".mzw-change").inner_text() == ""
    start = page.evaluate("view.times[0]")
    for step, value in enumerate([110, 90, 1120], 1):
        act(page, "view.become([[given[0]]], given[1])", [value, start + step * 10_000])
    assert page.locator(".mzw-change").inner_text() == "+1,020 in 30 s"
    path = page.locator(".mzw-trend-line").get_attribute("d")
    heights = [float(part.partition("V")[2]) for part in str(path).split("H")[1:]]
    assert heights[0] > heights[2]
    assert heights[1] == pytest.approx(38)
    assert heights[2] == pytest.approx(2)
    # What was is forgotten after five minutes, and what will be is not shown when one looks back.
    act(page, "view.become([[7]], given)", start + 320_000)
    assert page.locator(".mzw-change").inner_text() == "−83 in 5 min", "since it was 90"
    act(page, "view.become([[90]], given)", start + 20_000)
    assert page.locator(".mzw-change").inner_text() == ""
    act(page, "view.become([[null]], given)", start + 25_000)
    assert page.locator(".mzw-change").inner_text() == ""
    act(page, "view.become([[1120]], given)", start + 30_000)
    assert page.locator(".mzw-change").inner_text() == "+1,030 in 10 s"
    act(page, "view.become([[8]], given)", start + 325_000)
    assert page.locator(".mzw-change").inner_text() == "−82 in 5 min", "since it was 90; what came later is known again"
    assert str(page.locator(".mzw-trend-line").get_attribute("d")).count("H") == 3


def test_a_number_that_rests_has_been_what_it_is_since(stage: Stage) -> None:
    page = stage()
    show_number(page, 100)
    start = page.evaluate("view.times[0]")
    act(page, "view.become([[110]], given)", start + 500)
    act(page, "view.status({time: given})", start + 500)
    assert page.locator(".mzw-change").inner_text() == ""
    act(page, "view.status({time: given})", start + 60_000)
    assert page.locator(".mzw-change").inner_text() == "+10 in 60 s"
    _, rise, rest = str(page.locator(".mzw-trend-line").get_attribute("d")).split("H")
    assert (float(rise.partition("V")[0]), float(rest.partition("V")[0])) == (pytest.approx(8.3), 1000)
    act(page, "view.status({time: given})", start + 400_000)
    assert page.locator(".mzw-change").inner_text() == "±0 in 5 min"
    act(page, "view.become([[110.5]], given[0]); view.become([[110]], given[1])", [start + 401_000, start + 402_000])
    assert page.locator(".mzw-change").inner_text() == "±0 in 5 min", "no zeros after it"


def test_a_number_goes_on_from_what_the_kernel_knows_of_its_past(stage: Stage) -> None:
    page = stage()
    past = [[-60_000, 40], [-30_000, None], [-20_000, "7e1"], [-10_000, "NaN"]]
    act(
        page,
        """window.view = new FakeView([["revenue", "number"]], [[100]], {status: {time: null}});
        const { base } = view;
        const now = view.times[0];
        view.base = () => ({ ...base.call(view), past: given.map(([at, value]) => [now + at, value]) });
        view.model.traits.base = view.base();
        window.widget = await load(view.model);
        window.shown = widget.show()""",
        past,
    )
    assert page.locator(".mzw-change").inner_text() == "+60 in 60 s"
    assert str(page.locator(".mzw-trend-line").get_attribute("d")).count("H") == 2
    act(page, "view.become([[110]], view.times[0] + 1_000)")
    assert page.locator(".mzw-change").inner_text() == "+70 in 61 s", "told once, it is not told again by each change"


def test_a_number_that_changes_fast_is_known_for_as_long(stage: Stage) -> None:
    page = stage()
    show_number(page, 0)
    act(
        page,
        """for (let n = 1; n <= 1_500; n++) {
            view.become([[n]], view.times[0] + n * 50);
            if (n % 50 === 0) await frames(1);
        }
        view.become([[1e6]], view.times[0] + 99_000)""",
    )
    assert page.locator(".mzw-change").inner_text() == "+1,000,000 in 99 s"
    *_, before, last = str(page.locator(".mzw-trend-line").get_attribute("d")).split("H")
    assert float(before.partition("V")[0]) == pytest.approx(1000 * 75 / 99, abs=1), "what lasted is not left out"
    assert float(last.partition("V")[0]) == 1000


def test_parts_of_one_name_are_told_apart(stage: Stage) -> None:
    page = stage()
    show(
        page,
        [["shop", "text"], ["n", "number"], ["n", "number"]],
        [["north", 1, 2]],
        kind="bars",
        channels={"label": [0], "value": [1, 2]},
    )
    assert [part[:2] for part in drawn(page)[0][1]] == [near(0, 0.5), near(0, 1)]
    page = stage()
    stacks(page, [["north", None, 1], ["north", "null", 2], ["north", "", 1]])
    assert len(drawn(page)[0][1]) == 3
    assert page.locator(".mzw-legend-name").all_inner_texts() == ["empty", "null", "null"]
    assert page.locator(".mzw-legend-name .mzw-null").all_inner_texts() == ["empty", "null"]
