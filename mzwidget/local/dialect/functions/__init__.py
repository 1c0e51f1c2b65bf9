"""The tables of what Materialize has, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.builtins import PROCEDURES
from mzwidget.local.dialect.functions import (
    aggregates,
    arrays,
    fields,
    jsonb,
    numbers,
    operators,
    ranges,
    regexps,
    system,
    tables,
    text,
    time,
    to_char,
    windows,
)
from mzwidget.local.dialect.overloads import Overload, named
from mzwidget.local.formats import types as t

Table = dict[str, list[Overload]]


def _table(lines: Iterable[Overload]) -> Table:
    found: Table = defaultdict(list)
    for each in lines:
        found[each.name].append(_callable(each))
    return dict(found)


def _callable(each: Overload) -> Overload:
    """Declare the Python function of a line, so that it is a template like any other."""
    if each.python is None:
        return each
    arguments, result = [named(name) for name in each.arguments], named(each.result)
    if result is None or None in arguments:
        msg = f"{each.signature} is polymorphic: Python functions are not"
        raise TypeError(msg)
    template = udf.declare(
        each.name, each.python, [a for a in arguments if a], result, strict=each.strict, fallible=each.fallible
    )
    if each.result == "numeric" and "numeric" in each.arguments:
        exact = [t.DIGITS if a == t.NUMERIC else a for a in arguments if a]
        digits = udf.declare(each.name, each.python, exact, t.DIGITS, strict=each.strict, fallible=each.fallible)
        return replace(each, sql=template, digits=digits)
    return replace(each, sql=template)


SCALARS = _table([
    *numbers.FUNCTIONS, *text.FUNCTIONS, *time.FUNCTIONS, *fields.FUNCTIONS, *to_char.FUNCTIONS,
    *jsonb.FUNCTIONS, *arrays.FUNCTIONS, *system.FUNCTIONS,
    *regexps.FUNCTIONS, *ranges.FUNCTIONS,
])  # fmt: skip
OPERATORS = _table([*operators.OPERATORS, *jsonb.OPERATORS, *arrays.OPERATORS, *ranges.OPERATORS])
PREFIX = _table(operators.PREFIX)
AGGREGATES = _table(aggregates.FUNCTIONS)
WINDOWS = _table(windows.FUNCTIONS)
TABLES = _table([*tables.FUNCTIONS, *regexps.TABLES])
MANY = {*TABLES, "regexp_extract", "csv_extract"}
"""The names of all that gives rows."""
KNOWN = {*SCALARS, *AGGREGATES, *WINDOWS, *MANY, "mz_now", "now", "current_timestamp", "user"}
"""The names of all that can be called."""
OF_MZ_CATALOG = frozenset(name for schema, name in PROCEDURES if schema == "mz_catalog")
"""The functions of Materialize's own schema."""
