"""Check that the wheels and sdists in a folder hold what an installation needs: ``python tools/check_dist.py dist``."""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from pathlib import Path

IN_WHEEL = (
    "mzwidget/static/widget.js",
    "mzwidget/static/widget.css",
    "mzwidget/static/line.js",
    "mzwidget/static/vega.js",
    "mzwidget/static/licenses.txt",
    "mzwidget/wikipedia/data/wikis.csv",
    "mzwidget/notebooks/01-top10-editors.ipynb",
    "mzwidget/notebooks/02-two-streams-joined.ipynb",
    "mzwidget/notebooks/03-inside-the-engine.ipynb",
    "mzwidget/notebooks/04-your-own-data.ipynb",
    "dist-info/entry_points.txt",
    "dist-info/licenses/LICENSE",
    "dist-info/licenses/NOTICE",
)
IN_SDIST = (
    "hatch_build.py",
    "js/package-lock.json",
    "js/src/widget.js",
    "mzwidget/static/inputs.sha256",
    "mzwidget/static/widget.css",
    "mzwidget/static/widget.js",
    "mzwidget/static/line.js",
    "mzwidget/static/vega.js",
    "mzwidget/static/licenses.txt",
    "notebooks/01-top10-editors.ipynb",
    "notebooks/02-two-streams-joined.ipynb",
    "notebooks/03-inside-the-engine.ipynb",
    "notebooks/04-your-own-data.ipynb",
    "LICENSE",
    "NOTICE",
    "README.md",
)
IN_NEITHER = ("node_modules/", ".ipynb_checkpoints/", "__pycache__/")


def contents(archive: Path) -> dict[str, int]:
    """Return the names of an archive's files, without name and version of the project, and their sizes."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {re.sub(r"^[^/]+\.dist-info/", "dist-info/", e.filename): e.file_size for e in wheel.infolist()}
    with tarfile.open(archive) as sdist:
        return {e.name.partition("/")[2]: e.size for e in sdist if e.isfile()}


def problems(archive: Path) -> list[str]:
    """Return what is wrong with one archive."""
    found = contents(archive)
    wanted = IN_WHEEL if archive.suffix == ".whl" else IN_SDIST
    return [
        *(f"{archive.name} lacks {name}" for name in wanted if not found.get(name)),
        *(f"{archive.name} holds {path}" for path in found if any(name in path for name in IN_NEITHER)),
    ]


def main(folder: Path) -> int:
    """Check every archive in `folder`; return the exit status."""
    wheels, sdists = list(folder.glob("*.whl")), list(folder.glob("*.tar.gz"))
    wrong = [problem for archive in wheels + sdists for problem in problems(archive)]
    if not (wheels and sdists):
        wrong.append(f"{folder} holds {len(wheels)} wheels and {len(sdists)} sdists: there must be one of each")
    print("\n".join(wrong) or f"{', '.join(a.name for a in wheels + sdists)}: complete")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
