"""What the pages still have to be told: base and delta, sequence numbers, acknowledgements, pace.

All pages of one widget hear the same messages (Jupyter can only broadcast), so a feed holds one state that has been
*sent*, numbered `seq`, and the consolidated updates *pending* since then: never more than the view has rows, before
and now.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mzwidget.tail.history import History
from mzwidget.tail.updates import Row, Updates, consolidate, difference
from mzwidget.tail.values import Column, to_json_rows

INTERVAL = 0.05
"""Seconds between two deltas of a view at the least."""
LONGEST_INTERVAL = 0.08
"""Seconds between two deltas at the most, however costly a paint is, while all pages keep up and changes flow."""
INTERVAL_PER_COST = 8
"""Seconds between two deltas for each second that a paint takes a page: it shall not be kept busy by what it shows."""
WINDOW = 6
"""Deltas a visible page may leave unacknowledged before it counts as slow: it answers five times a second at the most,
since every answer costs it and the kernel more than a delta does."""
LARGE = 50_000
"""Bytes above which a delta counts as large."""
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
INLINE = 400
"""Values up to which a message is plain JSON; above, one binary buffer is cheaper to send."""

Payload = dict[str, Any]


class Source(Protocol):
    """The collection that a feed tells of; its lock is held by whoever calls the feed."""

    rows: Updates
    columns: tuple[Column, ...]
    epoch: str
    time: int | None
    history: History


class Surroundings(Protocol):
    """What a feed needs of the process around it."""

    def send(self, trait: str) -> None:
        """Send one synced trait to all pages."""

    def later(self, delay: float, function: Callable[[], None]) -> None:
        """Call a function after `delay` seconds, with the source's lock held."""

    def busy(self) -> bool:
        """Tell whether a cell runs, so that acknowledgements may be held up."""

    def allowance(self) -> float:
        """Take one message from the kernel's budget; else return the seconds until there is one."""


@dataclass(slots=True)
class Page:
    """A page as far as it has made itself known."""

    visible: bool
    acked: int
    heard: float
    cost: float = 0.0
    """Seconds that a paint takes it."""


