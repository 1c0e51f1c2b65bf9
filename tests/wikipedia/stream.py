"""A server that speaks the framing of Wikimedia's event stream, and can misbehave in every way a network can."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

TOPIC = "eqiad.mediawiki.recentchange"


def event(number: int, **changes: Any) -> dict[str, Any]:
    """Return an edit of its own id; `changes` replace keys, and None removes one."""
    made: dict[str, Any] = {
        "meta": {
            "id": f"event-{number}",
            "dt": "2026-08-21T10:15:01.456Z",
            "domain": "en.wikipedia.org",
            "stream": "mediawiki.recentchange",
        },
        "id": number,
        "type": "edit",
        "namespace": 0,
        "title": f"Page {number}",
        "user": f"Editor {number % 7}",
        "bot": False,
        "minor": True,
        "length": {"old": 10, "new": 10 + number},
        "timestamp": 1787307301,
        "wiki": "enwiki",
    } | changes
    return {key: value for key, value in made.items() if value is not None}


def position(timestamp: int) -> str:
    """Return an event's id: where each topic stands."""
    topics = [
        {"topic": TOPIC, "partition": 0, "timestamp": timestamp},
        {"topic": TOPIC.replace("eqiad", "codfw"), "partition": 0, "offset": -1},
    ]
    return json.dumps(topics, separators=(",", ":"))


def frame(data: dict[str, Any] | str, timestamp: int, kind: str = "message") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return f"event: {kind}\nid: {position(timestamp)}\ndata: {text}\n\n".encode()


class Visit:
    """One request and the connection it came on."""

    def __init__(self, connection: socket.socket, headers: dict[str, str], target: str, over: threading.Event) -> None:
        self._connection = connection
        self._over = over
        self.headers = headers
        self.target = target

    @property
    def resume_from(self) -> int | None:
        """The timestamp that the client wants to resume from."""
        text = self.headers.get("last-event-id")
        return None if text is None else int(json.loads(text)[0]["timestamp"])

    def answer(self, status: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Send a whole answer."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def open(self) -> None:
        """Begin the stream."""
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
        self._connection.sendall(head.encode())
        self.send(b":ok\n\n")

    def send(self, data: bytes) -> None:
        """Send one chunk."""
        self._connection.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def events(self, *numbers: int) -> None:
        """Send edits; an edit's number is its timestamp too, and the id says one more, as Wikimedia's do."""
        for number in numbers:
            self.send(frame(event(number), number + 1))

    def end(self) -> None:
        """End the stream in an orderly way, as Wikimedia does every few minutes."""
        self._connection.sendall(b"0\r\n\r\n")

    def cut(self) -> None:
        """Break the connection."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def hold(self) -> None:
        """Stay connected and say nothing, until the test is over or the client goes."""
        self._connection.settimeout(0.05)
        while not self._over.is_set():
            try:
                if not self._connection.recv(1):
                    return
            except TimeoutError:
                continue


class StreamServer:
    """Plays one part of a script to each visitor; the last part is played to all later ones."""

    def __init__(self, *script: Callable[[Visit], None]) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.visits: list[Visit] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v2/stream/recentchange"

    def __enter__(self) -> Self:
        self._spawn(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _spawn(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        for turn in count():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._spawn(self._serve, connection, turn)

    def _serve(self, connection: socket.socket, turn: int) -> None:
        with connection, suppress(OSError):
            received = b""
            while b"\r\n\r\n" not in received:
                more = connection.recv(65536)
                if not more:
                    return
                received += more
            request, *lines = received.decode().split("\r\n\r\n")[0].split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            visit = Visit(connection, headers, request.split()[1], self._over)
            self.visits.append(visit)
            self._script[min(turn, len(self._script) - 1)](visit)
