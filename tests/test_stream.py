"""The stream of a SUBSCRIBE: every text arrives as it is, and a batch is whole whatever the pieces it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.local.formats import types
from mzwidget.local.formats.copying import line_encoder
from mzwidget.tail.batches import OWN, Batches
from mzwidget.tail.stream import Stream, parse
from mzwidget.tail.updates import Row, Updates, consolidate
from mzwidget.tail.values import Column

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
HARD = st.sampled_from([r"\N", "\\", "\t", "\n", "\r\n", "\\t", "\b\f\v", "", "a\\", "\\\\N", "é 🦩", r"\x41"])


@given(st.lists(st.one_of(st.none(), HARD, TEXTS), min_size=1, max_size=5))
def test_what_is_written_is_read(values: list[str | None]) -> None:
    columns = [types.Column("c", types.TEXT)] * len(values)
    line = line_encoder(columns, "text")(tuple(values)).decode()
    assert line.count("\n") == 1
    assert parse(line.removesuffix("\n")) == tuple(values)


def test_postgresql_writes_the_same(postgres_dsn: str) -> None:
    every = [chr(code) for code in range(1, 128)] + [r"\N", r"\.", "\\\\", "a\tb\\n", "é 🦩"]
    with psycopg.connect(postgres_dsn) as postgres, postgres.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE hostile (a text, b text)")
        cursor.executemany("INSERT INTO hostile VALUES (%s, NULL)", [(text,) for text in every])
        with cursor.copy("COPY (SELECT * FROM hostile) TO STDOUT") as copy:
            lines = b"".join(bytes(part) for part in copy).decode().split("\n")
    assert [parse(line) for line in lines[:-1]] == [(text, None) for text in every]


async def read(
    dsn: str, statement: str, meanwhile: Callable[[], object] = lambda: None
) -> tuple[tuple[Column, ...], list[Row], psycopg.Error | None]:
    """Read a statement to its end, doing something after the first rows."""
    rows: list[Row] = []
    problem = None
    connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
    stream = Stream(connection, statement)

    def take(chunk: list[Row]) -> None:
        if chunk and not rows:
            meanwhile()
        rows.extend(chunk)

    try:
        await stream.describe()
        await stream.run(take)
    except psycopg.Error as error:
        problem = error
    finally:
        await connection.close()
    return stream.columns, rows, problem


def test_a_constant_view_ends(engine_dsn: str) -> None:
    columns, rows, problem = asyncio.run(read(engine_dsn, "SUBSCRIBE (VALUES (1, 'a\tb'), (2, NULL)) WITH (PROGRESS)"))
    assert problem is None
    assert [f"{of.name} {of.type}" for of in columns] == [
        "mz_timestamp numeric",
        "mz_progressed bool",
        "mz_diff int8",
        "column1 int4",
        "column2 text",
    ]
    assert [row[1:] for row in rows[:1]] == [("t", None, None, None)]
    assert sorted(row[1:] for row in rows[1:]) == [("f", "1", "1", "a\tb"), ("f", "1", "2", None)]


def test_errors_are_the_servers(engine_dsn: str) -> None:
    _, _, problem = asyncio.run(read(engine_dsn, "SUBSCRIBE nosuch WITH (PROGRESS)"))
    assert isinstance(problem, psycopg.Error)
    assert problem.diag.message_primary == "unknown catalog item 'nosuch'"
    zero = "SUBSCRIBE (SELECT 1 / (n - 5) FROM generate_series(1, 9) AS i (n)) WITH (PROGRESS)"
    columns, _, problem = asyncio.run(read(engine_dsn, zero))
    assert isinstance(problem, psycopg.Error)
    assert problem.diag.message_primary == "Evaluation error: division by zero"
    assert len(columns) == 4


def test_what_came_before_an_error_is_not_lost(engine_dsn: str) -> None:
    with psycopg.connect(engine_dsn, autocommit=True) as database:
        database.execute("CREATE TABLE short_lived (n int)")
        database.execute("INSERT INTO short_lived VALUES (1)")
        dropping = read(
            engine_dsn, "SUBSCRIBE short_lived WITH (PROGRESS)", lambda: database.execute("DROP TABLE short_lived")
        )
        _, rows, problem = asyncio.run(dropping)
    assert "was dropped" in str(problem)
    assert ("f", "1", "1") in {row[1:] for row in rows}


Closed = list[tuple[int, Updates]]


def told(batches: list[list[tuple[str, int]]]) -> tuple[list[Row], Closed]:
    """Return the rows that tell of batches, one a timestamp from 101 on, and what they close."""
    records: list[Row] = [("100", "t", None, None)]
    closed = []
    for at, batch in enumerate(batches, 101):
        records += [(str(at - (at == 101)), "f", str(diff), value) for value, diff in batch]
        records.append((str(at + 1), "t", None, None))
        closed.append((at, consolidate(((value,), diff) for value, diff in batch)))
    return records, closed


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-2, 2).filter(bool)), max_size=6), min_size=1),
    st.lists(st.integers(1, 5)),
)
def test_any_pieces_give_the_same_batches(batches: list[list[tuple[str, int]]], pieces: list[int]) -> None:
    records, closed = told(batches)
    stream = Batches(tuple(Column(name, 0, "text") for name in (*OWN, "value")))
    found: Closed = []
    while records:
        size = pieces.pop() if pieces else 3
        for batch in stream.take(records[:size]):
            assert batch.time is not None
            found.append((batch.time, consolidate(update for _, updates in batch.at for update in updates.items())))
        del records[:size]
    assert found == closed
    assert stream.end().at == []
