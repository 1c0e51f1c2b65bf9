"""A JupyterLab of its own, set up so that a notebook is seen and nothing is asked."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

# JupyterLab asks nothing and looks nothing up on its first start.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def write_kernelspec(kernels: Path) -> None:
    """Write a kernelspec ``python3`` that is this very interpreter, whatever else the machine calls so."""
    from ipykernel.kernelspec import get_kernel_dict  # noqa: PLC0415

    spec = get_kernel_dict(extra_arguments=["--log-level=CRITICAL"])
    # A kernel that ends while messages come in may leave one unheard, and would say so in the user's terminal.
    spec["argv"][1:1] = ["-W", "ignore:coroutine:RuntimeWarning"]
    folder = kernels / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def write_workspace(workspaces: Path, notebook: str) -> None:
    """Write a workspace in which the notebook is open already, and nothing beside it."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager  # noqa: PLC0415

    tab = f"notebook:{notebook}"
    layout = {
        "main": {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [tab]}, "current": tab},
        "left": {"collapsed": True, "visible": True, "widgets": []},
    }
    data = {"layout-restorer:data": layout, tab: {"data": {"path": notebook, "factory": "Notebook"}}}
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


def server_for(root: Path, notebook: str, private: Path, port: int | None) -> Any:
    """Return a JupyterLab server that is ready to start.

    Parameters
    ----------
    root
        The folder that it shows.
    notebook
        The notebook in it that is open.
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
    write_workspace(private / "workspaces", notebook)
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
        "LabApp.default_url": f"/lab/tree/{quote(notebook)}",
        "LabApp.extension_manager": "readonly",
    }
    with own_config(private / "config"):
        server = LabApp.initialize_server(argv=[f"--{name}={value}" for name, value in options.items()])
    server.kernel_spec_manager.kernel_dirs.insert(0, str(private / "kernels"))
    # A page that closes while it is written to leaves tornado with an error nobody asks for.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    return server
