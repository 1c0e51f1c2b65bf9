"""The table in a real browser: whatever the size of the view, only what can be seen is drawn, and that is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Stage = Callable[..., Page]

COLUMNS = [["id", "number"], ["who", "text"], ["n", "number"]]


def act(page: Page, script: str, argument: Any = None) -> Any:
    """Run statements in the page, where `given` is the argument, and let it paint."""
    return page.evaluate(f"async given => {{ {script}; await frames(2) }}", argument)


def show(page: Page, rows: list[list[Any]] | str, columns: list[list[str]] = COLUMNS, **encoding: Any) -> None:
    """Show a table of rows, or of those that an expression makes."""
    made = rows if isinstance(rows, str) else "given.rows"
    act(
        page,
        f"""const encoding = {{kind: "table", channels: {{}}, ...given.encoding}};
        window.view = new FakeView(given.columns, {made}, {{encoding}});
        window.widget = await load(view.model);
        window.shown = widget.show();
        window.scroll = document.querySelector(".mzw-scroll")""",
        {"rows": None if isinstance(rows, str) else rows, "columns": columns, "encoding": encoding},
    )


def lines(page: Page) -> list[list[str]]:
    """Return what stands in the lines that can be seen, from top to bottom."""
    seen: list[list[str]] = page.evaluate(
        """() => {
            const {top, bottom} = document.querySelector(".mzw-scroll").getBoundingClientRect();
            const head = document.querySelector("thead").getBoundingClientRect().bottom;
            return [...document.querySelectorAll("tbody tr")]
                .map(line => [line.getBoundingClientRect(), line])
                .filter(([box]) => box.bottom > head + 1 && box.top < bottom - 1)
                .sort(([a], [b]) => a.top - b.top)
                .map(([, line]) => [...line.cells].map(cell => cell.textContent));
        }"""
    )
    return seen


def become(page: Page, rows: list[list[Any]]) -> None:
    act(page, "view.become(given)", rows)


MANY = "Array.from({length: 100_000}, (_, i) => [(i * 7919) % 100_000, 'who ' + (i % 10), i % 1000])"


def test_of_a_hundred_thousand_rows_only_those_in_sight_are_drawn(stage: Stage) -> None:
    page = stage()
    show(page, MANY)
    assert page.locator(".mzw-foot span").inner_text() == "100,000 rows"
    assert page.locator("tbody tr").count() < 40
    assert [line[0] for line in lines(page)][:3] == ["0", "1", "2"]
    act(page, "scroll.scrollTop = scroll.scrollHeight")
    assert [line[0] for line in lines(page)][-2:] == ["99,998", "99,999"]
    for share in (0.1, 0.5, 0.9, 0.25):
        act(page, "scroll.scrollTop = given * (scroll.scrollHeight - scroll.clientHeight)", share)
        ids = [int(line[0].replace(",", "")) for line in lines(page)]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        assert len(ids) >= 14
        assert ids[0] == pytest.approx(share * 100_000, abs=60)
        order = page.locator("tbody tr").evaluate_all("lines => lines.map(line => Number(line.ariaRowIndex))")
        assert order == list(range(order[0], order[0] + len(order))), "read aloud in the order in which they stand"
    assert page.locator("[role=grid]").get_attribute("aria-rowcount") == "100001"


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_drawn_is_what_is_there_whatever_came_and_went(stage: Stage, seed: int) -> None:
    page = stage()
    show(page, [[1, "ann", 1]], order=[[2, True, False]])
    problems = page.evaluate(
        """async seed => {
            const { randomNumbers } = await import("./pictures.js");
            const random = randomNumbers(seed);
            const some = values => values[random(values.length)];
            const row = () => [random(40), some(["ann", "bob", "🦩", null]), some([null, 1, 2.5, "NaN", random(9)])];
            const number = value => (value === null || value === "NaN" ? null : value);
            const compare = (a, b) => {
                const [x, y] = [number(a[2]), number(b[2])];
                if (x !== y) return x === null ? 1 : y === null ? -1 : y - x;
                if (a[2] !== b[2]) return a[2] === null ? 1 : -1;
                if (a[0] !== b[0]) return a[0] - b[0];
                return a[1] === b[1] ? 0 : a[1] === null ? 1 : b[1] === null ? -1 : a[1] < b[1] ? -1 : 1;
            };
            const problems = [];
            let rows = [];
            for (let step = 0; step < 120; step++) {
                const changes = 1 + random(6);
                for (let i = 0; i < changes; i++) {
                    if (random(5) < 2 && rows.length) rows.splice(random(rows.length), 1);
                    else rows.push(random(4) && rows.length ? row() : (some(rows) ?? row()).slice());
                }
                view.become(rows.slice());
                scroll.scrollTop = random(rows.length * 27 + 1);
                await frames(1 + random(2));
                const drawn = [...document.querySelectorAll("tbody tr")];
                const first = drawn.length ? Number(drawn[0].ariaRowIndex) - 2 : 0;
                const own = drawn.map(line => [...line.cells].map(cell => cell.title || cell.textContent));
                const wanted = rows.slice().sort(compare).slice(first, first + drawn.length);
                const expected = wanted.map(row => row.map(value => String(value)));
                if (JSON.stringify(own) !== JSON.stringify(expected)) problems.push({step, first, own, expected});
            }
            return problems.slice(0, 1);
        }""",
        seed,
    )
    assert problems == []


def test_what_one_reads_stays_where_it_is_while_rows_come_above(stage: Stage) -> None:
    page = stage()
    rows = [[i, "who", i] for i in range(0, 2000, 2)]
    show(page, rows)
    act(page, "scroll.scrollTop = 27 * 300 + 5")
    before = lines(page)
    become(page, rows + [[i, "new", i] for i in range(1, 200, 2)])
    assert lines(page) == before
    become(page, rows[50:])
    assert lines(page) == before


def test_a_click_sorts_and_with_shift_by_several(stage: Stage) -> None:
    page = stage()
    show(page, [[1, "bob", 5], [2, "ann", 5], [3, "cleo", "12345678901234567890"], [4, "dan", None]])
    who, n = page.locator(".mzw-column").nth(1), page.locator(".mzw-column").nth(2)
    n.click()
    assert [line[0] for line in lines(page)] == ["1", "2", "3", "4"]
    who.click(modifiers=["Shift"])
    assert [line[1] for line in lines(page)] == ["ann", "bob", "cleo", "dan"]
    header = page.get_by_role("columnheader")
    assert [header.nth(i).get_attribute("aria-sort") for i in range(3)] == [None, "ascending", "ascending"]
    assert [who.inner_text(), n.inner_text()] == ["who↑2", "n↑1"]
    n.click()
    assert [line[0] for line in lines(page)] == ["3", "1", "2", "4"], "NULL last, though downwards"
    assert n.inner_text() == "n↓"
    become(page, [[5, "eve", 7], [3, "cleo", 1], [4, "dan", None]])
    assert [line[0] for line in lines(page)] == ["5", "3", "4"]
    n.click()
    assert [line[0] for line in lines(page)] == ["3", "4", "5"]
    header.nth(1).click()  # in its middle, beside the name
    assert header.nth(1).get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        (["", "N", ""], ["2", "4"]),
        (["", "", ">5"], ["3"]),
        (["2..3", "", ""], ["2", "3"]),
        (["", "!an", ""], ["1", "3"]),
        (["", "", "=null"], ["4"]),
        (["", "", "!=null"], ["1", "2", "3"]),
        (["", "an", "<=5"], ["2"]),
        (["", "=bob", ""], ["1"]),
        (["", "script", ""], []),
    ],
)
def test_filters_keep_what_fits_also_of_what_comes(stage: Stage, typed: list[str], ids: list[str]) -> None:
    page = stage()
    show(page, [])
    page.get_by_role("button", name="filter").click()
    rows = [[1, "bob", 5], [2, "ann", 5], [3, "cleo", "12345678901234567890"], [4, "dan", None]]
    for name, text in zip(("id", "who", "n"), typed, strict=True):
        page.get_by_label(f"filter {name}").fill(text)
    become(page, rows)
    assert [line[0] for line in lines(page)] == ids
    assert page.locator(".mzw-foot span").inner_text() == f"{len(ids)} of 4 rows"
    become(page, [*rows, [9, "zoe", -1]])
    become(page, rows)
    assert [line[0] for line in lines(page)] == ids
    page.get_by_role("button", name="filter").click()
    assert len(lines(page)) == 4


def test_a_filter_that_nothing_can_fit_says_why_and_moves_no_column(stage: Stage) -> None:
    page = stage()
    columns = [["n", "number"], ["at", "time"], ["who", "text"]]
    show(page, [[1, "2026-11-27 10:00:00", "a name that is rather long"]], columns)
    page.get_by_role("button", name="filter").click()
    edges = "() => [...document.querySelectorAll('th')].map(head => head.getBoundingClientRect().left)"
    before, foot = page.evaluate(edges), page.locator(".mzw-foot span")
    for name, typed, said in (
        ("n", ">x", ' · n: "x" is no number'),
        ("n", "1..many", ' · n: "many" is no number'),
        ("at", ">yesterday", ' · at: "yesterday" is no time'),
        ("at", ">2027", ""),
        ("n", "=2e0", ""),
        ("who", ">x", ""),
        ("n", "abc", ""),
    ):
        field = page.get_by_label(f"filter {name}")
        field.fill(typed)
        expect(foot).to_have_text(f"0 of 1 row{said}")
        page.set_viewport_size({"width": 900, "height": 700 + len(typed)})
        act(page, "")
        assert page.evaluate(edges) == before
        field.fill("")
    expect(foot).to_have_text("1 row")


def glowing(page: Page) -> list[str]:
    cells: list[str] = page.locator("td").evaluate_all(
        "cells => cells.filter(cell => cell.getAnimations().length).map(cell => cell.textContent)"
    )
    return cells


def test_cells_that_have_changed_glow_and_no_others(stage: Stage, page: Page) -> None:
    stage()
    show(page, [[1, "ann", 5], [2, "bob", 6]])
    assert glowing(page) == []
    become(page, [[1, "ann", 5], [2, "bob", 7]])
    assert glowing(page) == ["7"]
    page.wait_for_function("document.getAnimations().length === 0")
    become(page, [[1, "ann", 5], [2, "bob", 7], [3, "new", 1]])
    assert glowing(page) == ["3", "new", "1"]
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function("document.getAnimations().length === 0")
    become(page, [[1, "ann", 50], [2, "bob", 7], [3, "new", 1]])
    assert glowing(page) == []


def copied(page: Page) -> str:
    text: str = page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            const event = new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true });
            document.querySelector(".mzw-scroll").dispatchEvent(event);
            return clipboardData.getData("text/plain");
        }"""
    )
    return text


