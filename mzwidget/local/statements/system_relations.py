"""Materialize's system relations: their kinds, OIDs and columns, and what tells them from all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Column, Type

_LIST = Path(__file__).with_name("system_relations.txt")
_LIKE_TEXT = {"mz_aclitem": 16566, "mz_aclitem[]": 16567}
_OTHERS = {
    "list": t.list_of(t.TEXT),
    "int2vector": replace(t.array_of(t.INT2), name="int2vector", oid=22, alias=("", "int2vector")),
    **{name: Type("text", oid, -1, "VARCHAR", alias=("", name)) for name, oid in _LIKE_TEXT.items()},
}


def _column(written: str) -> Column:
    name, type_ = written.removesuffix("?").rsplit(":", 1)
    base = _OTHERS.get(type_) or t.SCALARS[type_.removesuffix("[]")]
    is_array = type_.endswith("[]") and type_ not in _OTHERS
    return Column(name, t.array_of(base) if is_array else base, nullable=written.endswith("?"))


_LINES = [line.split() for line in _LIST.read_text().splitlines() if not line.startswith("#")]
RELATIONS = {path: tuple(map(_column, columns)) for path, _, _, *columns in _LINES}
"""The columns of all system relations, by schema and name with a dot between."""
KINDS = {path: kind.replace("-", " ") for path, kind, *_ in _LINES}
"""``table``, ``view``, ``materialized view`` or ``source``, by the same."""
DESCRIBED = ("information_schema", "mz_catalog", "pg_catalog")
"""Schemas of whose relations it is known which columns may be NULL."""
_OIDS = {path: int(oid) for path, _, oid, *_ in _LINES}


def system_id(path: str) -> str:
    """Return the id of a system relation."""
    return f"s{_OIDS[path]}"


def system_oid(path: str) -> int:
    """Return the OID of a system relation."""
    return _OIDS[path]


def system_path(mirror: str) -> str:
    """Return the schema and name that a mirror is of."""
    return mirror[1:].partition("/")[0]
