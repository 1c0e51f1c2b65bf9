"""The kernel around the views: whether a cell runs, how many messages may go out, how pages are heard meanwhile."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

RATE = 200.0
"""Messages a second for all views of a kernel; the Jupyter server drops what exceeds 1,000, outputs included."""
BURST = 50.0
"""Messages that may go at once after a quiet time."""


class Budget:
    """A token bucket."""

    def __init__(self, rate: float = RATE, burst: float = BURST, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled = clock()

    def take(self) -> float:
        """Take one token and return 0; or return the seconds until there will be one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0


budget = Budget()


class _Cells:
    """Follows IPython's account of whether a cell runs."""

    def __init__(self) -> None:
        self.running = False
        self._watched: object = None

    def watch(self) -> None:
        """Follow the shell there is; does nothing outside IPython or when it is followed already."""
        shell = _shell()
        if shell is None or shell is self._watched:
            return
        self._watched = shell
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)
        # Whoever makes the first view does so in a running cell.
        self.running = True

    def _begin(self, *_: object) -> None:
        self.running = True

    def _end(self, *_: object) -> None:
        self.running = False


cells = _Cells()


class _Control:
    """The control channel of the kernel, which is heard while a cell runs.

    Comms are not on ipykernel 6, and on any kernel each of their messages makes JupyterLab draw its status bar twice.
    What pages say travels as a `comm_info_request`: a kind of message that every server lets through, and that
    tells neither server nor page that the busy kernel is idle.
    """

    KIND = "comm_info_request"

    def __init__(self) -> None:
        self._listeners: dict[str, Callable[[object], None]] = {}
        self._handlers: dict[str, Any] = {}
        self._otherwise: Callable[..., object] = lambda *_: None

    def listen(self, hear: Callable[[object], None]) -> str:
        """Return the address at which `hear` gets what pages say; empty where pages have only the comm."""
        handlers = getattr(getattr(_shell(), "kernel", None), "control_handlers", {})
        if self.KIND not in handlers:
            return ""
        if handlers is not self._handlers:
            self._handlers, self._otherwise = handlers, handlers[self.KIND]
            handlers[self.KIND] = self._hear
        address = uuid.uuid4().hex
        self._listeners[address] = hear
        return address

    def forget(self, address: str) -> None:
        """Listen at this address no longer."""
        self._listeners.pop(address, None)

    def _hear(self, stream: object, identities: object, message: Mapping[str, Any]) -> object:
        content = message["content"]
        if "mzwidget" not in content:
            return self._otherwise(stream, identities, message)
        if hear := self._listeners.get(content["mzwidget"]):
            hear(content.get("message"))
        return None


control = _Control()


def _shell() -> Any:
    """Return IPython's shell, if there is one."""
    try:
        from IPython.core.getipython import get_ipython  # noqa: PLC0415 - optional
    except ImportError:
        return None
    return get_ipython()