class Feed:
    """One widget's side of the base-and-delta protocol.

    Parameters
    ----------
    source : Source
    around : Surroundings
    clock : callable, optional
        Monotonic seconds.
    """

    def __init__(self, source: Source, around: Surroundings, clock: Callable[[], float] = time.monotonic) -> None:
        self.seq = 0
        self.time: int | None = None
        self.paused = False
        self.led = False
        self._aim: int | None = None
        self._unsent: Updates = {}
        self.messages = 0
        self.bytes = 0
        self.acks = 0
        self.resyncs = 0
        self._source = source
        self._around = around
        self._clock = clock
        self._pending: Updates = {}
        self._pages: dict[str, Page] = {}
        self._gone: deque[str] = deque(maxlen=100)
        self._sent_at = -INTERVAL
        self._appointment = False
        self._size = 0
        self._base_size = 0
        self._delta: Payload = {}
        self._base: Payload = {}

    def close(self) -> None:
        """Tell nobody anything any more."""
        self._pages.clear()
        self._pending, self._unsent, self._base = {}, {}, {}

    # From the source

    def reset(self) -> None:
        """Start anew: another epoch, with whatever the source has now."""
        self._pending = {}
        self._base = {}
        self._aim = None
        self.seq = 0
        self.time = self._source.time
        for page in self._pages.values():
            page.acked = 0
        if self._pages:
            self._send("base")

    def add(self, updates: Updates) -> None:
        """Follow a batch that the source has just applied."""
        consolidate(updates.items(), into=self._pending)
        self.consider()

    def tick(self) -> None:
        """Once a second: give up dead pages, mend what an appointment missed, note that time has passed."""
        now = self._clock()
        if not self._around.busy():
            for name in [name for name, page in self._pages.items() if self._lost(page, now)]:
                del self._pages[name]
        self.consider()

    # From the pages

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take a page's message. What is malformed is ignored: it can only come from a page that is broken."""
        name, kind = message.get("page"), message.get("type")
        if not isinstance(name, str) or name in self._gone:
            return
        if kind == "bye":
            self._pages.pop(name, None)
            self._gone.append(name)
            return
        if message.get("displays") == 0 and kind == "visible":
            self._pages.pop(name, None)  # it has the view in memory, but shows it nowhere
            return
        now = self._clock()
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = Page(visible=True, acked=self.seq, heard=now)
        page.heard = now
        if isinstance(visible := message.get("visible"), bool):
            page.visible = visible
        seq = message.get("seq")
        current = message.get("epoch") == self._source.epoch and isinstance(seq, int) and seq <= self.seq
        if kind == "ack" and current:
            self.acks += 1
            page.acked = max(page.acked, int(seq or 0))
            if isinstance(cost := message.get("cost"), int) and cost >= 0:
                page.cost = min(cost, 1000) / 1000
        elif kind in ("have", "visible") and current:
            page.acked = int(seq or 0)
        if kind == "hello" or (kind in ("have", "visible") and self._source.epoch and (not current or seq != self.seq)):
            page.acked = self.seq
            self.resyncs += 1
            self._settle()  # a base tells every page all, so no delta need precede it
            self._send("base")
        self.consider()

    # From the user

    def pause(self) -> None:
        """Stay at the present timestamp; what comes is counted, and waits."""
        if not self.paused:
            self._advance()
            self.time = self.moment()
            self.paused = True

    def resume(self) -> None:
        """Go to now, in one delta, and on with it."""
        self.paused, self._aim = False, None
        self.consider()

    def seek(self, time: int) -> None:
        """Pause, and show the view as it was at a timestamp, as far as that is still known."""
        self.pause()
        latest = self._source.time
        self._aim = self._source.history.known(time if latest is None else min(time, latest))
        if self.visible:
            self.consider()
        else:
            self._advance()

    # From a group of views that show one moment

    def follow_lead(self, led: bool) -> None:
        """Move only when led (or, again, by itself)."""
        self.time = self.moment()
        self.led = led
        self.consider()

    def lead(self, time: int) -> bool:
        """Go to a timestamp; returns whether that changes anything. `tell` then tells the pages."""
        after = self._source.history.after(time)
        self._unsent = difference(self._pending, after)
        self._pending, self.time = after, time
        return bool(self._unsent)

    def tell(self, changed: bool) -> None:
        """Tell the pages of the timestamp that was led to, if anything `changed` in the group."""
        unsent, self._unsent = self._unsent, {}
        if changed:
            self._number()
            self._publish(unsent)

    @property
    def watched(self) -> bool:
        """Whether a page has a display of this view, seen or not."""
        return bool(self._pages)

    @property
    def visible(self) -> bool:
        """Whether somebody can see this view."""
        return any(page.visible for page in self._pages.values())

    # State

    def rows(self) -> Updates:
        """Return the rows as Python sees them: the newest, or those at which the view is paused."""
        return self.shown() if self._held else self._source.rows

    def timestamp(self) -> int | None:
        """Return the timestamp of `rows`."""
        return self.time if self._held else self._source.time

    @property
    def _held(self) -> bool:
        return self.paused or self.led

    @property
    def waiting(self) -> int:
        """Rows of change that the pages have not been sent."""
        return len(self._pending)

    def moment(self) -> int | None:
        """Return the timestamp at which the view was exactly as `shown`, in ms; None for a constant view."""
        return self.time if self._pending or self._held else self._source.time

    def shown(self) -> Updates:
        """Return the rows at `seq`: what the pages show once they have what was sent."""
        rows = self._source.rows
        if not self._pending:
            return rows
        return consolidate(((row, -diff) for row, diff in self._pending.items()), into=dict(rows))

    def base(self) -> Payload:
        """Return the trait `base`: the whole state at `seq`."""
        source = self._source
        if not source.epoch:
            return {}
        self._advance()
        if (self._base.get("epoch"), self._base.get("seq")) != (source.epoch, self.seq):
            rows, counts = _split((row, count) for row, count in self.shown().items() if count > 0)
            body: Payload = {"rows": to_json_rows(source.columns, rows)}
            if counts:
                body["counts"] = counts
            self._base = {
                "epoch": source.epoch,
                "seq": self.seq,
                "columns": [{"name": of.name, "type": of.type, "kind": of.kind} for of in source.columns],
                **self._pack(body, len(rows) * len(source.columns)),
            }
            self._base_size = self._size
        self._base["time"] = self.moment()
        return self._base

    def delta(self) -> Payload:
        """Return the trait `delta`: set only while it is being sent, so that a restored page is not told old news."""
        return self._delta

    # Pace

    def consider(self) -> None:
        """Send what is pending if now is the time, else make sure to come back when it is."""
        if self._held:
            if self._aim is None:
                return
        elif not self._pending:
            self.time = self._source.time
            return
        wait = self.due()
        if wait is None:
            return
        if wait <= 0:
            wait = self._around.allowance()
        if wait <= 0:
            self._advance()
        elif not self._appointment:
            self._appointment = True
            self._around.later(wait, self._keep_appointment)

    def _keep_appointment(self) -> None:
        self._appointment = False
        self.consider()

    def due(self) -> float | None:
        """Return the seconds until the next delta may go; None if that depends on a page."""
        pages = [page for page in self._pages.values() if page.visible]
        if not pages:
            return None
        now = self._clock()
        window = LARGE_WINDOW if self._size > LARGE else WINDOW
        slow = [page for page in pages if self.seq - page.acked >= window]
        interval = min(max(INTERVAL, INTERVAL_PER_COST * max(page.cost for page in pages)), LONGEST_INTERVAL)
        if slow and self._around.busy():
            # The page may well be fine, but its acknowledgements wait for the cell. Go on, slower and slower.
            interval = min(1.0, max(0.1, max(self._silent(page, now) for page in slow) / 60))
            if len(self._pending) * len(self._source.columns) > INLINE:
                interval *= 5
        elif len(slow) == len(pages):
            return None
        elif slow:
            interval = SHARE
        return self._sent_at + interval - now

    def _lost(self, page: Page, now: float) -> bool:
        lease = SEEN if page.visible else HIDDEN
        return self._silent(page, now) > SILENCE or now - page.heard > lease

    def _silent(self, page: Page, now: float) -> float:
        return now - max(page.heard, 0) if page.acked < self.seq else 0.0

    def _advance(self) -> None:
        """Bring the sent state to now: one delta, or a base where that is smaller."""
        if unsent := self._settle():
            self._publish(unsent)

    def _publish(self, pending: Updates) -> None:
        """Tell all pages of updates already counted as sent."""
        source = self._source
        if not self._pages:
            return
        if len(pending) > max(len(source.rows), INLINE):
            self._send("base")
            return
        inserts, insert_counts = _split((row, diff) for row, diff in pending.items() if diff > 0)
        deletes, delete_counts = _split((row, -diff) for row, diff in pending.items() if diff < 0)
        body: Payload = {
            "inserts": to_json_rows(source.columns, inserts),
            "deletes": to_json_rows(source.columns, deletes),
        }
        if insert_counts:
            body["insert_counts"] = insert_counts
        if delete_counts:
            body["delete_counts"] = delete_counts
        self._delta = {
            "epoch": source.epoch,
            "from": self.seq - 1,
            "to": self.seq,
            "time": self.time,
            **self._pack(body, len(pending) * len(source.columns)),
        }
        try:
            self._send("delta")
        finally:
            self._delta = {}

    def _settle(self) -> Updates:
        """Count as sent what leads to the timestamp that is to be shown, and return it."""
        if self._held and self._aim is None:
            return {}
        if self._aim is None:
            unsent, self._pending = self._pending, {}
            self.time = self._source.time
        else:
            # Both are counted from now: what is shown lacks the pending updates, the past lacks those after it.
            after = self._source.history.after(self._aim)
            unsent = difference(self._pending, after)
            self._pending, self.time, self._aim = after, self._aim, None
        if unsent:
            self._number()
        return unsent

    def _number(self) -> None:
        self.seq += 1
        self._sent_at = self._clock()

    def _pack(self, body: Payload, values: int) -> Payload:
        """Leave a small body as it is; make a large one a single binary buffer of JSON."""
        packed = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        self._size = len(packed)
        return body if values <= INLINE else {"data": memoryview(packed)}

    def _send(self, trait: str) -> None:
        self._around.send(trait)
        self.messages += 1
        self.bytes += self._base_size if trait == "base" else self._size


def _split(rows: Iterable[tuple[Row, int]]) -> tuple[list[Row], list[int] | None]:
    """Part rows from their counts; None if every row occurs once."""
    pairs = list(rows)
    counts = [count for _, count in pairs]
    return [row for row, _ in pairs], (counts if any(count != 1 for count in counts) else None)
