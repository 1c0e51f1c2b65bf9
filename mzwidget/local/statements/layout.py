"""Text that is broken into lines where it is too long: a document of lines and groups, as Wadler's pretty printer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

_INDENT = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A place where the line may be broken; ``flat`` stands there if it is not."""

    flat: str = " "


@dataclass(frozen=True, slots=True)
class Nest:
    """What stands further to the right where its lines are broken."""

    inner: Doc


@dataclass(frozen=True, slots=True)
class Group:
    """What stands on one line if it fits, else all its own lines are broken."""

    inner: Doc


Doc: TypeAlias = "str | Line | Nest | Group | tuple[Doc, ...]"


def rendered(doc: Doc, width: int) -> str:
    """Return the text of a document, broken to a width in characters."""
    text: list[str] = []
    column = 0
    waiting: list[tuple[int, bool, Doc]] = [(0, False, doc)]
    while waiting:
        indent, flat, each = waiting.pop()
        match each:
            case str():
                text.append(each)
                column += len(each)
            case Line() if flat:
                text.append(each.flat)
                column += len(each.flat)
            case Line():
                text.append("\n" + " " * indent)
                column = indent
            case Nest():
                waiting.append((indent + _INDENT, flat, each.inner))
            case Group():
                waiting.append((indent, flat or _fits(each.inner, waiting, width - column), each.inner))
            case _:
                waiting += [(indent, flat, part) for part in reversed(each)]
    return "".join(text)


def _fits(doc: Doc, behind: Sequence[tuple[int, bool, Doc]], room: int) -> bool:
    """Whether a document on one line, and what stands behind it up to the next possible break, fits."""
    todo, flat, place = [doc], True, len(behind)
    while room >= 0:
        if not todo:
            if not place:
                return True
            place -= 1
            todo, flat = [behind[place][2]], False
        each = todo.pop()
        match each:
            case str():
                room -= len(each)
            case Line() if flat:
                room -= len(each.flat)
            case Line():
                return True
            case Nest() | Group():
                todo.append(each.inner)
            case _:
                todo += reversed(each)
    return False


def lines(parts: Sequence[Doc]) -> Doc:
    """Return parts with a line between each two."""
    return tuple(part for each in parts for part in (Line(), each))[1:]


def nested(*parts: Doc) -> Doc:
    """Return parts that stand below the first, further to the right, if they do not fit."""
    return Group(Nest(lines(parts)))


def listed(parts: Sequence[Doc]) -> Doc:
    """Return parts with commas."""
    return Group(tuple(part for each in parts for part in (",", Line(), each))[2:])


def bracket(left: Doc, inner: Doc, right: str, line: str = "") -> Doc:
    return Group((left, Nest((Line(line), inner)), Line(line), right))


def between(left: Doc, word: str, right: Doc) -> Doc:
    """Return two operands of a word, which stands on a line of its own if they do not fit."""
    return Group((left, Nest((Line(), word)), Line(), right))
