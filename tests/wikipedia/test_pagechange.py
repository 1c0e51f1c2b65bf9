"""The second stream: what its events tell of an editor, over one connection with the first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mzwidget import wikipedia
from mzwidget.wikipedia import eventstream
from mzwidget.wikipedia.eventstream import EventStream
from mzwidget.wikipedia.pagechange import to_revision
from mzwidget.wikipedia.rows import CREATE_REVISIONS, CREATE_TABLE, RECORDED_IDS, Edit, Revision
from tests.machine import eventually
from tests.wikipedia.stream import StreamServer, Visit, event
from tests.wikipedia.test_batches import on_both
from tests.wikipedia.test_recentchange import AGENT, JSON, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connection = psycopg.Connection[Any]

[REAL] = lines("pagechange.jsonl")
TOPICS = ("eqiad.mediawiki.page_change.v1", "eqiad.mediawiki.recentchange")


def change(number: int, **changes: Any) -> dict[str, Any]:
    """Return the real event with a version and an id of its own; `changes` replace keys, and None removes one."""
    made = REAL | {
        "meta": REAL["meta"] | {"id": f"change-{number}"},
        "revision": REAL["revision"] | {"rev_id": number},
    }
    return {key: value for key, value in (made | changes).items() if value is not None}


def performer(**changes: Any) -> dict[str, Any]:
    made = REAL["performer"] | changes
    return {"performer": {key: value for key, value in made.items() if value is not None}}


def reader() -> EventStream:
    return EventStream("http://nowhere.invalid", AGENT, 1)


def test_a_real_event() -> None:
    at = datetime(2026, 9, 25, 12, 53, 4, 120_000, tzinfo=UTC)
    assert to_revision(REAL) == Revision("enwiki", 2_549_252_841, 42, temporary=False, edited_at=at)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        (performer(edit_count=None), "edit_count", None),
        (performer(edit_count=0), "edit_count", 0),
        (performer(is_temp=True), "temporary", True),
        (performer(is_temp=None), "temporary", False),
        (performer(is_temp="yes"), "temporary", False),
        ({"page_change_kind": "create"}, "edit_count", 42),
        ({"wiki_id": "a\0b"}, "wiki", "a\ufffdb"),
        ({"meta": {"dt": "2026-09-25T12:53:04Z"}}, "edited_at", datetime(2026, 9, 25, 12, 53, 4, tzinfo=UTC)),
    ],
)
def test_what_a_row_says(changes: dict[str, Any], field: str, value: object) -> None:
    revision = to_revision(change(1, **changes))
    assert isinstance(revision, Revision)
    assert getattr(revision, field) == value


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        *(({"page_change_kind": kind}, kind) for kind in ("move", "delete", "undelete", "visibility_change")),
        ({"page_change_kind": "brand new kind"}, "malformed"),
        ({"page_change_kind": ["edit"]}, "malformed"),
        ({"page_change_kind": None}, "malformed"),
        ({"performer": {}}, "redacted"),
        ({"performer": None}, "redacted"),
        ({"performer": "somebody"}, "malformed"),
        (performer(edit_count="42"), "malformed"),
        (performer(edit_count=True), "malformed"),
        (performer(edit_count=2**63), "malformed"),
        ({"revision": None}, "malformed"),
        ({"revision": {"rev_id": "7"}}, "malformed"),
        ({"revision": {"rev_id": RECORDED_IDS}}, "malformed"),
        ({"wiki_id": None}, "malformed"),
        ({"meta": {"dt": "yesterday"}}, "malformed"),
    ],
)
def test_events_that_give_no_row(changes: dict[str, Any], outcome: str) -> None:
    assert to_revision(change(1, **changes)) == outcome


@given(st.dictionaries(st.sampled_from([*REAL, "timestamp"]), JSON))
def test_no_event_breaks_the_reader(changes: dict[str, Any]) -> None:
    read = reader()._read(json.dumps(change(1) | changes))
    assert isinstance(read, str | Edit | Revision)


def test_each_event_is_read_as_its_stream_says() -> None:
    read = reader()._read
    assert isinstance(read(json.dumps(event(1))), Edit)
    assert isinstance(read(json.dumps(change(1))), Revision)
    assert read(json.dumps(change(1))) == "duplicate"
    assert read(json.dumps(change(2, meta=REAL["meta"] | {"domain": "canary"}))) == "canary"


# Both streams


@pytest.fixture
def tables(connection: Connection) -> Iterator[Connection]:
    connection.execute("ALTER TABLE edits RENAME TO without_versions")
    connection.execute(CREATE_TABLE[:-1] + ", rev_id bigint)")
    connection.execute("DROP TABLE IF EXISTS revisions CASCADE")
    connection.execute(CREATE_REVISIONS)
    yield connection
    connection.execute("DROP TABLE revisions")
    connection.execute("DROP TABLE without_versions")


def both(number: int) -> list[dict[str, Any]]:
    """Return an edit and what is known of its editor, in the one order or in the other."""
    pair = [event(number, revision={"old": 1, "new": number}), change(number)]
    return pair if number % 2 else pair[::-1]


def framed(data: dict[str, Any], timestamp: int) -> bytes:
    """Frame an event whose id names a place in both streams."""
    places = [{"topic": topic, "partition": 0, "timestamp": timestamp} for topic in TOPICS]
    return f"event: message\nid: {json.dumps(places)}\ndata: {json.dumps(data)}\n\n".encode()


@on_both
def test_one_connection_fills_both_tables_and_resumes_in_both(tables: Connection) -> None:
    """The first connection is cut between the two sides of a pair; the second repeats what the client asks for."""

    def cut(visit: Visit) -> None:
        visit.open()
        for number in range(1, 11):
            for each in both(number):
                visit.send(framed(each, number + 1))
        visit.send(framed(both(11)[0], 12))
        visit.cut()

    def goes_on(visit: Visit) -> None:
        visit.open()
        for number in range(visit.resume_from or 1, 21):
            for each in both(number):
                visit.send(framed(each, number + 1))
        visit.hold()

    with StreamServer(cut, goes_on) as server:
        ingest = wikipedia.follow(tables, source="live", revisions="revisions", url=server.url)
        joined = "SELECT e.id, r.edit_count FROM edits e JOIN revisions r ON r.wiki = e.wiki AND r.rev_id = e.rev_id"
        eventually(lambda: tables.execute(joined + " ORDER BY 1").fetchall() == [(n, 42) for n in range(1, 21)])
        asked = json.loads(server.visits[1].headers["last-event-id"])
        assert [place["topic"] for place in asked] == list(TOPICS)
        assert len({place["timestamp"] for place in asked}) == 1
        eventually(lambda: ingest.stats.pending == 0, what="rows that are there are counted")
        assert (ingest.stats.inserted, set(ingest.stats.skipped)) == (40, {"duplicate"})
        assert '"edits" and "revisions"' in repr(ingest)


def test_both_streams_are_asked_for_in_one_address() -> None:
    assert eventstream.BOTH == "https://stream.wikimedia.org/v2/stream/recentchange,mediawiki.page_change.v1"


@on_both
def test_a_table_that_does_not_fit_is_named(tables: Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        wikipedia.follow(tables, "without_versions", source="recorded", revisions="revisions")
    assert "rev_id bigint" in caught.value.__notes__[0]
    with pytest.raises(psycopg.Error) as caught:
        wikipedia.follow(tables, source="recorded", revisions="without_versions")
    assert CREATE_REVISIONS in caught.value.__notes__[0]
    place, said, needed = caught.value._render_traceback_()  # type: ignore[attr-defined]
    assert place.endswith('wikipedia.follow(tables, source="recorded", revisions="without_versions")')
    assert said == f"{caught.type.__name__}: {caught.value}"
    assert needed in caught.value.__notes__


@on_both
def test_the_recorded_day_counts_what_an_editor_has_done(tables: Connection) -> None:
    with wikipedia.follow(tables, source="recorded", revisions="revisions", speed=300) as ingest:
        eventually(lambda: ingest.stats.inserted > 3000)
    rows: Callable[[str], list[Any]] = lambda query: tables.execute(query).fetchall()  # noqa: E731
    counts = {(wiki, number): count for wiki, number, count in rows("SELECT wiki, rev_id, edit_count FROM revisions")}
    edits = rows("SELECT wiki, user_name, rev_id FROM edits ORDER BY id")
    made: dict[tuple[str, str], int] = {}
    for wiki, name, number in edits:
        made[wiki, name] = made.get((wiki, name), 0) + 1
        if (wiki, number) in counts:
            assert counts[wiki, number] == (None if name.startswith("Anonymous ") else made[wiki, name])
    assert len(counts) > 1000
    assert max(made.values()) > 10
