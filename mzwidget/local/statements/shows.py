"""SHOW: variables and the catalog's items."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect.builtins import FUNCTIONS, TYPES
from mzwidget.local.engine.catalog import OWNER, SYSTEM_SCHEMAS
from mzwidget.local.engine.reading import read
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.results import Result, once
from mzwidget.local.formats.types import BOOL, TEXT, Column, catalog_name
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.definitions import known_cluster
from mzwidget.local.statements.grammar import parse
from mzwidget.local.statements.kinds import Kind, selected
from mzwidget.local.statements.planning import Plan
from mzwidget.local.statements.settings import missing, missing_schema
from mzwidget.local.statements.spelling import path_of, table_of, type_of, view_of
from mzwidget.local.statements.system_items import BUILTINS, all_roles, commented
from mzwidget.local.statements.variables import REPLICA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.engine.catalog import Catalog, Item
    from mzwidget.local.formats.types import Row, Type
    from mzwidget.local.statements.session import Session

_KINDS = {"tables": "table", "views": "view", "materialized views": "materialized view", "types": "type"}
_EMPTY = {
    "sources": ("name", "type", "cluster", "comment"),
    "sinks": ("name", "type", "cluster", "comment"),
    "connections": ("name", "type", "comment"),
    "secrets": ("name", "comment"),
    "subsources": ("name", "type"),
}
_CLUSTER, _SYSTEM_CLUSTER = "quickstart", "mz_catalog_server"


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, TEXT, nullable=False) for name in names)


def shown(columns: Callable[[Any], tuple[Column, ...]], rows: Callable[[Session, Any], list[Row]]) -> Kind:
    """Return the kind of a SHOW command that reads the catalog."""

    def listed(session: Session, statement: Any) -> list[Row]:
        like = getattr(statement, "like", None)
        pattern = None if like is None else _pattern(like)
        return [row for row in rows(session, statement) if pattern is None or pattern.fullmatch(row[0])]

    def plan(_: Session, statement: Any, __: Sequence[Type | None]) -> Plan:
        return Plan(statement, columns(statement))

    async def run(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
        if session.transaction is not None:
            session.transaction.read(session.engine.store, "catalog", session.engine.store.clock.read(), str)
        found = listed(session, plan.statement)
        where = getattr(plan.statement, "where", None)
        if where is not None:
            found = await _where(session, plan.columns or (), found, where)
        return Result(selected, plan.columns, once(found))

    return Kind(run, plan, rows=listed)


async def _where(session: Session, columns: tuple[Column, ...], rows: list[Row], where: tree.Expr) -> list[Row]:
    """Return the rows for which a condition over the columns holds."""
    query = session.planner.over(columns, rows, where)
    store = session.engine.store
    return [row async for chunk in read(store, query, (), store.clock.read()) for row in chunk.rows]


def _pattern(like: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|%|_|[^\\%_]+", like, re.DOTALL)
    text = "".join({"%": ".*", "_": "."}.get(part) or re.escape(part.removeprefix("\\")) for part in parts)
    return re.compile(text, re.DOTALL)


# ---------------------------------------------------------------------------------------------------- variables


def _plan_variable(_: Session, statement: statements.ShowVariable, __: Sequence[Type | None]) -> Plan:
    return Plan(
        statement, _texts("name", "setting", "description") if statement.name == "all" else _texts(statement.name)
    )


async def _show_variable(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
    statement = plan.statement
    assert isinstance(statement, statements.ShowVariable)
    if statement.name == "all":
        return Result(selected, plan.columns, once(list(session.variables.all())))
    shown = session.variables.shown(statement.name)
    if statement.name == "schema":
        return Result(selected, plan.columns, once([(session.names.current_schema,)]), notices=missing_schema(session))
    return Result(selected, plan.columns, once([(shown,)]), notices=missing(session, statement.name.lower()))


# ------------------------------------------------------------------------------------------------------ catalog


def _item_columns(statement: statements.ShowItems) -> tuple[Column, ...]:
    if statement.kind in _EMPTY:
        return _texts(*_EMPTY[statement.kind])
    if statement.kind == "objects":
        return _texts("name", "type", "comment")
    if statement.kind == "materialized views":
        return _texts("name", "cluster", "comment")
    return _texts("name", "comment")


def _items(session: Session, statement: statements.ShowItems) -> list[Row]:
    known_cluster(statement.cluster)
    if statement.on is not None:
        item = session.names.item(statement.on)
        raise SqlError(f"cannot show {statement.kind} on {item.full_name} because it is a {item.kind}")
    if statement.cluster not in {None, _CLUSTER}:
        return []
    if statement.schema is not None and statement.schema[-1] in SYSTEM_SCHEMAS:
        return _system_items(statement, statement.schema[-1])
    items = _of_schema(session, statement.schema)
    comments = session.engine.catalog.comments
    if statement.kind in _EMPTY:
        return []
    if statement.kind == "objects":
        return [(item.name, item.kind.replace(" ", "-"), comments.get((item.id, ""), "")) for item in items]
    chosen = [item for item in items if item.kind == _KINDS[statement.kind]]
    if statement.kind == "materialized views":
        return [(item.name, _CLUSTER, comments.get((item.id, ""), "")) for item in chosen]
    return [(item.name, comments.get((item.id, ""), "")) for item in chosen]


def _system_items(statement: statements.ShowItems, schema: str) -> list[Row]:
    relations = [(each.name, each.kind) for each in BUILTINS if each.schema == schema]
    types = [(each.name, "type") for each in TYPES.values() if each.schema == schema]
    functions = [(each.name, "function") for each in FUNCTIONS if each.schema == schema]
    found = sorted([*relations, *types, *functions])
    if statement.kind == "objects":
        return [(name, kind.replace(" ", "-"), "") for name, kind in found]
    chosen = [name for name, kind in found if kind == {**_KINDS, "sources": "source"}.get(statement.kind)]
    match statement.kind:
        case "materialized views":
            return [(name, _SYSTEM_CLUSTER, "") for name in chosen if statement.cluster is None]
        case "sources":
            return [(name, "source", None, "") for name in chosen if statement.cluster is None]
    return [(name, "") for name in chosen]


def _of_schema(session: Session, given: tuple[str, ...] | None) -> list[Item]:
    names = session.names
    if given is None:
        database, schema = names.current()
    elif len(given) > 2:
        raise SqlError(f"schema name '{'.'.join(given)}' cannot have more than two components")
    elif given[-1] in SYSTEM_SCHEMAS:
        return []
    else:
        database, schema = names.schema_of(given)
    return session.engine.catalog.items(database, schema)


def _schema_columns(statement: statements.ShowSchemas) -> tuple[Column, ...]:
    if statement.kind == "clusters":
        return _texts("name", "replicas", "comment")
    if statement.kind == "role membership":
        return _texts("role", "member", "grantor")
    if statement.kind == "cluster replicas":
        *before, comment = _texts("cluster", "replica", "size", "comment")
        return (*before, Column("ready", BOOL), comment)
    return _texts("name", "comment")


def _schemas(session: Session, statement: statements.ShowSchemas) -> list[Row]:
    catalog = session.engine.catalog
    if statement.kind == "databases":
        oids = sorted((name, database.oid) for name, database in catalog.databases.items())
        return [(name, _told(catalog, "database", oid)) for name, oid in oids]
    if statement.kind == "clusters":
        return [(_CLUSTER, f"{REPLICA} (embedded)", _told(catalog, "cluster", _CLUSTER))]
    if statement.kind == "role membership":
        if statement.database not in {None, OWNER, session.user, *catalog.roles}:
            raise SqlError(f"unknown role '{statement.database}'")
        return []
    if statement.kind == "cluster replicas":
        return [(_CLUSTER, REPLICA, "embedded", True, "")]
    if statement.kind == "roles":
        return [(name, _told(catalog, "role", oid)) for name, oid in sorted(all_roles(catalog))]
    name = statement.database or session.names.database
    database = catalog.databases.get(name)
    if database is None:
        raise SqlError(f"unknown database '{name}'")
    own = {schema: _told(catalog, "schema", found.oid) for schema, found in database.schemas.items()}
    return sorted((own | dict.fromkeys(SYSTEM_SCHEMAS, "")).items())


def _told(catalog: Catalog, kind: str, number: object) -> str:
    """Return the comment on a database, a schema, a role or a cluster."""
    return catalog.comments.get((commented(kind, number), ""), "")


def _index_columns(_: statements.ShowIndexes) -> tuple[Column, ...]:
    *before, comment = _texts("name", "on", "cluster", "comment")
    return (*before, Column("key", t.array_of(TEXT)), comment)


def _indexes(session: Session, statement: statements.ShowIndexes) -> list[Row]:
    catalog = session.engine.catalog
    known_cluster(statement.cluster)
    if statement.cluster not in {None, _CLUSTER}:
        return []
    if statement.on is not None:
        target = session.names.item(statement.on)
        if target.relation is None:
            raise SqlError(f"cannot show indexes on {target.full_name} because it is a {target.kind}")
        chosen = [item for item in catalog.dependents(target) if item.on == target.id]
    elif statement.schema is None and statement.cluster is not None:
        chosen = [item for item in catalog.items() if item.kind == "index"]
    else:
        chosen = [item for item in _of_schema(session, statement.schema) if item.kind == "index"]
    rows: list[Row] = []
    for item in sorted(chosen, key=lambda item: item.name):
        found = catalog.by_id(item.on)
        on = "" if found is None else found.name
        rows.append((item.name, on, _CLUSTER, list(item.keys), catalog.comments.get((item.id, ""), "")))
    return rows


def _column_columns(_: statements.ShowColumns) -> tuple[Column, ...]:
    return (Column("name", TEXT), Column("nullable", BOOL), Column("type", TEXT), Column("comment", TEXT))


def _columns(session: Session, statement: statements.ShowColumns) -> list[Row]:
    names = session.names
    item = names.find(statement.relation)
    if item is not None and item.relation is None:
        raise SqlError(f"{item.full_name} is a {item.kind} and so does not have columns")
    relation = names.relation(statement.relation)
    if relation is None:
        names.item(statement.relation)
    assert relation is not None
    comments = session.engine.catalog.comments
    return [
        (c.name, c.nullable, catalog_name(c.type), "" if item is None else comments.get((item.id, c.name), ""))
        for c in relation.columns
    ]


def _create_columns(_: statements.ShowCreate) -> tuple[Column, ...]:
    return _texts("name", "create_sql")


def _create(session: Session, statement: statements.ShowCreate) -> list[Row]:
    if statement.kind == "cluster":
        known_cluster(statement.relation[-1])
        raise unsupported("SHOW CREATE CLUSTER")
    names = session.names
    system = names.find(statement.relation) is None and names.system_name(statement.relation)
    if system and statement.kind in {"table", "source"}:
        raise SqlError(f"cannot show create for system object {'.'.join(system)}")
    if system:
        raise unsupported("SHOW CREATE of what the system has")
    item = names.item(statement.relation, types=statement.kind == "type")
    if item.kind == "materialized view" and statement.kind == "view":
        hint = "Use SHOW CREATE MATERIALIZED VIEW to show a materialized view."
        raise SqlError(f"{item.full_name} is not a view", hint=hint)
    if item.kind != statement.kind:
        raise SqlError(f"{item.full_name} is not a {statement.kind}")
    catalog = session.engine.catalog
    match item.kind:
        case "table":
            created = table_of(item, session.names)
        case "view" | "materialized view":
            created = view_of(item, *_columns_and_options(item), session.names, catalog)
        case "index":
            target = catalog.by_id(item.on)
            on = "" if target is None else path_of(target.path)
            columns = set() if target is None else {column.name for column in target.columns}
            keys = ", ".join(path_of([key]) if key in columns else key for key in item.keys)
            created = f"CREATE INDEX {path_of([item.name])} IN CLUSTER {_CLUSTER} ON {on} ({keys});"
        case "type":
            made = parse(item.sql)
            assert isinstance(made, statements.CreateType)
            created = type_of(item, made.text, session.names)
        case _:
            raise unsupported(f"SHOW CREATE {item.kind.upper()}")
    return [(item.full_name, created)]


def _columns_and_options(item: Item) -> tuple[Sequence[str], list[str]]:
    made = parse(item.sql)
    assert isinstance(made, statements.CreateView)
    asserted = [f"ASSERT NOT NULL = {path_of([name])}" for name in made.not_null]
    return made.columns or (), [*asserted, "REFRESH = ON COMMIT"]


KINDS: dict[type[Any], Kind] = {
    statements.ShowVariable: Kind(_show_variable, _plan_variable),
    statements.ShowItems: shown(_item_columns, _items),
    statements.ShowSchemas: shown(_schema_columns, _schemas),
    statements.ShowIndexes: shown(_index_columns, _indexes),
    statements.ShowColumns: shown(_column_columns, _columns),
    statements.ShowCreate: shown(_create_columns, _create),
}
