"""Play a recorded SUBSCRIBE session again, on two connections, and compare it event by event."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg import pq

from tests.local.replay import WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.local.recorded import Record

FOREVER = str(2**64 - 1)
_PATIENCE = 100 if os.environ.get("MZWIDGET_TEST_MATERIALIZE") else 60
_CALM = 0.6
_MACHINE = {"varies", "failed", "step", "session", "who"}
_ERROR_FIELDS = {"S": "severity", "C": "sqlstate", "M": "message", "D": "detail", "H": "hint"}
_MASKS = (
    (re.compile(r"\bu\d+\b"), "u?"),
    (re.compile(r"\b1[6-9]\d{11}\b"), "<ts>"),
    (re.compile(r"\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\)"), "(<time>)"),
)


class Wire:
    """A connection's messages as events; libpq logs in, then hands its socket over."""

    def __init__(self, dsn: str, schema: str) -> None:
        self._schema = schema
        self._libpq = pq.PGconn.connect(f"{dsn}?options=-c%20welcome_message%3Doff".encode())
        assert self._libpq.status == pq.ConnStatus.OK, self._libpq.error_message
        self._socket = socket.socket(fileno=os.dup(self._libpq.socket))
        self._data = b""

    def close(self) -> None:
        self._socket.close()
        self._libpq.finish()

    def cancel(self) -> None:
        self._libpq.get_cancel().cancel()

    def send(self, sql: str) -> None:
        text = re.sub(r"<now\+(\d+)>", lambda found: str(int(time.time() * 1000) + int(found[1])), sql)
        body = re.sub(rf"\b{WORD}\b", self._schema, text).encode() + b"\0"
        self._socket.sendall(b"Q" + struct.pack("!I", len(body) + 4) + body)

    def run(self, sql: str) -> list[Record]:
        """Run a statement to its end."""
        self.send(sql)
        events = []
        while (event := self.event(_PATIENCE)) is not None and event["event"] != "closed":
            if event["event"] == "ready":
                break
            events.append(event)
        return events

    def event(self, seconds: float) -> Record | None:
        """Return the next event, None if none comes in time."""
        end = time.monotonic() + seconds
        while (found := self._message(end)) is not None:
            event = self._event(*found)
            if event is not None:
                return event
        return None

    def _message(self, end: float) -> tuple[bytes, bytes] | None:
        while len(self._data) < 5 or len(self._data) <= struct.unpack("!I", self._data[1:5])[0]:
            self._socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                return b"", b""
            self._data += data
        length = struct.unpack("!I", self._data[1:5])[0] + 1
        kind, body, self._data = self._data[:1], self._data[5:length], self._data[length:]
        return kind, body

    def _event(self, kind: bytes, body: bytes) -> Record | None:
        match kind:
            case b"":
                return {"event": "closed"}
            case b"T":
                return {"event": "columns", "columns": list(self._columns(body))}
            case b"D":
                return {"event": "row", "row": list(self._row(body))}
            case b"C":
                return {"event": "complete", "tag": body[:-1].decode()}
            case b"E":
                return {"event": "error", "error": self._fields(body)}
            case b"N":
                return {"event": "notice", "notice": self._fields(body)}
            case b"Z":
                return {"event": "ready", "state": body.decode()}
            case b"I":
                return {"event": "empty"}
            case b"H":
                return {"event": "copy_out"}
            case b"d":
                return {"event": "copy_row", "text": self._outward(body)}
            case b"c":
                return {"event": "copy_done"}
        return None

    def _outward(self, data: bytes) -> str:
        return data.decode().replace(self._schema, WORD)

    def _columns(self, body: bytes) -> Iterator[list[Any]]:
        at = 2
        for _ in range(struct.unpack_from("!H", body)[0]):
            end = body.index(b"\0", at)
            _, _, oid, _, typmod, _ = struct.unpack_from("!IHIhih", body, end + 1)
            yield [self._outward(body[at:end]), oid, typmod]
            at = end + 19

    def _row(self, body: bytes) -> Iterator[str | None]:
        at = 2
        for _ in range(struct.unpack_from("!H", body)[0]):
            (length,) = struct.unpack_from("!i", body, at)
            at += 4
            yield None if length < 0 else self._outward(body[at : at + length])
            at += max(length, 0)

    def _fields(self, body: bytes) -> Record:
        given = {chr(part[0]): self._outward(part[1:]) for part in body.split(b"\0") if part}
        found: Record = {name: given.get(code) for code, name in _ERROR_FIELDS.items()}
        for name in ("message", "detail", "hint"):
            for pattern, mask in _MASKS:
                found[name] = found[name] and pattern.sub(mask, found[name])
        if "P" in given:
            found["position"] = int(given["P"])
        return found


