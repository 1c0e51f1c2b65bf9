"""Which casts there are, how freely they apply, and the DuckDB SQL of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from enum import IntEnum

from mzwidget.local.dialect.jsonb import canonical
from mzwidget.local.dialect.values import Value, quote_text, raise_sql
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type


class Cast(IntEnum):
    """How freely a cast applies, as in PostgreSQL's ``pg_cast.castcontext``."""

    IMPLICIT = 0
    ASSIGNMENT = 1
    EXPLICIT = 2


INTEGERS = ("int2", "int4", "int8")
FLOATS = ("float4", "float8")
NUMBERS = (*INTEGERS, "numeric", *FLOATS)
STRINGS = ("text", "varchar", "bpchar")

_CONTEXTS: dict[tuple[str, str], Cast] = {}


def _allow(context: Cast, sources: str, targets: str) -> None:
    for source in sources.split():
        for target in targets.split():
            _CONTEXTS[source, target] = context


_allow(Cast.IMPLICIT, "int2", "int4 int8 numeric float4 float8")
_allow(Cast.IMPLICIT, "int4", "int8 numeric float4 float8")
_allow(Cast.IMPLICIT, "int8", "numeric float4 float8")
_allow(Cast.IMPLICIT, "numeric", "float4 float8")
_allow(Cast.IMPLICIT, "float4", "float8")
_allow(Cast.ASSIGNMENT, "int4", "int2")
_allow(Cast.ASSIGNMENT, "int8", "int2 int4")
_allow(Cast.ASSIGNMENT, "numeric", "int2 int4 int8")
_allow(Cast.ASSIGNMENT, "float4", "int2 int4 int8 numeric")
_allow(Cast.ASSIGNMENT, "float8", "int2 int4 int8 numeric float4")
_allow(Cast.EXPLICIT, "bool", "int4")
_allow(Cast.EXPLICIT, "int4", "bool")
_allow(Cast.IMPLICIT, "text varchar bpchar", "text varchar bpchar")
_allow(Cast.IMPLICIT, "date", "timestamp timestamptz")
_allow(Cast.IMPLICIT, "timestamp", "timestamptz")
_allow(Cast.ASSIGNMENT, "timestamp", "date time")
_allow(Cast.ASSIGNMENT, "timestamptz", "date time timestamp")
_allow(Cast.IMPLICIT, "time", "interval")
_allow(Cast.ASSIGNMENT, "interval", "time")
_allow(Cast.EXPLICIT, "jsonb", "bool int2 int4 int8 numeric float4 float8")
_allow(Cast.IMPLICIT, "int4 int8 numeric date timestamp timestamptz", "mz_timestamp")
_allow(Cast.ASSIGNMENT, "mz_timestamp", "timestamp timestamptz")

_FROM_TEXT = {
    "bool": "mz_bool", "int2": "mz_int2", "int4": "mz_int4", "int8": "mz_int8", "float4": "mz_float4",
    "float8": "mz_float8", "date": "mz_date", "time": "mz_time", "timestamp": "mz_timestamp",
    "timestamptz": "mz_timestamptz", "interval": "mz_interval", "uuid": "mz_uuid", "bytea": "mz_bytea",
    "jsonb": "mz_jsonb", "mz_timestamp": "mz_mz_timestamp",
}  # fmt: skip


def allowed(source: Type, target: Type, context: Cast) -> bool:
    """Whether a value of one type may be cast to another in this context."""
    if source.name == target.name or source.name == "unknown":
        return True
    if source.element is not None and target.element is not None:
        return allowed(source.element, target.element, context)
    if target.name in STRINGS and source.name not in STRINGS:
        return context >= Cast.ASSIGNMENT
    if source.name in STRINGS and target.name not in STRINGS:
        return context >= Cast.EXPLICIT
    known = _CONTEXTS.get((source.name, target.name))
    return known is not None and context >= known


def cast(value: Value, target: Type, context: Cast = Cast.IMPLICIT) -> Value:
    """Return the value as ``target``.

    Raises
    ------
    SqlError
        If PostgreSQL has no such cast in this context, or a constant's text does not fit the type.
    """
    source = value.type
    if not allowed(source, target, context):
        raise SqlError(f"cannot cast type {t.sql_name(source)} to {t.sql_name(target)}", "42846")
    if source.name == "unknown":
        return _constant(value, target)
    if source == target:
        return value
    if target.name in STRINGS:
        return _to_string(value, target, context)
    if source.name in STRINGS:
        return _parsed(value, target)
    if source.name == target.name == "numeric":
        return _rescale(value, target)
    if source.element is not None and target.element is not None:
        item = cast(Value("x", source.element), target.element, context)
        return Value(f"list_transform({value.sql}, lambda x: {item.sql})", target, fallible=True)
    if source.name == target.name:
        return value.typed(target)
    return _CONVERSIONS[source.name, target.name](value, target)


