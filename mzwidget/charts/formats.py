"""Numbers as text: d3-format's specifiers, and what is done where none is given.

A specifier is ``[[fill]align][sign][symbol][0][width][,][.precision][~][type]`` as d3-format and Vega-Lite define it
(https://d3js.org/d3-format#locale_format); beyond it, `symbol` may be any currency's sign and not only ``$``.

Without a specifier, an integer shows all its digits in groups of three. The other numbers of a column share one number
of decimals: as many as the value with most of them needs once all are rounded to at most four after the zeros that
follow the point in the largest value. So nothing jumps, and 12.5 stands below 3.25 as 12.50. A number too small for
these decimals is written with a power of ten, as 1e-9 is; so are all where the largest has six zeros after the point,
or more, and doubles with more than 15 digits before it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from string import hexdigits

PLAIN = "id"
"""Stands in place of a specifier for numbers that are written as they are, digit for digit: identifiers and years."""
DECIMALS = 4
DIGITS = 15
"""Of a double, before the point: a greater one has a power of ten."""
ZEROS = 6
"""Zeros after the point from which on all numbers of a column have a power of ten."""
LARGEST = 307
"""Exponent of ten up to which a number is written out; beyond it stays as the server printed it."""
_SPECIFIER = re.compile(
    r"(?:(?P<fill>.)?(?P<align>[<>=^]))?(?P<sign>[+\-( ])?(?P<symbol>[^\w\s.,~%+\-(0-9])?(?P<zero>0)?(?P<width>\d+)?"
    r"(?P<comma>,)?(?:\.(?P<precision>\d+))?(?P<trim>~)?(?P<type>[a-zA-Z%])?",
    re.DOTALL,
)
_TYPES = "%bdefgnoprsxX"
_PREFIXES = ("y", "z", "a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y")
_CONTEXT = Context(prec=400, rounding=ROUND_HALF_UP)
MINUS = "−"


@dataclass(frozen=True, slots=True)
class Format:
    """A d3-format specifier, taken apart."""

    fill: str
    align: str
    sign: str
    symbol: str
    width: int
    comma: bool
    precision: int | None
    trim: bool
    type: str


def parse(text: object, what: str = "format") -> Format:
    """Read a specifier.

    Parameters
    ----------
    text : str
    what : str
        Whose it is, for the error.

    Raises
    ------
    ValueError
        It is none; the message says what is wrong with it.
    """
    if not isinstance(text, str) or not text:
        raise ValueError(f"{what} must be a d3-format such as ',.2f', '.1%' or '€,.0f', not {text!r}")
    found = _SPECIFIER.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{what} {text!r} is no d3-format: [[fill]align][sign][symbol][0][width][,][.precision][~][type]"
        )
    symbol, kind = found["symbol"] or "", found["type"] or ""
    if symbol not in ("", "#") and unicodedata.category(symbol) != "Sc":
        raise ValueError(f"{what} {text!r}: {symbol!r} is no currency's sign")
    if kind and kind not in _TYPES:
        raise ValueError(f"{what} {text!r}: there is no type {kind!r}; d3-format has {', '.join(_TYPES)}")
    precision = None if found["precision"] is None else int(found["precision"])
    if (precision or 0) > 20 or int(found["width"] or 0) > 100:
        raise ValueError(f"{what} {text!r}: a precision ends at 20, and a width at 100")
    zero = found["zero"] is not None
    return Format(
        fill="0" if zero else found["fill"] or " ",
        align="=" if zero else found["align"] or ">",
        sign=found["sign"] or "-",
        symbol=symbol,
        width=int(found["width"] or 0),
        comma=found["comma"] is not None or kind == "n",
        precision=precision,
        trim=found["trim"] is not None or not kind,
        type={"n": "g"}.get(kind, kind),
    )


def formatter(texts: Iterable[str | None], given: str = "", double: bool = False) -> Callable[[str], str]:
    """Return how the numbers of one column are written.

    Parameters
    ----------
    texts : iterable of str or None
        The column as the server printed it; it settles the number of decimals where no format is given.
    given : str
        A specifier, "" for the default, or `PLAIN`.
    double : bool
        Whether the numbers are doubles, whose digits end.

    Returns
    -------
    callable
        Takes one of the texts. What is no finite number stays as it is.
    """
    if given == PLAIN:
        return str
    if given:
        chosen = parse(given)
        # As in a browser: the double that is nearest is what gets rounded.
        return lambda text: text if finite(text) is None else write(Decimal(float(text)), chosen)
    decimals = _decimals([number for text in texts if text is not None and (number := finite(text)) is not None])
    usual, power = parse(f",.{decimals}f"), parse(".3~e")

    def written(text: str) -> str:
        number = finite(text)
        if number is None:
            return text
        shown, nearest = write(number, usual), float(number)
        small, large = nearest and not re.search("[1-9]", shown), double and number.adjusted() >= DIGITS
        return write(Decimal(nearest), power) if small or large else shown

    return written


def finite(text: str) -> Decimal | None:
    """Read a number that a double can hold; None for anything else."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() <= LARGEST else None


