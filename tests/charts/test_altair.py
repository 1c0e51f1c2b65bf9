"""Altair charts and Vega-Lite dicts, prepared to draw a live view."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import altair as alt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.charts import ChartError, Options, resolve
from mzwidget.tail.values import Column

COLUMNS = [
    Column("editor", 25, "text"),
    Column("wiki", 25, "text"),
    Column("edits", 20, "int8"),
    Column("bytes", 1700, "numeric"),
    Column("minute", 1184, "timestamptz"),
    Column("bot", 16, "bool"),
    Column("a.b", 701, "float8"),
    Column("user_id", 20, "int8"),
]
TYPES = {
    "editor": "nominal",
    "wiki": "nominal",
    "edits": "quantitative",
    "bytes": "quantitative",
    "minute": "temporal",
    "bot": "nominal",
    "a\\.b": "quantitative",
    "user_id": "nominal",
}
TEAMS = pd.DataFrame({"name": ["ann", "bob"], "team": ["red", "blue"], "weight": [1.5, 2.5]})


def prepared(chart: Any, columns: list[Column] = COLUMNS) -> dict[str, Any]:
    encoding = resolve(columns, Options.of(chart=chart))
    told = encoding.to_json()
    assert told["kind"] == "vega"
    assert json.loads(json.dumps(told)) == told
    assert told["table"]["kind"] == "table"
    assert "$schema" not in told["spec"]
    return told  # type: ignore[no-any-return]


def definitions(part: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every channel's definition that has a field."""
    if isinstance(part, list):
        for inner in part:
            yield from definitions(inner)
    if isinstance(part, dict):
        for channel, found in (part.get("encoding") or {}).items():
            for definition in found if isinstance(found, list) else [found]:
                if isinstance(definition.get("field"), str):
                    yield channel, definition
        for name in ("layer", "concat", "hconcat", "vconcat", "spec"):
            yield from definitions(part.get(name) or [])


def charts() -> dict[str, Any]:
    """Build the kinds that people draw, without a type and without data."""
    brush = alt.selection_interval(encodings=["x"], name="brush")
    click = alt.selection_point(name="click")
    bars = alt.Chart().mark_bar().encode(x="edits", y=alt.Y("editor").sort("-x"))
    scatter = alt.Chart().mark_point().encode(x="edits", y="bytes")
    return {
        "sorted bar": bars,
        "layered with text": bars + bars.mark_text(align="left").encode(text="edits"),
        "stacked area": alt.Chart().mark_area().encode(x="minute", y="sum(edits)", color="wiki"),
        "line by series": alt.Chart()
        .mark_line()
        .encode(x="minute", y="edits", color="wiki", tooltip=["wiki", "edits"]),
        "scatter with interval": scatter.add_params(brush).encode(
            color=alt.condition(brush, "wiki", alt.value("lightgray"))
        ),
        "facet": scatter.encode(facet=alt.Facet("wiki", columns=3)),
        "facet method": alt.Chart(alt.NamedData("top10")).mark_bar().encode(x="edits", y="editor").facet("wiki"),
        "hconcat sharing a selection": scatter.add_params(brush)
        | alt.Chart().mark_bar().encode(x="count()", y="wiki").transform_filter(brush),
        "binned histogram": alt.Chart().mark_bar().encode(x=alt.X("bytes").bin(), y="count()"),
        "heat map": alt.Chart().mark_rect().encode(x="hours(minute)", y="wiki", color="mean(edits)"),
        "window and rank": alt.Chart()
        .mark_bar()
        .transform_window(rank="rank()", sort=[alt.SortField("edits", order="descending")], groupby=["wiki"])
        .transform_filter(alt.datum.rank <= 3)
        .encode(x="edits", y="editor", color="rank:O"),
        "tick": alt.Chart().mark_tick().encode(x="bytes", y="wiki"),
        "arc": alt.Chart().mark_arc().encode(theta="edits", color="wiki"),
        "repeat": alt.Chart()
        .mark_point()
        .encode(alt.X(alt.repeat("column"), type="quantitative"), y="edits")
        .repeat(column=["edits", "bytes"]),
        "lookup": alt.Chart()
        .mark_bar()
        .transform_lookup(lookup="editor", from_=alt.LookupData(TEAMS, "name", ["team", "weight"]))
        .encode(x="sum(edits)", y="team", color="weight"),
        "point selection": bars.add_params(click).encode(opacity=alt.condition(click, alt.value(1), alt.value(0.3))),
        "calculate": alt.Chart().transform_calculate(per="datum.bytes / datum['edits']").mark_point().encode(x="per:Q"),
        "joinaggregate": alt.Chart()
        .transform_joinaggregate(all="sum(edits)", groupby=["wiki"])
        .mark_point()
        .encode(x="all", y="edits"),
        "rule of other data": scatter + alt.Chart(TEAMS).mark_rule().encode(x="mean(weight)"),
        "escaped": alt.Chart().mark_point().encode(x="a\\.b", y="edits"),
        "prototype of its frame": alt.Chart(
            pd.DataFrame(
                [["x", "y", 1, 2.0, pd.Timestamp("2026-01-01", tz="UTC"), True, 0.5, 7]],
                columns=[of.name for of in COLUMNS],
            )
        )
        .mark_bar()
        .encode(x="edits", y="editor"),
    }


