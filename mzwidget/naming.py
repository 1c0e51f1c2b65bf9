"""Names: how they are written in SQL, and which was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mzwidget import words


@dataclass(frozen=True, slots=True)
class Names:
    """What is there to be meant by a misspelt name.

    Attributes
    ----------
    relations : collection of str
        Tables, views and sources.
    columns : mapping of str to collection of str
        Columns by relation.
    missing : tuple of str and list of str, or empty
        The database that the address names, if there is none, and those that there are.
    """

    relations: Collection[str] = ()
    columns: Mapping[str, Collection[str]] = field(default_factory=dict)
    missing: tuple[()] | tuple[str, Collection[str]] = ()


def quoted(name: str) -> str:
    """Write a name as SQL: bare where that means the same."""
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) and name.upper() not in words.KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that a word was probably meant to be, if any: a slip or two of the fingers away."""
    wrong = word.lower()
    allowed = 0 if len(wrong) < 3 else 1 if len(wrong) < 5 else 2
    near = [(slips(wrong, choice.lower()), choice) for choice in choices if abs(len(choice) - len(wrong)) <= allowed]
    least, found = min(near, default=(allowed + 1, ""))
    return found if least <= allowed and found != word else None


def slips(a: str, b: str) -> int:
    """Count the letters to insert, drop, replace or swap with their neighbour (optimal string alignment)."""
    before, above = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        row = [i]
        for j, right in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right)))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                row[j] = min(row[j], before[j - 2] + 1)
        before, above = above, row
    return above[-1]


def alike(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice that is spelt most like a name, whatever the case; None if none is much like it."""
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None
