"""SQL as tokens: enough to find words, placeholders and the ends of statements outside quotes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, cast

Kind = Literal["space", "comment", "text", "name", "word", "number", "placeholder", "symbol"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*|/\*)
  | (?P<text>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z))
  | (?P<name>"(?:[^"]|"")*(?:"|\Z))
  | (?P<word>[^\W\d][\w$]*)
  | (?P<number>\d[\w.]*)
  | (?P<placeholder>%(?:%|\([^()]*\)[stb]|[stb](?!\w)))
  | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ORDER = re.compile(r"\border\b", re.IGNORECASE)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    """A piece of SQL.

    Attributes
    ----------
    kind : str
        ``text`` is a quoted string, ``name`` a quoted identifier, ``word`` a bare one or a keyword.
    text : str
        As it is written.
    start : int
        Its offset in characters.
    """

    kind: Kind
    text: str
    start: int

    @property
    def identifier(self) -> str:
        """The identifier that a word or name stands for."""
        return self.text[1:-1].replace('""', '"') if self.kind == "name" else self.text.lower()

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)


def tokens(sql: str) -> Iterator[Token]:
    """Yield all tokens of a text, whatever it is; together they are the text."""
    at = 0
    while match := _TOKEN.match(sql, at):
        kind = cast("Kind", match.lastgroup)
        end = _comment_end(sql, match.end()) if match[0] == "/*" else match.end()
        yield Token(kind, sql[at:end], at)
        at = end


def _comment_end(sql: str, at: int) -> int:
    """Return where a nested comment ends."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, at)):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return len(sql) if depth else at


def words(sql: str) -> list[Token]:
    """Return the bare and quoted identifiers and keywords."""
    return [token for token in tokens(sql) if token.kind in ("word", "name")]


def is_name(sql: str) -> bool:
    """Tell whether a text is a relation's name: ``view``, ``schema.view``, ``database.schema."odd view"``."""
    parts = [token for token in tokens(sql) if token.kind != "space"]
    names = all(token.kind in ("word", "name") for token in parts[::2])
    return names and len(parts) in (1, 3, 5) and all(token.text == "." for token in parts[1::2])


def has_order(sql: str) -> bool:
    """Tell whether a query may ask for an order."""
    return _ORDER.search(sql) is not None


def defined_as(sql: str) -> str:
    """Return the query in a statement that makes a view of it; empty if there is none."""
    start = next((token.end for token in tokens(sql) if token.kind == "word" and token.text.upper() == "AS"), len(sql))
    return sql[start:].strip().rstrip(";")


def statements(sql: str) -> list[tuple[int, str]]:
    """Split a script at its semicolons; return each statement that says something, with its offset.

    Comments before a statement are no part of it.
    """
    found: list[tuple[int, str]] = []
    start: int | None = None
    for token in [*tokens(sql), Token("symbol", ";", len(sql))]:
        if token.text == ";" and token.kind == "symbol":
            if start is not None:
                found.append((start, sql[start : token.start].rstrip()))
            start = None
        elif start is None and token.kind not in ("space", "comment"):
            start = token.start
    return found