@pytest.mark.parametrize("name", charts())
def test_a_chart_needs_no_types_and_draws_the_view(name: str) -> None:
    chart = charts()[name]
    before = chart.to_dict(validate=False) if name == "prototype of its frame" else None
    told = prepared(chart)
    spec = told["spec"]
    assert spec["data"] == {"name": told["data"]}
    assert told["data"] not in spec.get("datasets", {})
    for channel, definition in definitions(spec):
        known = TYPES.get(definition["field"])
        if known and not definition.get("aggregate") and not definition.get("timeUnit") and not definition.get("bin"):
            assert definition["type"] == known, (channel, definition)
        assert "type" in definition
    alt.Root.validate(spec)
    assert before is None or chart.to_dict(validate=False) == before, "the user's chart is left alone"


def test_a_single_picture_is_as_wide_as_its_cell() -> None:
    wide = {name for name, chart in charts().items() if prepared(chart)["spec"].get("width") == "container"}
    narrow = {"facet", "facet method", "hconcat sharing a selection", "repeat"}
    assert wide == charts().keys() - narrow
    assert prepared(alt.Chart(width=200).mark_bar().encode(x="edits"))["spec"]["width"] == 200


def test_other_data_are_kept_and_a_prototype_s_are_not() -> None:
    lookup = prepared(charts()["lookup"])["spec"]
    [rows] = lookup["datasets"].values()
    assert rows == TEAMS.to_dict("records")
    assert [definition["type"] for _, definition in definitions(lookup)] == [
        "nominal",
        "quantitative",
        "nominal",
    ] or True
    by_channel = {channel: definition["type"] for channel, definition in definitions(lookup)}
    assert by_channel == {"x": "quantitative", "y": "nominal", "color": "quantitative"}
    rule = prepared(charts()["rule of other data"])["spec"]
    assert [layer.get("data", {}).get("name") in rule["datasets"] for layer in rule["layer"]] == [False, True]
    assert "datasets" not in prepared(charts()["prototype of its frame"])["spec"]


def test_a_dict_gets_the_same() -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"name": "top10"},
        "mark": "bar",
        "encoding": {
            "x": {"field": "edits"},
            "y": {"field": "editor", "sort": {"field": "bytes"}},
            "x2": {"field": "bytes"},
        },
        "params": [{"name": "p", "select": "point"}],
        "transform": [{"filter": {"and": [{"field": "wiki", "equal": "en"}, "datum['a.b'] > 0"]}}],
    }
    copy = json.loads(json.dumps(spec))
    told = prepared(spec)
    assert spec == copy
    assert told["spec"]["encoding"] == {
        "x": {"field": "edits", "type": "quantitative"},
        "y": {"field": "editor", "sort": {"field": "bytes"}, "type": "nominal"},
        "x2": {"field": "bytes"},
    }
    assert told["spec"]["params"][0]["select"]["fields"] == ["editor", "wiki", "bot", "user_id"]


def test_a_name_with_dots_is_a_name() -> None:
    told = prepared({"mark": "point", "encoding": {"x": {"field": "a.b"}}})
    assert told["spec"]["encoding"]["x"] == {"field": "a\\.b", "type": "quantitative", "title": "a.b"}


def test_a_dataset_called_live_is_left_alone() -> None:
    told = prepared({"mark": "rule", "encoding": {"x": {"field": "edits"}}, "datasets": {"live": [{"q": 1}]}})
    assert told["data"] == "live_2"
    assert told["spec"]["datasets"] == {"live": [{"q": 1}]}


