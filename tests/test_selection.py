"""What is selected in a view: told by pages and by Python, kept for both, exact for values of every type."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import psycopg
import pytest

from mzwidget import LiveView, LiveViewError, selection
from mzwidget.page.conversation import hear
from mzwidget.selection import Interval, Selection
from mzwidget.tail.values import Column, to_json_rows
from tests.machine import eventually

TYPES: dict[str, tuple[str, list[object]]] = {
    "text": ("text", ["it's", 'a "b" \\ %s', "'; DROP TABLE t; --"]),
    "int8": ("int8", [9007199254740993, -9007199254740993]),
    "numeric": ("numeric(20, 2)", [Decimal("1.10"), Decimal("99999999999999999.99")]),
    "long numeric": ("numeric", [Decimal("12345678901234567890123456789.5"), Decimal(10**38 + 1), Decimal("-0.5e-38")]),
    "float8": ("float8", [0.1, 1e300]),
    "bool": ("bool", [True, False]),
    "date": ("date", [dt.date(2026, 1, 1), dt.date(999, 12, 31)]),
    "timestamp": ("timestamp", [dt.datetime(2026, 1, 1, 10, 0, 0, 250_000)]),
    "timestamptz": ("timestamptz", [dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(1, 1, 1, 1, tzinfo=dt.UTC)]),
    "uuid": ("uuid", [UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]),
    "interval": ("interval", [dt.timedelta(days=3, hours=2)]),
    "jsonb": ("jsonb", [{"a": [1, "x"]}]),
    "bytea": ("bytea", [b"\x00\xff"]),
}
"""Types, and values of them as Python has them."""

_number = itertools.count()


@pytest.fixture
def table(connection: psycopg.Connection[Any]) -> str:
    """Name a table of editors and their edits."""
    name = f"editors_{next(_number)}_{time.time_ns() % 10**9}"
    connection.execute(f"CREATE TABLE {name} (who text, wiki text, n int8)")
    connection.execute(
        f"INSERT INTO {name} VALUES ('ann', 'en', 3), ('bob', 'en', 5), ('ann', 'de', 5), (NULL, 'de', 9)"
    )
    return name


def told(view: LiveView) -> Any:
    """Return what a page that restores the widget knows to be selected."""
    return view.get_state("selected")["selected"]


def say(view: LiveView, selected: object) -> None:
    """Be a page that selects."""
    hear(view._view, {"type": "select", "page": "p", "epoch": view._view.feed.epoch, "selection": selected})


def test_what_a_page_selects_python_has_and_all_pages(live: Callable[..., LiveView], table: str) -> None:
    view = live(table)
    with pytest.raises(ValueError, match="no column 'whose' to select by; it has who, wiki, n"):
        view.selection["whose"]
    column = view.selection["who"]
    with pytest.raises(ValueError, match="no column 'whom' to select by; it has who, wiki, n"):
        view.selection["whom"]
    assert (column.value, bool(view.selection), told(view)) == (None, False, None)
    heard: list[Any] = []
    column.observe(lambda change: heard.append(change.new), "value")
    say(view, {"who": {"values": ["ann", None]}})
    eventually(lambda: heard == [["ann", None]], what="the observer was called")
    assert view.selection.to_dict() == {"who": ["ann", None]}
    assert view.selection["who"] is column
    assert told(view) == {"who": {"values": ["ann", None]}}
    assert sorted(view.selection.df["n"]) == [3, 5, 9]
    assert {"who": "ann", "wiki": "de", "n": 5} in view.selection.rows
    assert view.selection["wiki"].value in (["en", "de"], ["de", "en"]), "what the selected rows have"
    say(view, None)
    eventually(lambda: heard[1:] == [None], what="the observer was called")
    assert not view.selection
    assert view.selection.df.empty


@pytest.mark.parametrize(
    "nonsense",
    [
        {"whom": {"values": ["ann"]}},
        {"who": {"values": ["a\0b"]}},
        {"n": {"values": ["no number"]}},
        {"n": {"values": [True]}},
        {"who": {"values": ["a"]}, "wiki": {"values": []}},
        {"who": {"values": ["x"] * (selection.MOST + 1)}},
        {"who": {"values": "ann"}},
        {"who": {}},
        "ann",
    ],
)
def test_nonsense_of_a_page_changes_nothing(live: Callable[..., LiveView], table: str, nonsense: object) -> None:
    view = live(table).wait(20)
    view.selection = {"who": "bob"}
    say(view, nonsense)
    assert view.selection.to_dict() == {"who": ["bob"]}


def test_rows_are_selected_by_what_stands_in_one_place_of_all_lists(live: Callable[..., LiveView], table: str) -> None:
    view = live(table).wait(20)
    view.selection = view.df[["who", "wiki"]].iloc[[1, 2]]
    wanted = view.df.iloc[[1, 2]].reset_index(drop=True)
    pd.testing.assert_frame_equal(view.selection.df, wanted)
    view.selection = {"who": ["ann"], "n": (4, None)}
    assert view.selection.rows == [{"who": "ann", "wiki": "de", "n": 5}]
    assert view.selection["n"].value == (4, None)
    assert isinstance(view.selection["n"].value, Interval)
    view.selection = view.selection
    assert told(view) == {"who": {"values": ["ann"]}, "n": {"low": 4, "high": None}}


@pytest.mark.parametrize(
    ("wanted", "error", "words"),
    [
        ({"whom": ["ann"]}, ValueError, "no column 'whom' to select by; it has who, wiki, n"),
        ({"n": ["many"]}, TypeError, "n: 'many' \\(str\\) is no value of type int8"),
        ({"n": [1.5]}, TypeError, "n: 1.5 \\(float\\) is no value of type int8"),
        ({"n": [True]}, TypeError, "is no value of type int8"),
        ({"who": [5]}, TypeError, "who: 5 \\(int\\) is no value of type text"),
        ({"who": ["ann"], "wiki": ["en", "de"]}, ValueError, "must be equally long \\(who: 1, wiki: 2\\)"),
        ({"n": (1, 2, 3)}, ValueError, "an interval is \\(low, high\\)"),
        ({"n": list(range(10_001))}, ValueError, "at most 10,000 rows"),
        ({"who": "a\0"}, ValueError, "NUL"),
        (["ann"], TypeError, "a selection is a dict of columns and their values, not list"),
    ],
)
def test_what_cannot_be_selected_is_refused_by_name(
    live: Callable[..., LiveView], table: str, wanted: object, error: type[Exception], words: str
) -> None:
    view = live(table).wait(20)
    view.selection = {"who": "bob"}
    with pytest.raises(error, match=words):
        view.selection = wanted
    assert view.selection.to_dict() == {"who": ["bob"]}


def test_it_can_be_observed_and_stays_when_rows_go(
    live: Callable[..., LiveView], table: str, connection: psycopg.Connection[Any]
) -> None:
    view = live(table).wait(20)
    seen: list[Any] = []
    view.observe(lambda change: seen.append(change.new.to_dict()), "selection")
    view.selection = {"who": ["bob"]}
    eventually(lambda: seen == [{"who": ["bob"]}], what="the observer was called")
    connection.execute(f"DELETE FROM {table} WHERE who = 'bob'")
    eventually(lambda: len(view.df) == 3, what="the row is gone")
    assert view.selection.to_dict() == {"who": ["bob"]}
    assert view.selection.df.empty
    connection.execute(f"INSERT INTO {table} VALUES ('bob', 'fr', 1)")
    eventually(lambda: len(view.selection.df) == 1, what="the row is selected again")
    view.close()
    with pytest.raises(LiveViewError, match="closed"):
        view.selection = None


def test_an_observer_that_raises_is_told_of_in_the_status(live: Callable[..., LiveView], table: str) -> None:
    view = live(table).wait(20)

    def fail(_: object) -> None:
        raise RuntimeError("no such luck")

    view.selection["who"].observe(fail, "value")
    say(view, {"who": {"values": ["ann"]}})
    eventually(lambda: "no such luck" in view.status.message, what="the status tells")
    assert view.selection["who"].value == ["ann"]
    view.selection["who"].unobserve(fail, "value")
    say(view, {"who": {"values": ["bob"]}})
    eventually(lambda: view.status.message == "", what="it is well again")


def test_who_reads_what_is_selected_takes_back_nothing_newer(
    live: Callable[..., LiveView], table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = live(table).wait(20)
    newer = threading.Event()
    make = Selection.__init__

    def slowly(self: Selection, *arguments: Any) -> None:
        if threading.current_thread() is reader:
            newer.wait(20)
        make(self, *arguments)

    monkeypatch.setattr(Selection, "__init__", slowly)
    reader = threading.Thread(target=lambda: view.selection)
    say(view, {"who": {"values": ["ann"]}})
    reader.start()
    reader.join(0.2)
    say(view, {"who": {"values": ["bob"]}})
    newer.set()
    reader.join(20)
    assert view.selection.to_dict() == {"who": ["bob"]}


def test_an_observer_that_takes_its_time_holds_up_nobody_else(
    live: Callable[..., LiveView], table: str, connection: psycopg.Connection[Any]
) -> None:
    view, other = live(table).wait(20), live(f"SELECT * FROM {table}").wait(20)
    heard: list[Any] = []
    enough = threading.Event()

    def slow(change: Any) -> None:
        heard.append(change.new)
        enough.wait(200)

    view.selection["who"].observe(slow, "value")
    for who in ("ann", "bob", "eve"):
        say(view, {"who": {"values": [who]}})
    eventually(lambda: heard == [["ann"]] or heard == [["eve"]], what="the observer is called")
    connection.execute(f"INSERT INTO {table} VALUES ('eve', 'fr', 1)")
    other.when(lambda frame: len(frame) == 5, timeout=20)
    enough.set()
    eventually(lambda: heard[-1] == ["eve"], what="it is called with the last")


@pytest.mark.parametrize("type_", ["float8", "numeric"])
@pytest.mark.parametrize("asked", [[float("nan")], (float("nan"), None)])
def test_what_is_no_number_is_told_once(
    live: Callable[..., LiveView], connection: psycopg.Connection[Any], type_: str, asked: object
) -> None:
    name = f"nan_{next(_number)}_{time.time_ns() % 10**9}"
    connection.execute(f"CREATE TABLE {name} (n {type_})")
    connection.execute(f"INSERT INTO {name} VALUES ('NaN'), (1)")
    view = live(name).wait(20)
    heard: list[Any] = []

    def hear_it(change: Any) -> None:
        heard.append(change.new)
        if len(heard) > 3:
            raise AssertionError("it is told without end")

    view.selection["n"].observe(hear_it, "value")
    view.selection = {"n": asked}
    assert len(heard) == 1
    assert str(heard[0][0]).lower() == "nan"


@pytest.mark.parametrize("of", TYPES)
def test_values_of_every_type_are_exact(
    live: Callable[..., LiveView], connection: psycopg.Connection[Any], of: str
) -> None:
    type_, values = TYPES[of]
    name = f"typed_{next(_number)}_{time.time_ns() % 10**9}"
    connection.execute(f'CREATE TABLE {name} (i int4, "a ""b" {type_})')
    for i, value in enumerate([*values, None]):
        given = json.dumps(value) if isinstance(value, dict) else value
        connection.execute(f"INSERT INTO {name} VALUES (%s, %s)", (i, given))
    view = live(name).wait(20)
    columns: tuple[Column, ...] = view._view.collection.columns
    rows = list(view._view.playhead.rows())
    for i, value in enumerate([*values, None]):
        (own,) = [row for row in rows if row[0] == str(i)]
        say(view, {'a "b': {"values": [to_json_rows(columns, [own])[0][1]]}})
        assert view.selection.df["i"].tolist() == [i], "as the page has it"
        view.selection = {'a "b': [value]}
        assert view.selection.df["i"].tolist() == [i], "as Python has it"
        assert told(view)['a "b']["values"] == [to_json_rows(columns, [own])[0][1]] or of.endswith("numeric")
