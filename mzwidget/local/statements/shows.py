"""SHOW: variables and the catalog's items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError
from mzwidget.local.formats.types import BOOL, TEXT, Column, sql_name
from mzwidget.local.statements import model as statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.engine.catalog import Catalog
    from mzwidget.local.formats.results import Row
    from mzwidget.local.statements.variables import Variables

Show = statements.ShowVariable | statements.ShowItems | statements.ShowColumns | statements.ShowCreate

_KINDS = {"tables": "table", "views": "view", "materialized views": "materialized view"}


def columns(statement: Show) -> tuple[Column, ...]:
    """Return the columns that a SHOW command answers with."""
    match statement:
        case statements.ShowVariable(name="all"):
            return _texts("name", "setting")
        case statements.ShowVariable():
            return _texts(statement.name)
        case statements.ShowItems(kind="schemas"):
            return _texts("name", "comment")
        case statements.ShowItems(kind="objects"):
            return _texts("name", "type", "comment")
        case statements.ShowItems(kind="materialized views"):
            return _texts("name", "cluster", "comment")
        case statements.ShowItems():
            return _texts("name", "comment")
        case statements.ShowColumns():
            return (Column("name", TEXT), Column("nullable", BOOL), Column("type", TEXT), Column("comment", TEXT))
        case statements.ShowCreate():
            return _texts("name", "create_sql")


def rows(statement: Show, catalog: Catalog, variables: Variables, path: Sequence[str]) -> list[Row]:
    """Answer a SHOW command."""
    match statement:
        case statements.ShowVariable(name="all"):
            return list(variables.all())
        case statements.ShowVariable():
            return [(variables.get(statement.name),)]
        case statements.ShowItems(kind="schemas"):
            return [(name, "") for name in sorted(catalog.schemas)]
        case statements.ShowItems():
            schema = statement.schema or next(iter(path), "")
            if schema not in catalog.schemas:
                raise SqlError(f"unknown schema '{schema}'")
            items = catalog.items(schema)
            if statement.kind == "objects":
                return [(item.name, item.kind.replace(" ", "-"), "") for item in items]
            chosen = [item for item in items if item.kind == _KINDS[statement.kind]]
            if statement.kind == "materialized views":
                return [(item.name, "quickstart", "") for item in chosen]
            return [(item.name, "") for item in chosen]
        case statements.ShowColumns() | statements.ShowCreate():
            item = catalog.find(statement.relation, path)
            if item is None:
                raise SqlError(f"unknown catalog item '{'.'.join(statement.relation)}'")
            if isinstance(statement, statements.ShowCreate):
                if item.kind != statement.kind:
                    raise SqlError(f"{item.full_name} is not a {statement.kind}")
                return [(item.full_name, item.sql)]
            return [(c.name, c.nullable, sql_name(c.type), "") for c in item.relation.columns]


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, TEXT, nullable=False) for name in names)
