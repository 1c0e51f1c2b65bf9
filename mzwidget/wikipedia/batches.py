"""Rows into the database: collected for a moment, written in batches, over a connection of their own."""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import sql

from mzwidget.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mzwidget.wikipedia.rows import Row, Target
    from mzwidget.wikipedia.tally import Tally

_INTERVAL = 0.2
_MOST_ROWS = 500
_CAPACITY = 20_000
_PATIENCE = 5.0
_BACKOFF = (0.25, 10.0)
_ROW_FAULTS = ("22", "23")


class _Waiting(NamedTuple):
    row: Row
    born: float
    """The monotonic time of the event itself."""


class BatchWriter:
    """Writes rows to a table, from one daemon thread; `put` may be called from any other.

    Memory is bounded: while the database keeps up with difficulty `put` waits. For a source that cannot wait, since the
    world goes on, the oldest rows are then dropped, counted and told of. A batch is one COPY, so it is there whole
    or not at all; when the connection breaks in the middle of one, the rows that did arrive are looked up and not
    written again. A row that the database refuses is counted and does not hold up the others.

    Parameters
    ----------
    parameters
        Connection parameters; may hold a password.
    target
        The table to write to.
    tally
        Told about every row.
    """

    def __init__(self, parameters: Mapping[str, Any], target: Target, tally: Tally) -> None:
        self._parameters = dict(parameters)
        self._target = target
        self._tally = tally
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._progress = time.monotonic()
        self._connection: psycopg.Connection[Any] | None = None
        self._uncertain = False
        self._thread = threading.Thread(target=self._run, name="mzwidget-writer", daemon=True)
        self.problem = ""
        """Why nothing is being written, or nothing."""
        self.refusal = ""
        """The database's words about the last row it refused."""
        self.dropped = 0
        """Rows for which there was no room."""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, row: Row, age: float = 0.0, *, patient: bool = False) -> None:
        """Take a row that is `age` seconds old; one who is `patient` waits until there is room for it."""
        with self._changed:
            if len(self._waiting) >= _CAPACITY:
                patience = max(0.0, self._progress + _PATIENCE - time.monotonic())
                self._changed.wait_for(self._has_room, timeout=None if patient else patience)
            if self._closing.is_set():
                self._tally.skip("dropped", 1)
                return
            if len(self._waiting) >= _CAPACITY:
                self._waiting.popleft()
                self._tally.skip("dropped", 1)
                self.dropped += 1
            self._waiting.append(_Waiting(row, time.monotonic() - age))
            self._changed.notify_all()

    def close(self, timeout: float) -> None:
        """Write what waits, if that is quickly done, and end."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
        self._thread.join(timeout)

    def _has_room(self) -> bool:
        return len(self._waiting) < _CAPACITY or self._closing.is_set()

    def _run(self) -> None:
        chunks: list[list[_Waiting]] = []
        backoff = Backoff(*_BACKOFF)
        try:
            while True:
                if not chunks:
                    chunks = self._next_batch()
                if not chunks:
                    return
                try:
                    self._write_all(chunks)
                    backoff.reset()
                    self.problem = ""
                except Exception as error:
                    self._disconnect(error)
                    if self._closing.wait(backoff.next()):
                        return
        finally:
            with self._changed:
                left = len(self._waiting) + sum(map(len, chunks))
                self._waiting.clear()
                self._tally.skip("dropped", left)
            if self._connection is not None:
                self._connection.close()

    def _next_batch(self) -> list[list[_Waiting]]:
        """Return the next batch as a list of one chunk; empty when the writer closes and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
            if len(self._waiting) < _MOST_ROWS:
                self._changed.wait_for(self._batch_is_full, timeout=_INTERVAL)
            rows = list(islice(self._waiting, _MOST_ROWS))
            for _ in rows:
                self._waiting.popleft()
            self._progress = time.monotonic()
            self._changed.notify_all()
        return [rows] if rows else []

    def _batch_is_full(self) -> bool:
        return len(self._waiting) >= _MOST_ROWS or self._closing.is_set()

    def _write_all(self, chunks: list[list[_Waiting]]) -> None:
        """Write and remove all chunks; one that is refused is halved until the row at fault is alone."""
        connection = self._connect()
        while chunks:
            chunk = chunks[-1]
            if self._uncertain:
                chunk = chunks[-1] = self._without_written(connection, chunk)
                self._uncertain = False
            try:
                self._copy(connection, chunk)
            except psycopg.Error as error:
                if connection.closed or not (error.sqlstate or "").startswith(_ROW_FAULTS):
                    raise
                chunks.pop()
                if len(chunk) > 1:
                    middle = len(chunk) // 2
                    chunks += [chunk[middle:], chunk[:middle]]
                else:
                    self._tally.skip("refused", 1)
                    self.refusal = first_line(error)
                continue
            chunks.pop()
            self._count(chunk)

    def _copy(self, connection: psycopg.Connection[Any], rows: list[_Waiting]) -> None:
        if not rows:
            return
        target = self._target
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(target.table, _listed(target.columns))
        self._uncertain = True
        try:
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                for waiting in rows:
                    copy.write_row([getattr(waiting.row, column) for column in target.columns])
        finally:
            self._uncertain = connection.closed

    def _count(self, rows: list[_Waiting]) -> None:
        if rows:
            now = time.monotonic()
            self._tally.insert(len(rows), min(now - row.born for row in rows))

    def _without_written(self, connection: psycopg.Connection[Any], rows: list[_Waiting]) -> list[_Waiting]:
        """Return the rows that a broken connection did not bring to the table."""
        target = self._target
        since = min(waiting.row.edited_at for waiting in rows)
        query = sql.SQL("SELECT {} FROM {} WHERE edited_at >= %s").format(_listed(target.key), target.table)
        written = set(connection.execute(query, [since]).fetchall())

        def is_written(waiting: _Waiting) -> bool:
            return tuple(getattr(waiting.row, column) for column in target.key) in written

        self._count([waiting for waiting in rows if is_written(waiting)])
        return [waiting for waiting in rows if not is_written(waiting)]

    def _connect(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(**self._parameters, autocommit=True)
        return self._connection

    def _disconnect(self, error: Exception) -> None:
        """Say what is wrong; the next attempt uses a new connection."""
        self.problem = f"the database does not take rows, trying again: {first_line(error)}"
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Writers:
    """A writer for each kind of rows; together they are used as one.

    Parameters
    ----------
    parameters
        Connection parameters; may hold a password.
    targets
        Where the rows of each type go.
    tally
        Told about every row.
    """

    def __init__(self, parameters: Mapping[str, Any], targets: Mapping[type[Row], Target], tally: Tally) -> None:
        self._writers = {kind: BatchWriter(parameters, target, tally) for kind, target in targets.items()}

    def start(self) -> None:
        """Begin to write."""
        for writer in self._writers.values():
            writer.start()

    def put(self, row: Row, age: float = 0.0, *, patient: bool = False) -> None:
        """Take a row that is `age` seconds old; one who is `patient` waits until there is room for it."""
        self._writers[type(row)].put(row, age, patient=patient)

    def close(self, timeout: float) -> None:
        """Write what waits, if that is quickly done, and end."""
        deadline = time.monotonic() + timeout
        for writer in self._writers.values():
            writer.close(0)
        for writer in self._writers.values():
            writer.close(max(0.0, deadline - time.monotonic()))

    @property
    def problem(self) -> str:
        """Why nothing is being written, or nothing."""
        return next((writer.problem for writer in self._writers.values() if writer.problem), "")

    @property
    def refusal(self) -> str:
        """The database's words about the last row it refused."""
        return next((writer.refusal for writer in self._writers.values() if writer.refusal), "")

    @property
    def dropped(self) -> int:
        """Rows for which there was no room."""
        return sum(writer.dropped for writer in self._writers.values())


def _listed(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def first_line(error: Exception) -> str:
    """Return an error's text on one line."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return error.diag.message_primary
    return (str(error).strip() or type(error).__name__).splitlines()[0]
