"""Names: databases, schemas, tables and views, and what depends on what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mzwidget.local.dialect import Relation
from mzwidget.local.engine.store import live
from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mzwidget.local.dialect import ColumnDefinition, Query
    from mzwidget.local.formats.types import Column

DATABASE = "materialize"
DEFAULT_SCHEMA = "public"


@dataclass(frozen=True, slots=True)
class Item:
    """A table, view or materialized view.

    Attributes
    ----------
    kind : str
        ``table``, ``view`` or ``materialized view``.
    relation : Relation
        What a query sees.
    storage : str
        Of a table: the DuckDB table that holds its rows.
    sql : str
        The statement that made it.
    """

    kind: str
    schema: str
    name: str
    relation: Relation
    storage: str = ""
    sql: str = ""

    @property
    def full_name(self) -> str:
        return self.relation.name


@dataclass
class Catalog:
    """All items; `version` changes with every change."""

    version: int = 0
    schemas: dict[str, dict[str, Item]] = field(default_factory=lambda: {DEFAULT_SCHEMA: {}})
    _tables: int = 0

    # -------------------------------------------------------------------------------------------- look up

    def find(self, parts: Sequence[str], path: Sequence[str] = (DEFAULT_SCHEMA,)) -> Item | None:
        """Return the item called ``t``, ``schema.t`` or ``database.schema.t``."""
        *qualifiers, name = parts
        if len(qualifiers) > 2 or (len(qualifiers) == 2 and qualifiers[0] != DATABASE):
            return None
        for schema in [qualifiers[-1]] if qualifiers else path:
            item = self.schemas.get(schema, {}).get(name)
            if item is not None:
                return item
        return None

    def place(self, parts: Sequence[str], path: Sequence[str]) -> tuple[str, str]:
        """Return the schema and name that a new item called so gets."""
        *qualifiers, name = parts
        if len(qualifiers) > 2:
            raise SqlError(f"qualified name did not have between 1 and 3 components: {'.'.join(parts)}")
        if len(qualifiers) == 2 and qualifiers[0] != DATABASE:
            raise SqlError(f"unknown database '{qualifiers[0]}'")
        schema = qualifiers[-1] if qualifiers else next((name for name in path if name in self.schemas), None)
        if schema is None:
            raise SqlError(
                "no valid schema selected", hint="Set search_path to a schema that exists, or name the schema."
            )
        if schema not in self.schemas:
            raise SqlError(f"unknown schema '{schema}'")
        return schema, name

    def items(self, schema: str | None = None) -> list[Item]:
        """Return all items (of a schema), by name."""
        chosen = self.schemas.values() if schema is None else [self.schemas.get(schema, {})]
        return sorted((item for names in chosen for item in names.values()), key=lambda item: item.name)

    def dependents(self, item: Item) -> list[Item]:
        """Return the views that read `item`, directly or not."""
        return [other for other in self.items() if other is not item and item.full_name in other.relation.inputs]

    # --------------------------------------------------------------------------------------------- change

    def table(
        self, schema: str, name: str, definitions: Sequence[ColumnDefinition], columns: Sequence[Column], sql: str
    ) -> Item:
        """Make a table's item with a storage of its own; it is not yet in the catalog."""
        self._tables += 1
        storage = f"u{self._tables}"
        full_name = f"{DATABASE}.{schema}.{name}"
        relation = Relation(
            name=full_name,
            columns=tuple(columns),
            sql=live(storage, columns),
            inputs=frozenset({full_name}),
            is_table=True,
            defaults=tuple(definition.default for definition in definitions),
        )
        return Item("table", schema, name, relation, storage, sql)

    @staticmethod
    def view(kind: str, schema: str, name: str, query: Query, columns: Sequence[Column], sql: str) -> Item:
        """Make a view's item; it is not yet in the catalog."""
        full_name = f"{DATABASE}.{schema}.{name}"
        relation = Relation(
            name=full_name,
            columns=tuple(columns),
            sql=f"({query.sql})",
            inputs=query.inputs | {full_name},
            wakeups=query.wakeups,
            refusal=query.refusal,
            constant=query.constant,
        )
        return Item(kind, schema, name, relation, sql=sql)

    def add(self, item: Item) -> None:
        self.schemas[item.schema][item.name] = item
        self.version += 1

    def remove(self, items: Iterable[Item]) -> None:
        for item in items:
            del self.schemas[item.schema][item.name]
        self.version += 1

    def add_schema(self, name: str) -> None:
        self.schemas[name] = {}
        self.version += 1

    def remove_schema(self, name: str) -> None:
        del self.schemas[name]
        self.version += 1


class Scope:
    """The catalog as one session's search path shows it to the dialect."""

    def __init__(self, catalog: Catalog, path: Sequence[str]) -> None:
        self._catalog = catalog
        self._path = path
        self.extra: dict[str, Relation] = {}
        """Relations of one statement only, by name."""

    def relation(self, parts: tuple[str, ...]) -> Relation | None:
        """Look a relation up."""
        if len(parts) == 1 and parts[0] in self.extra:
            return self.extra[parts[0]]
        item = self._catalog.find(parts, self._path)
        return None if item is None else item.relation
