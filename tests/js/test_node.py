"""The page's own checks: types, and the tests that need no browser."""

from __future__ import annotations

import contextlib
import json
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


def test_no_function_branches_more_than_fifteen_times(node: Path, js_modules: Path, tmp_path: Path) -> None:
    lint = "node_modules/oxlint/bin/oxlint", "--config", ".oxlintrc.json"
    run(node, js_modules, *lint, "src", "labextension")
    (tmp_path / "branches.js").write_text(f"export function f(x) {{ {'if (x()) x();' * 15} }}")
    with pytest.raises(pytest.fail.Exception, match="complexity of 16"):
        run(node, js_modules, *lint, str(tmp_path))


@pytest.mark.parametrize(("extra", "passes"), [("setTimeout(() => {});", True), ("document.title;", False)])
def test_sync_knows_no_dom(node: Path, js_modules: Path, tmp_path: Path, extra: str, passes: bool) -> None:
    settings = {
        "extends": str(js_modules / "tsconfig.json"),
        "compilerOptions": {
            "lib": ["es2022"],
            "types": ["node"],
            "typeRoots": [str(js_modules / "node_modules/@types")],
        },
        "include": [str(js_modules / "src/sync"), "extra.js"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    (tmp_path / "extra.js").write_text(extra)
    outcome = contextlib.nullcontext() if passes else pytest.raises(pytest.fail.Exception, match="'document'")
    with outcome:
        run(node, js_modules, "node_modules/typescript/bin/tsc", "-p", str(tmp_path))


def test_everything_that_needs_no_browser(node: Path, js_modules: Path) -> None:
    tests = sorted(str(path.relative_to(js_modules)) for path in (js_modules / "tests").glob("*.test.js"))
    assert tests
    run(node, js_modules, "--test", *tests)
