"""The listening socket: startup, login, cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import struct
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError
from mzwidget.local.front import wire
from mzwidget.local.front.connection import Connection
from mzwidget.local.front.scram import ScramError, ScramServer
from mzwidget.local.front.wire import Body, Kind, ProtocolError
from mzwidget.local.statements.activity import Visit
from mzwidget.local.statements.restoring import restore
from mzwidget.local.statements.session import Engine, Session
from mzwidget.local.statements.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOGIN_SECONDS = 30
_MAX_CONNECTIONS = 1000
_MAX_CALLERS = 100  # who have not yet logged in
_OTHER_FILES = 250  # the engine's own, and clients on their way in and out
_PIPE_LIMIT = 256 * 1024
_NO_SUCH_OPTION = "startup setting {} not set: unrecognized configuration parameter"
_WELCOME = """connected to the embedded engine of mzwidget
  It speaks Materialize's SQL on this machine, for small data, and keeps everything in memory.
  Its data end with it. For more, set MATERIALIZE_URL to a Materialize."""
_WELCOME_KEPT = """connected to the embedded engine of mzwidget
  It speaks Materialize's SQL on this machine, for small data, and keeps them on disk.
  For more, set MATERIALIZE_URL to a Materialize."""

_log = logging.getLogger("mzwidget.local")


class Server:
    """Accepts clients for one engine.

    Parameters
    ----------
    password : str
        What every user must know.
    keep : Path, optional
        The folder in which data are kept.
    """

    def __init__(self, password: str, keep: Path | None = None) -> None:
        self._password = password
        self._engine = Engine(TABLE, keep)
        self._welcome = _WELCOME if keep is None else _WELCOME_KEPT
        self._connections: dict[int, tuple[int, Connection]] = {}
        self._pids = iter(range(1, 2**31))
        self._callers = 0
        self._most = _MAX_CONNECTIONS

    async def run(self, host: str, port: int, ready: Callable[[int], None]) -> None:
        """Listen until cancelled; call `ready` with the port once clients can come."""
        serving = asyncio.create_task(self._engine.store.serve())
        await restore(Session(self._engine, "materialize", 0))
        self._most = min(_MAX_CONNECTIONS, _files(_MAX_CONNECTIONS + _OTHER_FILES) - _OTHER_FILES)
        server = await asyncio.start_server(self._accept, host, port, limit=_PIPE_LIMIT)
        try:
            ready(server.sockets[0].getsockname()[1])
            await serving
        finally:
            server.close()  # without waiting: clients may stay as long as they like

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            options = await self._login(reader, writer)
            if options is not None:
                await self._serve(reader, writer, options)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, asyncio.CancelledError):
            pass  # it went away, took too long to log in, or the server ends
        except SqlError as error:
            writer.write(wire.error_response(error, "FATAL"))
        except Exception:
            _log.exception("a connection failed")
            writer.write(wire.error_response(SqlError("internal error: see the engine's standard error"), "FATAL"))
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    async def _login(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str] | None:
        """Return the startup options of a client that knows the password; None if there is nothing to serve."""
        if self._callers >= _MAX_CALLERS:
            return None
        self._callers += 1
        try:
            async with asyncio.timeout(_LOGIN_SECONDS):
                options = await self._startup(reader, writer)
                if options is not None:
                    await self._authenticate(reader, writer)
                return options
        finally:
            self._callers -= 1

    async def _startup(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str] | None:
        """Return the startup options; None if the client only wanted to cancel something."""
        encryptions = {wire.SSL_REQUEST, wire.GSSENC_REQUEST}
        while True:
            code, body = await wire.read_startup(reader)
            if code in encryptions:
                encryptions.remove(code)
                writer.write(b"N")
            elif code == wire.CANCEL_REQUEST:
                self._cancel(body)
                return None
            elif code >> 16 == 3:
                options = wire.startup_options(body)
                if code != wire.PROTOCOL_3 or any(name.startswith("_pq_.") for name in options):
                    writer.write(_negotiation([name for name in options if name.startswith("_pq_.")]))
                return options
            else:
                raise ProtocolError(f"unsupported protocol version {code >> 16}.{code & 0xFFFF}", "08004")

    def _cancel(self, body: bytes) -> None:
        if len(body) == 8:
            pid, secret = struct.unpack("!II", body)
            expected, connection = self._connections.get(pid, (None, None))
            if connection is not None and expected == secret:
                connection.cancel()

    async def _authenticate(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = ScramServer(self._password)
        writer.write(wire.AUTHENTICATION_SASL)
        try:
            message = Body(await _password_message(reader))
            mechanism = message.text()
            if mechanism != "SCRAM-SHA-256":
                raise ProtocolError(f"unknown SASL mechanism {mechanism!r}")
            writer.write(wire.sasl_continue(exchange.first(message.take(message.int32()))))
            final = exchange.final(await _password_message(reader))
        except ScramError:
            raise SqlError("invalid password", "28P01") from None
        writer.write(wire.sasl_final(final))
        writer.write(wire.AUTHENTICATION_OK)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: dict[str, str]) -> None:
        if len(self._connections) >= self._most:
            raise SqlError(
                "creating connection would violate max_connections limit "
                f"(desired: {len(self._connections) + 1}, limit: {self._most}, "
                f"current: {len(self._connections)})",
                "53000",
                hint="Close connections that are not needed.",
            )
        pid, secret = next(self._pids), secrets.randbits(32)
        session = Session(self._engine, options.get("user", "materialize"), pid)
        unknown = _apply_options(session, options)
        address = str((writer.get_extra_info("peername") or ("",))[0])
        self._engine.activity.open(
            session.number, Visit(session.user, pid, address, session.variables.get("application_name"))
        )
        connection = Connection(reader, writer, session)
        self._connections[pid] = secret, connection
        try:
            greeting = [wire.parameter_status(name, value) for name, value in session.variables.reported().items()]
            greeting.append(wire.backend_key_data(pid, secret))
            greeting += [wire.notice_response(_NO_SUCH_OPTION.format(name)) for name in unknown]
            if session.variables.get("welcome_message") == "on":
                greeting.append(wire.notice_response(self._welcome))
            writer.write(b"".join(greeting))
            await connection.serve()
        finally:
            del self._connections[pid]


def _files(count: int) -> int:
    """Ask for so many open files; return how many there may be."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every system

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY:
            count = min(count, hard)
        if soft < count:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return count


