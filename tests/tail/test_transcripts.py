"""The client against what a real Materialize was seen to send: cut anywhere, it holds what was closed until then."""

from __future__ import annotations

import json
import lzma
import re
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mzwidget.tail.connect import parameters
from mzwidget.tail.query import Query
from mzwidget.tail.tail import Tail
from tests.machine import ROOT, eventually
from tests.tail.server import OWN, Conversation, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mzwidget.tail.updates import Updates

RECORDED = ROOT / "tests" / "local" / "corpus" / "subscribe.jsonl.xz"
T = 1_700_000_000_000
FOREVER = 2**64 - 1


class Transcript(NamedTuple):
    """One subscription, from its columns to its end."""

    name: str
    columns: list[tuple[str, int]]
    events: list[dict[str, Any]]

    @property
    def ours(self) -> bool:
        """Whether it is answered as the client asks."""
        return self.columns[: len(OWN)] == OWN


class Truth(NamedTuple):
    """What holds after some events: what an account of its own says, not the client's."""

    rows: Updates | None
    time: int | None


def transcripts() -> list[Transcript]:
    """Read every recorded subscription that the client could have asked for, or been answered by."""
    found: list[Transcript] = []
    reading = False
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        for event in map(json.loads, file):
            if "sql" in event and event["who"] == "reader":
                reading = bool(event.get("stream")) and re.match(r"SUBSCRIBE\b[^;]*$", event["sql"]) is not None
                if reading:
                    found.append(Transcript(f"{event['session']}: {event['sql']}", [], []))
            elif reading and event.get("who") == "reader" and "event" in event:
                if event["event"] == "columns":
                    found[-1].columns.extend((name, oid) for name, oid, _ in event["columns"])
                elif event["event"] in ("row", "progress", "error", "complete"):
                    found[-1].events.append(event)
    return [one for one in found if one.events]


def time_of(rank: int | str) -> int:
    """Give a rank among the timestamps of a stream a time."""
    if str(rank) == str(FOREVER):
        return FOREVER
    return T + 1000 * int(str(rank).lstrip(">")) + str(rank).startswith(">")


def truth(one: Transcript, cut: int) -> Truth:
    """Say what a client holds that has got the first events and not a byte more."""
    state: dict[tuple[str | None, ...], int] = {}
    waiting: list[tuple[int, tuple[str | None, ...], int]] = []
    began: int | None = None
    reached = Truth(None, None)
    if not one.ours:
        return reached
    for event in one.events[:cut]:
        kind = event["event"]
        if kind == "row":
            rank, _, diff, *values = event["row"]
            waiting.append((time_of(rank), tuple(values), int(diff)))
            continue
        if kind == "error":
            break
        if kind == "progress" and began is None:
            began = time_of(event["row"][0])
            continue
        assert began is not None
        frontier = time_of(event["row"][0]) if kind == "progress" else FOREVER + 1
        time = None if began == FOREVER else frontier - 1 if kind == "progress" else reached.time
        if kind == "complete" and began != FOREVER:
            time = max([began, reached.time or 0, *(at for at, _, _ in waiting)])
        for _, values, diff in [update for update in waiting if update[0] < frontier]:
            state[values] = state.get(values, 0) + diff
        waiting = [update for update in waiting if update[0] >= frontier]
        if any(count < 0 for count in state.values()):
            break  # an answer without a snapshot takes away what never came: nobody can hold that
        reached = Truth({row: count for row, count in state.items() if count}, time)
    return reached


class Player:
    """Plays transcripts: a statement names one, and after how many events its first connection is cut."""

    def __init__(self, known: list[Transcript]) -> None:
        self._known = known
        self._go_on: dict[str, threading.Event] = {}
        self._played: dict[str, int] = {}
        self._lock = threading.Lock()

    def go_on(self, statement: str) -> None:
        self._signal(statement).set()

    def __call__(self, server: Conversation, _: int) -> None:
        server.greet()
        statement = server.parse()
        number, cut = map(int, statement.split())
        one = self._known[number]
        with self._lock:
            turn = self._played[statement] = self._played.get(statement, -1) + 1
        if turn:
            self._signal(statement).wait(30)
        events = one.events[:cut] if turn == 0 else one.events
        if not one.columns:
            self._fail(server, events)
        server.describe(one.columns)
        server.copy(one.columns)
        for event in events:
            if event["event"] in ("row", "progress"):
                rank, *values = event["row"]
                server.line(time_of(rank), *values)
            elif event["event"] == "complete":
                server.complete()
                server.silence()
            else:
                self._fail(server, [event])

    @staticmethod
    def _fail(server: Conversation, events: list[dict[str, Any]]) -> None:
        if events:
            server.error(events[0]["error"]["message"], events[0]["error"]["sqlstate"])
            server.ready()
            server.silence()

    def _signal(self, statement: str) -> threading.Event:
        with self._lock:
            return self._go_on.setdefault(statement, threading.Event())


class Onlooker:
    """Looks, and counts what it is told of."""

    def on_reset(self) -> None: ...
    def on_batch(self, updates: Updates) -> None: ...
    def on_progress(self) -> None: ...
    def on_status(self) -> None: ...
    def on_tick(self) -> None: ...
    def wanted(self) -> bool:
        return True


KNOWN = transcripts()


def test_the_recording_is_there() -> None:
    ours = [one for one in KNOWN if one.ours]
    assert len(KNOWN) > 60
    assert len(ours) > 20
    assert sum(len(one.events) for one in ours) > 150


@pytest.fixture
def player() -> Iterator[tuple[Player, Server]]:
    play = Player(KNOWN)
    with Server(play) as server:
        yield play, server


@pytest.mark.parametrize("number", range(len(KNOWN)), ids=[one.name[:60] for one in KNOWN])
def test_cut_anywhere_the_client_holds_what_was_closed(number: int, player: tuple[Player, Server]) -> None:
    play, server = player
    one = KNOWN[number]
    given = parameters(server.dsn)
    tails = {cut: Tail(given, Query("v", f"{number} {cut}"), lambda: None) for cut in range(len(one.events) + 1)}
    onlooker = Onlooker()
    for tail in tails.values():
        tail.attach(onlooker)
    try:
        for cut, tail in tails.items():
            eventually(
                lambda tail=tail: tail.attempts and tail.status.state in ("reconnecting", "failed", "ended"),
                what=f"the first connection ends, cut after {cut} events",
            )
            check(tail, truth(one, cut), one, cut)
            play.go_on(tail.query.statement)
        for cut, tail in tails.items():
            eventually(
                lambda tail=tail: (
                    (tail.attempts > 1 and tail.status.retry_at is not None) or tail.status.state == "ended"
                ),
                what=f"the transcript is played to its end, cut after {cut} events",
            )
            check(tail, truth(one, len(one.events)), one, cut)
    finally:
        for tail in tails.values():
            tail.detach(onlooker)


def check(tail: Tail, expected: Truth, one: Transcript, cut: int) -> None:
    where = f"{one.name}, after {cut} of {len(one.events)} events: {tail.status}"
    with tail.collection.lock:
        columns, rows, time = tail.collection.columns, dict(tail.collection.rows), tail.collection.time
    if expected.rows is None:
        assert not tail.collection.epoch, where
    else:
        assert rows == expected.rows, where
        assert time == expected.time, where
        assert [(of.name, of.oid) for of in columns] == one.columns[len(OWN) :], where
    if tail.status.state != "ended":
        assert tail.status.state in ("reconnecting", "failed"), where
        assert tail.status.message, where
