"""Branches of CASE: a subquery in one is asked for only where the branch is taken."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mzwidget.local.dialect.model import may_fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mzwidget.local.formats.types import Column

_MOST_REPEATED = 4000
"""The length of a branch's conditions that may stand in its subqueries as well."""


@dataclass(slots=True)
class Branching:
    """The branch that the expression at hand stands in.

    Attributes
    ----------
    conditions : tuple of str
        What holds where the branch is taken, as DuckDB SQL.
    guard : str
        What stands for that in the WHERE of a subquery that is being planned.
    """

    conditions: tuple[str, ...] = ()
    guard: str = ""

    @contextmanager
    def only_where(self, conditions: Sequence[str]) -> Iterator[None]:
        """Read a branch that is only evaluated where conditions hold."""
        before = self.conditions
        self.conditions = (*before, *conditions)
        try:
            yield
        finally:
            self.conditions = before

    def plan(
        self, guard: str, plan: Callable[[], tuple[tuple[Column, ...], str]], names_row: Callable[[str], bool]
    ) -> tuple[tuple[Column, ...], str]:
        """Plan a subquery; one that may fail has no rows where its branch is not taken, as DuckDB evaluates it for all.

        One that reads a table, and of the row around it nothing, as `names_row` tells of its SQL, would have to be read
        for each of these rows: it is left as it is.
        """
        if not self.conditions:
            return plan()
        self.guard = guard
        try:
            columns, sql = plan()
        finally:
            self.guard = ""
        varies = " FROM " not in sql or names_row(sql)
        return columns, sql.replace(guard, self._holds() if varies and may_fail(sql) else "true")

    def _holds(self) -> str:
        """Return what holds in the branch, if DuckDB takes it in the WHERE of a subquery and not much is repeated."""
        found = " AND ".join(f"({condition})" for condition in self.conditions)
        return f"({found})" if len(found) < _MOST_REPEATED and " OVER (" not in found else "true"
