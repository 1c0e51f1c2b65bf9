"""Whether a cell runs, by IPython's own account."""

from __future__ import annotations

from typing import Any

from mzwidget import background
from mzwidget.page.switch_interval import SwitchInterval


def shell() -> Any:
    """Return IPython's shell, if there is one."""
    try:
        from IPython.core.getipython import get_ipython  # noqa: PLC0415 - optional
    except ImportError:
        return None
    return get_ipython()


class Cells:
    """Follows the beginning and the end of cells.

    Attributes
    ----------
    running : bool
    """

    def __init__(self) -> None:
        self.running = False
        self._watched: object = None
        self._switching = SwitchInterval(lambda: self.running)

    def watch(self) -> None:
        """Follow the shell there is; does nothing outside IPython or when it is followed already."""
        found = shell()
        if found is None or found is self._watched:
            return
        self._watched = found
        found.events.register("pre_run_cell", self._begin)
        found.events.register("post_run_cell", self._end)
        # Whoever makes the first view does so in a running cell.
        self._begin()

    def _begin(self, *_: object) -> None:
        self.running = True
        background.call(self._switching.begin)

    def _end(self, *_: object) -> None:
        self.running = False
        self._switching.end()


cells = Cells()
