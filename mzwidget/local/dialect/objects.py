"""What a statement asks of the catalog by OID or by name: ``regclass`` and its like, and what they are called.

The answers are looked up when the statement is planned: a plan is made anew when the catalog changes.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mzwidget.local.dialect import udf
from mzwidget.local.dialect.builtins import PROCEDURES, TYPES
from mzwidget.local.dialect.castlines import CASTS
from mzwidget.local.dialect.casts import literal
from mzwidget.local.dialect.values import Value, apply, failing, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Statement
    from mzwidget.local.formats.types import Type

_AS_A_NUMBER = "CAST({0} AS VARCHAR)"
IMPLICIT = ("mz_catalog", "pg_catalog")
"""Schemas in which names are looked for without being on the path."""
_WHAT = {"regclass": "relation", "regtype": "type", "regproc": "function"}
"""What the OIDs of `types.REGISTERED` are of."""
_IDENT = re.compile(r'"([^"]*)"|([A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)')
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def parse_ident(text: str, strict: bool = True) -> list[str]:
    """Read a name with qualifiers as SQL writes it; one that is none is an error."""
    shown = text.replace('"', '\\"')
    message = f'string is not a valid identifier: "{shown}"'
    blank = " \t\n\r\f"
    found: list[str] = []
    at = len(text) - len(text.lstrip(blank))
    while True:
        part = _IDENT.match(text, at)
        if part is None:
            detail = "String has unclosed double quotes." if text[at : at + 1] == '"' else None
            if text[at : at + 1] == ".":
                detail = 'No valid identifier before ".".'
            elif detail is None and found:
                detail = 'No valid identifier after ".".'
            raise SqlError(message, detail=detail)
        found.append(part[1] if part[1] is not None else part[2].translate(_LOWER))
        rest = text[part.end() :].lstrip(blank)
        if not rest.startswith("."):
            if rest and strict:
                raise SqlError(message)
            return found
        at = len(text) - len(rest[1:].lstrip(blank))


def parts_of(name: str) -> tuple[str, ...]:
    """Return the parts of an object's name; one that is none is an error."""
    parts = tuple(parse_ident(name))
    if len(parts) > 3:
        raise SqlError(f"improper relation name (too many dotted names): {name}")
    return parts


def chosen(value: Value, answers: Mapping[int, str | None], otherwise: str = "") -> Value:
    """Return the text that belongs to an OID; `otherwise` is DuckDB SQL of what others get, by default NULL."""
    known = {oid: text for oid, text in answers.items() if text is not None}
    if not known:
        return apply(otherwise or "CAST(NULL AS VARCHAR)", [value], t.TEXT)
    oids, texts = ", ".join(map(str, known)), ", ".join(map(quote_text, known.values()))
    table = Value(f"map(CAST([{oids}] AS BIGINT[]), [{texts}])", t.TEXT)
    found = "{1}[CAST({0} AS BIGINT)]"  # not CASE, which plans a subquery once for each branch
    return apply(f"coalesce({found}, {otherwise})" if otherwise else found, [value, table], t.TEXT)


def among(value: Value, oids: list[int], others: list[int]) -> Value:
    """Return whether an OID is one of some; NULL for one that is nothing at all."""
    yes, no = (", ".join(map(str, part)) for part in (oids, others))
    tests = f" WHEN {{0}} IN ({yes}) THEN true" if yes else ""
    tests += f" WHEN {{0}} IN ({no}) THEN false" if no else ""
    return apply(f"(CASE{tests or ' WHEN false THEN false'} END)", [value], t.BOOL)


def registered(statement: Statement, value: Value, target: Type) -> Value:
    """Return what a text means as one of `types.REGISTERED`: an OID, or the name of what has one."""
    may_be_oid = target.name != "regclass" or value.is_open
    if value.literal is not None and may_be_oid and _DIGIT.match(value.literal):
        return literal(value.literal, t.OID).typed(target)
    statement.refuse_maintenance(unsupported(f"maintaining a query that names a {_WHAT[target.name]} by {target.name}"))
    statement.asks_session = True
    if value.literal is None:
        return _looked_up(statement, value, target, may_be_oid=may_be_oid)
    try:
        oids = _oids(statement, parts_of(value.literal), target)
    except SqlError as error:
        return failing(error, target)
    if len(oids) == 1:
        return Value(f"CAST({oids[0]} AS UINTEGER)", target)
    before, after = _MANY if oids else _NONE
    return failing(SqlError(f"{before.format(_WHAT[target.name])}{value.literal}{after}"), target)


