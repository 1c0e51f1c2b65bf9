"""The catalog as one session sees it: what a name means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mzwidget.local.engine.catalog import IMPLICIT_SCHEMAS, OWNER, OWNER_OID, SYSTEM_ROLES, SYSTEM_SCHEMAS, TEMPORARY
from mzwidget.local.engine.mirrors import is_mirror
from mzwidget.local.errors import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mzwidget.local.dialect.model import Known, Relation
    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.engine.catalog import Catalog, Item, Parts
    from mzwidget.local.formats.types import Type


class System(Protocol):
    """The relations of the system schemas."""

    def relation(self, schema: str, name: str, names: Names) -> Relation | None:
        """Return a relation, None if there is none of that name."""

    def oid(self, schema: str, name: str) -> int | None:
        """Return the OID of a relation."""

    def objects(self, names: Names) -> list[Known]:
        """Return all that has an OID in a session's database."""

    def comments(self, names: Names) -> Mapping[str, Mapping[int, str | None]]:
        """Return the comments by OIDs, by the names of the relations that list what they are on."""


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
    show : callable, optional
        Puts what a SHOW command lists among the `extra` names; returns its query.
    """

    def __init__(
        self,
        catalog: Catalog,
        database: str,
        path: Sequence[str],
        temporary: Mapping[str, Item],
        system: System,
        variables: Callable[[], Mapping[str, str]] = dict,
        show: Callable[[Names, str], tree.Query] | None = None,
    ) -> None:
        self.catalog = catalog
        self.database = database
        self.path = path
        self.temporary = temporary
        self.system = system
        self._variables = variables
        self._show = show
        self.used_system: set[str] = set()
        """The ids of the mirrors that what was looked up reads."""
        self.used_types: set[str] = set()
        """The ids of the types that were looked up."""
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

    def oid_of(self, parts: Parts, *, types: bool = False) -> int | None:
        """Return the OID of a relation or an index, or of a type that was made; None if there is none."""
        item = self.find(parts, types=types)
        if item is not None or types:
            return None if item is None else item.oid
        found = (self.system.oid(schema, parts[-1]) for schema in self._system_schemas(parts))
        return next((oid for oid in found if oid is not None), None)

    def system_name(self, parts: Parts) -> tuple[str, str] | None:
        """Return schema and name of the system relation called so, None if there is none."""
        for schema in self._system_schemas(parts):
            if self.system.oid(schema, parts[-1]) is not None:
                return schema, parts[-1]
        return None

    def type_of(self, parts: Parts) -> Type | None:
        """Return the type that CREATE TYPE made under a name."""
        item = self.find(parts, types=True)
        if item is None:
            self.check(parts)
            return None
        self.used_types.add(item.id)
        return item.type

    def objects(self) -> list[Known]:
        """Return all relations, indexes and types that were made, and the system's relations."""
        return self.system.objects(self)

    def comments(self) -> Mapping[str, Mapping[int, str | None]]:
        """Return the comments by OIDs, by the names of the relations of pg_catalog that list what they are on."""
        return self.system.comments(self)

    def roles(self) -> dict[int, str]:
        """Return the names of roles by their OIDs."""
        own = {OWNER_OID: OWNER} | {oid: name for name, oid in self.catalog.roles.items()}
        return own | {oid: name for name, (_, oid) in SYSTEM_ROLES.items()}

    def schemas(self) -> tuple[str, ...]:
        """Return the schemas of the path that exist."""
        known = self.catalog.databases.get(self.database)
        there = {*SYSTEM_SCHEMAS, *(known.schemas if known is not None else ())}
        return tuple(name for name in self.path if name in there)

    def settings(self) -> Mapping[str, str]:
        """Return the values of the session's variables, by their names in small letters."""
        return self._variables()

    def shown(self, text: str) -> tree.Query:
        """Return the query of what a SHOW command lists."""
        if self._show is None:
            raise unsupported("SHOW in a query")
        return self._show(self, text)

    def find(self, parts: Parts, *, types: bool = False) -> Item | None:
        """Return the item, or the type, called ``t``, ``schema.t`` or ``database.schema.t``, None if there is none."""
        return next((item for item in self._called(parts) if (item.type is not None) == types), None)

    def taken(self, parts: Parts) -> Item | None:
        """Return the item or type called so: none can be made beside it."""
        return next(self._called(parts), None)

    def _called(self, parts: Parts) -> Iterator[Item]:
        """Yield all items and types of a name, in the order of the path."""
        if not 1 <= len(parts) <= 3:
            return
        name = parts[-1]
        if len(parts) == 1 or parts[:-1] == (TEMPORARY,):
            yield from filter(None, [self.temporary.get(name)])
        database = parts[0] if len(parts) == 3 else self.database
        for schema in parts[-2:-1] or self.path:
            found = self.catalog.schema(database, schema)
            if found is not None and name in found.items:
                yield found.items[name]

    def item(self, parts: Parts, *, types: bool = False) -> Item:
        """Return the item, or the type, of that name."""
        found = self.find(parts, types=types)
        if found is None:
            self.check(parts)
            name = ".".join(parts)
            if not types and self.system_name(parts) is not None:
                raise unsupported(f"{name} in this statement")
            raise SqlError(f'type "{name}" does not exist' if types else f"unknown catalog item '{name}'")
        return found

    def check(self, parts: Parts) -> None:
        """Insist that the qualifiers of a name are those of a schema."""
        if not 1 <= len(parts) <= 3:
            raise SqlError(f"qualified name did not have between 1 and 3 components: {'.'.join(parts)}")
        if len(parts) == 3 and parts[0] not in self.catalog.databases:
            raise SqlError(f"unknown database '{parts[0]}'")
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
        there = len(parts) == 2 or (len(parts) == 3 and parts[0] in self.catalog.databases)
        return parts[-2:-1] if parts[-2] in SYSTEM_SCHEMAS and there else ()
