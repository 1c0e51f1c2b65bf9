"""Materialize's system relations: their columns, and what tells them from all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type

_COLUMNS = Path(__file__).with_name("system_relations.txt")
_LIKE_TEXT = {"mz_aclitem": 16566, "mz_aclitem[]": 16567}
_OTHERS = {
    "list": t.list_of(t.TEXT),
    "int2vector": replace(t.array_of(t.INT2), name="int2vector", oid=22),
    **{name: Type("text", oid, -1, "VARCHAR") for name, oid in _LIKE_TEXT.items()},
}


def _type(name: str) -> Type:
    if name in _OTHERS:
        return _OTHERS[name]
    base = t.SCALARS[name.removesuffix("[]")]
    return t.array_of(base) if name.endswith("[]") else base


def _read() -> dict[str, tuple[Column, ...]]:
    found: dict[str, tuple[Column, ...]] = {}
    for line in _COLUMNS.read_text().splitlines():
        if not line.startswith("#"):
            name, *columns = line.split()
            pairs = (column.rsplit(":", 1) for column in columns)
            found[name] = tuple(Column(column, _type(type_)) for column, type_ in pairs)
    return found


RELATIONS = _read()
"""The columns of all system relations, by schema and name with a dot between."""
_NUMBERS = {path: number for number, path in enumerate(RELATIONS, 1)}
_FIRST_OID = 17_000
_AS_IN_POSTGRES = {"pg_catalog.pg_class": 1259, "pg_catalog.pg_type": 1247, "pg_catalog.pg_proc": 1255}


def system_id(path: str) -> str:
    """Return the id of a system relation."""
    return f"s{_NUMBERS[path]}"


def system_oid(path: str) -> int:
    """Return the OID of a system relation."""
    return _AS_IN_POSTGRES.get(path, _FIRST_OID + _NUMBERS[path])


def system_path(mirror: str) -> str:
    """Return the schema and name that a mirror is of."""
    return mirror[1:].partition("/")[0]
