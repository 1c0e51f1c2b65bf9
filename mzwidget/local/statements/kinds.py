"""What the table of statements says of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mzwidget.local.formats.results import Result
from mzwidget.local.statements.planning import Plan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mzwidget.local.formats.types import Row, Type
    from mzwidget.local.statements.model import Statement


def no_plan(_: Any, statement: Statement, __: Sequence[Type | None]) -> Plan:
    """Plan a statement that needs no translation and answers without rows."""
    return Plan(statement)


@dataclass(frozen=True)
class Kind:
    """How one kind of statement is planned and run.

    Attributes
    ----------
    run : callable
        Takes the session, the plan and the parameters' values.
    plan : callable
        Takes the session, the statement and the types given for parameters.
    alone : bool
        It cannot be run inside a transaction block.
    rows : callable, optional
        Of what lists: takes the session and the statement.
    """

    run: Callable[[Any, Any, Sequence[Any]], Awaitable[Result]]
    plan: Callable[[Any, Any, Sequence[Type | None]], Plan] = no_plan
    alone: bool = False
    rows: Callable[[Any, Any], list[Row]] | None = None


def selected(count: int) -> str:
    return f"SELECT {count}"


def done(tag: str) -> Result:
    """Return the result of a statement without rows."""
    return Result(lambda _: tag)
