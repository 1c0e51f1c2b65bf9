"""What holds for pictures of every kind: all can read them, and however long they run, they stay as they are."""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    Stage = Callable[..., Page]

COLUMNS = [["x", "number"], ["who", "text"], ["n", "number"]]
SPEC = {
    "data": {"name": "live"},
    "width": "container",
    "mark": "bar",
    "encoding": {"x": {"field": "n", "type": "quantitative"}, "y": {"field": "who", "type": "nominal"}},
}
TABLE: dict[str, Any] = {"kind": "table", "channels": {}}
KINDS: dict[str, dict[str, Any]] = {
    "bars": {"kind": "bars", "channels": {"label": [1], "value": [2]}, "order": [[2, True, False]], "limit": 12},
    "groups": {"kind": "bars", "channels": {"label": [1], "value": [0, 2]}, "limit": 12},
    "stacks": {"kind": "bars", "channels": {"label": [1], "value": [2], "color": [0]}, "totals": True, "limit": 12},
    "number": {"kind": "number", "channels": {"value": [2]}},
    "table": TABLE,
    "line": {"kind": "line", "channels": {"x": [0], "y": [2], "color": [1]}},
    "vega": {"kind": "vega", "channels": {}, "spec": SPEC, "data": "live"},
    "canvas": {
        "kind": "vega",
        "channels": {},
        "spec": {**SPEC, "usermeta": {"embedOptions": {"renderer": "canvas"}}},
        "data": "live",
    },
}


def show(page: Page, kind: str) -> None:
    """Show a view of twenty rows as a picture of a kind, its script at hand."""
    page.evaluate(
        """async ({columns, encoding}) => {
            window.rows = Array.from({length: 20}, (_, i) => [i % 5, "who " + (i % 4), i * i]);
            window.view = new FakeView(columns, rows, {title: "A view", encoding});
            view.model.hear = async ({type, asset}) => {
                if (type !== "need") return;
                const script = await (await fetch(`./${asset}.js`)).arrayBuffer();
                view.model.emit("msg:custom", {type: "asset", name: asset}, [new DataView(script)]);
            };
            window.widget = await load(view.model);
            widget.show();
        }""",
        {"columns": COLUMNS, "encoding": {**KINDS[kind], **({} if kind == "table" else {"table": TABLE})}},
    )
    page.locator(".mzw-row, .mzw-figure, tbody tr, .mzw-plot canvas, .mzw-chart > *").first.wait_for()


