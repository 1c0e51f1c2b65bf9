"""What is in the relations of the system schemas: rows by the names of their columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mzwidget.local.engine.catalog import SYSTEM_SCHEMAS
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import sql_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mzwidget.local.engine.catalog import Catalog, Item, Names

    Row = dict[str, Any]
    Fill = Callable[[Catalog, Names], list[Row]]

_CLUSTER, _REPLICA, _OWNER, _OWNER_OID = "u1", "u1", "u1", 20_000
_SYSTEM_OID = 16_600
_RELKINDS = {"table": "r", "view": "v", "materialized view": "m", "index": "i"}
_TABLE_TYPES = {"table": "BASE TABLE", "view": "VIEW", "materialized view": "MATERIALIZED VIEW"}
_CATEGORIES = {
    "bool": "B", "bytea": "U", "interval": "T", "uuid": "U", "jsonb": "U", "mz_timestamp": "N", "text": "S",
    "varchar": "S", "bpchar": "S", "date": "D", "time": "D", "timestamp": "D", "timestamptz": "D",
}  # fmt: skip


def _schemas(catalog: Catalog) -> Iterator[tuple[str | None, str, int]]:
    """Yield database (None for system schemas), name and OID of all schemas."""
    for database, found in catalog.databases.items():
        for name, schema in found.schemas.items():
            yield database, name, schema.oid
    for number, name in enumerate(SYSTEM_SCHEMAS):
        yield None, name, _SYSTEM_OID + number


def _schema_id(catalog: Catalog, item: Item) -> str:
    return f"u{catalog.databases[item.database].schemas[item.schema].oid}"


def _user_items(catalog: Catalog, *kinds: str) -> list[Item]:
    return [item for item in catalog.items() if item.database and (not kinds or item.kind in kinds)]


def _here(catalog: Catalog, names: Names, *kinds: str) -> list[Item]:
    """Return the items of the session's database."""
    return [item for item in _user_items(catalog, *kinds) if item.database == names.database]


def _relations(catalog: Catalog, names: Names) -> list[Item]:
    return _here(catalog, names, "table", "view", "materialized view")


def _definition(item: Item) -> str:
    """Return the query of a view, as it was written."""
    found = re.search(r"\sas\s", item.sql, re.IGNORECASE)
    return f"{item.sql[found.end() :]};" if found else ""


def _cluster(item: Item) -> str | None:
    return _CLUSTER if item.kind in {"materialized view", "index"} else None


# --------------------------------------------------------------------------------------------------- mz_catalog


def _mz_databases(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {"id": f"u{database.oid}", "oid": database.oid, "name": name, "owner_id": _OWNER}
        for name, database in catalog.databases.items()
    ]


def _mz_schemas(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "id": f"{'s' if database is None else 'u'}{oid}",
            "oid": oid,
            "database_id": None if database is None else f"u{catalog.databases[database].oid}",
            "name": name,
            "owner_id": _OWNER,
        }
        for database, name, oid in _schemas(catalog)
    ]


def _mz_objects(*kinds: str) -> Fill:
    def fill(catalog: Catalog, _: Names) -> list[Row]:
        return [
            {
                "id": item.id,
                "oid": item.oid,
                "schema_id": _schema_id(catalog, item),
                "name": item.name,
                "type": item.kind.replace(" ", "-"),
                "owner_id": _OWNER,
                "cluster_id": _cluster(item),
                "definition": _definition(item),
                "create_sql": item.sql,
                "redacted_create_sql": item.sql,
                "on_id": item.on or None,
            }
            for item in _user_items(catalog, *kinds)
        ]

    return fill


def _mz_columns(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "id": item.id,
            "name": column.name,
            "position": position,
            "nullable": column.nullable,
            "type": sql_name(column.type),
            "type_oid": column.type.oid,
            "type_mod": column.type.typmod,
        }
        for item in _user_items(catalog)
        if item.relation is not None
        for position, column in enumerate(item.columns, 1)
    ]


def _mz_index_columns(catalog: Catalog, _: Names) -> list[Row]:
    rows: list[Row] = []
    for item in _user_items(catalog, "index"):
        target = catalog.by_id(item.on)
        columns = [] if target is None or target.relation is None else list(target.columns)
        positions = {column.name: (position, column.nullable) for position, column in enumerate(columns, 1)}
        for number, key in enumerate(item.keys, 1):
            position, nullable = positions.get(key, (None, True))
            rows.append(
                {
                    "index_id": item.id,
                    "index_position": number,
                    "on_position": position,
                    "on_expression": None if position else key,
                    "nullable": nullable,
                }
            )
    return rows


def _mz_clusters(_: Catalog, __: Names) -> list[Row]:
    return [{"id": _CLUSTER, "name": "quickstart", "owner_id": _OWNER, "managed": False}]


def _mz_roles(catalog: Catalog, _: Names) -> list[Row]:
    return [{"id": f"u{oid}", "oid": oid, "name": name, "inherit": True} for name, oid in _roles(catalog)]


