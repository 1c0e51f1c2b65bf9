"""From its start to its end: which source is read, and when the recorded day takes over from the live stream."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

from mzwidget.wikipedia import recorded
from mzwidget.wikipedia.live import LiveReader

if TYPE_CHECKING:
    from mzwidget.wikipedia.batches import Writers
    from mzwidget.wikipedia.eventstream import EventStream
    from mzwidget.wikipedia.rows import Row
    from mzwidget.wikipedia.tally import State, Tally

Source = Literal["auto", "live", "recorded"]

_LOOK = 0.1
_PATIENCE_AT_START = 8.0
_ATTEMPTS_AT_START = 2
_PATIENCE = 20.0


class Pipeline:
    """One source, or one after the other, into tables, in daemon threads, until it is closed.

    Parameters
    ----------
    source
        ``auto`` changes from the live stream to the recorded day, once and for good, when the stream cannot be
        reached at the start or is silent for 20 seconds later.
    speed
        The speed of the recorded day.
    stream
        The live stream.
    writers
        Where rows go; they are started and closed with the pipeline.
    tally
        Told about every event.
    revisions
        Whether the recorded day is to have the second stream too.
    """

    def __init__(
        self,
        source: Source,
        speed: float,
        stream: EventStream,
        writers: Writers,
        tally: Tally,
        *,
        revisions: bool = False,
    ) -> None:
        self._source = source
        self._speed = speed
        self._writers = writers
        self._revisions = revisions
        self._tally = tally
        self._reader = LiveReader(stream, writers, tally)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mzwidget-ingest", daemon=True)
        self.replaying = source == "recorded"
        """Whether it is the recorded day that is read."""
        self.gave_up = ""
        """Why the live stream was given up, or nothing."""

    def start(self) -> None:
        """Begin to read and to write."""
        self._writers.start()
        self._thread.start()

    def close(self, timeout: float) -> None:
        """End; what has arrived is written if that is done within `timeout` seconds."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._reader.stop()
        self._writers.close(timeout)
        self._thread.join(timeout=0.2)

    @property
    def sources(self) -> set[str]:
        """Which sources have given edits: live, recorded."""
        found = {"recorded"} if self.replaying else set()
        return found | {"live"} if self._reader.events else found

    @property
    def source(self) -> Literal["live", "recorded"]:
        """Which source is read."""
        return "recorded" if self.replaying else "live"

    @property
    def state(self) -> State:
        """What the pipeline does now."""
        if self._closed.is_set():
            return "closed"
        if self._writers.problem:
            return "database away"
        if self.replaying:
            return "running"
        if self.gave_up:
            return "failed"
        if not self._reader.events:
            return "connecting"
        return "reconnecting" if self._reader.problem else "running"

    @property
    def message(self) -> str:
        """What is wrong, the most urgent first, or nothing."""
        if self._closed.is_set():
            return ""
        if self._writers.problem:
            return self._writers.problem
        if self.gave_up:
            return f"{self.gave_up} (wikipedia.follow() tries the live stream again)"
        if self._writers.dropped:
            return f"the database takes rows too slowly: the oldest {self._writers.dropped:,} live edits were dropped"
        return self._reader.problem or self._writers.refusal

    def _work(self) -> None:
        try:
            if self._source != "recorded":
                gave_up = self._follow()
                self.replaying = self._source == "auto" and not self._closed.is_set()
                self.gave_up = gave_up
            if self.replaying:
                recorded.replay(self._take, self._closed, self._speed, revisions=self._revisions)
        except Exception as error:
            self.replaying = False
            self.gave_up = f"{type(error).__name__}: {error}"

    def _follow(self) -> str:
        """Watch over the live stream; return why it was given up, or nothing when closed.

        It is watched from outside because a name lookup or a trickling proxy can hold its thread for very long.
        Silence is counted in looks, not read from a clock: a machine that wakes from sleep has not been silent.
        """
        reader = self._reader
        reader.start()
        events, silent = 0, 0.0
        while not self._closed.wait(_LOOK):
            events, silent = reader.events, silent + _LOOK if reader.events == events else 0.0
            lost = silent > (_PATIENCE if events else _PATIENCE_AT_START)
            refused = not events and reader.failures >= _ATTEMPTS_AT_START
            if reader.failed or (self._source == "auto" and (lost or refused)):
                reader.stop()
                return reader.problem or f"the live stream sent nothing for {silent:.0f} s"
        return ""

    def _take(self, row: Row) -> None:
        self._tally.receive()
        self._writers.put(row, patient=True)
