"""The grammar of expressions: precedence climbing, as Materialize's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mzwidget.local.dialect.syntax import tree
from mzwidget.local.dialect.syntax.forms import LIKE, FormParser
from mzwidget.local.dialect.syntax.keywords import INTERVAL_UNITS, NOT_AN_EXPRESSION, SET_OPERATORS
from mzwidget.local.dialect.syntax.types import TYPE_WORDS
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mzwidget.local.dialect.syntax.tree import Expr

_OR, _AND, _NOT, _IS, _COMPARE = range(1, LIKE)
_OTHER, _ADD, _MULTIPLY, _AT, _SIGN, _POSTFIX = range(LIKE + 1, LIKE + 7)
_OPERATORS = {
    "+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY,
    "=": _COMPARE, "<": _COMPARE, ">": _COMPARE, "<=": _COMPARE, ">=": _COMPARE, "<>": _COMPARE,
}  # fmt: skip
_LIKE_OPERATORS = {"~~": (False, False), "!~~": (False, True), "~~*": (True, False), "!~~*": (True, True)}
_IS_WHAT = "NULL, NOT NULL, TRUE, NOT TRUE, FALSE, NOT FALSE, UNKNOWN, NOT UNKNOWN after IS"
_QUERY_WORDS = ("select", "with", "values", "table", "show")


class ExpressionParser(FormParser):
    """Reads expressions and type names."""

    def expression(self) -> Expr:
        return self._climb(0)

    def _climb(self, lowest: int) -> Expr:
        self.deeper()
        found = self._operators(self._prefix(), lowest)
        self.depth -= 1
        return found

    def _operators(self, left: Expr, lowest: int) -> Expr:
        """Go on behind an expression with operators that bind more strongly."""
        while (strength := self._strength()) > lowest:
            left = self._infix(left, strength)
        return left

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
                return self.in_parentheses(self._parenthesized())
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
                return tree.Unary("~", self._climb(_OTHER))
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
        if self.token.kind == "keyword" and word == "interval" and following.kind == "string":
            return self.attempt(self._interval)
        if self.token.kind == "keyword" and word not in TYPE_WORDS and word not in (
            "float", "double", "char", "character", "time", "timestamp", "timestamptz", "map", "interval"
        ) and following.kind != "string":  # fmt: skip
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
        text = self.next().value
        unit = self._interval_unit()
        high, low = "year", unit or "second"
        if unit and self.accept("to"):
            high, low = unit, self._interval_unit() or ""
            if not low or INTERVAL_UNITS.index(high) >= INTERVAL_UNITS.index(low):
                self.expected("a smaller unit")
        precision = self.precision() if unit and low == "second" else None
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
            case "array":
                return self._array(word)
            case "list" if following in ("[", "("):
                return self._array(word)
            case "map" if following in ("[", "("):
                return self._map()
            case "cast":
                return self._cast()
            case "coalesce" | "greatest" | "least" | "nullif" if following == "(":
                return self._choice(word)
        form = self._FORMS.get(word) if following == "(" else None
        return form(self) if form is not None else self._named()

    _FORMS: ClassVar[dict[str, Callable[[ExpressionParser], Expr]]] = {
        "exists": FormParser._exists, "extract": FormParser._extract, "trim": FormParser._trim,
        "substring": FormParser._substring, "position": FormParser._position, "normalize": FormParser._normalize,
        "row": FormParser._row,
    }  # fmt: skip

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

    def _parenthesized(self) -> tree.Query | tuple[Expr, ...]:
        """Read parentheses and the query or the expressions that they hold."""
        self.expect_kind("(")
        held = self._held()
        self.expect_kind(")")
        return held

    def _held(self) -> tree.Query | tuple[Expr, ...]:
        if self.is_word(*_QUERY_WORDS):
            return self.query()
        if not self.is_kind("("):
            return self.expressions()
        self.deeper()
        inner = self._parenthesized()
        self.depth -= 1
        if isinstance(inner, tree.Query) and (self.is_kind(")") or self.is_word(*SET_OPERATORS)):
            return self.query_from(tree.Nested(inner))
        found = [self._operators(self.in_parentheses(inner), 0)]
        while self.accept_kind(","):
            found.append(self.expression())
        return tuple(found)

    def in_parentheses(self, held: tree.Query | tuple[Expr, ...]) -> Expr:
        """Return what parentheses mean as an expression."""
        if isinstance(held, tree.Query):
            return tree.Subquery(held)
        return held[0] if len(held) == 1 else tree.Row(held)

    # --------------------------------------------------------------------------------------------- infix

    def _strength(self) -> int:
        token = self.token
        match token.kind:
            case "op" | "*" | "=":
                return _OPERATORS.get(token.value, _OTHER)
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
                return LIKE if self.peek().value in ("in", "between", "like", "ilike") else 0
            case "is" | "isnull":
                return _IS
            case "in" | "between" | "like" | "ilike":
                return LIKE
            case "operator":
                return _OTHER
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
                if self.token.kind not in ("op", "*"):
                    self.expected("operator")
                operator = self.next().value
                self.expect_kind(")")
                if schema not in ([], ["pg_catalog"]):
                    raise SqlError(f"operator does not exist: {'.'.join(schema)}.{operator}")
                return self._operator(left, operator, strength)
            case "at":
                self.expect("time", "zone")
                return tree.Call(("timezone",), (self._climb(_AT), left))
            case "collate":
                return tree.Collate(left, self.object_name())
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
        held = self._held()
        if isinstance(held, tuple) and len(held) > 1:
            raise self.error(f"{word.upper()} requires a single expression or subquery, not an expression list")
        self.expect_kind(")")
        return held if isinstance(held, tree.Query) else held[0]

    def _is(self, left: Expr) -> Expr:
        negated = bool(self.accept("not"))
        if self.accept("distinct"):
            self.expect("from")
            return tree.Distinct(left, self.expression(), negated)
        what = self.accept_word("null", "true", "false", "unknown")
        if what is None:
            self.expected(_IS_WHAT)
        return tree.Is(left, str(what), negated)

    def _predicate(self, left: Expr) -> Expr:
        negated = bool(self.accept("not"))
        word = self.next().value
        if word == "between":
            low = self._climb(LIKE)
            self.expect("and")
            return tree.Between(left, low, self._climb(LIKE), negated)
        if word == "in":
            held = self._parenthesized()
            if isinstance(held, tree.Query):
                return tree.InQuery(left, held, negated)
            return tree.InList(left, held, negated)
        insensitive = word == "ilike"
        if self.is_word("any", "some", "all"):
            word = self.next().value
            operator = ("!" if negated else "") + "~~" + ("*" if insensitive else "")
            return tree.Quantified(left, operator, word == "all", self._quantified(word))
        pattern = self._climb(LIKE)
        escape = self._climb(LIKE) if self.accept("escape") else None
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
