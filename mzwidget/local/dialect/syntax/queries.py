"""The grammar of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.expressions import ExpressionParser
from mzwidget.local.dialect.syntax.forms import check_count
from mzwidget.local.dialect.syntax.keywords import (
    NOT_A_COLUMN_ALIAS,
    NOT_A_TABLE_ALIAS,
    NOT_AN_EXPRESSION,
    SET_OPERATORS,
)
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from mzwidget.local.dialect.syntax.tree import Body, Expr, FromItem

_LISTED = frozenset({
    "cluster", "clusters", "columns", "connections", "create", "databases", "default", "index", "indexes", "indices",
    "materialized", "network", "objects", "privileges", "redacted", "role", "roles", "schemas", "secrets", "sinks",
    "sources", "subsources", "tables", "types", "views",
})  # fmt: skip
"""What SHOW lists; any other word is a setting's."""
_JOINS = {"left": "left", "right": "right", "full": "full"}


_SIZES = {"expected": (), "aggregate": ("input",), "distinct": ("on", "input"), "limit": ("input",)}
"""What stands between the words of a hint about a size."""


class QueryParser(ExpressionParser):
    """Reads SELECT, VALUES, TABLE and what combines them."""

    def query(self) -> tree.Query:
        self.deeper()
        ctes: tuple[tree.Cte, ...] = ()
        recursion = None
        if self.accept("with", "mutually"):
            self.expect("recursive")
            recursion = self._recursion()
            ctes = self._ctes(typed=True)
        elif self.accept("with"):
            ctes = self._ctes(typed=False)
        found = self._tail(tree.Query(self._body(0), ctes, recursion))
        self.depth -= 1
        return found

    def query_from(self, body: tree.Nested) -> tree.Query:
        return self._tail(tree.Query(self._combined(body, 0)))

    def _tail(self, query: tree.Query) -> tree.Query:
        """Read what stands behind the body; a query in parentheses may have had some of it."""
        if isinstance(query.body, tree.Nested):
            inner = query.body.query
            if query.ctes and inner.ctes:
                raise self.error("multiple WITH clauses not allowed")
            ctes = query.ctes or inner.ctes
            recursion = query.recursion or inner.recursion
            query = tree.Query(inner.body, ctes, recursion, inner.order, inner.limit, inner.offset)
        order = query.order
        if self.ahead("order", "by"):
            if query.order:
                raise self.error("multiple ORDER BY clauses not allowed", self.peek())
            order = self.order_by()
        limit, offset = query.limit, query.offset
        limited, skipped = limit is not None, offset is not None
        while (word := self.accept_word("limit", "offset", "fetch")) is not None:
            before = self.tokens[self.at - 1]
            if word == "offset":
                if skipped:
                    raise self.error("multiple OFFSET clauses not allowed", before)
                offset, skipped = self.expression(), True
                self.accept_word("row", "rows")
                continue
            if limited:
                raise self.error("multiple LIMIT/FETCH clauses not allowed", before)
            if word == "fetch":
                limit = self._fetch()
            elif self.accept("all"):
                continue
            else:
                limit = self.expression()
            limited = True
        return tree.Query(query.body, query.ctes, query.recursion, order, limit, offset)

    def _fetch(self) -> Expr:
        if self.accept_word("first", "next") is None:
            self.expected("one of FIRST or NEXT")
        count: Expr = tree.Literal("number", "1")
        if self.accept_word("row", "rows") is None:
            count = self.expression()
            if self.accept_word("row", "rows") is None:
                self.expected("one of ROW or ROWS")
        if self.accept("with", "ties"):
            raise SqlError("FETCH ... WITH TIES not yet supported")
        if not self.accept("only"):
            self.expected("one of ONLY or WITH TIES")
        return count

    def _recursion(self) -> tree.Recursion:
        found: list[tuple[str, int]] = []
        if not self.accept_kind("("):
            return tree.Recursion()
        while not found or self.accept_kind(","):
            word = self.accept_word("recursion", "return", "error")
            if word is None:
                self.expected("one of RECURSION or RETURN or ERROR")
            words = () if word == "recursion" else ("at", "recursion")
            self.expect(*words, "limit")
            self.accept_kind("=")
            found.append((" ".join((word, *words)).upper(), self.integer()))
        self.expect_kind(")")
        return tree.Recursion(tuple(found))

    def _ctes(self, *, typed: bool) -> tuple[tree.Cte, ...]:
        found = []
        while True:
            name = self.identifier()
            if typed:
                columns, types = zip(*self.fields(), strict=True)
            else:
                columns, types = self.names() if self.is_kind("(") else (), ()
            found.append(tree.Cte(name, columns, types, self._common_query()))
            if not self.accept_kind(","):
                return tuple(found)

    def _common_query(self) -> tree.Query:
        self.expect("as")
        self.expect_kind("(")
        query = self.query()
        self.expect_kind(")")
        return query

    def _body(self, lowest: int) -> Body:
        return self._combined(self._operand(), lowest)

    def _combined(self, left: Body, lowest: int) -> Body:
        while self.is_word(*SET_OPERATORS):
            word = self.token.value
            strength = 20 if word == "intersect" else 10
            if strength <= lowest:
                break
            self.next()
            every = self.accept("all")
            if self.accept("distinct") and every:
                raise self.error("Cannot specify both ALL and DISTINCT in set operation", self.tokens[self.at - 1])
            left = tree.SetOperation(word, every, left, self._body(strength))
        return left

    def _operand(self) -> Body:
        if self.accept("select"):
            return self._select()
        if self.accept_kind("("):
            query = self.query()
            self.expect_kind(")")
            return tree.Nested(query)
        if self.accept("values"):
            return self._values()
        if self.accept("table"):
            return tree.Select((tree.SelectItem(tree.Star()),), tree.Table(self.item_name()))
        if self.is_word("show"):
            if self.peek().value.lower() in _LISTED:
                return self._shown()
            raise SqlError("SHOW variable in subqueries not yet supported")
        return self.expected("SELECT, VALUES, or a subquery in the query body")

    def _shown(self) -> Body:
        """Return a SHOW command, up to the parenthesis that closes it."""
        start, depth = self.token.start, 0
        while not self.is_kind("eof") and not self.is_kind(";") and (depth or not self.is_kind(")")):
            depth += {"(": 1, ")": -1}.get(self.next().kind, 0)
        return tree.Shown(self.sql[start : self.token.start])

    def _values(self) -> Body:
        rows = []
        while True:
            self.expect_kind("(")
            row: list[Expr] = []
            while True:
                row.append(tree.Default() if self._is_default() else self.expression())
                if not self.accept_kind(","):
                    break
            self.expect_kind(")")
            rows.append(tuple(row))
            if not self.accept_kind(","):
                return tree.Values(tuple(rows))

    def _is_default(self) -> bool:
        if self.is_word("default") and self.peek().kind in (",", ")"):
            self.next()
            return True
        return False

    def _select(self) -> Body:
        distinct_on: tuple[Expr, ...] = ()
        every, distinct = self.accept("all"), self.accept("distinct")
        if every and distinct:
            raise self.error("Cannot specify both ALL and DISTINCT in SELECT", self.tokens[self.at - 1])
        if distinct and self.accept("on"):
            self.expect_kind("(")
            distinct_on = self.expressions()
            self.expect_kind(")")
        items = self.select_items()
        source = self.from_items() if self.accept("from") else None
        where = self.expression() if self.accept("where") else None
        group = self.expressions() if self.accept("group", "by") else ()
        check_count(group)
        having = self.expression() if self.accept("having") else None
        qualify = self.expression() if self.accept("qualify") else None
        if self.accept("options"):
            self._options()
        return tree.Select(items, source, where, group, having, qualify, distinct, distinct_on)

    def _options(self) -> None:
        """Read hints about sizes, which change no answer."""
        self.expect_kind("(")
        while True:
            word = self.accept_word(*_SIZES)
            if word is None:
                self.expected(f"one of {' or '.join(map(str.upper, _SIZES))}")
            self.expect(*_SIZES[word], "group", "size")
            self.accept_kind("=")
            self.integer()
            if not self.accept_kind(","):
                break
        self.expect_kind(")")

    def select_items(self) -> tuple[tree.SelectItem, ...]:
        items: list[tree.SelectItem] = []
        if self.token.kind in ("eof", ";", ")") or self.is_word("as", *NOT_AN_EXPRESSION):
            return ()
        while True:
            items.append(self.select_item())
            check_count(items)
            comma = self.token
            if not self.accept_kind(","):
                return tuple(items)
            if self.is_word("from"):
                raise self.error("invalid trailing comma in SELECT list", comma)

    def select_item(self) -> tree.SelectItem:
        if self.accept_kind("*"):
            return tree.SelectItem(tree.Star())
        return tree.SelectItem(self.expression(), self.bare_alias(NOT_A_COLUMN_ALIAS))

    # ---------------------------------------------------------------------------------------------- FROM

    def from_items(self) -> FromItem:
        found = self._joined()
        while self.accept_kind(","):
            found = tree.Join(found, "cross", self._joined(), comma=True)
        return found

    def _joined(self) -> FromItem:
        left = self._factor()
        while True:
            if self.accept("cross"):
                self.expect("join")
                left = tree.Join(left, "cross", self._factor())
                continue
            natural = bool(self.accept("natural"))
            word = self._join_word(natural=natural)
            if word is None:
                return left
            kind = _JOINS.get(word, "inner")
            right = self._factor()
            if natural:
                left = tree.Join(left, kind, right, natural=True)
            elif self.accept("on"):
                left = tree.Join(left, kind, right, on=self.expression())
            elif self.accept("using"):
                names = self.listed()
                left = tree.Join(left, kind, right, using=names, using_alias=self.bare_alias(NOT_A_TABLE_ALIAS))
            else:
                self.expected("ON, or USING after JOIN")

    def _join_word(self, *, natural: bool) -> str | None:
        """Read what joins the next item: ``join`` for a plain join, None if nothing does."""
        if self.is_word("outer"):
            self.expected("LEFT, RIGHT, or FULL")
        if natural and self.token.kind != "keyword":
            self.expected("a join type after NATURAL")
        word = self.accept_word("join", "inner", "left", "right", "full")
        if word in _JOINS:
            self.accept("outer")
        if word not in (None, "join"):
            self.expect("join")
        return word

    def _factor(self) -> FromItem:
        if self.accept("lateral"):
            if self.accept_kind("("):
                query = self.query()
                self.expect_kind(")")
                return tree.Derived(query, self.alias(), lateral=True)
            if self.ahead("rows", "from"):
                return self._rows_from()
            return self._function(self.item_name())
        if self.ahead("rows", "from"):
            return self._rows_from()
        if self.is_kind("("):
            derived = self.attempt(self._derived)
            if derived is not None:
                return derived
            self.next()
            inner = self._joined()
            if not isinstance(inner, tree.Join):
                self.expected("joined table")
            self.expect_kind(")")
            alias = self.alias()
            return tree.Grouped(inner, alias) if alias is not None else inner
        name = self.item_name()
        if self.is_kind("("):
            return self._function(name)
        return tree.Table(name, self.alias())

    def _derived(self) -> FromItem:
        self.expect_kind("(")
        query = self.query()
        self.expect_kind(")")
        return tree.Derived(query, self.alias())

    def _function(self, name: tuple[str, ...]) -> FromItem:
        call = self.plain_call(name)
        ordinality = self.accept("with", "ordinality")
        return tree.TableFunction((call,), self.alias(), ordinality)

    def _rows_from(self) -> FromItem:
        self.expect("rows", "from")
        self.expect_kind("(")
        calls = [self.call(self.item_name())]
        while self.accept_kind(","):
            calls.append(self.call(self.item_name()))
        self.expect_kind(")")
        ordinality = self.accept("with", "ordinality")
        return tree.TableFunction(tuple(calls), self.alias(), ordinality)

    def alias(self) -> tree.Alias | None:
        name = self.bare_alias(NOT_A_TABLE_ALIAS)
        if name is None:
            return None
        return tree.Alias(name, self.names() if self.is_kind("(") else ())
