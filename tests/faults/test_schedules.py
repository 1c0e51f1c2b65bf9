"""A thousand bad days: after each the page shows the view, and during each it showed the view at some timestamp.

``MZWIDGET_FAULT_SCHEDULES`` sets how many (30 by default), ``MZWIDGET_FAULT_SEED`` runs one schedule alone.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from mzwidget.tail import shared
from tests.faults.run import Run, World
from tests.faults.schedule import plan
from tests.machine import eventually

SCHEDULES = int(os.environ.get("MZWIDGET_FAULT_SCHEDULES", "30"))
AT_A_TIME = 16

SEED = os.environ.get("MZWIDGET_FAULT_SEED")
SEEDS = range(SCHEDULES) if SEED is None else [int(SEED)]


def failure(world: World, seed: int) -> str | None:
    try:
        Run(world, seed)(plan(seed))
    except Exception:
        return f"seed {seed} (repeat it with MZWIDGET_FAULT_SEED={seed})\n{traceback.format_exc()}"
    return None


def established() -> set[object]:
    return {one.laddr for one in psutil.Process().net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED}


@pytest.mark.timeout(300 + 5 * len(SEEDS))
def test_after_any_trouble_the_page_is_right_and_was_never_wrong(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    before = established()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        failures = [text for text in pool.map(lambda seed: failure(world, seed), SEEDS) if text]
    assert not failures, f"{len(failures)} of {len(SEEDS)} schedules failed\n\n" + "\n\n".join(failures[:5])

    eventually(lambda: not shared._tails, what="every tail has ended")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING], "noise in the notebook"
    threads = sorted(thread.name for thread in threading.enumerate())
    assert threads.count("mzwidget") == 1
    assert "proxy" not in threads
    assert "truth" not in threads
    gc.collect()
    eventually(lambda: established() <= before, what="every connection is closed")
