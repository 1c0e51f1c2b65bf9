"""Casts as lines of data: from one scalar type to another, in which contexts, and what that is in DuckDB."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

from mzwidget.local.dialect import udf
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import moments, numerics
from mzwidget.local.formats import types as t
from mzwidget.local.formats.printing import printer, show_float, show_single
from mzwidget.local.formats.reading import READERS


class Context(IntEnum):
    """Where a cast may happen: by itself, when a value is stored, or only when asked for."""

    IMPLICIT = 0
    ASSIGNMENT = 1
    EXPLICIT = 2


@dataclass(frozen=True, slots=True)
class Cast:
    """One line of data; ``sql`` is a template of the operand."""

    source: str
    target: str
    context: Context
    sql: str
    fallible: bool = True


I, A, E = Context.IMPLICIT, Context.ASSIGNMENT, Context.EXPLICIT  # noqa: E741
STRINGS = ("text", "varchar", "bpchar", "name")
SIGNED = ("int2", "int4", "int8")
UNSIGNED = ("uint2", "uint4", "uint8")
INTEGERS = SIGNED + UNSIGNED
FLOATS = ("float4", "float8")
_SQL = {name: t.standard_name(type_) for name, type_ in t.SCALARS.items()} | {"oid": "OID"}
_S = t.SCALARS


def _python(name: str, function: Callable[..., Any], source: str, target: str) -> str:
    return udf.declare(name, function, [_S[source]], _S[target])


_BOUNDS = {
    "int2": (-(2**15), 2**15), "int4": (-(2**31), 2**31), "int8": (-(2**63), 2**63),
    "uint2": (0, 2**16), "uint4": (0, 2**32), "uint8": (0, 2**64), "oid": (0, 2**32), "mz_timestamp": (0, 2**64),
}  # fmt: skip


def _narrow(target: str) -> str:
    """Return a template that fails for whole numbers beyond the target."""
    low, high = _BOUNDS[target]
    duckdb = _S[target].duckdb
    failure = f"""error('mz:XX000:"' || CAST({{0}} AS VARCHAR) || '" {_SQL[target]} out of range')"""
    fits = f"{{0}} >= {low} AND {{0}} < {high} THEN CAST({{0}} AS {duckdb})"
    return f"CASE WHEN {fits} WHEN {{0}} IS NOT NULL THEN CAST({failure} AS {duckdb}) END"


def _from_float(target: str, source: str) -> str:
    low, high = _BOUNDS[target]
    show = show_single if source == "float4" else show_float

    def narrow(value: float) -> int:
        if not math.isfinite(value):
            shown = {"Infinity": "inf", "-Infinity": "-inf"}.get(show_float(value), "NaN")
            raise SqlError(f'"{shown}" {_SQL[target]} out of range')
        whole = round(value)
        if not low <= whole < high:
            raise SqlError(f'"{numerics.plain(Decimal(show(float(whole))))}" {_SQL[target]} out of range')
        return whole

    return _python(f"to_{target}", narrow, source, target)


def _from_numeric(target: str) -> str:
    low, high = _BOUNDS[target]

    def narrow(value: Decimal) -> int:
        if value.is_nan():
            raise SqlError(f'"NaN" {_SQL[target]} out of range')
        whole = int(numerics.rescaled(value, 0))
        if not low <= whole < high:
            shown = numerics.science(value) if value == whole else whole
            raise SqlError(f'"{shown}" {_SQL[target]} out of range')
        return whole

    return _python(f"to_{target}", narrow, "numeric", target)


_WHOLE_KEY = (
    "CASE WHEN {0} > 0 THEN '1' || CAST(49 + length(CAST({0} AS VARCHAR)) AS VARCHAR)"
    " || rtrim(CAST({0} AS VARCHAR), '0')"
    " WHEN {0} < 0 THEN '-' || CAST(51 - length(CAST({0} AS VARCHAR)) AS VARCHAR)"
    " || translate(rtrim(substr(CAST({0} AS VARCHAR), 2), '0'), '0123456789', '9876543210') || '~'"
    " WHEN {0} = 0 THEN '0' END"
)
"""The numeric key of a whole number."""


def whole_key(sql: str) -> str:
    """Return DuckDB SQL of the numeric key of a short integer expression."""
    return _WHOLE_KEY.replace("{0}", sql)


def _to_float(value: Decimal) -> float:
    return float(value)


_ABOVE_SINGLES = 3.4028235677973366e38
_BELOW_SINGLES = 2.0**-150
"""The largest that is rounded to zero."""


def _numeric_to_single(value: Decimal) -> float:
    if abs(found := float(value)) > _ABOVE_SINGLES:
        raise SqlError(f'"{"-" if found < 0 else ""}inf" real out of range')
    return found


def _to_single(value: float) -> float:
    if math.isfinite(value) and abs(value) > _ABOVE_SINGLES:
        raise SqlError("value out of range: overflow")
    if value and abs(value) <= _BELOW_SINGLES:
        raise SqlError("value out of range: underflow")
    return value


def _float_to_numeric(single: bool) -> Callable[[float], Decimal]:
    def convert(value: float) -> Decimal:
        if not math.isfinite(value):
            if math.isnan(value):
                return Decimal("NaN")
            name = "real" if single else "double precision"
            raise SqlError(f"function casting {name} to numeric is only defined for finite arguments")
        found = Decimal(show_single(value) if single else repr(value))
        if found.adjusted() >= numerics.DIGITS:
            raise SqlError("numeric field overflow")
        return numerics.CONTEXT.plus(found)

    return convert


def _numeric_to_mz(value: Decimal) -> int:
    if value.is_nan() or value != value.to_integral_value() or not 0 <= value < 2**64:
        raise SqlError(f'"{numerics.plain(value)}" mz_timestamp out of range')
    return int(value)


def _from_jsonb(target: str) -> Callable[[Any], Any]:
    name = _SQL[target]

    def convert(value: Any) -> Any:
        if target == "bool":
            if isinstance(value, bool):
                return value
        elif isinstance(value, Decimal):
            if target in FLOATS:
                return _numeric_to_single(value) if target == "float4" else float(value)
            if target == "numeric":
                return value
            whole = int(numerics.rescaled(value, 0))
            low, high = _BOUNDS[target]
            if not low <= whole < high:
                raise SqlError(f'"{numerics.science(value.normalize(numerics.WIDE))}" {name} out of range')
            return whole
        raise SqlError(f"cannot cast jsonb {kind_of(value)} to type {name}")

    return convert


def kind_of(value: Any) -> str:
    """Return what jsonb_typeof says of a parsed value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "number"


