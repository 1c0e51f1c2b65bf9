"""The one daemon thread, with one event loop, in which all tails run.

It is apart from the kernel's own loop, so that a busy cell cannot stop it.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from mzwidget.forking import Lock

T = TypeVar("T")
P = ParamSpec("P")

_NAME = "mzwidget"

log = logging.getLogger("mzwidget")


def _take_over(record: logging.LogRecord) -> bool:
    """Log as our own what psycopg warns of in our thread; printed, it would land in whichever cell ran last."""
    ours = record.threadName == _NAME
    if ours:
        log.info("psycopg: %s", record.getMessage())
    return not ours


logging.getLogger("psycopg").addFilter(_take_over)

_lock = Lock()
_loop: asyncio.AbstractEventLoop | None = None


def _start_anew() -> None:
    """Leave thread and loop to the process that this one was forked from."""
    global _loop  # noqa: PLW0603 - there is one
    _loop = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def loop() -> asyncio.AbstractEventLoop:
    """Return the running event loop, starting its thread on first use (and anew in a forked child)."""
    global _loop  # noqa: PLW0603 - there is one
    with _lock:
        if _loop is None:
            fresh = asyncio.SelectorEventLoop()  # psycopg cannot use the proactor loop of Windows
            fresh.set_exception_handler(_report)
            threading.Thread(target=_run, args=(fresh,), name=_NAME, daemon=True).start()
            _loop = fresh
        return _loop


def _report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong: anything printed from a thread would land in whichever cell ran last."""
    log.error("%s", context["message"], exc_info=context.get("exception"))


def _run(fresh: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(fresh)
    fresh.run_forever()


def start(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run a coroutine in the background loop; callable from any thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop())


def call(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a function soon in the background loop; callable from any thread."""
    loop().call_soon_threadsafe(lambda: function(*args, **kwargs))


def later(delay: float, function: Callable[[], object]) -> None:
    """Call a function in the background loop after `delay` seconds; callable from any thread."""
    call(lambda: loop().call_later(delay, function))


class Aside:
    """Calls a function of the user's in a thread of its own: it may take its time, and raise what it will.

    However much news there is, one call at most is under way, and one follows it.

    Parameters
    ----------
    function : callable
    name : str
        The thread's.
    """

    def __init__(self, function: Callable[[], object], name: str) -> None:
        self._function = function
        self._name = name
        self._lock = threading.Lock()
        self._calling = self._news = False

    def announce(self) -> None:
        """Note that there is news; from any thread."""
        with self._lock:
            self._news = self._calling
            if self._calling:
                return
            self._calling = True
        self._start()

    def _start(self) -> None:
        threading.Thread(target=self._call, name=self._name, daemon=True).start()

    def _call(self) -> None:
        try:
            self._function()
        finally:
            with self._lock:
                self._calling, self._news = self._news, False
                again = self._calling
            if again:
                self._start()


@atexit.register
def _stop() -> None:
    """Cancel what runs, so that servers see closed connections rather than dead ones."""
    if _loop is None:
        return

    async def cancel_all() -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        start(cancel_all()).result(timeout=2)
    except Exception:  # the interpreter is going; there is nobody left to tell
        return
