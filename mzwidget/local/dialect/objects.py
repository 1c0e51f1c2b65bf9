"""What a statement asks of the catalog by OID or by name: ``regclass`` and its like, and what they are called.

The answers are looked up when the statement is planned: a plan is made anew when the catalog changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mzwidget.local.dialect import typenames
from mzwidget.local.dialect.values import Value, apply, failing, quote_text
from mzwidget.local.errors import SqlError, unsupported
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.scope import Statement
    from mzwidget.local.formats.types import Type

_FIRST_FUNCTION = 13_000
_AS_A_NUMBER = "CAST({0} AS VARCHAR)"
IMPLICIT = ("mz_catalog", "pg_catalog")
"""Schemas in which names are looked for without being on the path."""
_PART = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([A-Za-z_][\w$]*))\s*(\.|$)')


def parts_of(name: str) -> tuple[str, ...]:
    """Read a name with qualifiers as SQL writes it; one that is none is an error."""
    found: list[str] = []
    at = 0
    while match := _PART.match(name, at):
        found.append(match[1].replace('""', '"') if match[1] else match[2].lower())
        at = match.end()
        if not match[3]:
            return tuple(found)
    raise SqlError(f'string is not a valid identifier: "{name}"')


def chosen(value: Value, answers: Mapping[int, str | None], otherwise: str = "") -> Value:
    """Return the text that belongs to an OID; `otherwise` is DuckDB SQL of what others get, by default NULL."""
    branches = "".join(f" WHEN {oid} THEN {quote_text(text)}" for oid, text in answers.items() if text is not None)
    if not branches:
        return apply(otherwise or "CAST(NULL AS VARCHAR)", [value], t.TEXT)
    return apply(f"(CASE CAST({{0}} AS BIGINT){branches} ELSE {otherwise or 'NULL'} END)", [value], t.TEXT)


def among(value: Value, oids: list[int], others: list[int]) -> Value:
    """Return whether an OID is one of some; NULL for one that is nothing at all."""
    yes, no = (", ".join(map(str, part)) for part in (oids, others))
    tests = f" WHEN {{0}} IN ({yes}) THEN true" if yes else ""
    tests += f" WHEN {{0}} IN ({no}) THEN false" if no else ""
    return apply(f"(CASE{tests or ' WHEN false THEN false'} END)", [value], t.BOOL)


def registered(statement: Statement, name: str, target: Type, functions: Mapping[str, int]) -> Value:
    """Return what a name means as one of `types.REGISTERED`: an OID; `functions` tells how many there are of a name."""
    if re.fullmatch(r"\d+", name):
        return Value(f"CAST({name} AS UINTEGER)", target)
    match target.name:
        case "regclass":
            oid, what = statement.catalog.oid_of(parts_of(name)), "relation"
        case "regtype":
            type_ = typenames.system_type(parts_of(name))
            oid = statement.catalog.oid_of(parts_of(name), types=True) if type_ is None else type_.oid
            what = "type"
        case _:
            plain = parts_of(name)[-1]
            oid = _FIRST_FUNCTION + sorted(functions).index(plain) if plain in functions else None
            what = "function"
            if functions.get(plain, 0) > 1:
                return failing(SqlError(f'more than one function named "{name}"'), target)
    statement.refuse_maintenance(unsupported(f"maintaining a query that names a {what} by {target.name}"))
    statement.asks_session = True
    if oid is None:
        return failing(SqlError(f'{what} "{name}" does not exist'), target)
    return Value(f"CAST({oid} AS UINTEGER)", target)


def called(statement: Statement, value: Value, functions: Mapping[str, int]) -> Value:
    """Return the name of what an OID of one of `types.REGISTERED` means."""
    if value.type.name == "regproc":
        return chosen(value, dict(enumerate(sorted(functions), _FIRST_FUNCTION)), _AS_A_NUMBER)
    if value.type.name == "regtype":
        answers: dict[int, str | None] = {type_.oid: name for name, type_ in typenames.NAMED.items()}
        answers |= {t.array_of(type_).oid: f"_{name}" for name, type_ in typenames.NAMED.items()}
    else:
        answers = {}
        statement.refuse_maintenance(unsupported("maintaining a query that calls a relation by its OID"))
        statement.asks_session = True
    made = [each for each in statement.catalog.objects() if each.is_type == (value.type.name == "regtype")]
    return chosen(value, {each.oid: each.name for each in made} | answers, _AS_A_NUMBER)
