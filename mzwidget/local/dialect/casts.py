"""Casts as lines of data: from one type to another, in which contexts, and what that is in DuckDB."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum
from typing import Any

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.values import Value, apply, array_sql, failing, items_of, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import jsonb, moments, numerics
from mzwidget.local.formats import types as t
from mzwidget.local.formats.containers import flat, quoted, reader, show_array, show_items, show_nested, show_record
from mzwidget.local.formats.printing import printer, show_float, show_single
from mzwidget.local.formats.reading import READERS
from mzwidget.local.formats.types import Type


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
_SQL = {name: t.sql_name(type_) for name, type_ in t.SCALARS.items()} | {"oid": "OID"}
_S = t.SCALARS


def _python(name: str, function: Callable[..., Any], source: str, target: str) -> str:
    return udf.declare(name, function, [_S[source]], _S[target])


_BOUNDS = {
    "int2": (-(2**15), 2**15), "int4": (-(2**31), 2**31), "int8": (-(2**63), 2**63),
    "uint2": (0, 2**16), "uint4": (0, 2**32), "uint8": (0, 2**64), "oid": (-(2**31), 2**32), "mz_timestamp": (0, 2**64),
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
            raise SqlError(f'"{show(float(whole)) if abs(whole) < 2**63 else show(value)}" {_SQL[target]} out of range')
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


def _to_single(value: float) -> float:
    if math.isfinite(value) and abs(value) > 3.4028235677973366e38:
        raise SqlError("value out of range: overflow")
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
            text = str(found.normalize()).replace("E+", "E")
            raise SqlError(f'"{text}" is out of range for type numeric: exceeds maximum precision 39')
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
            if target in ("float4", "float8"):
                return float(value)
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


def _jsonb_text(value: Any) -> str:
    return value if isinstance(value, str) else jsonb.write(value)


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
        case "text" | "varchar" | "name" | "jsonb" | "bpchar":
            return "{0}"
        case "date" | "timestamp":
            return "replace(CAST({0} AS VARCHAR), '(BC)', 'BC')"
        case "timestamptz":
            shown = "CAST({0} AS VARCHAR)"
            return f"CASE WHEN {shown} LIKE '%)' THEN replace({shown}, ' (BC)', '+00 BC') ELSE {shown} || '+00' END"
        case "time" | "uuid" | "int2" | "int4" | "int8" | "uint2" | "uint4" | "uint8" | "oid" | "mz_timestamp":
            return "CAST({0} AS VARCHAR)"
        case "regclass" | "regproc" | "regtype":
            return "CAST({0} AS VARCHAR)"
        case "numeric":
            return udf.declare("show_numeric", numerics.show, [t.TEXT], t.TEXT, fallible=False)
    return udf.declare(f"show_{name}", printer(_S[name]), [_S[name]], t.TEXT, fallible=False)


def _lines() -> Iterable[Cast]:
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
    for a in SIGNED:
        wrapped = _narrow("oid").replace("CAST({0} AS UINTEGER)", "CAST(CAST({0} AS BIGINT) & 4294967295 AS UINTEGER)")
        for b in ("oid", *t.REGISTERED):
            yield Cast(a, b, I, wrapped)
        yield (
            Cast(a, "bool", E, "({0} <> 0)", False)
            if a != "int2"
            else Cast("bool", "int4", E, "CAST({0} AS INTEGER)", False)
        )
    yield Cast("bool", "int8", E, "CAST({0} AS BIGINT)", False)
    for a in ("oid", *t.REGISTERED):
        for b in ("int4", "int8"):
            yield Cast(a, b, A, f"CAST({{0}} AS {_S[b].duckdb})", b == "int4")
    for a in t.REGISTERED:
        yield Cast(a, "oid", I, "{0}", False)
        yield Cast("oid", a, I, "{0}", False)
    for f in FLOATS:
        for b in INTEGERS:
            yield Cast(f, b, A, _from_float(b, f))
        yield Cast(f, "numeric", A, udf.declare("float_numeric", _float_to_numeric(f == "float4"), [_S[f]], t.NUMERIC))
        yield Cast("numeric", f, I, _python("numeric_float", _to_float, "numeric", f))
    yield Cast("float4", "float8", I, "CAST({0} AS DOUBLE)", False)
    yield Cast("float8", "float4", A, udf.declare("single", _to_single, [t.FLOAT8], t.FLOAT4))
    for b in INTEGERS:
        yield Cast("numeric", b, A, _from_numeric(b))
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
    yield Cast("date", "timestamp", I, "CAST({0} AS TIMESTAMP)")
    yield Cast("date", "timestamptz", I, "CAST({0} AS TIMESTAMP)")
    yield Cast("timestamp", "timestamptz", I, "{0}", False)
    yield Cast("timestamptz", "timestamp", A, "{0}", False)
    for a in ("timestamp", "timestamptz"):
        yield Cast(a, "date", A, "CAST({0} AS DATE)", False)
        yield Cast(a, "time", A, "CAST({0} AS TIME)", False)
    yield Cast("time", "interval", I, "struct_pack(months := 0, days := 0, us := epoch_us({0}))", False)
    yield Cast("interval", "time", A, udf.declare("interval_time", _time_of, [t.INTERVAL], t.TIME), False)
    for b in ("bool", "int2", "int4", "int8", "float4", "float8", "numeric"):
        yield Cast("jsonb", b, E, _python(f"jsonb_{b}", _from_jsonb(b), "jsonb", b))
    for a in STRINGS:
        for b in STRINGS:
            if a != b:
                yield Cast(a, b, I, "rtrim({0}, ' ')" if b == "bpchar" else "{0}", False)
    for name in t.SCALARS:
        if name in STRINGS:
            continue
        for b in ("text", "varchar", "bpchar"):
            yield Cast(name, b, A, _show(name), name == "numeric")
        template = udf.declare(f"read_{name}", READERS[name], [t.TEXT], _RAW.get(name, _S[name]))
        for a in ("text", "varchar", "bpchar"):
            yield Cast(a, name, E, template)


_RAW = {"numeric": t.TEXT, "jsonb": t.TEXT}
"""Readers that give the kept form itself."""

CASTS: dict[tuple[str, str], Cast] = {(line.source, line.target): line for line in _lines()}


def castable(source: Type, target: Type, context: Context) -> bool:
    """Whether a cast is there in that context."""
    if source.base == target.base or (source.name == "int2vector" and target.base == t.array_of(t.INT2)):
        return True
    if source.kind == "scalar" and target.kind == "scalar":
        line = CASTS.get((source.name, target.name))
        return line is not None and line.context <= context
    if target.kind == "scalar":
        return target.name in ("text", "varchar", "bpchar") and context >= Context.ASSIGNMENT
    if source.kind == "scalar":
        return (
            source.name in STRINGS and context == Context.EXPLICIT and target.kind in ("array", "list", "map", "range")
        )
    if "range" in (source.kind, target.kind):
        return False
    if source.kind == "record" and target.kind == "record":
        pairs = zip(source.fields, target.fields, strict=False)
        return len(source.fields) == len(target.fields) and all(castable(a, b, context) for (_, a), (_, b) in pairs)
    assert source.element is not None or source.kind == "record"
    if source.kind == target.kind and target.element is not None and source.element is not None:
        inner = Context.EXPLICIT if context == Context.EXPLICIT else Context.IMPLICIT
        if source.kind == "array":
            return context == Context.EXPLICIT and castable(source.element, target.element, inner)
        if source.kind == "map":
            inner = Context.IMPLICIT
        return castable(source.element, target.element, inner)
    if source.kind == "array" and target.kind == "list" and source.element is not None and target.element is not None:
        return context == Context.EXPLICIT and castable(source.element, target.element, Context.EXPLICIT)
    return False


_ORDER = {
    "int2": 1, "uint2": 2, "int4": 3, "uint4": 4, "int8": 5, "uint8": 6, "numeric": 7, "float4": 8, "float8": 9,
    "date": 1, "timestamp": 2, "timestamptz": 3, "bpchar": 1, "varchar": 1, "text": 1, "name": 1,
}  # fmt: skip


_WIDER = {"uint2": t.INT4, "uint4": t.INT8, "uint8": t.NUMERIC}


def _mixed(types: list[Type]) -> bool:
    """Whether signed numbers stand beside unsigned ones."""
    names = {type_.name for type_ in types}
    return bool(names & set(UNSIGNED)) and bool(names & set(SIGNED))


def common(types: Iterable[Type]) -> Type | None:
    """Return the type that all can implicitly become, None if there is none."""
    best: Type | None = None
    types = list(types)
    if len({type_.base for type_ in types}) > 1:
        types = [_WIDER.get(type_.name, type_) for type_ in types] if _mixed(types) else types
    for type_ in types:
        if best is None or best.base == type_.base:
            best = best or type_.base
        elif castable(best, type_, Context.IMPLICIT) and not (
            castable(type_, best, Context.IMPLICIT) and _ORDER.get(best.name, 0) >= _ORDER.get(type_.name, 0)
        ):
            best = type_.base
        elif not castable(type_, best, Context.IMPLICIT):
            return None
    return best


def constant(value: Any, type_: Type) -> str:
    """Return DuckDB SQL of a value as its reader gave it."""
    if value is None:
        return f"CAST(NULL AS {type_.duckdb})"
    if type_.kind == "array" and type_.element is not None:
        elements, dims = flat(value)
        listed = ", ".join(constant(item, type_.element) for item in elements)
        return f"CAST({array_sql(f'[{listed}]', str(list(dims)))} AS {type_.duckdb})"
    if type_.kind == "list" and type_.element is not None:
        inner = ", ".join(constant(item, type_.element) for item in value)
        return f"CAST([{inner}] AS {type_.duckdb})"
    if type_.kind == "range" and type_.element is not None:
        if not value["filled"]:
            return f"CAST(struct_pack(filled := false, lo := NULL, hi := NULL) AS {type_.duckdb})"
        bounds = ", ".join(
            f"{bound} := struct_pack(f := {value[bound]['f']}, v := {constant(value[bound]['v'], type_.element)},"
            f" x := {value[bound]['x']})"
            for bound in ("lo", "hi")
        )
        return f"CAST(struct_pack(filled := true, {bounds}) AS {type_.duckdb})"
    if type_.kind == "map" and type_.element is not None:
        keys = ", ".join(quote_text(key) for key in value)
        items = ", ".join(constant(item, type_.element) for item in value.values())
        return f"CAST(map([{keys}], [{items}]) AS {type_.duckdb})"
    match type_.name:
        case "bool":
            return "true" if value else "false"
        case "date":
            return f"(DATE '1970-01-01' + CAST({value} AS INTEGER))"
        case "time":
            return f"CAST(make_timestamp({value}) AS TIME)"
        case "timestamp" | "timestamptz":
            return f"make_timestamp({value})"
        case "interval":
            months, days, micros = value
            packed = f"struct_pack(months := {months}, days := {days}, us := {micros})"
            return f"CAST({packed} AS {t.INTERVAL.duckdb})"
        case "bytea":
            return f"unhex('{value.hex()}')"
        case "float4" | "float8":
            return f"CAST('{value!r}' AS {type_.duckdb})"
        case "uuid":
            return f"CAST('{value}' AS UUID)"
        case "numeric" | "jsonb" | "text" | "varchar" | "bpchar" | "name":
            return quote_text(str(value))
    return f"CAST({value} AS {type_.duckdb})"


def literal(text: str, target: Type, context: Context = Context.IMPLICIT) -> Value:
    """Return a text literal as a value of a type; one that is no such value fails when it is evaluated."""
    try:
        value = reader(target)(text)
        if target.typmod != -1:
            sized = modified(Value(constant(value, target), target.base, literal=text), target, context)
            return replace(sized, nullable=False)
        return Value(constant(value, target), target, literal=text, nullable=False)
    except SqlError as error:
        if error.sqlstate == "0A000":
            raise
        return replace(failing(error, target), literal=text)


def no_cast(source: Type, target: Type) -> SqlError:
    """Return the error for a cast that is not there."""
    return SqlError(f"CAST does not support casting from {t.sql_name(source.base)} to {t.sql_name(target.base)}")


def cast(value: Value, target: Type, context: Context = Context.EXPLICIT) -> Value:
    """Return the value as another type; it must be castable in that context."""
    source = value.type
    if source.base == target.base or source.name == "int2vector":
        found = value.typed(target.base)
    elif source.kind == "scalar" and target.kind == "scalar":
        line = CASTS[source.name, target.name]
        if value.scale and target.name in STRINGS:
            line = replace(line, sql=_SHOW_SCALED.replace("{1}", str(value.scale)))
        found = apply(line.sql, [value], target.base, fallible=line.fallible)
        if target.name in STRINGS and source.name in STRINGS:
            found = replace(found, literal=value.literal)
    elif target.kind == "scalar":
        found = _shown(value).typed(target.base)
    elif source.kind == "scalar":
        found = _parsed(value, target)
    elif target.kind == "record":
        fields = enumerate(zip(source.fields, target.fields, strict=True), 1)
        inner = [cast(Value(f"{{0}}.f{i}", a), b, context).sql for i, ((_, a), (_, b)) in fields]
        packed = ", ".join(f"f{i} := {sql}" for i, sql in enumerate(inner, 1))
        found = apply(f"CASE WHEN {{0}} IS NOT NULL THEN struct_pack({packed}) END", [value], target, fallible=True)
    else:
        found = _items(value, target)
    found = modified(found, target, context) if target.typmod != -1 or _sized(target) else found
    return replace(found, nullable=value.nullable) if found.nullable != value.nullable else found


def _sized(target: Type) -> bool:
    return target.element is not None and target.element.typmod != -1


def _shown(value: Value) -> Value:
    """Return the text of an array, list, map or record."""
    type_ = value.type
    if type_.kind == "record":
        items = [f"[{text_form(Value(f'{{0}}.f{i}', field)).sql}]" for i, (_, field) in enumerate(type_.fields, 1)]
        nested = [str(field.kind in ("array", "list", "map")).lower() for _, field in type_.fields]
        shown = _SHOW_RECORD.replace("{1}", f"[{', '.join(nested)}]").replace("{0}", f"flatten([{', '.join(items)}])")
        return apply(
            f"CASE WHEN {{0}} IS NOT NULL THEN {shown} END" if items else "'()'",
            [value],
            t.TEXT,
            fallible=True,
        )
    assert type_.element is not None
    if type_.kind == "range":
        return apply(_SHOW_RANGES[type_.name], [value], t.TEXT)
    inner = text_form(Value("x", type_.element)).sql
    if type_.kind == "map":
        keys, values = "map_keys({0})", f"list_transform(map_values({{0}}), lambda x: {inner})"
        return apply(_SHOW_MAP.replace("{0}", "\x01").replace("{1}", values).replace("\x01", keys), [value], t.TEXT)
    if type_.kind == "array":
        shown = _SHOW_ARRAY
        if inner != "x":
            texts = f"list_transform({items_of('{0}')}, lambda x: {inner})"
            shown = shown.replace("{0}", array_sql(texts, "({0}).dims"))
        return apply(f"CASE WHEN {{0}} IS NOT NULL THEN {shown} END", [value], t.TEXT)
    template = _SHOW_NESTED if type_.element.kind == type_.kind else _SHOW_ITEMS
    listed = "{0}" if inner == "x" else f"list_transform({{0}}, lambda x: {inner})"
    return apply(template.replace("{0}", listed), [value], t.TEXT)


_TEXTS = t.list_of(t.TEXT)


def _show_array(array: dict[str, Any]) -> str:
    return show_array(*flat(array), lambda item: "NULL" if item is None else quoted(item))


def _show_map(keys: list[str], values: list[str | None]) -> str:
    shown = (
        f"{quoted(key, also='=')}=>{'NULL' if value is None else quoted(value)}"
        for key, value in zip(keys, values, strict=True)
    )
    return "{" + ",".join(shown) + "}"


_ARRAY = replace(t.array_of(t.TEXT), kind="scalar", element=None)
"""An array of texts as Python sees it: its elements and dimensions."""
_SHOW_ARRAY = udf.declare("show_array", _show_array, [_ARRAY], t.TEXT, fallible=False)
_SHOW_ITEMS = udf.declare("show_items", show_items, [_TEXTS], t.TEXT, fallible=False)
_SHOW_NESTED = udf.declare("show_nested", show_nested, [_TEXTS], t.TEXT, fallible=False)
_SHOW_RECORD = udf.declare("show_record", show_record, [_TEXTS, t.list_of(t.BOOL)], t.TEXT, fallible=False)
_SHOW_MAP = udf.declare("show_map", _show_map, [_TEXTS, _TEXTS], t.TEXT, fallible=False)


_SHOW_RANGES = {
    name: udf.declare(f"show_{name}", printer(type_), [type_], t.TEXT, fallible=False)
    for name, type_ in t.RANGES.items()
}
_READ_RANGES = {name: udf.declare(f"read_{name}", reader(type_), [t.TEXT], type_) for name, type_ in t.RANGES.items()}


def text_form(value: Value) -> Value:
    """Return the text that a value is printed as, where that differs from its cast: booleans."""
    if value.type.name == "bool":
        return apply("CASE WHEN {0} THEN 't' WHEN NOT {0} THEN 'f' END", [value], t.TEXT)
    if value.type.name == "bpchar" and value.type.typmod != -1:
        return apply(f"rpad({{0}}, {value.type.typmod - 4}, ' ')", [value], t.TEXT)
    return cast(value, t.TEXT)


def _parsed(value: Value, target: Type) -> Value:
    if value.literal is not None:
        return literal(value.literal, target)
    assert target.element is not None
    if target.kind == "range":
        return apply(_READ_RANGES[target.name], [value], target, fallible=True)
    if target.kind == "map" and target.element.kind == "scalar":
        return apply(_mapped(f"{_READ_PAIRS}", target.element), [value], target, fallible=True)
    if target.element.kind != "scalar":
        raise unsupported(f"a cast from text to {t.sql_name(target)}")
    read = Value(_READ_ITEMS[target.kind].replace("{0}", "\x01"), _of_texts(target.kind))
    made = read if target.element.name in STRINGS else _items(read, target)
    return apply(made.sql.replace("\x01", "{0}"), [value], target, fallible=True)


def _of_texts(kind: str) -> Type:
    return t.array_of(t.TEXT) if kind == "array" else t.list_of(t.TEXT)


def _mapped(entries: str, target: Type, source: Type = t.TEXT) -> str:
    """Return the template of a map of entries k and v, the values of another type."""
    item = Value("e.v", source)
    inner = item.sql if target.name in STRINGS and source.name in STRINGS else cast(item, target).sql
    made = f"map_from_entries(list_transform({entries}, lambda e: struct_pack(k := e.k, v := {inner})))"
    return f"CASE WHEN {{0}} IS NOT NULL THEN {made} END"


def _pairs(text: str) -> list[dict[str, str | None]]:
    return [{"k": key, "v": item} for key, item in reader(t.map_of(t.TEXT))(text).items()]


_PAIRS = t.Type("pairs", 0, -1, "STRUCT(k VARCHAR, v VARCHAR)[]")
_READ_PAIRS = udf.declare("read_map", _pairs, [t.TEXT], _PAIRS)
_READ_ITEMS = {
    "array": udf.declare("read_array", reader(t.array_of(t.TEXT)), [t.TEXT], t.array_of(t.TEXT)),
    "list": udf.declare("read_list", reader(t.list_of(t.TEXT)), [t.TEXT], t.list_of(t.TEXT)),
}


def _items(value: Value, target: Type) -> Value:
    source = value.type
    if source.kind == "map" and target.element is not None and source.element is not None:
        entries = "list_transform(map_entries({0}), lambda e: struct_pack(k := e.key, v := e.value))"
        return apply(_mapped(entries, target.element, source.element), [value], target, fallible=True)
    if source.element is None or target.element is None:
        raise unsupported(f"a cast from {t.sql_name(source)} to {t.sql_name(target)}")
    name = f"x{value.depth}"
    inner = cast(Value(name, source.element), target.element)
    if source.kind == "array":
        listed = items_of("{0}")
        listed = listed if inner.sql == name else f"list_transform({listed}, lambda {name}: {inner.sql})"
        if target.kind == "array":
            if inner.sql == name:
                return value.typed(target)
            template = f"CASE WHEN {{0}} IS NOT NULL THEN {array_sql(listed, '({0}).dims')} END"
        else:
            many = "'mz:XX000:casting multi-dimensional array to list; got array with '"
            many = f"{many} || CAST(len(({{0}}).dims) AS VARCHAR) || ' dimensions not yet supported'"
            template = f"CASE WHEN len(({{0}}).dims) > 0 THEN error({many}) ELSE {listed} END"
        return apply(template, [value], target, fallible=inner.fallible or target.kind == "list")
    if inner.sql == name:
        return value.typed(target)
    return apply(f"list_transform({{0}}, lambda {name}: {inner.sql})", [value], target, fallible=inner.fallible)


def modified(value: Value, target: Type, context: Context) -> Value:
    """Return the value as its type's modifier has it: rounded, cut or padded."""
    if target.element is not None:
        return value.typed(target)
    if target.name == "numeric":
        scale = t.numeric_scale(target)
        if scale is None:
            return value
        return replace(apply(_RESCALE.replace("{1}", str(scale)), [value], target, fallible=True), scale=scale)
    if target.name in ("varchar", "bpchar"):
        length = target.typmod - 4
        if context == Context.EXPLICIT:
            cut = f"left({{0}}, {length})"
            return replace(
                apply(f"rtrim({cut}, ' ')" if target.name == "bpchar" else cut, [value], target), literal=None
            )
        name = f"{t.sql_name(target.base)}({length})"
        failure = quote_text(f"mz:XX000:value too long for type {name}")
        template = (
            f"CASE WHEN length({{0}}) <= {length} THEN {{0}} WHEN length(rtrim({{0}}, ' ')) <= {length}"
            f" THEN left({{0}}, {length}) WHEN {{0}} IS NOT NULL THEN error({failure}) END"
        )
        return apply(template, [value], target, fallible=True)
    if target.name in ("timestamp", "timestamptz"):
        unit = 10 ** (6 - target.typmod)
        if unit == 1:
            return value.typed(target)
        half = f"(epoch_us({{0}}) + {unit // 2})"
        rounded = f"make_timestamp({half} - ({half} % {unit} + {unit}) % {unit})"
        return apply(rounded, [value], target, fallible=True)
    return value.typed(target)


_SHOW_SCALED = udf.declare("show_scaled", numerics.show_scaled, [t.TEXT, t.INT4], t.TEXT, fallible=False)
_RESCALE = udf.declare("rescale", numerics.rescaled, [t.NUMERIC, t.INT4], t.NUMERIC)
