"""Random calls of every line of the tables: whatever the arguments, an answer of its type or an error in words.

``MZWIDGET_TEST_STATEMENTS`` says how many statements each area is asked; a few by default.
"""

from __future__ import annotations

import itertools
import os
import re
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

import psycopg
import pytest

from mzwidget.local.dialect import functions
from mzwidget.local.dialect.castlines import CASTS
from mzwidget.local.dialect.functions import (
    aggregates,
    arrays,
    jsonb,
    numbers,
    operators,
    ranges,
    system,
    tables,
    text,
    time,
    windows,
)
from mzwidget.local.dialect.overloads import POLYMORPHIC, Overload

if TYPE_CHECKING:
    from collections.abc import Callable

STATEMENTS = int(os.environ.get("MZWIDGET_TEST_STATEMENTS", "60"))
SEED = int(os.environ.get("MZWIDGET_TEST_SEED", "2026"))
pytestmark = pytest.mark.timeout(300 + STATEMENTS / 10)

_EXTREMES = {
    "bool": ["true", "false"],
    "int2": ["'0'", "'-32768'", "'32767'", "'1'", "'-1'"],
    "int4": ["'0'", "'-2147483648'", "'2147483647'", "'1'", "'-1'", "'3'"],
    "int8": ["'0'", "'-9223372036854775808'", "'9223372036854775807'", "'-1'", "'2'"],
    "uint2": ["'0'", "'65535'", "'7'"],
    "uint4": ["'0'", "'4294967295'", "'7'"],
    "uint8": ["'0'", "'18446744073709551615'", "'7'"],
    "oid": ["'0'", "'2147483647'"], "regclass": ["'pg_class'", "'1259'"], "regproc": ["'ascii'", "'0'"],
    "regtype": ["'int4'", "'25'", "'2147483647'"],
    "float4": ["'0'", "'-0'", "'NaN'", "'inf'", "'-inf'", "'3.4e38'", "'1e-45'", "'-1.5'", "'2'"],
    "float8": ["'0'", "'-0'", "'NaN'", "'inf'", "'-inf'", "'1.7e308'", "'5e-324'", "'-1.5'", "'2'"],
    "numeric": ["'0'", "'NaN'", "'1e38'", "'-1e38'", "'1e-39'", "'-2.5'", "'0.5'", "'123456789.123456789'"],
    "text": ["''", "'a'", "' Ab c '", "'%_\\\\'", "'İß𝄞e\u0301'", "'('", "'<b>$1'", "'12'", "E'a\\nb'",
             "'day'"],
    "varchar": ["''", "'abc'", "'é '"],
    "bpchar": ["''", "'a '", "'abc'"],
    "name": ["''", "'x'"], "char": ["''", "'x'", "'7'"],
    "bytea": ["''", "'\\x00ff'", "'abc'"],
    "date": ["'2026-02-28'", "'4714-11-24 BC'", "'99999-12-31'", "'0001-01-01'", "'2024-02-29'"],
    "time": ["'00:00:00'", "'23:59:59.999999'", "'12:30'"],
    "timestamp": ["'1970-01-01'", "'4714-12-31 BC'", "'99999-12-31 23:59:59.999999'", "'2024-02-29 12:34:56.789'"],
    "timestamptz": ["'1970-01-01Z'", "'4714-12-31 00:00Z BC'", "'99999-12-31 23:59:59Z'", "'2024-02-29 12:34:56Z'"],
    "interval": ["'0'", "'1 month'", "'-1 day'", "'1 day -1 us'", "'178000000 years'", "'-2147483648 days'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "jsonb": ["'null'", "'true'", "'\"a\"'", "'1e38'", "'-0'", "'[]'", "'{}'",
              "'[1,[null],{\"a\":\"\"}]'", "'{\"a\":{\"b\":1}}'"],
    "mz_timestamp": ["'0'", "'18446744073709551615'", "'1790000000000'"],
    "int4range": ["'empty'", "'(,)'", "'[1,5)'", "'[-2147483648,2147483647)'", "'(3,)'", "'(,4]'", "'[2,2]'"],
    "numrange": ["'empty'", "'(,)'", "'[1.5,2.5]'", "'(2,3)'", "'[NaN,NaN]'"],
    "tstzrange": ["'(,)'", "'[2024-02-29 12:00Z,2024-03-01Z)'"], "tsrange": ["'[2024-01-01,)'"],
    "daterange": ["'[2024-01-01,2024-02-01]'", "'(,2024-01-15)'"], "int8range": ["'[1,9223372036854775807)'"],
}  # fmt: skip
_CONCRETE = {
    "anyelement": "int4", "anycompatible": "numeric", "listelement": "int4", "mapvalue": "text", "any": "text",
    "anynonarray": "int4", "anyarray": "int4[]", "anycompatiblearray": "numeric[]", "anylist": "int4 list",
    "anycompatiblelist": "numeric list", "anymap": "map[text=>text]", "anyrange": "int4range", "rangeelement": "int4",
}  # fmt: skip
_NOBODY_S_WORDS = re.compile(
    r"internal error|duckdb|sqlglot|python|traceback|binder|parser error|catalog error|invalid input error"
    r"|conversion error|out of range error|lambda|struct_pack|\bmz:|\bpy_|<class|object at 0x|this statement is not",
    re.IGNORECASE,
)
_SHAPES = {
    16: re.compile("[tf]"),
    21: re.compile(r"-?\d{1,5}"), 23: re.compile(r"-?\d{1,10}"), 20: re.compile(r"-?\d{1,19}"),
    16460: re.compile(r"\d{1,5}"), 16462: re.compile(r"\d{1,10}"), 16464: re.compile(r"\d{1,20}"),
    26: re.compile(r"\d{1,10}"), 2205: re.compile(r"\d{1,10}"), 16552: re.compile(r"\d{1,20}"),
    700: re.compile(r"-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)|NaN"),
    701: re.compile(r"-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)|NaN"),
    1700: re.compile(r"-?(\d+(\.\d*[1-9])?|Infinity)|NaN"),
    17: re.compile(r"\\x([0-9a-f]{2})*"),
    1082: re.compile(r"\d{4,6}-\d\d-\d\d( BC)?"), 1083: re.compile(r"\d\d:\d\d:\d\d(\.\d*[1-9])?"),
    1114: re.compile(r"\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d*[1-9])?( BC)?"),
    1184: re.compile(r"\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d*[1-9])?\+00( BC)?"),
    1186: re.compile(r"([+-]?\d+ (years?|mons?|months?|days?) ?)*([+-]?\d+:\d\d:\d\d(\.\d*[1-9])?)?"),
    2950: re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    3904: re.compile(r"empty|[\[(](-?\d+)?,(-?\d+)?\)"), 3926: re.compile(r"empty|[\[(](-?\d+)?,(-?\d+)?\)"),
    3802: re.compile(r'(null|true|false|-?\d.*|".*"|\[.*\]|\{.*\})', re.DOTALL),
}  # fmt: skip
"""What the text of a value looks like, by the OID that was declared for it."""

