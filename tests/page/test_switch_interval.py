"""A cell that leaves the background thread no turn is asked more often to, until it ends."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

import pytest

from mzwidget.page.switch_interval import INTERVAL, LATE, PERIOD, SwitchInterval

if TYPE_CHECKING:
    from collections.abc import Iterator

USUAL = 0.005


class Cell:
    """A cell, and how long it leaves the loop no turn."""

    def __init__(self, without: float) -> None:
        self.running = True
        self.turns = SwitchInterval(lambda: self.running)
        self.without = without

    async def run(self) -> None:
        """Begin, and come to where the loop has had to do without."""
        self.turns.begin()
        asyncio.get_running_loop().call_soon(time.sleep, self.without)
        await asyncio.sleep(PERIOD + LATE)

    def end(self) -> None:
        """As the hook of IPython does."""
        self.running = False
        self.turns.end()


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(USUAL)
    yield
    sys.setswitchinterval(before)


def starving() -> Cell:
    return Cell(2 * (PERIOD + LATE))


def test_turns_that_do_not_come_are_asked_for_until_the_cell_ends() -> None:
    cell = starving()
    asyncio.run(cell.run())
    assert sys.getswitchinterval() == INTERVAL
    cell.end()
    assert sys.getswitchinterval() == USUAL


def test_what_somebody_chose_is_left_alone() -> None:
    sys.setswitchinterval(INTERVAL / 2)
    cell = starving()
    asyncio.run(cell.run())
    assert sys.getswitchinterval() == INTERVAL / 2
    cell.end()
    sys.setswitchinterval(USUAL)
    cell = starving()
    asyncio.run(cell.run())
    sys.setswitchinterval(2 * USUAL)
    cell.end()
    assert sys.getswitchinterval() == 2 * USUAL


def test_a_cell_that_has_ended_changes_nothing() -> None:
    cell = starving()

    async def end_meanwhile() -> None:
        asyncio.get_running_loop().call_soon(cell.end)
        await cell.run()

    asyncio.run(end_meanwhile())
    assert sys.getswitchinterval() == USUAL


def test_one_look_at_a_time() -> None:
    async def run_again_and_again() -> int:
        cell = Cell(0)
        for _ in range(5):
            await cell.run()
        cell.end()
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(run_again_and_again()) == 1
