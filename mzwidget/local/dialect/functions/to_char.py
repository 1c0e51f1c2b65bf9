"""Moments as text: to_char and its patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

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
_ANY_CASE = """
AD A.D. AM A.M. BC B.C. CC D DAY DD DDD DY FM FX HH HH12 HH24 I ID IDDD IW IY IYY IYYY J MI MM MON MONTH MS PM P.M. Q RM
SS SSSS SSSSS TH TZ US W WW Y Y,YYY YY YYY YYYY
""".split()  # noqa: SIM905
_PATTERNS = (
    *_ANY_CASE, *map(str.lower, _ANY_CASE), "Day", "Dy", "Month", "Mon", "OF", "TZH", "TZM", '"', '\\"',
)  # fmt: skip
_PATTERN = re.compile("|".join(re.escape(pattern) for pattern in sorted(_PATTERNS, key=len, reverse=True)))
_SILENT = ("FM", "FX", "TH", '\\"')
"""What is never written itself; an escaped quote is, between quotes."""


def _ordinal(number: int, form: str) -> str:
    last = 0 if number < 0 or 10 <= number % 100 <= 19 else number % 10
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return suffix.upper() if form == "TH" else suffix


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment taken apart: days since 1970, microseconds of the day, and the date."""

    days: int
    clock: int
    year: int
    month: int
    day: int
    zone: str

    @classmethod
    def of(cls, micros: int, zone: str) -> _Moment:
        days, clock = divmod(micros, DAY)
        return cls(days, clock, *moments.date_of(days), zone)

    @property
    def shown_year(self) -> int:
        """The year of its era."""
        return 1 - self.year if self.year <= 0 else self.year

    @property
    def iso_year(self) -> int:
        return iso_week(self.days)[0]

    @property
    def shown_iso_year(self) -> int:
        return 1 - self.iso_year if self.iso_year <= 0 else self.iso_year

    @property
    def day_of_year(self) -> int:
        return self.days - moments.days_of(self.year, 1, 1) + 1

    @property
    def day_of_iso_year(self) -> int:
        fourth = moments.days_of(self.iso_year, 1, 4)
        return self.days - (fourth - (fourth + 3) % 7) + 1

    @property
    def weekday(self) -> int:
        """Days since Monday."""
        return (self.days + 3) % 7

    @property
    def half(self) -> str:
        return "AM" if self.clock < 12 * HOUR else "PM"

    @property
    def era(self) -> str:
        return "BC" if self.year <= 0 else "AD"


_NUMBERS: dict[str, tuple[int, Callable[[_Moment], int]]] = {
    "HH": (2, lambda of: (of.clock // HOUR + 11) % 12 + 1),
    "HH12": (2, lambda of: (of.clock // HOUR + 11) % 12 + 1),
    "HH24": (2, lambda of: of.clock // HOUR),
    "MI": (2, lambda of: of.clock % HOUR // MINUTE),
    "SS": (2, lambda of: of.clock % MINUTE // SECOND),
    "MS": (3, lambda of: of.clock % SECOND // 1000),
    "US": (6, lambda of: of.clock % SECOND),
    "SSSS": (0, lambda of: of.clock // SECOND),
    "SSSSS": (0, lambda of: of.clock // SECOND),
    "YYYY": (4, lambda of: of.shown_year),
    "YYY": (3, lambda of: of.shown_year % 1000),
    "YY": (2, lambda of: of.shown_year % 100),
    "Y": (0, lambda of: of.shown_year % 10),
    "IYYY": (4, lambda of: of.shown_iso_year),
    "IYY": (3, lambda of: of.shown_iso_year % 1000),
    "IY": (2, lambda of: of.shown_iso_year % 100),
    "I": (0, lambda of: of.shown_iso_year % 10),
    "MM": (2, lambda of: of.month),
    "DDD": (3, lambda of: of.day_of_year),
    "IDDD": (3, lambda of: of.day_of_iso_year),
    "DD": (2, lambda of: of.day),
    "D": (0, lambda of: (of.weekday + 1) % 7 + 1),
    "ID": (0, lambda of: of.weekday + 1),
    "W": (0, lambda of: (of.day - 1) // 7 + 1),
    "WW": (2, lambda of: (of.day_of_year - 1) // 7 + 1),
    "IW": (2, lambda of: iso_week(of.days)[1]),
    "CC": (2, lambda of: century(of.year, 100)),
    "J": (0, lambda of: of.days + 2_440_588),
    "Q": (0, lambda of: (of.month + 2) // 3),
}
"""Digits at the least, and what is counted."""

_WORDS: dict[str, tuple[int, Callable[[_Moment], str]]] = {
    **dict.fromkeys(("AM", "PM"), (0, lambda of: of.half)),
    **dict.fromkeys(("A.M.", "P.M."), (0, lambda of: f"{of.half[0]}.M.")),
    **dict.fromkeys(("BC", "AD"), (0, lambda of: of.era)),
    **dict.fromkeys(("B.C.", "A.D."), (0, lambda of: f"{of.era[0]}.{of.era[1]}.")),
    "MONTH": (9, lambda of: _MONTHS[of.month - 1]),
    "MON": (0, lambda of: _MONTHS[of.month - 1][:3]),
    "DAY": (9, lambda of: _DAYS[of.weekday]),
    "DY": (0, lambda of: _DAYS[of.weekday][:3]),
    "RM": (4, lambda of: _ROMAN[of.month - 1]),
    "TZ": (0, lambda of: of.zone),
    "TZH": (0, lambda _: "+00"),
    "TZM": (0, lambda _: "00"),
    "OF": (0, lambda _: "+00"),
}
"""Letters at the least, and the word, which is written as its field is."""


def _field(name: str, of: _Moment, *, fill: bool, ordinal: str) -> str:
    if name.upper() == "Y,YYY":
        number, shown = of.shown_year, f"{of.shown_year // 1000},{of.shown_year % 1000:03d}"
    elif name.upper() in _NUMBERS:
        digits, count = _NUMBERS[name.upper()]
        number = count(of)
        shown = f"{number:0{digits + (number < 0) if fill else 0}d}"
    else:
        letters, word = _WORDS[name.upper()]
        return _cased(word(of).ljust(letters if fill else 0), name)
    return shown + (_ordinal(number, ordinal) if ordinal else "")


def _cased(text: str, name: str) -> str:
    if name.isupper():
        return text.upper()
    return text.lower() if name.islower() else text


def _to_char(micros: int, form: str, zone: str = "") -> str:
    """Write what the patterns stand for; between quotes they stand for themselves, and a backslash for nothing."""
    moment = _Moment.of(micros, zone)
    out, at, is_quoted = [], 0, False
    found = [*_PATTERN.finditer(form)]
    for before, match, after in zip([None, *found], found, [*found[1:], None], strict=False):
        between, name = form[at : match.start()], match[0]
        out.append(between.replace("\\", "") if is_quoted else between)
        at = match.end()
        if name == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            out.append(name.removeprefix("\\"))
        elif name.upper() not in _SILENT:
            plain = before is not None and before.end() == match.start() and before[0].upper() == "FM"
            ordinal = after[0] if after is not None and after.start() == at and after[0].upper() == "TH" else ""
            out.append(_field(name, moment, fill=not plain, ordinal=ordinal))
    return "".join(out) + form[at:]


def _to_char_plain(micros: int, form: str) -> str:
    return _to_char(micros, form, "")


FUNCTIONS += [
    line("to_char", "timestamp, text -> text", python=_to_char_plain),
    line("to_char", "timestamptz, text -> text", python=lambda micros, form: _to_char(micros, form, "UTC")),
]
