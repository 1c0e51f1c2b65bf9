"""The demo: JupyterLab, opened on a notebook that is already running.

The notebook is copied to a folder of the user's, its cells are run by a kernel that stays, and what they put out is
saved in the copy. A page that opens the copy finds the kernel, and its widgets are live at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mzwidget.demo import DemoError
from mzwidget.demo.copies import provide, shipped_notebooks
from mzwidget.demo.lab import server_for
from mzwidget.demo.running import run_notebook

FOLDER = Path("mzwidget-demo")
FIRST = "01-top10-editors.ipynb"


def can_open_browser() -> bool:
    """Tell whether a browser would open in a window of its own, and not in the terminal."""
    if sys.platform == "linux":
        return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return True


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def demo(
    *,
    port: int | None = None,
    browser: bool = True,
    source: str | None = None,
    speed: float | None = None,
    folder: Path = FOLDER,
) -> int:
    """Open JupyterLab on the running notebook, until Ctrl-C.

    Parameters
    ----------
    port
        Where JupyterLab listens; None looks for a free port from 8888 on.
    browser
        Whether to open a browser when the notebook runs.
    source
        What the notebook takes its edits from: ``live``, ``recorded`` or ``auto``.
    speed
        How fast a recorded day is replayed; 1 is as fast as the live stream.
    folder
        Where the copy of the notebook lives.

    Returns
    -------
    int
        The exit status.
    """
    if find_spec("jupyterlab") is None:
        raise DemoError(f"the demo needs JupyterLab: install it with {sys.executable} -m pip install 'mzwidget[demo]'")
    if port is not None:
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as error:
                raise DemoError(f"port {port} cannot be used ({error}): choose another with --port") from error
    if source is not None:
        os.environ["MZWIDGET_SOURCE"] = source
    if speed is not None:
        os.environ["MZWIDGET_SPEED"] = str(speed)
    for shipped in shipped_notebooks():
        copy, edited = provide(shipped, folder)
        if edited:
            say(f"{copy} is kept as you edited it; without it, the next start brings a new one.")
    private = Path(tempfile.mkdtemp(prefix="mzwidget-demo-"))
    try:
        return serve(server_for(folder.resolve(), FIRST, private, port), folder.resolve() / FIRST, browser=browser)
    finally:
        shutil.rmtree(private, ignore_errors=True)


def serve(server: Any, notebook: Path, *, browser: bool) -> int:
    """Run the server until Ctrl-C; once it runs, run the notebook and print its link."""
    link = f"http://127.0.0.1:{server.port}/lab/tree/{quote(notebook.name)}?token={server.identity_provider.token}"
    status = 0

    async def open_notebook() -> None:
        nonlocal status
        try:
            problem = await run_notebook(server, notebook)
        except Exception as error:
            say(f"The notebook could not be started: {error!r}")
            status = 1
            server.stop()
            return
        if problem:
            say(problem)
        say(f"{notebook.name} is running. Open it at\n\n    {link}\n\nCtrl-C stops everything.")
        if browser and can_open_browser():
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()

    tasks: list[asyncio.Task[None]] = []

    def stop(*_: object) -> None:
        for number in stopping:
            signal.signal(number, signal.SIG_DFL)
        for task in tasks:
            task.get_loop().call_soon_threadsafe(task.cancel)
        server.stop(from_signal=True)

    stopping = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    for number in stopping:
        signal.signal(number, stop)
    say(f"Starting JupyterLab and running {notebook.name} …")
    server.io_loop.add_callback(lambda: tasks.append(asyncio.ensure_future(open_notebook())))
    server.start()
    server.io_loop.run_sync(cancel_the_rest)
    return status


async def cancel_the_rest() -> None:
    """End what a stopped server leaves half done, such as a request: its threads would keep the process alive."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=5)
