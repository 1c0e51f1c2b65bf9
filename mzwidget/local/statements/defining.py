"""CREATE, as statements."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import asserted, parse, parse_type, resolve_type
from mzwidget.local.engine.catalog import Item
from mzwidget.local.errors import Notice, SqlError
from mzwidget.local.formats import types as t
from mzwidget.local.formats.results import Result
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.definitions import Definition, known_cluster, place, source_of, taken
from mzwidget.local.statements.keys import default_key
from mzwidget.local.statements.kinds import Kind
from mzwidget.local.statements.planning import Plan
from mzwidget.local.statements.reading import advice
from mzwidget.local.statements.restoring import written_down
from mzwidget.local.statements.spelling import PLACE, definition, expression_of, resolved, type_path
from mzwidget.local.statements.transactions import alone
from mzwidget.local.statements.variables import CATALOG_SERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mzwidget.local.dialect.syntax import tree
    from mzwidget.local.engine.names import Names
    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.planning import Planner
    from mzwidget.local.statements.session import Session

RESERVED = ("mz_", "pg_")
_RBAC = Notice(
    "RBAC is disabled so no role attributes or object ownership will be considered when executing statements",
    hint="To enable RBAC globally run `ALTER SYSTEM SET enable_rbac_checks TO TRUE` as a superuser. TO enable RBAC for "
    "just this session run `SET enable_session_rbac_checks TO TRUE`.",
)


_UNRESOLVED = re.compile(r"unknown (catalog item|schema|database|cluster) |(type|function) .* does not exist")
"""What names that mean nothing are told by; that comes before all else."""


def defined(
    prepare: Callable[[Session, Any], Definition],
    check: Callable[[Session, Any], object] = lambda _, __: None,
    *,
    made: Callable[[Any], str] | None = None,
) -> Kind:
    """Return the kind of a statement that changes the catalog: at once, or when its transaction commits.

    `check` finds what is wrong when it is only prepared. In a transaction block most of the rest is told by the COMMIT:
    until then a statement that makes something answers as if it had, and `made` is what that is.
    """

    def plan(session: Session, statement: Any, _: Sequence[Type | None]) -> Plan:
        check(session, statement)
        return Plan(statement)

    async def run(session: Session, plan: Plan, _: Sequence[Any]) -> Result:
        transaction = session.transaction
        if transaction is not None:
            if transaction.several and not transaction.explicit:
                raise alone(session.sql)
            transaction.define(renames=isinstance(plan.statement, statements.Rename | statements.Swap))
        number = session.engine.catalog.numbers
        try:
            definition = prepare(session, plan.statement)
        except SqlError as error:
            if transaction is None or made is None or _UNRESOLVED.match(error.message):
                raise
            error.position = None
            transaction.change = partial(_fail, error)
            return Result(lambda _: f"CREATE {made(plan.statement).upper()}")
        if definition.change is not None:
            change = written_down(session, plan.statement, number, definition.change)
            if transaction is not None:
                transaction.change = change
            else:
                await change()
        return Result(lambda _: definition.tag, notices=definition.notices)

    return Kind(run, plan)


async def _fail(error: SqlError) -> None:
    raise error


def _create_table(session: Session, statement: statements.CreateTable) -> Definition:
    definitions, names = session.engine.definitions, session.names
    owner = session.number if statement.temporary else 0
    path = place(names, statement.name, temporary=owner)
    planner = session.planner
    columns = planner.table_columns(statement.parsed)
    found = Definition("CREATE TABLE")
    item = definitions.table(path, owner, columns, statement.sql)
    item = replace(item, types=frozenset(planner.names.used_types))
    if taken(names, path, kind="table", if_not_exists=statement.if_not_exists, notices=found.notices):
        return found

    async def change() -> None:
        if not taken(session.names, path, kind="table", if_not_exists=statement.if_not_exists, notices=found.notices):
            await definitions.add_table(item)

    found.change = change
    return found


def _create_view(session: Session, statement: statements.CreateView) -> Definition:
    definitions, names = session.engine.definitions, session.names
    if statement.kind == "materialized view":
        _check_cluster(session, statement.cluster)
    owner = session.number if statement.temporary else 0
    path = place(names, statement.name, temporary=owner)
    planner = session.planner
    query = planner.view_query(statement.parsed, maintained=statement.kind == "materialized view")
    spelt = resolved(statement.query, names)
    if not owner:
        named = sorted(PLACE.findall(spelt), key=lambda id_: int(id_[1:]))
        _refuse_temporary(session, [*named, *query.inputs])
    if statement.not_null and len(statement.columns or ()) <= len(query.columns):
        query = asserted(query, statement.not_null, statement.columns or ())
    item = definitions.view(statement.kind, path, owner, query, statement.columns, statement.sql)
    item = replace(item, query=spelt, types=frozenset(planner.names.used_types))
    found = Definition(f"CREATE {statement.kind.upper()}")
    if statement.kind == "materialized view":
        found.notices += advice(query)
    if statement.or_replace:
        definitions.replaced(names, item)
    elif taken(names, path, kind=statement.kind, if_not_exists=statement.if_not_exists, notices=found.notices):
        return found

    async def change() -> None:
        old = None
        if statement.or_replace:
            old = definitions.replaced(session.names, item)
        elif taken(
            session.names, path, kind=statement.kind, if_not_exists=statement.if_not_exists, notices=found.notices
        ):
            return
        definitions.replace(old, item)

    found.change = change
    return found


def _check_cluster(session: Session, given: str | None) -> None:
    """Insist that there is a cluster that maintains what is made, be it the session's."""
    cluster = given or session.variables.get("cluster")
    known_cluster(cluster)
    if cluster == CATALOG_SERVER:
        raise SqlError(
            f'permission denied for CLUSTER "{cluster}"',
            "42501",
            detail=f"The 'materialize' role needs CREATE privileges on CLUSTER \"{cluster}\"",
        )


