"""Operators: which types they take, which they give, and the DuckDB SQL that means the same."""

from __future__ import annotations

import re

from mzwidget.local.dialect.casts import FLOATS, INTEGERS, NUMBERS, STRINGS, Cast, allowed, cast, text_form, to_scale
from mzwidget.local.dialect.scope import Statement, bind
from mzwidget.local.dialect.values import Value, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type

_MOMENTS = ("date", "timestamp", "timestamptz")
_PLAIN_KEY = re.compile(r'[^"\\*]+')


def no_operator(operator: str, left: Type, right: Type) -> SqlError:
    """Return the error for an operator that does not take these types."""
    return SqlError(f"operator does not exist: {t.sql_name(left)} {operator} {t.sql_name(right)}", "42883")


def common_type(types: list[Type]) -> Type | None:
    """Return the type that all of these meet in by implicit casts, ``unknown`` giving way; None if there is none."""
    known = [type_ for type_ in types if type_.name != "unknown"]
    if not known:
        return t.TEXT
    result = known[0]
    for type_ in known[1:]:
        merged = _meet(result, type_)
        if merged is None:
            return None
        result = merged
    return result


def _meet(left: Type, right: Type) -> Type | None:
    if left == right:
        return left
    if left.name == right.name == "numeric":
        return t.numeric(max(left.scale, right.scale))
    if {left.name, right.name} & {"numeric"} and {left.name, right.name} & set(INTEGERS):
        return left.base if left.name == "numeric" else right.base
    if left.name == right.name:
        return left.base
    if left.element is not None and right.element is not None:
        return None
    if left.name in STRINGS and right.name in STRINGS:
        return t.TEXT
    for source, target in ((left, right), (right, left)):
        if allowed(source, target, Cast.IMPLICIT):
            return target.base
    return None


def unify(statement: Statement, values: list[Value], *, construct: str) -> tuple[list[Value], Type]:
    """Cast all values to their common type, as CASE, UNION, VALUES and COALESCE do."""
    target = common_type([value.type for value in values])
    if target is None:
        first, second = values[0].type, next(v.type for v in values if v.type.name != values[0].type.name)
        message = f"{construct} types {t.sql_name(first)} and {t.sql_name(second)} cannot be matched"
        raise SqlError(message, "42804")
    if target.name == "numeric":
        values = [cast(bind(statement, value, target), t.NUMERIC if value.type.name == "unknown" else value.type)
                  for value in values]  # fmt: skip
        values = [value if value.type.name == "numeric" else cast(value, t.numeric(0)) for value in values]
        target = t.numeric(max(value.type.scale for value in values))
        if any(value.type.typmod != target.typmod for value in values):
            target = target.base
    return [coerce(statement, value, target) for value in values], target


def coerce(statement: Statement, value: Value, target: Type, context: Cast = Cast.IMPLICIT) -> Value:
    """Cast, with open parameters settled as ``target``."""
    return cast(bind(statement, value, target), target, context)


def _settled(statement: Statement, left: Value, right: Value) -> tuple[Value, Value]:
    """Give an untyped operand the type of the other one; two untyped ones are text."""
    if left.type.name == "unknown" and right.type.name == "unknown":
        return coerce(statement, left, t.TEXT), coerce(statement, right, t.TEXT)
    if left.type.name == "unknown":
        return coerce(statement, left, _literal_type(right.type)), right
    if right.type.name == "unknown":
        return left, coerce(statement, right, _literal_type(left.type))
    return left, right


def _literal_type(type_: Type) -> Type:
    return (
        t.TEXT
        if type_.name in ("varchar", "bpchar") and type_.typmod != -1
        else type_.base
        if type_.name != "numeric"
        else t.NUMERIC
    )


COMPARISONS = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DISTINCT = {"IS DISTINCT FROM": "<>", "IS NOT DISTINCT FROM": "="}


