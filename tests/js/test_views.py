"""The pictures in a real browser, driven by a stand-in for the comm (`fake.js`)."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import CDPSession, Page

    Stage = Callable[..., Page]


def act(page: Page, script: str, argument: Any = None) -> Any:
    """Run statements in the page, where `given` is the argument, and let it paint."""
    return page.evaluate(f"async given => {{ {script}; await frames(3) }}", argument)


# Whether all of a part of the header can be read.
WHOLE = """e => {
  const [own, line] = [e.getBoundingClientRect(), e.closest(".mzw-header").getBoundingClientRect()];
  const facts = e.closest(".mzw-facts")?.getBoundingClientRect() ?? line;
  return e.scrollWidth <= e.clientWidth && own.left >= facts.left - 1 && own.right <= facts.right + 1
    && own.top >= line.top - 1 && own.bottom <= line.bottom + 1;
}"""


def open_bars(page: Page, rows: list[list[Any]], **traits: Any) -> None:
    """Show a view of editors and their edits."""
    act(
        page,
        """window.view = new FakeView([["editor", "text"], ["edits", "number"]], given.rows, given.traits);
           window.widget = await load(view.model);
           window.shown = widget.show()""",
        {"rows": rows, "traits": {"title": "Top editors", "name": "top10", **traits}},
    )


def become(page: Page, rows: list[list[Any]]) -> None:
    """Let the view have other rows."""
    act(page, "view.become(given)", rows)


def sent(page: Page, kind: str) -> list[dict[str, Any]]:
    """Return what the page has told the kernel of one kind."""
    told: list[dict[str, Any]] = page.evaluate("kind => view.model.sent.filter(m => m.type === kind)", kind)
    return told


def stop_the_clock(page: Page) -> None:
    """Let time pass in the page only when the test says so, and `act` wait for no frame."""
    page.clock.install(time="2026-01-01T00:00:00Z")
    page.clock.pause_at("2026-01-01T00:01:00Z")
    page.evaluate("window.frames = async () => {}")


QUIET = 200
"""Milliseconds after which a change counts as one by itself, and bars glide."""

EDITORS = [["ann", 5], ["bob", 30], ["cleo", 12], ["dan", 12], ["Zoë 🦩", 12]]


def test_bars_are_ranked_with_exact_numbers(stage: Stage) -> None:
    page = stage()
    open_bars(page, [*EDITORS, ["max", "12345678901234567890"], ["min", -3], ["none", None], ["nan", "NaN"]])
    assert page.evaluate("bars()") == [
        ["max", "12345678901234567890"],
        ["bob", "30"],
        ["Zoë 🦩", "12"],
        ["cleo", "12"],
        ["dan", "12"],
        ["ann", "5"],
        ["min", "-3"],
        ["nan", "NaN"],
        ["none", "null"],
    ]
    assert page.locator(".mzw-value").first.inner_text() == "12,345,678,901,234,567,890"
    tops = page.evaluate(
        "[...document.querySelectorAll('.mzw-row')].sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)"
        ".map(row => row.getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)
    assert len(set(tops)) == 9


def test_lengths_are_in_proportion_on_both_sides_of_zero(stage: Stage) -> None:
    page = stage()
    open_bars(page, [["a", 60], ["b", 30], ["c", 0], ["d", -15], ["e", -30], ["f", None]])
    shares = page.evaluate("lengths()")
    assert shares == {
        "a": [0, pytest.approx(2 / 3, abs=0.02)],
        "b": [0, pytest.approx(1 / 3, abs=0.02)],
        "c": [0, 0],
        "d": [pytest.approx(1 / 6, abs=0.02), 0],
        "e": [pytest.approx(1 / 3, abs=0.02), 0],
        "f": [0, 0],
    }


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_every_painted_frame_is_the_view_at_one_timestamp(stage: Stage, seed: int) -> None:
    page = stage()
    result = page.evaluate("seed => storm(seed, 10)", seed)
    assert result["problems"] == []
    assert result["last"] == result["seq"]
    assert result["painted"] > 20


def test_bars_glide_to_their_new_place_and_length(stage: Stage) -> None:
    page = stage()
    open_bars(page, [["ann", 10], ["bob", 8], ["cleo", 6]])
    page.wait_for_timeout(QUIET)
    page.wait_for_function("!document.getAnimations().length")
    path = page.evaluate("path('cleo', () => view.become([['ann', 10], ['bob', 8], ['cleo', 9]]))")
    tops, ends = [p[0] for p in path], [p[1] for p in path]
    assert tops[0] - tops[-1] == pytest.approx(28, abs=0.5)
    assert ends[-1] > ends[0]
    assert all(a >= b - 0.01 for a, b in itertools.pairwise(tops)), "the way up is straight"
    between = [top for top in tops if tops[-1] + 1 < top < tops[0] - 1]
    assert len(between) >= 8, f"no glide: {tops}"


def test_a_bar_that_changes_faster_than_it_glides_is_always_in_its_place(stage: Stage) -> None:
    page = stage()
    open_bars(page, [["ann", 10], ["bob", 8], ["cleo", 6]])
    page.evaluate("performance.now = () => window.now")  # so that a slow machine does not make it a quiet moment
    for n in range(16):
        page.evaluate("now => void (window.now = now)", 1e6 + 50 * n)
        order = ["ann", "bob", f"guest {n}"] if n % 2 else [f"guest {n}", "bob", "ann"]
        become(page, [[label, 10 + n - place] for place, label in enumerate(order)])
        seen = page.evaluate(
            """[...document.querySelectorAll(".mzw-row")].map((row) => [
                row.dataset.label,
                row.getBoundingClientRect().top - row.parentNode.getBoundingClientRect().top,
                row.getAnimations({ subtree: true }).length,
            ])"""
        )
        if n >= 8:  # the first ones to come and go still fade
            assert {label: (top, moving) for label, top, moving in seen} == {
                label: (pytest.approx(28 * place, abs=0.5), 0) for place, label in enumerate(order)
            }


def test_a_bar_that_returns_to_where_it_was_has_its_place_again(stage: Stage) -> None:
    page = stage()
    stop_the_clock(page)
    open_bars(page, [["ann", 10], ["bob", 8]])
    page.clock.run_for(QUIET)
    become(page, [["ann", 10]])
    page.clock.run_for(50)
    become(page, [["ann", 10], ["bob", 8]])
    page.clock.run_for(50)
    assert page.evaluate("document.querySelector('[data-label=bob]').ariaPosInSet") == "2"


def test_a_bar_that_leaves_and_returns_is_the_same_bar(stage: Stage) -> None:
    page = stage()
    stop_the_clock(page)
    open_bars(page, [["ann", 10], ["bob", 8]])
    page.wait_for_function("view.model.sent.some(m => m.type === 'visible')")
    page.clock.run_for(QUIET)
    page.evaluate("""() => {
        window.bob = document.querySelector('[data-label="bob"]');
        view.become([["ann", 10]]);
    }""")
    page.clock.run_for(50)
    assert page.evaluate("bars()") == [["ann", "10"]]
    assert page.evaluate("bob.isConnected && bob.getAttribute('aria-hidden')") == "true"
    become(page, [["ann", 10], ["bob", 11]])
    page.clock.run_for(50)
    assert page.evaluate("bars()") == [["bob", "11"], ["ann", "10"]]
    assert page.evaluate("document.querySelector('[data-label=bob]') === bob")
    page.clock.run_for(400)
    assert page.evaluate("document.querySelectorAll('.mzw-row').length") == 2
    page.wait_for_function("getComputedStyle(bob).opacity === '1'")
    page.clock.run_for(QUIET)
    become(page, [["ann", 10]])
    page.clock.run_for(400)
    assert not page.evaluate("bob.isConnected")


def test_ties_stay_in_order_whatever_the_order_of_updates(stage: Stage) -> None:
    page = stage()
    open_bars(page, [["b", 5], ["a", 5], ["c", 5]])
    orders = []
    for rows in ([["c", 5], ["b", 5], ["a", 5]], [["b", 6], ["a", 6], ["c", 6]], [["a", 7], ["c", 7], ["b", 7]]):
        become(page, rows)
        orders.append("".join(label for label, _ in page.evaluate("bars()")))
    assert orders == ["abc", "abc", "abc"]


def test_nothing_moves_under_reduced_motion(stage: Stage, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    stage()
    open_bars(page, [["ann", 10], ["bob", 8]])
    top = "document.querySelector('[data-label=bob]').getBoundingClientRect().top"
    moved = page.evaluate(f"""async () => {{
        const before = {top};
        view.become([["ann", 10], ["bob", 12], ["new", 1]]);
        await frames(2);
        return [before - {top}, document.getAnimations().length];
    }}""")
    assert moved == [28, 0]


HOSTILE = '<img src=x onerror="window.hacked=1"><script>hacked=1</script>&amp;\'"]);${1}'


def test_text_is_text_wherever_it_comes_from(stage: Stage) -> None:
    page = stage()
    names = [
        HOSTILE,
        "مرحبا بالعالم",
        "👩‍👩‍👧‍👦 family",
        "x" * 500,
        "",
        " ",
        "constructor",
        "__proto__",
        "null",
        "a\nb",
    ]
    act(
        page,
        """const {names, hostile} = given;
        const traits = {title: hostile, name: hostile, note: hostile};
        window.view = new FakeView([[hostile, "text"], ["n", "number"]], names.map((name, i) => [name, i]), traits);
        (await load(view.model)).show();
        window.other = new FakeView([[hostile, "text"], ["b", "text"]], names.map(name => [name, hostile]), traits);
        (await load(other.model)).show();
        for (const each of [view, other]) each.status({state: "failed", message: hostile, terms: hostile})""",
        {"names": names, "hostile": HOSTILE},
    )
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, main script").count() == 0
    assert sorted(label for label, _ in page.evaluate("bars()")) == sorted(names)
    assert page.locator(".mzw-title").first.inner_text() == HOSTILE
    assert page.locator(".mzw-note").first.inner_text() == HOSTILE
    assert page.locator(".mzw-terms").first.inner_text() == HOSTILE
    assert page.locator(".mzw-message").first.inner_text() == HOSTILE
    assert page.locator(".mzw-table tbody td").nth(1).inner_text() == HOSTILE
    long = page.locator(f'[data-label="{"x" * 500}"] .mzw-label')
    assert long.evaluate("label => label.scrollWidth > label.clientWidth")
    assert "x" * 500 in str(long.locator("..").get_attribute("title"))
    assert page.locator(".mzw-label").first.get_attribute("dir") == "auto"
    overflow = page.evaluate("[...document.querySelectorAll('.mzw')].map(root => root.scrollWidth - root.clientWidth)")
    assert overflow == [0, 0]


def test_a_narrowed_view_says_by_what_and_is_not_squashed(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS, title="Edits a minute, by editor, of the last hour")
    terms = page.locator(".mzw-terms")
    assert terms.is_hidden()
    act(page, "view.status({terms: 'user_name: ann, bob +12', lag: 0.2, time: view.timeOf(0)})")
    assert terms.get_attribute("title") == "user_name: ann, bob +12"
    assert page.get_by_role("region", name="Edits a minute, by editor, of the last hour, user_name: ann").count() == 1
    page.locator(".mzw-row[data-label]").first.click()
    failed = (
        "{state: 'failed', asking: true, message: 'no such column', terms: 'who: ann', lag: 0.2, time: view.timeOf(0)}"
    )
    for status in ("{terms: 'user_name: ann, bob +12', lag: 0.2, time: view.timeOf(0)}", failed):
        act(page, f"view.status({status})")
        for width in (1200, 900, 750, 620, 500, 420, 300, 240):
            act(page, f"document.querySelector('main > div').style.width = '{width}px'")
            for part in (".mzw-title", ".mzw-buttons", ".mzw-state", *([".mzw-terms"] if width > 300 else [])):
                assert page.locator(part).evaluate("e => e.clientWidth") >= 30, (part, width)
            assert page.locator(".mzw").evaluate("root => root.scrollWidth - root.clientWidth") == 0, width
            assert page.locator(".mzw-what").evaluate("e => e.scrollWidth <= e.clientWidth"), width
            assert page.locator(".mzw-header").evaluate("e => e.scrollHeight <= e.clientHeight"), width
            for part in (".mzw-chip", ".mzw-word", ".mzw-asof") if width >= 420 else ():
                assert page.locator(part).evaluate(WHOLE), (part, width)
    act(page, "document.querySelector('main > div').style.width = ''; view.status({terms: 'n: 2'})")
    gap = (
        "() => document.querySelector('.mzw-state').getBoundingClientRect().left - range.getBoundingClientRect().right"
    )
    words = "const range = document.createRange(); range.selectNodeContents(document.querySelector('.mzw-terms'))"
    assert page.evaluate(f"() => {{ {words}; return ({gap})(); }}") <= 12, "no gap after a short one"
    act(page, "view.status({})")
    assert terms.is_hidden()


def test_a_new_question_that_fails_leaves_the_one_before_live(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    act(page, "view.status({state: 'failed', asking: true, message: 'no such column', lag: 0.2, time: view.timeOf(0)})")
    assert page.locator(".mzw-word").inner_text() == "failed"
    assert page.locator(".mzw-excerpt").is_hidden()
    assert page.locator(".mzw-message").inner_text() == (
        "no such column\nThis is the new question; the picture goes on answering the one before."
    )
    assert page.locator(".mzw-asof").inner_text().startswith("as of ")
    assert page.locator(".mzw-lag").inner_text() == "0.2 s behind"
    assert page.get_by_role("button", name="pause").is_enabled()
    act(
        page,
        "view.status({state: 'failed', asking: true, message: 'no such column', excerpt: 'SELECT x<b>\\n       ^'})",
    )
    assert page.locator(".mzw-excerpt").inner_text() == "SELECT x<b>\n       ^"
    act(page, "view.status({lag: 0.2})")
    assert page.locator(".mzw-excerpt").is_hidden()


def test_two_displays_of_one_model_show_the_same_and_speak_with_one_voice(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    act(page, "window.second = widget.show('420px'); await frames(3); view.become([['zoe', 1]])")
    assert (
        page.evaluate("[...document.querySelectorAll('.mzw')].map(root => [root.dataset.seq, bars(root)])")
        == [["1", [["zoe", "1"]]]] * 2
    )
    assert len({message["page"] for message in page.evaluate("view.model.sent")}) == 1
    assert [m["visible"] for m in sent(page, "visible")] == [True]
    act(page, "second.hide(); view.become([['yan', 2]])")
    assert page.evaluate("bars()") == [["yan", "2"]]
    page.wait_for_function("view.model.sent.some(m => m.type === 'ack' && m.seq === 2)")


def test_nothing_is_painted_out_of_sight_and_one_paint_catches_up(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    page.evaluate("document.querySelector('main').style.paddingTop = '4000px'")
    page.wait_for_function("view.model.sent.some(m => m.type === 'visible' && !m.visible)")
    page.evaluate("""async () => {
        window.paints = 0;
        new MutationObserver(() => paints++).observe(document.querySelector(".mzw"), {attributeFilter: ["data-seq"]});
        for (let n = 0; n < 30; n++) { view.become([["ann", n]]); await frames(2); }
    }""")
    assert page.evaluate("paints") == 0
    assert page.evaluate("bars().length") == len(EDITORS)
    page.wait_for_function("view.model.sent.some(m => m.type === 'ack' && m.seq === 30)")
    page.evaluate("document.querySelector('.mzw').scrollIntoView()")
    page.wait_for_function("document.querySelector('.mzw').dataset.seq === '30'")
    assert page.evaluate("[paints, bars()]") == [1, [["ann", "29"]]]
    assert [m["visible"] for m in sent(page, "visible")] == [True, False, True]


def test_a_view_scrolled_to_later_has_its_height_from_the_start(stage: Stage) -> None:
    page = stage()
    page.evaluate("document.querySelector('main').style.paddingTop = '4000px'")
    open_bars(page, EDITORS)
    height = "document.querySelector('.mzw').getBoundingClientRect().height"
    before = page.evaluate(height)
    act(page, "document.querySelector('.mzw').scrollIntoView()")
    assert page.evaluate(height) == before > 100


def test_pause_is_asked_for_and_shown_when_it_is_so(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    button = page.get_by_role("button", name="pause")
    assert button.get_attribute("aria-pressed") == "false"
    button.focus()
    page.keyboard.press("Enter")
    assert len(sent(page, "pause")) == 1
    act(page, "view.status({state: 'paused', paused: true, waiting: 12, time: view.timeOf(0)})")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator(".mzw-word").inner_text() == "paused · 12 waiting"
    assert page.locator(".mzw-asof").inner_text().startswith("as of 2023-11-1")
    button.click()
    assert len(sent(page, "resume")) == 1
    act(page, "view.status({})")
    assert button.get_attribute("aria-pressed") == "false"
    assert page.locator(".mzw").get_attribute("data-state") == "live"


def test_trouble_is_told_in_full_and_can_be_retried(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS, note="recorded")
    reason = "connection refused: " + "a very long reason " * 30
    page.evaluate("() => { const now = Date.now(); window.later = 0; Date.now = () => now + later }")
    act(page, "view.status({state: 'reconnecting', message: given, retry_at: Date.now() + 2500})", reason)
    assert page.locator(".mzw-word").inner_text() == "reconnecting in 3 s"
    assert re.fullmatch(r"since \d\d:\d\d:\d\d", page.locator(".mzw-state").get_attribute("title") or "")
    page.evaluate("() => { window.later = 1000 }")
    page.wait_for_function("document.querySelector('.mzw-word').textContent === 'reconnecting in 2 s'")
    assert page.locator(".mzw-message").inner_text() == reason
    assert page.locator(".mzw-message").evaluate("e => e.scrollHeight <= e.clientHeight && e.clientHeight > 30")
    assert page.locator(".mzw-asof").inner_text().startswith("stale since ")
    assert page.locator(".mzw-note").is_visible()
    assert page.evaluate("bars().length") == len(EDITORS)
    act(page, "view.status({state: 'reconnecting', message: 'gone', retry_at: Date.now() + 3_600_000})")
    assert page.locator(".mzw-word").inner_text() == "reconnecting", "the clocks of kernel and page do not agree"
    page.get_by_role("button", name="retry now").click()
    assert len(sent(page, "retry")) == 1
    act(page, "view.status({})")
    assert page.get_by_role("button", name="retry now").count() == 0
    assert page.locator(".mzw-message").is_hidden()


def test_a_restarted_kernel_leaves_the_last_data_marked(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    act(page, "view.model.gone = true; view.model.emit('comm_live_update')")
    assert page.locator(".mzw").get_attribute("data-state") == "disconnected"
    assert "run the cell again" in page.locator(".mzw-message").inner_text()
    assert page.evaluate("bars().length") == len(EDITORS)
    assert page.get_by_role("button", name="pause").is_disabled()


@pytest.mark.parametrize("saved", [True, False])
def test_a_reopened_notebook_whose_kernel_is_new_says_what_to_do(stage: Stage, page: Page, saved: bool) -> None:
    page.clock.install(time="2026-01-01T00:00:00Z")
    stage()
    page.clock.pause_at("2026-01-01T01:00:00Z")
    page.evaluate(
        """async saved => {
            window.view = new FakeView([["editor", "text"], ["edits", "number"]], [["ann", 1]], {name: "top10"});
            const {traits} = view.model;
            if (saved) traits.status.time -= 3600e3;
            else Object.assign(traits, {base: {}, status: {}});
            (await load(view.model)).show();
        }""",
        saved,
    )
    page.clock.run_for(16_000)
    assert page.locator(".mzw").get_attribute("data-state") == "no news"
    assert page.locator(".mzw-message").inner_text() == (
        "This notebook's kernel does not know the view; run the cell again."
    )
    assert page.evaluate("bars().length") == saved
    page.evaluate("view.status({})")
    page.clock.run_for(1_000)
    assert page.locator(".mzw").get_attribute("data-state") == "live"


def test_the_header_is_in_the_zone_of_the_picture(stage: Stage) -> None:
    page = stage()
    encoding = {"kind": "table", "channels": {}, "timezone": "Asia/Tokyo"}
    act(
        page,
        """window.view = new FakeView([["n", "number"]], [[1]], {encoding: given});
        (await load(view.model)).show()""",
        encoding,
    )
    told = page.locator(".mzw-asof").get_attribute("title") or ""
    assert told.startswith("the view at ")
    assert told.endswith(" Asia/Tokyo")
    moment = told.removeprefix("the view at ").removesuffix(" Asia/Tokyo")
    zone = ZoneInfo("Asia/Tokyo")
    assert abs(datetime.fromisoformat(moment).replace(tzinfo=zone) - datetime.now(zone)) < timedelta(minutes=1)
    assert page.locator(".mzw-asof").inner_text() == f"as of {moment[11:19]}"


def test_the_height_can_be_dragged(stage: Stage) -> None:
    page = stage()
    act(
        page,
        """const rows = Array.from({length: 60}, (_, i) => [i]);
        window.view = new FakeView([["n", "number"]], rows, {encoding: {kind: "table", channels: {}}});
        (await load(view.model)).show()""",
    )
    edge = page.get_by_role("separator", name="height of the picture")
    height = "document.querySelector('.mzw-scroll').offsetHeight"
    before = page.evaluate(height)
    box = edge.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] - 96, steps=3)
    page.mouse.up()
    page.wait_for_function(f"{height} === {before - 100}")
    edge.focus()
    assert edge.get_attribute("aria-valuenow") == str(before - 100)
    edge.press("ArrowDown")
    page.wait_for_function(f"{height} === {before - 80}")
    for _ in range(6):
        edge.press("ArrowDown")
    page.wait_for_function(f"{height} === {before + 40}")
    edge.dblclick()
    page.wait_for_function(f"{height} === {before}")


def test_words_that_change_move_nothing(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    statuses = """[{}, {state: "catching up"}, {state: "paused", waiting: 12345}, {lag: 0.1}, {lag: 59},
        {state: "reconnecting", retry_at: Date.now() + 12000}, {state: "stalled"}, {state: "ended", lag: null}]"""
    places = page.evaluate(f"placesUnder(view, {statuses})")
    assert len(places) == 1, "\n".join(places)


@pytest.mark.parametrize("width", [240, 320, 480, 640, 1000])
def test_it_fits_every_width(stage: Stage, width: int) -> None:
    page = stage()
    act(
        page,
        """const rows = Array.from({length: 8}, (_, i) => ["a long name of somebody " + i, 10 ** (2 * i)]);
        const traits = {title: "A long title for this view of the world", note: "recorded"};
        window.view = new FakeView([["who", "text"], ["n", "number"]], rows, traits);
        (await load(view.model)).show(given + "px");
        view.status({state: "reconnecting", message: "no_spaces_".repeat(60), retry_at: Date.now() + 20000})""",
        width,
    )
    assert page.evaluate("sticksOut()") == []
    buttons = page.locator(".mzw-buttons").bounding_box()
    assert buttons is not None
    assert buttons["width"] >= 24


@pytest.mark.parametrize("width", [640, 1000])
def test_side_by_side_they_share_the_width_and_stay_true(stage: Stage, width: int) -> None:
    page = stage()
    act(
        page,
        """const box = document.createElement("div");
        box.className = "jupyter-widgets widget-container widget-box widget-hbox";
        box.style = `display: flex; width: ${given}px`;
        document.querySelector("main").append(box);
        const rows = Array.from({length: 8}, (_, i) => ["a long name of somebody " + i, 7 ** i]);
        const bars = [["who", "text"], ["n", "number"]];
        for (const [columns, own] of [[bars, rows], [[["n", "number"]], [[1234567]]], [bars, rows], [bars, rows]]) {
          const view = new FakeView(columns, own, {title: "A long title for this view", note: "recorded"});
          const shown = (await load(view.model)).show("");
          shown.el.className = "jupyter-widgets";
          box.append(shown.el);
        }""",
        width,
    )
    page.wait_for_function(
        "document.querySelectorAll('.mzw[data-seq]').length === 4 && !document.getAnimations().length"
    )
    boxes = page.evaluate("[...document.querySelectorAll('.mzw')].map(root => root.getBoundingClientRect().width)")
    assert boxes == [max(width / 4, 240)] * 4
    cut = """[...document.querySelectorAll('.mzw-value, .mzw-figure')]
        .filter(node => node.scrollWidth > node.clientWidth || node.getClientRects().length !== 1)
        .map(node => node.textContent)"""
    assert page.evaluate(cut) == []
    track = "document.querySelector('.mzw-track').getBoundingClientRect().width"
    assert page.evaluate(track) > width / 4 - 30
    heights = page.evaluate("[...document.querySelectorAll('.mzw-figure')].map(e => e.getBoundingClientRect().height)")
    assert all(height < 60 for height in heights), "on one line"


@pytest.mark.parametrize("width", [420, 640])
def test_the_longest_number_is_whole_beside_its_bar(stage: Stage, width: int) -> None:
    page = stage()
    act(
        page,
        """const rows = [["ann", "12345678901234567890123456789012345678.5"], ["bob", "9"]];
        window.view = new FakeView([["who", "text"], ["n", "number"]], rows);
        (await load(view.model)).show(given + "px")""",
        width,
    )
    values = page.locator(".mzw-value")
    assert values.first.inner_text().startswith("12,345,678,901,234,567,890,123,456,789,012,345,678.5")
    assert values.evaluate_all("all => all.map(e => e.scrollWidth > e.clientWidth)") == [False, False]
    assert page.evaluate("document.querySelector('.mzw-track').clientWidth") > 20


def test_a_number_is_large_and_exact(stage: Stage) -> None:
    page = stage()
    act(
        page,
        """window.view = new FakeView([["count", "number"]], [[1234567]], {name: "counter"});
        (await load(view.model)).show()""",
    )
    figure = page.locator(".mzw-figure")
    assert (figure.inner_text(), figure.get_attribute("data-value")) == ("1,234,567", "1234567")
    become(page, [])
    assert figure.inner_text() == "—"
    assert page.locator(".mzw-caption").inner_text() == "count, no rows"
    become(page, [["-12345678901234567890.50"]])
    assert figure.inner_text() == "−12,345,678,901,234,567,890.50"


def test_anything_else_is_a_table_and_bars_can_be_one(stage: Stage) -> None:
    page = stage()
    act(
        page,
        """const rows = Array.from({length: 12345}, (_, i) => [12345 - i, i % 2 ? null : "x" + i, i % 3 === 0]);
        window.view = new FakeView([["id", "number"], ["a", "text"], ["b", "boolean"]], rows);
        window.widget = await load(view.model);
        widget.show()""",
    )
    cells = page.evaluate(
        "[...document.querySelector('tbody').rows].slice(0, 3).map(r => [...r.cells].map(c => c.textContent))"
    )
    assert cells == [["1", "x12344", "false"], ["2", "null", "false"], ["3", "x12342", "true"]]
    assert page.locator(".mzw-foot span").inner_text() == "first 100 of 12,345 rows"
    assert page.get_by_role("grid").get_attribute("aria-rowcount") == "101"
    become(page, [[7, "y", True], [7, "y", True]])
    assert page.locator("tbody tr td").all_inner_texts() == ["7", "y", "true"] * 2
    assert page.locator(".mzw-foot span").inner_text() == "2 rows"
    become(page, [])
    assert page.locator(".mzw-foot span").inner_text() == "no rows"

    page.evaluate("document.querySelector('main').replaceChildren()")
    open_bars(page, EDITORS)
    page.get_by_role("button", name="show as table").click()
    assert page.locator("tbody tr").first.locator("td").all_inner_texts() == ["Zoë 🦩", "12"]
    assert page.locator("tbody tr").count() == len(EDITORS)
    page.get_by_role("button", name="show as chart").click()
    page.wait_for_function(f"bars().length === {len(EDITORS)}")


def test_an_empty_view_says_so_and_keeps_its_room(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    height = "document.querySelector('.mzw').getBoundingClientRect().height"
    before = page.evaluate(height)
    assert page.get_by_text("no rows").is_hidden()
    become(page, [])
    assert page.get_by_text("no rows").is_visible()
    assert page.evaluate(height) == before


def test_limit_and_height_are_kept(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS, limit=3, height=150)
    assert [label for label, _ in page.evaluate("bars()")] == ["bob", "Zoë 🦩", "cleo"]
    assert page.evaluate("document.querySelector('.mzw-area').getBoundingClientRect().height") == 150
    assert page.locator(".mzw-rows").inner_text() == "3 of 5 rows"


def test_before_the_first_rows_there_is_a_skeleton_of_the_right_height(stage: Stage) -> None:
    page = stage()
    act(
        page,
        """window.view = new FakeView([["editor", "text"], ["edits", "number"]], [], {limit: 4});
        view.model.traits.base = {};
        view.model.traits.status = {};
        window.widget = await load(view.model);
        widget.show()""",
    )
    height = "document.querySelector('.mzw').getBoundingClientRect().height"
    before = page.evaluate(height)
    assert page.locator(".mzw").get_attribute("data-state") == "connecting"
    assert page.locator(".mzw").get_attribute("data-seq") is None
    assert [m["type"] for m in sent(page, "hello")] == ["hello"]
    act(
        page,
        """view.states[0] = [["a", 1], ["b", 2], ["c", 3], ["d", 4]];
        view.model.set("base", view.base())""",
    )
    assert len(page.evaluate("bars()")) == 4
    assert page.evaluate(height) == pytest.approx(before, abs=1)


def test_a_view_that_fails_before_its_first_rows_says_why_and_nothing_else(stage: Stage) -> None:
    page = stage()
    act(
        page,
        """window.view = new FakeView([["editor", "text"], ["edits", "number"]], []);
        view.model.traits.base = {};
        view.model.traits.status = {};
        window.widget = await load(view.model);
        widget.show()""",
    )
    assert page.locator(".mzw-skeleton").count() == 1
    act(page, "view.status({ state: 'failed', message: 'unknown catalog item', epoch: '', time: null })")
    assert page.locator(".mzw-message").inner_text() == "unknown catalog item"
    assert page.locator(".mzw-skeleton").count() == 0
    for state in ("reconnecting", "failed"):
        act(page, "view.status({ state: given, epoch: '', time: null })", state)
        word, retry = page.locator(".mzw-word").bounding_box(), page.locator(".mzw-retry").bounding_box()
        assert word is not None
        assert retry is not None
        assert retry["x"] - word["x"] - word["width"] < 14, "what can be done stands beside what is the matter"
    act(page, "view.status({ state: 'connecting', message: '', epoch: '', time: null })")
    assert page.locator(".mzw-skeleton").count() == 1


def test_the_last_word_is_bye(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    act(
        page,
        """window.dispatchEvent(new PageTransitionEvent("pagehide"));
        view.become([["ann", 1]]);
        shown.hide()""",
    )
    assert page.evaluate("view.model.sent.at(-1).type") == "bye"
    act(page, "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert page.evaluate("view.model.sent.at(-1).type") == "bye", "shown nowhere, it says nothing"
    act(page, "widget.show()")
    before, after = page.evaluate("Object.values(Object.groupBy(view.model.sent, message => message.page))")
    assert before[-1]["type"] == "bye"
    assert after[0]["type"] == "have"
    act(page, "widget.close(); view.status({})")
    assert page.evaluate("view.model.sent.at(-1).type") == "bye"
    assert page.locator(".mzw").count() == 0


def counts(session: CDPSession) -> dict[str, float]:
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    wanted = {"JSEventListeners", "Nodes"}
    return {metric["name"]: metric["value"] for metric in metrics if metric["name"] in wanted}


def test_nothing_is_left_after_fifty_displays_and_fifty_models(stage: Stage) -> None:
    page = stage()
    open_bars(page, EDITORS)
    page.evaluate("comeAndGo(widget, 3)")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def left() -> object:
        page.wait_for_timeout(500)
        return counts(session), page.evaluate("[...view.model.handlers.values()].flat().length")

    before = left()
    before = eventually(lambda: before if before == left() else None)
    page.evaluate("comeAndGo(widget, 50)")
    eventually(lambda: left() == before)


@pytest.mark.parametrize(
    ("theme", "scheme"),
    [("light", "dark"), ("dark", "light"), ("dark-high-contrast", "light"), (None, "light"), (None, "dark")],
)
def test_text_and_bars_stand_out_in_every_theme(stage: Stage, page: Page, theme: str | None, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    stage(theme)
    open_bars(page, [["ann", 10], ["bob", -8], ["cleo", None]], note="recorded")
    act(
        page,
        """window.table = new FakeView([["a", "text"], ["b", "text"]], [["x", null]]);
        (await load(table.model)).show();
        window.figure = new FakeView([["n", "number"]], [[1]]);
        (await load(figure.model)).show()""",
    )
    dark = theme not in ("light", None) or (theme is None and scheme == "dark")
    for state in ("live", "catching up", "paused", "reconnecting", "failed"):
        act(page, "for (const each of [view, table, figure]) each.status({state: given, message: 'why'})", state)
        assert page.evaluate("faint()") == []
    paper = page.evaluate("getComputedStyle(document.querySelector('.mzw')).colorScheme")
    assert theme is None or paper == ("dark" if dark else "light")


def test_a_model_that_hears_nothing_is_told_by_its_twin(stage: Callable[..., Page]) -> None:
    """JupyterLab may make two models of a widget, show one, and hand what the kernel says to the other."""
    page = stage()
    page.evaluate(
        """async () => {
            window.view = new FakeView([["who", "text"], ["edits", "number"]], [["ada", 1]], {control: "an address"});
            await load(view.model);
            const deaf = new FakeModel({...view.model.traits, base: {}, status: {}});
            window.widget = await load(deaf);
            window.shown = widget.show();
            view.model.set("base", view.base());
            view.status({});
            view.become([["ada", 2], ["bob", 1]]);
            await frames(3);
        }"""
    )
    assert page.evaluate("bars()") == [["ada", "2"], ["bob", "1"]]
    assert page.locator(".mzw").get_attribute("data-state") == "live"
