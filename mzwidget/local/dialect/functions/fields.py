"""Fields of moments and intervals: extract and date_part."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import moments
from mzwidget.local.formats.moments import DAY, HOUR, MINUTE, SECOND, Interval

FUNCTIONS: list[Overload] = []

_UNIT_WORDS = {
    "microseconds": "us usec usecs useconds microsecond microseconds",
    "milliseconds": "ms msec msecs mseconds millisecond milliseconds",
    "seconds": "s sec secs second seconds", "minute": "m min mins minute minutes", "hour": "h hr hrs hour hours",
    "day": "d day days", "week": "w week weeks", "month": "mon mons month months", "quarter": "qtr quarter",
    "year": "y yr yrs year years", "decade": "dec decs decade decades", "century": "c cent century centuries",
    "millennium": "mil millennium millennia millenniums", "dow": "dow", "isodow": "isodow",
    "doy": "doy", "isodoy": "isodoy",
    "epoch": "epoch", "timezone": "timezone", "timezone_hour": "timezone_h timezone_hour",
    "timezone_minute": "timezone_m timezone_minute",
}  # fmt: skip
UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
_CLOCK_UNITS = ("hour", "minute", "seconds", "milliseconds", "microseconds", "epoch")
_ZONE_UNITS = ("timezone", "timezone_hour", "timezone_minute")


def unit_of(text: str) -> str:
    """Return the unit that a word names."""
    found = UNITS.get(text.lower())
    if found is None:
        raise SqlError(f"unit '{text}' not recognized")
    return found


def no_unit(unit: str) -> SqlError:
    """Return the error for a unit that no moment has."""
    return SqlError(f"'{unit}' timestamp units not yet supported")


def iso_week(days: int) -> tuple[int, int]:
    weekday = (days + 3) % 7
    thursday = days - weekday + 3
    year = moments.date_of(thursday)[0]
    return year, (thursday - moments.days_of(year, 1, 1)) // 7 + 1


def century(year: int, size: int) -> int:
    return (year + size - 1) // size if year > 0 else -((size - year) // size)


def _date_part(unit: str, days: int) -> int | None:
    """Return what a unit counts of a date, in days since 1970."""
    year, month, day = moments.date_of(days)
    return {
        "day": day,
        "week": iso_week(days)[1],
        "month": month,
        "quarter": (month + 2) // 3,
        "year": year,
        "decade": year // 10,
        "century": century(year, 100),
        "millennium": century(year, 1000),
        "dow": (days + 4) % 7,
        "isodow": (days + 3) % 7 + 1,
        "doy": days - moments.days_of(year, 1, 1) + 1,
    }.get(unit)


def _part(unit: str, micros: int) -> Decimal | None:
    days, clock = divmod(micros, DAY)
    match unit:
        case "epoch":
            return Decimal(micros) / SECOND
        case "microseconds":
            return Decimal(clock % MINUTE)
        case "milliseconds":
            return Decimal(clock % MINUTE) / 1000
        case "seconds":
            return Decimal(clock % MINUTE) / SECOND
        case "minute":
            return Decimal(clock % HOUR // MINUTE)
        case "hour":
            return Decimal(clock // HOUR)
    counted = _date_part(unit, days)
    return None if counted is None else Decimal(counted)


def _of_moment(text: str, micros: int) -> Decimal:
    unit = unit_of(text)
    found = _part(unit, micros)
    if found is None:
        raise no_unit(unit)
    return found


def _of_date(text: str, days: int) -> Decimal:
    unit = unit_of(text)
    if unit in _CLOCK_UNITS and unit != "epoch":
        raise SqlError(f"unit '{unit}' not supported for type date")
    return _of_moment(text, days * DAY)


def _of_time(text: str, micros: int) -> Decimal:
    unit = unit_of(text)
    if unit in _CLOCK_UNITS:
        return _of_moment(text, micros)
    if unit in _ZONE_UNITS:
        raise no_unit(unit)
    raise SqlError(f"unit '{unit}' not supported for type time")


def quotient(a: int, b: int) -> int:
    return int(a / b) if abs(a) < 2**50 else (a // b if a >= 0 else -(-a // b))


def _of_interval(text: str, value: Interval) -> Decimal:
    unit = unit_of(text)
    months, days, micros = value
    rest = math.copysign(abs(micros) % MINUTE, micros)
    match unit:
        case "epoch":
            years, left = quotient(months, 12), months - quotient(months, 12) * 12
            seconds = Decimal(years) * Decimal(31_557_600) + Decimal(left) * 2_592_000 + Decimal(days) * 86_400
            return seconds + Decimal(micros) / SECOND
        case "microseconds":
            return Decimal(int(rest))
        case "milliseconds":
            return Decimal(int(rest)) / 1000
        case "seconds":
            return Decimal(int(rest)) / SECOND
        case "minute":
            return Decimal(quotient(micros, MINUTE) - quotient(micros, HOUR) * 60)
        case "hour":
            return Decimal(quotient(micros, HOUR) - quotient(micros, DAY) * 24)
        case "day":
            return Decimal(days)
        case "month":
            return Decimal(months - quotient(months, 12) * 12)
        case "quarter":
            return Decimal(quotient(months - quotient(months, 12) * 12, 3) + 1)
        case "year":
            return Decimal(quotient(months, 12))
        case "decade":
            return Decimal(quotient(months, 120))
        case "century":
            return Decimal(quotient(months, 1200))
        case "millennium":
            return Decimal(quotient(months, 12_000))
    raise no_unit(unit)


def _as_float(field: Callable[[str, Any], Decimal]) -> Callable[[str, Any], float]:
    return lambda text, value: float(field(text, value))


for _name, _function in (
    ("date", _of_date), ("time", _of_time), ("timestamp", _of_moment), ("timestamptz", _of_moment),
    ("interval", _of_interval),
):  # fmt: skip
    FUNCTIONS.append(line("extract", f"text, {_name} -> numeric", python=_function))
    if _name != "date":  # which is a timestamptz to date_part: it has hours there, and none to extract
        FUNCTIONS.append(line("date_part", f"text, {_name} -> float8", python=_as_float(_function)))
