"""Screenshots of every kind of picture and state: ``python -m tools.gallery [FOLDER [NAME ...]]``.

The data are the recorded day of Wikipedia in an engine of its own, the pictures what its `LiveView` tells a page, drawn
by the real widget in a Chromium, light and dark. ``docs/gallery`` holds what the documentation shows.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import io
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import jupyterlab
import pandas as pd
from PIL import Image
from playwright.sync_api import sync_playwright

import hatch_build
import mzwidget
from mzwidget import local
from tests.machine import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "mzwidget" / "static"
DAY = ROOT / "mzwidget" / "wikipedia" / "data" / "wikipedia-2015-09-12.csv.gz"
THEMES = Path(jupyterlab.__file__).parent / "themes" / "@jupyterlab"
ORIGIN = "http://gallery.test"
TYPES = {".js": "text/javascript", ".css": "text/css"}
LARGE = "('enwiki', 'frwiki', 'dewiki', 'ruwiki', 'eswiki', 'itwiki')"

DOCUMENT = """<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="theme.css">
<link rel="stylesheet" href="widget.css">
<style>body { margin: 0; background: var(--jp-layout-color0) } .output { width: 720px }</style>
<body data-jp-theme-light="LIGHT">"""

SHOW = """async ({ traits, steps }) => {
    const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const handlers = {};
    const model = {
        get: name => traits[name],
        set: (name, value) => { traits[name] = value; handlers[`change:${name}`]?.() },
        on: (name, callback) => { handlers[name] = callback },
        off: () => {},
        async send({ type, asset }) {
            if (type !== "need") return;
            const script = await (await fetch(`${asset}.js`)).arrayBuffer();
            handlers["msg:custom"]({ type: "asset", name: asset }, [new DataView(script)]);
        },
    };
    const el = document.createElement("div");
    el.className = "output";
    document.body.replaceChildren(el);
    const { default: make } = await import("./widget.js");
    const widget = await make();
    const { signal } = new AbortController();
    widget.initialize({ model, signal });
    widget.render({ model, el, signal });
    window.tell = async base => {
        if ("data" in base) base.data = bytes(base.data);
        model.set("base", base);
        await new Promise(requestAnimationFrame);
    };
    for (const base of steps) await window.tell(base);
}"""


@dataclasses.dataclass
class Exhibit:
    """A picture: a view, how it is drawn, and what its page is told to be the case."""

    name: str
    query: str
    title: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    status: dict[str, Any] = dataclasses.field(default_factory=dict)
    drawn: str = ".mzw-row, tbody tr, .mzw-figure"
    loading: bool = False
    select: dict[str, list[Any]] = dataclasses.field(default_factory=dict)


def exhibits() -> list[Exhibit]:
    """Return all kinds and states."""
    heat = alt.Chart(height=180).mark_rect().encode(x="hours(hour):O", y="wiki", color="edits")
    top = "SELECT user_name AS editor, count(*) AS edits FROM edits WHERE NOT bot GROUP BY 1 ORDER BY 2 DESC LIMIT 8"
    hourly = (
        f"SELECT date_trunc('hour', at) AS hour, wiki, count(*) AS edits FROM edits WHERE wiki IN {LARGE} GROUP BY 1, 2"
    )
    bars = Exhibit("bars", top, "Top editors")
    reason = "connection refused: is the server running on that host and accepting connections?"
    return [
        bars,
        Exhibit(
            "groups",
            "SELECT wiki, count(*) AS edits, count(*) FILTER (WHERE bot) AS by_bots FROM edits"
            " GROUP BY 1 ORDER BY 2 DESC LIMIT 5",
            "Edits, and those by bots",
        ),
        Exhibit(
            "stacks",
            f"SELECT wiki, kind, count(*) AS n FROM edits WHERE wiki IN {LARGE} GROUP BY 1, 2",
            "Edits by kind",
        ),
        Exhibit("line", hourly, "Edits an hour", drawn=".mzw-plot canvas"),
        Exhibit("number", "SELECT count(*) AS edits FROM edits", "Edits today"),
        Exhibit("table", "SELECT at, wiki, user_name, title, delta FROM edits WHERE wiki = 'dewiki'", "German edits"),
        Exhibit("altair", hourly, "An Altair chart", {"chart": heat}, drawn=".mark-rect path"),
        Exhibit("empty", top.replace("NOT bot", "false"), "Nobody", drawn=".mzw-none"),
        dataclasses.replace(bars, name="selected", select={"editor": ["ClueBot NG", "Bazj"]}),
        dataclasses.replace(bars, name="asking", status={"state": "asking", "asking": True}),
        dataclasses.replace(bars, name="loading", status={"state": "connecting"}, drawn=".mzw-skeleton", loading=True),
        dataclasses.replace(
            bars,
            name="stale",
            status={"state": "reconnecting", "message": reason, "retry_in": 8},
        ),
        dataclasses.replace(bars, name="failed", status={"state": "failed", "message": 'unknown column "edits"'}),
        dataclasses.replace(bars, name="recorded", options={"note": "recorded"}),
        dataclasses.replace(bars, name="paused", status={"state": "paused", "paused": True}),
    ]


def recorded_day() -> pd.DataFrame:
    """Return the recorded day."""
    day = pd.read_csv(DAY)
    day["at"] = pd.Timestamp("2015-09-12", tz="UTC") + pd.to_timedelta(day.pop("ms"), unit="ms")
    day["bot"] = day["bot"].astype(bool)
    return day


def told(view: mzwidget.LiveView) -> dict[str, Any]:
    """Return the base that a page gets."""
    base = dict(view.get_state("base")["base"])
    if "data" in base:
        base["data"] = base64.b64encode(base["data"]).decode()
    return base


def traits_and_steps(exhibit: Exhibit, dsn: str) -> dict[str, Any]:
    """Return what a page is told of an exhibit: its traits, and the bases that come one after the other."""
    with mzwidget.LiveView(exhibit.query, title=exhibit.title, dsn=dsn, **exhibit.options) as view:
        view.wait(30)
        steps = [] if exhibit.loading else [told(view)]
        view.selection = exhibit.select
        if exhibit.name == "number":
            with mzwidget.connect(dsn) as connection:
                for step in range(24):
                    connection.execute(f"INSERT INTO edits SELECT * FROM edits ORDER BY at LIMIT {1 + step * 7 % 11}")
                    time.sleep(0.15)
                    steps.append(told(view))
        status = {**view.get_state("status")["status"], **exhibit.status}
        status["retry_at"] = (time.time() + status.pop("retry_in", 0)) * 1000
        names = ("name", "options", "note", "group", "selected")
        traits = {name: view.get_state(name)[name] for name in names}
    return {"traits": {**traits, "control": "", "status": status, "base": {}, "delta": {}}, "steps": steps}


def enter(page: Page, theme: str, what: dict[str, Any]) -> None:
    """Go to an empty page of this theme, and draw there what a page was told."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).lstrip("/")
        if path == "":
            route.fulfill(body=DOCUMENT.replace("LIGHT", str(theme == "light").lower()), content_type="text/html")
            return
        file = THEMES / f"theme-{theme}-extension" / "index.css" if path == "theme.css" else STATIC / path
        route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])

    page.unroute_all()
    page.route(f"{ORIGIN}/**", answer)
    page.goto(ORIGIN)
    page.evaluate(SHOW, what)