def _roles(catalog: Catalog) -> list[tuple[str, int]]:
    return [("materialize", _OWNER_OID), *catalog.roles.items()]


def _mz_comments(catalog: Catalog, _: Names) -> list[Row]:
    rows: list[Row] = []
    for item in _user_items(catalog):
        for (id_, column), text in catalog.comments.items():
            if id_ == item.id:
                names = [] if item.relation is None else [each.name for each in item.columns]
                position = names.index(column) + 1 if column in names else None
                rows.append(
                    {
                        "id": id_,
                        "object_type": item.kind.replace(" ", "-"),
                        "object_sub_id": position,
                        "comment": text,
                    }
                )
    return rows


def _dependencies(catalog: Catalog, _: Names) -> list[Row]:
    known = {item.id for item in _user_items(catalog)}
    return [
        {"object_id": item.id, "referenced_object_id": used}
        for item in _user_items(catalog)
        for used in sorted(item.uses - {item.id})
        if used in known
    ]


def _full_names(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "id": item.id,
            "name": item.name,
            "object_type": item.kind.replace(" ", "-"),
            "schema_id": _schema_id(catalog, item),
            "schema_name": item.schema,
            "database_id": f"u{catalog.databases[item.database].oid}",
            "database_name": item.database,
            "cluster_id": _cluster(item),
        }
        for item in _user_items(catalog)
    ]


# --------------------------------------------------------------------------------------------------- pg_catalog


def _pg_namespace(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"oid": oid, "nspname": name, "nspowner": _OWNER_OID}
        for database, name, oid in _schemas(catalog)
        if database in {None, names.database}
    ]


def _pg_class(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "oid": item.oid,
            "relname": item.name,
            "relnamespace": catalog.databases[item.database].schemas[item.schema].oid,
            "reloftype": 0,
            "relowner": _OWNER_OID,
            "relam": 0,
            "reltablespace": 0,
            "reltuples": -1,
            "reltoastrelid": 0,
            "relhasindex": any(other.on == item.id for other in _user_items(catalog, "index")),
            "relpersistence": "p",
            "relkind": _RELKINDS[item.kind],
            "relnatts": len(item.keys) if item.relation is None else len(item.columns),
            "relchecks": 0,
            "relhasrules": False,
            "relhastriggers": False,
            "relhassubclass": False,
            "relrowsecurity": False,
            "relforcerowsecurity": False,
            "relreplident": "d",
            "relispartition": False,
            "relhasoids": False,
        }
        for item in _here(catalog, names)
    ]


def _pg_attribute(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "attrelid": item.oid,
            "attname": column.name,
            "atttypid": column.type.oid,
            "attlen": column.type.typlen,
            "attnum": position,
            "atttypmod": column.type.typmod,
            "attndims": int(column.type.element is not None),
            "attnotnull": not column.nullable,
            "atthasdef": bool(item.relation.defaults and item.relation.defaults[position - 1]),
            "attidentity": "",
            "attgenerated": "",
            "attisdropped": False,
            "attcollation": 0,
        }
        for item in _here(catalog, names)
        if item.relation is not None
        for position, column in enumerate(item.columns, 1)
    ]


def _pg_type(_: Catalog, __: Names) -> list[Row]:
    rows: list[Row] = []
    namespace = _SYSTEM_OID + SYSTEM_SCHEMAS.index("pg_catalog")
    for type_ in t.SCALARS.values():
        array = t.array_of(type_)
        common = {"typnamespace": namespace, "typowner": _OWNER_OID, "typtype": "b", "typdelim": ",", "typrelid": 0}
        common |= {"typnotnull": False, "typbasetype": 0, "typtypmod": -1, "typcollation": 0}
        category = _CATEGORIES.get(type_.name, "N")
        rows.append(
            {
                **common,
                "oid": type_.oid,
                "typname": type_.name,
                "typlen": type_.typlen,
                "typcategory": category,
                "typelem": 0,
                "typarray": array.oid,
            }
        )
        rows.append(
            {
                **common,
                "oid": array.oid,
                "typname": f"_{type_.name}",
                "typlen": -1,
                "typcategory": "A",
                "typelem": type_.oid,
                "typarray": 0,
            }
        )
    return rows


def _pg_index(catalog: Catalog, names: Names) -> list[Row]:
    rows: list[Row] = []
    for item in _here(catalog, names, "index"):
        target = catalog.by_id(item.on)
        columns = [] if target is None or target.relation is None else [c.name for c in target.columns]
        rows.append(
            {
                "indexrelid": item.oid,
                "indrelid": 0 if target is None else target.oid,
                "indnatts": len(item.keys),
                "indisunique": False,
                "indisprimary": False,
                "indimmediate": False,
                "indisclustered": False,
                "indisvalid": True,
                "indisreplident": False,
                "indkey": " ".join(str(columns.index(key) + 1 if key in columns else 0) for key in item.keys),
                "indoption": " ".join("0" for _ in item.keys),
            }
        )
    return rows


