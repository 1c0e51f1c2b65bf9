"""Whatever a server does: a status in words, the last exact content or an error, and no view that hangs or lies."""

from __future__ import annotations

import asyncio
import random
import struct
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

import mzwidget
from mzwidget import LiveView, LiveViewError, SqlError, catalog
from mzwidget.tail import attempts, status, subscription, tail
from tests.machine import eventually
from tests.tail.server import OWN, Conversation, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = 1_700_000_000_000
INT8 = ("n", 20)
TYPES = {
    "bool": 16,
    "int2": 21,
    "int4": 23,
    "int8": 20,
    "float4": 700,
    "float8": 701,
    "numeric": 1700,
    "uint8": 16464,
    "oid": 26,
}


@contextmanager
def watching(server: Server, name: str = "v") -> Iterator[LiveView]:
    """Give a view that somebody looks at."""
    with LiveView(name, dsn=server.dsn) as view:
        callback = view.on_change(lambda _: None)
        yield view
        callback.close()


def lively(
    talk: Conversation, values: tuple[object, ...] = (1,), columns: tuple[tuple[str, int], ...] = (INT8,)
) -> None:
    """Send a snapshot of one row, and close it."""
    talk.subscribe(*columns)
    talk.progress(T, len(columns))
    talk.row(T, 1, *values)
    talk.progress(T + 1, len(columns))


def refused(server: Server, message: str) -> None:
    """See that a view fails in these words."""
    with LiveView("v", dsn=server.dsn) as view:
        for ask in (lambda: view.wait(10), lambda: view.df):
            with pytest.raises(LiveViewError, match=message):
                ask()
        assert view.status.state == "failed"


def keep_on(talk: Conversation, columns: int = 1) -> None:
    """Report progress for as long as the client listens."""
    for at in range(T + 2, T + 10_000):
        talk.progress(at, columns)
        time.sleep(0.1)


# Silence


def test_silence_after_the_greeting_ends_and_retry_begins_anew() -> None:
    def talk(server: Conversation, _: int) -> None:
        server.greet()
        server.silence()

    with Server(talk) as server, watching(server) as view:
        eventually(lambda: server.connections == 1)
        time.sleep(0.1)
        seen = []
        eventually(lambda: seen.append(view.status) or server.connections >= 3)
        assert any("did not answer" in one.message for one in seen)
        assert all(one.retry_at is None or one.retry_at.timestamp() > time.time() - 15 for one in seen)
        with pytest.raises(LiveViewError, match="did not answer"):
            view.wait(20)


def test_a_name_that_is_looked_up_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "CONNECT", 0.5)
    released = threading.Event()

    async def stuck(*_: object, **__: object) -> object:
        await asyncio.to_thread(released.wait, 30)
        return []

    monkeypatch.setattr("psycopg.connection_async.conninfo_attempts_async", stuck)
    with LiveView("v", dsn="postgres://nowhere.invalid/materialize") as view:
        with pytest.raises(LiveViewError, match="did not answer"):
            view.wait(10)
        released.set()


def test_retry_ends_an_attempt_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "ANSWER", 60.0)
    monkeypatch.setattr(subscription, "HASTE", 0.1)

    def talk(server: Conversation, number: int) -> None:
        if number == 0:
            server.greet()
            server.parse()
            server.silence()
        lively(server)
        keep_on(server)

    with Server(talk) as server, watching(server) as view:
        eventually(lambda: "no answer yet" in view.status.message)
        assert view.status.state == "connecting"
        view.retry()
        eventually(lambda: view.status.state == "live")


@pytest.mark.parametrize("step", ["greet", "parse", "copy", "progress"])
def test_silence_after_a_reconnect_is_not_for_ever(step: str) -> None:
    def talk(server: Conversation, number: int) -> None:
        if number == 0:
            lively(server)
            return
        if number == 1:
            if step == "greet":
                server.silence()
            server.greet()
            if step == "parse":
                server.silence()
            server.parse()
            server.describe([*OWN, INT8])
            server.until(b"Q") if step == "copy" else server.copy([*OWN, INT8])
            if step == "progress":
                server.progress(T)
            server.silence()
        lively(server, (2,))
        keep_on(server)

    parameter = "?connect_timeout=2"
    with Server(talk) as server, LiveView("v", dsn=server.dsn + parameter) as view:
        callback = view.on_change(lambda _: None)
        eventually(lambda: server.connections == 2)
        assert list(view.df["n"]) == [1]
        while server.connections < 3:
            retry_at = view.status.retry_at
            assert retry_at is None or retry_at.timestamp() > time.time() - 10, "an appointment that is long past"
            time.sleep(0.05)
        eventually(lambda: view.status.state == "live")
        assert list(view.df["n"]) == [2]
        callback.close()


