"""Locks for processes that fork: whichever thread held one at that moment is not there in the child to release it."""

from __future__ import annotations

import os
import threading


class Lock:
    """A lock for ``with``; in a process that is forked nobody holds it."""

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
