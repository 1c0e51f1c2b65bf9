"""What all sessions share, and what the system catalog tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect import evaluation_error, install
from mzwidget.local.engine.catalog import Catalog
from mzwidget.local.engine.journal import Journal
from mzwidget.local.engine.maintenance import Feeds
from mzwidget.local.engine.mirrors import Mirrors
from mzwidget.local.engine.store import Store
from mzwidget.local.statements.activity import Activity

if TYPE_CHECKING:
    from pathlib import Path


class Shared:
    """Data, definitions and who is there.

    Parameters
    ----------
    keep : Path, optional
        The folder in which everything is kept; by default it ends with the process.
    """

    def __init__(self, keep: Path | None = None) -> None:
        self.store = Store(install, evaluation_error, keep)
        self.journal = Journal(self.store) if keep is not None else None
        self.feeds = Feeds(self.store)
        self.mirrors = Mirrors(self.store, self.feeds)
        self.catalog = Catalog()
        self.activity = Activity()
