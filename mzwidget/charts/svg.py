"""Bars, lines and a number as SVG: small, whole in itself, in the colours of the text around it."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mzwidget.charts import formats, order
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.order import Row
from mzwidget.charts.roles import is_calendar, is_time
from mzwidget.charts.words import Write, moment, short, writers
from mzwidget.tail.values import Column

WIDTH = 640
COLORS = ("#2f6fde", "#eb6c0e", "#0fa974", "#9c587c", "#5d58c9", "#706e07", "#998dc4", "#b0445a")
"""The page's (`palette.js`), in its order; three are lighter, since each must be 3:1 or more on white and on black."""
PIECES = 400
"""Bars and pieces of bars at most."""
POINTS = 2_000
"""Points of all lines at most: what is closer than pixels is told by its least and its greatest."""
_ROW, _GLYPH, _LABEL = 24, 7.0, 28
_STRIPES, _DASHES = ((1, 0), (4, 2), (2, 2), (1, 3)), ("", "6 4", "2 3", "10 3 2 3")
"""Of colour and of none, in pixels, each time that the colours are gone through: the page's, too."""
_NAMED = 24


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes, and the room they take."""

    shapes: tuple[str, ...]
    height: float
    says: str
    """What it shows, for those who do not see it."""

    def svg(self) -> str:
        """Write it as one element."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height:g}" width="100%" '
            f'style="max-width:{WIDTH}px" role="img" aria-label="{html.escape(self.says)}" fill="currentColor" '
            f'font-family="system-ui,sans-serif" font-size="12">{"".join(self.shapes)}</svg>'
        )


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.5g}" y="{y:.5g}"{more}>{html.escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, color: str) -> str:
    return f'<rect x="{x:.5g}" y="{y:.5g}" width="{width:.5g}" height="{height:.5g}" fill="{color}"/>'


def _area(x: float, y: float, width: float, height: float, place: int) -> str:
    """Fill what belongs to the name in a place: plain, or striped where there are more names than colours."""
    turn, color = divmod(place, len(COLORS))
    on, off = _STRIPES[turn % len(_STRIPES)]
    if not off:
        return _rect(x, y, width, height, COLORS[color])
    stripe = f"h{width:.4g}"
    stripes = f"m-{width:.4g} {on + off}".join([stripe] * math.ceil(height / (on + off)))
    return f'<path d="M{x:.5g} {y + on / 2:.5g}{stripes}" stroke="{COLORS[color]}" stroke-width="{on}"/>'


def _dots(path: str, place: int) -> str:
    """Draw the points of the name in a place that no line leads to."""
    color = COLORS[place % len(COLORS)]
    return f'<path d="{path}" stroke="{color}" stroke-width="4" stroke-linecap="round"/>' if path else ""


