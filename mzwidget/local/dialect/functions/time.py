"""Functions of dates, times and intervals."""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Callable, Sequence

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.castlines import checked_moment
from mzwidget.local.dialect.casts import cast
from mzwidget.local.dialect.functions.fields import UNITS, century, no_unit, quotient, unit_of
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, apply, quote_text
from mzwidget.local.errors import MalformedError, SqlError
from mzwidget.local.formats import moments, zones
from mzwidget.local.formats import types as t
from mzwidget.local.formats.intervals import show_interval
from mzwidget.local.formats.moments import DAY, HOUR, MINUTE, SECOND, Interval
from mzwidget.local.formats.timeparts import FIELD_OF

FUNCTIONS: list[Overload] = []

# ------------------------------------------------------------------------------------------------- date_trunc

_TRUNCATED = ("microseconds", "milliseconds", "seconds", "minute", "hour", "day", "week", "month", "quarter", "year")


def _start(year: int, month: int = 1, day: int = 1) -> int:
    return moments.days_of(year, month, day) * DAY


def _truncate(text: str, micros: int) -> int:
    unit = unit_of(text)
    size = {"microseconds": 1, "milliseconds": 1000, "seconds": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY}.get(
        unit
    )
    if size is not None:
        return micros // size * size
    days = micros // DAY
    year, month, _ = moments.date_of(days)
    match unit:
        case "week":
            return (days - (days + 3) % 7) * DAY
        case "month":
            return _start(year, month)
        case "quarter":
            return _start(year, (month - 1) // 3 * 3 + 1)
        case "year":
            return _start(year)
        case "decade":
            return _start(year // 10 * 10)
        case "century":
            return _start((year - 1) // 100 * 100 + 1)
        case "millennium":
            return _start((year - 1) // 1000 * 1000 + 1)
    raise no_unit(unit)


def _truncate_interval(text: str, value: Interval) -> Interval:
    unit = FIELD_OF.get(text.lower())
    months, days, micros = value
    if unit is None:
        raise SqlError(f"unit '{text}' not recognized")
    size = {"millennium": 12_000, "century": 1200, "decade": 120, "year": 12, "month": 1}.get(unit)
    if size is not None:
        return quotient(months, size) * size, 0, 0
    if unit == "day":
        return months, days, 0
    size = {"hour": HOUR, "minute": MINUTE, "second": SECOND, "milliseconds": 1000, "microseconds": 1}[unit]
    return months, days, quotient(micros, size) * size


def _trunc(values: Sequence[Value]) -> Value | None:
    """DuckDB's own, where the unit is a constant that means the same there."""
    unit, moment = values
    if unit.literal is None:
        return None
    name = UNITS.get(unit.literal.lower())
    if name not in _TRUNCATED:
        return None
    found = f"CAST(date_trunc({quote_text(name)}, {{0}}) AS TIMESTAMP)"
    within = _TRUNCATED.index(name) <= _TRUNCATED.index("day")
    return apply(found if within else checked_moment(found), [moment], moment.type, fallible=not within)


for _name in ("timestamp", "timestamptz"):
    FUNCTIONS.append(line("date_trunc", f"text, {_name} -> {_name}", python=_truncate, build=_trunc))
FUNCTIONS.append(line("date_trunc", "text, interval -> interval", python=_truncate_interval))


# ----------------------------------------------------------------------------------------- bins, ages, justify


_NANOSECONDS = 2**63 / 1000
"""How many microseconds are less than 2^63 nanoseconds."""


def _bin(stride: Interval, micros: int, origin: int) -> int:
    if stride[0]:
        raise SqlError("timestamps cannot be binned into intervals containing months or years")
    size = stride[1] * DAY + stride[2]
    if size <= 0:
        raise SqlError("stride must be greater than zero")
    if size >= _NANOSECONDS:
        raise SqlError(f"stride cannot exceed {2**63 - 1}/{-(2**63)} nanoseconds")
    if abs(micros - origin) >= _NANOSECONDS:
        raise SqlError("source and origin must not differ more than 2^63 nanoseconds")
    since = quotient(micros - origin, size) * size
    return origin + (since - size if origin > micros else since)  # a bin too early where it starts before the origin


def _age(a: int, b: int) -> Interval:
    if a < b:
        months, days, micros = _age(b, a)
        return -months, -days, -micros
    (day_a, clock_a), (day_b, clock_b) = divmod(a, DAY), divmod(b, DAY)
    micros = clock_a - clock_b
    ya, ma, da = moments.date_of(day_a)
    yb, mb, db = moments.date_of(day_b)
    days = da - db
    months = (ya - yb) * 12 + ma - mb
    if micros < 0:
        micros += DAY
        days -= 1
    if days < 0:
        days += moments._month_length(yb, mb)
        months -= 1
    return months, days, micros


_PER_UNIT = {
    "week": 7 * DAY, "day": DAY, "hour": HOUR, "minute": MINUTE, "seconds": SECOND, "milliseconds": 1000,
    "microseconds": 1,
}  # fmt: skip


def _difference(text: str, a: int, b: int) -> int:
    """Return how many units lie between: boundaries crossed from the month on, whole units below it."""
    unit = UNITS.get(text.lower())
    size = _PER_UNIT.get(unit or "")
    if size is not None:
        return quotient(b - a, size)
    (ya, ma, _), (yb, mb, _) = moments.date_of(a // DAY), moments.date_of(b // DAY)
    match unit:
        case "month":
            return (yb - ya) * 12 + mb - ma
        case "quarter":
            return (yb - ya) * 4 + (mb + 2) // 3 - (ma + 2) // 3
        case "year":
            return yb - ya
        case "decade":
            return yb // 10 - ya // 10
        case "century":
            return century(yb, 100) - century(ya, 100)
        case "millennium":
            return century(yb, 1000) - century(ya, 1000)
    raise SqlError(f'invalid datepart "{text}"')


def _difference_of_dates(text: str, a: int, b: int) -> int:
    return _difference(text, a * DAY, b * DAY)


def _justified(justify: Callable[[Interval], Interval]) -> Callable[[Interval], Interval]:
    def call(value: Interval) -> Interval:
        months, days, micros = justify(value)
        if not (-(2**31) <= months < 2**31 and -(2**31) <= days < 2**31):
            raise SqlError(f'"{show_interval(value)}" interval out of range')
        return months, days, micros

    return call


def _justify_days(value: Interval) -> Interval:
    months, days, micros = value
    extra = quotient(days, 30)
    months, days = months + extra, days - extra * 30
    if months > 0 > days:
        months, days = months - 1, days + 30
    elif months < 0 < days:
        months, days = months + 1, days - 30
    return months, days, micros


def _justify_hours(value: Interval) -> Interval:
    months, days, micros = value
    extra = quotient(micros, DAY)
    days, micros = days + extra, micros - extra * DAY
    if days > 0 > micros:
        days, micros = days - 1, micros + DAY
    elif days < 0 < micros:
        days, micros = days + 1, micros - DAY
    return months, days, micros


def _justify_interval(value: Interval) -> Interval:
    months, days, micros = _justify_days(_justify_hours(value))
    if months > 0 and (days < 0 or (days == 0 and micros < 0)):
        months, days = months - 1, days + 30
    elif months < 0 and (days > 0 or (days == 0 and micros > 0)):
        months, days = months + 1, days - 30
    if days > 0 > micros:
        days, micros = days - 1, micros + DAY
    elif days < 0 < micros:
        days, micros = days + 1, micros - DAY
    return months, days, micros


# -------------------------------------------------------------------------------------------- time zones, making


def _zone(name: str) -> zoneinfo.ZoneInfo | int:
    """Return a zone; offsets in digits count westwards, as POSIX has it."""
    try:
        found = zones.zone(name)
        return -found if isinstance(found, int) and not re.search("[A-Za-z]", name) else found
    except MalformedError:
        raise SqlError(f"invalid time zone '{name}'") from None


def _to_utc(name: str, micros: int) -> int:
    return micros - moments.utc_offset(_zone(name), micros, local=True)


def _to_local(name: str, micros: int) -> int:
    return micros + moments.utc_offset(_zone(name), micros, local=False)


def _offset(text: str, micros: int) -> moments.Offset:
    where = zones.zone_named(text)
    if where is None:
        raise SqlError(f"invalid IANA Time Zone Database identifier: '{text}'")
    return moments.offset_of(where, micros)


_OFFSET = (("abbrev", t.TEXT), ("base_utc_offset", t.INTERVAL), ("dst_offset", t.INTERVAL))
_OFFSET_PARTS = [
    udf.declare("abbrev", lambda text, micros: _offset(text, micros).abbrev, [t.TEXT, t.TIMESTAMPTZ], t.TEXT),
    udf.declare("base", lambda text, micros: (0, 0, _offset(text, micros).base), [t.TEXT, t.TIMESTAMPTZ], t.INTERVAL),
    udf.declare("dst", lambda text, micros: (0, 0, _offset(text, micros).dst), [t.TEXT, t.TIMESTAMPTZ], t.INTERVAL),
]


def _zone_offset(values: Sequence[Value]) -> Value:
    packed = ", ".join(f"f{at} := {part}" for at, part in enumerate(_OFFSET_PARTS, 1))
    template = f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN struct_pack({packed}) END"
    return apply(template, values, t.record_of(_OFFSET, (False,) * 3), fallible=True)


def _fixed(zone: Interval) -> int:
    if zone[0]:
        raise SqlError("timezone interval must not contain months or years")
    return zone[1] * DAY + zone[2]


def _to_timestamp(seconds: float) -> int:
    if math.isnan(seconds):
        raise SqlError("timestamp cannot be NaN")
    if math.isinf(seconds) or not -210_866_803_200 <= seconds <= 8_210_298_412_799:
        raise SqlError("timestamp out of range")
    fraction, whole = math.modf(seconds)
    micros = fraction * 1_000_000
    return int(whole) * SECOND + int(micros + math.copysign(0.5, micros))


def _make(year: int, month: int, day: int, hour: int, minute: int, second: float) -> int | None:
    if not (-262_143 <= year <= 262_142 and 1 <= month <= 12 and 1 <= day <= moments._month_length(year, month)):
        return None
    if not (0 <= hour <= 23 and 0 <= minute <= 59) or second >= 60:
        return None
    whole = int(second) if second > 0 else 0
    rest = int((second - whole) * 1_000_000.0) if second > 0 else 0
    return _start(year, month, day) + hour * HOUR + minute * MINUTE + whole * SECOND + rest


def _try_iso(text: str) -> int | None:
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z", text)
    if match is None:
        return None
    year, month, day, hour, minute, second, milli = map(int, match.groups())
    found = _make(year, month, day, hour, minute, float(second))
    return None if found is None else found + milli * 1000


FUNCTIONS += [
    line("date_bin", "interval, timestamp, timestamp -> timestamp", python=_bin),
    line("date_bin", "interval, timestamptz, timestamptz -> timestamptz", python=_bin),
    line("age", "timestamp, timestamp -> interval", python=_age),
    line("age", "timestamptz, timestamptz -> interval", python=_age),
    line("datediff", "text, timestamp, timestamp -> int8", python=_difference),
    line("datediff", "text, timestamptz, timestamptz -> int8", python=_difference),
    line("datediff", "text, date, date -> int8", python=_difference_of_dates),
    line("datediff", "text, time, time -> int8", python=_difference),
    line("justify_days", "interval -> interval", python=_justified(_justify_days)),
    line("justify_hours", "interval -> interval", python=_justified(_justify_hours)),
    line("justify_interval", "interval -> interval", python=_justified(_justify_interval)),
    line("timezone", "text, timestamp -> timestamptz", python=_to_utc),
    line("timezone", "text, timestamptz -> timestamp", python=_to_local),
    line("timezone", "interval, timestamp -> timestamptz", python=lambda zone, micros: micros - _fixed(zone)),
    line("timezone", "interval, timestamptz -> timestamp", python=lambda zone, micros: micros + _fixed(zone)),
    line("timezone_offset", "text, timestamptz -> record", build=_zone_offset),
    line("to_timestamp", "float8 -> timestamptz", python=_to_timestamp),
    line("make_timestamp", "int8, int8, int8, int8, int8, float8 -> timestamp", python=_make),
    line("try_parse_monotonic_iso8601_timestamp", "text -> timestamp", python=_try_iso),
]


FUNCTIONS += [
    line("date", f"{_source} -> date", build=lambda values: cast(values[0], t.DATE))
    for _source in ("text", "timestamp", "timestamptz")
]
