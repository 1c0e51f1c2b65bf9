"""Pictures of live views: what a page is told, what Python gets, and that both agree."""

from __future__ import annotations

import html
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import psycopg
import pytest
from ipywidgets import Widget

from mzwidget import LiveView, LiveViewError
from mzwidget.charts import static
from tests.machine import eventually

_number = itertools.count()
ROWS = """
    ('north', 'tea', 3, 10.50, '2026-01-01'),
    ('south', 'tea', 5, 7.25, '2026-01-02'),
    ('north', 'ink', 2, 99.99, '2026-01-02'),
    ('east', 'tea', 5, NULL, NULL),
    (NULL, 'ink', NULL, 0, '2026-01-01')
"""


@pytest.fixture(scope="module")
def sales(engine_dsn: str) -> Iterator[str]:
    """Name a table that no other test uses."""
    name = f"sales_{next(_number)}_{time.time_ns() % 10**9}"
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {name} (shop text, item text, sold bigint, revenue numeric(20, 2), day date)")
        connection.execute(f"INSERT INTO {name} VALUES {ROWS}")
        yield name


def told(view: LiveView) -> dict[str, Any]:
    """Return the encoding that a page gets."""
    eventually(lambda: view.get_state("base")["base"], what="there is a base")
    encoding: dict[str, Any] = view.get_state("base")["base"]["encoding"]
    return encoding


def test_options_reach_the_page(sales: str, live: Callable[..., LiveView]) -> None:
    view = live(
        sales, x="day", y=["sold", "revenue"], color="shop", format={"revenue": "€,.2f"}, timezone="UTC", limit=3
    )
    encoding = told(view)
    assert encoding["kind"] == "line"
    assert encoding["channels"] == {"x": [4], "y": [2, 3], "color": [0]}
    assert (encoding["limit"], encoding["formats"][3], encoding["timezone"]) == (3, "€,.2f", "UTC")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"value": "revenu"}, "did you mean 'revenue'"),
        ({"x": "shopp", "y": "sold"}, "did you mean 'shop'"),
        ({"chart": alt.Chart().mark_bar().encode(x="sould", y="item")}, "did you mean 'sold'"),
    ],
)
def test_a_name_that_the_view_does_not_have_is_said_in_python_and_on_the_page(
    sales: str, live: Callable[..., LiveView], options: dict[str, Any], words: str
) -> None:
    view = live(sales, **options)
    eventually(lambda: view.status.state == "failed")
    assert words in view.status.message
    for attempt in (lambda: view.wait(10), lambda: view.df):
        with pytest.raises(LiveViewError) as caught:
            attempt()
        assert isinstance(caught.value, ValueError)
        assert str(caught.value) == view.status.message
    state = view.get_state()
    assert state["status"]["state"] == "failed"
    assert words in state["status"]["message"]
    assert not state["base"], "no other picture in its place"


def test_what_is_wrong_without_a_view_is_refused_at_once(live: Callable[..., LiveView]) -> None:
    with pytest.raises(ValueError, match="did you mean 'table'"):
        live("never_asked", kind="tabel")
    with pytest.raises(TypeError, match="did you mean 'color'"):
        live("never_asked", colour="shop")


def test_an_order_by_is_kept(sales: str, live: Callable[..., LiveView]) -> None:
    query = f"SELECT item, shop, sold FROM {sales} ORDER BY sold DESC NULLS LAST, shop DESC"
    view = live(query, kind="table")
    assert told(view)["order"] == [[2, True, False], [1, True, True]]
    assert view.df["shop"].tolist()[:4] == ["south", "east", "north", "north"]
    ranked = live(f"SELECT shop, sum(sold) AS sold FROM {sales} GROUP BY shop ORDER BY shop")
    assert told(ranked)["kind"] == "bars"
    assert ranked.df["shop"].tolist()[:3] == ["east", "north", "south"]


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
def test_the_order_in_a_views_definition_is_kept(
    sales: str, live: Callable[..., LiveView], engine_dsn: str, kind: str
) -> None:
    name = f'"as {kind} of {sales}"'
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        query = f"SELECT item AS what, sum(sold) AS sold FROM {sales} GROUP BY item ORDER BY what DESC LIMIT 2"
        connection.execute(f"CREATE {kind} {name} AS {query}")
        view = live(name)
        assert told(view)["order"] == [[0, True, True]]
        assert view.df["what"].tolist() == ["tea", "ink"]
        view.close()
        assert view.df["what"].tolist() == ["tea", "ink"], "also of a view that is closed"


