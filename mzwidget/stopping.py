"""`stop`: the end of all that runs in the background."""

from __future__ import annotations

from ipywidgets.widgets.widget import _instances

from mzwidget import wikipedia
from mzwidget.liveview import LiveView


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
    for widget in [widget for widget in _instances.values() if isinstance(widget, LiveView)]:
        widget.close()