def _constant(value: Value, target: Type) -> Value:
    text = value.literal
    if text is None:  # an untyped NULL
        return Value(f"CAST(NULL AS {target.duckdb})", target)
    if target.name in STRINGS:
        return _to_string(Value(value.sql, t.TEXT, literal=text), target, Cast.EXPLICIT)
    if target.name == "jsonb":
        return Value(quote_text(canonical(text)), target)
    return replace(_parsed(Value(value.sql, t.TEXT, literal=text), target), literal=text)


def _parsed(value: Value, target: Type) -> Value:
    text = f"rtrim({value.sql}, ' ')" if value.type.name == "bpchar" else value.sql
    if target.element is not None:
        item = _parsed(Value("x", t.TEXT), target.element) if target.element.name not in STRINGS else None
        items = f"mz_array({text})"
        if item is not None:
            items = f"list_transform({items}, lambda x: {item.sql})"
        return Value(items, target, fallible=True)
    if target.name == "numeric":
        return _parsed_numeric(value, text, target)
    return Value(f"{_FROM_TEXT[target.name]}({text})", target, fallible=True)


def _parsed_numeric(value: Value, text: str, target: Type) -> Value:
    if value.literal is None or target.typmod != -1:
        return _rescale(Value(f"mz_numeric({text})", t.NUMERIC, fallible=True), target)
    try:
        return number(value.literal.strip())
    except InvalidOperation:
        return Value(f"mz_numeric({text})", t.NUMERIC, fallible=True)


def number(text: str) -> Value:
    """Return a numeric constant with just the scale it needs."""
    exact = Decimal(text)
    if not exact.is_finite():
        return _beyond(text, f"numeric {text}")
    _, digits, exponent = exact.as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    if max(len(digits) + exponent, 0) + scale > t.NUMERIC_PRECISION:
        return _beyond(text, f"a numeric of more than {t.NUMERIC_PRECISION} digits ({text})")
    type_ = t.numeric(scale)
    return Value(f"CAST('{exact:f}' AS {type_.duckdb})", type_, literal=text)


def _beyond(text: str, construct: str) -> Value:
    """Return a constant that can become a float, but fails as a numeric."""
    sql = raise_sql("0A000", unsupported(construct).message)
    return Value(f"CAST({sql} AS {t.NUMERIC.duckdb})", t.NUMERIC, literal=text, fallible=True)


def _rescale(value: Value, target: Type) -> Value:
    if target.typmod == -1:
        if target.scale >= value.type.scale:
            return Value(f"CAST({value.sql} AS {target.duckdb})", target, fallible=True)
        return value.typed(value.type.base)
    precision = (target.typmod - 4) >> 16
    rounded = f"round({value.sql}, {target.scale})" if target.scale < value.type.scale else value.sql
    limit = f"CAST('1{'0' * (precision - target.scale)}' AS DECIMAL(38,0))"
    if precision - target.scale + value.type.scale >= t.NUMERIC_PRECISION:
        return Value(f"CAST({rounded} AS {target.duckdb})", target, fallible=True)
    return Value(f"CAST(mz_bounded({rounded}, {limit}) AS {target.duckdb})", target, fallible=True)


def to_scale(value: Value, scale: int) -> Value:
    """Return a numeric kept with another scale; evaluation fails rather than lose digits."""
    if value.type.scale == scale:
        return value
    type_ = t.numeric(scale)
    if scale < value.type.scale:
        return Value(f"mz_exact({value.sql}, CAST({value.sql} AS {type_.duckdb}))", type_, fallible=True)
    return Value(f"CAST({value.sql} AS {type_.duckdb})", type_, fallible=True)


def text_form(value: Value) -> Value:
    """Return the value's text as Materialize prints it."""
    source, sql = value.type, value.sql
    if source.name in (*STRINGS, "jsonb", "unknown"):
        return value.typed(t.TEXT)
    if source.element is not None:
        item = text_form(Value("x", source.element))
        sql = f"mz_array_text(list_transform({sql}, lambda x: {item.sql}))"
    elif source.name == "numeric":
        fixed = f"CAST({sql} AS VARCHAR)"
        sql = fixed if source.typmod != -1 or source.scale == 0 else f"rtrim(rtrim({fixed}, '0'), '.')"
    elif source.name in FLOATS:
        sql = f"mz_float_text(CAST({sql} AS VARCHAR), {'true' if source.name == 'float4' else 'false'})"
    elif source.name in ("date", "timestamp"):
        sql = f"replace(CAST({sql} AS VARCHAR), '(BC)', 'BC')"
    elif source.name == "timestamptz":
        sql = f"mz_timestamptz_text(CAST({sql} AS VARCHAR))"
    elif source.name == "interval":
        sql = f"mz_interval_text({sql})"
    elif source.name == "bytea":
        sql = f"('\\x' || lower(hex({sql})))"
    else:
        sql = f"CAST({sql} AS VARCHAR)"
    return Value(sql, t.TEXT, fallible=value.fallible)


