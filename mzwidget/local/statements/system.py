"""The system schemas: Materialize's relations and columns, filled with what this engine has; the others are empty."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import Relation
from mzwidget.local.errors import unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type
from mzwidget.local.statements import system_rows, system_rows_pg

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Catalog, Names

_TABLES = frozenset(
    {
        *("mz_tables", "mz_columns", "mz_databases", "mz_schemas", "mz_indexes", "mz_index_columns", "mz_views"),
        *("mz_materialized_views", "mz_clusters", "mz_roles", "mz_types", "mz_sources", "mz_sinks", "mz_secrets"),
        *("mz_cluster_replicas", "mz_functions", "mz_operators"),
    }
)
_CONTENTS = system_rows.CONTENTS | system_rows_pg.CONTENTS
_COLUMNS = Path(__file__).with_name("system_relations.txt")
_NAMED = {type_.name: type_ for type_ in t.SCALARS.values()}
_LIKE_TEXT = {"char": 18, "regproc": 24, "int2vector": 22, "list": 16384, "mz_aclitem": 16566, "mz_aclitem[]": 16567}
_STAND_INS = {
    "oid": Type("int8", 26, 4, "BIGINT"),
    "uint2": Type("int8", 16460, 2, "BIGINT"),
    "uint4": Type("int8", 16462, 4, "BIGINT"),
    "uint8": Type("int8", 16464, 8, "BIGINT"),
    "oid[]": Type("text", 1028, -1, "VARCHAR"),
    **{name: Type("text", oid, -1, "VARCHAR") for name, oid in _LIKE_TEXT.items()},
}


def _type(name: str) -> Type:
    if name.removesuffix("[]") in _NAMED:
        base = _NAMED[name.removesuffix("[]")]
        return t.array_of(base) if name.endswith("[]") else base
    return _STAND_INS[name]


@cache
def _relations() -> dict[str, tuple[Column, ...]]:
    found: dict[str, tuple[Column, ...]] = {}
    for line in _COLUMNS.read_text().splitlines():
        if not line.startswith("#"):
            name, *columns = line.split()
            pairs = (column.rsplit(":", 1) for column in columns)
            found[name] = tuple(Column(column, _type(type_)) for column, type_ in pairs)
    return found


class SystemCatalog:
    """Makes relations of what the catalog holds at the moment: whoever plans with them plans anew when it changes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def relation(self, schema: str, name: str, names: Names) -> Relation | None:
        """Return a relation of a system schema, None if there is none of that name."""
        columns = _relations().get(f"{schema}.{name}")
        if columns is None:
            return None
        names.used_system = True
        fill = _CONTENTS.get(f"{schema}.{name}")
        rows = [] if fill is None else fill(self._catalog, names)
        return Relation(
            name=f"{schema}.{name}",
            columns=columns,
            sql=_sql(columns, rows),
            inputs=frozenset(),
            refusal=unsupported("maintaining a query of the system catalog"),
        )

    @staticmethod
    def kind(schema: str, name: str) -> str:
        """Return what a system relation is, as messages say it."""
        return "system table" if schema == "mz_catalog" and name in _TABLES else "view"


def _sql(columns: tuple[Column, ...], rows: list[dict[str, Any]]) -> str:
    """DuckDB SQL of rows, given by the names of their columns; what a row does not name is NULL."""
    names = [f"c{index}" for index in range(len(columns))]
    casts = ", ".join(f"{_stored(name, column.type)} AS {name}" for name, column in zip(names, columns, strict=True))
    lines = [f"({', '.join(_literal(row.get(column.name)) for column in columns)})" for row in rows]
    values = ", ".join(lines) if lines else f"({', '.join(['NULL'] * len(columns))})"
    where = "" if lines else " WHERE false"
    return f"(SELECT {casts} FROM (VALUES {values}) AS v({', '.join(names)}){where})"


def _stored(name: str, type_: t.Type) -> str:
    if type_.is_array and type_.element is not None:  # written as the text of a list
        items = f"CAST({name} AS {type_.element.duckdb}[])"
        return f"CASE WHEN {name} IS NOT NULL THEN struct_pack(items := {items}, dims := CAST([] AS INTEGER[])) END"
    return f"CAST({name} AS {type_.duckdb})"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
