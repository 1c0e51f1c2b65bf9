"""The order of rows, one for `df`, the page and what is saved.

Rows are compared term by term. Numbers are compared exactly; NaN stands next to NULL, between it and the numbers. Text,
times and everything else are compared as the server prints them, by code points; false comes before true. NULLs are
last, or first where the term says so. Rows that are equal in all terms follow by all their columns from left to right,
ascending, NULLs last, and those that differ even so (1.0 and 1.00) by their text.
"""

from __future__ import annotations

import heapq
import json
import math
import operator
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mzwidget.tail.values import Column

Term = tuple[int, bool, bool]
"""Column index, descending, NULLs first."""

Row = tuple[str | None, ...]


def arrange(
    columns: Sequence[Column], rows: Sequence[Row], order: Sequence[Term], total: tuple[int, int] | None = None
) -> list[Row]:
    """Sort rows.

    Parameters
    ----------
    columns : sequence of Column
    rows : sequence of tuple
    order : sequence of (column index, descending, NULLs first)
    total : (label, value), optional
        Columns by whose sum of values a label all rows are sorted before anything else, the greatest first.
    """
    group = np.zeros(len(rows), dtype=np.int64)
    if total is not None:
        group = _by_total([row[total[0]] for row in rows], [row[total[1]] for row in rows])
    if len(set(rows)) == len(rows):
        return _sorted(columns, rows, order, group)
    # Equal rows stand together: one of each is sorted.
    copies = Counter(rows)
    place = {row: index for index, row in enumerate(rows)}
    return [row for row in _sorted(columns, list(place), order, group[[*place.values()]]) for _ in range(copies[row])]


def _sorted(
    columns: Sequence[Column], rows: Sequence[Row], order: Sequence[Term], group: NDArray[np.int64]
) -> list[Row]:
    """Sort rows that differ, within the groups that they are in."""
    size = len(rows)
    tied = np.arange(size)  # the rows that no term so far has told from all others
    for index, descending, nulls_first in [*order, *((index, False, False) for index in range(len(columns)))]:
        texts = [rows[place][index] for place in tied.tolist()]
        ranks = np.zeros(size, dtype=np.int64)
        ranks[tied] = _ranks(columns[index], texts, descending, nulls_first)
        # Two integers below 2**31 make one: rows that are equal so far stay together, and are parted by this term.
        _, group, counts = np.unique((group << 31) + ranks, return_inverse=True, return_counts=True)
        tied = np.flatnonzero(counts[group] > 1)
        if not len(tied):
            break
    else:
        keys = [json.dumps(rows[place], ensure_ascii=False) for place in tied.tolist()]
        ranks = np.zeros(size, dtype=np.int64)
        ranks[tied] = [*map(_placed(set(keys)).__getitem__, keys)]
        group = (group << 31) + ranks
    return [rows[place] for place in np.argsort(group, kind="stable").tolist()]


def first(columns: Sequence[Column], rows: Sequence[Row], order: Sequence[Term], count: int) -> list[Row]:
    """Return the first rows in an order, without sorting all others."""
    if 0 < count < len(rows) and columns:
        index, descending, nulls_first = order[0] if order else (0, False, False)
        texts = [row[index] for row in rows]
        # A double may take two numbers for one, but never changes their order: so none is lost.
        keys: Sequence[Any] = _doubles(texts) if columns[index].kind == "number" else texts
        missing = [key is None or key != key for key in keys]
        known = [key for key, none in zip(keys, missing, strict=True) if not none]
        wanted = max(0, count - (len(keys) - len(known))) if nulls_first else count
        if wanted <= len(known):
            edges = heapq.nlargest(wanted, known) if descending else heapq.nsmallest(wanted, known)
            within = operator.ge if descending else operator.le
            rows = [
                row
                for row, key, none in zip(rows, keys, missing, strict=True)
                if (nulls_first if none else edges and within(key, edges[-1]))
            ]
    return arrange(columns, rows, order)[:count]


def by_name(of: Column, values: Iterable[str | None]) -> list[str | None]:
    """Return what tells parts of a picture apart, each once, as people count: text with 2 before 10, NULL last."""
    distinct = {*values}
    if of.kind != "text":
        return [value for (value,) in arrange([of], [(value,) for value in distinct], ())]
    return sorted(distinct, key=lambda value: (value is None, _counted(value or ""), value or ""))


def _counted(name: str) -> list[tuple[int, str]]:
    """Part a name into text and numbers, by turns; a number with more digits is a larger one."""
    texts = re.split("[0-9]+", name)
    digits = [found.lstrip("0") for found in re.findall("[0-9]+", name)]
    pairs = zip(texts, [*digits, ""], strict=True)
    return [key for text, number in pairs for key in ((0, text), (len(number), number))]


def _doubles(texts: Sequence[str | None]) -> list[float]:
    """Read numbers as doubles, in the same order; NaN for what is none."""
    try:
        return [math.nan if text is None else float(text) for text in texts]
    except ValueError:
        return [math.nan if (number := text and _number(text)) is None else float(number or 0) for text in texts]


def _by_total(labels: Sequence[str | None], values: Sequence[str | None]) -> NDArray[np.int64]:
    totals: dict[str | None, float] = {}
    for label, value in zip(labels, values, strict=True):
        number = None if value is None else _number(value)
        totals[label] = totals.get(label, 0.0) + (0.0 if number is None else float(number))
    place = {total: rank for rank, total in enumerate(sorted(set(totals.values()), reverse=True))}
    return np.array([place[totals[label]] for label in labels], dtype=np.int64)


def _ranks(of: Column, texts: list[str | None], descending: bool, nulls_first: bool) -> NDArray[np.int64]:
    """Give the values of a column their places in its order, equal ones the same."""
    distinct = set(texts)
    known = _numbered(distinct) if of.kind == "number" else _placed(text for text in distinct if text is not None)
    last = len(known)
    if descending:
        known = {text: last - place for text, place in known.items()}
    for text in distinct - known.keys():
        beyond = 2 if text is None else 1
        known[text] = -beyond if nulls_first else last + beyond
    return np.fromiter((known[text] for text in texts), dtype=np.int64, count=len(texts)) + 2


def _placed(texts: Iterable[str]) -> dict[str | None, int]:
    return {text: place for place, text in enumerate(sorted(texts))}


def _numbered(distinct: set[str | None]) -> dict[str | None, int]:
    """Give numbers their places, exactly; leave out what is none."""
    numbers = {text: number for text in distinct if text is not None and (number := _number(text)) is not None}
    places = {number: place for place, number in enumerate(sorted(set(numbers.values())))}
    return {text: places[number] for text, number in numbers.items()}


def _number(text: str) -> Decimal | int | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return None if number.is_nan() else number
