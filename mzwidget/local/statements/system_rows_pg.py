"""What is in pg_catalog and information_schema: rows by the names of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect.typenames import home_of
from mzwidget.local.engine.catalog import OWNER_OID
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import catalog_name
from mzwidget.local.statements.spelling import defaults_of
from mzwidget.local.statements.system_items import (
    SCHEMA_OIDS,
    SYSTEM_ROLES,
    all_roles,
    all_schemas,
    commented,
    definition,
    items_here,
    relations_here,
    schema_oid,
    user_items,
)
from mzwidget.local.statements.system_relations import system_oid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mzwidget.local.engine.catalog import Catalog
    from mzwidget.local.engine.names import Names
    from mzwidget.local.statements.system_items import Fill, Row

_RELKINDS = {"table": "r", "view": "v", "materialized view": "m", "index": "i"}
_TABLE_TYPES = {"table": "BASE TABLE", "view": "VIEW", "materialized view": "MATERIALIZED VIEW"}
_CATEGORIES = {
    "bool": "B", "bytea": "U", "interval": "T", "uuid": "U", "jsonb": "U", "mz_timestamp": "N", "text": "S",
    "varchar": "S", "bpchar": "S", "name": "S", "char": "S", "date": "D", "time": "D", "timestamp": "D",
    "timestamptz": "D",
}  # fmt: skip


# --------------------------------------------------------------------------------------------------- pg_catalog


def _pg_namespace(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"oid": oid, "nspname": name, "nspowner": OWNER_OID}
        for database, name, oid in all_schemas(catalog)
        if database in {None, names.database}
    ]


def _pg_class(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "oid": item.oid,
            "relname": item.name,
            "relnamespace": schema_oid(catalog, item),
            "reloftype": 0,
            "relowner": OWNER_OID,
            "relam": 0,
            "reltablespace": 0,
            "reltuples": -1,
            "reltoastrelid": 0,
            "relhasindex": any(other.on == item.id for other in user_items(catalog, "index")),
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
        for item in items_here(catalog, names, *_RELKINDS)
    ]


def _pg_attrdef(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"adrelid": item.oid, "adnum": position, "adbin": default, "adsrc": default}
        for item in items_here(catalog, names, "table")
        for position, default in enumerate(defaults_of(item, names), 1)
        if default is not None
    ]


def _pg_attribute(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "attrelid": item.oid,
            "attname": column.name,
            "atttypid": column.type.oid,
            "attlen": None,
            "attnum": position,
            "atttypmod": column.type.declared_typmod,
            "attndims": int(column.type.element is not None),
            "attnotnull": not column.nullable,
            "atthasdef": bool(item.relation.defaults and item.relation.defaults[position - 1]),
            "attidentity": "",
            "attgenerated": "",
            "attisdropped": False,
            "attcollation": 0,
        }
        for item in items_here(catalog, names)
        if item.relation is not None
        for position, column in enumerate(item.columns, 1)
    ]


def _pg_type(catalog: Catalog, names: Names) -> list[Row]:
    made = items_here(catalog, names, "type")
    return [
        _type(type_.oid, name, SCHEMA_OIDS[home_of(name)], category, type_, array=array)
        for type_, name, category, array in _types()
    ] + [
        _type(item.oid, item.name, schema_oid(catalog, item), "C" if item.type.kind == "record" else "U", item.type)
        for item in made
        if item.type is not None
    ]


def _type(oid: int, name: str, schema: int, category: str, type_: t.Type, *, array: int = 0) -> Row:
    has_element = type_.element is not None and (category == "A" or (category == "U" and type_.kind == "list"))
    return {
        "oid": oid,
        "typname": name,
        "typnamespace": schema,
        "typowner": OWNER_OID,
        "typlen": None,
        "typtype": {"P": "p", "C": "c"}.get(category, "b"),
        "typcategory": category,
        "typdelim": ",",
        "typrelid": 0,
        "typelem": type_.element.oid if has_element and type_.element is not None else 0,
        "typarray": array,
        "typnotnull": False,
        "typbasetype": 0,
        "typtypmod": -1,
        "typcollation": 0,
    }


def _types() -> Iterator[tuple[t.Type, str, str, int]]:
    """Yield the types that a column may be of, with their names, categories and arrays."""
    yield t.list_of(t.TEXT), "list", "P", 0
    yield t.map_of(t.TEXT), "map", "P", 0
    for type_ in (*t.SCALARS.values(), *t.RANGES.values(), t.record_of((), ())):
        array = t.array_of(type_)
        category = {"range": "R", "record": "P"}.get(type_.kind) or _CATEGORIES.get(type_.name, "N")
        yield type_, type_.name, category, array.oid
        yield array, f"_{type_.name}", "A", 0


def _pg_index(catalog: Catalog, names: Names) -> list[Row]:
    rows: list[Row] = []
    for item in items_here(catalog, names, "index"):
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
                "indkey": [columns.index(key) + 1 if key in columns else 0 for key in item.keys],
                "indoption": [0 for _ in item.keys],
            }
        )
    return rows


def pg_description(catalog: Catalog, names: Names) -> list[Row]:
    oids = {item.id: item for item in items_here(catalog, names)}
    rows: list[Row] = []
    for (id_, column), text in catalog.comments.items():
        item = oids.get(id_)
        if item is not None:
            columns = [] if item.relation is None else [each.name for each in item.columns]
            position = columns.index(column) + 1 if column else 0
            rows.append(
                {
                    "objoid": item.oid,
                    "classoid": system_oid(f"pg_catalog.{'pg_type' if item.kind == 'type' else 'pg_class'}"),
                    "objsubid": position,
                    "description": text,
                }
            )
    rows += [
        {
            "objoid": oid,
            "classoid": system_oid("pg_catalog.pg_namespace"),
            "objsubid": 0,
            "description": catalog.comments[key],
        }
        for database, _, oid in all_schemas(catalog)
        if database in (None, names.database) and (key := (commented("schema", oid), "")) in catalog.comments
    ]
    return rows


def _pg_database(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "oid": database.oid,
            "datname": name,
            "datdba": OWNER_OID,
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
            "rolcanlogin": name not in SYSTEM_ROLES,
            "rolreplication": False,
            "rolconnlimit": -1,
            "rolbypassrls": False,
            "usename": name,
            "usesysid": oid,
        }
        for name, oid in [*all_roles(catalog), *((name, oid) for name, (_, oid) in SYSTEM_ROLES.items())]
    ]


def _pg_user(catalog: Catalog, names: Names) -> list[Row]:
    return [row for row in _pg_roles(catalog, names) if row["rolcanlogin"]]


def _pg_tables(kind: str, column: str) -> Fill:
    def fill(catalog: Catalog, names: Names) -> list[Row]:
        return [
            {
                "schemaname": item.schema,
                column: item.name,
                "tableowner": "materialize",
                "viewowner": OWNER_OID,
                "matviewowner": OWNER_OID,
                "definition": definition(catalog, item),
            }
            for item in items_here(catalog, names, kind)
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
            "view_definition": definition(catalog, item),
        }
        for item in relations_here(catalog, names)
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
            "column_default": default,
            "is_nullable": "YES" if column.nullable else "NO",
            "data_type": catalog_name(column.type),
        }
        for item in relations_here(catalog, names)
        if item.relation is not None
        for position, (column, default) in enumerate(zip(item.columns, defaults_of(item, names), strict=True), 1)
    ]


def _schemata(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"catalog_name": names.database, "schema_name": name}
        for database, name, _ in all_schemas(catalog)
        if database in {None, names.database}
    ]


def _enabled_roles(_: Catalog, __: Names) -> list[Row]:
    return [{"role_name": "materialize"}]


def _always(**row: Any) -> Fill:
    """Return a fill of one row that is the same everywhere."""
    return lambda *_: [row]


CONTENTS: dict[str, Fill] = {
    "pg_catalog.pg_settings": _always(name="max_index_keys", setting="1000"),
    "pg_catalog.pg_tablespace": _always(oid=0, spcname="pg_default"),
    "pg_catalog.pg_namespace": _pg_namespace,
    "pg_catalog.pg_class": _pg_class,
    "pg_catalog.pg_attrdef": _pg_attrdef,
    "pg_catalog.pg_attribute": _pg_attribute,
    "pg_catalog.pg_type": _pg_type,
    "pg_catalog.pg_index": _pg_index,
    "pg_catalog.pg_description": pg_description,
    "pg_catalog.pg_database": _pg_database,
    "pg_catalog.pg_roles": _pg_roles,
    "pg_catalog.pg_authid": _pg_roles,
    "pg_catalog.pg_user": _pg_user,
    "pg_catalog.pg_tables": _pg_tables("table", "tablename"),
    "pg_catalog.pg_views": _pg_tables("view", "viewname"),
    "pg_catalog.pg_matviews": _pg_tables("materialized view", "matviewname"),
    "information_schema.tables": _tables,
    "information_schema.views": _views,
    "information_schema.columns": _columns,
    "information_schema.schemata": _schemata,
    "information_schema.enabled_roles": _enabled_roles,
}
