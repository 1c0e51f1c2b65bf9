"""Do what Binder does with ``binder/``, without Docker, and measure it: ``python -m tools.try_binder [SCREENSHOT]``.

A clone, an environment of the Python that ``runtime.txt`` names with what Binder's image holds, ``requirements.txt``,
``postBuild``, a server behind a prefix as the hub starts it, and a browser that opens the README's launch link.

What differs from Binder: no container, so this machine's libraries, cores and memory; packages come from PyPI by way of
uv, where the image has some from conda-forge, and their bytecode is compiled at the first launch, not at the build.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import psutil
from playwright.sync_api import sync_playwright

from tests.machine import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
IMAGE = ("ipywidgets==8.1.7", "jupyter_server==2.17.0", "jupyterlab==4.4.9")
"""What the image's environment of Python 3.12 holds, as far as we use it."""
READ = {"apt.txt", "environment.yml", "postBuild", "requirements.txt", "runtime.txt", "start"}
"""The files in ``binder/`` that the builder reads; others do nothing."""
BARS = ".mzw[data-kind='bars'] [data-label]"
TOKEN = "a-token"
PREFIX = "/user/somebody/"


def launch_path() -> str:
    """Return where the README's badge leads to within the server."""
    (link,) = re.findall(r"https://mybinder\.org/v2/\S+?(?=\))", (ROOT / "README.md").read_text("utf-8"))
    return parse_qs(urlsplit(link).query)["urlpath"][0]


def clone(target: Path) -> None:
    """Copy what a clone would hold, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


def interpreter(version: str) -> str:
    """Return a Python of this version that runs, or the version, for uv to get one."""
    named = f"python{version}"
    found = [shutil.which(named), *Path.home().glob(f".pyenv/versions/{version}*/bin/{named}")]
    for python in filter(None, found):
        if subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return str(python)
    return version


def build(home: Path, environment: Path) -> dict[str, str]:
    """Do what the builder does; return the environment variables of what it has built."""
    if unread := {path.name for path in (home / "binder").iterdir()} - READ:
        sys.exit(f"binder/ holds {', '.join(sorted(unread))}, which the builder does not read")
    version = (home / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if uv is None:
        sys.exit("this needs uv: pip install uv")
    variables = {
        **os.environ,
        "HOME": str(home),
        "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
        "NB_PYTHON_PREFIX": str(environment),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
        "NPM_CONFIG_CACHE": os.environ.get("NPM_CONFIG_CACHE", str(Path.home() / ".npm")),
    }
    for unwanted in ("VIRTUAL_ENV", "PYTHONPATH", "MATERIALIZE_URL"):
        variables.pop(unwanted, None)
    install = [uv, "pip", "install", "-q", "--python", str(environment / "bin" / "python")]
    for command in (
        [uv, "venv", "-q", "--seed", "--python", interpreter(version), str(environment)],
        [*install, *IMAGE, "-r", "binder/requirements.txt"],
        ["binder/postBuild"],
    ):
        done = subprocess.run(
            command, cwd=home, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}")
    return variables


@contextlib.contextmanager
def server(home: Path, variables: dict[str, str], log: Path) -> Iterator[tuple[psutil.Process, str]]:
    """Start the server as the hub does; give its process and address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["jupyter", "lab", "--ip=127.0.0.1", f"--port={port}", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.base_url={PREFIX}", f"--IdentityProvider.token={TOKEN}"]
    start = home / "binder" / "start"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(start), *command] if start.exists() else command,
            cwd=home,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}{PREFIX}"
        finally:
            process.send_signal(signal.SIGTERM)


def memory(process: psutil.Process) -> float:
    """Return what a process and its children hold, in MB: shared pages are counted once (PSS)."""
    held = 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            held += one.memory_full_info().pss
    return held / 1e6


def answers(address: str, process: psutil.Process, log: Path, patience: float = 120) -> None:
    """Wait until the server answers, as the hub does."""
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}api", timeout=5).close()
            return
        if time.monotonic() > deadline or not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            sys.exit(f"the server does not answer:\n{log.read_text('utf-8', 'replace')}")
        time.sleep(0.1)


def look(address: str, screenshot: Path | None) -> tuple[float, str]:
    """Open the launch link in a browser until bars move; return the seconds to the first, and what the data are."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        begun = time.monotonic()
        page.goto(f"{address}{launch_path()}?token={TOKEN}")
        page.wait_for_selector(BARS, timeout=120_000)
        seconds = time.monotonic() - begun
        view = page.locator(".mzw[data-kind='bars']")
        first = view.get_attribute("data-seq")
        page.wait_for_function(
            "first => document.querySelector(\".mzw[data-kind='bars']\").dataset.seq !== first", arg=first
        )
        said = view.locator(".mzw-note").text_content() or "live"
        if screenshot is not None:
            page.screenshot(path=screenshot)
        browser.close()
    return seconds, said


def main(screenshot: Path | None = None) -> dict[str, Any]:
    """Build, launch, look; return what was measured."""
    with tempfile.TemporaryDirectory(prefix="mzwidget-binder-") as folder:
        home, environment, log = Path(folder, "home"), Path(folder, "env"), Path(folder, "log")
        home.mkdir()
        clone(home)
        begun = time.monotonic()
        variables = build(home, environment)
        built = time.monotonic()
        with server(home, variables, log) as (process, address):
            answers(address, process, log)
            ready = time.monotonic()
            seconds, said = look(address, screenshot)
            held = memory(process)
    return {
        "build_s": round(built - begun, 1),
        "server_answers_s": round(ready - built, 1),
        "first_bar_s": round(seconds, 1),
        "memory_mb": round(held),
        "data": said,
    }


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:2]))))
