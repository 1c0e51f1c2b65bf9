"""Dates, times, timestamps and intervals: read and printed as Materialize does.

A date is a count of days, a time, timestamp or timestamptz one of microseconds, both since 1970; an interval is
``(months, days, microseconds)``.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import zoneinfo
from typing import NamedTuple

from mzwidget.local.errors import MalformedError, SqlError, invalid
from mzwidget.local.formats.timeparts import Fields, clock_fields, moment_fields
from mzwidget.local.formats.zones import zone

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
Interval = tuple[int, int, int]


def days_of(year: int, month: int, day: int) -> int:
    """Return the days since 1970 of a date in the proleptic Gregorian calendar, of any year."""
    y = year - (month <= 2)
    era, yoe = divmod(y, 400)
    doy = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468


def date_of(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a count of days since 1970."""
    era, doe = divmod(days + 719_468, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + (3 if mp < 10 else -9)
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


FIRST_DAY, LAST_DAY = days_of(-4713, 11, 24), days_of(262_142, 12, 31)
"""Of dates."""
FIRST, LAST = days_of(-4713, 12, 31) * DAY, (LAST_DAY + 1) * DAY - 1
"""Of timestamps."""


def _month_length(year: int, month: int) -> int:
    return calendar.monthrange(2000 + year % 400, month)[1]


_ERA = re.compile(r"(.*[\d\s])(B|A)(?:(?<=[Bb])C|(?<=[Aa])D)\s*", re.DOTALL | re.IGNORECASE)


_PLAIN_CLOCK = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
_PLAIN_TIME = re.compile(_PLAIN_CLOCK)
_PLAIN_MOMENT = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:[ Tt]{_PLAIN_CLOCK}([+-][0-9]{{2}})?)?")
"""What nearly all are; the rest is taken apart."""


def _era(text: str) -> tuple[str, bool]:
    """Return a moment's text without the era at its end, and whether that is before Christ."""
    match = _ERA.fullmatch(text)
    return (match[1], match[2] in "Bb") if match else (text, False)


def _split(text: str) -> tuple[str, str]:
    """Return a moment's text without its zone, and the zone: a signed one needs a blank or a clock before it."""
    cut = text.find(" +") if " +" in text else text.find(" -")
    if cut < 0:
        colon = text.find(":")
        match = re.compile("[-+ A-Za-z]" if colon >= 0 else "[A-Za-z]").search(text, max(colon, 0))
        cut = match.start() if match is not None else len(text)
    return text[:cut].strip(), text[cut:].strip()


def _date(fields: Fields, *, early: bool) -> int:
    if not {"year", "month", "day"} <= fields.keys():
        raise MalformedError("YEAR, MONTH, DAY are all required")
    year, month, day = (fields[name][0] for name in ("year", "month", "day"))
    if early:
        year = 1 - year
    days = days_of(year, month, day)
    if days > LAST_DAY or day > _month_length(year, month):
        raise MalformedError("invalid or out-of-range date")
    return days


def _clock(fields: Fields) -> int:
    hour, minute = (fields.get(name, (0, 0))[0] for name in ("hour", "minute"))
    second, nanos = fields.get("second", (0, 0))
    return hour * HOUR + minute * MINUTE + second * SECOND + (nanos + 500) // 1000


def utc_offset(where: zoneinfo.ZoneInfo | int, micros: int, *, local: bool) -> int:
    """Return how far a zone is east of UTC at a time of UTC, or at a local time."""
    if isinstance(where, int):
        return where
    offset = in_zone(where, micros, local=local).utcoffset()
    assert offset is not None
    return round(offset.total_seconds()) * SECOND


