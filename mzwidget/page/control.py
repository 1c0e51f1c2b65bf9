"""The kernel's control channel, on which pages are heard while a cell runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from mzwidget.page.cells import shell


class Control:
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
        handlers = getattr(getattr(shell(), "kernel", None), "control_handlers", {})
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


control = Control()
