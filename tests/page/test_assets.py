"""A page gets the scripts that it may lack, and no other file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mzwidget.page import assets
from mzwidget.page.conversation import hear
from tests.page.world import World


def test_the_scripts_of_the_bundle_and_nothing_else(bundle: Path) -> None:
    scripts = {path.stem for path in bundle.glob("*.js")} - {"widget"}
    assert scripts
    for name in scripts:
        assert assets.read(name) == (bundle / f"{name}.js").read_bytes()
    for name in ("widget", "gone", "", ".", "../static/line", "/etc/passwd", "line.js", "LINE", "line\0", "l" * 10_000):
        assert assets.read(name) is None


@pytest.mark.parametrize("name", ["line", "../secret"])
def test_what_a_page_needs_is_asked_of_the_one_place_that_knows(name: str) -> None:
    asked: list[str] = []
    world = World()
    world.view.supply = asked.append
    hear(world.view, {"type": "need", "page": "p", "asset": name})
    assert asked == [name]
    assert len(world.view.pages) == 1, "who asks is a page"