def test_df_stands_in_the_order_of_the_picture(sales: str, live: Callable[..., LiveView]) -> None:
    stacks = live(f"SELECT shop, item, sold FROM {sales} WHERE sold IS NOT NULL").wait(20).df
    assert list(stacks.itertuples(index=False, name=None)) == [
        ("east", "tea", 5),
        ("north", "ink", 2),
        ("north", "tea", 3),
        ("south", "tea", 5),
    ]
    lines = live(f"SELECT day, sum(sold) AS sold FROM {sales} WHERE day IS NOT NULL GROUP BY day").wait(20)
    assert told(lines)["kind"] == "line"
    assert lines.df["day"].is_monotonic_increasing


def test_numeric_can_be_computed_with(sales: str, live: Callable[..., LiveView]) -> None:
    view = live(f"SELECT item, revenue FROM {sales}").wait(20)
    assert view.df["revenue"].dtype == "float64"
    assert view.df["revenue"].sum() == pytest.approx(117.74)
    exact = view.to_pandas(exact=True)["revenue"].tolist()
    assert exact[0] == Decimal("99.99")
    assert None in exact
    chart = alt.Chart(view.df).mark_bar().encode(x="revenue", y="item").to_dict()
    assert chart["encoding"]["x"]["type"] == "quantitative"


def test_arrow_and_polars(sales: str, live: Callable[..., LiveView]) -> None:
    pytest.importorskip("pyarrow")
    pl = pytest.importorskip("polars")
    view = live(f"SELECT shop, day, revenue FROM {sales} ORDER BY revenue").wait(20)
    assert view.to_arrow().column_names == ["shop", "day", "revenue"]
    assert view.to_arrow().column("revenue").to_pylist() == [0.0, 7.25, 10.5, 99.99, None]
    assert view.to_polars(exact=True)["revenue"].to_list()[1] == Decimal("7.25")
    assert view.to_polars()["day"].dtype == pl.Date


def test_another_picture_of_the_same_view_shares_its_subscription(sales: str, live: Callable[..., LiveView]) -> None:
    view = live(sales).wait(20)
    other = view.show(alt.Chart().mark_bar().encode(x="sold", y="item"), title="as bars")
    try:
        assert told(other)["kind"] == "vega"
        assert told(view)["kind"] != "vega"
        assert other._view.tail is view._view.tail
        assert other.options == {"title": "as bars"}
        lines = view.show(kind="bars", x="shop", y="sold")
        assert told(lines)["channels"] == {"label": [0], "value": [2]}
        lines.close()
    finally:
        other.close()
    view.close()
    with pytest.raises(LiveViewError, match="closed"):
        view.show(kind="table")


# What is kept


def test_a_notebook_keeps_what_was_seen(sales: str, live: Callable[..., LiveView]) -> None:
    view = live(f"SELECT shop, sum(sold) AS sold FROM {sales} GROUP BY shop", title="Shops <i>", note="recorded")
    data, _ = view._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id
    assert "Shops &lt;i&gt; · as of 20" in data["text/html"]
    assert "recorded" in data["text/html"]
    assert "<svg" in data["text/html"]
    assert len(data["text/html"]) < 50_000
    assert "south" in data["text/plain"]
    assert str(view) == data["text/plain"] or "south" in str(view)
    assert repr(view).startswith("<LiveView")


def test_a_saved_notebook_of_ten_charts_is_small(sales: str, live: Callable[..., LiveView]) -> None:
    chart = alt.Chart().mark_bar().encode(x="sum(sold)", y="shop")
    views = [live(f"SELECT * FROM {sales}", chart=chart, title=f"Chart {n}").wait(20) for n in range(10)]
    outputs = [view._repr_mimebundle_()[0] for view in views]
    assert max(len(json.dumps(data)) for data in outputs) < 60_000
    for view in views:
        assert told(view)["kind"] == "vega"
    kept = [one for view in views for one in (view, view.layout)]  # other tests may have left widgets half closed
    saved = Widget.get_manager_state(widgets=kept, drop_defaults=True)["state"]
    assert len(saved) == 20
    assert len(json.dumps([outputs, saved])) < 1_000_000
    assert "vega-lite" not in json.dumps(saved)


