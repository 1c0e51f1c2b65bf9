"""DROP, ALTER and COMMENT, as statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.catalog import OWNER, SYSTEM_SCHEMAS
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats.results import Notice
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.defining import defined
from mzwidget.local.statements.definitions import Definition, cascades, described, wrong_kind

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Item, Parts
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
        _refuse_system(session, parts)
        item = names.find(parts)
        if item is None:
            if not statement.if_exists and statement.kind == "type":
                names.check(parts)
                raise SqlError(f'type "{".".join(parts)}" does not exist')
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

    async def change() -> None:
        still = [item for item in chosen.values() if session.engine.catalog.by_id(item.id) is not None]
        await definitions.remove(definitions.removal(still, cascade=True))

    found.change = change
    return found


def _absent(kind: str, name: str) -> Notice:
    return Notice(f'{kind.upper()} "{name}" does not exist, skipping', "42704")


def _refuse_system(session: Session, parts: Parts) -> None:
    if len(parts) > 1 and parts[-2] in SYSTEM_SCHEMAS and session.names.relation(parts) is not None:
        raise SqlError(f"cannot drop item '{'.'.join(parts)}' because it is required by the database system")


def _drop_schema(session: Session, statement: statements.Drop) -> Definition:
    catalog, names = session.engine.catalog, session.names
    found = Definition("DROP SCHEMA")
    chosen: list[tuple[str, str]] = []
    going: list[Item] = []
    for parts in statement.names:
        if parts[-1] in SYSTEM_SCHEMAS:
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
    found.notices += cascades([*(f'SCHEMA "{name}.{schema}"' for _, schema in schemas), *described(going)])
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


_DROPS = {"schema": _drop_schema, "database": _drop_database, "role": _drop_role}


# -------------------------------------------------------------------------------------------------------- ALTER


def _rename(session: Session, statement: statements.Rename) -> Definition:
    catalog, names = session.engine.catalog, session.names
    found = Definition(f"ALTER {statement.kind.upper()}")
    if statement.kind == "schema":
        return _rename_schema(session, statement)
    item = _altered(session, statement.kind, statement.name, statement.if_exists, found)
    if item is None:
        return found
    if names.find((*item.path[:-1], statement.to)) is not None:
        raise SqlError(f"catalog item '{statement.to}' already exists")
    chosen = item

    async def change() -> None:
        catalog.rename(chosen, statement.to)

    found.change = change
    return found


def _rename_schema(session: Session, statement: statements.Rename) -> Definition:
    catalog = session.engine.catalog
    database, name = session.names.schema_of(statement.name)
    if catalog.schema(database, statement.to) is not None:
        raise SqlError(f"schema '{statement.to}' already exists")

    async def change() -> None:
        catalog.rename_schema(database, name, statement.to)

    return Definition("ALTER SCHEMA", change)


def _altered(session: Session, kind: str, parts: Parts, if_exists: bool, found: Definition) -> Item | None:
    item = session.names.find(parts)
    if item is None:
        if not if_exists:
            session.names.item(parts)
        found.notices.append(_absent(kind, parts[-1]))
    elif item.kind != kind:
        raise wrong_kind(item, kind, "ALTER", "rename")
    return item


def _change_owner(session: Session, statement: statements.ChangeOwner) -> Definition:
    found = Definition(f"ALTER {statement.kind.upper()}")
    if statement.kind in {"schema", "database"}:
        raise unsupported(f"ALTER {statement.kind.upper()} … OWNER TO")
    item = _altered(session, statement.kind, statement.name, statement.if_exists, found)
    if item is not None and statement.role != session.user:
        if statement.role not in session.engine.catalog.roles:
            raise SqlError(f"unknown role '{statement.role}'")
        raise unsupported("OWNER TO another role")
    return found


# ------------------------------------------------------------------------------------------------------ COMMENT


def _comment(session: Session, statement: statements.Comment) -> Definition:
    catalog, kind, name = session.engine.catalog, statement.kind, statement.name
    column = ""
    if kind in {"schema", "database", "role"}:
        if kind == "schema":
            key = ".".join(session.names.schema_of(name))
        elif name[-1] in (catalog.databases if kind == "database" else {*catalog.roles, session.user}):
            key = name[-1]
        else:
            raise SqlError(f"unknown {kind} '{name[-1]}'")
    else:
        item = session.names.item(name[:-1] if kind == "column" else name)
        if kind == "column":
            column = name[-1]
            if item.relation is None or column not in {each.name for each in item.relation.columns}:
                raise SqlError(f'column "{".".join(name)}" does not exist')
        elif item.kind != kind:
            raise SqlError(f"{item.kind.upper()} {item.name} is not a {kind.upper()}")
        key = item.id

    async def change() -> None:
        catalog.comment(key, column, statement.text)

    return Definition("COMMENT", change)


# ------------------------------------------------------------------------------------------------------- GRANT


def _grant(session: Session, statement: statements.Grant) -> Definition:
    """Check what privileges are granted on and to whom: they decide nothing while RBAC is off, as it is."""
    names, catalog = session.names, session.engine.catalog
    for parts in statement.names:
        if statement.kind == "schema":
            names.schema_of(parts)
        elif statement.kind == "database":
            if parts[-1] not in catalog.databases:
                raise SqlError(f"unknown database '{parts[-1]}'")
        else:
            names.item(parts)
    for role in statement.roles:
        if role not in {"public", OWNER, session.user, *catalog.roles}:
            raise SqlError(f"unknown role '{role}'")
    return Definition(statement.verb.upper())


KINDS: dict[type[Any], Kind] = {
    statements.Drop: defined(_drop),
    statements.Rename: defined(_rename),
    statements.ChangeOwner: defined(_change_owner),
    statements.Comment: defined(_comment),
    statements.Grant: defined(_grant),
}