def comparable(statement: Statement, operator: str, left: Value, right: Value) -> tuple[Value, Value]:
    """Return both operands as the one type in which they are compared."""
    left, right = _settled(statement, left, right)
    given = left.type, right.type
    target = common_type(list(given))
    if target is None or (target.name == "interval" and "time" in (given[0].name, given[1].name)):
        raise no_operator(_DISTINCT.get(operator, operator), *given)
    if target.name == "numeric":
        (left, right), target = unify(statement, [left, right], construct=operator)
    elif "float4" in (given[0].name, given[1].name) and given[0].name != given[1].name:
        target = t.FLOAT8
    if target.element is not None and operator not in ("=", "<>", *_DISTINCT):
        raise unsupported(f"ordering arrays ({operator})")
    if target.name == "jsonb" and operator not in ("=", "<>", *_DISTINCT):
        raise unsupported(f"ordering jsonb ({operator})")
    if target.name == "mz_timestamp":
        return coerce(statement, left, target), coerce(statement, right, target)
    return coerce(statement, left, target.base), coerce(statement, right, target.base)


def compare(statement: Statement, operator: str, left: Value, right: Value) -> Value:
    """Return a comparison."""
    a, b = comparable(statement, operator, left, right)
    return Value(f"({a.sql} {operator} {b.sql})", t.BOOL, fallible=a.fallible or b.fallible)


def arithmetic(statement: Statement, operator: str, left: Value, right: Value) -> Value:
    """Return ``left operator right`` for ``+ - * / %``."""
    temporal = _temporal(statement, operator, left, right)
    if temporal is not None:
        return temporal
    left, right = _settled(statement, left, right)
    names = {left.type.name, right.type.name}
    if not names <= set(NUMBERS):
        raise no_operator(operator, left.type, right.type)
    if names & set(FLOATS):
        if operator == "%":
            raise no_operator(operator, left.type, right.type)
        target = t.FLOAT4 if names == {"float4"} else t.FLOAT8
        return _floats(operator, coerce(statement, left, target), coerce(statement, right, target), target)
    if "numeric" in names:
        (left, right), _ = unify(statement, [left, right], construct=operator) if operator in "+-%" else (
            [v if v.type.name == "numeric" else cast(v, t.numeric(0)) for v in (left, right)], None)  # fmt: skip
        return _numerics(operator, left, right)
    target = common_type([left.type, right.type]) or t.INT8
    a, b = coerce(statement, left, target), coerce(statement, right, target)
    if operator == "%":  # the least integer modulo -1 overflows in DuckDB
        return Value(f"CAST(CAST({a.sql} AS HUGEINT) % {b.sql} AS {target.duckdb})", target, fallible=True)
    return Value(f"({a.sql} {'//' if operator == '/' else operator} {b.sql})", target, fallible=True)


def _floats(operator: str, left: Value, right: Value, target: Type) -> Value:
    chained = operator != "/"  # an overflow in a divisor would vanish, so a divisor is checked by itself
    leaves = (*(left.leaves or (left.sql,)), *((right.leaves or (right.sql,)) if chained else (right.sql,)))
    raw = f"({left.raw or left.sql} {operator} {(right.raw if chained else '') or right.sql})"
    finite = " AND ".join(f"isfinite({leaf})" for leaf in dict.fromkeys(leaves))
    overflow = "error('22003:value out of range: overflow')"
    sql = f"(CASE WHEN isfinite({raw}) OR NOT ({finite}) THEN {raw} WHEN {raw} IS NULL THEN NULL ELSE {overflow} END)"
    return Value(sql, target, fallible=True, raw=raw, leaves=leaves)


def _numerics(operator: str, left: Value, right: Value) -> Value:
    a, b = left.type.scale, right.type.scale
    if operator in "+-%":
        type_ = t.numeric(a)
        return Value(f"CAST(({left.sql} {operator} {right.sql}) AS {type_.duckdb})", type_, fallible=True)
    if operator == "*":
        if a + b <= t.NUMERIC_SCALE:
            type_ = t.numeric(a + b)
            return Value(f"CAST(({left.sql} * {right.sql}) AS {type_.duckdb})", type_, fallible=True)
        factors = to_scale(left, t.NUMERIC_SCALE).sql, to_scale(right, t.NUMERIC_SCALE).sql
        return Value(f"mz_numeric_multiply({factors[0]}, {factors[1]})", t.NUMERIC, fallible=True)
    return divide(left, right)


