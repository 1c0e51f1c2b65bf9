"""Tokens of Materialize's SQL: enough to split statements and to read all but queries and writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.keywords import KEYWORDS
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAME_BYTES = 255
MAX_TOKENS = 100_000

_TOKEN = re.compile(
    r"""
    (?P<space>   (?: \s+ | --[^\n]* )+ )
  | (?P<comment> /\* )
  | (?P<string>  [eE]' (?: [^'\\]++ | \\. | '' )*+ ' | [bBxX]?' (?: [^']++ | '' )*+ ' )
  | (?P<dollar>  \$ (?: [A-Za-z_\u0080-\U0010ffff] \w* )? \$ )
  | (?P<param>   \$ [0-9]+ )
  | (?P<quoted>  " (?: [^"]++ | "" )*+ " )
  | (?P<word>    [^\W\d] [\w$]* )
  | (?P<number>  (?: [0-9]+ (?: \.[0-9]* )? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? )
  | (?P<op>      :: | => | [-+*/%<>=~!@\#&|^?`]{2,} | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_SIGNS = {
    "(": "left parenthesis",
    ")": "right parenthesis",
    "[": "left square bracket",
    "]": "right square bracket",
    ",": "comma",
    ";": "semicolon",
    ".": "dot",
    ":": "colon",
    "::": "double colon",
    "*": "star",
    "=": "equals sign",
    "=>": "arrow",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``value`` is folded for words and unquoted for strings and quoted names."""

    kind: str
    value: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.value in words

    @property
    def is_keyword(self) -> bool:
        return self.kind == "word" and self.value in KEYWORDS

    def __str__(self) -> str:
        match self.kind:
            case "end":
                return "EOF"
            case "word" if self.is_keyword:
                return self.value.upper()
            case "word" | "quoted":
                return f'identifier "{self.value}"'
            case "string":
                return f'string literal "{self.value}"'
            case "number":
                return f'number "{self.value}"'
            case "param":
                return f'parameter "{self.value}"'
        return _SIGNS.get(self.value) or f'operator "{self.value}"'


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of `sql`, without blanks and comments."""
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        assert match is not None, "the last alternative takes any character"
        start, at = at, match.end()
        kind = match.lastgroup or ""
        if kind == "comment":
            at = _comment_end(sql, start)
        elif kind == "dollar":
            end = sql.find(match.group(), at)
            if end < 0:
                raise SqlError("unterminated dollar-quoted string", "42601", position=start + 1)
            text, at = sql[at:end], end + len(match.group())
            yield Token("string", text, start, at)
        elif kind != "space":
            yield _token(kind, match.group(), start, at)


def _token(kind: str, text: str, start: int, end: int) -> Token:
    if kind == "word":
        return Token("word", _name(text.lower(), start), start, end)
    if kind == "quoted":
        return Token("quoted", _name(text[1:-1].replace('""', '"'), start), start, end)
    if kind == "string":
        return Token("string", text[text.index("'") + 1 : -1].replace("''", "'"), start, end)
    if text in "'\"":
        what = "quoted string" if text == "'" else "quoted identifier"
        raise SqlError(f"unterminated {what}", "42601", position=start + 1)
    return Token(kind, text, start, end)


def _name(name: str, start: int) -> str:
    if len(name) > MAX_NAME_BYTES // 4 and len(name.encode()) > MAX_NAME_BYTES:
        raise SqlError(f"identifier length exceeds {MAX_NAME_BYTES} bytes", "42601", position=start + 1)
    return name


def _comment_end(sql: str, start: int) -> int:
    depth, at = 1, start + 2
    while depth:
        edge = _COMMENT_EDGE.search(sql, at)
        if edge is None:
            raise SqlError("unterminated multiline comment", "42601", position=start + 1)
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
    return at


def split(sql: str) -> list[list[Token]]:
    """Split a script into the tokens of its statements; blank ones are dropped."""
    statements: list[list[Token]] = [[]]
    for number, token in enumerate(tokens(sql)):
        if number == MAX_TOKENS:
            message = f"statement too long: more than {MAX_TOKENS:,} words and signs"
            raise SqlError(message, "54001", hint="COPY … FROM STDIN takes any number of rows.")
        if token.kind == "op" and token.value == ";":
            statements.append([])
        else:
            statements[-1].append(token)
    return [found for found in statements if found]
