"""The functions that are known to mean the same, and how a call finds its overload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mzwidget.local.dialect.casts import FLOATS, INTEGERS, Cast, allowed, text_form
from mzwidget.local.dialect.operators import arithmetic, coerce, unify
from mzwidget.local.dialect.scope import Statement
from mzwidget.local.dialect.values import Value, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature of a function; ``sql`` takes the arguments by position."""

    arguments: tuple[Type, ...]
    result: Type
    sql: str
    fallible: bool = False


_OVERLOADS: dict[str, list[Overload]] = {}


def _define(name: str, arguments: tuple[Type, ...], result: Type, sql: str, *, fallible: bool = False) -> None:
    _OVERLOADS.setdefault(name, []).append(Overload(arguments, result, sql, fallible))


_T, _I = t.TEXT, t.INT4
_define("lower", (_T,), _T, "mz_lower({0})")
_define("upper", (_T,), _T, "mz_upper({0})")
for _name in ("length", "char_length", "character_length"):
    _define(_name, (_T,), _I, "CAST(length({0}) AS INTEGER)")
_define("length", (t.BYTEA,), _I, "CAST(octet_length({0}) AS INTEGER)")
_define("octet_length", (_T,), _I, "CAST(strlen({0}) AS INTEGER)")
_define("octet_length", (t.BYTEA,), _I, "CAST(octet_length({0}) AS INTEGER)")
_define("bit_length", (_T,), _I, "CAST(8 * strlen({0}) AS INTEGER)")
_SUBSTRING = "mz_substring({0}, {1}, {2})"
for _name in ("substr", "substring"):
    _define(_name, (_T, _I), _T, "substr({0}, greatest({1}, 1))")
    _define(_name, (_T, _I, _I), _T, _SUBSTRING, fallible=True)
for _name in ("position", "strpos"):
    _define(_name, (_T, _T), _I, "CAST(strpos({0}, {1}) AS INTEGER)")
_define("btrim", (_T,), _T, "trim({0}, ' ')")
_define("ltrim", (_T,), _T, "ltrim({0}, ' ')")
_define("rtrim", (_T,), _T, "rtrim({0}, ' ')")
_define("btrim", (_T, _T), _T, "trim({0}, {1})")
_define("ltrim", (_T, _T), _T, "ltrim({0}, {1})")
_define("rtrim", (_T, _T), _T, "rtrim({0}, {1})")
_define("replace", (_T, _T, _T), _T, "replace({0}, {1}, {2})")
_define("split_part", (_T, _T, _I), _T, "mz_split_part({0}, {1}, {2})", fallible=True)
_define("left", (_T, _I), _T, "left({0}, {1})")
_define("right", (_T, _I), _T, "right({0}, {1})")
_define("starts_with", (_T, _T), t.BOOL, "starts_with({0}, {1})")
_define("repeat", (_T, _I), _T, "mz_repeat({0}, {1})", fallible=True)
_define("reverse", (_T,), _T, "mz_reverse({0})")
_define("ascii", (_T,), _I, "ascii({0})")
_define("md5", (_T,), _T, "md5({0})")
_define("lpad", (_T, _I), _T, "lpad({0}, greatest({1}, 0), ' ')", fallible=True)
_define("lpad", (_T, _I, _T), _T, "mz_lpad({0}, {1}, {2})", fallible=True)

for _type in (t.INT2, t.INT4, t.INT8):
    _define("abs", (_type,), _type, "abs({0})", fallible=True)
    _define("mod", (_type, _type), _type, f"CAST(CAST({{0}} AS HUGEINT) % {{1}} AS {_type.duckdb})", fallible=True)
for _type in (t.FLOAT4, t.FLOAT8):
    _define("abs", (_type,), _type, "abs({0})")
_F = t.FLOAT8
for _name, _sql in (("floor", "floor({0})"), ("ceil", "ceil({0})"), ("ceiling", "ceil({0})"),
                    ("trunc", "trunc({0})"), ("round", "round_even({0}, 0)")):  # fmt: skip
    _define(_name, (_F,), _F, _sql)
_define("sign", (_F,), _F, "CAST(sign({0}) AS DOUBLE)")
_define("sqrt", (_F,), _F, "sqrt({0})", fallible=True)
_define("cbrt", (_F,), _F, "cbrt({0})")
_define("exp", (_F,), _F, "mz_exp({0})", fallible=True)
_define("ln", (_F,), _F, "ln({0})", fallible=True)
_define("log", (_F,), _F, "log10({0})", fallible=True)
_define("log10", (_F,), _F, "log10({0})", fallible=True)
for _name in ("power", "pow"):
    _define(_name, (_F, _F), _F, "mz_power({0}, {1})", fallible=True)
