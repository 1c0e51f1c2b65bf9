"""Rust's regular expressions as Python runs them."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
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

    ``wild`` is one that may take long over a short text, ``hollow`` one that may match where there is nothing.
    """

    def __init__(self, pattern: Any, *, wild: bool = False, hollow: bool = True) -> None:
        self._pattern, self._hollow = pattern, hollow
        self._beside = 0 if wild else _LONG

    def search(self, text: str) -> re.Match[str] | None:
        return next(self.finditer(text), None)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches as Rust finds them: one that takes no character is never where the one before it ended."""
        start, last = 0, -1
        try:
            while start <= len(text):
                for match in self._pattern.finditer(text, start, timeout=_SECONDS, concurrent=len(text) > self._beside):
                    if match.end() == match.start() == last:
                        start = last + 1
                        break
                    start = last = match.end()
                    yield match
                    if match.end() == match.start():
                        break
                else:
                    return
        except TimeoutError:
            raise _slow() from None

    def sub(self, replacement: Callable[[re.Match[str]], str], text: str, count: int) -> str:
        """Return the text with its first matches replaced, or with all if `count` is 0."""
        if not self._hollow:
            return self._filled(replacement, text, count)
        pieces, last = [], 0
        for match in islice(self.finditer(text), count or None):
            pieces += [text[last : match.start()], replacement(match)]
            last = match.end()
        return "".join([*pieces, text[last:]])

    def _filled(self, replacement: Callable[[re.Match[str]], str], text: str, count: int) -> str:
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
def compiled(pattern: str, flags: str, *, groups: bool = True) -> Pattern:
    """Return a pattern as Python runs it; ``flags`` as SQL's functions take them; `groups`: they are asked for."""
    insensitive = False
    for flag in flags:
        if flag not in "ic":
            raise SqlError(f"invalid regular expression flag: {flag}")
        insensitive = flag == "i"
    reader = checked(pattern)
    if reader.stalls or (reader.idles and groups and reader.names):
        raise unsupported("a repetition of what may be nothing, in a regular expression of a function,")
    case = regex.IGNORECASE if insensitive else 0
    either = (insensitive or reader.out[:1] == ["(?i)"]) and not {"(?i:", "(?-i:"}.intersection(reader.out)
    out = map(_folded, reader.out) if either else reader.out
    try:
        return Pattern(regex.compile("".join(out), regex.DOTALL | case), wild=reader.wild, hollow=reader.hollow)
    except (regex.error, OverflowError):
        raise unsupported("this regular expression") from None
