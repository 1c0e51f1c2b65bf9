"""`resolve`: from a view's columns and a user's options to an `Encoding`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mzwidget.charts import altair, bars, line, number, table
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.formats import PLAIN
from mzwidget.charts.kinds import KINDS
from mzwidget.charts.named import Free, Named
from mzwidget.charts.options import Options
from mzwidget.charts.order import Term
from mzwidget.charts.roles import is_plain
from mzwidget.tail.values import Column


def resolve(columns: Sequence[Column], options: Options, rows: int = 0, order: tuple[Term, ...] = ()) -> Encoding:
    """Choose a picture.

    Where `options` do not say which, the columns do: one number is a figure while there is at most one row of it; a
    time and numbers are lines, one for each value of a label; a label and a number are bars, grouped for several
    numbers and stacked for two labels; everything else is a table. A boolean or a document labels no bar, and
    identifiers measure nothing.

    Parameters
    ----------
    columns : sequence of Column
    options : Options
    rows : int
        How many rows the view has now.
    order : tuple of (column index, descending, NULLs first)
        The order that the view asks for; empty for the picture's own.

    Returns
    -------
    Encoding

    Raises
    ------
    ChartError
        What the user asks for cannot be drawn from these columns. It is never replaced by another picture.
    """
    named = options.find(columns)
    free = Free.of(columns, named)
    formats = tuple(options.format.get(of.name, PLAIN if is_plain(of) else "") for of in columns)
    formats = formats if any(formats) else ()
    chosen = _choose(columns, named, free, options, rows)
    if order:
        chosen = replace(chosen, order=order)
        if "totals" in chosen.options:
            chosen = replace(chosen, options={**chosen.options, "totals": False})
    if chosen.kind == "table":
        return replace(chosen, formats=formats, timezone=options.timezone)
    instead = Encoding("table", order=order, formats=formats, timezone=options.timezone)
    return replace(chosen, formats=formats, timezone=options.timezone, table=instead)


def _choose(columns: Sequence[Column], named: Named, free: Free, options: Options, rows: int) -> Encoding:
    if options.chart is not None:
        return altair.encode(options.chart, columns)
    if options.kind:
        return KINDS[options.kind](columns, named, free, options.limit)
    if number.suits(columns, named, free, rows):
        return number.encode(columns, named, free, options.limit)
    if line.suits(columns, named, free):
        return line.encode(columns, named, free, options.limit)
    if named.any or bars.suits(named, free):
        return bars.encode(columns, named, free, options.limit)
    return table.encode(columns, named, free, options.limit)
