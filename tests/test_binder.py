"""A launch on Binder, without Docker: from a clone to bars that move, within the memory that Binder gives."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

from tests.machine import ROOT, missing


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
def test_a_launch_shows_bars_that_move() -> None:
    if importlib.util.find_spec("uv") is None:
        missing("no uv: pip install uv")
    if not (ROOT / ".git").exists():
        missing("no git clone, as Binder makes one")
    done = subprocess.run(
        [sys.executable, "-m", "tools.try_binder"], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    measured = json.loads(done.stdout)
    print(measured)
    assert measured["memory_mb"] < 1000
    assert measured["data"] in ("live", "recorded 2015-09-12")
