"""`close_all`: the end of all that runs in the background."""

from __future__ import annotations

from mzwidget import wikipedia
from mzwidget.liveview import open_views


def close_all() -> None:
    """Close all that mzwidget does in the background of this kernel.

    Every `LiveView` is closed as by its own ``close``: its subscription ends, its picture goes, ``df`` stays. Every
    ingest of `wikipedia.follow` inserts what it holds, and ends. Tables, views and your connections stay as they are,
    other widgets too. Running the cells again begins again.

    Examples
    --------
    >>> mzwidget.close_all()
    """
    wikipedia.close_all()
    for view in list(open_views):
        view.close()
