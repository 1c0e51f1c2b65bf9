"""What is in pg_catalog: rows by the names of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect.builtins import FUNCTIONS, READERS, TYPES
from mzwidget.local.engine.catalog import OWNER, OWNER_OID, SYSTEM_ROLES
from mzwidget.local.statements.spelling import defaults_of
from mzwidget.local.statements.system_items import (
    BUILTINS,
    DESCRIBED_BUILTINS,
    SCHEMA_OIDS,
    SYSTEM_OWNER_NAME,
    SYSTEM_OWNER_OID,
    all_roles,
    all_schemas,
    commented,
    definition,
    items_here,
    schema_oid,
    user_items,
)
from mzwidget.local.statements.system_relations import system_oid

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Catalog
    from mzwidget.local.engine.names import Names
    from mzwidget.local.statements.system_items import Fill, Row

_RELKINDS = {"table": "r", "source": "r", "view": "v", "materialized view": "m", "index": "i"}
_CATEGORIES = {
    "array": "A", "boolean": "B", "composite": "C", "date-time": "D", "list": "U", "numeric": "N", "pseudo": "P",
    "string": "S", "timespan": "T", "user-defined": "U",
}  # fmt: skip


def _pg_namespace(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"oid": oid, "nspname": name, "nspowner": SYSTEM_OWNER_OID if database is None else OWNER_OID}
        for database, name, oid in all_schemas(catalog)
        if database in {None, names.database}
    ]


def _pg_class(catalog: Catalog, names: Names) -> list[Row]:
    indexed = {item.on for item in user_items(catalog, "index")}
    return [
        {
            "oid": item.oid,
            "relname": item.name,
            "relnamespace": schema_oid(catalog, item),
            "relowner": OWNER_OID,
            "relhasindex": item.id in indexed,
            "relkind": _RELKINDS[item.kind],
            "relnatts": len(item.keys) if item.relation is None else len(item.columns),
            **_OF_EVERY_RELATION,
        }
        for item in items_here(catalog, names, *_RELKINDS)
    ] + [
        {
            "oid": each.oid,
            "relname": each.name,
            "relnamespace": each.schema_oid,
            "relowner": SYSTEM_OWNER_OID,
            "relhasindex": False,
            "relkind": _RELKINDS[each.kind],
            "relnatts": len(each.columns),
            **_OF_EVERY_RELATION,
        }
        for each in BUILTINS
    ]


_OF_EVERY_RELATION = {
    "reloftype": 0, "relam": 0, "reltablespace": 0, "reltuples": -1, "reltoastrelid": 0, "relpersistence": "p",
    "relchecks": 0, "relhasrules": False, "relhastriggers": False, "relhassubclass": False, "relrowsecurity": False,
    "relforcerowsecurity": False, "relreplident": "d", "relispartition": False, "relhasoids": False,
}  # fmt: skip


def _pg_attrdef(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"adrelid": item.oid, "adnum": position, "adbin": default, "adsrc": default}
        for item in items_here(catalog, names, "table")
        for position, default in enumerate(defaults_of(item, names), 1)
        if default is not None
    ]


def _pg_attribute(catalog: Catalog, names: Names) -> list[Row]:
    told = [
        (item.oid, position, column, default is not None)
        for item in items_here(catalog, names)
        if item.relation is not None
        for position, (column, default) in enumerate(
            zip(item.columns, item.relation.defaults or (None,) * len(item.columns), strict=True), 1
        )
    ]
    told += [
        (each.oid, position, column, False)
        for each in DESCRIBED_BUILTINS
        for position, column in enumerate(each.columns, 1)
    ]
    return [
        {
            "attrelid": oid,
            "attname": column.name,
            "atttypid": column.type.oid,
            "attnum": position,
            "atttypmod": column.type.declared_typmod,
            "attndims": 0,
            "attnotnull": not column.nullable,
            "atthasdef": has_default,
            "attidentity": "",
            "attgenerated": "",
            "attisdropped": False,
            "attcollation": 0,
        }
        for oid, position, column, has_default in told
    ]


def _pg_type(catalog: Catalog, names: Names) -> list[Row]:
    rows = [
        _type(each.oid, each.name, SCHEMA_OIDS[each.schema], each.category, each.array)
        | {
            "typowner": SYSTEM_OWNER_OID,
            "typtype": "p" if each.category == "pseudo" else "b",
            "typelem": TYPES[each.element].oid if each.element else 0,
            "typinput": each.input or None,
            "typreceive": each.receive,
        }
        for each in TYPES.values()
    ]
    for item in items_here(catalog, names, "type"):
        made = item.type
        assert made is not None
        category = {"list": "list", "map": "pseudo", "record": "composite"}[made.kind]
        rows.append(
            _type(item.oid, item.name, schema_oid(catalog, item), category)
            | {
                "typowner": OWNER_OID,
                "typtype": {"list": "l", "map": "m", "record": "b"}[made.kind],
                "typelem": made.element.oid if made.kind == "list" and made.element is not None else 0,
                "typreceive": 0,
            }
        )
    return rows


def _type(oid: int, name: str, schema: int, category: str, array: int = 0) -> Row:
    return {
        "oid": oid,
        "typname": name,
        "typnamespace": schema,
        "typcategory": _CATEGORIES.get(category),
        "typdelim": ",",
        "typrelid": 0,
        "typarray": array,
        "typnotnull": False,
        "typbasetype": 0,
        "typtypmod": -1,
        "typcollation": 0,
    }


def _pg_proc(_: Catalog, __: Names) -> list[Row]:
    told = [(each.oid, each.name, each.schema, each.result) for each in FUNCTIONS]
    told += [(oid, name, "pg_catalog", result) for name, (oid, result) in READERS.items()]
    return [
        {
            "oid": oid,
            "proname": name,
            "pronamespace": SCHEMA_OIDS[schema],
            "proowner": SYSTEM_OWNER_OID,
            "prorettype": TYPES[result].oid,
        }
        for oid, name, schema, result in told
    ]


def _pg_indexes(catalog: Catalog, names: Names) -> list[Row]:
    found = [(item, catalog.by_id(item.on)) for item in items_here(catalog, names, "index")]
    return [
        {
            "table_catalog": names.database,
            "schemaname": item.schema,
            "tablename": target.name,
            "indexname": item.name,
        }
        for item, target in found
        if target is not None
    ]


def _pg_depend(catalog: Catalog, names: Names) -> list[Row]:
    lists = {"table": "pg_tables", "view": "pg_views", "materialized view": "pg_matviews", "index": "pg_index"}
    here = {item.id: item for item in items_here(catalog, names, *lists)}
    return [
        {
            "classid": system_oid(f"pg_catalog.{lists[item.kind]}"),
            "objid": item.oid,
            "objsubid": 0,
            "refclassid": system_oid(f"pg_catalog.{lists[used.kind]}"),
            "refobjid": used.oid,
            "refobjsubid": 0,
            "deptype": "n",
        }
        for item in here.values()
        for used in (here[id_] for id_ in sorted(item.uses - {item.id}) if id_ in here)
    ]


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


def _pg_authid(catalog: Catalog, _: Names) -> list[Row]:
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


_HIDDEN = "********"


def _pg_user(catalog: Catalog, names: Names) -> list[Row]:
    of_users = {"userepl": False, "usebypassrls": False, "passwd": _HIDDEN}
    return [row | of_users for row in _pg_authid(catalog, names) if row["rolcanlogin"]]


def _pg_tables(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"schemaname": item.schema, "tablename": item.name, "tableowner": OWNER}
        for item in items_here(catalog, names, "table")
    ] + [
        {"schemaname": each.schema, "tablename": each.name, "tableowner": SYSTEM_OWNER_NAME}
        for each in BUILTINS
        if _RELKINDS[each.kind] == "r"
    ]


def _pg_views(kind: str, column: str) -> Fill:
    def fill(catalog: Catalog, names: Names) -> list[Row]:
        return [
            {
                "schemaname": item.schema,
                column: item.name,
                "viewowner": OWNER_OID,
                "matviewowner": OWNER_OID,
                "definition": definition(catalog, item),
            }
            for item in items_here(catalog, names, kind)
        ]

    return fill


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
    "pg_catalog.pg_roles": lambda *given: [row | {"rolpassword": _HIDDEN} for row in _pg_authid(*given)],
    "pg_catalog.pg_authid": _pg_authid,
    "pg_catalog.pg_user": _pg_user,
    "pg_catalog.pg_tables": _pg_tables,
    "pg_catalog.pg_views": _pg_views("view", "viewname"),
    "pg_catalog.pg_matviews": _pg_views("materialized view", "matviewname"),
    "pg_catalog.pg_indexes": _pg_indexes,
    "pg_catalog.pg_depend": _pg_depend,
    "pg_catalog.pg_proc": _pg_proc,
}
