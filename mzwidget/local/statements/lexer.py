"""Tokens of PostgreSQL's SQL: enough to split statements and to read the ones sqlglot does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    (?P<space>   (?: \s+ | --[^\n]* )+ )
  | (?P<comment> /\* )
  | (?P<string>  [eE]' (?: [^'\\] | \\. | '' )* ' | [bBxX]?' (?: [^'] | '' )* ' )
  | (?P<dollar>  \$ (?P<tag> (?: [A-Za-z_\u0080-\U0010ffff] \w* )? ) \$ .*? \$ (?P=tag) \$ )
  | (?P<param>   \$ \d+ )
  | (?P<quoted>  " (?: [^"] | "" )* " )
  | (?P<word>    [^\W\d] [\w$]* )
  | (?P<number>  (?: \d+ (?: \.\d* )? | \.\d+ ) (?: [eE][+-]?\d+ )? )
  | (?P<op>      :: | <> | != | <= | >= | -> | => | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``value`` is folded for words and unquoted for strings and quoted names."""

    kind: str
    value: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.value in words


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of `sql`, without blanks and comments."""
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:  # only a lone quote or the like fails every alternative
            raise SqlError(f"unexpected character in input: {sql[at]}", "42601", position=at + 1)
        start, at = at, match.end()
        kind = match.lastgroup or ""
        text = match.group()
        if kind == "comment":
            at = _comment_end(sql, start)
        elif kind != "space":
            yield _token("dollar" if kind == "tag" else kind, text, match, start, at)


def _token(kind: str, text: str, match: re.Match[str], start: int, end: int) -> Token:
    if kind == "word":
        return Token("word", text.lower(), start, end)
    if kind == "quoted":
        return Token("quoted", text[1:-1].replace('""', '"'), start, end)
    if kind == "string":
        return Token("string", text[text.index("'") + 1 : -1].replace("''", "'"), start, end)
    if kind == "dollar":
        edge = len(match.group("tag")) + 2
        return Token("string", text[edge:-edge], start, end)
    if text in "'\"":
        what = "quoted string" if text == "'" else "quoted identifier"
        raise SqlError(f"unterminated {what}", "42601", position=start + 1)
    return Token(kind, text, start, end)


def _comment_end(sql: str, start: int) -> int:
    depth, at = 1, start + 2
    while depth:
        edge = _COMMENT_EDGE.search(sql, at)
        if edge is None:
            raise SqlError("unterminated multiline comment", "42601", position=start + 1)
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
    return at


def split(sql: str) -> list[str]:
    """Split a script into its statements at the semicolons between them; blank ones are dropped."""
    statements: list[str] = []
    first: int | None = None
    last = 0
    for token in tokens(sql):
        if token.kind == "op" and token.value == ";":
            if first is not None:
                statements.append(sql[first:last])
            first = None
        else:
            if first is None:
                first = token.start
            last = token.end
    if first is not None:
        statements.append(sql[first:last])
    return statements
