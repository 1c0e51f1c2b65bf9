"""CREATE and DROP: checked against the catalog first, carried out in one step after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.engine.store import quoted
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.results import Notice
from mzwidget.local.formats.types import Column
from mzwidget.local.statements import model as statements

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import duckdb

    from mzwidget.local.engine.catalog import Catalog, Item
    from mzwidget.local.engine.maintenance import Feeds
    from mzwidget.local.engine.store import Store
    from mzwidget.local.statements.planning import Planner

    Change = Callable[[], Awaitable[None]]

Definition = (
    statements.CreateTable | statements.CreateView | statements.CreateSchema | statements.CreateIndex | statements.Drop
)


class Definitions:
    """Changes the catalog and the stored tables."""

    def __init__(self, catalog: Catalog, store: Store, feeds: Feeds) -> None:
        self._catalog = catalog
        self._store = store
        self._feeds = feeds

    def prepare(
        self, statement: Definition, planner: Planner, path: Sequence[str], notices: list[Notice]
    ) -> tuple[str, Change | None]:
        """Check a statement; return its command tag and the change to carry out (None: nothing to do)."""
        match statement:
            case statements.CreateTable():
                return "CREATE TABLE", self._create_table(statement, planner, path, notices)
            case statements.CreateView():
                return f"CREATE {statement.kind.upper()}", self._create_view(statement, planner, path, notices)
            case statements.CreateSchema():
                return "CREATE SCHEMA", self._create_schema(statement, notices)
            case statements.CreateIndex():
                planner.item(statement.on)
                notices.append(Notice("the embedded engine answers without indexes; this one has no effect"))
                return "CREATE INDEX", None
            case statements.Drop(kind="schema"):
                return "DROP SCHEMA", self._drop_schema(statement, notices)
            case statements.Drop():
                return f"DROP {statement.kind.upper()}", self._drop(statement, path, notices)

    # --------------------------------------------------------------------------------------------- create

    def _create_table(
        self, statement: statements.CreateTable, planner: Planner, path: Sequence[str], notices: list[Notice]
    ) -> Change | None:
        schema, name = self._catalog.place(statement.name, path)
        definitions = planner.table_columns(statement.sql)
        columns = [Column(each.name, each.type, each.nullable) for each in definitions]
        _distinct([column.name for column in columns])
        _distinct_but_for_case([column.name for column in columns])
        if self._taken(schema, name, statement.if_not_exists, notices):
            return None
        item = self._catalog.table(schema, name, definitions, columns, statement.sql)
        stored = [
            f"{quoted(each.name)} {each.type.duckdb}{'' if each.nullable else ' NOT NULL'}" for each in definitions
        ]
        create = f'CREATE TABLE {quoted(item.storage)} ({", ".join(stored)}, "~from" BIGINT, "~until" BIGINT)'

        async def change() -> None:
            if not self._taken(schema, name, statement.if_not_exists, notices):
                await self._store.commit(lambda writer, _: writer.execute(create), frozenset())
                self._catalog.add(item)

        return change

    def _create_view(
        self, statement: statements.CreateView, planner: Planner, path: Sequence[str], notices: list[Notice]
    ) -> Change | None:
        schema, name = self._catalog.place(statement.name, path)
        query = planner.view_query(statement.query, maintained=statement.kind == "materialized view")
        columns = list(query.columns)
        if statement.columns is not None:
            if len(statement.columns) > len(columns):
                raise SqlError(
                    f"{statement.kind} {name} definition names {len(statement.columns)} columns, "
                    f"but its query has {len(columns)}"
                )
            for index, given in enumerate(statement.columns):
                columns[index] = Column(given, columns[index].type, columns[index].nullable)
        _distinct([column.name for column in columns])
        item = self._catalog.view(statement.kind, schema, name, query, columns, statement.sql)
        if not statement.or_replace and self._taken(schema, name, statement.if_not_exists, notices):
            return None
        if statement.or_replace:
            if item.full_name in query.inputs:
                raise SqlError(
                    f"cannot replace view {item.full_name}: depended upon by new {item.full_name} definition"
                )
            self._replaced(item)

        async def change() -> None:
            old = self._replaced(item) if statement.or_replace else None
            if old is None and self._taken(schema, name, statement.if_not_exists, notices):
                return
            if old is not None:
                self._catalog.remove([old])
            self._catalog.add(item)
            if old is not None:
                self._feeds.dropped(old.full_name)

        return change

    def _replaced(self, item: Item) -> Item | None:
        """Return the view that OR REPLACE replaces, if that is allowed."""
        old = self._catalog.find((item.schema, item.name))
        if old is None:
            return None
        if old.kind != item.kind:
            raise SqlError(f"{old.full_name} is not a {item.kind}")
        self._free(old, [old])
        return old

    def _create_schema(self, statement: statements.CreateSchema, notices: list[Notice]) -> Change | None:
        name = statement.name[-1]
        if name in self._catalog.schemas:
            if not statement.if_not_exists:
                raise SqlError(f"schema '{name}' already exists", "42P06")
            notices.append(Notice(f'schema "{name}" already exists, skipping', "42P06"))
            return None

        async def change() -> None:
            if name not in self._catalog.schemas:
                self._catalog.add_schema(name)

        return change

    def _taken(self, schema: str, name: str, if_not_exists: bool, notices: list[Notice]) -> bool:
        found = self._catalog.find((schema, name))
        if found is None:
            return False
        if not if_not_exists:
            raise SqlError(f"{found.kind} '{found.full_name}' already exists", "42710")
        notices.append(Notice(f'{found.kind} "{name}" already exists, skipping', "42710"))
        return True

    # ----------------------------------------------------------------------------------------------- drop

    def _drop(self, statement: statements.Drop, path: Sequence[str], notices: list[Notice]) -> Change | None:
        chosen: list[Item] = []
        for parts in statement.names:
            item = self._catalog.find(parts, path) if statement.kind != "index" else None
            if item is None:
                if not statement.if_exists:
                    raise SqlError(f"unknown catalog item '{'.'.join(parts)}'")
                notices.append(Notice(f'{statement.kind} "{parts[-1]}" does not exist, skipping', "42704"))
            elif item.kind != statement.kind:
                raise _wrong_kind(item, statement.kind)
            elif item not in chosen:
                chosen.append(item)
        return self._removal(chosen, cascade=statement.cascade) if chosen else None

    def _drop_schema(self, statement: statements.Drop, notices: list[Notice]) -> Change | None:
        changes: list[tuple[str, Change]] = []
        for parts in statement.names:
            name = parts[-1]
            if name not in self._catalog.schemas:
                if not statement.if_exists:
                    raise SqlError(f"unknown schema '{name}'")
                notices.append(Notice(f'schema "{name}" does not exist, skipping', "3F000"))
                continue
            items = self._catalog.items(name)
            if items and not statement.cascade:
                raise SqlError(
                    f"schema 'materialize.{name}' cannot be dropped without CASCADE while it contains objects",
                    "2BP01",
                )
            changes.append((name, self._removal(items, cascade=True)))

        async def change() -> None:
            for name, remove in changes:
                await remove()
                self._catalog.remove_schema(name)

        return change if changes else None

    def _removal(self, chosen: list[Item], *, cascade: bool) -> Change:
        if not cascade:
            for item in chosen:
                self._free(item, chosen)

        async def change() -> None:
            doomed = list(chosen)
            for item in chosen:
                doomed += [other for other in self._catalog.dependents(item) if other not in doomed]
            self._catalog.remove(doomed)
            for item in doomed:
                self._feeds.dropped(item.full_name)
            tables = [quoted(item.storage) for item in doomed if item.storage]

            def drop(writer: duckdb.DuckDBPyConnection, _: int) -> None:
                for table in tables:
                    writer.execute(f"DROP TABLE {table}")

            if tables:
                await self._store.commit(drop, frozenset())

        return change

    def _free(self, item: Item, going: Sequence[Item]) -> None:
        for other in self._catalog.dependents(item):
            if other not in going:
                raise SqlError(
                    f'cannot drop {item.kind} "{item.name}": still depended upon by {other.kind} "{other.name}"',
                    "2BP01",
                    hint="Use DROP ... CASCADE to drop the dependent objects too.",
                )


def _wrong_kind(item: Item, kind: str) -> SqlError:
    return SqlError(
        f"{item.full_name} is not {'an' if kind[0] in 'aeiou' else 'a'} {kind}",
        "42809",
        hint=f"Use DROP {item.kind.upper()} to drop it.",
    )


def _distinct(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise SqlError(f'column "{name}" specified more than once', "42701")


def _distinct_but_for_case(names: Sequence[str]) -> None:
    """Refuse what DuckDB, which ignores case, cannot store."""
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.casefold(), name)) != name:
            raise unsupported(f'a table with columns "{other}" and "{name}", which differ only in case,')