def divide(left: Value, right: Value) -> Value:
    """Return the quotient of two numerics, rounded half away from zero to `NUMERIC_SCALE` digits."""
    a, b = (to_scale(value, t.NUMERIC_SCALE).sql for value in (left, right))
    if left.type.scale == right.type.scale == 0:
        return Value(f"mz_whole_divide({left.sql}, {right.sql})", t.NUMERIC, fallible=True)
    return Value(f"mz_numeric_divide({a}, {b})", t.NUMERIC, fallible=True)


def _temporal(statement: Statement, operator: str, left: Value, right: Value) -> Value | None:
    """Date and time arithmetic; None if neither operand is of these types."""
    names = (left.type.name, right.type.name)
    kinds = {*_MOMENTS, "time", "interval", "mz_timestamp"}
    if not set(names) & kinds:
        return None
    if "mz_timestamp" in names:
        raise no_operator(operator, left.type, right.type)
    if operator == "+" and names[0] in ("interval", *INTEGERS, "unknown") and names[1] in (*_MOMENTS, "time"):
        left, right, names = right, left, (names[1], names[0])
    if "unknown" in names:  # as PostgreSQL: the other operand's type, if it has such an operator
        known = left.type if names[1] == "unknown" else right.type
        wanted = t.INTERVAL if known.name == "interval" or (operator == "+" and known.name != "date") else known
        if known.name == "date" and operator == "+":
            raise unsupported("a date plus an untyped text")
        left, right = (coerce(statement, v, wanted) if v.type.name == "unknown" else v for v in (left, right))
        names = (left.type.name, right.type.name)
    a, b = left.sql, right.sql
    if operator in "+-" and names[1] == "interval" and names[0] in _MOMENTS:
        type_ = t.TIMESTAMP if names[0] == "date" else left.type
        return Value(f"(CAST({a} AS TIMESTAMP) {operator} {b})", type_.base, fallible=True)
    if operator in "+-" and names == ("time", "interval"):
        return Value(f"mz_time_shift({a}, {b if operator == '+' else f'(-{b})'})", t.TIME)
    if operator in "+-" and names == ("interval", "interval"):
        return Value(f"({a} {operator} {b})", t.INTERVAL, fallible=True)
    if operator in "+-" and names[0] == "date" and names[1] in ("int2", "int4"):
        return Value(f"({a} {operator} CAST({b} AS INTEGER))", t.DATE, fallible=True)
    if operator == "-" and names == ("date", "date"):
        return Value(f"CAST(({a} - {b}) AS INTEGER)", t.INT4, fallible=True)
    if operator == "-" and names[0] in _MOMENTS and names[1] in _MOMENTS:
        return Value(f"mz_elapsed(CAST({a} AS TIMESTAMP), CAST({b} AS TIMESTAMP))", t.INTERVAL, fallible=True)
    if operator == "-" and names == ("time", "time"):
        return Value(f"to_microseconds(epoch_us({a}) - epoch_us({b}))", t.INTERVAL)
    if operator == "*" and names[1] == "interval":
        a, b, names = b, a, (names[1], names[0])
    if operator == "*" and names[0] == "interval" and names[1] in INTEGERS:
        return Value(f"({a} * CAST({b} AS BIGINT))", t.INTERVAL, fallible=True)
    if "interval" in names and set(names) & {"numeric", *INTEGERS, *FLOATS}:
        raise unsupported(f"an interval {operator} a fraction")
    raise no_operator(operator, left.type, right.type)


