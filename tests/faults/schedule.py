"""What may happen in a fault schedule, and what a view may be."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.pages import Rows as Content
from tests.faults.pages import text
from tests.faults.truth import Rows

NAMES = ("ann", "bob", "cleo", "дана", "<b>eve</b>", "fay", "गीता", "🐟")


@dataclass(frozen=True)
class Definition:
    """What a view may be, in SQL and in Python."""

    select: str
    columns: tuple[str, ...]
    of: Callable[[Rows], Counter[tuple[Any, ...]]]

    def content(self, rows: Rows) -> Content:
        return Counter({tuple(map(text, row)): count for row, count in self.of(rows).items()})


def _totals(rows: Rows) -> Counter[tuple[Any, ...]]:
    numbers = defaultdict(list)
    for (name, n), count in rows.items():
        numbers[name] += [n] * count
    return Counter((name, sum(of), len(of)) for name, of in numbers.items())


def _top(rows: Rows) -> Counter[tuple[Any, ...]]:
    return Counter(sorted(rows.elements(), key=lambda row: (-row[1], row[0].encode()))[:5])


DEFINITIONS = (
    Definition("SELECT name, n FROM {table}", ("name", "n"), Counter),
    Definition("SELECT name, n FROM {table} ORDER BY n DESC, name LIMIT 5", ("name", "n"), _top),
    Definition(
        "SELECT name, -n AS n FROM {table}",
        ("name", "n"),
        lambda rows: Counter({(name, -n): count for (name, n), count in rows.items()}),
    ),
    Definition(
        "SELECT name, sum(n) AS total, count(*) AS edits FROM {table} GROUP BY name",
        ("name", "total", "edits"),
        _totals,
    ),
)


STEPS = {
    "insert": 16,
    "update": 10,
    "delete": 6,
    "burst": 3,
    "cut": 3,
    "cut_after": 3,
    "refuse": 2,
    "accept": 3,
    "stall": 2,
    "abandon": 1,
    "flow": 4,
    "throttle": 2,
    "delay": 2,
    "spoil": 8,
    "mend": 3,
    "disconnect": 2,
    "reconnect": 4,
    "freeze": 2,
    "thaw": 3,
    "hide": 3,
    "show": 4,
    "reload": 2,
    "add": 2,
    "leave": 1,
    "vanish": 1,
    "busy": 2,
    "idle": 3,
    "pause": 2,
    "resume": 3,
    "press": 2,
    "seek": 3,
    "ask": 6,
    "read": 2,
    "retry": 2,
    "drop": 1,
    "replace": 2,
    "rest": 1,
}
"""Everything that happens in a schedule, and how often."""


@dataclass(frozen=True)
class Step:
    """What to do, to which of the pages, how much of it, and how long to wait then."""

    name: str
    which: int
    amount: float
    wait: float

    def __str__(self) -> str:
        return f"{self.name}(page {self.which}, {self.amount:.2f}) and {self.wait * 1000:.0f} ms"


def plan(seed: int) -> list[Step]:
    """Make the steps of a schedule."""
    chance = random.Random(seed)
    names = chance.choices(list(STEPS), list(STEPS.values()), k=chance.randint(5, 40))
    return [Step(name, chance.randrange(6), chance.random(), chance.expovariate(1 / 0.02)) for name in names]
