"""Tokens of Materialize's SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mzwidget.local.dialect.syntax.keywords import KEYWORDS
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = r"[ \t\n\f\r]"
_LETTER = r"A-Za-z_\u0080-\U0010ffff"
_PLAIN = r"' (?: [^']++ | '' )*+ '"
_ESCAPED = r"' (?: [^'\\]++ | \\. | '' )*+ '"


def _going_on(part: str) -> str:
    """Return the pattern of a string that may go on behind a new line."""
    return f"{part} (?: {_BLANK}* [\\n\\r] {_BLANK}* {part} )*+"


_TOKEN = re.compile(
    rf"""
    (?P<space>    (?: {_BLANK}+ | --[^\n]* )+ )
  | (?P<comment>  /\* )
  | (?P<escaped>  [eE] {_going_on(_ESCAPED)} )
  | (?P<hex>      [xX] {_going_on(_PLAIN)} )
  | (?P<string>   {_going_on(_PLAIN)} )
  | (?P<param>    \$ [0-9]+ )
  | (?P<dollar>   \$ [^$]* \$ )
  | (?P<quoted>   " (?: [^"]++ | "" )*+ " )
  | (?P<word>     (?! [eExX]' ) [{_LETTER}] [{_LETTER}0-9$]* )
  | (?P<number>   (?: [0-9]+ (?: \.[0-9]* )? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? )
  | (?P<punct>    :: | => | [().,;:\[\]] )
  | (?P<op>       [-+*/<>=~!@\#%^&|`?]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_PARTS = {"escaped": re.compile(_ESCAPED, re.VERBOSE | re.DOTALL), "plain": re.compile(_PLAIN, re.VERBOSE | re.DOTALL)}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_SIGN_OF_EXPONENT = re.compile("[eE][+-]")
_SPECIAL = re.compile(r"[~!@#%^&|`?]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|''", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

PUNCTUATION = {
    "(": "left parenthesis", ")": "right parenthesis", "[": "left square bracket", "]": "right square bracket",
    ".": "dot", ",": "comma", ";": "semicolon", ":": "colon", "::": "double colon", "=>": "arrow",
    "*": "star", "=": "equals sign",
}  # fmt: skip
_SPOKEN = {"ident": "identifier", "string": "string literal", "hex": "hex string literal", "op": "operator"}
MOST_BYTES_OF_A_NAME = 255


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``value`` is folded for words and unquoted for strings and quoted names.

    ``kind`` is ``keyword``, ``ident``, ``string``, ``hex``, ``number``, ``param``, ``op``, ``eof``, or the
    punctuation itself.
    """

    kind: str
    value: str
    start: int
    end: int
    quoted: bool = False

    @property
    def is_name(self) -> bool:
        """Whether it can be a name: any word, quoted or not."""
        return self.kind in ("ident", "keyword")

    @property
    def is_bare(self) -> bool:
        """Whether it is a word without quotes."""
        return self.is_name and not self.quoted

    def is_word(self, *words: str) -> bool:
        return self.is_bare and self.value in words

    def is_sign(self, sign: str) -> bool:
        return self.value == sign and self.kind in ("op", sign)

    def __str__(self) -> str:
        """How messages call it."""
        match self.kind:
            case "eof":
                return "EOF"
            case "keyword":
                return self.value.upper()
            case "number":
                return f'number "{self.spelled}"'
            case "param":
                return f'parameter "${int(self.value[1:])}"'
            case "ident" | "string" | "hex" | "op":
                shown = self.value.replace('"', '\\"')
                return f'{_SPOKEN[self.kind]} "{shown}"'
            case _:
                return PUNCTUATION[self.kind]

    @property
    def spelled(self) -> str:
        """How a number is written there."""
        return self.value.upper().replace("+", "")


def _error(message: str, at: int) -> SqlError:
    return SqlError(message, "42601", position=at + 1)


def tokenize(sql: str) -> Iterator[Token]:
    """Yield the tokens of `sql`, without blanks and comments; strings that a new line parts are one."""
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            raise _stray(sql, at)
        start, at = at, match.end()
        kind, text = match.lastgroup or "", match.group()
        if kind == "dollar":
            close = sql.find(text, at)
            if close < 0:
                raise _error("unterminated dollar-quoted string", start)
            yield Token("string", sql[at:close], start, close + len(text))
            at = close + len(text)
        elif kind == "comment":
            at = _comment_end(sql, start)
        elif kind == "op":
            at = start + _operator_length(text)
            if sql.startswith("/*", start):
                at = _comment_end(sql, start)
                continue
            text = sql[start:at]
            text = "<>" if text == "!=" else text
            yield Token(text if text in ("*", "=") else "op", text, start, at)
        elif kind == "number" and _SIGN_OF_EXPONENT.match(sql, at):
            raise _error("missing required exponent", at + 1)
        elif kind != "space":
            yield _token(kind, text, start, at)


def _token(kind: str, text: str, start: int, end: int) -> Token:
    match kind:
        case "word":
            _check_length(text, start)
            folded = text.lower()
            return Token("keyword" if folded in KEYWORDS else "ident", folded, start, end)
        case "quoted":
            name = text[1:-1].replace('""', '"')
            _check_length(name, start)
            return Token("ident", name, start, end, quoted=True)
        case "string" | "hex":
            parts = _PARTS["plain"].findall(text)
            return Token(kind, "".join(part[1:-1].replace("''", "'") for part in parts), start, end)
        case "escaped":
            escaped = _PARTS["escaped"].finditer(text)
            value = "".join(_unescaped(part.group()[1:-1], start + part.start() + 1) for part in escaped)
            return Token("string", value, start, end)
        case "punct":
            return Token(text, text, start, end)
        case "param" if int(text[1:22]) >= 1 << 64:
            raise _error("invalid parameter number", start)
        case _:
            return Token(kind, text, start, end)


def _check_length(name: str, start: int) -> None:
    if len(name) > MOST_BYTES_OF_A_NAME // 4 and len(name.encode("utf-8", "surrogatepass")) > MOST_BYTES_OF_A_NAME:
        raise _error(f"identifier length exceeds {MOST_BYTES_OF_A_NAME} bytes", start)


def _unescaped(body: str, at: int) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code is None:
            return "'"
        if code[0] in "uU" and len(code) > 1:
            number = int(code[1:], 16)
            if number <= 0x10FFFF and not 0xD800 <= number < 0xE000:
                return chr(number)
        if code[0] in "uU":
            raise _error("invalid unicode escape", at + match.start())
        if code == "x":
            raise _error("hexadecimal escapes are not supported", at + match.start())
        if code in "01234567":
            raise _error("octal escapes are not supported", at + match.start())
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, body)


def _operator_length(text: str) -> int:
    """Return where an operator ends: before a comment, and in + or - only with a character no arithmetic has."""
    for mark in ("--", "/*"):
        at = text.find(mark)
        if at >= 0:
            text = text[:at]
    if len(text) > 1 and not _SPECIAL.search(text):
        text = text.rstrip("+-") or text[0]
    return max(len(text), 1)


def _stray(sql: str, at: int) -> SqlError:
    found = sql[at]
    if found == "'" or sql[at : at + 2].lower() in ("e'", "x'"):
        return _error("unterminated quoted string", sql.index("'", at))
    if found == '"':
        return _error("unterminated quoted identifier", at)
    if found == "$":
        return _error("unterminated dollar-quoted string", at)
    return _error(f"unexpected character in input: {found}", at)


def _comment_end(sql: str, start: int) -> int:
    depth, at = 1, start + 2
    while depth:
        edge = _COMMENT_EDGE.search(sql, at)
        if edge is None:
            raise _error("unterminated multiline comment", start)
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
    return at
