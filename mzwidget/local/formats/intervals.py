"""Intervals as text: read and printed."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.moments import DAY, HOUR, MINUTE, SECOND, Interval, show_clock
from mzwidget.local.formats.moments import wrong as _invalid

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
    r"\s*(?:(?P<sign>[+-])?(?P<h>\d+):(?P<m>\d+)(?::(?P<s>\d+)(?:\.(?P<f>\d*))?)?(?![\w.:])"
    r"|(?P<years>[+-]?\d+)-(?P<months>\d+)(?![\w.:-])"
    r"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[A-Za-z]+)?|(?P<word>[A-Za-z]+))"
)
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


def read_interval(text: str, unit: str = "") -> Interval:
    """Read an interval; a number without a unit counts ``unit``, seconds if there is none."""

    def invalid(why: str) -> SqlError:
        return _invalid("interval", text, why)

    months, days, micros = Decimal(0), Decimal(0), Decimal(0)
    seen: set[str] = set()

    def once(field: str) -> None:
        if field in seen:
            raise invalid(f"{field.upper()} field set twice")
        seen.add(field)

    at, body = 0, text.strip().removeprefix("@")
    if not body:
        return 0, 0, 0
    parts = []
    while at < len(body):
        match = _PART.match(body, at)
        if match is None or match.end() == at:
            if body[at:].strip(" ,") == "":
                break
            raise invalid(_FORMAT)
        at = match.end()
        parts.append(match)
    bare = [match for match in parts if match["number"] and not match["unit"]]
    for index, match in enumerate(parts):
        if match["word"] and match["word"].lower() in _UNITS:
            continue
        if match["word"]:
            raise invalid(f"unknown units {match['word']}")
        if match["h"] is not None:
            for field in ("hour", "minute", "second"):
                once(field)
            if int(match["m"]) > 59 or int(match["s"] or 0) > 59:
                field, most = ("MINUTE", match["m"]) if int(match["m"]) > 59 else ("SECOND", match["s"])
                raise invalid(f"{field} must be (-60, 60), got {most}")
            clock = Decimal(int(match["h"]) * HOUR + int(match["m"]) * MINUTE + int(match["s"] or 0) * SECOND)
            clock += Decimal("0." + (match["f"] or "0")) * SECOND
            negative = match["sign"] == "-"
            micros += -clock if negative else clock
        elif match["years"] is not None:
            once("year")
            once("month")
            years = int(match["years"])
            months += years * 12 + (-int(match["months"]) if match["years"].startswith("-") else int(match["months"]))
        else:
            amount = Decimal(match["number"])
            name = match["unit"]
            if not name:
                clocked = index + 1 < len(parts) and parts[index + 1]["h"] is not None
                if len(bare) > 1 or (len(parts) > 1 and not clocked):
                    raise invalid(_FORMAT)
                name = "day" if clocked else unit or "second"
            if name.lower() in ("week", "weeks", "w", "quarter", "quarters", "q"):
                raise invalid(_FORMAT)
            known = _UNITS.get(name.lower())
            if known is None:
                raise invalid(f"unknown units {name}")
            field, per_month, per_day, per_micro = known
            once(field)
            if per_month:
                total = amount * per_month
                whole = int(total)
                months += whole
                rest = (total - whole) * 30 if per_month == 1 else Decimal(0)
                days += int(rest)
                micros += (rest - int(rest)) * DAY
            elif per_day:
                whole = int(amount)
                days += whole
                micros += (amount - whole) * DAY
            else:
                micros += amount * per_micro
    for total, field in ((months, "months"), (days, "days")):
        if not -(2**31) <= total < 2**31:
            limit = "cannot exceed 2147483647/-2147483648"
            raise invalid(f"Overflows maximum {field}; {limit} {field}")
    if not -(2**63) <= micros < 2**63:
        raise invalid(
            "Overflows maximum microseconds; cannot exceed 9223372036854775807/-9223372036854775808 microseconds"
        )
    return int(months), int(days), int(micros.to_integral_value("ROUND_HALF_UP"))


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
        sign = "-" if micros < 0 else "+" if months < 0 or days < 0 else ""
        words.append(f"{sign}{show_clock(abs(micros))}")
    return " ".join(words)


def _counted(count: int, unit: str, sign: str) -> str:
    return f"{count} {unit}{'' if count == 1 and sign != '-' else 's'}"