def test_keys_go_everywhere_select_and_copy(stage: Stage) -> None:
    page = stage()
    show(page, [[i, f"who\t{i}" if i == 1 else "who", i * 1000] for i in range(500)])
    grid = page.get_by_role("grid")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    active = "document.getElementById(scroll.getAttribute('aria-activedescendant')).textContent"
    assert page.evaluate(active) == "0"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(active) == "1,000"
    assert copied(page) == "1000"
    page.keyboard.press("Shift+ArrowDown")
    assert copied(page) == '1\t"who\t1"\t1000\n2\twho\t2000'
    page.locator(".mzw-chip-words", has_text="2 selected").wait_for()
    page.keyboard.press("Control+End")
    assert page.evaluate(active) == "499,000"
    assert lines(page)[-1][0] == "499"
    page.keyboard.press("PageUp")
    assert int(page.evaluate(active).replace(",", "")) < 490_000
    page.keyboard.press("Control+a")
    page.locator(".mzw-chip-words", has_text="500 selected").wait_for()
    page.keyboard.press("Escape")
    page.locator(".mzw-chip").wait_for(state="hidden")
    page.locator("tbody tr").nth(8).locator("td").first.click()
    page.locator("tr[aria-selected=true]").wait_for()
    assert page.locator("tr[aria-selected=true]").count() == 1
    become(page, [[1, "who", 1]])
    assert page.locator(".mzw-foot span").inner_text() == "1 row"
    assert page.locator(".mzw-missing").inner_text().endswith("not in the view now"), "what has gone stays selected"