for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "degrees", "radians"):
    _define(_name, (_F,), _F, _name + "({0})", fallible=True)

_define("to_timestamp", (_F,), t.TIMESTAMPTZ, "mz_to_timestamp({0})", fallible=True)
_define("make_date", (_I, _I, _I), t.DATE, "make_date({0}, {1}, {2})", fallible=True)
for _name in ("jsonb_typeof",):
    _define(_name, (t.JSONB,), _T, "mz_jsonb_typeof({0})")
_define("jsonb_array_length", (t.JSONB,), _I, "mz_jsonb_array_length({0})", fallible=True)
_define("try_parse_monotonic_iso8601_timestamp", (_T,), t.TIMESTAMP, "mz_try_iso8601({0})")
del _name, _sql, _type, _T, _I, _F

_PREFERRED = ("float8", "text", "timestamptz", "interval", "bool")


def _score(overload: Overload, arguments: list[Value]) -> tuple[int, int] | None:
    if len(overload.arguments) != len(arguments):
        return None
    exact = preferred = 0
    for wanted, given in zip(overload.arguments, arguments, strict=True):
        if not allowed(given.type, wanted, Cast.IMPLICIT):
            return None
        exact += wanted.name == given.type.name
        preferred += wanted.name in _PREFERRED
    return exact, preferred


def call(statement: Statement, name: str, arguments: list[Value]) -> Value:
    """Return a call of a plain function.

    Raises
    ------
    SqlError
        If there is no such function of these types, or PostgreSQL has one that is not offered.
    """
    special = _SPECIAL.get(name)
    if special is not None:
        found = special(statement, arguments)
        if found is not None:
            return found
    overloads = _OVERLOADS.get(name)
    if overloads is None and special is None:
        raise unsupported(f"function {name}") if name in _NOT_OFFERED else no_function(name, arguments)
    scored = [(score, overload) for overload in overloads or () if (score := _score(overload, arguments)) is not None]
    if not scored:
        raise no_function(name, arguments)
    best = max(scored, key=lambda pair: pair[0])[1]
    given = [coerce(statement, argument, wanted) for argument, wanted in zip(arguments, best.arguments, strict=True)]
    sql = best.sql.format(*(value.sql for value in given))
    return Value(sql, best.result, fallible=best.fallible or any(value.fallible for value in given))


def no_function(name: str, arguments: list[Value]) -> SqlError:
    """Return the error for a function that does not take these types."""
    shown = ", ".join(t.sql_name(argument.type) for argument in arguments)
    return SqlError(f"function {name}({shown}) does not exist")


# Functions that Materialize has and that are not offered here; any other name is a mistake.
_OTHERS = """
    acosh array_cat array_fill array_length array_lower array_position array_prepend array_append array_remove
    array_to_string array_upper asinh atan2 atanh bit_count cardinality char chr concat_ws constant_time_eq
    convert_from cosh cot crc32 current_catalog current_database current_role current_schema current_schemas
    date_bin date_diff decode dense_rank digest encode first_value format format_type generate_subscripts
    get_bit get_byte hmac initcap jsonb_agg jsonb_build_array jsonb_build_object jsonb_object_agg jsonb_pretty
    jsonb_strip_nulls justify_days justify_hours justify_interval kafka_murmur2 lag last_value lead list_agg
    list_append list_cat list_length make_interval make_timestamp map_agg map_build map_length
    mz_environment_id mz_uptime mz_version obj_description parse_ident pg_backend_pid pg_get_viewdef pg_typeof
    quote_ident quote_literal random rank regexp_extract regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_split_to_table row row_number row_to_json rpad seahash sha224 sha256 sha384
    sha512 sinh string_to_array tanh timeofday to_char to_date to_jsonb to_number translate unaccent unnest
    uuid_generate_v5 version width_bucket
"""
_NOT_OFFERED = frozenset(_OTHERS.split())

_Special = Callable[[Statement, list[Value]], Value | None]


def _coalesce(statement: Statement, arguments: list[Value]) -> Value:
    values, type_ = unify(statement, arguments, construct="COALESCE")
    inner = ", ".join(value.sql for value in values)
    return Value(f"coalesce({inner})", type_, fallible=any(value.fallible for value in values))


def _extreme(name: str) -> _Special:
    def extreme(statement: Statement, arguments: list[Value]) -> Value:
        values, type_ = unify(statement, arguments, construct=name.upper())
        if type_.name == "jsonb" or type_.element is not None:
            raise unsupported(f"{name} of {t.sql_name(type_)}")
        inner = ", ".join(value.sql for value in values)
        return Value(f"{name}({inner})", type_, fallible=any(value.fallible for value in values))

    return extreme


