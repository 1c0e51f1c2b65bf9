"""Conditions that may fail, written so that they are NULL where they do."""

from __future__ import annotations

import re

from mzwidget.local.dialect import udf

_PIECES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\berror\(|\bpy_\w+(?=\()|[()]|[^'"()ep]+|.""", re.DOTALL)
_UNTRIED = re.compile(r"\bSELECT\b|\bOVER $")
"""DuckDB tries neither subqueries nor window functions."""
_FAILS = "[NULL][1 // 0]"
"""Fails, and is of any type, as `error` is; but DuckDB does not say that it has side effects."""

_QUOTED = re.compile("'(?:[^']|'')*'")
_VARIES = re.compile(r"\bs\d+\.|\bSELECT\b|\bgetvariable\b|[$«]")
"""In the SQL of what is no constant: columns, subqueries, the clock, parameters, stand-ins."""


def is_constant(sql: str) -> bool:
    """Whether DuckDB SQL of an expression is of constants alone."""
    plain = _QUOTED.sub("''", sql)
    given, own = set(re.findall(r"\bv\d+\b", plain)), set(re.findall(r"\blambda (v\d+)", plain))
    return given == own and _VARIES.search(plain) is None


def tried(sql: str) -> str | None:
    """Return DuckDB SQL that is NULL where `sql` fails, None if DuckDB cannot try it.

    It tries nothing that has side effects, so functions that have them, so as not to be moved, get another name.
    """
    found, depth, ends = [], 0, 0
    for piece in _PIECES.findall(sql):
        depth += piece.endswith("(") - (piece == ")")
        if ends:
            ends = 0 if depth < ends else ends
        elif piece == "error(":
            found.append(_FAILS)
            ends = depth
        elif _UNTRIED.search(piece):
            return None
        else:
            found.append(udf.without_effects(piece))
    return f"TRY({''.join(found)})"
