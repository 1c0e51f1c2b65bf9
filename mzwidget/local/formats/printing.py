"""From values to text, as Materialize prints them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from mzwidget.local.formats import containers, intervals, moments, numerics, ranges
from mzwidget.local.formats.types import Type

Printer = Callable[[Any], str]


def show_float(number: float) -> str:
    """Print a double: shortest digits, no trailing ``.0``, exponents like ``1e+38``."""
    return _shown(repr(number))


def show_single(number: float) -> str:
    """Print a real."""
    if number in (0, 1) or number - number != 0:
        return _shown(repr(number))
    for digits in range(1, 9):
        text = f"{number:.{digits}g}"
        try:
            if struct.unpack("!f", struct.pack("!f", float(text)))[0] == number:
                return _shown(text)
        except OverflowError:
            continue
    return _shown(f"{number:.9g}")


_SPECIAL_FLOATS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _shown(text: str) -> str:
    special = _SPECIAL_FLOATS.get(text)
    if special is not None:
        return special
    mantissa, _, exponent = text.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(exponent or 0)
    digits = digits.rstrip("0")
    if not digits:
        return sign + "0"
    if -5 < point <= 0:
        number = "0." + "0" * -point + digits
    elif 0 < point <= 16:
        number = digits.ljust(point, "0")
        if len(digits) > point:
            number = f"{digits[:point]}.{digits[point:]}"
    else:
        number = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{point - 1:+d}"
    return sign + number


def _numeric(value: str | int) -> str:
    return str(value) if isinstance(value, int) else numerics.show(value)


def _interval(value: Any) -> str:
    if isinstance(value, dict):
        return intervals.show_interval((value["months"], value["days"], value["us"]))
    return intervals.show_interval(value)


PRINTERS: dict[str, Printer] = {
    "bool": lambda value: "t" if value else "f",
    "float4": show_single,
    "float8": show_float,
    "numeric": _numeric,
    "bytea": lambda value: "\\x" + bytes(value).hex(),
    "date": moments.show_date,
    "time": moments.show_clock,
    "timestamp": moments.show_timestamp,
    "timestamptz": moments.show_timestamptz,
    "interval": _interval,
    "text": str, "varchar": str, "name": str, "char": str, "jsonb": str, "uuid": str,
    "int2": str, "int4": str, "int8": str, "uint2": str, "uint4": str, "uint8": str, "oid": str, "mz_timestamp": str,
    "regclass": str, "regproc": str, "regtype": str,
}  # fmt: skip


NESTED = ("array", "list", "map")
"""Kinds of types whose values stand in others as they are, without quotes."""


def printer(type_: Type) -> Printer:
    """Return the function that prints values of a type, padded where its length asks for that."""
    if type_.kind == "scalar":
        if type_.name == "bpchar":
            width = max(type_.typmod - 4, 0)
            return lambda value: value.ljust(width)
        return PRINTERS.get(type_.name, str)
    if type_.kind == "record":
        printers = [printer(field) for _, field in type_.fields]
        nested = [field.kind in NESTED for _, field in type_.fields]
        return lambda value: containers.show_record(
            [None if v is None else show(v) for show, v in zip(printers, value.values(), strict=False)], nested
        )
    assert type_.element is not None
    show_item = printer(type_.element)
    nests = type_.element.kind in NESTED
    if type_.kind == "range":
        return lambda value: ranges.shown(value, show_item)
    if type_.kind == "map":
        return lambda value: "{" + ",".join(
            f"{containers.quoted(k, also='=>')}=>"
            + ("NULL" if v is None else show_item(v) if nests else containers.quoted(show_item(v), also="=>"))
            for k, v in value.items()
        ) + "}"  # fmt: skip
    if type_.name == "int2vector":
        return lambda value: " ".join(map(show_item, containers.flat(value)[0]))
    if type_.kind == "array":
        return lambda value: containers.show_array(
            *containers.flat(value), lambda item: "NULL" if item is None else containers.quoted(show_item(item))
        )
    join = containers.show_nested if nests else containers.show_items
    return lambda value: join([None if item is None else show_item(item) for item in value])
