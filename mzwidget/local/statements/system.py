"""The system schemas: Materialize's relations and columns, filled with what this engine has; the others are empty."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import Relation
from mzwidget.local.dialect.casts import constant
from mzwidget.local.dialect.model import Known
from mzwidget.local.engine.catalog import IMPLICIT_SCHEMAS
from mzwidget.local.formats import numerics
from mzwidget.local.statements import system_live, system_rows, system_rows_information, system_rows_pg
from mzwidget.local.statements.system_items import definition, user_items
from mzwidget.local.statements.system_relations import KINDS, RELATIONS, system_oid

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Catalog, Item
    from mzwidget.local.engine.mirrors import Line
    from mzwidget.local.engine.names import Names
    from mzwidget.local.formats.types import Column, Type
    from mzwidget.local.statements.shared import Shared
    from mzwidget.local.statements.system_items import Fill

CONTENTS = system_rows.CONTENTS | system_rows_pg.CONTENTS | system_rows_information.CONTENTS
_OF_A_DATABASE = ("pg_catalog", "information_schema")
"""Schemas whose relations tell of the session's database alone."""


class SystemCatalog:
    """Makes relations of what the engine knows of itself."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._known: dict[str, tuple[int, list[Line]]] = {}
        """What relations that change with the catalog held, and at which of its versions."""

    def relation(self, schema: str, name: str, names: Names) -> Relation | None:
        """Return a relation of a system schema, None if there is none of that name."""
        path = f"{schema}.{name}"
        columns = RELATIONS.get(path)
        if columns is None:
            return None
        if path in system_live.CONTENTS:
            id_, sql = self._shared.mirrors.add(path, columns, partial(self._live, path, columns))
        else:
            fill = CONTENTS.get(path)
            of = f"{path}/{names.database}" if schema in _OF_A_DATABASE and fill is not None else path
            id_, sql = self._shared.mirrors.add(of, columns, partial(self._defined, of, fill, columns, names))
        return Relation(name=path, columns=columns, sql=sql, inputs=frozenset({id_}), path=(schema, name))

    @staticmethod
    def oid(schema: str, name: str) -> int | None:
        """Return the OID of a relation."""
        path = f"{schema}.{name}"
        return system_oid(path) if path in RELATIONS else None

    def objects(self, names: Names) -> list[Known]:
        """Return all that has an OID."""
        catalog = self._shared.catalog
        shown = {*names.schemas(), *IMPLICIT_SCHEMAS}
        found = [_known(catalog, item, names) for item in [*user_items(catalog), *names.temporary.values()]]
        for path in RELATIONS:
            schema, _, name = path.partition(".")
            is_shown = schema in shown
            found.append(Known(system_oid(path), name if is_shown else path, is_shown, path=(schema, name)))
        return found

    def comments(self, names: Names) -> dict[str, dict[int, str | None]]:
        """Return the comments by OIDs, by the names of the relations of pg_catalog that list what they are on."""
        found: dict[str, dict[int, str | None]] = {name: {} for name in ("pg_class", "pg_type", "pg_namespace")}
        of = {system_oid(f"pg_catalog.{name}"): comments for name, comments in found.items()}
        for row in system_rows_pg.pg_description(self._shared.catalog, names):
            if not row["objsubid"]:
                of[row["classoid"]][row["objoid"]] = row["description"]
        return found

    async def _live(self, path: str, columns: tuple[Column, ...]) -> list[Line]:
        return _lines(columns, await system_live.CONTENTS[path](self._shared))

    async def _defined(self, of: str, fill: Fill | None, columns: tuple[Column, ...], names: Names) -> list[Line]:
        if fill is None:
            return []
        catalog = self._shared.catalog
        version, lines = self._known.get(of, (-1, []))
        if version != catalog.version:
            lines = _lines(columns, fill(catalog, names))
            self._known[of] = catalog.version, lines
        return lines

    @staticmethod
    def kind(schema: str, name: str) -> str:
        """Return what a system relation is, as messages say it."""
        kind = KINDS[f"{schema}.{name}"]
        return "system table" if kind == "table" else kind


def _known(catalog: Catalog, item: Item, names: Names) -> Known:
    is_type = item.type is not None
    visible = item.owner > 0 or names.find((item.name,), types=is_type) == item
    elsewhere = bool(item.database) and item.database != names.database
    columns = () if item.relation is None else item.columns
    return Known(
        item.oid,
        item.name if visible else ".".join([item.database] * elsewhere + [item.schema, item.name]),
        None if elsewhere else visible,
        _index(catalog, item) if item.kind == "index" else definition(catalog, item),
        tuple(catalog.comments.get((item.id, column.name)) for column in columns),
        is_type,
        item.path,
    )


def _index(catalog: Catalog, item: Item) -> str:
    """Return the definition of an index as ``pg_get_indexdef`` tells it."""
    target = catalog.by_id(item.on)
    on = "" if target is None else target.name
    return f"CREATE INDEX {item.name} ON {on} USING arrangement ({','.join(item.keys)})"


def _lines(columns: tuple[Column, ...], rows: list[dict[str, Any]]) -> list[Line]:
    """DuckDB SQL of rows, given by the names of their columns; what a row does not name is NULL."""
    return [tuple(_constant(row.get(column.name), column.type) for column in columns) for row in rows]


def _constant(value: Any, type_: Type) -> str:
    if type_.name == "numeric" and value is not None:
        value = numerics.key(Decimal(value))
    return constant(value, type_)
