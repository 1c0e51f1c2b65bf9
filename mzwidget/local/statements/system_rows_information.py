"""What is in information_schema: rows by the names of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.builtins import FUNCTIONS
from mzwidget.local.engine.catalog import OWNER
from mzwidget.local.formats.types import catalog_name
from mzwidget.local.statements.spelling import defaults_of
from mzwidget.local.statements.system_items import (
    BUILTINS,
    DESCRIBED_BUILTINS,
    all_schemas,
    definition,
    items_here,
    relations_here,
)

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Catalog
    from mzwidget.local.engine.names import Names
    from mzwidget.local.statements.system_items import Fill, Row


def _tables(catalog: Catalog, names: Names) -> list[Row]:
    told = [(item.schema, item.name, item.kind) for item in relations_here(catalog, names)]
    told += [(each.schema, each.name, each.kind) for each in BUILTINS]
    return [
        {
            "table_catalog": names.database,
            "table_schema": schema,
            "table_name": name,
            "table_type": "BASE TABLE" if kind == "table" else kind.upper(),
        }
        for schema, name, kind in told
    ]


def _views(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {
            "table_catalog": item.database,
            "table_schema": item.schema,
            "table_name": item.name,
            "view_definition": definition(catalog, item),
        }
        for item in items_here(catalog, names, "view")
    ]


def _columns(catalog: Catalog, names: Names) -> list[Row]:
    told = [
        (item.schema, item.name, position, column, default)
        for item in relations_here(catalog, names)
        for position, (column, default) in enumerate(zip(item.columns, defaults_of(item, names), strict=True), 1)
    ]
    told += [
        (each.schema, each.name, position, column, None)
        for each in DESCRIBED_BUILTINS
        for position, column in enumerate(each.columns, 1)
    ]
    return [
        {
            "table_catalog": names.database,
            "table_schema": schema,
            "table_name": relation,
            "column_name": column.name,
            "ordinal_position": position,
            "column_default": default,
            "is_nullable": "YES" if column.nullable else "NO",
            "data_type": catalog_name(column.type),
        }
        for schema, relation, position, column, default in told
    ]


def _routines(_: Catalog, names: Names) -> list[Row]:
    return [
        {
            "routine_catalog": names.database,
            "routine_schema": each.schema,
            "routine_name": each.name,
            "routine_type": "FUNCTION",
        }
        for each in FUNCTIONS
    ]


def _character_sets(_: Catalog, names: Names) -> list[Row]:
    return [
        {
            "character_set_name": "UTF8",
            "character_repertoire": "UCS",
            "form_of_use": "UTF8",
            "default_collate_catalog": names.database,
            "default_collate_schema": "pg_catalog",
            "default_collate_name": "en_US.utf8",
        }
    ]


def _schemata(catalog: Catalog, names: Names) -> list[Row]:
    return [
        {"catalog_name": names.database, "schema_name": name}
        for database, name, _ in all_schemas(catalog)
        if database in {None, names.database}
    ]


def _enabled_roles(_: Catalog, __: Names) -> list[Row]:
    return [{"role_name": OWNER}]


CONTENTS: dict[str, Fill] = {
    "information_schema.character_sets": _character_sets,
    "information_schema.routines": _routines,
    "information_schema.tables": _tables,
    "information_schema.views": _views,
    "information_schema.columns": _columns,
    "information_schema.schemata": _schemata,
    "information_schema.enabled_roles": _enabled_roles,
}
