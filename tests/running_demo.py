"""A running ``mzwidget demo``, started as a user starts it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from queue import Empty, Queue
from typing import TYPE_CHECKING, Protocol, Self

from tests.machine import eventually

if TYPE_CHECKING:
    from pathlib import Path


class StartDemo(Protocol):
    """Start the demo with these options and environment variables."""

    def __call__(self, *options: str, **environment: str) -> RunningDemo: ...


class RunningDemo:
    """A running ``mzwidget demo`` and what it said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def _take(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self.said += self._lines.get_nowait()

    def link(self) -> str:
        """Return the printed link, once it is there."""

        def printed() -> str:
            self._take()
            found = re.search(r"http://\S+", self.said)
            if found and "Ctrl-C" in self.said:
                return found[0]
            if self.process.poll() is not None:
                raise RuntimeError(f"mzwidget demo ended with {self.process.returncode}:\n{self.said}")
            return ""

        return eventually(printed, within=120, what="the link is printed")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it; return its exit status."""
        self.process.send_signal(number)
        status = self.process.wait(90)
        self._take()
        return status

    @classmethod
    def start(cls, folder: Path, *options: str, **environment: str) -> Self:
        """Start it in `folder`, with a home and a place for temporary files of its own."""
        private = {"HOME": folder / "home", "TMPDIR": folder / "tmp"}
        for place in private.values():
            place.mkdir(exist_ok=True)
        return cls(
            subprocess.Popen(
                [sys.executable, "-m", "mzwidget", "demo", "--no-browser", *options],
                cwd=folder,
                env={**os.environ, **{name: str(place) for name, place in private.items()}, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )

    def discard(self) -> None:
        """Leave nothing of it, however the test ended."""
        self.process.kill()
        self.process.wait()
        self._reader.join(30)
        if self.process.stdout:
            self.process.stdout.close()
