"""The live stream: what its events mean, and how it is held on to whatever the network does."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget.wikipedia import eventstream
from mzwidget.wikipedia.eventstream import EventStream, StreamError
from mzwidget.wikipedia.live import LiveReader
from mzwidget.wikipedia.recentchange import to_edit
from mzwidget.wikipedia.rows import RECORDED_IDS, Edit
from mzwidget.wikipedia.tally import IngestStats, Tally
from tests.machine import eventually, free_port
from tests.wikipedia.stream import StreamServer, Visit, event, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).parent / "data"
AGENT = "mzwidget/test (https://example.org)"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


# What events mean


def test_real_events() -> None:
    read = [to_edit(event) for event in lines("recentchange.jsonl")]
    kinds = [edit if isinstance(edit, str) else edit.kind for edit in read]
    assert kinds == [event["type"] for event in lines("recentchange.jsonl")]
    assert kinds.count("edit") == 6
    assert read[0] == Edit(
        id=300811763,
        kind="edit",
        wiki="eswiki",
        namespace=0,
        title="Willow Smith",
        user_name="J0cj0cj0c",
        bot=False,
        minor=False,
        delta=18,
        edited_at=datetime(2023, 12, 7, 20, 30, tzinfo=UTC),
        rev_id=lines("recentchange.jsonl")[0]["revision"]["new"],
    )
    new = read[4]
    assert isinstance(new, Edit)
    assert new.bot
    assert new.delta == lines("recentchange.jsonl")[4]["length"]["new"]
    assert max(edit.id for edit in read if isinstance(edit, Edit)) > 2**31


def test_canary_temporary_account_redacted() -> None:
    changes = EventStream("http://nowhere.invalid", AGENT, 1)
    canary, temporary, redacted = (changes._read(json.dumps(e)) for e in lines("recentchange-constructed.jsonl"))
    assert canary == "canary"
    assert isinstance(temporary, Edit)
    assert (temporary.id, temporary.user_name) == (2**31, "~2026-12345-67")
    assert redacted == "redacted"


def test_a_canary_may_look_like_anything() -> None:
    read = EventStream("http://nowhere.invalid", AGENT, 1)._read
    assert read(json.dumps(event(1) | {"meta": {"domain": "canary", "id": "x"}})) == "canary"
    assert read(json.dumps({"meta": {"domain": "canary"}})) == "canary"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"type": "log", "id": None}, "log"),
        ({"type": "external"}, "external"),
        ({"type": "brand new kind"}, "malformed"),
        ({"type": ["edit"]}, "malformed"),
        ({"user": None}, "redacted"),
        ({"user": ""}, "redacted"),
        ({"user": 7}, "malformed"),
        ({"id": None}, "malformed"),
        ({"id": "7"}, "malformed"),
        ({"id": True}, "malformed"),
        ({"id": RECORDED_IDS}, "malformed"),
        ({"namespace": 2**31}, "malformed"),
        ({"title": None}, "malformed"),
        ({"wiki": None}, "malformed"),
        ({"meta": {"dt": "yesterday"}, "timestamp": None}, "malformed"),
        ({"meta": {"dt": "yesterday"}, "timestamp": 10**30}, "malformed"),
    ],
)
def test_events_that_give_no_row(changes: dict[str, Any], outcome: str) -> None:
    assert to_edit(event(1, **changes)) == outcome


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"meta": {"dt": "2026-08-21T10:15:01Z"}}, "edited_at", datetime(2026, 8, 21, 10, 15, 1, tzinfo=UTC)),
        ({"meta": {"dt": "2026-08-21T10:15:01"}}, "edited_at", datetime(2026, 8, 21, 10, 15, 1, tzinfo=UTC)),
        ({"meta": {}, "timestamp": 0}, "edited_at", datetime(1970, 1, 1, tzinfo=UTC)),
        ({"length": None}, "delta", None),
        ({"length": {"new": 5}}, "delta", 5),
        ({"length": {"new": 5, "old": "4"}}, "delta", None),
        ({"length": {"new": 2**63}}, "delta", None),
        ({"minor": None}, "minor", False),
        ({"bot": None}, "bot", False),
        ({"namespace": None}, "namespace", None),
        ({"user": "2001:DB8::7"}, "user_name", "2001:DB8::7"),
        ({"title": "<script>alert(1)</script>"}, "title", "<script>alert(1)</script>"),
        ({"title": "nul\0nul"}, "title", "nul\ufffdnul"),
        ({"user": "half \ud83d"}, "user_name", "half ?"),
    ],
)
def test_odd_values(changes: dict[str, Any], field: str, value: object) -> None:
    edit = to_edit(event(1, **changes))
    assert isinstance(edit, Edit)
    assert getattr(edit, field) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*event(1), "log_params"]), JSON))
def test_no_event_breaks_the_reader(changes: dict[str, Any]) -> None:
    read = EventStream("http://nowhere.invalid", AGENT, 1)._read(json.dumps(event(1) | changes))
    if isinstance(read, Edit):
        for text in (read.wiki, read.title, read.user_name):
            assert "\0" not in text.encode("utf-8").decode("utf-8")
        assert -(2**63) <= read.id < 2**63
        assert read.edited_at.tzinfo is not None
    else:
        assert read in {"log", "categorize", "external", "canary", "redacted", "duplicate", "malformed"}


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert EventStream("http://nowhere.invalid", AGENT, 1)._read(text) == "malformed"


def test_memory_of_ids_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventstream, "_REMEMBERED", 3)
    changes = EventStream("http://nowhere.invalid", AGENT, 1)
    for number in range(5):
        assert isinstance(changes._read(json.dumps(event(number))), Edit)
    assert len(changes._seen) == 3
    assert changes._read(json.dumps(event(4))) == "duplicate"
    assert isinstance(changes._read(json.dumps(event(0))), Edit)


# How the stream is held on to


class Sink:
    """Takes edits in place of the database."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self.ages: list[float] = []

    def put(self, edit: Edit, age: float) -> None:
        self.edits.append(edit)
        self.ages.append(age)

    @property
    def numbers(self) -> list[int]:
        return [edit.id for edit in self.edits]


