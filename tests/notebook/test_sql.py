"""`sql` gives what a live view gives, on one connection that lasts, and comes back after a loss."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import mzwidget
from mzwidget.errors import SqlError
from mzwidget.notebook.session import session

if TYPE_CHECKING:
    import psycopg

COLUMNS = """
b boolean, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, n numeric, n2 numeric(10, 2), t text,
v varchar(10), d date, ti time, ts timestamp, tz timestamptz, iv interval, j jsonb, u uuid, ba bytea, a int[], ta text[]
"""
ROW = """
true, 1, -2, 9223372036854775807, 1.5, 'NaN', 1.25, 3.50, 'it''s <b>', 'x', '2024-02-29', '01:02:03',
'2024-02-29 01:02:03.5', '2024-02-29 01:02:03+00', INTERVAL '1 day 02:00:00', '{"a": [1, null]}',
'00000000-0000-0000-0000-000000000007', '\\x00ff', '{1,NULL}', '{a,"b,c"}'
"""


def test_the_types_are_those_of_a_live_view(database: psycopg.Connection) -> None:
    database.execute(f"CREATE TABLE typed ({COLUMNS})")
    database.execute(f"INSERT INTO typed VALUES ({ROW})")
    database.execute("INSERT INTO typed (i8) VALUES (NULL)")
    query = "SELECT * FROM typed WHERE b"
    with mzwidget.LiveView(query) as view:
        pd.testing.assert_frame_equal(mzwidget.sql(query), view.wait(20).df)
        pd.testing.assert_frame_equal(mzwidget.sql(query, exact=True), view.to_pandas(exact=True))
    empty = mzwidget.sql("SELECT * FROM typed WHERE false")
    assert list(empty) == list(mzwidget.sql(query))
    assert empty.empty


@pytest.mark.usefixtures("dsn")
def test_statements_without_rows_tell_their_tag() -> None:
    assert mzwidget.sql("CREATE TABLE a (n int)").attrs["status"] == "CREATE TABLE"
    done = mzwidget.sql("INSERT INTO a VALUES (1), (2); -- and\nINSERT INTO a VALUES (3)")
    assert (done.attrs["status"], done.empty, list(done)) == ("INSERT 0 1", True, [])
    assert mzwidget.sql("DELETE FROM a WHERE n > 3;").attrs["status"] == "DELETE 0"
    assert len(mzwidget.sql("SELECT n, n FROM a").columns) == 2
    assert len(mzwidget.sql("SELECT n FROM a")) == 3


@pytest.mark.usefixtures("dsn")
def test_a_failure_stops_a_script_where_it_is() -> None:
    mzwidget.sql("CREATE TABLE a (n int)")
    with pytest.raises(SqlError, match="division by zero"):
        mzwidget.sql("INSERT INTO a VALUES (1); SELECT 1/0; INSERT INTO a VALUES (2)")
    assert mzwidget.sql("SELECT n FROM a")["n"].tolist() == [1]


@pytest.mark.usefixtures("dsn")
def test_a_transaction_spans_calls() -> None:
    mzwidget.sql("CREATE TABLE a (n int); BEGIN; INSERT INTO a VALUES (1)")
    with pytest.raises(SqlError):
        mzwidget.sql("SELECT n FROM nowhere")
    with pytest.raises(SqlError, match="current transaction is aborted"):
        mzwidget.sql("SELECT 1")
    mzwidget.sql("ROLLBACK")
    assert mzwidget.sql("SELECT count(*) AS n FROM a")["n"].tolist() == [0]


@pytest.mark.parametrize(
    ("query", "error", "said"),
    [
        ("", ValueError, "no statement"),
        (" ;; -- nothing", ValueError, "no statement"),
        ("SELECT 1\0", ValueError, "NUL"),
        ("SUBSCRIBE a", ValueError, "give LiveView"),
        ("SELECT 1; COPY a FROM STDIN", ValueError, "mzwidget.load"),
        (5, TypeError, "not int"),
        (None, TypeError, "not NoneType"),
    ],
)
def test_what_is_no_sql_is_said(query: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        mzwidget.sql(query)


def cut(dsn: str) -> None:
    """Lose the connection as a network would."""
    with socket.socket(fileno=os.dup(session(dsn).pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)


def test_after_a_loss_reading_goes_on_and_writing_asks_to_be_repeated(dsn: str) -> None:
    mzwidget.sql("CREATE TABLE a (n int); INSERT INTO a VALUES (1)")
    cut(dsn)
    assert mzwidget.sql("SELECT n FROM a")["n"].tolist() == [1]
    cut(dsn)
    with pytest.raises(SqlError, match=r"^the connection was lost: (?!the connection)"):
        mzwidget.sql("INSERT INTO a VALUES (2)")
    mzwidget.sql("INSERT INTO a VALUES (3)")
    assert 3 in mzwidget.sql("SELECT n FROM a")["n"].tolist()


@pytest.mark.usefixtures("dsn")
def test_many_threads_share_the_connection() -> None:
    mzwidget.sql("CREATE TABLE a (n int)")
    found: list[int] = []

    def ask(number: int) -> None:
        mzwidget.sql("INSERT INTO a VALUES (%s)", [number])
        found.append(int(mzwidget.sql("SELECT n FROM a WHERE n = %s", [number])["n"][0]))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(8))


def test_an_unreachable_server_is_said_without_its_password() -> None:
    with pytest.raises(SqlError) as caught:
        mzwidget.sql("SELECT 1", dsn="postgres://u:s3cret@127.0.0.1:1/x")
    assert "Connection refused" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(ValueError, match="not a connection string"):
        mzwidget.sql("SELECT 1", dsn="no dsn s3cret")


def test_a_process_that_used_it_ends_quietly(dsn: str) -> None:
    code = "import mzwidget; print(len(mzwidget.sql('SELECT 1')))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "MATERIALIZE_URL": dsn},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
