"""Names: databases, schemas, tables, views and indexes, and what depends on what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from mzwidget.local.engine.mirrors import is_mirror
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mzwidget.local.dialect.model import Known, Relation
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
    owner : int
        Of a temporary item: the session's number.
    type : Type, optional
        Of a type: what it is.
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
    owner: int = 0
    type: Type | None = None

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
            return frozenset({self.id, self.on})
        types = {column.type.alias[0] for column in self.relation.columns if column.type.alias[0]}
        return self.relation.inputs | types


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
        return next((item for item in self.items() if item.id == id_), None)

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

    def rename(self, item: Item, name: str) -> None:
        """Give an item another name: what reads it reads it still."""
        beside = self._beside(item)
        del beside[item.name]
        new = replace(item, name=name)
        relation = item.relation and replace(item.relation, name=new.full_name, path=new.path)
        beside[name] = replace(new, relation=relation)
        self.version += 1

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

    def rename_schema(self, database: str, name: str, to: str) -> None:
        schemas = self.databases[database].schemas
        schemas[to] = schema = schemas.pop(name)
        for item in list(schema.items.values()):
            path = (database, to, item.name)
            relation = item.relation and replace(item.relation, name=".".join(path), path=path)
            schema.items[item.name] = replace(item, schema=to, relation=relation)
        self.version += 1


class System(Protocol):
    """The relations of the system schemas."""

    def relation(self, schema: str, name: str, names: Names) -> Relation | None:
        """Return a relation, None if there is none of that name."""

    def oid(self, schema: str, name: str) -> int | None:
        """Return the OID of a relation."""

    def objects(self, names: Names) -> list[Known]:
        """Return all that has an OID in a session's database."""


