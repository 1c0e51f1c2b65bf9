"""Whether values are what the server says they are: what it sends is checked before anybody computes with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence

import psycopg

from mzwidget.tail.updates import Row
from mzwidget.tail.values import Column

Test = Callable[[Sequence[str]], bool]

_NOT_FINITE = frozenset(["NaN", "Infinity", "-Infinity"])
_LARGEST = 3.4028235677973366e38
"""What is greater is infinite as a float4."""


def _whole(least: int, most: int) -> Test:
    def test(texts: Sequence[str]) -> bool:
        numbers = list(map(int, texts))
        return least <= min(numbers) and max(numbers) <= most and _consist_of(b"-0123456789", texts)

    return test


def _real(most: float) -> Test:
    def test(texts: Sequence[str]) -> bool:
        finite = [text for text in texts if text not in _NOT_FINITE]
        numbers = list(map(float, finite)) or [0.0]
        return -most <= min(numbers) and max(numbers) <= most and _consist_of(b"+-.0123456789Ee", finite)

    return test


def _consist_of(characters: bytes, texts: Sequence[str]) -> bool:
    """Refuse what only Python reads as a number, such as ``1_0`` and ``nan``."""
    return not "".join(texts).encode().translate(None, characters)


def _booleans(texts: Sequence[str]) -> bool:
    return {"t", "f"}.issuperset(texts)


_TESTS: dict[str, Test] = {
    "bool": _booleans,
    "float4": _real(_LARGEST),
    "float8": _real(sys.float_info.max),
    "numeric": _real(sys.float_info.max),
    "oid": _whole(0, 2**32 - 1),
    "mz_timestamp": _whole(0, 2**64 - 1),
    **{f"int{size}": _whole(-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1) for size in (2, 4, 8)},
    **{f"uint{size}": _whole(0, 2 ** (8 * size) - 1) for size in (2, 4, 8)},
}


class Checks:
    """The checks of a view's columns.

    Parameters
    ----------
    columns : sequence of Column
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._tests = [(index, of, _TESTS[of.type]) for index, of in enumerate(columns) if of.type in _TESTS]

    def check(self, rows: Collection[Row]) -> None:
        """Refuse rows with a value that its column's type does not have.

        Raises
        ------
        psycopg.DataError
            Names the column and the value.
        """
        for index, of, test in self._tests:
            texts = [text for row in rows if (text := row[index]) is not None]
            if texts and not _passes(test, texts):
                bad = next(text for text in texts if not _passes(test, [text]))
                raise psycopg.DataError(f"the server sent {bad[:100]!r} in column {of.name!r}, which is no {of.type}")


def _passes(test: Test, texts: Sequence[str]) -> bool:
    try:
        return test(texts)
    except ValueError:
        return False
