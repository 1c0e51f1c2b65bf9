"""What an item of FROM offers to names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mzwidget.local.dialect.values import Value
    from mzwidget.local.formats.types import Column

MOST_QUALIFIERS = 3
"""A database, a schema and a table."""


@dataclass(frozen=True, slots=True)
class Source:
    """One item of FROM: the name it answers to, and the columns it offers."""

    name: str
    columns: tuple[Column, ...]
    values: tuple[Value, ...]
    path: tuple[str, ...] = ()
    scalar: bool = False
    """A table function of one column: its name alone is that column."""

    def find(self, column: str) -> list[Value]:
        """Return the values of the columns of that name."""
        return [value for col, value in zip(self.columns, self.values, strict=True) if col.name == column]

    def answers(self, qualifier: tuple[str, ...]) -> bool:
        """Whether a qualifier means this source."""
        return 0 < len(qualifier) <= MOST_QUALIFIERS and self._matches(qualifier)

    def clashes(self, other: Source) -> bool:
        """Whether another source cannot stand beside this one: a name without a schema is that of any."""
        return bool(self.name) and self._matches((*other.path[:-1], other.name))

    def _matches(self, name: tuple[str, ...]) -> bool:
        own = (*self.path[:-1], self.name)
        return all(one == another for one, another in zip(reversed(own), reversed(name), strict=False))


@dataclass(frozen=True, slots=True)
class Merged:
    """A column that USING has made of one on either side.

    `over` are the sources it stands for, `first` the first source of its join: ``*`` shows it before that.
    """

    name: str
    value: Value
    over: frozenset[int]
    first: int
    left: Value
    """The column of the left side alone, which the name of a USING clause means."""
