"""Type names in SQL text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.dialect.builtins import TYPES
from mzwidget.local.dialect.syntax import tree
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mzwidget.local.dialect.model import Catalog

NAMED = {**t.SCALARS, **t.RANGES}
OFFERED_THERE = frozenset(
    [
        "mz_aclitem",
        "aclitem",
        "int2vector",
        "list",
        "map",
    ]
)
PSEUDO = frozenset(type_.name for type_ in TYPES.values() if type_.category == "pseudo") - OFFERED_THERE


def resolve_type(node: tree.TypeName, catalog: Catalog | None = None) -> Type:
    """Return the type that a type name in a statement means.

    Raises
    ------
    SqlError
        If there is no such type, it is not offered, or its modifiers are out of range.
    """
    if node.kind == "map":
        assert node.key is not None
        assert node.element is not None
        key = resolve_type(node.key, catalog)
        if key.name != "text":
            raise SqlError(f"map key type must be text, got {t.sql_name(key)}")
        return t.map_of(resolve_type(node.element, catalog))
    if node.element is not None:
        element = resolve_type(node.element, catalog)
        if node.kind == "list":
            if element.name == "bpchar":
                raise SqlError("char list not yet supported")
            return t.list_of(element)
        if element.kind in ("list", "map", "record"):
            raise SqlError(f'type "{_spelt(node.element)}[]" does not exist')
        return t.array_of(element)
    *schema, name = node.parts
    if catalog is not None:
        catalog.check(node.parts)
    own = not _at_home(schema, name)
    known = system_type(node.parts)
    if known is None:
        made = catalog.type_of(node.parts) if catalog is not None else None
        if made is not None:
            return made
        if name in PSEUDO and not own:
            raise SqlError(f"cannot reference pseudo type {home_of(name)}.{name}")
        if name in OFFERED_THERE and not own:
            raise unsupported(f"type {name}")
        raise SqlError(f'type "{".".join(node.parts)}" does not exist')
    return _modified(known, node.modifiers) if node.modifiers else known


def system_type(parts: tuple[str, ...]) -> Type | None:
    """Return the type that a name has without CREATE TYPE, None if there is none."""
    *schema, name = parts
    return (NAMED.get(name) or _array_called(name)) if _at_home(schema, name) else None


def home_of(name: str) -> str:
    """Return the schema of the system's type of that name."""
    return TYPES[name].schema if name in TYPES else "pg_catalog"


def _at_home(schema: Sequence[str], name: str) -> bool:
    """Whether a name has no schema, or that of the system's type of that name."""
    return not schema or schema[-1] == home_of(name)


def _spelt(node: tree.TypeName) -> str:
    """Write a type's name as messages do, with the names that a statement gave."""
    if node.key is not None and node.element is not None:
        return f"map[{_spelt(node.key)}=>{_spelt(node.element)}]"
    if node.element is not None:
        return f"{_spelt(node.element)} list" if node.kind == "list" else f"{_spelt(node.element)}[]"
    modifiers = f"({', '.join(map(str, node.modifiers))})" if node.modifiers else ""
    return ".".join(node.parts) + modifiers


def _array_called(name: str) -> Type | None:
    """Return the array type that the catalog calls so: ``_int4`` is ``int4[]``."""
    element = NAMED.get(name[1:]) if name.startswith("_") else None
    simple = element is not None and element.kind not in ("list", "map") and element.name == name[1:]
    return t.array_of(element) if simple and element is not None else None


def _modified(type_: Type, sizes: tuple[int, ...]) -> Type:
    match type_.name:
        case "numeric":
            return _numeric(sizes)
        case "varchar" | "bpchar":
            name = "character varying" if type_.name == "varchar" else "character"
            if not 1 <= sizes[0] <= 10_485_760:
                raise SqlError(f"length for type {name} must be between 1 and 10485760")
            if len(sizes) > 1:
                raise SqlError(f"type {name} supports at most one type modifier")
            return t.sized(type_, sizes[0])
        case "timestamp" | "timestamptz":
            if not 0 <= sizes[0] <= 6:
                raise SqlError("precision for type timestamp or timestamptz must be between 0 and 6")
            if len(sizes) > 1:
                raise SqlError(f"type {t.sql_name(type_)} supports at most one type modifier")
            return t.sized(type_, sizes[0])
    raise SqlError(f"pg_catalog.{type_.name} does not support type modifiers")


def _numeric(sizes: tuple[int, ...]) -> Type:
    if not 1 <= sizes[0] <= 39:
        raise SqlError("precision for type numeric must be between 1 and 39")
    if len(sizes) == 1:
        return t.NUMERIC
    if sizes[1] < 0:
        raise SqlError("scale for type numeric must be between 0 and 39")
    if sizes[1] > sizes[0]:
        raise SqlError(f"scale for type numeric must be between 0 and precision {sizes[0]}")
    if len(sizes) > 2:
        raise SqlError("type numeric supports at most two type modifiers")
    return t.numeric(sizes[1], precision=sizes[0])


def sql_type(type_: Type) -> str:
    """Return the type's name as a statement writes it, modifiers included: the inverse of `resolve_type`."""
    if type_.element is not None and type_.kind != "range":
        inner = sql_type(type_.element)
        match type_.kind:
            case "list":
                return f"{inner} list"
            case "map":
                return f"map[text=>{inner}]"
        return f"{inner}[]"
    if type_.typmod == -1:
        return '"char"' if type_.name == "char" else type_.name
    if type_.name in ("timestamp", "timestamptz"):
        return f"{type_.name}({type_.typmod})"
    size = type_.typmod - 4
    return f"numeric({size >> 16},{size & 0xFFFF})" if type_.name == "numeric" else f"{type_.name}({size})"
