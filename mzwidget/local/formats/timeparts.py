"""Texts of dates, times and intervals, taken apart as Materialize does: into tokens, and tokens into fields.

Of each kind of text there are a few patterns of tokens. What a pattern has and the text has not is left out; so a text
that is odd may still be read, or is refused for what is left over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from mzwidget.local.errors import MalformedError

_UNIT_WORDS = {
    "millennium": "millennium mil mils millennia millenniums", "century": "c cent century centuries",
    "decade": "decade decs dec decades", "year": "y yr yrs year years", "month": "mon mons month months",
    "day": "d day days", "hour": "h hr hrs hour hours", "minute": "m min mins minute minutes",
    "second": "s sec secs second seconds",
    "milliseconds": "ms msec msecs msecond mseconds millisecon millisecons millisecond milliseconds",
    "microseconds": "us usec usecs usecond useconds microsecon microsecons microsecond microseconds",
}  # fmt: skip
FIELD_OF = {word: field for field, words in _UNIT_WORDS.items() for word in words.split()}
"""What an interval counts, and may be cut to, by its words."""
_OTHER_UNITS = {
    "w": "week", "week": "week", "weeks": "week", "q": "quarter", "qtr": "quarter", "quarter": "quarter",
    "quarters": "quarter", "epoch": "epoch", "dow": "dow", "doy": "doy", "isodow": "isodow", "isodoy": "isodoy",
    "timezone": "timezone",
}  # fmt: skip
"""Units that nothing counts in here."""
FIELDS = tuple(_UNIT_WORDS)
_CLOCK_FIELDS = ("hour", "minute", "second")
_SHOWN = {"-": "Dash", "+": "Plus", ":": "Colon", ".": "Dot", " ": "Delim", "T": "DateTimeDelimiter"}
_NANO_DIGITS = 9
_LAST_NUMBER = 2**64 - 1
UNCLEAR = "Cannot determine format of all parts"
_UNCLEAR_INTERVAL = f"{UNCLEAR}. Add explicit time components, e.g. INTERVAL '1 day' or INTERVAL '1' DAY"


@dataclass(frozen=True, slots=True)
class Token:
    """A mark (``kind`` is the mark; a blank stands for any other), a number, its fraction in nanoseconds, or a unit."""

    kind: str
    value: int = 0
    unit: str = ""
    digits: int = 0

    @property
    def text(self) -> str:
        """What is said of a token that is left over."""
        match self.kind:
            case "number":
                return f"{self.value:0{self.digits - 1}d}"
            case "fraction":
                return str(self.value)
            case "unit":
                return self.unit.capitalize()
            case "other unit":
                return self.unit
        return self.kind

    @property
    def shown(self) -> str:
        """What is said of a token in the wrong place."""
        match self.kind:
            case "number":
                return f"Num({self.value}, {self.digits})"
            case "fraction":
                return f"Nanos({self.value})"
            case "unit":
                return f"TimeUnit({self.unit.capitalize()})"
            case "other unit":
                return f"DateTimeUnit({self.unit.capitalize()})"
        return _SHOWN[self.kind]


Tokens = deque[Token]
Fields = dict[str, tuple[int, int]]
"""Of each field that a text has, the whole count and nanoths of it."""


def _pattern(text: str) -> tuple[Token, ...]:
    kinds = {"0": Token("number", 0, digits=1), "f": Token("fraction"), "u": Token("unit", unit="year")}
    return tuple(kinds.get(mark) or Token(mark) for mark in text)


_DATES = tuple(map(_pattern, ("0-0-0", "0 0-0", "0 0 0")))
_CLOCKS = {"hour": _pattern("0:0:0.f"), "minute": _pattern("0:0.f"), "second": _pattern("0.f")}
_YEARS = _pattern("0-0 ")
_COUNT = _pattern("0.fu")


def tokenize(text: str) -> Tokens:
    """Take a text apart; marks before the first word or number do not count."""
    tokens: Tokens = deque()
    at, is_fraction = 0, False
    while at < len(text):
        mark, end = text[at], at + 1
        if "0" <= mark <= "9":
            while end < len(text) and "0" <= text[end] <= "9":
                end += 1
            tokens.append(_number(text[at:end], end, is_fraction=is_fraction))
            is_fraction = False
        elif mark.isascii() and mark.isalpha():
            while end < len(text) and text[end].isascii() and text[end].isalpha():
                end += 1
            tokens.append(_word(text[at:end]))
            is_fraction = False
        elif mark in "+-:.":
            tokens.append(Token(mark))
            is_fraction = mark == "."
        elif mark in " \t\n\f\r" or (mark.isascii() and mark.isprintable()):
            tokens.append(Token(" "))
            is_fraction = False
        else:
            shown = mark if mark.isprintable() else f"\\u{{{ord(mark):x}}}"
            raise MalformedError(f"Invalid character at offset {at} in {text}: '{shown}'")
        at = end
    _skip_marks(tokens)
    return tokens


def _number(digits: str, end: int, *, is_fraction: bool) -> Token:
    if is_fraction:
        return Token("fraction", int(digits[:_NANO_DIGITS].ljust(_NANO_DIGITS, "0")))
    if len(digits) > 20 or int(digits) > _LAST_NUMBER:
        why = "number too large to fit in target type"
        raise MalformedError(f"Unable to parse value as a number at index {end}: {why}")
    return Token("number", int(digits), digits=len(digits))


def _word(word: str) -> Token:
    if word in ("T", "t"):
        return Token("T")
    known = word.lower()
    if known in FIELD_OF:
        return Token("unit", unit=FIELD_OF[known])
    if known in _OTHER_UNITS:
        return Token("other unit", unit=_OTHER_UNITS[known])
    raise MalformedError(f"unknown units {word}")


def _skip_marks(tokens: Tokens) -> None:
    while tokens and tokens[0].kind in (":", " "):
        tokens.popleft()


def _sign(tokens: Tokens) -> int:
    if tokens and tokens[0].kind in ("+", "-"):
        return -1 if tokens.popleft().kind == "-" else 1
    return 1


def _set(fields: Fields, field: str, count: tuple[int, int] | None) -> None:
    if count is None:
        return
    if field in fields:
        raise MalformedError(f"{field.upper()} field set twice")
    split = count[1] if field == "second" else fields.get("second", (0, 0))[1]
    parts = {"second", "milliseconds", "microseconds"} & {field, *fields}
    if split and field in parts and len(parts) > 1:
        raise MalformedError("Cannot set MILLISECONDS or MICROSECONDS field if SECOND field has a fraction component")
    fields[field] = count


def _fill(fields: Fields, tokens: Tokens, pattern: Iterable[Token], field: str, sign: int = 1) -> None:
    """Take from the front of the tokens what the pattern has, the first number into ``field``, others into smaller."""
    wanted = deque(pattern)
    count: tuple[int, int] | None = None
    offset = 0
    while tokens and wanted:
        token, kind = tokens[0], wanted[0].kind
        if kind == token.kind and kind in ("-", ":", " "):
            _set(fields, field, count)
            count, field = None, FIELDS[FIELDS.index(field) + 1]
            while kind == " " and len(tokens) > 1 and tokens[1].kind == " ":
                tokens.popleft()
        elif kind == "unit" == token.kind:
            if count is not None and token.unit != field:
                provided, expected = f"TimeUnit({token.unit.upper()})", f"TimeUnit({field.upper()})"
                raise MalformedError(f"Invalid syntax at offset {offset}: provided {provided} but expected {expected}")
        elif kind == "unit" and token.kind == "other unit":
            raise MalformedError(f"unsupported unit {token.unit}")
        elif kind == "number" == token.kind:
            count = (token.value * sign, 0)
        elif kind == "fraction" == token.kind:
            count = (count[0] if count is not None else 0, token.value * sign)
        elif kind == "fraction" and token.kind == "number":
            nanos = int(str(token.value)[:_NANO_DIGITS].ljust(_NANO_DIGITS, "0"))
            count = (count[0] if count is not None else 0, nanos * sign)
        elif kind != token.kind:
            if kind not in ("number", ".", "fraction", " "):
                provided, expected = token.shown, wanted[0].shown
                raise MalformedError(f"Invalid syntax at offset {offset}: provided {provided} but expected {expected}")
            wanted.popleft()
            continue
        offset += 1
        tokens.popleft()
        wanted.popleft()
    _skip_marks(tokens)
    _set(fields, field, count)


def _first_field(part: Iterable[Token], leading: str) -> tuple[str, bool] | None:
    """Return the field of a part's first number and whether others follow by their places; None where that is open.

    ``leading`` is what the first of two numbers counts that a colon parts.
    """
    tokens = deque(part)
    _sign(tokens)
    kinds = [token.kind for token in tokens]
    at = 1 if kinds[:1] == ["number"] else 0
    match kinds[at : at + 1]:
        case [] | [" "] | ["other unit"]:
            return None
        case ["."]:
            at += 2 if kinds[at + 1 : at + 2] in (["number"], ["fraction"]) else 1
            return (tokens[at].unit, False) if kinds[at : at + 1] == ["unit"] else None
        case ["-"]:
            return "year", True
        case ["unit"]:
            return tokens[at].unit, False
        case [":"]:
            at += 2 if kinds[at + 1 : at + 2] == ["number"] else 1
            match kinds[at : at + 1]:
                case [":"] | [" "]:
                    return "hour", True
                case ["."]:
                    return "minute", True
                case []:
                    return leading, True
    raise MalformedError(UNCLEAR)


# ---------------------------------------------------------------------------------------------------- moments


def _fill_clock(fields: Fields, tokens: Tokens) -> None:
    found = _first_field(tokens, "hour")
    if found is None or not found[1]:
        return
    field = found[0]
    if field not in _CLOCKS:
        raise MalformedError(
            f"expected_dur_like_tokens can only be called with HOUR, MINUTE, SECOND; got {field.upper()}"
        )
    _fill(fields, tokens, _CLOCKS[field], field)


def _fill_date(fields: Fields, tokens: Tokens) -> None:
    if tokens and tokens[0].kind == "number" and 6 <= tokens[0].digits <= 8:
        whole = tokens.popleft()
        year, month, day = whole.value // 10_000, whole.value // 100 % 100, whole.value % 100
        if whole.digits == 6:
            year += 2000 if year < 70 else 1900
        fields.update({"year": (year, 0), "month": (month, 0), "day": (day, 0)})
        if tokens and tokens[0].kind == " ":
            _skip_marks(tokens)
        return
    for pattern in _DATES:
        read, rest = Fields(), tokens.copy()
        try:
            _fill(read, rest, pattern, "year")
        except MalformedError:
            continue
        fields.update(read)
        tokens.clear()
        tokens.extend(rest)
        return
    raise MalformedError("does not match any format for date component")


def _finished(fields: Fields, tokens: Tokens) -> Fields:
    """Return the fields of a moment, if they are within bounds and nothing is left over."""
    if fields.get("year", (1, 0))[0] == 0:
        raise MalformedError("YEAR cannot be zero")
    bounds = (("month", 1, 12), ("day", 1, 31), ("hour", 0, 23), ("minute", 0, 59), ("second", 0, 60))
    for field, least, most in bounds:
        if field in fields and not least <= (count := fields[field][0]) <= most:
            raise MalformedError(f"{field.upper()} must be [{least}, {most}], got {count}")
    second, nanos = fields.get("second", (0, 0))
    if second == 60 and nanos:
        raise MalformedError(f"NANOSECOND must be [0, 1_000_000_000], got {10**_NANO_DIGITS + nanos}")
    _all_used(tokens)
    return fields


def _all_used(tokens: Tokens) -> None:
    if tokens:
        raise MalformedError(f"have unprocessed tokens {''.join(token.text for token in tokens).rstrip()}")


def moment_fields(text: str) -> Fields:
    """Return the fields of a date, with or without a time of day."""
    fields, tokens = Fields(), tokenize(text)
    _fill_date(fields, tokens)
    if tokens and tokens[0].kind == "T":
        tokens.popleft()
        _skip_marks(tokens)
    _fill_clock(fields, tokens)
    return _finished(fields, tokens)


def clock_fields(text: str) -> Fields:
    """Return the fields of a time of day."""
    fields, tokens = Fields(), tokenize(text)
    _fill_clock(fields, tokens)
    return _finished(fields, tokens)


# -------------------------------------------------------------------------------------------------- intervals


def interval_fields(text: str, unit: str, leading: str = "hour") -> Fields:
    """Return the fields of an interval; a number at the end without a unit counts ``unit``."""
    parts = _parts(tokenize(text.strip()))
    ready: list[tuple[Tokens, str, bool]] = []
    while parts:
        part = parts.popleft()
        found = _first_field(part, leading)
        if found is None and not parts:
            found = (unit, False)
        elif found is None:
            following = parts.popleft()
            found = _first_field(following, "hour")
            if found is not None and found[1]:
                if found[0] not in _CLOCK_FIELDS:
                    raise MalformedError(_UNCLEAR_INTERVAL)
                ready.append((following, *found))
                found = ("day", False)
        if found is None:
            raise MalformedError(_UNCLEAR_INTERVAL)
        ready.append((part, *found))
    fields = Fields()
    for part, field, by_place in ready:
        if by_place:
            _fill_by_place(fields, part, field)
        else:
            sign = _sign(part)
            _fill(fields, part, _COUNT, field, sign)
        while part and part[0].kind == "unit":
            part.popleft()
        _all_used(part)
    return fields


def _parts(tokens: Tokens) -> deque[Tokens]:
    """Return the tokens between blanks; colons at the start of a part do not count."""
    parts: deque[Tokens] = deque([deque()])
    for token in tokens:
        if token.kind == " ":
            parts.append(deque())
        elif token.kind != ":" or parts[-1]:
            parts[-1].append(token)
    return deque(part for part in parts if part)


def _fill_by_place(fields: Fields, part: Tokens, field: str) -> None:
    names = ("year", "month") if field == "year" else _CLOCK_FIELDS
    if any(name in fields for name in names):
        shown = "YEAR or MONTH" if field == "year" else "HOUR, MINUTE, SECOND"
        raise MalformedError(f"{shown} field set twice")
    sign = _sign(part)
    _fill(fields, part, _YEARS if field == "year" else _CLOCKS[field], field, sign)
    for name in names:
        fields.setdefault(name, (0, 0))
    bounds = (("month", 12),) if field == "year" else (("minute", 59), ("second", 60))
    for name, most in bounds:
        if abs(count := fields[name][0]) > most:
            raise MalformedError(f"{name.upper()} must be [-{most}, {most}], got {count}")
