"""The demo: JupyterLab, opened on a notebook that is already running.

The notebook is copied to a folder of the user's, its cells are run by a kernel that stays, and what they put out is
saved in the copy. A page that opens the copy finds the kernel, and its widgets are live at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mzwidget.demo.execute import run_cells

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path("mzwidget-demo")
FIRST = "01-top10-editors.ipynb"
SET_UP = "set-up"
"""The heading under which the cells that make the picture possible are folded away: what lives is seen first."""

# JupyterLab asks nothing and looks nothing up on its first start.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


class DemoError(Exception):
    """The demo cannot start; the message says why and what to do."""


def shipped_notebooks() -> list[Path]:
    """Return the notebooks that come with this package: inside it, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        found = sorted(folder.glob("*.ipynb"))
        if found:
            return found
    raise DemoError(f"no notebook in {package / 'notebooks'}: this installation of mzwidget is incomplete")


def digest(notebook: dict[str, Any]) -> str:
    """Return a hash over what a person writes in a notebook: its cells, not their outputs."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def provide(shipped: Path, folder: Path) -> tuple[Path, bool]:
    """Put a copy of a shipped notebook into `folder`, unless one is there that somebody has edited.

    Parameters
    ----------
    shipped
        The notebook as it comes with the package.
    folder
        The folder of the copies; it is made if it is not there.

    Returns
    -------
    tuple[Path, bool]
        The copy, and whether it was left as it is because it was edited.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / shipped.name
    if copy.exists():
        try:
            present = json.loads(copy.read_text(encoding="utf-8"))
            edited = present["metadata"].get("mzwidget", {}).get("shipped") != digest(present)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DemoError(f"{copy} is not a notebook ({error!r}): move it away and start again") from error
        if edited:
            return copy, True
    notebook = json.loads(shipped.read_text(encoding="utf-8"))
    notebook["metadata"]["mzwidget"] = {"shipped": digest(notebook)}
    for cell in notebook["cells"]:
        if cell.get("id") == SET_UP:
            cell["metadata"]["jp-MarkdownHeadingCollapsed"] = True
    copy.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return copy, False


def write_kernelspec(kernels: Path) -> None:
    """Write a kernelspec ``python3`` that is this very interpreter, whatever else the machine calls so."""
    from ipykernel.kernelspec import get_kernel_dict  # noqa: PLC0415

    spec = get_kernel_dict(extra_arguments=["--log-level=CRITICAL"])
    # A kernel that ends while messages come in may leave one unheard, and would say so in the user's terminal.
    spec["argv"][1:1] = ["-W", "ignore:coroutine:RuntimeWarning"]
    folder = kernels / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def write_workspace(workspaces: Path) -> None:
    """Write a workspace in which the notebook is open already, and nothing beside it."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager  # noqa: PLC0415

    tab = f"notebook:{FIRST}"
    layout = {
        "main": {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [tab]}, "current": tab},
        "left": {"collapsed": True, "visible": True, "widgets": []},
    }
    data = {"layout-restorer:data": layout, tab: {"data": {"path": FIRST, "factory": "Notebook"}}}
    WorkspacesManager(str(workspaces)).save("default", json.dumps({"data": data, "metadata": {"id": "default"}}))


@contextlib.contextmanager
def own_config(folder: Path) -> Iterator[None]:
    """Let Jupyter read its configuration from `folder` instead of the user's: no other port, root or password."""
    before = os.environ.get("JUPYTER_CONFIG_DIR")
    os.environ["JUPYTER_CONFIG_DIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["JUPYTER_CONFIG_DIR"]
        else:
            os.environ["JUPYTER_CONFIG_DIR"] = before


def server_for(root: Path, private: Path, port: int | None) -> Any:
    """Return a JupyterLab server that is ready to start.

    Parameters
    ----------
    root
        The folder that it shows.
    private
        A folder for what is to be forgotten when it stops.
    port
        Where to listen on the loopback interface; None looks for a free port from 8888 on.
    """
    from jupyterlab.commands import get_user_settings_dir  # noqa: PLC0415
    from jupyterlab.labapp import LabApp  # noqa: PLC0415

    settings = private / "settings"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(LAB_SETTINGS))
    write_kernelspec(private / "kernels")
    write_workspace(private / "workspaces")
    options = {
        "Application.log_level": "ERROR",
        "ServerApp.root_dir": root,
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port or 8888,
        "ServerApp.port_retries": 50 if port is None else 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": secrets.token_hex(24),
        "LabApp.app_settings_dir": settings,
        "LabApp.user_settings_dir": get_user_settings_dir(),
        "LabApp.workspaces_dir": private / "workspaces",
        "LabApp.default_url": f"/lab/tree/{quote(FIRST)}",
        "LabApp.extension_manager": "readonly",
    }
    with own_config(private / "config"):
        server = LabApp.initialize_server(argv=[f"--{name}={value}" for name, value in options.items()])
    server.kernel_spec_manager.kernel_dirs.insert(0, str(private / "kernels"))
    # A page that closes while it is written to leaves tornado with an error nobody asks for.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    return server


async def run_notebook(server: Any, notebook: Path) -> str:
    """Run a notebook's cells in a kernel that JupyterLab will find, and save what they put out.

    Returns
    -------
    str
        What went wrong, for the user to read; empty if nothing did.
    """
    import nbformat  # noqa: PLC0415

    session = await server.session_manager.create_session(
        path=notebook.name, name=notebook.name, type="notebook", kernel_name="python3"
    )
    client = server.kernel_manager.get_kernel(session["kernel"]["id"]).client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        content = nbformat.read(notebook, as_version=4)
        problem = await run_cells(client, content)
    finally:
        client.stop_channels()
    nbformat.write(content, notebook)
    server.contents_manager.notary.sign(content)
    return problem


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
        return serve(server_for(folder.resolve(), private, port), folder.resolve() / FIRST, browser=browser)
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