def _pg_description(catalog: Catalog, names: Names) -> list[Row]:
    oids = {item.id: item for item in _here(catalog, names)}
    rows: list[Row] = []
    for (id_, column), text in catalog.comments.items():
        item = oids.get(id_)
        if item is not None:
            columns = [] if item.relation is None else [each.name for each in item.columns]
            position = columns.index(column) + 1 if column else 0
            rows.append({"objoid": item.oid, "classoid": _PG_CLASS, "objsubid": position, "description": text})
    return rows


_PG_CLASS = 1259


def _pg_database(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "oid": database.oid,
            "datname": name,
            "datdba": _OWNER_OID,
            "encoding": 6,
            "datistemplate": False,
            "datallowconn": True,
            "datcollate": "C",
            "datctype": "C",
        }
        for name, database in catalog.databases.items()
    ]


def _pg_roles(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "oid": oid,
            "rolname": name,
            "rolinherit": True,
            "rolcreaterole": False,
            "rolcreatedb": False,
            "rolcanlogin": True,
            "rolreplication": False,
            "rolconnlimit": -1,
            "rolbypassrls": False,
            "usename": name,
            "usesysid": oid,
        }
        for name, oid in _roles(catalog)
    ]


def _pg_tables(kind: str, column: str) -> Fill:
    def fill(catalog: Catalog, names: Names) -> list[Row]:
        return [
            {
                "schemaname": item.schema,
                column: item.name,
                "tableowner": "materialize",
                "viewowner": _OWNER_OID,
                "matviewowner": _OWNER_OID,
                "definition": _definition(item),
            }
            for item in _here(catalog, names, kind)
        ]

    return fill


# ------------------------------------------------------------------------------------------- information_schema


def _tables(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "table_catalog": item.database,
            "table_schema": item.schema,
            "table_name": item.name,
            "table_type": _TABLE_TYPES[item.kind],
            "view_definition": _definition(item),
        }
        for item in _relations(catalog, names)
    ]


def _views(catalog: Catalog, names: Names) -> list[Row]:
    return [row for row in _tables(catalog, names) if row["table_type"] == "VIEW"]


def _columns(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "table_catalog": item.database,
            "table_schema": item.schema,
            "table_name": item.name,
            "column_name": column.name,
            "ordinal_position": position,
            "is_nullable": "YES" if column.nullable else "NO",
            "data_type": sql_name(column.type),
        }
        for item in _relations(catalog, names)
        if item.relation is not None
        for position, column in enumerate(item.columns, 1)
    ]


def _schemata(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"catalog_name": names.database, "schema_name": name}
        for database, name, _ in _schemas(catalog)
        if database in {None, names.database}
    ]


def _enabled_roles(_: Catalog, __: Names) -> list[Row]:
    return [{"role_name": "materialize"}]


CONTENTS: dict[str, Fill] = {
    "mz_catalog.mz_databases": _mz_databases,
    "mz_catalog.mz_schemas": _mz_schemas,
    "mz_catalog.mz_objects": _mz_objects(),
    "mz_catalog.mz_relations": _mz_objects("table", "view", "materialized view"),
    "mz_catalog.mz_tables": _mz_objects("table"),
    "mz_catalog.mz_views": _mz_objects("view"),
    "mz_catalog.mz_materialized_views": _mz_objects("materialized view"),
    "mz_catalog.mz_indexes": _mz_objects("index"),
    "mz_catalog.mz_index_columns": _mz_index_columns,
    "mz_catalog.mz_columns": _mz_columns,
    "mz_catalog.mz_clusters": _mz_clusters,
    "mz_catalog.mz_roles": _mz_roles,
    "mz_internal.mz_comments": _mz_comments,
    "mz_internal.mz_object_dependencies": _dependencies,
    "mz_internal.mz_object_transitive_dependencies": _dependencies,
    "mz_internal.mz_object_fully_qualified_names": _full_names,
    "pg_catalog.pg_namespace": _pg_namespace,
    "pg_catalog.pg_class": _pg_class,
    "pg_catalog.pg_attribute": _pg_attribute,
    "pg_catalog.pg_type": _pg_type,
    "pg_catalog.pg_index": _pg_index,
    "pg_catalog.pg_description": _pg_description,
    "pg_catalog.pg_database": _pg_database,
    "pg_catalog.pg_roles": _pg_roles,
    "pg_catalog.pg_authid": _pg_roles,
    "pg_catalog.pg_user": _pg_roles,
    "pg_catalog.pg_tables": _pg_tables("table", "tablename"),
    "pg_catalog.pg_views": _pg_tables("view", "viewname"),
    "pg_catalog.pg_matviews": _pg_tables("materialized view", "matviewname"),
    "information_schema.tables": _tables,
    "information_schema.views": _views,
    "information_schema.columns": _columns,
    "information_schema.schemata": _schemata,
    "information_schema.enabled_roles": _enabled_roles,
}
