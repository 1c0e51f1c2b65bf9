"""Lines that carry messages between kernel and page as badly as they are told to, and the thread that runs them."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


class Postmaster:
    """One thread in which all lines deliver; keeps what went wrong in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _, context: self.problems.append(context))
        self.problems: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self.loop.run_forever, name="postmaster", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Line:
    """One direction between a widget and a page: never out of order, but it loses, repeats, delays, holds and is cut.

    Attributes
    ----------
    loss, repeat
        How likely a message is lost, or delivered twice.
    delay
        How many seconds a message takes at the most.
    """

    def __init__(self, postmaster: Postmaster, deliver: Callable[[Any], object], chance: random.Random) -> None:
        self.loss = 0.0
        self.repeat = 0.0
        self.delay = 0.0
        self._deliver = deliver
        self._chance = chance
        self._loop = postmaster.loop
        self._queue: deque[tuple[float, Any]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._cut = False
        self._held = False

    def put(self, message: Any, *, surely: bool = False) -> None:
        """Send a message, which nothing but a cut can lose if it is to come `surely`; from any thread."""
        self._loop.call_soon_threadsafe(self._put, message, surely)

    def cut(self, cut: bool) -> None:
        """Lose what is under way and what comes, or be whole again."""
        self._loop.call_soon_threadsafe(self._set_cut, cut)

    def hold(self, held: bool) -> None:
        """Keep everything back, in order, or let it go."""
        self._loop.call_soon_threadsafe(self._set_held, held)

    def mend(self) -> None:
        """Have no faults any more."""
        self.loss = self.repeat = self.delay = 0.0
        self.hold(False)
        self.cut(False)

    def _set_cut(self, cut: bool) -> None:
        self._cut = cut
        if cut:
            self._queue.clear()

    def _set_held(self, held: bool) -> None:
        self._held = held
        self._pump()

    def _put(self, message: Any, surely: bool) -> None:
        if self._cut or (self._chance.random() < self.loss and not surely):
            return
        earliest = self._queue[-1][0] if self._queue else 0.0
        for _ in range(2 if self._chance.random() < self.repeat else 1):
            earliest = max(earliest, self._loop.time() + self._chance.uniform(0, self.delay))
            self._queue.append((earliest, message))
        self._pump()

    def _pump(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue and not self._held:
            at, message = self._queue[0]
            if at > self._loop.time():
                self._timer = self._loop.call_at(at, self._pump)
                return
            self._queue.popleft()
            self._deliver(message)
