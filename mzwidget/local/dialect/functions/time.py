"""Functions of dates, times and intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from mzwidget.local.dialect.casts import cast
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, apply, quote_text
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import moments
from mzwidget.local.formats import types as t
from mzwidget.local.formats.moments import DAY, HOUR, MINUTE, SECOND, Interval

FUNCTIONS: list[Overload] = []

_UNIT_WORDS = {
    "microseconds": "us usec usecs usecond useconds microsecond microseconds",
    "milliseconds": "ms msec msecs msecond mseconds millisecond milliseconds",
    "second": "s sec secs second seconds", "minute": "m min mins minute minutes", "hour": "h hr hrs hour hours",
    "day": "d day days", "week": "w week weeks", "month": "mon mons month months", "quarter": "qtr quarter",
    "year": "y yr yrs year years", "decade": "dec decs decade decades", "century": "c cent century centuries",
    "millennium": "mil mils millennium millennia millenniums", "dow": "dow", "isodow": "isodow",
    "doy": "doy", "isodoy": "isodoy",
    "epoch": "epoch", "timezone": "timezone", "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute",
    "isoyear": "isoyear",
}  # fmt: skip
_UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
_CLOCK_UNITS = ("hour", "minute", "second", "milliseconds", "microseconds", "epoch")


def unit_of(text: str) -> str:
    """Return the unit that a word names."""
    found = _UNITS.get(text.lower())
    if found is None:
        raise SqlError(f"unit '{text}' not recognized")
    return found


# ------------------------------------------------------------------------------------------------- date_trunc

_TRUNCATED = ("microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year")


def _start(year: int, month: int = 1, day: int = 1) -> int:
    return moments.days_of(year, month, day) * DAY


def _truncate(text: str, micros: int) -> int:
    unit = unit_of(text)
    size = {"microseconds": 1, "milliseconds": 1000, "second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY}.get(
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
    raise SqlError(f"unit '{text}' not recognized")


def _truncate_interval(text: str, value: Interval) -> Interval:
    unit = unit_of(text)
    months, days, micros = value
    size = {"millennium": 12_000, "century": 1200, "decade": 120, "year": 12, "quarter": 3, "month": 1}.get(unit)
    if size is not None:
        return int(months / size) * size, 0, 0
    if unit == "day":
        return months, days, 0
    size = {"hour": HOUR, "minute": MINUTE, "second": SECOND, "milliseconds": 1000, "microseconds": 1}.get(unit)
    if size is None:
        raise SqlError(f"unit '{text}' not recognized")
    return months, days, int(micros / size) * size


def _trunc(values: Sequence[Value]) -> Value | None:
    """DuckDB's own, where the unit is a constant that means the same there."""
    unit, moment = values
    if unit.literal is None:
        return None
    name = _UNITS.get(unit.literal.lower())
    if name not in _TRUNCATED:
        return None
    return apply(f"CAST(date_trunc({quote_text(name)}, {{0}}) AS TIMESTAMP)", [moment], moment.type)


for _name in ("timestamp", "timestamptz"):
    FUNCTIONS.append(line("date_trunc", f"text, {_name} -> {_name}", python=_truncate, build=_trunc))
FUNCTIONS.append(line("date_trunc", "text, interval -> interval", python=_truncate_interval))


# ---------------------------------------------------------------------------------------------------- extract


def _iso_week(days: int) -> tuple[int, int]:
    weekday = (days + 3) % 7
    thursday = days - weekday + 3
    year = moments.date_of(thursday)[0]
    return year, (thursday - moments.days_of(year, 1, 1)) // 7 + 1


def _century(year: int, size: int) -> int:
    return (year + size - 1) // size if year > 0 else -((size - 1 - year) // size)


