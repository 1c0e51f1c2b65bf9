"""One SUBSCRIBE, from its connection to its end; everything that it waits for has a deadline."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

from mzwidget.catalog import hang_up
from mzwidget.lexing import defined_as, has_order
from mzwidget.tail.batches import Batches, ClosedBatch
from mzwidget.tail.connect import Parameters, answering, check_cluster
from mzwidget.tail.status import Status
from mzwidget.tail.stream import Stream
from mzwidget.tail.updates import Row
from mzwidget.tail.values import Column

CONNECT = 150.0
"""Seconds that connecting may take: its own ``connect_timeout`` does not count the look-up of the server's name."""
ANSWER = 30.0
"""Seconds that the server may take to answer the statement, which says nothing yet of how long the rows take."""
SNAPSHOT = 300.0
"""Seconds of silence before the snapshot is given up: a view may take minutes to be computed for the first time."""
STALL = 5.0
"""Seconds without a progress row after which a view counts as stalled (a healthy server sends one a second)."""
HASTE = 1.0
"""Seconds that an attempt lasts at the least before somebody can have it begun again."""
SILENCE = 20.0
"""Seconds without a row after the snapshot: a healthy server sends one a second."""
VIEWS = ("VIEW", "MATERIALIZED VIEW")
"""What has a definition with an order in it."""
SIZE = 256 * 2**20
"""Bytes of rows, as COPY writes them, that may come before a progress row closes them."""


