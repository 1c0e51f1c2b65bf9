"""The wire, byte by byte: what a server must survive, and what it answers."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connect = Callable[..., psycopg.Connection]

pytestmark = pytest.mark.usefixtures("embedded")


@contextlib.contextmanager
def raw(dsn: str) -> Iterator[socket.socket]:
    """Open a socket to the engine."""
    parts = conninfo_to_dict(dsn)
    with socket.create_connection((str(parts["host"]), int(parts["port"])), timeout=30) as connection:
        yield connection


def startup(code: int = 196608, **options: str) -> bytes:
    body = struct.pack("!i", code) + b"".join(
        name.encode() + b"\0" + value.encode() + b"\0" for name, value in options.items()
    )
    return struct.pack("!i", len(body) + 5) + body + b"\0"


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def everything(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(65536):
            found += data
    return found


def alive(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_wrong_password(engine_dsn: str) -> None:
    parts = conninfo_to_dict(engine_dsn)
    for password in ("wrong", "", str(parts["password"]) + "x"):
        with pytest.raises(psycopg.OperationalError, match=r"invalid password|no password supplied"):
            psycopg.connect(**{**parts, "password": password})
    with raw(engine_dsn) as connection:
        connection.sendall(startup(user="materialize"))
        connection.sendall(message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", 20) + b"n,,n=x,r=abcdefghijkl"))
        connection.sendall(message(b"p", b"c=biws,r=nonsense,p=AAAA"))
        assert b"28P01" in everything(connection)
    assert alive(engine_dsn)


def test_nothing_works_before_the_password(engine_dsn: str) -> None:
    with raw(engine_dsn) as connection:
        connection.sendall(startup(user="materialize"))
        connection.sendall(message(b"Q", b"SELECT 'secret'\0"))
        answer = everything(connection)
    assert b"28000" in answer
    assert b"expected Password message" in answer
    assert b"secret" not in answer


def test_large_messages_wait_for_the_password(engine_dsn: str) -> None:
    for kind in (b"p", b"d", b"Q"):
        with raw(engine_dsn) as connection:
            connection.sendall(startup(user="materialize"))
            connection.sendall(kind + struct.pack("!i", 100_000_000))
            assert b"08006" in everything(connection)


def test_callers_who_do_not_log_in_are_few(engine_dsn: str) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(raw(engine_dsn))
        last = stack.enter_context(raw(engine_dsn))
        assert everything(last) == b""
    assert alive(engine_dsn)


def test_encryption_is_declined_and_the_plain_way_goes_on(engine_dsn: str) -> None:
    for request in (80877103, 80877104):
        with raw(engine_dsn) as connection:
            connection.sendall(struct.pack("!ii", 8, request))
            assert connection.recv(1) == b"N"
            connection.sendall(startup(user="materialize"))
            assert connection.recv(1) == b"R"


def test_encryption_is_declined_once(engine_dsn: str) -> None:
    for request in (80877103, 80877104):
        with raw(engine_dsn) as connection:
            connection.sendall(struct.pack("!ii", 8, request) * 2)
            answer = everything(connection)
        assert answer.startswith(b"NE")
        assert b"08004" in answer


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\0",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        struct.pack("!ii", 2**31 - 1, 196608),
        struct.pack("!ii", -1, 196608),
        struct.pack("!ii", 4, 196608),
        struct.pack("!ii", 8, 123456),
        startup(131072, user="x"),
        startup(user="x")[:-3],
        struct.pack("!i", 12) + struct.pack("!i", 196608) + b"\xff\xfe\0\0",
        struct.pack("!iiii", 16, 80877102, 1, 1),
        struct.pack("!iii", 12, 80877102, 1),
    ],
)
def test_garbage_instead_of_a_startup_packet(engine_dsn: str, garbage: bytes) -> None:
    with raw(engine_dsn) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        everything(connection)
    assert alive(engine_dsn)


def abuse(connection: psycopg.Connection, data: bytes, *, hang_up: bool = False) -> bytes:
    """Write bytes below psycopg on a logged-in connection; return all answers until the server closes."""
    with socket.socket(fileno=os.dup(connection.pgconn.socket)) as own:
        own.settimeout(30)
        own.sendall(data)
        if hang_up:
            own.shutdown(socket.SHUT_WR)
        return everything(own)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Q" + struct.pack("!i", 2**31 - 1), b"08006"),
        (b"Q" + struct.pack("!i", 3), b"08P01"),
        (b"?" + struct.pack("!i", 4), b"08P01"),
        (message(b"Q", b"SELECT 1"), b"08P01"),
        (message(b"Q", b"SELECT 1\0more"), b"08P01"),
        (message(b"B", b"\0"), b"08P01"),
        (message(b"B", b"\0\0" + struct.pack("!hh", 0, 9)), b"26000"),
        (message(b"P", b"\0SELECT 1\0" + struct.pack("!h", 30000)), b"08P01"),
        (message(b"P", b"\0SELECT 1; SELECT 2\0\0\0"), b"cannot insert multiple commands"),
        (message(b"P", b"\0SELECT 1; SELECT (2; 3)\0\0\0"), b"Expected right parenthesis, found semicolon"),
        (message(b"P", b"\0SELECT $1\0" + struct.pack("!hI", 1, 869)), b"08P01"),
        (message(b"D", b"Snope\0"), b"26000"),
        (message(b"D", b"Pnope\0"), b"34000"),
        (message(b"E", b"nope\0" + struct.pack("!i", 0)), b"34000"),
        (message(b"Q", b"SELECT '\xff'\0"), b"22021"),
        (message(b"p", b"again\0"), b"08P01"),
        (message(b"F", b""), b"08P01"),
    ],
)
def test_broken_messages(connect: Connect, engine_dsn: str, data: bytes, expected: bytes) -> None:
    assert expected in abuse(connect(), data + message(b"S", b"") + message(b"X", b""))
    assert alive(engine_dsn)


def test_a_script_of_more_than_one_megabyte_is_refused(connect: Connect) -> None:
    with pytest.raises(psycopg.errors.ProgramLimitExceeded, match=r"statement batch size cannot exceed 976\.6 KiB"):
        connect().execute("SELECT '" + "é" * 500_000 + "'")


def test_a_statement_of_more_than_two_megabytes_is_refused(connect: Connect, engine_dsn: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"request larger than 2\.0 MB"):
        connect().execute("SELECT '" + "x" * 2_000_000 + "'")
    assert alive(engine_dsn)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200), seed=st.integers(0, 2**32))
def test_random_bytes_never_stop_the_server(engine_dsn: str, data: bytes, seed: int) -> None:
    choice = random.Random(seed)
    kinds = b"QPBDECSHFdcfpX"
    framed = b"".join(
        message(bytes([choice.choice(kinds)]), data[at : at + choice.randrange(1, 40)])
        for at in range(0, len(data), 40)
    )
    connection = psycopg.connect(engine_dsn)
    with contextlib.closing(connection):
        abuse(connection, framed + (data if choice.random() < 0.5 else b""), hang_up=True)
    assert alive(engine_dsn)


def test_errors_skip_to_sync(connect: Connect) -> None:
    connection = connect()

    def several() -> None:
        with connection.pipeline():
            for statement in ("SELECT 1", "SELECT nope", "SELECT 2"):
                connection.execute(statement)

    with pytest.raises(psycopg.Error, match='column "nope" does not exist'):
        several()
    assert connection.execute("SELECT 3").fetchone() == (3,)


def messages(answer: bytes) -> list[tuple[bytes, bytes]]:
    """Return the kinds of messages and what they hold, in order."""
    found = []
    while answer:
        kind, length = struct.unpack_from("!ci", answer)
        found.append((kind, answer[5 : 1 + length]))
        answer = answer[1 + length :]
    return found


def kinds_of(answer: bytes) -> bytes:
    return b"".join(kind for kind, _ in messages(answer))


def test_portal_with_a_row_limit(connect: Connect) -> None:
    sql = b"SELECT x FROM (VALUES (1), (2), (3), (4), (5)) AS v (x) ORDER BY x"
    execute = message(b"E", b"p\0" + struct.pack("!i", 2))
    data = (
        message(b"P", b"\0" + sql + b"\0" + struct.pack("!h", 0))
        + message(b"B", b"p\0\0" + struct.pack("!hhh", 0, 0, 0))
        + execute * 4
        + message(b"S", b"")
        + message(b"X", b"")
    )
    answer = abuse(connect(), data)
    assert kinds_of(answer) == b"12DDsDDsDCCZ"
    tags = [body for kind, body in messages(answer) if kind == b"C"]
    assert tags == [b"SELECT 1\0", b"SELECT 0\0"], "each counts its own rows"


def test_a_named_portal_lasts_as_long_as_its_transaction(connect: Connect) -> None:
    execute = message(b"E", b"p\0" + struct.pack("!i", 1)) + message(b"S", b"")
    bound = (
        message(b"Q", b"BEGIN\0")
        + message(b"P", b"\0VALUES (1), (2), (3)\0" + struct.pack("!h", 0))
        + message(b"B", b"p\0\0" + struct.pack("!hhh", 0, 0, 0))
        + execute
    )
    for between, found in {
        b"SELECT 0": b"TDCZ" + b"DsZ",
        b"SELECT 0; SELECT 0": b"TDCTDCZ" + b"DsZ",
        b"COMMIT": b"CZ" + b"EZ",
        b"COMMIT; BEGIN": b"CCZ" + b"EZ",
    }.items():
        answer = abuse(connect(), bound + message(b"Q", between + b"\0") + execute + message(b"X", b""))
        assert kinds_of(answer) == b"CZ12DsZ" + found, between


def test_what_does_not_belong_to_a_copy_ends_it_and_nothing_else(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    copy = message(b"Q", b"COPY t FROM STDIN\0")
    data = copy + message(b"d", b"1\n") + copy + message(b"Q", b"SELECT count(*) FROM t\0") + message(b"X", b"")
    answer = abuse(connect(), data)
    assert kinds_of(answer) == b"GEZTDCZ"
    assert b"C08P01\0Munexpected message type during COPY from stdin\0" in answer


def asks(statement: bytes, bind: bytes, *, limit: int = 0) -> bytes:
    """Return the messages of a statement that is parsed, bound as given, and executed."""
    parse = message(b"P", b"s\0" + statement + b"\0" + struct.pack("!h", 0))
    return parse + message(b"B", b"\0s\0" + bind) + message(b"E", b"\0" + struct.pack("!i", limit))


@pytest.mark.parametrize(
    ("data", "state", "text"),
    [
        (
            asks(b"SELECT $1::int", struct.pack("!hhh", 0, 0, 0)),
            b"08P01",
            b'bind message supplies 0 parameters, but prepared statement "s" requires 1',
        ),
        (
            asks(b"SELECT 1, 2, 3", struct.pack("!hhhhh", 0, 0, 2, 0, 1)),
            b"08P01",
            b"expected 3 field format specifiers, but got 2",
        ),
        (
            asks(b"FETCH 2 c", struct.pack("!hhh", 0, 0, 0), limit=1),
            b"0A000",
            b"Execute with max_rows < a FETCH's count is not supported",
        ),
        (
            asks(b"FETCH ALL c", struct.pack("!hhh", 0, 0, 0), limit=1),
            b"0A000",
            b"Execute with max_rows of a FETCH ALL is not supported",
        ),
        (message(b"B", b"c\0\0" + struct.pack("!hhh", 0, 0, 0)), b"42P03", b'cursor "c" already exists'),
    ],
)
def test_what_does_not_fit_is_told_as_there(connect: Connect, data: bytes, state: bytes, text: bytes) -> None:
    begin = message(b"Q", b"BEGIN; DECLARE c CURSOR FOR SELECT 1\0") + message(b"P", b"\0SELECT 1\0\0\0")
    answer = abuse(connect(), begin + data + message(b"S", b"") + message(b"X", b""))
    assert b"\0C" + state + b"\0M" + text + b"\0" in answer


def test_a_named_portal_is_made_once(connect: Connect) -> None:
    bind = message(b"B", b"p\0\0" + struct.pack("!hhh", 0, 0, 0))
    data = message(b"Q", b"BEGIN\0") + message(b"P", b"\0SELECT 1\0" + struct.pack("!h", 0)) + bind * 2
    answer = abuse(connect(), data + message(b"S", b"") + message(b"X", b""))
    assert b"C42P03\0" in answer
    assert b'cursor "p" already exists\0' in answer


def test_portals_that_are_executed_twice(connect: Connect) -> None:
    execute = message(b"E", b"\0" + struct.pack("!i", 0))
    data = message(b"Q", b"BEGIN\0")
    for statement in (b"DECLARE c CURSOR FOR VALUES (1), (2)", b"FETCH c", b"CLOSE c"):
        data += message(b"P", b"\0" + statement + b"\0" + struct.pack("!h", 0))
        data += message(b"B", b"\0\0" + struct.pack("!hhh", 0, 0, 0))
        data += execute * (2 if b"DECLARE" not in statement else 1)
    answer = abuse(connect(), data + message(b"S", b"") + message(b"X", b""))
    assert answer.count(b"FETCH 1\0") == 2, "it says again how it ended"
    assert answer.count(b"CLOSE CURSOR\0") == 1
    assert b"C55000\0" in answer
    assert b'portal "" cannot be run\0' in answer


def bound(portal: bytes, statement: bytes = b"", formats: bytes = struct.pack("!h", 0)) -> bytes:
    return message(b"B", portal + b"\0" + statement + b"\0" + struct.pack("!hh", 0, 0) + formats)


def executed(portal: bytes, limit: int = 0) -> bytes:
    return message(b"E", portal + b"\0" + struct.pack("!i", limit))


def test_what_is_bound_in_a_block_is_a_cursor_and_what_is_declared_a_portal(connect: Connect) -> None:
    query = b"\0SELECT g FROM generate_series(1, 2500) AS g (g)\0\0\0"
    data = (
        message(b"Q", b"BEGIN; DECLARE c CURSOR FOR VALUES (7), (8)\0")
        + message(b"P", query)
        + bound(b"p", formats=struct.pack("!hh", 1, 1))
        + executed(b"p", 1)
        + message(b"S", b"")
        + message(b"Q", b"FETCH 2 FROM p\0")
        + executed(b"p")
        + executed(b"c", 2)
        + executed(b"c")
        + message(b"S", b"")
        + message(b"Q", b"CLOSE p\0")
        + message(b"C", b"Pc\0")
        + message(b"S", b"")
        + message(b"Q", b"FETCH c\0")
        + message(b"Q", b"ROLLBACK\0")
        + message(b"X", b"")
    )
    answer = messages(abuse(connect(), data))
    rows = [body[6:] for kind, body in answer if kind == b"D"]
    assert rows[:4] == [b"\0\0\0\1", b"2", b"3", b"\0\0\0\4"], "each in the form that was asked for"
    assert rows[-2:] == [b"7", b"8"]
    assert len(rows) == 2502
    tags = [body[:-1] for kind, body in answer if kind == b"C"]
    assert tags == [
        *(b"BEGIN", b"DECLARE CURSOR", b"FETCH 2", b"SELECT 2497", b"SELECT 0", b"CLOSE CURSOR", b"ROLLBACK"),
    ]
    assert [b'cursor "c" does not exist' in body for kind, body in answer if kind == b"E"] == [True]


@pytest.mark.parametrize(
    "data",
    [
        message(b"Q", b"CLOSE p\0") + executed(b"p"),
        message(b"Q", b"DECLARE p CURSOR FOR SELECT 1\0"),
    ],
)
def test_a_bound_portal_is_closed_and_taken_as_a_cursor(connect: Connect, data: bytes) -> None:
    begun = message(b"Q", b"BEGIN\0") + message(b"P", b"\0SELECT 1\0\0\0") + bound(b"p") + message(b"S", b"")
    answer = abuse(connect(), begun + data + message(b"S", b"") + message(b"X", b""))
    told = b'portal "p" does not exist' if b"CLOSE" in data else b'cursor "p" already exists'
    assert told in answer


def test_what_ran_outside_a_block_is_over_with_the_next_statement(connect: Connect) -> None:
    first = message(b"P", b"\0VALUES (1), (2)\0\0\0") + bound(b"p") + executed(b"p", 1)
    data = first + message(b"P", b"\0SELECT 3\0\0\0") + executed(b"p", 1) + message(b"S", b"")
    answer = abuse(connect(), data + message(b"X", b""))
    assert kinds_of(answer) == b"12Ds1EZ"
    assert b'portal "p" does not exist' in answer


@pytest.mark.parametrize("ask", [message(b"D", b"Ss\0"), bound(b"", b"s")])
def test_a_statement_whose_columns_changed_is_neither_described_nor_bound(connect: Connect, ask: bytes) -> None:
    made = message(b"Q", b"CREATE TEMPORARY TABLE changing (a int)\0")
    parsed = message(b"P", b"s\0SELECT a FROM changing\0\0\0") + message(b"S", b"")
    again = message(b"Q", b"DROP TABLE changing\0")
    missing = abuse(connect(), made + parsed + again + ask + message(b"S", b"") + message(b"X", b""))
    assert b"unknown catalog item 'changing'" in missing
    again += message(b"Q", b"CREATE TEMPORARY TABLE changing (a text)\0")
    changed = abuse(connect(), made + parsed + again + ask + message(b"S", b"") + message(b"X", b""))
    assert b"C0A000\0Mcached plan must not change result type\0" in changed


def test_what_a_statement_sets_is_told_before_it_is_complete(connect: Connect) -> None:
    data = message(b"Q", b"SET application_name = 'x'\0") + message(b"Q", b"BEGIN; SET timezone = 'GMT'; ROLLBACK\0")
    answer = abuse(connect(), data + message(b"X", b""))
    assert kinds_of(answer) == b"SCZ" + b"CSCSCZ"


def test_subscribe_with_a_row_limit_can_be_continued(connect: Connect, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1), (2), (3)")
    data = (
        message(b"P", b"\0SUBSCRIBE t WITH (PROGRESS)\0" + struct.pack("!h", 0))
        + message(b"B", b"p\0\0" + struct.pack("!hhh", 0, 0, 0))
        + message(b"E", b"p\0" + struct.pack("!i", 2))
        + message(b"E", b"p\0" + struct.pack("!i", 3))
        + message(b"S", b"")
        + message(b"X", b"")
    )
    assert kinds_of(abuse(connect(), data)) == b"12NDDsDDDsZ"


def test_cancel_needs_the_right_key(connect: Connect, dsn: str, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    reader = connect()
    rows = reader.cursor().stream("SUBSCRIBE t WITH (PROGRESS)", size=1)
    next(rows)
    with raw(dsn) as connection:
        connection.sendall(struct.pack("!iiII", 16, 80877102, reader.info.backend_pid, 12345))
        assert everything(connection) == b""
    assert next(rows)[1], "the stream goes on"
    assert next(rows)[1]


def test_a_vanished_client_frees_its_subscription(dsn: str, sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    for _ in range(20):
        reader = psycopg.connect(dsn, autocommit=True)
        reader.pgconn.send_query_params(b"SUBSCRIBE t WITH (PROGRESS)", None)
        reader.pgconn.flush()
        reader.pgconn.finish()
    sql.execute("INSERT INTO t VALUES (1)")
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (1,)
