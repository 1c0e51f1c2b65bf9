"""The digits of a computed numeric: its text has as many behind the point as arithmetic left there.

The key of a numeric, which is what columns hold, is without trailing zeros, as Materialize's rows are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.values import Value, apply
from mzwidget.local.formats import numerics
from mzwidget.local.formats import types as t


def _same(value: Decimal) -> Decimal:
    return value


_OF_KEY = udf.declare("digits_of", _same, [t.NUMERIC], t.DIGITS, fallible=False)
_SHOW = udf.declare("show_digits", numerics.all_digits, [t.DIGITS], t.TEXT, fallible=False)
RESCALE = udf.declare("rescale_digits", numerics.rescaled, [t.DIGITS, t.INT4], t.DIGITS)
OF_TEXT = udf.declare("read_digits", numerics.parse, [t.TEXT], t.DIGITS)
OF_INTEGER = "CAST({0} AS VARCHAR)"


def are_kept(value: Value) -> bool:
    """Whether a value is a numeric as it was computed."""
    return value.digits is not None and value.digits[0] == value.sql


def of(value: Value) -> Value:
    """Return what a numeric is computed with: it has the digits that it was computed to, or those of its key."""
    if value.digits is not None and are_kept(value):
        return Value(value.digits[1], t.DIGITS, fallible=value.fallible, depth=value.depth)
    return apply(_OF_KEY, [value], t.DIGITS)


def keep(value: Value, template: str, operands: Sequence[Value]) -> Value:
    """Return a numeric that keeps the digits of what it was computed from."""
    given = [of(operand) if operand.type.name == "numeric" else operand for operand in operands]
    digits = apply(template, given, t.DIGITS)
    return replace(value, digits=(value.sql, digits.sql), depth=max(value.depth, digits.depth))


def keep_one(value: Value, choices: Sequence[Value], written: Callable[[Sequence[Value]], str]) -> Value:
    """Return a numeric that is one of several, of which some keep their digits; `written` is the choice as SQL."""
    if value.type.name != "numeric" or not any(map(are_kept, choices)):
        return value
    digits = [of(choice) for choice in choices]
    depth = max(value.depth, *(each.depth for each in digits))
    return replace(value, digits=(value.sql, written(digits)), depth=depth)


def shown(value: Value) -> Value:
    """Return the text of a numeric with all its digits."""
    return apply(_SHOW, [of(value)], t.TEXT)