def negate(value: Value) -> Value:
    """Return ``- value``."""
    if value.type.name == "numeric":
        return Value(f"CAST((-{value.sql}) AS {value.type.duckdb})", value.type.base)
    if value.type.name in INTEGERS:
        return Value(f"(CAST(0 AS {value.type.duckdb}) - {value.sql})", value.type, fallible=True)
    if value.type.name in FLOATS:
        return Value(f"(-{value.sql})", value.type, fallible=value.fallible,
                     raw=f"(-{value.raw or value.sql})", leaves=value.leaves or (value.sql,))  # fmt: skip
    if value.type.name == "interval":
        return Value(f"(-{value.sql})", value.type, fallible=value.fallible)
    raise SqlError(f"operator does not exist: - {t.sql_name(value.type)}", "42883")


def concatenate(statement: Statement, left: Value, right: Value) -> Value:
    """Return ``left || right``."""
    for value in (left, right):
        if value.type.name in ("jsonb", "bytea") or value.type.element is not None:
            raise unsupported(f"|| with {t.sql_name(value.type)}")
    names = {left.type.name, right.type.name}
    if not names & {*STRINGS, "unknown"}:
        raise no_operator("||", left.type, right.type)
    a, b = (
        coerce(statement, value, t.TEXT) if value.type.name == "unknown" else text_form(value)
        for value in (left, right)
    )
    return Value(f"({a.sql} || {b.sql})", t.TEXT, fallible=a.fallible or b.fallible)


def member(statement: Statement, operator: str, document: Value, key: Value) -> Value:
    """Return ``document -> key`` or ``document ->> key``."""
    if document.type.name != "jsonb":
        raise no_operator(operator, document.type, key.type)
    key = bind(statement, key, t.TEXT)
    base, path = document.document or document.sql, document.path or "$"
    if key.literal is not None and key.type.name in ("unknown", "text") and _PLAIN_KEY.fullmatch(key.literal):
        path += f'."{key.literal}"'
    elif key.type.name in ("unknown", "text"):
        text = coerce(statement, key, t.TEXT).sql
        sql = f"mz_member({document.sql}, {text})"
        return _as_text(sql, "$") if operator == "->>" else Value(sql, t.JSONB, fallible=key.fallible)
    elif key.type.name in ("int2", "int4"):
        sql = f"mz_element({document.sql}, {key.sql})"
        return _as_text(sql, "$") if operator == "->>" else Value(sql, t.JSONB, fallible=key.fallible)
    else:
        raise no_operator(operator, document.type, key.type)
    if operator == "->>":
        return Value(_as_text(base, path).sql, t.TEXT, fallible=document.fallible)
    sql = f"CAST(json_extract({base}, {quote_text(path)}) AS VARCHAR)"
    return Value(sql, t.JSONB, fallible=document.fallible, document=base, path=path)


def _as_text(document: str, path: str) -> Value:
    return Value(f"mz_member_text({document}, {quote_text(path)})", t.TEXT)


def members(statement: Statement, operator: str, document: Value, path: Value) -> Value:
    """Return ``document #> path`` or ``document #>> path`` for a constant path."""
    if document.type.name != "jsonb":
        raise no_operator(operator, document.type, path.type)
    if path.literal is None or not re.fullmatch(r"\{[^{}\"\\,]+(,[^{}\"\\,]+)*\}", path.literal):
        raise unsupported(f"{operator} with a path that is not a plain constant such as '{{a,b}}'")
    del statement
    keys = [key.strip().replace("~", "~0").replace("/", "~1") for key in path.literal[1:-1].split(",")]
    if any(re.fullmatch(r"-\d+", key) for key in keys):
        raise unsupported(f"{operator} with a negative index")
    pointer = quote_text("".join(f"/{key}" for key in keys))
    if operator == "#>>":
        return Value(f"mz_member_text({document.sql}, {pointer})", t.TEXT, fallible=document.fallible)
    return Value(f"CAST(json_extract({document.sql}, {pointer}) AS VARCHAR)", t.JSONB, fallible=document.fallible)
