"""Keeps the process within its memory: what DuckDB counts, and what it does not.

DuckDB holds to its limit what it buffers, but neither all that is in flight in a query nor what Python makes of a
result. So a thread looks at the process's size again and again. Beyond a first bound it interrupts the statement that
was there when memory grew. A second bound is the system's: up to the next look no more can be taken than is left, and
what asks for more gets an error where it asks. Both need Linux; elsewhere DuckDB's own limit is all there is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mzwidget.local.dialect import udf
from mzwidget.local.engine import memory
from mzwidget.local.engine.memory import MEGABYTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

BESIDE = 512 * MEGABYTE
"""What the process may take beside the limit, itself included."""

_INTERRUPTED = 256 * MEGABYTE
"""What it takes beside the limit when statements begin to be interrupted."""
_BREATH = 8 * MEGABYTE
"""What may always be taken from one look to the next."""
_INNOCENT = 16 * MEGABYTE
"""A statement during which memory grew by less is not the cause."""
_CAUSE = 0.8
"""One during which this part of the growth came may be."""
_SHORT_SECONDS = 0.1
_GIVE_BACK_SECONDS = 0.2
_SETTLE_SECONDS = 0.5
_OVERDUE, _OVERDUE_SECONDS = 64 * MEGABYTE, 0.2
_BUSY_SECONDS, _IDLE_SECONDS = 0.02, 0.1


@dataclass(slots=True, eq=False)
class Job:
    """A statement that runs.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        The one that it runs on.
    before : int
        The process's bytes when it began.
    began : float
    thread : int
        Which asked DuckDB for it; others may take part.
    unwanted : bool
        It was interrupted because somebody asked for it.
    overdue : tuple of float and int
        When, and beyond which size of the process, it then gets no more memory.
    stopped : bool
        It was interrupted because memory ran out.
    """

    connection: duckdb.DuckDBPyConnection
    before: int
    began: float
    thread: int = field(default_factory=threading.get_ident)
    unwanted: bool = False
    overdue: tuple[float, int] = (0.0, 0)
    stopped: bool = False


class Watch:
    """Watches this process for as long as it lives."""

    def __init__(self) -> None:
        self._first, self._last = memory.limit() + _INTERRUPTED, memory.limit() + BESIDE
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self._statm = os.open("/proc/self/statm", os.O_RDONLY) if sys.platform == "linux" else None
        self._page = os.sysconf("SC_PAGE_SIZE") if sys.platform == "linux" else 0
        if self._statm is not None:
            threading.Thread(target=self._look_on, name="memory", daemon=True).start()

    @contextlib.contextmanager
    def job(self, connection: duckdb.DuckDBPyConnection) -> Iterator[Job]:
        """Count what runs within as a statement that can be interrupted."""
        job = Job(connection, self._sizes()[0], time.monotonic())
        with self._lock:
            self._jobs.append(job)
            self._stop_only_those()
        try:
            yield job
        finally:
            with self._lock:
                self._jobs.remove(job)
                self._stop_only_those()

    def stop(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Interrupt what runs on a connection; a statement looks for that now and then only."""
        with self._lock:
            jobs = [job for job in self._jobs if job.connection is connection]
            for job in jobs:
                if not job.unwanted:
                    job.unwanted, job.overdue = True, (time.monotonic() + _OVERDUE_SECONDS, self._sizes()[0] + _OVERDUE)
            self._interrupt(jobs)

    def innocent(self, job: Job) -> bool:
        """Tell whether memory has hardly run out because of a job."""
        if job.before > self._first:
            return True
        growth, seconds = self._sizes()[0] - job.before, time.monotonic() - job.began
        return not job.stopped and (growth < _INNOCENT or seconds < _SHORT_SECONDS)

    def settle(self, job: Job) -> None:
        """Wait a moment for what a job has taken to be given back, so that the next one is not taken for the cause."""
        most = time.monotonic() + _SETTLE_SECONDS
        while self._sizes()[0] > job.before + _INNOCENT and time.monotonic() < most:
            time.sleep(_BUSY_SECONDS)

    def _sizes(self) -> tuple[int, int]:
        """Return the bytes that the process holds, and those that it has asked for."""
        if self._statm is None:
            return 0, 0
        sizes = os.pread(self._statm, 200, 0).split()
        return int(sizes[1]) * self._page, int(sizes[5]) * self._page

    def _look_on(self) -> None:
        import resource  # noqa: PLC0415 - not on every system

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        stack, _ = resource.getrlimit(resource.RLIMIT_STACK)
        stack = 0 if stack == resource.RLIM_INFINITY else stack
        given_back, unused = 0.0, 0
        while True:
            size, asked = self._sizes()
            stacks = stack * threading.active_count()
            if not self._jobs or not unused:  # what is asked for in a statement is soon used
                unused = asked - size - stacks
            bound = asked + _BREATH
            if not self._overdue(size):
                bound = max(self._last + unused + stacks, bound)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(
                    resource.RLIMIT_DATA, (bound if most == resource.RLIM_INFINITY else min(bound, most), most)
                )
            if size > self._first and time.monotonic() - given_back > _GIVE_BACK_SECONDS:
                memory.give_back()  # first: what an earlier statement has left is nobody's fault
                given_back = time.monotonic()
                size, _ = self._sizes()
            if size > self._first:
                self._make_room(size)
            time.sleep(_BUSY_SECONDS if self._jobs else _IDLE_SECONDS)

    def _overdue(self, size: int) -> bool:
        """Whether one that nobody wants goes on taking memory: DuckDB makes the texts of 2,048 rows in one go."""
        now = time.monotonic()
        overdue = [job.overdue for job in tuple(self._jobs) if job.unwanted]
        return any(now > moment and size > most for moment, most in overdue)

    def _make_room(self, size: int) -> None:
        """Stop the latest of those that saw most of the growth."""
        with self._lock:
            stopped = [job for job in self._jobs if job.stopped]
            if not stopped and self._jobs:
                grown = [size - job.before for job in self._jobs]
                least = max(_CAUSE * max(grown), _INNOCENT)
                stopped = [job for job, growth in zip(self._jobs, grown, strict=True) if growth >= least][-1:]
            for job in stopped:
                job.stopped = True
            self._interrupt(stopped)

    def _stop_only_those(self) -> None:
        """Let functions of Python run, but in the threads of jobs that are to end."""
        udf.stop_only([job.thread for job in self._jobs if job.unwanted or job.stopped])

    def _interrupt(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.connection.interrupt()
        if jobs:
            alone = all(job.unwanted or job.stopped for job in self._jobs)  # then DuckDB's own threads are theirs
            udf.stop(None if alone else [job.thread for job in jobs])
