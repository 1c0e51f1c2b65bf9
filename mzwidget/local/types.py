"""SQL types: the name and OID a client sees, and the DuckDB type that holds the values."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Column:
    """A named, typed column of a relation or a result."""

    name: str
    type: Type
    nullable: bool = True