class Subscription:
    """One attempt: a connection of its own, and what comes over it.

    Parameters
    ----------
    parameters : dict
        Connection parameters.
    statement : str
        A SUBSCRIBE with progress.
    patience : float
        By how much `SNAPSHOT` is multiplied.
    relation : str
        The name in SQL of what is watched, if it has one.

    Attributes
    ----------
    columns : tuple of Column
        The view's; empty until the server has described them.
    definition : str
        The query of the view that is watched, as SHOW CREATE spells it; empty if that is not known.
    ahead : float
        By how many seconds the server's clock is ahead of this machine's; 0 if it does not tell its time.
    waiting : int
        Rows that have come and are not closed yet.
    answered : bool
        Whether the server has begun to send.
    began, heard : float
        When this began, and when something last came, in monotonic seconds.
    progressed : float or None
        When the last batch was taken; None before the snapshot was.
    overdue : str
        What did not come in time and so ended this; empty if nothing.
    """

    def __init__(self, parameters: Parameters, statement: str, patience: float = 1.0, relation: str = "") -> None:
        self.columns: tuple[Column, ...] = ()
        self.definition = ""
        self.ahead = 0.0
        self.waiting = 0
        self.answered = False
        self.began = self.heard = time.monotonic()
        self._live_since: float | None = None
        self.progressed: float | None = None
        self.overdue = ""
        self._parameters = parameters
        self._statement = statement
        self._relation = relation
        self._snapshot = SNAPSHOT * patience
        self._connecting: asyncio.Task[psycopg.AsyncConnection[Any]] | None = None
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def run(self, take: Callable[[Subscription, ClosedBatch], None]) -> None:
        """Connect, subscribe and hand over batches, the snapshot first, until the statement is complete.

        Raises
        ------
        psycopg.Error
            The server refuses, contradicts itself, is silent for too long or is gone.
        """
        connection = await self._connect()
        try:
            check_cluster(connection, self._parameters)
            self.ahead = await _ahead(connection)
            self.definition = await self._look_up(connection)
            if has_order(self.definition or self._statement):
                await asyncio.to_thread(importlib.import_module, "sqlglot")  # which reads it: else all views would wait
            await self._read(Stream(connection, self._statement), take)
        except UnicodeDecodeError:
            raise psycopg.DataError("the server sent text that is not UTF-8") from None
        except psycopg.OperationalError:
            if self.overdue:
                raise psycopg.OperationalError(self.overdue) from None
            raise
        finally:
            self._connection = None
            await connection.close()

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connect = psycopg.AsyncConnection.connect(**self._parameters, autocommit=True)
        self._connecting = asyncio.get_running_loop().create_task(connect)
        try:
            with answering(self._parameters):
                self._connection = await self._connecting
        except asyncio.CancelledError:
            if self.overdue:
                raise psycopg.OperationalError(self.overdue) from None
            raise
        self.heard = time.monotonic()
        return self._connection

    async def _look_up(self, connection: psycopg.AsyncConnection[Any]) -> str:
        """Ask how the view was made, which says in which order; whoever must not know gets it in any order."""
        for kind in VIEWS if self._relation else ():
            with contextlib.suppress(psycopg.DatabaseError):
                answer = await connection.execute(f"SHOW CREATE {kind} {self._relation}")
                if answer.description and (row := await answer.fetchone()):
                    return defined_as(str(row[-1]))
        return ""

    async def _read(self, stream: Stream, take: Callable[[Subscription, ClosedBatch], None]) -> None:
        await stream.describe()
        batches = Batches(stream.columns)
        self.columns = batches.columns
        closed = 0

        def close(batch: ClosedBatch) -> None:
            nonlocal closed
            if self.overdue:
                raise psycopg.OperationalError(self.overdue)  # what came before it was hung up concerns nobody
            closed = stream.size
            take(self, batch)
            self._progress()

        def hear(rows: list[Row]) -> None:
            for batch in batches.take(rows):
                close(batch)
            self.answered = True
            self.waiting = batches.waiting
            self.heard = time.monotonic()
            if stream.size + stream.partial - closed > SIZE:
                raise psycopg.DataError(
                    f"{self.waiting:,} rows ({SIZE >> 20} MiB) came without an end, more than mzwidget keeps in "
                    "memory; watch a query with fewer or smaller rows"
                )

        await stream.run(hear)
        close(batches.end())

    def _progress(self) -> None:
        self.progressed = time.monotonic()
        if self._live_since is None:
            self._live_since = self.progressed

    def lived(self, now: float) -> float:
        """Return for how many seconds there has been a snapshot."""
        return 0.0 if self._live_since is None else now - self._live_since

    def hangs(self, now: float) -> bool:
        """Whether it is of use to begin again: nothing has come lately."""
        return now - self.heard > (STALL if self.answered else HASTE)

    def watch(self, now: float) -> Status | None:
        """Return what this waits for, if that is worth telling; hang up if it has become too long."""
        silent, lasted = now - self.heard, now - self.began
        if self.progressed is not None:
            if silent > SILENCE:
                self.hang_up(f"the server was silent for {silent:.0f} s")
            return Status("stalled", "the server reports no progress") if now - self.progressed > STALL else None
        if not self.answered:
            if silent > (CONNECT if self._connection is None else ANSWER):
                self.hang_up(f"the server did not answer for {silent:.0f} s")
            return Status("connecting", f"no answer yet, after {_steps(lasted)} s") if lasted > STALL else None
        if silent > self._snapshot:
            self.hang_up(f"no snapshot came for {silent:.0f} s")
        if self.waiting:
            return Status("connecting", f"{_steps(self.waiting):,} rows of the snapshot so far")
        return Status("connecting", f"no snapshot yet, after {_steps(lasted)} s" if lasted > STALL else "")

    def hang_up(self, reason: str) -> None:
        """End this at once, whatever it is doing and whether or not the other side still answers."""
        self.overdue = reason
        if self._connection is None:
            if self._connecting is not None:
                self._connecting.cancel()
        else:
            hang_up(self._connection)  # cancelled, psycopg would call the server once more


async def _ahead(connection: psycopg.AsyncConnection[Any]) -> float:
    """Compare the server's clock with this machine's, to half of what it takes to ask."""
    with contextlib.suppress(psycopg.DatabaseError):
        asked = time.time()
        answer = await (await connection.execute("SELECT now()")).fetchone()
        if answer and isinstance(now := answer[0], datetime) and now.tzinfo:
            return now.timestamp() - (asked + time.time()) / 2
    return 0.0


def _steps(number: float) -> int:
    """Round down to the first digit, or half a step more: what is read aloud shall not change every second."""
    step = 5 * 10 ** (len(str(int(number))) - 2)
    return int(number // step * step) if step >= 1 else int(number)