STATES = """{
    live: {}, narrowed: {terms: "who: ann"},
    paused: {state: "paused", paused: true, waiting: 12, history: [1.7e12 - 60_000, 1.7e12]},
    stale: {state: "reconnecting", message: "connection refused", retry_at: Date.now() + 60_000},
    failed: {state: "failed", message: "no such column", excerpt: "SELECT x\\n       ^"},
    asking: {state: "asking", asking: true}, ended: {state: "ended"}, empty: {},
}"""
LOOK = """
    const found = [];
    for (const [name, status] of Object.entries(states)) {
        if (name === "empty") view.become([]);
        view.status(status);
        await frames(3);
        await Promise.all(document.getAnimations().map(({finished}) => finished));
        const { violations, passes } = await axe.run("main");
        if (passes.length === 0) throw new Error("nothing was looked at");
        found.push(...violations.map(({id, impact, nodes}) => [name, id, impact, nodes[0].html]));
    }
    return found;
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_can_be_read_by_all(stage: Stage, js_modules: Path, kind: str, theme: str) -> None:
    page = stage(theme)
    page.add_script_tag(path=js_modules / "node_modules/axe-core/axe.min.js")
    page.emulate_media(reduced_motion="reduce")
    show(page, kind)
    if kind == "table":
        page.locator(".mzw-foot").get_by_role("button", name="filter").click()
    assert page.evaluate(f"async () => {{ const states = {STATES}; {LOOK} }}") == []


SAID = {
    "bars": "who 3 361, who 2 324, who 1 289",
    "groups": "who 0 0 0, who 1 0 25, who 2 0 100",
    "stacks": "who 3 765, who 2 660, who 1 565",
    "number": "n, first of 20 rows: 0",
    "table": "20 rows",
    "line": "last values: who 0 16, who 1 81, who 2 196, who 3 361",
    "vega": "20 rows",
    "canvas": "20 rows",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_picture_shows_is_said_at_most_every_ten_seconds(stage: Stage, kind: str) -> None:
    page = stage()
    page.clock.install()
    page.evaluate("window.frames = async () => {}")
    page.clock.resume()
    show(page, kind)
    spoken = page.locator(".mzw > .mzw-aloud[role=status]").last
    expect(spoken).to_have_text(SAID[kind])
    page.evaluate(
        """() => {
            window.said = [];
            const spoken = [...document.querySelectorAll(".mzw > .mzw-aloud")].at(-1);
            const note = () => said.push(performance.now());
            new MutationObserver(note).observe(spoken, {childList: true, subtree: true, characterData: true});
            const come = n => view.become(rows = [...rows, [n * (-1) ** n, "who 9", 10_000 + n]]);
            window.timer = setInterval(() => come(rows.length), 500);
        }"""
    )
    page.clock.run_for(35_000)
    gaps = page.evaluate("() => { clearInterval(timer); return said.slice(1).map((at, i) => at - said[i]) }")
    assert 1 <= len(gaps) <= 3
    assert min(gaps) >= 9_900


def test_a_picture_that_is_not_painted_yet_does_not_say_that_there_are_no_rows(stage: Stage) -> None:
    page = stage()
    page.evaluate(
        """() => {
            const [soon, frame] = [setTimeout, requestAnimationFrame];
            window.setTimeout = (call, wait, ...rest) => soon(call, wait || 200, ...rest);
            window.requestAnimationFrame = call => soon(() => frame(call), 600);
        }"""
    )
    show(page, "line")
    expect(page.locator(".mzw > .mzw-aloud[role=status]").last).to_have_text(SAID["line"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_takes_no_more_memory_as_time_passes(stage: Stage, kind: str) -> None:
    page = stage()
    show(page, kind)
    session = page.context.new_cdp_session(page)

    def after(changes: int) -> float:
        page.evaluate(
            """async changes => {
                for (let i = 0; i < changes; i++) {
                    rows = [...rows.slice(1), [rows.at(-1)[0] + 1, "who " + (i % 4), (i * 7919) % 100]];
                    view.become(rows);
                    delete view.states[view.seq - 1]; // what the page does not have, this side need not either
                    await frames(1);
                }
            }""",
            changes,
        )
        session.send("HeapProfiler.collectGarbage")
        used: float = session.send("Runtime.getHeapUsage")["usedSize"]
        return used

    before = after(40)
    assert after(100) - before < 1_000_000


def test_a_page_that_is_hidden_while_its_theme_changes_is_drawn_in_its_size(stage: Stage) -> None:
    page = stage("light")
    show(page, "line")
    colour = "getComputedStyle(document.querySelector('.mzw-swatch')).backgroundColor"
    size = "() => ['.mzw-plot .u-wrap', '.mzw-plot'].map(name => document.querySelector(name).clientWidth)"
    light, (drawn, room) = page.evaluate(colour), page.evaluate(size)
    assert drawn == room
    page.evaluate(
        """async () => {
            document.body.style.display = "none";
            document.body.dataset.jpThemeLight = "false";
            for (let turn = 0; turn < 5; turn++) await null;
            document.body.style.display = "";
        }"""
    )
    page.wait_for_function(f"light => {colour} !== light", arg=light)
    assert page.evaluate(size) == [room, room]


@pytest.mark.parametrize(
    ("said", "system"), [("normal", "dark"), ("light", "dark"), ("dark", "light"), ("light dark", "dark")]
)
def test_a_page_is_as_dark_as_it_says_whatever_the_system_prefers(stage: Stage, said: str, system: Any) -> None:
    page = stage(None)
    page.emulate_media(color_scheme=system)
    page.evaluate("said => { document.documentElement.style.colorScheme = said }", said)
    show(page, "stacks")
    look = "['.mzw', '.mzw-swatch'].map(of => getComputedStyle(document.querySelector(of)))"
    found = page.evaluate(f"() => {look}.map((of, i) => [of.color, of.backgroundColor][i])")
    light, dark = ["rgb(28, 32, 36)", "rgb(47, 111, 222)"], ["rgb(232, 234, 237)", "rgb(91, 147, 245)"]
    assert found == (dark if said.endswith("dark") else light)


def inks(pdf: bytes) -> set[tuple[int, ...]]:
    """Return the colours that a PDF file draws with."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    drawn = b"".join(zlib.decompressobj().decompress(stream) for stream in streams if stream.startswith(b"x"))
    found = re.findall(rb"([\d.]+ [\d.]+ [\d.]+) (?:rg|RG)\b", drawn)
    return {tuple(round(255 * float(part)) for part in ink.split()) for ink in found}


def test_paper_is_white_whatever_the_theme(stage: Stage) -> None:
    printed = {}
    for theme in ("light", "dark"):
        page = stage(theme)
        page.set_viewport_size({"width": 800, "height": 3_000})
        for kind in KINDS:
            show(page, kind)
        page.locator(".mzw-plot canvas").wait_for()
        page.locator(".mzw-chart > svg").wait_for()
        look = "() => [...document.querySelectorAll('.mzw-swatch')].map(own => getComputedStyle(own).backgroundColor)"
        before = page.evaluate(look)
        printed[theme] = inks(page.pdf())
        page.wait_for_function(f"before => String(({look})()) === before", arg=",".join(before))
    assert (0x2F, 0x6F, 0xDE) in printed["light"]  # bars are there, though they are backgrounds
    assert printed["dark"] == printed["light"]


