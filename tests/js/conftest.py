from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jupyterlab
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

HERE = Path(__file__).parent
THEMES = Path(jupyterlab.__file__).parent / "themes" / "@jupyterlab"
ORIGIN = "http://notebook.test"  # plain HTTP on purpose: many Jupyter servers are reached so

TYPES = {".js": "text/javascript", ".css": "text/css"}


def document(theme: str | None) -> str:
    """Return an empty notebook page, as JupyterLab marks its themes."""
    body = "" if theme is None else f'data-jp-theme-light="{str(theme == "light").lower()}"'
    style = "" if theme is None else '<link rel="stylesheet" href="theme.css">'
    return f"""<!doctype html>
        <meta charset="utf-8">
        <link rel="icon" href="data:,">
        {style}
        <link rel="stylesheet" href="widget.css">
        <style>
          :root {{ color-scheme: light dark }}
          body {{ margin: 16px; background: var(--jp-layout-color0, canvas) }}
          .output {{ margin-bottom: 16px }}
        </style>
        <body {body}>
        <main></main>
        <script type="module" src="fake.js"></script>
        <script type="module" src="probes.js"></script>"""


@pytest.fixture
def stage(page: Page, bundle: Path) -> Callable[..., Page]:
    """Open a page with the bundle, a stand-in for the notebook, and a theme of JupyterLab (or none)."""

    def open_page(theme: str | None = "light") -> Page:
        def answer(route: Route) -> None:
            path = route.request.url.removeprefix(ORIGIN).lstrip("/").partition("?")[0]
            if path == "":
                route.fulfill(body=document(theme), content_type="text/html")
                return
            theme_css = THEMES / f"theme-{theme}-extension" / "index.css"
            places = [theme_css] if path == "theme.css" else [HERE / path, bundle / path]
            file = next(place for place in places if place.is_file())
            route.fulfill(body=file.read_text("utf-8"), content_type=TYPES[file.suffix])

        page.route(f"{ORIGIN}/**", answer)
        page.goto(ORIGIN)
        page.wait_for_function("window.storm !== undefined")
        return page

    return open_page


@pytest.fixture
def easel(stage: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page on which single pictures can be mounted, without a widget around them (`pictures.js`)."""

    def open_page(theme: str | None = "light") -> Page:
        page = stage(theme)
        page.evaluate("() => Promise.all([import('./pictures.js'), import('./vega_probes.js')])")
        return page

    return open_page