def picture(page: Page) -> Image.Image:
    """Return what the widget looks like now."""
    return Image.open(io.BytesIO(page.locator(".mzw").screenshot()))


def photograph(page: Page, exhibit: Exhibit, what: dict[str, Any], folder: Path) -> None:
    """Draw an exhibit in both themes and write what it looks like."""
    for theme in ("light", "dark"):
        enter(page, theme, what)
        page.locator(exhibit.drawn).first.wait_for()
        page.wait_for_timeout(700)  # what comes in glides to its place
        picture(page).save(folder / f"{exhibit.name}-{theme}.webp", quality=80, method=6)


@contextlib.contextmanager
def a_page(scale: float) -> Iterator[Page]:
    """Give a page of a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 720, "height": 640}, device_scale_factor=scale)
        browser.close()


def main(folder: Path, *names: str) -> None:
    """Write the screenshots into `folder`: all, or those of these names."""
    folder.mkdir(parents=True, exist_ok=True)
    hatch_build.build(ROOT)
    dsn = local.start()
    mzwidget.load(recorded_day(), "edits", progress=False, dsn=dsn)
    with a_page(2) as page:
        for exhibit in exhibits():
            if not names or exhibit.name in names:
                photograph(page, exhibit, traits_and_steps(exhibit, dsn), folder)
                print(f"{exhibit.name}-light.webp, {exhibit.name}-dark.webp")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"), *sys.argv[2:])
