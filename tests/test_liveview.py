"""LiveView against a real engine over a real socket, and what happens to it on bad days."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

import pandas as pd
import psycopg
import pytest
from ipywidgets import Widget

import mzwidget
from mzwidget import LiveView, LiveViewError, background
from mzwidget.page import assets
from mzwidget.tail import subscription, tail
from tests.machine import eventually
from tests.proxy import Proxy

_number = itertools.count()


class Database:
    """A connection, and names that no other test uses."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.connection = psycopg.connect(dsn, autocommit=True)

    def execute(self, statement: str, parameters: tuple[Any, ...] | None = None) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement, parameters)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []

    def name(self, stem: str = "t") -> str:
        return f"{stem}_{next(_number)}_{time.time_ns() % 10**9}"

    def table(self, columns: str = "name text, n bigint") -> str:
        name = self.name()
        self.execute(f"CREATE TABLE {name} ({columns})")
        return name


@pytest.fixture(scope="session")
def database(engine_dsn: str) -> Iterator[Database]:
    database = Database(engine_dsn)
    yield database
    database.connection.close()


@pytest.fixture
def proxy(engine_dsn: str) -> Iterator[Proxy]:
    with Proxy(engine_dsn) as proxy:
        yield proxy


def content(view: LiveView) -> Counter[tuple[Any, ...]]:
    return Counter(view.df.itertuples(index=False, name=None))


def same(view: LiveView, database: Database, relation: str, *, within: float = 30) -> None:
    """Wait until the view is what the database says it is."""
    truth = Counter(database.execute(f"SELECT * FROM {relation}"))
    eventually(lambda: content(view) == truth, within=within, what=f"{relation} is {truth}")


# On a good day


