"""Keeps the live stream open: one thread that reads, waits, and connects again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mzwidget.backoff import Backoff
from mzwidget.wikipedia.eventstream import EventStream, StreamError

if TYPE_CHECKING:
    from mzwidget.wikipedia.batches import Writers
    from mzwidget.wikipedia.rows import Row
    from mzwidget.wikipedia.tally import Tally

_BACKOFF = (0.5, 30.0)


class LiveReader:
    """Reads the live stream into tables until it is told to stop or trying again is of no use.

    Parameters
    ----------
    stream
        The stream to follow.
    writers
        Get every row.
    tally
        Told about every event.
    """

    def __init__(self, stream: EventStream, writers: Writers, tally: Tally) -> None:
        self._stream = stream
        self._writers = writers
        self._tally = tally
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mzwidget-live", daemon=True)
        self.events = 0
        """How many events have arrived."""
        self._backoff = Backoff(*_BACKOFF)
        self.problem = ""
        """What the last failure was, until the next event."""
        self.failed = False
        """Whether the reader has given up."""

    @property
    def failures(self) -> int:
        """Failed connections since the last event."""
        return self._backoff.failures

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End at once; not a single row is written after this. Call `join` to see the thread end."""
        self._stop.set()
        self._stream.close()

    def join(self, timeout: float) -> None:
        """Wait for the thread; one that is stuck in a name lookup ends when that does."""
        self._thread.join(timeout)

    def _run(self) -> None:
        connected_before = False
        while not self._stop.is_set():
            heard, wait = False, 0.0
            try:
                for event in self._stream.connect(self._stop):
                    if not heard:
                        heard = True
                        if connected_before:
                            self._tally.reconnect()
                        connected_before = True
                    self._take(event)
            except StreamError as error:
                self.problem = str(error)
                self.failed = error.final
                wait = error.retry_after or 0.0
            except Exception as error:
                self.problem = f"{type(error).__name__}: {error}"
            if self.failed or self._stop.is_set():
                return
            if not heard and not self.problem:
                self.problem = "the stream ended before the first event"
            self._stop.wait(max(wait, self._backoff.next()))

    def _take(self, event: Row | str) -> None:
        if self._stop.is_set():
            return
        self.events += 1
        self._backoff.reset()
        self.problem = ""
        if isinstance(event, str):
            self._tally.receive(skipped=event)
        else:
            self._tally.receive()
            age = (datetime.now(UTC) - event.edited_at).total_seconds()
            self._writers.put(event, max(0.0, age))
