"""Changes of the catalog and of what is stored: checked first, carried out in one step after."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect import Relation, view_relation
from mzwidget.local.engine.catalog import TEMPORARY, Catalog, Item
from mzwidget.local.engine.storage import quoted, stored_names
from mzwidget.local.engine.store import live
from mzwidget.local.errors import Notice, SqlError
from mzwidget.local.formats.types import Column
from mzwidget.local.statements.variables import CLUSTERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    import duckdb

    from mzwidget.local.dialect import ColumnDefinition, Query
    from mzwidget.local.engine.catalog import Parts
    from mzwidget.local.engine.maintenance import Feeds
    from mzwidget.local.engine.names import Names
    from mzwidget.local.engine.store import Store


@dataclass
class Definition:
    """What a statement does to the catalog: its tag, what to say about it, and the change (None: nothing to do)."""

    tag: str
    change: Callable[[], Awaitable[None]] | None = None
    notices: list[Notice] = field(default_factory=list)


class Definitions:
    """Makes, renames and removes items."""

    def __init__(self, catalog: Catalog, store: Store, feeds: Feeds) -> None:
        self.catalog = catalog
        self._store = store
        self._feeds = feeds

    # --------------------------------------------------------------------------------------------- tables

    def table(self, path: Parts, owner: int, definitions: Sequence[ColumnDefinition], sql: str) -> Item:
        """Return the item of a new table; it is not yet in the catalog."""
        columns = [Column(each.name, each.type, each.nullable) for each in definitions]
        _distinct([column.name for column in columns])
        id_, oid = self.catalog.new_id()
        relation = Relation(
            name=".".join(part for part in path if part),
            columns=tuple(columns),
            sql=live(id_, columns),
            inputs=frozenset({id_}),
            is_table=True,
            defaults=tuple(definition.default for definition in definitions),
            path=tuple(part for part in path if part),
        )
        database, schema, name = path
        return Item(id_, oid, "table", database, schema, name, relation, storage=id_, sql=sql, owner=owner)

    async def add_table(self, item: Item) -> None:
        """Make a table's storage, and put it in the catalog."""
        columns = [
            f"{name} {column.type.duckdb}{'' if column.nullable else ' NOT NULL'}"
            for column, name in zip(item.columns, stored_names(item.columns), strict=True)
        ]
        create = f"CREATE TABLE IF NOT EXISTS {quoted(item.storage)} ({', '.join([*columns, *_VERSIONS])})"

        def make(writer: duckdb.DuckDBPyConnection, _: int) -> None:
            writer.execute(create)
            self._store.repeated.forget()

        since, _ = await self._store.commit(make, frozenset())
        self.catalog.add(replace(item, since=since))

    # ---------------------------------------------------------------------------------------------- views

    def view(self, kind: str, path: Parts, owner: int, query: Query, names: Sequence[str] | None, sql: str) -> Item:
        """Return the item of a new view; it is not yet in the catalog."""
        columns = list(query.columns)
        if names is not None:
            if len(names) > len(columns):
                raise SqlError(
                    f"{kind} {path[-1]} definition names {len(names)} column{'s' if len(names) != 1 else ''}, but "
                    f"{kind} {path[-1]} has {len(columns)} column{'s' if len(columns) != 1 else ''}"
                )
            for index, given in enumerate(names):
                columns[index] = replace(columns[index], name=given)
        _distinct([column.name for column in columns])
        id_, oid = self.catalog.new_id()
        relation = view_relation(id_, tuple(part for part in path if part), query, tuple(columns))
        relation = replace(relation, constant=query.constant and kind == "view")
        database, schema, name = path
        return Item(id_, oid, kind, database, schema, name, relation, sql=sql, owner=owner)

    def replaced(self, names: Names, item: Item) -> Item | None:
        """Return the view that OR REPLACE replaces, if that is allowed."""
        old = names.find(item.path)
        if old is None:
            return None
        if old.kind != item.kind:
            raise wrong_kind(old, item.kind, "DROP", "remove")
        if item.relation is not None and old.id in item.relation.inputs:
            name = item.full_name
            raise SqlError(f"cannot replace {item.kind} {name}: depended upon by new {name} definition")
        self._free(old)
        return old

    def replace(self, old: Item | None, item: Item) -> None:
        """Put a view in the catalog, in place of another one if there is one."""
        if old is not None:
            doomed = [old, *(other for other in self.catalog.dependents(old) if other.kind == "index")]
            self.catalog.remove(doomed)
        self.catalog.add(replace(item, since=self._store.clock.read()))
        if old is not None:
            self._feeds.dropped(old.id, old.full_name)

    # ----------------------------------------------------------------------------------------------- drop

    def _free(self, item: Item) -> None:
        """Insist that nothing but indexes depends on an item, and on a type nothing at all."""
        for other in self.catalog.dependents(item):
            if other.kind != "index" or item.kind == "type":
                raise SqlError(
                    f'cannot drop {item.kind} "{item.name}": still depended upon by {other.kind} "{other.name}"',
                    hint="Use DROP ... CASCADE to drop the dependent objects too.",
                )

    def removal(self, chosen: Sequence[Item], *, cascade: bool) -> list[Item]:
        """Return all that goes with what is dropped."""
        doomed: dict[str, Item] = {item.id: item for item in chosen}
        for item in chosen:
            if not cascade:
                self._free(item)
        waiting = list(chosen)
        while waiting:
            for other in self.catalog.dependents(waiting.pop()):
                if other.id not in doomed:
                    doomed[other.id] = other
                    waiting.append(other)
        return list(doomed.values())

    async def remove(self, doomed: Sequence[Item]) -> None:
        """Remove items and what they hold."""
        self.catalog.remove(doomed)
        for item in sorted(
            doomed, key=lambda item: (item.kind == "view", -item.oid)
        ):  # what was read itself comes first
            self._feeds.dropped(item.id, item.full_name)
        tables = [quoted(item.storage) for item in doomed if item.storage]

        def drop(writer: duckdb.DuckDBPyConnection, _: int) -> None:
            self._store.repeated.forget()
            for table in tables:
                writer.execute(f"DROP TABLE IF EXISTS {table}")

        if tables:
            await self._store.commit(drop, frozenset())