def test_what_failed_is_kept_in_words(sales: str, live: Callable[..., LiveView]) -> None:
    began = time.monotonic()
    for view in (live("no_such_view"), live(sales, value="revenu")):
        data, _ = view._repr_mimebundle_()
        assert view.status.message in data["text/plain"]
        assert static.KEPT in data["text/html"]
        assert data["text/html"].splitlines()[0] == f"{view.name} · failed"
        assert html.escape(view.status.message, quote=False) in data["text/html"]
        assert "no_such_view" in data["text/plain"] or "revenue" in data["text/plain"]
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("ending", ["html", "svg", "csv", "json", "parquet"])
def test_it_is_saved(sales: str, live: Callable[..., LiveView], tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"shops.{ending}"
    view = live(f"SELECT shop, sum(revenue) AS revenue FROM {sales} GROUP BY shop")
    view.save(path)
    match ending:
        case "csv":
            assert path.read_text().splitlines() == ["shop,revenue", "north,110.49", "south,7.25", ",0", "east,"]
        case "json":
            assert json.loads(path.read_text())[0] == {"shop": "north", "revenue": 110.49}
        case "parquet":
            assert pd.read_parquet(path)["revenue"].tolist()[0] == Decimal("110.49")
        case _:
            assert "<svg" in path.read_text()
            assert "north" in path.read_text()
            assert not re.findall(r"(?:src|href)=|@import|url\(", path.read_text())


def test_it_is_saved_only_as_something_known(sales: str, live: Callable[..., LiveView], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.html, \.svg, \.csv, \.json or \.parquet"):
        live(sales).save(tmp_path / "x.xlsx")
    with pytest.raises(ValueError, match="it is a table"):
        live(sales, kind="table").save(tmp_path / "x.svg")


def test_a_snapshot_stays_as_it_is(sales: str, live: Callable[..., LiveView]) -> None:
    view = live(f"SELECT shop, sold FROM {sales}", kind="table").wait(20)
    frame = view.snapshot()
    assert frame["shop"].tolist()[0] == "east"
    drawn = view.show(alt.Chart().mark_bar().encode(x="sold", y="shop"))
    try:
        chart = drawn.snapshot()
        assert isinstance(chart, alt.Chart)
        assert len(chart.to_dict()["datasets"]["live"]) == 5
    finally:
        drawn.close()


def test_a_number_keeps_its_recent_past(engine_dsn: str, live: Callable[..., LiveView]) -> None:
    name = f"trend_{next(_number)}_{time.time_ns() % 10**9}"
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {name} (n bigint)")
        view = live(f"SELECT count(*) AS n FROM {name}").wait(20)
        for n in range(1, 4):
            connection.execute(f"INSERT INTO {name} VALUES ({n})")
            view.when(lambda frame, n=n: frame["n"].tolist() == [n], timeout=20)
    assert [value for _, value in view._trend(0, time.time_ns(), [("3",)])] == ["0", "1", "2", "3", "3"]
    assert view.base["past"][0][1] == 0
    assert view.base["past"][-1][1] == 3
    assert "<path" in view._repr_mimebundle_()[0]["text/html"]


@pytest.mark.parametrize("is_view", [True, False])
def test_what_reads_an_order_is_loaded_beside_the_loop_that_all_views_share(
    engine_dsn: str, sales: str, *, is_view: bool
) -> None:
    query = f"SELECT item, sold FROM {sales} ORDER BY sold DESC"
    if is_view:
        with psycopg.connect(engine_dsn, autocommit=True) as connection:
            connection.execute(f"CREATE OR REPLACE VIEW ordered_{sales} AS {query} LIMIT 3".encode())
        query = f"ordered_{sales}"
    code = f"""
import sys, threading
import mzwidget
from mzwidget import background

loading = []
class Watch:
    def find_spec(self, name, path, target=None):
        if name == "sqlglot":
            loading.append(threading.get_ident())
sys.meta_path.insert(0, Watch())
view = mzwidget.LiveView({query!r}, dsn={engine_dsn!r})
assert len(view.wait(60).df) >= 3
shared = []
background.call(lambda: shared.append(threading.get_ident()))
while not shared:
    pass
print(len(loading), loading == shared)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["1", "False"], done.stderr
