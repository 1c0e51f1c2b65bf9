"""LIKE and regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.calls import coerce, known
from mzwidget.local.dialect.castlines import STRINGS
from mzwidget.local.dialect.casts import text_form
from mzwidget.local.dialect.overloads import no_operator
from mzwidget.local.dialect.regexes import checked
from mzwidget.local.dialect.searching import Pattern, compiled
from mzwidget.local.dialect.values import Value, apply, failing, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Statement


def like(
    statement: Statement, text: Value, pattern: Value, *, insensitive: bool, negated: bool, escape: Value | None = None
) -> Value:
    """Return ``text [NOT] LIKE pattern``."""
    for value in (text, pattern, escape or _BACKSLASH):
        if not value.is_open and value.type.name not in (*STRINGS, "char"):
            name = t.sql_name(value.type)
            raise SqlError(f"LIKE argument does not support implicitly casting from {name} to text")
    padded = text if text.is_open or text.type.name != "bpchar" else text_form(text)
    text, pattern = coerce(statement, padded, t.TEXT), coerce(statement, pattern, t.TEXT)
    chosen = _BACKSLASH if escape is None else coerce(statement, escape, t.TEXT)
    mark = chosen.literal
    if mark is not None:
        _checked_mark(mark)
    if not insensitive and mark is not None and mark.isascii() and pattern.literal is not None:
        _checked_length(pattern.literal)
        if _ends_in_escape(pattern.literal, mark):
            raise SqlError("unterminated escape sequence in LIKE")
        suffix = f" ESCAPE {quote_text(mark)}" if mark else ""
        plain = "%" not in pattern.literal and "_" not in pattern.literal and (not mark or mark not in pattern.literal)
        template = "({0} = {1})" if plain else f"({{0}} LIKE {{1}}{suffix})"
        return _negate(apply(template, [text, pattern], t.BOOL), negated)
    template = _ILIKE if insensitive else _LIKE
    return _negate(apply(template, [text, pattern, chosen], t.BOOL, fallible=True), negated)


def _checked_mark(mark: str) -> None:
    if len(mark) > 1:
        raise SqlError("invalid escape string", hint="Escape string must be empty or one character.")


def _negate(value: Value, negated: bool) -> Value:
    return apply("(NOT {0})", [value], t.BOOL) if negated else value


def _ends_in_escape(pattern: str, mark: str) -> bool:
    if not mark:
        return False
    at = 0
    while at < len(pattern):
        if pattern[at] == mark:
            at += 1
            if at == len(pattern):
                return True
        at += 1
    return False


_MOST_BYTES = 8192
_SHORT = 1_000_000
"""Characters of a text, times those of a pattern, that Python's own engine compares in no time."""


@lru_cache(maxsize=512)
def _compiled(pattern: str, mark: str) -> re.Pattern[str]:
    _checked_mark(mark)
    if _ends_in_escape(pattern, mark):
        raise SqlError("unterminated escape sequence in LIKE")
    pieces, at = [""], 0
    while at < len(pattern):
        character = pattern[at]
        if mark and character == mark:
            at += 1
            pieces[-1] += re.escape(pattern[at])
        elif character == "%":
            pieces.append("")
        else:
            pieces[-1] += "." if character == "_" else re.escape(character)
        at += 1
    first, *others = pieces
    # Each piece but the last is where it is found first: to try others would take time and change nothing.
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1] if piece)
    last = f".*{others[-1]}" if others else ""
    return re.compile(first + middle + last, re.DOTALL)


@lru_cache(maxsize=512)
def _patient(pattern: str, mark: str) -> Pattern:
    return Pattern(regex.compile(rf"\A(?:{_compiled(pattern, mark).pattern})\Z", regex.DOTALL))


def _checked_length(pattern: str) -> None:
    if len(pattern) > _MOST_BYTES or len(pattern.encode()) > _MOST_BYTES:
        raise SqlError("LIKE pattern exceeds maximum length")


