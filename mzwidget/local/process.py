"""The engine's own process."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

from mzwidget.local.engine import memory
from mzwidget.local.engine.store import KeepError
from mzwidget.local.front.server import Server

if sys.platform != "win32":
    import fcntl

_WATCH_SECONDS = 0.5
_FOLDER = "mzwidget-engine-"
_LOCK = "lock"


def child() -> None:
    """Serve the process that started this one, and end with it.

    Standard input brings one line of JSON with the parent's process id and the password, then stays open as long
    as the parent lives; standard output takes one line with the port.
    """
    wanted = json.loads(sys.stdin.readline())
    _take_folder()
    threading.Thread(target=_end_with_input, daemon=True).start()
    threading.Thread(target=_end_with_parent, args=(wanted["parent"],), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the parent
    logging.basicConfig(format="mzwidget.local: %(message)s")

    def ready(port: int) -> None:
        print(json.dumps({"port": port}), flush=True)
        sys.stdout.close()

    memory.reserve()
    asyncio.run(Server(wanted["password"]).run("127.0.0.1", 0, ready))


def foreground(host: str, port: int, password: str | None, keep: Path | None = None) -> None:
    """Serve whoever knows the DSN, until Ctrl-C."""
    password = password or secrets.token_urlsafe(24)
    _take_folder()
    logging.basicConfig(format="mzwidget.local: %(message)s")

    def ready(bound: int) -> None:
        print(f"postgres://materialize:{quote(password, safe='')}@{host}:{bound}/materialize", flush=True)

    memory.reserve()
    try:
        asyncio.run(Server(password, keep).run(host, port, ready))
    except KeyboardInterrupt:
        pass
    except KeepError as error:
        sys.exit(f"mzwidget: {error}")
    except OSError as error:
        sys.exit(f"mzwidget: cannot listen on {host}:{port}: {error.strerror}; choose another port or address")


def _take_folder() -> None:
    """Take a private folder for what does not fit into memory; it goes when the process is told to end."""
    _remove_left_folders(Path(tempfile.gettempdir()))
    tempfile.tempdir = tempfile.mkdtemp(prefix=_FOLDER)
    _hold(Path(tempfile.tempdir))
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda *_: _end())


def _hold(folder: Path) -> None:
    """Lock a folder for as long as this process lives; the lock appears in it already locked."""
    if sys.platform != "win32":
        new = folder / f"{_LOCK}.new"
        fcntl.flock(os.open(new, os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
        new.rename(folder / _LOCK)


def _remove_left_folders(where: Path) -> None:
    """Remove the folders of engines that were killed: what nobody holds any more."""
    if sys.platform == "win32":
        return
    for lock in where.glob(f"{_FOLDER}*/{_LOCK}"):
        with contextlib.suppress(OSError):
            file = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
            finally:
                os.close(file)


def _end() -> None:
    """End at once, whatever threads do, and leave no file behind."""
    shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
    os._exit(0)


def _end_with_input() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    _end()


def _end_with_parent(parent: int) -> None:
    """Watch the parent too: its other children may hold the pipe open."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    _end()
