"""One fault schedule: a table that changes, a view on it, a LiveView, pages, and trouble everywhere between them.

A schedule is made from its seed alone. What threads and sockets make of it differs from run to run, so a seed that
failed once may have to be run several times.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg

from mzwidget import LiveView
from tests.faults.pages import Browser, Page, Painted, Rows, text
from tests.faults.schedule import DEFINITIONS, NAMES, Definition, Step
from tests.faults.truth import Truth
from tests.machine import eventually
from tests.proxy import Proxy

if TYPE_CHECKING:
    from tests.faults.lines import Postmaster

HEALING = 120.0
"""Seconds in which all has to be well again."""
FOR_EVER = 2**63

_number = itertools.count()


class Kernel:
    """The kernel of all schedules: a cell runs while one of them says so.

    Attributes
    ----------
    busy
        Those that do.
    """

    def __init__(self) -> None:
        self.busy: set[object] = set()

    @property
    def running(self) -> bool:
        """As that of `mzwidget.page.cells.Cells`."""
        return bool(self.busy)


@dataclass(frozen=True)
class World:
    """What all schedules share."""

    dsn: str
    browser: Browser
    postmaster: Postmaster
    kernel: Kernel


@dataclass
class Generation:
    """One life of the view: what it is, from before it was made until after it was dropped."""

    definition: Definition
    begin: int
    end: int = FOR_EVER


def content(frame: pd.DataFrame) -> tuple[tuple[str, ...], Rows]:
    """Return a frame's columns, and its rows as text."""
    rows = Counter(tuple(map(text, row)) for row in frame.itertuples(index=False, name=None))
    return tuple(frame.columns), rows


def among(names: list[str], rows: Rows) -> Rows:
    """Return the rows that have one of some names."""
    return Counter({row: count for row, count in rows.items() if row[0] in names})


