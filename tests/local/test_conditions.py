"""What conditions are where some of them fail: as Materialize's AND and OR have it, whatever DuckDB evaluates first."""

from __future__ import annotations

from random import Random

import pytest

from mzwidget.local.errors import SqlError
from tests.local.translated import Translated

FAILS = "fails"
Outcome = bool | int | str | None

ROWS: list[dict[str, Outcome]] = [
    {"n": 0, "k": None, "p": True, "s": "x"},
    {"n": 1, "k": 0, "p": False, "s": "1"},
    {"n": 2, "k": 2, "p": None, "s": "2"},
    {"n": None, "k": 1, "p": True, "s": None},
    {"n": 0, "k": 3, "p": None, "s": "0"},
]


def either(outcomes: list[Outcome], deciding: bool) -> Outcome:
    """AND of conditions, or OR: what decides before what fails, and that before NULL."""
    for found in (deciding, FAILS, None):
        if any(each is found for each in outcomes):
            return found
    return not deciding


def of_both(a: Outcome, b: Outcome, found: bool) -> Outcome:
    if FAILS in (a, b):
        return FAILS
    return None if a is None or b is None else found


class Maker:
    """Writes conditions, and says what they are for a row; names of columns become values where `constant`."""

    def __init__(self, random: Random, row: dict[str, Outcome], *, constant: bool) -> None:
        self._random, self._row, self._constant = random, row, constant

    def column(self, name: str, type_: str) -> str:
        if not self._constant:
            return name
        value = self._row[name]
        return f"NULL::{type_}" if value is None else f"'{value}'::{type_}"

    def number(self) -> tuple[str, Outcome]:
        """An integer, which may fail."""
        random, row = self._random, self._row
        n, k, s = row["n"], row["k"], row["s"]
        divided = FAILS if n == 0 else None if n is None else 6 // int(n)
        return random.choice(
            [
                (self.column("k", "int"), k),
                (str(constant := random.randrange(4)), constant),
                (f"(6 / {self.column('n', 'int')})", divided),
                (f"(6.0 / {self.column('n', 'int')})::int", divided),
                (f"{self.column('s', 'text')}::int", None if s is None else FAILS if s == "x" else int(s)),
                (f"(abs(abs(abs(abs(7 - 6 / {self.column('n', 'int')})))))",
                 divided if divided is None or divided is FAILS else 7 - int(divided)),
            ]
        )  # fmt: skip

    def condition(self, depth: int) -> tuple[str, Outcome]:
        random = self._random
        if depth == 0:
            if random.random() < 0.3:
                return self.column("p", "bool"), self._row["p"]
            (a, of_a), (b, of_b) = self.number(), self.number()
            return f"({a} < {b})", of_both(of_a, of_b, str(of_a) < str(of_b))
        kind = random.choice(["AND", "OR", "NOT", "IN", "BETWEEN", "CASE", "NULL", "ROWS"])
        if kind in ("AND", "OR"):
            parts = [self.condition(depth - 1) for _ in range(random.choice([2, 2, 3, 4]))]
            return f"({f' {kind} '.join(text for text, _ in parts)})", either([of for _, of in parts], kind == "OR")
        if kind == "NOT":
            text, of = self.condition(depth - 1)
            return f"(NOT {text})", (not of if isinstance(of, bool) else of)
        if kind == "NULL":
            text, of = self.condition(depth - 1)
            return f"({text} IS NULL)", (FAILS if of is FAILS else of is None)
        if kind == "CASE":
            tests = [self.condition(depth - 1) for _ in range(3)]
            (a, of_a), (b, of_b), (c, of_c) = tests
            found = FAILS if of_a is FAILS else of_b if of_a is True else of_c
            return f"(CASE WHEN {a} THEN {b} ELSE {c} END)", found
        numbers = [self.number() for _ in range(4)]
        (a, of_a), (b, of_b), (c, of_c), (d, of_d) = numbers
        if kind == "IN":
            equal = [of_both(of_a, of, of_a == of) for of in (of_b, of_c, of_d)]
            return f"({a} IN ({b}, {c}, {d}))", either(equal, deciding=True)
        if kind == "BETWEEN":
            found = [of_both(of_b, of_a, str(of_b) <= str(of_a)), of_both(of_a, of_c, str(of_a) <= str(of_c))]
            return f"({a} BETWEEN {b} AND {c})", either(found, deciding=False)
        equal = [of_both(of_a, of_c, of_a == of_c), of_both(of_b, of_d, of_b == of_d)]
        return f"(({a}, {b}) = ({c}, {d}))", either(equal, deciding=False)


@pytest.mark.parametrize("constant", [False, True], ids=["columns", "constants"])
def test_what_decides_does_so_though_others_fail(constant: bool) -> None:
    database = Translated()
    for at, row in enumerate(ROWS):
        database.execute(f"CREATE TABLE t{at} (n int, k int, p bool, s text)")
        values = ", ".join("NULL" if value is None else f"'{value}'" for value in row.values())
        database.execute(f"INSERT INTO t{at} VALUES ({values})")
    wrong = []
    for seed in range(600):
        at = seed % len(ROWS)
        maker = Maker(Random(f"condition {seed}"), ROWS[at], constant=constant)
        text, expected = maker.condition(seed % 4)
        sql = f"SELECT {text}" if constant else f"SELECT {text} FROM t{at}"
        try:
            ((shown,),) = database.query(sql)
            found: Outcome = {"t": True, "f": False, None: None}[shown]
        except SqlError as error:
            found = FAILS if error.sqlstate == "XX000" else error.message
        if found is not expected:
            wrong.append(f"{found} and not {expected}: {sql}  {ROWS[at]}")
    assert not wrong, f"{len(wrong)} of these:\n" + "\n".join(wrong[:20])
