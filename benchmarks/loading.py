"""`mzwidget.load`: a data frame of eight columns into a table."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from typing import Self

import numpy as np
import pandas as pd

import mzwidget
from benchmarks import processes
from benchmarks.figures import Figure
from benchmarks.harness import Bench


def run(bench: Bench) -> Iterable[Figure]:
    """Measure."""
    rows = int(bench.pick(100_000, 1_000_000))
    frame = _frame(rows)
    with bench.database() as connection:
        for table in ("bench_warm", "bench_loaded"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        mzwidget.load(frame.head(10), "bench_warm", progress=False, dsn=bench.dsn)
        with _Peak() as peak:
            began = time.monotonic()
            mzwidget.load(frame, "bench_loaded", progress=False, dsn=bench.dsn)
            seconds = time.monotonic() - began
        for table in ("bench_warm", "bench_loaded"):
            connection.execute(f"DROP TABLE {table}")
    yield Figure(f"{rows:,} rows of 8 columns loaded", seconds, "s", at_most=15)
    yield Figure("… memory above the frame, at the most", peak.megabytes, "MB", at_most=300)


def _frame(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "amount": random.integers(0, 1000, rows).astype("int32"),
            "price": random.random(rows) * 100,
            "item": random.choice(["tea", "ink", "pen", "a longer label"], rows),
            "user_name": [f"user {n % 9973}" for n in range(rows)],
            "bot": random.random(rows) < 0.1,
            "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 10**9, rows), unit="ms"),
            "day": pd.to_datetime(random.integers(0, 10**4, rows), unit="D").date,
        }
    )


class _Peak:
    """How much more memory this process had at the most while a block ran, looked at 50 times a second."""

    def __enter__(self) -> Self:
        self.megabytes = 0.0
        self._before = processes.resident(os.getpid())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.megabytes = max(self.megabytes, processes.resident(os.getpid()) - self._before)
