"""What is seen of a view where nothing can follow it: in a saved notebook, on GitHub, in a terminal, in a file."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mzwidget.charts import altair, svg
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.order import Row
from mzwidget.charts.renderer import renderer
from mzwidget.charts.words import NULL, as_of, short, writers
from mzwidget.tail.values import Column

SIZE = 48_000
"""Characters at most of what a notebook keeps of a view."""
KEPT = '<div class="mzw-kept">'
"""What is in HTML that ``js/labextension`` shows where a notebook is opened and no kernel knows its views."""
ROWS = 20
FEW = svg.PIECES
"""Rows at most of any picture that is not of all of them."""
_FEWER = (60, 20, 5, 2)
COLUMNS = 24
_CELL = 60
_VEGA_ROWS = 2_000
VEGA_LITE = "application/vnd.vegalite.v6+json"


@dataclass(frozen=True, slots=True)
class Still:
    """A view at one moment.

    Attributes
    ----------
    title : str
    columns : sequence of Column
    rows : sequence of tuple
        In the encoding's order: all, or the first ones.
    total : int
        How many rows the view has.
    encoding : Encoding
    time : int or None
        Milliseconds since 1970; None for a view that never changes.
    note : str
        Where the data come from, if that has to be said.
    trend : sequence of (int, str or None)
        For one number: what it was, and when, in the order of time.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: int
    encoding: Encoding
    time: int | None
    note: str = ""
    trend: Sequence[tuple[int, str | None]] = ()

    @classmethod
    def of(
        cls,
        title: str,
        columns: Sequence[Column],
        rows: Sequence[Row],
        encoding: Encoding,
        time: int | None,
        note: str = "",
        trend: Sequence[tuple[int, str | None]] = (),
        *,
        whole: bool = False,
    ) -> Still:
        """Take of a view's rows what a small picture shows, or all of them."""
        needed = len(rows) if whole or encoding.kind in {"line", "vega"} or encoding.options.get("totals") else FEW
        return cls(title, columns, encoding.first(columns, rows, needed), len(rows), encoding, time, note, trend)

    @property
    def caption(self) -> str:
        """Title, moment and note, as text."""
        parts = (short(self.title, 120), as_of(self.time, self.encoding.timezone), short(self.note, 120))
        return " · ".join(part for part in parts if part)


def picture(still: Still) -> str | None:
    """Draw a view as SVG; None where it is a table, or a Vega-Lite chart and vl-convert is not installed."""
    match still.encoding.kind:
        case "bars":
            return svg.draw_bars(still.columns, still.rows, still.encoding).svg()
        case "line":
            return svg.draw_lines(still.columns, still.rows, still.encoding).svg()
        case "number":
            return svg.draw_number(still.columns, still.rows[:1], still.encoding, still.total, still.trend).svg()
        case "vega":
            return _drawn_by_vega(still)
    return None


def in_notebook(still: Still) -> str:
    """Write a view as HTML without script or style sheet, in at most `SIZE` characters.

    A host that strips pictures still shows the first rows.
    """
    drawn = _small(still)
    for rows in (ROWS, 10, 5, 1, 0):
        table = _table(still, rows, min(COLUMNS, len(still.columns)))
        if drawn is not None:
            table = f"<details><summary>{_counted(still, rows)}</summary>{table}</details>"
        else:
            table += f"<p>{_counted(still, rows)}</p>"
        text = kept(still.caption, f"{drawn or ''}{table}")
        if len(text) <= SIZE:
            return text
    return kept(still.caption, f"<p>{still.total:,} rows</p>")


def kept(caption: str, body: str) -> str:
    """Write HTML that is kept. Its first line is plain text, which JupyterLab shows of an output that is collapsed."""
    return f"{html.escape(caption, quote=False)}\n{KEPT}{body}</div>"


def in_words(title: str, state: str, why: str) -> str:
    """Write as HTML why there is no picture."""
    return kept(f"{short(title, 120)} · {state}", f"<pre>{html.escape(why[: SIZE // 8], quote=False)}</pre>")


def _small(still: Still) -> str | None:
    """Draw a picture that leaves room for a table, of fewer bars if need be; None where there is none."""
    told = still.encoding.options
    limits = [told["limit"], *(few for few in _FEWER if few < told["limit"])] if still.encoding.kind == "bars" else [0]
    for limit in limits:
        # Fewer bars, not fewer rows: a stack that is drawn has all its pieces.
        own = replace(still.encoding, options={**told, "limit": limit}) if limit else still.encoding
        drawn = picture(replace(still, encoding=own))
        if drawn is None or len(drawn) <= SIZE * 7 // 8:
            return drawn
    return None


