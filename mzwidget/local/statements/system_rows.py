"""What is in the relations of Materialize's own schemas: rows by the names of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.builtins import FUNCTIONS, PROCEDURES, TYPES
from mzwidget.local.engine.catalog import SYSTEM_ROLES
from mzwidget.local.formats.types import TEXT, catalog_name
from mzwidget.local.formats.zones import FIXED, OF_ZONES, zone_names
from mzwidget.local.statements.spelling import defaults_of
from mzwidget.local.statements.system_items import (
    BUILTINS,
    CLUSTER,
    DESCRIBED_BUILTINS,
    OWNER,
    SCHEMA_OIDS,
    SYSTEM_OWNER,
    all_roles,
    all_schemas,
    cluster_of,
    commented,
    definition,
    role_id,
    schema_id,
    user_items,
)

if TYPE_CHECKING:
    from mzwidget.local.dialect.builtins import BuiltinFunction
    from mzwidget.local.engine.catalog import Catalog
    from mzwidget.local.engine.names import Names
    from mzwidget.local.formats.types import Type
    from mzwidget.local.statements.system_items import Fill, Row


# --------------------------------------------------------------------------------------------------- mz_catalog


def _mz_databases(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {"id": f"u{database.oid}", "oid": database.oid, "name": name, "owner_id": OWNER}
        for name, database in catalog.databases.items()
    ]


def _mz_schemas(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "id": f"{'s' if database is None else 'u'}{oid}",
            "oid": oid,
            "database_id": None if database is None else f"u{catalog.databases[database].oid}",
            "name": name,
            "owner_id": SYSTEM_OWNER if database is None else OWNER,
        }
        for database, name, oid in all_schemas(catalog)
    ]


_CATEGORIES = {"list": "list", "map": "pseudo", "record": "composite"}
"""Of types that were made."""


def _mz_objects(*kinds: str) -> Fill:
    def fill(catalog: Catalog, _: Names) -> list[Row]:
        return [
            {
                "id": item.id,
                "oid": item.oid,
                "schema_id": schema_id(catalog, item),
                "name": item.name,
                "type": item.kind.replace(" ", "-"),
                "category": None if item.type is None else _CATEGORIES[item.type.kind],
                "owner_id": OWNER,
                "cluster_id": cluster_of(item),
                "definition": definition(catalog, item),
                "create_sql": item.sql,
                "redacted_create_sql": item.sql,
                "on_id": item.on or None,
            }
            for item in user_items(catalog, *kinds)
        ]

    return fill


def _with_builtins(fill: Fill, *kinds: str, other_kinds: bool = False) -> Fill:
    """Return a fill that tells of the system relations of some kinds too; with `other_kinds` of all there is."""

    def both(catalog: Catalog, names: Names) -> list[Row]:
        found = fill(catalog, names)
        found += [
            _builtin(each.id, each.oid, each.schema, each.name, each.kind)
            for each in BUILTINS
            if not kinds or each.kind in kinds
        ]
        if other_kinds:
            found += [_builtin(f"s{each.oid}", each.oid, each.schema, each.name, "type") for each in TYPES.values()]
            found += [_builtin(_function_id(each), each.oid, each.schema, each.name, "function") for each in FUNCTIONS]
        return found

    return both


def _builtin(id_: str, oid: int, schema: str, name: str, kind: str) -> Row:
    return {
        "id": id_,
        "oid": oid,
        "schema_id": f"s{SCHEMA_OIDS[schema]}",
        "schema_name": schema,
        "name": name,
        "type": kind.replace(" ", "-"),
        "object_type": kind.replace(" ", "-"),
        "owner_id": SYSTEM_OWNER,
    }


def _function_id(function: BuiltinFunction) -> str:
    """Return the id that functions of one name share."""
    return f"s{PROCEDURES[function.schema, function.name][0]}"


def _mz_functions(_: Catalog, __: Names) -> list[Row]:
    return [
        {
            "id": _function_id(each),
            "oid": each.oid,
            "schema_id": f"s{SCHEMA_OIDS[each.schema]}",
            "name": each.name,
            "argument_type_ids": [f"s{TYPES[name].oid}" for name in each.arguments],
            "variadic_argument_type_id": f"s{TYPES[each.variadic].oid}" if each.variadic else None,
            "return_type_id": f"s{TYPES[each.result].oid}",
            "returns_set": each.gives_rows,
            "owner_id": SYSTEM_OWNER,
        }
        for each in FUNCTIONS
    ]


def _mz_types(catalog: Catalog, names: Names) -> list[Row]:
    return [
        *_mz_objects("type")(catalog, names),
        *(
            _builtin(f"s{each.oid}", each.oid, each.schema, each.name, "type") | {"category": each.category}
            for each in TYPES.values()
        ),
    ]


def _types_of(of: str) -> Fill:
    """Return a fill of the types of a kind, ``array``, ``base``, ``list``, ``map`` or ``pseudo``, and their parts."""

    def fill(catalog: Catalog, _: Names) -> list[Row]:
        ids = {each.oid: f"s{each.oid}" for each in TYPES.values()}
        items = user_items(catalog, "type")
        ids_of_made = {item.type: item.id for item in items if item.type is not None}

        def id_of(type_: Type) -> str:
            return ids_of_made.get(type_) or ids[type_.oid]

        rows: list[Row] = []
        for each in TYPES.values():
            kind = "array" if each.element else "pseudo" if each.category == "pseudo" else "base"
            if kind == of:
                element = TYPES[each.element].oid if each.element else None
                rows.append({"id": ids[each.oid], "element_id": None if element is None else ids[element]})
        for item in items:
            made = item.type
            if made is not None and ("base" if made.kind == "record" else made.kind) == of:
                element_id = None if made.element is None else id_of(made.element.base)
                row = {"id": item.id, "element_id": element_id, "key_id": ids[TEXT.oid], "value_id": element_id}
                rows.append(row)
        return rows

    return fill


def _mz_columns(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "id": item.id,
            "name": column.name,
            "position": position,
            "nullable": column.nullable,
            "type": catalog_name(column.type),
            "default": default,
            "type_oid": column.type.oid,
            "type_mod": column.type.declared_typmod,
        }
        for item in user_items(catalog)
        if item.relation is not None
        for position, (column, default) in enumerate(zip(item.columns, defaults_of(item, names), strict=True), 1)
    ] + [
        {
            "id": each.id,
            "name": column.name,
            "position": position,
            "nullable": column.nullable,
            "type": catalog_name(column.type),
            "type_oid": column.type.oid,
            "type_mod": -1,
        }
        for each in DESCRIBED_BUILTINS
        for position, column in enumerate(each.columns, 1)
    ]


def _mz_index_columns(catalog: Catalog, _: Names) -> list[Row]:
    rows: list[Row] = []
    for item in user_items(catalog, "index"):
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
    return [{"id": CLUSTER, "name": "quickstart", "owner_id": OWNER, "managed": False}]


def _mz_roles(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {"id": role_id(catalog, name), "oid": oid, "name": name, "inherit": True} for name, oid in all_roles(catalog)
    ] + [{"id": id_, "oid": oid, "name": name, "inherit": True} for name, (id_, oid) in SYSTEM_ROLES.items()]


def _mz_comments(catalog: Catalog, _: Names) -> list[Row]:
    rows: list[Row] = []
    for item in user_items(catalog):
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
    others = [
        *(("database", database.oid, f"u{database.oid}") for database in catalog.databases.values()),
        *(("schema", oid, f"{'s' if database is None else 'u'}{oid}") for database, _, oid in all_schemas(catalog)),
        *(("role", oid, role_id(catalog, name)) for name, oid in all_roles(catalog)),
        ("cluster", "quickstart", CLUSTER),
    ]
    rows += [
        {"id": id_, "object_type": kind, "comment": catalog.comments[key]}
        for kind, number, id_ in others
        if (key := (commented(kind, number), "")) in catalog.comments
    ]
    return rows


def _dependencies(catalog: Catalog, _: Names) -> list[Row]:
    known = {item.id for item in user_items(catalog)}
    return [
        {"object_id": item.id, "referenced_object_id": used}
        for item in user_items(catalog)
        for used in sorted(item.uses - {item.id})
        if used in known
    ]


def _full_names(catalog: Catalog, _: Names) -> list[Row]:
    return [
        {
            "id": item.id,
            "name": item.name,
            "object_type": item.kind.replace(" ", "-"),
            "schema_id": schema_id(catalog, item),
            "schema_name": item.schema,
            "database_id": f"u{catalog.databases[item.database].oid}",
            "database_name": item.database,
            "cluster_id": cluster_of(item),
        }
        for item in user_items(catalog)
    ]


def _mz_timezone_names(_: Catalog, __: Names) -> list[Row]:
    return [{"name": name} for name in sorted(zone_names().values())]


def _mz_timezone_abbreviations(_: Catalog, __: Names) -> list[Row]:
    fixed = [
        {"abbreviation": name, "utc_offset": (0, 0, offset), "dst": dst, "timezone_name": None}
        for name, (offset, dst) in FIXED.items()
    ]
    return fixed + [{"abbreviation": name, "timezone_name": zone} for name, zone in OF_ZONES.items()]


CONTENTS: dict[str, Fill] = {
    "mz_catalog.mz_timezone_abbreviations": _mz_timezone_abbreviations,
    "mz_catalog.mz_timezone_names": _mz_timezone_names,
    "mz_catalog.mz_databases": _mz_databases,
    "mz_catalog.mz_schemas": _mz_schemas,
    "mz_catalog.mz_objects": _with_builtins(_mz_objects(), other_kinds=True),
    "mz_catalog.mz_relations": _with_builtins(_mz_objects("table", "view", "materialized view")),
    "mz_catalog.mz_tables": _with_builtins(_mz_objects("table"), "table"),
    "mz_catalog.mz_sources": _with_builtins(_mz_objects("source"), "source"),
    "mz_catalog.mz_views": _mz_objects("view"),
    "mz_catalog.mz_materialized_views": _mz_objects("materialized view"),
    "mz_catalog.mz_indexes": _mz_objects("index"),
    "mz_catalog.mz_types": _mz_types,
    "mz_catalog.mz_array_types": _types_of("array"),
    "mz_catalog.mz_base_types": _types_of("base"),
    "mz_catalog.mz_list_types": _types_of("list"),
    "mz_catalog.mz_map_types": _types_of("map"),
    "mz_catalog.mz_pseudo_types": _types_of("pseudo"),
    "mz_catalog.mz_functions": _mz_functions,
    "mz_catalog.mz_index_columns": _mz_index_columns,
    "mz_catalog.mz_columns": _mz_columns,
    "mz_catalog.mz_clusters": _mz_clusters,
    "mz_catalog.mz_roles": _mz_roles,
    "mz_internal.mz_comments": _mz_comments,
    "mz_internal.mz_object_dependencies": _dependencies,
    "mz_internal.mz_object_transitive_dependencies": _dependencies,
    "mz_internal.mz_object_fully_qualified_names": _with_builtins(_full_names, other_kinds=True),
}
