"""Draws Vega-Lite charts as SVG in a process of its own, since vl-convert holds Python's lock for as long as it draws.

For the first chart that is a second, in which no other view of the kernel could follow its data. The process is this
file, run with nothing else of the package: it answers each line of JSON, a chart and its look, with another, the SVG or
null. It ends when the other end of its pipe is closed, however that came about.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from typing import Any


class Renderer:
    """The process that draws, started when it is first needed, and anew when it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def svg(self, chart: dict[str, Any], look: dict[str, Any]) -> str | None:
        """Draw a chart; None if vl-convert is not installed, or cannot draw it."""
        if importlib.util.find_spec("vl_convert") is None:
            return None
        asked = json.dumps([chart, look])
        with self._lock:
            try:
                drawn: str | None = json.loads(self._answer(asked))
            except (OSError, ValueError):  # it has ended
                drawn = None
                self._stop()
            except BaseException:  # an interrupt: what is still to come would be taken for the next chart
                self._stop()
                raise
            return drawn

    def _answer(self, asked: str) -> str:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{asked}\n")
        process.stdin.flush()
        return process.stdout.readline()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._stop()
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="ascii",
                start_new_session=True,  # Ctrl-C is for the one who asks
            )
            atexit.register(self._stop)
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():  # after a fork it is the other's
            return
        atexit.unregister(self._stop)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # what was not written
                pipe.close()


def answer() -> None:
    """Draw what is asked for on the standard input, until it ends."""
    convert = importlib.import_module("vl_convert")
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # for whatever else may be said
    for line in sys.stdin:
        chart, look = json.loads(line)
        try:
            drawn = convert.vegalite_to_svg(chart, config=look)
        except ValueError:  # what Vega cannot draw
            drawn = None
        print(json.dumps(drawn), file=answers, flush=True)


renderer = Renderer()

if __name__ == "__main__":
    answer()
