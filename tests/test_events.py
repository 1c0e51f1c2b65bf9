"""Python follows a view through whatever the view, the user's code and the process do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import psycopg
import pytest

import mzwidget
from mzwidget import LiveView, LiveViewError, Status, changes
from mzwidget.changes import Follower, copies
from mzwidget.page.view import View
from tests.conftest import temporary_table
from tests.machine import eventually


@pytest.fixture
def database(engine_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(engine_dsn, autocommit=True) as database:
        yield database


@pytest.fixture
def table(engine_dsn: str) -> Iterator[str]:
    with temporary_table(engine_dsn, "n bigint", "VALUES (1)") as name:
        yield name


@pytest.fixture
def view(engine_dsn: str, table: str) -> Iterator[LiveView]:
    with LiveView(table, dsn=engine_dsn) as view:
        yield view.wait(20)


def insert(database: psycopg.Connection[Any], table: str, n: int) -> None:
    database.execute(f"INSERT INTO {table} VALUES ({n})")


# What one has written oneself


def test_one_can_wait_for_what_one_has_written(database: psycopg.Connection[Any], table: str, view: LiveView) -> None:
    for n in range(2, 8):
        insert(database, table, n)
        [(now,)] = database.execute("SELECT mz_now()").fetchall()
        assert len(view.wait(20, until=now).df) == n
        assert view.timestamp is not None
        assert view.timestamp.value // 10**6 >= int(now)


def test_waiting_for_a_moment_to_come_ends_in_time(view: LiveView) -> None:
    with pytest.raises(TimeoutError, match=r"not yet at 2100-01-01 .* after 0\.2 s \(live\)"):
        view.wait(0.2, until="2100-01-01")
    assert view.wait(20, until=pd.Timestamp.now("UTC")) is view
    for nonsense in (10**400, -(10**400), "NaT", "yesterday or so"):
        with pytest.raises(ValueError, match=r"moment|parse|Unknown"):
            view.wait(1, until=nonsense)
        with pytest.raises(ValueError, match=r"moment|parse|Unknown"):
            view.seek(nonsense)
    assert view.status.state == "live"


def test_who_waits_keeps_an_idle_tail_awake(view: LiveView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mzwidget.tail.tail.LINGER", 0.5)
    eventually(lambda: view.status.state == "idle")
    later = pd.Timestamp.now("UTC") + pd.Timedelta(seconds=4)
    assert view.wait(30, until=later) is view
    assert view.timestamp is not None
    assert view.timestamp >= later


# when


def wakes(view: LiveView, act: Callable[[], object], predicate: Callable[[pd.DataFrame], object]) -> None:
    """Check that `when` notices what `act` does at once, and not at its deadline."""
    threading.Timer(0.3, act).start()
    began = time.monotonic()
    view.when(predicate, timeout=25)
    assert time.monotonic() - began < 10


def test_what_is_no_function_is_refused_at_once(view: LiveView) -> None:
    with pytest.raises(TypeError, match=r"when\(\) wants a function of the data frame, not str: 'n > 1'"):
        view.when("n > 1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"on_change\(\) wants a function of a Batch, not NoneType"):
        view.on_change(None)  # type: ignore[arg-type]


def test_a_batch_says_what_it_holds(view: LiveView) -> None:
    for batch in view.changes():
        assert repr(batch) == f"<Batch at {batch.timestamp}: 1 rows came, 0 went>"
        break


def test_when_is_woken_by_another_moment(database: psycopg.Connection[Any], table: str, view: LiveView) -> None:
    first = view.timestamp
    assert first is not None
    time.sleep(0.01)
    insert(database, table, 2)
    view.when(lambda frame: len(frame) == 2, timeout=20)
    wakes(view, lambda: view.seek(first), lambda frame: len(frame) == 1)
    wakes(view, view.resume, lambda frame: len(frame) == 2)


def test_when_is_woken_by_the_step_of_a_group(
    database: psycopg.Connection[Any], table: str, view: LiveView, engine_dsn: str
) -> None:
    with LiveView(f"SELECT count(*) AS n FROM {table}", dsn=engine_dsn) as count:
        mzwidget.together(view, count)
        wakes(view, lambda: insert(database, table, 2), lambda frame: len(frame) == 2)
        count.pause()
        moment = view.timestamp
        insert(database, table, 3)
        with pytest.raises(TimeoutError, match=table):
            view.when(lambda frame: len(frame) == 3, timeout=1)
        assert view.timestamp == moment
        wakes(view, count.resume, lambda frame: len(frame) == 3)


def test_when_on_a_view_that_is_closed(view: LiveView) -> None:
    wakes(view, lambda: None, lambda frame: len(frame) == 1)
    threading.Timer(0.3, view.close).start()
    with pytest.raises(LiveViewError, match="closed before the condition was met"):
        view.when(lambda frame: len(frame) == 2)
    assert len(view.when(lambda frame: len(frame) == 1)) == 1
    with pytest.raises(LiveViewError, match="closed"):
        view.when(lambda frame: len(frame) == 2)
    assert list(view.changes()) == []


def test_a_view_closed_before_its_first_snapshot_says_so(engine_dsn: str, table: str) -> None:
    view = LiveView(table, dsn=engine_dsn)
    view.close()
    for ask in (lambda: view.df, view.wait, lambda: view.when(len)):
        with pytest.raises(LiveViewError, match="closed"):
            ask()
    assert view.status.state == "closed"


# Status


def test_a_closed_view_is_closed_whoever_shares_its_tail(engine_dsn: str, table: str, view: LiveView) -> None:
    with LiveView(table, dsn=engine_dsn) as other:
        other.wait(20)
        view.close()
        assert view.status.state == "closed"
        assert (other.status.state, repr(view)) == ("live", f"<LiveView {table!r}: closed>")


def test_a_view_that_several_threads_close_is_closed_once(view: LiveView, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[View] = []
    close, compress = View.close, zlib.compress

    def slowly(*arguments: Any, **options: Any) -> bytes:
        time.sleep(0.2)
        return compress(*arguments, **options)

    monkeypatch.setattr(zlib, "compress", slowly)
    monkeypatch.setattr(View, "close", lambda own: (closed.append(own), close(own)))
    threads = [threading.Thread(target=view.close) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert closed == [view._view]
    assert view.df["n"].tolist() == [1]


def test_status_can_be_observed(view: LiveView) -> None:
    seen: list[tuple[str, str, str]] = []
    threads: set[threading.Thread] = set()

    def note(change: Any) -> None:
        threads.add(threading.current_thread())
        assert change["owner"] is view
        assert isinstance(change["new"], Status)
        seen.append((change["name"], change["old"].state, change["new"].state))

    async def until(happened: Callable[[], bool]) -> None:
        for _ in range(6000):
            if happened():
                return
            await asyncio.sleep(0.01)

    async def pause_and_resume() -> None:
        view.observe(note, "status")
        for count, act in enumerate((view.pause, view.resume, view.pause), 1):
            act()
            await until(lambda count=count: len(seen) == count)
        for _ in range(200):
            view.resume()
            view.pause()
            await asyncio.sleep(0.001)
        await until(lambda: seen[-1][2] == "paused")
        view.close()
        await until(lambda: seen[-1][2] == "closed")

    began = time.monotonic()
    asyncio.run(pause_and_resume())
    states = [(old, new) for _, old, new in seen]
    assert states[:3] == [("live", "paused"), ("paused", "live"), ("live", "paused")]
    assert states[-1] == ("paused", "closed")
    assert len(seen) <= 20 * (time.monotonic() - began) + 1
    assert threads == {threading.main_thread()}, "observers are called on the loop on which they were made"


def test_status_can_be_observed_where_there_is_no_loop(view: LiveView) -> None:
    seen: list[str] = []
    view.observe(lambda change: seen.append(change["new"].state), "status")
    view.pause()
    eventually(lambda: seen == ["paused"])


def test_of_an_observer_where_there_is_no_loop_one_call_is_under_way(view: LiveView) -> None:
    seen: list[str] = []
    at_once: list[int] = []
    busy = threading.Semaphore(10)

    def slow(change: Any) -> None:
        with busy:
            at_once.append(10 - busy._value)
            seen.append(change["new"].state)
            time.sleep(0.3)

    view.observe(slow, "status")
    for _ in range(3):
        view.pause()
        time.sleep(0.1)
        view.resume()
        time.sleep(0.1)
    view.close()
    eventually(lambda: seen[-1:] == ["closed"], what="the last is told")
    assert max(at_once) == 1


@pytest.mark.parametrize("error", [ValueError("no such thing"), SystemExit("enough")], ids=["raises", "exits"])
@pytest.mark.parametrize("loop", [True, False], ids=["on a loop", "without one"])
def test_what_an_observer_raises_is_told_once_and_ends_nothing(
    view: LiveView, capsys: pytest.CaptureFixture[str], error: BaseException, loop: bool
) -> None:
    seen: list[str] = []

    def fail(change: Any) -> None:
        seen.append(change["new"].state)
        raise error

    def pause_and_resume() -> None:
        for count, act in enumerate((view.pause, view.resume, view.pause), 1):
            act()
            eventually(lambda count=count: len(seen) == count)
        eventually(lambda: "mzwidget observers" not in [thread.name for thread in threading.enumerate()])

    async def on_a_loop() -> None:
        view.observe(fail, "status")
        await asyncio.to_thread(pause_and_resume)

    if loop:
        asyncio.run(on_a_loop())
    else:
        view.observe(fail, "status")
        pause_and_resume()
    assert seen == ["paused", "live", "paused"]
    assert capsys.readouterr().err.count("Traceback") == 1


def test_what_observes_is_a_function(view: LiveView) -> None:
    with pytest.raises(TypeError, match=r"function of a change, not NoneType"):
        view.observe(print(), "status")


@pytest.mark.parametrize("trait", ["base", "delta", "df", "group", "name", "note", "selected", "timestamp"])
def test_what_would_never_be_told_cannot_be_observed(view: LiveView, trait: str) -> None:
    with pytest.raises(ValueError, match=f"'{trait}' cannot be observed; on_change"):
        view.observe(print, ["status", trait])


# Code of the user's that goes wrong, or takes its time


def test_what_a_callback_raises_reaches_the_user_once(
    database: psycopg.Connection[Any], table: str, view: LiveView, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = 0

    def fragile(_: object) -> None:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise KeyError("no such <b>thing</b>")

    view.on_change(fragile)
    eventually(lambda: view.status.message == "on_change: KeyError: 'no such <b>thing</b>'")
    assert view.status.state == "live"
    insert(database, table, 2)
    eventually(lambda: calls == 2)
    insert(database, table, 3)
    eventually(lambda: view.status.message == "", what="it is well again")
    assert capsys.readouterr().err.count("Traceback") == 1


def test_a_callback_that_raises_is_told_of_whatever_another_does(
    database: psycopg.Connection[Any], table: str, view: LiveView, capsys: pytest.CaptureFixture[str]
) -> None:
    well: list[int] = []

    def fail(_: object) -> None:
        raise KeyError("no such thing")

    callback = view.on_change(fail)
    eventually(lambda: view.status.message == "on_change: KeyError: 'no such thing'")
    view.on_change(lambda batch: well.append(len(batch)))
    for n in range(2, 6):
        insert(database, table, n)
        eventually(lambda n=n: sum(well) == n, what="the other callback has returned")
        assert view.status.message == "on_change: KeyError: 'no such thing'"
    callback.close()
    eventually(lambda: view.status.message == "", what="nobody calls what has failed")
    assert capsys.readouterr().err.count("Traceback") == 1


def test_what_goes_wrong_inside_is_told_until_it_goes_right(
    database: psycopg.Connection[Any],
    table: str,
    view: LiveView,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    view.wait(20)
    with monkeypatch.context() as patched:
        patched.setattr(view._view, "advance", lambda _: {}["no such thing"])
        insert(database, table, 2)
        eventually(lambda: view.status.message == "an error of mzwidget's own: KeyError: 'no such thing'")
    insert(database, table, 3)
    eventually(lambda: view.status.message == "")
    assert len(view.df) == 3
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [KeyError]
    caplog.clear()


def test_a_callback_that_was_closed_is_not_called_again(
    database: psycopg.Connection[Any], table: str, view: LiveView
) -> None:
    batches: list[int] = []
    enough = threading.Event()

    def slow(batch: mzwidget.Batch) -> None:
        batches.append(len(batch))
        enough.wait(200)

    callback = view.on_change(slow)
    eventually(lambda: batches == [1], what="it is called")
    insert(database, table, 2)
    view.when(lambda frame: len(frame) == 2, timeout=20)
    callback.close()
    enough.set()
    callbacks = [thread for thread in threading.enumerate() if thread.name == "mzwidget callback"]
    for thread in callbacks:
        thread.join(20)
    assert batches == [1]


def test_a_callback_that_exits_is_called_no_more_and_holds_nobody_up(
    database: psycopg.Connection[Any], table: str, view: LiveView
) -> None:
    batches: list[int] = []
    view.on_change(lambda batch: batches.append(len(batch)))
    view.on_change(lambda _: sys.exit("enough"))
    eventually(lambda: view.status.message == "on_change: ended by SystemExit")
    insert(database, table, 2)
    eventually(lambda: batches == [1, 1])
    assert [thread.name for thread in threading.enumerate()].count("mzwidget callback") == 1


def test_slow_code_of_the_user_holds_up_nobody_else(
    database: psycopg.Connection[Any], engine_dsn: str, table: str, view: LiveView
) -> None:
    asked: list[float] = []
    enough = threading.Event()

    def slow_note() -> str:
        asked.append(time.monotonic())
        enough.wait(200)
        return "slow"

    with LiveView(f"SELECT n FROM {table}", dsn=engine_dsn, note=slow_note) as slow:
        slow.wait(20)
        slow.on_change(lambda _: enough.wait(200))
        eventually(lambda: asked, what="the note is asked for")
        for n in range(2, 12):
            insert(database, table, n)
            view.when(lambda frame, n=n: len(frame) == n, timeout=90)
        enough.set()
        eventually(lambda: slow.note == "slow")
        assert len(asked) <= 3


def test_a_note_that_fails_says_so_and_may_recover(engine_dsn: str, table: str) -> None:
    answers: list[Any] = [ZeroDivisionError("division by zero"), SystemExit(1), "fine"]

    def note() -> str:
        answer = answers[0] if len(answers) == 1 else answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return str(answer)

    with LiveView(table, dsn=engine_dsn, note=note) as noted:
        noted.on_change(lambda _: None)
        eventually(lambda: noted.note == "note: ZeroDivisionError: division by zero")
        eventually(lambda: noted.note == "fine")


# async for


def test_async_for_waits_without_a_thread(database: psycopg.Connection[Any], table: str, view: LiveView) -> None:
    async def follow() -> list[int]:
        before = threading.active_count()
        found = []
        async for batch in view.changes():
            found.append(len(batch))
            assert threading.active_count() <= before
            if len(found) == 3:
                break
            insert(database, table, len(found))
        return found

    assert asyncio.run(asyncio.wait_for(follow(), 30)) == [1, 1, 1]


def test_async_for_ends_with_the_view(view: LiveView) -> None:
    async def follow() -> int:
        threading.Timer(0.3, view.close).start()
        return len([batch async for batch in view.changes()])

    assert asyncio.run(asyncio.wait_for(follow(), 30)) == 1


def run(code: str, dsn: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, dsn], capture_output=True, text=True, timeout=120)


def test_the_interpreter_may_exit_in_the_midst_of_all_that(engine_dsn: str, table: str) -> None:
    code = f"""
