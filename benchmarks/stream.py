"""A server whose views change at a known rate: ``SUBSCRIBE keyed_500_10000_100`` streams a view of 500 keys.

It speaks PostgreSQL's wire protocol and, by COPY, the grammar of Materialize's SUBSCRIBE; it computes next to
nothing, so that what is measured is the reader. A view's name holds its number of keys, changes a second and batches
a second. A change gives one key another number: two updates, one row out and one row in. After ``HOLD`` on any
connection nothing changes any more, though time goes on; ``GO`` ends that. ``MAKE`` and a view's name prepares it for
its first reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator

from mzwidget.local.formats import types
from mzwidget.local.front import wire

COLUMNS = (
    types.Column("mz_timestamp", types.MZ_TIMESTAMP),
    types.Column("mz_progressed", types.BOOL),
    types.Column("mz_diff", types.INT8),
    types.Column("label", types.TEXT),
    types.Column("number", types.INT8),
)

_VIEW = re.compile(r"\bkeyed_(\d+)_(\d+)_(\d+)\b")
_ROUNDS = 4
"""Numbers that each key has in turn; after so many rounds all is as it was, and what was made is used again."""
_STAMP = b"0000000000000"
"""Stands for the timestamp in what was made, being as long as one."""


class Keyed:
    """A view of labels and numbers whose keys change one after the other, round and round."""

    def __init__(self, keys: int, changes: int, batches: int) -> None:
        self._keys = keys
        self._changed = changes // batches
        self.interval = 1 / batches
        if not 0 < self._changed <= keys:
            raise ValueError(f"a batch of {self._changed} changes; there must be from 1 to {keys}, each of another key")
        self.snapshot = b"".join(self._update(1, key, 0) for key in range(keys))
        """The view as it is before the first batch; to be stamped."""
        self._made: dict[int, bytes] = {}

    def batches(self) -> Iterator[bytes]:
        """Return what changes, batch by batch, for ever; to be stamped."""
        position = 0
        while True:
            if position not in self._made:
                self._made[position] = self._batch(position)
            yield self._made[position]
            position = (position + self._changed) % (self._keys * _ROUNDS)

    def _batch(self, position: int) -> bytes:
        updates = []
        for change in range(position, position + self._changed):
            turn, key = divmod(change, self._keys)
            updates += [self._update(-1, key, turn % _ROUNDS), self._update(1, key, (turn + 1) % _ROUNDS)]
        return b"".join(updates)

    def _update(self, diff: int, key: int, turn: int) -> bytes:
        """Make an update. In a ranking by number, near neighbours change places."""
        number = 100 * (key * 7_919 % self._keys) + 150 * ((key * 7 + turn * 3) % _ROUNDS)
        return wire.copy_data(b"%b\tf\t%d\tkey %d\t%d\n" % (_STAMP, diff, key, number))


def _progress(time_ms: int) -> bytes:
    return wire.copy_data(b"%d\tt\t\\N\t\\N\t\\N\n" % time_ms)


def _stamped(made: bytes, time_ms: int) -> bytes:
    return made.replace(_STAMP, b"%d" % time_ms)


class Server:
    """Serves any number of connections."""

    def __init__(self) -> None:
        self._views: dict[str, Keyed] = {}
        self._go = asyncio.Event()
        self._go.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            while (code := (await wire.read_startup(reader))[0]) != wire.PROTOCOL_3:
                if code == wire.CANCEL_REQUEST:
                    return
                writer.write(b"N")
            writer.write(wire.AUTHENTICATION_OK)
            writer.write(wire.parameter_status("client_encoding", "UTF8"))
            writer.write(wire.backend_key_data(1, 1))
            writer.write(wire.ready_for_query(b"I"))
            while True:
                kind, body = await wire.read_message(reader, 1_000_000)
                match kind:
                    case b"P":
                        writer.write(wire.PARSE_COMPLETE)
                    case b"D":
                        writer.write(wire.parameter_description([]) + wire.row_description(COLUMNS, [0] * len(COLUMNS)))
                    case b"S":
                        writer.write(wire.ready_for_query(b"I"))
                    case b"Q" if body.startswith(b"COPY "):
                        writer.write(wire.copy_response(b"H", 0, len(COLUMNS)))
                        await self._until_gone(reader, self._stream(writer, self._view(body.decode())))
                        return
                    case b"Q":
                        self._command(body[:-1].decode())
                        writer.write(wire.command_complete("SET") + wire.ready_for_query(b"I"))
                    case b"X":
                        return

    def _command(self, statement: str) -> None:
        if statement == "HOLD":
            self._go.clear()
        elif statement == "GO":
            self._go.set()
        elif statement.startswith("MAKE "):
            self._view(statement)
        elif statement.startswith(("SHOW CREATE ", "SELECT now()")):
            return  # without an answer: neither is needed
        else:
            raise ConnectionError(statement)

    def _view(self, statement: str) -> Keyed:
        found = _VIEW.search(statement)
        if found is None:
            raise ConnectionError(statement)
        name = found[0]
        if name not in self._views:
            self._views[name] = Keyed(*map(int, found.groups()))
        return self._views[name]

    async def _until_gone(self, reader: asyncio.StreamReader, serving: Coroutine[None, None, None]) -> None:
        tasks = [asyncio.create_task(reader.read()), asyncio.create_task(serving)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stream(self, writer: asyncio.StreamWriter, view: Keyed) -> None:
        latest = _now()
        writer.write(_progress(latest) + _stamped(view.snapshot, latest) + _progress(latest + 1))
        due = time.monotonic()
        for batch in view.batches():
            # A reader that is too slow is sent less, not all the rest at once.
            due = max(due + view.interval, time.monotonic() - 0.1)
            await asyncio.sleep(due - time.monotonic())
            while not self._go.is_set():
                latest = max(latest + 1, _now())
                writer.write(_progress(latest))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._go.wait(), 1)
            latest = max(latest + 1, _now())
            writer.write(_stamped(batch, latest) + _progress(latest + 1))
            await writer.drain()


def _now() -> int:
    return time.time_ns() // 1_000_000


async def _serve() -> None:
    server = await asyncio.start_server(Server().accept, "127.0.0.1", 0)
    print(f"postgres://bench@127.0.0.1:{server.sockets[0].getsockname()[1]}/bench?sslmode=disable", flush=True)
    async with server:
        await server.serve_forever()


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the server in a process of its own; give its DSN."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.stream"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve())