def _refuse_temporary(session: Session, ids: list[str]) -> None:
    """Refuse what reads a temporary item; the first of them is named."""
    for id_ in ids:
        item = session.engine.catalog.by_id(id_)
        if item is not None and item.owner:
            raise SqlError(f"non-temporary items cannot depend on temporary item '{item.name}'")


def _create_index(session: Session, statement: statements.CreateIndex) -> Definition:
    catalog, names = session.engine.catalog, session.names
    planner = session.planner
    _check_cluster(session, statement.cluster)
    target = names.item(statement.on)
    if target.relation is None:
        raise SqlError(f"index cannot be created on {target.full_name} because it is a {target.kind}")
    if target.owner:
        raise SqlError(f"non-temporary items cannot depend on temporary item '{target.name}'")
    if target.relation.refusal is not None:
        raise target.relation.refusal
    if statement.keys is None:
        keys = default_key(target, catalog)
    else:
        keys = tuple(_key(planner, target, *key) for key in statement.keys)
    found = Definition("CREATE INDEX")
    beside = target.path[:-1]
    name = statement.name or _index_name(session, target, keys, default=statement.keys is None)
    path = (*beside, name)
    if taken(names, path, kind="index", if_not_exists=statement.if_not_exists, notices=found.notices):
        return found
    if not keys:
        found.notices.append(
            Notice(
                "Empty index key. The index will be completely skewed to one worker thread, which can lead to "
                "performance problems.",
                hint="CREATE DEFAULT INDEX is almost always better than an index with an empty key. (Except for cross "
                "joins with big inputs, which are better to avoid anyway.)",
            )
        )
    full_name = ".".join(path)
    on = f"{target.name}({', '.join(keys)})"
    beside_it = [item for item in catalog.dependents(target) if item.kind == "index" and item.on == target.id]
    beside_it.sort(key=lambda item: item.oid)
    found.notices += [
        Notice(
            f"Index {full_name} is identical to {other.full_name}, which is also defined on {on}.",
            hint=f"Please drop all indexes except the first index created on {on} and recreate all dependent objects.",
        )
        for other in beside_it
        if other.keys == keys
    ]
    source = source_of(keys, beside_it)

    async def change() -> None:
        if not taken(session.names, path, kind="index", if_not_exists=statement.if_not_exists, notices=[]):
            id_, oid = catalog.new_id()
            made = Item(id_, oid, "index", target.database, target.schema, name)
            types = frozenset(planner.names.used_types)
            catalog.add(replace(made, on=target.id, keys=keys, built_from=source, types=types))

    found.change = change
    return found


def _key(planner: Planner, target: Item, expr: tree.Expr, text: str) -> str:
    """Check the key of an index; return it as messages spell it."""
    assert target.relation is not None
    column = planner.key(expr, target.relation)
    return expression_of(text, planner.names) if column is None else column


def _index_name(session: Session, target: Item, keys: Sequence[str], *, default: bool) -> str:
    parts = ["primary"] if default else [key if re.fullmatch(r"\w+", key) else "expr" for key in keys]
    base = "_".join([target.name, *parts, "idx"])
    names, number, name = session.names, 0, base
    while names.taken((*target.path[:-1], name)) is not None:
        number += 1
        name = f"{base}{number}"
    return name


def _create_type(session: Session, statement: statements.CreateType) -> Definition:
    names, catalog = session.names, session.engine.catalog
    path = place(names, statement.name)
    for key, node in definition(statement.text):
        _embedded(names, key, node)
    if statement.text.startswith("("):
        planner = session.planner
        columns = planner.table_columns(parse(f"CREATE TABLE t {statement.text}"))
        used = frozenset(planner.names.used_types)
        type_ = t.record_of(tuple((c.name, c.type) for c in columns), tuple(c.nullable for c in columns))
    else:
        type_ = resolve_type(parse_type(statement.text), names)
        used = frozenset(names.used_types)
    found = Definition("CREATE TYPE")
    taken(names, path, kind="type", if_not_exists=False, notices=found.notices)
    id_, oid = catalog.new_id()
    database, schema, name = path
    made = replace(type_, alias=(id_, name))

    async def change() -> None:
        taken(session.names, path, kind="type", if_not_exists=False, notices=[])
        catalog.add(Item(id_, oid, "type", database, schema, name, sql=statement.sql, type=made, types=used))

    found.change = change
    return found


