"""What is sent to a client: collected, so that what belongs together wakes it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.front.inbox import ClientGoneError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

_AT_ONCE = 64 * 1024
_LARGE = 1024 * 1024
"""Bytes of a message from which on it is sent piece by piece, not copied."""


class Outbox:
    """Messages on their way to one client."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._unsent = bytearray()

    @property
    def full(self) -> bool:
        """Whether it is time to send."""
        return len(self._unsent) >= _AT_ONCE

    def add(self, data: bytes) -> None:
        self._unsent += data

    async def add_all(self, messages: Iterable[bytes], *, flush: bool) -> None:
        """Add messages, no faster than the client takes them."""
        for message in messages:
            if len(message) > _LARGE:
                await self._send(message)
                continue
            self._unsent += message
            if self.full:
                await self.flush()
        if flush:
            await self.flush()

    async def _send(self, message: bytes) -> None:
        """Send what waits, then a large message."""
        await self.flush()
        view = memoryview(message)
        for start in range(0, len(message), _LARGE):
            await self._write(view[start : start + _LARGE])

    async def flush(self) -> None:
        """Send what there is."""
        data, self._unsent = self._unsent, bytearray()
        await self._write(data)

    async def _write(self, data: bytearray | memoryview) -> None:
        if data and not self._writer.is_closing():  # asyncio complains of what is written to one who has gone
            self._writer.write(data)
        try:
            await self._writer.drain()
        except OSError:
            raise ClientGoneError from None