@dataclass
class _Stream:
    """What the reader's statement has sent so far."""

    events: list[Record] = field(default_factory=list)
    rows: int = 0
    prompts: int = 0
    newest: int = 0
    progress: bool = False
    live: bool = True

    def take(self, event: Record) -> None:
        if event["event"] == "columns":
            self.progress = any(column[0] == "mz_progressed" for column in event["columns"])
        elif event["event"] in {"row", "copy_row"}:
            self.rows += 1
            time_, progressed = _stamp(event)
            if self.progress and progressed == "t":
                event["event"] = "progress" if "row" in event else "copy_progress"
                self.prompts += 1
                self.newest = int(time_ or 0)
                self.rows -= 1
        elif event["event"] in {"ready", "closed"}:
            self.live = False
        self.events.append(event)


def _stamp(event: Record) -> tuple[str | None, str | None]:
    fields = event["row"] if "row" in event else event["text"].split("\t")
    return fields[0], fields[1] if len(fields) > 1 else None


def replay_stream(dsn: str, records: list[Record]) -> list[tuple[str, str, str]]:
    """Play a session; return class, statement and what differs for each statement."""
    schema = f"c{secrets.token_hex(3)[:5]}"
    writer, reader = Wire(dsn, schema), Wire(dsn, schema)
    with contextlib.closing(writer), contextlib.closing(reader):
        writer.run(f"CREATE SCHEMA {schema}")
        for wire in (writer, reader):
            wire.run(f"SET search_path = {schema}")
        found = _play(writer, reader, records)
        writer.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    wanted = _by_statement(records)
    judged = []
    for (statement, want), got in zip(wanted, found, strict=True):
        if not any(event.get("varies") for event in want):
            kind, why = _compare(want, got)
            judged.append((kind, f"{statement['who']}: {statement['sql']}", why))
    return judged