def _nullif(statement: Statement, arguments: list[Value]) -> Value:
    if len(arguments) != 2:
        raise no_function("nullif", arguments)
    (left, right), type_ = unify(statement, arguments, construct="NULLIF")
    if arguments[0].type.name not in ("unknown", type_.name):
        given = arguments[0]
        sql = f"(CASE WHEN {left.sql} = {right.sql} THEN NULL ELSE {given.sql} END)"
        return Value(sql, given.type, fallible=left.fallible or right.fallible)
    return Value(f"nullif({left.sql}, {right.sql})", type_, fallible=left.fallible or right.fallible)


def _concat(statement: Statement, arguments: list[Value]) -> Value:
    texts = [text_form(coerce(statement, v, t.TEXT) if v.type.name == "unknown" else v) for v in arguments]
    for value in arguments:
        if value.type.name == "bool":
            raise unsupported("concat of boolean")
    inner = " || ".join(f"coalesce({value.sql}, '')" for value in texts)
    return Value(f"({inner})" if texts else "''", t.TEXT, fallible=any(value.fallible for value in texts))


def _numeric_only(sql: str, *, scaled: bool) -> _Special:
    """Build a function of one numeric; its result is whole unless ``scaled``."""

    def build(_: Statement, arguments: list[Value]) -> Value | None:
        if len(arguments) != 1 or arguments[0].type.name != "numeric":
            return None
        type_ = t.numeric(arguments[0].type.scale if scaled else 0)
        return Value(f"CAST({sql.format(arguments[0].sql)} AS {type_.duckdb})", type_, fallible=arguments[0].fallible)

    return build


def _rounded(function: str) -> _Special:
    whole = _numeric_only(f"{function}({{0}}, 0)" if function == "round" else f"{function}({{0}})", scaled=False)

    def build(statement: Statement, arguments: list[Value]) -> Value | None:
        if len(arguments) != 2:
            return whole(statement, arguments)
        value, digits = arguments
        if value.type.name not in ("numeric", *INTEGERS, "unknown"):
            raise no_function(function, arguments)
        if digits.literal is None or digits.type.name != "int4":
            raise unsupported(f"{function} to a number of digits that is not a constant")
        exact = coerce(statement, value, t.NUMERIC if value.type.name in ("unknown", "numeric") else t.numeric(0))
        exact = value if value.type.name == "numeric" else exact
        kept = int(digits.literal)
        if kept >= exact.type.scale:
            return exact.typed(exact.type.base)
        type_ = t.numeric(max(kept, 0))
        if kept < 0:
            raise unsupported(f"{function} to a negative number of digits")
        return Value(f"CAST({function}({exact.sql}, {kept}) AS {type_.duckdb})", type_, fallible=True)

    return build


def _mod(statement: Statement, arguments: list[Value]) -> Value | None:
    if len(arguments) == 2 and any(value.type.name == "numeric" for value in arguments):
        return arithmetic(statement, "%", *arguments)
    return None


_UNITS = ("microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter",
          "year", "decade", "century", "millennium")  # fmt: skip


def _date_trunc(statement: Statement, arguments: list[Value]) -> Value:
    if len(arguments) != 2:
        raise no_function("date_trunc", arguments)
    unit, moment = arguments
    if unit.literal is None:
        raise unsupported("date_trunc with a unit that is not a constant")
    name = unit.literal.lower()
    if name not in _UNITS:
        raise SqlError(f"unit '{unit.literal}' not recognized", "22023")
    if moment.type.name in ("date", "unknown"):
        moment = coerce(statement, moment, t.TIMESTAMPTZ)
    if moment.type.name == "interval":
        raise unsupported("date_trunc of an interval")
    if moment.type.name not in ("timestamp", "timestamptz"):
        raise no_function("date_trunc", arguments)
    if name in ("century", "millennium", "decade"):
        raise unsupported(f"date_trunc('{name}')")
    sql = f"CAST(date_trunc({quote_text(name)}, {moment.sql}) AS TIMESTAMP)"
    return Value(sql, moment.type, fallible=moment.fallible)


_WHOLE_PARTS = ("day", "month", "year", "hour", "minute", "quarter", "week", "dow", "isodow", "doy", "isoyear")


