"""Functions that tell about values, the session and the catalog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mzwidget.local.dialect import objects
from mzwidget.local.dialect.builtins import PROCEDURES, TYPES
from mzwidget.local.dialect.overloads import Overload, line
from mzwidget.local.dialect.values import Value, apply, array_sql, failing, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.model import Known
    from mzwidget.local.dialect.scope import Statement


def _typeof(values: Sequence[Value]) -> Value:
    return Value(quote_text(t.standard_name(values[0].type.base)), t.TEXT)


# ---------------------------------------------------------------------------------------------------- by OID


def _noted(statement: Statement, what: str) -> None:
    statement.refuse_maintenance(unsupported(f"maintaining a query that calls {what}"))
    statement.constant = False
    statement.asks_session = True


def _of_objects(name: str, tell: Callable[[Known], str | None]) -> Callable[[Statement, Sequence[Value]], Value]:
    """Return what tells something of the relation or index of an OID."""

    def ask(statement: Statement, values: Sequence[Value]) -> Value:
        _noted(statement, name)
        return objects.chosen(values[0], {each.oid: tell(each) or None for each in statement.catalog.objects()})

    return ask


def _description(statement: Statement, values: Sequence[Value]) -> Value:
    """Return the comment on what has an OID in a relation of pg_catalog, which is named."""
    _noted(statement, "obj_description")
    comments = statement.catalog.comments()
    told = [objects.chosen(values[0], of) for of in comments.values()]
    branches = "".join(f" WHEN '{name}' THEN {{{number}}}" for number, name in enumerate(comments, 1))
    return apply(f"(CASE {{0}}{branches} END)", [values[1], *told], t.TEXT)


def _column_description(statement: Statement, values: Sequence[Value]) -> Value:
    _noted(statement, "col_description")
    branches = "".join(
        f" WHEN {{0}} = {each.oid} AND {{1}} = {number} THEN {quote_text(comment)}"
        for each in statement.catalog.objects()
        for number, comment in enumerate(each.columns, 1)
        if comment
    )
    return apply(f"(CASE{branches or ' WHEN false THEN NULL'} END)", values, t.TEXT)


def _table_is_visible(statement: Statement, values: Sequence[Value]) -> Value:
    _noted(statement, "pg_table_is_visible")
    known = statement.catalog.objects()
    visible, hidden = ([each.oid for each in known if each.visible is wanted] for wanted in (True, False))
    return objects.among(values[0], visible, hidden)


def _type_is_visible(statement: Statement, values: Sequence[Value]) -> Value:
    _noted(statement, "pg_type_is_visible")
    made = [each for each in statement.catalog.objects() if each.is_type]
    visible, hidden = ([each.oid for each in made if each.visible is wanted] for wanted in (True, False))
    return objects.among(values[0], [*visible, *(type_.oid for type_ in TYPES.values())], hidden)


def _function_is_visible(_: Statement, values: Sequence[Value]) -> Value:
    visible, hidden = (
        [oid for (schema, _), oids in PROCEDURES.items() for oid in oids if (schema in objects.IMPLICIT) is wanted]
        for wanted in (True, False)
    )
    return objects.among(values[0], visible, hidden)


def _userbyid(statement: Statement, values: Sequence[Value]) -> Value:
    _noted(statement, "pg_get_userbyid")
    unknown = "'unknown (OID=' || CAST({0} AS VARCHAR) || ')'"
    return objects.chosen(values[0], statement.catalog.roles(), unknown)


def _privileged(what: str) -> Callable[[Statement, Sequence[Value]], Value]:
    """Return what tells whether a role, the owner where none is given, may do something: the owner of all may."""

    def ask(statement: Statement, values: Sequence[Value]) -> Value:
        _noted(statement, "a function about privileges")
        roles = statement.catalog.roles()
        owner = Value(quote_text(roles[next(iter(roles))]), t.TEXT)
        *named, _ = values
        of = named.pop() if what != "system" else None
        role = named[0] if named else None
        asked = owner if role is None else _role(statement, role)
        answer = apply("{0} = {1}", [asked, owner if what != "role" or of is None else _role(statement, of)], t.BOOL)
        if of is not None and what in ("table", "type"):
            of = objects.registered(statement, of, _REGISTERED[what]) if of.type.name == "text" else of
            there = [each.oid for each in statement.catalog.objects() if each.is_type == (what == "type")]
            there += [type_.oid for type_ in TYPES.values()] if what == "type" else []
            answer = apply("CASE WHEN {0} THEN {1} END", [objects.among(of, there, []), answer], t.BOOL)
        elif of is not None and of.type.name == "text" and of.literal is not None:
            lacks = _lacks(statement, what, of.literal)
            answer = failing(SqlError(f'{what} "{of.literal}" does not exist'), t.BOOL) if lacks else answer
        given = " AND ".join(f"{{{number}}} IS NOT NULL" for number in range(len(values)))
        return apply(f"CASE WHEN {given} THEN {{{len(values)}}} END", [*values, answer], t.BOOL)

    return ask


def _role(statement: Statement, role: Value) -> Value:
    """Return the name of a role; one that is not there is an error."""
    roles = statement.catalog.roles()
    if role.type.name == "oid":
        return objects.chosen(role, roles)
    if role.literal is not None and role.literal not in roles.values():
        return failing(SqlError(f'role "{role.literal}" does not exist'), t.TEXT)
    return role


def _lacks(statement: Statement, what: str, name: str) -> bool:
    """Whether there is no schema, database, cluster or the like of a name."""
    try:
        match what:
            case "schema":
                statement.catalog.check((name, ""))
            case "database":
                statement.catalog.check((name, "", ""))
            case "cluster":
                return name != "quickstart"
    except SqlError as error:
        return error.message.startswith(f"unknown {what}")
    return what in ("connection", "secret")


_REGISTERED = {"table": t.REGCLASS, "type": t.REGTYPE}
_WITH_ROLES = ("", "text, ", "oid, ")
_PRIVILEGES = [
    *(line(f"has_{what}_privilege", f"{role}{of}, text -> bool", asks=_privileged(what))
      for what in ("table", "schema", "database", "type", "connection", "secret")
      for role in _WITH_ROLES for of in ("text", "oid")),
    *(line("has_cluster_privilege", f"{role}text, text -> bool", asks=_privileged("cluster")) for role in _WITH_ROLES),
    *(line("has_system_privilege", f"{role}text -> bool", asks=_privileged("system")) for role in _WITH_ROLES),
    *(line(name, f"{role}{of}, text -> bool", asks=_privileged("role"))
      for name in ("pg_has_role", "has_role") for role in _WITH_ROLES for of in ("text", "oid")),
]  # fmt: skip


def _normalized(what: str, most: int) -> Callable[[str], list[str | None]]:
    """Return what reads a name as one of so many parts, of which the first are NULL where they are not given."""

    def normalized(name: str) -> list[str | None]:
        parts = objects.parse_ident(name)
        if len(parts) > most:
            raise SqlError(f"improper {what} name (too many dotted names): {name}")
        return [*[None] * (most - len(parts)), *parts]

    return normalized


_NAMED = (*t.SCALARS.values(), *t.RANGES.values())
_TYPE_NAMES = (
    {type_.oid: t.standard_name(type_) for type_ in _NAMED}
    | {array.oid: t.standard_name(array) for array in map(t.array_of, _NAMED) if array.oid}
    | {TYPES[name].oid: name for name in ("list", "map", "record", "int2vector", "aclitem", "mz_aclitem")}
    | {TYPES[name].array: f"{name}[]" for name in ("record", "int2vector", "aclitem", "mz_aclitem")}
)


def _format_type(oid: int | None, typmod: int | None) -> str | None:
    if oid is None:
        return None
    name = _TYPE_NAMES.get(oid)
    if name is None:
        return "???"
    if typmod is None or typmod < 0:
        return name
    inner = name.removesuffix("[]")
    if inner == "numeric":
        shown = f"numeric({typmod - 4 >> 16},{(typmod - 4) & 0xFFFF})"
    elif inner.startswith("character"):
        shown = f"{inner}({typmod - 4})"
    elif inner.startswith("timestamp"):
        shown = inner.replace("timestamp", f"timestamp({typmod})")
    else:
        return name
    return shown + name[len(inner) :]


# ---------------------------------------------------------------------------------------------------- the session


def _setting(statement: Statement, values: Sequence[Value]) -> Value:
    _noted(statement, "current_setting")
    name = values[0].literal
    settings = statement.catalog.settings()
    if name is not None and name.lower() in settings:
        return Value(quote_text(settings[name.lower()]), t.TEXT)
    branches = "".join(f" WHEN {quote_text(key)} THEN {quote_text(value)}" for key, value in settings.items())
    unknown = "error('mz:XX000:unrecognized configuration parameter \"' || {0} || '\"')"
    missing = "CASE WHEN {0} IS NOT NULL AND {1} IS FALSE THEN " + unknown + " END"
    given = [*values, Value("false", t.BOOL)][:2]
    return apply(f"coalesce((CASE lower({{0}}){branches} END), {missing})", given, t.TEXT, fallible=True)


def _schemas(statement: Statement, values: Sequence[Value]) -> Value:
    _noted(statement, "current_schemas")
    own = [quote_text(name) for name in statement.catalog.schemas()]
    every = [quote_text(name) for name in objects.IMPLICIT if quote_text(name) not in own] + own
    texts = t.array_of(t.TEXT)
    listed, all_ = (_array(part) for part in (own, every))
    return apply(f"CASE WHEN {{0}} THEN {all_} WHEN NOT {{0}} THEN {listed} END", values, texts)


def _array(items: Sequence[str]) -> str:
    listed = ", ".join(items)
    return f"CAST({array_sql(f'[{listed}]')} AS {t.array_of(t.TEXT).duckdb})"


FUNCTIONS: list[Overload] = [
    line("pg_typeof", "any -> text", build=_typeof, fallible=False),
    line("current_setting", "text -> text", asks=_setting),
    line("current_setting", "text, bool -> text", asks=_setting),
    line("current_schemas", "bool -> text[]", asks=_schemas),
    line("parse_ident", "text -> text[]", python=objects.parse_ident),
    line("parse_ident", "text, bool -> text[]", python=objects.parse_ident),
    line("format_type", "oid, int4 -> text", python=_format_type, strict=False, fallible=False),
    line("pg_table_is_visible", "oid -> bool", asks=_table_is_visible),
    line("pg_type_is_visible", "oid -> bool", asks=_type_is_visible),
    line("pg_function_is_visible", "oid -> bool", asks=_function_is_visible),
    line("pg_get_userbyid", "oid -> text", asks=_userbyid),
    line("pg_get_expr", "text, oid -> text", "CASE WHEN {1} IS NOT NULL THEN {0} END", fallible=False),
    line("pg_get_expr", "text, oid, bool -> text", "CASE WHEN {1} IS NOT NULL AND {2} IS NOT NULL THEN {0} END",
         fallible=False),
    line("pg_encoding_to_char", "int8 -> text", "CASE WHEN {0} = 6 THEN 'UTF8' END", fallible=False),
    line("pg_is_in_recovery", "-> bool", "false", fallible=False),
    line("pg_relation_size", "regclass -> int8", "CASE WHEN {0} IS NOT NULL THEN CAST(-1 AS BIGINT) END"),
    line("pg_relation_size", "regclass, text -> int8",
         "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN CAST(-1 AS BIGINT) END"),
    line("pg_stat_get_numscans", "oid -> int8", "CASE WHEN {0} IS NOT NULL THEN CAST(-1 AS BIGINT) END"),
    line("pg_tablespace_location", "oid -> text", "CASE WHEN {0} IN (1663, 1664) THEN '' END", fallible=False),
    line("col_description", "oid, int4 -> text", asks=_column_description),
    line("obj_description", "oid, text -> text", asks=_description),
    *(line("pg_get_viewdef", f"oid{more} -> text", asks=_of_objects("pg_get_viewdef", lambda each: each.definition))
      for more in ("", ", bool", ", int4")),
    *(line("pg_get_indexdef", f"oid{more} -> text", asks=_of_objects("pg_get_indexdef", lambda each: each.definition))
      for more in ("", ", int4, bool")),
    *(line(name, f"oid{more} -> text", "CAST(NULL AS VARCHAR)", fallible=False)
      for name in ("pg_get_constraintdef", "pg_get_ruledef") for more in ("", ", bool")),
    line("mz_normalize_object_name", "text -> text[]", python=_normalized("relation", 3)),
    line("mz_normalize_schema_name", "text -> text[]", python=_normalized("schema", 2)),
    *_PRIVILEGES,
]  # fmt: skip
