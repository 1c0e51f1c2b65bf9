"""What tests need of the machine: where it is, and what happens when it is not there."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ROOT = Path(__file__).parents[1]


def missing(reason: str) -> NoReturn:
    """Skip the test, saying why; in CI, where nothing may be missing, fail it."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"missing in CI: {reason}", pytrace=False)
    pytest.skip(f"NOT TESTED: {reason}")


def chromium(*, windows: bool = False) -> Path | None:
    """Find a Chromium or Chrome; None leaves the choice to Playwright.

    One that knows no windows opens a page with a quarter of the work. With `windows` it is what people use.
    """
    named = os.environ.get("MZWIDGET_CHROMIUM")
    if named:
        return Path(named)
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = filter(None, map(shutil.which, names[windows:]))
    return next(map(Path, found), None)


def postgres_bin() -> Path | None:
    """Find the folder with initdb and postgres: on PATH, or where Debian keeps the newest."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(installed, key=lambda p: float(p.parent.name), default=None)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def eventually(probe: Callable[[], T], *, within: float = 90, every: float = 0.05, what: str = "") -> T:
    """Return the first true result of `probe`, or fail when there was none in time.

    A probe that raises AssertionError or OSError counts as not yet true, and its last error as the reason.
    """
    deadline = time.monotonic() + within
    reason: Exception | None = None
    result = None
    while time.monotonic() < deadline:
        try:
            result = probe()
            reason = None
        except (AssertionError, OSError) as error:
            reason = error
        else:
            if result:
                return result
        time.sleep(every)
    raise AssertionError(f"not within {within} s: {what or probe}; last result: {result!r}") from reason
