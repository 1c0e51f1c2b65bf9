"""SQL types: the name and OID a client sees, and the DuckDB type that holds the values.

Three representations are chosen so that plain DuckDB comparison is the right comparison:
``timestamptz`` is kept as a ``TIMESTAMP`` in UTC (the only session time zone), ``bpchar`` without
its trailing blanks (padded on output to ``typmod - 4``), ``jsonb`` as canonical text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


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
        The DuckDB type that stores it exactly.
    element : Type, optional
        The element type of an array.
    """

    name: str
    oid: int
    typlen: int
    duckdb: str
    typmod: int = -1
    element: Type | None = None

    @property
    def scale(self) -> int:
        """Digits behind the point that the DuckDB type of a ``numeric`` keeps."""
        match = re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", self.duckdb)
        if match is None:
            msg = f"{self.name} has no scale"
            raise ValueError(msg)
        return int(match[1])

    @property
    def base(self) -> Type:
        """The type without its modifier: what the result of an operator has."""
        return replace(self, typmod=-1)


@dataclass(frozen=True, slots=True)
class Column:
    """A named, typed column of a relation or a result."""

    name: str
    type: Type
    nullable: bool = True


NUMERIC_PRECISION = 38  # DuckDB's widest DECIMAL; Materialize has 39 digits
NUMERIC_SCALE = 18  # digits behind the point of a numeric whose scale is not known beforehand

BOOL = Type("bool", 16, 1, "BOOLEAN")
BYTEA = Type("bytea", 17, -1, "BLOB")
INT8 = Type("int8", 20, 8, "BIGINT")
INT2 = Type("int2", 21, 2, "SMALLINT")
INT4 = Type("int4", 23, 4, "INTEGER")
TEXT = Type("text", 25, -1, "VARCHAR")
FLOAT4 = Type("float4", 700, 4, "REAL")
FLOAT8 = Type("float8", 701, 8, "DOUBLE")
UNKNOWN = Type("unknown", 705, -2, "VARCHAR")
BPCHAR = Type("bpchar", 1042, -1, "VARCHAR")
VARCHAR = Type("varchar", 1043, -1, "VARCHAR")
DATE = Type("date", 1082, 4, "DATE")
TIME = Type("time", 1083, 8, "TIME")
TIMESTAMP = Type("timestamp", 1114, 8, "TIMESTAMP")
TIMESTAMPTZ = Type("timestamptz", 1184, 8, "TIMESTAMP")
INTERVAL = Type("interval", 1186, 16, "INTERVAL")
NUMERIC = Type("numeric", 1700, -1, f"DECIMAL({NUMERIC_PRECISION},{NUMERIC_SCALE})")
UUID = Type("uuid", 2950, 16, "UUID")
JSONB = Type("jsonb", 3802, -1, "VARCHAR")
MZ_TIMESTAMP = Type("mz_timestamp", 16552, 8, "UBIGINT")

SCALARS = {
    type_.name: type_
    for type_ in (
        BOOL, BYTEA, INT8, INT2, INT4, TEXT, FLOAT4, FLOAT8, BPCHAR, VARCHAR, DATE, TIME, TIMESTAMP,
        TIMESTAMPTZ, INTERVAL, NUMERIC, UUID, JSONB, MZ_TIMESTAMP,
    )
}  # fmt: skip

_ARRAY_OIDS = {
    "bool": 1000, "bytea": 1001, "int2": 1005, "int4": 1007, "text": 1009, "bpchar": 1014, "varchar": 1015,
    "int8": 1016, "float4": 1021, "float8": 1022, "timestamp": 1115, "date": 1182, "time": 1183,
    "timestamptz": 1185, "interval": 1187, "numeric": 1231, "uuid": 2951, "jsonb": 3807, "mz_timestamp": 16553,
}  # fmt: skip

_SQL_NAMES = {
    "bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "varchar": "character varying", "bpchar": "character",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
}  # fmt: skip


def numeric(scale: int, *, precision: int | None = None) -> Type:
    """Return a numeric that keeps ``scale`` digits; with a precision, ``numeric(precision, scale)``."""
    typmod = -1 if precision is None else ((precision << 16) | scale) + 4
    return replace(NUMERIC, duckdb=f"DECIMAL({NUMERIC_PRECISION},{scale})", typmod=typmod)


def sized(type_: Type, length: int) -> Type:
    """Return ``varchar(length)`` or ``char(length)``."""
    return replace(type_, typmod=length + 4)


def array_of(element: Type) -> Type:
    """Return the array type over an element type."""
    return Type(f"{element.name}[]", _ARRAY_OIDS[element.name], -1, f"{element.duckdb}[]", element.typmod, element)


def by_oid(oid: int) -> Type | None:
    """Return the type a client names by OID; None for 0 (untyped), ``unknown`` and OIDs that are not offered."""
    for type_ in SCALARS.values():
        if type_.oid == oid:
            return type_
        if _ARRAY_OIDS.get(type_.name) == oid:
            return array_of(type_)
    return None


def sql_name(type_: Type) -> str:
    """Return the name that messages use, such as ``integer`` or ``text[]``."""
    if type_.element is not None:
        return f"{sql_name(type_.element)}[]"
    return _SQL_NAMES.get(type_.name, type_.name)
