"""The grammar of statements that keeps how they were written."""

from __future__ import annotations

from dataclasses import dataclass, fields

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.statements import StatementParser


@dataclass(frozen=True, slots=True)
class Parens(tree.Expr):
    inner: tree.Expr


@dataclass(frozen=True, slots=True)
class Order(tree.OrderItem):
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableBody(tree.Body):
    """``TABLE name``."""

    parts: tuple[str, ...]


class JoinInParens(tree.Join):
    __slots__ = ()


class VerbatimParser(StatementParser):
    """Keeps what means nothing: parentheses, directions that are the usual ones, LIKE as an operator."""

    def in_parentheses(self, held: tree.Query | tuple[tree.Expr, ...]) -> tree.Expr:
        found = super().in_parentheses(held)
        return found if isinstance(found, tree.Subquery | tree.Row) else Parens(found)

    def _operator(self, left: tree.Expr, operator: str, strength: int) -> tree.Expr:
        found = super()._operator(left, operator, strength)
        return tree.Binary(operator, left, found.pattern) if isinstance(found, tree.Like) else found

    def order_item(self) -> tree.OrderItem:
        expr, start = self.expression(), self.at
        self.accept_word("asc", "desc")
        if self.accept("nulls"):
            self.accept_word("first", "last")
        return Order(expr, words=tuple(token.value.upper() for token in self.tokens[start : self.at]))

    def _operand(self) -> tree.Body:
        return TableBody(self.object_name()) if self.accept("table") else super()._operand()

    def _factor(self) -> tree.FromItem:
        found = super()._factor()
        if not isinstance(found, tree.Join):
            return found
        return JoinInParens(**{each.name: getattr(found, each.name) for each in fields(found)})
