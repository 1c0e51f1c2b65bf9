"""What a cell puts out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from mzwidget.page.cells import shell

WIDGET = "application/vnd.jupyter.widget-view+json"
_SERVERS = ("JPY_SESSION_NAME", "VOILA_PREHEAT")
"""What Jupyter's server and Voila leave in the environment of the kernels that they show to pages."""


def unseen() -> bool:
    """Whether no page will follow what is displayed: a program executes a notebook to keep it, as nbconvert does.

    Such a program cannot ask its user anything, and says so with each cell.
    """
    kernel = getattr(shell(), "kernel", None)
    if kernel is None or any(name in os.environ for name in _SERVERS):
        return False
    asks = kernel.get_parent().get("content", {}).get("allow_stdin", True)
    return not asks


def output(widget: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a widget and what is kept of it; only this where a page would prefer a widget that nothing moves."""
    return {name: of for name, of in {**widget, **kept}.items() if name != WIDGET or not unseen()}