@pytest.mark.parametrize("width", [320, 640])
def test_wide_tables_scroll_inside_and_columns_can_be_made_wider(stage: Stage, width: int) -> None:
    page = stage()
    columns = [[f"a long name of column {i}", "text"] for i in range(9)]
    show(page, [["some text in this cell"] * 9], columns)
    act(page, "shown.el.style.width = given + 'px'", width)
    assert page.locator(".mzw").evaluate("root => root.scrollWidth - root.clientWidth") == 0
    assert page.evaluate("scroll.scrollWidth > scroll.clientWidth")
    first = page.locator("th").first
    before = first.bounding_box()
    grip = page.locator(".mzw-grip").first.bounding_box()
    assert before is not None
    assert grip is not None
    page.mouse.move(grip["x"] + 2, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] - 58, grip["y"] + 5, steps=3)
    page.mouse.up()
    after = first.bounding_box()
    cell = page.locator("tbody td").first.bounding_box()
    assert after is not None
    assert cell is not None
    assert after["width"] == pytest.approx(before["width"] - 60, abs=2)
    assert cell["width"] == pytest.approx(after["width"], abs=0.5)


def test_a_long_text_is_cut_before_a_column_is_out_of_sight(stage: Stage) -> None:
    page = stage()
    columns = [["at", "timestamptz"], ["who", "text"], ["title", "text"], ["about", "text"], ["delta", "number"]]
    row = ["2026-11-25 10:00:00.123+00", "w" * 40, "t" * 200, '{"k": "' + "v" * 80 + '"}', -123456]
    show(page, [row], columns)
    act(page, "shown.el.style.width = '800px'")
    last = page.evaluate("scroll.querySelector('tbody td:last-child').getBoundingClientRect().right")
    assert last <= page.evaluate("scroll.getBoundingClientRect().left + scroll.clientWidth + 1")
    cut = page.locator("tbody td").evaluate_all("cells => cells.map(cell => cell.scrollWidth > cell.clientWidth)")
    assert cut == [False, True, True, True, False], "times and numbers are whole"
    assert page.locator("tbody td").nth(2).get_attribute("title") == "t" * 200


