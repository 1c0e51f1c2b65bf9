"""The checks that read the code instead of running it.

How many branches a function may have, ruff holds (``max-branches``), and in JavaScript oxlint (``tests/js``). Longer
files and classes than these are allowed where the first comment of their file says why they are long.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import ROOT

LONGEST_FILE = 400
LONGEST_CLASS = 199  # of the client
ROOMS = ("mzwidget", "js/src")
REASON = re.compile(r"\bis long for\b|\b[Ll]onger than other files\b")
FIRST_COMMENT = re.compile(r'\s*(?:"""(.*?)"""|/\*(.*?)\*/)', re.DOTALL)

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


def test_no_file_and_no_class_of_the_client_is_long_without_a_reason() -> None:
    folders = [ROOT / room for room in ROOMS]
    sources = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".js", ".css")]
    assert len(sources) > 200
    found = [
        problem
        for path in sources
        if "static" not in path.relative_to(ROOT).parts[:2]
        for problem in too_long(path.relative_to(ROOT), path.read_text())
    ]
    assert not found, "\n".join(found)


def too_long(path: Path, text: str) -> Iterator[str]:
    """Say what of a file is longer than may be, unless its first comment says why."""
    comment = FIRST_COMMENT.match(text)
    if comment is not None and REASON.search(comment[0]):
        return
    if (lines := text.count("\n")) > LONGEST_FILE:
        yield f"{path}: {lines} lines, more than {LONGEST_FILE}"
    if path.parts[:2] != ("mzwidget", "local"):
        for name, lines in classes(path, text):
            if lines > LONGEST_CLASS:
                yield f"{path}: class {name} has {lines} lines, more than {LONGEST_CLASS}"


def classes(path: Path, text: str) -> Iterator[tuple[str, int]]:
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and node.end_lineno is not None:
                yield node.name, node.end_lineno - node.lineno + 1
    if path.suffix == ".js":
        for found in re.finditer(r"^(?:export )?(?:default )?class (\w+).*?^}", text, re.MULTILINE | re.DOTALL):
            yield found[1], found[0].count("\n") + 1


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("mzwidget/a.py", '"""A."""\n' + "x = 1\n" * 400, "401 lines"),
        ("mzwidget/local/a.py", '"""A."""\n' + "x = 1\n" * 400, "401 lines"),
        ("js/src/a.css", "/* A */\n" + ".a {}\n" * 400, "401 lines"),
        ("mzwidget/a.py", "class A:\n" + "    x = 1\n" * 199, "class A has 200 lines"),
        ("mzwidget/local/a.py", "class A:\n" + "    x = 1\n" * 199, ""),
        ("js/src/a.js", "export class A {\n" + "  x = 1;\n" * 198 + "}\nclass B {}\n", "class A has 200 lines"),
        ("mzwidget/a.py", '"""A.\n\nThe file is long for its tables.\n"""\n' + "x = 1\n" * 500, ""),
    ],
)
def test_what_is_too_long_is_found(path: str, text: str, says: str) -> None:
    found = "\n".join(too_long(Path(path), text))
    assert (says in found) if says else not found
