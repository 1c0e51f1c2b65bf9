"""From a call or an operator to its line of data, and from that to a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mzwidget.local.dialect import digits, functions, objects
from mzwidget.local.dialect.builtins import PROCEDURES
from mzwidget.local.dialect.castlines import Context
from mzwidget.local.dialect.casts import best, cast, castable, literal, no_cast, unmatched
from mzwidget.local.dialect.overloads import Candidate, choose, no_function, no_operator, unknown_function
from mzwidget.local.dialect.trying import is_constant
from mzwidget.local.dialect.values import Value, apply
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t
from mzwidget.local.formats.types import Type

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Statement


def coerce(statement: Statement, value: Value, target: Type, context: Context = Context.IMPLICIT) -> Value:
    """Return the value as a type: a literal read, a parameter settled, or a cast that is allowed here."""
    if value.parameter is not None:
        settled = statement.settle(value.parameter, target)
        value = replace(settled, parameter=None)
    if value.is_open:
        if value.literal is None:
            return Value(f"CAST(NULL AS {target.duckdb})", target)
        if target.name in t.REGISTERED:
            return objects.registered(statement, value, target)
        return literal(value.literal, target, context)
    if value.items and target.kind == "record" and len(value.items) == len(target.fields):
        fields = (type_ for _, type_ in target.fields)
        items = [coerce(statement, item, type_, context) for item, type_ in zip(value.items, fields, strict=True)]
        return row_of(items).typed(target)
    if not castable(value.type, target, context):
        raise no_cast(value.type, target)
    return cast(value, target, context)


def known(values: Sequence[Value]) -> list[Type | None]:
    """Return the types of arguments; None for what is still open."""
    return [None if value.is_open else value.type for value in values]


def unify(statement: Statement, values: Sequence[Value], construct: str) -> tuple[list[Value], Type]:
    """Return the values as their common type."""
    if all(_is_written_row(value) and len(value.items) == len(values[0].items) for value in values):
        return _unified_rows(statement, values, construct)
    typed = [value for value in values if not value.is_open]
    settled = [value.type for value in typed if not _is_written_row(value)]
    found = best(settled, construct) if settled else t.TEXT
    for value in typed:
        if not _may_become(value, found):
            if construct in ("UNION", "EXCEPT", "INTERSECT"):
                sides = (value.type, found) if value is typed[0] else (found, value.type)
                raise unmatched(construct, *sides)
            raise SqlError(f"{construct} could not convert type {t.sql_name(value.type)} to {t.sql_name(found)}")
    return [coerce(statement, value, found) for value in values], found


def _is_written_row(value: Value) -> bool:
    """Whether it is a row as it was written, whose type is what its context asks for; a table's row has one."""
    return bool(value.items) and not value.nullable


def _may_become(value: Value, type_: Type) -> bool:
    """Whether a value becomes one of another type by itself."""
    if _is_written_row(value) and type_.kind == "record" and len(value.items) == len(type_.fields):
        return all(
            item.is_open or _may_become(item, field) for item, (_, field) in zip(value.items, type_.fields, strict=True)
        )
    return castable(value.type, type_, Context.IMPLICIT)


def _unified_rows(statement: Statement, values: Sequence[Value], construct: str) -> tuple[list[Value], Type]:
    fields = [unify(statement, items, construct)[0] for items in zip(*(value.items for value in values), strict=True)]
    rows = [row_of(items) for items in zip(*fields, strict=True)]
    nulls = tuple(any(item.nullable for item in items) for items in fields)
    type_ = replace(rows[0].type, nulls=nulls)
    return [row.typed(type_) for row in rows], type_


