"""From the rows of a SUBSCRIBE to batches that are whole.

The stream's grammar is Materialize's: a progress row with the snapshot's timestamp, the snapshot, then updates in order
of time, with progress rows saying that nothing earlier is to come. Rows are folded as they arrive and become visible
only when a progress row has closed them. https://materialize.com/docs/sql/subscribe/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mzwidget.tail.collection import Row, Updates

FIRST = 3
"""Where the view's own columns begin, after ``mz_timestamp``, ``mz_progressed`` and ``mz_diff``."""

Step = tuple[int, Updates]
"""A timestamp in ms, and the consolidated updates at it."""


class Fold:
    """Folds a stream of rows; the first batch is the snapshot.

    Attributes
    ----------
    as_of : int or None
        The snapshot's timestamp; None until the stream has told.
    """

    def __init__(self) -> None:
        self.as_of: int | None = None
        self._steps: list[Step] = []
        self._timestamp: str | None = ""
        self._updates: Updates = {}

    def take(self, records: Sequence[Row]) -> Iterator[tuple[list[Step], int]]:
        """Take rows as the server sent them; yield what they close: steps in order of time, and the time they reach."""
        for record in records:
            if record[1] == "t":
                frontier = int(record[0] or 0)
                if self.as_of is None:
                    self.as_of = frontier
                elif frontier > self.as_of:
                    yield self.rest(), frontier - 1
                continue
            if record[0] != self._timestamp:
                self._timestamp, self._updates = record[0], {}
                self._steps.append((int(record[0] or 0), self._updates))
            row = record[FIRST:]
            count = self._updates.get(row, 0) + int(record[2] or 0)
            if count:
                self._updates[row] = count
            else:
                self._updates.pop(row, None)

    def rest(self) -> list[Step]:
        """Return, and forget, what nothing has closed yet."""
        steps, self._steps, self._timestamp = self._steps, [], ""
        return steps
