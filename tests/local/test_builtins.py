"""The catalog tells of what the system has as of what was made: relations with their kinds, types and functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from mzwidget.local.dialect import functions
from mzwidget.local.dialect.builtins import FUNCTIONS, TYPES
from mzwidget.local.formats import types as t

if TYPE_CHECKING:
    from mzwidget.local.dialect.overloads import Overload

_ALSO_CALLED = {
    "anylist": "list", "anymap": "map", "rangeelement": "anyelement", "listelement": "any", "anyelement": "any",
    "anyarray": "anycompatiblearray", "anynonarray": "anyelement",
}  # fmt: skip
_NOT_LISTED = {
    "avg(numeric)", "stddev(numeric)", "stddev_pop(numeric)", "stddev_samp(numeric)", "variance(numeric)",
    "var_pop(numeric)", "var_samp(numeric)", "pow(numeric, numeric)", "mod(float4, float4)", "mod(float8, float8)",
    "normalize(text)",
}  # fmt: skip
"""What is called all the same: there, they are other functions by the time they are called."""


def _names(written: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Return the arguments of a line as the catalog may call them."""
    plain = tuple(f"_{name[:-2]}" if name.endswith("[]") else name for name in written)
    other = tuple(_ALSO_CALLED.get(name, name) for name in plain)
    compatible = tuple({"anyarray": "anycompatiblearray", "anyelement": "anycompatible"}.get(n, n) for n in plain)
    return {plain, other, compatible}


def _lines() -> list[Overload]:
    tables = (functions.SCALARS, functions.AGGREGATES, functions.WINDOWS, functions.TABLES)
    return [line for table in tables for lines in table.values() for line in lines]


def test_every_line_is_a_function_of_the_catalog() -> None:
    listed = {(each.name, (*each.arguments, each.variadic) if each.variadic else each.arguments) for each in FUNCTIONS}
    lacking = [
        line.signature for line in _lines() if not {(line.name, names) for names in _names(line.arguments)} & listed
    ]
    assert set(lacking) == _NOT_LISTED


def test_a_function_gives_the_type_that_the_catalog_tells() -> None:
    told = {(each.name, each.arguments): each.result for each in FUNCTIONS}
    for line in _lines():
        listed = told.get((line.name, line.arguments))
        if listed in t.SCALARS:
            assert line.result == listed, line.signature


def test_types_have_the_oids_that_the_wire_tells() -> None:
    for type_ in (*t.SCALARS.values(), *t.RANGES.values()):
        assert (TYPES[type_.name].oid, TYPES[type_.name].array) == (type_.oid, t.array_of(type_).oid)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            ("SELECT table_name, table_type FROM information_schema.tables WHERE table_name IN"
            " ('mz_columns', 'mz_schemas', 'mz_frontiers', 'pg_type') ORDER BY 1"),
            [
                ("mz_columns", "BASE TABLE"),
                ("mz_frontiers", "SOURCE"),
                ("mz_schemas", "MATERIALIZED VIEW"),
                ("pg_type", "VIEW"),
            ],
        ),
        (
            ("SELECT relkind::text, count(*) > 0 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = 'mz_internal' GROUP BY 1 ORDER BY 1"),
            [("m", True), ("r", True), ("v", True)],
        ),
        (
            ("SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
            " WHERE attrelid = 'pg_index'::regclass AND attnum > 9 ORDER BY attnum"),
            [
                ("indkey", "int2vector", True),
                ("indoption", "int2vector", True),
                ("indexprs", "text", False),
                ("indpred", "text", False),
            ],
        ),
        (
            ("SELECT column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'mz_catalog' AND table_name = 'mz_databases' AND ordinal_position > 3 ORDER BY 1"),
            [("owner_id", "text", "NO"), ("privileges", "mz_aclitem[]", "NO")],
        ),
        (
            ("SELECT o.type, f.name, t.name FROM mz_functions f JOIN mz_objects o USING (oid)"
            " JOIN mz_types t ON t.id = f.return_type_id WHERE f.name IN ('reverse', 'concat_ws') ORDER BY 2"),
            [("function", "concat_ws", "text"), ("function", "reverse", "text")],
        ),
        ("SELECT proname, oid::int FROM pg_proc WHERE oid::regproc::text = 'chr'", [("chr", 1621)]),
        (
            ("SELECT t.typname, t.typinput::text, e.typname FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem"
            " WHERE t.typinput = 'pg_catalog.array_in'::regproc AND t.typname LIKE '%numeric' ORDER BY 1"),
            [("_numeric", "array_in", "numeric")],
        ),
        (
            ("SELECT t.typname, p.proname, r.typname FROM pg_type t JOIN pg_proc p ON p.oid = t.typreceive"
            " JOIN pg_type r ON r.oid = p.prorettype WHERE t.typname IN ('_date', 'date', 'numrange') ORDER BY 1"),
            [
                ("_date", "array_recv", "anyarray"),
                ("date", "date_recv", "date"),
                ("numrange", "range_recv", "anyrange"),
            ],
        ),
        (
            "SELECT passwd, rolpassword, usebypassrls FROM pg_user JOIN pg_roles ON usename = rolname",
            [("********", "********", False)],
        ),
        ("SELECT mz_is_superuser(), mz_version() LIKE 'v' || mz_version_num() / 100000 || '.%'", [(False, True)]),
        ("SELECT pg_function_is_visible('chr'::regproc), pg_type_is_visible(25)", [(True, True)]),
        ("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'pg_catalog'", [("mz_system",)]),
        ("SELECT typtype, typcategory::text FROM pg_type WHERE typname IN ('int8range', 'anyarray') ORDER BY 1",
         [("b", None), ("p", "P")]),
    ],
)  # fmt: skip
def test_the_system_is_told(sql: psycopg.Connection, query: str, rows: list[tuple[object, ...]]) -> None:
    assert sql.execute(query).fetchall() == rows