_MOMENT_TO_MZ = (
    "CASE WHEN {0} >= TIMESTAMP '1970-01-01' THEN CAST(epoch_ms({0}) AS UBIGINT) WHEN {0} IS NOT NULL"
    """ THEN CAST(error('mz:XX000:"' || CAST({0} AS VARCHAR) || '" mz_timestamp out of range') AS UBIGINT) END"""
)


_MZ_TO_MOMENT = (
    "CASE WHEN {0} > 8210266876799999 THEN error('mz:XX000:timestamp out of range')"
    " ELSE make_timestamp(CAST({0} AS BIGINT) * 1000) END"
)


def _time_of(value: moments.Interval) -> int:
    return value[2] % moments.DAY


def _show(name: str) -> str:
    """Return the template of a type's text form."""
    match name:
        case "bool":
            return "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END"
        case "text" | "varchar" | "name" | "char" | "jsonb" | "bpchar":
            return "{0}"
        case "date":
            return "replace(CAST({0} AS VARCHAR), '(BC)', 'BC')"
        case "timestamp" | "timestamptz":  # DuckDB writes the era behind the date, Materialize at the end
            shown, zone = "CAST({0} AS VARCHAR)", "" if name == "timestamp" else "+00"
            early = f"replace({shown}, ' (BC)', '') || '{zone} BC'"
            late = f"{shown} || '{zone}'" if zone else shown
            return f"CASE WHEN contains({shown}, ' (BC)') THEN {early} ELSE {late} END"
        case "time" | "uuid" | "int2" | "int4" | "int8" | "uint2" | "uint4" | "uint8" | "oid" | "mz_timestamp":
            return "CAST({0} AS VARCHAR)"
        case "regclass" | "regproc" | "regtype":
            return "CAST({0} AS VARCHAR)"
        case "numeric":
            return udf.declare("show_numeric", numerics.show, [t.TEXT], t.TEXT, fallible=False)
    return udf.declare(f"show_{name}", printer(_S[name]), [_S[name]], t.TEXT, fallible=False)


def _of_integers() -> Iterable[Cast]:
    widths = {name: index % 3 for index, name in enumerate(INTEGERS)}
    for a in INTEGERS:
        for b in INTEGERS:
            if a == b:
                continue
            plain = f"CAST({{0}} AS {_S[b].duckdb})"
            same = (a in SIGNED) == (b in SIGNED)
            wider = widths[b] > widths[a] and (same or a in UNSIGNED)
            yield Cast(a, b, I if wider else A, plain if wider else _narrow(b), not wider)
        for f in FLOATS:
            yield Cast(a, f, I, f"CAST({{0}} AS {_S[f].duckdb})", False)
        yield Cast(a, "numeric", I, _WHOLE_KEY, False)
    for a in ("int4", "int8"):
        yield Cast(a, "bool", E, "({0} <> 0)", False)
        yield Cast("bool", a, E, f"CAST({{0}} AS {_S[a].duckdb})", False)


def _of_oids() -> Iterable[Cast]:
    for b in ("oid", *t.REGISTERED):
        for a in ("int2", "int4"):
            yield Cast(a, b, I, "CAST(CAST({0} AS BIGINT) & 4294967295 AS UINTEGER)", False)
        yield Cast("int8", b, I, _narrow("oid"))
    for b in ("int4", "int8"):
        yield Cast("oid", b, A, f"CAST({{0}} AS {_S[b].duckdb})", b == "int4")
    for a in t.REGISTERED:
        yield Cast(a, "oid", I, "{0}", False)
        yield Cast("oid", a, I, "{0}", False)


