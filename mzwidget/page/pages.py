"""Who looks at a view, what they have seen of it, and how soon they can be told more."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from mzwidget.page.budget import Bucket

RATE = 20.0
"""Deltas of a view a second, on average."""
BURST = 10.0
"""Deltas of a view that may go at once after a quiet time."""
SLOWEST = 12.5
"""Deltas of a view a second, however costly a paint is, while all pages keep up."""
SHARE_OF_FLOW = 1 / 8
"""The share of its time that a page may spend on painting one view while changes flow, faster than they can be told:
it shall not be kept busy by what it shows."""
SHARE_OF_SINGLES = 1 / 2
"""The same while they come singly: to hold them back would save little, and each is news."""
WINDOW = 12
"""Deltas a visible page may leave unacknowledged before it counts as slow: it answers five times a second at the most,
since every answer costs it and the kernel more than a delta does."""
LARGE_WINDOW = 2
"""`WINDOW` while deltas are large: what is on its way to a page fills the Jupyter server's buffer."""
SHARE = 0.25
"""Seconds between two deltas while some pages keep up and others do not."""
SILENCE = 15.0
"""Seconds after which a page that leaves deltas unacknowledged on an idle kernel is given up."""
SEEN = 45.0
"""Seconds after which a visible page is given up if it has not said anything; it speaks every ten."""
HIDDEN = 600.0
"""The same for a hidden page, which has nothing to say."""


@dataclass(slots=True)
class Page:
    """A page as far as it has made itself known.

    Attributes
    ----------
    visible : bool
    acked : int
        The last state it is known to have.
    heard : float
        When it last spoke.
    cost : float
        Seconds that a paint takes it.
    """

    visible: bool
    acked: int
    heard: float
    cost: float = 0.0


class Pages:
    """The pages of one widget. Jupyter can only broadcast, so all of them are told the same.

    Parameters
    ----------
    busy : callable
        Whether a cell runs, so that acknowledgements may be held up.
    clock : callable, optional
        Monotonic seconds.

    Attributes
    ----------
    acks, resyncs : int
        Acknowledgements heard; bases that pages asked for.
    """

    def __init__(self, busy: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self.acks = 0
        self.resyncs = 0
        self._busy = busy
        self._clock = clock
        self._pages: dict[str, Page] = {}
        self._gone: deque[str] = deque(maxlen=100)
        self._bucket = Bucket(RATE, BURST, clock)
        self._singly = Bucket(RATE, RATE, clock)
        self._flows = False
        self._told_at = clock()

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def visible(self) -> bool:
        """Whether somebody can see the view."""
        return any(page.visible for page in self._pages.values())

    # What pages say

    def hear(self, name: str, seq: int) -> Page | None:
        """Note that a page speaks while the state is `seq`; None if it has taken its leave."""
        if name in self._gone:
            return None
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = Page(visible=True, acked=seq, heard=0.0)
        page.heard = self._clock()
        return page

    def acknowledge(self, page: Page, seq: int, cost: int) -> None:
        """Note what a page has painted, and that a paint takes it `cost` milliseconds."""
        self.acks += 1
        page.acked = max(page.acked, seq)
        page.cost = min(max(cost, 0), 1000) / 1000

    def dismiss(self, name: str, *, finally_: bool) -> None:
        """Forget a page that shows the view nowhere, and hear it no more if it leaves `finally_`."""
        self._pages.pop(name, None)
        if finally_:
            self._gone.append(name)

    def expire(self, seq: int) -> None:
        """Give up pages that have been silent for too long; not while a cell may hold up what they say."""
        now = self._clock()
        if not self._busy():
            self._pages = {name: page for name, page in self._pages.items() if not self._lost(page, seq, now)}

    def begin(self) -> None:
        """Count states anew, from 0."""
        for page in self._pages.values():
            page.acked = 0

    def clear(self) -> None:
        """Forget them all."""
        self._pages.clear()

    # Pace

    def changed(self) -> None:
        """Note that there is something to tell."""
        self._flows = self._singly.wait() > 0
        self._singly.take()

    def told(self) -> None:
        """Note that a message goes out."""
        self._told_at = self._clock()
        self._bucket.take()

    def wait(self, seq: int, *, large: bool, bulk: bool) -> float | None:
        """Return the seconds until the next delta may go; None if that depends on a page.

        Parameters
        ----------
        seq : int
            The state that has been sent.
        large, bulk : bool
            Whether the last delta was large, and the next one will be.
        """
        seeing = [page for page in self._pages.values() if page.visible]
        if not seeing:
            return None
        now = self._clock()
        window = LARGE_WINDOW if large else WINDOW
        slow = [page for page in seeing if seq - page.acked >= window]
        gap = 0.0
        if slow and self._busy():
            # The page may well be fine, but its acknowledgements wait for the cell. Go on, slower and slower.
            silence = max(self._silent(page, seq, now) for page in slow)
            gap = min(1.0, max(0.1, silence / 60)) * (5 if bulk else 1)
        elif len(slow) == len(seeing):
            return None
        elif slow:
            gap = SHARE
        cost = max(page.cost for page in seeing)
        share = SHARE_OF_FLOW if self._flows else SHARE_OF_SINGLES
        self._bucket.rate = max(min(RATE, share / cost), SLOWEST) if cost else RATE
        return max(self._bucket.wait(), self._told_at + gap - now)

    def _lost(self, page: Page, seq: int, now: float) -> bool:
        lease = SEEN if page.visible else HIDDEN
        return self._silent(page, seq, now) > SILENCE or now - page.heard > lease

    def _silent(self, page: Page, seq: int, now: float) -> float:
        return now - page.heard if page.acked < seq else 0.0
