"""What a user holds of a running ingest: its numbers, its label, its switch."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from mzwidget.closing import Closing
from mzwidget.deadline import Deadline
from mzwidget.wikipedia import recorded
from mzwidget.wikipedia.batches import Writers
from mzwidget.wikipedia.eventstream import EventStream
from mzwidget.wikipedia.pipeline import Pipeline, Source
from mzwidget.wikipedia.rows import Revision
from mzwidget.wikipedia.tally import IngestStats, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mzwidget.wikipedia.rows import Row, Target

_SILENCE = 15.0
_END = 1.5


class Ingest(Closing):
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
        self._targets = targets
        self._held = holds
        self._tally = Tally()
        self._lock = threading.Lock()
        self._pipeline = Pipeline(
            source,
            speed,
            EventStream(url, user_agent, _SILENCE),
            Writers(parameters, targets, self._tally),
            self._tally,
            revisions=Revision in targets,
        )
        self._pipeline.start()

    def close(self) -> None:
        """End within two seconds; what has arrived is inserted, if the database takes it by then."""
        with self._lock:
            self._pipeline.close(_END)

    def wait(self, timeout: float | None = None) -> Self:
        """Block until a first row is in the database.

        Parameters
        ----------
        timeout : float, optional
            Seconds; by default for ever.

        Returns
        -------
        Ingest
            Itself.

        Raises
        ------
        RuntimeError
            It is closed, or has given up, before there was a row; the message says why.
        TimeoutError
            Not in time.
        """
        deadline = Deadline(timeout)
        while not (stats := self.stats).inserted:
            if stats.state in ("closed", "failed"):
                raise RuntimeError(f"no edit is in the table: {self!r}")
            if deadline.over:
                raise TimeoutError(f"no edit is in the table after {timeout:g} s: {self!r}")
            time.sleep(0.02)
        return self

    @property
    def stats(self) -> IngestStats:
        """The numbers of this moment."""
        return self._tally.stats(self._pipeline.source, self._pipeline.state, self._pipeline.message)

    @property
    def note(self) -> str:
        """What a picture of this data has to say about its origin.

        ``recorded 2015-09-12`` when the table holds edits of the recorded day, ``live and recorded 2015-09-12`` when it
        holds both kinds, and nothing when all are live.
        """
        holds = self._held | self._pipeline.sources
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
