"""An edit of a wiki: one row of the table that the ingest fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

RECORDED_IDS = 10**15
"""Recorded edits are numbered from here on, and no wiki counts that far: the table itself tells which are which."""

CREATE_TABLE = (
    "CREATE TABLE edits (id bigint, kind text, wiki text, namespace int, title text, user_name text, "
    "bot boolean, minor boolean, delta bigint, edited_at timestamptz)"
)


class Edit(NamedTuple):
    """One edit, in the order of the table's columns."""

    id: int
    """The wiki's own number of the change; unique only together with `wiki`."""
    kind: str
    """``edit`` for a change to a page, ``new`` for a page's first version."""
    wiki: str
    namespace: int | None
    title: str
    user_name: str
    bot: bool
    minor: bool
    delta: int | None
    """Bytes added (or taken away)."""
    edited_at: datetime
