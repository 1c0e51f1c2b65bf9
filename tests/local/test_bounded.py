"""No statement and no client takes the machine, or keeps the others waiting: what is too much is an error in time.

Against an engine of its own, whose size and whose answers to somebody else are watched all the while.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql as pieces

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")

MEGABYTES = 256
MOST_MEGABYTES = MEGABYTES + 512
"""Resident: what queries may take, and what comes on top, the process itself included; README promises it."""
HEAVY = "SELECT count(*) FROM many a, many b, many c WHERE (a.n * b.n + c.n) % 7919 = 7920"


class Engine:
    """An engine in a process of its own, watched."""

    def __init__(self, folder: Path, files: int | None = None, megabytes: int = MEGABYTES) -> None:
        command = [sys.executable, "-m", "mzwidget.local"]
        if files is not None:
            command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
        self.errors = folder / "stderr"
        self._errors = self.errors.open("w")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=os.environ | {"MZWIDGET_ENGINE_MEMORY": f"{megabytes}MB", "TMPDIR": str(folder)},
        )
        assert self.process.stdout is not None
        self.dsn = self.process.stdout.readline().strip()
        self.peak = 0.0
        self._most = megabytes + MOST_MEGABYTES - MEGABYTES
        threading.Thread(target=self._guard, daemon=True).start()

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn, autocommit=True)

    def end(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self._errors.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.errors.read_text()

    def busy(self, seconds: float) -> float:
        """Return which part of a processor it takes for so long."""
        before = self._ticks()
        time.sleep(seconds)
        return (self._ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds

    def _ticks(self) -> int:
        return sum(map(int, Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))

    def _guard(self) -> None:
        with contextlib.suppress(OSError):
            while self.process.poll() is None:
                pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
                self.peak = max(self.peak, pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
                if self.peak > self._most:
                    self.process.kill()
                time.sleep(0.02)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return an engine that must be alive, and silent, at the end."""
    folder = tmp_path_factory.mktemp("bounded")
    engine = Engine(folder)
    with engine.connect() as setup:
        setup.execute("CREATE TABLE many (n int)")
        setup.execute("INSERT INTO many SELECT n FROM generate_series(1, 5000) AS i (n)")
        setup.execute("CREATE TABLE texts (n int, t text)")
        setup.execute("CREATE TABLE long (t text)")
        setup.execute("INSERT INTO long SELECT repeat('a', 50000) FROM generate_series(1, 400)")
    yield engine
    assert engine.process.poll() is None, f"the engine died at {engine.peak:.0f} MB"
    assert not engine.end()
    assert [path.name for path in folder.iterdir()] == ["stderr"], "what was spilt is deleted"


