"""SUBSCRIBE: the rows and progress messages of one subscription."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.clock import MAX_TIMESTAMP
from mzwidget.local.errors import SqlError
from mzwidget.local.formats.copying import line_encoder
from mzwidget.local.formats.encoding import TEXT, encoder, fields_encoder
from mzwidget.local.formats.results import Chunk, framed
from mzwidget.local.formats.types import BOOL, INT8, Column, numeric
from mzwidget.local.formats.types import TEXT as TEXT_TYPE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from mzwidget.local.dialect import Query
    from mzwidget.local.engine.contents import Batch
    from mzwidget.local.engine.maintenance import Feed, Feeds
    from mzwidget.local.engine.store import Store
    from mzwidget.local.formats.types import Row

_TIMESTAMP = Column("mz_timestamp", numeric(0), nullable=False)
_PROGRESSED = Column("mz_progressed", BOOL, nullable=False)
_DIFF = Column("mz_diff", INT8)
_STATE = Column("mz_state", TEXT_TYPE)


class Subscription:
    """A planned SUBSCRIBE: its columns, and how to run it."""

    def __init__(
        self,
        query: Query,
        *,
        snapshot: bool = True,
        progress: bool = False,
        at_least: bool = False,
        upsert_key: Sequence[str] | None = None,
    ) -> None:
        self.query = query
        self._snapshot = snapshot
        self._tells_progress = progress
        self._at_least = at_least
        self._order = list(range(len(query.columns)))
        self._keys = 0
        middle = [_DIFF]
        if upsert_key is not None:
            self._order = _key_first(upsert_key, query.columns)
            self._keys = len(upsert_key)
            middle = [_STATE]
        head = [_TIMESTAMP, *([_PROGRESSED] if progress else []), *middle]
        self._head = len(head)
        self.columns = (*head, *(query.columns[index] for index in self._order))

    def start(self, store: Store, as_of: int | None, up_to: int | None) -> int | None:
        """Check the bounds; return the first timestamp if AS OF chooses it."""
        if self.query.constant:
            if up_to is not None and up_to < MAX_TIMESTAMP:
                raise _crossed(MAX_TIMESTAMP, up_to)
            return None
        since = store.since
        if as_of is not None and as_of < since:
            if not self._at_least:
                raise too_old(as_of, since, self.query)
            as_of = since
        lower = store.clock.read() if as_of is None else as_of
        if up_to is not None and lower > up_to:
            raise _crossed(lower, up_to)
        return as_of

    async def chunks(
        self,
        store: Store,
        feeds: Feeds,
        values: Sequence[Any],
        start: int | None,
        up_to: int | None,
        *,
        fixed: bool = False,
        opened: Callable[[Feed], None] = lambda _: None,
    ) -> AsyncGenerator[Chunk]:
        """Run: yield snapshot, updates and progress until the end, if there is one.

        Parameters
        ----------
        values : sequence
            The parameters.
        start, up_to : int, optional
            The bounds, checked by `start`.
        fixed : bool
            The content has a time but never changes: the snapshot is all there is.
        opened : callable
            Is told the feed.
        """
        if self.query.constant:
            async for chunk in self._constant(feeds, values):
                yield chunk
            return
        if start is not None and start == up_to:
            return
        with contextlib.ExitStack() as held:
            if start is not None:
                held.enter_context(store.hold(start))  # however long the client takes for the first line
                if self._tells_progress:
                    yield self._progress(start)
                await store.clock.reach(start)
            feed = feeds.open(self.query, values, start, up_to)
            opened(feed)
            position = None
            try:
                position = await feed.join()
                held.close()
                as_of = position.frontier - 1
                feeds.reached(as_of)
                if start is None and self._tells_progress:
                    yield self._progress(as_of)
                if self._snapshot:
                    batch = await feed.content(position)
                    if batch.updates:
                        yield self._updates(as_of, batch)
                if fixed:
                    return
                if self._tells_progress:
                    yield self._progress(position.frontier)
                while up_to is None or position.frontier < up_to:
                    found = await feed.advance(position)
                    if found is not None and found.updates:
                        yield self._updates(position.frontier - 1, found)
                    if self._tells_progress:
                        yield self._progress(position.frontier)
            finally:
                if position is not None:
                    feed.release(position.state)
                await asyncio.shield(feeds.leave(feed))

    async def _constant(self, feeds: Feeds, values: Sequence[Any]) -> AsyncGenerator[Chunk]:
        if self._tells_progress:
            yield self._progress(MAX_TIMESTAMP)
        if not self._snapshot:
            return
        feed = feeds.open(self.query, values)
        try:
            position = await feed.join()
            batch = await feed.content(position)
        finally:
            await asyncio.shield(feeds.leave(feed))
        if batch.updates:
            yield self._updates(MAX_TIMESTAMP, batch)

    def _progress(self, timestamp: int) -> Chunk:
        blanks = [None] * (len(self.columns) - 2)
        return _Prompt([(timestamp, True, *blanks)])

    def _updates(self, timestamp: int, batch: Batch) -> Chunk:
        progressed = (False,) if self._tells_progress else ()
        if self._keys:
            head = (timestamp, *progressed)
            return _Prompt([(*head, *row) for row in self._upserts(batch)])
        return _Updates((timestamp, *progressed), batch, flush=not self._tells_progress)

    def _upserts(self, batch: Batch) -> list[Row]:
        """Turn diffs into the last word on each key, ordered by key."""
        columns = [batch.columns[index] for index in self._order[: self._keys]]
        encode = fields_encoder(columns, [TEXT] * self._keys)
        groups: dict[bytes, list[Row]] = {}
        for update in batch.updates:
            row = [update[index] for index in self._order]
            groups.setdefault(encode(row), []).append((update[-1], *row))
        found: list[Row] = []
        blanks = [None] * (len(self._order) - self._keys)
        for _, group in sorted(groups.items()):
            group.sort(key=lambda row: row[0])
            key = group[0][1 : 1 + self._keys]
            diffs = [row[0] for row in group]
            if diffs in ([1], [-1, 1]):
                found.append(("upsert", *group[-1][1:]))
            else:
                state = "delete" if diffs == [-1] else "key_violation"
                found.append((state, *key, *blanks))
        return found


class _Prompt(Chunk):
    flush = True


class _Updates(Chunk):
    """The updates of a batch behind their timestamp; the data columns are encoded once for all subscribers.

    They go with the progress that closes them, if it is told: it follows at once.
    """

    def __init__(self, head: Row, batch: Batch, *, flush: bool) -> None:
        super().__init__([])
        self.flush = flush
        self._head = head
        self._batch = batch

    @property
    def rows(self) -> Sequence[Row]:
        return [(*self._head, update[-1], *update[:-1]) for update in self._batch.updates]

    def __len__(self) -> int:
        return len(self._batch.updates)

    def data_rows(self, columns: Sequence[Column], formats: Sequence[int]) -> list[bytes]:
        width = len(self._head) + 1
        head = fields_encoder(columns[: width - 1], formats[: width - 1])(self._head)
        encode_diff = encoder(columns[width - 1].type, formats[width - 1])
        diffs: dict[int, bytes] = {}
        count = len(columns).to_bytes(2, "big")
        messages = []
        for update, fields in zip(self._batch.updates, self._batch.encoded(formats[width:]), strict=True):
            diff = update[-1]
            prefix = diffs.get(diff)
            if prefix is None:
                data = encode_diff(diff)
                prefix = diffs[diff] = head + len(data).to_bytes(4, "big") + data
            messages.append(framed(count, prefix + fields))
        return messages

    def lines(self, columns: Sequence[Column], copy_format: str) -> list[bytes]:
        if copy_format != "text":
            return super().lines(columns, copy_format)
        head = line_encoder(columns[: len(self._head)], copy_format)(self._head).removesuffix(b"\n")
        diffs: dict[int, bytes] = {}
        lines = []
        for update, fields in zip(self._batch.updates, self._batch.lines, strict=True):
            diff = update[-1]
            prefix = diffs.get(diff)
            if prefix is None:
                prefix = diffs[diff] = b"%b\t%d%b" % (head, diff, b"\t" if self._batch.columns else b"")
            lines.append(prefix + fields)
        return lines


def _key_first(key: Sequence[str], columns: Sequence[Column]) -> list[int]:
    names = [column.name for column in columns]
    chosen: list[int] = []
    for name in key:
        if name not in names:
            raise SqlError(f'column "{name}" does not exist')
        if names.count(name) > 1:
            raise SqlError(f'column reference "{name}" is ambiguous')
        index = names.index(name)
        if index in chosen:
            raise SqlError("invalid keys in SUBSCRIBE ENVELOPE UPSERT (KEY (..))")
        chosen.append(index)
    return [*chosen, *(index for index in range(len(columns)) if index not in chosen)]


def _crossed(lower: int, upper: int) -> SqlError:
    return SqlError(
        f"subscription lower bound (`AS OF`) is greater than its upper bound (`UP TO`): {lower} > {upper}", "22000"
    )


def too_old(as_of: int, since: int, query: Query) -> SqlError:
    """Return the error for a time that is before all that a query can read."""
    inputs = ", ".join(sorted(query.inputs))
    return SqlError(
        "could not find a valid timestamp for the query",
        "22000",
        detail=(
            f"Constraints:\nlower:\n  (Storage inputs: [{inputs}]): [{_moment(since)}]\n"
            f"upper:\n  (Query's AS OF): [{_moment(as_of)}]\n"
        ),
    )


def _moment(timestamp: int) -> str:
    """Spell a timestamp and its time of day, as messages do."""
    try:
        time = dt.datetime.fromtimestamp(timestamp / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    except (OverflowError, ValueError):
        return f"{timestamp:13}"
    return f"{timestamp:13} ({time})"
