"""The grammar of what has a form of its own within expressions: CASE, ARRAY, EXTRACT and the like, and calls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.types import TypeParser
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.dialect.syntax.tree import Expr

_MOST_COLUMNS = 1664
LIKE = 6
"""How strongly LIKE, IN and BETWEEN bind."""


def check_count(columns: Sequence[object]) -> None:
    """Refuse more columns of a result, or keys of its order or groups, than PostgreSQL does.

    DuckDB plans 20,000 groups for twelve seconds, and cannot be stopped meanwhile.
    """
    if len(columns) > _MOST_COLUMNS:
        raise SqlError(f"target lists can have at most {_MOST_COLUMNS} entries", "54011")


class FormParser(TypeParser, ABC):
    """Reads such forms; the parsers above it say what an expression and a query are."""

    @abstractmethod
    def query(self) -> tree.Query:
        """Read a query."""

    @abstractmethod
    def query_from(self, body: tree.Nested) -> tree.Query:
        """Read a query of which the first operand is known."""

    @abstractmethod
    def expression(self) -> Expr:
        """Read an expression."""

    @abstractmethod
    def _climb(self, lowest: int) -> Expr:
        """Read an expression of operators that bind more strongly."""

    def expressions(self) -> tuple[Expr, ...]:
        found = [self.expression()]
        while self.accept_kind(","):
            found.append(self.expression())
        return tuple(found)

    def _case(self) -> Expr:
        self.next()
        operand = None if self.is_word("when") else self.expression()
        branches = []
        if not self.is_word("when"):
            self.expected("WHEN")
        while self.accept("when"):
            condition = self.expression()
            self.expect("then")
            branches.append((condition, self.expression()))
        default = self.expression() if self.accept("else") else None
        self.expect("end")
        return tree.Case(operand, tuple(branches), default)

    def _choice(self, word: str) -> Expr:
        self.next()
        self.expect_kind("(")
        if word == "nullif":
            first = self.expression()
            self.expect_kind(",")
            arguments: tuple[Expr, ...] = (first, self.expression())
        else:
            arguments = self.expressions()
        self.expect_kind(")")
        return tree.Choice(word, arguments)

    def _exists(self) -> Expr:
        self.next()
        self.expect_kind("(")
        query = self.query()
        self.expect_kind(")")
        return tree.Exists(query)

    def _row(self) -> Expr:
        self.next()
        self.expect_kind("(")
        items = () if self.is_kind(")") else self.expressions()
        self.expect_kind(")")
        return tree.Row(items)

    def _array(self, word: str) -> Expr:
        self.next()
        if self.accept_kind("("):
            query = self.query()
            self.expect_kind(")")
            return tree.ArrayQuery(word, query)
        return self._items(word)

    def _items(self, word: str) -> Expr:
        self.expect_kind("[")
        items: list[Expr] = []
        while not self.is_kind("]"):
            nested = self.is_kind("[")
            items.append(self._items(word) if nested else self.expression())
            if not self.accept_kind(","):
                break
        self.expect_kind("]")
        return tree.Array(word, tuple(items))

    def _map(self) -> Expr:
        self.next()
        if self.accept_kind("("):
            query = self.query()
            self.expect_kind(")")
            return tree.ArrayQuery("map", query)
        return self._entries()

    def _entries(self) -> Expr:
        self.expect_kind("[")
        entries = []
        while not self.is_kind("]"):
            key = self.expression()
            self.expect_kind("=>")
            entries.append((key, self._entries() if self.is_kind("[") else self.expression()))
            if not self.accept_kind(","):
                break
        self.expect_kind("]")
        return tree.Map(tuple(entries))

    def _cast(self) -> Expr:
        self.next()
        self.expect_kind("(")
        operand = self.expression()
        self.expect("as")
        type_ = self.type_name()
        self.expect_kind(")")
        return tree.Cast(operand, type_)

    def _extract(self) -> Expr:
        self.next()
        self.expect_kind("(")
        field = (
            self.next() if self.token.kind in ("ident", "keyword", "string") else self.expected("extract field token")
        )
        self.expect("from")
        operand = self.expression()
        self.expect_kind(")")
        return tree.Call(("extract",), (tree.Literal("string", field.value), operand))

    def _trim(self) -> Expr:
        self.next()
        self.expect_kind("(")
        name = {"leading": "ltrim", "trailing": "rtrim"}.get(
            self.accept_word("both", "leading", "trailing") or "", "btrim"
        )
        first = None if self.is_word("from") else self.expression()
        if self.accept("from"):
            operand = self.expression()
            arguments: tuple[Expr, ...] = (operand,) if first is None else (operand, first)
        else:
            assert first is not None
            arguments = (first,)
        self.expect_kind(")")
        return tree.Call((name,), arguments)

    def _substring(self) -> Expr:
        self.next()
        self.expect_kind("(")
        arguments = [self.expression()]
        if self.accept("from"):
            arguments.append(self.expression())
            if self.accept("for"):
                arguments.append(self.expression())
        elif self.accept("for"):
            arguments += [tree.Literal("number", "1"), self.expression()]
        elif not self.is_kind(","):
            self.expected("comma")
        else:
            while self.accept_kind(","):
                arguments.append(self.expression())
        self.expect_kind(")")
        return tree.Call(("substring",), tuple(arguments))

    def _position(self) -> Expr:
        self.next()
        self.expect_kind("(")
        needle = self._climb(LIKE)
        self.expect("in")
        hay = self.expression()
        self.expect_kind(")")
        return tree.Call(("position",), (needle, hay))

    def _normalize(self) -> Expr:
        self.next()
        self.expect_kind("(")
        arguments = [self.expression()]
        if self.accept_kind(","):
            form = self.accept_word("nfc", "nfd", "nfkc", "nfkd")
            if form is None:
                self.expected("NFC, NFD, NFKC, or NFKD")
            arguments.append(tree.Literal("string", str(form).upper()))
        self.expect_kind(")")
        return tree.Call(("normalize",), tuple(arguments))

    # --------------------------------------------------------------------------------------------- calls

    def call(self, name: tuple[str, ...]) -> tree.Call:
        """Read the arguments of a function and what may follow them."""
        self.expect_kind("(")
        distinct = self._distinct(name)
        arguments = self._arguments()
        order = self.order_by() if arguments and self.ahead("order", "by") else ()
        closing = self.expect_kind(")")
        if distinct and arguments is None:
            raise SqlError("DISTINCT * not supported as function args", "42601", position=closing.start)
        condition = None
        if self.accept("filter"):
            self.expect_kind("(")
            self.expect("where")
            condition = self.expression()
            self.expect_kind(")")
        over = None
        if self.is_word("over", "ignore", "respect"):
            ignore = self.accept("ignore", "nulls")
            self.accept("respect", "nulls")
            self.expect("over")
            over = self._over(ignore)
        return tree.Call(name, arguments or (), arguments is None, distinct, order, condition, over)

    def plain_call(self, name: tuple[str, ...]) -> tree.Call:
        """Read the arguments of a function that stands for a table."""
        self.expect_kind("(")
        arguments = self._arguments()
        self.expect_kind(")")
        return tree.Call(name, arguments or (), arguments is None)

    def _arguments(self) -> tuple[Expr, ...] | None:
        """Read arguments; None for a star."""
        if self.accept_kind("*"):
            return None
        return () if self.is_kind(")") else self.expressions()

    def _distinct(self, name: tuple[str, ...]) -> bool:
        word = self.accept_word("all", "distinct")
        if word is not None and (other := self.accept_word("distinct" if word == "all" else "all")) is not None:
            message = f"Cannot specify both {word.upper()} and {other.upper()} in function: {'.'.join(name)}"
            raise self.error(message, self.tokens[self.at - 1])
        return word == "distinct"

    def order_by(self) -> tuple[tree.OrderItem, ...]:
        self.expect("order", "by")
        items = [self.order_item()]
        while self.accept_kind(","):
            items.append(self.order_item())
            check_count(items)
        return tuple(items)

    def order_item(self) -> tree.OrderItem:
        return tree.OrderItem(self.expression(), *self.direction())

    def direction(self) -> tuple[bool, bool]:
        """Read in which direction is ordered: whether the greatest, and whether NULLs come first."""
        descending = self.accept_word("asc", "desc") == "desc"
        nulls_first = descending
        if self.accept("nulls"):
            word = self.accept_word("first", "last")
            if word is None:
                self.expected("one of FIRST or LAST")
            nulls_first = word == "first"
        return descending, nulls_first

    def _over(self, ignore: bool) -> tree.Over:
        self.expect_kind("(")
        partition: tuple[Expr, ...] = ()
        if self.accept("partition", "by"):
            partition = self.expressions()
        order = self.order_by() if self.ahead("order", "by") else ()
        units, start, end = "", None, None
        if not self.is_kind(")"):
            units = self.accept_word("rows", "range", "groups") or ""
            if not units:
                self.expected("one of ROWS or RANGE or GROUPS")
            if self.accept("between"):
                start = self._bound()
                self.expect("and")
                end = self._bound()
            else:
                start = self._bound()
        self.expect_kind(")")
        return tree.Over(partition, order, units, start, end, ignore)

    def _bound(self) -> tree.Bound:
        if self.accept("current", "row"):
            return tree.Bound("current")
        offset = None if self.accept("unbounded") else self.unsigned()
        word = self.accept_word("preceding", "following")
        if word is None:
            self.expected("PRECEDING or FOLLOWING")
        return tree.Bound(str(word), offset)
