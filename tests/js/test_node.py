"""The page's own checks: types, and the tests that need no browser."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def run(node: Path, folder: Path, *arguments: str) -> None:
    done = subprocess.run([node, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def test_types(node: Path, js_modules: Path) -> None:
    run(node, js_modules, "node_modules/typescript/bin/tsc")


def test_store_numbers_and_order(node: Path, js_modules: Path) -> None:
    tests = sorted(str(path.relative_to(js_modules)) for path in (js_modules / "tests").glob("*.test.js"))
    assert tests
    run(node, js_modules, "--test", *tests)
