"""Numerics: decimals of up to 39 significant digits, kept as texts that sort as the numbers do.

A *key* is ``0``; or ``1``, the place of the first digit counted from 50 in two digits, and the digits; or, of a
negative number, ``-`` and the same with every digit subtracted from 9, closed by ``~``. ``I`` and ``-!`` are the
infinities that sums overflow to, ``N`` is NaN, above all others.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from mzwidget.local.errors import SqlError

DIGITS = 39
CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, Emin=-999, Emax=DIGITS - 1, traps=[])
WIDE = Context(prec=120, rounding=ROUND_HALF_UP, traps=[])
_LEAST = Decimal(1).scaleb(-DIGITS)
_NINES = str.maketrans("0123456789", "9876543210")
_PLACE = 50


def key(value: Decimal) -> str:
    """Return the key of a decimal."""
    if not value:
        return "0"
    text = str(value)
    negative = text[0] == "-"
    text = text.partition("E")[0].lstrip("-").replace(".", "").strip("0")
    if not text.isdigit():
        if value.is_infinite():
            return "-!" if negative else "I"
        return "N"
    place = value.adjusted() + _PLACE
    if not 0 <= place <= 99:
        if place < 0:
            return "0"
        raise SqlError("numeric field overflow")
    return f"-{f'{place:02d}{text}'.translate(_NINES)}~" if negative else f"1{place:02d}{text}"


def value(text: str) -> Decimal:
    """Return the decimal of a key."""
    head = text[0]
    if head == "1":
        return Decimal(f"{text[3:]}E{int(text[1:3]) - _PLACE + 4 - len(text)}")
    if head == "0":
        return Decimal(0)
    if head == "N":
        return Decimal("NaN")
    if head == "I" or text == "-!":
        return Decimal("Infinity" if head == "I" else "-Infinity")
    plain = text[1:-1].translate(_NINES)
    return Decimal(f"-{plain[2:]}E{int(plain[:2]) - _PLACE + 3 - len(plain)}")


def show(text: str) -> str:
    """Return the text of a key, as Materialize prints it: plain, without trailing zeros."""
    return plain(value(text))


def all_digits(number: Decimal) -> str:
    """Return the plain text of a decimal, with the trailing zeros that its exponent asks for."""
    return f"{number:f}" if number or number.is_nan() else f"{number.copy_abs():f}"


def plain(number: Decimal) -> str:
    """Return the plain text of a decimal, without trailing zeros."""
    if not number.is_finite():
        return str(number)
    found = f"{number:f}"
    if "." in found:
        found = found.rstrip("0").rstrip(".")
    return "0" if found in ("-0", "") else found


def exponent_of(number: Decimal) -> int:
    """Return the power of ten of the last digit; 0 for what has no digits."""
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def science(number: Decimal) -> str:
    """Return the text that messages use."""
    digits = number.as_tuple().digits
    if exponent_of(number) > 0 or number.adjusted() < -6:
        text = "".join(map(str, digits))
        mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
        return f"{'-' if number.is_signed() else ''}{mantissa}E{number.adjusted():+d}"
    return str(number)


def checked(number: Decimal) -> Decimal:
    """Return the number rounded to 39 digits; one that is too large is an error."""
    found = CONTEXT.plus(number)
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int):
        if exponent == "F":
            raise SqlError("value out of range: overflow")
        return found
    if exponent < -DIGITS:
        rounded = found.quantize(_LEAST, context=WIDE)
        if not rounded and found:
            raise SqlError("value out of range: underflow")
        return rounded
    return found


def rescaled(number: Decimal, scale: int) -> Decimal:
    """Round half away from zero to ``scale`` digits behind the point."""
    if number.is_nan():
        return number
    found = number.quantize(Decimal(1).scaleb(-scale), context=WIDE)
    if found.is_nan() or (found and found.adjusted() >= DIGITS):
        raise SqlError("numeric field overflow")
    if len(found.as_tuple().digits) > DIGITS and found.normalize(WIDE).adjusted() + scale >= DIGITS:
        raise SqlError("numeric field overflow")
    return found


def parse(text: str) -> Decimal:
    """Read a numeric.

    Raises
    ------
    SqlError
        If it is none, or has more than 39 digits.
    """
    body = text.strip()
    try:
        if "_" in body or not body.isascii():
            raise InvalidOperation
        found = exact(body)
    except InvalidOperation:
        raise SqlError(f'invalid input syntax for type numeric: "{text}"') from None
    if found.is_nan():
        if body.lower() != "nan":
            raise SqlError(f'invalid input syntax for type numeric: "{text}"')
        return found
    if found.is_infinite():
        raise SqlError(f'invalid input syntax for type numeric: "{text}"')
    if -DIGITS <= found.adjusted() < DIGITS and ("." in body or found.adjusted() < 0):
        found = CONTEXT.plus(found)
    if found and exponent_of(found) < -DIGITS <= found.adjusted():
        found = found.quantize(_LEAST, context=WIDE)
    if beyond(found):
        raise SqlError(f'"{text}" is out of range for type numeric: exceeds maximum precision {DIGITS}')
    return found


_FAR = re.compile(r"(?<=[eE])([+-]?)0*[1-9]\d{17,}$")


def exact(text: str) -> Decimal:
    """Return the decimal of a text; its exponent may be beyond those that a Decimal has."""
    return Decimal(_FAR.sub(r"\g<1>99999999999999999", text))


def beyond(number: Decimal) -> bool:
    """Whether a number has more digits than a numeric holds."""
    if not number:
        return False
    if not -DIGITS <= number.adjusted() < DIGITS:
        return True
    exact = number.normalize(WIDE)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int):
        return True  # more than any decimal holds
    return len(exact.as_tuple().digits) > DIGITS or exponent < -DIGITS
