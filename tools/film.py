"""The README's moving picture, from the recorded day: ``python -m tools.film [FOLDER]``.

The day passes in steps of a second each, drawn by the real widget in a Chromium, light and dark. How far the bars have
glided is set frame by frame, so that the film is as smooth on any machine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import hatch_build
import mzwidget
from mzwidget import local
from tools.gallery import ROOT, a_page, enter, picture, recorded_day, told

STEPS = 14
FRAMES = (0, 70, 150, 250, 420)
"""Milliseconds after a change."""
STEP = 900
TOP = "SELECT user_name AS editor, count(*) AS edits FROM edits WHERE NOT bot GROUP BY 1 ORDER BY 2 DESC LIMIT 8"

TELL = """async base => {
    await window.tell(base);
    await new Promise(requestAnimationFrame);
    for (const glide of document.getAnimations()) glide.pause();
}"""
GLIDE = "time => { for (const glide of document.getAnimations()) glide.currentTime = time; }"
END = "() => { for (const glide of document.getAnimations()) glide.finish(); }"


def day(dsn: str) -> dict[str, Any]:
    """Let the day pass; return what a page was told: its traits, and a base for each step."""
    rows = recorded_day()
    parts = [rows.iloc[at * len(rows) // STEPS : (at + 1) * len(rows) // STEPS] for at in range(STEPS)]
    mzwidget.load(parts[0], "edits", progress=False, dsn=dsn)
    steps = []
    with (
        mzwidget.connect(dsn) as connection,
        mzwidget.LiveView(TOP, title="Top editors", note="recorded 2015-09-12", dsn=dsn) as view,
    ):
        for part in parts[1:]:
            [(now,)] = connection.execute("SELECT mz_now()")
            view.wait(30, until=now)
            steps.append(told(view))
            mzwidget.load(part, "edits", if_exists="append", progress=False, dsn=dsn)
        traits = {name: view.get_state(name)[name] for name in ("name", "options", "note", "group", "status")}
    return {"traits": {**traits, "control": "", "base": {}, "delta": {}}, "steps": steps}


def main(folder: Path) -> None:
    """Write ``film-light.webp`` and ``film-dark.webp`` into `folder`."""
    hatch_build.build(ROOT)
    what = day(local.start())
    first, *steps = what.pop("steps")
    with a_page(1.25) as page:
        for theme in ("light", "dark"):
            enter(page, theme, {**what, "steps": [dict(first)]})
            page.locator(".mzw-row").first.wait_for()
            page.wait_for_timeout(700)
            frames, times = [picture(page)], [STEP]
            for step in steps:
                page.evaluate(TELL, dict(step))
                for at, until in zip(FRAMES, (*FRAMES[1:], STEP), strict=True):
                    page.evaluate(GLIDE, at)
                    frames.append(picture(page))
                    times.append(until - at)
                page.evaluate(END)
            path = folder / f"film-{theme}.webp"
            frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=65, method=4)
            print(f"{path}: {len(frames)} frames, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/gallery"))