class Run:
    """A run of one schedule; its public methods are the steps."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._chance = random.Random(f"run {seed}")
        self._table = f"faults_{next(_number)}_{time.time_ns() % 10**9}"
        self._view = f"{self._table}_view"
        self._count_rows = f"SELECT name, n, count(*) FROM {self._table} GROUP BY name, n"
        self._generations: list[Generation] = []
        self._pages: list[Page] = []
        self._all_pages: list[Page] = []
        self._unconnected: set[Page] = set()
        self._frozen: set[Page] = set()
        self._asked = [[*NAMES, "top"]]
        self._read_frames: list[tuple[int, tuple[str, ...], Rows, list[str]]] = []
        self._done: list[str] = []
        self._stack = contextlib.ExitStack()

    def __call__(self, steps: list[Step]) -> None:
        """Take the steps, end all trouble, and check."""
        try:
            with self._stack:
                self._prepare()
                for step in steps:
                    self._done.append(str(step))
                    getattr(self, step.name)(step)
                    time.sleep(step.wait)
                self._heal()
                eventually(self._agrees, within=HEALING, what="pages, Python and database agree")
                self._check_history()
                self._check_silence()
        except Exception as error:
            error.add_note("\n".join(["steps:", *self._done]))
            raise

    def _prepare(self) -> None:
        self._database = self._stack.enter_context(psycopg.connect(self._world.dsn, autocommit=True))
        self._execute(f"CREATE TABLE {self._table} (name text, n bigint)")
        self._stack.callback(self._execute, f"DROP TABLE {self._table} CASCADE")
        self._truth = Truth()
        self._proxy = self._stack.enter_context(Proxy(self._world.dsn))
        self._started = time.time()
        self._insert(10)
        self._create()
        query = f"SELECT * FROM {self._view} WHERE name = ANY(%(names)s)"
        self._live = LiveView(query, {"names": self._asked[-1]}, dsn=self._proxy.dsn)
        self._stack.callback(self._live.close)
        self._stack.callback(self._world.kernel.busy.discard, self)
        self._open(visible=True)

    # The database

    def insert(self, step: Step) -> None:
        self._insert(1 + int(step.amount**3 * 30))

    def update(self, step: Step) -> None:
        name = NAMES[int(step.amount * len(NAMES))]
        self._commit(f"UPDATE {self._table} SET n = n + 1 WHERE name = %s", (name,))

    def delete(self, step: Step) -> None:
        self._commit(f"DELETE FROM {self._table} WHERE n % 5 = {step.which % 5}")

    def burst(self, step: Step) -> None:
        for _ in range(10):
            self._insert(2)
            self.update(step)

    def drop(self, _: Step) -> None:
        if self._exists:
            self._execute(f"DROP VIEW {self._view}")
            self._generations[-1].end = self._now()

    def replace(self, step: Step) -> None:
        self.drop(step)
        time.sleep(step.amount * 0.05)
        self._create()

    # The network to the database

    def cut(self, _: Step) -> None:
        self._proxy.cut()

    def cut_after(self, step: Step) -> None:
        self._proxy.cut_after(1 + int(step.amount * 2000))

    def refuse(self, _: Step) -> None:
        self._proxy.refuse()
        self._proxy.cut()

    def accept(self, _: Step) -> None:
        self._proxy.accept()

    def stall(self, _: Step) -> None:
        self._proxy.stall()

    def abandon(self, _: Step) -> None:
        """Leave the tail with a connection that is dead without a sign."""
        # Before there is a snapshot a server may be silent for as long as it computes, and nobody can tell.
        if self._live.status.state == "live":
            self._proxy.cut_after(10**9)
            self._proxy.abandon()

    def flow(self, _: Step) -> None:
        self._proxy.flow()

    def throttle(self, step: Step) -> None:
        self._proxy.throttle(2_000 + step.amount * 50_000)

    def delay(self, step: Step) -> None:
        self._proxy.delay(step.amount * 0.05)

    # The comm

    def spoil(self, step: Step) -> None:
        if page := self._page(step):
            line = self._chance.choice((page.up, page.down))
            line.loss = self._chance.choice((0.0, 0.1, 0.5, 1.0))
            line.repeat = self._chance.choice((0.0, 0.3))
            line.delay = self._chance.choice((0.0, 0.005, 0.05))

    def mend(self, step: Step) -> None:
        if page := self._page(step):
            page.up.mend()
            page.down.mend()

    def disconnect(self, step: Step) -> None:
        if page := self._page(step):
            page.lose_connection()
            self._unconnected.add(page)

    def reconnect(self, step: Step) -> None:
        page = self._page(step)
        if page in self._unconnected - self._frozen:
            self._unconnected.remove(page)
            page.connect_again()

    # The pages

    def add(self, step: Step) -> None:
        if len(self._pages) < 4:
            self._open(visible=step.amount < 0.8)

    def leave(self, step: Step) -> None:
        self._close(self._page(step), farewell=True)

    def vanish(self, step: Step) -> None:
        self._close(self._page(step), farewell=False)

    def reload(self, step: Step) -> None:
        if page := self._page(step):
            self._close(page, farewell=True)
            self._open(visible=True)

    def rest(self, _: Step) -> None:
        """Close all pages, for long enough that the tail ends."""
        for page in list(self._pages):
            self._close(page, farewell=True)
        time.sleep(1.0)

    def freeze(self, step: Step) -> None:
        """Freeze a page, which costs it its websocket."""
        if page := self._page(step):
            page.call("freeze")
            page.lose_connection()
            self._frozen.add(page)
            self._unconnected.add(page)

    def thaw(self, step: Step) -> None:
        page = self._page(step)
        if page in self._frozen:
            self._frozen.remove(page)
            page.call("thaw")
            self.reconnect(step)

    def hide(self, step: Step) -> None:
        if page := self._page(step):
            page.show(int(step.amount * 2), False)

    def show(self, step: Step) -> None:
        if page := self._page(step):
            page.show(int(step.amount * 2), True)

    def press(self, step: Step) -> None:
        if page := self._page(step):
            page.call("press", self._chance.choice(["pause", "resume", "retry"]))

    # The kernel

    def busy(self, step: Step) -> None:
        """Run a cell, which holds up what pages say under one kernel and not under another."""
        self._world.kernel.busy.add(self)
        for page in self._pages:
            page.up.hold(step.amount < 0.5)

    def idle(self, _: Step) -> None:
        self._world.kernel.busy.discard(self)
        for page in self._all_pages:
            page.up.hold(False)

    def pause(self, _: Step) -> None:
        self._live.pause()

    def resume(self, _: Step) -> None:
        self._live.resume()

    def seek(self, step: Step) -> None:
        moment = self._started + step.amount * (time.time() - self._started)
        self._live.seek(pd.Timestamp(moment, unit="s", tz="UTC"))

    def ask(self, step: Step) -> None:
        """Ask for other names, or for those of before."""
        back = step.amount < 0.3 and len(self._asked) > 1
        some = self._chance.sample(NAMES, 1 + int(step.amount * len(NAMES)))
        self._asked.append(self._asked[-2] if back else some)
        self._live.params["names"] = self._asked[-1]

    def read(self, _: Step) -> None:
        """Read the data frame, and note of which timestamp it says that it is."""
        if not self._live.diagnostics().epoch or self._live.status.state != "live":
            return
        frame = self._live.to_pandas(exact=True)
        at = pd.Timestamp(frame.attrs["timestamp"])
        self._read_frames.append((at.value // 10**6, *content(frame), frame.attrs["params"]["names"]))

    def retry(self, _: Step) -> None:
        self._live.retry()

    # How

    def _execute(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        cursor = self._database.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []

    def _commit(self, statement: str, parameters: Any = None) -> None:
        self._execute(statement, parameters)
        content = Counter({(name, n): count for name, n, count in self._execute(self._count_rows)})
        self._truth.note(self._now(), content)

    def _now(self) -> int:
        return int(self._execute("SELECT mz_now()")[0][0])

    def _insert(self, count: int) -> None:
        rows = [(self._chance.choice(NAMES), self._chance.randrange(10)) for _ in range(count)]
        values = ", ".join(["(%s, %s)"] * count)
        self._commit(f"INSERT INTO {self._table} VALUES {values}", [value for row in rows for value in row])

    def _create(self) -> None:
        definition = self._chance.choice(DEFINITIONS)
        self._generations.append(Generation(definition, self._now()))
        self._execute(f"CREATE VIEW {self._view} AS {definition.select.format(table=self._table)}")
        self._done.append(f"    as {definition.select}")

    @property
    def _exists(self) -> bool:
        return self._generations[-1].end == FOR_EVER

    def _page(self, step: Step) -> Page | None:
        return self._pages[step.which % len(self._pages)] if self._pages else None

    def _open(self, *, visible: bool) -> None:
        page = Page(self._world.browser, self._world.postmaster, self._live, self._chance)
        self._stack.callback(page.forget)
        self._pages.append(page)
        self._all_pages.append(page)
        if visible:
            page.show(0, True)

    def _close(self, page: Page | None, *, farewell: bool) -> None:
        if page is not None:
            self._pages.remove(page)
            self._frozen.discard(page)
            self._unconnected.discard(page)
            page.vanish(farewell=farewell)

    # The end

    def _heal(self) -> None:
        """End all trouble; neither the database nor a page's user does anything that would help."""
        self._done.append("heal")
        self._proxy.cut_after(10**9)
        self._proxy.accept()
        self._proxy.flow()
        if not self._exists:
            self._create()
        self.idle(Step("idle", 0, 0, 0))
        self._live.resume()
        for page in self._pages:
            page.up.mend()
            page.down.mend()
            if page in self._frozen:
                page.call("thaw")
            if page in self._unconnected:
                page.connect_again()
            page.show(1, True)
        if not self._pages:
            self._open(visible=True)

    def _agrees(self) -> bool:
        definition = self._generations[-1].definition
        cursor = self._database.execute(f"SELECT * FROM {self._view} WHERE name = ANY(%s::text[])", (self._asked[-1],))
        truth = Counter(tuple(map(text, row)) for row in cursor)
        for page in self._pages:
            # Pressing pause may arrive as late as anything else.
            if page.probe()["status"]["state"] == "paused":
                self._live.resume()
            probed = page.probe()
            shown: Painted | None = probed["snapshot"]
            assert shown is not None, f"{page.name} has nothing: {probed}"
            assert probed["status"]["state"] == "live", f"{page.name}: {probed['status']}"
            assert not probed["silent"], f"{page.name} hears nothing"
            for painted in (shown, page.painted[-1] if page.painted else None):
                assert painted is not None, f"{page.name} has painted nothing"
                assert painted.columns == definition.columns, f"{page.name}: {painted}"
                assert painted.rows == truth, f"{page.name}: {painted}, not {truth}; {probed['status']}"
        assert content(self._live.to_pandas(exact=True)) == (definition.columns, truth)
        return True

    def _check_history(self) -> None:
        """Hold everything that was ever painted against the truth at its timestamp, with names that were asked for."""
        painted = [one for page in self._all_pages for one in list(page.painted)]
        shown = [(one.time, one.columns, one.rows, self._asked) for one in painted]
        assert all(time is not None for time, *_ in shown)
        read = [(at, columns, rows, [names]) for at, columns, rows, names in self._read_frames]
        for at, columns, rows, asked in [*shown, *read]:
            truths = self._truth.at(at or 0)
            possible = [of.definition for of in self._generations if of.begin <= (at or 0) <= of.end]
            whole = [of.content(truth) for of in possible if of.columns == columns for truth in truths]
            assert any(among(names, every) == rows for every in whole for names in asked), (
                f"shown at {at}: {columns} {rows}; the table held {truths}; the view was {possible}; asked for: {asked}"
            )
        for page in self._all_pages:
            for before, after in itertools.pairwise(page.painted):
                forth = before.epoch != after.epoch or before.seq < after.seq
                assert forth, f"{page.name} went from {before} to {after}"

    def _check_silence(self) -> None:
        """Close all pages; then nothing is sent any more, whatever happens."""
        for page in list(self._pages):
            self._close(page, farewell=True)

        larger = itertools.count(1000)

        def unwatched() -> bool:
            self._commit(f"INSERT INTO {self._table} VALUES ('top', {next(larger)})")
            return self._live.diagnostics().pages == 0

        def told_nobody() -> tuple[list[tuple[str, ...]]] | None:
            """Return what is sent when nobody looks; None if a page spoke, which may come after it was given up."""
            eventually(unwatched, what="pages that are gone are given up")
            comm = self._live.comm
            heard, sent = comm.heard, len(comm.sent)
            unwatched()
            time.sleep(0.3)
            return (comm.sent[sent:],) if comm.heard == heard else None

        (messages,) = eventually(told_nobody)
        assert messages == [], "messages for nobody"
