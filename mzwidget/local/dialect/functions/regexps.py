"""Functions of regular expressions."""

from __future__ import annotations

import re
from collections.abc import Callable

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.regexes import names
from mzwidget.local.dialect.searching import compiled
from mzwidget.local.dialect.values import Value, apply, quote_text
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column

_TEXTS = t.list_of(t.TEXT)
_MOST_BYTES = 100_000_000
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{([^}]*)\})", re.ASCII)


def _expanded(replacement: str) -> Callable[[re.Match[str]], str]:
    """Return what replaces a match: ``$1``, ``$name``, ``${name}`` stand for groups, or for nothing."""

    def one(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            if reference[0] == "$$":
                return "$"
            name = reference[1] if reference[1] is not None else reference[2]
            index = int(name) if name.isdecimal() and len(name) < 4 else match.re.groupindex.get(name, -1)
            return (match[index] or "") if 0 <= index <= match.re.groups else ""

        return _REFERENCE.sub(group, replacement)

    return one


def _replace(text: str, pattern: str, replacement: str) -> str:
    return _replace_with(text, pattern, replacement, "")


def _replace_with(text: str, pattern: str, replacement: str, flags: str) -> str:
    found = compiled(pattern, flags.replace("g", ""), groups="$" in replacement)
    made = _expanded(replacement)
    result = found.sub(made, text, count=0 if "g" in flags else 1)
    if len(result) * 4 > _MOST_BYTES:
        raise SqlError("requested length too large", "54000")
    return result


def _match(text: str, pattern: str) -> list[str | None] | None:
    return _match_with(text, pattern, "")


def _match_with(text: str, pattern: str, flags: str) -> list[str | None] | None:
    found = compiled(pattern, flags).search(text)
    if found is None:
        return None
    return list(found.groups() or [found[0]])


def _split(text: str, pattern: str) -> list[str]:
    return _split_with(text, pattern, "")


def _split_with(text: str, pattern: str, flags: str) -> list[str]:
    pieces, last = [], 0
    for match in compiled(pattern, flags, groups=False).finditer(text):
        start, end = match.span()
        if start == end and (start == last or start == len(text)):
            continue
        pieces.append(text[last:start])
        last = end
    return [*pieces, text[last:]]


def _all(text: str, pattern: str) -> list[list[str | None]]:
    return _all_with(text, pattern, "")


def _all_with(text: str, pattern: str, flags: str) -> list[list[str | None]]:
    found = compiled(pattern, flags.replace("g", "")).finditer(text)
    return [list(match.groups()) for match in found][: None if "g" in flags else 1]


FUNCTIONS: list[Overload] = [
    line("regexp_replace", "text, text, text -> text", python=_replace),
    line("regexp_replace", "text, text, text, text -> text", python=_replace_with),
    line("regexp_match", "text, text -> text[]", python=_match),
    line("regexp_match", "text, text, text -> text[]", python=_match_with),
    line("regexp_split_to_array", "text, text -> text[]", python=_split),
    line("regexp_split_to_array", "text, text, text -> text[]", python=_split_with),
]

_EXTRACT = udf.declare("regexp_extract", _match, [t.TEXT, t.TEXT], _TEXTS)


def extract(pattern: str, text: Value) -> tuple[list[Column], str]:
    """Return the columns and rows of regexp_extract: a column for each group of the pattern, a row where it matches."""
    groups = names(pattern)
    if not groups:
        raise SqlError("regexp_extract must specify at least one capture group")
    columns = [Column(name or f"column{i}", t.TEXT) for i, name in enumerate(groups, 1)]
    found = apply(_EXTRACT, [text, Value(quote_text(pattern), t.TEXT)], _TEXTS).sql
    listed = ", ".join(f"x[{i}] AS c{i}" for i in range(1, len(groups) + 1))
    return columns, f"SELECT {listed} FROM (SELECT {found} AS x) WHERE x IS NOT NULL"


_ROWS = t.list_of(t.array_of(t.TEXT))
_BOTH = [t.TEXT, t.TEXT]
TABLES: list[Overload] = [
    line("regexp_split_to_table", "text, text -> text",
         f"SELECT unnest({udf.declare('split', _split, _BOTH, _TEXTS)}) AS c1", columns=(("unnest", "text"),)),
    line("regexp_split_to_table", "text, text, text -> text",
         f"SELECT unnest({udf.declare('split', _split_with, [*_BOTH, t.TEXT], _TEXTS)}) AS c1",
         columns=(("unnest", "text"),)),
    line("regexp_matches", "text, text -> text[]",
         f"SELECT unnest({udf.declare('all_matches', _all, _BOTH, _ROWS)}, max_depth := 1) AS c1",
         columns=(("regexp_matches", "text[]"),)),
    line("regexp_matches", "text, text, text -> text[]",
         f"SELECT unnest({udf.declare('all_matches', _all_with, [*_BOTH, t.TEXT], _ROWS)}, max_depth := 1) AS c1",
         columns=(("regexp_matches", "text[]"),)),
]  # fmt: skip