class Watch:
    """A reader at work, and what comes of it."""

    def __init__(self, url: str, silence: float = 5.0) -> None:
        self.sink = Sink()
        self.tally = Tally()
        self.reader = LiveReader(EventStream(url, AGENT, silence), self.sink, self.tally)  # type: ignore[arg-type]

    @property
    def stats(self) -> IngestStats:
        return self.tally.stats("live", "running", "")

    def sees(self, *numbers: int) -> None:
        eventually(lambda: self.sink.numbers == list(numbers), what=f"{self.sink.numbers} becomes {numbers}")


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    running: list[Watch] = []

    def begin(url: str, silence: float = 5.0) -> Watch:
        running.append(Watch(url, silence))
        running[-1].reader.start()
        return running[-1]

    yield begin
    for each in running:
        each.reader.stop()
        each.reader.join(10)


def streams(*numbers: int) -> Callable[[Visit], None]:
    """Send these and stay."""

    def part(visit: Visit) -> None:
        visit.open()
        visit.events(*numbers)
        visit.hold()

    return part


def test_it_names_itself(watch: Callable[..., Watch]) -> None:
    with StreamServer(streams(1)) as server:
        watch(server.url).sees(1)
        headers = server.visits[0].headers
        assert headers["user-agent"] == AGENT
        assert headers["accept"] == "text/event-stream"
        assert "last-event-id" not in headers


def test_an_orderly_end_is_no_error(watch: Callable[..., Watch]) -> None:
    def ends(visit: Visit) -> None:
        visit.open()
        visit.events(1, 2)
        visit.end()

    with StreamServer(ends, streams(2, 3)) as server:
        watching = watch(server.url)
        watching.sees(1, 2, 3)
        assert server.visits[1].resume_from == 2
        assert watching.stats.skipped == {"duplicate": 1}
        assert watching.stats.reconnects == 1
        assert watching.reader.problem == ""


