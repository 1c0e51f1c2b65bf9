"""What a column may be in a picture, by its type and name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mzwidget.errors import LiveViewError
from mzwidget.naming import alike
from mzwidget.tail.values import Column

_WORD = re.compile(r"[^\W\d_]+?(?=$|[\W\d_]|(?<=[a-z])[A-Z])")
_IDENTIFIERS = frozenset(
    {
        *("id", "uuid", "guid", "oid", "pid", "tid", "uid", "gid", "code", "key", "status", "port", "asn"),
        *("zip", "zipcode", "postcode", "plz", "phone", "fax", "isbn", "ean", "sku", "ssn"),
    }
)
"""Last words of names whose numbers tell things apart and are no amounts."""
_NUMBERS = frozenset({"number", "no", "nr"})
"""Likewise, after the word for a thing: `order_number`, but not `number`."""
_COUNTED = frozenset({"count", "total", "sum", "num", "avg", "mean", "average", "per"})
"""Words that make an amount of what follows: `total_number`, `revenue_per_year`."""
_CALENDAR = frozenset(
    (
        "decade",
        "year",
        "isoyear",
        "quarter",
        "month",
        "week",
        "weekday",
        "dow",
        "isodow",
        "doy",
        "day",
        "hour",
        "minute",
    )
)
_LATITUDES, _LONGITUDES = frozenset({"latitude", "lat"}), frozenset({"longitude", "lon", "lng", "long"})
_NAMES = 20


class ChartError(LiveViewError, ValueError):
    """The picture that was asked for cannot be drawn from the view's columns; the message says why."""


def is_time(of: Column) -> bool:
    """Whether the column can be a time axis: it holds days or moments."""
    return of.type in {"date", "timestamp", "timestamptz", "mz_timestamp"}


def is_identifier(of: Column) -> bool:
    """Whether the values only tell things apart: a uuid, or integers named ``user_id``, ``zip_code`` or so."""
    return of.type in {"uuid", "oid"} or (_is_whole(of) and named_like_id(of.name))


def is_calendar(of: Column) -> bool:
    """Whether the numbers are a part of a date: a year, or a month or an hour in a column of just this name."""
    words = _words(of.name)
    if of.kind != "number" or of.type == "mz_timestamp" or not words or not _COUNTED.isdisjoint(words):
        return False
    return (len(words) == 1 and words[0] in _CALENDAR) or (words[-1] == "year" and _is_whole(of))


def coordinates(columns: Sequence[Column]) -> frozenset[int]:
    """Return the columns that say together where something is, by their names: latitudes beside longitudes."""
    named = [(index, (_words(of.name) or [""])[-1]) for index, of in enumerate(columns) if of.kind == "number"]
    sides = [frozenset(index for index, word in named if word in side) for side in (_LATITUDES, _LONGITUDES)]
    return frozenset.union(*sides) if all(sides) else frozenset()


def is_plain(of: Column) -> bool:
    """Whether the digits of the values are not grouped: those of identifiers, and of years."""
    return of.kind == "number" and (is_identifier(of) or is_calendar(of))


def named_like_id(name: str) -> bool:
    """Whether a name says that its column holds identifiers."""
    words = _words(name)
    if not words or not _COUNTED.isdisjoint(words):
        return False
    return words[-1] in _IDENTIFIERS or (len(words) > 1 and words[-1] in _NUMBERS)


def is_measure(of: Column) -> bool:
    """Whether the values have a size that a length or a height can show."""
    return of.kind == "number" and of.type != "mz_timestamp" and not is_identifier(of) and not is_calendar(of)


def is_label(of: Column) -> bool:
    """Whether the values name what is measured."""
    plain = of.kind == "text" and not of.type.endswith("]") and of.type not in {"list", "map", "bytea", "unknown"}
    return (plain and of.type != "uuid") or of.type == "time"


def _is_whole(of: Column) -> bool:
    return of.kind == "number" and (of.type.startswith(("int", "uint")) or of.type == "numeric")


def _words(name: str) -> list[str]:
    """Part a name such as ``user_id``, ``userId`` or ``user id`` into its words."""
    return [word.lower() for word in _WORD.findall(name)]


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
    near = alike(name, names)
    meant = f"; did you mean {near!r}?" if near else ";"
    shown = ", ".join(map(repr, names[:_NAMES])) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
    return f"{meant} it has {shown}" if names else " or any other"