class Names:
    """The catalog as one session sees it.

    Parameters
    ----------
    catalog : Catalog
    database : str
        Where schemas without a database are looked for.
    path : sequence of str
        The schemas in which names without a schema are looked for.
    temporary : mapping
        The session's own items.
    system : System
    variables : callable
        Returns the values of the session's variables, by their names in small letters.
    """

    def __init__(
        self,
        catalog: Catalog,
        database: str,
        path: Sequence[str],
        temporary: Mapping[str, Item],
        system: System,
        variables: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.catalog = catalog
        self.database = database
        self.path = path
        self.temporary = temporary
        self.system = system
        self._variables = variables
        self.used_system: set[str] = set()
        """The ids of the mirrors that what was looked up reads."""
        self.extra: dict[str, Relation] = {}
        """Relations of one statement only, by name."""

    # -------------------------------------------------------------------------------------------- look up

    def relation(self, parts: Parts) -> Relation | None:
        """Return what a query sees under a name, None if there is none; errors name what is wrong with it."""
        if len(parts) == 1 and parts[0] in self.extra:
            return self.extra[parts[0]]
        item = self.find(parts)
        if item is not None:
            if item.relation is None:
                raise SqlError(f"{item.kind} {item.full_name} cannot be depended upon")
            self.used_system.update(filter(is_mirror, item.relation.inputs))
            return item.relation
        for schema in self._system_schemas(parts):
            found = self.system.relation(schema, parts[-1], self)
            if found is not None:
                self.used_system.update(found.inputs)
                return found
        self.check(parts)
        return None

    def oid_of(self, parts: Parts) -> int | None:
        """Return the OID of a relation or an index, None if there is none."""
        item = self.find(parts)
        if item is not None:
            return item.oid
        found = (self.system.oid(schema, parts[-1]) for schema in self._system_schemas(parts))
        return next((oid for oid in found if oid is not None), None)

    def type_of(self, parts: Parts) -> Type | None:
        """Return the type that CREATE TYPE made under a name."""
        item = self.find(parts)
        if item is None:
            self.check(parts)
        return None if item is None else item.type

    def objects(self) -> list[Known]:
        """Return all relations and indexes of the database, and the system's."""
        return self.system.objects(self)

    def roles(self) -> dict[int, str]:
        """Return the names of roles by their OIDs."""
        return {OWNER_OID: OWNER} | {oid: name for name, oid in self.catalog.roles.items()}

    def schemas(self) -> tuple[str, ...]:
        """Return the schemas of the path that exist."""
        known = self.catalog.databases.get(self.database)
        there = {*SYSTEM_SCHEMAS, *(known.schemas if known is not None else ())}
        return tuple(name for name in self.path if name in there)

    def settings(self) -> Mapping[str, str]:
        """Return the values of the session's variables, by their names in small letters."""
        return self._variables()

    def find(self, parts: Parts) -> Item | None:
        """Return the item called ``t``, ``schema.t`` or ``database.schema.t``, None if there is none."""
        if not 1 <= len(parts) <= 3:
            return None
        name = parts[-1]
        if len(parts) == 1 and name in self.temporary:
            return self.temporary[name]
        if parts[:-1] == (TEMPORARY,):
            return self.temporary.get(name)
        database = parts[0] if len(parts) == 3 else self.database
        for schema in parts[-2:-1] or self.path:
            found = self.catalog.schema(database, schema)
            if found is not None and name in found.items:
                return found.items[name]
        return None

    def item(self, parts: Parts) -> Item:
        """Return the item of that name."""
        found = self.find(parts)
        if found is None:
            self.check(parts)
            raise SqlError(f"unknown catalog item '{'.'.join(parts)}'")
        return found

    def check(self, parts: Parts) -> None:
        """Insist that the qualifiers of a name are those of a schema."""
        if not 1 <= len(parts) <= 3:
            raise SqlError(f"qualified name did not have between 1 and 3 components: {'.'.join(parts)}")
        if len(parts) > 1 and parts[-2] not in (*SYSTEM_SCHEMAS, TEMPORARY):
            self.schema_of(parts[:-1])

    def schema_of(self, parts: Parts) -> tuple[str, str]:
        """Return the database and name of the schema called so."""
        database = parts[0] if len(parts) == 2 else self.database
        if database not in self.catalog.databases:
            if len(parts) == 2:
                raise SqlError(f"unknown database '{database}'")
            raise SqlError(f"unknown schema '{parts[-1]}'")
        if parts[-1] not in self.catalog.databases[database].schemas:
            raise SqlError(f"unknown schema '{parts[-1]}'")
        return database, parts[-1]

    @property
    def current_schema(self) -> str | None:
        """The first schema of the path that exists."""
        return next(iter(self.schemas()), None)

    def current(self) -> tuple[str, str]:
        """Return the database and schema in which names without a schema are made."""
        schema = self.current_schema
        if schema is None:
            raise SqlError(
                "no valid schema selected",
                "3F000",
                hint="Use SET schema = name to select a schema.  Use SHOW SCHEMAS to list available schemas.  Use SHOW "
                "search_path to show the schema names that we looked for, but none of them existed.",
            )
        return self.database, schema

    def place(self, parts: Parts) -> Parts:
        """Return the path that a new item called so gets."""
        if not 1 <= len(parts) <= 3:
            raise SqlError(f"qualified name did not have between 1 and 3 components: {'.'.join(parts)}")
        if len(parts) == 1:
            database, schema = self.current()
        elif parts[-2] in SYSTEM_SCHEMAS:
            database, schema = self.database, parts[-2]
        else:
            database, schema = self.schema_of(parts[:-1])
        if schema in SYSTEM_SCHEMAS:
            raise SqlError(
                f'permission denied for SCHEMA "{schema}"',
                "42501",
                detail=f"The 'materialize' role needs CREATE privileges on SCHEMA \"{schema}\"",
            )
        return database, schema, parts[-1]

    def _system_schemas(self, parts: Parts) -> Sequence[str]:
        if len(parts) == 1:
            return (*IMPLICIT_SCHEMAS, *(name for name in self.path if name in SYSTEM_SCHEMAS))
        return parts[-2:-1] if parts[-2] in SYSTEM_SCHEMAS and len(parts) <= 3 else ()
