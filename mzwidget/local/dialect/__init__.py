"""Materialize's SQL, translated to DuckDB's with types.

Every expression gets its PostgreSQL type by explicit rules, and only what is known to mean the same in
both engines passes; everything else is refused with 0A000, naming the construct.
"""

from __future__ import annotations

from mzwidget.local.dialect.dml import plan_columns, plan_insert
from mzwidget.local.dialect.evaluation import evaluation_error
from mzwidget.local.dialect.model import Catalog, ColumnDefinition, Dml, Query, Relation
from mzwidget.local.dialect.queries import plan_query
from mzwidget.local.dialect.runtime import install
from mzwidget.local.dialect.syntax import parse, parse_all
from mzwidget.local.dialect.typenames import resolve_type, sql_type

__all__ = [
    "Catalog",
    "ColumnDefinition",
    "Dml",
    "Query",
    "Relation",
    "evaluation_error",
    "install",
    "parse",
    "parse_all",
    "plan_columns",
    "plan_insert",
    "plan_query",
    "resolve_type",
    "sql_type",
]
