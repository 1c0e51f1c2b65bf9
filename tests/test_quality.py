"""The checks that read the code instead of running it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.machine import ROOT

CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "who imports whom": ("-c", "import importlinter.cli as linter; linter.lint_imports_command()", "--no-cache"),
}


@pytest.mark.parametrize("check", CHECKS)
def test_clean(check: str) -> None:
    done = subprocess.run([sys.executable, *CHECKS[check]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
