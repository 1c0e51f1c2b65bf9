"""A parser of whole statements, and what their grammars share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.statements import StatementParser
from mzwidget.local.errors import SqlError
from mzwidget.local.statements.model import Parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.dialect.syntax.lexer import Token
    from mzwidget.local.statements.model import Statement


_BYTES_OF_A_TOKEN = 120
"""In what is read of it, as measured."""
QUERY_WORDS = ("select", "values", "table", "with")


class Reader(StatementParser):
    """Reads the tokens of one statement of the text `sql`; `inner` reads one within it."""

    def __init__(self, sql: str, tokens: Sequence[Token], inner: Callable[[Reader], Statement]) -> None:
        super().__init__(sql, tokens)
        self.inner = inner

    @property
    def last(self) -> Token:
        return self.peek(-1)

    def parsed(self) -> Parsed:
        """Read a statement."""
        begin = self.at
        found, text = self.with_text(lambda: self.inner(self))
        return Parsed(text, found, len(text) + _BYTES_OF_A_TOKEN * (self.at - begin))

    def text_value(self) -> str:
        if not self.is_kind("string"):
            self.expected("literal string")
        return self.next().value

    def expect_query(self) -> None:
        """Insist that a query comes next."""
        if not (self.is_kind("(") or self.is_word(*QUERY_WORDS, "show")):
            self.expected("SELECT, VALUES, or a subquery in the query body")

    def all(self) -> str:
        """Return the text of the whole statement."""
        return self.sql[self.tokens[0].start : self.last.end]

    def text_of(self, read: Callable[[], object]) -> str:
        """Read something; return its text."""
        return self.with_text(read)[1]

    def options(self, known: Sequence[str] = (), *, expected: str = "") -> dict[str, str]:
        """Read ``(name [=] value, …)``; a bare name means true. A name that is not `known` is not `expected`."""
        self.expect_kind("(")
        found: dict[str, str] = {}
        while True:
            if known and not self.is_word(*known):
                self.expected(expected or " or ".join(word.upper() for word in known))
            name = self.identifier()
            if name in found:
                raise SqlError(f"{name.upper()} specified more than once")
            found[name] = self.option_value()
            if not self.accept_kind(","):
                break
        self.expect_kind(")")
        return found

    def option_value(self) -> str:
        """Read the value of an option: true, where there is none."""
        if self.token.kind in {")", ",", "eof"}:
            return "true"
        self.accept_kind("=")
        value = self.value()
        if value is None:
            self.expected("option value")
        return ".".join((value, *self.object_name())) if self.accept_kind(".") else value

    def value(self) -> str | None:
        """Take a name or a literal, if one comes next."""
        if self.token.is_name or self.token.kind in {"string", "hex", "number"}:
            return self.next().value
        if self.token.is_sign("-") and self.peek().kind == "number":
            self.next()
            return f"-{self.next().value}"
        return None
