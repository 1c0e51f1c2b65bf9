"""Sizes in bytes, as settings give them and errors tell them."""

from __future__ import annotations

import re

_UNITS = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_SMALLER = {"B": "B", "kB": "B", "MB": "kB", "GB": "MB", "TB": "GB"}
_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(\D*)", re.ASCII)
_MOST = 2**64


def parse(text: str) -> int:
    """Read a size such as ``100``, ``1.5kB`` or ``2 GB``; a bare number is bytes.

    Raises
    ------
    ValueError
        If it is none.
    """
    found = _SIZE.fullmatch(text)
    if found is None or (found[2] or "B") not in _UNITS:
        msg = f"no size: {text!r}"
        raise ValueError(msg)
    number, unit = found[1], found[2] or "B"
    if number.isdecimal():
        size = int(number) * _UNITS[unit]
    elif float(number).is_integer():
        size = int(float(number)) * _UNITS[unit]
    else:  # rounded to the unit below
        size = round(float(number) * (1 if unit == "B" else 1024)) * _UNITS[_SMALLER[unit]]
    if size >= _MOST:
        msg = "bytes value exceeds u64 range"
        raise ValueError(msg)
    return size


def shown(size: int) -> str:
    """Return a size as SHOW gives it, in the largest unit that divides it."""
    if not size:
        return "0"
    unit = next(unit for unit in reversed(_UNITS) if not size % _UNITS[unit])
    return f"{size // _UNITS[unit]}{unit}"


def told(size: int) -> str:
    """Return a size as errors tell it, such as ``1.0 MiB``."""
    if size < 1024:
        return f"{size} B"
    power = min((size.bit_length() - 1) // 10, 6)
    return f"{size / (1 << 10 * power):.1f} {'KMGTPE'[power - 1]}iB"
