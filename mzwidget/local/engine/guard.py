"""Work on DuckDB: counted as a statement that can be stopped, and its errors said in SQL's words."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING, TypeVar

import duckdb

from mzwidget.local.dialect.udf import Stopped
from mzwidget.local.engine.memory import out_of_memory
from mzwidget.local.engine.storage import called
from mzwidget.local.engine.watch import Watch
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = (0.1, 0.2, 0.4)
"""Seconds to wait for memory that another statement has taken: one that takes all of it fails soon."""

_NO_MEMORY = re.compile("MemoryError|bad_alloc|bad allocation|Lists larger than")
_NOT_NULL = re.compile(r"NOT NULL constraint failed: \w+\.(.+)")

_T = TypeVar("_T")


def cancelled() -> SqlError:
    """Return the error of a statement that was stopped because somebody asked for it."""
    return SqlError("canceling statement due to user request", "57014")


class Guard:
    """Runs work that may fail, or be stopped.

    Parameters
    ----------
    translate : callable
        Says an error of DuckDB in SQL's words.
    """

    def __init__(self, translate: Callable[[duckdb.Error], SqlError]) -> None:
        self._translate = translate
        self._watch = Watch()

    def run(self, connection: duckdb.DuckDBPyConnection, work: Callable[[], _T], *, repeatable: bool = False) -> _T:
        """Do work on a connection; once more, if it may be repeated, where another one had taken all memory."""
        for patience in _PATIENCE if repeatable else ():
            with contextlib.suppress(MemoryError):
                return self._run(connection, work, last=False)
            time.sleep(patience)
        return self._run(connection, work)

    def stop(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Interrupt what runs on a connection."""
        self._watch.stop(connection)

    def _run(self, connection: duckdb.DuckDBPyConnection, work: Callable[[], _T], *, last: bool = True) -> _T:
        with self._watch.job(connection) as job:
            try:
                return work()
            except (duckdb.InterruptException, Stopped, duckdb.OutOfMemoryException, MemoryError) as error:
                if isinstance(error, (duckdb.InterruptException, Stopped)) and job.unwanted and not job.stopped:
                    raise cancelled() from None
                if not last and self._watch.innocent(job):
                    raise MemoryError from None
                self._watch.settle(job)
                raise out_of_memory() from None
            except duckdb.ConstraintException as error:
                missing = _NOT_NULL.search(str(error))
                if missing is None:
                    raise
                said = f'null value in column "{called(missing[1])}" violates not-null constraint'
                raise SqlError(said, "23502") from error
            except duckdb.Error as error:
                if job.stopped or _NO_MEMORY.search(str(error)):
                    self._watch.settle(job)
                    raise out_of_memory() from None
                if job.unwanted:
                    raise cancelled() from None
                raise self._translate(error) from error
