"""What the rows of all system schemas are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.catalog import OWNER as OWNER_NAME
from mzwidget.local.engine.catalog import OWNER_OID, SYSTEM_ROLES
from mzwidget.local.engine.mirrors import is_mirror
from mzwidget.local.statements.spelling import named
from mzwidget.local.statements.system_relations import DESCRIBED, KINDS, RELATIONS, system_id, system_oid, system_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mzwidget.local.engine.catalog import Catalog, Item
    from mzwidget.local.engine.names import Names
    from mzwidget.local.formats.types import Column

    Row = dict[str, Any]
    Fill = Callable[[Catalog, Names], list[Row]]

CLUSTER, REPLICA, OWNER = "u1", "u1", "u1"
SCHEMA_OIDS = {
    "mz_catalog": 16656, "pg_catalog": 16657, "mz_internal": 16658, "information_schema": 16659, "mz_unsafe": 16660,
    "mz_catalog_unstable": 16972, "mz_introspection": 16973,
}  # fmt: skip
"""Of the system's schemas."""
SYSTEM_OWNER_NAME = "mz_system"
SYSTEM_OWNER, SYSTEM_OWNER_OID = SYSTEM_ROLES[SYSTEM_OWNER_NAME]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A system relation."""

    path: str
    id: str
    oid: int
    schema: str
    schema_oid: int
    name: str
    kind: str
    columns: tuple[Column, ...]


def _builtins() -> Iterator[Builtin]:
    for path, columns in RELATIONS.items():
        schema, _, name = path.partition(".")
        yield Builtin(path, system_id(path), system_oid(path), schema, SCHEMA_OIDS[schema], name, KINDS[path], columns)


BUILTINS = tuple(_builtins())
DESCRIBED_BUILTINS = tuple(each for each in BUILTINS if each.schema in DESCRIBED)
"""Those whose columns are told."""


def all_schemas(catalog: Catalog) -> Iterator[tuple[str | None, str, int]]:
    """Yield database (None for system schemas), name and OID of all schemas."""
    for database, found in catalog.databases.items():
        for name, schema in found.schemas.items():
            yield database, name, schema.oid
    for name, oid in SCHEMA_OIDS.items():
        yield None, name, oid


def schema_id(catalog: Catalog, item: Item) -> str:
    return f"u{schema_oid(catalog, item)}"


def schema_oid(catalog: Catalog, item: Item) -> int:
    return catalog.databases[item.database].schemas[item.schema].oid


def user_items(catalog: Catalog, *kinds: str) -> list[Item]:
    return [item for item in catalog.items() if item.database and (not kinds or item.kind in kinds)]


def items_here(catalog: Catalog, names: Names, *kinds: str) -> list[Item]:
    """Return the items of the session's database."""
    return [item for item in user_items(catalog, *kinds) if item.database == names.database]


def relations_here(catalog: Catalog, names: Names) -> list[Item]:
    return items_here(catalog, names, "table", "view", "materialized view")


def definition(catalog: Catalog, item: Item) -> str:
    """Return the query of a view, with the names of now in full."""
    return f"{named(item.query, catalog)};" if item.query else ""


def cluster_of(item: Item) -> str | None:
    return CLUSTER if item.kind in {"materialized view", "index"} else None


def known_as(id_: str) -> str:
    """Return the id by which the catalog tells of what a query reads."""
    return system_id(system_path(id_)) if is_mirror(id_) else id_


def role_id(catalog: Catalog, name: str) -> str:
    """Return the id of a role; whoever is none is the owner of all."""
    return f"u{catalog.roles[name]}" if name in catalog.roles else OWNER


def commented(kind: str, number: object) -> str:
    """Return what a comment on a database, a schema, a role or a cluster is kept by, given its OID or id."""
    return f"{kind} {number}"


def all_roles(catalog: Catalog) -> list[tuple[str, int]]:
    return [(OWNER_NAME, OWNER_OID), *catalog.roles.items()]
