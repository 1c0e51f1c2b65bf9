"""From the stream, or the recorded day, to rows in a table, as a user of a notebook sees it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from mzwidget import wikipedia
from mzwidget.wikipedia import batches, pipeline
from mzwidget.wikipedia.ingest import Ingest
from mzwidget.wikipedia.rows import CREATE_TABLE, RECORDED_IDS
from tests.machine import eventually, free_port
from tests.wikipedia.stream import StreamServer, Visit, event, frame
from tests.wikipedia.test_batches import on_both, proxy_to
from tests.wikipedia.test_recentchange import lines

if TYPE_CHECKING:
    from collections.abc import Callable

Connection = psycopg.Connection[Any]

NOWHERE = "http://stream.wikimedia.invalid/v2/stream/recentchange"
FAST = 20.0


def ids(connection: Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT id FROM edits ORDER BY id").fetchall()]


def adds_up(ingest: Ingest) -> bool:
    stats = ingest.stats
    return stats.received == stats.inserted + sum(stats.skipped.values()) + stats.pending


def streams(*numbers: int) -> Callable[[Visit], None]:
    def part(visit: Visit) -> None:
        visit.open()
        visit.events(*numbers)
        visit.hold()

    return part


# Live


@on_both
def test_real_events_become_rows(connection: Connection) -> None:
    events = lines("recentchange.jsonl") + lines("recentchange-constructed.jsonl")

    def plays(visit: Visit) -> None:
        visit.open()
        for number, each in enumerate(events + events):
            visit.send(frame(each, number))
        visit.hold()

    with StreamServer(plays) as server:
        ingest = wikipedia.follow(connection, source="live", url=server.url)
        eventually(lambda: ingest.stats.received == 36 and ingest.stats.pending == 0)
        stats = ingest.stats
        assert stats.inserted == 9
        assert dict(stats.skipped) == {
            "log": 3,
            "categorize": 4,
            "canary": 2,
            "redacted": 1,
            "duplicate": 17,
        }
        found = connection.execute("SELECT id, kind, user_name FROM edits ORDER BY id").fetchall()
        assert len(found) == 9
        assert (2147483648, "edit", "~2026-12345-67") in found
        assert (stats.source, stats.state, stats.message, ingest.note) == ("live", "running", "", "")
        assert stats.rate > 0
        assert stats.lag is not None
        assert adds_up(ingest)


@on_both
def test_many_connections_one_copy_of_each(connection: Connection) -> None:
    """Every connection repeats the end of the one before and is cut in its own way; nothing is lost or doubled."""

    def part(turn: int) -> Callable[[Visit], None]:
        def plays(visit: Visit) -> None:
            first = 1 if visit.resume_from is None else visit.resume_from
            visit.open()
            visit.events(*range(first, 50 * (turn + 1)))
            if turn % 3 == 0:
                visit.end()
            elif turn % 3 == 1:
                visit.send(frame(event(10_000 + turn), 1)[:100])
                visit.cut()

        return plays

    with StreamServer(*(part(turn) for turn in range(6)), streams(*range(250, 400))) as server:
        ingest = wikipedia.follow(connection, source="live", url=server.url)
        eventually(lambda: ids(connection)[-1:] == [399])
        assert ids(connection) == list(range(1, 400))
        assert ingest.stats.reconnects == 6
        assert adds_up(ingest)


def test_live_is_refused_and_says_so(connection: Connection) -> None:
    with StreamServer(lambda visit: visit.answer("403 Forbidden"), streams(1)) as server:
        ingest = wikipedia.follow(connection, source="live", url=server.url)
        eventually(lambda: ingest.stats.state == "failed")
        assert "HTTP 403" in ingest.stats.message
        assert "user_agent=" in ingest.stats.message
        assert "HTTP 403" in repr(ingest)
        with pytest.raises(RuntimeError, match=r"no edit is in the table: .*failed.*HTTP 403"):
            ingest.wait()
        assert ids(connection) == []
        wikipedia.follow(connection, source="live", url=server.url).wait(20)
        assert ids(connection) == [1]


def test_live_alone_never_shows_recorded_edits(connection: Connection) -> None:
    ingest = wikipedia.follow(connection, source="live", url=NOWHERE)
    eventually(lambda: ingest.stats.message)
    assert "cannot be resolved" in ingest.stats.message
    assert (ingest.stats.source, ingest.stats.state, ingest.note) == ("live", "connecting", "")
    with pytest.raises(TimeoutError, match=r"no edit is in the table after 0\.1 s: .*cannot be resolved"):
        ingest.wait(0.1)
    ingest.close()
    with pytest.raises(RuntimeError, match=r"no edit is in the table: .*closed"):
        ingest.wait()
    assert ids(connection) == []


def test_the_database_goes_and_comes_while_the_stream_runs(connection: Connection) -> None:
    more = threading.Event()

    def plays(visit: Visit) -> None:
        visit.open()
        visit.events(*range(1, 21))
        more.wait(20)
        visit.events(*range(21, 41))
        visit.hold()

    with StreamServer(plays) as server:
        ingest = wikipedia.follow(connection, source="live", url=server.url)
        eventually(lambda: len(ids(connection)) == 20)
        connection.execute("ALTER TABLE edits RENAME TO elsewhere")
        more.set()
        eventually(lambda: ingest.stats.state == "database away")
        assert 'relation "edits" does not exist' in ingest.stats.message
        assert ingest.stats.pending == 20
        connection.execute("ALTER TABLE elsewhere RENAME TO edits")
        eventually(lambda: ids(connection) == list(range(1, 41)))
        eventually(lambda: ingest.stats.state == "running")
        assert ingest.stats.message == ""


# The recorded day takes over


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (lambda visit: visit.answer("403 Forbidden"), "HTTP 403"),
        (lambda visit: visit.answer("429 Too Many Requests", {"Retry-After": "600"}), "HTTP 429"),
        (lambda visit: visit.answer("502 Bad Gateway"), "HTTP 502"),
        (lambda visit: visit.answer("200 OK", {"Content-Type": "text/html"}), "log-in page"),
        (lambda visit: visit.cut(), "broke"),
        (lambda visit: visit.hold(), "sent nothing"),
        (lambda visit: (visit.open(), visit.hold()), "sent nothing"),
    ],
    ids=["403", "429", "502", "page", "cut", "no answer", "no event"],
)
def test_auto_falls_back_and_says_why(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, part: Callable[[Visit], None], reason: str
) -> None:
    monkeypatch.setattr(pipeline, "_PATIENCE_AT_START", 2.0)
    monkeypatch.setattr("mzwidget.wikipedia.ingest._SILENCE", 4.0)
    with StreamServer(part) as server:
        ingest = wikipedia.follow(connection, url=server.url, speed=FAST)
        ingest.wait(60)
        assert ingest.stats.source == "recorded"
        assert reason in ingest.stats.message
        assert reason in repr(ingest)
        assert ingest.note == "recorded 2015-09-12"
        assert "recorded 2015-09-12" in repr(ingest)
        assert min(ids(connection)) >= RECORDED_IDS
        eventually(lambda: "mzwidget-live" not in {thread.name for thread in threading.enumerate()})


@on_both
@pytest.mark.parametrize("url", [NOWHERE, f"http://127.0.0.1:{free_port()}/"], ids=["no name", "nobody there"])
def test_auto_falls_back_without_a_network(connection: Connection, url: str) -> None:
    ingest = wikipedia.follow(connection, url=url, speed=FAST)
    ingest.wait(60)
    assert ingest.note == "recorded 2015-09-12"


def test_auto_stays_live_through_short_trouble(connection: Connection) -> None:
    def ends(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        visit.cut()

    bad = [lambda visit: visit.answer("503 Service Unavailable")] * 2
    with StreamServer(ends, *bad, streams(2)) as server:
        ingest = wikipedia.follow(connection, url=server.url)
        eventually(lambda: ids(connection) == [1, 2])
        assert (ingest.stats.source, ingest.note) == ("live", "")


def test_auto_falls_back_after_a_long_outage_and_the_cell_again_tries_again(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_PATIENCE", 1.5)
    back = threading.Event()

    def ends(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        visit.end()

    def away(visit: Visit) -> None:
        if back.is_set():
            streams(2)(visit)
        else:
            visit.answer("503 Service Unavailable")

    with StreamServer(ends, away) as server:
        ingest = wikipedia.follow(connection, url=server.url, speed=FAST)
        eventually(lambda: ids(connection)[-1:] > [RECORDED_IDS])
        assert ingest.note == "live and recorded 2015-09-12"
        assert "HTTP 503" in ingest.stats.message
        assert "follow()" in ingest.stats.message
        back.set()
        ingest = wikipedia.follow(connection, url=server.url, speed=FAST)
        eventually(lambda: ids(connection)[1] == 2)
        assert ingest.stats.source == "live"
        assert ingest.stats.message == ""
        assert ingest.note == "live and recorded 2015-09-12"
        count = len(ids(connection))
        time.sleep(0.5)
        assert len(ids(connection)) == count, "the recorded day went on beside the live stream"


@on_both
def test_the_label_survives_the_ingest_that_caused_it(connection: Connection) -> None:
    wikipedia.follow(connection, source="recorded", speed=FAST).wait(20)
    with StreamServer(streams(1)) as server:
        ingest = wikipedia.follow(connection, source="live", url=server.url)
        eventually(lambda: ids(connection)[0] == 1)
        assert ingest.stats.source == "live"
        assert ingest.note == "live and recorded 2015-09-12"
        connection.execute("DELETE FROM edits")
        assert wikipedia.follow(connection, source="live", url=server.url).note == ""


# Recorded


@on_both
def test_recorded(connection: Connection) -> None:
    ingest = wikipedia.follow(connection, source="recorded", speed=FAST)
    ingest.wait(20)
    eventually(lambda: len(ids(connection)) > 300)
    stats = ingest.stats
    assert (stats.source, stats.state, stats.message) == ("recorded", "running", "")
    assert stats.skipped == {}
    assert ingest.note == "recorded 2015-09-12"
    assert "events/s" in repr(ingest)
    assert "\n" not in repr(ingest)
    newest = connection.execute("SELECT now() - max(edited_at) FROM edits").fetchone()
    assert newest is not None
    assert newest[0].total_seconds() < 10
    assert adds_up(ingest)


@on_both
def test_recorded_edits_wait_for_a_database_that_still_commits(
    connection: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_CAPACITY", 100)
    monkeypatch.setattr(batches, "_PATIENCE", 0.1)
    with proxy_to(dsn) as (proxy, parameters):
        with psycopg.connect(**parameters, autocommit=True) as through_proxy:
            ingest = wikipedia.follow(through_proxy, source="recorded", speed=FAST)
        ingest.wait(20)
        proxy.frozen = True
        eventually(lambda: ingest.stats.pending >= 100)

        def waits() -> bool:
            received = ingest.stats.received
            time.sleep(0.3)
            return ingest.stats.received == received

        eventually(waits, what="the day waits for who takes its edits")
        received = ingest.stats.received
        proxy.frozen = False
        eventually(lambda: ingest.stats.inserted > received)
        assert ids(connection)
        assert ingest.stats.skipped == {}
        assert ingest.stats.message == ""
        assert adds_up(ingest)
        ingest.close()


def test_live_edits_that_find_no_room_are_told_of(
    connection: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_CAPACITY", 10)
    monkeypatch.setattr(batches, "_PATIENCE", 0.0)
    held = threading.Event()

    def many(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        held.wait(10)
        visit.events(*range(2, 2002))
        visit.hold()

    with proxy_to(dsn) as (proxy, parameters), StreamServer(many) as server:
        with psycopg.connect(**parameters, autocommit=True) as through_proxy:
            ingest = wikipedia.follow(through_proxy, source="live", url=server.url)
        ingest.wait(20)
        proxy.frozen = True
        held.set()
        eventually(lambda: ingest.stats.skipped.get("dropped", 0) > 1000)
        eventually(lambda: f"oldest {ingest.stats.skipped['dropped']:,} live edits were dropped" in repr(ingest))
        proxy.frozen = False
        eventually(lambda: ids(connection)[-1:] == [2001])
        assert adds_up(ingest)
        ingest.close()


def test_environment_chooses(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MZWIDGET_SOURCE", "recorded")
    monkeypatch.setenv("MZWIDGET_SPEED", "40")
    ingest = wikipedia.follow(connection, url=NOWHERE)
    eventually(lambda: ingest.stats.inserted > 200)
    assert ingest.stats.message == ""
    assert ingest.stats.rate > 4 * 35


# Switches


@on_both
def test_close_and_follow_again(connection: Connection) -> None:
    ingest = wikipedia.follow(connection, source="recorded", speed=FAST)
    ingest.wait(20)
    began = time.monotonic()
    ingest.close()
    assert time.monotonic() - began < 2
    stats = ingest.stats
    assert (stats.state, stats.pending) == ("closed", 0)
    assert stats.inserted == len(ids(connection))
    assert "closed" in repr(ingest)
    assert ingest.note == "recorded 2015-09-12"
    ingest.close()
    time.sleep(0.3)
    assert len(ids(connection)) == stats.inserted
    again = wikipedia.follow(connection, source="recorded", speed=FAST)
    eventually(lambda: len(ids(connection)) > stats.inserted)
    again.close()
    found = ids(connection)
    assert len(set(found)) == len(found) == stats.inserted + again.stats.inserted
    assert adds_up(again)


def test_context_manager(connection: Connection) -> None:
    with wikipedia.follow(connection, source="recorded", speed=FAST) as ingest:
        ingest.wait(20)
    assert ingest.stats.state == "closed"


def test_the_cell_again_stops_the_earlier_ingest(connection: Connection, dsn: str) -> None:
    first = wikipedia.follow(connection, source="recorded", speed=FAST)
    first.wait(20)
    with psycopg.connect(dsn, autocommit=True) as other:
        second = wikipedia.follow(other, source="recorded", speed=FAST)
        assert first.stats.state == "closed"
        assert second.stats.state == "running"
        second.wait(20)
    assert sum(thread.name == "mzwidget-ingest" for thread in threading.enumerate()) == 1


@on_both
def test_an_engine_that_came_back_at_another_port(connection: Connection, dsn: str) -> None:
    with proxy_to(dsn) as (_, parameters), psycopg.connect(**parameters, autocommit=True) as through_proxy:
        first = wikipedia.follow(through_proxy, source="recorded", speed=FAST)
        first.wait(20)
    eventually(lambda: first.stats.state == "database away")
    second = wikipedia.follow(connection, source="recorded", speed=FAST)
    assert first.stats.state == "closed"
    second.wait(20)


@on_both
def test_two_tables_at_once(connection: Connection) -> None:
    connection.execute(CREATE_TABLE.replace("edits", 'public."Odd ""name"'))
    first = wikipedia.follow(connection, source="recorded", speed=FAST)
    second = wikipedia.follow(connection, 'public."Odd ""name"', source="recorded", speed=FAST)
    first.wait(20)
    second.wait(20)
    assert first.stats.state == second.stats.state == "running"
    connection.execute('DROP TABLE public."Odd ""name"')


def test_the_callers_connection_is_left_alone(connection: Connection) -> None:
    ingest = wikipedia.follow(connection, source="recorded", speed=FAST)
    with connection.transaction():
        connection.execute("SELECT 1")
        ingest.wait(20)
    connection.close()
    count = ingest.stats.inserted
    eventually(lambda: ingest.stats.inserted > count)


# What a user can get wrong


def test_wrong_source(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="source='recoded' is not known: use 'auto', 'live' or 'recorded'"):
        wikipedia.follow(connection, source="recoded")  # type: ignore[arg-type]
    monkeypatch.setenv("MZWIDGET_SOURCE", "tape")
    with pytest.raises(ValueError, match="source='tape'"):
        wikipedia.follow(connection)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_wrong_speed(connection: Connection, speed: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        wikipedia.follow(connection, speed=speed)


def test_wrong_speed_in_the_environment(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MZWIDGET_SPEED", "fast")
    with pytest.raises(ValueError, match="MZWIDGET_SPEED='fast' is not a number"):
        wikipedia.follow(connection)


@pytest.mark.parametrize("table", ["", ".", '""'])
def test_no_table_named(connection: Connection, table: str) -> None:
    with pytest.raises(ValueError, match="names no table"):
        wikipedia.follow(connection, table)


@on_both
def test_no_such_table(connection: Connection) -> None:
    with pytest.raises(psycopg.Error, match="no_such_table") as caught:
        wikipedia.follow(connection, "no_such_table")
    assert "CREATE TABLE edits (id bigint" in caught.value.__notes__[0]


def test_a_table_without_a_column(connection: Connection) -> None:
    connection.execute("ALTER TABLE edits DROP COLUMN minor")
    with pytest.raises(psycopg.errors.UndefinedColumn, match="minor"):
        wikipedia.follow(connection)


def test_a_password_is_in_no_repr(connection: Connection, dsn: str) -> None:
    connection.execute("DROP ROLE IF EXISTS writer")
    connection.execute("CREATE ROLE writer LOGIN PASSWORD 's3cret' SUPERUSER")
    with psycopg.connect(dsn, user="writer", password="s3cret", autocommit=True) as own:
        ingest = wikipedia.follow(own, source="recorded", speed=FAST)
        ingest.wait(20)
        assert "s3cret" not in repr(ingest) + repr(ingest.stats)
        assert ("writer",) in connection.execute("SELECT DISTINCT usename::text FROM pg_stat_activity").fetchall()
        ingest.close()
    connection.execute("DROP ROLE writer")
