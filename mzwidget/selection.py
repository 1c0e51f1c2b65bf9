"""What is selected in a view: rows, by the values that some of their columns have, or an interval of a column."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
import psycopg
import traitlets
from psycopg.adapt import PyFormat, Transformer

from mzwidget.params import float_text
from mzwidget.tail.updates import Row
from mzwidget.tail.values import Column, to_json, to_python

MOST = 10_000
"""Rows that can be selected one by one."""


class Interval(NamedTuple):
    """The values of a column from one to another, both included; None where it has no end."""

    low: Any
    high: Any


@dataclass(frozen=True, slots=True)
class Condition:
    """What is selected of one column.

    Attributes
    ----------
    column : Column
    texts : tuple of (str or None)
        Values as the server prints them: one for each selected row, or the two ends of an interval.
    interval : bool
    """

    column: Column
    texts: tuple[str | None, ...]
    interval: bool = False

    @property
    def value(self) -> list[Any] | Interval:
        """The distinct values as Python has them, or the interval."""
        if self.interval:
            return Interval(*(to_python(self.column, text) for text in self.texts))
        return [to_python(self.column, text) for text in dict.fromkeys(self.texts)]


Conditions = tuple[Condition, ...]
"""A row is selected if it lies in all intervals, and its other values are those of one place in all lists."""


class Selected(traitlets.HasTraits):
    """What is selected of one column, now and later: ``view.selection["user_name"]``.

    Observers of `value` are called at once: where Python selects in its thread, where a page does in one of their own.
    """

    value = traitlets.Any(None, read_only=True)
    """The selected values (list), an `Interval` (a tuple), or None if nothing is selected."""

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def __repr__(self) -> str:
        return f"<selected {self.column!r}: {self.value!r}>"


class Selection:
    """What was selected in a view at one moment; true if that is anything.

    ``selection["user_name"]`` is what is selected of a column, now and later: see `Selected`. A column that the view is
    known not to have is a ValueError.

    Parameters
    ----------
    conditions : tuple of Condition
    follow : callable
        Gives the `Selected` of a column.
    rows : callable
        Gives the selected rows that are in the view, as a data frame.
    """

    __slots__ = ("_follow", "_rows", "conditions")

    def __init__(
        self, conditions: Conditions, follow: Callable[[str], Selected], rows: Callable[[Conditions], pd.DataFrame]
    ) -> None:
        self.conditions = conditions
        self._follow = follow
        self._rows = rows

    def to_dict(self) -> dict[str, list[Any] | Interval]:
        """Return the selected values of each column; the same place in all lists is the same row."""
        return {
            of.column.name: of.value if of.interval else [to_python(of.column, text) for text in of.texts]
            for of in self.conditions
        }

    @property
    def df(self) -> pd.DataFrame:
        """The selected rows that are in the view now, typed and ordered as `LiveView.df` is."""
        return self._rows(self.conditions)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The same rows, each as a dict."""
        return [{str(name): value for name, value in row.items()} for row in self.df.to_dict("records")]

    def __getitem__(self, column: str) -> Selected:
        return self._follow(column)

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and self.conditions == other.conditions

    def __hash__(self) -> int:
        return hash(self.conditions)

    def __repr__(self) -> str:
        return f"Selection({self.to_dict() or ''})"


def from_python(columns: Iterable[Column], wanted: object) -> Conditions:
    """Read what Python selects.

    Parameters
    ----------
    columns : iterable of Column
        Those of the view.
    wanted : mapping, DataFrame, Selection or None
        For each column a list of values (or one of them), or an interval as a tuple ``(low, high)``.

    Raises
    ------
    TypeError
        `wanted` is something else, or a value does not suit its column.
    ValueError
        A column that the view does not have; lists of different lengths; more rows than can be selected.
    """
    if wanted is None:
        return ()
    if isinstance(wanted, Selection):
        wanted = wanted.to_dict()
    elif isinstance(wanted, pd.DataFrame):
        wanted = {name: wanted[name].tolist() for name in wanted.columns}
    if not isinstance(wanted, Mapping):
        raise TypeError(
            f"a selection is a dict of columns and their values, not {type(wanted).__name__}: {wanted!r:.60}"
        )
    known = {of.name: of for of in columns}
    found = []
    for name, asked in wanted.items():
        if name not in known:
            raise ValueError(no_column(name, known))
        found.append(_condition(known[name], asked))
    return _checked(found)


def no_column(name: object, known: Iterable[str]) -> str:
    """Say that a view has no such column, and which it has."""
    return f"the view has no column {name!r} to select by; it has {', '.join(known)}"


def _condition(of: Column, asked: object) -> Condition:
    if isinstance(asked, tuple):
        if len(asked) != 2:
            raise ValueError(f"{of.name}: an interval is (low, high); values are a list, not {asked!r:.60}")
        return Condition(of, tuple(_text(of, end) for end in asked), interval=True)
    if isinstance(asked, np.ndarray | pd.Series | pd.Index):
        asked = asked.tolist()
    elif isinstance(asked, AbstractSet):
        asked = sorted(asked, key=repr)
    values = asked if isinstance(asked, list) else [asked]
    return Condition(of, tuple(_text(of, value) for value in values))


