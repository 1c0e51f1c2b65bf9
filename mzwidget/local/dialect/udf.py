"""Python functions in DuckDB: what crosses over, and in which form.

A function declared here takes and gives plain Python values: decimals for numerics, counts of days or microseconds for
dates and times, ``(months, days, microseconds)`` for intervals, parsed JSON for jsonb.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from inspect import Parameter, Signature
from threading import get_ident
from typing import Any

import duckdb
from duckdb.func import SPECIAL

from mzwidget.local.errors import SqlError
from mzwidget.local.formats import jsonb, moments, numerics
from mzwidget.local.formats.containers import flat
from mzwidget.local.formats.encoding import carrier, range_with
from mzwidget.local.formats.types import Type

Convert = Callable[[Any], Any]

MOST_ITEMS = 1_000_000
"""Of a list that a function gives: DuckDB holds the interpreter for as long as it takes them over."""

_OF_ANY_LENGTH = frozenset({"text", "varchar", "bpchar", "bytea", "jsonb"})

_inside: set[int] = set()
"""The threads that are in a function which may take long for one value."""
_unwanted: set[int] = set()
"""The threads in which no such function is to run: where DuckDB tries an expression it goes on after a `Stopped`."""

_FAULTS: dict[type[Exception], str] = {
    RecursionError: "nested too deeply",
    OverflowError: "value out of range: overflow",
    InvalidOperation: "numeric field overflow",
}

_functions: dict[str, tuple[Callable[..., Any], list[str], str, bool]] = {}
_numbers = itertools.count()


def carried(type_: Type) -> str:
    """Return the DuckDB type of a type's carrier."""
    if type_.kind in ("array", "list") and type_.element is not None:
        inner = f"{carried(type_.element)}[]"
        return inner if type_.kind == "list" else f"STRUCT(items {inner}, dims INTEGER[])"
    if type_.kind == "range" and type_.element is not None:
        bound = f"STRUCT(f INTEGER, v {carried(type_.element)}, x INTEGER)"
        return f"STRUCT(filled BOOLEAN, lo {bound}, hi {bound})"
    if type_.kind == "map" and type_.element is not None:
        return f"MAP(VARCHAR, {carried(type_.element)})"
    return {"date": "BIGINT", "time": "BIGINT", "timestamp": "BIGINT", "timestamptz": "BIGINT", "uuid": "VARCHAR"}.get(
        type_.name, type_.duckdb
    )


def uncarried(sql: str, type_: Type) -> str:
    """Return DuckDB SQL that makes a value of its carrier."""
    if type_.kind in ("array", "list") and type_.element is not None:
        inner = uncarried("x", type_.element)
        if inner == "x":
            return sql
        if type_.kind == "list":
            return f"list_transform({sql}, lambda x: {inner})"
        made = f"struct_pack(items := list_transform(a.items, lambda x: {inner}), dims := a.dims)"
        return f"list_transform([{sql}], lambda a: CASE WHEN a IS NOT NULL THEN {made} END)[1]"
    if type_.kind == "range" and type_.element is not None:
        bounds = (uncarried(f"(r).{bound}.v", type_.element) for bound in ("lo", "hi"))
        made = range_with("r", *bounds)
        return sql if made == "r" else f"list_transform([{sql}], lambda r: {made})[1]"
    match type_.name:
        case "date":
            return f"(DATE '1970-01-01' + CAST({sql} AS INTEGER))"
        case "time":
            return f"CAST(make_timestamp({sql}) AS TIME)"
        case "timestamp" | "timestamptz":
            return f"make_timestamp({sql})"
        case "uuid" | "float4" | "float8":
            return f"CAST({sql} AS {type_.duckdb})"
    return sql


def _decode(type_: Type) -> Convert | None:
    if type_.kind == "range":
        return None
    if type_.kind == "array" and type_.element is not None:
        each = _decode(type_.element)
        return lambda value: [v if v is None or each is None else each(v) for v in value["items"]]
    if type_.element is not None:
        item = _decode(type_.element)
        if item is None:
            return None
        if type_.kind == "map":
            return lambda value: {k: None if v is None else item(v) for k, v in value.items()}
        return lambda value: [None if v is None else item(v) for v in value]
    match type_.name:
        case "numeric":
            return numerics.value
        case "digits":
            return Decimal
        case "jsonb":
            return jsonb.read
        case "interval":
            return lambda value: (value["months"], value["days"], value["us"])
    return None


def _encode(type_: Type) -> Convert | None:
    if type_.kind == "range":
        return None
    if type_.kind == "array" and type_.element is not None:
        each = _encode(type_.element)

        def array(value: Any) -> dict[str, list[Any]]:
            items, dims = flat(value)
            return {"items": [v if v is None or each is None else each(v) for v in items], "dims": dims}

        return array
    if type_.element is not None:
        item = _encode(type_.element)
        if item is None:
            return None
        return lambda value: [None if v is None else item(v) for v in value]
    match type_.name:
        case "numeric":
            return lambda value: numerics.key(numerics.checked(value))
        case "digits":
            return lambda value: str(numerics.checked(value))
        case "float4" | "float8":
            return repr  # DuckDB takes a NaN from Python for NULL
        case "jsonb":
            return jsonb.write
        case "interval":
            return _interval
        case "date":
            return _day
        case "timestamp" | "timestamptz":
            return _moment
    return None


