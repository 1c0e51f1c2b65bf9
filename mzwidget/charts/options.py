"""What a user asks of a picture, checked as far as it can be without knowing the view's columns."""

from __future__ import annotations

import contextlib
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from mzwidget.charts import altair, formats, roles
from mzwidget.charts.kinds import KINDS
from mzwidget.charts.named import Named, require_numbers
from mzwidget.naming import alike
from mzwidget.tail.values import Column

_KINDS = ", ".join(map(repr, KINDS))


@dataclass(frozen=True, slots=True)
class Options:
    """What a user asks of a picture; whatever is empty is for `resolve` to choose.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    x, color, key : str
        Names of columns.
    y, value : tuple of str
        Names of columns of numbers; two words for the same, so only one of them is given.
    limit : int
        How many bars, lines or rows are drawn at most.
    format : dict of str to str
        Column name → d3-format.
    timezone : str
        IANA name of the zone in which times are shown; empty for the reader's own.
    chart : altair.Chart or dict, optional
        An Altair chart or a Vega-Lite specification, in place of all others but `timezone`.
    """

    kind: str = ""
    x: str = ""
    y: tuple[str, ...] = ()
    color: str = ""
    key: str = ""
    value: tuple[str, ...] = ()
    limit: int = 0
    format: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""
    chart: altair.Chart | None = None

    @classmethod
    def of(
        cls,
        *,
        kind: str | None = None,
        x: str | None = None,
        y: str | Sequence[str] | None = None,
        color: str | None = None,
        key: str | None = None,
        value: str | Sequence[str] | None = None,
        limit: int | None = None,
        format: Mapping[str, str] | None = None,  # noqa: A002 - the word users know
        timezone: str | None = None,
        chart: altair.Chart | None = None,
    ) -> Self:
        """Check what a user gave.

        Raises
        ------
        TypeError
            A name is not text.
        ValueError
            Anything else that cannot be meant so; the message names the option and quotes its value.
        """
        if kind is not None and kind not in KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, not {kind!r}{_nearest(kind)}")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise ValueError(f"limit must be a whole number from 1 up, not {limit!r}")
        if y is not None and value is not None:
            raise ValueError("y and value both name the numbers; give one of them")
        others = {
            "kind": kind,
            "x": x,
            "y": y,
            "color": color,
            "key": key,
            "value": value,
            "format": format,
            "limit": limit,
        }
        if chart is not None and (given := next((name for name, other in others.items() if other is not None), None)):
            raise ValueError(f"chart says all of the picture; {given} is for the other kinds")
        if chart is not None and not altair.is_chart(chart):
            by_name = (
                f" {chart!r:.40}; a picture by its name is kind=, any of {_KINDS}" if isinstance(chart, str) else ""
            )
            raise TypeError(f"chart must be an Altair chart or a Vega-Lite dict, not {type(chart).__name__}{by_name}")
        if chart is not None:
            altair.load()
        if timezone is not None:
            _check_zone(timezone)
        for column, text in _mapping("format", format).items():
            formats.parse(text, f"format of {column!r}")
        return cls(
            kind=kind or "",
            x=_name("x", x),
            y=_names("y", y),
            color=_name("color", color),
            key=_name("key", key),
            value=_names("value", value),
            limit=limit or 0,
            format=dict(format or {}),
            timezone=timezone or "",
            chart=chart,
        )

    def find(self, columns: Sequence[Column]) -> Named:
        """Look up the columns that are named.

        Raises
        ------
        ChartError
            A name that the view does not have, or a column that is not of numbers where only numbers can be.
        """

        def found(option: str, name: str) -> int | None:
            return roles.find(name, columns, option) if name else None

        named = Named(
            x=found("x", self.x),
            y=tuple(roles.find(name, columns, "y") for name in self.y),
            color=found("color", self.color),
            key=found("key", self.key),
            value=tuple(roles.find(name, columns, "value") for name in self.value),
        )
        require_numbers(columns, named.value, "value")
        for name in self.format:
            if columns[roles.find(name, columns, "format")].kind != "number":
                raise roles.ChartError(f"format: {name!r} is no column of numbers, which a format is for")
        return named


def _name(option: str, given: object) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise TypeError(f"{option} must be a column's name, not {given!r}")
    if not given:
        raise ValueError(f"{option} must be a column's name, not ''")
    return given


def _names(option: str, given: object) -> tuple[str, ...]:
    if given is None or isinstance(given, str):
        return (_name(option, given),) if given is not None else ()
    if not isinstance(given, Sequence) or not given:
        raise TypeError(f"{option} must be a column's name or a list of them, not {given!r}")
    names = tuple(_name(option, name) for name in given)
    if len(set(names)) < len(names):
        raise ValueError(f"{option} names a column twice: {list(names)!r}")
    return names


def _mapping(option: str, given: object) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f'{option} must be a dict such as {{"revenue": ",.2f"}}, not {given!r}')
    return given


def _check_zone(name: object) -> None:
    with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if isinstance(name, str):
            zoneinfo.ZoneInfo(name)
            return
    raise ValueError(f"timezone must be a name such as 'Europe/Berlin' or 'UTC', not {name!r}")


def _nearest(kind: object) -> str:
    near = alike(kind, KINDS) if isinstance(kind, str) else None
    return f"; did you mean {near!r}?" if near else "; any other picture is an Altair chart: chart=alt.Chart()…"
