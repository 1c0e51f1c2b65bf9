"""Aggregate functions."""

from __future__ import annotations

from collections.abc import Callable

from mzwidget.local.dialect.casts import FLOATS, INTEGERS, NUMBERS, STRINGS, text_form
from mzwidget.local.dialect.functions import no_function
from mzwidget.local.dialect.operators import coerce, divide
from mzwidget.local.dialect.scope import Statement
from mzwidget.local.dialect.values import Value
from mzwidget.local.errors import unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type

Apply = Callable[[str], str]
"""Puts DISTINCT, ORDER BY and FILTER around the arguments of a DuckDB aggregate: ``sum`` → ``sum(…) …``."""


def _result(sql: str, type_: Type) -> Value:
    return Value(sql, type_, fallible=True)


def _count(_: Statement, __: list[Value], apply: Apply) -> Value:
    return Value(apply("count"), t.INT8)


def _sum(_: Statement, arguments: list[Value], apply: Apply) -> Value:
    type_ = arguments[0].type
    if type_.name in ("int2", "int4"):
        return _result(f"CAST({apply('sum')} AS BIGINT)", t.INT8)
    if type_.name == "int8":
        return _result(f"CAST({apply('sum')} AS DECIMAL(38,0))", t.numeric(0))
    if type_.name == "numeric":
        return _result(f"CAST({apply('sum')} AS {type_.duckdb})", type_.base)
    if type_.name in FLOATS:
        return _result(f"CAST({apply('sum')} AS {type_.duckdb})", type_)
    if type_.name == "interval":
        return _result(apply("sum"), type_)
    raise no_function("sum", arguments)


def _avg(_: Statement, arguments: list[Value], apply: Apply) -> Value:
    type_ = arguments[0].type
    if type_.name in FLOATS:
        return _result(apply("avg"), t.FLOAT8)
    if type_.name not in ("numeric", *INTEGERS):
        if type_.name == "interval":
            raise unsupported("avg of an interval")
        raise no_function("avg", arguments)
    scale = type_.scale if type_.name == "numeric" else 0
    total = Value(f"CAST({apply('sum')} AS DECIMAL(38,{scale}))", t.numeric(scale))
    count = Value(f"CAST({apply('count')} AS DECIMAL(38,0))", t.numeric(0))
    return divide(total, Value(f"nullif({count.sql}, 0)", count.type))


def _extreme(name: str) -> Callable[[Statement, list[Value], Apply], Value]:
    def extreme(_: Statement, arguments: list[Value], apply: Apply) -> Value:
        type_ = arguments[0].type
        if type_.name in ("jsonb", "uuid", "bytea") or type_.element is not None:
            raise unsupported(f"{name}({t.sql_name(type_)})")
        return Value(apply(name), t.TEXT if type_.name == "varchar" else type_.base)

    return extreme


def _boolean(name: str) -> Callable[[Statement, list[Value], Apply], Value]:
    def boolean(_: Statement, arguments: list[Value], apply: Apply) -> Value:
        if arguments[0].type.name != "bool":
            raise no_function(name, arguments)
        return Value(apply(name), t.BOOL)

    return boolean


def _string_agg(_: Statement, __: list[Value], apply: Apply) -> Value:
    return Value(apply("string_agg"), t.TEXT)


def _array_agg(_: Statement, arguments: list[Value], apply: Apply) -> Value:
    if arguments[0].type.element is not None:
        raise unsupported("array_agg of arrays")
    return Value(apply("list"), t.array_of(arguments[0].type.base))


def _spread(name: str, duckdb: str) -> Callable[[Statement, list[Value], Apply], Value]:
    def spread(_: Statement, arguments: list[Value], apply: Apply) -> Value:
        if arguments[0].type.name not in FLOATS:
            if arguments[0].type.name in NUMBERS:
                raise unsupported(f"{name} of {t.sql_name(arguments[0].type)} (cast it to double precision)")
            raise no_function(name, arguments)
        return _result(apply(duckdb), t.FLOAT8)

    return spread


_AGGREGATES: dict[str, tuple[int, Callable[[Statement, list[Value], Apply], Value]]] = {
    "count": (1, _count),
    "sum": (1, _sum),
    "avg": (1, _avg),
    "min": (1, _extreme("min")),
    "max": (1, _extreme("max")),
    "bool_and": (1, _boolean("bool_and")),
    "bool_or": (1, _boolean("bool_or")),
    "string_agg": (2, _string_agg),
    "array_agg": (1, _array_agg),
    "stddev": (1, _spread("stddev", "stddev_samp")),
    "stddev_samp": (1, _spread("stddev_samp", "stddev_samp")),
    "stddev_pop": (1, _spread("stddev_pop", "stddev_pop")),
    "variance": (1, _spread("variance", "var_samp")),
    "var_samp": (1, _spread("var_samp", "var_samp")),
    "var_pop": (1, _spread("var_pop", "var_pop")),
}


def is_aggregate(name: str) -> bool:
    """Whether a function of this name aggregates."""
    return name in _AGGREGATES


def prepare(statement: Statement, name: str, arguments: list[Value]) -> list[Value]:
    """Return the arguments as the types that the aggregate takes."""
    wanted, _ = _AGGREGATES[name]
    if len(arguments) != wanted and not (name == "count" and not arguments):
        raise no_function(name, arguments)
    if name == "string_agg":
        if arguments[0].type.name not in (*STRINGS, "unknown"):
            raise no_function(name, arguments)
        if arguments[1].literal is None:
            raise unsupported("string_agg with a separator that is not a constant")
        return [coerce(statement, text_form(value), t.TEXT) for value in arguments]
    return [coerce(statement, value, t.TEXT) if value.type.name == "unknown" else value for value in arguments]


def aggregate(statement: Statement, name: str, arguments: list[Value], apply: Apply) -> Value:
    """Return the aggregate's value; ``apply`` writes a DuckDB aggregate over the prepared arguments."""
    return _AGGREGATES[name][1](statement, arguments, apply)
