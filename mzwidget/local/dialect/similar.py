"""Which column may have been meant by a name that none has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALIKE = 0.6
_CASE = "Make sure to surround case sensitive names in double quotes."


def alike(name: str, wanted: str) -> bool:
    """Whether few enough letters differ for a name to be suggested."""
    a, b = name.lower(), wanted.lower()
    return 1 - _edits(a, b) / max(len(a), len(b), 1) >= _ALIKE


def hint(names: Sequence[str]) -> str | None:
    """Say that these columns are there, if there are any."""
    if len(names) > 1:
        listed = ", ".join(f'"{name}"' for name in names)
        return f"There are similarly named columns that do exist: {listed}. {_CASE}"
    return f'The similarly named column "{names[0]}" does exist. {_CASE}' if names else None


def _edits(a: str, b: str) -> int:
    """Return how many letters must be put in, left out or replaced to make one word of another."""
    before = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other)))
        before = row
    return before[-1]