async def _password_message(reader: asyncio.StreamReader) -> bytes:
    kind, body = await wire.read_message(reader, wire.MAX_STARTUP_BYTES)
    if kind != Kind.PASSWORD:
        raise SqlError("expected Password message", "28000")
    return body


def _negotiation(unknown: list[str]) -> bytes:
    body = struct.pack("!ii", 0, len(unknown)) + b"".join(wire.cstring(name) for name in unknown)
    return wire.message(b"v", body)


def _apply_options(session: Session, options: dict[str, str]) -> list[str]:
    """Set the variables that the startup packet names; return those that are not known."""
    wanted = {name: value for name, value in options.items() if name not in {"user", "options", "replication"}}
    wanted |= _command_line(options.get("options", ""))
    unknown = []
    for name, value in wanted.items():
        if name.startswith("_pq_."):
            continue
        try:
            session.variables.start_with(name.replace("-", "_"), value)
        except SqlError:
            unknown.append(name)
    return unknown


def _command_line(text: str) -> dict[str, str]:
    """Read ``-c name=value`` and ``--name=value``; a backslash keeps the character behind it."""
    words: list[str] = [""]
    escaped = False
    for character in text:
        if escaped:
            words[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character.isspace():
            words.append("")
        else:
            words[-1] += character
    settings: dict[str, str] = {}
    for word in words:
        name, _, value = word.removeprefix("--").removeprefix("-c").partition("=")
        if name:
            settings[name] = value
    return settings