def _part(unit: str, micros: int) -> Decimal | None:
    days, clock = divmod(micros, DAY)
    year, month, day = moments.date_of(days)
    match unit:
        case "epoch":
            return Decimal(micros) / SECOND
        case "microseconds":
            return Decimal(clock % MINUTE)
        case "milliseconds":
            return Decimal(clock % MINUTE) / 1000
        case "second":
            return Decimal(clock % MINUTE) / SECOND
        case "minute":
            return Decimal(clock % HOUR // MINUTE)
        case "hour":
            return Decimal(clock // HOUR)
        case "day":
            return Decimal(day)
        case "week":
            return Decimal(_iso_week(days)[1])
        case "month":
            return Decimal(month)
        case "quarter":
            return Decimal((month + 2) // 3)
        case "year":
            return Decimal(year)
        case "decade":
            return Decimal(year // 10)
        case "century":
            return Decimal(_century(year, 100))
        case "millennium":
            return Decimal(_century(year, 1000))
        case "dow":
            return Decimal((days + 4) % 7)
        case "isodow":
            return Decimal((days + 3) % 7 + 1)
        case "doy":
            return Decimal(days - moments.days_of(year, 1, 1) + 1)
    return None


def _of_moment(name: str) -> object:
    def part(text: str, micros: int) -> Decimal:
        unit = unit_of(text)
        found = _part(unit, micros)
        if found is None:
            raise SqlError(f"unit '{text}' not supported for type {name}")
        return found

    return part


def _of_date(text: str, days: int) -> Decimal:
    unit = unit_of(text)
    found = None if unit in _CLOCK_UNITS and unit != "epoch" else _part(unit, days * DAY)
    if found is None:
        raise SqlError(f"unit '{text}' not supported for type date")
    return found


def _of_time(text: str, micros: int) -> Decimal:
    unit = unit_of(text)
    found = _part(unit, micros) if unit in _CLOCK_UNITS else None
    if found is None:
        raise SqlError(f"unit '{text}' not supported for type time")
    return found


def _quotient(a: int, b: int) -> int:
    return int(a / b) if abs(a) < 2**50 else (a // b if a >= 0 else -(-a // b))


def _of_interval(text: str, value: Interval) -> Decimal:
    unit = unit_of(text)
    months, days, micros = value
    rest = math.copysign(abs(micros) % MINUTE, micros)
    match unit:
        case "epoch":
            years, left = _quotient(months, 12), months - _quotient(months, 12) * 12
            seconds = Decimal(years) * Decimal(31_557_600) + Decimal(left) * 2_592_000 + Decimal(days) * 86_400
            return seconds + Decimal(micros) / SECOND
        case "microseconds":
            return Decimal(int(rest))
        case "milliseconds":
            return Decimal(int(rest)) / 1000
        case "second":
            return Decimal(int(rest)) / SECOND
        case "minute":
            return Decimal(_quotient(micros, MINUTE) - _quotient(micros, HOUR) * 60)
        case "hour":
            return Decimal(_quotient(micros, HOUR) - _quotient(micros, DAY) * 24)
        case "day":
            return Decimal(days)
        case "month":
            return Decimal(months - _quotient(months, 12) * 12)
        case "quarter":
            return Decimal(_quotient(months - _quotient(months, 12) * 12, 3) + 1)
        case "year":
            return Decimal(_quotient(months, 12))
        case "decade":
            return Decimal(_quotient(months, 120))
        case "century":
            return Decimal(_quotient(months, 1200))
        case "millennium":
            return Decimal(_quotient(months, 12_000))
    raise SqlError(f"unit '{text}' not supported for type interval")


for _name, _function in (
    ("date", _of_date), ("time", _of_time), ("timestamp", _of_moment("timestamp")),
    ("timestamptz", _of_moment("timestamp with time zone")), ("interval", _of_interval),
):  # fmt: skip
    FUNCTIONS.append(line("extract", f"text, {_name} -> numeric", python=_function))

    def _float_part(text, value, function=_function):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return float(function(text, value))

    FUNCTIONS.append(line("date_part", f"text, {_name} -> float8", python=_float_part))


# ----------------------------------------------------------------------------------------- bins, ages, justify


def _bin(stride: Interval, micros: int, origin: int) -> int:
    if stride[0]:
        raise SqlError("timestamps cannot be binned into intervals containing months or years")
    size = stride[1] * DAY + stride[2]
    if size <= 0:
        raise SqlError("stride must be greater than zero")
    return origin + (micros - origin) // size * size


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
    "week": 7 * DAY, "day": DAY, "hour": HOUR, "minute": MINUTE, "second": SECOND, "milliseconds": 1000,
    "microseconds": 1,
}  # fmt: skip


def _difference(text: str, a: int, b: int) -> int:
    """Return how many units lie between: boundaries crossed from the month on, whole units below it."""
    unit = unit_of(text)
    size = _PER_UNIT.get(unit)
    if size is not None:
        return _quotient(b - a, size)
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
            return _century(yb, 100) - _century(ya, 100)
        case "millennium":
            return _century(yb, 1000) - _century(ya, 1000)
    raise SqlError(f"unit '{text}' not supported for type timestamp")


def _difference_of_dates(text: str, a: int, b: int) -> int:
    return _difference(text, a * DAY, b * DAY)


def _justify_days(value: Interval) -> Interval:
    months, days, micros = value
    extra = _quotient(days, 30)
    months, days = months + extra, days - extra * 30
    if months > 0 > days:
        months, days = months - 1, days + 30
    elif months < 0 < days:
        months, days = months + 1, days - 30
    return months, days, micros


def _justify_hours(value: Interval) -> Interval:
    months, days, micros = value
    extra = _quotient(micros, DAY)
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


def _zone(name: str) -> object:
    """Return a zone; offsets in digits count westwards, as POSIX has it."""
    try:
        found = moments.zone(name)
        return -found if isinstance(found, int) and name.strip()[0] in "+-0123456789" else found
    except KeyError:
        raise SqlError(f"invalid time zone '{name}'") from None


def _to_utc(name: str, micros: int) -> int:
    return micros - moments.utc_offset(_zone(name), micros, local=True)  # type: ignore[arg-type]


def _to_local(name: str, micros: int) -> int:
    return micros + moments.utc_offset(_zone(name), micros, local=False)  # type: ignore[arg-type]


def _fixed(zone: Interval) -> int:
    if zone[0]:
        raise SqlError("timezone interval must not contain months or years")
    return zone[1] * DAY + zone[2]


def _to_timestamp(seconds: float) -> int:
    if math.isnan(seconds):
        raise SqlError("timestamp cannot be NaN")
    if math.isinf(seconds) or not -210_866_803_200 <= seconds <= 8_210_298_412_799:
        raise SqlError("timestamp out of range")
    return round(seconds * SECOND)


def _make(year: int, month: int, day: int, hour: int, minute: int, second: float) -> int | None:
    if not (-262_143 <= year <= 262_142 and 1 <= month <= 12 and 1 <= day <= moments._month_length(year, month)):
        return None
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second < 60):
        return None
    return _start(year, month, day) + hour * HOUR + minute * MINUTE + round(second * SECOND)


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
    line("justify_days", "interval -> interval", python=_justify_days),
    line("justify_hours", "interval -> interval", python=_justify_hours),
    line("justify_interval", "interval -> interval", python=_justify_interval),
    line("timezone", "text, timestamp -> timestamptz", python=_to_utc),
    line("timezone", "text, timestamptz -> timestamp", python=_to_local),
    line("timezone", "interval, timestamp -> timestamptz", python=lambda zone, micros: micros - _fixed(zone)),
    line("timezone", "interval, timestamptz -> timestamp", python=lambda zone, micros: micros + _fixed(zone)),
    line("to_timestamp", "float8 -> timestamptz", python=_to_timestamp),
    line("make_timestamp", "int8, int8, int8, int8, int8, float8 -> timestamp", python=_make),
    line("try_parse_monotonic_iso8601_timestamp", "text -> timestamp", python=_try_iso),
]


# ---------------------------------------------------------------------------------------------------- to_char

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_FIELDS = (
    "SSSSS", "SSSS", "Y,YYY", "IYYY", "YYYY", "MONTH", "Month", "month", "HH12", "HH24", "A.M.", "P.M.", "a.m.", "p.m.",
    "B.C.", "A.D.", "b.c.", "a.d.", "YYY", "IYY", "MON", "Mon", "mon", "DAY", "Day", "day", "DDD",
    "FF1", "FF2", "FF3", "FF4", "FF5",
    "FF6", "TZH", "TZM", "HH", "MI", "SS", "MS", "US", "AM", "PM", "am", "pm", "YY", "IY", "BC",
    "AD", "bc", "ad", "MM", "DY", "Dy",
    "dy", "DD", "ID", "WW", "IW", "CC", "RM", "rm", "TZ", "tz", "OF", "IDDD", "Y", "I", "D", "W", "J", "Q",
)  # fmt: skip
_NUMERIC = ("Y,YYY", "IYYY", "YYYY", "HH12", "HH24", "YYY", "IYY", "DDD", "SSSSS", "SSSS", "HH",
    "MI", "SS", "MS", "US", "YY", "IY",
            "MM", "DD", "ID", "WW", "IW", "CC", "IDDD", "Y", "I", "D", "W", "J", "Q")  # fmt: skip
_LOWER = {name.lower(): name for name in _NUMERIC}
_FORMAT = re.compile(
    r'"((?:[^"\\]|\\.)*)"?|(FM)?('
    + "|".join(sorted(map(re.escape, (*_FIELDS, *_LOWER)), key=len, reverse=True))
    + r")(TH|th)?|(TH|th)|(.)",
    re.DOTALL,
)


def _ordinal(number: str, form: str) -> str:
    value = int(number[-2:]) if number[-2:].isdigit() else int(number[-1])
    suffix = "th" if 11 <= value <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return suffix.upper() if form == "TH" else suffix


def _field(name: str, micros: int, fill: bool, zone: str) -> str:
    days, clock = divmod(micros, DAY)
    year, month, day = moments.date_of(days)
    hour, minute, second, micro = clock // HOUR, clock % HOUR // MINUTE, clock % MINUTE // SECOND, clock % SECOND
    bc = year <= 0
    shown = 1 - year if bc else year
    iso_year, iso_week = _iso_week(days)
    doy = days - moments.days_of(year, 1, 1) + 1

    def number(value: int, width: int) -> str:
        return str(value).zfill(width) if fill else str(value)

    match name:
        case "HH" | "HH12":
            return number((hour + 11) % 12 + 1, 2)
        case "HH24":
            return number(hour, 2)
        case "MI":
            return number(minute, 2)
        case "SS":
            return number(second, 2)
        case "MS":
            return number(micro // 1000, 3)
        case "US":
            return number(micro, 6)
        case "SSSS" | "SSSSS":
            return str(clock // SECOND)
        case "AM" | "PM":
            return "AM" if hour < 12 else "PM"
        case "am" | "pm":
            return "am" if hour < 12 else "pm"
        case "A.M." | "P.M.":
            return "A.M." if hour < 12 else "P.M."
        case "a.m." | "p.m.":
            return "a.m." if hour < 12 else "p.m."
        case "Y,YYY":
            return f"{shown // 1000},{shown % 1000:03d}"
        case "YYYY":
            return number(shown, 4)
        case "YYY":
            return number(shown % 1000, 3)
        case "YY":
            return number(shown % 100, 2)
        case "Y":
            return str(shown % 10)
        case "IYYY":
            return number(iso_year, 4)
        case "IYY":
            return number(iso_year % 1000, 3)
        case "IY":
            return number(iso_year % 100, 2)
        case "I":
            return str(iso_year % 10)
        case "BC" | "AD":
            return "BC" if bc else "AD"
        case "bc" | "ad":
            return "bc" if bc else "ad"
        case "B.C." | "A.D.":
            return "B.C." if bc else "A.D."
        case "b.c." | "a.d.":
            return "b.c." if bc else "a.d."
        case "MONTH" | "Month" | "month":
            return _cased(_MONTHS[month - 1].ljust(9 if fill else 0), name)
        case "MON" | "Mon" | "mon":
            return _cased(_MONTHS[month - 1][:3], name)
        case "MM":
            return number(month, 2)
        case "DAY" | "Day" | "day":
            return _cased(_DAYS[(days + 3) % 7].ljust(9 if fill else 0), name)
        case "DY" | "Dy" | "dy":
            return _cased(_DAYS[(days + 3) % 7][:3], name)
        case "DDD":
            return number(doy, 3)
        case "IDDD":
            monday = moments.days_of(iso_year, 1, 4)
            return number(days - (monday - (monday + 3) % 7) + 1, 3)
        case "DD":
            return number(day, 2)
        case "D":
            return str((days + 4) % 7 + 1)
        case "ID":
            return str((days + 3) % 7 + 1)
        case "W":
            return str((day - 1) // 7 + 1)
        case "WW":
            return number((doy - 1) // 7 + 1, 2)
        case "IW":
            return number(iso_week, 2)
        case "CC":
            return number(_century(year, 100), 2)
        case "J":
            return str(days + 2_440_588)
        case "Q":
            return str((month + 2) // 3)
        case "RM":
            return _ROMAN[month - 1]
        case "rm":
            return _ROMAN[month - 1].lower()
        case "TZ":
            return zone
        case "tz":
            return zone.lower()
        case "TZH" | "OF":
            return "+00" if zone else ""
        case "TZM":
            return "00" if zone else ""
    return f"{micro:06d}"[: int(name[2])]


def _cased(text: str, name: str) -> str:
    if name.isupper():
        return text.upper()
    return text.lower() if name.islower() else text


def _to_char(micros: int, form: str, zone: str = "") -> str:
    out = []
    for match in _FORMAT.finditer(form):
        quoted, fm, name, ordinal, bare, other = match.groups()
        if name is not None:
            text = _field(_LOWER.get(name, name), micros, fm is None, zone)
            out.append(text + (_ordinal(text, ordinal) if ordinal else ""))
        elif other is not None:
            out.append(other)
        elif bare is None:
            out.append(re.sub(r"\\(.)", r"\1", quoted or ""))
    return "".join(out)


def _to_char_plain(micros: int, form: str) -> str:
    return _to_char(micros, form, "")


FUNCTIONS += [
    line("to_char", "timestamp, text -> text", python=_to_char_plain),
    line("to_char", "timestamptz, text -> text", python=lambda micros, form: _to_char(micros, form, "UTC")),
]

FUNCTIONS += [
    line("date", f"{_source} -> date", build=lambda values: cast(values[0], t.DATE))
    for _source in ("text", "timestamp", "timestamptz")
]
