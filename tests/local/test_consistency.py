"""What must always hold: folding the stream up to a progress row gives the view at that moment, whatever happens."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., psycopg.Connection]

    Rows = Counter[tuple[object, ...]]

keys = st.integers(0, 4)
values = st.integers(-3, 3)
rows = st.lists(st.tuples(keys, values), min_size=1, max_size=5)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), rows),
        st.tuples(st.just("delete"), keys),
        st.tuples(st.just("update"), keys, values),
        st.tuples(st.just("transaction"), st.lists(rows, min_size=1, max_size=3)),
        st.tuples(st.just("copy"), rows),
        st.tuples(st.just("pause"), st.integers(1, 30)),
    ),
    max_size=25,
)

QUERIES = {
    "t": lambda table: table,
    "(SELECT k, count(*) AS n, sum(v) AS s FROM t GROUP BY k)": lambda table: Counter(
        (k, sum(table[row] for row in table if row[0] == k), sum(row[1] * table[row] for row in table if row[0] == k))
        for k in {row[0] for row in table}
    ),
    "(SELECT v FROM t ORDER BY v DESC, k LIMIT 3)": lambda table: Counter(
        (v,) for v, _ in sorted(((v, k) for k, v in table.elements()), key=lambda r: (-r[0], r[1]))[:3]
    ),
    "(SELECT a.k, b.v FROM t a JOIN t b ON a.k = b.k AND a.v < b.v)": lambda table: (
        +Counter(
            {
                (key, v): sum(
                    table[left] * table[right]
                    for left, right in itertools.product(table, table)
                    if left[0] == right[0] == key and left[1] < right[1] and right[1] == v
                )
                for key, v in table
            }
        )
    ),
    "(SELECT DISTINCT v FROM t EXCEPT SELECT k FROM t)": lambda table: Counter(
        {(row[1],) for row in table} - {(row[0],) for row in table}
    ),
}


def apply(connection: psycopg.Connection, table: Rows, operation: tuple) -> Rows:
    """Carry an operation out in the database and return what the table should hold then."""
    kind, *arguments = operation
    table = Counter(table)
    if kind == "insert":
        (new,) = arguments
        marks = ", ".join(["(%s::int, %s::int)"] * len(new))
        connection.execute(f"INSERT INTO t VALUES {marks}", [value for row in new for value in row])
        table.update(new)
    elif kind == "transaction":
        with connection.transaction():
            for new in arguments[0]:
                for row in new:
                    connection.execute("INSERT INTO t VALUES (%s, %s)", row)
                table.update(new)
    elif kind == "copy":
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            for row in arguments[0]:
                copy.write_row(row)
        table.update(arguments[0])
    elif kind == "delete":
        connection.execute("DELETE FROM t WHERE k = %s", arguments)
        table = Counter({row: n for row, n in table.items() if row[0] != arguments[0]})
    elif kind == "update":
        key, change = arguments
        connection.execute("UPDATE t SET v = v + %s WHERE k = %s", (change, key))
        changed: Rows = Counter()
        for (k, v), n in table.items():
            changed[k, v + change if k == key else v] += n
        table = changed
    else:
        time.sleep(arguments[0] / 1000)
    return table


@dataclass
class Tail(threading.Thread):
    """Follows one query; keeps what it amounts to at each progress row."""

    connection: psycopg.Connection
    query: str
    states: list[tuple[int, Rows]] = field(default_factory=list)
    enough: int = 2**64
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        try:
            self.follow()
        except BaseException as error:
            self.failure = error

    def follow(self) -> None:
        now: Rows = Counter()
        batch: dict[tuple[int, tuple[object, ...]], int] = {}
        frontier = 0
        statement = f"SUBSCRIBE {self.query} WITH (PROGRESS)"
        for timestamp, progressed, diff, *row in self.connection.cursor().stream(statement, size=1):
            assert timestamp >= frontier, "timestamps never go back behind progress"
            if not progressed:
                assert diff != 0
                key = (int(timestamp), tuple(row))
                assert key not in batch, "a row comes once for each timestamp"
                batch[key] = diff
                continue
            assert not self.states or timestamp > frontier, "progress strictly increases"
            frontier = int(timestamp)
            for (moment, values_), diff_ in batch.items():
                assert moment < frontier or not self.states
                now[values_] += diff_
            assert all(count >= 0 for count in now.values()), "no row is retracted that is not there"
            now = +now
            batch.clear()
            self.states.append((frontier, Counter(now)))
            if frontier > self.enough and len(self.states) > 1:
                return


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=rows, operations=operations)
def test_folding_the_stream_gives_the_view(
    connect: Connect, sql: psycopg.Connection, before: list[tuple[int, int]], operations: list[tuple]
) -> None:
    sql.execute("DROP TABLE IF EXISTS t")
    sql.execute("CREATE TABLE t (k int, v int)")
    history = [apply(sql, Counter(), ("insert", before))]
    times = [_now(sql)]
    tails = [Tail(connect(), query) for query in QUERIES]
    for tail in tails:
        tail.start()
    for operation in operations:
        history.append(apply(sql, history[-1], operation))
        times.append(_now(sql))
        assert Counter(sql.execute("SELECT k, v FROM t").fetchall()) == history[-1]
    for tail in tails:
        tail.enough = times[-1]
    for tail in tails:
        tail.join(120)
        assert not tail.is_alive()
        if tail.failure is not None:
            raise tail.failure
        tail.connection.close()
        expected = [QUERIES[tail.query](table) for table in history]
        for frontier, found in tail.states[1:]:
            known = bisect_right(times, frontier - 1) - 1  # committed by then; the next may be, too
            assert found in expected[max(known, 0) : known + 2], (tail.query, frontier)
        assert tail.states[-1][1] == expected[-1]


def _now(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT mz_now()::text FROM t LIMIT 1").fetchone()
    if row is None:
        row = connection.execute("SELECT mz_now()::text").fetchone()
    assert row is not None
    return int(row[0])


def test_history_is_exact(connect: Connect, sql: psycopg.Connection) -> None:
    """Whatever a stream told as of a moment, AS OF tells again for a second."""
    sql.execute("CREATE TABLE t (k int, v int)")
    reader = connect()
    seen = 0
    now: Rows = Counter()
    stream = connect().cursor().stream("SUBSCRIBE t WITH (PROGRESS)", size=1)
    for number in range(300):
        sql.execute("INSERT INTO t VALUES (%s, 0)", (number % 7,))
        if number % 10 == 0:
            sql.execute("DELETE FROM t WHERE k = %s", (number % 3,))
    assert next(stream)[1]  # the first progress row comes before the snapshot
    for timestamp, progressed, diff, *row in stream:
        if not progressed:
            now[tuple(row)] += diff
            continue
        with contextlib.suppress(psycopg.errors.DataException):  # this reader was too slow for the window
            told = reader.execute(f"SELECT * FROM t AS OF {int(timestamp) - 1}").fetchall()
            assert Counter(told) == +now
            seen += 1
        if seen >= 3 and sum(now.values()) == sql.execute("SELECT count(*) FROM t").fetchall()[0][0]:
            break
    reader.close()


def test_commits_and_subscribers_do_not_starve_each_other(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (k int, v int)")
    tails = [Tail(connect(), "(SELECT k, sum(v) AS s FROM t GROUP BY k)") for _ in range(4)]
    for tail in tails:
        tail.start()
    began = time.time() * 1000
    for number in range(1000):
        sql.execute("INSERT INTO t VALUES (%s, 1)", (number % 50,))
    end = _now(sql)
    for tail in tails:
        tail.enough = end
        tail.join(120)
        assert tail.failure is None
        during = [frontier for frontier, _ in tail.states if began < frontier <= end]
        assert len(during) > (end - began) / 1000, "more than once a second, at least"
        assert sum(int(str(row[1])) for row in tail.states[-1][1]) == 1000
