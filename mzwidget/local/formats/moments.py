"""Dates, times, timestamps and intervals: read and printed as Materialize does.

A date is a count of days, a time, timestamp or timestamptz one of microseconds, both since 1970; an interval is
``(months, days, microseconds)``.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import zoneinfo
from functools import lru_cache

from mzwidget.local.errors import invalid

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
Interval = tuple[int, int, int]

_OUT_OF_RANGE = "invalid or out-of-range date"


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


_DATE = re.compile(r"\s*([+-]?\d{1,6})-(\d{1,6})-(\d{1,6})|\s*(\d{4})(\d{2})(\d{2})(?!\d)|\s*(\d+)/(\d+)/(\d+)")
_CLOCK = re.compile(r"(\d{1,6}):(\d{1,6})(?::(\d{1,6})(?:\.(\d*))?)?")
_AROUND = re.compile(r"([\s!-*,/:-@\[-`{-~]*)(.*?)([!-*,/;-@\[-`{-~]*)\s*", re.DOTALL)
_ODD = re.compile(r"([-+: \d]*)([^-+: \dA-Za-z])")
_ERA = re.compile(r"(.*[\d\s])(B|A)(?:(?<=[Bb])C|(?<=[Aa])D)\s*", re.DOTALL | re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$")


def _era(text: str) -> tuple[str, bool]:
    """Return a moment's text without the era at its end, and whether that is before Christ."""
    match = _ERA.fullmatch(text)
    return (match[1], match[2] in "Bb") if match else (text, False)


def _date(text: str, name: str, shown: str, early: bool) -> tuple[int, int]:
    """Return the days and where the date ends in the text."""
    match = _DATE.match(text)
    if match is None:
        long = re.match(r"\s*(\d{20,})", text)
        if long is not None and int(long[1]) >= 2**64:
            number = "number too large to fit in target type"
            raise invalid(name, shown, f"Unable to parse value as a number at index {long.end()}: {number}")
        raise invalid(name, shown, "YEAR, MONTH, DAY are all required")
    if match[1] is not None and len(match[1].lstrip("+-")) > 5:
        why = "expected_dur_like_tokens can only be called with HOUR, MINUTE, SECOND; got YEAR"
        raise invalid(name, shown, why)
    year, month, day = (int(part) for part in match.groups() if part is not None)
    if early:
        year = 1 - year
    if not 1 <= month <= 12 and match[4] is None and day <= 31:
        raise invalid(name, shown, f"MONTH must be [1, 12], got {month}")
    if not 1 <= day <= 31:
        raise invalid(name, shown, f"DAY must be [1, 31], got {day}")
    if not 1 <= month <= 12:
        raise invalid(name, shown, f"MONTH must be [1, 12], got {month}")
    days, first = days_of(year, month, day), FIRST_DAY if name == "date" else FIRST // DAY
    if day > _month_length(year, month) or not first <= days <= LAST_DAY:
        raise invalid(name, shown, _OUT_OF_RANGE)
    return days, match.end()


def _clock(shown: str, name: str, match: re.Match[str]) -> int:
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    for field, found, most in (("HOUR", hour, 23), ("MINUTE", minute, 59), ("SECOND", second, 60)):
        if found > most:
            raise invalid(name, shown, f"{field} must be [0, {most}], got {found}")
    micros = int((match[4] or "").ljust(7, "0")[:7] or 0)
    return hour * HOUR + minute * MINUTE + second * SECOND + (micros + 5) // 10


_ABBREVIATIONS = {
    "cet": 1, "cest": 2, "eet": 2, "eest": 3, "wet": 0, "west": 1, "bst": 1, "msk": 3, "est": -5, "edt": -4, "cst": -6,
    "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9,
}  # fmt: skip