def _embedded(names: Names, key: str, node: tree.TypeName) -> None:
    """Insist that a type can be part of another one."""
    if node.kind in ("list", "map"):
        raise SqlError(
            f"CREATE TYPE ... AS {key} can only use named data types, but found unnamed data type "
            f"{type_path(node, names)}. Use CREATE TYPE to create a named type first"
        )
    if resolve_type(node, names).name == "bpchar":
        raise SqlError("embedding char type in a list or map not yet supported")


def _create_schema(session: Session, statement: statements.CreateSchema) -> Definition:
    names = session.names
    database = statement.name[0] if len(statement.name) > 1 else names.database
    name = statement.name[-1]
    if len(statement.name) > 2:
        raise SqlError(f"schema name {'.'.join(statement.name)} has more than two components")
    if database not in session.engine.catalog.databases:
        given = len(statement.name) > 1
        raise SqlError(f"invalid database {database}" if given else "no database specified and no active database")
    if name.startswith(RESERVED):
        raise reserved_schema(name)
    found = Definition("CREATE SCHEMA")
    if session.engine.catalog.schema(database, name) is not None:
        if not statement.if_not_exists:
            raise schema_exists(name)
        found.notices.append(Notice(f'schema "{name}" already exists, skipping', "42P06"))
        return found

    async def change() -> None:
        if session.engine.catalog.schema(database, name) is None:
            session.engine.catalog.add_schema(database, name)

    found.change = change
    return found


def schema_exists(name: str) -> SqlError:
    return SqlError(f"schema '{name}' already exists")


def reserved_schema(name: str) -> SqlError:
    return SqlError(
        f"unacceptable schema name '{name}'",
        detail='The prefixes "mz_" and "pg_" are reserved for system schemas.',
    )


def _create_database(session: Session, statement: statements.CreateDatabase) -> Definition:
    catalog, name = session.engine.catalog, statement.name
    found = Definition("CREATE DATABASE")
    if name in catalog.databases:
        if not statement.if_not_exists:
            raise SqlError(f"database '{name}' already exists")
        found.notices.append(Notice(f'database "{name}" already exists, skipping', "42P04"))
        return found

    async def change() -> None:
        if name not in catalog.databases:
            catalog.add_database(name)

    found.change = change
    return found


def _create_role(session: Session, statement: statements.CreateRole) -> Definition:
    catalog, name = session.engine.catalog, statement.name
    _check_attributes(statement.attributes)
    if name.startswith(RESERVED) or name == "public":
        raise SqlError(
            f'role name "{name}" is reserved',
            detail='The role "public" and the prefixes "mz_" and "pg_" are reserved for system roles.',
            notices=[_RBAC],
        )
    if name in catalog.roles or name == session.user:
        raise SqlError(f"role '{name}' already exists", notices=[_RBAC])

    async def change() -> None:
        catalog.roles.setdefault(name, catalog.new_id()[1])

    return Definition("CREATE ROLE", change, [_RBAC])


def _check_attributes(attributes: Sequence[str]) -> None:
    """Refuse what roles cannot be given; they inherit, said or not."""
    inherits = [each for each in attributes if each.endswith("inherit")]
    for each in attributes:
        if not each.endswith("inherit"):
            raise SqlError(
                f"{each.removeprefix('no').upper()} attribute is not supported, for more information consult the "
                "documentation at https://materialize.com/docs/sql/create-role/#details",
                detail="Use system privileges instead.",
            )
    if len(inherits) > 1:
        raise SqlError("conflicting or redundant options")
    if inherits == ["noinherit"]:
        raise SqlError("non inherit roles not yet supported")


KINDS: dict[type[Any], Kind] = {
    statements.CreateTable: defined(
        _create_table, lambda session, it: session.planner.table_columns(it.parsed), made=lambda _: "table"
    ),
    statements.CreateView: defined(_create_view, made=lambda it: it.kind),
    statements.CreateIndex: defined(
        _create_index, lambda session, it: session.names.item(it.on), made=lambda _: "index"
    ),
    statements.CreateType: defined(_create_type, made=lambda _: "type"),
    statements.CreateSchema: defined(_create_schema, made=lambda _: "schema"),
    statements.CreateDatabase: defined(_create_database, made=lambda _: "database"),
    statements.CreateRole: defined(_create_role, made=lambda _: "role"),
}
