"""A TCP proxy that makes trouble: it cuts, stalls, slows and refuses connections to a real server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    """Forwards a port of the loopback interface to a server, as badly as it is told to.

    Parameters
    ----------
    dsn
        The server's connection string.
    tls
        The certificate with which to encrypt towards the client; the way to the server stays as it is.

    Attributes
    ----------
    dsn
        The server's connection string, through the proxy.
    connections
        How many connections were made in all.
    """

    def __init__(self, dsn: str, tls: ssl.SSLContext | None = None) -> None:
        self._target = urlsplit(dsn)
        self._server = (self._target.hostname, self._target.port)
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._listener: socket.socket | None = None
        self._placeholder: socket.socket | None = None
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing: asyncio.Event | None = None
        self._rate: float | None = None
        self._delay = 0.0
        self._left: int | None = None
        self._words: bytes | None = None
        self.connections = 0

    @property
    def dsn(self) -> str:
        user = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{user}@127.0.0.1:{self._port}"))

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._prepare())
        self.accept()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self.cut()
        self._do(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Trouble

    def accept(self) -> None:
        """Listen, at the same port as before."""
        self._do(self._listen())

    def refuse(self) -> None:
        """Stop listening: new connections are refused; those that are there go on."""
        self._do(self._deafen())

    def redirect(self, dsn: str) -> None:
        """Lead later connections to another server."""
        there = urlsplit(dsn)
        self._server = (there.hostname, there.port)

    def cut(self) -> None:
        """Reset all connections."""
        self._do(self._cut())

    def cut_after(self, size: int) -> None:
        """Reset all connections once `size` more bytes have come from the server."""
        self._do(self._set(_left=size))

    def cut_at(self, words: bytes) -> None:
        """Reset all connections once a client says these words, before the server hears them."""
        self._do(self._set(_words=words))

    def stall(self) -> None:
        """Let nothing through any more, and keep the connections: a half-open line."""
        self._do(self._flow(False))

    def abandon(self) -> None:
        """Never again let anything through on the connections there are; new ones are well."""
        self._do(self._abandon())

    def flow(self) -> None:
        """End a stall, a delay and a throttle."""
        self._do(self._set(_rate=None, _delay=0.0))
        self._do(self._flow(True))

    def throttle(self, rate: float) -> None:
        """Let through so many bytes a second."""
        self._do(self._set(_rate=rate))

    def delay(self, seconds: float) -> None:
        """Hold everything back for so long."""
        self._do(self._set(_delay=seconds))

    # In the proxy's thread

    def _do(self, coroutine: object) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)  # type: ignore[arg-type]

    async def _set(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    async def _prepare(self) -> None:
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def _listen(self) -> None:
        if self._listener is None:
            self._release()
            self._listener = socket.create_server(("127.0.0.1", self._port))
            self._listener.setblocking(False)
            self._port = self._listener.getsockname()[1]
            self._loop.add_reader(self._listener, self._welcome, self._listener)

    async def _deafen(self) -> None:
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None
            # Held but deaf, so that the system gives the port to no one else meanwhile.
            self._placeholder = socket.socket()
            self._placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._placeholder.bind(("127.0.0.1", self._port))

    def _release(self) -> None:
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None

    def _welcome(self, listener: socket.socket) -> None:
        # asyncio's own server forgets connections that it has accepted when it is closed at that moment.
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            self.connections += 1
            serving = self._loop.create_task(self._serve(connection))
            self._tasks.add(serving)
            serving.add_done_callback(self._tasks.discard)

    async def _abandon(self) -> None:
        assert self._flowing is not None
        self._flowing.clear()
        await self._prepare()

    async def _flow(self, on: bool) -> None:
        assert self._flowing is not None
        if on:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _cut(self) -> None:
        self._left = None
        for writer in list(self._open):
            connection = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._open.clear()

    async def _finish(self) -> None:
        await asyncio.sleep(0)  # in which what was accepted just before begins to be served
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._release()
        await asyncio.sleep(0)  # in which the transports close

    async def _serve(self, connection: socket.socket) -> None:
        writers: list[asyncio.StreamWriter] = []
        try:
            connection.setblocking(False)
            reader, writer = await self._greet(connection)
            writers.append(writer)
            there = await asyncio.open_connection(*self._server)
            writers.append(there[1])
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, there[1], False))
                pumps.create_task(self._pump(there[0], writer, True))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            if not writers:
                connection.close()
            for one in writers:
                one.transport.abort()

    async def _greet(self, connection: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._tls is None:
            return await asyncio.open_connection(sock=connection)
        await self._loop.sock_recv(connection, 8)  # the client asks for encryption
        await self._loop.sock_sendall(connection, b"S")
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, connection, ssl=self._tls)
        return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, from_server: bool) -> None:
        flowing = self._flowing
        assert flowing is not None
        self._open.add(writer)
        try:
            while data := await reader.read(65536 if self._rate is None else max(1, int(self._rate / 20))):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if self._rate is not None:
                    await asyncio.sleep(len(data) / self._rate)
                await flowing.wait()
                if self._words is not None and not from_server and self._words in data:
                    self._words = None
                    await self._cut()
                    return
                if from_server and self._left is not None:
                    data = data[: self._left]
                    self._left -= len(data)
                writer.write(data)
                await writer.drain()
                if self._left == 0:
                    await self._cut()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
