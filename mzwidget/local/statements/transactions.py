"""Transactions: what one has done so far decides what it may still do."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.statements.text import shown
from mzwidget.local.statements.variables import CATALOG_SERVER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mzwidget.local.engine.catalog import Item
    from mzwidget.local.engine.store import Store
    from mzwidget.local.engine.writing import Staging
    from mzwidget.local.statements.cursor import Cursor
    from mzwidget.local.statements.timedomain import TimeDomain

ABORTED = "current transaction is aborted, commands ignored until end of transaction block"


@dataclass
class Transaction:
    """An open transaction block, or the statements of one simple query."""

    explicit: bool
    variables: dict[str, str]
    several: bool = False
    """A simple query of several statements."""
    read_only: bool = False
    did: str = ""
    """``constant``, ``folded``, ``catalog``, ``read``, ``write``, ``subscribe``, ``define`` or ``rename``; empty while
    nothing was done."""
    timestamp: int | None = None
    domain: TimeDomain | None = None
    """What it may read, since it read something."""
    stagings: dict[str, Staging] = field(default_factory=dict)
    """By the id of the table."""
    change: Callable[[], Awaitable[None]] | None = None
    cursors: dict[str, Cursor] = field(default_factory=dict)
    failed: bool = False
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def read(self, store: Store, kind: str, ready: int, inputs: Callable[[], str]) -> int:
        """Return the time to read at, that of the first read.

        Parameters
        ----------
        store : Store
        kind : str
            ``constant``, ``folded`` (views of constants, which run where tables do), ``catalog`` or ``read``.
        ready : int
            When this one could read.
        inputs : callable
            Names what is read.
        """
        if self.did == "subscribe":
            raise _only_read()
        self._after_change()
        if kind in {"constant", "folded"}:
            self.did = self.did or kind
        elif self.did == "write":
            raise SqlError("transaction in write-only mode", "25000")
        if kind == "read" and self.did in {"constant", "catalog"}:
            raise elsewhere(inputs())
        self.did = kind if self.did in {"", "constant", "folded"} else self.did
        if self.timestamp is None:
            self.timestamp = ready
            self.stack.enter_context(store.hold(self.timestamp))
        return self.timestamp

    def subscribe(self, inputs: str, *, as_of: bool) -> None:
        """Note a SUBSCRIBE of what `inputs` names, which is nothing for constants; with AS OF it can stand anywhere."""
        if as_of:
            return
        if self.did in {"constant", "catalog"} and inputs:
            raise elsewhere(inputs)
        if self.did in {"read", "catalog"}:
            raise read_only()
        if self.did == "write":
            raise SqlError("transaction in write-only mode", "25000")
        self._after_change()
        if self.did == "subscribe":
            raise _only_read()
        self.did = "subscribe"

    def set_access(self, *, read_only: bool) -> None:
        """Take the mode of another BEGIN; one that only reads stays so once it has done something."""
        if self.read_only and not read_only and self.did:
            raise SqlError("transaction read-write mode must be set before any query", "25001")
        self.read_only = read_only

    def write(self) -> None:
        if self.read_only or self.did in {"read", "catalog", "subscribe"}:
            raise read_only()
        self._after_change()
        self.did = "write"

    def define(self, *, renames: bool) -> None:
        """Note a change to the catalog; beside one that renames there may be others that do."""
        if self.did in {"constant", "folded", "catalog", "read", "subscribe"}:
            raise read_only()
        if self.did == "write":
            raise SqlError("transaction in write-only mode", "25000")
        if self.did == "rename" and renames:
            raise unsupported("another change in a transaction that renames")
        self._after_change()
        self.did = "rename" if renames else "define"

    def _after_change(self) -> None:
        """Refuse whatever comes after a change to the catalog."""
        if self.did == "rename":
            message = "transactions which modify objects are restricted to just modifying objects"
            raise SqlError(message, "25000")
        if self.did == "define":
            raise SqlError("this transaction can only execute a single statement", "25000")

    def staging(self, store: Store, target: Item, make: Callable[[Store, Item], Staging]) -> Staging:
        """Return the rows that wait for the commit to `target`."""
        if target.id not in self.stagings:
            self.stagings[target.id] = make(store, target)
        return self.stagings[target.id]

    async def commit(self) -> None:
        """Make everything that was done there for others."""
        for staging in self.stagings.values():
            await staging.commit()
        if self.change is not None:
            await self.change()

    async def close(self) -> None:
        """Forget what was not committed."""
        self.stack.close()
        for cursor in self.cursors.values():
            await cursor.close()
        for staging in self.stagings.values():
            await staging.close()


def alone(sql: str) -> SqlError:
    """Return the error for a statement that no transaction block may hold."""
    told = shown(sql)
    if told.startswith("DROP "):
        told = told.removesuffix(" CASCADE" if told.startswith("DROP DATABASE ") else " RESTRICT")
    return SqlError(f"{told} cannot be run inside a transaction block", "25001")


def read_only() -> SqlError:
    return SqlError(
        "transaction in read-only mode",
        "25006",
        detail="SELECT queries cannot be combined with other query types, including SUBSCRIBE.",
    )


def _only_read() -> SqlError:
    return SqlError("SUBSCRIBE in transactions must be the only read statement", "25000")


def elsewhere(inputs: str) -> SqlError:
    return SqlError(
        f'querying the following items {inputs} is not allowed from the "{CATALOG_SERVER}" cluster',
        "2F003",
        detail=f"The transaction is executing on the {CATALOG_SERVER} cluster, maybe having been routed there by the "
        "first statement in the transaction.",
    )
