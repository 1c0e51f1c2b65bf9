"""A view whose question changes: what is shown is always the answer to one question, in the end to the last."""

from __future__ import annotations

import copy
import datetime as dt
import json
import math
import pickle
import threading
import time
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ipywidgets
import psycopg
import pytest
import traitlets

from mzwidget import LiveView, LiveViewError, background, together
from mzwidget.page import conversation, questions
from mzwidget.tail import shared
from tests.machine import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mzwidget.tail.query import Query
    from mzwidget.tail.tail import Tail

HOSTILE = (
    "'; DROP TABLE {table}; --",
    "' OR '1'='1",
    "O'Brien",
    '"; DELETE FROM {table}; --"',
    "\\",
    "\\'; DROP TABLE {table}; --",
    "%s %(least)s %%",
    "$$; DROP TABLE {table}; $$",
    "/* -- */",
    "two\nlines\t",
    "🐟\u202e",
    "{{}}",
    "",
)


@pytest.fixture(scope="module")
def database(engine_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def table(database: psycopg.Connection[Any]) -> Iterator[str]:
    """Name a table of twenty names, of which the nth has the number n."""
    name = f"asked_{time.time_ns()}"
    database.execute(f"CREATE TABLE {name} (name text, n bigint)")
    database.execute(f"INSERT INTO {name} SELECT 'name ' || n::text, n FROM generate_series(1, 20) AS i (n)")
    yield name
    database.execute(f"DROP TABLE {name}")


@pytest.fixture
def live(live: Callable[..., LiveView]) -> Callable[..., LiveView]:
    """Make LiveViews that have their first rows."""
    return lambda *arguments, **options: live(*arguments, **options).wait(20)


@pytest.fixture
def least(table: str, live: Callable[..., LiveView]) -> LiveView:
    """Return a view of the numbers from a parameter up."""
    return live(f"SELECT name, n FROM {table} WHERE n >= %(least)s", {"least": 11})


def numbers(view: LiveView) -> list[int]:
    return sorted(view.df["n"])


class Value:
    """Something with a value that can be observed, and no more."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.handlers: list[Callable[..., object]] = []

    def observe(self, handler: Callable[..., object], names: str) -> None:
        assert names == "value"
        self.handlers.append(handler)

    def set(self, value: Any) -> None:
        self.value = value
        for handler in self.handlers:
            handler({"new": value})


# What is asked


def test_what_is_set_is_asked(least: LiveView, table: str) -> None:
    epoch = least.diagnostics().epoch
    least.params["least"] = 15
    assert least.status.state == "asking"
    assert numbers(least) == [*range(15, 21)]
    assert least.df.attrs["params"] == {"least": 15}
    with pytest.raises(ValueError, match=r"the query has no %\(leest\)s; did you mean %\(least\)s\?"):
        least.params["leest"] = 3
    assert copy.deepcopy(least.params) == pickle.loads(pickle.dumps(least.params)) == dict(least.params)
    least.params.update(least=18)
    assert numbers(least) == [18, 19, 20]
    least.params = {"least": 20}
    assert numbers(least.wait(10)) == [20]
    assert least.diagnostics().epoch == epoch, "with the same columns, the difference travels"
    assert dict(least.params) == {"least": 20}
    least.query = f"SELECT n, name AS called FROM {table} WHERE n > %(least)s - 2"
    assert least.wait(10).name == f"SELECT n, name AS called FROM {table} WHERE n > %(least)s - 2"
    assert list(least.df.columns) == ["n", "called"]
    assert numbers(least) == [19, 20]
    assert least.diagnostics().epoch != epoch
    least.query, least.params = table, None
    assert len(least.df) == 20
    assert "params" not in least.df.attrs


NAMED = {"low": 3, "high": 4, "not": None}


def test_parameters_by_place(table: str, live: Callable[..., LiveView]) -> None:
    view = live(f"SELECT n FROM {table} WHERE n >= %s AND n = ANY(%s)", (3, [1, 3, 5]))
    assert numbers(view) == [3, 5]
    view.params[1] = range(19, 25)
    assert view.params == [3, range(19, 25)]
    assert numbers(view) == [19, 20]
    assert view._report()["terms"] == "n: 3 · n: 19, 20 +4"
    with pytest.raises(ValueError, match="2 placeholders"):
        view.params.append(1)
    with pytest.raises(ValueError, match="more placeholders"):
        del view.params[0]
    assert numbers(view) == [19, 20]
    view.ask(f"SELECT n FROM {table} WHERE n BETWEEN %(low)s AND %(high)s AND n <> coalesce(%(not)s, 0)", NAMED)
    assert numbers(view) == [3, 4]
    assert view._report()["terms"] == "low: 3 · high: 4", "NULL stands for all"
    with pytest.raises(ValueError, match="holds low, high, not"):
        view.ask(f"SELECT n FROM {table} WHERE n > %(least)s", view.params)
    view.ask(table)
    assert len(view.df) == 20


def test_mistakes_are_told_where_they_are_made(least: LiveView) -> None:
    with pytest.raises(TypeError, match=r"%\(least\)s: a value of type object cannot be written in SQL"):
        least.params["least"] = object()
    with pytest.raises(ValueError, match=r"did you mean %\(lest\)s"):
        least.params = {"lest": 3}
    with pytest.raises(ValueError, match="params has no 'least'"):
        del least.params["least"]
    with pytest.raises(TypeError, match="params must be a dict"):
        least.params = 3
    with pytest.raises(ValueError, match="names no view"):
        least.query = " "
    with pytest.raises(TypeError, match="not int"):
        least.query = 3  # type: ignore[assignment]
    with pytest.raises(traitlets.TraitError, match="name cannot be set"):
        least.name = "other"
    with pytest.raises(ValueError, match="params has no 'least'"):
        LiveView("SELECT %(least)s", {})
    assert least.status.state == "live"
    assert least.params == {"least": 11}
    assert numbers(least) == [*range(11, 21)]


def test_what_the_database_refuses_leaves_the_old_picture(least: LiveView, table: str) -> None:
    least.params["least"] = "many"
    with pytest.raises(LiveViewError, match="many"):
        least.wait(20)
    with pytest.raises(LiveViewError, match="many"):
        _ = least.df
    assert least.status.state == "failed"
    assert "many" in least.status.message
    shown = least._shown()
    assert (len(shown.rows), shown.params) == (10, {"least": 11})
    assert least._report()["asking"]
    least.params["least"] = 19
    assert numbers(least.wait(20)) == [19, 20]
    assert not least._report()["asking"]
    least.query = f"SELECT name,\n n, nn FROM {table} WHERE n >= %(least)s"
    with pytest.raises(LiveViewError, match="line 2:  n, nn") as told:
        least.wait(20)
    assert str(told.value).splitlines()[-1] == " " * len("line 2:  n, ") + "^^"


def test_the_first_question_may_be_wrong(table: str, engine_dsn: str) -> None:
    with LiveView(f"SELECT n FROM {table} WHERE n >= %(least)s", {"least": "many"}, dsn=engine_dsn) as view:
        with pytest.raises(LiveViewError, match="many"):
            view.wait(20)
        view.params["least"] = 20
        assert numbers(view) == [20]


@pytest.mark.parametrize("of", [str, list])
def test_hostile_texts_are_texts(of: type, database: psycopg.Connection[Any], live: Callable[..., LiveView]) -> None:
    table = f"hostile_{time.time_ns()}"
    texts = [text.replace("{table}", table) for text in HOSTILE]
    database.execute(f"CREATE TABLE {table} (name text)")
    with database.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} VALUES (%s)", [(text,) for text in texts])
    if of is list:
        view = live(f"SELECT name FROM {table} WHERE name = ANY(%(names)s)", {"names": texts[::2]})
        assert sorted(view.df["name"]) == sorted(texts[::2])
        view.params["names"] = texts[1::2]
        assert sorted(view.df["name"]) == sorted(texts[1::2])
        view.params["names"] = []
        assert view.df.empty
    else:
        view = live(f"SELECT name FROM {table} WHERE name = %(name)s", {"name": texts[0]})
        for text in texts:
            view.params["name"] = text
            assert view.df["name"].tolist() == [text]
            assert view.df.attrs["params"] == {"name": text}
        for text in ("a\0b", "\ud800"):
            with pytest.raises(ValueError, match="cannot be written in SQL"):
                view.params["name"] = text
            with pytest.raises(ValueError, match="cannot be written in SQL"):
                view.params["name"] = [text]
    assert database.execute(f"SELECT count(*) FROM {table}").fetchall() == [(len(texts),)]
    view.close()
    database.execute(f"DROP TABLE {table}")


def test_hostile_values_are_values_or_refused(table: str, live: Callable[..., LiveView]) -> None:
    view = live(f"SELECT name, n FROM {table} WHERE n < %(most)s", {"most": 3})
    for most, found in (
        (2**31, 20),
        (2**63, 20),
        (10**30, 20),
        (-(10**30), 0),
        (math.inf, 20),
        (-math.inf, 0),
        (math.nan, 20),  # greater than every number, as in PostgreSQL
        (-0.0, 0),
        (Decimal("2.5"), 2),
        (None, 0),
        (True, None),
        ({"$ne": 1}, None),
        (b"'; DROP", None),
    ):
        view.params["most"] = most
        if found is None:
            with pytest.raises(LiveViewError):
                view.wait(20)
        else:
            assert len(view.df) == found, most
            json.dumps(view.df.attrs)
    view.params["most"] = 2
    assert numbers(view) == [1]


def test_what_the_frame_says_of_its_parameters_can_be_written_as_json(live: Callable[..., LiveView]) -> None:
    params = {"day": dt.date(2026, 1, 2), "price": Decimal("1.50"), "unused": [None, 1]}
    view = live("SELECT %(day)s AS day, %(price)s AS price", params)
    told = json.loads(json.dumps(view.df.attrs["params"]))
    assert told == {"day": "2026-01-02", "price": "1.50", "unused": [None, 1]}


# What is followed


def test_a_widget_is_followed(table: str, live: Callable[..., LiveView]) -> None:
    slider, few = ipywidgets.IntSlider(11), Value([11, 13, 20])
    view = live(f"SELECT n FROM {table} WHERE n >= %(least)s AND n = ANY(%(few)s)", {"least": slider, "few": few})
    assert numbers(view) == [11, 13, 20]
    slider.value = 12
    assert numbers(view) == [13, 20]
    few.set([1, 12])
    assert numbers(view) == [12]
    assert view.params["least"] is slider
    assert view.df.attrs["params"] == {"least": 12, "few": [1, 12]}
    other = ipywidgets.IntSlider(20)
    view.params = {"least": other, "few": few}
    assert not slider._trait_notifiers["value"]["change"]
    assert len(few.handlers) == 1
    few.set([5, 20])
    assert numbers(view) == [20]
    view.close()
    assert not other._trait_notifiers["value"]["change"]
    few.set([5])
    assert view.df.attrs["params"] == {"least": 20, "few": [5, 20]}
    with pytest.raises(LiveViewError, match="the view is closed; make it again"):
        view.params["least"] = 1


def test_a_bad_value_of_a_widget_is_told_in_the_status(table: str, live: Callable[..., LiveView]) -> None:
    text = ipywidgets.Text("name 7")
    view = live(f"SELECT n FROM {table} WHERE name = %(name)s", {"name": text})
    told: list[str] = []
    view.observe(lambda change: told.append(change.new.state), "status")
    text.value = "a\0b"
    assert view.status.state == "failed"
    assert "NUL" in view.status.message
    with pytest.raises(LiveViewError, match=r"%\(name\)s: 'a\\x00b' cannot be written in SQL"):
        _ = view.df
    assert len(view._shown().rows) == 1
    eventually(lambda: told[-1:] == ["failed"], what="the observers of `status` were told")
    text.value = "name 9"
    assert numbers(view) == [9]
    eventually(lambda: told[-1:] == ["live"], what="the observers of `status` were told")


def test_thirty_moves_leave_one_subscription(
    table: str, live: Callable[..., LiveView], database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    followed: list[int] = []
    opened = shared.shared

    def watch(given: dict[str, Any], query: Query) -> Tail:
        tail = opened(given, query)
        asked.append(query.sent)
        followed.append(len(shared._tails))
        return tail

    monkeypatch.setattr(questions, "LINGER", 0.5)
    monkeypatch.setattr("mzwidget.liveview.query.shared", watch)
    slider = ipywidgets.IntSlider(0)
    view = live(f"SELECT n FROM {table} WHERE n >= %(least)s", {"least": slider})
    began = time.monotonic()
    for number in range(30):
        slider.value = number % 20
        time.sleep(0.01)
    assert numbers(view) == [*range(9, 21)]
    assert len(asked) < 5 + 10 * (time.monotonic() - began), "what is set within 100 ms is asked once"
    assert max(followed) <= 2, "what is asked takes the place of what was left"
    eventually(lambda: len(shared._tails) == 1, what="only what is shown is followed")
    watched = f"SELECT s.id FROM mz_internal.mz_subscriptions s, mz_tables t WHERE t.name = '{table}'"
    eventually(lambda: len(database.execute(watched).fetchall()) == 1, what="one subscription")


def test_a_figure_has_the_past_of_its_own_question(
    table: str, live: Callable[..., LiveView], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = live(f"SELECT count(*) AS n FROM {table} WHERE n BETWEEN %(least)s AND 20", {"least": 11})
    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(view._view, "_send", lambda trait, payload: told.append((trait, payload)))
    hello = {"type": "hello", "page": "p", "visible": True, "displays": 1, "epoch": None, "seq": None}
    background.call(conversation.hear, view._view, hello)
    bases = lambda: [payload for trait, payload in told if trait == "base"]  # noqa: E731
    eventually(bases)
    view.params["least"] = 15
    eventually(lambda: len(bases()) == 2)
    assert [[value for _, value in base["past"]] for base in bases()] == [[10], [6]]


def test_going_back_is_instant(least: LiveView) -> None:
    tail = least.diagnostics().tail
    least.params["least"] = 15
    assert least.wait(10).diagnostics().tail != tail
    least.params["least"] = 11
    assert numbers(least) == [*range(11, 21)]
    assert least.diagnostics().tail == tail, "the tail just left was kept for a moment"


# What else goes on


def test_time_never_goes_back_while_nothing_happens(least: LiveView) -> None:
    now = least.wait(10).timestamp
    for number in range(8):
        time.sleep(0.27)
        least.params["least"] = 15 + number % 2
        assert len(least.df) == 6 - number % 2
        assert least.timestamp >= now, "a question that was asked before is answered at the moment shown"
        now = least.timestamp


def test_changes_add_up_across_questions(least: LiveView, table: str) -> None:
    total: Counter[tuple[Any, ...]] = Counter()
    batches: list[Any] = []
    callback = least.on_change(batches.append)
    for number in (15, 3, 18):
        least.params["least"] = number
        truth = Counter(least.df.itertuples(index=False, name=None))

        def adds_up() -> bool:
            while batches:
                for row, diff in batches.pop(0):
                    total[tuple(row.values())] += diff
            return +total == truth  # noqa: B023 - called at once

        eventually(adds_up)
    least.query = f"SELECT n FROM {table} WHERE n >= %(least)s"
    assert numbers(least) == [18, 19, 20]
    eventually(lambda: batches and sorted(batches[-1].inserts["n"]) == [18, 19, 20] and batches[-1].deletes.empty)
    callback.close()
    assert len(least.when(lambda frame: len(frame) == 3, timeout=5)) == 3


def test_a_paused_view_shows_the_answer_and_stays_there(
    least: LiveView, table: str, database: psycopg.Connection[Any]
) -> None:
    least.pause()
    least.params["least"] = 19
    assert numbers(least) == [19, 20]
    assert least.status.state == "paused"
    at = least.timestamp
    database.execute(f"INSERT INTO {table} VALUES ('more', 30)")
    eventually(lambda: least.diagnostics().waiting == 1)
    assert numbers(least) == [19, 20]
    assert least.timestamp == at
    least.resume()
    assert numbers(least) == [19, 20, 30]
    database.execute(f"DELETE FROM {table} WHERE n = 30")
    eventually(lambda: numbers(least) == [19, 20])
    least.seek(least.timestamp.value // 10**6)  # type: ignore[union-attr]
    assert numbers(least) == [19, 20]


def test_views_together_stay_at_one_moment(
    least: LiveView, table: str, live: Callable[..., LiveView], database: psycopg.Connection[Any]
) -> None:
    total = live(f"SELECT sum(n) AS n FROM {table} WHERE n >= %(least)s", {"least": 11})
    stopped = threading.Event()

    def churn() -> None:
        while not stopped.wait(0.005):
            database.execute(f"UPDATE {table} SET n = n + 1 WHERE n >= 20")

    churning = threading.Thread(target=churn)
    group = together(least, total)
    churning.start()
    try:
        for number in (5, 12, 1, 11):
            least.params["least"] = total.params["least"] = number
            parts, whole = group.dfs
            assert parts.attrs == {}
            assert sum(parts["n"]) == whole["n"][0]
        least.pause()
        before = group.timestamp
        least.params["least"] = total.params["least"] = 15
        eventually(lambda: "resume" in least.status.message and "resume" in total.status.message)
        assert group.timestamp == before
        least.resume()
        parts, whole = group.dfs
        assert sum(parts["n"]) == whole["n"][0]
        assert len(parts) == 6
    finally:
        stopped.set()
        churning.join()
        database.execute(f"DELETE FROM {table} WHERE n >= 20")
        database.execute(f"INSERT INTO {table} VALUES ('name 20', 20)")


def test_another_picture_asks_the_same(least: LiveView) -> None:
    with least.show(kind="table") as other:
        least.params["least"] = 18
        assert numbers(other.wait(10)) == [18, 19, 20]
        other.params["least"] = 19
        assert numbers(least) == numbers(other) == [19, 20]
        assert least.diagnostics().tail == other.diagnostics().tail
    least.params["least"] = 20
    assert numbers(least) == [20]
    assert numbers(other) == [19, 20]


def test_conditions_of_others_narrow_what_is_shown(least: LiveView, table: str) -> None:
    one, two = object(), object()
    least._narrow(one, "n = ANY(ARRAY[3, 12, 14])")
    assert numbers(least) == [12, 14]
    least._narrow(two, "name = 'name 14'")
    assert numbers(least) == [14]
    least.params["least"] = 1
    least._narrow(two, None)
    assert numbers(least) == [3, 12, 14]
    least.query = f"SELECT name, n FROM {table} WHERE n >= %(least)s ORDER BY n LIMIT 3 -- the first"
    assert numbers(least) == [3]
    least.query = table
    assert numbers(least) == [3, 12, 14]
    least._narrow(one, None)
    assert len(least.df) == 20


def test_what_is_saved_is_the_answer(least: LiveView, tmp_path: Any) -> None:
    least.params["least"] = 20
    least.save(tmp_path / "saved.csv")
    assert (tmp_path / "saved.csv").read_text().splitlines() == ["name,n", "name 20,20"]
