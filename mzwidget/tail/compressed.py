"""What a closed view still knows, in little memory: notebooks keep every result of every cell that was run."""

from __future__ import annotations

import json
import zlib

from mzwidget.tail.updates import Updates
from mzwidget.tail.values import Column


class CompressedRows:
    """Rows, compressed.

    Attributes
    ----------
    columns : tuple of Column
    time : int or None
        Milliseconds since the epoch.
    """

    def __init__(self, columns: tuple[Column, ...], rows: Updates, time: int | None) -> None:
        self.columns = columns
        self.time = time
        self._rows = zlib.compress(json.dumps(list(rows.items())).encode(), level=1)

    def rows(self) -> Updates:
        """Return the rows as they were."""
        return {tuple(row): count for row, count in json.loads(zlib.decompress(self._rows))}
