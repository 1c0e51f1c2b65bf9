"""Start the engine as a process of its own; only this is imported by clients."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from mzwidget.forking import Lock

_READY_SECONDS = 60


@dataclass
class _Engine:
    process: subprocess.Popen[str]
    owner: int
    port: int
    dsn: str = field(repr=False)


_lock = Lock()
_engine: _Engine | None = None
_ended: set[int] = set()
"""Ports of engines that are gone."""


def start() -> str:
    """Return the DSN of this process's embedded engine; start it if it does not run.

    A forked process uses the engine of the process that it came from, for as long as that is there.

    Returns
    -------
    str
        ``postgres://materialize:…@127.0.0.1:…/materialize``

    Raises
    ------
    RuntimeError
        If the engine does not come up; with what it wrote to its standard error.
    """
    global _engine  # noqa: PLW0603
    with _lock:
        mine = _engine is not None and _engine.owner == os.getpid()
        if _engine is not None and mine and _engine.process.poll() is not None:
            _end(_engine.process)
            _ended.add(_engine.port)
            _engine = None
        if _engine is None or not (mine or _answers(_engine)):
            _engine = _launch()
            _ended.discard(_engine.port)
        return _engine.dsn


def running() -> bool:
    """Tell whether this process has an embedded engine that runs."""
    return _engine is not None and _engine.owner == os.getpid() and _engine.process.poll() is None


def has_ended(port: int) -> bool:
    """Tell whether an embedded engine of this process listened on a port, and is gone."""
    engine = _engine
    if engine is not None and engine.port == port:
        return engine.owner == os.getpid() and engine.process.poll() is not None
    return port in _ended


def stop() -> None:
    """Stop this process's embedded engine, if it runs. All its data are gone."""
    global _engine
    with _lock:
        engine, _engine = _engine, None
        if engine is None or engine.owner != os.getpid():
            return
        _ended.add(engine.port)
        _end(engine.process)


def _launch() -> _Engine:
    password = secrets.token_urlsafe(24)
    # -P: a types.py or duckdb.py in the user's folder is not for the engine
    root = str(Path(__file__).resolve().parents[2])
    code = (
        f"import sys; sys.path.append({root!r}); from mzwidget.local.engine import memory; memory.prepare(); "
        "from mzwidget.local.process import child; child()"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if _has_stderr() else subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"parent": os.getpid(), "password": password}) + "\n")
        process.stdin.flush()
        line = _first_line(process)
        port = json.loads(line)["port"]
    except (OSError, ValueError, KeyError):
        _end(process)
        raise RuntimeError("the embedded engine did not start; run `python -m mzwidget.local` to see why") from None
    return _Engine(process, os.getpid(), port, f"postgres://materialize:{password}@127.0.0.1:{port}/materialize")


def _answers(engine: _Engine) -> bool:
    try:
        socket.create_connection(("127.0.0.1", engine.port), timeout=5).close()
    except OSError:
        return False
    return True


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    timer = threading.Timer(_READY_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    try:
        return process.stdout.readline()
    finally:
        timer.cancel()


def _has_stderr() -> bool:
    try:
        return sys.__stderr__ is not None and sys.__stderr__.fileno() >= 0
    except (OSError, ValueError):
        return False


def _end(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


atexit.register(stop)
