"""What a client has sent: read ahead, so that one who leaves is noticed, and bounded in bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from mzwidget.local.front import wire
from mzwidget.local.front.wire import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    Message = tuple[bytes, bytes]

_MOST_BYTES = 2_000_000
"""Bytes after which no further message is read ahead."""

_MESSAGE_BYTES = 1000
"""What a message counts besides its body: so many are read, or answered, before others have their turn."""


class ClientGoneError(Exception):
    """The client went away or said good-bye."""


class Inbox:
    """The messages of one client, in order.

    Parameters
    ----------
    reader : asyncio.StreamReader
    left : callable
        Called when the client goes away.
    """

    def __init__(self, reader: asyncio.StreamReader, left: Callable[[], None]) -> None:
        self.gone = False
        self._reader = reader
        self._left = left
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._end: Exception | None = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._receiving = asyncio.create_task(self._receive())

    @property
    def empty(self) -> bool:
        return not self._messages and self._end is None

    async def take(self) -> Message:
        """Return the next message; wait for it if need be.

        Raises
        ------
        ClientGoneError
        ProtocolError
            What comes next is no message.
        """
        while not self._messages:
            if isinstance(self._end, ProtocolError):
                raise self._end
            if self._end is not None:
                raise ClientGoneError
            self._changed.clear()
            await self._changed.wait()
        kind, body = self._messages.popleft()
        self._bytes -= len(body) + _MESSAGE_BYTES
        self._room.set()
        return kind, body

    def close(self) -> None:
        self._receiving.cancel()

    async def _receive(self) -> None:
        try:
            while True:
                async for kind, body in wire.read_messages(self._reader):
                    size = len(body) + _MESSAGE_BYTES
                    while self._bytes + size > _MOST_BYTES and self._messages:
                        self._room.clear()
                        await self._room.wait()
                    self._messages.append((kind, body))
                    self._bytes += size
                    self._changed.set()
        except (ProtocolError, OSError, asyncio.IncompleteReadError) as error:
            self._end = error
            self._changed.set()
            if not isinstance(error, ProtocolError):
                self.gone = True
                self._left()