def _of_fractions() -> Iterable[Cast]:
    for f in FLOATS:
        for b in INTEGERS:
            yield Cast(f, b, A, _from_float(b, f))
        yield Cast(f, "numeric", A, udf.declare("float_numeric", _float_to_numeric(f == "float4"), [_S[f]], t.NUMERIC))
        read = _numeric_to_single if f == "float4" else _to_float
        yield Cast("numeric", f, I, _python("numeric_float", read, "numeric", f))
    yield Cast("float4", "float8", I, "CAST({0} AS DOUBLE)", False)
    yield Cast("float8", "float4", A, udf.declare("single", _to_single, [t.FLOAT8], t.FLOAT4))
    for b in INTEGERS:
        yield Cast("numeric", b, A, _from_numeric(b))


def _of_mz_timestamps() -> Iterable[Cast]:
    for a in ("int4", "int8", "uint4", "uint8"):
        yield Cast(
            a, "mz_timestamp", I, _narrow("mz_timestamp") if a in SIGNED else "CAST({0} AS UBIGINT)", a in SIGNED
        )
    yield Cast("numeric", "mz_timestamp", I, _python("numeric_mz", _numeric_to_mz, "numeric", "mz_timestamp"))
    for a in ("date", "timestamp", "timestamptz"):
        moment = "CAST({0} AS TIMESTAMP)" if a == "date" else "{0}"
        yield Cast(a, "mz_timestamp", I, _MOMENT_TO_MZ.replace("{0}", moment))
    for b in ("timestamp", "timestamptz"):
        yield Cast("mz_timestamp", b, A, _MZ_TO_MOMENT)


def checked_moment(sql: str) -> str:
    """Return DuckDB SQL of a timestamp that Materialize has: DuckDB's reach further."""
    beyond = f"{sql} NOT BETWEEN make_timestamp({moments.FIRST}) AND make_timestamp({moments.LAST})"
    return f"CASE WHEN {beyond} THEN error('mz:XX000:timestamp out of range') ELSE {sql} END"


def _of_moments() -> Iterable[Cast]:
    for b in ("timestamp", "timestamptz"):
        yield Cast("date", b, I, checked_moment("CAST({0} AS TIMESTAMP)"))
    yield Cast("timestamp", "timestamptz", I, "{0}", False)
    yield Cast("timestamptz", "timestamp", A, "{0}", False)
    for a in ("timestamp", "timestamptz"):
        yield Cast(a, "date", A, "CAST({0} AS DATE)", False)
        yield Cast(a, "time", A, "CAST({0} AS TIME)", False)
    packed = "struct_pack(months := 0, days := 0, us := epoch_us({0}))"
    yield Cast("time", "interval", I, f"CASE WHEN {{0}} IS NOT NULL THEN {packed} END", False)
    interval_time = udf.declare("interval_time", _time_of, [t.INTERVAL], t.TIME, fallible=False)
    yield Cast("interval", "time", A, interval_time, False)


def _char_of(code: int) -> str:
    if not -128 <= code <= 127:
        raise SqlError('"char" out of range')
    if code < 0:
        raise unsupported('a "char" beyond ASCII')
    return chr(code) if code else ""


def _of_texts() -> Iterable[Cast]:
    for b in ("bool", "int2", "int4", "int8", "float4", "float8", "numeric"):
        yield Cast("jsonb", b, E, _python(f"jsonb_{b}", _from_jsonb(b), "jsonb", b))
    for a in STRINGS:
        for b in STRINGS:
            if a != b:
                of_name = a == "name" and b != "text"
                yield Cast(a, b, A if of_name else I, "rtrim({0}, ' ')" if b == "bpchar" else "{0}", False)
    for name in t.SCALARS:
        if name in STRINGS:
            continue
        for b in STRINGS:
            context = I if (name, b) == ("char", "text") else E if name in ("oid", *t.REGISTERED) else A
            yield Cast(name, b, context, _show(name), name == "numeric")
        template = udf.declare(f"read_{name}", READERS[name], [t.TEXT], _RAW.get(name, _S[name]))
        for a in (*STRINGS, "char"):
            if a != name:
                yield Cast(a, name, A if name in ("char", "mz_timestamp") else E, template)
    yield Cast("char", "int4", E, "CASE {0} WHEN '' THEN 0 ELSE ascii({0}) END", False)
    yield Cast("int4", "char", E, _python("int_char", _char_of, "int4", "char"))


_RAW = {"numeric": t.TEXT, "jsonb": t.TEXT}
"""Readers that give the kept form itself."""

CASTS: dict[tuple[str, str], Cast] = {
    (line.source, line.target): line
    for family in (_of_integers, _of_oids, _of_fractions, _of_mz_timestamps, _of_moments, _of_texts)
    for line in family()
}