def _folded(text: str) -> str:
    """Fold case one character at a time, as simple case folding does."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded_character, text))


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    return next((low for low in (character.casefold(), character.lower()) if len(low) == 1), character)


def _backslashed(pattern: str, mark: str) -> str:
    """Return a pattern whose escape is a backslash."""
    _checked_mark(mark)
    if not mark:
        return pattern.replace("\\", "\\\\")
    escaped = re.compile(rf"{re.escape(mark)}(?P<next>.?)|\\", re.DOTALL)
    return escaped.sub(lambda found: "\\" + ("\\" if found["next"] is None else found["next"]), pattern)


def _ilike(text: str, pattern: str, mark: str) -> bool:
    return _like(_folded(text), _folded(_backslashed(pattern, mark)), "\\")


def _like(text: str, pattern: str, mark: str) -> bool:
    _checked_length(pattern)
    if len(text) * len(pattern) < _SHORT:
        return _compiled(pattern, mark).fullmatch(text) is not None
    return _patient(pattern, mark).search(text) is not None


_BACKSLASH = Value(quote_text("\\"), t.TEXT, literal="\\", nullable=False)
_ILIKE = udf.declare("ilike", _ilike, [t.TEXT, t.TEXT, t.TEXT], t.BOOL)
_LIKE = udf.declare("like", _like, [t.TEXT, t.TEXT, t.TEXT], t.BOOL)

_PORTABLE = re.compile(
    r"(?:\(\?i\))?(?:[^\\\[\](){}*+?|^$.]|\.|\^|\$|\||\(\?:|\(\?P<\w+>|\((?!\?)|\)|[*+?]\??|\{\d+(?:,\d*)?\}\??"
    r"|\\[.^$*+?()\[\]{}|\\/#&~ -]|\\[dwsDWSAz]|\\[nrt]"
    r"|\[\^?\]?(?:[^\\\[\]]|\\[.^$*+?()\[\]{}|\\/dwsnrt-]|\[:[a-z]+:\])*\])*",
    re.DOTALL,
)
_LETTERS_IN_SIGNS = r"\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189}"
_UNICODE = {
    "d": r"\p{Nd}",
    "w": rf"\p{{L}}\p{{M}}\p{{Nd}}\p{{Nl}}\p{{Pc}}\x{{200c}}\x{{200d}}{_LETTERS_IN_SIGNS}",
    "s": r"\s\x{0b}\x{85}\p{Z}",
}
_CLASSES = re.compile(r"\\([dwsDWS])|\\.|\[\^?\]?|\]", re.DOTALL)


def _unicode(pattern: str) -> str:
    """Write Rust's classes of Unicode characters, where DuckDB's mean ASCII."""
    inside = False

    def one(match: re.Match[str]) -> str:
        nonlocal inside
        text, name = match[0], match[1]
        if name is None:
            if text[0] == "[":
                inside = True
            elif text == "]":
                inside = False
            return text
        if inside:
            if name.isupper():
                raise unsupported(f"the regular expression {pattern}")
            return _UNICODE[name]
        return f"[{'^' if name.isupper() else ''}{_UNICODE[name.lower()]}]"

    return _CLASSES.sub(one, pattern)


@lru_cache(maxsize=512)
def portable(pattern: str) -> str:
    """Return a pattern that means in DuckDB's engine what it means in Rust's.

    Raises
    ------
    SqlError
        0A000 for one that uses what the two do not share.
    """
    if checked(pattern).twice or not _PORTABLE.fullmatch(pattern):
        raise unsupported("such a regular expression")
    return _unicode(pattern)


def _portable(pattern: str) -> str:
    return portable(pattern)


_PATTERN = udf.declare("pattern", _portable, [t.TEXT], t.TEXT)


def _searched(text: str, pattern: str, flags: str) -> bool:
    return compiled(pattern, flags).search(text) is not None


_SEARCH = udf.declare("regexp_search", _searched, [t.TEXT, t.TEXT, t.TEXT], t.BOOL)


def matches(statement: Statement, operator: str, text: Value, pattern: Value) -> Value:
    """Return ``text ~ pattern`` and its like."""
    for value in (text, pattern):
        if not value.is_open and value.type.name not in (*STRINGS, "char"):
            raise no_operator(operator, known([text, pattern]))
    padded = text if text.is_open or text.type.name != "bpchar" else text_form(text)
    text, pattern = coerce(statement, padded, t.TEXT), coerce(statement, pattern, t.TEXT)
    flag = ", 'is'" if operator.endswith("*") else ", 's'"
    if pattern.literal is not None:
        try:
            shown = Value(quote_text(portable(pattern.literal)), t.TEXT)
            found = apply(f"regexp_matches({{0}}, {{1}}{flag})", [text, shown], t.BOOL)
        except SqlError as error:
            if error.sqlstate != "0A000":
                return failing(error, t.BOOL)
            flags = "i" if operator.endswith("*") else ""
            compiled(pattern.literal, flags)
            found = apply(_SEARCH.replace("{2}", f"'{flags}'"), [text, pattern], t.BOOL, fallible=True)
    else:
        found = apply(
            f"regexp_matches({{0}}, {_PATTERN.replace('{0}', '{1}')}{flag})", [text, pattern], t.BOOL, fallible=True
        )
    return _negate(found, operator.startswith("!"))
