"""Scripts that a page loads when it first needs them: too large to travel with every widget."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "static"
_NAME = re.compile(r"[a-z]{1,40}")


def folder(at: Path = _FOLDER) -> Path:
    """Return the folder of all that pages load.

    Raises
    ------
    ImportError
        It is not there, as in a checkout that was never installed.
    """
    if not (at / "widget.js").is_file():
        raise ImportError(
            f"{at}: what pages load has not been built; in a checkout of mzwidget, run: python -m pip install -e ."
        )
    return at


def read(name: str) -> bytes | None:
    """Return the script of this name; None if there is none."""
    path = _FOLDER / f"{name}.js"
    return path.read_bytes() if _NAME.fullmatch(name) and name != "widget" and path.is_file() else None
