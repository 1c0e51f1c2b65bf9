"""Intervals as text: read and printed."""

from __future__ import annotations

import itertools
import math
import re
from decimal import Decimal

from mzwidget.local.errors import SqlError, invalid
from mzwidget.local.formats.moments import DAY, HOUR, MINUTE, SECOND, Interval, show_clock

_UNIT_WORDS = {
    "millennium": ("millennium mil mils millennia millenniums", 12_000, 0, 0),
    "century": ("c cent century centuries", 1200, 0, 0),
    "decade": ("decade decs dec decades", 120, 0, 0), "year": ("y yr yrs year years", 12, 0, 0),
    "month": ("mon mons month months", 1, 0, 0), "day": ("d day days", 0, 1, 0),
    "hour": ("h hr hrs hour hours", 0, 0, HOUR),
    "minute": ("m min mins minute minutes", 0, 0, MINUTE), "second": ("s sec secs second seconds", 0, 0, SECOND),
    "milliseconds": ("ms msec msecs msecond mseconds millisecond milliseconds", 0, 0, 1000),
    "microseconds": ("us usec usecs usecond useconds microsecond microseconds", 0, 0, 1),
}  # fmt: skip
_UNITS: dict[str, tuple[str, int, int, int]] = {
    word: (field, months, days, micros)
    for field, (words, months, days, micros) in _UNIT_WORDS.items()
    for word in words.split()
}
_PART = re.compile(
    r"\s*(?:(?P<sign>[+-])?(?P<h>\d*):(?P<m>\d*)(?P<third>:(?P<s>\d*))?(?:\.(?P<f>\d*))?(?![\d.:])"
    r"|(?P<years>[+-]?\d+)-(?P<months>\d*)(?![\w.:-])"
    r"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?![\d:+-])\s*(?P<unit>[A-Za-z]+)?|(?P<word>[A-Za-z]+))"
)
_LEADING_COLONS = re.compile(r"(?<!\S):+")
_PUNCTUATION = re.compile(r"[!-*,/;-@\[-`{-~]")
_NANO = Decimal("1e-9")
_FORMAT = (
    "Cannot determine format of all parts. Add explicit time components, e.g. INTERVAL '1 day' or INTERVAL '1' DAY"
)


_FIELDS = ("year", "month", "day", "hour", "minute", "second")


def read_interval_between(text: str, first: str, last: str) -> Interval:
    """Read an interval as ``INTERVAL 'text' first TO last`` means it: of other fields nothing remains."""
    if not first:
        return read_interval(text)
    if last and _FIELDS.index(first) >= _FIELDS.index(last):
        high, low = first.upper(), last.upper()
        raise SqlError(
            f"Invalid field range in INTERVAL '{text}' {high} TO {low}; the value in the position of {high} should be"
            f" more significant than {low}.",
            "42601",
        )
    if first == "minute" and last:
        text = re.sub(r"^(\s*[+-]?)(\d+:\d+(?:\.\d*)?\s*)$", r"\g<1>00:\2", text)
    months, days, micros = read_interval(text, "" if last else first)
    least, most = (_FIELDS.index(field) for field in (last or first, first if last else "year"))
    if least < 1:
        months = int(months / 12) * 12
    if most > 0:
        months = int(math.fmod(months, 12)) if most == 1 else 0
    if least < 2 or most > 2:
        days = 0
    size = {3: HOUR, 4: MINUTE, 5: 1}.get(least)
    micros = int(micros / size) * size if size is not None else 0
    if most > 3:
        micros = int(math.fmod(micros, HOUR if most == 4 else MINUTE))
    return months, days, micros


def rounded(value: Interval, digits: int) -> Interval:
    """Return an interval with so many digits of its second."""
    if digits > 6:
        raise SqlError(f"SECOND precision must be (0, 6), have SECOND({digits})")
    months, days, micros = value
    unit = 10 ** (6 - digits)
    rest = int(math.fmod(micros, unit))
    return months, days, micros - rest + (unit if 2 * rest >= unit > 1 else 0)


