"""Bars: the length of each is a number, and a label says whose it is.

Channels
--------
label : one column
    Names the bar.
value : one or more columns of numbers
    With one, each row is a bar. With several, each row is a *group* of bars, one a column, in the channel's order and
    in one colour a column; a legend names the columns.
color : one column, optional; never beside several values
    *Stacks*: the rows that share a label are one bar, each row a piece of it as long as its value, in one colour a
    value of this column. Pieces stand in the order of the colours' values, NULL last, and those below zero to the left
    of it.

Options
-------
limit : int
    Bars (or groups, or stacks) drawn at most, the first in the order.
reserve : int
    Bars to keep room for from the start; 0 where the user gave no limit.
totals : bool, only with `color`
    Whether stacks stand by their total, the greatest first, equal ones by label. Otherwise they stand as their labels
    come up first in `order`.

Without an ORDER BY, bars stand by the first value, the greatest first, then by label; groups likewise.
"""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.charts.encoding import Encoding
from mzwidget.charts.named import Free, Named
from mzwidget.charts.order import Term
from mzwidget.charts.roles import ChartError, listed
from mzwidget.tail.values import Column

LIMIT = 20
MOST = 500
"""Bars, groups or stacks that can be asked for: a page draws each, and nobody compares more."""
MOST_VALUES = 5
"""Numbers that are drawn side by side without being asked for."""


def suits(named: Named, free: Free) -> bool:
    """Whether rows of this shape are bars without being asked for by a name."""
    if named.any or free.others or (free.times and (not free.measures or free.times[0] < free.measures[0])):
        return False
    labels, booleans, values = free.labels or free.identifiers, free.booleans, free.measures
    if len(labels) == 1 and not booleans:
        return 1 <= len(values) <= MOST_VALUES
    return len(values) == 1 and (len(free.labels), len(booleans)) in {(2, 0), (1, 1)}


def encode(columns: Sequence[Column], named: Named, free: Free, limit: int) -> Encoding:
    """Say which columns bars take.

    Raises
    ------
    ChartError
        They cannot be drawn of these.
    """
    if limit > MOST:
        raise ChartError(f"bars show {MOST} rows at most, not limit={limit}; ask for kind='table', which shows all")
    label, values = _axes(columns, named, free)
    color = named.color
    if not values:
        values = tuple(index for index in free.measures if index != label)
    if not values:
        raise ChartError("bars need a column of numbers; name one with value=, or ask for kind='table'")
    if label is None:
        label, second = _label(columns, free, values)
        if color is None and len(values) == 1:
            color = second
        elif second is not None and second != color and color is None:
            raise ChartError(f"which one labels the bars, {listed(columns, (label, second))}? Name it with key=")
    if label in values:
        raise ChartError(f"{columns[label].name!r} cannot be the label of a bar and its length")
    if color in values:
        raise ChartError(f"{columns[color].name!r} cannot be the colour of a bar and its length")
    if color is not None and len(values) > 1:
        raise ChartError(f"color parts bars of one number; name with value= one of {listed(columns, values)}")
    options = {"limit": limit or LIMIT, "reserve": min(limit, LIMIT)}
    if color is None:
        order: tuple[Term, ...] = ((values[0], True, False), (label, False, False))
        return Encoding("bars", {"label": (label,), "value": values}, order, options=options)
    channels = {"label": (label,), "value": values, "color": (color,)}
    return Encoding(
        "bars", channels, ((label, False, False), (color, False, False)), options=options | {"totals": True}
    )


def _axes(columns: Sequence[Column], named: Named, free: Free) -> tuple[int | None, tuple[int, ...]]:
    """Tell label and lengths among what `x`, `y`, `key` and `value` name, whichever way round the axes are."""
    axes = (() if named.x is None else (named.x,)) + named.y
    texts = tuple(index for index in axes if columns[index].kind != "number")
    numbers = tuple(index for index in axes if columns[index].kind == "number")
    label, values = named.key, named.value
    if len(texts) > 1:
        raise ChartError(f"one of {listed(columns, texts)} must be numbers to be the length of a bar")
    if texts:
        if label not in (None, texts[0]):
            raise ChartError(f"two columns are named as the bars' label: {listed(columns, (label or 0, texts[0]))}")
        label = texts[0]
    elif label is None and numbers and numbers[0] == named.x and not (len(numbers) == 1 and _labels(free)):
        label, numbers = numbers[0], numbers[1:]  # a year, and what is counted by year
    if numbers and values and numbers != values:
        raise ChartError(f"two columns are named as the bars' length: {listed(columns, (*numbers, *values))}")
    return label, numbers or values


def _labels(free: Free) -> tuple[int, ...]:
    return free.labels or free.identifiers


def _label(columns: Sequence[Column], free: Free, values: tuple[int, ...]) -> tuple[int, int | None]:
    """Choose the label, and what may part the bars by colour."""
    labels = _labels(free) or free.times or free.booleans or tuple(set(free.others) - set(values))
    if not labels:
        raise ChartError("bars need a column that labels them; name one with key=, or ask for kind='table'")
    if len(labels) > 2:
        raise ChartError(f"which one labels the bars, {listed(columns, labels)}? Name it with key=")
    if len(labels) == 2:
        return labels[0], labels[1]
    booleans = tuple(set(free.booleans) - {labels[0]})
    return labels[0], booleans[0] if len(booleans) == 1 else None
