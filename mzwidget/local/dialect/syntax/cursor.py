"""A place in the tokens of a statement, and the errors that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeVar

from mzwidget.local.dialect.syntax.lexer import PUNCTUATION, Token, tokenize
from mzwidget.local.errors import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

_T = TypeVar("_T")

_MOST_NESTING = 128


class Cursor:
    """Reads tokens.

    Parameters
    ----------
    sql : str
    tokens : sequence of Token, optional
        Those of ``sql`` that are to be read; by default all.
    """

    def __init__(self, sql: str, tokens: Sequence[Token] | None = None) -> None:
        self.sql = sql
        end = tokens[-1].end if tokens else len(sql)
        self.tokens: list[Token] = [*(tokenize(sql) if tokens is None else tokens), Token("eof", "", end, end)]
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "eof":
            self.at += 1
        return token

    def is_kind(self, kind: str) -> bool:
        return self.tokens[self.at].kind == kind

    def is_word(self, *words: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "keyword" and token.value in words

    def ahead(self, *words: str) -> bool:
        """Whether these keywords come next, in this order."""
        return all((token := self.peek(i)).kind == "keyword" and token.value == word for i, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Pass these keywords if they come next."""
        if self.ahead(*words):
            self.at += len(words)
            return True
        return False

    def accept_kind(self, kind: str) -> bool:
        if self.is_kind(kind):
            self.at += 1
            return True
        return False

    def accept_word(self, *words: str) -> str | None:
        """Pass one of these keywords if it comes next."""
        if self.is_word(*words):
            return self.next().value
        return None

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                self.expected(word.upper())

    def expect_kind(self, kind: str) -> Token:
        if not self.is_kind(kind):
            self.expected(PUNCTUATION[kind])
        return self.next()

    def error(self, message: str, token: Token | None = None) -> SqlError:
        return SqlError(message, "42601", position=(token or self.token).start + 1)

    def expected(self, what: str) -> NoReturn:
        raise self.error(f"Expected {what}, found {self.token}")

    def attempt(self, parse: Callable[[], _T]) -> _T | None:
        """Parse something that may be absent."""
        start, depth = self.at, self.depth
        try:
            return parse()
        except SqlError as error:
            if error.sqlstate != "42601":
                raise
            self.at, self.depth = start, depth
            return None

    def deeper(self) -> None:
        """Begin to read what may hold more of its kind; whoever has read it counts `depth` back."""
        if self.depth == _MOST_NESTING:
            raise SqlError(f"statement exceeds nested expression limit of {_MOST_NESTING}", "42601", position=1)
        self.depth += 1

    # --------------------------------------------------------------------------------------------- names

    def identifier(self) -> str:
        token = self.token
        if token.kind not in ("ident", "keyword"):
            self.expected("identifier")
        if not token.value:
            raise self.error("zero-length delimited identifier", token)
        return self.next().value

    def label(self) -> str:
        """Return the name behind AS."""
        if self.token.kind not in ("ident", "keyword"):
            self.expected("an identifier after AS")
        return self.next().value

    def object_name(self) -> tuple[str, ...]:
        parts = [self.identifier()]
        while self.accept_kind("."):
            parts.append(self.identifier())
        return tuple(parts)

    def item_name(self) -> tuple[str, ...]:
        """Read the name of an item, which may be given with its id."""
        if self.is_kind("["):
            self.by_id()
        return self.object_name()

    def by_id(self) -> NoReturn:
        """Read ``[id AS name]``, of which the engine knows none."""
        self.expect_kind("[")
        if self.token.kind != "ident":
            raise self.error("expected id")
        self.next()
        self.expect("as")
        if len(self.object_name()) == 1:
            raise self.error("table name in square brackets must be fully qualified", self.peek(-1))
        raise unsupported("an object by its id")

    def names(self) -> tuple[str, ...]:
        """Return a list of names in parentheses."""
        self.expect_kind("(")
        found = [self.identifier()]
        while self.accept_kind(","):
            found.append(self.identifier())
        self.expect_kind(")")
        return tuple(found)

    def listed(self) -> tuple[str, ...]:
        """Return a list of names in parentheses, which must be there."""
        if not self.is_kind("("):
            self.expected("a list of columns in parentheses")
        return self.names()

    def bare_alias(self, never: Container[str]) -> str | None:
        """Read ``AS name``, or a name alone unless it is a keyword of those that are `never` one; not AS OF."""
        after_as = self.is_word("as")
        token = self.peek() if after_as else self.token
        if token.kind == "keyword" and token.value == "of":
            return None
        if after_as:
            self.next()
            return self.label()
        if token.kind == "ident" or (token.kind == "keyword" and token.value not in never):
            return self.next().value
        return None

    def integer(self, what: str = "literal integer", kind: str = "i64", most: int = (1 << 63) - 1) -> int:
        token = self.token
        if token.kind != "number":
            self.expected(what)
        whole = token.value.isdigit()
        if not whole or int(token.value[:21]) > most:
            why = "number too large to fit in target type" if whole else "invalid digit found in string"
            raise self.error(f"Could not parse '{token.spelled}' as {kind}: {why}")
        return int(self.next().value)

    def unsigned(self) -> int:
        return self.integer("literal unsigned integer", "u64", (1 << 64) - 1)

    def end(self) -> None:
        """Accept a semicolon and then nothing more."""
        while self.accept_kind(";"):
            pass
        if not self.is_kind("eof"):
            self.expected("end of statement")
