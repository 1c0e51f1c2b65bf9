"""The columns that a user named, found; and all others, sorted by what they may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mzwidget.charts import roles
from mzwidget.tail.values import Column


@dataclass(frozen=True, slots=True)
class Named:
    """Indexes of the columns that a user names; None or empty for what they do not."""

    x: int | None
    y: tuple[int, ...]
    color: int | None
    key: int | None
    value: tuple[int, ...]

    @property
    def any(self) -> bool:
        """Whether the user named anything."""
        return bool(self.all)

    @property
    def all(self) -> set[int]:
        """All columns that are named."""
        return {index for index in (self.x, self.color, self.key, *self.y, *self.value) if index is not None}


@dataclass(frozen=True, slots=True)
class Free:
    """Indexes of the columns that nobody named, by what they may be; `others` have no place but in a table.

    Years and hours that stand by themselves are times; beside a time they tell things apart.
    """

    times: tuple[int, ...]
    measures: tuple[int, ...]
    labels: tuple[int, ...]
    identifiers: tuple[int, ...]
    booleans: tuple[int, ...]
    others: tuple[int, ...]

    @classmethod
    def of(cls, columns: Sequence[Column], named: Named) -> Free:
        """Sort the columns."""
        left = [(index, of) for index, of in enumerate(columns) if index not in named.all]
        calendar = tuple(index for index, of in left if roles.is_calendar(of))
        times = tuple(index for index, of in left if roles.is_time(of))
        times, parts = (times, calendar) if times else (calendar, ())
        places = roles.coordinates(columns)
        measures = tuple(index for index, of in left if roles.is_measure(of) and index not in places)
        labels = tuple(index for index, of in left if roles.is_label(of))
        identifiers = tuple(index for index, of in left if roles.is_identifier(of)) + parts
        booleans = tuple(index for index, of in left if of.kind == "boolean")
        placed = {*times, *measures, *labels, *identifiers, *booleans}
        others = tuple(index for index, _ in left if index not in placed)
        return cls(times, measures, labels, identifiers, booleans, others)

    @property
    def discrete(self) -> tuple[int, ...]:
        """What a colour can tell apart: labels, identifiers where there is no label, and booleans."""
        return (self.labels or self.identifiers) + self.booleans


def require_numbers(columns: Sequence[Column], indexes: Sequence[int], option: str) -> None:
    """Check that what an option names are numbers."""
    for index in indexes:
        if columns[index].kind != "number":
            of = columns[index]
            raise roles.ChartError(f"{option}={of.name!r}: this column is {of.type}, not a number")