def _line(path: str, place: int) -> str:
    """Draw the line of the name in a place: dashed where there are more names than colours."""
    if not path:
        return ""
    turn, color = divmod(place, len(COLORS))
    dash = _DASHES[turn % len(_DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{COLORS[color]}" stroke-width="1.6"{dashed}/>'


def _legend(names: Sequence[str], top: float, *, lines: bool = False) -> tuple[list[str], float]:
    """Write how what is whose is drawn, and return where that ends."""
    shapes, x, wide = [], 0.0, 20 if lines else 10
    for place, name in enumerate(names[:_NAMED]):
        shown = short(name, _LABEL)
        width = wide + 16 + _GLYPH * len(shown)
        if x and x + width > WIDTH:
            x, top = 0.0, top + 18
        swatch = _line(f"M{x:.5g} {top + 8:.5g}h{wide}", place) if lines else _area(x, top + 3, wide, 10, place)
        shapes += [swatch, _text(x + wide + 5, top + 12, shown)]
        x += width
    if len(names) > _NAMED:
        top += 18
        shapes.append(_text(0, top + 12, f"and {len(names) - _NAMED} more"))
    return shapes, top + 24


def _number(text: str | None) -> float:
    """Read a number as far as it can be drawn and added up; NaN where it cannot."""
    try:
        number = float("nan" if text is None else text)
    except ValueError:
        return math.nan
    if not math.isfinite(number):
        return math.nan
    return math.copysign(min(abs(number), 1e300), number) if abs(number) >= 1e-300 else 0.0


# Bars


def draw_bars(columns: Sequence[Column], rows: Sequence[Row], encoding: Encoding) -> Drawing:
    """Draw bars, groups or stacks, of rows that stand in the encoding's order."""
    label, values, color = encoding.channels["label"][0], encoding.channels["value"], encoding.channels.get("color")
    limit = encoding.options["limit"]
    write = writers(columns, rows, encoding)
    if color:
        found = _stacks(rows, label, values[0], color[0], limit)
        names = order.by_name(columns[color[0]], (name for stack in found.values() for name, _ in stack))
        places = {name: place for place, name in enumerate(names)}
        for stack in found.values():
            stack.sort(key=lambda piece: places[piece[0]])
        drawn = [
            (write[label](name), [[(number, places[of]) for of, number in pieces]], [_total(pieces, write[values[0]])])
            for name, pieces in found.items()
        ]
        legend = [write[color[0]](name) for name in names]
    else:
        shown = rows[: max(1, min(limit, PIECES // len(values)))]
        drawn = [
            (
                write[label](row[label]),
                [[(_number(row[value]), place)] for place, value in enumerate(values)],
                [write[value](row[value]) for value in values],
            )
            for row in shown
        ]
        legend = [columns[value].name for value in values] if len(values) > 1 else []
    says = f"{', '.join(columns[value].name for value in values)} by {columns[label].name}"
    return _draw_bars(drawn, legend, says)


Piece = tuple[float, int]
"""A length, and the number of its colour."""


def _stacks(
    rows: Sequence[Row], label: int, value: int, color: int, limit: int
) -> dict[str | None, list[tuple[str | None, float]]]:
    stacks: dict[str | None, list[tuple[str | None, float]]] = {}
    for row in rows:
        if row[label] not in stacks and len(stacks) == limit:
            continue
        stacks.setdefault(row[label], []).append((row[color], _number(row[value])))
    return stacks


def _total(pieces: Iterable[tuple[str | None, float]], write: Write) -> str:
    total = math.fsum(number for _, number in pieces if not math.isnan(number))
    return write(f"{total:.12g}")


def _draw_bars(drawn: list[tuple[str, list[list[Piece]], list[str]]], legend: list[str], says: str) -> Drawing:
    """Draw rows of a label and its bars, each of pieces, with what is written beside it."""
    ends = [
        math.fsum(number for number, _ in pieces if number > 0) if up else math.fsum(n for n, _ in pieces if n < 0)
        for _, group, _ in drawn
        for pieces in group
        for up in (True, False)
    ]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    left = min(200.0, _GLYPH * max((min(len(label), _LABEL) for label, _, _ in drawn), default=0)) + 8
    right = _GLYPH * max((len(text) for _, _, texts in drawn for text in texts), default=0) + 12
    room = max(WIDTH - left - min(right, 240), 120)
    scale = room / (high - low) if high > low else 0.0
    zero = left - low * scale
    shapes, top = _legend(legend, 0) if legend else ([], 0.0)
    for label, group, texts in drawn:
        thick = min((_ROW - 6) / len(group), 18) if len(group) == 1 else 12.0
        middle = top + (thick * len(group) + 6) / 2
        shapes.append(_text(left - 6, middle + 4, short(label, _LABEL), ' text-anchor="end"'))
        for place, (pieces, text) in enumerate(zip(group, texts, strict=True)):
            y = top + 3 + place * thick
            end = _draw_pieces(shapes, pieces, zero, scale, y, thick)
            shapes.append(_text(end + 5, y + thick / 2 + 4, text))
        top += thick * len(group) + 6
    if not drawn:
        shapes.append(_text(0, 16, "no rows"))
        top = 24
    return Drawing(tuple(shapes), top, says)


def _draw_pieces(shapes: list[str], pieces: list[Piece], zero: float, scale: float, y: float, thick: float) -> float:
    """Draw one bar's pieces from zero to both sides; return where it ends on the right."""
    above = below = zero
    for number, color in pieces:
        if math.isnan(number):
            continue
        width = abs(number) * scale
        if width >= 0.25 and len(shapes) < 4 * PIECES:
            x = above if number > 0 else below - width
            shapes.append(_area(x, y, width, thick - 1, color))
        if number > 0:
            above += width
        else:
            below -= width
    return above


# Lines

_TOP, _BOTTOM, _HEIGHT = 8, 22, 220


def draw_lines(columns: Sequence[Column], rows: Sequence[Row], encoding: Encoding) -> Drawing:
    """Draw lines over time."""
    x, ys, color = encoding.channels["x"][0], encoding.channels["y"], encoding.channels.get("color")
    write = writers(columns, rows, encoding)
    series: dict[tuple[str | None, int], list[tuple[float, float]]] = {}
    for row in rows:
        at = _position(columns[x], row[x])
        if not math.isnan(at):
            for y in ys:
                series.setdefault((row[color[0]] if color else None, y), []).append((at, _number(row[y])))
    most = sorted(series, key=lambda key: -math.fsum(y for _, y in series[key] if not math.isnan(y)))
    names = order.by_name(columns[color[0]], (name for name, _ in series)) if color else [None]
    places = {name: place for place, name in enumerate(names)}
    kept = sorted(most[: encoding.options["limit"]], key=lambda key: (key[1], places[key[0]]))
    points = [point for key in kept for point in series[key] if not math.isnan(point[1])]
    says = f"{', '.join(columns[y].name for y in ys)} over {columns[x].name}"
    if not points:
        return Drawing((_text(0, 16, "no rows"),), 24, says)
    legend = [_series_name(columns, key, write, color, ys) for key in kept]
    shapes, top = _legend(legend, 0, lines=True) if len(kept) > 1 else ([], 0.0)
    frame = _Frame(points, top)
    shapes += frame.axes(write[x], columns[x], encoding.formats[ys[0]] if encoding.formats else "")
    for place, key in enumerate(kept):
        drawn = _thinned(sorted(series[key], key=lambda point: point[0]), max(POINTS // len(kept), 20))
        path, dots = frame.paths(drawn)
        shapes.append(_line(path, place))
        shapes.append(_dots(dots, place))
    return Drawing(tuple(shapes), top + _HEIGHT, says)


def _series_name(
    columns: Sequence[Column],
    key: tuple[str | None, int],
    write: list[Write],
    color: tuple[int, ...] | None,
    ys: tuple[int, ...],
) -> str:
    value, y = key
    parts = ([write[color[0]](value)] if color else []) + ([columns[y].name] if len(ys) > 1 or not color else [])
    return " · ".join(parts)


def _position(of: Column, text: str | None) -> float:
    if not is_time(of):
        return _number(text)
    at = None if text is None else moment(of, text)
    return math.nan if at is None else at.timestamp() * 1000


def _thinned(points: list[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Keep of each stretch the least and the greatest, and every gap's edge, in their order."""
    if len(points) <= most:
        return points
    size = math.ceil(len(points) * 3 / most)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        drawn = [place for place, (_, y) in enumerate(stretch) if not math.isnan(y)]
        gaps = [place for place, (_, y) in enumerate(stretch) if math.isnan(y)][:1]
        ends = [pick(drawn, key=lambda place: stretch[place][1]) for pick in (min, max)] if drawn else []
        kept += [stretch[place] for place in sorted({*ends, *gaps})]
    return kept


def _stepped(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Let each value hold until the next."""
    stepped = points[:1]
    for (_, before), (x, y) in itertools.pairwise(points):
        stepped += [(x, before), (x, y)]
    return stepped


class _Frame:
    """Where lines go, and the axes around them."""

    def __init__(self, points: Sequence[tuple[float, float]], top: float) -> None:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self.x0, self.x1 = min(xs), max(xs)
        self.ticks = _ticks(min(ys), max(ys))
        self.y0, self.y1 = min(*ys, self.ticks[0]), max(*ys, self.ticks[-1])
        self.top, self.bottom, self.left = top + _TOP, top + _HEIGHT - _BOTTOM, 0.0

    def axes(self, write_x: Write, of: Column, format_y: str) -> list[str]:
        """Write numbers beside the lines, and times below."""
        texts = [f"{tick:.12g}" for tick in self.ticks]
        labels = [*map(formats.formatter(texts, format_y), texts)]
        self.left = _GLYPH * max(map(len, labels)) + 8
        shapes = []
        for tick, label in zip(self.ticks, labels, strict=True):
            y = self._y(tick)
            shapes.append(_text(self.left - 6, y + 4, label, ' text-anchor="end"'))
            shapes.append(f'<path d="M{self.left:.5g} {y:.5g}H{WIDTH}" stroke="currentColor" stroke-opacity=".15"/>')
        middle = (self.x0 + self.x1) / 2
        places = {self.x0: "start", round(middle) if is_calendar(of) else middle: "middle", self.x1: "end"}
        if self.x0 == self.x1:
            places = {self.x0: "middle"}
        written: list[str] = []
        for at, anchor in places.items():
            text = write_x(_unread(of, at))
            if text not in written:  # a middle that is written like the beginning stands elsewhere
                shapes.append(_text(self._x(at), self.bottom + 16, text, f' text-anchor="{anchor}"'))
            written.append(text)
        return shapes

    def paths(self, points: Sequence[tuple[float, float]]) -> tuple[str, str]:
        """Write a path that what cannot be drawn interrupts, and one of the points that stand alone."""
        runs: list[list[str]] = [[]]
        for x, y in points:
            if math.isnan(y):
                runs.append([])
            else:
                runs[-1].append(f"{self._x(x):.4g} {self._y(y):.4g}")
        lines = ("M" + "L".join(run) for run in runs if len(run) > 1)
        return "".join(lines), "".join(f"M{run[0]}h0" for run in runs if len(run) == 1)

    def _x(self, x: float) -> float:
        return self.left + (WIDTH - self.left) * ((x - self.x0) / (self.x1 - self.x0) if self.x1 > self.x0 else 0.5)

    def _y(self, y: float) -> float:
        return self.bottom - (self.bottom - self.top) * (
            (y - self.y0) / (self.y1 - self.y0) if self.y1 > self.y0 else 0.5
        )


def _unread(of: Column, at: float) -> str:
    """Write a position as the server would have printed it."""
    if not is_time(of):
        return f"{at:.12g}"
    if of.type == "mz_timestamp":
        return f"{at:.0f}"
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(" ", "seconds")
    return text[:10] if of.type == "date" else text if of.type == "timestamptz" else text[:19]


def _ticks(low: float, high: float) -> list[float]:
    """Choose about four round numbers from `low` to `high`; zero is among them where it is near."""
    if low > 0 and low < high * 0.6:
        low = 0.0
    if high < 0 and high > low * 0.6:
        high = 0.0
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    step = 10 ** math.floor(math.log10(span / 4))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if span / (step * factor) <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [place * step for place in range(first, last + 1)]


# A number


def draw_number(
    columns: Sequence[Column],
    rows: Sequence[Row],
    encoding: Encoding,
    total: int,
    trend: Sequence[tuple[int, str | None]] = (),
) -> Drawing:
    """Draw the first of `total` rows' number, and what it has been lately: (milliseconds, value) in order of time."""
    value = encoding.channels["value"][0]
    of = columns[value]
    write = writers(columns, rows[:1], encoding)[value]
    text = write(rows[0][value]) if rows else "—"
    caption = of.name + ("" if total == 1 else f", first of {total:,} rows" if total else ", no rows")
    shapes = [_text(0, 40, text, ' font-size="40"'), _text(0, 62, short(caption, 80), ' fill-opacity=".7"')]
    points = [(float(at), _number(of_then)) for at, of_then in trend]
    if sum(not math.isnan(y) for _, y in points) > 1:
        frame = _Frame([point for point in points if not math.isnan(point[1])], 0)
        frame.top, frame.bottom, frame.left = 72, 112, 0.0
        known = [y for _, y in points if not math.isnan(y)]
        frame.y0, frame.y1 = min(known), max(known)
        path, _ = frame.paths(_stepped(_thinned(points, 400)))
        shapes.append(f'<path d="{path}" fill="none" stroke="{COLORS[0]}" stroke-width="1.6"/>')
        return Drawing(tuple(shapes), 118, f"{of.name}: {text}")
    return Drawing(tuple(shapes), 70, f"{of.name}: {text}")