@lru_cache(maxsize=512)
def zone(name: str) -> zoneinfo.ZoneInfo | int:
    """Return a named time zone, or the microseconds east of UTC of an offset.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    match = _OFFSET.match(name.strip())
    if match is not None:
        hours, minutes, seconds = int(match[2]), int(match[3] or 0), int(match[4] or 0)
        if hours > 15 or minutes > 59 or seconds > 59:
            raise KeyError(name)
        micros = hours * HOUR + minutes * MINUTE + seconds * SECOND
        return -micros if match[1] == "-" else micros
    if name.strip().lower() in ("utc", "z", "zulu", "gmt"):
        return 0
    abbreviated = _ABBREVIATIONS.get(name.strip().lower())
    if abbreviated is not None:
        return abbreviated * HOUR
    known = zone_names().get(name.strip().lower())
    if known is None:
        raise KeyError(name)
    return zoneinfo.ZoneInfo(known)


@lru_cache(maxsize=1)
def zone_names() -> dict[str, str]:
    """Return the names of time zones by how they are written in small letters."""
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def utc_offset(where: zoneinfo.ZoneInfo | int, micros: int, *, local: bool) -> int:
    """Return how far a zone is east of UTC at a time of UTC, or at a local time."""
    if isinstance(where, int):
        return where
    seconds = micros // SECOND
    year = date_of(micros // DAY)[0]
    if not 2 <= year <= 9998:
        seconds += days_of(2 if year < 2 else 9998, 1, 1) * 86_400 - days_of(year, 1, 1) * 86_400
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    aware = moment.replace(tzinfo=where if local else dt.UTC, fold=1)
    offset = aware.utcoffset() if local else aware.astimezone(where).utcoffset()
    assert offset is not None
    return round(offset.total_seconds()) * SECOND


def read_date(text: str) -> int:
    """Read a date."""
    if text.strip().lower() == "epoch":
        return 0
    body, early = _era(_body(text, "date"))
    days, end = _date(body, "date", text, early)
    _rest(body[end:], "date", text)
    return days


def read_timestamp(text: str) -> int:
    """Read a timestamp; a zone behind it is ignored."""
    if text.strip().lower() == "epoch":
        return 0
    body, early = _era(_body(text, "timestamp"))
    days, end = _date(body, "timestamp", text, early)
    micros, _ = _rest(body[end:], "timestamp", text)
    return days * DAY + micros


def read_timestamptz(text: str) -> int:
    """Read a timestamp with a zone, UTC if there is none."""
    name = "timestamp with time zone"
    if text.strip().lower() == "epoch":
        return 0
    body, early = _era(_body(text, name))
    days, end = _date(body, name, text, early)
    micros, where = _rest(body[end:], name, text)
    found = days * DAY + micros
    offset = utc_offset(where, found, local=True)
    if isinstance(where, zoneinfo.ZoneInfo) and utc_offset(where, found - offset, local=False) != offset:
        found += HOUR  # a local time that the clocks skipped is read an hour later
    if not FIRST <= found - offset <= LAST:
        raise invalid(name, text, _OUT_OF_RANGE)
    return found - offset


def _body(text: str, name: str) -> str:
    """Return a moment's text without the punctuation around it, which counts as space."""
    match = _AROUND.fullmatch(text)
    if match is None or not (match[1] or match[3]):
        return text
    if match[3] and re.search(r"(?<![:\d])\d{1,6}:\d{1,6}$", match[2]):
        raise invalid(name, text, "Invalid syntax at offset 3: provided Delim but expected Colon")
    zoned = re.search(r":[^-+ A-Za-z]*[-+ A-Za-z]", match[2]) is not None
    return match[2] + match[3] if zoned else match[2]


def _rest(rest: str, name: str, shown: str) -> tuple[int, zoneinfo.ZoneInfo | int]:
    rest = rest.strip()
    if not rest:
        return 0, 0
    micros = 0
    body = rest[1:].lstrip() if rest[:1] in "Tt" and _CLOCK.match(rest[1:].lstrip()) else rest
    match = _CLOCK.match(body)
    if match is not None:
        micros = _clock(shown, name, match)
        body = body[match.end() :].strip()
    if not body:
        return micros, 0
    if re.fullmatch(r"[,.]?\d+", body):
        raise invalid(name, shown, f"have unprocessed tokens {body.lstrip(',.')}")
    odd = _ODD.match(body)
    if odd is not None:
        why = f"Error tokenizing timezone string ('{body}'): invalid character '{odd[2]}' at offset {len(odd[1])}"
        raise invalid(name, shown, why)
    try:
        return micros, zone(body)
    except KeyError:
        what = f"Invalid timezone string ({body}): '{body}' is not a valid timezone"
        why = f"{what}. Failed to parse {body} at token index 0"
        raise invalid(name, shown, why) from None


def read_time(text: str) -> int:
    """Read a time of day."""
    body = text.strip()
    match = _CLOCK.fullmatch(body)
    if match is None:
        if re.fullmatch(r"\d+", body):
            raise invalid("time", text, f"have unprocessed tokens {body}")
        match = re.fullmatch(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?\s*(am|pm)", body, re.IGNORECASE)
        if match is None:
            raise invalid("time", text, f"unknown units {body}")
        raise invalid("time", text, f"unknown units {match[5]}")
    return _clock(text, "time", match)


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
