"""Names: databases, schemas, tables, views and indexes, and what depends on what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mzwidget.local.dialect.model import Relation
    from mzwidget.local.formats.types import Column, Type

    Parts = tuple[str, ...]

DATABASE = "materialize"
DEFAULT_SCHEMA = "public"
SYSTEM_SCHEMAS = (
    "information_schema",
    "mz_catalog",
    "mz_catalog_unstable",
    "mz_internal",
    "mz_introspection",
    "mz_unsafe",
    "pg_catalog",
)
IMPLICIT_SCHEMAS = ("mz_catalog", "pg_catalog")
"""Those in which names are looked for without being on the path."""
TEMPORARY = "mz_temp"
OWNER, OWNER_OID = "materialize", 20_000
"""The role that owns everything."""
SYSTEM_ROLES = {
    "mz_system": ("s1", 16661), "mz_support": ("s2", 16662), "mz_analytics": ("s3", 16984),
    "mz_monitor": ("g1", 16663), "mz_monitor_redacted": ("g2", 16664),
}  # fmt: skip
"""Ids and OIDs of the roles that the system has; the first owns what the system has."""
_FIRST_OID = 20_000


@dataclass(frozen=True, slots=True)
class Item:
    """A table, view, materialized view or index.

    Attributes
    ----------
    id, oid
        What tells it from all others, under whatever name.
    kind : str
        ``table``, ``view``, ``materialized view`` or ``index``.
    database, schema, name : str
        A temporary item is in no database.
    relation : Relation, optional
        What a query sees; None for an index.
    storage : str
        Of a table: the DuckDB table that holds its rows.
    sql : str
        The statement that made it.
    query : str
        Of a view: its query as SHOW CREATE spells it, with ids for the names that may change.
    on, keys
        Of an index: the id of what it is on, and the keys' texts.
    built_from : str
        Of an index: the id of the one that it was built from.
    owner : int
        Of a temporary item: the session's number.
    type : Type, optional
        Of a type: what it is.
    types : frozenset of str
        The ids of the types that its statement names.
    since : int
        When it was made: nothing can be read of it at an earlier time.
    """

    id: str
    oid: int
    kind: str
    database: str
    schema: str
    name: str
    relation: Relation | None = None
    storage: str = ""
    sql: str = ""
    query: str = ""
    on: str = ""
    keys: tuple[str, ...] = ()
    built_from: str = ""
    owner: int = 0
    type: Type | None = None
    types: frozenset[str] = frozenset()
    since: int = 0

    @property
    def path(self) -> Parts:
        """The name with all qualifiers."""
        return (self.database, self.schema, self.name) if self.database else (self.schema, self.name)

    @property
    def columns(self) -> tuple[Column, ...]:
        return () if self.relation is None else self.relation.columns

    @property
    def full_name(self) -> str:
        return ".".join(self.path)

    @property
    def uses(self) -> frozenset[str]:
        """The ids of all that it reads, itself included, directly or not."""
        if self.relation is None:
            return self.types | {self.id, self.on}
        types = {column.type.alias[0] for column in self.relation.columns if column.type.alias[0]}
        return self.relation.inputs | types | self.types


@dataclass
class Schema:
    oid: int
    items: dict[str, Item] = field(default_factory=dict)


@dataclass
class Database:
    oid: int
    schemas: dict[str, Schema] = field(default_factory=dict)


class Catalog:
    """All that has a name; `version` changes with every change."""

    def __init__(self) -> None:
        self.version = 0
        self.databases: dict[str, Database] = {}
        self.temporary: defaultdict[int, dict[str, Item]] = defaultdict(dict)
        """Each session's own items."""
        self.roles: dict[str, int] = {}
        self.comments: dict[tuple[str, str], str] = {}
        """By the id of an item (or the full name of a schema or database) and a column, which may be empty."""
        self.numbers = 0
        """How many ids were given out."""
        self._by_id: tuple[int, dict[str, Item]] = (-1, {})
        """All items by their ids, and at which version."""
        self.add_database(DATABASE)

    def new_id(self) -> tuple[str, int]:
        """Return an id and OID that nothing has."""
        self.numbers += 1
        return f"u{self.numbers}", _FIRST_OID + self.numbers

    def schema(self, database: str, name: str) -> Schema | None:
        found = self.databases.get(database)
        return None if found is None else found.schemas.get(name)

    def items(self, database: str | None = None, schema: str | None = None) -> list[Item]:
        """Return all items (of a schema), by name."""
        chosen = [
            found
            for database_name, each in self.databases.items()
            for schema_name, found in each.schemas.items()
            if database in {None, database_name} and schema in {None, schema_name}
        ]
        found = [item for each in chosen for item in each.items.values()]
        if database is None:
            found += [item for own in self.temporary.values() for item in own.values()]
        return sorted(found, key=lambda item: item.name)

    def by_id(self, id_: str) -> Item | None:
        version, found = self._by_id
        if version != self.version:
            found = {item.id: item for item in self.items()}
            self._by_id = self.version, found
        return found.get(id_)

    def insist(self, id_: str) -> None:
        """Fail if an item that is to be written is gone."""
        if self.by_id(id_) is None:
            raise SqlError(f"unknown catalog item '{id_}'")

    def dependents(self, item: Item) -> list[Item]:
        """Return the views and indexes that read `item`, directly or not."""
        return [other for other in self.items() if other.id != item.id and item.id in other.uses]

    # --------------------------------------------------------------------------------------------- change

    def add(self, item: Item) -> None:
        self._beside(item)[item.name] = item
        self.version += 1

    def remove(self, items: Iterable[Item]) -> None:
        for item in items:
            self._beside(item).pop(item.name, None)
            self.comments = {key: text for key, text in self.comments.items() if key[0] != item.id}
        self.version += 1

    def rename(self, item: Item, name: str, queries: Mapping[str, str]) -> None:
        """Give an item another name; `queries` has those of the views, by ids, that name it."""
        self._rewrite(queries)
        beside = self._beside(item)
        item = beside[item.name]
        del beside[item.name]
        new = replace(item, name=name)
        relation = item.relation and replace(item.relation, name=new.full_name, path=new.path)
        beside[name] = replace(new, relation=relation)
        self.version += 1

    def _rewrite(self, queries: Mapping[str, str]) -> None:
        for item in self.items():
            if item.id in queries:
                self._beside(item)[item.name] = replace(item, query=queries[item.id])

    def _beside(self, item: Item) -> dict[str, Item]:
        if item.owner:
            return self.temporary[item.owner]
        return self.databases[item.database].schemas[item.schema].items

    def comment(self, key: str, column: str, text: str | None) -> None:
        """Keep a comment, or remove it."""
        self.comments.pop((key, column), None)
        if text is not None:
            self.comments[key, column] = text
        self.version += 1

    def add_database(self, name: str) -> None:
        _, oid = self.new_id()
        self.databases[name] = Database(oid)
        self.add_schema(name, DEFAULT_SCHEMA)

    def remove_database(self, name: str) -> None:
        del self.databases[name]
        self.version += 1

    def add_schema(self, database: str, name: str) -> None:
        _, oid = self.new_id()
        self.databases[database].schemas[name] = Schema(oid)
        self.version += 1

    def remove_schema(self, database: str, name: str) -> None:
        del self.databases[database].schemas[name]
        self.version += 1

    def rename_schema(self, database: str, name: str, to: str, queries: Mapping[str, str]) -> None:
        """Give a schema another name; `queries` has those of the views, by ids, that name its items."""
        self._rewrite(queries)
        schemas = self.databases[database].schemas
        schemas[to] = schema = schemas.pop(name)
        for item in list(schema.items.values()):
            path = (database, to, item.name)
            relation = item.relation and replace(item.relation, name=".".join(path), path=path)
            schema.items[item.name] = replace(item, schema=to, relation=relation)
        self.version += 1
