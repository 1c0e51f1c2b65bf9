"""Temporal filters: what can be maintained, and that wakeups name every moment at which an answer changes."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.local.errors import SqlError
from tests.local.translated import Row, Translated


@pytest.fixture
def database() -> Translated:
    database = Translated()
    database.execute("CREATE TABLE e (a int, ms bigint, ts timestamptz)")
    database.execute("CREATE TABLE f (a int, ms bigint)")
    return database


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM e WHERE mz_now() <= ts + INTERVAL '10 minutes'",
        "SELECT a FROM e WHERE ts + INTERVAL '5 seconds' > mz_now()",
        "SELECT a FROM e WHERE mz_now() BETWEEN ms AND ms + 100",
        "SELECT a FROM e WHERE (mz_now() >= ms) AND (mz_now() < ms + 10) AND a > 1",
        "SELECT a FROM e WHERE mz_now() = ms",
        "SELECT count(*) FROM (SELECT a FROM e WHERE mz_now() < ms) q",
        "SELECT a FROM e WHERE mz_now() < ms UNION ALL SELECT a FROM f WHERE mz_now() >= ms",
        "WITH recent AS (SELECT a FROM e WHERE mz_now() < ms) SELECT r.a FROM recent r JOIN f ON f.a = r.a",
        "SELECT e.a FROM e JOIN f USING (a) WHERE mz_now() < e.ms + f.ms",
        "SELECT e.a FROM e JOIN f ON f.a = e.a AND mz_now() < e.ms + f.ms",
        "SELECT e.a FROM e JOIN f ON mz_now() < f.ms LEFT JOIN e AS g ON g.a = f.a",
        "SELECT e.a FROM e LEFT JOIN f ON mz_now() < f.ms",
        "SELECT e.a FROM e LEFT JOIN (f JOIN f AS g ON mz_now() < g.ms) ON e.a = f.a",
        "SELECT e.a FROM e JOIN f ON mz_now() < f.ms RIGHT JOIN e AS g ON true",
        "SELECT a FROM e GROUP BY a HAVING max(ms) >= mz_now() AND count(*) > 1",
        "SELECT max(ms) FROM e HAVING mz_now() > max(ms)",
        "SELECT a FROM e WHERE NOT mz_now() < ms",
        "SELECT a FROM e WHERE NOT (mz_now() <> ms OR a = 1 OR mz_now() NOT BETWEEN 5 AND ms)",
        "SELECT a FROM e WHERE EXISTS (SELECT 1 FROM f WHERE f.a = e.a AND mz_now() < f.ms AND f.ms > e.ms)",
        "SELECT a FROM e WHERE mz_now() < '2030-01-01'::timestamptz",
        "SELECT a FROM e ORDER BY a LIMIT 3",
    ],
)
def test_can_be_maintained(database: Translated, sql: str) -> None:
    query = database.plan(sql, maintained=True)
    assert bool(query.wakeups) == ("mz_now" in sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM e WHERE mz_now() < ms OR a = 1",
        "SELECT a FROM e WHERE mz_now() <> ms",
        "SELECT a FROM e WHERE NOT mz_now() = ms",
        "SELECT a FROM e WHERE NOT (mz_now() < ms AND a = 1)",
        "SELECT a FROM e WHERE mz_now() NOT BETWEEN ms AND 5",
        "SELECT count(*) FROM e HAVING mz_now() < max(ms) OR count(*) = 0",
        "SELECT e.a FROM e JOIN f ON mz_now() < f.ms OR e.a = f.a",
        "SELECT (SELECT count(*) FROM generate_series(1, e.a) AS g LEFT JOIN f ON mz_now() < f.ms) FROM e",
        "SELECT e.a FROM e, LATERAL (SELECT 1 FROM generate_series(1, e.a) AS g WHERE mz_now() < g) AS h",
        "SELECT a FROM e WHERE mz_now() IS NULL",
        "SELECT mz_now(), a FROM e",
        "SELECT count(*) FILTER (WHERE mz_now() < ms) FROM e",
        "SELECT a FROM e WHERE mz_now() < mz_now()",
        "SELECT a FROM e WHERE CASE WHEN mz_now() < ms THEN true END",
        "SELECT a FROM e WHERE EXISTS (SELECT 1 FROM f WHERE mz_now() < f.ms + e.ms)",
    ],
)
def test_cannot_be_maintained_but_answers_once(database: Translated, sql: str) -> None:
    database.query(sql)
    why = "Unsupported temporal predicate|Unsupported binary temporal operation|cannot materialize call to mz_now"
    with pytest.raises(SqlError, match=why) as caught:
        database.plan(sql, maintained=True)
    assert caught.value.sqlstate == "0A000"


def test_mz_now_is_no_number(database: Translated) -> None:
    with pytest.raises(SqlError, match=r"operator does not exist: mz_timestamp [-] integer"):
        database.plan("SELECT a FROM e WHERE mz_now() - 5 < ms")


def test_views_carry_wakeups_and_refusals_along(database: Translated) -> None:
    database.execute("CREATE VIEW recent AS SELECT a, ms FROM e WHERE mz_now() < ms")
    database.execute("CREATE VIEW counted AS SELECT count(*) AS n FROM recent")
    assert (
        database.plan("SELECT n FROM counted", maintained=True).wakeups == database.plan("SELECT * FROM recent").wakeups
    )
    database.execute("CREATE VIEW odd AS SELECT a FROM e WHERE mz_now() < ms OR a = 1")
    with pytest.raises(SqlError, match="Unsupported temporal predicate"):
        database.plan("SELECT * FROM odd", maintained=True)


NOW = 1_000
times = st.one_of(st.none(), st.integers(NOW - 5, NOW + 30), st.sampled_from([0, 10**15]))
predicates = st.sampled_from(
    [
        "mz_now() <= {b}", "mz_now() < {b}", "mz_now() > {b}", "mz_now() >= {b}", "mz_now() = {b}", "{b} >= mz_now()",
        "{b} < mz_now()", "mz_now() BETWEEN {b} AND {c}", "mz_now() >= {b} AND mz_now() < {c}",
        "NOT ({b} > mz_now() OR mz_now() >= {c})", "NOT mz_now() NOT BETWEEN {b} AND {c}",
    ]
)  # fmt: skip


@lru_cache(maxsize=1)
def clocked() -> Translated:
    """Return a database with an empty table, for a test with many examples."""
    database = Translated()
    database.execute("CREATE TABLE m (b bigint, c bigint)")
    return database


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(st.tuples(times, times), max_size=6),
    predicate=predicates,
    query=st.sampled_from(
        [
            "SELECT b, c FROM m WHERE {p}",
            "SELECT count(*), max(b) FROM (SELECT * FROM m WHERE {p}) q",
            "SELECT b FROM m WHERE {p} AND b > 1003",
            "SELECT b FROM m WHERE {p} UNION ALL SELECT c FROM m WHERE mz_now() <= c",
            "SELECT x.b, y.c FROM m AS x JOIN m AS y ON x.b = y.b WHERE {q}",
            "SELECT x.b, y.c FROM m AS x JOIN m AS y ON x.b = y.b AND {q} LEFT JOIN m AS z ON z.c = x.c",
            "SELECT x.b, y.c FROM m AS x LEFT JOIN m AS y ON x.b = y.b AND {q}",
            "SELECT x.b, y.c FROM m AS z LEFT JOIN (m AS x JOIN m AS y ON {q}) ON z.b = x.b",
            "SELECT x.b, z.c FROM m AS x FULL JOIN m AS z ON mz_now() < z.c AND mz_now() >= x.b",
            "SELECT b, max(c) FROM (SELECT b, c FROM m) AS q GROUP BY b, c HAVING {p} AND count(*) < 3",
            "SELECT b FROM m AS z WHERE EXISTS (SELECT FROM m AS x, m AS y WHERE y.b = z.b AND {q})",
            "SELECT b FROM m WHERE {p} ORDER BY b DESC LIMIT 1",
            "SELECT b, CASE WHEN b > 1003 THEN (SELECT 9 / count(*) FROM m HAVING mz_now() < max(c)) END FROM m",
            "SELECT CASE b WHEN 1003 THEN (SELECT 9/(1 + count(*)) FROM m x, m y WHERE y.b = z.b AND {q}) END FROM m z",
        ]
    ),
)
def test_between_wakeups_nothing_changes(rows: list[tuple[int | None, int | None]], predicate: str, query: str) -> None:
    """Whoever evaluates only at wakeups sees every state: each change happens at a moment that was announced."""
    database = clocked()
    database.connection.execute("DELETE FROM m")
    database.set_now(NOW)
    database.connection.executemany("INSERT INTO m VALUES (?, ?)", rows or [(None, None)])
    joined = predicate.format(b="x.b", c="y.c")
    plan = database.plan(query.format(p=predicate.format(b="b", c="c"), q=joined), maintained=True)

    def state() -> list[Row]:
        return sorted(database.run(plan), key=repr)

    shown = state()
    announced = min((w for w in database.wakeups(plan) if w is not None), default=None)
    for now in range(NOW + 1, NOW + 35):
        database.set_now(now)
        current = state()
        if now == announced:
            shown = current
            announced = min((w for w in database.wakeups(plan) if w is not None), default=None)
            assert announced is None or announced > now
        else:
            assert current == shown
