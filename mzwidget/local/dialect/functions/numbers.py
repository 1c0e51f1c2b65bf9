"""Functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Context, Decimal

from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import numerics
from mzwidget.local.formats.types import SCALARS, sql_name

_ROOTS = Context(prec=40)
SIGNED = ("int2", "int4", "int8")
FUNCTIONS: list[Overload] = []
ZERO = "error('mz:XX000:division by zero')"
BY_ZERO = f"{{1}} = 0 AND {{0}} IS NOT NULL THEN {ZERO}"
"""Of a CASE: NULL by zero is NULL."""


def remainder(type_: str) -> str:
    """Return SQL for what is left of a signed integer: by -1 as much as by 1, which the least one can be divided by."""
    return f"CASE WHEN {BY_ZERO} ELSE CAST({{0}} % (CASE {{1}} WHEN -1 THEN 1 ELSE {{1}} END) AS {type_}) END"


for _name in SIGNED:
    _low = {"int2": -(2**15), "int4": -(2**31), "int8": -(2**63)}[_name]
    _type, _shown = SCALARS[_name].duckdb, sql_name(SCALARS[_name])
    FUNCTIONS.append(line("abs", f"{_name} -> {_name}",
        f"CASE WHEN {{0}} = CAST('{_low}' AS {_type}) THEN error('mz:XX000:\"{_low}\" {_shown} out of range')"
        " ELSE abs({0}) END"))  # fmt: skip
    FUNCTIONS.append(line("mod", f"{_name}, {_name} -> {_name}", remainder(_type)))
for _name in ("uint2", "uint4", "uint8"):
    _type = SCALARS[_name].duckdb
    FUNCTIONS.append(line("mod", f"{_name}, {_name} -> {_name}",
        f"CASE WHEN {BY_ZERO} ELSE CAST({{0}} % {{1}} AS {_type}) END"))  # fmt: skip
for _name in ("float4", "float8"):
    FUNCTIONS += [
        line("abs", f"{_name} -> {_name}", "abs({0})", fallible=False),
        line("mod", f"{_name}, {_name} -> {_name}",
             f"CASE WHEN {BY_ZERO} ELSE {{0}} % {{1}} END"),
        line("ceil", f"{_name} -> {_name}", "ceil({0})", fallible=False),
        line("ceiling", f"{_name} -> {_name}", "ceil({0})", fallible=False),
        line("floor", f"{_name} -> {_name}", "floor({0})", fallible=False),
        line("trunc", f"{_name} -> {_name}", "trunc({0})", fallible=False),
        line("round", f"{_name} -> {_name}", f"CAST(round_even({{0}}, 0) AS {SCALARS[_name].duckdb})", fallible=False),
    ]  # fmt: skip


def _logarithm(name: str) -> None:
    shown = "log10" if name == "log" else name

    def check(value: float | Decimal) -> None:
        if value == 0:
            raise SqlError(f"function {shown} is not defined for zero")
        if value < 0:
            raise SqlError(f"function {shown} is not defined for negative numbers")

    def of_float(value: float) -> float:
        check(value)
        if math.isinf(value) or math.isnan(value):
            return value
        return math.log10(value) if name != "ln" else math.log(value)

    def of_numeric(value: Decimal) -> Decimal:
        if value.is_nan():
            return value
        check(value)
        return numerics.CONTEXT.log10(value) if name != "ln" else numerics.CONTEXT.ln(value)

    FUNCTIONS.append(line(name, "float8 -> float8", python=of_float))
    FUNCTIONS.append(line(name, "numeric -> numeric", python=of_numeric))


for _name in ("ln", "log10", "log"):
    _logarithm(_name)


def _log(base: Decimal, value: Decimal) -> Decimal:
    for each in (base, value):
        if each.is_nan():
            continue
        if each == 0:
            raise SqlError("function log is not defined for zero")
        if each < 0:
            raise SqlError("function log is not defined for negative numbers")
    if base.is_nan() or value.is_nan():
        return Decimal("NaN")
    bottom = numerics.WIDE.ln(base)
    if bottom == 0:
        raise SqlError("division by zero")
    found = numerics.WIDE.divide(numerics.WIDE.ln(value), bottom)
    near = found.to_integral_value()
    return near if abs(found - near) < Decimal("1e-50") else numerics.CONTEXT.plus(found)


def _exp(value: float) -> float:
    return _finite(lambda: math.exp(value), zero=False)


def _finite(function: Callable[[], float], *, zero: bool) -> float:
    """Return what a function makes, which may not be infinite, whatever its arguments are."""
    try:
        found = function()
    except OverflowError:
        found = math.inf
    if math.isinf(found):
        raise SqlError("value out of range: overflow")
    if found == 0 and not zero:
        raise SqlError("value out of range: underflow")
    return found


def _exp_numeric(value: Decimal) -> Decimal:
    return _in_range(numerics.CONTEXT.exp(value), zero=False)


def _in_range(value: Decimal, *, zero: bool) -> Decimal:
    if value.is_infinite():
        raise SqlError("value out of range: overflow")
    if value == 0 and not zero:
        raise SqlError("value out of range: underflow")
    return value


def _sqrt(value: float) -> float:
    if value < 0:
        raise SqlError("cannot take square root of a negative number")
    return math.sqrt(value)


def _sqrt_numeric(value: Decimal) -> Decimal:
    if not value.is_nan() and value < 0:
        raise SqlError("cannot take square root of a negative number")
    return numerics.CONTEXT.sqrt(value)


def _cbrt(value: float) -> float:
    """Return the nearest float: those of C libraries differ in the last digit."""
    if not math.isfinite(value) or value == 0:
        return value
    third = _ROOTS.divide(_ROOTS.ln(Decimal(abs(value))), Decimal(3))
    return math.copysign(float(_ROOTS.exp(third)), value)


def _power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        raise SqlError("zero raised to a negative power is undefined")
    if base < 0 and not float(exponent).is_integer():
        raise SqlError("function pow cannot return complex numbers")
    return _finite(lambda: math.pow(base, exponent), zero=base == 0)


def _power_numeric(base: Decimal, exponent: Decimal) -> Decimal:
    if base.is_nan() or exponent.is_nan():
        return Decimal("NaN")
    if base == 0 and exponent < 0:
        raise SqlError("zero raised to a negative power is undefined")
    if base < 0 and exponent != exponent.to_integral_value():
        raise SqlError("function pow cannot return complex numbers")
    if base == 0 and exponent == 0:
        return Decimal(1)
    return _in_range(numerics.CONTEXT.power(base, exponent), zero=base == 0)


def _round(value: Decimal) -> Decimal:
    return value if numerics.exponent_of(value) >= 0 else numerics.rescaled(value, 0)


def _round_to(value: Decimal, digits: int) -> Decimal:
    """Round to so many digits behind the point; a number with fewer gets zeros, one that is whole as it stands none."""
    exponent = numerics.exponent_of(value)
    if value.is_nan() or (exponent == 0 and digits >= 0):
        return value
    if digits < -numerics.DIGITS:
        return Decimal(0)
    if digits >= -exponent:
        found = numerics.rescaled(value, min(digits, numerics.DIGITS - 1 - max(value.adjusted(), -1)))
    elif digits >= 0:
        found = numerics.rescaled(value, digits)
    else:
        scaled = numerics.WIDE.scaleb(value, digits)
        found = numerics.WIDE.scaleb(numerics.rescaled(scaled, 0), -digits)
    return found or Decimal(0)


def _modulo(a: Decimal, b: Decimal) -> Decimal:
    if b == 0:
        raise SqlError("division by zero")
    return numerics.WIDE.remainder(a, b)


FUNCTIONS += [
    line("abs", "numeric -> numeric", python=numerics.CONTEXT.abs),
    line("mod", "numeric, numeric -> numeric", python=_modulo),
    line("ceil", "numeric -> numeric", python=lambda v: v if v.is_nan() else v.to_integral_value("ROUND_CEILING")),
    line("ceiling", "numeric -> numeric", python=lambda v: v if v.is_nan() else v.to_integral_value("ROUND_CEILING")),
    line("floor", "numeric -> numeric", python=lambda v: v if v.is_nan() else v.to_integral_value("ROUND_FLOOR")),
    line("trunc", "numeric -> numeric", python=lambda v: v if v.is_nan() else v.to_integral_value("ROUND_DOWN")),
    line("round", "numeric -> numeric", python=_round),
    line("round", "numeric, int4 -> numeric", python=_round_to),
    line("exp", "float8 -> float8", python=_exp),
    line("exp", "numeric -> numeric", python=_exp_numeric),
    line("sqrt", "float8 -> float8", python=_sqrt),
    line("sqrt", "numeric -> numeric", python=_sqrt_numeric),
    line("cbrt", "float8 -> float8", python=_cbrt),
    line("power", "float8, float8 -> float8", python=_power),
    line("pow", "float8, float8 -> float8", python=_power),
    line("power", "numeric, numeric -> numeric", python=_power_numeric),
    line("pow", "numeric, numeric -> numeric", python=_power_numeric),
    line("log", "numeric, numeric -> numeric", python=_log),
    line("bit_count", "bytea -> int8", python=lambda data: sum(byte.bit_count() for byte in data)),
]


def _sinh(value: float) -> float:
    try:
        return math.sinh(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _cosh(value: float) -> float:
    return abs(_sinh(value)) if abs(value) > _STEEP else math.cosh(value)


def _atanh(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) == 1 else math.atanh(value)


_STEEP = 700
"""Beyond it sinh and cosh are the same float, or both infinite."""


def _cot(value: float) -> float:
    return 1 / math.tan(value) if value else math.copysign(math.inf, value)


def _checked(
    name: str, function: Callable[[float], float], domain: Callable[[float], bool] | None = None
) -> Callable[[float], float]:
    def call(value: float) -> float:
        if math.isnan(value):
            return value
        if domain is not None and not domain(value):
            raise SqlError(f"function {name} is defined for numbers {_DOMAINS[name]}")
        try:
            found = function(value)
        except ValueError:
            raise SqlError(f"function {name} is only defined for finite arguments") from None
        return float(found)

    return call


_DOMAINS = {
    "asin": "between -1 and 1 inclusive", "acos": "between -1 and 1 inclusive",
    "atanh": "between -1 and 1 inclusive", "acosh": "greater than or equal to 1",
}  # fmt: skip


def _inside(value: float) -> bool:
    return -1 <= value <= 1


for _name, _function, _domain in (
    ("sin", math.sin, None), ("cos", math.cos, None), ("tan", math.tan, None), ("cot", _cot, None),
    ("asin", math.asin, _inside), ("acos", math.acos, _inside), ("atan", math.atan, None),
    ("sinh", _sinh, None), ("cosh", _cosh, None), ("tanh", math.tanh, None), ("asinh", math.asinh, None),
    ("acosh", math.acosh, lambda v: v >= 1), ("atanh", _atanh, _inside),
    ("radians", math.radians, None), ("degrees", math.degrees, None),
):  # fmt: skip
    FUNCTIONS.append(line(_name, "float8 -> float8", python=_checked(_name, _function, _domain)))
