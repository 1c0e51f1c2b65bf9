"""What parts of the translation of expressions call of the whole: an operand may be any expression again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.formats.types import Column

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Scope, Statement
    from mzwidget.local.dialect.values import Value

PlanSubquery = Callable[[tree.Query, "Scope"], tuple[tuple[Column, ...], str]]


class Translating(Protocol):
    """Translates expressions within one scope.

    Attributes
    ----------
    scope : Scope
    statement : Statement
    """

    scope: Scope
    statement: Statement

    def plan(self, query: tree.Query) -> tuple[tuple[Column, ...], str]:
        """Return the columns and SQL of a subquery."""

    def value(self, node: tree.Expr) -> Value:
        """Return the expression's value; its type may still be ``unknown``."""

    def values(self, nodes: Sequence[tree.Expr]) -> list[Value]:
        """Return the values of several."""

    def typed(self, node: tree.Expr) -> Value:
        """Return the expression's value; what is still untyped is text."""

    def condition(self, node: tree.Expr) -> Value:
        """Return a boolean."""

    def boolean(self, value: Value) -> Value:
        """Return a value that is a boolean, or may become one."""

    def settled(self, value: Value) -> Value:
        """Return a parameter with the type that it has been given meanwhile."""

    def stand_in(self) -> str:
        """Return a name that is in nobody's SQL yet."""

    def compare(self, operator: str, left: Value, right: Value) -> Value:
        """Compare two values, rows as well."""

    def same(self, left: Value, right: Value) -> tuple[Value, Value]:
        """Return both as the type that = compares them as."""
