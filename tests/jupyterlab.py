"""A real JupyterLab for tests: its server, and what tests do in its page."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import nbformat

from tests.machine import ROOT, eventually, free_port

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

# No question and no look-up on the first start.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
# What other packages that tests need add to JupyterLab.
FOREIGN = {
    "jupysql-plugin": True,
    "@jupyter-notebook/lab-extension": True,
    "@voila-dashboards/jupyterlab-preview": True,
}


class LabServer:
    """JupyterLab on a free port of the loopback interface, with the folder `home` for all its files.

    Attributes
    ----------
    root
        The folder whose notebooks it serves.
    url
        Where it listens, ending in ``/``.
    """

    def __init__(self, home: Path, environment: dict[str, str] | None = None) -> None:
        self.root = home / "root"
        self.token = secrets.token_hex(16)
        self.log = home / "server.log"
        self._home = home
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start the server and wait until it answers."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self.root.mkdir(parents=True, exist_ok=True)
        settings = self._home / "settings"
        settings.mkdir(exist_ok=True)
        (settings / "overrides.json").write_text(json.dumps(SETTINGS))
        (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": FOREIGN}))
        own = {
            name: str(self._home / name.lower())
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        }
        extensions = self._home / "jupyter_data_dir" / "labextensions"
        shutil.copytree(ROOT / "js/labextension", extensions / "mzwidget", dirs_exist_ok=True)
        options = {
            "ServerApp.root_dir": self.root,
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": self.token,
            "LabApp.app_settings_dir": settings,
            "LabApp.workspaces_dir": self._home / "workspaces",
            "LabApp.extension_manager": "readonly",
            "LabApp.expose_app_in_browser": True,
            "JupyterNotebookApp.expose_app_in_browser": True,
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab"] + [f"--{k}={v}" for k, v in options.items()],
                env={**os.environ, **own, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

        def answers() -> bool:
            assert self.pid is not None, self.log.read_text()
            return "started" in self.api("status")

        try:
            eventually(answers, within=120, what="JupyterLab answers")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and its kernels."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    def api(self, path: str, method: str = "GET", body: object = None) -> Any:
        """Call the server's REST interface."""
        request = urllib.request.Request(
            f"{self.url}api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def write(self, name: str, cells: list[str]) -> Path:
        """Write the notebook `name` with these code cells."""
        v4 = nbformat.v4
        notebook = v4.new_notebook(
            cells=[v4.new_code_cell(source) for source in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        path = self.root / name
        nbformat.write(notebook, path)
        return path

    def link(self, name: str, workspace: str | None = None) -> str:
        """Return the address that opens the notebook `name` alone in a workspace of its own."""
        workspace = workspace or f"test-{secrets.token_hex(4)}"
        return f"{self.url}lab/workspaces/{workspace}/tree/{quote(name)}?token={self.token}"

    def open(self, page: Page, name: str) -> None:
        """Open the notebook `name` in `page` and wait until its kernel is idle."""
        page.goto(self.link(name))
        self.wait_ready(page)

    def wait_ready(self, page: Page, *, timeout: float = 120) -> None:
        """Wait until the page shows a notebook whose kernel is connected and idle."""
        page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell.currentWidget;
                const kernel = panel?.sessionContext?.session?.kernel;
                return panel?.context?.isReady && panel.sessionContext.isReady
                    && kernel?.connectionStatus === "connected" && kernel.status === "idle";
            }""",
            timeout=timeout * 1000,
        )

    def execute(self, page: Page, command: str, arguments: dict[str, Any] | None = None) -> None:
        """Execute one of JupyterLab's commands, for example ``notebook:run-cell``, and wait for its end."""
        page.evaluate(
            "([command, args]) => window.jupyterapp.commands.execute(command, args).then(() => null)",
            [command, arguments or {}],
        )

    def start_all(self, page: Page) -> None:
        """Begin to run all cells."""
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def run_all(self, page: Page) -> None:
        """Run all cells up to the first that fails, and wait for the end."""
        self.execute(page, "notebook:run-all-cells")

    def save(self, page: Page) -> None:
        """Save the notebook and wait until it is written."""
        self.execute(page, "docmanager:save")

    def stop_kernels(self) -> None:
        """Shut down all sessions and kernels."""
        for session in self.api("sessions"):
            self.api(f"sessions/{session['id']}", "DELETE")