def _to_string(value: Value, target: Type, context: Cast) -> Value:
    text = text_form(value)
    if target.name == "bpchar":
        trimmed = f"rtrim({text.sql}, ' ')"
        if target.typmod == -1:
            return Value(trimmed, target, fallible=value.fallible)
        return _bounded(Value(trimmed, target, fallible=value.fallible), target, context)
    if target.typmod == -1:
        return replace(text, type=target, literal=value.literal)
    return _bounded(text, target, context)


def _bounded(text: Value, target: Type, context: Cast) -> Value:
    length = target.typmod - 4
    if context == Cast.EXPLICIT:
        cut = f"left({text.sql}, {length})"
        return Value(f"rtrim({cut}, ' ')" if target.name == "bpchar" else cut, target, fallible=text.fallible)
    return Value(f"mz_fitting({text.sql}, {length}, {quote_text(t.sql_name(target))})", target, fallible=True)


_Conversion = Callable[[Value, Type], Value]


def _plain(value: Value, target: Type) -> Value:
    return Value(f"CAST({value.sql} AS {target.duckdb})", target, fallible=value.fallible)


def _checked(value: Value, target: Type) -> Value:
    return replace(_plain(value, target), fallible=True)


def _to_numeric(value: Value, target: Type) -> Value:
    whole = Value(f"CAST({value.sql} AS DECIMAL(38,0))", t.numeric(0), fallible=value.fallible)
    return whole if target.typmod == -1 else _rescale(whole, target)


def _float_to_numeric(value: Value, target: Type) -> Value:
    return _rescale(Value(f"mz_numeric({text_form(value).sql})", t.NUMERIC, fallible=True), target)


def _numeric_to_float(value: Value, target: Type) -> Value:
    if value.literal is not None:
        return _parsed(Value(quote_text(value.literal), t.TEXT), target)
    return Value(f"CAST(CAST({value.sql} AS VARCHAR) AS {target.duckdb})", target, fallible=True)


def _numeric_from_jsonb(value: Value, target: Type) -> Value:
    name = t.sql_name(target)
    digits = f"mz_jsonb_number({value.sql}, '{name}')"
    if target.name in FLOATS:
        return Value(f"CAST({digits} AS {target.duckdb})", target, fallible=True)
    exact = Value(f"mz_numeric({digits})", t.NUMERIC, fallible=True)
    return _rescale(exact, target) if target.name == "numeric" else _checked(exact, target)


def _template(sql: str, *, fallible: bool = True) -> _Conversion:
    return lambda value, target: Value(sql.format(value.sql), target, fallible=fallible or value.fallible)


_CONVERSIONS: dict[tuple[str, str], _Conversion] = {
    ("bool", "int4"): _plain,
    ("int4", "bool"): _plain,
    ("date", "timestamp"): _checked,
    ("date", "timestamptz"): _checked,
    ("timestamp", "timestamptz"): _plain,
    ("timestamptz", "timestamp"): _plain,
    ("timestamp", "date"): _plain,
    ("timestamptz", "date"): _plain,
    ("timestamp", "time"): _plain,
    ("timestamptz", "time"): _plain,
    ("time", "interval"): _template("to_microseconds(epoch_us({}))", fallible=False),
    ("interval", "time"): _template("mz_interval_time({})"),
    ("jsonb", "bool"): _template("mz_jsonb_bool({})"),
    ("int4", "mz_timestamp"): _checked,
    ("int8", "mz_timestamp"): _checked,
    ("numeric", "mz_timestamp"): _checked,
    ("date", "mz_timestamp"): _template("CAST(epoch_ms({}) AS UBIGINT)"),
    ("timestamp", "mz_timestamp"): _template("CAST(epoch_ms({}) AS UBIGINT)"),
    ("timestamptz", "mz_timestamp"): _template("CAST(epoch_ms({}) AS UBIGINT)"),
    ("mz_timestamp", "timestamp"): _template("make_timestamp_ms(CAST({} AS BIGINT))"),
    ("mz_timestamp", "timestamptz"): _template("make_timestamp_ms(CAST({} AS BIGINT))"),
}
for _integer in INTEGERS:
    _CONVERSIONS[_integer, "numeric"] = _to_numeric
    for _number in NUMBERS:
        if _integer != _number:
            _CONVERSIONS[_number, _integer] = _checked
    for _float in FLOATS:
        _CONVERSIONS[_integer, _float] = _plain
for _float in FLOATS:
    _CONVERSIONS["numeric", _float] = _numeric_to_float
    _CONVERSIONS[_float, "numeric"] = _float_to_numeric
_CONVERSIONS["float4", "float8"] = _plain
_CONVERSIONS["float8", "float4"] = _template("mz_to_float4({})")
for _number in NUMBERS:
    _CONVERSIONS["jsonb", _number] = _numeric_from_jsonb
