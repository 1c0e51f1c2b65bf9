"""Operators: arithmetic, comparison, concatenation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from mzwidget.local.dialect.castlines import checked_moment
from mzwidget.local.dialect.casts import cast
from mzwidget.local.dialect.functions.jsonb import sortable
from mzwidget.local.dialect.functions.numbers import BY_ZERO, ZERO, remainder
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, apply
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import moments, numerics
from mzwidget.local.formats import types as t
from mzwidget.local.formats.intervals import show_interval

IntOperator = Callable[[int, int], int]

_S = t.SCALARS
SIGNED = ("int2", "int4", "int8")
UNSIGNED = ("uint2", "uint4", "uint8")
FLOATS = ("float4", "float8")
OPERATORS: list[Overload] = []
PREFIX: list[Overload] = []

_TOO_SMALL = {"*": "{0} <> 0 AND {1} <> 0", "/": "{0} <> 0 AND NOT isinf({1})"}


def _in_range(operator: str) -> str:
    """Return what computes with floats, where a result may be out of their range."""
    sql = f"({{0}} {operator} {{1}})"
    small = _TOO_SMALL.get(operator)
    return (
        f"CASE WHEN isinf({sql}) AND NOT isinf({{0}}) AND NOT isinf({{1}})"
        f" THEN error('mz:XX000:value out of range: overflow')"
        + (f" WHEN {sql} = 0 AND {small} THEN error('mz:XX000:value out of range: underflow')" if small else "")
        + f" ELSE {sql} END"
    )


_EXACT: dict[str, IntOperator] = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}
_NAMED = {"+": "add", "-": "subtract", "*": "multiply"}
"""By these names DuckDB does not solve `x + 1 > 0` for x, which is true of an x that overflows."""
_SHIFTS: dict[str, IntOperator] = {"<<": int.__lshift__, ">>": int.__rshift__}


def _unsigned(operator: str, name: str, end: int) -> IntOperator:
    """Return an operation of integers from 0 up to, not including, `end`."""
    exact = _EXACT[operator]

    def compute(a: int, b: int) -> int:
        found = exact(a, b)
        if not 0 <= found < end:
            raise SqlError(f'"{a} {operator} {b}" {name} out of range')
        return found

    return compute


def _unsigned_shift(operator: str, end: int) -> IntOperator:
    """Return a shift of integers from 0 up to, not including, `end`; what leaves on the left is lost."""
    shift, width = _SHIFTS[operator], max(end.bit_length() - 1, 32)
    return lambda a, by: shift(a, by % width) % end


def _signed_shift(operator: str, end: int) -> IntOperator:
    """Return a shift of integers from -`end` up to, not including, `end`."""
    shift = _unsigned_shift(operator, 2 * end)

    def compute(a: int, by: int) -> int:
        found = shift(a, by)
        return found - 2 * end if found >= end else found

    return compute


for _name in SIGNED:
    _type = _S[_name].duckdb
    _low = {"int2": -(2**15), "int4": -(2**31), "int8": -(2**63)}[_name]
    _shown = t.sql_name(_S[_name])
    for _operator, _function in _NAMED.items():
        OPERATORS.append(line(_operator, f"{_name}, {_name} -> {_name}", f"{_function}({{0}}, {{1}})"))
    OPERATORS.append(line("/", f"{_name}, {_name} -> {_name}",
        f"CASE WHEN {BY_ZERO} WHEN {{1}} = -1 AND {{0}} = CAST('{_low}' AS {_type})"
        f" THEN error('mz:XX000:\"{_low} / -1\" {_shown} out of range')"
        f" ELSE CAST({{0}} // {{1}} AS {_type}) END"))  # fmt: skip
    OPERATORS.append(line("%", f"{_name}, {_name} -> {_name}", remainder(_type)))
    PREFIX.append(line("-", f"{_name} -> {_name}",
        f"CASE WHEN {{0}} = CAST('{_low}' AS {_type}) THEN error('mz:XX000:\"{_low}\" {_shown} out of range')"
        f" ELSE CAST(-{{0}} AS {_type}) END"))  # fmt: skip
    for _operator, _sql in (("&", "({0} & {1})"), ("|", "({0} | {1})"), ("#", "xor({0}, {1})")):
        OPERATORS.append(line(_operator, f"{_name}, {_name} -> {_name}", _sql, fallible=False))
    for _operator in _SHIFTS:
        OPERATORS.append(line(_operator, f"{_name}, int4 -> {_name}", python=_signed_shift(_operator, -_low)))
    PREFIX.append(line("~", f"{_name} -> {_name}", "(~{0})", fallible=False))
for _name in UNSIGNED:
    _type = _S[_name].duckdb
    _most = {"uint2": 2**16, "uint4": 2**32, "uint8": 2**64}[_name]
    for _operator in _EXACT:
        OPERATORS.append(line(_operator, f"{_name}, {_name} -> {_name}", python=_unsigned(_operator, _name, _most)))
    OPERATORS.append(
        line(
            "/",
            f"{_name}, {_name} -> {_name}",
            f"CASE WHEN {BY_ZERO} ELSE CAST({{0}} // {{1}} AS {_type}) END",
        )
    )
    OPERATORS.append(
        line(
            "%",
            f"{_name}, {_name} -> {_name}",
            f"CASE WHEN {BY_ZERO} ELSE CAST({{0}} % {{1}} AS {_type}) END",
        )
    )
    for _operator, _sql in (("&", "({0} & {1})"), ("|", "({0} | {1})"), ("#", "xor({0}, {1})")):
        OPERATORS.append(line(_operator, f"{_name}, {_name} -> {_name}", _sql, fallible=False))
    for _operator in _SHIFTS:
        OPERATORS.append(line(_operator, f"{_name}, uint4 -> {_name}", python=_unsigned_shift(_operator, _most)))
    PREFIX.append(line("~", f"{_name} -> {_name}", "(~{0})", fallible=False))
PREFIX += [
    line("-", "uint2 -> int4", "(-CAST({0} AS INTEGER))", fallible=False),
    line("-", "uint4 -> int8", "(-CAST({0} AS BIGINT))", fallible=False),
]
for _name in FLOATS:
    for _operator in "+-*":
        OPERATORS.append(line(_operator, f"{_name}, {_name} -> {_name}", _in_range(_operator)))
    OPERATORS.append(line("/", f"{_name}, {_name} -> {_name}",
        f"CASE WHEN {{1}} = 0 AND NOT isnan({{0}}) THEN {ZERO} ELSE {_in_range('/')} END"))  # fmt: skip
    OPERATORS.append(line("%", f"{_name}, {_name} -> {_name}", f"CASE WHEN {BY_ZERO} ELSE {{0}} % {{1}} END"))
    PREFIX.append(line("-", f"{_name} -> {_name}", "(-{0})", fallible=False))


def _divide(a: Decimal, b: Decimal) -> Decimal:
    if b == 0:
        raise SqlError("division by zero")
    return numerics.CONTEXT.divide(a, b)


def _modulo(a: Decimal, b: Decimal) -> Decimal:
    if b == 0:
        raise SqlError("division by zero")
    return numerics.WIDE.remainder(a, b)


OPERATORS += [
    line("+", "numeric, numeric -> numeric", python=numerics.CONTEXT.add),
    line("-", "numeric, numeric -> numeric", python=numerics.CONTEXT.subtract),
    line("*", "numeric, numeric -> numeric", python=numerics.CONTEXT.multiply),
    line("/", "numeric, numeric -> numeric", python=_divide),
    line("%", "numeric, numeric -> numeric", python=_modulo),
]
PREFIX += [line("-", "numeric -> numeric", python=numerics.CONTEXT.minus)]
for _name in (*SIGNED, *UNSIGNED, *FLOATS, "numeric"):
    PREFIX.append(line("+", f"{_name} -> {_name}", "{0}", fallible=False))

# ------------------------------------------------------------------------------------------- dates and times

_INTERVAL = re.compile(r"CAST\(struct_pack\(months := (-?\d+), days := (-?\d+), us := (-?\d+)\) AS [^)]*\)\)")


def _shifted(operator: str, signature: str) -> Overload:
    """Return the line that adds an interval to a moment, or takes it away.

    What is to be checked is computed twice; by a constant interval only where it may be out of range.
    """
    flipped, moment = signature.startswith("interval"), "CAST({0} AS TIMESTAMP)" if "date" in signature else "{0}"
    parts = ("to_months({1}.months)", "to_days({1}.days)", "to_microseconds({1}.us)")
    shifted = f"({f' {operator} '.join((moment, *parts))})"

    def build(values: Sequence[Value]) -> Value | None:
        at, interval = reversed(values) if flipped else values
        constant = _INTERVAL.fullmatch(interval.sql)
        if constant is None:
            return None
        months, days, micros = (abs(int(part)) for part in constant.groups())
        reach = (31 * months + days) * moments.DAY + micros
        if 2 * reach > moments.LAST - moments.FIRST:
            return None
        safe = f"{moment} BETWEEN make_timestamp({moments.FIRST + reach}) AND make_timestamp({moments.LAST - reach})"
        plain = shifted.replace("{1}", f"({interval.sql})")
        template = f"CASE WHEN {safe} THEN {plain} ELSE {checked_moment(plain)} END"
        type_ = t.TIMESTAMPTZ if at.type.name == "timestamptz" else t.TIMESTAMP
        return replace(apply(template, [at], type_, fallible=True), nullable=at.nullable or interval.nullable)

    template = checked_moment(shifted)
    if flipped:
        template = template.replace("{0}", "{2}").replace("{1}", "{0}").replace("{2}", "{1}")
    return line(operator, signature, template, build=build)


def _printed(value: moments.Interval | float) -> str:
    if isinstance(value, tuple):
        return show_interval(value)
    return numerics.plain(Decimal(repr(value))) if value - value == 0 else str(value).replace("nan", "NaN")


def _checked(months: float, days: float, micros: float, what: str) -> moments.Interval:
    """Return an interval, if its fields have room for these; what is left over is cut off."""
    if not (abs(months) < _WIDE and abs(days) < _WIDE and -(2**63) <= micros <= 2**63 - 1):
        raise SqlError(f'"{what}" interval out of range')
    months, days, micros = int(months), int(days), int(micros)
    if not (-(2**31) <= months < 2**31 and -(2**31) <= days < 2**31):
        raise SqlError(f'"{what}" interval out of range')
    return months, days, micros


_WIDE = 2**31 + 1


def _sum(a: moments.Interval, b: moments.Interval) -> moments.Interval:
    return _checked(a[0] + b[0], a[1] + b[1], a[2] + b[2], f"{_printed(a)} + {_printed(b)}")


def _negated(a: moments.Interval) -> moments.Interval:
    return _checked(-a[0], -a[1], -a[2], _printed(a))


def _difference(a: moments.Interval, b: moments.Interval) -> moments.Interval:
    what = f"{_printed(a)} - {_printed(b)}"
    months, days, micros = _checked(-b[0], -b[1], -b[2], what)
    return _checked(a[0] + months, a[1] + days, a[2] + micros, what)


def _times(a: moments.Interval, factor: float) -> moments.Interval:
    return _scaled([part * factor for part in a], f"{_printed(a)} * {_printed(factor)}")


def _over(a: moments.Interval, divisor: float) -> moments.Interval:
    if divisor == 0:
        raise SqlError("division by zero")
    return _scaled([part / divisor for part in a], f"{_printed(a)} / {_printed(divisor)}")


def _scaled(parts: Sequence[float], what: str) -> moments.Interval:
    """Return an interval of fields with fractions, which go on to the next smaller field."""
    months, days, micros = parts
    if months - months == 0 and days - days == 0:
        days += math.modf(months)[0] * 30
        micros += math.modf(days)[0] * 24 * 60 * 60 * 1000 * 1000
    return _checked(months, days, micros, what)


for _name in ("timestamp", "timestamptz"):
    OPERATORS += [
        _shifted("+", f"{_name}, interval -> {_name}"),
        _shifted("-", f"{_name}, interval -> {_name}"),
        _shifted("+", f"interval, {_name} -> {_name}"),
        line("-", f"{_name}, {_name} -> interval",
             "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN struct_pack(months := CAST(0 AS INTEGER),"
             " days := CAST(0 AS INTEGER), us := epoch_us({0}) - epoch_us({1})) END"),
    ]  # fmt: skip
OPERATORS += [
    _shifted("+", "date, interval -> timestamp"),
    _shifted("+", "interval, date -> timestamp"),
    _shifted("-", "date, interval -> timestamp"),
    line("+", "date, time -> timestamp", python=lambda d, c: d * moments.DAY + c),
    line("+", "time, date -> timestamp", python=lambda c, d: d * moments.DAY + c),
    line("-", "date, date -> int4", "CAST({0} - {1} AS INTEGER)"),
    line("-", "time, time -> interval", python=lambda a, b: (0, 0, a - b)),
    line("+", "time, interval -> time", python=lambda c, i: (c + i[2]) % moments.DAY),
    line("+", "interval, time -> time", python=lambda i, c: (c + i[2]) % moments.DAY),
    line("-", "time, interval -> time", python=lambda c, i: (c - i[2]) % moments.DAY),
    line("+", "interval, interval -> interval", python=_sum),
    line("-", "interval, interval -> interval", python=_difference),
    line("*", "interval, float8 -> interval", python=_times),
    line("*", "float8, interval -> interval", python=lambda f, i: _times(i, f)),
    line("/", "interval, float8 -> interval", python=_over),
]
PREFIX += [line("-", "interval -> interval", python=_negated)]

# -------------------------------------------------------------------------------------------------- comparison

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_ORDERED = (
    *SIGNED, *UNSIGNED, *FLOATS, "numeric", "bool", "date", "time", "timestamp", "timestamptz", "interval", "text",
    "bpchar", "bytea", "uuid", "oid", "mz_timestamp",
)  # fmt: skip


def compare_whole(operator: str, values: Sequence[Value]) -> Value:
    """Compare what has elements as one value."""
    sides = values if operator in ("=", "<>") else [sortable(value) for value in values]
    return apply(f"({{0}} {operator} {{1}})", sides, t.BOOL)


for _operator in COMPARISONS:
    for _name in _ORDERED:
        OPERATORS.append(line(_operator, f"{_name}, {_name} -> bool", f"({{0}} {_operator} {{1}})", fallible=False))
    if _operator in ("=", "<>"):
        OPERATORS.append(line(_operator, "jsonb, jsonb -> bool", f"({{0}} {_operator} {{1}})", fallible=False))
    if _operator == "=":
        OPERATORS.append(line(_operator, "anylist, anylist -> bool", f"({{0}} {_operator} {{1}})", fallible=False))
    _whole = partial(compare_whole, _operator)
    OPERATORS.append(line(_operator, "anyarray, anyarray -> bool", build=_whole, fallible=False))
    OPERATORS.append(line(_operator, "anyrange, anyrange -> bool", f"({{0}} {_operator} {{1}})", fallible=False))

# ----------------------------------------------------------------------------------------------- concatenation


def _concatenate(values: Sequence[Value]) -> Value:
    return apply("({0} || {1})", [cast(value, t.TEXT) for value in values], t.TEXT)


OPERATORS += [
    line("||", "text, text -> text", "({0} || {1})", fallible=False),
    line("||", "text, anynonarray -> text", build=_concatenate),
    line("||", "anynonarray, text -> text", build=_concatenate),
]