def from_page(columns: Iterable[Column], told: Mapping[str, Mapping[str, Any]] | None) -> Conditions | None:
    """Read what a page says is selected; None if that makes no sense: then the page is broken."""
    known = {of.name: of for of in columns}
    found = []
    try:
        for name, choice in (told or {}).items():
            interval = "low" in choice
            cells = (choice["low"], choice["high"]) if interval else choice["values"]
            found.append(Condition(known[name], tuple(_text(known[name], cell) for cell in cells), interval))
        return _checked(found)
    except (KeyError, TypeError, ValueError):
        return None


def _checked(found: list[Condition]) -> Conditions:
    kept = tuple(of for of in found if any(text is not None for text in of.texts) or (of.texts and not of.interval))
    lengths = {of.column.name: len(of.texts) for of in found if not of.interval}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(
            f"the same place in all lists of values is the same row, so they must be equally long ({told})"
        )
    if any(length > MOST for length in lengths.values()):
        raise ValueError(f"at most {MOST:,} rows can be selected by their values; an interval (low, high) has no limit")
    return kept


def cells(conditions: Conditions) -> dict[str, dict[str, Any]] | None:
    """Return what is selected as pages have it, with values as they travel in a base; None for nothing."""
    told: dict[str, dict[str, Any]] = {}
    for of in conditions:
        convert = to_json(of.column) or str
        values = [None if text is None else convert(text) for text in of.texts]
        told[of.column.name] = dict(zip(("low", "high"), values, strict=True)) if of.interval else {"values": values}
    return told or None


def selects(conditions: Conditions, columns: Iterable[Column]) -> Callable[[Row], bool]:
    """Return whether a row of these columns is selected."""
    places = {of.name: i for i, of in enumerate(columns)}
    if not conditions or any(of.column.name not in places for of in conditions):
        return lambda _: False
    lists = [of for of in conditions if not of.interval]
    at = [places[of.column.name] for of in lists]
    points = set(zip(*([_key(of.column, text) for text in of.texts] for of in lists), strict=True))
    spans = [
        (places[of.column.name], of.column, *map(_key, [of.column] * 2, of.texts)) for of in conditions if of.interval
    ]

    def holds(row: Row) -> bool:
        if lists and tuple(_key(of.column, row[i]) for of, i in zip(lists, at, strict=True)) not in points:
            return False
        return all(_within(_key(of, row[i]), low, high) for i, of, low, high in spans)

    return holds


def _within(key: Any, low: Any, high: Any) -> bool:
    try:
        return key is not None and (low is None or low <= key) and (high is None or key <= high)
    except (TypeError, InvalidOperation):  # a date that Python cannot hold, or not a number
        return False


def _key(of: Column, text: str | None) -> Any:
    """Return what is equal for equal values: 1.10 and 1.1 are."""
    if text is None:
        return None
    if of.kind == "number":
        return "NaN" if text == "NaN" else Decimal(text)
    value = to_python(of, text) if of.kind == "time" else text
    return text if value is None else value


def _text(of: Column, value: object) -> str | None:
    """Write a value as the server prints it.

    Raises
    ------
    TypeError, ValueError
        It is no value of this column.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool) != (of.type == "bool") and not isinstance(value, str):
        raise TypeError(_unfit(of, value))
    if isinstance(value, bool):
        return "t" if value else "f"
    if of.kind == "number":
        return _number(of, value)
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError(f"{of.name}: {value!r:.60} holds a NUL character, which no text in a database can")
        return value
    return _printed(of, value)


def _number(of: Column, value: Any) -> str:
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
        if not of.type.startswith(("float", "numeric")):
            if number != int(number):
                raise ValueError(_unfit(of, value))
            return str(int(number))
        if of.type.startswith("float") or not number.is_finite():
            return float_text(float(number))
    except (InvalidOperation, TypeError, ValueError, OverflowError):
        raise TypeError(_unfit(of, value)) from None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _printed(of: Column, value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    if isinstance(value, datetime) and of.type in ("timestamp", "timestamptz"):
        if value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        text: str = value.isoformat(" ").rstrip("0" if value.microsecond else "")
        return f"{text}+00" if of.type == "timestamptz" else text
    if isinstance(value, date) and of.type == "date":
        return date.isoformat(value)
    if isinstance(value, timedelta) and of.type == "interval":
        days = f"{value.days} day{'' if value.days == 1 else 's'} " if value.days else ""
        time = (datetime.min + timedelta(seconds=value.seconds, microseconds=value.microseconds)).time().isoformat()
        return days + time.rstrip("0" if value.microseconds else "")
    if isinstance(value, bytes) and of.type == "bytea":
        return rf"\x{value.hex()}"
    if isinstance(value, UUID) and of.type == "uuid":
        return str(value)
    if of.kind == "json":
        return json.dumps(value, separators=(",", ":"))
    if of.type == "text":
        raise TypeError(_unfit(of, value))
    try:
        dumped = Transformer().get_dumper(value, PyFormat.TEXT).dump(value)
    except psycopg.Error:
        raise TypeError(_unfit(of, value)) from None
    return bytes(dumped or b"").decode()


def _unfit(of: Column, value: object) -> str:
    return f"{of.name}: {value!r:.60} ({type(value).__name__}) is no value of type {of.type}"
