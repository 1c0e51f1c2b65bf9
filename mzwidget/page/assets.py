"""Scripts that a page loads when it first needs them: too large to travel with every widget."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "static"
_NAME = re.compile(r"[a-z]{1,40}")


def read(name: str) -> bytes | None:
    """Return the script of this name; None if there is none."""
    path = _FOLDER / f"{name}.js"
    return path.read_bytes() if _NAME.fullmatch(name) and name != "widget" and path.is_file() else None