def row_of(items: Sequence[Value]) -> Value:
    """Return a row of typed values."""
    fields = tuple((f"f{i}", item.type.as_field) for i, item in enumerate(items, 1))
    packed = ", ".join(f"f{i} := {item.sql}" for i, item in enumerate(items, 1)) or "f0 := false"
    return Value(
        f"struct_pack({packed})",
        t.record_of(fields, tuple(item.nullable for item in items)),
        items=tuple(items),
        fallible=any(item.fallible for item in items),
        depth=max((item.depth for item in items), default=0),
        nullable=False,
    )


def finish(statement: Statement, found: Candidate, values: Sequence[Value]) -> Value:
    """Return the value of a chosen line over its arguments."""
    if any(wanted.name == "unknown" for wanted in found.wanted):
        raise SqlError("could not determine polymorphic type because input has type unknown")
    given = [
        value
        if not value.is_open and value.parameter is None and (name == "any" or value.type.base == wanted.base)
        else coerce(statement, value, wanted if wanted.name != "unknown" else t.TEXT)
        for value, wanted, name in zip(values, found.wanted, found.names, strict=True)
    ]
    if found.overload.strict and found.result is not None and found.result.name != "unknown":
        if len(given) > 1 and any(map(_is_null, given)):
            return _of_null(given, found.result)
        broken = next((value for value in given if value.broken or (value.fallible and is_constant(value.sql))), None)
        if broken is not None and broken.broken:
            return replace(broken, sql=f"CAST({broken.sql} AS {found.result.duckdb})", type=found.result)
    if found.overload.asks is not None:
        asked: Value = found.overload.asks(statement, given)
        return asked
    if found.overload.build is not None:
        built: Value | None = found.overload.build(given)
        if built is not None:
            return built
    if found.result is None or found.result.name == "unknown":
        raise SqlError("could not determine polymorphic type because input has type unknown")
    result = apply(found.overload.sql, given, found.result, fallible=found.overload.fallible)
    if found.overload.digits:
        result = digits.keep(result, found.overload.digits, given)
    null = not found.overload.strict or found.overload.name in GIVES_NULL or any(value.nullable for value in given)
    return result if null else replace(result, nullable=False)


def _of_null(given: Sequence[Value], result: Type) -> Value:
    """Return what a strict call makes of a NULL that is written: NULL, unless all is constant and some of it fails."""
    null = f"CAST(NULL AS {result.duckdb})"
    failing = [value for value in given if value.fallible]
    if not failing or not all(is_constant(value.sql) for value in given):
        return Value(null, result)
    evaluated = ", ".join(f"f{at} := {value.sql}" for at, value in enumerate(failing))
    return apply(f"list_transform([struct_pack({evaluated})], lambda e: {null})[1]", failing, result, fallible=True)


def call(statement: Statement, name: str, values: Sequence[Value]) -> Value:
    """Return a call of a plain function.

    Raises
    ------
    SqlError
        If there is no such function of these types, or Materialize has one that is not offered.
    """
    overloads = functions.SCALARS.get(name)
    if name == "date_bin" and len(values) == 2:
        raise unavailable("the binary version of date_bin function", "enable_binary_date_bin")
    if name == "timezone" and len(values) == 2 and values[1].type.name == "time":
        raise unavailable("use of AT TIME ZONE or timezone() with time type", "enable_time_at_time_zone")
    if name in UNAVAILABLE:
        raise unavailable(f"the {name} function", UNAVAILABLE[name])
    if overloads is None:
        if name in OFFERED_THERE:
            raise unsupported(f"function {name}")
        raise misspelt(name)
    given = known(values)
    found = choose(overloads, given)
    if len(found) != 1:
        raise no_function(name, given, many=bool(found))
    _settled(statement, found[0], values)
    return finish(statement, found[0], values)


def _settled(statement: Statement, found: Candidate, values: Sequence[Value]) -> None:
    """Refuse a parameter that stands where anything may: it has no type."""
    for name, value in zip(found.names, values, strict=True):
        if name == "any" and value.parameter is not None and statement.types[value.parameter - 1] is None:
            raise SqlError(f"could not determine data type of parameter ${value.parameter}")


