"""COMMENT, as a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mzwidget.local.dialect import parse_type, resolve_type
from mzwidget.local.engine.catalog import OWNER_OID
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.statements import model as statements
from mzwidget.local.statements.defining import defined
from mzwidget.local.statements.definitions import Definition
from mzwidget.local.statements.system_items import all_roles, commented
from mzwidget.local.statements.variables import CLUSTERS

if TYPE_CHECKING:
    from mzwidget.local.engine.catalog import Item, Parts
    from mzwidget.local.statements.kinds import Kind
    from mzwidget.local.statements.session import Session

_LONGEST_COMMENT = 1024


def _comment(session: Session, statement: statements.Comment) -> Definition:
    catalog, kind, name = session.engine.catalog, statement.kind, statement.name
    length = len((statement.text or "").encode())
    if length > _LONGEST_COMMENT:
        raise SqlError(f"provided comment was {length} bytes long, max size is {_LONGEST_COMMENT} bytes")
    known: dict[str, dict[str, object]] = {
        "database": {each: database.oid for each, database in catalog.databases.items()},
        "role": {session.user: OWNER_OID, **dict(all_roles(catalog))},
        "cluster": {each: each for each in CLUSTERS},
        "network policy": {},
    }
    column = ""
    if kind == "schema":
        database, schema = session.names.schema_of(name)
        key = commented(kind, catalog.databases[database].schemas[schema].oid)
    elif kind in known:
        if name[-1] not in known[kind]:
            raise SqlError(f"unknown {kind} '{name[-1]}'")
        key = commented(kind, known[kind][name[-1]])
    else:
        key = _commented(session, kind, name).id
        column = name[-1] if kind == "column" else ""

    async def change() -> None:
        catalog.comment(key, column, statement.text)

    return Definition("COMMENT", change)


def _commented(session: Session, kind: str, name: Parts) -> Item:
    if kind == "type":
        item = session.names.find(name, types=True)
        if item is None:
            if resolve_type(parse_type(".".join(name)), session.names):
                raise unsupported("a comment on a type of the system")
            raise SqlError(f'type "{".".join(name)}" does not exist')
        return item
    item = session.names.item(name[:-1] if kind == "column" else name)
    if kind == "column":
        if item.relation is None:
            raise SqlError(f"Specifying comments on a column of {item.kind} not yet supported")
        if name[-1] not in {each.name for each in item.columns}:
            raise SqlError(f'column "{".".join(name)}" does not exist')
    elif item.kind != kind:
        raise SqlError(f"{item.kind.upper()} {item.name} is not a {kind.upper()}")
    return item


KINDS: dict[type[Any], Kind] = {statements.Comment: defined(_comment)}