@pytest.fixture
def others(engine: Engine) -> Iterator[None]:
    """See that somebody else is served all the while."""
    longest, over = 0.0, threading.Event()

    def ask() -> None:
        nonlocal longest
        with engine.connect() as other:
            while not over.wait(0.05):
                began = time.monotonic()
                other.execute("SELECT 1")
                longest = max(longest, time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    yield
    over.set()
    asking.join()
    assert longest < 2


def _state(error: psycopg.Error) -> str:
    return error.sqlstate or ""


TOO_LONG = {
    "one long text": ("SELECT length(repeat('a', 1000000000))", "54000"),
    "lpad": ("SELECT length(lpad('a', 2000000000))", "54000"),
    "marks in a row": ("SELECT length(normalize(repeat('\u0301\u0316', 100000), NFC))", "54000"),
    "a list": ("SELECT string_to_array(repeat('a', 2000000), NULL)", "54000"),
    "digits": ("SELECT repeat('1', 1000000)::interval", "54000"),
    "a pattern of LIKE": ("SELECT 'abc' LIKE repeat('a%', 5000)", "XX000"),
    "a regular expression": ("SELECT 'abc' ~ repeat('ab', 10000)", "54000"),
}


@pytest.mark.parametrize("name", TOO_LONG)
@pytest.mark.usefixtures("others")
def test_a_text_that_is_too_long_is_an_error(engine: Engine, name: str) -> None:
    statement, sqlstate = TOO_LONG[name]
    before = engine.peak
    with engine.connect() as connection:
        with pytest.raises(psycopg.Error) as raised:
            connection.execute(statement)
        assert _state(raised.value) == sqlstate, raised.value
        assert connection.execute("SELECT count(*) FROM many").fetchone() == (5000,)
    assert engine.peak < before + 100, "nothing of it was built"


DOUBLED = "SELECT 'aaaaaaaa'::text AS x"
for _ in range(33):
    DOUBLED = f"SELECT x || x AS x FROM ({DOUBLED}) AS q"

HUGE = {
    "a text a row": "SELECT repeat('a', 1000000) FROM many",
    "large texts": "SELECT repeat('a', 100000000) FROM generate_series(1, 60)",
    "texts of Python": "SELECT sum(length(lpad('a', 20000000))) FROM many",
    "texts doubled": f"SELECT length(x) FROM ({DOUBLED}) AS q",
    "texts in texts": "SELECT replace(repeat(replace(repeat('a', 9999), 'a', 'bbbbbb'), 99), 'b', 'cccc') FROM many",
    "columns of texts": "SELECT " + ", ".join(["repeat('a', 5000) || n"] * 1000) + " FROM many",
    "string_agg": "SELECT length(string_agg(repeat('a', 1000), ',')) FROM generate_series(1, 20000000)",
    "array_agg": "SELECT array_agg(n) FROM generate_series(1, 100000000) AS g (n)",
    "array_agg, returned": "SELECT array_agg(n) FROM generate_series(1, 10000000) AS g (n)",
    "jsonb_agg": "SELECT jsonb_agg(repeat('a', 1000)) FROM generate_series(1, 10000000) AS g (n)",
    "a series of billions": "SELECT n FROM many, generate_series(n, 9223372036854775807) AS g (m)",
    "INSERT": "INSERT INTO texts SELECT 1, repeat('a', 1000000) FROM generate_series(1, 20000)",
    "UPDATE": "UPDATE long SET t = " + " || ".join("t" * 40),
    "SUBSCRIBE": "SUBSCRIBE (SELECT a.n, b.n AS m FROM many a, many b WHERE b.n < 1000)",
}
"""What asks for gigabytes."""


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.usefixtures("others")
def test_a_statement_that_takes_too_much_memory_ends_and_gives_it_back(engine: Engine, name: str) -> None:
    began = time.monotonic()
    with engine.connect() as connection:
        with pytest.raises(psycopg.errors.OutOfMemory, match=f"out of memory: .* {MEGABYTES} MB"):
            connection.execute(HUGE[name])  # type: ignore[call-overload]
        assert time.monotonic() - began < 20
        assert connection.execute("SELECT count(*) FROM many").fetchone() == (5000,)
        assert connection.execute("SELECT length(repeat('a', 50000000))").fetchone() == (50_000_000,)
        assert engine.peak < MOST_MEGABYTES


def test_a_long_expression_takes_no_more_than_its_length(engine: Engine) -> None:
    total = "n::float8"
    for _ in range(10):
        total = f"({total} + {total})"
    with engine.connect() as connection:
        found = connection.execute(f"SELECT {total} FROM many WHERE n = 1")  # type: ignore[call-overload]
        assert found.fetchone() == (1024,)


def test_nested_in_takes_no_more_than_its_length(engine: Engine) -> None:
    sought = "n"
    for _ in range(12):
        sought = f"({sought} IN (1, n, 3))::int"
    with engine.connect() as connection:
        connection.execute("SET statement_timeout = '3s'")
        found = connection.execute(f"SELECT {sought} FROM many WHERE n = 2")  # type: ignore[call-overload]
        assert found.fetchone() == (1,)


@pytest.mark.parametrize("word", ["AND", "OR"])
def test_many_conditions_take_no_more_than_their_length(engine: Engine, word: str) -> None:
    terms = [f"n {'<>' if word == 'AND' else '='} {number}" for number in range(3000)]
    with engine.connect() as connection:
        before = engine.peak
        found = connection.execute(f"SELECT count(*) FROM many WHERE {f' {word} '.join(terms)}")  # type: ignore[call-overload]
        assert found.fetchone() == (2001 if word == "AND" else 2999,)
        nulls = f" {word} ".join(["true" if word == "AND" else "false"] * 200 + ["NULL"])
        assert connection.execute(f"SELECT {nulls} FROM many LIMIT 1").fetchone() == (None,)  # type: ignore[call-overload]
    assert engine.peak < max(before, 300) + 100


@pytest.mark.usefixtures("others")
def test_long_texts_are_normalised_while_others_are_served(engine: Engine) -> None:
    with engine.connect() as connection:
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            query = f"SELECT length(normalize(repeat(E'e\\u0301\\ufb01 a', 2000000), {form}))"
            expected = 2_000_000 * len(unicodedata.normalize(form, "e\u0301\ufb01 a"))
            assert connection.execute(query).fetchone() == (expected,)  # type: ignore[call-overload]


def test_large_results_are_sent_as_they_are_made(engine: Engine) -> None:
    with engine.connect() as connection, connection.cursor() as cursor:
        size = sum(len(text) for (text,) in cursor.stream("SELECT repeat('a', 20000) FROM many", size=1))
        assert size == 100_000_000
        cursor.execute("SELECT count(*) FROM generate_series(1, 1000000000)")
        assert cursor.fetchone() == (1_000_000_000,)
        seconds = "generate_series('1970-01-01'::timestamp, '2020-01-01', '1 second')"
        rows = cursor.stream(f"SELECT extract(epoch FROM s)::int FROM {seconds} AS s", size=1000)
        assert [next(rows) for _ in range(3)] == [(0,), (1,), (2,)]
        connection.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled):
            list(rows)


