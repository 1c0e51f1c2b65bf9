"""Base and delta: what pages have been sent of a view, and what they still have to be told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from mzwidget.errors import LiveViewError
from mzwidget.page.protocol import Base, Cell, Delta
from mzwidget.tail.history import History
from mzwidget.tail.updates import Row, Updates, consolidate
from mzwidget.tail.values import Column, to_json_rows, write_json_rows

LARGE = 50_000
"""Bytes above which a message counts as large."""
MOMENT = 500
"""Milliseconds of which the past of a number tells one value, where it has many."""
MANY = 600
INLINE = 400
"""Values up to which a message is plain JSON; above, one binary buffer is cheaper to send."""

Encode = Callable[[tuple[Column, ...], int], dict[str, Any]]
"""From columns and a number of rows to the picture to make of them."""


class Feed:
    """The state that has been sent, numbered `seq`, and the consolidated updates pending since then.

    What is pending is never more than the view has rows, before and now.

    Parameters
    ----------
    encode : callable

    Attributes
    ----------
    epoch : str
        Empty before there is anything to send.
    seq : int
    time : int or None
        The timestamp at which the state `seq` was exact when it was sent.
    pending : dict
    problem : str
        Why there is no picture of what there is; empty if there is one.
    messages, bytes : int
        Sent so far; the size is that of the data as JSON.
    """

    def __init__(self, encode: Encode) -> None:
        self.epoch = ""
        self.seq = 0
        self.time: int | None = None
        self.pending: Updates = {}
        self.problem = ""
        self.messages = 0
        self.bytes = 0
        self._encode = encode
        self._columns: tuple[Column, ...] = ()
        self._size = 0  # rows of the state `seq`
        self._encoding: dict[str, Any] = {}
        self._packed = 0  # bytes of the message sent last
        self._base: tuple[Base, int] | None = None
        self._turned = False

    def begin(self, epoch: str, columns: tuple[Column, ...], rows: Updates, time: int | None) -> None:
        """Start anew, at state 0."""
        self.epoch, self._columns, self.time = epoch, columns, time
        self.seq, self.pending, self._base = 0, {}, None
        self._size = sum(rows.values())
        self._encoding = self._choose_encoding() if epoch else {}

    def add(self, updates: Updates) -> None:
        """Note a change that pages still have to be told."""
        consolidate(updates.items(), into=self.pending)

    def turn(self) -> None:
        """Note that what comes from now on has another past: of another question, or one that no page was told."""
        self._turned = True

    @property
    def large(self) -> bool:
        """Whether the last message was large."""
        return self._packed > LARGE

    @property
    def bulk(self) -> bool:
        """Whether the next delta will be more than a few values."""
        return len(self.pending) * len(self._columns) > INLINE

    def step(self, time: int | None) -> Updates:
        """Count what is pending as sent: the next state, at `time`. Return it, for `delta`."""
        updates, self.pending = self.pending, {}
        self.seq += 1
        self.time = time
        self._base = None
        self._size += sum(updates.values())
        return updates

    def delta(self, updates: Updates) -> Delta | None:
        """Encode the step that was taken; None if a base tells it better: smaller, or another picture or past."""
        encoding, self._encoding = self._encoding, self._choose_encoding()
        another = encoding != self._encoding or (self._turned and encoding.get("kind") == "number")
        self._turned = False
        if len(updates) > max(self._size, INLINE) or another:
            return None
        inserts, insert_counts = _split({row: diff for row, diff in updates.items() if diff > 0})
        deletes, delete_counts = _split({row: -diff for row, diff in updates.items() if diff < 0})
        rows = {"inserts": inserts, "deletes": deletes}
        packed, size = self._pack(rows, {"insert_counts": insert_counts, "delete_counts": delete_counts})
        self._count(size)
        place = {"epoch": self.epoch, "from": self.seq - 1, "to": self.seq, "time": self.time}
        return cast(Delta, place | packed)

    def base(self, rows: Updates, past: History, *, sent: bool) -> Base | None:
        """Encode the whole state, which are these rows; None before there is any.

        Parameters
        ----------
        rows : dict
        past : History
            What they have been.
        sent : bool
            Whether it goes to pages now, rather than to whoever restores the widget.
        """
        if not self.epoch:
            return None
        if self._base is None:
            self._encoding = self._choose_encoding()
            if self.problem:
                return None
            single, counts = _split(rows)
            packed, size = self._pack({"rows": single}, {"counts": counts, "past": self._past(rows, past)})
            place = {
                "epoch": self.epoch,
                "seq": self.seq,
                "columns": [{"name": of.name, "type": of.type, "kind": of.kind} for of in self._columns],
                "encoding": self._encoding,
            }
            self._base = cast(Base, place | packed), size
        base, size = self._base
        base["time"] = self.time
        if sent:
            self._count(size)
        return base

    def _choose_encoding(self) -> dict[str, Any]:
        """Choose the picture of the present state; note as `problem` why there is none."""
        self.problem = ""
        try:
            return self._encode(self._columns, self._size)
        except LiveViewError as error:
            self.problem = str(error)
            return {}

    def _past(self, rows: Updates, past: History) -> list[tuple[int, Cell]]:
        """Tell what the number of a view of one row has been; of other views nothing."""
        if self._encoding["kind"] != "number" or self._size > 1:
            return []
        (column,) = self._encoding["channels"]["value"]
        now = [(self.time, row[column]) for row in rows if self.time is not None]
        return to_past(self._columns[column], past.values(column) or now)

    def _pack(self, rows: dict[str, list[Row]], beside: Mapping[str, list[Any] | None]) -> tuple[dict[str, Any], int]:
        """Make the body of a message, of a large one a single binary buffer of JSON; return its size as well."""
        told = {name: of for name, of in beside.items() if of}
        written = {name: write_json_rows(self._columns, of) for name, of in rows.items()}
        written |= {name: json.dumps(of, separators=(",", ":")) for name, of in told.items()}
        members = ",".join(f'"{name}":{text}' for name, text in written.items())
        packed = f"{{{members}}}".encode()
        if sum(map(len, rows.values())) * len(self._columns) > INLINE:
            return {"data": memoryview(packed)}, len(packed)
        return {name: to_json_rows(self._columns, of) for name, of in rows.items()} | told, len(packed)

    def _count(self, size: int) -> None:
        self.messages += 1
        self.bytes += size
        self._packed = size


def to_past(column: Column, values: Iterable[tuple[int, str | None]]) -> list[tuple[int, Cell]]:
    """Write what a number has been as pages take it: of many values those that lasted."""
    kept: list[tuple[int, str | None]] = []
    for since, value in values:
        if len(kept) > MANY and since - kept[-2][0] < MOMENT:
            kept.pop()
        kept.append((since, value))
    cells = to_json_rows((column,), [(value,) for _, value in kept])
    return [(since, cell) for (since, _), (cell,) in zip(kept, cells, strict=True)]


def _split(rows: Updates) -> tuple[list[Row], list[int] | None]:
    """Part rows from their counts; None if every row occurs once."""
    counts = list(rows.values())
    return list(rows), (None if counts.count(1) == len(counts) else counts)
