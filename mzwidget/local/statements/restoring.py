"""The catalog across restarts: what defines it is written down, and run again when the engine starts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.catalog import TEMPORARY
from mzwidget.local.engine.journal import Entry
from mzwidget.local.errors import SqlError
from mzwidget.local.statements.grammar import read

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mzwidget.local.engine.catalog import Parts
    from mzwidget.local.statements.session import Session

    Change = Callable[[], Awaitable[None]]

_log = logging.getLogger("mzwidget.local")


def written_down(session: Session, statement: Any, number: int, change: Change) -> Change:
    """Return a change that is written down before it is carried out, if the engine keeps what it has."""
    journal = session.engine.journal
    if journal is None or journal.replaying or _temporary(session, statement):
        return change
    variables = session.variables
    entry = Entry(session.sql, variables.get("database"), variables.get("search_path"), number)

    async def kept() -> None:
        place = await journal.write(entry)
        try:
            await change()
        except SqlError:
            await journal.strike(place)
            raise

    return kept


def _temporary(session: Session, statement: Any) -> bool:
    """Whether a statement is about the session's own items, which end with it."""
    if getattr(statement, "temporary", False):
        return True
    own = session.engine.catalog.temporary.get(session.number, {})
    named: tuple[Parts, ...] = getattr(statement, "names", None) or (getattr(statement, "on", None) or statement.name,)
    return any(parts[-1] in own for parts in named if len(parts) == 1 or parts[-2] == TEMPORARY)


async def restore(session: Session) -> None:
    """Run again what was written down, in a session for this alone."""
    engine = session.engine
    journal = engine.journal
    if journal is None:
        return
    journal.replaying = True
    for entry in journal.entries():
        session.variables.set("database", [entry.database])
        session.variables.set("search_path", [part.strip() for part in entry.search_path.split(",")])
        engine.catalog.numbers = max(entry.number, engine.catalog.numbers)
        try:
            for parsed in read(entry.sql):
                await session.execute(await session.prepare(parsed))
        except SqlError as error:
            _log.error("not restored, %s: %s", error.message, entry.sql)
    journal.replaying = False
    await engine.store.tidy(frozenset(item.storage for item in engine.catalog.items()))
