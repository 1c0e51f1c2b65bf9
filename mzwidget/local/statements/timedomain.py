"""What a transaction may read: all that is in the schemas of its first query, at one timestamp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mzwidget.local.engine.mirrors import is_mirror, mirrored
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mzwidget.local.engine.catalog import Catalog, Item

_URL = "https://materialize.com/docs/sql/begin/#same-timedomain-error"
_OF_THE_SYSTEM = (
    *(
        f"mz_catalog.mz_{name}"
        for name in """
        array_types base_types columns connections databases functions index_columns indexes list_types map_types
        materialized_views operators pseudo_types role_auth role_members role_parameters roles schemas secrets sinks
        sources system_privileges tables types views
        """.split()  # noqa: SIM905
    ),
    *(f"mz_internal.mz_{name}" for name in ("aggregates", "comments", "object_dependencies", "type_pg_metadata")),
)
"""What the views of pg_catalog read, which every transaction may."""
_BESIDE = ("mz_catalog.mz_cluster_replicas", "mz_catalog.mz_clusters")
"""Tables of the system that are not among them."""


@dataclass(frozen=True)
class TimeDomain:
    """What the first query of a transaction lets it read: ``stored`` by ids, ``names`` as messages list it.

    ``catalog``: that query reads the system's relations, so others may.
    """

    stored: frozenset[str]
    names: tuple[str, ...]
    catalog: bool = False

    @classmethod
    def of(cls, catalog: Catalog, inputs: Collection[str], session: int) -> TimeDomain:
        """Return the domain that a query which reads `inputs` opens."""
        found = [other for item in _named(catalog, inputs) for other in _beside(catalog, item, session)]
        stored = frozenset(id_ for item in found for id_ in _stored(catalog, item))
        names = {name for item in found for name in _collections(catalog, item)}
        return cls(stored, tuple(sorted({*names, *_OF_THE_SYSTEM})), any(map(is_mirror, inputs)))

    def check(self, catalog: Catalog, inputs: Collection[str]) -> None:
        """Refuse a query that reads what is not in the domain."""
        outside = [item for item in _named(catalog, inputs) if not self.stored.issuperset(_stored(catalog, item))]
        named = {name for item in outside for name in _collections(catalog, item)} - set(self.names)
        names = sorted(named | {name for name in _BESIDE if not self.catalog and mirrored(name) in inputs})
        if names:
            raise SqlError(
                f"Transactions can only reference objects in the same timedomain. See {_URL}",
                "25000",
                detail="The following relations in the query are outside the transaction's time domain:\n"
                f"{_listed(names)}\nOnly the following relations are available:\n{_listed(self.names)}",
            )


def listed(catalog: Catalog, inputs: Iterable[str]) -> str:
    """Name what a query reads itself, as messages do."""
    return ", ".join(sorted(f'"{item.full_name}"' for item in _named(catalog, inputs)))


def _listed(names: Iterable[str]) -> str:
    return "\n".join(f'"{name}"' for name in names)


def _named(catalog: Catalog, inputs: Iterable[str]) -> list[Item]:
    """Return what a query names itself: not what is below a view that it reads."""
    items = [item for id_ in inputs if (item := catalog.by_id(id_)) is not None and item.relation is not None]
    below = {id_ for item in items if item.relation is not None for id_ in item.relation.inputs if id_ != item.id}
    return [item for item in items if item.id not in below]


def _beside(catalog: Catalog, item: Item, session: int) -> list[Item]:
    """Return the relations in the schema of an item."""
    if item.owner:
        return [other for other in catalog.temporary.get(session, {}).values() if other.relation is not None]
    schema = catalog.schema(item.database, item.schema)
    return [] if schema is None else [other for other in schema.items.values() if other.relation is not None]


def _stored(catalog: Catalog, item: Item) -> set[str]:
    """Return the ids of the tables and materialized views that a query of an item reads."""
    if item.kind != "view":
        return {item.id}
    assert item.relation is not None
    below = _named(catalog, item.relation.inputs - {item.id})
    return {id_ for other in below for id_ in _stored(catalog, other)}


def _collections(catalog: Catalog, item: Item) -> set[str]:
    """Return the names of what a query of an item reads: its indexes, if it has some."""
    indexes = {other.full_name for other in catalog.items() if other.kind == "index" and other.on == item.id}
    if indexes or item.kind != "view":
        return indexes or {item.full_name}
    assert item.relation is not None
    below = _named(catalog, item.relation.inputs - {item.id})
    return {name for other in below for name in _collections(catalog, other)}
