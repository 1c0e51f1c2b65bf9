"""A label for the header that may change while the view is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mzwidget.tail.status import shorten

NoteSource = str | Callable[[], str] | None
"""The label, or whom to ask for it."""


class Note:
    """Asks the user's function in a thread of its own: it may take its time.

    Parameters
    ----------
    given : str, callable or None

    Attributes
    ----------
    text : str
    """

    def __init__(self, given: NoteSource) -> None:
        self.text = shorten(given) if isinstance(given, str) else ""
        self._ask = given if callable(given) else None
        self._asking = threading.Lock()

    def refresh(self, changed: Callable[[], object]) -> None:
        """Ask anew unless an answer is awaited, and call back if it is another one."""
        ask = self._ask
        if ask is None or not self._asking.acquire(blocking=False):
            return

        def run() -> None:
            before = self.text
            try:
                self.text = shorten(str(ask() or ""))
            except BaseException as error:  # the thread is ours, the function is not
                self.text = shorten(f"note: {type(error).__name__}: {error}")
            finally:
                text = self.text  # when the next one is asked, it may be another
                self._asking.release()
            if text != before:
                changed()

        threading.Thread(target=run, name="mzwidget note", daemon=True).start()
