"""Rust's regular expressions: what is wrong with one in Rust's words, and the same one for Python."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import regex

from mzwidget.local.errors import SqlError, unsupported

_SPACES = r" \t\n\r\f\v\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_CHARACTERS = frozenset("afnrtv" + r"\.+*?()|[]{}^$#&-~/!\"'%,:;=@_` ")
_PLACES = {"A": r"\A", "z": r"\Z", "b": r"\b", "B": r"\B"}
_GROUP = re.compile(r"\((?:\?(?:P?<([A-Za-z_]\w*)>|(?:-?i)?:))?", re.ASCII)
_NAMED = re.compile(r"\(\?P?<(?:[A-Za-z_]\w*)?", re.ASCII)
_FLAGS = re.compile(r"\(\?([a-zA-Z]+)\)")
_CODE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[xuU]\{([0-9A-Fa-f]{1,8})\})")
_PROPERTY = re.compile(r"\\[pP](?:\{(\^?)([A-Za-z_=:]+)\}|[A-Z])")
_TIMES = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_COUNTS = re.compile(r"\{(\d*)(,\d*)?")
_NO_COUNT = "repetition quantifier expects a valid decimal"
_CLASS_PART = re.compile(r"\[:(\^?)([a-z]+):\]|\\(.)|(.)", re.DOTALL)
_LONGEST = 1000
_MOST_CHARACTERS = 10_000


@lru_cache(maxsize=len(_POSIX))
def _without(ascii_class: str) -> str:
    """Return what stands in brackets for all characters but those of a class."""
    others = (chr(code) for code in range(128) if not re.match(f"[{ascii_class}]", chr(code)))
    return "".join(map(re.escape, others)) + "\\x80-\\U0010ffff"


def _invalid(pattern: str, start: int, length: int, why: str, before: int | None = None) -> SqlError:
    if "\n" in pattern:
        return unsupported("this regular expression")
    first = "" if before is None else " " * before + "^" * length
    shown = f"    {pattern}\n    {first.ljust(start)}{'^' * length}"
    return SqlError(f"invalid regular expression: regex parse error:\n{shown}\nerror: {why}")


@dataclass(slots=True)
class _Open:
    """A group that is not closed yet.

    ``wild``: something in it may match in more than one way. ``chooses``: and not only by taking as much as there is.
    ``solid``: the branch at hand takes a character at least; ``hollow``: one before it may take none.
    """

    start: int
    wild: bool = False
    chooses: bool = False
    out: int = 0
    solid: bool = False
    hollow: bool = False


class _Reader:
    """Reads a pattern once, from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.out: list[str] = []
        self.groups = [_Open(-1)]
        self.wild = self.stalls = self.idles = False
        """What repeats may match in more than one way; and may take no character, where each engine ends in its way, or
        where only its groups are other ones."""
        self.names: list[str | None] = []
        self.named: dict[str, int] = {}
        self.lines = self.twice = False
        self.atom = 0

    def read(self) -> None:
        repeatable = wild = repeated = False
        hollow = True
        pattern = self.pattern
        if flags := _FLAGS.match(pattern):
            self._flags(flags[1])
            self.at = flags.end()
        while self.at < len(pattern):
            character = pattern[self.at]
            if character in "*+?{":
                if not repeatable:
                    raise _invalid(pattern, self.at, 1, "repetition operator missing expression")
                if repeated:
                    self.twice = True
                    self.out[self.atom :] = ["(?:", *self.out[self.atom :], ")"]
                hollow = self._repetition(wild=wild or repeated, hollow=hollow)
                repeated, wild = True, False
                continue
            self.groups[-1].solid |= not hollow
            repeated = wild = False
            self.atom = len(self.out)
            repeatable = character not in "(|^"
            hollow = character in "(|^$"
            match character:
                case "(":
                    self._open()
                case ")":
                    wild, hollow = self._close()
                case "|":
                    self._branch()
                case "[":
                    self._class()
                case "\\":
                    repeatable = self._escape()
                    hollow = not repeatable
                case "$":
                    self._take("(?m:$)" if self.lines else r"\Z")
                    repeatable = False
                case "^" | ".":
                    self._take("(?m:^)" if self.lines and character == "^" else character)
                case _:
                    self._take(re.escape(character))
        self.groups[-1].solid |= not hollow
        if len(self.groups) > 1:
            raise _invalid(pattern, self.groups[-1].start, 1, "unclosed group")

    @property
    def hollow(self) -> bool:
        """Whether the whole may match where there is nothing."""
        return self.groups[0].hollow or not self.groups[0].solid

    def _flags(self, flags: str) -> None:
        """Take the flags that a pattern begins with; ``s`` holds anyway."""
        for index, flag in enumerate(flags):
            if flag not in "imsUuxR":
                raise _invalid(self.pattern, 2 + index, 1, "unrecognized flag")
            if flag not in "ims" or flag in flags[:index]:
                raise unsupported(f"the flag {flag} in a regular expression")
        if "i" in flags:
            self.out.append("(?i)")
        self.lines = "m" in flags

    def _take(self, written: str, length: int = 1) -> None:
        self.out.append(written)
        self.at += length

    def _repetition(self, *, wild: bool, hollow: bool) -> bool:
        """Take how often the last atom repeats; return whether it may then take no character."""
        text = self.pattern[self.at]
        many = text in "*+"
        optional = text in "*?"
        if text == "{":
            times = _TIMES.match(self.pattern, self.at)
            if times is None:
                raise self._uncounted()
            text = times[0]
            if times[3] and int(times[3]) < int(times[1]):
                why = "invalid repetition count range, the start must be <= the end"
                raise _invalid(self.pattern, self.at, len(text), why)
            if max(int(times[1]), int(times[3] or 0)) > _LONGEST:
                raise unsupported(f"a regular expression that repeats something more than {_LONGEST} times")
            many, optional = True, not int(times[1])
        self.wild |= wild and many
        length = len(text)
        if self.pattern[self.at + length : self.at + length + 1] == "?":
            text += "?"
            self.groups[-1].chooses = True
        if wild and many and hollow:
            sure = text in "*+" and not self.groups[-1].chooses
            self.idles |= sure
            self.stalls |= not sure
        self.groups[-1].wild = True
        self._take(text, len(text))
        return hollow or optional

    def _uncounted(self) -> SqlError:
        """Return what is wrong with the counts in braces."""
        counts = _COUNTS.match(self.pattern, self.at)
        assert counts is not None
        end = counts.end()
        if end < len(self.pattern) and not counts[1]:
            return _invalid(self.pattern, self.at + 1, 1, _NO_COUNT)
        if end < len(self.pattern) and counts[2] == ",":
            return _invalid(self.pattern, end, 1, _NO_COUNT)
        return _invalid(self.pattern, self.at, end - self.at, "unclosed counted repetition")

    def _branch(self) -> None:
        group = self.groups[-1]
        group.hollow |= not group.solid
        group.wild, group.chooses, group.solid = True, True, False
        self._take("|")

    def _open(self) -> None:
        for sign in ("(?=", "(?!", "(?<=", "(?<!"):
            if self.pattern.startswith(sign, self.at):
                why = "look-around, including look-ahead and look-behind, is not supported"
                raise _invalid(self.pattern, self.at, len(sign), why)
        start = _GROUP.match(self.pattern, self.at)
        unread = start is None or (start[0] == "(" and self.pattern.startswith("(?", self.at))
        if start is None or unread:
            raise self._unknown_group()
        if start[1]:
            at = self.at + start.start(1) - start.start()
            if start[1] in self.named:
                why = "duplicate capture group name"
                raise _invalid(self.pattern, at, len(start[1]), why, before=self.named[start[1]])
            self.named[start[1]] = at
        if start[0] == "(" or start[1]:
            self.names.append(start[1])
        self.groups.append(_Open(self.at, out=len(self.out)))
        self._take(f"(?P<{start[1]}>" if start[1] else start[0], len(start[0]))

    def _unknown_group(self) -> SqlError:
        """Return what is wrong with a group that begins with a question mark, or that it is not read here."""
        pattern = self.pattern
        if self.at + 2 == len(pattern):
            return _invalid(pattern, self.at, 1, "unclosed group")
        if named := _NAMED.match(pattern, self.at):
            at = named.end()
            if at == len(pattern):
                return _invalid(pattern, at, 1, "unclosed capture group name")
            why = "empty capture group name" if pattern[at] == ">" else "invalid capture group character"
            return _invalid(pattern, at, 1, why)
        if pattern[self.at + 2] not in "imsUuxR-:)":
            return _invalid(pattern, self.at + 2, 1, "unrecognized flag")
        return unsupported("such a group in a regular expression")

    def _close(self) -> tuple[bool, bool]:
        if len(self.groups) == 1:
            raise _invalid(self.pattern, self.at, 1, "unopened group")
        closed = self.groups.pop()
        self.atom = closed.out
        self.groups[-1].wild |= closed.wild
        self.groups[-1].chooses |= closed.chooses
        self._take(")")
        return closed.wild, closed.hollow or not closed.solid

    def _escape(self) -> bool:
        following = self.pattern[self.at + 1 : self.at + 2]
        if not following:
            raise _invalid(self.pattern, self.at, 1, "incomplete escape sequence, reached end of pattern prematurely")
        if following in _PLACES:
            self._take(_PLACES[following], 2)
            return False
        if following in "sS":
            self._take(f"[{'^' if following == 'S' else ''}{_SPACES}]", 2)
        elif following in "dDwW":
            self._take("\\" + following, 2)
        elif following in "pPxuU":
            self._take(*self._coded())
        else:
            self._take(self._character(following), 2)
        return True

    def _coded(self) -> tuple[str, int]:
        """Return a property or a character by its number, as it is written and how long it was."""
        if found := _PROPERTY.match(self.pattern, self.at):
            try:
                regex.compile(found[0])
            except regex.error:
                raise _invalid(self.pattern, self.at, len(found[0]), "Unicode property not found") from None
            return found[0], len(found[0])
        found = _CODE.match(self.pattern, self.at)
        number = int(next(filter(None, found.groups())), 16) if found else -1
        if found is None or not 0 <= number <= 0x10FFFF or 0xD800 <= number < 0xE000:
            raise unsupported(f"such a {self.pattern[self.at : self.at + 2]} in a regular expression")
        return re.escape(chr(number)), len(found[0])

    def _character(self, following: str) -> str:
        if following.isdigit() and following.isascii():
            raise _invalid(self.pattern, self.at, 2, "backreferences are not supported")
        if following in "pPxuU<>":
            raise unsupported(f"\\{following} in a regular expression")
        if following not in _CHARACTERS:
            raise _invalid(self.pattern, self.at, 2, "unrecognized escape sequence")
        return "\\" + following if following in "afnrtv" else re.escape(following)

    def _class(self) -> None:
        start = self.at
        self.at += 1
        parts = ["["]
        if self.pattern[self.at : self.at + 1] == "^":
            parts.append("^")
            self.at += 1
        first = True
        while True:
            part = _CLASS_PART.match(self.pattern, self.at)
            if part is None:
                raise _invalid(self.pattern, start, 1, "unclosed character class")
            if part[4] == "]" and not first:
                break
            if part[3] is not None and part[3] in "pPxuU":
                written, length = self._coded()
            else:
                written, length = self._class_part(part, start), part.end() - self.at
            self._in_order(parts, written)
            parts.append(written)
            self.at += length
            first = False
        self._take("".join(parts) + "]")

    def _in_order(self, parts: list[str], last: str) -> None:
        """Refuse a range whose end comes before its start."""
        if len(parts) < 3 or parts[-1] != "-":
            return
        first, end = (part.removeprefix("\\") for part in (parts[-2], last))
        if len(first) == len(end) == 1 and first not in "[^" and first > end:
            start = self.at - 1 - len(parts[-2])
            length = self.at + len(last) - start
            raise _invalid(self.pattern, start, length, "invalid character class range, the start must be <= the end")

    def _class_part(self, part: re.Match[str], start: int) -> str:
        if part[2] is not None:
            if part[2] not in _POSIX:
                raise unsupported(f"{part[0]} in a regular expression")
            return _without(_POSIX[part[2]]) if part[1] else _POSIX[part[2]]
        if part[3] is not None:
            if part[3] in "bBAz<>":
                raise _invalid(self.pattern, self.at, 2, "invalid escape sequence found in character class")
            if part[3] in "sS":
                return _SPACES if part[3] == "s" else r"\P{White_Space}"
            return part[0] if part[3] in "dwDW" else self._character(part[3])
        if part[4] == "[":
            if "]" not in self.pattern[self.at :]:
                raise _invalid(self.pattern, start, 1, "unclosed character class")
            raise unsupported("brackets within brackets of a regular expression")
        if self.pattern[self.at : self.at + 2] in ("&&", "--", "~~"):
            raise unsupported("operations on sets within a regular expression")
        return part[4] if part[4] == "-" else re.escape(part[4])


@lru_cache(maxsize=512)
def checked(pattern: str) -> _Reader:
    """Return a pattern as it was read.

    Raises
    ------
    SqlError
        In Rust's words for what is no regular expression there; 0A000 for what this module does not read, 54000 for
        one that is too long.
    """
    if len(pattern) > _MOST_CHARACTERS:
        raise SqlError(f"a regular expression of more than {_MOST_CHARACTERS} characters", "54000")
    reader = _Reader(pattern)
    reader.read()
    return reader


def names(pattern: str) -> list[str | None]:
    """Return the names of a pattern's groups, None for one without."""
    return checked(pattern).names