class _Reading:
    """An interval while it is read, part by part; each field is set but once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._months = self._days = self._micros = 0
        self._seen: set[str] = set()
        self._has_split_second = False

    def invalid(self, why: str) -> SqlError:
        return invalid("interval", self._text, why)

    def parts(self) -> list[re.Match[str]]:
        at, body = 0, _LEADING_COLONS.sub("", _PUNCTUATION.sub(" ", self._text).strip())
        parts = []
        while at < len(body):
            match = _PART.match(body, at)
            if match is None or match.end() == at:
                raise self.invalid(_FORMAT)
            at = match.end()
            parts.append(match)
        return parts

    def add_clock(self, part: re.Match[str]) -> None:
        self._set_group("HOUR, MINUTE, SECOND")
        hours, minutes, seconds = (int(part[group] or 0) for group in "hms")
        if part["f"] is not None and part["m"] and part["third"] is None:
            hours, minutes, seconds = 0, hours, minutes
        for field, count, most in (("MINUTE", minutes, 59), ("SECOND", seconds, 60)):
            if count > most:
                raise self.invalid(f"{field} must be [-{most}, {most}], got {count}")
        clock = hours * HOUR + minutes * MINUTE + seconds * SECOND
        clock += _whole_micros(Decimal("0." + (part["f"] or "0")) * SECOND)
        self._micros += -clock if part["sign"] == "-" else clock

    def add_years(self, part: re.Match[str]) -> None:
        self._set_group("YEAR or MONTH")
        months = int(part["months"] or 0)
        if months > 12:
            raise self.invalid(f"MONTH must be [-12, 12], got {months}")
        self._months += int(part["years"]) * 12 + (-months if part["years"].startswith("-") else months)

    def add(self, amount: Decimal, unit: str) -> None:
        if unit.lower() in ("week", "weeks", "w", "quarter", "quarters", "q"):
            raise self.invalid(_FORMAT)
        known = _UNITS.get(unit.lower())
        if known is None:
            raise self.invalid(f"unknown units {unit}")
        field, per_month, per_day, per_micro = known
        if field in self._seen:
            raise self.invalid(f"{field.upper()} field set twice")
        if field in ("milliseconds", "microseconds") and self._has_split_second:
            why = "Cannot set MILLISECONDS or MICROSECONDS field if SECOND field has a fraction component"
            raise self.invalid(why)
        self._seen.add(field)
        amount = amount.quantize(_NANO, "ROUND_DOWN") if amount != amount.to_integral_value() else amount
        self._has_split_second |= field == "second" and amount != int(amount)
        if per_month:
            total = amount * per_month
            whole = int(total)
            self._months += whole
            rest = (total - whole) * 30 if per_month == 1 else Decimal(0)
            self._days += int(rest)
            self._micros += _whole_micros((rest - int(rest)) * DAY)
        elif per_day:
            whole = int(amount)
            self._days += whole
            self._micros += _whole_micros((amount - whole) * DAY)
        else:
            self._micros += _whole_micros(amount * per_micro)

    def total(self) -> Interval:
        for count, field in ((self._months, "months"), (self._days, "days")):
            if not -(2**31) <= count < 2**31:
                limit = "cannot exceed 2147483647/-2147483648"
                raise self.invalid(f"Overflows maximum {field}; {limit} {field}")
        if not -(2**63) <= self._micros < 2**63:
            raise self.invalid(
                "Overflows maximum microseconds; cannot exceed 9223372036854775807/-9223372036854775808 microseconds"
            )
        return self._months, self._days, self._micros

    def _set_group(self, fields: str) -> None:
        names = set(re.findall(r"[a-z]{4,}", fields.lower()))
        if names & self._seen:
            raise self.invalid(f"{fields} field set twice")
        self._seen |= names


def _whole_micros(count: Decimal) -> int:
    return int(count.to_integral_value("ROUND_HALF_UP"))


def read_interval(text: str, unit: str = "") -> Interval:
    """Read an interval; a number without a unit counts ``unit``, seconds if there is none."""
    reading = _Reading(text)
    parts = reading.parts()
    for part, following in itertools.zip_longest(parts, parts[1:]):
        if part["word"]:
            if part["word"].lower() not in _UNITS:
                raise reading.invalid(f"unknown units {part['word']}")
        elif part["h"] is not None:
            reading.add_clock(part)
        elif part["years"] is not None:
            reading.add_years(part)
        elif part["unit"]:
            reading.add(Decimal(part["number"]), part["unit"])
        else:
            if following is not None and following["h"] is None:
                raise reading.invalid(_FORMAT)
            reading.add(Decimal(part["number"]), "day" if following is not None else unit or "second")
    return reading.total()


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