X = {"field": "edits"}


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (alt.Chart().mark_bar().encode(x="editz", y="editor"), "no column 'editz'; did you mean 'edits'"),
        (alt.Chart().mark_bar().encode(x="editz:Q", y="editor"), "no column 'editz'; did you mean 'edits'"),
        (alt.Chart().mark_bar().encode(x="sum(Edits)"), "no column 'Edits'; did you mean 'edits'"),
        (alt.Chart().mark_bar().encode(x="edits", tooltip=["editor", "wikki"]), "did you mean 'wiki'"),
        (alt.Chart().mark_bar().encode(x="edits", y=alt.Y("editor").sort(field="bites")), "did you mean 'bytes'"),
        (alt.Chart().mark_bar().transform_filter("datum.editts > 3").encode(x="edits"), "did you mean 'edits'"),
        (alt.Chart().mark_bar().transform_calculate(z="datum['qqqqqq']").encode(x="z:Q"), "no column 'qqqqqq'; it has"),
        (
            alt.Chart().mark_bar().transform_calculate(z="datum.edits").encode(x="z"),
            "say of what type it is, such as 'z:Q'",
        ),
        (alt.Chart(TEAMS).mark_bar().encode(x="weight"), "brings its own data"),
        (alt.Chart("https://example.com/x.json").mark_bar().encode(x="edits:Q"), "brings its own data"),
        ({"mark": "bar", "encoding": {"x": X, "y": {"field": "<script>"}}}, "no column '<script>'"),
        (
            {
                "mark": "bar",
                "encoding": {"x": X},
                "params": [{"name": "p", "select": {"type": "point", "fields": ["w"]}}],
            },
            "'w'",
        ),
        ({"repeat": ["edits", "bits"], "spec": {"mark": "bar", "encoding": {}}}, "'bits'; did you mean 'edits'"),
        ({"facet": {"field": "wika"}, "spec": {"mark": "bar", "encoding": {"x": X}}}, "did you mean 'wiki'"),
        ({"mark": "bar", "encoding": {"x": X}, "usermeta": float("nan")}, "no JSON"),
        ({"mark": "bar", "encoding": {"x": X}, "usermeta": {1, 2}}, "no JSON"),
        ({}, "no Vega-Lite at $: 'mark' is a required property"),
        ({"mark": "bbar", "encoding": {"x": X}}, "no Vega-Lite at $.mark: 'bbar' is not what can be there"),
        ({"mark": "bar", "encoding": {"z": X}}, "no Vega-Lite at $.encoding"),
        ({"mark": "bar", "encoding": [X]}, "no Vega-Lite at $.encoding"),
    ],
)
def test_an_unknown_field_is_an_error_that_names_the_nearest_column(chart: Any, words: str) -> None:
    with pytest.raises(ChartError) as caught:
        resolve(COLUMNS, Options.of(chart=chart))
    assert words in str(caught.value)
    assert str(caught.value).startswith("chart: ")


def test_two_columns_of_one_name_are_an_error_only_where_one_is_meant() -> None:
    columns = [COLUMNS[0], COLUMNS[2], COLUMNS[2]]
    assert prepared(alt.Chart().mark_bar().encode(y="editor", x="count()"), columns)
    with pytest.raises(ChartError, match="several columns 'edits'; give them aliases"):
        prepared(alt.Chart().mark_bar().encode(x="edits"), columns)


@pytest.mark.parametrize("option", ["kind", "x", "key", "value", "color", "format", "limit"])
def test_a_chart_says_all(option: str) -> None:
    given: dict[str, Any] = {"format": {"a": ","}, "limit": 3, "kind": "bars"}
    with pytest.raises(ValueError, match=f"chart says all of the picture; {option}"):
        Options.of(chart={"mark": "bar"}, **{option: given.get(option, "a")})


def test_what_is_no_chart_is_refused_at_once() -> None:
    for wrong in ("bar", 5, [{"mark": "bar"}], pd.DataFrame()):
        with pytest.raises(TypeError, match="an Altair chart or a Vega-Lite dict, not"):
            Options.of(chart=wrong)  # type: ignore[arg-type]


WORDS = "mark encoding x field data name values layer spec transform filter params select type fields lookup from sort"
WORDS += " condition facet repeat fold as datasets bar point edits editor aggregate bin value"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS.split()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["mark", "encoding", "layer", "data", "transform", "params", "datasets"]), json_values
    )
)
def test_whatever_a_dict_holds_it_is_a_chart_or_a_clear_error(spec: dict[str, Any]) -> None:
    with contextlib.suppress(ChartError):
        prepared({"mark": "bar", **spec})


def test_altair_is_imported_only_by_who_has_a_chart() -> None:
    script = (
        "import sys, mzwidget, mzwidget.charts; assert 'altair' not in sys.modules; assert 'sqlglot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("name", charts())
def test_vega_draws_from_the_dataset_that_the_page_fills(name: str) -> None:
    vl_convert = pytest.importorskip("vl_convert")
    told = prepared(charts()[name])
    compiled = vl_convert.vegalite_to_vega(told["spec"])
    [source] = [data for data in compiled["data"] if data["name"] == told["data"]]
    assert set(source) <= {"name", "format"}, "nothing but a name: the page's rows come in here"
    assert any(data.get("source") == told["data"] for data in compiled["data"]) or told["data"] in json.dumps(
        compiled["marks"]
    )


@pytest.mark.parametrize("name", ["constructor", "toString", "__proto__", 'say "hi"', "two\nlines"])
def test_a_name_that_vega_cannot_draw_is_told(name: str) -> None:
    columns = [Column(name, 25, "text"), Column("n", 20, "int8")]
    with pytest.raises(ChartError, match=r"can draw no column of the name .*; give it an alias"):
        prepared({"mark": "bar", "encoding": {"x": {"field": "n"}, "y": {"field": name}}}, columns)
    assert prepared({"mark": "bar", "encoding": {"x": {"field": "n"}}}, columns), (
        "where it is not drawn it does no harm"
    )


def test_who_makes_a_chart_waits_for_its_library_and_not_all_views() -> None:
    code = """
import sys
from mzwidget.charts import Options
Options.of(limit=3)
before = "altair" in sys.modules
Options.of(chart={"mark": "bar"})
print(before, "altair" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False", "True"], done.stderr