def _play(writer: Wire, reader: Wire, records: list[Record]) -> list[list[Record]]:
    answers: list[list[Record]] = []
    stream = _Stream(live=False)

    def pump(done: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while stream.live and not done() and (left := end - time.monotonic()) > 0:
            event = reader.event(min(left, 0.25))
            if event is not None:
                stream.take(event)

    for record in records:
        if "sql" in record and record["who"] == "writer":
            answers.append(writer.run(record["sql"]))
        elif "sql" in record:
            stream = _Stream(progress="PROGRESS" in record["sql"] and "COPY" in record["sql"])
            answers.append(stream.events)
            if record.get("stream"):
                reader.send(record["sql"])
            else:
                for event in reader.run(record["sql"]):
                    stream.take(event)
        elif record.get("endless"):
            pump(lambda: False, 2)
            reader.cancel()
            pump(lambda: False, 20)
        elif "cancel" in record:
            reader.cancel()
        elif "sleep" in record:
            end = time.monotonic() + record["sleep"]
            pump(lambda: False, record["sleep"])
            time.sleep(max(end - time.monotonic(), 0))
        elif "wait" in record:
            _wait(record["wait"], stream, pump)
    return [_ranked(events) for events in answers]


def _wait(what: list[Any], stream: _Stream, pump: Callable[[Callable[[], bool], float], None]) -> None:
    match what:
        case ["rows", count]:
            goal = stream.rows + count
            pump(lambda: stream.rows >= goal, _PATIENCE)
            pump(lambda: False, _CALM)
        case ["progress"]:
            target = time.time() * 1000 + 300
            pump(lambda: stream.newest > target and stream.prompts > 1, _PATIENCE)
        case ["seconds", seconds]:
            pump(lambda: False, seconds)
        case ["end"]:
            pump(lambda: False, _PATIENCE)


def _ranked(events: list[Record]) -> list[Record]:
    """Replace timestamps by their ranks, and leave out progress that closes nothing new."""
    stamped = [event for event in events if event["event"] in {"row", "progress", "copy_row", "copy_progress"}]
    if not stamped or not re.fullmatch(r"\d{1,20}", _stamp(stamped[0])[0] or ""):
        return events
    times = {int(t) for e in stamped if e["event"].endswith("row") and re.fullmatch(r"\d+", t := _stamp(e)[0] or "")}
    if "progress" in stamped[0]["event"]:
        times.add(int(_stamp(stamped[0])[0] or 0))
    if not any(len(str(time_)) >= 13 for time_ in times):
        return events
    ranks = {t: FOREVER if str(t) == FOREVER else rank for rank, t in enumerate(sorted(times))}
    found: list[Record] = []
    closed: int | None = None
    for event in events:
        if event not in stamped:
            found.append(event)
            continue
        stamp = _stamp(event)[0] or ""
        shown: Any = ranks.get(int(stamp), stamp) if stamp.isdigit() else stamp
        if "progress" in event["event"]:
            passed = [rank for t, rank in ranks.items() if str(t) != FOREVER and t < int(stamp)]
            if closed == len(passed):
                continue
            if closed is not None:
                shown = f">{max(passed)}" if passed else ">"
            closed = len(passed)
        found.append(_restamped(event, shown))
    return found


def _restamped(event: Record, shown: Any) -> Record:
    if "row" in event:
        return {**event, "row": [shown, *event["row"][1:]]}
    return {**event, "text": "\t".join([str(shown), *event["text"].split("\t")[1:]])}


def _by_statement(records: list[Record]) -> list[tuple[Record, list[Record]]]:
    found: list[tuple[Record, list[Record]]] = []
    last: dict[str, list[Record]] = {}
    for record in records:
        if "sql" in record:
            last[record["who"]] = []
            found.append((record, last[record["who"]]))
        elif "event" in record:
            last[record["who"]].append(record)
    return found


def _compare(want: list[Record], got: list[Record]) -> tuple[str, str]:
    wanted, given = _plain(want), _plain(got)
    if wanted == given:
        return "same", ""
    why = f"want {[e for e in wanted if e not in given]}  /  got {[e for e in given if e not in wanted]}"[:1500]
    errors = [event["error"] for event in given if event["event"] == "error"]
    if any(error["sqlstate"] == "0A000" and "embedded engine" in error["message"] for error in errors):
        return "refused", why
    failed = any(event["event"] == "error" for event in wanted)
    if failed != bool(errors):
        return "accepts" if failed else "fails", why
    told = {"error", "notice"}
    rest = [[event for event in events if event["event"] not in told] for events in (wanted, given)]
    return "other words" if rest[0] == rest[1] and len(wanted) == len(given) else "different", why


def _plain(events: list[Record]) -> list[Record]:
    """Leave out what depends on the machine, and sort the rows of each timestamp."""
    found: list[Record] = []
    for event in events:
        plain = {
            key: value for key, value in event.items() if key not in {"varies", "failed", "step", "session", "who"}
        }
        if plain["event"] == "complete" and plain["tag"].split()[0] in {"SELECT", "COPY"}:
            plain["tag"] = plain["tag"].split()[0]
        found.append(plain)
    start = 0
    while start < len(found):
        end = start + 1
        if found[start]["event"] in {"row", "copy_row"}:
            first = (found[start]["event"], _stamp(found[start])[0])
            while end < len(found) and found[end]["event"] == first[0] and _stamp(found[end])[0] == first[1]:
                end += 1
            found[start:end] = sorted(found[start:end], key=lambda event: json.dumps(event, sort_keys=True))
        start = end
    return found
