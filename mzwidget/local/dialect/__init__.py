"""Materialize's SQL, translated to DuckDB's with types.

Every expression gets its type by Materialize's rules, and only what Materialize was seen to answer passes; everything
else is refused: in Materialize's words where it refuses it too, else with 0A000, naming the construct.
"""

from __future__ import annotations

from mzwidget.local.dialect.evaluation import evaluation_error
from mzwidget.local.dialect.model import (
    Catalog,
    ColumnDefinition,
    Dml,
    Mutation,
    Query,
    Relation,
    asserted,
    view_relation,
)
from mzwidget.local.dialect.mutations import plan_argument, plan_columns, plan_insert, plan_key, plan_mutation, row_of
from mzwidget.local.dialect.queries import plan_query
from mzwidget.local.dialect.runtime import install
from mzwidget.local.dialect.syntax import parse, parse_type
from mzwidget.local.dialect.typenames import resolve_type, sql_type

__all__ = [
    "Catalog",
    "ColumnDefinition",
    "Dml",
    "Mutation",
    "Query",
    "Relation",
    "asserted",
    "evaluation_error",
    "install",
    "parse",
    "parse_type",
    "plan_argument",
    "plan_columns",
    "plan_insert",
    "plan_key",
    "plan_mutation",
    "plan_query",
    "resolve_type",
    "row_of",
    "sql_type",
    "view_relation",
]
