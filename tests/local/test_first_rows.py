"""The first rows of an order are the first rows of the whole, whatever ties and whatever is NULL."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

_TYPES = {
    "n": ("bigint", [None, -3, -1, 0, 1, 255, 256, 70_000, 2**40]),
    "x": ("numeric", [None, "-2.5", "0", "0.1", "12.25", "1000"]),
    "f": ("double precision", [None, "-1", "0", "-0.0", "0.5", "NaN", "Infinity", "-Infinity"]),
    "t": ("text", [None, "", "a", "b", "ab", "é", "z" * 300]),
    "b": ("bool", [None, True, False]),
    "d": ("date", [None, "1969-12-31", "2000-01-01", "2024-02-29"]),
    "s": ("timestamptz", [None, "1970-01-01 00:00:00", "2024-01-01 00:00:01.5"]),
}


@pytest.fixture(scope="module")
def table(engine_dsn: str) -> Iterator[psycopg.Connection]:
    """Return a connection to an engine with a table full of ties."""
    chance = random.Random(7)
    connection = psycopg.connect(engine_dsn, autocommit=True)
    connection.execute("DROP TABLE IF EXISTS ties")
    columns = ", ".join(f"{name} {type_}" for name, (type_, _) in _TYPES.items())
    connection.execute(f"CREATE TABLE ties ({columns})")  # type: ignore[call-overload]
    rows = [[chance.choice(values) for _, values in _TYPES.values()] for _ in range(200)]
    with connection.cursor().copy("COPY ties FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    yield connection
    connection.execute("DROP TABLE ties")
    connection.close()


@pytest.mark.parametrize("name", _TYPES)
def test_a_limit_gives_the_first_rows_of_the_whole(table: psycopg.Connection, name: str) -> None:
    items = [f"{name} ASC", f"{name} DESC", f"{name} NULLS FIRST", f"{name} DESC NULLS LAST", f"{name}, n DESC, t"]
    wheres = ["", "WHERE n > 0"]
    for item, where, what in itertools.product(items, wheres, ["*", "t, b"]):
        whole_sql = sql.SQL(f"SELECT {what} FROM ties {where} ORDER BY {item}")  # type: ignore[arg-type]
        whole = list(map(repr, table.execute(whole_sql)))
        for limit, offset in ((1, 0), (7, 45), (5000, 0)):
            first = table.execute(whole_sql + sql.SQL(" LIMIT {} OFFSET {}").format(limit, offset))
            assert list(map(repr, first)) == whole[offset : offset + limit], (item, where, what, limit, offset)
