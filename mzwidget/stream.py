"""The rows of one statement that may never end, as text, as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import send
from psycopg.pq import ExecStatus
from psycopg.types.string import TextLoader

from mzwidget.collection import Row
from mzwidget.values import Column, column

LOT = 4096
"""Rows after which other tails get their turn."""


class Stream:
    """The rows of a statement on a connection of its own.

    `Cursor.stream` sets up and takes down a watch of the socket for each wait, which is most of what an idle tail
    costs; here one watch stays.

    Parameters
    ----------
    connection : psycopg.AsyncConnection
        Serves nothing else from then on.
    statement : str

    Attributes
    ----------
    columns : tuple of Column
        Empty until the first row has arrived.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any], statement: str) -> None:
        self.columns: tuple[Column, ...] = ()
        self._connection = connection
        self._statement = statement

    async def lots(self) -> AsyncGenerator[list[Row]]:
        """Yield what has arrived, at most about `LOT` rows at a time, until the statement ends.

        Raises
        ------
        psycopg.Error
            The server's own error, or the loss of the connection.
        """
        libpq = self._connection.pgconn
        libpq.send_query_params(self._statement.encode(), None)
        libpq.set_single_row_mode()
        await self._connection.wait(send(libpq))
        transformer = Transformer(_AllText())
        loop, watched, readable = asyncio.get_running_loop(), libpq.socket, asyncio.Event()
        loop.add_reader(watched, readable.set)
        try:
            ended, problem = False, None
            while not ended:
                while libpq.is_busy():
                    await readable.wait()
                    readable.clear()
                    libpq.consume_input()
                lot: list[Row] = []
                while len(lot) < LOT and not libpq.is_busy():
                    result = libpq.get_result()
                    if ended := result is None:
                        break
                    if result.status == ExecStatus.FATAL_ERROR:
                        problem = error_from_result(result)
                        break
                    transformer.set_pgresult(result, set_loaders=not self.columns)
                    if not self.columns:
                        self.columns = tuple(
                            column((result.fname(i) or b"").decode(), result.ftype(i)) for i in range(result.nfields)
                        )
                    lot += transformer.load_rows(0, result.ntuples, tuple)
                yield lot
                if problem is not None:
                    raise problem
        finally:
            loop.remove_reader(watched)


class _AllText:
    """What a transformer asks for its adapters: every type is read as text; `mzwidget.values` converts."""

    connection = None

    def __init__(self) -> None:
        self.adapters = AdaptersMap(types=psycopg.adapters.types)
        self.adapters.register_loader(0, TextLoader)