def test_an_answer_that_never_ends_holds_up_nobody_else() -> None:
    """CopyDone, and then nothing: libpq would wait for the rest in the thread that all views share."""

    def talk(server: Conversation, _: int) -> None:
        lively(server)
        server.send(b"c")
        server.silence()

    def well(server: Conversation, _: int) -> None:
        lively(server)
        keep_on(server)

    with Server(talk) as bad, Server(well) as good, watching(bad) as one, watching(good) as other:
        one.wait(10)
        other.wait(10)
        before = other.timestamp
        eventually(lambda: other.timestamp > before)
        eventually(lambda: "silent" in one.status.message)
        assert list(one.df["n"]) == [1]


def test_whoever_waits_is_somebody_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "LINGER", 0.2)

    def talk(server: Conversation, _: int) -> None:
        server.subscribe(INT8)
        server.progress(T)
        time.sleep(1.5)
        server.row(T, 1, 7)
        server.progress(T + 1)
        keep_on(server)

    with Server(talk) as server, LiveView("v", dsn=server.dsn) as view:
        assert list(view.wait(20).df["n"]) == [7]
        assert server.connections == 1


def test_a_server_that_has_begun_and_computes_is_waited_for() -> None:
    """The engine tells of which time a snapshot is when it has it, which takes its time for millions of rows."""

    def talk(server: Conversation, _: int) -> None:
        server.subscribe(INT8)
        time.sleep(2 * subscription.ANSWER)
        server.progress(T)
        server.row(T, 1, 7)
        server.progress(T + 1)
        keep_on(server)

    with Server(talk) as server, LiveView("v", dsn=server.dsn) as view:
        assert list(view.wait(20).df["n"]) == [7]
        assert server.connections == 1


def test_a_server_that_is_slow_to_let_in_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "LINGER", 0.2)

    def talk(server: Conversation, _: int) -> None:
        time.sleep(1.5)
        lively(server)
        keep_on(server)

    with Server(talk) as server, LiveView("v", dsn=server.dsn) as view:
        assert list(view.wait(20).df["n"]) == [1]
        assert server.connections == 1


