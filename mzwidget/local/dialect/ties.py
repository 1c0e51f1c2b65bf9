"""The order of rows that ORDER BY does not tell apart: that of Materialize's encoded rows, the shorter first.

A row is encoded value by value: a tag, which tells NULL, sign and size, then as many bytes as the value needs, integers
with the lowest byte first. Rows of one length are compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Sequence

from mzwidget.local.dialect.values import Value

_SIZES = {"int2": 2, "int4": 4, "int8": 8}
_UNSIGNED = {"uint2": 2, "uint4": 4, "uint8": 8, "oid": 4}
_FIXED = {"float4", "float8", "date", "time", "timestamp", "timestamptz", "interval", "uuid", "mz_timestamp"}
_TEXTS = {"text", "varchar", "bpchar", "name", "char", "jsonb"}


def ties(row: Sequence[Value]) -> list[str]:
    """Return what to order by behind ORDER BY: DuckDB SQL of the rows' encoded length, then of their bytes."""
    lengths = [length for value in row if (length := _length(value))]
    keys = [key for value in row for key in _keys(value)]
    total = [f"({' + '.join(lengths)})"] if lengths else []
    return total + keys


def _integer(sql: str, size: int) -> str:
    """Return the number of bytes that an integer needs."""
    steps = " ".join(f"WHEN {sql} BETWEEN {-(256**n)} AND {256**n - 1} THEN {n}" for n in range(1, size))
    return f"CASE WHEN {sql} IS NULL OR {sql} BETWEEN -1 AND 0 THEN 0 {steps} ELSE {size} END"


def _length(value: Value) -> str:
    sql, name = value.sql, value.type.name
    if name in _SIZES:
        return _integer(sql, _SIZES[name])
    if name in _UNSIGNED:
        return _integer(f"CAST({sql} AS HUGEINT)", _UNSIGNED[name])
    if name in _TEXTS:
        return f"coalesce(strlen({sql}) + CASE WHEN strlen({sql}) > 255 THEN 2 ELSE 1 END, 0)"
    if name == "bytea":
        return f"coalesce(octet_length({sql}) + 1, 0)"
    if name == "numeric":  # its key: a sign, the exponent, the digits
        digits = f"greatest(length({sql}) - CASE WHEN {sql} LIKE '-%' THEN 4 ELSE 3 END, 1)"
        return f"coalesce(({digits} + 2) // 3 * 2 + 3, 0)"
    if name in _FIXED or name == "bool":
        return f"CASE WHEN {sql} IS NULL THEN 0 ELSE 8 END" if value.nullable and name != "bool" else ""
    return f"coalesce(strlen(CAST({sql} AS VARCHAR)), 0)"


def _keys(value: Value) -> list[str]:
    sql, name = value.sql, value.type.name
    if name in _SIZES:
        size = _SIZES[name]
        tag = f"CASE WHEN {sql} < 0 THEN 10 ELSE 0 END + {_integer(sql, size)}"
        return [f"{tag} NULLS FIRST" if value.nullable else tag, *_reversed(f"CAST({sql} AS BIGINT)", size)]
    if name in ("timestamp", "timestamptz"):
        near = f"{sql} BETWEEN TIMESTAMP '1678-01-01' AND TIMESTAMP '2262-01-01'"
        return [f"{sql} IS NOT NULL", *_reversed(f"CASE WHEN {near} THEN epoch_us({sql}) * 1000 END", 8)]
    if name in _TEXTS:
        return [f"strlen({sql}) NULLS FIRST", sql]
    return [f"{sql} NULLS FIRST"]


def _reversed(sql: str, size: int) -> list[str]:
    """Return keys that order integers by their lowest byte first."""
    found = []
    for start in range(0, size, 4):
        count = min(4, size - start)
        parts = [f"((({sql} >> {8 * (start + i)}) & 255) << {8 * (count - 1 - i)})" for i in range(count)]
        found.append(f"({' | '.join(parts)})")
    return found
