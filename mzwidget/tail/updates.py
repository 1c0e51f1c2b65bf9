"""A maintained multiset of rows, and the algebra of its updates.

An update is a row with a *diff*: how many copies to add (or, negative, to take away). Updates form a commutative group,
so any split and any order of the same updates give the same collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Row = tuple[str | None, ...]
"""Values in column order, as the server printed them; None is NULL."""

Updates = dict[Row, int]
"""Consolidated updates: each row once, with a diff that is not zero."""


def consolidate(updates: Iterable[tuple[Row, int]], into: Updates | None = None) -> Updates:
    """Add up the diffs of equal rows and drop those that cancel out.

    Parameters
    ----------
    updates : iterable of (row, diff)
    into : dict, optional
        Updates to add to, in place; a new dict by default.

    Returns
    -------
    dict
        `into`.
    """
    total = {} if into is None else into
    for row, diff in updates:
        count = total.get(row, 0) + diff
        if count:
            total[row] = count
        else:
            total.pop(row, None)
    return total


def difference(new: Mapping[Row, int], old: Mapping[Row, int]) -> Updates:
    """Return the updates that turn `old` into `new`."""
    changes: Updates = {row: -count for row, count in old.items() if row not in new}
    for row, count in new.items():
        diff = count - old.get(row, 0)
        if diff:
            changes[row] = diff
    return changes