def test_a_result_is_no_larger_than_the_session_wants(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute("SHOW max_query_result_size").fetchone() == ("1GB",)
        for wrong in ("'1 kb'", "'B'", "''", "'99999999TB'", "-1"):
            with pytest.raises(psycopg.errors.InvalidParameterValue, match='requires a "bytes" value'):
                connection.execute(f"SET max_query_result_size = {wrong}".encode())
        connection.execute("SET max_query_result_size = '1.5kB'")
        assert connection.execute("SHOW max_query_result_size").fetchone() == ("1536B",)
        assert connection.execute("SELECT n FROM many LIMIT 10").rowcount == 10
        for statement, sqlstate in [
            ("SELECT * FROM long", "XX000"),
            ("SELECT n FROM many", "XX000"),
            ("SELECT repeat('a', 2000)", "53200"),
        ]:
            with pytest.raises(psycopg.Error, match=r"^result exceeds max size of 1\.5 KiB$") as raised:
                connection.execute(statement)  # type: ignore[call-overload]
            assert _state(raised.value) == sqlstate
        with (
            pytest.raises(psycopg.Error, match="result exceeds max size of 1"),
            connection.cursor().copy("COPY (SELECT * FROM long) TO STDOUT") as copy,
        ):
            list(copy)
        connection.execute("RESET max_query_result_size")
        assert connection.execute("SELECT n FROM many").rowcount == 5000


def test_one_large_value_is_answered(engine: Engine) -> None:
    with engine.connect() as connection:
        [text] = connection.execute("SELECT repeat('ab', 10000000)").fetchone() or ()
        assert text == "ab" * 10_000_000
        [array] = connection.execute("SELECT array_agg(n) FROM generate_series(1, 300000) AS g (n)").fetchone() or ()
        assert array == list(range(1, 300_001))


_NESTED = "n"
for _ in range(30):
    _NESTED = f"({_NESTED} < 3 AND 10 / n > 1)::int"
LONG = {
    "conditions in conditions": (f"SELECT {_NESTED} FROM many", "54001"),
    "dollar tags": ("SELECT " + " ".join(f"$a{n}$" for n in range(12_000)), "42601"),
    "an open text": ("SELECT '" + "a" * 900_000, "42601"),
    "an open comment": ("SELECT " + "/*" * 100_000, "42601"),
    "parentheses": ("SELECT " + "(" * 10_000 + "1" + ")" * 10_000, "42601"),
    "a chain of +": ("SELECT " + "1+" * 20_000 + "1", "54001"),
    "a chain of ||": ("SELECT " + "'a'||" * 20_000 + "'a'", "54001"),
    "subqueries": ("SELECT * FROM " + "(SELECT * FROM " * 300 + "many" + ") AS q" * 300, "54001"),
    "UNION": ("SELECT 1" + " UNION ALL SELECT 1" * 3000, "54001"),
    "rows": ("INSERT INTO texts VALUES " + ",".join(["(1,'x')"] * 95_000), "54001"),
    "columns": (f"CREATE TABLE wide ({', '.join(f'c{n} int' for n in range(8000))})", "54011"),
    "a list of columns": ("SELECT " + ",".join("1" * 40_000), "54011"),
    "an order": ("SELECT n FROM many ORDER BY " + ",".join(f"n + {i}" for i in range(20_000)), "54011"),
    "groups": ("SELECT count(*) FROM many GROUP BY " + ",".join(f"n + {i}" for i in range(20_000)), "54011"),
    "conditions that may fail": (
        "SELECT n FROM many WHERE " + " OR ".join(f"10 / n = {i}" for i in range(2_000)),
        "54001",
    ),
    "items": ("SELECT n FROM many WHERE n IN (" + ",".join(f"n + {i}" for i in range(8_000)) + ")", "54001"),
    "joins": ("SELECT 1 FROM many " + " ".join(f"JOIN many m{i} USING (n)" for i in range(100)), "54001"),
    "tables": ("SELECT 1 FROM " + ", ".join(f"many m{i}" for i in range(100)), "54001"),
    "many subqueries": ("SELECT " + ", ".join(f"(SELECT max(n + {i}) FROM many)" for i in range(200)), "54001"),
    "subqueries of rows": (
        "SELECT n FROM many WHERE "
        + " OR ".join(f"EXISTS (SELECT FROM many m WHERE m.n > many.n + {i})" for i in range(100)),
        "54001",
    ),
    "a parameter's number": ("SELECT $" + "9" * 5000, "42601"),
    "$²": ("SELECT $²", "42601"),
    "a number": ("SELECT " + "9" * 5000, "XX000"),
    "a number as text": ("SELECT '" + "9" * 5000 + "'::int", "XX000"),
    "an interval": ("SELECT '" + "9" * 5000 + " days'::interval", "XX000"),
    "a number of jsonb": ("SELECT repeat('1', 10000000)::jsonb", "XX000"),
    "a limit": ("SELECT 1 LIMIT " + "9" * 5000, "XX000"),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.usefixtures("others")
def test_what_is_too_long_or_too_deep_is_refused_soon(engine: Engine, name: str) -> None:
    statement, sqlstate = LONG[name]
    with engine.connect() as connection:
        began = time.monotonic()
        with pytest.raises(psycopg.Error) as raised:
            connection.execute(statement)  # type: ignore[call-overload]
        assert time.monotonic() - began < 5
        assert _state(raised.value) == sqlstate
        assert "internal error" not in str(raised.value)


@pytest.mark.usefixtures("others")
def test_what_is_long_and_plain_is_answered(engine: Engine) -> None:
    union = " UNION ALL ".join(f"SELECT n FROM many WHERE n = {i + 1}" for i in range(100))
    joins = "SELECT m0.n FROM many m0 " + " ".join(f"JOIN many m{i} ON m{i}.n = m0.n" for i in range(1, 45))
    with engine.connect() as connection:
        assert len(connection.execute(union.encode()).fetchall()) == 100
        assert len(connection.execute(f"{joins} WHERE m0.n < 10".encode()).fetchall()) == 9


@pytest.mark.parametrize("kind", ["jsonb", "int[]", "int4range", "bytea"])
def test_what_is_said_of_a_long_value_is_short(engine: Engine, kind: str) -> None:
    with engine.connect() as connection:
        for size in (400_000, 20_000_000):
            with pytest.raises(psycopg.Error) as raised:
                connection.execute(f"SELECT repeat('{{ab\\', {size} / 4)::{kind}")  # type: ignore[call-overload]
            assert len(str(raised.value)) < 110_000
        assert connection.execute("SELECT count(*) FROM many").fetchone() == (5000,)


SLOW = {
    "a join": HEAVY,
    "Python's numerics": "SELECT count(*) FROM many a, many b WHERE sqrt(a.n::numeric + b.n) = -1",
    "a regular expression": f"SELECT regexp_match(repeat('a', {20_000}), 'a*a*a*[bc]')",
    "many of them": "SELECT count(*) FROM many a, many b WHERE regexp_replace(a.n || ' ' || b.n, '(1|2)3', 'x') = '-'",
    "LIKE": "SELECT count(*) FROM many WHERE repeat('a', 5000) || n LIKE (SELECT repeat('%a', 20) || '%b')",
    "an INSERT": f"INSERT INTO many {HEAVY}",
    "LIKE of a long text": "SELECT repeat('a', 5000000) LIKE (SELECT '%' || repeat('a_', 2000) || 'b%')",
    "a long text in Python": "SELECT kafka_murmur2(repeat('ab', 25000000))",
    "long texts in Python": "SELECT sum(length(encode(repeat('ab', 50000)::bytea, 'escape'))) FROM many",
    "an INSERT of such": "INSERT INTO texts SELECT n, left(encode(repeat('ab', 50000)::bytea, 'escape'), 1) FROM many",
    "conditions that may fail": "INSERT INTO texts"
    " SELECT n, 'x' FROM many, (SELECT '[' || repeat('1,', 300000) || '1]' AS x)"
    " WHERE jsonb_array_length(x::jsonb) = n + 1000000 OR jsonb_array_length(x::jsonb) = n + 1000001",
    "an UPDATE": "UPDATE texts SET n = 1 WHERE n IN (SELECT a.n * b.n % 3 FROM many a, many b, many c)",
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.usefixtures("others")
def test_a_timeout_ends_any_statement(engine: Engine, name: str) -> None:
    with engine.connect() as connection:
        connection.execute("SET statement_timeout = '300ms'")
        began = time.monotonic()
        with contextlib.suppress(psycopg.errors.QueryCanceled):
            connection.execute(SLOW[name])  # type: ignore[call-overload]
        assert time.monotonic() - began < 1.3
        with engine.connect() as writer:
            writer.execute("INSERT INTO texts VALUES (1, 'written at once')")
        assert time.monotonic() - began < 2
    while engine.busy(0.3) > 0.5:
        assert time.monotonic() - began < 5, "something of it goes on"


def test_what_nobody_wants_ends_though_there_is_memory_for_it(tmp_path: Path) -> None:
    engine = Engine(tmp_path, megabytes=4096)
    with engine.connect() as connection, engine.connect() as writer:
        connection.execute("CREATE TABLE texts (n int)")
        connection.execute("SET statement_timeout = '300ms'")
        began = time.monotonic()
        numbers = "SELECT n FROM generate_series(1, 2000) AS g (n)"
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(f"INSERT INTO texts {numbers} WHERE length(repeat('ab', 999999 + n)) = 1")
        assert time.monotonic() - began < 1.3
        writer.execute("INSERT INTO texts VALUES (1)")
        assert time.monotonic() - began < 2
    assert engine.peak < 2500
    assert not engine.end()


@pytest.mark.parametrize("how", ["cancelled", "gone"])
def test_an_insert_that_nobody_wants_blocks_no_writer(engine: Engine, how: str) -> None:
    connection, writer = engine.connect(), engine.connect()
    connection.pgconn.send_query(f"INSERT INTO many {HEAVY}".encode())
    time.sleep(0.3)
    began = time.monotonic()
    if how == "cancelled":
        connection.cancel_safe()
    connection.close()
    with writer:
        writer.execute("INSERT INTO texts VALUES (2, 'x')")
    assert time.monotonic() - began < 3


def test_many_heavy_readers_starve_nobody(engine: Engine) -> None:
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(contextlib.closing(engine.connect())) for _ in range(16)]
        for reader in readers:
            reader.pgconn.send_query(HEAVY.encode())
        time.sleep(0.3)
        with engine.connect() as other:
            began = time.monotonic()
            other.execute("SELECT 1")
            assert time.monotonic() - began < 2
        for reader in readers:
            reader.cancel_safe()


@pytest.mark.usefixtures("others")
def test_long_texts_for_many_who_do_not_read_them_keep_within_what_is_promised(engine: Engine) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(contextlib.closing(engine.connect()))
            connection.pgconn.send_query(b"SELECT repeat('ab', 47500000)")
        time.sleep(3)
    assert engine.peak < MOST_MEGABYTES


def test_prepared_statements_are_bounded_in_bytes(engine: Engine) -> None:
    with engine.connect() as connection:
        long = "SELECT '" + "a" * 900_000 + "'"
        for number in range(5):
            connection.execute(f"PREPARE p{number} AS {long}")  # type: ignore[call-overload]
        with pytest.raises(psycopg.Error) as raised:
            _ = [connection.execute(f"PREPARE p{number} AS {long}") for number in range(5, 100)]  # type: ignore[call-overload]
        assert _state(raised.value) == "53400"


def test_prepared_statements_of_many_words_are_counted_with_what_is_read_of_them(engine: Engine) -> None:
    with engine.connect() as connection:
        long = f"SELECT 1 IN (1{', 1' * 8_000})"
        with pytest.raises(psycopg.Error) as raised:
            _ = [connection.execute(f"PREPARE p{number} AS {long}") for number in range(20)]  # type: ignore[call-overload]
        assert _state(raised.value) == "53400"


def test_what_all_sessions_keep_is_bounded(engine: Engine) -> None:
    long = "SELECT '" + "a" * 900_000 + "'"
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(engine.connect()) for _ in range(6)]
        many = ((connection, number) for connection in connections for number in range(17))
        with pytest.raises(psycopg.errors.OutOfMemory, match="prepared or suspended"):
            _ = [connection.execute(f"PREPARE p{number} AS {long}") for connection, number in many]  # type: ignore[call-overload]
        connections[0].execute("DEALLOCATE ALL")
        connections[1].execute("PREPARE small AS SELECT 1")
    with engine.connect() as connection:
        connection.execute(f"PREPARE p AS {long}")  # type: ignore[call-overload]


def test_suspended_portals_are_bounded_in_bytes(engine: Engine) -> None:
    with engine.connect() as connection, connection.transaction():
        libpq = connection.pgconn
        libpq.prepare(b"s", b"SELECT repeat('a', 2000) FROM many")
        answer = _portals(libpq.socket, 30)
    assert b"53400" in answer
    assert engine.process.poll() is None


def _portals(handle: int, count: int) -> bytes:
    """Bind and begin so many portals of the statement ``s`` on a client's own socket; return the last that is said."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    with socket.socket(fileno=os.dup(handle)) as wire:
        wire.setblocking(True)
        for number in range(count):
            name = f"p{number}".encode()
            wire.sendall(
                message(b"B", name + b"\0s\0" + struct.pack("!hhh", 0, 0, 0))
                + message(b"E", name + b"\0" + struct.pack("!i", 1))
                + message(b"H", b"")
            )
        wire.sendall(message(b"S", b""))
        said = b""
        while not said[-6:].startswith(b"Z"):
            assert select.select([wire], [], [], 90)[0], "no answer"
            said = (said + wire.recv(1_000_000))[-4000:]
        return said


def _memory_of_what_waits(engine: Engine, messages: bytes, times: int, patience: float) -> None:
    """Send messages behind a statement that runs, as far as they are taken; they take little memory."""
    before = engine.peak
    with contextlib.closing(engine.connect()) as connection:
        connection.pgconn.send_query(HEAVY.encode())
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as wire:
            wire.settimeout(patience)
            with contextlib.suppress(TimeoutError, OSError):
                for _ in range(times):
                    wire.sendall(messages)
    assert engine.peak < max(before, 300) + 60


def test_data_of_a_copy_that_nobody_asked_for_are_not_collected(engine: Engine) -> None:
    data = b"d" + struct.pack("!i", 100_000_004) + bytes(100_000_000)
    _memory_of_what_waits(engine, data, 16, 0.3)


@pytest.mark.usefixtures("others")
def test_messages_that_wait_for_a_statement_are_bounded_however_small(engine: Engine) -> None:
    _memory_of_what_waits(engine, b"S\0\0\0\4" * 100_000, 40, 3)


@pytest.mark.usefixtures("others")
def test_an_open_quote_of_csv_takes_linear_time(engine: Engine) -> None:
    began = time.monotonic()
    data = ['1,"', *["aaaaaaaaa,\n" * 20_000] * 100]
    with engine.connect() as connection, pytest.raises(psycopg.errors.BadCopyFileFormat):
        _copy(connection, "COPY texts FROM STDIN (FORMAT csv)", data)
    assert time.monotonic() - began < 10


def _copy(connection: psycopg.Connection, statement: LiteralString, data: Iterable[str]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in data:
            copy.write(piece)


def test_text_is_not_taken_for_parameters(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute("SELECT %s::text, 'costs $5'", ["x"]).fetchone() == ("x", "costs $5")
        connection.execute('CREATE TABLE cents ("cost$2" int, "a$1" text)')
        connection.execute("INSERT INTO cents VALUES (%s, 'x')", [1])
        found = connection.execute('SELECT "cost$2", %s::text FROM cents WHERE "a$1" = %s', ["y", "x"]).fetchall()
        assert found == [(1, "y")]


def test_a_column_may_be_called_as_duckdbs_own_or_as_another_but_for_case(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute('CREATE TABLE own (a int NOT NULL, "A" int, rowid int, "RowID" int, "~from" int, "A~2" int)')
        connection.execute("INSERT INTO own VALUES (1, 2, 3, 4, 5, 6), (7, 8, 9, 10, 11, 12)")
        connection.execute('UPDATE own SET rowid = 0, "A" = "A" + 1 WHERE "RowID" = 4')
        connection.execute('DELETE FROM own WHERE "A" = 8')
        with connection.transaction():
            connection.execute('INSERT INTO own (a, "RowID") VALUES (20, 21)')
        found = connection.execute('SELECT *, "RowID" FROM own ORDER BY a').fetchall()
        assert found == [(1, 3, 0, 4, 5, 6, 4), (20, None, None, 21, None, None, 21)]
        with pytest.raises(psycopg.errors.NotNullViolation, match='null value in column "a" '):
            connection.execute("INSERT INTO own (rowid) VALUES (1)")
        connection.execute('CREATE TABLE spaced ("A b" int, "a B" int NOT NULL)')
        with pytest.raises(psycopg.errors.NotNullViolation, match='null value in column "a B" '):
            connection.execute("INSERT INTO spaced VALUES (1)")
        connection.execute("DROP TABLE own")


def test_statements_may_have_any_name(engine: Engine) -> None:
    with engine.connect() as connection:
        for name in ("_dict__", "__class__", "a b", "é", "None", 'a"b'):
            called = pieces.Identifier(name)
            connection.execute(pieces.SQL("PREPARE {} AS SELECT 1").format(called))
            assert connection.execute(pieces.SQL("EXECUTE {}").format(called)).fetchone() == (1,)


def test_many_parameters(engine: Engine) -> None:
    with engine.connect() as connection:
        libpq = connection.pgconn
        marks = ",".join(f"${number}::int" for number in range(1, 33_001))
        result = libpq.exec_params(f"SELECT array_length(ARRAY[{marks}], 1)".encode(), [b"1"] * 33_000)
        assert result.error_field(67) == b"54001", "too many words"
        marks = ",".join(f"${number}" for number in range(1, 33_001))
        result = libpq.exec_params(f"SELECT array_length(ARRAY[1,{marks}], 1)".encode(), [b"1"] * 33_000)
        assert result.get_value(0, 0) == b"33001"


def _longest_wait(engine: Engine, over: threading.Event) -> float:
    """Ask for something small until it is over; return how long that took at the most."""
    longest = 0.0
    with engine.connect() as other:
        while not over.wait(0.01):
            began = time.monotonic()
            other.execute("SELECT 1")
            longest = max(longest, time.monotonic() - began)
    return longest


def test_a_long_parameter_is_read_while_others_are_served(engine: Engine) -> None:
    over = threading.Event()
    with engine.connect() as connection:
        long = b"{" + b",".join([b"1"] * 900_000) + b"}"
        connection.pgconn.prepare(b"long", b"SELECT $1::int[] IS NULL")
        connection.pgconn.send_query_prepared(b"long", [long])
        threading.Timer(2, over.set).start()
        assert _longest_wait(engine, over) < 1
        while connection.pgconn.get_result() is not None:
            pass


def test_escapes_of_a_copy_are_read_while_others_are_served(engine: Engine) -> None:
    over = threading.Event()

    def copy() -> None:
        with engine.connect() as connection:
            _copy(connection, "COPY texts FROM STDIN", ["1\t" + "\\t" * 2_500_000 + "\n"] * 2)
        over.set()

    threading.Thread(target=copy).start()
    assert _longest_wait(engine, over) < 1


def test_the_catalog_of_many_columns_is_read(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    with engine.connect() as connection:
        columns = ", ".join(f"c{number} int" for number in range(1600))
        for number in range(20):
            connection.execute(f"CREATE TABLE wide{number} ({columns})")  # type: ignore[call-overload]
        count = connection.execute("SELECT count(*) FROM information_schema.columns WHERE table_name LIKE 'wide%'")
        assert count.fetchone() == (32_000,)
    assert not engine.end()


def test_a_negative_timeout_is_refused(engine: Engine) -> None:
    with engine.connect() as connection:
        for text in ("-1", "'-5s'"):
            with pytest.raises(psycopg.Error, match="idle_in_transaction_session_timeout"):
                connection.execute(f"SET idle_in_transaction_session_timeout = {text}")  # type: ignore[call-overload]


def test_a_setting_is_no_longer_than_a_client_hears_of(engine: Engine) -> None:
    with engine.connect() as connection:
        for name in ("application_name", "cluster", "database", "search_path"):
            for value in ("é" * 5_001, "a" * 900_000):
                with pytest.raises(psycopg.errors.ProgramLimitExceeded):
                    connection.execute(f"SET {name} = '{value}'")  # type: ignore[call-overload]
        longest = "é" * 5_000
        connection.execute(f"SET application_name = '{longest}'")  # type: ignore[call-overload]
        assert connection.info.parameter_status("application_name") == longest


def test_with_few_files_callers_are_turned_away_and_the_log_stays_short(tmp_path: Path) -> None:
    engine = Engine(tmp_path, files=300)
    with engine.connect() as connection:
        callers = []
        for _ in range(180):
            caller = socket.create_connection((connection.info.host, connection.info.port))
            callers.append(caller)
        time.sleep(0.3)
        assert connection.execute("SELECT 1").fetchone() == (1,)
        for caller in callers:
            caller.close()
    with engine.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not engine.end()
