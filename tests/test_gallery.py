"""The command that photographs every picture."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from PIL import Image

from tests.machine import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_it_writes_what_is_asked_for_light_and_dark(tmp_path: Path, bundle: Path) -> None:  # noqa: ARG001
    command = [sys.executable, "-m", "tools.gallery", str(tmp_path), "altair", "loading"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    names = [f"{name}-{theme}.webp" for name in ("altair", "loading") for theme in ("dark", "light")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    images = [Image.open(tmp_path / name) for name in names]
    assert len({image.tobytes() for image in images}) == 4
    for image in images:
        assert image.width == 2 * 720
        assert image.height > 200