def test_colours_are_those_of_the_ground_that_the_system_forces(stage: Stage) -> None:
    look = """() => [...document.querySelectorAll(".mzw-swatch, .mzw-bar, .mark-rect path")].map(
        own => getComputedStyle(own).backgroundColor + getComputedStyle(own).fill)"""
    found = {}
    for theme in ("light", "dark"):
        page = stage(theme)
        for forced in ("none", "active"):
            page.emulate_media(forced_colors=forced, color_scheme="dark")
            page.set_viewport_size({"width": 800, "height": 3_000})
            page.reload()
            page.wait_for_function("window.storm !== undefined")
            for kind in ("bars", "stacks", "line"):
                show(page, kind)
            page.locator(".mzw-plot canvas").wait_for()
            found[theme, forced] = page.evaluate(look)
    assert found["light", "active"] == found["dark", "active"] == found["dark", "none"] != found["light", "none"]


def darkness(page: Page, of: str, role: str) -> float:
    """Return how far from white the first thing of a name is drawn, from 0 to 1."""
    colour: str = page.evaluate("([of, role]) => getComputedStyle(document.querySelector(of))[role]", [of, role])
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]
    return 1 - sum(parts) / (3 if colour.startswith("color") else 765)


def test_lines_are_as_strong_as_the_system_asks_for_and_weaker_than_words(stage: Stage) -> None:
    page = stage()
    asked: list[dict[str, Any]] = [{}, {"contrast": "more"}, {"contrast": "no-preference", "forced_colors": "active"}]
    found = []
    for media in asked:
        page.emulate_media(**media)
        show(page, "vega")
        found.append(
            (darkness(page, ".role-axis-grid line", "stroke"), darkness(page, ".role-axis-label text", "fill"))
        )
        page.evaluate("widget.close()")
    (lines, words), (more_lines, more_words), (forced_lines, forced_words) = found
    assert lines < 0.2 < 0.5 < more_lines < more_words > words
    assert 0.2 < forced_lines < 0.5 < forced_words


def seen(page: Page, of: str, edge: int = 0) -> Image.Image:
    """Return what the last thing of a name looks like, without its edges."""
    image = Image.open(io.BytesIO(page.locator(of).last.screenshot())).convert("RGB")
    return image.crop((edge, edge, image.width - edge, image.height - edge))


def vividness(colour: tuple[int, ...]) -> int:
    """Return how far from grey a colour is."""
    return max(colour) - min(colour)


def pixels(image: Image.Image) -> Iterator[tuple[int, ...]]:
    raw = image.tobytes()
    return zip(raw[::3], raw[1::3], raw[2::3], strict=True)


def become(before: Image.Image, after: Image.Image) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Return the colours of areas, and what has become of them."""
    pairs = Counter(zip(pixels(before), pixels(after), strict=True)).most_common()
    return {old: new for (old, new), count in reversed(pairs) if count >= 60 and vividness(old) > 20}


def test_a_bar_of_zero_has_no_length(stage: Stage) -> None:
    page = stage()
    page.emulate_media(reduced_motion="reduce")
    for rows in ([["a", 0], ["b", 0]], [["a", 0], ["b", -7]], [["a", 0], ["b", 1e9], ["c", 1]]):
        page.evaluate(
            """async rows => {
                window.view = new FakeView([["who", "text"], ["n", "number"]], rows);
                window.widget = await load(view.model);
                widget.show();
                await frames(3);
            }""",
            rows,
        )
        for width in (400.2, 500.5, 640.8):
            page.evaluate(
                "async width => { document.querySelector('.output').style.width = `${width}px`; await frames(3) }",
                width,
            )
            for name in ("a", "c"):
                for track in page.locator(f".mzw-row[data-label={name}] .mzw-track").all():
                    image = Image.open(io.BytesIO(track.screenshot())).convert("RGB")
                    assert max(map(vividness, pixels(image))) < 10, (rows, width, name)
        page.evaluate("widget.close()")


WORDS = {"line": ".u-axis", "vega": ".role-axis-label"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_not_so_any_more_looks_so_and_can_still_be_read(stage: Stage, theme: str) -> None:
    page = stage(theme)
    page.emulate_media(reduced_motion="reduce")
    for kind in ("bars", "groups", "stacks", "line", "vega", "canvas"):
        show(page, kind)
        looks, words = {}, {}
        for name, status in {"live": {}, "stale": {"state": "reconnecting"}, "asking": {"asking": True}}.items():
            page.evaluate(
                """async status => {
                    view.status(status);
                    await frames(3);
                    await Promise.all(document.getAnimations().map(({finished}) => finished));
                }""",
                status,
            )
            looks[name] = seen(page, ".mzw-picture", 8)
            words[name] = seen(page, WORDS[kind], 6) if kind in WORDS else None
        for name in ("stale", "asking"):
            colours = become(looks["live"], looks[name])
            assert all(vividness(new) < 0.6 * vividness(old) for old, new in colours.items()), (kind, name)
            assert kind == "bars" or len(set(colours.values())) == len(colours) > 0, (kind, name)
        assert words["asking"] == words["live"], kind
        page.evaluate("widget.close()")