def in_zone(where: zoneinfo.ZoneInfo, micros: int, *, local: bool) -> dt.datetime:
    """Return a time of UTC, or a local one, in a zone; of years that Python has not, one at their ends."""
    seconds = micros // SECOND
    year = date_of(micros // DAY)[0]
    if not 2 <= year <= 9998:
        seconds += days_of(2 if year < 2 else 9998, 1, 1) * 86_400 - days_of(year, 1, 1) * 86_400
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    aware = moment.replace(tzinfo=where if local else dt.UTC, fold=1)
    return aware if local else aware.astimezone(where)


class Offset(NamedTuple):
    """How a zone differs from UTC at a time: what that is called, and the microseconds without and by summer time."""

    abbrev: str
    base: int
    dst: int


def offset_of(where: zoneinfo.ZoneInfo, micros: int) -> Offset:
    """Return how far a zone is from UTC at a time of UTC."""
    aware = in_zone(where, micros, local=False)
    whole, dst = (round((part or dt.timedelta()).total_seconds()) * SECOND for part in (aware.utcoffset(), aware.dst()))
    return Offset(aware.tzname() or "", whole - dst, dst)


def _plain_clock(hour: str, minute: str, second: str, fraction: str | None) -> int | None:
    if hour > "23" or minute > "59" or second > "59":
        return None
    micros = (int(fraction.ljust(9, "0")) + 500) // 1000 if fraction else 0
    return int(hour) * HOUR + int(minute) * MINUTE + int(second) * SECOND + micros


def _plain_moment(text: str) -> tuple[int, str] | None:
    """Return the microseconds of a moment as it is printed, and its zone; None if it is not written so."""
    match = _PLAIN_MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not (year and 1 <= month <= 12 and 1 <= day <= _month_length(year, month)):
        return None
    clock = _plain_clock(match[4], match[5], match[6], match[7]) if match[4] else 0
    return None if clock is None else (days_of(year, month, day) * DAY + clock, match[8] or "")


def _within(found: int, first: int, last: int, name: str, text: str) -> int:
    if not first <= found <= last:
        shown = text.replace('"', '\\"')
        raise SqlError(f'"{shown}" is out of range for type {name}')
    return found


def _read_moment(text: str, name: str) -> tuple[int, zoneinfo.ZoneInfo | int]:
    """Return the microseconds of a moment by its own clock, and the zone of that."""
    if text == "epoch":
        return 0, 0
    try:
        plain = _plain_moment(text)
        if plain is not None:
            return plain[0], zone(plain[1]) if plain[1] else 0
        if not text:
            raise MalformedError("timestamp string is empty")
        body, early = _era(text)
        moment, zone_text = _split(body)
        fields = moment_fields(moment)
        found = _date(fields, early=early) * DAY + _clock(fields)
        return found, zone(zone_text) if zone_text else 0
    except MalformedError as error:
        raise invalid(name, text, str(error)) from None


def read_date(text: str) -> int:
    """Read a date; a time of day and a zone behind it are ignored."""
    return _within(_read_moment(text, "date")[0] // DAY, FIRST_DAY, LAST_DAY, "date", text)


def read_timestamp(text: str) -> int:
    """Read a timestamp; a zone behind it is ignored."""
    return _within(_read_moment(text, "timestamp")[0], FIRST, LAST, "timestamp", text)


def read_timestamptz(text: str) -> int:
    """Read a timestamp with a zone, UTC if there is none."""
    name = "timestamp with time zone"
    found, where = _read_moment(text, name)
    offset = utc_offset(where, found, local=True)
    if isinstance(where, zoneinfo.ZoneInfo) and utc_offset(where, found - offset, local=False) != offset:
        found += HOUR  # a local time that the clocks skipped is read an hour later
    return _within(found - offset, FIRST, LAST, name, text)


def read_time(text: str) -> int:
    """Read a time of day."""
    match = _PLAIN_TIME.fullmatch(text)
    plain = _plain_clock(match[1], match[2], match[3], match[4]) if match is not None else None
    if plain is not None:
        return plain
    try:
        return _clock(clock_fields(text))
    except MalformedError as error:
        raise invalid("time", text, str(error)) from None


# ------------------------------------------------------------------------------------------------- intervals


def show_clock(micros: int) -> str:
    """Print microseconds that are not negative as hours, minutes and seconds."""
    seconds, rest = divmod(micros, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour:02d}:{minute:02d}:{second:02d}"
    return f"{text}.{rest:06d}".rstrip("0") if rest else text


def show_date(days: int) -> str:
    """Print a date."""
    year, month, day = date_of(days)
    if year <= 0:
        return f"{1 - year:04d}-{month:02d}-{day:02d} BC"
    return f"{year:04d}-{month:02d}-{day:02d}"


def show_timestamp(micros: int, zone_text: str = "") -> str:
    """Print a timestamp."""
    days, rest = divmod(micros, DAY)
    date = show_date(days)
    era = " BC" if date.endswith(" BC") else ""
    return f"{date.removesuffix(' BC')} {show_clock(rest)}{zone_text}{era}"


def show_timestamptz(micros: int) -> str:
    """Print a timestamptz."""
    return show_timestamp(micros, "+00")
