"""Which picture a view gets: what must hold for any columns and options, and what people expect of the usual ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget import LiveViewError
from mzwidget.charts import ChartError, Encoding, Options, resolve
from mzwidget.charts.options import KINDS
from mzwidget.tail.values import Column

OIDS = {
    "text": 25,
    "int8": 20,
    "int4": 23,
    "float8": 701,
    "numeric": 1700,
    "bool": 16,
    "jsonb": 3802,
    "uuid": 2950,
    "date": 1082,
    "timestamptz": 1184,
    "time": 1083,
    "mz_timestamp": 16552,
    "text[]": 1009,
    "bytea": 17,
    "interval": 1186,
    "unknown": 99999,
}


def view(*columns: str) -> list[Column]:
    """Columns from ``name type``."""
    parted = [column.rsplit(" ", 1) for column in columns]
    return [Column(name, OIDS[kind], kind) for name, kind in parted]


def drawn(encoding: Encoding, columns: list[Column]) -> tuple[str, dict[str, list[str]]]:
    """Return the picture, with names for indexes."""
    channels = {channel: [columns[index].name for index in found] for channel, found in encoding.channels.items()}
    return encoding.kind, channels


HOSTILE = [
    "",
    "a",
    "b",
    "user_id",
    "<script>alert(1)</script>",
    'q"uote',
    "a'b",
    "naïve 🦩",
    "a.b",
    "x" * 300,
    "toString",
    "\n",
]
any_columns = st.lists(
    st.builds(Column, st.sampled_from(HOSTILE), st.just(25), st.sampled_from(list(OIDS))).map(
        lambda of: Column(of.name, OIDS[of.type], of.type)
    ),
    max_size=6,
)
name = st.sampled_from([*HOSTILE[1:], "gone"])
any_options = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(list(KINDS)),
        "x": name,
        "color": name,
        "key": name,
        "value": name | st.lists(name, min_size=1, max_size=3, unique=True),
        "limit": st.integers(1, 1000),
    },
)


@given(any_columns, any_options, st.integers(0, 3))
def test_a_picture_has_what_was_asked_for_or_there_is_none(
    columns: list[Column], asked: dict[str, object], rows: int
) -> None:
    options = Options.of(**asked)  # type: ignore[arg-type]
    try:
        encoding = resolve(columns, options, rows)
    except ChartError:
        assert asked, "without a wish there is always a picture"
        return
    told = encoding.to_json()
    assert json.loads(json.dumps(told)) == told
    assert encoding.kind == asked.get("kind", encoding.kind)
    shown = [index for channel in encoding.channels.values() for index in channel]
    assert all(0 <= index < len(columns) for index in shown)
    for option in ("x", "color", "key", "value"):
        named = asked.get(option, [])
        for each in [named] if isinstance(named, str) else named:
            assert columns[[of.name for of in columns].index(each)] in [columns[index] for index in shown], option
    for channel in ("value", "y"):
        assert all(columns[index].kind == "number" for index in encoding.channels.get(channel, ()))
    assert not set(encoding.channels.get("label", ())) & set(encoding.channels.get("value", ()))
    assert (encoding.table is None) == (encoding.kind == "table")
    assert resolve(columns, options, rows) == encoding


@given(any_columns, st.integers(0, 3))
def test_every_view_has_a_picture(columns: list[Column], rows: int) -> None:
    encoding = resolve(columns, Options(), rows)
    label = encoding.channels.get("label", ())
    assert all(columns[index].kind not in {"boolean", "json"} for index in label)
    sized = encoding.channels.get("value", ()) + encoding.channels.get("y", ())
    whole = [columns[index].name for index in sized if columns[index].type not in {"float8", "numeric"}]
    assert not [name for name in whole if name.endswith("_id")]


@pytest.mark.parametrize(
    ("columns", "kind", "channels"),
    [
        (["count int8"], "number", {"value": ["count"]}),
        (["total numeric"], "number", {"value": ["total"]}),
        (["editor text", "edits int8"], "bars", {"label": ["editor"], "value": ["edits"]}),
        (["edits int8", "editor text"], "bars", {"label": ["editor"], "value": ["edits"]}),
        (["wiki text", "edits int8", "bots int8"], "bars", {"label": ["wiki"], "value": ["edits", "bots"]}),
        (["wiki text", "kind text", "n int8"], "bars", {"label": ["wiki"], "value": ["n"], "color": ["kind"]}),
        (["wiki text", "bot bool", "n int8"], "bars", {"label": ["wiki"], "value": ["n"], "color": ["bot"]}),
        (["user_id int8", "n int8"], "bars", {"label": ["user_id"], "value": ["n"]}),
        (["station text", "latitude float8", "longitude float8"], "table", {}),
        (["station text", "lat numeric", "startLng numeric", "sold int8"], "table", {}),
        (["endpoint text", "lat float8"], "bars", {"label": ["endpoint"], "value": ["lat"]}),
        (["page uuid", "n int8"], "bars", {"label": ["page"], "value": ["n"]}),
        (["user_id int8", "name text", "n int8"], "bars", {"label": ["name"], "value": ["n"]}),
        (["editor text", "edits int8", "last timestamptz"], "bars", {"label": ["editor"], "value": ["edits"]}),
        (["minute timestamptz", "n int8"], "line", {"x": ["minute"], "y": ["n"]}),
        (["day date", "a float8", "b float8"], "line", {"x": ["day"], "y": ["a", "b"]}),
        (["minute timestamptz", "wiki text", "n int8"], "line", {"x": ["minute"], "y": ["n"], "color": ["wiki"]}),
        (["wiki text", "minute timestamptz", "n int8"], "line", {"x": ["minute"], "y": ["n"], "color": ["wiki"]}),
        (["at mz_timestamp", "n int8"], "line", {"x": ["at"], "y": ["n"]}),
        (["at timestamptz", "sensor_id int4", "t float8"], "line", {"x": ["at"], "y": ["t"], "color": ["sensor_id"]}),
        (["at timestamptz", "bot bool", "n int8"], "line", {"x": ["at"], "y": ["n"], "color": ["bot"]}),
        (["bot bool", "n int8"], "table", {}),
        (["doc jsonb", "n int8"], "table", {}),
        (["editor text", "doc jsonb", "n int8"], "table", {}),
        (["tags text[]", "n int8"], "table", {}),
        (["editor text", "user_id int8"], "table", {}),
        (["id int8"], "table", {}),
        (["editor text"], "table", {}),
        (["a int8", "b int8"], "table", {}),
        (["at timestamptz", "until timestamptz", "n int8"], "table", {}),
        (["a text", "b text", "c text", "n int8"], "table", {}),
        (["year int4", "n int8"], "line", {"x": ["year"], "y": ["n"]}),
        (
            ["country text", "order_year numeric", "n int8"],
            "line",
            {"x": ["order_year"], "y": ["n"], "color": ["country"]},
        ),
        (["hour int4", "n int8"], "line", {"x": ["hour"], "y": ["n"]}),
        (["country text", "n int8", "year int4"], "bars", {"label": ["country"], "value": ["n"]}),
        (["year int4", "month int4", "n int8"], "table", {}),
        (["day date", "hour int4", "n int8"], "line", {"x": ["day"], "y": ["n"], "color": ["hour"]}),
        (["country text", "year int4"], "table", {}),
        (["year numeric"], "number", {"value": ["year"]}),
        (["pid int4", "cpu float8"], "bars", {"label": ["pid"], "value": ["cpu"]}),
        (["port int4", "connections int8"], "bars", {"label": ["port"], "value": ["connections"]}),
        (["zip_code int4", "city text", "n int8"], "bars", {"label": ["city"], "value": ["n"]}),
        (["statusCode int4", "n int8"], "bars", {"label": ["statusCode"], "value": ["n"]}),
        (["order_number int8", "status int4"], "table", {}),
        (["number int8", "label text"], "bars", {"label": ["label"], "value": ["number"]}),
        (["label text", "total_number int8"], "bars", {"label": ["label"], "value": ["total_number"]}),
        (["label text", "revenue_per_year int8"], "bars", {"label": ["label"], "value": ["revenue_per_year"]}),
        (["label text", "paid int8", "valid int8"], "bars", {"label": ["label"], "value": ["paid", "valid"]}),
        (["label text", "hours int8"], "bars", {"label": ["label"], "value": ["hours"]}),
        ([], "table", {}),
    ],
)
def test_shapes(columns: list[str], kind: str, channels: dict[str, list[str]]) -> None:
    given = view(*columns)
    assert drawn(resolve(given, Options(), 1), given) == (kind, channels)


def test_digits_of_identifiers_and_years_are_not_grouped() -> None:
    plain = view(
        "id int8", "year int4", "connectionId int8", "PORT int4", "zip int4", "invoice_no numeric", "year float8"
    )
    assert resolve(plain, Options(), 1).formats == ("id",) * len(plain)
    amounts = view("light_year float8", "sold int8", "name text", "code_count int8", "edits_per_year int8")
    assert resolve(amounts, Options(), 1).formats == ()
    assert resolve([*plain, *amounts], Options.of(format={"zip": ",d"}), 1).formats[3:8] == ("id", ",d", "id", "id", "")
    assert resolve(view("editor text", "edits int8"), Options(), 1).formats == ()


SALES = view("year int4", "country text", "shop text", "sold int8", "revenue numeric", "day date", "new bool")


@pytest.mark.parametrize(
    ("asked", "kind", "channels"),
    [
        ({"key": "country", "value": "sold"}, "bars", {"label": ["country"], "value": ["sold"]}),
        ({"key": "new", "value": "sold"}, "bars", {"label": ["new"], "value": ["sold"]}),
        ({"x": "sold", "y": "country"}, "bars", {"label": ["country"], "value": ["sold"]}),
        ({"x": "country", "y": "sold"}, "bars", {"label": ["country"], "value": ["sold"]}),
        ({"x": "country", "y": ["sold", "revenue"]}, "bars", {"label": ["country"], "value": ["sold", "revenue"]}),
        (
            {"x": "year", "y": "sold"},
            "bars",
            {"label": ["year"], "value": ["sold"]},
        ),  # three columns could have a line each
        ({"x": "year", "y": "sold", "color": "shop"}, "line", {"x": ["year"], "y": ["sold"], "color": ["shop"]}),
        (
            {"key": "country", "value": "sold", "color": "shop"},
            "bars",
            {"label": ["country"], "value": ["sold"], "color": ["shop"]},
        ),
        ({"x": "day", "y": "sold", "color": "shop"}, "line", {"x": ["day"], "y": ["sold"], "color": ["shop"]}),
        ({"kind": "bars", "x": "day", "y": "sold"}, "bars", {"label": ["day"], "value": ["sold"]}),
        (
            {"kind": "line", "x": "year", "y": "sold", "color": "shop"},
            "line",
            {"x": ["year"], "y": ["sold"], "color": ["shop"]},
        ),
        ({"kind": "number", "value": "sold"}, "number", {"value": ["sold"]}),
        ({"kind": "table"}, "table", {}),
    ],
)
def test_what_is_named(asked: dict[str, object], kind: str, channels: dict[str, list[str]]) -> None:
    assert drawn(resolve(SALES, Options.of(**asked), 5), SALES) == (kind, channels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"value": "revenu"}, ["value='revenu'", "did you mean 'revenue'", "'year', 'country'"]),
        ({"key": "Country"}, ["key='Country'", "did you mean 'country'"]),
        ({"x": "zzzzzz"}, ["x='zzzzzz'", "it has 'year'"]),
        ({"value": "shop"}, ["'shop'", "text", "not a number"]),
        ({"key": "sold", "value": "sold"}, ["'sold'", "label", "length"]),
        ({"x": "country", "y": "shop"}, ["'country', 'shop'", "numbers"]),
        ({"kind": "line", "y": "sold"}, ["which one", "'country', 'shop'", "color="]),
        ({"kind": "line", "x": "shop"}, ["'shop'", "neither a time nor a number"]),
        ({"kind": "bars", "value": ["sold", "revenue"]}, ["which one", "'country', 'shop'", "key="]),
        ({"kind": "number"}, ["which number", "'sold', 'revenue'", "value="]),
        ({"kind": "number", "x": "sold"}, ["value= only"]),
        ({"kind": "table", "value": "sold"}, ["a table shows all columns"]),
        ({"key": "country", "value": ["sold", "revenue"], "color": "shop"}, ["color", "one of", "'sold', 'revenue'"]),
        ({"format": {"sold": ",.1f", "shop": ",.1f"}}, ["format", "'shop'", "no column of numbers"]),
        ({"format": {"revenu": ",.1f"}}, ["did you mean 'revenue'"]),
        ({"kind": "bars", "key": "shop", "value": "sold", "limit": 130_000}, ["500", "limit=130000", "kind='table'"]),
        ({"kind": "line", "color": "shop", "y": "sold", "limit": 1_001}, ["200 lines", "limit=1001"]),
    ],
)
def test_what_cannot_be_is_an_error_and_never_another_picture(asked: dict[str, object], words: list[str]) -> None:
    options = Options.of(**asked)  # type: ignore[arg-type]
    with pytest.raises(ChartError) as caught:
        resolve(SALES, options, 5)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, LiveViewError)
    for word in words:
        assert word in str(caught.value)


def test_a_name_that_two_columns_have_must_be_made_clear() -> None:
    columns = view("n int8", "n int8", "label text")
    with pytest.raises(ChartError, match=r"2 columns of this name; give them aliases"):
        resolve(columns, Options.of(value="n"))
    assert drawn(resolve(columns, Options()), columns) == ("bars", {"label": ["label"], "value": ["n", "n"]})


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"kind": "bar"}, ValueError, "did you mean 'bars'"),
        ({"kind": 7}, ValueError, "kind must be one of"),
        ({"limit": 0}, ValueError, "limit must be a whole number from 1 up, not 0"),
        ({"limit": True}, ValueError, "not True"),
        ({"y": "a", "value": "b"}, ValueError, "y and value"),
        ({"x": 5}, TypeError, "x must be a column's name, not 5"),
        ({"x": ""}, ValueError, "not ''"),
        ({"value": []}, TypeError, "value must be"),
        ({"value": ["a", "a"]}, ValueError, "twice"),
        ({"value": {"a"}}, TypeError, "value must be"),
        ({"timezone": "Berlin"}, ValueError, "timezone must be a name such as"),
        ({"timezone": "../etc/passwd"}, ValueError, "timezone must be a name such as"),
        ({"timezone": 3}, ValueError, "timezone must be a name such as"),
        ({"format": ",.2f"}, TypeError, "format must be a dict"),
        ({"format": {"a": ",.2q"}}, ValueError, "format of 'a' ',.2q': there is no type 'q'"),
    ],
)
def test_options_are_checked_before_anything_is_asked_of_a_server(
    asked: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words.replace("(", r"\(")):
        Options.of(**asked)  # type: ignore[arg-type]


def test_one_number_is_a_figure_only_while_it_is_one() -> None:
    columns = view("n int8")
    assert [resolve(columns, Options(), rows).kind for rows in (0, 1, 2)] == ["number", "number", "table"]


def test_what_a_page_gets() -> None:
    options = Options.of(format={"sold": "€,.2f"}, timezone="Europe/Berlin", limit=7)
    columns = view("shop text", "sold numeric")
    assert resolve(columns, options, 5).to_json() == {
        "kind": "bars",
        "channels": {"label": [0], "value": [1]},
        "order": [[1, True, False], [0, False, False]],
        "limit": 7,
        "reserve": 7,
        "formats": ["", "€,.2f"],
        "timezone": "Europe/Berlin",
        "table": {
            "kind": "table",
            "channels": {},
            "order": [],
            "formats": ["", "€,.2f"],
            "timezone": "Europe/Berlin",
        },
    }


def test_a_table_has_all_rows_unless_asked_for_fewer() -> None:
    columns = view("a text", "b text")
    assert "limit" not in resolve(columns, Options()).to_json()
    assert resolve(columns, Options.of(limit=9)).to_json()["limit"] == 9
