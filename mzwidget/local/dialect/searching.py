"""Rust's regular expressions as Python runs them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import regex

from mzwidget.local.dialect.regexes import checked
from mzwidget.local.errors import SqlError, unsupported

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

_TURKISH = "İı"
_LETTERS = f"iI{_TURKISH}"
"""What Python takes for one letter where case does not matter."""
_SECONDS = 1.0
"""How long one search may take."""
_LONG = 1000
"""Characters of a text above which a search lets others compute meanwhile."""


class Pattern:
    """A pattern whose searches end in time: they fail after a second, and hold up nobody else.

    ``wild`` is one that may take long over a short text.
    """

    def __init__(self, pattern: Any, *, wild: bool = False) -> None:
        self._pattern = pattern
        self._beside = 0 if wild else _LONG

    def search(self, text: str) -> re.Match[str] | None:
        return next(self.finditer(text), None)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        try:
            yield from self._pattern.finditer(text, timeout=_SECONDS, concurrent=len(text) > self._beside)
        except TimeoutError:
            raise _slow() from None

    def sub(self, replacement: Callable[[re.Match[str]], str], text: str, count: int) -> str:
        try:
            found = self._pattern.sub(replacement, text, count, timeout=_SECONDS, concurrent=len(text) > self._beside)
        except TimeoutError:
            raise _slow() from None
        return str(found)


def _slow() -> SqlError:
    return SqlError(f"a regular expression takes more than {_SECONDS:g} s on one text", "54000")


@lru_cache(maxsize=512)
def _folded(part: str) -> str:
    """Return a letter or class as Rust takes it in either case: letters of Turkish are nobody's other case there."""
    if len(part) == 1 and part in _LETTERS:
        return "(?-i:[iI])" if part in "iI" else f"(?-i:{part})"
    if part[0] != "[":
        return part
    plain, either = regex.compile(part), regex.compile(part, regex.IGNORECASE)
    both = all if part.startswith("[^") else any
    meant = set(filter(plain.fullmatch, _TURKISH)).union("iI" if both(map(plain.fullmatch, "iI")) else "")
    taken = set(filter(either.fullmatch, _LETTERS))
    without = f"(?!(?-i:[{''.join(taken - meant)}]))" if taken - meant else ""
    also = f"|(?-i:[{''.join(meant - taken)}])" if meant - taken else ""
    return f"(?:{without}{part}{also})" if without or also else part


@lru_cache(maxsize=512)
def compiled(pattern: str, flags: str) -> Pattern:
    """Return a pattern as Python runs it; ``flags`` as SQL's functions take them."""
    insensitive = False
    for flag in flags:
        if flag not in "ic":
            raise SqlError(f"invalid regular expression flag: {flag}")
        insensitive = flag == "i"
    reader = checked(pattern)
    if reader.stalls:
        raise unsupported("a repetition of what may be nothing, in a regular expression of a function,")
    case = regex.IGNORECASE if insensitive else 0
    either = (insensitive or reader.out[:1] == ["(?i)"]) and not {"(?i:", "(?-i:"}.intersection(reader.out)
    out = map(_folded, reader.out) if either else reader.out
    try:
        return Pattern(regex.compile("".join(out), regex.DOTALL | case), wild=reader.wild)
    except (regex.error, OverflowError):
        raise unsupported("this regular expression") from None
