"""Moments as text: to_char and its patterns."""

from __future__ import annotations

import re

from mzwidget.local.dialect.functions.fields import century, iso_week
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.formats import moments
from mzwidget.local.formats.moments import DAY, HOUR, MINUTE, SECOND

FUNCTIONS: list[Overload] = []


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
    iso_year, week = iso_week(days)
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
            return number(week, 2)
        case "CC":
            return number(century(year, 100), 2)
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
            return "+00"
        case "TZM":
            return "00"
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
