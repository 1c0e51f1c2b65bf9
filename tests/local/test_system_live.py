"""What the engine tells of itself is true, and can be watched."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from mzwidget.local.statements.system_relations import RELATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connect = Callable[..., psycopg.Connection]

pytestmark = pytest.mark.usefixtures("embedded")

_PATIENCE = 60.0


def updates(connection: psycopg.Connection, query: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield (diff, row) of a subscription, until nothing has come for too long."""
    end = time.monotonic() + _PATIENCE
    for _, progressed, diff, *row in connection.cursor().stream(f"SUBSCRIBE ({query}) WITH (PROGRESS)"):
        if not progressed:
            yield diff, tuple(row)
        assert time.monotonic() < end, "nothing came"


def test_a_subscription_sees_itself_come_and_another_go(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    other, watcher = connect(), connect()
    running = other.cursor().stream("SUBSCRIBE (SELECT * FROM t) WITH (PROGRESS)")
    next(running)
    query = (
        "SELECT o.name, i.connection_id FROM mz_internal.mz_subscriptions s JOIN mz_internal.mz_sessions i"
        " ON i.id = s.session_id, unnest(s.referenced_object_ids) AS r(id) JOIN mz_objects o ON o.id = r.id"
    )
    mine, others = (str(connection.info.backend_pid) for connection in (watcher, other))
    told = updates(watcher, query)
    wanted = {(1, ("t", others)), (1, ("mz_subscriptions", mine)), (1, ("mz_sessions", mine))}
    while wanted:
        wanted.discard(next(told))
    other.close()
    while next(told) != (-1, ("t", others)):
        pass


def test_frontiers_go_on_by_themselves_and_lag_stays_small(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
    query = (
        "SELECT o.name, f.write_frontier, w.lag < INTERVAL '5 seconds' FROM mz_internal.mz_frontiers f"
        " JOIN mz_objects o ON o.id = f.object_id JOIN mz_internal.mz_wallclock_global_lag w USING (object_id)"
        " WHERE o.name IN ('t', 'v')"
    )
    seen: dict[str, list[int]] = {"t": [], "v": []}
    for diff, (name, frontier, small) in updates(connect(), query):
        if diff > 0:
            assert small
            seen[name].append(int(frontier))
        if all(len(found) > 2 for found in seen.values()):
            break
    assert all(found == sorted(set(found)) for found in seen.values())
    assert all(later - former < 20_000 for found in seen.values() for former, later in itertools.pairwise(found))


def test_what_is_held_is_what_was_put_there(sql: psycopg.Connection, connect: Connect, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("CREATE VIEW v AS SELECT b, count(*) AS n FROM t GROUP BY b")
    sql.execute("INSERT INTO t SELECT i, repeat('x', 100) || i::text FROM generate_series(1, 1000) AS s(i)")
    watched = connect().cursor().stream("SUBSCRIBE (SELECT * FROM v) WITH (PROGRESS)")
    while not (next(watched))[1]:
        pass
    held = "SELECT records, size FROM mz_introspection.mz_dataflow_arrangement_sizes WHERE name = "
    [(records, size)] = sql.execute(f"{held} 'Table: materialize.{schema}.t'").fetchall()
    assert (records, 100_000 < size < 200_000) == (1000, True)
    of_v = f"'Dataflow: materialize.{schema}.v'"
    elapsed = (
        "SELECT e.elapsed_ns FROM mz_introspection.mz_scheduling_elapsed e"
        f" JOIN mz_introspection.mz_dataflows d USING (id) WHERE d.name = {of_v}"
    )
    assert sql.execute(f"{held} {of_v}").fetchone()[0] == 1000
    [(before,)] = sql.execute(elapsed).fetchall()
    sql.execute("INSERT INTO t VALUES (0, 'new')")
    while next(watched)[-2] != "new":
        pass
    [(after,)] = sql.execute(elapsed).fetchall()
    assert 0 < before < after
    [(used,)] = sql.execute("SELECT memory_bytes FROM mz_internal.mz_cluster_replica_metrics").fetchall()
    assert used is None or int(used) > 10_000_000


def test_what_is_held_is_told_while_tables_come_and_go(connect: Connect, schema: str) -> None:
    told = updates(connect(), "SELECT name FROM mz_introspection.mz_dataflow_arrangement_sizes")
    stop = threading.Event()

    def come_and_go(number: int) -> None:
        connection = connect()
        while not stop.is_set():
            connection.execute(f"CREATE TABLE gone{number} (a int)")
            connection.execute("SELECT sum(size) FROM mz_introspection.mz_dataflow_arrangement_sizes")
            connection.execute(f"DROP TABLE gone{number}")

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(come_and_go, number) for number in range(3)]
        try:
            names = {f"Table: materialize.{schema}.gone{number}" for number in range(3)}
            seen = list(itertools.islice((row for _, row in told if row[0] in names), 12))
        finally:
            stop.set()
        for each in running:
            each.result()
    assert len(seen) == 12


def test_views_of_what_changes_by_itself(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE VIEW here AS SELECT count(*) AS n FROM mz_internal.mz_sessions")
    [(alone,)] = sql.execute("SELECT n FROM here").fetchall()
    told = updates(connect(), "SELECT n FROM here")
    next(told)
    more = [connect() for _ in range(3)]
    while (found := next(told))[0] < 0 or found[1][0] < alone + 4:
        pass
    assert all(not connection.closed for connection in more)
    sql.execute("CREATE TABLE t (n int)")
    with sql.transaction():  # at a time before
        sql.execute("SELECT * FROM here")
    for statement in [
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM here",
        "CREATE VIEW v AS SELECT * FROM pg_catalog.pg_class",
        "INSERT INTO t SELECT n::int FROM here",
    ]:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match=r"system catalog|view of pg_catalog"):
            sql.execute(statement)


def test_all_that_the_system_tells_can_be_read_whatever_is_there(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TYPE kind AS LIST (ELEMENT TYPE = int)")
    sql.execute('CREATE TABLE of_all (a kind, b varchar(3), c "char", d numeric(5, 2))')
    sql.execute("CREATE VIEW of_all_view AS SELECT * FROM of_all")
    sql.execute("CREATE MATERIALIZED VIEW of_all_kept AS SELECT b FROM of_all")
    sql.execute("CREATE INDEX of_all_index ON of_all (b)")
    for what in ("TYPE kind", "TABLE of_all", "COLUMN of_all.b", "VIEW of_all_view", "INDEX of_all_index"):
        sql.execute(f"COMMENT ON {what} IS 'told'")  # type: ignore[call-overload]
    for path in RELATIONS:
        sql.execute(f"SELECT * FROM {path}").fetchall()  # type: ignore[call-overload]
    found = sql.execute("SELECT relname FROM pg_class JOIN pg_description ON objoid = pg_class.oid WHERE objsubid = 0")
    assert {name for (name,) in found} == {"of_all", "of_all_view", "of_all_index"}


def test_zones_are_listed_by_name_and_by_abbreviation(sql: psycopg.Connection) -> None:
    zones = (
        "SELECT name, utc_offset::text, is_dst FROM pg_timezone_names WHERE name IN ('Asia/Tokyo', 'UTC') ORDER BY 1"
    )
    assert sql.execute(zones).fetchall() == [("Asia/Tokyo", "09:00:00", False), ("UTC", "00:00:00", False)]
    chosen = "WHERE {} IN ('CEST', 'MSK', 'NPT') ORDER BY 1"
    short = "SELECT abbrev, utc_offset::text, is_dst FROM pg_timezone_abbrevs " + chosen.format("abbrev")
    assert sql.execute(short).fetchall() == [
        ("CEST", "02:00:00", True),
        ("MSK", "03:00:00", False),
        ("NPT", "05:45:00", False),
    ]
    kept = "SELECT abbreviation, utc_offset::text, dst, timezone_name FROM mz_timezone_abbreviations "
    assert sql.execute(kept + chosen.format("abbreviation")).fetchall() == [
        ("CEST", "02:00:00", True, None),
        ("MSK", None, None, "Europe/Moscow"),
        ("NPT", "05:45:00", False, None),
    ]