def test_names_in_columns_are_looked_up(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE here (a int)")
    sql.execute("CREATE TYPE made AS LIST (ELEMENT TYPE = int8)")
    named = ["here", f"{schema}.here", f'"{schema}".here', "pg_class", "mz_catalog.mz_columns", None]
    listed = ", ".join("(NULL)" if name is None else f"('{name}')" for name in named)
    told = sql.execute(f"SELECT n::regclass::text FROM (VALUES {listed}) v (n)").fetchall()
    assert sorted(told, key=str) == [("here",), ("here",), ("here",), ("mz_columns",), ("pg_class",), (None,)]
    types = sql.execute("SELECT n::regtype::text FROM (VALUES ('made'), ('25'), ('pg_catalog.int8')) v (n)").fetchall()
    assert sorted(types) == [("int8",), ("made",), ("text",)]
    sql.execute("SET statement_timeout = '5s'")  # a query is asked once, not once for each name that there is
    assert sql.execute("SELECT ((SELECT 'ascii'::regproc))::text").fetchall() == [("ascii",)]
    asked = "SELECT relname FROM pg_class WHERE oid = (relname || '')::regclass AND relname = 'here'"
    assert sql.execute(asked).fetchall() == [("here",)]


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("nothing", "regclass", 'relation "nothing" does not exist'),
        ("1259", "regclass", 'string is not a valid identifier: "1259"'),
        ("k.l.m.n", "regclass", "improper relation name (too many dotted names): k.l.m.n"),
        ("sum", "regproc", 'more than one function named "sum"'),
        ("pg_catalog.nope", "regproc", 'function "pg_catalog.nope" does not exist'),
        ("3rd", "regtype", 'invalid input syntax for type oid: invalid digit found in string: "3rd"'),
    ],
)
def test_names_in_columns_that_mean_nothing(sql: psycopg.Connection, name: str, target: str, message: str) -> None:
    for query in (f"SELECT n::{target} FROM (VALUES ('{name}')) v (n)", f"SELECT '{name}'::text::{target}"):
        with pytest.raises(psycopg.Error, match=re.escape(message)):
            sql.execute(query)


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("SHOW TABLES FROM mz_catalog LIKE 'mz_index%'", [("mz_index_columns", ""), ("mz_indexes", "")]),
        ("SHOW VIEWS FROM mz_catalog LIKE 'mz_rel%'", [("mz_relations", "")]),
        ("SHOW MATERIALIZED VIEWS FROM mz_catalog LIKE '%schemas'", [("mz_schemas", "mz_catalog_server", "")]),
        ("SHOW SOURCES FROM mz_internal LIKE 'mz_frontiers'", [("mz_frontiers", "source", None, "")]),
        ("SHOW TYPES FROM mz_catalog LIKE 'uint%'", [("uint2", ""), ("uint4", ""), ("uint8", "")]),
        ("SHOW OBJECTS FROM mz_catalog LIKE 'map_l%'", [("map_length", "function", "")]),
    ],
)
def test_the_system_is_shown(sql: psycopg.Connection, statement: str, rows: list[tuple[object, ...]]) -> None:
    assert sql.execute(statement).fetchall() == rows
