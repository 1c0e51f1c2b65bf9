"""The user's copies of the notebooks that come with the package."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mzwidget.demo import DemoError

SET_UP = "set-up"
"""The heading under which the cells that make the picture possible are folded away: what lives is seen first."""


def shipped_notebooks() -> list[Path]:
    """Return the notebooks that come with this package: inside it, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        found = sorted(folder.glob("*.ipynb"))
        if found:
            return found
    raise DemoError(f"no notebook in {package / 'notebooks'}: this installation of mzwidget is incomplete")


def digest(notebook: dict[str, Any]) -> str:
    """Return a hash over what a person writes in a notebook: its cells, not their outputs."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def provide(shipped: Path, folder: Path) -> tuple[Path, bool]:
    """Put a copy of a shipped notebook into `folder`, unless one is there that somebody has edited.

    Parameters
    ----------
    shipped
        The notebook as it comes with the package.
    folder
        The folder of the copies; it is made if it is not there.

    Returns
    -------
    tuple[Path, bool]
        The copy, and whether it was left as it is because it was edited.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / shipped.name
    if copy.exists():
        try:
            present = json.loads(copy.read_text(encoding="utf-8"))
            edited = present["metadata"].get("mzwidget", {}).get("shipped") != digest(present)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DemoError(f"{copy} is not a notebook ({error!r}): move it away and start again") from error
        if edited:
            return copy, True
    notebook = json.loads(shipped.read_text(encoding="utf-8"))
    notebook["metadata"]["mzwidget"] = {"shipped": digest(notebook)}
    for cell in notebook["cells"]:
        if cell.get("id") == SET_UP:
            cell["metadata"]["jp-MarkdownHeadingCollapsed"] = True
    copy.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return copy, False
