"""A view in IPython, where nothing can be drawn."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.conftest import temporary_table

if TYPE_CHECKING:
    from pathlib import Path


def test_a_terminal_prints_the_first_rows_and_errors(bundle: Path, engine_dsn: str) -> None:  # noqa: ARG001
    rows = "VALUES ('ann', 5), ('<b>bob</b>', 3)"
    with temporary_table(engine_dsn, "editor text, edits bigint", rows) as table:
        lines = f"import mzwidget\nmzwidget.LiveView({table!r})\nmzwidget.LiveView('no_such_view')\nexit\n"
        done = subprocess.run(
            [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
            input=lines,
            env={**os.environ, "MATERIALIZE_URL": engine_dsn},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert re.search(r"editor +edits\n.*ann +5\n.*<b>bob</b> +3\n", done.stdout), done.stdout
    assert "no_such_view" in done.stdout
    assert "unknown catalog item" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
