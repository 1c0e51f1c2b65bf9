"""`stop`: the end of all that runs in the background."""

from __future__ import annotations

from mzwidget import wikipedia
from mzwidget.liveview import open_views


def stop() -> None:
    """Stop all that mzwidget does in the background of this kernel.

    Every `LiveView` is closed as by its own ``close``: its subscription ends, its picture goes, ``df`` stays. Every
    ingest of `wikipedia.follow` inserts what it holds, and stops. Tables, views and your connections stay as they are,
    other widgets too. Running the cells again begins again.

    Examples
    --------
    >>> mzwidget.stop()
    """
    wikipedia.stop()
    for view in list(open_views):
        view.close()