def misspelt(name: str) -> SqlError:
    """Return the error for a function that is not there, which may be one of jsonb's."""
    plain = name.rpartition(".")[2]
    other = plain.replace("json_", "jsonb_", 1)
    return unknown_function(name, other if other != plain and other in functions.KNOWN else None)


def _is_null(value: Value) -> bool:
    """Whether a value is a NULL as it was written."""
    untyped = value.is_open and value.literal is None and value.parameter is None
    return untyped or value.sql.startswith("CAST(NULL AS")


def operate(statement: Statement, operator: str, values: Sequence[Value]) -> Value:
    """Return an operator over one or two operands."""
    table = functions.OPERATORS if len(values) == 2 else functions.PREFIX
    overloads = table.get(operator)
    if overloads is None:
        raise SqlError(f"[{operator}] not yet supported")
    if operator in ("=", "<>") and any(map(_is_null, values)):
        statement.compares_null = True
    given = known(values)
    if operator == "->" and given == [None, None]:
        raise no_operator(operator, given, many=True)
    found = choose(overloads, given)
    if len(found) != 1 and operator in ("=", "<>", "<", "<=", ">", ">=") and given == [None, None]:
        found = choose(overloads, [t.TEXT, t.TEXT])
    if len(found) != 1:
        raise no_operator(operator, given, many=bool(found))
    return finish(statement, found[0], values)


UNAVAILABLE = {
    "list_n_layers": "enable_list_n_layers", "list_remove": "enable_list_remove",
    "list_length_max": "enable_list_length_max", "date_bin_hopping": "enable_date_bin_hopping",
    "repeat_row": "enable_repeat_row",
}  # fmt: skip


def unavailable(what: str, flag: str) -> SqlError:
    """Return the error for what Materialize keeps behind a flag."""
    return SqlError(
        f"{what} is not available",
        detail=f"The requested feature ({flag}) is in private preview.",
        hint="Contact support to discuss enabling the feature in your Materialize region.",
    )


GIVES_NULL = frozenset(
    """
    -> ->> #> #>> array_length array_lower array_upper array_position list_length regexp_match lower upper
    jsonb_array_length try_parse_monotonic_iso8601_timestamp map_length
    """.split()  # noqa: SIM905
)
"""Functions and operators that may be NULL though no argument is."""
_UNLISTED = frozenset(
    """
    mz_all mz_any mz_error_if_null mz_panic mz_sleep
    is_rbac_enabled make_mz_aclitem mz_acl_item_contains_privilege mz_aclexplode mz_aclitem_grantee mz_aclitem_grantor
    mz_aclitem_privileges mz_connection_oid mz_database_oid mz_format_privileges mz_global_id_to_name
    mz_minimal_name_qualification mz_name_rank mz_render_typmod mz_resolve_object_name mz_role_oid
    mz_role_oid_memberships mz_schema_oid mz_secret_oid mz_type_name mz_validate_privileges mz_validate_role_privilege
    redact_sql
    """.split()  # noqa: SIM905
)
"""Functions of Materialize's inner schemas, of which it is not known what they take."""
OFFERED_THERE = frozenset(name for _, name in PROCEDURES) | _UNLISTED
"""Functions that Materialize has: those that are not offered here say so; any other name is a mistake."""


def callable_(parts: tuple[str, ...], statement: Statement) -> bool:
    """Whether there is a function of that name, here or there; a schema that does not exist is an error."""
    *schema, name = parts
    statement.catalog.check(parts)
    if name == EXPANDS[-1]:
        return parts[-2:] == EXPANDS
    if parts == ("values",):  # it is told where it stands
        return True
    if schema and schema[-1] in ("mz_internal", "mz_unsafe") and name in _UNLISTED:
        return True
    return any((home, name) in PROCEDURES for home in schema[-1:] or objects.IMPLICIT)


EXPANDS = ("information_schema", "_pg_expandarray")