_AREAS: dict[str, Callable[[], list[Overload]]] = {
    "numbers": lambda: numbers.FUNCTIONS,
    "text": lambda: [*text.FUNCTIONS, *functions.regexps.FUNCTIONS],
    "time": lambda: [*time.FUNCTIONS, *functions.fields.FUNCTIONS, *functions.to_char.FUNCTIONS],
    "jsonb": lambda: [*jsonb.FUNCTIONS, *jsonb.OPERATORS],
    "arrays": lambda: [*arrays.FUNCTIONS, *arrays.OPERATORS],
    "ranges": lambda: [*ranges.FUNCTIONS, *ranges.OPERATORS],
    "operators": lambda: [*operators.OPERATORS, *operators.PREFIX],
    "system": lambda: system.FUNCTIONS,
    "aggregates": lambda: aggregates.FUNCTIONS,
    "windows": lambda: windows.FUNCTIONS,
    "tables": lambda: [*tables.FUNCTIONS, *functions.regexps.TABLES],
}


class _Maker:
    """Makes expressions of a type, some of them calls of lines that give it."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def call(self, overload: Overload, depth: int) -> str:
        names = list(overload.arguments)
        if overload.variadic:
            names += names[-1:] * self._random.randrange(3)
        return self.written(overload, [self.value(name, depth) for name in names])

    @staticmethod
    def written(overload: Overload, arguments: list[str]) -> str:
        if overload in operators.PREFIX:
            return f"({overload.name} {arguments[0]})"
        if not overload.name.replace("_", "").isalnum():
            return f"({arguments[0]} {overload.name} {arguments[1]})"
        return f"{overload.name}({', '.join(arguments)})"

    def value(self, name: str, depth: int) -> str:
        name = _CONCRETE.get(name, name)
        if self._random.random() < 0.08:
            return f"NULL::{_written(name)}" if name != "record" else "NULL"
        if depth and self._random.random() < 0.1:
            return f"(SELECT {self.value(name, depth - 1)})"
        if depth and self._random.random() < 0.5 and (giving := _giving(name)):
            return self.call(self._random.choice(giving), depth - 1)
        if name == "record":
            return f"ROW({self.value('int4', 0)}, {self.value('text', 0)})"
        if name.startswith("map["):
            return f"'{{a=>1,b=>NULL}}'::{name}"
        if name.endswith(("[]", " list")):
            inner = name.removesuffix("[]").removesuffix(" list")
            items = ", ".join(self.value(inner, 0) for _ in range(self._random.randrange(4)))
            return f"({'ARRAY' if name.endswith('[]') else 'LIST'}[{items}])::{_written(name)}"
        extreme = self._random.choice(_EXTREMES[name])
        return extreme if name == "bool" else f"{extreme}::{_written(name)}"


def _written(name: str) -> str:
    return name


@lru_cache(maxsize=256)
def _giving(result: str) -> list[Overload]:
    tables = (functions.SCALARS, functions.OPERATORS)
    return [
        each
        for table in tables
        for lines in table.values()
        for each in lines
        if each.result == result and not POLYMORPHIC & set(each.arguments) and each.name not in _COSTLY
    ]


_COSTLY = {"mz_sleep"}


@pytest.mark.usefixtures("embedded")
def test_every_value_that_calls_are_made_of_is_one(sql: psycopg.Connection) -> None:
    for name, written in _EXTREMES.items():
        for value in written:
            sql.execute(f"SELECT {value}::{name}")


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize("area", _AREAS)
def test_any_call_is_answered_in_its_type_or_refused_in_words(
    area: str, connect: Callable[..., psycopg.Connection]
) -> None:
    sql = connect()
    overloads = [each for each in _AREAS[area]() if each.name not in _COSTLY]
    random = Random(f"{SEED} {area}")
    maker = _Maker(random)
    wrong = []
    if area == "tables":
        sql.execute("SET statement_timeout = '100ms'")  # series from one extreme to the other are long
    for count in range(max(STATEMENTS, len(overloads))):
        overload = overloads[count % len(overloads)]
        called = maker.call(overload, count % 3)
        if area == "windows":
            called += " OVER ()"
        statement = f"SELECT * FROM {called} LIMIT 9" if area == "tables" else f"SELECT {called}"
        try:
            cursor = sql.execute(statement)  # type: ignore[call-overload]
            why = _disagreement(cursor)
        except psycopg.Error as error:
            assert not sql.closed, statement
            found = f"{error.diag.sqlstate} {error.diag.message_primary}"
            why = found if _NOBODY_S_WORDS.search(found) or error.diag.sqlstate is None else ""
        if why:
            wrong.append(f"{statement}\n      {why}")
    assert not wrong, f"{len(wrong)} of these:\n" + "\n".join(wrong[:40])


_OTHERWISE_WRITTEN = {"position", "extract", "normalize", "pg_typeof"}
"""What is not called as a function is, and what tells of NULL what it tells of any other."""


@pytest.mark.usefixtures("embedded")
def test_no_argument_makes_more_of_null_than_null(connect: Callable[..., psycopg.Connection]) -> None:
    """A strict line answers NULL whatever its other arguments are, such as a divisor of 0."""
    sql, wrong = connect(), []
    values = _Values(sql)
    for overload in _strict():
        names = [_CONCRETE.get(name, name) for name in overload.arguments]
        nulls = ", ".join(f"NULL::{_written(name)}" for name in names)
        calls = [
            _Maker.written(overload, [f"n{at}" if each == at else values.some(name) for each, name in enumerate(names)])
            for at in range(len(names))
            for _ in range(12)
        ]
        tests = ", ".join(f"({call}) IS NULL" for call in calls)
        given = ", ".join(f"n{at}" for at in range(len(names)))
        try:
            found = sql.execute(f"SELECT {tests} FROM (VALUES ({nulls})) v({given})").fetchone()  # type: ignore[call-overload]
        except psycopg.Error as error:
            wrong.append(f"{overload.signature}: {error.diag.message_primary}")
            continue
        wrong += [call for call, null in zip(calls, found, strict=True) if null is not True]
    assert not wrong, f"{len(wrong)} of these:\n" + "\n".join(wrong[:40])


def _strict() -> list[Overload]:
    return [
        each
        for table in (functions.SCALARS, functions.OPERATORS)
        for lines in table.values()
        for each in lines
        if each.strict and len(each.arguments) > 1 and each.name not in _OTHERWISE_WRITTEN
        if "record" not in each.arguments
    ]


class _Values:
    """Makes values that there are: no NULL, and none that cannot be read."""

    def __init__(self, sql: psycopg.Connection) -> None:
        self._sql, self._maker = sql, _Maker(Random(f"{SEED} null"))
        self._known: dict[str, bool] = {}

    def some(self, name: str) -> str:
        while True:
            found = self._maker.value(name, 0)
            if found not in self._known:
                self._known[found] = self._is_one(found)
            if self._known[found]:
                return found

    def _is_one(self, value: str) -> bool:
        try:
            return self._sql.execute(f"SELECT {value} IS NOT NULL").fetchone() == (True,)  # type: ignore[call-overload]
        except psycopg.Error:
            return False


def _disagreement(cursor: psycopg.Cursor) -> str:
    """Return what is wrong with an answer: a value that does not look like its declared type."""
    result = cursor.pgresult
    assert result is not None
    for column in range(result.nfields):
        shape = _SHAPES.get(result.ftype(column))
        for row in range(result.ntuples):
            value = result.get_value(row, column)
            if value is not None and shape is not None and not shape.fullmatch(value.decode()):
                return f"{value.decode()[:100]!r} as {result.ftype(column)}"
    return ""


@pytest.mark.usefixtures("embedded")
def test_any_cast_is_answered_in_its_type_or_refused_in_words(connect: Callable[..., psycopg.Connection]) -> None:
    sql = connect()
    random = Random(SEED)
    maker = _Maker(random)
    wrong = []
    casts = list(CASTS)
    random.shuffle(casts)
    for source, target in itertools.islice(itertools.cycle(casts), max(STATEMENTS * 4, 200)):
        statement = f"SELECT ({maker.value(source, random.randrange(2))})::{target}"
        try:
            why = _disagreement(sql.execute(statement))  # type: ignore[call-overload]
        except psycopg.Error as error:
            assert not sql.closed, statement
            found = f"{error.diag.sqlstate} {error.diag.message_primary}"
            why = found if _NOBODY_S_WORDS.search(found) else ""
        if why:
            wrong.append(f"{statement}\n      {why}")
    assert not wrong, f"{len(wrong)} of these:\n" + "\n".join(wrong[:40])


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "    (\n    ^\nerror: unclosed group"),
        ("a)", "    a)\n     ^\nerror: unopened group"),
        ("[a", "    [a\n    ^\nerror: unclosed character class"),
        ("*a", "    *a\n    ^\nerror: repetition operator missing expression"),
        ("(a)\\1", "    (a)\\1\n       ^^\nerror: backreferences are not supported"),
        (
            "(?<=a)b",
            "    (?<=a)b\n    ^^^^\nerror: look-around, including look-ahead and look-behind, is not supported",
        ),
        ("\\m", "    \\m\n    ^^\nerror: unrecognized escape sequence"),
        ("a{", "    a{\n     ^\nerror: unclosed counted repetition"),
        ("a{2,3", "    a{2,3\n     ^^^^\nerror: unclosed counted repetition"),
        ("a{2b}", "    a{2b}\n     ^^\nerror: unclosed counted repetition"),
        ("a{,3}", "    a{,3}\n      ^\nerror: repetition quantifier expects a valid decimal"),
        ("a{2,b}", "    a{2,b}\n        ^\nerror: repetition quantifier expects a valid decimal"),
        ("a(?", "    a(?\n     ^\nerror: unclosed group"),
        ("(?>a)", "    (?>a)\n      ^\nerror: unrecognized flag"),
        ("x(?#n)", "    x(?#n)\n       ^\nerror: unrecognized flag"),
        ("(?P=n)", "    (?P=n)\n      ^\nerror: unrecognized flag"),
        ("(?P<1>a)", "    (?P<1>a)\n        ^\nerror: invalid capture group character"),
        ("(?<>a)", "    (?<>a)\n       ^\nerror: empty capture group name"),
        ("(?<n", "    (?<n\n        ^\nerror: unclosed capture group name"),
        ("[a\\b]", "    [a\\b]\n      ^^\nerror: invalid escape sequence found in character class"),
        ("(?P<n>a)(?<n>b)", "    (?P<n>a)(?<n>b)\n        ^      ^\nerror: duplicate capture group name"),
    ],
)
def test_a_regular_expression_that_is_none_is_told_in_rust_s_words(
    pattern: str, why: str, connect: Callable[..., psycopg.Connection]
) -> None:
    sql = connect()
    for call in ("'x' ~ %s", "regexp_replace('x', %s, '')", "regexp_match('x', %s)"):
        with pytest.raises(psycopg.Error) as caught:
            sql.execute(f"SELECT {call}", [pattern])  # type: ignore[call-overload]
        said = caught.value.diag.message_primary
        assert said == f"invalid regular expression: regex parse error:\n{why}"


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize("pattern", ["((a*)b?)*c", "(a?|b)+", "(|ab)*", "((a*)){2,}", "(?:a*?)+", "(a*)+"])
def test_a_repetition_of_what_may_be_nothing_is_refused(
    pattern: str, connect: Callable[..., psycopg.Connection]
) -> None:
    sql = connect()
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        sql.execute(f"SELECT regexp_match(repeat('a', 1000), '{pattern}')")  # type: ignore[call-overload]


@pytest.mark.usefixtures("embedded")
def test_a_search_that_would_take_forever_ends(connect: Callable[..., psycopg.Connection]) -> None:
    sql = connect()
    with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="more than 1 s on one text"):
        sql.execute("SELECT regexp_match(repeat('a', 1000), '(a+)+b')")


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("regexp_replace('a-b-c', '(?P<x>[a-z])-', '<$x>', 'g')", "<a><b>c"),
        ("regexp_replace('price 5', '[0-9]+', '$$1')", "price $1"),
        ("regexp_replace('eel', 'e*', '-', 'g') || regexp_replace('eel', 'e*?', '-', 'g')", "-l--e-e-l-"),
        ("regexp_replace('a  b c', ' *', '_', 'g') || regexp_replace('be', '(|b)e?', '+', 'g')", "_a_b_c_+b+"),
        ("regexp_replace('k9  m', '(\\w*\\s*)+', '<>') || regexp_replace('oox', '(o*)*', '-', 'g')", "<>-x-"),
        ("regexp_match('ssst', '(?:s*t?)+')::text || regexp_match('sst', 's**')::text", "{ssst}{ss}"),
        ("regexp_replace('a', 'a', '$9b')", ""),
        ("regexp_match(E'a\\nb', 'a.b') IS NOT NULL", "true"),
        ("regexp_match(E'ab\\n', 'b$') IS NULL", "true"),
        ("array_to_string(regexp_match('2026-11-26', '(\\d+)-(\\d+)'), '/')", "2026/11"),
        ("array_to_string(regexp_split_to_array('one  two three', '\\s+'), ',')", "one,two,three"),
        ("regexp_match('10.0.0.255 x', '^\\d{1,3}(?:\\.\\d{1,3}){3}')", "{10.0.0.255}"),
        ("regexp_match('a=1;b=22', '^((\\w)=(\\d+);?)+$')", "{b=22,b,22}"),
        ("regexp_replace('New York City, NY', '([A-Z][a-z]+ ?)+', '<$0>')", "<New York City>, NY"),
        ("regexp_split_to_array('a - b -- c', '( *-)+ *')", "{a,b,c}"),
        ("regexp_match('abcabd', '(ab(c|d)){2}')", "{abd,d}"),
        ("regexp_match('Hello WORLD', '(?i:hello) ((?i:w)ORLD)') IS NOT NULL", "true"),
        ("'hello World' ~* 'HELLO (?-i:world)' OR 'Hi' ~* 'h(?-i:I)'", "false"),
        ("'é' ~ 'a\\b' OR 'aé' ~ 'a\\b' OR 'é' !~ '^\\B|\\bé\\b'", "false"),
        ("'x²' ~ '^\\w+$' OR E'a\\u200db Ⓑⅷ‿' !~ '^\\w+ \\w{3}$' OR '²' !~ '[^\\w]'", "false"),
        ("regexp_replace('İiIı', 'i', '_', 'gi') || regexp_replace('İiIı', '[ıa]', '_', 'gi')", "İ__ıİiI_"),
        ("regexp_replace('İiIı', '[a-z]', '_', 'gi') || regexp_replace('İiIı', '(?i)[^a-z]', '_', 'g')", "İ__ı_iI_"),
        ("regexp_replace(E'a\\t 1\\n', '[^\\S\\n]+', '_', 'g')", "a_1\n"),
        ("regexp_replace('a1-é ', '[\\D]', '.', 'g') || regexp_replace('a-b', '[\\W]', '.')", ".1...a.b"),
        ("'é' ~ '^[[:^alpha:]]$' AND '-]' ~ '^[[:^alnum:]x]{2}$' AND 'q' !~ '[[:^alpha:]]'", "true"),
    ],
)
def test_regular_expressions_mean_what_rust_s_do(
    call: str, answer: str, connect: Callable[..., psycopg.Connection]
) -> None:
    assert connect().execute(f"SELECT ({call})::text").fetchone() == (answer,)  # type: ignore[call-overload]


def test_groups_of_a_pattern_are_columns(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE lines (id int, line text)")
    sql.execute("INSERT INTO lines VALUES (1, 'a=1'), (2, 'none'), (3, NULL), (4, 'b=')")
    found = sql.execute("SELECT id, m.* FROM lines, regexp_extract('(?P<key>[a-z])=([0-9])?', line) m ORDER BY id")
    assert [column.name for column in found.description or ()] == ["id", "key", "column2"]
    assert found.fetchall() == [(1, "a", "1"), (4, "b", None)]
    with pytest.raises(psycopg.Error, match="requires a string literal as its first argument"):
        sql.execute("SELECT * FROM lines, regexp_extract(line, 'a')")
