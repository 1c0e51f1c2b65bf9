"""Type names in SQL text."""

from __future__ import annotations

from sqlglot import exp

from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type

_D = exp.DType
_SIMPLE: dict[exp.DType, Type] = {
    _D.BOOLEAN: t.BOOL,
    _D.SMALLINT: t.INT2,
    _D.INT: t.INT4,
    _D.BIGINT: t.INT8,
    _D.FLOAT: t.FLOAT4,
    _D.DOUBLE: t.FLOAT8,
    _D.TEXT: t.TEXT,
    _D.DATE: t.DATE,
    _D.TIME: t.TIME,
    _D.TIMESTAMP: t.TIMESTAMP,
    _D.TIMESTAMPTZ: t.TIMESTAMPTZ,
    _D.JSONB: t.JSONB,
    _D.UUID: t.UUID,
    _D.VARBINARY: t.BYTEA,
}
_NAMED = {**t.SCALARS, "string": t.TEXT}


def resolve_type(node: exp.DataType) -> Type:
    """Return the type that a type name in a statement means.

    Raises
    ------
    SqlError
        If there is no such type, it is not offered, or its modifiers are out of range.
    """
    if node.this == _D.ARRAY:
        if len(node.expressions) != 1:
            raise unsupported(f"type {node.sql('materialize')}")
        element = resolve_type(node.expressions[0])
        return element if element.element is not None else t.array_of(element)
    sizes = [_size(size) for size in node.expressions]
    if node.this in (_D.DECIMAL, _D.BIGDECIMAL):
        return _numeric(sizes)
    if node.this in (_D.VARCHAR, _D.CHAR, _D.NCHAR, _D.BPCHAR, _D.NVARCHAR):
        return _string(node, sizes)
    if node.this == _D.DOUBLE and sizes:  # float(n)
        if not 1 <= sizes[0] <= 53:
            raise SqlError("precision for type float must be within (1-53)", "22023")
        return t.FLOAT4 if sizes[0] <= 24 else t.FLOAT8
    if isinstance(node.this, exp.Interval) or node.this == _D.INTERVAL:
        if isinstance(node.this, exp.Interval) and node.this.args.get("unit") is not None:
            raise unsupported("interval with fields")
        return t.INTERVAL
    if sizes:
        raise unsupported(f"type {node.sql('materialize')}")
    if node.this == _D.USERDEFINED:
        kind = node.args.get("kind")
        name = kind.name if isinstance(kind, exp.Expr) else str(kind)
        known = _NAMED.get(name.lower())
        if known is not None:
            return known
        if name.lower() in ("uint2", "uint4", "uint8", "list", "map", "oid", "name"):
            raise unsupported(f"type {name.lower()}")
        raise SqlError(f'type "{name}" does not exist', "42704")
    known = _SIMPLE.get(node.this)
    if known is None:
        raise unsupported(f"type {node.sql('materialize').lower()}")
    return known


def _size(node: exp.Expr) -> int:
    if isinstance(node, exp.DataTypeParam) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return int(node.this.name)
    raise unsupported(f"type modifier {node.sql()}")


def _numeric(sizes: list[int]) -> Type:
    if not sizes:
        return t.NUMERIC
    precision, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
    if not 1 <= precision <= t.NUMERIC_PRECISION + 1:
        raise SqlError(f"precision for type numeric must be between 1 and 39, not {precision}", "22023")
    if precision > t.NUMERIC_PRECISION:
        raise unsupported(f"numeric({precision})")
    if not 0 <= scale <= precision:
        raise SqlError(f"scale for type numeric must be between 0 and precision {precision}", "22023")
    return t.numeric(scale, precision=precision)


def _string(node: exp.DataType, sizes: list[int]) -> Type:
    base = t.VARCHAR if node.this in (_D.VARCHAR, _D.NVARCHAR) else t.BPCHAR
    if not sizes:
        if base is t.VARCHAR or node.this == _D.BPCHAR:
            return base
        sizes = [1]
    if not 1 <= sizes[0] <= 10_485_760:
        raise SqlError(f"length for type {base.name} must be between 1 and 10485760", "22023")
    return t.sized(base, sizes[0])


def sql_type(type_: Type) -> str:
    """Return the type's name as a statement writes it, modifiers included: the inverse of `resolve_type`."""
    if type_.element is not None:
        return f"{sql_type(type_.element)}[]"
    if type_.typmod == -1:
        return type_.name
    size = type_.typmod - 4
    return f"numeric({size >> 16},{size & 0xFFFF})" if type_.name == "numeric" else f"{type_.name}({size})"
