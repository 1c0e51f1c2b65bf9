"""How the columns of a table are called where its rows are stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.formats.types import Column

_NUMBER = re.compile(r"~[0-9]+~*$")
_OWN = ("rowid", "~from", "~until", "~row")
"""What DuckDB and the versions of a row have for themselves."""


def quoted(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def stored_names(columns: Sequence[Column]) -> list[str]:
    """Return the columns' quoted names in DuckDB, which ignores case: a number tells apart what would be the same."""
    taken = {column.name.casefold() for column in columns}.union(_OWN)
    seen = set(_OWN)
    found = []
    for place, column in enumerate(columns, 1):
        name = column.name
        if name.casefold() in seen:
            name = f"{column.name}~{place}"
            while name.casefold() in taken:
                name += "~"
        seen.add(name.casefold())
        taken.add(name.casefold())
        found.append(quoted(name))
    return found


def called(stored: str) -> str:
    """Return how a column is called of which DuckDB tells the stored name."""
    if stored.startswith('"'):
        stored = stored[1:-1].replace('""', '"')
    return _NUMBER.sub("", stored)
