"""The engine and PostgreSQL give the same answers: names, types, values, errors."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.local.generator import SETUP, Generator, rows
from tests.local.pair import Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
QUERIES = (HERE / "differential.sql").read_text().splitlines()
SEEDS = range(int(os.environ.get("MZWIDGET_TEST_SEEDS", "8")))
A_SEED = 75


@pytest.fixture(scope="module")
def pair(postgres_dsn: str, engine_dsn: str) -> Iterator[Pair]:
    pair = Pair(postgres_dsn, engine_dsn, f"differential_{os.getpid()}")
    for statement in (HERE / "differential_setup.sql").read_text().split(";\n"):
        if statement.strip():
            pair.execute(statement)
    yield pair
    pair.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_same_answer_to_random_queries(postgres_dsn: str, engine_dsn: str, seed: int) -> None:
    random = Random(seed)
    pair = Pair(postgres_dsn, engine_dsn, f"random_{os.getpid()}_{seed}")
    try:
        for statement in SETUP.split(";"):
            if statement.strip():
                pair.execute(statement)
        for statement in rows(random, 30):
            pair.execute(statement)
        generator = Generator(random)
        differences = [pair.difference(generator.query()) for _ in range(A_SEED)]
    finally:
        pair.close()
    different = [difference for difference in differences if difference is not None]
    assert not different, "\n".join(different[:5])
