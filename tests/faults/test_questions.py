"""However quickly parameters change, a page shows the answer to one question at one timestamp; in the end to the last.

``MZWIDGET_MOVES`` sets how many moves of the slider (60 by default).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from typing import Any

import ipywidgets
import psycopg
import pytest

from mzwidget import LiveView
from mzwidget.page import questions
from mzwidget.tail import shared
from tests.faults.pages import Page, text
from tests.faults.run import World
from tests.faults.truth import Truth
from tests.machine import eventually

MOVES = int(os.environ.get("MZWIDGET_MOVES", "60"))
NAMES = ("ann", "bob", "it's", "дана")


class Table:
    """A table that one thread changes, and what it held at which time."""

    def __init__(self, dsn: str) -> None:
        self.name = f"moved_{time.time_ns()}"
        self.truth = Truth()
        self.database = psycopg.connect(dsn, autocommit=True)
        self.database.execute(f"CREATE TABLE {self.name} (name text, n bigint)")
        self._chance = random.Random(1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._churn)
        self.commit()

    def commit(self) -> None:
        row = (self._chance.choice(NAMES), self._chance.randrange(100))
        if self._chance.random() < 0.3:
            self.database.execute(f"DELETE FROM {self.name} WHERE n % 7 = {row[1] % 7}")
        else:
            self.database.execute(f"INSERT INTO {self.name} VALUES (%s, %s), ('ann', %s)", (*row, row[1]))
        found = self.database.execute(f"SELECT name, n, count(*) FROM {self.name} GROUP BY name, n").fetchall()
        [(now,)] = self.database.execute("SELECT mz_now()").fetchall()
        self.truth.note(int(now), Counter({(name, n): count for name, n, count in found}))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _churn(self) -> None:
        while not self._stopped.wait(0.01):
            self.commit()


def answer(rows: Counter[tuple[str, int]], params: tuple[int, tuple[str, ...]]) -> Counter[tuple[Any, ...]]:
    least, names = params
    return Counter({tuple(map(text, row)): count for row, count in rows.items() if row[1] >= least and row[0] in names})


def subscriptions(database: psycopg.Connection[Any]) -> int:
    return len(database.execute("SELECT id FROM mz_internal.mz_subscriptions").fetchall())


@pytest.mark.timeout(120 + MOVES)
def test_every_picture_is_an_answer_to_one_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "CATCH_UP", 60)  # on a busy machine, too
    chance = random.Random(MOVES)
    table = Table(world.dsn)
    others = subscriptions(table.database)
    least, names = ipywidgets.IntSlider(0), ipywidgets.SelectMultiple(options=NAMES, value=NAMES)
    query = f"SELECT name, n FROM {table.name} WHERE n >= %(least)s AND name = ANY(%(names)s)"
    views = [LiveView(query, {"least": least, "names": names}, dsn=world.dsn)]
    views.append(views[0].show())
    pages = [Page(world.browser, world.postmaster, view, chance) for view in views]
    for page in pages:
        page.show(0, True)
    asked = {(0, NAMES)}
    most = 0
    table.start()
    try:
        for _ in range(MOVES):
            if chance.random() < 0.7:
                least.value = chance.randrange(100)
            else:
                names.value = tuple(chance.sample(NAMES, chance.randrange(1, 4)))
            asked.add((least.value, names.value))
            most = max(most, len(shared._tails))
            time.sleep(chance.expovariate(1 / 0.06))
        for view in views:
            view.wait(30)
    finally:
        table.stop()

    def agree() -> bool:
        params = (least.value, names.value)
        truth = answer(table.truth.at(2**62)[-1], params)
        for page, view in zip(pages, views, strict=True):
            shown = page.probe()["snapshot"]
            assert shown is not None
            assert shown.rows == truth
            assert view.df.attrs["params"] == {"least": params[0], "names": list(params[1])}
            assert Counter(tuple(map(text, row)) for row in view.df.itertuples(index=False)) == truth
        return True

    eventually(agree, what="pages and Python show the answer to the last question")
    for page in pages:
        assert len(page.painted) > 1
        for painted in page.painted:
            truths = table.truth.at(painted.time or 0)
            assert any(answer(truth, params) == painted.rows for truth in truths for params in asked), painted
        times = [painted.time or 0 for painted in page.painted]
        assert times == sorted(times), "time does not go back"
        assert len({painted.epoch for painted in page.painted}) == 1
    assert most <= 2 * len(views), "a view follows what it shows, and what it asks or has just left"
    eventually(lambda: subscriptions(table.database) == others + 1, what="one subscription for both pictures")
    for view in views:
        view.close()
    assert not least._trait_notifiers["value"]["change"]
    eventually(lambda: subscriptions(table.database) == others)
    table.database.execute(f"DROP TABLE {table.name}")
    table.database.close()
    for page in pages:
        page.forget()
