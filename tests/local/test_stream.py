"""SUBSCRIBE's stream, line by line: what comes, in which order, at which timestamp."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import psycopg
import pytest
from psycopg import pq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Row = tuple
    Connect = Callable[..., psycopg.Connection]

T = TypeVar("T")

FOREVER = 2**64 - 1
PROGRESS = "WITH (PROGRESS)"


def subscribe(connect: Connect, statement: str, *parameters: object) -> Iterator[Row]:
    """Yield the rows of a SUBSCRIBE; timestamps as int."""
    for row in connect().cursor().stream(statement, parameters or None, size=1):
        yield (int(row[0]), *row[1:])


def batch(rows: Iterator[Row]) -> tuple[list[Row], int]:
    """Take rows up to the next progress row; return them without that, and its timestamp."""
    found = []
    for row in rows:
        if row[1]:
            assert all(value is None for value in row[2:]), "a progress row is NULL but for its timestamp"
            return found, row[0]
        found.append(row)
    raise AssertionError("the stream ended without a progress row")


def next_change(rows: Iterator[Row]) -> list[Row]:
    """Skip idle progress; return the rows of the next batch that has some."""
    while True:
        found, _ = batch(rows)
        if found:
            return found


def snapshot(rows: Iterator[Row]) -> tuple[int, list[Row]]:
    """Take P(as_of), the snapshot and P(T1), checking their timestamps."""
    nothing, as_of = batch(rows)
    assert nothing == []
    found, closed = batch(rows)
    assert all(row[0] == as_of for row in found)
    assert closed > as_of
    return as_of, found


def test_table(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("INSERT INTO t VALUES (1, 'one'), (2, NULL)")
    before = time.time() * 1000
    rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS}")
    as_of, found = snapshot(rows)
    assert sorted(row[2:] for row in found) == [(1, 1, "one"), (1, 2, None)]
    assert abs(as_of - before) < 10_000, "timestamps are milliseconds since 1970"

    sql.execute("INSERT INTO t VALUES (3, 'three')")
    (row,) = next_change(rows)
    assert row[0] > as_of
    assert row[1:] == (False, 1, 3, "three")

    sql.execute("UPDATE t SET b = 'uno' WHERE a = 1")
    found = next_change(rows)
    assert sorted(row[2:] for row in found) == [(-1, 1, "one"), (1, 1, "uno")]
    assert len({row[0] for row in found}) == 1, "an update is one moment"

    sql.execute("DELETE FROM t WHERE a = 3")
    (row,) = next_change(rows)
    assert row[1:] == (False, -1, 3, "three")


def test_empty_table(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS}")
    as_of, found = snapshot(rows)
    assert found == []
    times = [as_of]
    while len(times) < 4:  # idle progress goes on
        found, closed = batch(rows)
        assert found == []
        times.append(closed)
    assert times == sorted(set(times)), "progress strictly increases"
    sql.execute("INSERT INTO t VALUES (1)")
    (row,) = next_change(rows)
    assert row[0] >= times[-1], "nothing comes before what progress has closed"
    assert row[2:] == (1, 1)


def test_what_rests_says_so_once_a_second_whatever_others_do(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE TABLE other (a int)")
    rows, more = (
        subscribe(connect, f"SUBSCRIBE t {PROGRESS}"),
        subscribe(connect, f"SUBSCRIBE (SELECT a + 1 FROM t) {PROGRESS}"),
    )
    snapshot(rows)
    snapshot(more)
    sql.execute("INSERT INTO other VALUES (1)")
    began = time.monotonic()
    closed = [batch(rows)[1] for _ in range(4)]
    assert time.monotonic() - began > 1, "not on and on after one commit elsewhere"
    said = 0
    while said < closed[-1]:
        said = batch(more)[1]
    assert said == closed[-1], "all say the same moment"


def test_constant_view_ends_by_itself(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE VIEW v AS VALUES (1, 'a'), (1, 'a'), (2, 'b')")
    for subject in ("v", "(SELECT * FROM v)", "(VALUES (1, 'a'), (2, 'b'), (1, 'a'))"):
        rows = list(subscribe(connect, f"SUBSCRIBE {subject} {PROGRESS}"))
        assert rows[0] == (FOREVER, True, None, None, None)
        assert sorted(rows[1:]) == [(FOREVER, False, 1, 2, "b"), (FOREVER, False, 2, 1, "a")]
    only_progress = list(subscribe(connect, "SUBSCRIBE v WITH (PROGRESS, SNAPSHOT false)"))
    assert only_progress == [(FOREVER, True, None, None, None)]
    sql.execute("CREATE MATERIALIZED VIEW m AS VALUES (1, 'a')")
    start, row = list(subscribe(connect, f"SUBSCRIBE m {PROGRESS}"))
    assert start[0] < FOREVER, "what is stored has an ordinary time"
    assert row == (start[0], False, 1, 1, "a")


def test_view_with_ties_at_its_limit(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (name text, n int)")
    sql.execute("INSERT INTO t VALUES ('d', 1), ('b', 1), ('c', 1), ('a', 5)")
    sql.execute("CREATE VIEW top2 AS SELECT name, n FROM t ORDER BY n DESC LIMIT 2")
    rows = subscribe(connect, f"SUBSCRIBE top2 {PROGRESS}")
    _, found = snapshot(rows)
    assert sorted(row[2:] for row in found) == [(1, "a", 5), (1, "b", 1)], "ties go by the whole row"
    sql.execute("INSERT INTO t VALUES ('e', 1)")  # a tie that loses changes nothing
    sql.execute("INSERT INTO t VALUES ('aa', 1)")
    assert sorted(row[2:] for row in next_change(rows)) == [(-1, "b", 1), (1, "aa", 1)]
    sql.execute("DELETE FROM t WHERE name = 'a'")
    assert sorted(row[2:] for row in next_change(rows)) == [(-1, "a", 5), (1, "b", 1)]


def test_duplicates_are_one_row_with_a_diff(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (7), (7), (8)")
    rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS}")
    _, found = snapshot(rows)
    assert sorted(row[2:] for row in found) == [(1, 8), (2, 7)]
    sql.execute("INSERT INTO t VALUES (7), (7), (7)")
    assert [row[2:] for row in next_change(rows)] == [(3, 7)]
    sql.execute("DELETE FROM t WHERE a = 7")
    assert [row[2:] for row in next_change(rows)] == [(-5, 7)]


def ahead(prepare: Callable[[int], T]) -> tuple[int, T]:
    """Prepare for a moment that is still to come; a machine that is late for one gets a later one."""
    for lead in (1200, 5000, 20_000):
        then = int(time.time() * 1000) + lead
        prepared = prepare(then)
        if time.time() * 1000 < then:
            return then, prepared
    raise AssertionError("the machine is too slow for this")


def test_temporal_filter_expires_at_its_own_millisecond(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (name text, until bigint)")

    def prepare(then: int) -> tuple[Iterator[Row], list[Row]]:
        sql.execute("DELETE FROM t")
        sql.execute("INSERT INTO t VALUES ('a', %s), ('b', %s), ('later', %s)", (then, then + 800, then + 900_000))
        rows = subscribe(connect, f"SUBSCRIBE (SELECT name FROM t WHERE mz_now() <= until) {PROGRESS}")
        return rows, snapshot(rows)[1]

    then, (rows, found) = ahead(prepare)
    assert sorted(row[3] for row in found) == ["a", "b", "later"]
    assert next_change(rows) == [(then + 1, False, -1, "a")]
    assert next_change(rows) == [(then + 801, False, -1, "b")]


def test_a_row_becomes_visible_when_its_time_comes(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (since bigint)")

    def prepare(then: int) -> tuple[Iterator[Row], list[Row]]:
        sql.execute("DELETE FROM t")
        sql.execute("INSERT INTO t VALUES (%s)", (then,))
        rows = subscribe(connect, f"SUBSCRIBE (SELECT count(*) FROM t WHERE mz_now() >= since) {PROGRESS}")
        return rows, snapshot(rows)[1]

    then, (rows, found) = ahead(prepare)
    assert [row[2:] for row in found] == [(1, 0)]
    assert sorted(next_change(rows)) == [(then, False, -1, 0), (then, False, 1, 1)]


def test_columns(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (k int, v text)")
    described = {}
    for options in ("", "WITH (PROGRESS)", "ENVELOPE UPSERT (KEY (v))", "WITH (PROGRESS) ENVELOPE UPSERT (KEY (v))"):
        pgconn = connect().pgconn
        pgconn.prepare(b"s", f"SUBSCRIBE t {options}".encode())
        result = pgconn.describe_prepared(b"s")
        described[options] = [
            (result.fname(i).decode(), result.ftype(i), result.fmod(i)) for i in range(result.nfields)
        ]
    timestamp = ("mz_timestamp", 1700, 2555908)
    progressed, diff, state = ("mz_progressed", 16, -1), ("mz_diff", 20, -1), ("mz_state", 25, -1)
    k, v = ("k", 23, -1), ("v", 25, -1)
    assert described[""] == [timestamp, diff, k, v]
    assert described["WITH (PROGRESS)"] == [timestamp, progressed, diff, k, v]
    assert described["ENVELOPE UPSERT (KEY (v))"] == [timestamp, state, v, k]
    assert described["WITH (PROGRESS) ENVELOPE UPSERT (KEY (v))"] == [timestamp, progressed, state, v, k]


def test_without_progress_and_without_snapshot(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1)")
    plain = connect().cursor().stream("SUBSCRIBE t")
    assert next(plain)[1:] == (1, 1)
    late = subscribe(connect, "SUBSCRIBE t WITH (PROGRESS, SNAPSHOT = false)")
    _, found = snapshot(late)
    assert found == []
    sql.execute("INSERT INTO t VALUES (2)")
    assert next(plain)[1:] == (1, 2)
    assert [row[2:] for row in next_change(late)] == [(1, 2)]


@pytest.mark.usefixtures("embedded")
def test_the_order_within_a_timestamp_is_no_help(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a text)")
    sql.execute("INSERT INTO t VALUES ('ccc'), ('a'), ('bb')")
    rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS}")
    _, found = snapshot(rows)
    assert [row[3] for row in found] == ["a", "bb", "ccc"], "shorter rows come first, then bytes"
    sql.execute("UPDATE t SET a = 'z' WHERE a = 'ccc'")
    assert [row[2:] for row in next_change(rows)] == [(1, "z"), (-1, "ccc")], "an insertion can precede its retraction"


def test_parameters_that_are_equal_and_not_the_same_have_each_their_own_answer(
    connect: Connect, sql: psycopg.Connection
) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1)")
    query = "SUBSCRIBE (SELECT %s::float8::text FROM t)"
    streams = [connect().cursor().stream(query, [zero]) for zero in (0.0, -0.0)]
    assert [next(rows)[2] for rows in streams] == ["0", "-0"]
    for rows in streams:
        rows.close()


# ------------------------------------------------------------------------------------------- AS OF, UP TO


def test_resume_after_the_last_progress(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1)")
    rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS}")
    snapshot(rows)
    sql.execute("INSERT INTO t VALUES (2)")
    (seen,) = next_change(rows)
    sql.execute("INSERT INTO t VALUES (3)")
    resumed = subscribe(connect, f"SUBSCRIBE t WITH (PROGRESS, SNAPSHOT false) AS OF {seen[0]}")
    assert next(resumed)[:2] == (seen[0], True)
    (row,) = next_change(resumed)
    assert row[0] > seen[0]
    assert row[2:] == (1, 3), "exactly what was missed"
    whole = subscribe(connect, f"SUBSCRIBE t {PROGRESS} AS OF {seen[0]}")
    as_of, found = snapshot(whole)
    assert as_of == seen[0]
    assert sorted(row[3] for row in found) == [1, 2]


def test_as_of_too_old(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    with pytest.raises(psycopg.Error, match="could not find a valid timestamp for the query") as caught:
        list(subscribe(connect, "SUBSCRIBE t AS OF 1000"))
    assert caught.value.sqlstate == "22000"
    assert str(caught.value.diag.message_detail).startswith("Constraints:")
    sql.execute("INSERT INTO t VALUES (1)")
    rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS} AS OF AT LEAST 1000")
    assert next(rows)[1]


def test_as_of_in_the_future(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")

    def prepare(then: int) -> Iterator[Row]:
        sql.execute("DELETE FROM t")
        rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS} AS OF {then}")
        assert next(rows)[:2] == (then, True), "told at once"
        sql.execute("INSERT INTO t VALUES (1)")
        return rows

    then, rows = ahead(prepare)
    found, closed = batch(rows)
    assert found == [(then, False, 1, 1)]
    assert closed > then


def test_up_to(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")

    def prepare(end: int) -> tuple[Iterator[Row], list[Row]]:
        sql.execute("DELETE FROM t")
        sql.execute("INSERT INTO t VALUES (1)")
        rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS} UP TO {end}")
        _, found = snapshot(rows)
        sql.execute("INSERT INTO t VALUES (2)")
        return rows, found

    end, (rows, found) = ahead(prepare)
    assert [row[2:] for row in found] == [(1, 1)]
    rest = list(rows)
    assert [row[2:] for row in rest if not row[1]] == [(1, 2)]
    assert all(row[0] < end for row in rest if not row[1])
    assert rest[-1][1]
    assert rest[-1][0] >= end


def test_bounds_that_leave_nothing(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    now = int(time.time() * 1000)
    later = now + 5000
    notices: list[str] = []
    connection = connect()
    connection.add_notice_handler(lambda diagnostic: notices.append(str(diagnostic.message_primary)))
    assert list(connection.cursor().stream(f"SUBSCRIBE t AS OF {later} UP TO {later}")) == []
    assert len(notices) >= 2, notices
    with pytest.raises(psycopg.Error, match=r"is greater than its upper bound \(`UP TO`\)") as caught:
        list(subscribe(connect, f"SUBSCRIBE t AS OF {later} UP TO {later - 1}"))
    assert caught.value.sqlstate == "22000"


@pytest.mark.parametrize("bound", ["now()", "mz_now()", "NULL", "'no time'"])
def test_bounds_that_are_none(connect: Connect, sql: psycopg.Connection, bound: str) -> None:
    sql.execute("CREATE TABLE t (a int)")
    with pytest.raises(psycopg.Error):
        list(subscribe(connect, f"SUBSCRIBE t AS OF {bound}"))


# --------------------------------------------------------------------------------------------- envelopes


def test_upsert(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (v text, k int)")
    sql.execute("INSERT INTO t VALUES ('b', 2), ('a', 1)")
    rows = subscribe(connect, f"SUBSCRIBE t ENVELOPE UPSERT (KEY (k)) {PROGRESS}")
    _, found = snapshot(rows)
    assert [row[2:] for row in found] == [("upsert", 1, "a"), ("upsert", 2, "b")]
    sql.execute("UPDATE t SET v = 'c' WHERE k = 2")
    assert [row[2:] for row in next_change(rows)] == [("upsert", 2, "c")]
    sql.execute("DELETE FROM t WHERE k = 1")
    assert [row[2:] for row in next_change(rows)] == [("delete", 1, None)]
    sql.execute("INSERT INTO t VALUES ('x', 3), ('y', 3), ('z', 4), ('z', 4)")
    assert [row[2:] for row in next_change(rows)] == [("key_violation", 3, None), ("key_violation", 4, None)]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SUBSCRIBE t ENVELOPE UPSERT (KEY (nope))", 'column "nope" does not exist'),
        ("SUBSCRIBE t ENVELOPE DEBEZIUM (KEY (a))", "is not available"),
        ("SUBSCRIBE t WITHIN TIMESTAMP ORDER BY a", "`WITHIN TIMESTAMP ORDER BY ..` is not available"),
        ("SUBSCRIBE nope", "unknown catalog item 'nope'"),
        ("SUBSCRIBE (SELECT nope FROM t)", 'column "nope" does not exist'),
        ("SUBSCRIBE (SELECT a FROM t WHERE mz_now() <= a OR a > 1)", "Unsupported temporal predicate"),
    ],
)
def test_refusals(connect: Connect, sql: psycopg.Connection, statement: str, message: str) -> None:
    sql.execute("CREATE TABLE t (a int)")
    with pytest.raises(psycopg.Error) as caught:
        list(connect().cursor().stream(statement))
    assert message in str(caught.value)


# ------------------------------------------------------------------------------------------------- ends


def test_drop_of_an_input_ends_the_stream(connect: Connect, sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE VIEW v AS SELECT count(*) FROM t")
    rows = subscribe(connect, f"SUBSCRIBE v {PROGRESS}")
    snapshot(rows)
    sql.execute("DROP VIEW v")
    with pytest.raises(psycopg.Error) as caught:
        list(rows)
    assert caught.value.sqlstate == "XX000"
    assert str(caught.value).startswith(
        f'subscribe has been terminated because underlying relation "materialize.{schema}.v" was dropped'
    )


def test_an_evaluation_error_ends_the_stream(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1)")
    sql.execute("CREATE VIEW v AS SELECT 10 / a AS q FROM t")
    rows = subscribe(connect, f"SUBSCRIBE v {PROGRESS}")
    snapshot(rows)
    sql.execute("INSERT INTO t VALUES (0)")
    with pytest.raises(psycopg.Error, match=r"^Evaluation error: division by zero") as caught:
        list(rows)
    assert caught.value.sqlstate == "XX000"
    with pytest.raises(psycopg.Error, match="Evaluation error: division by zero"):
        list(subscribe(connect, f"SUBSCRIBE v {PROGRESS}"))
    sql.execute("DELETE FROM t WHERE a = 0")
    _, found = snapshot(subscribe(connect, f"SUBSCRIBE v {PROGRESS}"))
    assert [row[2:] for row in found] == [(1, 10)], "with the data repaired it works again"


def test_notice_and_row_description_come_before_any_row(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    connection = connect()
    notices: list[tuple[str | None, str | None]] = []
    connection.add_notice_handler(lambda d: notices.append((d.sqlstate, d.message_primary)))
    pgconn = connection.pgconn
    pgconn.send_query_params(b"SUBSCRIBE t", None)
    pgconn.set_single_row_mode()
    deadline = time.monotonic() + 90
    while not notices:
        assert time.monotonic() < deadline
        pgconn.consume_input()
        pgconn.is_busy()  # parses what came
        time.sleep(0.01)
    assert notices == [("01000", "streaming SUBSCRIBE rows directly requires a client that does not buffer output")]
    connection.cancel_safe()
    result = pgconn.get_result()
    assert result is not None
    assert result.status == pq.ExecStatus.FATAL_ERROR
    assert result.error_field(pq.DiagnosticField.SQLSTATE) == b"57014"


def test_parameters(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1), (2), (3)")
    rows = subscribe(connect, f"SUBSCRIBE (SELECT a FROM t WHERE a >= %s) {PROGRESS}", 2)
    _, found = snapshot(rows)
    assert sorted(row[3] for row in found) == [2, 3]


def test_subscribers_of_one_query_see_the_same(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    first = subscribe(connect, f"SUBSCRIBE (SELECT count(*) FROM t) {PROGRESS}")
    snapshot(first)
    sql.execute("INSERT INTO t VALUES (1)")
    second = subscribe(connect, f"SUBSCRIBE (SELECT count(*) FROM t) {PROGRESS}")
    _, found = snapshot(second)
    assert [row[2:] for row in found] == [(1, 1)], "a late subscriber starts with what is committed"
    assert sorted(row[2:] for row in next_change(first)) == [(-1, 0), (1, 1)]
    sql.execute("INSERT INTO t VALUES (1)")
    assert next_change(first) == next_change(second)


def test_a_commit_elsewhere_moves_progress(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE TABLE other (a int)")
    other = subscribe(connect, f"SUBSCRIBE other {PROGRESS}")
    rows = subscribe(connect, f"SUBSCRIBE t {PROGRESS}")
    snapshot(other)
    snapshot(rows)
    sql.execute("INSERT INTO other VALUES (1)")
    (row,) = next_change(other)
    while True:
        found, closed = batch(rows)
        assert found == []
        if closed > row[0]:
            break