_VERSIONS = ('"~from" BIGINT', '"~until" BIGINT')


def known_cluster(name: str | None) -> None:
    if name is not None and name not in CLUSTERS:
        raise SqlError(f"unknown cluster '{name}'")


def place(names: Names, name: Parts, *, temporary: int = 0) -> Parts:
    """Return the path of a new item; a temporary one belongs to a session, by its number."""
    if not temporary:
        return names.place(name)
    if len(name) > 1 and name[:-1] != (TEMPORARY,):
        raise SqlError("cannot create temporary item in non-temporary schema")
    return "", TEMPORARY, name[-1]


def taken(names: Names, path: Parts, *, kind: str, if_not_exists: bool, notices: list[Notice]) -> bool:
    """Whether something has that name already, which is an error unless IF NOT EXISTS was said of a `kind`."""
    found = names.taken(tuple(part for part in path if part))
    if found is None:
        return False
    if not if_not_exists:
        raise SqlError(f'{found.kind} "{found.full_name}" already exists')
    notices.append(Notice(f'{kind} "{found.name}" already exists, skipping', "42710"))
    return True


def wrong_kind(item: Item, kind: str, verb: str, doing: str) -> SqlError:
    if kind == "view" and item.kind == "materialized view":
        hint = f"Use {verb} MATERIALIZED VIEW to {doing} a materialized view."
        return SqlError(f"{item.name} is not a view", hint=hint)
    return SqlError(f"{item.name} is {article(item.kind)} not {article(kind)}")


def article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def cascades(others: Sequence[str]) -> list[Notice]:
    """Say which others go with what is dropped, if there are any."""
    if not others:
        return []
    detail = "\n".join(f"drop cascades to {other}" for other in others)
    return [Notice(f"drop cascades to {len(others)} other objects", detail=detail)]


def described(items: Iterable[Item]) -> list[str]:
    return [f'{item.kind.upper()} "{item.full_name}"' for item in items]


def _distinct(names: Sequence[str]) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise SqlError(f'column "{name}" specified more than once')
        seen.add(name)


def in_use(catalog: Catalog, index: Item) -> list[Notice]:
    """Return what is said of an index that others were built from."""
    users = [item.full_name for item in sorted(catalog.items(), key=lambda i: i.oid) if item.built_from == index.id]
    if not users:
        return []
    return [
        Notice(
            f"The dropped index {index.full_name} is being used by the following objects: {', '.join(users)}. The "
            "index is now dropped from the catalog, but it will continue to be maintained and take up resources until "
            "all dependent objects are dropped, altered, or Materialize is restarted!",
            hint="To free up the resources used by the index, recreate all the above-mentioned objects.",
        )
    ]


def source_of(keys: tuple[str, ...], beside: Sequence[Item]) -> str:
    """Return the id of the index from which a new one of its relation is built: one of the same keys, or the first."""
    found = next((item for item in beside if item.keys == keys), beside[0] if beside else None)
    return "" if found is None else found.id
