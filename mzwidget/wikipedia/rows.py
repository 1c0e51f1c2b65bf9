"""What the ingest writes: the rows, and the tables they go to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import sql

RECORDED_IDS = 10**15
"""Recorded edits are numbered from here on, and no wiki counts that far: the table itself tells which are which."""

CREATE_TABLE = (
    "CREATE TABLE edits (id bigint, kind text, wiki text, namespace int, title text, user_name text, "
    "bot boolean, minor boolean, delta bigint, edited_at timestamptz)"
)
CREATE_REVISIONS = (
    "CREATE TABLE revisions (wiki text, rev_id bigint, edit_count bigint, temporary boolean, edited_at timestamptz)"
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
    rev_id: int | None = None
    """The wiki's own number of the version that the edit made. Only a table that is joined with revisions has it."""


class Revision(NamedTuple):
    """What is known of the editor of one version of a page, in the order of the table's columns."""

    wiki: str
    rev_id: int
    """The wiki's own number of the version; unique only together with `wiki`."""
    edit_count: int | None
    """How many edits the editor had made in this wiki; None for one without an account."""
    temporary: bool
    """Whether the account is one that a wiki gives to those who have none."""
    edited_at: datetime


Row = Edit | Revision


class Target(NamedTuple):
    """A table that rows of one kind go to."""

    table: sql.Identifier
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """The columns by which a row is known."""


def target_of_edits(table: sql.Identifier, *, joined: bool = False) -> Target:
    """Return the target of edits; one that is to be `joined` with revisions has their number too."""
    return Target(table, Edit._fields if joined else Edit._fields[:-1], ("wiki", "id"))


def target_of_revisions(table: sql.Identifier) -> Target:
    """Return the target of revisions."""
    return Target(table, Revision._fields, ("wiki", "rev_id"))