def text(still: Still, rows: int = 10) -> str:
    """Write a view's first rows as aligned text."""
    shown = still.rows[:rows]
    written = writers(still.columns, shown, still.encoding)
    cells = [[short(of.name, 40) for of in still.columns]]
    cells += [[short(write(value), 40) for write, value in zip(written, row, strict=True)] for row in shown]
    widths = [max(map(_room, column)) for column in zip(*cells, strict=True)]
    right = [of.kind == "number" for of in still.columns]
    lines = [
        "  ".join(
            f"{' ' * (width - _room(value))}{value}" if number else f"{value}{' ' * (width - _room(value))}"
            for value, width, number in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    ]
    return "\n".join([still.caption, "", *lines, "", _counted(still, rows)])


def _room(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def with_data(still: Still, *, all_rows: bool = False) -> dict[str, Any] | None:
    """Return a Vega-Lite chart with its data; None if the view has none, or it is too large for a notebook."""
    if still.encoding.kind != "vega":
        return None
    told = still.encoding.options
    rows = still.rows if all_rows else still.rows[:_VEGA_ROWS]
    spec: dict[str, Any] = {**told["spec"]}
    spec["datasets"] = {**spec.get("datasets", {}), told["data"]: altair.objects(still.columns, rows)}
    return spec if all_rows or len(json.dumps(spec)) <= SIZE else None


def file(still: Still) -> str:
    """Write a view as an SVG file.

    Raises
    ------
    ValueError
        It has no picture.
    """
    drawn = picture(still)
    if drawn is None:
        needs = "needs vl-convert: pip install vl-convert-python" if still.encoding.kind == "vega" else "is a table"
        raise ValueError(f"{short(still.title, 80)} has no SVG: it {needs}")
    return drawn.replace('style="', 'style="background:#fff;color:#1c2024;', 1)


def _counted(still: Still, rows: int) -> str:
    total = still.total
    if total > rows:
        return f"first {rows:,} of {total:,} rows"
    return "no rows" if not total else "1 row" if total == 1 else f"{total:,} rows"


_LEFT = ' style="text-align:left"'
_SIDES = {"number": ' align="right"', "time": ' style="text-align:left;white-space:nowrap"'}
"""Jupyter's pages put all at the right, and break times in two."""


def _table(still: Still, rows: int, columns: int) -> str:
    shown = still.rows[:rows]
    written = writers(still.columns, shown, still.encoding)[:columns]
    right = [_SIDES.get(of.kind, _LEFT) for of in still.columns]
    head = "".join(f"<th{side}>{_cell(of.name)}</th>" for of, side in zip(still.columns[:columns], right, strict=False))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{side}>{_cell(write(value)) if value is not None else f'<i>{NULL}</i>'}</td>"
            for write, value, side in zip(written, row, right, strict=False)
        )
        + "</tr>"
        for row in shown
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: str) -> str:
    return html.escape(short(value, _CELL))


_MORE = ("#6c84fc", "#846cb4", "#903ca8", "#c08454", "#3c6c48", "#6c9090", "#907848", "#d86ca8")
"""For charts whose marks are not striped or dashed: 3:1 or more on white and on black."""
_QUIET = {"labelColor": "currentColor", "labelOpacity": 0.7, "titleColor": "currentColor", "titleOpacity": 0.7}
_GUIDE = {**_QUIET, "titleFontWeight": 500}
_LINES = {"domainOpacity": 0.2, "gridOpacity": 0.2, "tickOpacity": 0.2}
_LOOK = {
    "aria": False,  # of each mark, which is half of the file
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "axis": {
        **_GUIDE,
        **_LINES,
        "labelSeparation": 6,
        **dict.fromkeys(("domainColor", "gridColor", "tickColor"), "currentColor"),
    },
    "legend": _GUIDE,
    "header": {"labelColor": "currentColor", "titleColor": "currentColor"},
    "title": {"color": "currentColor", "subtitleColor": "currentColor"},
    "view": {"stroke": "currentColor", "strokeOpacity": 0.2},
    "mark": {"color": svg.COLORS[0]},
    "text": {"color": "currentColor"},
    "rule": {"color": "currentColor"},
    "range": {"category": (*svg.COLORS, *_MORE), "heatmap": {"scheme": "viridis"}},
}
"""As the page draws Vega charts (``js/src/views/vega/theme.js``), in the colour of the text around it."""


_NEEDLESS = re.compile(r' (?:aria-hidden|aria-roledescription|pointer-events|role)="[^"]*"| opacity="1"')
_POINT = re.compile(
    r'<path transform="translate\(([-\d.]+),([-\d.]+)\)" d="M([\d.]+),0A\3,\3,0,1,1,-\3,0A\3,\3,0,1,1,\3,0"'
)
"""What Vega writes for those who do not see a chart, or move in it, and how it writes a point."""


def _drawn_by_vega(still: Still) -> str | None:
    spec = with_data(still, all_rows=True) or {}
    if spec.get("width") == "container":
        spec["width"] = svg.WIDTH - 80
    drawn = renderer.svg(spec, _LOOK)
    if drawn is None:  # what Vega cannot draw, the page says
        return None
    drawn = re.sub(r"<path [^>]*>", lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), drawn)  # a third of the file
    drawn = re.sub(r"<[^>]+>", lambda tag: _NEEDLESS.sub("", tag[0]), drawn)  # and of what is left, another
    drawn = _POINT.sub(r'<circle cx="\1" cy="\2" r="\3"', drawn)
    drawn = drawn.replace('="currentColor"', f'="{_ink(spec)}"')
    says = html.escape(f"chart of {', '.join(of.name for of in still.columns)}")
    return drawn.replace("<svg ", f'<svg style="max-width:100%;height:auto" role="img" aria-label="{says}" ', 1)


def _ink(spec: dict[str, Any]) -> str:
    """Return the colour of a chart's words: that of the text around it, unless it has a ground of its own."""
    ground = str(spec.get("background") or (spec.get("config") or {}).get("background") or "transparent").lower()
    if ground in {"transparent", "none"}:
        return "currentColor"
    found = re.fullmatch(r"#(?:(.)(.)(.)|(.).(.).(.).)", ground.replace("black", "#000"))
    firsts = re.findall("[0-9a-f]", "".join(found.groups("")) if found else "")  # of each part, which tell enough
    return "#e8eaed" if found and sum(int(first, 16) for first in firsts) < 3 * 8 else "#1c2024"
