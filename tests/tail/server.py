"""A small server on a real socket that speaks PostgreSQL's wire protocol exactly as far, and as well, as it is told."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OWN = [("mz_timestamp", 1700), ("mz_progressed", 16), ("mz_diff", 20)]
_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


class GoneError(Exception):
    """The client has hung up."""


class Conversation:
    """One connection, from the server's side."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._file = connection.makefile("rb")
        self.options = ""

    # What the client says

    def receive(self) -> tuple[bytes, bytes]:
        """Return the next message."""
        kind = self._file.read(1)
        return kind, self._read(struct.unpack("!I", self._read(4))[0] - 4) if kind else self._gone()

    def until(self, *kinds: bytes) -> bytes:
        """Skip to a message of one of these kinds; return its content."""
        while True:
            kind, body = self.receive()
            if kind in kinds:
                return body

    def silence(self) -> None:
        """Say nothing more until the client hangs up."""
        while True:
            self.receive()

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        return data if len(data) == size else self._gone()

    @staticmethod
    def _gone() -> bytes:
        raise GoneError

    # What the server says

    def raw(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            raise GoneError from None

    def send(self, kind: bytes, body: bytes = b"") -> None:
        self.raw(kind + struct.pack("!I", len(body) + 4) + body)

    def ready(self) -> None:
        self.send(b"Z", b"I")

    def error(self, message: str, sqlstate: str = "XX000") -> None:
        fields = {"S": "ERROR", "C": sqlstate, "M": message}
        self.send(b"E", b"".join(f"{key}{text}".encode() + b"\0" for key, text in fields.items()) + b"\0")

    # Parts of a usual conversation

    def greet(self, **status: str) -> None:
        """Let the client in, whoever it is."""
        while True:
            size, code = struct.unpack("!II", self._read(8))
            said = self._read(size - 8).decode().split("\0")
            if code == _CANCEL:
                raise GoneError
            if code not in (_SSL, _GSS):
                break
            self._socket.sendall(b"N")
        self.options = said[said.index("options") + 1] if "options" in said else ""
        self.send(b"R", struct.pack("!I", 0))
        for name, value in {"client_encoding": "UTF8", "server_version": "9.5.0", **status}.items():
            self.send(b"S", f"{name}\0{value}\0".encode())
        self.send(b"K", struct.pack("!II", 1, 1))
        self.ready()

    def parse(self) -> str:
        """Take a statement to prepare; return its text. Who only wants to know what there is gets an error."""
        while True:
            kind, body = self.receive()
            if kind == b"P":
                break
            if kind == b"Q":
                self.error("nothing to be looked up here")
                self.ready()
        self.until(b"S")
        return body.split(b"\0", 2)[1].decode()

    def describe(self, columns: Sequence[tuple[str, int]]) -> None:
        """Say that the statement is prepared, and what it gives."""
        self.send(b"1")
        self.ready()
        self.until(b"D")
        self.until(b"S")
        body = struct.pack("!H", len(columns))
        for name, oid in columns:
            body += name.encode() + b"\0" + struct.pack("!IHIhih", 0, 0, oid, -1, -1, 0)
        self.send(b"t", struct.pack("!H", 0))
        self.send(b"T", body)
        self.ready()

    def copy(self, columns: Sequence[tuple[str, int]]) -> None:
        """Take the COPY and begin to answer it."""
        self.until(b"Q")
        self.send(b"H", struct.pack("!bH", 0, len(columns)) + b"\0\0" * len(columns))

    def subscribe(self, *columns: tuple[str, int]) -> None:
        """Do all that comes before the first row."""
        self.greet()
        self.parse()
        self.describe([*OWN, *columns])
        self.copy([*OWN, *columns])

    def line(self, *values: object) -> None:
        """Send a row as COPY does."""
        texts = (r"\N" if value is None else str(value).translate(_ESCAPES) for value in values)
        self.send(b"d", ("\t".join(texts) + "\n").encode())

    def progress(self, time: object, columns: int = 1) -> None:
        self.line(time, "t", *[None] * (columns + 1))

    def row(self, time: object, diff: object, *values: object) -> None:
        self.line(time, "f", diff, *values)

    def complete(self) -> None:
        self.send(b"c")
        self.send(b"C", b"COPY 0\0")
        self.ready()


class Server:
    """Listens on the loopback interface; each connection is a conversation in a thread of its own.

    Parameters
    ----------
    talk
        Called with the conversation and the number of the connection, from 0. The connection ends when it returns.
    """

    def __init__(self, talk: Callable[[Conversation, int], object]) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._open: set[socket.socket] = set()
        self._closing = False
        self.connections = 0
        self.problems: list[BaseException] = []

    @property
    def dsn(self) -> str:
        return f"postgres://somebody:secret@127.0.0.1:{self._listener.getsockname()[1]}/materialize"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, name="hostile server", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        assert not self.problems, self.problems

    def _listen(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number, self.connections = self.connections, self.connections + 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conversation = Conversation(connection)
            try:
                self._talk(conversation, number)
            except (GoneError, OSError):
                pass
            except BaseException as error:
                self.problems.append(error)
            finally:
                conversation._file.close()
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._open.discard(connection)