def test_a_cut_inside_an_event(watch: Callable[..., Watch]) -> None:
    def cuts(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        visit.send(frame(event(2), 3)[:90])
        visit.cut()

    with StreamServer(cuts, streams(2)) as server:
        watch(server.url).sees(1, 2)
        assert server.visits[1].resume_from == 1


def test_a_cut_inside_a_chunk(watch: Callable[..., Watch]) -> None:
    def cuts(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        visit._connection.sendall(b"ffff\r\nevent: message\n")

    with StreamServer(cuts, streams(2)) as server:
        watch(server.url).sees(1, 2)


def test_a_stall(watch: Callable[..., Watch]) -> None:
    with StreamServer(streams(1), streams(2)) as server:
        watching = watch(server.url, silence=0.3)
        watching.sees(1, 2)
        assert server.visits[1].resume_from == 1


def test_events_in_pieces_of_every_size(watch: Callable[..., Watch]) -> None:
    text = b"".join(frame(event(n, title="Žluťoučký 🐎"), n + 1) for n in range(1, 9))

    def trickles(visit: Visit) -> None:
        visit.open()
        start, size = 0, 1
        while start < len(text):
            visit.send(text[start : start + size])
            start, size = start + size, size % 40 + 1
        visit.hold()

    with StreamServer(trickles) as server:
        watching = watch(server.url)
        watching.sees(*range(1, 9))
        assert {edit.title for edit in watching.sink.edits} == {"Žluťoučký 🐎"}


def test_refused_client(watch: Callable[..., Watch]) -> None:
    with StreamServer(lambda visit: visit.answer("403 Forbidden")) as server:
        watching = watch(server.url)
        eventually(lambda: watching.reader.failed)
        assert "HTTP 403" in watching.reader.problem
        assert repr(AGENT) in watching.reader.problem
        watching.reader.join(5)
        assert len(server.visits) == 1


def test_too_many_connections(watch: Callable[..., Watch]) -> None:
    with StreamServer(lambda visit: visit.answer("429 Too Many Requests", {"Retry-After": "1"}), streams(1)) as server:
        watching = watch(server.url)
        eventually(lambda: watching.reader.problem)
        refused = datetime.now(UTC)
        assert "HTTP 429" in watching.reader.problem
        assert "close other notebooks" in watching.reader.problem
        watching.sees(1)
        assert datetime.now(UTC) - refused > timedelta(seconds=0.8)
        assert watching.reader.problem == ""


def in_http(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ("7", 7, 7),
        ("0.5", 0.5, 0.5),
        ("-5", 0, 0),
        ("1e9", 3600, 3600),
        (500, 300, 500),
        (-500, 0, 0),
        (10**9, 3600, 3600),
        ("nan", None, None),
        ("inf", None, None),
        ("soon", None, None),
        ("Fri, 99 Foo 2026 00:00:00 GMT", None, None),
        (None, None, None),
    ],
)
def test_how_long_a_server_asks_to_wait(told: str | int | None, least: float | None, most: float | None) -> None:
    """In seconds or until a date, as HTTP has it; never longer than an hour, and nothing if it makes no sense."""
    date = in_http(told) if isinstance(told, int) else told
    headers = {} if date is None else {"Retry-After": date}
    with StreamServer(lambda visit: visit.answer("503 Busy", headers)) as server:
        changes = EventStream(server.url, AGENT, 1)
        with pytest.raises(StreamError) as caught:
            list(changes.connect(threading.Event()))
    wait = caught.value.retry_after
    if least is None or most is None:
        assert wait is None
    else:
        assert wait is not None
        assert least <= wait <= most


def test_server_trouble(watch: Callable[..., Watch]) -> None:
    with StreamServer(
        lambda visit: visit.answer("503 Service Unavailable"),
        lambda visit: visit.answer("502 Bad Gateway", body=b"<html>"),
        lambda visit: visit.cut(),
        streams(1),
    ) as server:
        watching = watch(server.url)
        watching.sees(1)
        assert watching.stats.reconnects == 0
        assert not watching.reader.failed


def test_redirect(watch: Callable[..., Watch]) -> None:
    with (
        StreamServer(streams(1)) as there,
        StreamServer(lambda visit: visit.answer("307 Temporary Redirect", {"Location": there.url})) as here,
    ):
        watch(here.url).sees(1)
        assert there.visits[0].headers["user-agent"] == AGENT


def test_a_page_instead_of_a_stream(watch: Callable[..., Watch]) -> None:
    with StreamServer(
        lambda visit: visit.answer("200 OK", {"Content-Type": "text/html"}, b"<html>Please log in"),
    ) as server:
        watching = watch(server.url)
        eventually(lambda: watching.reader.problem)
        assert "'text/html'" in watching.reader.problem
        assert "log-in page" in watching.reader.problem


def test_garbage_between_events(watch: Callable[..., Watch]) -> None:
    def garbage(visit: Visit) -> None:
        visit.open()
        for number, data in enumerate(["{", "[]", "null", "7", '{"meta":3}', "[" * 5000, '{"a":1e999}']):
            visit.send(frame(data, number))
        visit.send(b"unknown: field\n: comment\nretry: soon\n\n\r\n\n")
        visit.events(9)
        visit.hold()

    with StreamServer(garbage) as server:
        watching = watch(server.url)
        watching.sees(9)
        assert watching.stats.skipped == {"malformed": 7}
        assert len(server.visits) == 1


def test_an_error_that_the_server_reports(watch: Callable[..., Watch]) -> None:
    def reports(visit: Visit) -> None:
        visit.open()
        visit.send(frame({"message": "Kafka is tired"}, 1, kind="error"))
        visit.hold()

    with StreamServer(reports, reports, streams(1)) as server:
        watching = watch(server.url)
        eventually(lambda: watching.reader.problem)
        assert "Kafka is tired" in watching.reader.problem
        watching.sees(1)


def test_a_position_the_server_no_longer_takes(watch: Callable[..., Watch]) -> None:
    def first(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        visit.end()

    def picky(visit: Visit) -> None:
        if visit.resume_from is not None:
            visit.answer("400 Bad Request")
        else:
            streams(5)(visit)

    with StreamServer(first, picky) as server:
        watch(server.url).sees(1, 5)


def test_bytes_that_are_no_text_do_not_hold_it_up_for_ever(watch: Callable[..., Watch]) -> None:
    def first(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        visit.end()

    def poison(visit: Visit) -> None:
        if visit.resume_from is None:
            streams(5)(visit)
        else:
            visit.open()
            visit.send(b'data: {"title": "\xff\xfe"}\n\n')
            visit.hold()

    with StreamServer(first, poison) as server:
        watch(server.url).sees(1, 5)


def test_after_a_long_gap_it_starts_anew(watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = threading.Event()
    clock = eventstream.time.time

    def later() -> float:
        return clock() + (3600 if asleep.is_set() else 0)

    monkeypatch.setattr(eventstream.time, "time", later)

    def first(visit: Visit) -> None:
        visit.open()
        visit.events(1)
        asleep.wait(10)
        visit.end()

    with StreamServer(first, streams(7)) as server:
        watching = watch(server.url)
        watching.sees(1)
        asleep.set()
        watching.sees(1, 7)
        assert server.visits[1].resume_from is None


def test_nobody_there(watch: Callable[..., Watch]) -> None:
    watching = watch(f"http://127.0.0.1:{free_port()}/v2")
    eventually(lambda: watching.reader.failures >= 2)
    assert watching.reader.problem.startswith("no connection to 127.0.0.1: ")
    assert "Connection refused" in watching.reader.problem


def test_no_such_name(watch: Callable[..., Watch]) -> None:
    watching = watch("http://stream.wikimedia.invalid/")
    eventually(lambda: watching.reader.problem)
    assert "stream.wikimedia.invalid cannot be resolved" in watching.reader.problem


def test_proxy_of_the_environment(watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch) -> None:
    with StreamServer(streams(1)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        watch("http://stream.wikimedia.invalid/v2/stream/recentchange").sees(1)
        assert proxy.visits[0].target == "http://stream.wikimedia.invalid/v2/stream/recentchange"


@pytest.mark.parametrize("moment", ["stalled", "waiting to try again"])
def test_stop(watch: Callable[..., Watch], moment: str) -> None:
    part = streams(1) if moment == "stalled" else (lambda visit: visit.answer("429 No", {"Retry-After": "600"}))
    with StreamServer(part) as server:
        watching = watch(server.url, silence=60)
        eventually(lambda: watching.sink.numbers == [1] or watching.reader.problem)
        watching.reader.stop()
        watching.reader.join(1)
        assert not watching.reader._thread.is_alive()


def test_nothing_is_written_after_a_stop() -> None:
    watching = Watch("http://nowhere.invalid")
    watching.reader.stop()
    watching.reader._take(to_edit(event(1)))
    assert watching.sink.edits == []
    assert watching.stats.received == 0


def test_a_clock_that_is_behind_gives_no_negative_age(watch: Callable[..., Watch]) -> None:
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    def future(visit: Visit) -> None:
        visit.open()
        visit.send(frame(event(1, meta={"dt": soon, "id": "x"}), 2))
        visit.hold()

    with StreamServer(future) as server:
        watching = watch(server.url)
        watching.sees(1)
        assert watching.sink.ages == [0.0]


def test_errors_speak_to_people() -> None:
    with StreamServer(lambda visit: visit.answer("404 Not Found")) as server:
        changes = EventStream(server.url, AGENT, 1)
        with pytest.raises(StreamError, match=r"127\.0\.0\.1 answered HTTP 404") as caught:
            list(changes.connect(threading.Event()))
        assert caught.value.final