import asyncio, sys, threading
import mzwidget
view = mzwidget.LiveView("{table}", dsn=sys.argv[1]).wait(20)
view.on_change(lambda _: None)
begun = threading.Event()
async def follow():
    async for _ in view.changes():
        begun.set()
threading.Thread(target=asyncio.run, args=(follow(),), daemon=True).start()
begun.wait(20)
"""
    done = run(code, engine_dsn)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_forked_child_is_told_that_the_view_is_not_its_own(engine_dsn: str, table: str) -> None:
    code = f"""
import os, sys, warnings
import mzwidget
warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on: threads may hold locks, which is tried here
view = mzwidget.LiveView("{table}", dsn=sys.argv[1]).wait(20)
child = os.fork()
if child == 0:
    for ask in (lambda: view.df, lambda: view.wait(1), lambda: view.timestamp, view.pause, lambda: view.when(len)):
        try:
            ask()
        except mzwidget.LiveViewError as error:
            assert "in the process that made it" in str(error), error
        else:
            raise AssertionError("no error")
    assert view.status.state == "closed" and "in the process that made it" in view.status.message, view.status
    assert repr(view).endswith(": closed>"), "nothing follows it here"
    view.close()
    assert mzwidget.LiveView("{table}", dsn=sys.argv[1]).wait(20).df["n"].tolist() == [1]
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert view.wait(20, until=__import__("pandas").Timestamp.now("UTC")).df["n"].tolist() == [1]
assert view.status.state == "live"
"""
    done = run(code, engine_dsn)
    assert (done.returncode, done.stderr) == (0, "")


# together


def test_together_with_a_closed_member_says_so(engine_dsn: str, table: str, view: LiveView) -> None:
    other = LiveView(f"SELECT count(*) AS n FROM {table}", dsn=engine_dsn)
    both = mzwidget.together(view, other)
    with pytest.raises(AttributeError, match="no attribute 'df'; did you mean 'dfs'"):
        both.df  # noqa: B018
    assert [frame["n"].tolist() for frame in both.dfs] == [[1], [1]]
    other.close()
    with pytest.raises(LiveViewError, match="is closed"):
        both.dfs  # noqa: B018
    eventually(lambda: view.status.state == "live")
    assert view.df["n"].tolist() == [1]


# Content that is odd


def test_together_leaves_in_a_notebook_what_all_showed_at_one_moment(engine_dsn: str, view: LiveView) -> None:
    with LiveView("SELECT 'total' AS what", dsn=engine_dsn) as other:
        both = mzwidget.together(view, other)
        bundle = both._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in bundle
        assert [bundle["text/plain"].count(text) for text in (view.name, "total", "1 row")] == [1, 2, 2]
        assert bundle["text/html"].count("<table>") == 2
        other.close()
        assert "text/html" not in both._repr_mimebundle_()


@pytest.mark.parametrize("moment", ["yesterday", "", None, [1], float("nan"), 1795730438.5])
def test_what_is_no_moment_is_named(view: LiveView, moment: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"is no moment; give a datetime, text such as"):
        view.seek(moment)
    assert view.status.state == "live"


def test_labels_that_have_no_order_of_their_own(engine_dsn: str) -> None:
    for type_, values in {"jsonb": ("'{\"a\": 1}'", "'[1, 2]'", "NULL"), "text[]": ("'{x}'", "'{}'", "NULL")}.items():
        select = " UNION ALL ".join(f"SELECT {value}::{type_} AS label, 1 AS n" for value in values)
        with LiveView(select, key="label", value="n", dsn=engine_dsn) as view:
            assert len(view.wait(20).df) == 3


def test_copies_cost_the_database_nothing_but_a_data_frame_much() -> None:
    many = {("x",): 3 * 10**8, ("y",): 1}
    with pytest.raises(LiveViewError, match=r"300,000,001 rows, of which 2 differ, .*count\(\*\)"):
        copies(many)
    assert copies({("x",): 2, ("y",): 1, ("z",): -3 * 10**8}) == [("x",), ("x",), ("y",)]
    assert copies({("x",): 1, ("y",): 2, ("z",): 0}) == [("x",), ("y",), ("y",)]
    distinct = {(str(n),): 1 for n in range(1000)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "ROWS", 10)
        assert len(copies(distinct)) == 1000, "what is all different is not refused"


def test_what_waits_for_a_follower_is_bounded_by_the_view() -> None:
    follower = Follower()
    follower.begin((), {("0",): 1}, 0)
    for n in range(10_000):
        follower.add({(str(n),): -1, (str(n + 1),): 1}, n)
    batch = follower.take(0)
    assert batch is not None
    assert batch._updates == {("10000",): 1}
    assert follower.take(0) is None
