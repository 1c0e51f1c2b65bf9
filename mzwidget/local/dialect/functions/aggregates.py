"""Aggregate functions.

In a template ``«name»`` stands for DuckDB's aggregate of that name over the arguments, with what DISTINCT, ORDER BY,
FILTER and OVER say; ``«name:…»`` for one over the expression that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.castlines import whole_key
from mzwidget.local.dialect.casts import cast
from mzwidget.local.dialect.functions.jsonb import to_jsonb
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, array_or_null, map_sql
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import jsonb, numerics
from mzwidget.local.formats import types as t

FUNCTIONS: list[Overload] = []

_S = t.SCALARS
_NUMERICS = t.list_of(t.NUMERIC)


def _average(total: str, count: int) -> Decimal | None:
    return numerics.CONTEXT.divide(Decimal(total), Decimal(count)) if count else None


def _total(values: list[Decimal | None]) -> Decimal | None:
    found = [value for value in values if value is not None]
    if not found:
        return None
    total = Decimal(0)
    for value in found:
        total = numerics.WIDE.add(total, value)
    return total


def _total_key(values: list[Decimal | None]) -> str | None:
    """Return the key of the sum; one that no numeric holds is infinite."""
    total = _total(values)
    return None if total is None else numerics.key(numerics.CONTEXT.plus(total))


def _mean(values: list[Decimal | None]) -> Decimal | None:
    found = [value for value in values if value is not None]
    if not found:
        return None
    total = _total(values)
    assert total is not None
    return numerics.CONTEXT.divide(total, Decimal(len(found)))


def _square(value: Decimal) -> Decimal:
    return numerics.checked(numerics.CONTEXT.multiply(value, value))


def _spread(values: list[Decimal | None], *, sample: bool, root: bool) -> Decimal | None:
    found = [value for value in values if value is not None]
    count = len(found)
    if count <= sample:
        return None
    total, squares = Decimal(0), Decimal(0)
    for value in found:
        total = numerics.CONTEXT.add(total, value)
        squares = numerics.CONTEXT.add(squares, _square(value))
    c = numerics.CONTEXT
    mean = c.divide(_square(total), Decimal(count))
    variance = c.divide(c.subtract(squares, mean), Decimal(count - sample))
    if variance.is_signed():
        variance = Decimal(0)
    return c.sqrt(variance) if root else variance


_AVERAGE = udf.declare("average", _average, [t.TEXT, t.INT8], t.NUMERIC)
_WHOLE = udf.declare("whole_numeric", Decimal, [t.TEXT], t.NUMERIC)
_TOTAL = udf.declare("total", _total_key, [_NUMERICS], t.TEXT)
_MEAN = udf.declare("mean", _mean, [_NUMERICS], t.NUMERIC)

_FIXED = "CAST(trunc(CAST({0} AS DOUBLE) * 16777216) AS HUGEINT)"
"""A float as Materialize adds it up over tables: fixed point with 24 binary digits behind the point."""


def _special(finite: str) -> str:
    return (
        "CASE WHEN «sum:CAST(isnan({0}) AS INTEGER)» > 0 THEN CAST('NaN' AS DOUBLE)"
        " WHEN «sum:CAST(isinf({0}) AND {0} > 0 AS INTEGER)» > 0 THEN CASE WHEN"
        " «sum:CAST(isinf({0}) AND {0} < 0 AS INTEGER)» > 0 THEN CAST('NaN' AS DOUBLE)"
        " ELSE CAST('Infinity' AS DOUBLE) END"
        " WHEN «sum:CAST(isinf({0}) AND {0} < 0 AS INTEGER)» > 0 THEN CAST('-Infinity' AS DOUBLE)"
        f" ELSE {finite} END"
    )


_SUM_FIXED = f"CAST(«sum:CASE WHEN isfinite({{0}}) THEN {_FIXED} END» AS DOUBLE) / 16777216"
_SQUARES_FIXED = (
    "CAST(«sum:CASE WHEN isfinite({0})"
    " THEN CAST(trunc(CAST({0} AS DOUBLE) * CAST({0} AS DOUBLE) * 16777216) AS HUGEINT) END»"
    " AS DOUBLE) / 16777216"
)


def _float_spread(sample: bool, root: bool) -> str:
    divisor = "nullif(«count» - 1, 0)" if sample else "nullif(«count», 0)"
    spread = f"({_SQUARES_FIXED} - ({_SUM_FIXED}) * ({_SUM_FIXED}) / nullif(«count», 0)) / {divisor}"
    finite = "«sum:CAST(isfinite({0}) AS INTEGER)» = «count»"
    known = f"CASE WHEN {finite} THEN greatest({spread}, 0) ELSE CAST('NaN' AS DOUBLE) END"
    inner = f"CASE WHEN «count» > {int(sample)} THEN {known} END"
    return f"sqrt({inner})" if root else inner


for _name in ("int2", "int4"):
    FUNCTIONS.append(line("sum", f"{_name} -> int8", "CAST(«sum» AS BIGINT)"))
for _name in ("uint2", "uint4"):
    FUNCTIONS.append(line("sum", f"{_name} -> uint8", "CAST(«sum» AS UBIGINT)"))
for _name in ("int8", "uint8"):
    FUNCTIONS.append(line("sum", f"{_name} -> numeric", _WHOLE.replace("{0}", "CAST(«sum» AS VARCHAR)")))
for _name in ("int2", "int4", "int8", "uint2", "uint4", "uint8"):
    FUNCTIONS.append(line("avg", f"{_name} -> numeric",
                          _AVERAGE.replace("{0}", "CAST(«sum» AS VARCHAR)").replace("{1}", "«count»")))  # fmt: skip
FUNCTIONS += [
    line("sum", "numeric -> numeric", _TOTAL.replace("{0}", "«list»")),
    line("avg", "numeric -> numeric", _MEAN.replace("{0}", "«list»")),
    line("sum", "float8 -> float8", _special(_SUM_FIXED)),
    line("sum", "float4 -> float4", f"CAST({_special(_SUM_FIXED)} AS REAL)"),
    line("avg", "float8 -> float8", _special(f"({_SUM_FIXED}) / nullif(«count», 0)")),
    line("avg", "float4 -> float4", f"CAST({_special(f'({_SUM_FIXED}) / nullif(«count», 0)')} AS REAL)"),
]
EXACT = {
    ("sum", "float8"): "«sum»", ("sum", "float4"): "CAST(«sum» AS REAL)",
    ("avg", "float8"): "«avg»", ("avg", "float4"): "CAST(«avg» AS REAL)",
}  # fmt: skip
"""Over constants Materialize adds floats up as they are."""

for _name, _sample, _root in (
    ("stddev", True, True), ("stddev_samp", True, True), ("stddev_pop", False, True),
    ("variance", True, False), ("var_samp", True, False), ("var_pop", False, False),
):  # fmt: skip
    _template = udf.declare(_name, partial(_spread, sample=_sample, root=_root), [_NUMERICS], t.NUMERIC)
    for _type in ("int2", "int4", "int8", "uint2", "uint4", "uint8"):
        FUNCTIONS.append(line(_name, f"{_type} -> numeric", _template.replace("{0}", f"«list:{whole_key('{0}')}»")))
    FUNCTIONS.append(line(_name, "numeric -> numeric", _template.replace("{0}", "«list»")))
    for _type in ("float4", "float8"):
        _sql = _float_spread(_sample, _root)
        _result = "float8" if _root else _type
        FUNCTIONS.append(line(_name, f"{_type} -> {_result}", f"CAST({_sql} AS {_S[_result].duckdb})"))

for _function in ("min", "max"):
    for _name in (
        "bool", "int2", "int4", "int8", "uint2", "uint4", "uint8", "float4", "float8", "numeric", "date", "time",
        "timestamp", "timestamptz", "text", "bpchar", "mz_timestamp",
    ):  # fmt: skip
        FUNCTIONS.append(line(_function, f"{_name} -> {_name}", f"«{_function}»", fallible=False))
    FUNCTIONS.append(line(_function, "interval -> interval",
        f"«arg_{_function}:{{0}}, CAST({{0}}.months AS HUGEINT) * 79228162514264337593543950336"
        " + CAST({0}.days AS HUGEINT) * 18446744073709551616 + {0}.us»"))  # fmt: skip

FUNCTIONS += [
    line("count", "any -> int8", "«count»", fallible=False),
    line("bool_and", "bool -> bool", "«bool_and»", fallible=False),
    line("bool_or", "bool -> bool", "«bool_or»", fallible=False),
    line("string_agg", "text, text -> text", "", build="string_agg"),
    line("array_agg", "anynonarray -> anyarray", "«list»", build="array_agg"),
    line("list_agg", "any -> anylist", "«list»", build="list_agg"),
    line("jsonb_agg", "any -> jsonb", "", build="jsonb_agg"),
    line("jsonb_object_agg", "any, any -> jsonb", "", build="jsonb_object_agg"),
    line("map_agg", "text, any -> anymap", "", build="map_agg"),
]


def _joined(parts: list[dict[str, Any] | None]) -> str | None:
    found: list[str] = []
    for part in parts:
        if part is None or part["v"] is None:
            continue
        if found:
            found.append(part["s"] or "")
        found.append(part["v"])
    return "".join(found) if found else None


def _object(parts: list[dict[str, Any]]) -> str:
    found: dict[str, Any] = {}
    for part in parts:
        if part["k"] is not None:
            found[part["k"]] = None if part["v"] is None else jsonb.read(part["v"])
    return jsonb.write(found)


_PAIRS = t.Type("pairs", 0, -1, "STRUCT(k VARCHAR, v VARCHAR)[]")
_PARTS = t.Type("parts", 0, -1, "STRUCT(v VARCHAR, s VARCHAR)[]")
_JOINED = udf.declare("string_agg", _joined, [_PARTS], t.TEXT)
_OBJECT = udf.declare("jsonb_object_agg", _object, [_PAIRS], t.TEXT)


def special(name: str, values: Sequence[Value]) -> tuple[list[Value], str, t.Type]:
    """Return the operands, the template and the type of an aggregate that is more than a line."""
    match name:
        case "string_agg":
            return list(values), _JOINED.replace("{0}", "«list:struct_pack(v := {0}, s := {1})»"), t.TEXT
        case "array_agg":
            if values[0].type.kind == "array":
                raise SqlError("array_agg on arrays not yet supported")
            return list(values), array_or_null("«list»"), t.array_of(values[0].type.base)
        case "list_agg":
            return list(values), "«list»", t.list_of(values[0].type.base)
        case "jsonb_agg":
            inner = to_jsonb(values[0])
            template = "'[' || array_to_string(«list:coalesce({0}, 'null')», ',') || ']'"
            return [inner], template, t.JSONB
        case "jsonb_object_agg":
            return (
                [cast(values[0], t.TEXT), to_jsonb(values[1])],
                _OBJECT.replace("{0}", "«list:struct_pack(k := {0}, v := {1})»"),
                t.JSONB,
            )
        case "map_agg":
            return list(values), map_sql("«list:struct_pack(k := {0}, v := {1})»"), t.map_of(values[1].type.base)
    raise unsupported(name)
