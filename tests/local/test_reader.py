"""Work in reader threads where the system gives no memory for another thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import pytest

from mzwidget.local.engine.guard import Guard
from mzwidget.local.engine.reader import Reader
from mzwidget.local.errors import SqlError


class Unguarded(Guard):
    def run(self, connection: object, work: Callable[[], Any], *, repeatable: bool = False) -> Any:
        assert connection
        assert not repeatable
        return work()


def refused(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("free_after", [0.0, 0.05, None])
def test_work_finds_a_thread_or_fails_and_is_never_done_later(
    monkeypatch: pytest.MonkeyPatch, free_after: float | None
) -> None:
    done: list[str] = []
    free = threading.Event()

    def work() -> int:
        done.append("work")
        return 7

    async def run() -> int:
        with ThreadPoolExecutor(64) as pool:
            pool.submit(free.wait)
            reader = Reader(duckdb.connect(), pool, Unguarded(lambda error: SqlError(str(error))))
            with monkeypatch.context() as patched:
                patched.setattr(threading.Thread, "start", refused)
                if free_after is not None:
                    asyncio.get_running_loop().call_later(free_after, free.set)
                try:
                    return await reader.run(work)
                finally:
                    reader.close()
                    free.set()

    if free_after is None:
        with pytest.raises(SqlError, match="out of memory"):
            asyncio.run(run())
        assert done == []
    else:
        assert asyncio.run(run()) == 7
        assert done == ["work"]
