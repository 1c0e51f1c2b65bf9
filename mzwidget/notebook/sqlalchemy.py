"""SQLAlchemy on Materialize and on the embedded engine, with an inspector of its own.

SQLAlchemy's dialect for PostgreSQL looks up ``hstore`` when it connects and reads columns with ``json_build_object``;
Materialize refuses both. Here names and types come from SHOW.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy.dialects import postgresql, registry
from sqlalchemy.dialects.postgresql.base import PGTypeCompiler, ischema_names
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import NullType, TypeEngine

from mzwidget import catalog
from mzwidget.naming import quoted
from mzwidget.tail.connect import Parameters

_NAME = "materialize"
_DEFINITION = " UNION ALL ".join(
    f"SELECT v.definition FROM mz_catalog.{kind} v JOIN mz_catalog.mz_schemas s ON s.id = v.schema_id "
    "WHERE v.name = %s AND s.name = %s"
    for kind in ("mz_views", "mz_materialized_views")
)
_PostgreSQL: Any = PGDialect_psycopg
"""Hardly typed: what is overridden here has no types to agree with."""


class _Types(PGTypeCompiler):
    """Names of types that Materialize knows."""

    def visit_FLOAT(self, type_: Any, **_: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "REAL" if type_.precision is not None and type_.precision <= 24 else "DOUBLE PRECISION"

    def visit_JSON(self, type_: Any, **_: Any) -> str:  # noqa: ARG002, N802
        return "JSONB"


class MaterializeDialect(_PostgreSQL):  # type: ignore[misc]
    """PostgreSQL's dialect without what Materialize does not have."""

    supports_statement_cache = True
    type_compiler_cls = _Types
    insert_returning = update_returning = delete_returning = False
    insert_executemany_returning = False
    use_insertmanyvalues = use_insertmanyvalues_wo_returning = True
    """Many rows a statement: each is a commit of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"use_native_hstore": False, **options})

    def initialize(self, connection: Any) -> None:
        """Learn about the server; it says it is PostgreSQL 9.5, and some of that it is not."""
        super().initialize(connection)
        self.insert_returning = self.update_returning = self.delete_returning = False
        self.insert_executemany_returning = False

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        version = _psycopg(connection).info.server_version
        return version // 10_000, version // 100 % 100

    def _get_default_schema_name(self, connection: Any) -> str:
        return catalog.current(_psycopg(connection))

    def _set_backslash_escapes(self, connection: Any) -> None:  # noqa: ARG002
        self._backslash_escapes = False  # standard_conforming_strings is always on

    # What there is

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        return catalog.schemas(_psycopg(connection))

    def has_schema(self, connection: Any, schema: str, **_: Any) -> bool:
        return schema in catalog.schemas(_psycopg(connection))

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        return self._names(connection, schema, ("table", "source"))

    def get_view_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        return self._names(connection, schema, ("view",))

    def get_materialized_view_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        return self._names(connection, schema, ("materialized view",))

    def get_temp_table_names(self, *_: Any, **__: Any) -> list[str]:
        return []

    get_temp_view_names = get_sequence_names = get_temp_table_names

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> bool:
        return table_name in self._names(connection, schema, ("table", "source", "view", "materialized view"))

    def _names(self, connection: Any, schema: str | None, kinds: Sequence[str]) -> list[str]:
        within = schema or self.default_schema_name
        if not within or not self.has_schema(connection, within):
            return []
        return [of.name for of in catalog.relations(_psycopg(connection), within) if of.kind in kinds]

    # What a relation is

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> list[Any]:
        try:
            found = catalog.attributes(_psycopg(connection), self._sql(table_name, schema))
        except psycopg.Error:
            raise NoSuchTableError(f"{schema}.{table_name}" if schema else table_name) from None
        return [
            {
                "name": of.name,
                "type": _type(of.type),
                "nullable": of.nullable,
                "default": None,
                "autoincrement": False,
                "comment": of.comment or None,
            }
            for of in found
        ]

    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **_: Any) -> str:
        found = (
            _psycopg(connection).execute(_DEFINITION, [view_name, schema or self.default_schema_name] * 2).fetchone()
        )
        if found is None:
            raise NoSuchTableError(view_name)
        return str(found[0])

    def _sql(self, name: str, schema: str | None) -> str:
        within = schema or self.default_schema_name
        return f"{quoted(within)}.{quoted(name)}" if within else quoted(name)

    def _nothing(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> list[Any]:
        if not self.has_table(connection, table_name, schema):
            raise NoSuchTableError(table_name)
        return []

    get_foreign_keys = get_indexes = get_unique_constraints = get_check_constraints = _nothing

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        self._nothing(connection, table_name, schema)
        return {"constrained_columns": [], "name": None}

    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        self._nothing(connection, table_name, schema)
        return {"text": None}

    def get_table_options(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        self._nothing(connection, table_name, schema)
        return {}

    get_multi_columns = DefaultDialect.get_multi_columns
    get_multi_pk_constraint = DefaultDialect.get_multi_pk_constraint
    get_multi_foreign_keys = DefaultDialect.get_multi_foreign_keys
    get_multi_indexes = DefaultDialect.get_multi_indexes
    get_multi_unique_constraints = DefaultDialect.get_multi_unique_constraints
    get_multi_check_constraints = DefaultDialect.get_multi_check_constraints
    get_multi_table_comment = DefaultDialect.get_multi_table_comment
    get_multi_table_options = DefaultDialect.get_multi_table_options


def create_engine(given: Parameters, **options: Any) -> Engine:
    """Return an engine that commits after every statement, for connection parameters by libpq's names."""
    given = dict(given)
    registry.register(f"{_NAME}.psycopg", __name__, MaterializeDialect.__name__)
    place = {name: given.pop(name, None) for name in ("user", "password", "host", "port", "dbname")}
    address = URL.create(
        f"{_NAME}+psycopg",
        username=place["user"],
        password=place["password"],
        host=place["host"],
        port=int(place["port"]) if place["port"] else None,
        database=place["dbname"],
    )
    return sqlalchemy.create_engine(address, connect_args=given, isolation_level="AUTOCOMMIT", **options)


def _psycopg(connection: Any) -> psycopg.Connection[Any]:
    found: psycopg.Connection[Any] = connection.connection.driver_connection
    return found


def _type(name: str) -> TypeEngine[Any]:
    """Return SQLAlchemy's type of a SQL type; one that leaves values as they are where it knows none."""
    if name.endswith("[]"):
        return postgresql.ARRAY(_type(name.removesuffix("[]")))
    if name.startswith("timestamp"):
        return postgresql.TIMESTAMP(timezone="with time zone" in name)
    found = ischema_names.get(name)
    return NullType() if found is None else found()
