"""What a benchmark finds, and how it is told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes
    ----------
    what : str
    value : float
        NaN if what should have happened did not.
    unit : str
    floor : float or None
        The same of a bare anywidget, measured in the same run.
    at_most, at_least : float or None
        What is aimed at, in the same unit.
    ratio_at_most : float or None
        What is aimed at, as a multiple of `floor`.
    """

    what: str
    value: float
    unit: str = "ms"
    floor: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    ratio_at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the floor."""
        return self.value / self.floor if self.floor else None

    @property
    def aim(self) -> str:
        """What is aimed at, in words; empty if nothing is."""
        if self.at_most is not None:
            return f"≤ {number(self.at_most)}"
        if self.at_least is not None:
            return f"≥ {number(self.at_least)}"
        if self.ratio_at_most is not None:
            return f"≤ {number(self.ratio_at_most)} × floor"
        return ""

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None if there is none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        if self.at_least is not None:
            return self.value >= self.at_least
        if self.ratio_at_most is not None:
            return self.ratio is not None and self.ratio <= self.ratio_at_most
        return None


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least `share` of all do not exceed; NaN if there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def latencies(
    what: str,
    values: Sequence[float],
    floor: Sequence[float] | None = None,
    at_most: Mapping[int, float] | None = None,
    ratio_at_most: Mapping[int, float] | None = None,
) -> list[Figure]:
    """Return median, 95th and 99th percentile of milliseconds.

    Parameters
    ----------
    at_most, ratio_at_most : mapping, optional
        The aims, by percentile.
    """
    return [
        Figure(
            f"{what}, p{percent}",
            quantile(values, percent / 100),
            floor=None if floor is None else quantile(floor, percent / 100),
            at_most=(at_most or {}).get(percent),
            ratio_at_most=(ratio_at_most or {}).get(percent),
        )
        for percent in (50, 95, 99)
    ]


def number(value: float) -> str:
    """Write a number to three digits, large ones whole."""
    if math.isnan(value):
        return "never"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(title: str, figures: Iterable[Figure]) -> str:
    """Write figures as a table in Markdown."""
    lines = [f"### {title}", "", "| | measured | floor | ratio | aim | |", "|---|--:|--:|--:|--:|---|"]
    for of in figures:
        cells = [
            of.what,
            f"{number(of.value)} {of.unit}".strip(),
            "" if of.floor is None else f"{number(of.floor)} {of.unit}",
            "" if of.ratio is None else f"{of.ratio:.2f}",
            of.aim,
            {None: "", True: "reached", False: "**missed**"}[of.reached],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
