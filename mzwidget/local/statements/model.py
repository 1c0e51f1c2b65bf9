"""What a statement asks for; queries and writes stay text, for the dialect."""

from __future__ import annotations

from dataclasses import dataclass

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """SELECT, VALUES, TABLE or WITH."""

    sql: str
    as_of: str | None = None


@dataclass(frozen=True)
class Write:
    """INSERT, UPDATE or DELETE."""

    verb: str
    sql: str


@dataclass(frozen=True)
class Subscribe:
    """SUBSCRIBE; `query` is the text of a SELECT, options as given."""

    query: str
    relation: Parts | None = None
    snapshot: bool = True
    progress: bool = False
    as_of: str | None = None
    at_least: bool = False
    up_to: str | None = None
    upsert_key: tuple[str, ...] | None = None


@dataclass(frozen=True)
class CopyTo:
    """COPY (…) TO STDOUT."""

    source: Query | Subscribe
    format: str


@dataclass(frozen=True)
class CopyFrom:
    """COPY t FROM STDIN."""

    table: Parts
    columns: tuple[str, ...] | None
    options: dict[str, str]


@dataclass(frozen=True)
class CreateTable:
    name: Parts
    if_not_exists: bool
    sql: str


@dataclass(frozen=True)
class CreateView:
    kind: str
    name: Parts
    columns: tuple[str, ...] | None
    or_replace: bool
    if_not_exists: bool
    query: str
    sql: str


@dataclass(frozen=True)
class CreateSchema:
    name: Parts
    if_not_exists: bool


@dataclass(frozen=True)
class CreateIndex:
    on: Parts


@dataclass(frozen=True)
class Drop:
    kind: str
    names: tuple[Parts, ...]
    if_exists: bool
    cascade: bool


@dataclass(frozen=True)
class Begin:
    pass


@dataclass(frozen=True)
class Commit:
    pass


@dataclass(frozen=True)
class Rollback:
    pass


@dataclass(frozen=True)
class SetVariable:
    """SET or RESET; no value means the default, no name all variables."""

    name: str | None
    value: str | None


@dataclass(frozen=True)
class ShowVariable:
    name: str


@dataclass(frozen=True)
class ShowItems:
    """SHOW TABLES | VIEWS | MATERIALIZED VIEWS | OBJECTS | SCHEMAS [FROM schema]."""

    kind: str
    schema: str | None


@dataclass(frozen=True)
class ShowColumns:
    relation: Parts


@dataclass(frozen=True)
class ShowCreate:
    kind: str
    relation: Parts


@dataclass(frozen=True)
class Declare:
    cursor: str
    source: Query | Subscribe


@dataclass(frozen=True)
class Fetch:
    """FETCH; a count of None means ALL."""

    cursor: str
    count: int | None
    timeout: str | None


@dataclass(frozen=True)
class CloseCursor:
    cursor: str


@dataclass(frozen=True)
class Discard:
    what: str


@dataclass(frozen=True)
class Deallocate:
    """DEALLOCATE; no name means ALL."""

    name: str | None


Statement = (
    Query
    | Write
    | Subscribe
    | CopyTo
    | CopyFrom
    | CreateTable
    | CreateView
    | CreateSchema
    | CreateIndex
    | Drop
    | Begin
    | Commit
    | Rollback
    | SetVariable
    | ShowVariable
    | ShowItems
    | ShowColumns
    | ShowCreate
    | Declare
    | Fetch
    | CloseCursor
    | Discard
    | Deallocate
)
