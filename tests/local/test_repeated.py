"""What must hold: a statement that comes again does what it did, whatever its values and whatever came in between."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mzwidget.local.engine import repeated
from mzwidget.local.engine.repeated import Repeated
from mzwidget.local.formats.types import BOOL, FLOAT4, FLOAT8, INT2, INT8, TEXT, TIMESTAMPTZ

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = (TEXT, INT2, INT8, FLOAT4, FLOAT8, BOOL, TIMESTAMPTZ)
"""The last one is bound as text."""
STORED = ("VARCHAR", "SMALLINT", "BIGINT", "FLOAT", "DOUBLE", "BOOLEAN", "TIMESTAMP")
INSERTS = [
    f"INSERT INTO t SELECT {', '.join(f'CAST(${n} AS {kind})' for n, kind in enumerate(STORED, 1))}{more}"
    for more in ("", " WHERE $1 IS NOT NULL", " UNION ALL SELECT NULL, 1, 2, 3, 4, true, NULL")
]
rows = st.tuples(
    st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.just("x" * 20_000)),
    st.one_of(st.none(), st.sampled_from([-(2**15), 0, 2**15 - 1])),
    st.one_of(st.none(), st.sampled_from([-(2**63), -1, 2**31, 2**63 - 1])),
    st.one_of(st.none(), st.floats(width=32)),
    st.one_of(st.none(), st.floats()),
    st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.sampled_from(["2026-02-28 23:59:59.999999", "0001-01-01"])),
)
steps = st.lists(
    st.one_of(st.tuples(st.sampled_from(INSERTS), rows), st.sampled_from(["define", "fail", "roll back", "forget"])),
    min_size=3,
    max_size=25,
)


def _shown(found: list[tuple[Any, ...]]) -> list[str]:
    return sorted(repr(row) for row in found)


@pytest.fixture(scope="module")
def databases() -> Iterator[tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]]:
    with duckdb.connect() as plain, duckdb.connect() as other:
        yield plain, other


@pytest.mark.parametrize("most", [1, 2, 50])
@given(steps)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_statements_that_come_again_do_what_they_do_alone(
    databases: tuple[duckdb.DuckDBPyConnection, ...], monkeypatch: pytest.MonkeyPatch, most: int, sequence: list[Any]
) -> None:
    monkeypatch.setattr(repeated, "_MOST", most)
    plain, other = databases
    columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(STORED))
    for database in databases:
        database.execute(f"CREATE OR REPLACE TABLE t ({columns})")
    statements = Repeated(other)
    for step in sequence:
        if step == "define":
            with other.cursor() as elsewhere:
                elsewhere.execute("CREATE OR REPLACE TABLE d (a INTEGER)")
            statements.outdated = True
        elif step == "fail":
            with pytest.raises(duckdb.ConversionException):
                statements.execute(INSERTS[0], dict.fromkeys("1234567", "x"), [TEXT] * 7)
        elif step == "roll back":
            other.execute("BEGIN")
            statements.execute(INSERTS[1], dict.fromkeys("1234567"), KINDS)
            other.execute("ROLLBACK")
        elif step == "forget":
            statements.forget()
        else:
            sql, row = step
            values = dict(zip("1234567", row, strict=True))
            expected = plain.execute(sql, values).fetchall()
            assert statements.execute(sql, values, KINDS).fetchall() == expected
    assert _shown(other.execute("FROM t").fetchall()) == _shown(plain.execute("FROM t").fetchall())
    kept = "SELECT count(*) FROM duckdb_prepared_statements()"
    assert other.execute(kept).fetchall()[0][0] <= most
    statements.forget()
    assert other.execute(kept).fetchall() == [(0,)]


def test_an_insert_that_comes_again_takes_each_value_as_it_is(sql: psycopg.Connection) -> None:
    sql.prepare_threshold = 0
    sql.execute("CREATE TABLE v (n int, s text, f double precision, b bool, m numeric, at timestamptz, j jsonb)")
    row = (7, "it's; $1 -- \\n", math.inf, True, "12345678901234567890.5", "2026-01-01 00:00:00+00", '{"a": "$2\'"}')
    low = (-(2**31), "", -0.0, False, "0", None, "null")
    for count, values in enumerate([row, row, (None,) * 7, row, low]):
        if count == 3:
            sql.execute("CREATE TABLE between (a int)")
        sql.execute("INSERT INTO v VALUES (%s, %s, %s, %s, %s, %s, %s)", values)
    found = sql.execute("SELECT n, s, f, b, m::text, at::text, j::text FROM v").fetchall()
    assert _shown(found) == _shown([(*row[:-1], '{"a":"$2\'"}')] * 3 + [(None,) * 7, low])


def test_an_insert_that_comes_again_is_refused_what_it_is_refused_alone(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE w (n int NOT NULL)")
    for value in (1, 2, 3):
        sql.execute("INSERT INTO w VALUES (%s)", (value,))
    with pytest.raises(psycopg.errors.Error, match='null value in column "n"'):
        sql.execute("INSERT INTO w VALUES (%s)", (None,))
    sql.execute("DROP TABLE w")
    with pytest.raises(psycopg.errors.Error, match="unknown catalog item 'w'"):
        sql.execute("INSERT INTO w VALUES (%s)", (4,))
    sql.execute("CREATE TABLE w (n text)")
    sql.execute("INSERT INTO w VALUES (%s)", ("5",))
    assert sql.execute("SELECT * FROM w").fetchall() == [("5",)]


@pytest.mark.parametrize("given", ["n VALUES (%s, now())", "n VALUES (%s, current_timestamp)", "n (a) VALUES (%s)"])
def test_an_insert_that_comes_again_has_the_time_of_its_own(sql: psycopg.Connection, given: str) -> None:
    sql.execute("CREATE TABLE n (a int, at timestamptz DEFAULT now())")
    for number in range(4):
        sql.execute(f"INSERT INTO {given}", (number,))
        time.sleep(0.005)
    found = sql.execute("SELECT at FROM n ORDER BY a").fetchall()
    assert found == sorted(set(found))
    assert len(found) == 4
