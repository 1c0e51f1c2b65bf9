"""A cursor over the tokens of one statement, with the words of Materialize's parser for what it did not expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mzwidget.local.dialect.syntax import expression_tokens
from mzwidget.local.dialect.syntax.lexer import PUNCTUATION, Token
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.statements.model import Parts, Statement


QUERY_WORDS = ("select", "values", "table", "with")


class Reader:
    """Reads the tokens of one statement of the text `sql`; `statement` reads one within it."""

    def __init__(self, sql: str, tokens: Sequence[Token], statement: Callable[[Reader], Statement]) -> None:
        self.statement = statement
        self.sql = sql
        self.tokens = tokens
        self.at = 0

    @property
    def token(self) -> Token:
        if self.at < len(self.tokens):
            return self.tokens[self.at]
        end = self.tokens[-1].end if self.tokens else len(self.sql)
        return Token("eof", "", end, end)

    @property
    def last(self) -> Token:
        return self.tokens[self.at - 1]

    def ahead(self, *words: str) -> bool:
        found = self.tokens[self.at : self.at + len(words)]
        return len(found) == len(words) and all(t.is_word(w) for t, w in zip(found, words, strict=True))

    def accept(self, *words: str) -> bool:
        if self.ahead(*words):
            self.at += len(words)
            return True
        return False

    def one_of(self, *words: str) -> str | None:
        """Take one of several words, if it is there."""
        if self.token.is_word(*words):
            self.at += 1
            return self.last.value
        return None

    def sign_ahead(self, sign: str) -> bool:
        return self.token.is_sign(sign)

    def accept_sign(self, sign: str) -> bool:
        if self.sign_ahead(sign):
            self.at += 1
            return True
        return False

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                self.fail(word.upper())

    def expect_sign(self, sign: str) -> None:
        if not self.accept_sign(sign):
            self.fail(PUNCTUATION[sign])

    def fail(self, expected: str) -> NoReturn:
        token = self.token
        raise SqlError(f"Expected {expected}, found {token}", "42601", position=token.start + 1)

    def name(self) -> str:
        if not self.token.is_name:
            self.fail("identifier")
        if not self.token.value:
            raise SqlError("zero-length delimited identifier", "42601", position=self.token.start + 1)
        self.at += 1
        return self.last.value

    def parts(self) -> Parts:
        found = [self.name()]
        while self.accept_sign("."):
            found.append(self.name())
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        self.expect_sign("(")
        found = [self.name()]
        while self.accept_sign(","):
            found.append(self.name())
        self.expect_sign(")")
        return tuple(found)

    def text_value(self) -> str:
        if self.token.kind != "string":
            self.fail("literal string")
        self.at += 1
        return self.last.value

    def expect_query(self) -> None:
        """Insist that a query comes next."""
        if not (self.sign_ahead("(") or self.token.is_word(*QUERY_WORDS, "show")):
            self.fail("SELECT, VALUES, or a subquery in the query body")

    def end(self) -> None:
        if self.token.kind != "eof":
            self.fail("end of statement")

    def all(self) -> str:
        """Return the text of the whole statement."""
        return self.sql[self.tokens[0].start : self.tokens[-1].end]

    def rest(self) -> str:
        """Take the remaining text."""
        first = self.token
        self.at = len(self.tokens)
        return self.sql[first.start : self.tokens[-1].end] if first.kind != "eof" else ""

    def until(self, stop: Callable[[], bool]) -> str:
        """Take text up to the end or to where, outside parentheses, `stop` holds."""
        first, depth, begin = self.token, 0, self.at
        while self.token.kind != "eof":
            if depth == 0 and stop():
                break
            if self.token.kind in {"(", "["}:
                depth += 1
            elif self.token.kind in {")", "]"}:
                if depth == 0:
                    break
                depth -= 1
            self.at += 1
        if self.at == begin and self.token.kind == "eof":
            raise SqlError("Unexpected EOF", "42601", position=self.token.start + 1)
        if self.at == begin:
            self.fail("an expression")
        return self.sql[first.start : self.last.end]

    def expression(self) -> str:
        """Take the text of one expression."""
        first, end = self.token.start, self.tokens[-1].end
        self.at += expression_tokens(self.sql[first:end], first)
        return self.sql[first : self.last.end]

    def options(self, known: Sequence[str] = (), *, expected: str = "") -> dict[str, str]:
        """Read ``(name [=] value, …)``; a bare name means true. A name that is not `known` is not `expected`."""
        self.expect_sign("(")
        found: dict[str, str] = {}
        while True:
            if known and not self.token.is_word(*known):
                self.fail(expected or " or ".join(word.upper() for word in known))
            name = self.name()
            self.accept_sign("=")
            if name in found:
                raise SqlError(f"{name.upper()} specified more than once")
            found[name] = self.option_value()
            if not self.accept_sign(","):
                break
        self.expect_sign(")")
        return found

    def option_value(self) -> str:
        sign = "-" if self.accept_sign("-") else ""
        if not (self.token.is_name or self.token.kind in {"string", "number"}):
            return "true"
        self.at += 1
        return sign + self.last.value
