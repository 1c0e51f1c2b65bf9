"""What a column may be in a picture, by its type and name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from mzwidget.errors import LiveViewError
from mzwidget.tail.values import Column

_CAMEL = re.compile(r"[a-z]I[dD]$")
_NAMES = 20


class ChartError(LiveViewError, ValueError):
    """The picture that was asked for cannot be drawn from the view's columns; the message says why."""


def is_time(of: Column) -> bool:
    """Whether the column can be a time axis: it holds days or moments."""
    return of.type in {"date", "timestamp", "timestamptz", "mz_timestamp"}


def is_identifier(of: Column) -> bool:
    """Whether the values only tell things apart: a uuid, or integers in a column named ``id``, ``user_id`` or so."""
    return of.type in {"uuid", "oid"} or (
        of.kind == "number" and of.type not in {"float4", "float8", "mz_timestamp"} and named_like_id(of.name)
    )


def is_plain(of: Column) -> bool:
    """Whether the digits of the values are not grouped: those of identifiers, and of years."""
    whole = of.type.startswith(("int", "uint")) or of.type == "numeric"
    return of.kind == "number" and (
        is_identifier(of) or (whole and re.search(r"(?i)(?:^|_)year$", of.name) is not None)
    )


def named_like_id(name: str) -> bool:
    """Whether a name says that its column holds identifiers."""
    return re.search(r"(?:^|_)(?:id|uuid|guid)$", name.lower()) is not None or _CAMEL.search(name) is not None


def is_measure(of: Column) -> bool:
    """Whether the values have a size that a length or a height can show."""
    return of.kind == "number" and of.type != "mz_timestamp" and not is_identifier(of)


def is_label(of: Column) -> bool:
    """Whether the values name what is measured."""
    plain = of.kind == "text" and not of.type.endswith("]") and of.type not in {"list", "map", "bytea", "unknown"}
    return (plain and of.type != "uuid") or of.type == "time"


def find(name: str, columns: Sequence[Column], option: str) -> int:
    """Return the index of the column that an option names.

    Raises
    ------
    ChartError
        There is none, or more than one, of this name.
    """
    names = [of.name for of in columns]
    if names.count(name) == 1:
        return names.index(name)
    if name in names:
        raise ChartError(f"{option}={name!r}: the view has {names.count(name)} columns of this name; give them aliases")
    raise ChartError(f"{option}={name!r}: the view has no such column{nearest(name, names)}")


def listed(columns: Sequence[Column], indexes: Sequence[int]) -> str:
    """Name columns in a sentence."""
    return ", ".join(repr(columns[index].name) for index in indexes)


def nearest(name: str, names: Sequence[str]) -> str:
    """Say which name was probably meant, and which there are."""
    by_lower = {known.lower(): known for known in reversed(names)}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    meant = f"; did you mean {by_lower[near[0]]!r}?" if near else ";"
    shown = ", ".join(map(repr, names[:_NAMES])) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
    return f"{meant} it has {shown}" if names else " or any other"