def _interval(value: Sequence[int]) -> dict[str, int]:
    months, days, micros = value
    if not (-(2**31) <= months < 2**31 and -(2**31) <= days < 2**31 and -(2**63) <= micros < 2**63):
        raise SqlError("interval out of range")
    return {"months": months, "days": days, "us": micros}


def _day(value: int) -> int:
    if not moments.FIRST_DAY <= value <= moments.LAST_DAY:
        raise SqlError("date out of range")
    return value


def _moment(value: int) -> int:
    if not moments.FIRST <= value <= moments.LAST:
        raise SqlError("timestamp out of range")
    return value


def declare(
    name: str,
    function: Callable[..., Any],
    arguments: Sequence[Type],
    result: Type,
    *,
    strict: bool = True,
    fallible: bool = True,
) -> str:
    """Declare a Python function; return the template that calls it.

    DuckDB is told that one which may fail has side effects: it then evaluates it only where the query asks for it, and
    not, say, on rows that a view leaves out.
    """
    unique = f"py_{''.join(c if c.isalnum() else '_' for c in name)}_{next(_numbers)}"
    _functions[unique] = (
        _wrapped(function, arguments, result, strict=strict),
        [carried(type_) for type_ in arguments],
        "VARCHAR" if result.name in ("float4", "float8") else carried(result),
        fallible,
    )
    slots = ", ".join(_slot(i, type_) for i, type_ in enumerate(arguments))
    return uncarried(f"{unique}({slots})", result)


def _slot(index: int, type_: Type) -> str:
    return carrier(f"{{{index}}}", type_)


def _wrapped(
    function: Callable[..., Any], arguments: Sequence[Type], result: Type, *, strict: bool
) -> Callable[..., Any]:
    """Return what DuckDB calls, for each row: what its types decide is decided here."""
    decoders = [(at, decode) for at, type_ in enumerate(arguments) if (decode := _decode(type_)) is not None]
    encode, size = _encode(result), _size(result)
    may_last = any(map(_of_any_length, [*arguments, result]))

    def call(*values: Any) -> Any:
        if strict and None in values:
            return None
        thread = get_ident()
        try:
            if may_last:
                _inside.add(thread)
                if thread in _unwanted:
                    raise Stopped
            if decoders:
                given = [*values]
                for at, decode in decoders:
                    if given[at] is not None:
                        given[at] = decode(given[at])
                found = function(*given)
            else:
                found = function(*values)
            if found is None:
                return None
            if encode is not None:
                found = encode(found)
            if size is not None and size(found) > MOST_ITEMS:
                raise too_many_items()
            return found
        except SqlError as error:
            raise _raised(error) from None
        except (RecursionError, OverflowError, InvalidOperation) as error:
            raise ValueError(f"mz:XX000:{_FAULTS[type(error)]}") from None
        finally:
            if may_last:
                _inside.discard(thread)

    # DuckDB counts a function's parameters.
    parameters = [Parameter(f"v{at}", Parameter.POSITIONAL_ONLY) for at, _ in enumerate(arguments)]
    call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return call


def _size(result: Type) -> Callable[[Any], int] | None:
    """Return what counts the items of a result that DuckDB takes over as a list."""
    if result.kind == "array":
        return lambda found: len(found["items"])
    return len if carried(result).endswith("[]") else None


def _raised(error: SqlError) -> ValueError:
    """Return what DuckDB is told of an error."""
    detail = f"\n\nmz-detail:{error.detail}" if error.detail else ""
    return ValueError(f"mz:{error.sqlstate}:{error.message}{detail}")


def too_many_items() -> SqlError:
    """Return the error of a list that is too long for a function to give."""
    return SqlError(f"a list of more than {MOST_ITEMS} elements", "54000")


class Stopped(BaseException):
    """The statement that called a function is to end; no error, so that nothing catches it on its way."""


def _of_any_length(type_: Type) -> bool:
    return type_.kind != "scalar" or type_.name in _OF_ANY_LENGTH or type_.duckdb.endswith("[]")


def stop(threads: Iterable[int] | None) -> None:
    """Stop the functions that run in threads, or all: DuckDB looks for interrupts between 2,048 calls of one.

    What is thrown at a thread arrives before it leaves the function: nothing can come between the last two lines.
    """
    for thread in tuple(_inside) if threads is None else threads:
        _unwanted.add(thread)
        target = ctypes.c_ulong(thread)
        if thread in _inside:
            _throw(target, _STOPPED)


def stop_only(threads: Iterable[int]) -> None:
    """Let functions run again, but in these threads."""
    _unwanted.intersection_update(threads)


_STOPPED = ctypes.py_object(Stopped)
_throw = ctypes.pythonapi.PyThreadState_SetAsyncExc


def without_effects(name: str) -> str:
    """Return the name under which DuckDB knows a function as one without side effects."""
    return f"{name}_tried" if name in _functions and _functions[name][3] else name


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Register everything that was declared."""
    for name, (function, arguments, result, fallible) in _functions.items():
        for known, effects in {name: fallible, without_effects(name): False}.items():
            connection.create_function(
                known,
                function,
                [duckdb.sqltype(argument) for argument in arguments],
                duckdb.sqltype(result),
                side_effects=effects,
                null_handling=SPECIAL,  # the default refuses to give NULL
            )
