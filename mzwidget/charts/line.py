"""Lines: numbers over time.

Channels
--------
x : one column
    Of a time: `date` and `timestamp` without zone are drawn as they are written, `timestamptz` in the encoding's
    `timezone` or the reader's, `mz_timestamp` are milliseconds since 1970, in that zone too. Or of numbers, such as
    years.
y : one or more columns of numbers
    One line each. NULL, NaN and infinities are gaps.
color : one column, optional
    One line for each of its values (and each `y`). NULL is a value.

Options
-------
limit : int
    Lines drawn at most: those with the greatest sum of their `y`.

A line's points are joined by ascending `x`, whatever the order of the rows; points of the same line and `x` stand in
the encoding's order. A row without `x` is not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.charts.encoding import Encoding
from mzwidget.charts.named import Free, Named, require_numbers
from mzwidget.charts.roles import ChartError, is_calendar, is_time, listed
from mzwidget.tail.values import Column

LIMIT = 20
MOST = 200
"""Lines that can be asked for."""
MOST_VALUES = 8
"""Numbers that are drawn as lines without being asked for."""


def suits(columns: Sequence[Column], named: Named, free: Free) -> bool:
    """Whether rows of this shape are lines without being asked for: a time, before the numbers as what one groups by.

    A time after the numbers, such as ``max(at)``, is one more thing to know of a row.
    """
    if named.key is not None:
        return False
    if named.x is not None:
        several = named.color is None and len(free.discrete) > 1
        return is_time(columns[named.x]) or (is_calendar(columns[named.x]) and not several)
    measures = named.y or named.value or free.measures
    return (
        len(free.times) == 1
        and 1 <= len(measures) <= MOST_VALUES
        and all(columns[index].kind == "number" for index in measures)
        and (named.any or free.times[0] < measures[0])
        and not free.others
        and (named.color is not None or len(free.discrete) <= 1)
    )


def encode(columns: Sequence[Column], named: Named, free: Free, limit: int) -> Encoding:
    """Say which columns lines take.

    Raises
    ------
    ChartError
        They cannot be drawn of these.
    """
    if limit > MOST:
        raise ChartError(f"there can be {MOST} lines at most, not limit={limit}")
    x = named.x
    if x is None:
        if not free.times:
            raise ChartError("a line needs a column of times; name one, or one of numbers, with x=")
        if len(free.times) > 1:
            raise ChartError(f"which one is the time axis, {listed(columns, free.times)}? Name it with x=")
        [x] = free.times
    if not is_time(columns[x]) and columns[x].kind != "number":
        raise ChartError(f"x={columns[x].name!r}: this column is {columns[x].type}, neither a time nor a number")
    require_numbers(columns, named.y, "y")
    y = named.y or named.value or tuple(index for index in free.measures if index != x)
    if not y:
        raise ChartError("a line needs a column of numbers; name one with y=")
    if x in y:
        raise ChartError(f"{columns[x].name!r} cannot be both x and y")
    if None not in (named.key, named.color) and named.key != named.color:
        raise ChartError("color and key both name what has a line each; give one of them")
    color = named.color if named.color is not None else named.key
    if color is None and free.discrete:
        if len(free.discrete) > 1:
            raise ChartError(f"which one has a line each, {listed(columns, free.discrete)}? Name it with color=")
        [color] = free.discrete
    channels = {"x": (x,), "y": y} | ({} if color is None else {"color": (color,)})
    order = (x,) if color is None else (x, color)
    return Encoding(
        "line", channels, tuple((index, False, False) for index in order), options={"limit": limit or LIMIT}
    )
