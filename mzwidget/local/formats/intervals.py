"""Intervals as text: read and printed."""

from __future__ import annotations

from decimal import Decimal

from mzwidget.local.errors import MalformedError, SqlError, invalid
from mzwidget.local.formats.moments import DAY, HOUR, MINUTE, SECOND, Interval, show_clock
from mzwidget.local.formats.timeparts import Fields, interval_fields

_SIZES = {
    "millennium": (12_000, 0, 0), "century": (1200, 0, 0), "decade": (120, 0, 0), "year": (12, 0, 0),
    "month": (1, 0, 0), "day": (0, 1, 0), "hour": (0, 0, HOUR), "minute": (0, 0, MINUTE), "second": (0, 0, SECOND),
    "milliseconds": (0, 0, 1000), "microseconds": (0, 0, 1),
}  # fmt: skip


def _rest(count: int, size: int) -> int:
    """Return what a division leaves, with the sign of the count."""
    rest = abs(count) % size
    return rest if count >= 0 else -rest


def read_interval_between(text: str, high: str, low: str) -> Interval:
    """Read an interval as ``INTERVAL 'text' high TO low`` means it: of other fields nothing remains."""
    months, days, micros = read_interval(text, low, "minute" if high == "minute" else "hour")
    size = _SIZES[low]
    if size[0]:
        months, days, micros = months - _rest(months, size[0]), 0, 0
    if low != "second":
        micros -= _rest(micros, size[2]) if size[2] else micros
    match high:
        case "month":
            months = _rest(months, 12)
        case "day" | "hour" | "minute":
            months = 0
    if high in ("hour", "minute"):
        days, micros = 0, _rest(micros, DAY if high == "hour" else HOUR)
    return months, days, micros


def rounded(value: Interval, digits: int) -> Interval:
    """Return an interval with so many digits of its second."""
    if digits > 6:
        raise SqlError(f"SECOND precision must be (0, 6), have SECOND({digits})")
    months, days, micros = value
    unit = 10 ** (6 - digits)
    nearest = (abs(micros) + unit // 2) // unit * unit
    if nearest >= 2**63:
        cut = micros - _rest(micros, unit)
        raise SqlError(f'interval field value out of range: "{show_interval((months, days, cut))}"')
    return months, days, nearest if micros > 0 else -nearest


def _whole_micros(count: Decimal) -> int:
    return int(count.to_integral_value("ROUND_HALF_UP"))


def read_interval(text: str, unit: str = "", leading: str = "hour") -> Interval:
    """Read an interval; a number without a unit counts ``unit``, seconds if there is none."""
    try:
        return _sum(interval_fields(text, unit or "second", leading))
    except MalformedError as error:
        raise invalid("interval", text, str(error)) from None


def _sum(fields: Fields) -> Interval:
    """Return the interval that has these fields; a fraction goes on to smaller ones, but not from years to days."""
    months = days = micros = 0
    for field, (count, nanos) in fields.items():
        amount = Decimal(count) + Decimal(nanos).scaleb(-9)
        per_month, per_day, per_micro = _SIZES[field]
        if per_month:
            total = amount * per_month
            whole = int(total)
            months += whole
            rest = (total - whole) * 30 if per_month == 1 else Decimal(0)
            days += int(rest)
            micros += _whole_micros((rest - int(rest)) * DAY)
        elif per_day:
            days += count
            micros += _whole_micros((amount - count) * DAY)
        else:
            micros += _whole_micros(amount * per_micro)
    for found, name, bits in ((months, "months", 31), (days, "days", 31), (micros, "microseconds", 63)):
        if not -(2**bits) <= found < 2**bits:
            limit = f"cannot exceed {2**bits - 1}/-{2**bits} {name}"
            raise MalformedError(f"Overflows maximum {name}; {limit}")
    return months, days, micros


# --------------------------------------------------------------------------------------------------- printing


def show_interval(value: Interval) -> str:
    """Print an interval."""
    months, days, micros = value
    years, rest = divmod(abs(months), 12)
    minus = "-" if months < 0 else ""
    words = []
    if years:
        words.append(f"{minus}{_counted(years, 'year', minus)}")
    if rest:
        words.append(f"{minus}{_counted(rest, 'month', minus)}")
    if days:
        sign = "-" if days < 0 else "+" if months < 0 else ""
        words.append(f"{sign}{_counted(abs(days), 'day', sign)}")
    if micros or not words:
        sign = "-" if micros < 0 else "+" if days < 0 or (months < 0 and not days) else ""
        words.append(f"{sign}{show_clock(abs(micros))}")
    return " ".join(words)


def _counted(count: int, unit: str, sign: str) -> str:
    return f"{count} {unit}{'' if count == 1 and sign != '-' else 's'}"