def _decimals(numbers: list[Decimal]) -> int:
    largest = max(map(abs, numbers), default=Decimal(0))
    zeros = max(0, -largest.adjusted() - 1) if largest else 0
    if zeros >= ZEROS:
        return 0
    unit = Decimal(1).scaleb(-DECIMALS - zeros)
    return max((_places(number.quantize(unit, context=_CONTEXT)) for number in numbers), default=0)


def _places(number: Decimal) -> int:
    exponent = number.normalize(_CONTEXT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def write(number: Decimal, spec: Format) -> str:
    """Write a finite number as d3-format does, in its default locale."""
    digits, suffix = _digits(abs(number), spec)
    negative = number < 0 and (spec.sign == "+" or any(digit in "123456789abcdefABCDEF" for digit in digits))
    if spec.trim:
        digits = _trimmed(digits)
    prefix, symbol = "", "" if spec.symbol == "#" else spec.symbol
    if spec.symbol == "#" and spec.type in {"b", "o", "x", "X"}:
        symbol = f"0{spec.type.lower()}"
    if negative:
        prefix = "(" if spec.sign == "(" else MINUS
        suffix += ")" if spec.sign == "(" else ""
    elif spec.sign in "+ ":
        prefix = spec.sign
    prefix += symbol
    whole = digits
    if spec.comma:
        whole = digits[: len(digits) - len(digits.lstrip(hexdigits))]
        suffix = digits[len(whole) :] + suffix
    filled = spec.fill == "0" and spec.align == "="
    if spec.comma and not filled:
        whole = _grouped(whole)
    padding = spec.fill * (spec.width - len(prefix) - len(whole) - len(suffix))
    if spec.comma and filled:
        whole = _grouped(padding + whole, spec.width - len(suffix) if padding else None)
        padding = ""
    digits = whole
    match spec.align:
        case "<":
            return prefix + digits + suffix + padding
        case "=":
            return prefix + padding + digits + suffix
        case "^":
            half = len(padding) // 2
            return padding[:half] + prefix + digits + suffix + padding[half:]
    return padding + prefix + digits + suffix


def _digits(number: Decimal, spec: Format) -> tuple[str, str]:
    """Write a number that is not negative, without sign or groups; and what comes after it."""
    precision = 6 if spec.precision is None else spec.precision
    match spec.type:
        case "b" | "o" | "x" | "X":
            return format(int(number.to_integral_value(context=_CONTEXT)), spec.type), ""
        case "d":
            return format(number.to_integral_value(context=_CONTEXT), "f"), ""
        case "f":
            return _fixed(number, precision), ""
        case "%":
            return _fixed(Decimal(float(number) * 100), precision), "%"
        case "e":
            return format(number or Decimal("0." + "0" * precision), f".{precision}e"), ""
        case "p":
            return _rounded(Decimal(float(number) * 100), max(precision, 1)), "%"
        case "r":
            return _rounded(number, max(precision, 1)), ""
        case "s":
            return _prefixed(number, max(precision, 1))
        case "g":
            return _general(number, max(precision, 1)), ""
    return _general(number, 12 if spec.precision is None else max(precision, 1)), ""


def _fixed(number: Decimal, places: int) -> str:
    return format(number.quantize(Decimal(1).scaleb(-places), context=_CONTEXT), "f")


def _rounded(number: Decimal, significant: int) -> str:
    """Round to so many significant digits, in plain notation."""
    if not number:
        return "0"
    rounded = Context(prec=significant, rounding=ROUND_HALF_UP).plus(number)
    return _fixed(rounded, max(0, significant - 1 - rounded.adjusted()))


def _general(number: Decimal, significant: int) -> str:
    rounded = Context(prec=significant, rounding=ROUND_HALF_UP).plus(number)
    exponent = rounded.adjusted() if rounded else 0
    if exponent < -6 or exponent >= significant:
        return format(number, f".{significant - 1}e")
    return _rounded(number, significant) if number else _fixed(number, significant - 1)


def _prefixed(number: Decimal, significant: int) -> tuple[str, str]:
    if not number:
        return _fixed(number, significant - 1), ""
    rounded = Context(prec=significant, rounding=ROUND_HALF_UP).plus(number)
    step = min(max(rounded.adjusted() // 3, -8), 8)
    return _rounded(number.scaleb(-3 * step), significant), _PREFIXES[step + 8]


def _trimmed(digits: str) -> str:
    """Drop the zeros that end a fraction, before an exponent if there is one."""
    return re.sub(r"(?:(\.\d*?[1-9])0+|\.0+)(?=$|e)", r"\1", digits)


def _grouped(digits: str, width: int | None = None) -> str:
    """Part digits in threes from the right; with leading zeros, into no more than `width` characters."""
    groups: list[str] = []
    length, end = 0, len(digits)
    while end > 0 and (width is None or length <= width):
        size = 3 if width is None or length + 4 <= width else max(1, width - length)
        groups.append(digits[max(0, end - size) : end])
        end, length = end - size, length + size + 1
    return ",".join(reversed(groups))
