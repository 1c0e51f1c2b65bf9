"""What a statement asks for; of queries and writes the tree, for the dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.errors import SqlError

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """SELECT, VALUES, TABLE or WITH."""

    parsed: tree.Query
    as_of: tree.Expr | None = None
    at_least: bool = False


@dataclass(frozen=True)
class Write:
    """INSERT, UPDATE or DELETE."""

    parsed: tree.Node


@dataclass(frozen=True)
class Subscribe:
    """SUBSCRIBE; options as given."""

    parsed: tree.Query
    relation: Parts | None = None
    snapshot: bool = True
    progress: bool = False
    as_of: tree.Expr | None = None
    at_least: bool = False
    up_to: tree.Expr | None = None
    upsert_key: tuple[str, ...] | None = None


@dataclass(frozen=True)
class CopyTo:
    """COPY (…) TO STDOUT."""

    source: Query | Subscribe
    format: str


@dataclass(frozen=True)
class Explain:
    """EXPLAIN of a query or of a materialized view."""

    source: Query | None
    relation: Parts | None


@dataclass(frozen=True)
class Unsupported:
    """What can be prepared, but fails when it is run."""

    message: str


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
    temporary: bool
    sql: str
    parsed: tree.CreateTable


@dataclass(frozen=True)
class CreateView:
    kind: str
    name: Parts
    columns: tuple[str, ...] | None
    or_replace: bool
    if_not_exists: bool
    temporary: bool
    not_null: tuple[str, ...]
    cluster: str | None
    query: str
    sql: str
    parsed: tree.Query


@dataclass(frozen=True)
class CreateType:
    """CREATE TYPE; `text` is its definition as a type name, for a row as a list of columns in parentheses."""

    name: Parts
    text: str
    sql: str


@dataclass(frozen=True)
class CreateSchema:
    name: Parts
    if_not_exists: bool


@dataclass(frozen=True)
class CreateDatabase:
    name: str
    if_not_exists: bool


@dataclass(frozen=True)
class CreateRole:
    name: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreateIndex:
    """CREATE INDEX; no keys means the default ones, each has its text."""

    name: str | None
    on: Parts
    keys: tuple[tuple[tree.Expr, str], ...] | None
    if_not_exists: bool
    cluster: str | None


@dataclass(frozen=True)
class Drop:
    kind: str
    names: tuple[Parts, ...]
    if_exists: bool
    cascade: bool
    restrict: bool = False


@dataclass(frozen=True)
class Rename:
    kind: str
    name: Parts
    to: str
    if_exists: bool


@dataclass(frozen=True)
class Swap:
    """ALTER SCHEMA … SWAP WITH."""

    name: Parts
    other: str


@dataclass(frozen=True)
class ChangeOwner:
    kind: str
    name: Parts
    role: str
    if_exists: bool


@dataclass(frozen=True)
class Comment:
    """COMMENT ON; no text removes it."""

    kind: str
    name: Parts
    text: str | None


@dataclass(frozen=True)
class Grant:
    """GRANT or REVOKE of privileges on objects, or of roles."""

    verb: str
    kind: str
    names: tuple[Parts, ...]
    roles: tuple[str, ...]
    privileges: tuple[str, ...] = ()


@dataclass(frozen=True)
class Begin:
    isolation: str | None = None
    read_only: bool | None = None


@dataclass(frozen=True)
class Commit:
    pass


@dataclass(frozen=True)
class Rollback:
    pass


@dataclass(frozen=True)
class SetTransaction:
    """SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION."""

    isolation: str | None
    session: bool
    access: bool = False
    """READ ONLY or READ WRITE was said."""


@dataclass(frozen=True)
class SetVariable:
    """SET or RESET; no values mean the default."""

    name: str
    values: tuple[str, ...] | None
    local: bool = False
    tag: str = "SET"


@dataclass(frozen=True)
class ShowVariable:
    name: str


@dataclass(frozen=True)
class ShowItems:
    """SHOW TABLES | VIEWS | OBJECTS | … [FROM schema] [ON item] [IN CLUSTER name] [LIKE pattern | WHERE condition]."""

    kind: str
    schema: Parts | None
    like: str | None = None
    where: tree.Expr | None = None
    on: Parts | None = None
    cluster: str | None = None


@dataclass(frozen=True)
class ShowSchemas:
    """SHOW SCHEMAS | DATABASES | CLUSTERS | CLUSTER REPLICAS | ROLES."""

    kind: str
    database: str | None
    like: str | None = None
    where: tree.Expr | None = None


@dataclass(frozen=True)
class ShowIndexes:
    on: Parts | None
    schema: Parts | None
    like: str | None = None
    where: tree.Expr | None = None
    cluster: str | None = None


@dataclass(frozen=True)
class ShowColumns:
    relation: Parts
    like: str | None = None
    where: tree.Expr | None = None


@dataclass(frozen=True)
class ShowCreate:
    kind: str
    relation: Parts


@dataclass(frozen=True)
class Parsed:
    """A statement of a script: its text, and what it asks for or why that is refused."""

    sql: str
    statement: Statement | None
    size: int = 0
    """How many bytes it takes to keep it, about."""
    refusal: SqlError | None = None


@dataclass(frozen=True)
class Prepare:
    name: str
    parsed: Parsed


@dataclass(frozen=True)
class Execute:
    name: str
    values: tuple[tree.Expr, ...]


@dataclass(frozen=True)
class Declare:
    cursor: str
    source: Statement


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
    | Unsupported
    | Explain
    | CopyFrom
    | CreateTable
    | CreateView
    | CreateType
    | CreateSchema
    | CreateDatabase
    | CreateRole
    | CreateIndex
    | Drop
    | Rename
    | Swap
    | ChangeOwner
    | Comment
    | Grant
    | Begin
    | Commit
    | Rollback
    | SetTransaction
    | SetVariable
    | ShowVariable
    | ShowItems
    | ShowSchemas
    | ShowIndexes
    | ShowColumns
    | ShowCreate
    | Prepare
    | Execute
    | Declare
    | Fetch
    | CloseCursor
    | Discard
    | Deallocate
)
