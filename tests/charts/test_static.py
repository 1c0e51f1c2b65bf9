"""What is seen of a view where nothing can follow it: whole, small, and text that stays text."""

from __future__ import annotations

import colorsys
import json
import random
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.charts import Options, resolve, static, svg
from mzwidget.charts.order import Row
from mzwidget.charts.static import Still
from mzwidget.tail.values import Column
from tests.machine import ROOT

OIDS = {"text": 25, "int8": 20, "numeric": 1700, "timestamptz": 1184, "timestamp": 1114, "date": 1082, "bool": 16}
OIDS |= {"float8": 701, "jsonb": 3802, "mz_timestamp": 16552}
AT = 1_795_000_000_000
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'\"&amp;",
    "a\nb\tc",
    "🦩" * 100,
    "]]>",
    "null",
    "",
]


def view(*columns: str) -> list[Column]:
    parted = [column.rsplit(" ", 1) for column in columns]
    return [Column(name, OIDS[kind], kind) for name, kind in parted]


def still(columns: list[Column], rows: Sequence[Row], options: Options | None = None, **more: Any) -> Still:
    encoding = resolve(columns, options or Options(), len(rows))
    return Still.of(more.pop("title", "sales"), columns, rows, encoding, AT, **more)


class Text(HTMLParser):
    """Reads what a reader sees, and which elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.seen = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.seen += data + "\n"


KINDS: dict[str, tuple[list[Column], list[Row], str]] = {
    "bars": (view("shop text", "sold int8"), [("north", "1234"), ("south", "-5"), (None, None)], "1,234"),
    "groups": (view("shop text", "a int8", "b int8"), [("north", "3", "4"), ("south", "1", "2")], "north"),
    "stacks": (view("shop text", "item text", "n numeric"), [("x", "tea", "1.5"), ("x", None, "2")], "3.5"),
    "line": (
        view("at timestamptz", "n int8"),
        [("2026-01-01 00:00:00+00", "1"), ("2026-01-01 01:00:00+00", "7")],
        "01:00",
    ),
    "number": (view("total numeric"), [("12345.678",)], "12,345.678"),
    "table": (view("a text", "b jsonb"), [("x", '{"k": 1}')], '{"k": 1}'),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_data_and_its_moment(kind: str) -> None:
    columns, rows, shown = KINDS[kind]
    kept = static.in_notebook(still(columns, rows, note="recorded"))
    read = Text(kept)
    assert kept.splitlines()[0] == "sales · as of 2026-11-18 11:06:40 UTC · recorded", "of a collapsed output"
    assert "sales · as of 2026-11-18 11:06:40 UTC · recorded" in read.seen
    assert shown in read.seen
    assert ("svg" in read.elements) == (kind != "table")
    assert "script" not in read.elements
    assert not [value for name, value in read.attributes if name in {"src", "href", "xlink:href"}]
    text = static.text(still(columns, rows))
    assert text.startswith("sales · as of 2026-11-18 11:06:40 UTC\n")
    assert columns[0].name in text


def test_what_is_text_in_a_kept_table_stands_at_the_left_also_on_jupyters_pages() -> None:
    columns = view("a text", "at timestamptz", "n int8", "j jsonb")
    table = ET.fromstring(static._table(still(columns, [("x", "2026-01-01 00:00:00+00", "1", "{}")]), 1, 4))
    for cells in table.iter("tr"):
        sides = [("left" in cell.get("style", ""), cell.get("align")) for cell in cells]
        assert sides == [(True, None), (True, None), (False, "right"), (True, None)]
        assert "nowrap" in cells[1].get("style", ""), "a time in two lines is hard to read"


@pytest.mark.parametrize("kind", ["bars", "groups", "stacks", "line", "number"])
def test_a_file_of_its_own_is_a_picture(kind: str) -> None:
    drawn = ET.fromstring(static.file(still(*KINDS[kind][:2])))
    assert drawn.tag.endswith("svg")
    assert drawn.get("aria-label")


def test_a_table_has_no_picture_of_its_own() -> None:
    with pytest.raises(ValueError, match="sales has no SVG: it is a table"):
        static.file(still(*KINDS["table"][:2]))


values = {
    "text": st.sampled_from(HOSTILE) | st.text(max_size=20).map(lambda text: text.replace("\0", "")),
    "number": st.sampled_from(
        ["0", "-1", "1e308", "-1e308", "NaN", "Infinity", "-Infinity", "5e-324", "12345678901234567890123", "0.1"]
    ),
    "time": st.sampled_from(
        ["2026-01-01 00:00:00+00", "12000-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC", "infinity"]
    ),
}
shapes = [
    ["shop text", "sold numeric"],
    ["shop text", "a float8", "b float8"],
    ["shop text", "item text", "n float8"],
    ["at timestamptz", "n float8"],
    ["at timestamptz", "shop text", "n float8", "m float8"],
    ["n numeric"],
    ["a text", "b text", "c text"],
]


@settings(deadline=None)
@given(st.sampled_from(shapes), st.data())
def test_nothing_that_a_view_can_hold_breaks_it_or_becomes_markup(shape: list[str], data: st.DataObject) -> None:
    columns = view(*shape)
    cells = st.tuples(*(st.none() | values[of.kind] for of in columns))
    rows: list[Row] = data.draw(st.lists(cells, max_size=30))  # type: ignore[arg-type]
    title = data.draw(values["text"])
    made = still(columns, rows, title=title, note=title)
    rendered = static.in_notebook(made)
    assert len(rendered) <= static.SIZE
    known = {
        "div",
        "p",
        "b",
        "i",
        "svg",
        "rect",
        "text",
        "path",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert set(Text(rendered).elements) <= known
    assert not re.search(r'(?:width|height|x|y|d)="[^"]*(?:nan|inf)', rendered)
    static.text(made)


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        (["shop text", "sold numeric"], 100_000),
        (["shop text", *(f"n{i} numeric" for i in range(60))], 200),
        (["shop text", "item text", "n float8"], 5_000),
        (["at timestamptz", "shop text", "n float8"], 20_000),
        ([f"c{i} text" for i in range(300)], 100),
    ],
)
def test_it_stays_small(shape: list[str], count: int) -> None:
    columns = view(*shape)
    draw = random.Random(1)

    def value(of: Column, place: int) -> str:
        if of.kind == "time":
            return f"2026-01-{1 + place // 86400:02} {place // 3600 % 24:02}:{place // 60 % 60:02}:{place % 60:02}+00"
        return f"{draw.random() * 1e9:.6f}" if of.kind == "number" else f"<{draw.randrange(30)}>" + "&" * 80

    rows: list[Row] = [tuple(value(of, place) for of in columns) for place in range(count)]
    rendered = static.in_notebook(still(columns, rows, Options.of(key="shop") if shape[-1].startswith("n59") else None))
    assert 500 < len(rendered) <= static.SIZE


def test_a_stack_that_is_kept_is_whole() -> None:
    columns = view("shop text", "item text", "n int8")
    rows: list[Row] = [(f"shop {i:02}", f"item {j}" + "&" * 9, "1") for i in range(40) for j in range(30)]
    rendered = static.in_notebook(still(columns, rows, Options.of(limit=40)))
    kept = re.findall(r"shop \d\d</text>", rendered)
    assert len(kept) == 5
    drawn, _, _ = rendered.partition("<details>")
    assert drawn.count(">30</text>") == len(kept)
    assert drawn.index(">item 9") < drawn.index(">item 10"), "as people count"


def test_many_bars_are_kept_as_fewer_and_saved_as_they_are() -> None:
    rows: list[Row] = [(f"shop {i:03}", str(1000 - i)) for i in range(1000)]
    made = still(view("shop text", "sold int8"), rows, Options.of(limit=300))
    rendered = static.in_notebook(made)
    assert len(rendered) <= static.SIZE
    assert 50 <= len(bars_in(rendered)) < 300
    assert len(bars_in(static.file(made))) == 300


def bars_in(drawn: str) -> list[tuple[float, float]]:
    """Return where each rectangle begins and how wide it is."""
    found = re.findall(r'<rect x="([^"]+)" y="[^"]+" width="([^"]+)" height="(?!10")', drawn)
    return [(float(x), float(width)) for x, width in found]


def test_lengths_are_in_proportion_on_both_sides_of_zero() -> None:
    rows: list[Row] = [("a", "60"), ("b", "30"), ("c", "0"), ("d", "-15"), ("e", "-30"), ("f", None)]
    a, b, d, e = bars_in(static.picture(still(view("shop text", "sold int8"), rows)) or "")
    assert a[1] == pytest.approx(2 * b[1], rel=1e-3)
    assert b[1] == pytest.approx(2 * d[1], rel=1e-3)
    assert e[0] + e[1] == pytest.approx(d[0] + d[1], abs=0.1)
    assert a[0] == b[0] == pytest.approx(e[0] + e[1], abs=0.1)
    assert a[0] + a[1] <= svg.WIDTH


def test_a_null_is_a_gap_in_a_line_and_a_point_alone_is_a_dot() -> None:
    times = [f"2026-01-01 00:00:0{i}+00" for i in range(6)]
    rows: list[Row] = list(zip(times, ["1", "2", None, "4", "NaN", "5"], strict=True))
    drawn = static.picture(still(view("at timestamptz", "n float8"), rows)) or ""
    paths = dict(re.findall(r'<path d="([^"]+)"[^>]* stroke-width="(\d+)', drawn))
    assert [(path.count("M"), path.count("L"), width) for path, width in paths.items()] == [(1, 1, "1"), (2, 0, "4")]
    only = static.picture(still(view("at timestamptz", "n float8"), rows[:1])) or ""
    assert only.count('stroke-linecap="round"') == 1


@pytest.mark.parametrize(
    ("of", "times", "told"),
    [
        ("timestamp", ["2026-11-28 18:38:54", "2026-11-28 18:38:55"], ["2026-11-28 18:38:54", "2026-11-28 18:38:55"]),
        ("date", ["2026-11-28", "2026-11-29"], ["2026-11-28", "2026-11-29"]),
        ("date", ["2026-11-28", "2026-11-30"], ["2026-11-28", "2026-11-29", "2026-11-30"]),
        ("date", ["2026-11-28"], ["2026-11-28"]),
    ],
)
def test_no_moment_is_written_at_two_places(of: str, times: list[str], told: list[str]) -> None:
    drawn = static.picture(still(view(f"at {of}", "n int8"), [(at, "1") for at in times])) or ""
    assert re.findall(r"2026-[^<]*(?=</text>)", drawn) == told


def test_a_number_shows_what_it_was() -> None:
    trend = [(AT - 1000 * i, str(i)) for i in range(50, 0, -1)]
    drawn = static.picture(still(view("n int8"), [("7",)], trend=trend)) or ""
    assert drawn.count("<path") == 1
    assert ">7<" in drawn
    trend = [(AT, "1"), (AT + 1000, None), (AT + 2000, "2"), (AT + 4000, "3")]
    drawn = static.picture(still(view("n int8"), [("3",)], trend=trend)) or ""
    assert '"M0 112L160 112M320 92L640 92L640 72"' in drawn, "each value holds until the next"


def test_times_are_in_the_zone_that_was_asked_for() -> None:
    columns, rows, _ = KINDS["line"]
    read = Text(static.in_notebook(still(columns, rows, Options.of(timezone="Asia/Tokyo")))).seen
    assert "as of 2026-11-18 20:06:40 JST" in read
    assert "2026-01-01 10:00" in read


def chart() -> Options:
    return Options.of(chart=alt.Chart().mark_bar().encode(x="sold", y="shop"))


def test_an_altair_chart_is_drawn_where_vl_convert_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vl_convert")
    columns, rows, _ = KINDS["bars"]
    shown = static.in_notebook(still(columns, [*rows, (HOSTILE[0], "3")], chart()))
    assert 'fill="#2f6fde"' in shown, "in the colour that the page has for bars"
    drawn = Text(shown)
    assert "svg" in drawn.elements
    assert "script" not in drawn.elements
    assert "north" in drawn.seen

    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    made = still(columns, rows, chart())
    assert "svg" not in Text(static.in_notebook(made)).elements
    spec = static.with_data(made)
    assert spec is not None
    assert spec["datasets"]["live"][0] == {"shop": None, "sold": None} or len(spec["datasets"]["live"]) == 3
    assert alt.Chart.from_dict(spec)
    with pytest.raises(ValueError, match="pip install vl-convert-python"):
        static.file(made)
    assert static.with_data(still(columns, [(f"shop {i}", str(i)) for i in range(5000)], chart())) is None, "too large"


def test_a_heat_map_is_kept_in_the_colours_of_the_page() -> None:
    pytest.importorskip("vl_convert")
    spec = alt.Chart().mark_rect().encode(x="hour:O", y="wiki", color="edits")
    rows: list[Row] = [("dewiki", "0", "0"), ("dewiki", "1", "100")]
    drawn = static.picture(still(view("wiki text", "hour int8", "edits int8"), rows, Options.of(chart=spec))) or ""
    least, most = re.findall(r'fill="(rgb[^"]*|#[^"]*)"', drawn.split("mark-rect role-mark")[1])[:2]
    assert (least, most) == ("rgb(68, 1, 84)", "rgb(253, 231, 37)"), "viridis, as theme.js says"


def test_a_cloud_of_points_is_kept_as_a_picture() -> None:
    pytest.importorskip("vl_convert")
    rows: list[Row] = [(f"{n * 7919 % 997}.{n}", f"{n * 31 % 89}.5", "abc"[n % 3]) for n in range(300)]
    spec = alt.Chart().mark_point().encode(x="x", y="y", color="kind")
    kept = static.in_notebook(still(view("x float8", "y float8", "kind text"), rows, Options.of(chart=spec)))
    drawn = ET.fromstring(kept[kept.index("<svg") : kept.index("</svg>") + 6])
    named = [own for own in drawn.iter() if own.get("class", "").startswith("mark-symbol role-mark")]
    points = [own.attrib for group in named for own in group]
    assert len({(of["cx"], of["cy"]) for of in points}) == 300
    assert {of["r"] for of in points} == {"2.73"}
    assert {of["stroke"] for of in points} == set(svg.COLORS[:3])


TIMES = {
    "timestamptz": ["2026-01-01 10:00:00+00", "2026-01-01 18:00:00.5+07", "2026-01-01 17:30:00.25+05:30"],
    "timestamp": ["2026-01-01 10:00:00", "2026-01-01 11:00:00.5", "2026-01-01 12:00:00"],
    "date": ["2026-01-01", "2026-01-02", "2026-01-03"],
    "mz_timestamp": ["1767261600000", "1767265200000", "1767268800000"],
}


@pytest.mark.parametrize("kind", TIMES)
@pytest.mark.parametrize("year", ["2026", "12026"])
def test_an_altair_chart_is_drawn_at_its_times_on_any_paper(kind: str, year: str) -> None:
    pytest.importorskip("vl_convert")
    spec = alt.Chart(title="t").mark_point().encode(x="at", y="n") + alt.Chart().mark_text().encode(x="at", text="n")
    rows: list[Row] = [(at.replace("2026", year), str(n)) for n, at in enumerate(TIMES[kind])]
    drawn = static.picture(still(view(f"at {kind}", "n int8"), rows, Options.of(chart=spec))) or ""
    assert "NaN" not in drawn
    marks = drawn.split("layer_0_marks")[1].split("</g>")[0]
    x = sorted(float(of) for of in re.findall(r'cx="([-\d.]+)"', marks))
    assert len(x) == 3
    assert x[0] < x[1] < x[2]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=1)
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', drawn)) <= {"none", "transparent", "currentColor", *svg.COLORS}


@pytest.mark.parametrize(
    ("ground", "ink"),
    [
        (None, "currentColor"),
        ("transparent", "currentColor"),
        ("#fee", "#1c2024"),
        ("ivory", "#1c2024"),
        ("#F0F0F0", "#1c2024"),
        ("#333", "#e8eaed"),
        ("#1a2b3c", "#e8eaed"),
        ("black", "#e8eaed"),
    ],
)
def test_an_altair_chart_that_is_kept_can_be_read_on_its_own_ground(ground: str | None, ink: str) -> None:
    pytest.importorskip("vl_convert")
    spec = alt.Chart(title="t").mark_bar().encode(x="sold", y="shop")
    for own in (spec.properties(background=ground), spec.configure(background=ground)) if ground else (spec,):
        columns, rows, _ = KINDS["bars"]
        drawn = static.picture(still(columns, rows, Options.of(chart=own))) or ""
        words = {text.get("fill") for text in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")}
        assert words == {ink}


def test_columns_of_a_terminal_stand_below_each_other_however_wide_letters_are() -> None:
    rows: list[Row] = [("ab", "1"), ("日本語", "2"), ("e\u0301", "3")]
    lines = static.text(still(view("who text", "n int8"), rows, Options.of(kind="table"))).splitlines()[2:6]
    room = {"日": 2, "本": 2, "語": 2, "\u0301": 0}
    assert {sum(room.get(letter, 1) for letter in line) for line in lines} == {len("日本語") * 2 + 3}


def test_an_altair_chart_that_is_kept_is_a_picture_for_those_who_do_not_see_it_and_on_a_narrow_page() -> None:
    pytest.importorskip("vl_convert")
    columns, rows, _ = KINDS["bars"]
    drawn = ET.fromstring(static.file(still(columns, rows, chart())))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == "chart of shop, sold"
    style = drawn.get("style") or ""
    assert "background:#fff" in style, "a file has its own paper"
    assert "max-width:100%" in style


def test_rows_for_vega() -> None:
    columns = view(
        "t text", "n numeric", "f float8", "b bool", "j jsonb", "d date", "at timestamptz", "mz mz_timestamp"
    )
    row = ("x", "1.50", "NaN", "t", '{"a": 1}', "2026-01-01", "2026-01-01 10:00:00+00", "5")
    made = still(columns, [row, (None,) * 8], Options.of(chart={"mark": "bar"}))
    spec = static.with_data(made)
    assert spec is not None
    assert json.loads(json.dumps(spec["datasets"]["live"]))[0] == {
        "t": "x",
        "n": 1.5,
        "f": None,
        "b": True,
        "j": {"a": 1},
        "d": "2026-01-01T00:00:00",
        "at": "2026-01-01T10:00:00+00:00",
        "mz": 5,
    }


def test_colours_are_seen_on_white_and_on_black() -> None:
    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def seen(color: str) -> bool:
        on_white, on_black = 1.05 / (luminance(color) + 0.05), (luminance(color) + 0.05) / (luminance("#111111") + 0.05)
        return on_white >= 3 and on_black >= 3

    def hue(color: str) -> float:
        return colorsys.rgb_to_hsv(*(int(color[i : i + 2], 16) for i in (1, 3, 5)))[0]

    assert [color for color in (*svg.COLORS, *static._MORE) if not seen(color)] == []
    assert len({round(hue(color), 2) for color in svg.COLORS}) == len(svg.COLORS)
    more = re.findall(r"MORE_(LIGHT|DARK) = (\[.*?\])", (ROOT / "js/src/views/palette.js").read_text())
    assert [theme for theme, _ in more] == ["LIGHT", "DARK"]
    for theme, colors in more:
        paper = 1.05 if theme == "LIGHT" else luminance("#111111") + 0.05
        ratios = [paper / (luminance(color) + 0.05) for color in json.loads(colors)]
        assert min(max(ratio, 1 / ratio) for ratio in ratios) >= 3
    # The page's colours, which are for a paper that it knows; those that are not seen on both are lighter here.
    told = re.search(r"LIGHT = (\[.*?\])", (ROOT / "js/src/views/palette.js").read_text())
    assert told
    of_page = json.loads(told[1])
    assert len(svg.COLORS) == len(of_page)
    for color, in_page in zip(svg.COLORS, of_page, strict=True):
        assert color == in_page if seen(in_page) else abs(hue(color) - hue(in_page)) < 0.02


first_rows = st.lists(
    st.tuples(
        st.none() | st.sampled_from(["1", "2", "1.5", "NaN", "9007199254740993", "9007199254740992"]),
        st.none() | st.text("ab", max_size=2),
    )
)


@given(first_rows, st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.booleans()), max_size=2), st.integers(1, 5))
def test_the_first_rows_are_those_of_the_whole_order(
    rows: list[Row], order: list[tuple[int, bool, bool]], count: int
) -> None:
    encoding = resolve(view("n numeric", "t text"), Options.of(kind="table"), order=tuple(order))
    columns = view("n numeric", "t text")
    assert encoding.first(columns, rows, count) == encoding.arrange(columns, rows)[:count]
