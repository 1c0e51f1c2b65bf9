"""DROP, ALTER and GRANT, as statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import resolve_type
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.engine.catalog import IMPLICIT_SCHEMAS, OWNER, SYSTEM_SCHEMAS, TEMPORARY
from mzwidget.local.errors import Notice, SqlError, unsupported
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.defining import RESERVED, defined, reserved_schema, schema_exists
from mzwidget.local.statements.definitions import Definition, article, cascades, described, in_use, wrong_kind
from mzwidget.local.statements.renaming import queries_after, queries_of_schema
from mzwidget.local.statements.system import SystemCatalog
from mzwidget.local.statements.variables import CLUSTERS

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Catalog, Item, Parts
    from mzwidget.local.engine.names import Names
    from mzwidget.local.statements.kinds import Kind
    from mzwidget.local.statements.session import Session

# --------------------------------------------------------------------------------------------------------- DROP


def _drop(session: Session, statement: statements.Drop) -> Definition:
    if statement.kind in _DROPS:
        return _DROPS[statement.kind](session, statement)
    definitions, names = session.engine.definitions, session.names
    found = Definition(f"DROP {statement.kind.upper()}")
    chosen: dict[str, Item] = {}
    for parts in statement.names:
        _refuse_system(session, parts, statement.kind)
        item = names.find(parts, types=statement.kind == "type")
        if item is None:
            if not statement.if_exists and statement.kind == "type":
                names.check(parts)
                raise _no_type(names, parts)
            if not statement.if_exists and statement.kind == "secret":
                raise unsupported("DROP SECRET")
            if not statement.if_exists:
                names.item(parts)
            found.notices.append(_absent(statement.kind, parts[-1]))
            continue
        if item.kind != statement.kind:
            raise wrong_kind(item, statement.kind, "DROP", "remove")
        definitions.removal([item], cascade=statement.cascade)
        chosen[item.id] = item
    if not chosen:
        return found
    going = definitions.removal(list(chosen.values()), cascade=True)
    found.notices += cascades(described(item for item in going if item.id not in chosen))
    found.notices += [
        notice for item in chosen.values() if item.kind == "index" for notice in in_use(session.engine.catalog, item)
    ]

    async def change() -> None:
        still = [item for item in chosen.values() if session.engine.catalog.by_id(item.id) is not None]
        await definitions.remove(definitions.removal(still, cascade=True))

    found.change = change
    return found


def _no_type(names: Names, parts: Parts) -> SqlError:
    """Return the error for a type that nobody made: one of the system, or none at all."""
    try:
        known = resolve_type(tree.TypeName("named", parts), names).name == parts[-1]
    except SqlError:
        known = False
    if known:
        return SqlError(f"cannot drop type {parts[-1]} because it is required by the database system")
    return SqlError(f'type "{".".join(parts)}" does not exist')


def _absent(kind: str, name: str) -> Notice:
    return Notice(f'{kind.upper()} "{name}" does not exist, skipping', "42704")


def _refuse_system(session: Session, parts: Parts, kind: str) -> None:
    """Refuse to change what the system needs."""
    if session.names.taken(parts) is not None or (found := session.names.system_name(parts)) is None:
        return
    schema, name = found
    is_kind = SystemCatalog.kind(schema, name).removeprefix("system ")
    shown = name if schema in IMPLICIT_SCHEMAS else f"{schema}.{name}"
    if is_kind != kind:
        raise SqlError(f"{shown} is {article(is_kind)} not {article(kind)}")
    raise SqlError(f"cannot drop {is_kind} {shown} because it is required by the database system")


def _drop_schema(session: Session, statement: statements.Drop) -> Definition:
    catalog, names = session.engine.catalog, session.names
    found = Definition("DROP SCHEMA")
    chosen: list[tuple[str, str]] = []
    going: list[Item] = []
    for parts in statement.names:
        if len(parts) > 2:
            raise SqlError(f"schema name '{'.'.join(parts)}' cannot have more than two components")
        if parts[-1] in {*SYSTEM_SCHEMAS, TEMPORARY}:
            raise SqlError(f"cannot drop schema {parts[-1]} because it is required by the database system")
        try:
            database, name = names.schema_of(parts)
        except SqlError:
            if not statement.if_exists:
                raise
            found.notices.append(_absent("schema", parts[-1]))
            continue
        items = catalog.items(database, name)
        if items and not statement.cascade:
            raise SqlError(f"schema '{database}.{name}' cannot be dropped without CASCADE while it contains objects")
        going += session.engine.definitions.removal(items, cascade=True)
        chosen.append((database, name))
    if chosen:
        found.notices += cascades(described(going))
        found.change = _removal(session, chosen, [])
    return found


def _removal(session: Session, schemas: list[tuple[str, str]], databases: list[str]) -> Any:
    catalog, definitions = session.engine.catalog, session.engine.definitions

    async def change() -> None:
        for database, name in schemas:
            if catalog.schema(database, name) is not None:
                await definitions.remove(definitions.removal(catalog.items(database, name), cascade=True))
                catalog.remove_schema(database, name)
        for name in databases:
            catalog.remove_database(name)

    return change


def _drop_database(session: Session, statement: statements.Drop) -> Definition:
    catalog = session.engine.catalog
    found = Definition("DROP DATABASE")
    ((name, *_),) = statement.names
    database = catalog.databases.get(name)
    if database is None:
        if not statement.if_exists:
            raise SqlError(f"unknown database '{name}'")
        found.notices.append(_absent("database", name))
        return found
    if statement.restrict and database.schemas:
        raise SqlError(f"database '{name}' cannot be dropped with RESTRICT while it contains schemas")
    schemas = [(name, schema) for schema in database.schemas]
    going = session.engine.definitions.removal(catalog.items(name), cascade=True)
    found.notices += cascades([*described(going), *(f'SCHEMA "{name}.{schema}"' for _, schema in schemas)])
    if name == session.names.database:
        hint = "Choose a new active database by executing SET DATABASE = <name>."
        found.notices.append(Notice(f'active database "{name}" has been dropped', "MZ002", hint=hint))
    found.change = _removal(session, schemas, [name])
    return found


def _drop_role(session: Session, statement: statements.Drop) -> Definition:
    catalog = session.engine.catalog
    found = Definition("DROP ROLE")
    chosen = []
    for (name,) in statement.names:
        if name in catalog.roles:
            chosen.append(name)
        elif statement.if_exists:
            found.notices.append(_absent("role", name))
        elif name == session.user:
            raise SqlError("current role cannot be dropped")
        else:
            raise SqlError(f"unknown role '{name}'")

    async def change() -> None:
        for name in chosen:
            catalog.roles.pop(name, None)

    found.change = change if chosen else None
    return found


def _drop_unmade(_: Session, statement: statements.Drop) -> Definition:
    """Drop of a kind that the engine cannot make: there are none, but for its one cluster."""
    kind = statement.kind
    found = Definition(f"DROP {kind.upper()}")
    for parts in statement.names:
        if kind == "cluster" and parts[-1] in CLUSTERS:
            raise unsupported(f"DROP CLUSTER {parts[-1]}")
        if not statement.if_exists:
            raise unsupported(f"DROP {kind.upper()}")
        found.notices.append(_absent(kind, parts[-1]))
    return found


_DROPS = {
    "schema": _drop_schema,
    "database": _drop_database,
    "role": _drop_role,
    "cluster": _drop_unmade,
    "network policy": _drop_unmade,
}


# -------------------------------------------------------------------------------------------------------- ALTER


def _rename(session: Session, statement: statements.Rename) -> Definition:
    catalog, names = session.engine.catalog, session.names
    found = Definition(f"ALTER {statement.kind.upper()}")
    if statement.kind == "schema":
        return _rename_schema(session, statement)
    item = _altered(session, statement.kind, statement.name, statement.if_exists, found)
    if item is None:
        return found
    if names.taken((*item.path[:-1], statement.to)) is not None:
        raise SqlError(f"catalog item '{statement.to}' already exists")
    chosen = item
    queries_after(catalog, chosen, statement.to)

    async def change() -> None:
        catalog.rename(chosen, statement.to, queries_after(catalog, chosen, statement.to))

    found.change = change
    return found


def _rename_schema(session: Session, statement: statements.Rename) -> Definition:
    catalog = session.engine.catalog
    if statement.name[-1] in SYSTEM_SCHEMAS:
        raise SqlError(f"renaming the {statement.name[-1]} schema is not supported")
    try:
        database, name = session.names.schema_of(statement.name)
    except SqlError:
        if not statement.if_exists:
            raise
        return Definition("ALTER SCHEMA", notices=[_absent("schema", statement.name[-1])])
    if statement.to.startswith(RESERVED):
        raise reserved_schema(statement.to)
    if catalog.schema(database, statement.to) is not None:
        raise schema_exists(statement.to)

    queries_of_schema(catalog, database, name, statement.to)

    async def change() -> None:
        _move(catalog, database, name, statement.to)

    return Definition("ALTER SCHEMA", change)


def _move(catalog: Catalog, database: str, name: str, to: str) -> None:
    catalog.rename_schema(database, name, to, queries_of_schema(catalog, database, name, to))


def _swap(session: Session, statement: statements.Swap) -> Definition:
    catalog = session.engine.catalog
    database, one = session.names.schema_of(statement.name)
    _, other = session.names.schema_of((database, statement.other))
    between = f"mz_schema_swap_{one}"
    if one == other:
        raise schema_exists(one)
    for name in (one, other):
        queries_of_schema(catalog, database, name, between)

    async def change() -> None:
        _move(catalog, database, one, between)
        _move(catalog, database, other, one)
        _move(catalog, database, between, other)

    return Definition("ALTER SCHEMA", change)


def _altered(session: Session, kind: str, parts: Parts, if_exists: bool, found: Definition) -> Item | None:
    item = session.names.find(parts, types=kind == "type")
    if item is None:
        if not if_exists or session.names.system_name(parts) is not None:
            session.names.item(parts, types=kind == "type")
        found.notices.append(_absent(kind, parts[-1]))
    elif item.kind != kind:
        raise wrong_kind(item, kind, "ALTER", "rename")
    return item


def _change_owner(session: Session, statement: statements.ChangeOwner) -> Definition:
    found = Definition(f"ALTER {statement.kind.upper()}")
    item: object
    if statement.role not in {session.user, *session.engine.catalog.roles}:
        raise SqlError(f"unknown role '{statement.role}'")
    if statement.kind == "schema":
        item = session.names.schema_of(statement.name)
    elif statement.kind == "database":
        item = statement.name[-1]
        if item not in session.engine.catalog.databases:
            raise SqlError(f"unknown database '{item}'")
    else:
        item = _altered(session, statement.kind, statement.name, statement.if_exists, found)
    if item is not None and statement.role != session.user:
        raise unsupported("OWNER TO another role")
    return found


# ------------------------------------------------------------------------------------------------------- GRANT


_ALLOWED = {
    "table": ("insert", "select", "update", "delete"),
    "view": ("select",),
    "materialized view": ("select",),
    "type": ("usage",),
    "schema": ("usage", "create"),
    "database": ("usage", "create"),
}


def _grant(session: Session, statement: statements.Grant) -> Definition:
    """Check what is granted and to whom: privileges decide nothing while RBAC is off, as it is."""
    names, catalog = session.names, session.engine.catalog
    roles = {OWNER, session.user, *catalog.roles}
    wrong = []
    for parts in statement.names:
        kind, shown = statement.kind, ".".join(parts)
        if kind == "role":
            if parts[-1] not in roles:
                raise SqlError(f"unknown role '{parts[-1]}'")
        elif kind == "schema":
            shown = ".".join(names.schema_of(parts))
        elif kind == "database":
            if parts[-1] not in catalog.databases:
                raise SqlError(f"unknown database '{parts[-1]}'")
        else:
            item = names.item(parts, types=kind == "type")
            kind, shown = item.kind, item.full_name
            if kind not in _ALLOWED:
                raise unsupported(f"{statement.verb.upper()} on an {kind}")
        refused = [each for each in statement.privileges if each != "all" and each not in _ALLOWED.get(kind, (each,))]
        if refused:
            listed = ", ".join(each.upper() for each in refused)
            wrong.append(f'invalid privilege types {listed} for {kind.upper()} "{shown}"')
    for role in statement.roles:
        if role not in {"public", *roles}:
            raise SqlError(f"unknown role '{role}'")
    if wrong:
        raise SqlError(wrong[0])
    if statement.kind == "role":
        raise unsupported(f"{statement.verb.upper()} of a role")
    return Definition(statement.verb.upper())


KINDS: dict[type[Any], Kind] = {
    statements.Drop: defined(_drop),
    statements.Rename: defined(_rename),
    statements.Swap: defined(_swap),
    statements.ChangeOwner: defined(_change_owner),
    statements.Grant: defined(_grant),
}