_DIGIT = re.compile(r"[0-9]")
_NONE, _MANY = ('{} "', '" does not exist'), ('more than one {} named "', '"')


def _oids(statement: Statement, parts: tuple[str, ...], target: Type) -> list[int]:
    """Return the OIDs of what has a name."""
    *qualifiers, name = parts
    if target.name == "regproc":
        schemas = qualifiers[-1:] or IMPLICIT
        return [oid for schema in schemas for oid in PROCEDURES.get((schema, name), ())]
    if target.name == "regtype" and name in TYPES and (not qualifiers or qualifiers[-1] == TYPES[name].schema):
        return [TYPES[name].oid]
    found = statement.catalog.oid_of(parts, types=target.name == "regtype")
    return [] if found is None else [found]


def _looked_up(statement: Statement, value: Value, target: Type, *, may_be_oid: bool) -> Value:
    """Return the OIDs of what has the names that a query gives."""
    found = _names(statement, target)
    names, oids = ", ".join(map(quote_text, found)), ", ".join(map(str, found.values()))
    table = Value(f"map([{names}], CAST([{oids}] AS BIGINT[]))", t.TEXT)
    whole = f"WHEN substr({{0}}, 1, 1) BETWEEN '0' AND '9' THEN {CASTS['text', 'oid'].sql}" if may_be_oid else ""
    none, many = (
        f"error('mz:XX000:{before.format(_WHAT[target.name])}' || {{0}} || '{after}')"
        for before, after in (_NONE, _MANY)
    )
    template = (
        f"CASE WHEN {{0}} IS NULL THEN NULL {whole} ELSE list_transform([{{1}}[{_KEY}]],"
        f" lambda o: CASE WHEN o IS NULL THEN {none} WHEN o < 0 THEN {many} ELSE CAST(o AS UINTEGER) END)[1] END"
    )
    return apply(template, [value, table], target, fallible=True)


_BETWEEN = "\x1f"
_KEY = udf.declare("object_key", lambda name: _BETWEEN.join(parts_of(name)), [t.TEXT], t.TEXT)


def _names(statement: Statement, target: Type) -> dict[str, int]:
    """Return the OIDs of all that has one, by its names; -1 where it is several."""
    found: dict[str, int] = {}
    if target.name == "regproc":
        for (schema, name), oids in PROCEDURES.items():
            oid = oids[0] if len(oids) == 1 else -1
            found |= {_BETWEEN.join((schema, name)): oid} | ({name: oid} if schema in IMPLICIT else {})
        return found
    for known in statement.catalog.objects():
        if known.is_type == (target.name == "regtype"):
            of_here = 2 if known.visible is not None else 3
            shortest = 1 if known.visible else of_here
            for size in range(shortest, len(known.path) + 1):
                found.setdefault(_BETWEEN.join(known.path[-size:]), known.oid)
    if target.name == "regtype":
        for type_ in TYPES.values():
            found |= dict.fromkeys((type_.name, _BETWEEN.join((type_.schema, type_.name))), type_.oid)
    return found


def called(statement: Statement, value: Value) -> Value:
    """Return the name of what an OID of one of `types.REGISTERED` means."""
    answers: dict[int, str | None] = {}
    match value.type.name:
        case "regproc":
            answers = {
                oid: name if schema in IMPLICIT else f"{schema}.{name}"
                for (schema, name), oids in PROCEDURES.items()
                for oid in oids
            }
        case "regtype":
            answers = {type_.oid: type_.name for type_ in TYPES.values()}
    if value.type.name != "regproc":
        statement.refuse_maintenance(unsupported("maintaining a query that calls what was made by its OID"))
        statement.asks_session = True
        made = (each for each in statement.catalog.objects() if each.is_type == (value.type.name == "regtype"))
        answers |= {each.oid: each.name for each in made}
    return chosen(value, answers, _AS_A_NUMBER)