@pytest.mark.parametrize("answer", ["silence", "nonsense"])
def test_names_that_do_not_come_hold_up_no_error(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name is explained by the names there are: a hint, for which nobody waits long."""
    monkeypatch.setattr(catalog, "PATIENCE", 2.0)

    def talk(server: Conversation, number: int) -> None:
        server.greet()
        if number == 1:
            server.until(b"Q")
            if answer == "silence":
                server.silence()
            server.send(b"T", struct.pack("!H", 0))
            server.send(b"D", struct.pack("!H", 0))
            server.send(b"C", b"SELECT 1\0")
            server.ready()
        server.parse()
        server.error("unknown catalog item 'v'")
        server.ready()
        server.silence()

    with Server(talk) as server, watching(server) as view:
        with pytest.raises(LiveViewError, match="unknown catalog item 'v'"):
            view.wait(8)
        eventually(lambda: server.connections >= 4, what="it is tried again, and names are asked for but once")


# Lies

Lie = tuple[str, str, "Callable[[Conversation], None]"]
LIES: list[Lie] = [
    ("too few values", "3 values for 4 columns", lambda s: s.line(T + 1, "f", 1)),
    ("too many values", "5 values for 4 columns", lambda s: s.row(T + 1, 1, 1, 2)),
    ("progress of 10^400", "as a time", lambda s: s.progress("1" + "0" * 400)),
    ("progress of 10^5000", "as a time", lambda s: s.progress("1" + "0" * 5000)),
    ("progress after the year 9999", "as a time", lambda s: s.progress(10**15)),
    ("negative progress", "as a time", lambda s: s.progress(-1)),
    ("progress that is no number", "as a time", lambda s: s.progress("soon")),
    ("progress of NULL", "as a time", lambda s: s.progress(None)),
    ("progress goes back", "went back", lambda s: s.progress(T - 1)),
    ("a row at a closed time", "after its progress", lambda s: s.row(T - 1, 1, 1)),
    ("a row at no time", "as a time", lambda s: s.row("x", 1, 1)),
    ("neither row nor progress", "mz_progressed", lambda s: s.line(T + 1, "x", 1, 1)),
    ("a diff that is no number", "number of copies", lambda s: s.row(T + 1, "many", 1)),
    ("a diff of NULL", "number of copies", lambda s: s.row(T + 1, None, 1)),
    ("a diff beyond 64 bits", "number of copies", lambda s: s.row(T + 1, 2**64, 1)),
    ("no UTF-8", "not UTF-8", lambda s: s.send(b"d", b"\xff\n")),
    ("fewer than no copies", "negative number", lambda s: (s.row(T + 1, -5, 9), s.progress(T + 2))),
    ("a value out of range", "int8", lambda s: (s.row(T + 1, 1, 2**63), s.progress(T + 2))),
    ("a value that is none", "int8", lambda s: (s.row(T + 1, 1, "seven"), s.progress(T + 2))),
]


@pytest.mark.parametrize(("message", "lie"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_is_found_out(message: str, lie: Callable[[Conversation], None]) -> None:
    """At the snapshot the view fails; later it fails and shows what was true until then."""

    def at_once(server: Conversation, _: int) -> None:
        server.subscribe(INT8)
        server.progress(T)
        lie(server)
        server.silence()

    taken = threading.Event()

    def later(server: Conversation, number: int) -> None:
        if number:
            server.silence()
        lively(server)
        taken.wait(60)
        lie(server)
        server.silence()

    with Server(at_once) as server:
        refused(server, message)
    with Server(later) as server, watching(server) as view:
        view.wait(10)
        taken.set()
        eventually(lambda: view.status.state == "failed")
        assert message in view.status.message
        assert list(view.df["n"]) == [1]


def test_a_row_before_any_progress() -> None:
    def talk(server: Conversation, _: int) -> None:
        server.subscribe(INT8)
        server.row(T, 1, 1)
        server.silence()

    with Server(talk) as server:
        refused(server, "before any progress")


def test_another_kind_of_answer() -> None:
    def talk(server: Conversation, _: int) -> None:
        server.greet()
        server.parse()
        server.describe([("a", 23)])
        server.silence()

    with Server(talk) as server:
        refused(server, "does not answer as SUBSCRIBE does")


def test_an_end_before_the_beginning() -> None:
    def talk(server: Conversation, _: int) -> None:
        server.subscribe(INT8)
        server.complete()
        server.silence()

    with Server(talk) as server:
        refused(server, "ended the subscription before it began")


BAD = [
    ("bool", "yes"),
    ("int2", "32768"),
    ("int4", "-2147483649"),
    ("int8", "9" * 5000),
    ("float8", "much"),
    ("numeric", "1.2.3"),
    ("uint8", "-1"),
    ("oid", str(2**32)),
    ("float4", "1e39"),
    ("float8", "1e400"),
    ("float8", "-inf"),
    ("float8", "nan"),
    ("numeric", "9" * 400),
    ("numeric", "1_0"),
    ("int8", " 7"),
    ("int4", "\N{ARABIC-INDIC DIGIT THREE}"),
]


@pytest.mark.parametrize(("kind", "value"), BAD, ids=[f"{kind} {value[:9]}" for kind, value in BAD])
def test_a_value_that_its_type_does_not_have(kind: str, value: str) -> None:
    def talk(server: Conversation, _: int) -> None:
        lively(server, (value,), (("c", TYPES[kind]),))
        server.silence()

    with Server(talk) as server:
        refused(server, f"column 'c', which is no {kind}")


def test_the_ends_of_each_type_are_values() -> None:
    names = ["int2", "int4", "int8", "uint8", "oid", "float8", "numeric", "bool"]
    least = ["-32768", str(-(2**31)), str(-(2**63)), "0", "0", "-Infinity", "NaN", "t"]
    most = ["32767", str(2**31 - 1), str(2**63 - 1), str(2**64 - 1), str(2**32 - 1), "NaN", "9" * 39, "f"]
    columns = [(name, TYPES[name]) for name in names]

    def talk(server: Conversation, _: int) -> None:
        server.subscribe(*columns)
        server.progress(T, len(columns))
        for values in (least, most, [None] * len(columns)):
            server.row(T, 1, *values)
        server.progress(T + 1, len(columns))
        keep_on(server, len(columns))

    with Server(talk) as server, LiveView("v", dsn=server.dsn) as view:
        frame = view.wait(10).df
    assert len(frame) == 3
    assert set(frame["int8"].dropna()) == {-(2**63), 2**63 - 1}
    assert set(frame["uint8"].dropna()) == {0, 2**64 - 1}


def test_one_view_that_fails_does_not_concern_the_others() -> None:
    def talk(server: Conversation, _: int) -> None:
        lively(server)
        server.progress("9" * 400)
        server.silence()

    def well(server: Conversation, _: int) -> None:
        lively(server)
        keep_on(server)

    with Server(talk) as bad, Server(well) as good, watching(bad) as one, watching(good) as other:
        other.wait(10)
        eventually(lambda: one.status.state == "failed")
        before = other.timestamp
        eventually(lambda: other.timestamp > before)
        assert other.status.state == "live"


# Too much


def test_an_endless_snapshot_is_counted_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "SIZE", 4 * 2**20)

    def talk(server: Conversation, _: int) -> None:
        server.subscribe(INT8)
        server.progress(T)
        for start in range(0, 10**9, 1000):
            rows = b"".join(
                b"d" + len(line).__add__(4).to_bytes(4, "big") + line
                for line in (f"{T}\tf\t1\t{n}\n".encode() for n in range(start, start + 1000))
            )
            server._socket.sendall(rows)
            time.sleep(0.01)

    with Server(talk) as server, watching(server) as view:
        eventually(lambda: "rows of the snapshot so far" in view.status.message)
        assert view.status.state == "connecting"
        eventually(lambda: view.status.state == "failed")
        assert "4 MiB" in view.status.message
        assert "fewer or smaller rows" in view.status.message


def test_a_message_of_any_length_is_cut() -> None:
    def talk(server: Conversation, _: int) -> None:
        server.greet()
        server.parse()
        server.error("no " + "x" * 10**6, "XX000" * 10**5)
        server.ready()
        server.silence()

    with Server(talk) as server, LiveView("v", dsn=server.dsn) as view:
        with pytest.raises(LiveViewError) as error:
            view.wait(10)
        assert view.status.message == status.shorten("no " + "x" * 10**6)
        assert str(error.value) == f"v: {view.status.message}"
        assert view.status.sqlstate == error.value.sqlstate == "XX000"
    with Server(talk) as server, pytest.raises(SqlError) as refused_once:
        mzwidget.sql("SELECT 1", dsn=server.dsn)
    assert refused_once.value.sqlstate == "XX000"


def test_one_row_without_an_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "SIZE", 4 * 2**20)
    sent: list[int] = []

    def talk(server: Conversation, _: int) -> None:
        server.subscribe(("v", 25))
        server.progress(T)
        server.raw(b"d" + (2**30).to_bytes(4, "big") + f"{T}\tf\t1\t".encode())
        for _ in range(1000):
            server.raw(b"x" * 2**18)
            sent.append(2**18)
            time.sleep(0.005)

    with Server(talk) as server, watching(server) as view:
        eventually(lambda: view.status.state == "failed")
        assert "4 MiB" in view.status.message
        assert sum(sent) < 64 * 2**20


def test_a_server_that_ends_after_every_snapshot_is_not_asked_ever_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "BACKOFF", (0.25, 30.0))

    def talk(server: Conversation, _: int) -> None:
        lively(server)

    with Server(talk) as server, watching(server), watching(server, "w"):
        time.sleep(4)
        assert server.connections <= 14
        eventually(lambda: server.connections >= 4)


def test_a_lost_connection_is_told_in_plain_words() -> None:
    def talk(server: Conversation, number: int) -> None:
        if number:
            server.silence()
        lively(server)

    with Server(talk) as server, watching(server) as view:
        view.wait(10)
        eventually(lambda: view.status.state == "reconnecting")
        assert view.status.message.startswith("the connection was lost")
        assert "failed:" not in view.status.message
        assert "\n" not in view.status.message


# Noise


def noise(server: Conversation, number: int) -> None:
    """Speak well up to some step, then send messages of any kind, length and content."""
    chance = random.Random(number)
    step = chance.randrange(6)
    if step == 5:
        lively(server)
    else:
        for act in (
            server.greet,
            server.parse,
            lambda: server.describe([*OWN, INT8]),
            lambda: server.copy([*OWN, INT8]),
        )[:step]:
            act()
    for _ in range(chance.randrange(1, 6)):
        kind, body = bytes([chance.choice(b"1TtDdcCHEGINRSZAsWnV23KvX\0\xff")]), chance.randbytes(chance.randrange(40))
        if chance.random() < 0.8:
            server.send(kind, body)
        else:
            server.raw(kind + struct.pack("!I", chance.choice([0, 3, 4, 10**6, 2**31 - 1, 2**32 - 1])) + body)
    if chance.random() < 0.3:
        server.silence()


def test_noise_is_a_status_in_words_and_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "BACKOFF", (30.0, 30.0))

    def well(server: Conversation, _: int) -> None:
        lively(server)
        keep_on(server)

    with Server(noise) as bad, Server(well) as good, watching(good) as other, ExitStack() as stack:
        views = [
            stack.enter_context(LiveView(f"v{number}", dsn=f"{bad.dsn}?connect_timeout=2")) for number in range(80)
        ]
        for view in views:
            eventually(lambda view=view: view.status.retry_at is not None, what=repr(view))
            assert view.status.state in ("reconnecting", "failed")
            assert view.status.message
            assert "Error" not in view.status.message, "words, not Python's"
        before = other.wait(10).timestamp
        eventually(lambda: other.timestamp > before)
