"""A view as a page in a file of its own: the picture as in a notebook, with the recent past to look back through."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mzwidget.charts import static
from mzwidget.charts.static import Still
from mzwidget.page import assets
from mzwidget.page.feed import to_past
from mzwidget.tail.history import TimedUpdates
from mzwidget.tail.updates import Row, Updates
from mzwidget.tail.values import Column, to_json_rows

PAST = 8_000_000
"""Characters of changes at most; older ones are left out."""

_STATIC = Path(__file__).parent / "static"
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style>
<style>
:root {{ color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif }}
body {{ max-width: 80rem; margin: 1rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse }} td, th {{ padding: .15em .8em }}
</style></head>
<body><main id="view"></main><div id="still">{still}</div>
<script type="application/json" id="saved">{saved}</script>
<script type="text/plain" id="widget">{widget}</script>
<script type="text/plain" id="player">{player}</script>
<script type="module">
const find = (id) => document.getElementById(id);
const load = (id) => import(URL.createObjectURL(new Blob([find(id).textContent], {{ type: "text/javascript" }})));
const [widget, player] = await Promise.all(["widget", "player"].map(load));
player.show(widget, find("view"), JSON.parse(find("saved").textContent));
find("still").remove();
</script></body></html>
"""


def page(
    still: Still,
    rows: Updates,
    name: str,
    options: dict[str, Any],
    earliest: int | None,
    changes: Sequence[TimedUpdates],
) -> str:
    """Write a page that needs neither a kernel nor a network.

    Where scripts are not run, it shows the picture and the first rows.

    Parameters
    ----------
    still : Still
    rows : dict
        The view's rows, and how often each occurs.
    name, options : str, dict
        As the widget has them.
    earliest : int or None
        The first moment that is known, in milliseconds since 1970.
    changes : sequence of TimedUpdates
        What happened from then on, in the order of time.
    """
    told = still.encoding.to_json()
    past, earliest = _past(still.columns, changes, earliest)
    scripts = {kind: script for kind in (still.encoding.kind,) if (script := assets.read(kind)) is not None}
    saved = {
        "traits": {
            "name": name,
            "options": options,
            "note": " · ".join(part for part in ("saved", still.note) if part),
        },
        "base": {
            "epoch": "saved",
            "seq": 0,
            "time": still.time,
            "columns": [{"name": of.name, "type": of.type, "kind": of.kind} for of in still.columns],
            "encoding": told,
            "rows": to_json_rows(still.columns, list(rows)),
            "counts": list(rows.values()),
            **_trend(still),
        },
        "past": past,
        "earliest": earliest,
        "assets": {kind: base64.b64encode(script).decode() for kind, script in scripts.items()},
    }
    return _PAGE.format(
        title=html.escape(still.caption),
        style=(_STATIC / "widget.css").read_text("utf-8"),
        still=static.in_notebook(still),
        saved=json.dumps(saved, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        widget=_inline((_STATIC / "widget.js").read_text("utf-8")),
        player=_inline((_STATIC / "saved.js").read_text("utf-8")),
    )


def _trend(still: Still) -> dict[str, Any]:
    if not still.trend:
        return {}
    return {"past": to_past(still.columns[still.encoding.channels["value"][0]], still.trend)}


def _inline(script: str) -> str:
    """Let nothing in a script end the element that holds it."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)


def _past(
    columns: Sequence[Column], changes: Sequence[TimedUpdates], earliest: int | None
) -> tuple[list[dict[str, Any]], int | None]:
    """Write the newest changes that find room, and tell from when on they lead to the end."""
    past: list[dict[str, Any]] = []
    room = PAST
    for change in reversed(changes):
        told = {"time": change.time, **_updates(columns, change.updates)}
        room -= len(json.dumps(told, ensure_ascii=False))
        if room < 0:
            return past[::-1], change.time
        past.append(told)
    return past[::-1], earliest


def _updates(columns: Sequence[Column], updates: Updates) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, sign in (("insert", 1), ("delete", -1)):
        moved: list[tuple[Row, int]] = [(row, sign * diff) for row, diff in updates.items() if sign * diff > 0]
        told[f"{name}s"] = to_json_rows(columns, [row for row, _ in moved])
        told[f"{name}_counts"] = [count for _, count in moved]
    return told
