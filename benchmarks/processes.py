"""CPU time and memory of other processes and of their threads."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds that a process, and each of its threads, has used at a moment."""

    moment: float
    process: float
    threads: dict[int, float]


def usage(pid: int) -> Usage:
    """Read a process's account."""
    process = psutil.Process(pid)
    with process.oneshot():
        times = process.cpu_times()
        threads = {of.id: of.user_time + of.system_time for of in process.threads()}
    return Usage(time.monotonic(), times.user + times.system, threads)


def share(before: Usage, after: Usage, thread: int | None = None) -> float:
    """Return the share of a core, in %, between two readings, of the process or of one thread."""
    used = (
        after.process - before.process
        if thread is None
        else after.threads.get(thread, 0.0) - before.threads.get(thread, 0.0)
    )
    return 100 * used / (after.moment - before.moment)


def resident(pid: int) -> float:
    """Return a process's memory in MB."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6
