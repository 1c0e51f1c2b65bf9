"""SQL types: the name and OID a client sees, and the DuckDB type that holds the values.

The representations are chosen so that plain DuckDB comparison is the right comparison, grouping and order:
``numeric`` is a text that sorts as the number does (see `numerics`), ``interval`` a struct of months, days
and microseconds, ``timestamptz`` a ``TIMESTAMP`` in UTC,
``bpchar`` is kept without its trailing blanks (padded on output to ``typmod - 4``), ``jsonb`` as canonical text,
an array as its elements beside the lengths of its dimensions, which are empty for a single one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Row = tuple[Any, ...]
"""The values of a row, each as its carrier."""


@dataclass(frozen=True, slots=True)
class Type:
    """A SQL type as Materialize reports it, and where DuckDB keeps its values.

    Attributes
    ----------
    name : str
        PostgreSQL's internal name, such as ``int4``; an array is its element's name with ``[]``.
    oid, typlen, typmod : int
        As sent in a RowDescription.
    duckdb : str
        The DuckDB type that stores it.
    element : Type, optional
        What an array, list, map or range is of.
    kind : str
        ``scalar``, ``array``, ``list``, ``map``, ``record`` or ``range``.
    fields : tuple of (str, Type)
        Of a record.
    nulls : tuple of bool
        Which of these may be NULL; it makes no other type.
    alias : tuple of (str, str)
        The id and the name that CREATE TYPE gave it; they make no other type.
    """

    name: str
    oid: int
    typlen: int
    duckdb: str
    typmod: int = -1
    element: Type | None = None
    kind: str = "scalar"
    fields: tuple[tuple[str, Type], ...] = ()
    nulls: tuple[bool, ...] = field(default=(), compare=False)
    alias: tuple[str, str] = field(default=("", ""), compare=False)

    @property
    def base(self) -> Type:
        """The type without its modifier: what the result of an operator has."""
        if self.element is not None and self.element.typmod != -1:
            return replace(self, typmod=-1, element=self.element.base)
        return self if self.typmod == -1 else replace(self, typmod=-1)

    @property
    def as_field(self) -> Type:
        """The type as a field of a row has it: the length that ``char`` is padded to is kept."""
        return self if self.name == "bpchar" else self.base

    @property
    def declared_typmod(self) -> int:
        """The modifier that is told of a column: a numeric has all digits, and all behind the point without a scale."""
        if self.name != "numeric":
            return self.typmod
        scale = numeric_scale(self)
        return numeric(39 if scale is None else scale).typmod

    @property
    def is_array(self) -> bool:
        return self.kind == "array"


@dataclass(frozen=True, slots=True)
class Column:
    """A named, typed column of a relation or a result."""

    name: str
    type: Type
    nullable: bool = True


BOOL = Type("bool", 16, 1, "BOOLEAN")
BYTEA = Type("bytea", 17, -1, "BLOB")
INT8 = Type("int8", 20, 8, "BIGINT")
INT2 = Type("int2", 21, 2, "SMALLINT")
INT4 = Type("int4", 23, 4, "INTEGER")
UINT2 = Type("uint2", 16460, 2, "USMALLINT")
UINT4 = Type("uint4", 16462, 4, "UINTEGER")
UINT8 = Type("uint8", 16464, 8, "UBIGINT")
TEXT = Type("text", 25, -1, "VARCHAR")
NAME = Type("name", 19, 64, "VARCHAR")
CHAR = Type("char", 18, 1, "VARCHAR")
FLOAT4 = Type("float4", 700, 4, "REAL")
FLOAT8 = Type("float8", 701, 8, "DOUBLE")
UNKNOWN = Type("unknown", 705, -2, "VARCHAR")
BPCHAR = Type("bpchar", 1042, -1, "VARCHAR")
VARCHAR = Type("varchar", 1043, -1, "VARCHAR")
DATE = Type("date", 1082, 4, "DATE")
TIME = Type("time", 1083, 8, "TIME")
TIMESTAMP = Type("timestamp", 1114, 8, "TIMESTAMP")
TIMESTAMPTZ = Type("timestamptz", 1184, 8, "TIMESTAMP")
INTERVAL = Type("interval", 1186, 16, "STRUCT(months INTEGER, days INTEGER, us BIGINT)")
NUMERIC = Type("numeric", 1700, -1, "VARCHAR")
UUID = Type("uuid", 2950, 16, "UUID")
JSONB = Type("jsonb", 3802, -1, "VARCHAR")
OID = Type("oid", 26, 4, "UINTEGER")
REGPROC = Type("regproc", 24, 4, "UINTEGER")
REGCLASS = Type("regclass", 2205, 4, "UINTEGER")
REGTYPE = Type("regtype", 2206, 4, "UINTEGER")
DIGITS = Type("digits", 0, -1, "VARCHAR")
"""A numeric within an expression: a decimal with its exponent."""
MZ_TIMESTAMP = Type("mz_timestamp", 16552, 8, "UBIGINT")

SCALARS = {
    type_.name: type_
    for type_ in (
        BOOL, BYTEA, INT8, INT2, INT4, UINT2, UINT4, UINT8, TEXT, NAME, CHAR, FLOAT4, FLOAT8, BPCHAR, VARCHAR, DATE,
        TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL, NUMERIC, UUID, JSONB, OID, REGPROC, REGCLASS, REGTYPE,
        MZ_TIMESTAMP,
    )
}  # fmt: skip

REGISTERED = ("regclass", "regproc", "regtype")
"""OIDs of what has a name."""

_ARRAY_OIDS = {
    "bool": 1000, "bytea": 1001, "int2": 1005, "int4": 1007, "text": 1009, "bpchar": 1014, "varchar": 1015,
    "int8": 1016, "float4": 1021, "float8": 1022, "timestamp": 1115, "date": 1182, "time": 1183, "name": 1003,
    "char": 1002,
    "timestamptz": 1185, "interval": 1187, "numeric": 1231, "uuid": 2951, "jsonb": 3807, "mz_timestamp": 16553,
    "uint2": 16461, "uint4": 16463, "uint8": 16465, "oid": 1028,
    "regproc": 1008, "regclass": 2210, "regtype": 2211, "record": 2287,
}  # fmt: skip

_SQL_NAMES = {
    "bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "varchar": "character varying", "bpchar": "character",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone", "time": "time",
    "char": '"char"',
}  # fmt: skip


def numeric(scale: int, *, precision: int = 39) -> Type:
    """Return ``numeric(precision, scale)``."""
    return replace(NUMERIC, typmod=((precision << 16) | scale) + 4)


def numeric_scale(type_: Type) -> int | None:
    """Return the digits behind the point that a numeric is rounded to, None if to none."""
    return None if type_.typmod == -1 else (type_.typmod - 4) & 0xFFFF


def sized(type_: Type, length: int) -> Type:
    """Return ``varchar(length)``, ``char(length)`` or ``timestamp(length)``."""
    return replace(type_, typmod=length if type_.name.startswith("timestamp") else length + 4)


def array_of(element: Type) -> Type:
    """Return the array type over an element type."""
    name = element.kind if element.kind == "record" else element.name
    stored = f"STRUCT(items {element.duckdb}[], dims INTEGER[])"
    return Type(f"{element.name}[]", _ARRAY_OIDS.get(name, 0), -1, stored, -1, element, "array")


def list_of(element: Type) -> Type:
    """Return the list type over an element type."""
    return Type(f"{element.name} list", 16384, -1, f"{element.duckdb}[]", -1, element, "list")


def map_of(element: Type) -> Type:
    """Return the map type from text to an element type."""
    return Type(f"map[text=>{element.name}]", 16385, -1, f"MAP(VARCHAR, {element.duckdb})", -1, element, "map")


_RANGE_OIDS = {
    "int4range": (INT4, 3904, 3905), "int8range": (INT8, 3926, 3927), "numrange": (NUMERIC, 3906, 3907),
    "tsrange": (TIMESTAMP, 3908, 3909), "tstzrange": (TIMESTAMPTZ, 3910, 3911), "daterange": (DATE, 3912, 3913),
}  # fmt: skip


def _range(name: str, element: Type, oid: int) -> Type:
    bound = f"STRUCT(f INTEGER, v {element.duckdb}, x INTEGER)"
    return Type(name, oid, -1, f"STRUCT(filled BOOLEAN, lo {bound}, hi {bound})", -1, element, "range")


RANGES = {name: _range(name, element, oid) for name, (element, oid, _) in _RANGE_OIDS.items()}
_ARRAY_OIDS |= {name: oid for name, (_, _, oid) in _RANGE_OIDS.items()}


def range_of(element: Type) -> Type | None:
    """Return the type of the ranges of an element type, None if it has none."""
    return next((type_ for type_ in RANGES.values() if type_.element == element), None)


def record_of(fields: tuple[tuple[str, Type], ...], nulls: tuple[bool, ...]) -> Type:
    """Return the type of a row."""
    inner = ", ".join(f"f{i} {type_.duckdb}" for i, (_, type_) in enumerate(fields, 1))
    stored = f"STRUCT({inner})" if fields else "STRUCT(f0 BOOLEAN)"
    return Type("record", 2249, -1, stored, -1, None, "record", fields, nulls)


def by_oid(oid: int) -> Type | None:
    """Return the type a client names by OID; None for 0 (untyped), ``unknown`` and OIDs that are not offered."""
    for type_ in (*SCALARS.values(), *RANGES.values()):
        if type_.oid == oid:
            return type_
        if _ARRAY_OIDS.get(type_.name) == oid:
            return array_of(type_)
    return None


def sql_name(type_: Type) -> str:
    """Return the name that messages use, such as ``integer``, ``varchar(3)`` or ``text[]``."""
    return _named(type_, _message_name)


def standard_name(type_: Type) -> str:
    """Return the name that PostgreSQL has for a type, such as ``character varying``."""
    return _named(type_, lambda scalar: _SQL_NAMES.get(scalar.name, scalar.name))


def catalog_name(type_: Type) -> str:
    """Return how the catalog calls the type of a column: lists, maps and rows without what is in them."""
    return type_.kind if type_.kind in ("list", "map", "record") and not type_.alias[1] else standard_name(type_)


def _message_name(type_: Type) -> str:
    if type_.name not in ("varchar", "bpchar"):
        return _SQL_NAMES.get(type_.name, type_.name)
    name = "char" if type_.name == "bpchar" else "varchar"
    return name if type_.typmod == -1 else f"{name}({type_.typmod - 4})"


def _named(type_: Type, of_scalar: Callable[[Type], str]) -> str:
    if type_.alias[1]:
        return type_.alias[1]
    if type_.kind == "record":
        shown = (
            f"{name}: {_named(each, of_scalar)}{'?' if null else ''}"
            for (name, each), null in zip(type_.fields, type_.nulls, strict=True)
        )
        return f"record({','.join(shown)})"
    if type_.element is not None:
        inner = _named(type_.element, of_scalar)
        match type_.kind:
            case "list":
                return f"{inner} list"
            case "map":
                return f"map[text=>{inner}]"
            case "array":
                return f"{inner}[]"
    return of_scalar(type_)