def part(statement: Statement, field: str, moment: Value, *, exact: bool) -> Value:
    """Return ``extract(field FROM moment)``, numeric, or ``date_part``, a float."""
    name = {"years": "year", "months": "month", "days": "day", "hours": "hour", "minutes": "minute",
            "seconds": "second", "weeks": "week"}.get(field.lower(), field.lower())  # fmt: skip
    if moment.type.name == "unknown":
        moment = coerce(statement, moment, t.TIMESTAMPTZ)
    kind = moment.type.name
    if kind not in ("date", "timestamp", "timestamptz", "time", "interval"):
        raise no_function("extract", [Value("", t.TEXT), moment])
    time_part = name in ("hour", "minute", "second", "milliseconds", "microseconds", "epoch")
    if (kind == "date" and time_part and name != "epoch") or (kind == "time" and not time_part):
        raise SqlError(f'unit "{name}" not supported for type {t.sql_name(moment.type)}', "0A000")
    if kind == "interval" and name != "epoch":
        raise unsupported(f"extract({name}) from an interval")
    if name == "epoch" and kind != "interval":
        micros = f"epoch_us({moment.sql})" if kind == "time" else f"epoch_us(CAST({moment.sql} AS TIMESTAMP))"
        scale = 0 if kind == "date" else 6
    elif name == "epoch":
        micros, scale = f"mz_interval_epoch_us({moment.sql})", 6
    elif name in ("second", "milliseconds", "microseconds"):
        micros = f"datepart('microsecond', {moment.sql})"
        scale = {"second": 6, "milliseconds": 3, "microseconds": 0}[name]
    elif name in _WHOLE_PARTS:
        whole = f"CAST(datepart({quote_text(name)}, {moment.sql}) AS {'DECIMAL(38,0)' if exact else 'DOUBLE'})"
        return Value(whole, t.numeric(0) if exact else t.FLOAT8, fallible=moment.fallible)
    else:
        raise unsupported(f"extract({name})")
    if not exact:
        divisor = {0: "1000000.0" if name == "epoch" else "1.0", 3: "1000.0", 6: "1000000.0"}[scale]
        return Value(f"({micros} / CAST({divisor} AS DOUBLE))", t.FLOAT8, fallible=moment.fallible)
    type_ = t.numeric(scale)
    if name == "epoch" and kind == "date":
        return Value(f"CAST(({micros} // 1000000) AS DECIMAL(38,0))", type_, fallible=moment.fallible)
    whole = f"CAST({micros} AS DECIMAL(38,0))"
    if not scale:
        return Value(whole, type_, fallible=moment.fallible)
    unit = f"CAST('{1 / 10**scale:.{scale}f}' AS DECIMAL({scale + 1},{scale}))"
    return Value(f"CAST({whole} * {unit} AS {type_.duckdb})", type_, fallible=moment.fallible)


def _date_part(statement: Statement, arguments: list[Value]) -> Value:
    if len(arguments) != 2 or arguments[0].literal is None:
        raise unsupported("date_part with a unit that is not a constant")
    return part(statement, arguments[0].literal, arguments[1], exact=False)


def _timezone(statement: Statement, arguments: list[Value]) -> Value:
    return at_time_zone(statement, arguments[1], arguments[0])


def at_time_zone(statement: Statement, moment: Value, zone: Value) -> Value:
    """Return ``moment AT TIME ZONE zone`` for UTC."""
    if zone.literal is None or zone.literal.upper() not in ("UTC", "+00", "Z", "GMT", "ETC/UTC"):
        raise unsupported("AT TIME ZONE with any zone but the constant 'UTC'")
    if moment.type.name in ("unknown", "date"):
        moment = coerce(statement, moment, t.TIMESTAMPTZ)
    if moment.type.name == "timestamp":
        return moment.typed(t.TIMESTAMPTZ)
    if moment.type.name == "timestamptz":
        return moment.typed(t.TIMESTAMP)
    raise no_function("timezone", [zone, moment])


def _power(_: Statement, arguments: list[Value]) -> Value | None:
    if any(value.type.name == "numeric" for value in arguments) and not any(
        value.type.name in FLOATS for value in arguments
    ):
        raise unsupported("power of numerics (cast one to double precision)")
    return None


def _not_of_numeric(name: str) -> _Special:
    def build(_: Statement, arguments: list[Value]) -> Value | None:
        if any(value.type.name == "numeric" for value in arguments):
            raise unsupported(f"{name} of a numeric (cast it to double precision)")
        return None

    return build


_SPECIAL: dict[str, _Special] = {
    "coalesce": _coalesce,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "nullif": _nullif,
    "concat": _concat,
    "abs": _numeric_only("abs({0})", scaled=True),
    "floor": _numeric_only("floor({0})", scaled=False),
    "ceil": _numeric_only("ceil({0})", scaled=False),
    "ceiling": _numeric_only("ceil({0})", scaled=False),
    "sign": _numeric_only("sign({0})", scaled=False),
    "round": _rounded("round"),
    "trunc": _rounded("trunc"),
    "mod": _mod,
    "power": _power,
    "pow": _power,
    "sqrt": _not_of_numeric("sqrt"),
    "exp": _not_of_numeric("exp"),
    "ln": _not_of_numeric("ln"),
    "log": _not_of_numeric("log"),
    "log10": _not_of_numeric("log10"),
    "date_trunc": _date_trunc,
    "date_part": _date_part,
    "timezone": _timezone,
}
