"""The other two ways of consuming SUBSCRIBE, and what stops one: COPY, DECLARE and FETCH, cancel, timeouts."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., psycopg.Connection]


def test_copy(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("INSERT INTO t VALUES (1, E'tab\\there'), (2, NULL)")
    with connect().cursor().copy("COPY (SUBSCRIBE t WITH (PROGRESS)) TO STDOUT") as copy:
        lines = iter(copy)
        found = [bytes(next(lines)).decode() for _ in range(4)]
        as_of = found[0].split("\t")[0]
        assert found[0] == f"{as_of}\tt\t\\N\t\\N\t\\N\n"
        assert sorted(found[1:3]) == [f"{as_of}\tf\t1\t1\ttab\\there\n", f"{as_of}\tf\t1\t2\t\\N\n"]
        assert found[3].split("\t")[1:] == ["t", "\\N", "\\N", "\\N\n"]
        sql.execute("INSERT INTO t VALUES (3, 'x')")
        while (line := bytes(next(lines)).decode()).split("\t")[1] == "t":
            pass
        assert line.split("\t")[1:] == ["f", "1", "3", "x\n"]


def test_copy_csv_and_binary_of_a_constant(connect: Connect) -> None:
    query = "SUBSCRIBE (VALUES (1, 'a,b'), (2, NULL))"
    with connect().cursor().copy(f"COPY ({query}) TO STDOUT WITH (FORMAT csv)") as copy:
        text = b"".join(map(bytes, copy)).decode()
    forever = 2**64 - 1
    assert sorted(text.splitlines()) == [f'{forever},1,1,"a,b"', f"{forever},1,2,"]
    with connect().cursor().copy(f"COPY ({query}) TO STDOUT WITH (FORMAT binary)") as copy:
        copy.set_types(["numeric", "int8", "int4", "text"])
        assert sorted(copy.rows()) == [(forever, 1, 1, "a,b"), (forever, 1, 2, None)]


def test_the_past_stays_for_who_has_begun_to_read_it(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t SELECT generate_series(1, 20000)")
    reader = connect(autocommit=False)
    [(now,)] = sql.execute("SELECT mz_now()")
    at = int(now)
    reader.execute(f"DECLARE c CURSOR FOR SUBSCRIBE t WITH (PROGRESS) AS OF {at}")
    assert [row[:2] for row in reader.execute("FETCH 1 c")] == [(at, True)]
    sql.execute("DELETE FROM t")
    time.sleep(1.5)
    sql.execute("INSERT INTO t SELECT generate_series(1, 10000)")
    sql.execute("DELETE FROM t")
    rows = reader.execute("FETCH 20000 c WITH (timeout = '60s')").fetchall()
    assert [row[:3] for row in rows] == [(at, False, 1)] * 20_000


def test_fetch(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1), (2)")
    reader = connect(autocommit=False)
    reader.execute("DECLARE c CURSOR FOR SUBSCRIBE t WITH (PROGRESS)")
    sql.execute("INSERT INTO t VALUES (3)")  # the cursor is lazy: its time is that of the first FETCH
    rows = []
    while len(rows) < 5:
        cursor = reader.execute("FETCH 2 c", prepare=False)
        assert cursor.statusmessage == f"FETCH {cursor.rowcount}"
        assert 1 <= cursor.rowcount <= 2
        rows += cursor.fetchall()
    as_of = rows[0][0]
    assert rows[0][1]
    assert {row[0] for row in rows[:4]} == {as_of}
    assert sorted(row[3] for row in rows[1:4]) == [1, 2, 3]
    assert rows[4][1]
    assert rows[4][0] > as_of
    reader.execute("CLOSE c")
    with pytest.raises(psycopg.errors.InvalidCursorName, match='cursor "c" does not exist'):
        reader.execute("FETCH ALL c")


def test_queries_that_read_each_other_are_kept_up(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE edge (a int, b int)")
    sql.execute("INSERT INTO edge VALUES (1, 2), (2, 3)")
    sql.execute("CREATE VIEW known AS SELECT a, b FROM edge")
    sql.execute(
        "CREATE VIEW reach AS WITH MUTUALLY RECURSIVE r (a int, b int) AS"
        " (SELECT * FROM edge UNION SELECT r.a, k.b FROM r JOIN known AS k ON k.a = r.b) SELECT * FROM r"
    )
    sql.execute("CREATE MATERIALIZED VIEW counted AS SELECT a, count(*) AS n FROM reach GROUP BY a")
    assert sorted(sql.execute("SELECT * FROM counted").fetchall()) == [(1, 2), (2, 1)]
    reader = connect()
    with reader.transaction():
        reader.execute("DECLARE c CURSOR FOR SUBSCRIBE reach")
        assert {row[1:] for row in reader.execute("FETCH 3 c", prepare=False)} == {(1, 1, 2), (1, 1, 3), (1, 2, 3)}
        sql.execute("INSERT INTO edge VALUES (3, 1)")
        new = {(a, b) for _, diff, a, b in reader.execute("FETCH 6 c", prepare=False) if diff == 1}
        assert new == {(3, 1), (3, 2), (3, 3), (1, 1), (2, 1), (2, 2)}
        sql.execute("DELETE FROM edge WHERE a = 2")
        gone = {(a, b) for _, diff, a, b in reader.execute("FETCH 6 c", prepare=False) if diff == -1}
        assert gone == {(1, 3), (2, 3), (3, 3), (1, 1), (2, 1), (2, 2)}
    assert sorted(sql.execute("SELECT * FROM counted").fetchall()) == [(1, 1), (3, 2)]


def test_fetch_with_a_timeout(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    reader = connect()
    with reader.transaction():
        reader.execute("DECLARE c CURSOR FOR SUBSCRIBE t")
        began = time.monotonic()
        assert reader.execute("FETCH ALL c WITH (timeout = '1s')", prepare=False).fetchall() == []
        assert time.monotonic() - began >= 1, "ALL waits the whole time"
        assert reader.execute("FETCH ALL c WITH (timeout = '0s')", prepare=False).fetchall() == []
        sql.execute("INSERT INTO t VALUES (1)")
        found = reader.execute("FETCH 1 c WITH (timeout = '1 minute')", prepare=False).fetchall()
        assert [row[1:] for row in found] == [(1, 1)]
    reader.execute("BEGIN")
    reader.execute("DECLARE c CURSOR FOR SUBSCRIBE t")
    with pytest.raises(psycopg.Error, match="invalid TIMEOUT: cannot convert negative interval"):
        reader.execute("FETCH ALL c WITH (timeout = '-1s')")
    for timeout, told in {"1 month": "interval with months to duration", "1 dya": "unknown units dya"}.items():
        reader.execute("ROLLBACK")
        reader.execute("BEGIN")
        reader.execute("DECLARE c CURSOR FOR SUBSCRIBE t")
        with pytest.raises(psycopg.Error, match=f"invalid TIMEOUT: .*{told}"):
            reader.execute(f"FETCH ALL c WITH (timeout = '{timeout}')")  # type: ignore[call-overload]


@pytest.mark.parametrize("query", ["SUBSCRIBE t", "SELECT a FROM t"])
def test_a_cursor_over_what_is_gone_says_so(sql: psycopg.Connection, connect: Connect, query: str) -> None:
    for change, told in {
        "": "unknown catalog item 't'",
        "CREATE TABLE t (a text)": "cached plan must not change result type",
    }.items():
        sql.execute("DROP TABLE IF EXISTS t")
        sql.execute("CREATE TABLE t (a int)")
        reader = connect(autocommit=False)
        reader.execute(f"DECLARE c CURSOR FOR {query}")  # type: ignore[call-overload]
        sql.execute("DROP TABLE t")
        sql.execute(change)  # type: ignore[call-overload]
        with pytest.raises(psycopg.Error, match=told):
            reader.execute("FETCH 1 c")


def test_cursor_over_a_query_and_an_ended_subscription(connect: Connect) -> None:
    reader = connect()
    with reader.transaction():
        reader.execute("DECLARE c CURSOR FOR SELECT * FROM (VALUES (1), (2), (3)) AS v (x) ORDER BY x")
        assert reader.execute("FETCH 2 c").fetchall() == [(1,), (2,)]
        assert reader.execute("FETCH ALL c").fetchall() == [(3,)]
        assert reader.execute("FETCH ALL c").fetchall() == []
    with reader.transaction():
        reader.execute("DECLARE c CURSOR FOR SUBSCRIBE (VALUES (1))")
        assert [row[1:] for row in reader.execute("FETCH ALL c").fetchall()] == [(1, 1)]
        assert reader.execute("FETCH ALL c").fetchall() == []


def test_cursor_rules(connect: Connect) -> None:
    reader = connect()
    with pytest.raises(psycopg.Error, match="DECLARE CURSOR can only be used in transaction blocks") as caught:
        reader.execute("DECLARE c CURSOR FOR SELECT 1")
    assert caught.value.sqlstate == "25P01"
    reader.execute("BEGIN")
    reader.execute("DECLARE c CURSOR FOR SELECT 1")
    with pytest.raises(psycopg.errors.DuplicateCursor):
        reader.execute("DECLARE c CURSOR FOR SELECT 1")
    reader.execute("ROLLBACK")
    reader.execute("BEGIN")
    reader.execute("DECLARE c CURSOR FOR SELECT 1")
    reader.execute("COMMIT")
    reader.execute("BEGIN")
    with pytest.raises(psycopg.errors.InvalidCursorName):
        reader.execute("FETCH c")
    reader.execute("ROLLBACK")


def test_cancel_leaves_the_connection_usable(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    reader = connect()
    for _ in range(3):
        rows = reader.cursor().stream("SUBSCRIBE t WITH (PROGRESS)", size=1)
        assert next(rows)[1]
        reader.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled, match="canceling statement due to user request"):
            for _ in rows:
                pass
        assert reader.execute("SELECT 1").fetchone() == (1,)


def test_cancel_in_a_transaction_aborts_it(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    reader = connect()
    reader.execute("BEGIN")
    reader.execute("DECLARE c CURSOR FOR SUBSCRIBE t")
    timer = threading.Timer(0.3, reader.cancel_safe)
    timer.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        reader.execute("FETCH ALL c")
    timer.join()
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        reader.execute("SELECT 1")
    reader.execute("ROLLBACK")
    assert reader.execute("SELECT 1").fetchone() == (1,)


def test_cancel_between_fetches(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    reader = connect()
    reader.execute("BEGIN")
    reader.execute("DECLARE c CURSOR FOR SUBSCRIBE t WITH (PROGRESS)")
    reader.execute("FETCH 1 c")
    reader.cancel_safe()
    with pytest.raises(psycopg.errors.QueryCanceled):
        reader.execute("FETCH 1 c")
    reader.execute("ROLLBACK")


def test_cancel_stops_a_long_query(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    with sql.cursor().copy("COPY t FROM STDIN") as copy:
        copy.write("\n".join(map(str, range(3000))) + "\n")
    reader = connect()
    timer = threading.Timer(0.5, reader.cancel_safe)
    timer.start()
    began = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled):
        reader.execute(
            "SELECT count(*) FROM t a, t b, t c, t d WHERE a.a + b.a * 7 + c.a * 11 <> d.a * 13 + 5"
        ).fetchone()
    assert time.monotonic() - began < 60
    timer.join()


def test_idle_in_transaction(connect: Connect) -> None:
    reader = connect()
    reader.execute("SET idle_in_transaction_session_timeout = '300ms'")
    reader.execute("BEGIN")
    reader.execute("SELECT 1")
    time.sleep(1.2)
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        reader.execute("SELECT 1")


def test_transactions_of_subscriptions(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    for first, second, state in (
        ("SELECT * FROM t", "SUBSCRIBE t", "25006"),
        ("SUBSCRIBE (VALUES (1))", "SELECT * FROM t", "25000"),
        ("SUBSCRIBE (VALUES (1))", "SUBSCRIBE (VALUES (1))", "25000"),
    ):
        reader = connect()
        reader.execute("BEGIN")
        reader.execute(first)
        with pytest.raises(psycopg.Error) as caught:
            reader.execute(second)
        assert caught.value.sqlstate == state


def test_async_clients_side_by_side(dsn: str, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")

    async def count_to(target: int) -> int:
        total = 0
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
        async with connection:
            async for row in connection.cursor().stream("SUBSCRIBE t WITH (PROGRESS)", size=1):
                total += row[2] or 0
                if total == target:
                    break
        return total

    async def write(count: int) -> None:
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
        async with connection:
            for number in range(count):
                await connection.execute("INSERT INTO t VALUES (%s)", (number,))

    async def main() -> list[int]:
        readers = [asyncio.create_task(count_to(40)) for _ in range(3)]
        await asyncio.gather(write(20), write(20))
        return await asyncio.wait_for(asyncio.gather(*readers), 60)

    assert asyncio.run(main()) == [40, 40, 40]