def test_df_is_the_view(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    database.execute(f"INSERT INTO {table} VALUES ('a', 1), ('b', 2), ('b', 2), (NULL, NULL)")
    view = live(table).wait(10)
    frame = view.df
    assert sorted(frame["n"].dropna()) == [1, 2, 2]
    assert frame.dtypes.astype(str).to_dict() == {"name": "string", "n": "Int64"}
    assert len(frame) == 4
    assert view.status.state == "live"
    assert isinstance(view.timestamp, pd.Timestamp)
    assert abs(view.timestamp.timestamp() - time.time()) < 10


def test_it_follows(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    view = live(f"SELECT name, sum(n) AS total FROM {table} GROUP BY name").wait(10)
    assert len(view.df) == 0
    assert list(view.df.columns) == ["name", "total"]
    database.execute(f"INSERT INTO {table} VALUES ('a', 1), ('b', 2), ('a', 5)")
    eventually(lambda: len(view.df) == 2)
    assert view.df.to_dict("list") == {"name": ["a", "b"], "total": [Decimal(6), Decimal(2)]}
    database.execute(f"UPDATE {table} SET n = 9 WHERE name = 'b'")
    eventually(lambda: view.df.to_dict("list") == {"name": ["b", "a"], "total": [Decimal(9), Decimal(6)]})
    database.execute(f"DELETE FROM {table} WHERE name = 'b'")
    eventually(lambda: list(view.df["name"]) == ["a"])


def test_every_state_is_the_view_at_some_commit(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table("account text, n bigint")
    database.execute(f"INSERT INTO {table} VALUES ('x', 500), ('y', 500)")
    view = live(table).wait(10)
    torn: list[object] = []
    callback = view.on_change(lambda _: torn.append(rest) if (rest := int(view.df["n"].sum())) != 1000 else None)
    for _ in range(100):
        database.execute(f"UPDATE {table} SET n = CASE account WHEN 'x' THEN n - 1 ELSE n + 1 END")
    eventually(lambda: int(view.df.set_index("account")["n"]["x"]) == 400)
    callback.close()
    assert not torn


def test_a_constant_view_ends(live: Callable[..., LiveView]) -> None:
    view = live("SELECT 1 AS one, 'x' AS letter").wait(10)
    assert content(view) == {(1, "x"): 1} or content(view) == {("x", 1): 1}
    eventually(lambda: view.status.state == "ended")
    assert view.timestamp is None
    assert view.wait(1) is view


def test_names_that_need_quotes(database: Database, live: Callable[..., LiveView]) -> None:
    odd = database.name("odd name; -- 'x' \"y\" <script>")
    quoted = '"' + odd.replace('"', '""') + '"'
    database.execute(f"CREATE TABLE {quoted} (n bigint)")
    database.execute(f"INSERT INTO {quoted} VALUES (7)")
    for spelling in (quoted, f"public.{quoted}", f"materialize.public.{quoted}", odd):
        assert live(spelling).wait(10).df["n"].tolist() == [7]


def test_two_views_of_a_query_share_a_tail(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    first, second = live(table).wait(10), live(f" {table}; ").wait(10)
    assert first.diagnostics().tail == second.diagnostics().tail
    first.close()
    before = len(first.df)
    database.execute(f"INSERT INTO {table} VALUES ('a', 1)")
    eventually(lambda: len(second.df) == 1)
    assert len(first.df) == before == 0
    assert len([thread for thread in threading.enumerate() if thread.name == "mzwidget"]) == 1


def test_closing_ends_the_tail(database: Database, engine_dsn: str) -> None:
    table = database.table()
    with LiveView(table, dsn=engine_dsn) as view:
        view.wait(10)
    assert view.status.state == "closed"
    eventually(lambda: not view.diagnostics().tailing)
    assert len(view.df) == 0
    other = LiveView(table, dsn=engine_dsn).wait(10)
    Widget.close_all()
    eventually(lambda: other.status.state == "closed")


def test_a_view_made_again_as_soon_as_it_is_closed_has_its_rows(
    database: Database, live: Callable[..., LiveView], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = database.table()
    database.execute(f"INSERT INTO {table} VALUES ('a', 1)")
    view = live(table).wait(20)
    of, join = view.diagnostics().tail, tail.Tail.join
    made, left, joined = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(tail.Tail, "join", lambda *given: (left.set(), joined.wait(20), join(*given)))
    background.call(made.wait, 20)
    view.close()
    again = live(table)
    made.set()
    assert left.wait(20), "the one has gone, and the other is still to come"
    threading.Timer(0.2, joined.set).start()
    assert len(again.wait(20).df) == 1
    joined.wait(20)
    assert again.diagnostics().tail == of, "it follows the same subscription"


def test_a_closed_view_keeps_its_content_and_little_else(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    database.execute(f"INSERT INTO {table} SELECT 'name ' || n::text, n FROM generate_series(1, 20000) AS i (n)")
    database.execute(f"INSERT INTO {table} VALUES (NULL, 0), ('tab\t\"é', 0), ('tab\t\"é', 0)")
    view = live(table).wait(20)
    before, at = content(view), view.timestamp
    view.close()
    eventually(lambda: view.diagnostics().rows == 0, what="the rows are let go")
    assert content(view) == before
    assert view.timestamp == at
    for move in (view.pause, view.resume, lambda: view.seek(0), view.retry):
        with pytest.raises(LiveViewError, match=f"{table}.* the view is closed; make it again"):
            move()
    assert len(live(table).wait(20).df) == 20003


def test_a_tail_that_nobody_looks_at_rests_and_wakes(
    database: Database, live: Callable[..., LiveView], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "LINGER", 1.0)
    table = database.table()
    view = live(table).wait(10)
    eventually(lambda: view.status.state == "idle")
    database.execute(f"INSERT INTO {table} VALUES ('a', 1)")
    assert len(view.df) == 1
    assert view.status.state == "live"


# Python side


def test_changes_add_up_to_the_view(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    database.execute(f"INSERT INTO {table} VALUES ('a', 1), ('a', 1)")
    view = live(table).wait(10)
    total: Counter[tuple[Any, ...]] = Counter()
    for number, batch in enumerate(view.changes()):
        for change in batch:
            total[tuple(change.row.values())] += change.diff
        assert batch.timestamp is not None
        if number == 0:
            assert total == {("a", 1): 2}
            assert len(batch.inserts) == 2
            assert len(batch.deletes) == 0
            database.execute(f"DELETE FROM {table}")
            database.execute(f"INSERT INTO {table} VALUES ('b', 2)")
        if +total == {("b", 2): 1}:
            break


def test_stats_count_what_happened(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    view = live(table).wait(10)
    database.execute(f"INSERT INTO {table} VALUES ('a', 1), ('b', 1)")
    eventually(lambda: view.stats.updates == 2)
    stats = view.stats
    assert (stats.batches, stats.messages, stats.acks, stats.resyncs, stats.reconnects) == (1, 0, 0, 0, 0)
    assert stats.lag is not None
    assert stats.lag < 30
    hello = {"type": "hello", "page": "p", "visible": True, "displays": 1, "epoch": None, "seq": None}
    view.comm.handle_msg({"content": {"data": {"method": "custom", "content": hello}}, "buffers": []})
    eventually(lambda: view.stats.messages == view.stats.resyncs == 1)
    assert view.stats.bytes_sent == len('{"rows":[["a",1],["b",1]]}')
    eventually(lambda: view.stats.updates_per_second >= 0)


@pytest.mark.parametrize("ahead", [-3, 3])
def test_a_clock_that_is_wrong_does_not_change_the_lag(
    database: Database, live: Callable[..., LiveView], monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + ahead)
    view = live(database.table()).wait(10)
    # It grows from nothing to a second, again and again.
    eventually(lambda: 0 < (view.stats.lag or 0) < 2.5)
    assert view.stats.lag is not None
    assert view.status.state == "live"


def test_names_with_dots(database: Database, live: Callable[..., LiveView]) -> None:
    schema = database.name("a.b")
    database.execute(f'CREATE SCHEMA "{schema}"')
    database.execute(f'CREATE TABLE "{schema}"."c.d" (name text, n bigint)')
    view = live(f'"{schema}"."c.d"').wait(10)
    database.execute(f"""INSERT INTO "{schema}"."c.d" VALUES ('x.y', 1)""")
    same(view, database, f'"{schema}"."c.d"')


def test_when(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    view = live(table).wait(10)
    threading.Timer(0.2, lambda: database.execute(f"INSERT INTO {table} VALUES ('a', 1)")).start()
    assert view.when(lambda frame: len(frame) == 1, timeout=20)["name"].tolist() == ["a"]
    with pytest.raises(TimeoutError, match=table):
        view.when(lambda frame: len(frame) == 2, timeout=0.2)


def test_pause_and_look_back(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table("n bigint")
    view = live(table).wait(10)
    seen: dict[int, pd.Timestamp] = {}
    for n in range(5):
        database.execute(f"INSERT INTO {table} VALUES (%s)", (n,))
        eventually(lambda n=n: view.df["n"].tolist()[-1:] == [n] or n in view.df["n"].tolist())
        assert view.timestamp is not None
        seen[n] = view.timestamp
        time.sleep(0.005)
    view.pause()
    database.execute(f"INSERT INTO {table} VALUES (99)")
    eventually(lambda: view.diagnostics().waiting == 1)
    assert 99 not in view.df["n"].tolist()
    for n, moment in reversed(seen.items()):
        view.seek(moment)
        assert sorted(view.df["n"]) == list(range(n + 1))
        assert view.timestamp is not None
        assert view.timestamp <= moment
    view.resume()
    assert sorted(view.df["n"]) == [0, 1, 2, 3, 4, 99]


def test_together_shows_one_moment(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table("part text, n bigint")
    database.execute(f"INSERT INTO {table} VALUES ('x', 0), ('y', 0)")
    parts = live(f"SELECT part, sum(n)::bigint AS n FROM {table} GROUP BY part")
    total = live(f"SELECT sum(n)::bigint AS n FROM {table}")
    both = mzwidget.together(parts, total)
    writer = threading.Thread(
        target=lambda: [database.execute(f"INSERT INTO {table} VALUES ('x', 1), ('y', 2)") for _ in range(500)]
    )
    writer.start()
    sums = set()
    while writer.is_alive():
        left, right = both.dfs
        assert left["n"].sum() == right["n"].sum()
        sums.add(int(right["n"].sum()))
        assert both.timestamp is not None
    writer.join()
    assert len(sums) > 3
    eventually(lambda: int(total.df["n"].sum()) == 1500 == int(parts.df["n"].sum()))

    parts.pause()
    moment = both.timestamp
    database.execute(f"INSERT INTO {table} VALUES ('x', 1000)")
    eventually(lambda: total.diagnostics().waiting)
    assert int(total.df["n"].sum()) == 1500
    assert (total.timestamp, parts.timestamp, total.status.state) == (moment, moment, "paused")
    total.resume()
    eventually(lambda: int(total.df["n"].sum()) == 2500 == int(parts.df["n"].sum()))


def test_together_does_not_wait_for_a_member_that_failed(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table("n bigint")
    database.execute(f"INSERT INTO {table} VALUES (1)")
    sound, fragile = live(f"SELECT sum(n)::bigint AS n FROM {table}"), live(f"SELECT 10 / n AS q FROM {table}")
    both = mzwidget.together(sound, fragile)
    eventually(lambda: both.timestamp is not None)
    database.execute(f"INSERT INTO {table} VALUES (0)")
    eventually(lambda: fragile.status.state == "failed")
    database.execute(f"INSERT INTO {table} VALUES (5)")
    eventually(lambda: sound.df["n"].tolist() == [6])
    assert fragile.df["q"].tolist() == [10]
    database.execute(f"DELETE FROM {table} WHERE n = 0")
    fragile.retry()
    eventually(lambda: sorted(fragile.df["q"]) == [2, 10])
    eventually(lambda: fragile.timestamp == sound.timestamp)


def test_together_refuses_what_makes_no_sense(live: Callable[..., LiveView]) -> None:
    one, two = live("SELECT 1 AS n"), live("SELECT 2 AS n")
    with pytest.raises(ValueError, match="at least two"):
        mzwidget.together(one)
    with pytest.raises(ValueError, match="twice"):
        mzwidget.together(one, one)
    with pytest.raises(TypeError, match="str"):
        mzwidget.together(one, "two")  # type: ignore[arg-type]
    mzwidget.together(one, two)
    with pytest.raises(ValueError, match="already together with other views; make it again"):
        mzwidget.together(one, live("SELECT 3 AS n"))


def test_a_cell_that_brings_views_together_can_be_run_again(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table("n bigint")
    total, parts = live(f"SELECT sum(n)::bigint AS n FROM {table}"), live(table)
    first = mzwidget.together(total, parts)
    assert [len(frame) for frame in first.dfs] == [1, 0]
    total.pause()
    again = mzwidget.together(parts, total)
    assert total.status.state == parts.status.state == "paused"
    total.resume()
    database.execute(f"INSERT INTO {table} VALUES (3)")
    eventually(lambda: again.dfs[0]["n"].tolist() == [3])
    assert (first.timestamp, first.dfs[0]["n"].tolist()) == (again.timestamp, [3])
    total.close()
    other = mzwidget.together(parts, live(f"SELECT count(*) AS n FROM {table}"))
    assert [frame["n"].tolist() for frame in other.dfs] == [[3], [1]]


# On a bad day


def test_an_unknown_view(database: Database, live: Callable[..., LiveView]) -> None:
    view = live("top01")
    with pytest.raises(LiveViewError, match=r"unknown catalog item 'top01'") as error:
        view.wait(10)
    assert error.value.sqlstate in ("XX000", "42704")
    with pytest.raises(LiveViewError, match="top01"):
        view.df  # noqa: B018
    assert view.status.state == "failed"
    assert view.status.retry_at is not None
    database.execute("CREATE VIEW top01 AS SELECT 1::int AS n")
    try:
        assert view.wait(10).df["n"].tolist() == [1]
    finally:
        database.execute("DROP VIEW top01")


def test_a_type_checker_knows_what_a_view_tells(engine_dsn: str) -> None:
    """What is asserted of types is asserted by mypy, in `test_quality.py`."""
    with LiveView("SELECT 1 AS n", dsn=engine_dsn) as view:
        assert isinstance(assert_type(view.status, mzwidget.Status), mzwidget.Status)
        assert isinstance(assert_type(view.selection, mzwidget.Selection), mzwidget.Selection)
        assert isinstance(assert_type(view.df, pd.DataFrame), pd.DataFrame)
        assert assert_type(view.wait(20), LiveView) is view


def test_a_wrong_password_is_said_and_told_to_nobody(engine_dsn: str, live: Callable[..., LiveView]) -> None:
    wrong = psycopg.conninfo.conninfo_to_dict(engine_dsn) | {"password": "tell-nobody"}
    view = live("t", dsn=psycopg.conninfo.make_conninfo(**wrong))
    with pytest.raises(LiveViewError, match="invalid password") as error:
        view.wait(10)
    state = json.dumps(view.get_state(), default=str)
    for text in (state, repr(view), repr(view.status), str(error.value), repr(view.diagnostics())):
        assert "tell-nobody" not in text


def test_a_server_that_is_not_there(live: Callable[..., LiveView]) -> None:
    view = live("t", dsn="postgres://u:p@127.0.0.1:1/x")
    with pytest.raises(LiveViewError, match=r"127\.0\.0\.1:1: Connection refused"):
        view.wait(10)
    assert view.status.state == "reconnecting"


def test_a_cut_line_is_mended_by_the_net_difference(
    database: Database, live: Callable[..., LiveView], proxy: Proxy
) -> None:
    table = database.table()
    database.execute(f"INSERT INTO {table} SELECT 'x' || n, n FROM (VALUES (1), (2), (3)) AS v (n)")
    view = live(table, dsn=proxy.dsn).wait(10)
    epoch = view.diagnostics().epoch
    batches: list[int] = []
    view.on_change(lambda batch: batches.append(len(batch)))
    proxy.refuse()
    proxy.cut()
    eventually(lambda: view.status.state == "reconnecting")
    assert view.status.retry_at is not None
    assert len(view.df) == 3
    database.execute(f"INSERT INTO {table} VALUES ('y', 4)")
    proxy.accept()
    view.retry()
    same(view, database, table)
    eventually(lambda: view.status.state == "live")
    assert view.diagnostics().epoch == epoch
    eventually(lambda: batches == [3, 1])


@pytest.mark.parametrize("size", [1, 50, 300, 1000, 3000, 9000])
def test_a_snapshot_cut_inside_a_row_shows_nothing_by_halves(
    database: Database, live: Callable[..., LiveView], proxy: Proxy, size: int
) -> None:
    table = database.table()
    with database.connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for n in range(500):
            copy.write_row((f"name {n}", n))
    view = live(table, dsn=proxy.dsn)
    lengths: set[int] = set()
    view.on_change(lambda _: lengths.add(len(view.df)))
    proxy.cut_after(size)
    view.retry()
    eventually(lambda: view.diagnostics().epoch)
    same(view, database, table)
    assert lengths <= {500}


def test_silence_is_not_health(
    database: Database, live: Callable[..., LiveView], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "STALL", 2.0)
    monkeypatch.setattr(subscription, "SILENCE", 5.0)
    table = database.table()
    view = live(table, dsn=proxy.dsn).wait(10)
    view.on_change(lambda _: None)
    proxy.stall()
    eventually(lambda: view.status.state == "stalled")
    assert view.status.message
    database.execute(f"INSERT INTO {table} VALUES ('a', 1)")
    eventually(lambda: view.status.state != "stalled")
    proxy.cut()
    proxy.flow()
    same(view, database, table)
    eventually(lambda: view.status.state == "live")


def test_a_view_dropped_while_watched_and_made_again(database: Database, live: Callable[..., LiveView]) -> None:
    table, name = database.table(), database.name("v")
    database.execute(f"INSERT INTO {table} VALUES ('a', 1)")
    database.execute(f"CREATE VIEW {name} AS SELECT name, n FROM {table}")
    view = live(name).wait(10)
    epoch = view.diagnostics().epoch
    database.execute(f"DROP VIEW {name}")
    eventually(lambda: view.status.state == "failed")
    assert name in view.status.message
    assert len(view.df) == 1
    database.execute(f"CREATE VIEW {name} AS SELECT n * 2 AS double FROM {table}")
    view.retry()
    eventually(lambda: view.diagnostics().epoch != epoch)
    assert view.df["double"].tolist() == [2]


def test_a_row_that_breaks_the_view_until_it_is_gone(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table()
    database.execute(f"INSERT INTO {table} VALUES ('a', 1)")
    view = live(f"SELECT name, 10 / n AS share FROM {table}").wait(10)
    database.execute(f"INSERT INTO {table} VALUES ('b', 0)")
    eventually(lambda: view.status.state == "failed")
    assert "division by zero" in view.status.message
    assert view.df["share"].tolist() == [10]
    database.execute(f"DELETE FROM {table} WHERE n = 0")
    view.retry()
    eventually(lambda: view.status.state == "live")
    same(view, database, f"(SELECT name, 10 / n AS share FROM {table}) AS v")


def test_exact_numbers(database: Database, live: Callable[..., LiveView]) -> None:
    table = database.table("i bigint, f double precision, d numeric(30, 10), t text")
    database.execute(
        f"INSERT INTO {table} VALUES (9223372036854775807, 'NaN', 12345678901234567890.0123456789, '<script>'),"
        f" (-9223372036854775808, '-Infinity', NULL, NULL)"
    )
    view = live(table).wait(10)
    frame = view.df.sort_values("i")
    assert frame["i"].tolist() == [-(2**63), 2**63 - 1]
    assert frame["d"].tolist()[1:] == [12345678901234567890.0123456789]
    rows = {row[0]: list(row) for row in view.get_state("base")["base"]["rows"]}
    assert rows["9223372036854775807"][1:] == ["NaN", "12345678901234567890.0123456789", "<script>"]
    assert rows["-9223372036854775808"][1:] == ["-Infinity", None, None]


# How it is called


def test_an_unknown_keyword_is_named_with_its_nearest(engine_dsn: str) -> None:
    with pytest.raises(TypeError, match=r"'titel'; did you mean 'title'"):
        LiveView("t", titel="x", dsn=engine_dsn)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="'zzz'"):
        LiveView("t", zzz=1, dsn=engine_dsn)


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": "5"}, {"height": -1}, {"history": -1}, {"limit": True}])
def test_an_option_out_of_range_is_quoted(engine_dsn: str, options: dict[str, Any]) -> None:
    [(name, value)] = options.items()
    with pytest.raises(ValueError, match=f"{name} .*{value!r}"):
        LiveView("t", dsn=engine_dsn, **options)


def test_what_is_chosen_when_a_view_is_made_is_not_set_in_silence(live: Callable[..., LiveView]) -> None:
    view = live("SELECT 1 AS n")
    with pytest.raises(AttributeError, match=r"view\.show\(title=…\)"):
        view.title = "sales"
    with pytest.raises(AttributeError, match=r"LiveView\(…, cluster=…\)"):
        view.cluster = "big"
    view.of_mine = 3  # as with any widget
    assert view.of_mine == 3


def test_what_a_view_does_not_have_is_told_with_what_was_meant(live: Callable[..., LiveView]) -> None:
    view = live("SELECT 1 AS n")
    for name, meant in (("head", r"view\.df\.head"), ("timestmap", "'timestamp'"), ("zzz", "'zzz'$")):
        with pytest.raises(AttributeError, match=meant):
            getattr(view, name)
    assert not hasattr(view, "_repr_html_")


@pytest.mark.parametrize(
    ("take", "instead"),
    [
        (lambda view: view["sold"], r"view\.df\['sold'\]$"),
        (lambda view: view[0], r"view\.df\[…\]$"),
        (len, r"len\(view\.df\)"),
        (list, r"view\.df\.itertuples\(\).*view\.changes\(\)"),
        (lambda view: "tea" in view, r"view\.df"),
        (pd.DataFrame, r"view\.df"),
        (aiter, r"async for batch in view\.changes\(\)"),
        (LiveView, "not LiveView"),
        (lambda view: LiveView(view.df), r"not DataFrame; mzwidget\.load\(frame, name\)"),
    ],
)
def test_what_is_taken_for_its_rows_is_told_where_they_are(
    live: Callable[..., LiveView], take: Callable[[LiveView], Any], instead: str
) -> None:
    view = live("SELECT 1 AS n")
    with pytest.raises(TypeError, match=instead):
        take(view)
    assert view
    assert [view].index(view) == 0


@pytest.mark.parametrize("act", [lambda view: view.wait("10"), lambda view: view.when(len, "10")])
def test_a_timeout_that_is_no_number_is_quoted(live: Callable[..., LiveView], act: Callable[[LiveView], Any]) -> None:
    with pytest.raises(TypeError, match=r"number of seconds.* not '10'"):
        act(live("SELECT 1 AS n"))


def test_a_view_is_saved_to_a_file_that_has_a_name(live: Callable[..., LiveView]) -> None:
    with pytest.raises(TypeError, match=r"'view\.html', not None"):
        live("SELECT 1 AS n").save(None)  # type: ignore[arg-type]


def test_an_address_that_is_no_text_is_told() -> None:
    with pytest.raises(TypeError, match=r"address must be text.* not int"):
        mzwidget.connect(6875)  # type: ignore[arg-type]


def test_a_picture_by_its_name_is_no_chart() -> None:
    with pytest.raises(TypeError, match=r"'pie'; a picture by its name is kind="):
        LiveView("t", chart="pie")
    with pytest.raises(ValueError, match="not 'pie'; any other picture is an Altair chart"):
        LiveView("t", kind="pie")


def test_a_checkout_that_was_never_installed_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ImportError, match=r"pip install -e \."):
        assets.folder(tmp_path)


def test_a_connection_string_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="connection string") as error:
        mzwidget.connect("postgres:/u:tell-nobody@host")
    assert "tell-nobody" not in str(error.value)


def test_the_note_may_change(live: Callable[..., LiveView]) -> None:
    label = "recorded"
    view = live("SELECT 1 AS n", note=lambda: label)
    view.on_change(lambda _: None)
    eventually(lambda: view.note == "recorded")
    label = ""
    eventually(lambda: view.note == "")
