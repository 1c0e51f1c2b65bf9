"""The grammar of expressions: precedence climbing, as Materialize's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.cursor import MOST_NESTING
from mzwidget.local.dialect.syntax.forms import OTHER, FormParser
from mzwidget.local.dialect.syntax.keywords import INTERVAL_UNITS, NOT_AN_EXPRESSION
from mzwidget.local.dialect.syntax.types import TYPE_WORDS
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from mzwidget.local.dialect.syntax.tree import Expr

_OR, _AND, _NOT, _IS, _COMPARE, _LIKE = range(1, OTHER)
_ADD, _MULTIPLY, _AT, _SIGN, _POSTFIX = range(OTHER + 1, OTHER + 6)
_OPERATORS = {
    "+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY,
    "=": _COMPARE, "<": _COMPARE, ">": _COMPARE, "<=": _COMPARE, ">=": _COMPARE, "<>": _COMPARE,
    "~~": _LIKE, "!~~": _LIKE, "~~*": _LIKE, "!~~*": _LIKE,
}  # fmt: skip
_LIKE_OPERATORS = {"~~": (False, False), "!~~": (False, True), "~~*": (True, False), "!~~*": (True, True)}
_IS_WHAT = "NULL, NOT NULL, TRUE, NOT TRUE, FALSE, NOT FALSE, UNKNOWN, NOT UNKNOWN after IS"
_NEVER_TYPES = frozenset({"not", "case", "true", "false", "null", "default", "distinct", "all"})
_QUERY_WORDS = ("select", "with", "values", "table", "show")


class ExpressionParser(FormParser):
    """Reads expressions and type names."""

    def expression(self) -> Expr:
        return self._climb(0)

    def _climb(self, lowest: int) -> Expr:
        self.depth += 1
        if self.depth > MOST_NESTING:
            raise SqlError(f"statement exceeds nested expression limit of {MOST_NESTING}", "42601")
        try:
            left = self._prefix()
            while True:
                strength = self._strength()
                if strength <= lowest:
                    return left
                left = self._infix(left, strength)
        finally:
            self.depth -= 1

    # -------------------------------------------------------------------------------------------- prefix

    def _prefix(self) -> Expr:
        token = self.token
        if token.kind in ("keyword", "ident"):
            typed = self._typed_literal()
            if typed is not None:
                return typed
        if token.kind == "eof":
            raise self.error("Unexpected EOF")
        if token.kind == "keyword":
            return self._keyword(token.value)
        if token.kind == "ident":
            return self._named()
        match token.kind:
            case "number" | "string" | "hex":
                self.next()
                return tree.Literal(token.kind, token.value)
            case "param":
                self.next()
                return tree.Parameter(int(token.value[1:10]))
            case "(":
                return self._parenthesized()
            case "[":
                return self.by_id()
            case "op" if token.value in ("+", "-"):
                self.next()
                if self.is_kind("number") and self.token.value.strip("0.eE+-"):
                    number = self.next().value
                    return tree.Literal("number", f"-{number}" if token.value == "-" else number)
                return tree.Unary(token.value, self._climb(_SIGN))
            case "op" if token.value == "~":
                self.next()
                return tree.Unary("~", self._climb(OTHER))
            case _:
                return self.expected("an expression")

    def _typed_literal(self) -> Expr | None:
        """Read ``type 'text'``, where that is what comes."""
        following = self.peek()
        word = self.token.value
        if following.kind == ".":
            return self._qualified_literal()
        if following.kind in (",", ")", "eof", "op", "=", "*", ";", "::"):
            return None
        if following.kind == "keyword" and following.value not in ("precision", "varying", "list", "with", "without"):
            return None
        if following.kind == "ident" or (self.token.kind == "keyword" and word in NOT_AN_EXPRESSION):
            return None
        if self.token.kind == "keyword" and word == "interval":
            return self.attempt(self._interval)
        if self.token.kind == "keyword" and word not in TYPE_WORDS and word not in (
            "float", "double", "char", "character", "time", "timestamp", "timestamptz", "map"
        ) and (following.kind != "string" or word in _NEVER_TYPES):  # fmt: skip
            return None
        return self.attempt(self._typed)

    def _qualified_literal(self) -> Expr | None:
        """Read ``schema.type 'text'``, where that is what comes."""
        at = self.at + 1
        while at < len(self.tokens) and self.tokens[at].kind == ".":
            at += 2
        string = at < len(self.tokens) and self.tokens[at].kind == "string"
        return self.attempt(self._typed) if string else None

    def _typed(self) -> Expr:
        type_ = self.type_name()
        if not self.is_kind("string"):
            self.expected("literal string")
        return tree.Cast(tree.Literal("string", self.next().value), type_)

    def _interval(self) -> Expr:
        self.next()
        if not self.is_kind("string"):
            self.expected("literal string")
        text = self.next().value
        unit = self._interval_unit()
        high, low = "year", unit or "second"
        if unit and self.accept("to"):
            high, low = unit, self._interval_unit() or ""
            if not low or INTERVAL_UNITS.index(high) >= INTERVAL_UNITS.index(low):
                self.expected("a smaller unit")
        precision = None
        if unit and low == "second" and self.accept_kind("("):
            precision = self.integer()
            self.expect_kind(")")
        return tree.IntervalLiteral(text, high, low, precision)

    def _interval_unit(self) -> str | None:
        word = self.accept_word(*INTERVAL_UNITS, *(f"{unit}s" for unit in INTERVAL_UNITS))
        return word and word.rstrip("s")

    def _keyword(self, word: str) -> Expr:
        following = self.peek().kind
        if word in NOT_AN_EXPRESSION:
            raise self.error(f"expected expression, but found reserved keyword: {word.upper()}")
        match word:
            case "true" | "false" | "null":
                self.next()
                return tree.Literal("null") if word == "null" else tree.Literal("bool", word)
            case "not":
                self.next()
                return tree.Not(self._climb(_NOT))
            case "case":
                return self._case()
            case "array" | "list" if word == "array" or following in ("[", "("):
                return self._array(word)
            case "map" if following in ("[", "("):
                return self._map()
            case "cast":
                return self._cast()
            case "coalesce" | "greatest" | "least" | "nullif":
                return self._choice(word)
            case "exists" if following == "(" or self.peek().value not in ("from", ""):
                return self._exists()
            case "extract":
                return self._extract()
            case "trim":
                return self._trim()
            case "substring":
                return self._substring()
            case "position" if following == "(":
                return self._position()
            case "normalize" if following == "(":
                return self._normalize()
            case "row" if following == "(":
                return self._row()
        return self._named()

    def _named(self) -> Expr:
        parts = [self.next().value]
        while self.is_kind("."):
            if self.peek().kind == "*":
                self.at += 2
                return tree.Star(tuple(parts))
            self.next()
            parts.append(self._after_dot())
        if self.is_kind("("):
            return self.call(tuple(parts))
        return tree.Name(tuple(parts))

    def _after_dot(self) -> str:
        if self.token.kind not in ("ident", "keyword"):
            self.expected("an identifier or a '*' after '.'")
        return self.next().value

    def _parenthesized(self) -> Expr:
        self.next()
        query = self._nested_query()
        if query is not None:
            self.expect_kind(")")
            return tree.Subquery(query)
        items = self.expressions()
        self.expect_kind(")")
        if len(items) > 1:
            return tree.Row(items)
        if isinstance(items[0], tree.Name) and self.is_kind(".") and self.peek().kind == "*":
            self.at += 2
            return tree.Field(items[0], "*")
        return items[0]

    def _nested_query(self) -> tree.Query | None:
        """Read the query that an open parenthesis holds, if it holds one."""
        depth = 0
        while self.peek(depth).kind == "(":
            depth += 1
        first = self.peek(depth)
        if first.kind != "keyword" or first.value not in _QUERY_WORDS:
            return None
        if not depth and first.value in ("select", "with", "values"):
            return self.query()
        return self.attempt(self._whole_query)

    def _whole_query(self) -> tree.Query:
        query = self.query()
        if not self.is_kind(")"):
            self.expected("right parenthesis")
        return query

    # --------------------------------------------------------------------------------------------- infix

    def _strength(self) -> int:
        token = self.token
        match token.kind:
            case "op" | "*" | "=":
                return _OPERATORS.get(token.value, OTHER)
            case "::" | "[" | ".":
                return _POSTFIX
            case "keyword":
                return self._word_strength(token.value)
        return 0

    def _word_strength(self, word: str) -> int:
        match word:
            case "or":
                return _OR
            case "and":
                return _AND
            case "not":
                return _LIKE if self.peek().value in ("in", "between", "like", "ilike") else 0
            case "is" | "isnull":
                return _IS
            case "in" | "between" | "like" | "ilike":
                return _LIKE
            case "operator":
                return OTHER
            case "at" | "collate":
                return _AT
        return 0

    def _infix(self, left: Expr, strength: int) -> Expr:
        token = self.next()
        if token.kind in ("op", "*", "="):
            return self._operator(left, token.value, strength)
        match token.value:
            case "::":
                return tree.Cast(left, self.type_name())
            case "[":
                return self._subscript(left)
            case ".":
                if self.accept_kind("*"):
                    return tree.Field(left, "*")
                return tree.Field(left, self._after_dot())
            case "and" | "or":
                right = self._climb(strength)
                operands = left.operands if isinstance(left, tree.Logic) and left.word == token.value else (left,)
                return tree.Logic(token.value, (*operands, right))
            case "is":
                return self._is(left)
            case "isnull":
                return tree.Is(left, "null")
            case "operator":
                self.expect_kind("(")
                schema: list[str] = []
                while self.token.kind in ("ident", "keyword"):
                    schema.append(self.identifier())
                    self.expect_kind(".")
                if self.token.kind not in ("op", "*", "="):
                    self.expected("operator")
                operator = self.next().value
                if schema not in ([], ["pg_catalog"]):
                    raise SqlError(f"operator does not exist: {'.'.join(schema)}.{operator}")
                self.expect_kind(")")
                return self._operator(left, operator, strength)
            case "at":
                self.expect("time", "zone")
                return tree.Call(("timezone",), (self._climb(_AT), left))
            case "collate":
                self.object_name()
                return tree.Collate(left)
        self.at -= 1
        return self._predicate(left)

    def _operator(self, left: Expr, operator: str, strength: int) -> Expr:
        if self.is_word("any", "some", "all"):
            word = self.next().value
            return tree.Quantified(left, operator, word == "all", self._quantified(word))
        right = self._climb(strength)
        if operator in _LIKE_OPERATORS:
            insensitive, negated = _LIKE_OPERATORS[operator]
            return tree.Like(left, right, None, insensitive, negated)
        return tree.Binary(operator, left, right)

    def _quantified(self, word: str) -> Expr | tree.Query:
        self.expect_kind("(")
        query = self._nested_query()
        right: Expr | tree.Query = query if query is not None else self.expression()
        if self.is_kind(","):
            while self.accept_kind(","):
                self.expression()
            message = f"{word.upper()} requires a single expression or subquery, not an expression list"
            raise self.error(message)
        self.expect_kind(")")
        return right

    def _is(self, left: Expr) -> Expr:
        negated = bool(self.accept("not"))
        if self.accept("distinct"):
            self.expect("from")
            return tree.Distinct(left, self._climb(_IS), negated)
        what = self.accept_word("null", "true", "false", "unknown")
        if what is None:
            self.expected(_IS_WHAT)
        return tree.Is(left, str(what), negated)

    def _predicate(self, left: Expr) -> Expr:
        negated = bool(self.accept("not"))
        word = self.next().value
        if word == "between":
            low = self._climb(_LIKE)
            self.expect("and")
            return tree.Between(left, low, self._climb(_LIKE), negated)
        if word == "in":
            self.expect_kind("(")
            query = self._nested_query()
            if query is not None:
                self.expect_kind(")")
                return tree.InQuery(left, query, negated)
            items = self.expressions()
            self.expect_kind(")")
            return tree.InList(left, items, negated)
        insensitive = word == "ilike"
        if self.is_word("any", "some", "all") and self.peek().kind == "(":
            word = self.next().value
            operator = ("!" if negated else "") + "~~" + ("*" if insensitive else "")
            return tree.Quantified(left, operator, word == "all", self._quantified(word))
        pattern = self._climb(_LIKE)
        escape = self._climb(_LIKE) if self.accept("escape") else None
        return tree.Like(left, pattern, escape, insensitive, negated)

    def _subscript(self, left: Expr) -> Expr:
        positions: list[Expr | tree.Slice] = []
        while True:
            low = None if self.is_kind(":") else self.expression()
            if self.accept_kind(":"):
                high = None if self.is_kind("]") else self.expression()
                positions.append(tree.Slice(low, high))
            else:
                assert low is not None
                positions.append(low)
            self.expect_kind("]")
            if not self.accept_kind("["):
                break
        return tree.Subscript(left, tuple(positions))