def test_a_hundred_thousand_rows_are_there_at_once_and_sorted_soon(stage: Stage) -> None:
    page = stage()
    show(page, MANY)
    times = page.evaluate(
        """async () => {
            const timed = async (act) => {
                const start = performance.now();
                act();
                await frames(1);
                return performance.now() - start;
            };
            const button = document.querySelectorAll(".mzw-column")[2];
            const first = await timed(() => widget.show());
            return { first, sort: Math.min(await timed(() => button.click()), await timed(() => button.click())) };
        }"""
    )
    # Twice what is promised of a machine that has nothing else to do.
    assert times["first"] < 2000
    assert times["sort"] < 1000


def test_keys_make_a_column_wider_and_narrower_never_too_narrow_to_be_found(stage: Stage) -> None:
    page = stage()
    show(page, [[1, "bob", 5], [2, "ann", 7]])
    width = "document.querySelectorAll('th')[1].getBoundingClientRect().width"
    page.locator(".mzw-column").nth(1).focus()
    page.keyboard.press("-")
    first = page.evaluate(width)
    page.keyboard.press("+")
    assert page.evaluate(width) > first
    page.keyboard.press("-")
    assert page.evaluate(width) == first
    for _ in range(100):
        page.keyboard.press("-")
    assert 30 < page.evaluate(width) < first


def test_columns_are_put_in_another_order(stage: Stage) -> None:
    page = stage()
    show(page, [[1, "bob", 5], [2, "ann", 7]])
    heads = page.locator("th .mzw-name")
    who, n = page.locator("th", has_text="who"), page.locator(".mzw-column[title^='n ']")
    start, end = page.locator("th").first.bounding_box(), who.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 8, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] - 4, end["y"] + 12, steps=5)
    page.mouse.up()
    assert heads.all_inner_texts() == ["who", "id", "n"]
    assert lines(page) == [["bob", "1", "5"], ["ann", "2", "7"]]
    assert page.locator("[aria-sort]").count() == 0, "a drag is no click"
    for box, cell in zip(page.locator("th").all(), page.locator("tbody tr").first.locator("td").all(), strict=True):
        assert box.evaluate("of => of.offsetLeft") == cell.evaluate("of => of.offsetLeft")
    n.focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    assert heads.all_inner_texts() == ["n", "who", "id"]
    assert n.evaluate("of => of === document.activeElement"), "what is moved keeps the focus"
    assert page.locator(".mzw-table [role=status]").inner_text() == "n is column 1 of 3"
    n.click()
    n.click()
    assert lines(page) == [["7", "ann", "2"], ["5", "bob", "1"]]
    page.locator("tbody td").nth(1).click()
    assert copied(page) == "7\tann\t2"
    page.locator(".mzw-foot button").click()
    page.locator(".mzw-filter").nth(1).fill("bob")
    become(page, [[1, "bob", 5], [3, "bobby", 6]])
    assert lines(page) == [["6", "bobby", "3"], ["5", "bob", "1"]]
