"""What a user holds of a running ingest: its numbers, its label, its switch."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from mzwidget.wikipedia import recorded
from mzwidget.wikipedia.batches import Writers
from mzwidget.wikipedia.eventstream import EventStream
from mzwidget.wikipedia.pipeline import Pipeline, Source
from mzwidget.wikipedia.rows import Revision
from mzwidget.wikipedia.tally import IngestStats, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from mzwidget.wikipedia.rows import Row, Target

_SILENCE = 15.0
_STOP = 1.5


class Ingest:
    """Edits on their way into a table, in the background; made by `mzwidget.wikipedia.follow`.

    Its threads never raise and never print: what goes wrong is in `stats` and in the repr.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        targets: Mapping[type[Row], Target],
        *,
        source: Source,
        speed: float,
        url: str,
        user_agent: str,
        holds: set[str],
    ) -> None:
        self._parameters = parameters
        self._targets = targets
        self._source = source
        self._speed = speed
        self._url = url
        self._user_agent = user_agent
        self._held = holds
        self._tally = Tally()
        self._lock = threading.Lock()
        self._pipeline: Pipeline | None = None

    def start(self) -> None:
        """Start, or start again: after `stop`, or to try the live stream once more after it was given up."""
        with self._lock:
            if self._pipeline is not None and self._pipeline.state != "stopped" and not self._pipeline.gave_up:
                return
            self._end()
            self._tally.restart()
            self._pipeline = Pipeline(
                self._source,
                self._speed,
                EventStream(self._url, self._user_agent, _SILENCE),
                Writers(self._parameters, self._targets, self._tally),
                self._tally,
                revisions=Revision in self._targets,
            )
            self._pipeline.start()

    def stop(self) -> None:
        """Stop within two seconds; what has arrived is inserted, if the database takes it by then."""
        with self._lock:
            self._end()

    def wait(self, timeout: float = 10.0) -> bool:
        """Wait until a first row is in the database, and return whether there is one.

        Parameters
        ----------
        timeout : float
            Seconds.
        """
        deadline = time.monotonic() + timeout
        while not (inserted := self.stats.inserted) and time.monotonic() < deadline:
            time.sleep(0.02)
        return inserted > 0

    @property
    def stats(self) -> IngestStats:
        """The numbers of this moment."""
        pipeline = self._pipeline
        if pipeline is None:
            return self._tally.stats("recorded" if self._source == "recorded" else "live", "stopped", "")
        return self._tally.stats(pipeline.source, pipeline.state, pipeline.message)

    @property
    def note(self) -> str:
        """What a picture of this data has to say about its origin.

        ``recorded 2015-09-12`` when the table holds edits of the recorded day, ``live and recorded 2015-09-12`` when it
        holds both kinds, and nothing when all are live.
        """
        pipeline = self._pipeline
        holds = self._held | pipeline.sources if pipeline else self._held
        if "recorded" not in holds:
            return ""
        return f"live and recorded {recorded.DAY}" if "live" in holds else f"recorded {recorded.DAY}"

    def __repr__(self) -> str:
        stats = self.stats
        origin = f"recorded {recorded.DAY}" if stats.source == "recorded" else "live"
        parts = [origin if stats.state == "running" else f"{origin}, {stats.state}", f"{stats.rate:.1f} events/s"]
        if stats.lag is not None:
            parts.append(f"lag {stats.lag:.1f} s")
        parts.append(f"{stats.inserted:,} inserted")
        if stats.skipped:
            reasons = ", ".join(f"{reason} {rows:,}" for reason, rows in sorted(stats.skipped.items()))
            parts.append(f"{sum(stats.skipped.values()):,} skipped ({reasons})")
        if stats.message:
            parts.append(stats.message)
        tables = " and ".join(target.table.as_string() for target in self._targets.values())
        return f"<edits into {tables}: {' · '.join(parts)}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _end(self) -> None:
        if self._pipeline is not None:
            self._pipeline.stop(_STOP)
            self._held |= self._pipeline.sources
