"""The dialect: what is refused, how errors read, parameters, names, and what may never be confused."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import threading
import time
import unicodedata
from decimal import Decimal, localcontext
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.local import dialect
from mzwidget.local.dialect import functions, udf
from mzwidget.local.dialect.castlines import CASTS
from mzwidget.local.dialect.functions import text as text_functions
from mzwidget.local.dialect.overloads import Overload
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import jsonb
from mzwidget.local.formats import types as t
from mzwidget.local.formats.jsonb import canonical
from tests.local.translated import Translated

if TYPE_CHECKING:
    from types import FrameType


@pytest.fixture
def database() -> Translated:
    database = Translated()
    database.execute("CREATE TABLE t (a int, b bigint, x text, n numeric(10,2), f float8, j jsonb, ts timestamptz)")
    database.execute("CREATE TABLE u (a int, y text)")
    return database


@lru_cache(maxsize=1)
def calculator() -> Translated:
    """Return a database without tables, for tests with many examples."""
    return Translated()


def refusal(database: Translated, sql: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        database.query(sql)
    return caught.value


@pytest.mark.parametrize(
    ("sql", "position"), [("SELECT a b c FROM t", 12), ("SELECT 1 +", 11), ("SELEC 1", 1), ("SELECT (1", 10)]
)
def test_a_syntax_error_says_where(sql: str, position: int) -> None:
    with pytest.raises(SqlError) as caught:
        dialect.parse(sql)
    assert (caught.value.sqlstate, caught.value.position) == ("42601", position)


WORDS = re.compile(r"'(?:[^']|'')*'|\w+|\s+|.")


def explained(database: Translated, query: dialect.Query) -> SqlError | None:
    """Let DuckDB plan a query; return the error of a constant that it evaluates while it plans."""
    try:
        database.connection.execute(f"EXPLAIN {query.sql}", [None] * len(query.parameters))
    except duckdb.Error as error:
        return dialect.evaluation_error(error)
    return None


@pytest.mark.parametrize("seed", range(4))
def test_damaged_queries_are_refused_or_run(seed: int) -> None:
    """Whatever comes in: the planner gives SQL that DuckDB accepts, or an error for the client."""
    random, database = Random(seed), Translated()
    folder = Path(__file__).parent
    for statement in (folder / "differential_setup.sql").read_text().split(";\n"):
        if statement.startswith("CREATE"):
            database.execute(statement)
    queries = (folder / "differential.sql").read_text().splitlines()
    words = sorted({word for query in queries for word in WORDS.findall(query) if word.strip()})
    planned = 0
    for _ in range(500):
        parts = WORDS.findall(random.choice(queries))
        for _ in range(random.randint(1, 2)):
            at = random.randrange(len(parts))
            parts[at] = random.choice([random.choice(words), random.choice(words), "", f"{parts[at]} {parts[at]}"])
        with contextlib.suppress(SqlError):
            query = database.plan("".join(parts))
            told = explained(database, query)
            assert told is None or told.sqlstate != "0A000", f"{''.join(parts)}: {query.sql}"
            planned += 1
    assert planned


def test_nesting_beyond_reason_is_refused_not_fatal() -> None:
    with pytest.raises(SqlError) as caught:
        dialect.plan_query(dialect.parse("SELECT " + "(" * 5000 + "1" + ")" * 5000), Translated().catalog)
    assert "nested expression limit" in caught.value.message


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("SELECT $1", ["text"]),
        ("SELECT $1::int", ["int4"]),
        ("SELECT a + $1 FROM t", ["int4"]),
        ("SELECT a FROM t WHERE x = $1 AND b < $2 AND n > $3", ["text", "int8", "numeric"]),
        ("SELECT a FROM t WHERE ts > $1", ["timestamptz"]),
        ("SELECT a FROM t WHERE a IN ($1, $2)", ["int4", "int4"]),
        ("SELECT a FROM t WHERE a = ANY ($1::int[])", ["int4[]"]),
        ("SELECT a FROM t WHERE x LIKE $1", ["text"]),
        ("SELECT j -> $1 FROM t", ["text"]),
        ("SELECT coalesce(a, $1) FROM t", ["int4"]),
        ("SELECT CASE WHEN $1 THEN a ELSE $2 END FROM t", ["bool", "int4"]),
        ("SELECT a FROM t LIMIT $1 OFFSET $2", ["int8", "int8"]),
        ("SELECT lower($1), substring($2, $3)", ["text", "text", "int4"]),
        ("SELECT $2::text, $1::int", ["int4", "text"]),
        ("SELECT $1::int, $1 + 1", ["int4"]),
        ("SELECT x || $1 FROM t", ["text"]),
        ("VALUES (1, $1), ($2, 'x')", ["text", "int4"]),
    ],
)
def test_the_context_gives_a_parameter_its_type(database: Translated, sql: str, types: list[str]) -> None:
    assert [type_.name for type_ in database.plan(sql).parameters] == types


def test_what_the_client_says_of_a_parameter_counts(database: Translated) -> None:
    query = database.plan("SELECT $1, $2 + 1", types=[t.INT8, t.NUMERIC])
    assert [column.type.name for column in query.columns] == ["int8", "numeric"]
    assert database.run(query, ["9007199254740993", "0.1"]) == [("9007199254740993", "1.1")]


def test_parameters_of_an_insert_take_the_columns_types(database: Translated) -> None:
    insert = dialect.parse("INSERT INTO t (x, a, n, j, ts) VALUES ($1, $2, $3, $4, $5), (NULL, 1, 2, '{}', NULL)")
    planned = dialect.plan_insert(insert, database.catalog)
    assert [type_.name for type_ in planned.parameters] == ["text", "int4", "numeric", "jsonb", "timestamptz"]
    assert planned.inputs == frozenset()
    values = ["it's", "7", "1.005", '{"b": 1, "a": 2}', "2020-01-01 00:00:00+02"]
    database.connection.execute(f"INSERT INTO t {planned.rows}", values)
    assert database.query("SELECT x, a, n, j, ts FROM t ORDER BY a DESC") == [
        ("it's", "7", "1.01", '{"a":2,"b":1}', "2019-12-31 22:00:00+00"),
        (None, "1", "2", "{}", None),
    ]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("INSERT INTO t (a) VALUES ('x'::text)", 'column "a" is of type integer but expression is of type text'),
        ("INSERT INTO t (a, nope) VALUES (1, 2)", 'column "nope" of relation "materialize.public.t" does not exist'),
        ("INSERT INTO t (a, a) VALUES (1, 2)", 'column "a" specified more than once'),
        ("INSERT INTO t (a) VALUES (1, 2)", "INSERT has more expressions than target columns"),
        ("INSERT INTO t (a, b) VALUES (1)", "INSERT has more target columns than expressions"),
        ("INSERT INTO nosuch VALUES (1)", "unknown catalog item 'nosuch'"),
    ],
)
def test_an_insert_that_does_not_fit_is_refused(database: Translated, sql: str, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        database.execute(sql)
    assert caught.value.message == message


def test_columns_of_a_table() -> None:
    create = dialect.parse(
        "CREATE TABLE t (a int NOT NULL DEFAULT 1 + 1, b varchar(5), c numeric(10,2) DEFAULT '1.5', d text[], "
        'e timestamptz, "Odd name" jsonb, f char, g double precision)'
    )
    columns = dialect.plan_columns(create)
    shown = [(c.name, dialect.sql_type(c.type), c.nullable, c.default is None) for c in columns]
    assert shown == [
        ("a", "int4", False, False), ("b", "varchar(5)", True, True), ("c", "numeric(10,2)", True, False),
        ("d", "text[]", True, True), ("e", "timestamptz", True, True), ("Odd name", "jsonb", True, True),
        ("f", "bpchar(1)", True, True), ("g", "float8", True, True),
    ]  # fmt: skip


@pytest.mark.parametrize("constraint", ["PRIMARY KEY", "UNIQUE", "CHECK (a > 0)", "REFERENCES u (a)"])
def test_keys_and_constraints_are_refused(constraint: str) -> None:
    with pytest.raises(SqlError, match=r"not available|not (yet )?supported"):
        dialect.plan_columns(dialect.parse(f"CREATE TABLE t (a int {constraint})"))


def test_a_column_named_user_may_stand_bare(database: Translated) -> None:
    database.execute('CREATE TABLE w (user text, "group" text)')
    database.execute("INSERT INTO w VALUES ('me', 'us')")
    assert database.query('SELECT user, "user", w.user, "group", USER FROM w') == [("me", "me", "me", "us", "me")]


def test_a_limit_is_deterministic_whatever_the_order_of_the_rows(database: Translated) -> None:
    for order in ("a", "a DESC"):
        database.connection.execute("DELETE FROM u")
        database.connection.execute(f"INSERT INTO u SELECT 1, 'y' || a FROM range(50) AS r(a) ORDER BY {order}")
        assert database.query("SELECT a, y FROM u ORDER BY a LIMIT 3") == [("1", "y0"), ("1", "y1"), ("1", "y10")]
        assert database.query("SELECT DISTINCT ON (a) a, y FROM u") == [("1", "y0")]


def test_a_cast_is_only_tried_on_rows_that_pass_the_other_conditions(database: Translated) -> None:
    database.connection.execute("INSERT INTO u SELECT r.i % 2, CASE WHEN r.i % 2 = 0 THEN 'no number' ELSE '5' END"
                                " FROM range(10000) AS r(i)")  # fmt: skip
    for condition in ("y::int = 5 AND a = 1", "a = 1 AND y::int = 5"):
        assert database.query(f"SELECT count(*) FROM u WHERE {condition}") == [("5000",)]
    assert database.query("SELECT count(*) FILTER (WHERE a = 1 AND y::int = 5) FROM u") == [("5000",)]
    assert database.query(
        "SELECT count(*) FROM (SELECT CASE WHEN a = 1 THEN y::int END AS v FROM u) q WHERE v = 5"
    ) == [("5000",)]


def test_a_cast_in_a_view_is_only_tried_on_the_views_rows(database: Translated) -> None:
    database.execute("CREATE VIEW v AS SELECT (j->>'n')::int AS n, j->>'k' AS k FROM t WHERE j->>'k' = 'good'")
    documents = """CASE WHEN i % 10 = 0 THEN '{"k":"good","n":0}' ELSE '{"k":"bad","n":"x"}' END"""
    database.connection.execute(f"INSERT INTO t (j) SELECT {documents} FROM range(100000) AS r(i)")
    for condition in ("n = 0", "n > -1 AND k <> 'x'", "k <> 'x' AND n > -1"):
        assert database.query(f"SELECT count(*) FROM v WHERE {condition}") == [("10000",)]
    assert database.query("SELECT count(*) FROM v JOIN (VALUES (0)) AS q(m) ON v.n = q.m") == [("10000",)]


def test_what_a_query_reads(database: Translated) -> None:
    database.execute("CREATE VIEW v AS SELECT t.a, y FROM t JOIN u ON t.a = u.a")
    query = database.plan("SELECT * FROM v WHERE a IN (SELECT a FROM t)")
    assert query.inputs == {f"materialize.public.{name}" for name in ("t", "u", "v")}
    assert not query.constant
    assert database.plan("SELECT 1 + 1").constant
    assert not database.plan("SELECT now()").constant
    assert not database.plan("SELECT mz_now()").constant
    database.execute("CREATE VIEW c AS VALUES (1), (2)")
    constant = database.plan("SELECT * FROM c")
    assert constant.constant
    assert constant.inputs == {"materialize.public.c"}


def test_now_cannot_be_maintained(database: Translated) -> None:
    with pytest.raises(SqlError, match="cannot materialize call to current_timestamp"):
        database.plan("SELECT a FROM t WHERE ts > now()", maintained=True)


hostile = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=150, deadline=None)
@given(text=hostile, name=hostile.filter(bool))
def test_text_and_names_stay_data(text: str, name: str) -> None:
    database = calculator()
    quoted, identifier = text.replace("'", "''"), name.replace('"', '""')
    (column,) = (query := database.plan(f"SELECT '{quoted}' AS \"{identifier}\"")).columns
    assert column.name == name
    assert database.run(query) == [(text,)]
    assert database.query("SELECT $1", text) == [(text,)]
    document = json.dumps({text: 1}).replace("'", "''")
    assert database.query(f"SELECT '{document}'::jsonb -> '{quoted}'") == [("1",)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30)
    | st.floats(-1e15, 1e15, allow_nan=False).map(lambda number: round(number, 9))
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def _exact(text: str) -> object:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@settings(max_examples=300, deadline=None)
@given(value=json_values)
def test_the_canonical_jsonb_is_the_same_document_and_stays_as_it_is(value: object) -> None:
    text = canonical(json.dumps(value))
    assert _exact(text) == _exact(json.dumps(value))
    assert canonical(text) == text
    assert jsonb._patient.decode(text) == jsonb._decoder.decode(text), "long texts are read alike"
    assert canonical(json.dumps(value, indent=2, ensure_ascii=True)) == text


@pytest.mark.parametrize("text", ["{0}", "{1}", "{*}", "{0}{*}«sum»", "«list»", "$1", "?"])
@pytest.mark.parametrize(
    ("sql", "gives"),
    [
        ("""SELECT '{"k": "TEXT"}'::jsonb ->> 'k'""", "TEXT"),
        ("SELECT (map['TEXT' => 1, 'other' => 2] -> 'TEXT')::text", "1"),
        ("SELECT concat('TEXT', '-', 'TEXT')", "TEXT-TEXT"),
        ("SELECT replace('TEXT and more than forty letters of other text, TEXT', 'TEXT', '')",
         " and more than forty letters of other text, "),
        ("SELECT coalesce(nullif('TEXT', 'x'), 'y') || string_agg(x, 'TEXT') FROM (VALUES ('a')) AS v (x)", "TEXTa"),
        ("SELECT CASE WHEN 'TEXT' LIKE 'TEXT' THEN regexp_replace('a', 'a', 'b') ELSE 'TEXT' END", "b"),
    ],
)  # fmt: skip
def test_text_is_never_taken_for_a_place_in_a_template(sql: str, gives: str, text: str) -> None:
    assert calculator().query(sql.replace("TEXT", text)) == [(gives.replace("TEXT", text),)]


@settings(max_examples=150, deadline=None)
@given(value=st.dictionaries(st.just("k"), json_values, min_size=1))
def test_a_member_of_a_document_is_canonical(value: dict[str, object]) -> None:
    document = canonical(json.dumps(value)).replace("'", "''")
    database = calculator()
    assert database.query(f"SELECT '{document}'::jsonb -> 'k'") == [(canonical(json.dumps(value["k"])),)]


def test_a_long_text_is_normalised_piece_by_piece_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_functions, "_PIECE", 7)
    random = Random(1)
    characters = [chr(code) for code in range(1, 0x2FA20) if not 0xD800 <= code < 0xE000]
    marks = [each for each in characters if unicodedata.combining(each)]
    composed = [each for each in characters if unicodedata.decomposition(each)]
    jamo = [*map(chr, range(0x1100, 0x1200)), *map(chr, range(0xAC00, 0xAC40))]
    for _ in range(3000):
        chosen = (random.choice(random.choice([marks, composed, jamo, "abc é"])) for _ in range(60))
        text = re.sub(f"[{re.escape(''.join(marks))}]{{6,}}", "", "".join(chosen))
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            with contextlib.suppress(SqlError):  # too many of them in a row
                found = text_functions._normalize(text, form)
                assert found == unicodedata.normalize(form, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "{", "{'a': 1}", "NaN", "[Infinity]", "[1,]", '{"a" 1}', "tru", '"\\ud800"', "01"]
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(SqlError):
        canonical(text)


@settings(max_examples=200, deadline=None)
@given(
    left=st.decimals(-(10**9), 10**9, places=6, allow_nan=False),
    right=st.decimals(-(10**9), 10**9, places=6, allow_nan=False),
    operator=st.sampled_from("+-*/%"),
)
def test_numeric_arithmetic_is_exact_or_an_error(left: Decimal, right: Decimal, operator: str) -> None:
    database = calculator()
    sql = f"SELECT '{left}'::numeric {operator} '{right}'::numeric"
    if right == 0 and operator in "/%":
        assert refusal(database, sql).message == "division by zero"
        return
    ((text,),) = database.query(sql)
    assert text is not None
    with localcontext(prec=80):
        if operator == "/":
            assert abs(Decimal(text) - left / right) <= max(abs(left / right) * Decimal("1e-38"), Decimal("1e-39"))
        else:
            exact = {"+": left + right, "-": left - right, "*": left * right}
            assert Decimal(text) == (left % right if operator == "%" else exact[operator])


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_averages_are_rounded_once(values: list[int]) -> None:
    database = calculator()
    rows = ", ".join(f"({value}::bigint)" if value >= 0 else f"('{value}'::bigint)" for value in values)
    ((total, average),) = database.query(f"SELECT sum(v), avg(v) FROM (VALUES {rows}) AS q(v)")
    assert int(total or "") == sum(values)
    with localcontext(prec=80):
        exact = Decimal(sum(values)) / len(values)
        assert abs(Decimal(average or "") - exact) <= max(abs(exact) * Decimal("1e-38"), Decimal("1e-39"))


def test_not_a_number_is_not_null() -> None:
    database = calculator()
    rows = "(VALUES ('NaN'::float8), ('-0')) AS q(v)"
    found = database.query(f"SELECT sqrt(abs(v)), power(v, 1), v::numeric::float8 IS NULL FROM {rows}")
    assert found == [("NaN", "NaN", "f"), ("0", "-0", "f")]


@pytest.mark.parametrize(
    ("value", "root"),
    [("2", "1.2599210498948732"), ("-27", "-3"), ("0.027", "0.3"), ("1e300", "1e+100"), ("-0", "-0"),
     ("5e-324", "1.7031839360032603e-108"), ("Infinity", "Infinity"), ("NaN", "NaN")],
)  # fmt: skip
def test_a_cube_root_is_the_nearest_float(value: str, root: str) -> None:
    assert calculator().query(f"SELECT cbrt('{value}'::float8)") == [(root,)]


def _nested(overload: Overload, kind: str, depth: int) -> str | None:
    """Return a call nested in its first argument that takes its own result, None if none does."""
    names = list(overload.arguments)
    if any(name not in t.SCALARS for name in names) or overload.result not in names:
        return None
    at = names.index(overload.result)
    inner = f"NULL::{overload.result}"
    for _ in range(depth):
        arguments = [inner if i == at else f"NULL::{name}" for i, name in enumerate(names)]
        if kind == "prefix":
            inner = f"({overload.name} {arguments[0]})"
        elif kind == "operator":
            inner = f"({arguments[0]} {overload.name} {arguments[1]})"
        else:
            inner = f'"{overload.name}"({", ".join(arguments)})'
    return f"SELECT {inner}"


@pytest.mark.parametrize(
    ("kind", "table"), [("call", functions.SCALARS), ("operator", functions.OPERATORS), ("prefix", functions.PREFIX)]
)
def test_the_sql_grows_with_the_statement_and_no_faster(kind: str, table: functions.Table) -> None:
    """Operands are bound once: a call nested thirty deep is thirty times one call."""
    database, tried = calculator(), 0
    for overload in (each for overloads in table.values() for each in overloads):
        flat, deep = _nested(overload, kind, 2), _nested(overload, kind, 30)
        if flat is not None and deep is not None:
            tried += 1
            sizes = len(database.plan(flat).sql), len(database.plan(deep).sql)
            assert sizes[1] < 30 * sizes[0] + 5000, overload.signature
    assert tried > 5


def test_what_is_said_not_to_fail_is_nowhere_said_to_duckdb_to_fail() -> None:
    """It takes such a function for a volatile one, and that in no window's ORDER BY."""
    failing = {name for name, (*_, fallible) in udf._functions.items() if fallible}
    tables = (functions.SCALARS, functions.OPERATORS, functions.PREFIX, functions.WINDOWS)
    lines = [each for table in tables for overloads in table.values() for each in overloads]
    said = [(each.signature, each.sql) for each in lines if not each.fallible]
    said += [(f"{cast.source} -> {cast.target}", cast.sql) for cast in CASTS.values() if not cast.fallible]
    assert len(said) > 300
    assert [name for name, sql in said if failing & set(re.findall(r"py_\w+", sql))] == []


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a test declares, and nothing else is."""
    functions: dict[str, Any] = {}
    monkeypatch.setattr(udf, "_functions", functions)
    return functions


def test_a_python_function_has_any_number_of_arguments(declared: dict[str, Any]) -> None:
    templates = [udf.declare(f"of_{n}", lambda *values: len(values), [t.TEXT] * n, t.INT4) for n in range(10)]
    with duckdb.connect() as connection:
        udf.install(connection)
        called = [template.format(*["'a'"] * n) for n, template in enumerate(templates)]
        assert connection.execute(f"SELECT {', '.join(called)}").fetchall() == [tuple(range(10))]
    assert len(declared) == 10


@pytest.mark.parametrize("kind", [t.INT8, t.TEXT, t.NUMERIC, t.list_of(t.TEXT)])
def test_nothing_but_one_call_is_between_duckdb_and_a_python_function(declared: dict[str, Any], kind: t.Type) -> None:
    """Each costs all that calls one for every row."""
    callers: list[FrameType | None] = []
    udf.declare("f", lambda _: callers.append(sys._getframe(2)), [kind], kind)
    [(call, *_)] = declared.values()
    call("15015")
    assert callers == [sys._getframe()]


_PAIRS = t.Type("pairs", 0, -1, "STRUCT(k VARCHAR, v VARCHAR)[]")


@pytest.mark.parametrize("kind", [t.array_of(t.TEXT), t.list_of(t.TEXT), t.list_of(t.array_of(t.TEXT)), _PAIRS])
def test_lists_that_python_functions_give_have_an_end(
    declared: dict[str, Any], monkeypatch: pytest.MonkeyPatch, kind: t.Type
) -> None:
    monkeypatch.setattr(udf, "MOST_ITEMS", 3)
    udf.declare("f", lambda count: [None] * count, [t.INT4], kind)
    [(call, *_)] = declared.values()
    assert call(3) is not None
    with pytest.raises(ValueError, match="mz:54000:a list of more than 3 elements"):
        call(4)


def test_what_stops_a_python_function_arrives_before_it_is_left(declared: dict[str, Any]) -> None:
    udf.declare("f", len, [t.TEXT], t.INT4)
    [(call, *_)] = declared.values()
    over, end, stopped, late = threading.Event(), time.monotonic() + 10, 0, 0

    def stop() -> None:
        while not over.is_set():
            udf.stop(None)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    stopping = threading.Thread(target=stop)
    stopping.start()
    try:
        while stopped < 20 and time.monotonic() < end:
            try:
                call("a")
            except udf.Stopped as error:
                stopped += 1
                late += error.__traceback__.tb_next is None  # type: ignore[union-attr]
    finally:
        over.set()
        stopping.join()
        sys.setswitchinterval(before)
    assert stopped > 0
    assert late == 0


_LONG = "(" + " + ".join(["n"] * 40) + ")"


@pytest.mark.parametrize(
    "form",
    [
        "CASE {} WHEN 1 THEN 2 WHEN 3 THEN 4 ELSE n END",
        f"nullif({{}}, {_LONG})",
        f"nullif({_LONG}, {{}})",
        f"({{}} BETWEEN 1 AND {_LONG})::int",
        f"({_LONG} NOT BETWEEN {{}} AND 2)::int",
        f"({{}} IN (1, 2, 10 / n, {_LONG}))::int",
        "((1, {}) IN ((1, 2), (n, 3)))::int",
        "({} = ANY (ARRAY[1, 2, n]))::int",
        "(1 <> ALL (LIST[1, {}, n]))::int",
        "({}::text ILIKE ANY (ARRAY[n::text]))::int",
        "(LIST[n, 2])[{}]",
        "(array_remove(ARRAY[n, 2], {}))[1]",
        "array_length(array_fill({}, ARRAY[n]), 1)",
        "lower(int4range({}, 5 + n, '[)'))",
        "(ARRAY[{}] @> ARRAY[n])::int",
        "length(concat_ws({}::text, 'a', 'b'))",
        "(n::float8 * 2 + {}::float8)::int",
    ],
)
def test_forms_grow_with_the_statement_and_no_faster(form: str) -> None:
    database, planned = calculator(), []
    for depth in (2, 30):
        inner = "n"
        for _ in range(depth):
            inner = form.replace("{}", inner)
        planned.append(database.plan(f"SELECT {inner} FROM (VALUES (1)) AS q (n)").sql)
    assert len(planned[1]) < 30 * len(planned[0]) + 5000


def test_what_duckdb_would_plan_for_too_long_is_refused() -> None:
    """It takes a lambda within a lambda for two, and the carriers of nested lists are such."""
    database = calculator()
    assert refusal(database, f"SELECT {'LIST[' * 20}date '2026-01-01'{']' * 20}").sqlstate == "54001"
    assert database.query(f"SELECT {'LIST[' * 8}date '2026-01-01'{']' * 8}") == [("{" * 8 + "2026-01-01" + "}" * 8,)]


def test_more_than_ten_subscripts() -> None:
    assert calculator().query(f"SELECT a{'[1]' * 12} FROM (VALUES (ARRAY[1])) AS q (a)") == [(None,)]


def test_a_table_that_is_gone_since_the_statement_was_planned_is_called_by_its_id() -> None:
    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect().execute('SELECT count(*) FROM "u7"')
    found = dialect.evaluation_error(caught.value)
    assert (found.sqlstate, found.message) == ("42704", "collection 'u7' was dropped")
