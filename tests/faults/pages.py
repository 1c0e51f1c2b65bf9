"""The kernel's comm and the pages at its other end: JavaScript's own store, joined to a LiveView by bad lines."""

from __future__ import annotations

import base64
import itertools
import json
import queue
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from comm.base_comm import BaseComm

from tests.faults.lines import Line, Postmaster

if TYPE_CHECKING:
    import random

    from mzwidget import LiveView

SYNCED = ("base", "delta", "status")
"""The traits that this protocol is about."""

Rows = Counter[tuple[str | None, ...]]
"""Rows as text, and how often each occurs."""

_number = itertools.count()


class Comm(BaseComm):
    """Broadcasts what the widget sends to all pages there are.

    Attributes
    ----------
    sent
        What it sent: the traits that each message is of.
    heard
        How many messages of pages it took.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.pages: tuple[Page, ...] = ()
        self.sent: list[tuple[str, ...]] = []
        self.heard = 0
        super().__init__(*arguments, **options)

    def publish_msg(self, msg_type: str, data: Any = None, buffers: Any = None, **_: Any) -> None:
        if msg_type != "comm_msg":
            return
        self.sent.append(tuple(data["state"]))
        state = encode(data["state"], data["buffer_paths"], buffers)
        for page in self.pages:
            page.down.put(("update", state))

    def hear(self, content: dict[str, Any]) -> None:
        self.heard += 1
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def encode(state: dict[str, Any], paths: list[list[str]], buffers: list[Any] | None) -> str:
    """Write the synced traits as they are at this moment, with the buffers put back as text in base64."""
    kept = {name: value for name, value in state.items() if name in SYNCED}
    for path, buffer in zip(paths, buffers or [], strict=True):
        name, field = path
        kept[name] = {**kept[name], field: {"$bytes": base64.b64encode(buffer).decode()}}
    return json.dumps(kept)


def whole_state(view: LiveView) -> str:
    """Return what a front end gets when it restores the widget."""
    state = view.get_state(SYNCED)
    paths, buffers = [], []
    for name in ("base", "delta"):
        if "data" in state[name]:
            paths.append([name, "data"])
            buffers.append(state[name]["data"])
            state[name] = {field: value for field, value in state[name].items() if field != "data"}
    return encode(state, paths, buffers)


@dataclass(frozen=True)
class Painted:
    """What a page had on the screen."""

    epoch: str
    seq: int
    time: int | None
    columns: tuple[str, ...]
    rows: Rows

    @staticmethod
    def read(told: dict[str, Any] | None) -> Painted | None:
        if told is None:
            return None
        rows = Counter({tuple(map(text, row)): count for row, count in told["rows"]})
        return Painted(told["epoch"], told["seq"], told["time"], tuple(told["columns"]), rows)


def text(value: Any) -> str | None:
    return None if value is None else str(value)


class Browser:
    """One Node process, in which all pages of all schedules live."""

    def __init__(self, node: Path, speed: float) -> None:
        program = Path(__file__).with_name("page.mjs")
        self._pages: dict[str, Page] = {}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [node, program, str(speed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._reader = threading.Thread(target=self._read, name="browser", daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.poll() is None, "the pages' process ended by itself"
        self._process.stdin.close()
        assert self._process.wait(90) == 0
        self._reader.join()
        self._process.stdout.close()

    def add(self, page: Page) -> None:
        self._pages[page.name] = page

    def remove(self, page: Page) -> None:
        self._pages.pop(page.name, None)

    def call(self, page: str, function: str, arguments: str = "[]") -> None:
        """Call a page's function; `arguments` are JSON."""
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(f'{{"to": "{page}", "call": "{function}", "with": {arguments}}}\n')
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            page = self._pages.get(told["to"])
            if page is not None:
                page.told(told)


class Page:
    """A page that shows one LiveView (or had shown it, or will).

    Attributes
    ----------
    up, down
        The lines to the kernel and from it.
    painted
        Everything it ever had on the screen.
    """

    def __init__(self, browser: Browser, postmaster: Postmaster, view: LiveView, chance: random.Random) -> None:
        self.name = f"page-{next(_number)}"
        self.painted: list[Painted] = []
        self._probed: queue.Queue[dict[str, Any]] = queue.Queue()
        self._browser = browser
        self._view = view
        self._comm: Comm = view.comm
        self.up = Line(postmaster, self._deliver_up, chance)
        self.down = Line(postmaster, self._deliver_down, chance)
        browser.add(self)
        self._comm.pages += (self,)
        self.restore()

    def restore(self) -> None:
        """Ask the kernel for the widget's whole state, as a front end does on opening and after a lost connection."""
        self.up.put(("restore", None), surely=True)

    def show(self, display: int, visible: bool) -> None:
        """Bring one of its two displays into sight, or out of it."""
        self.call("show", display, visible)

    def call(self, function: str, *arguments: Any) -> None:
        """Call a function of the page's side, which cannot fail on the way."""
        self._browser.call(self.name, function, json.dumps(arguments))

    def probe(self) -> dict[str, Any]:
        """Ask for the page's present state; only of a page that is not frozen."""
        self.call("probe")
        probed = self._probed.get(timeout=90)
        return {**probed, "snapshot": Painted.read(probed["snapshot"])}

    def lose_connection(self) -> None:
        """Lose the websocket, with all that is under way."""
        self.up.cut(True)
        self.down.cut(True)

    def connect_again(self) -> None:
        """Have a websocket again; the front end then restores all widgets."""
        self.up.cut(False)
        self.down.cut(False)
        self.restore()

    def vanish(self, *, farewell: bool) -> None:
        """Be closed, with or without a word to the kernel."""
        self.call("close" if farewell else "kill")
        self._comm.pages = tuple(page for page in self._comm.pages if page is not self)
        self.down.cut(True)
        if not farewell:
            self.up.cut(True)

    def forget(self) -> None:
        """Listen to its process no longer."""
        self._browser.remove(self)

    def told(self, told: dict[str, Any]) -> None:
        """Take what the page's process says; in the thread that reads it."""
        if "says" in told:
            self.up.put(("says", told["says"]))
        elif "painted" in told:
            painted = Painted.read(told["painted"])
            assert painted is not None
            self.painted.append(painted)
        else:
            self._probed.put(told["probed"])

    def _deliver_up(self, message: tuple[str, Any]) -> None:
        kind, content = message
        if kind == "says":
            self._comm.hear(content)
        else:
            self.down.put(("restore", whole_state(self._view)), surely=True)

    def _deliver_down(self, message: tuple[str, str]) -> None:
        function, state = message
        self._browser.call(self.name, function, f"[{state}]")
