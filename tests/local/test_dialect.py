"""The dialect: what is refused, how errors read, parameters, names, and what may never be confused."""

from __future__ import annotations

import contextlib
import json
import re
from decimal import Decimal, localcontext
from functools import lru_cache
from pathlib import Path
from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mzwidget.local import dialect
from mzwidget.local.dialect.jsonb import canonical
from mzwidget.local.errors import SqlError
from mzwidget.local.formats import types as t
from tests.local.translated import Translated


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
    ("sql", "construct"),
    [
        ("SELECT a, row_number() OVER (ORDER BY a) FROM t", "window"),
        ("WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r", "WITH RECURSIVE"),
        ("SELECT * FROM t NATURAL JOIN u", "NATURAL"),
        ("SELECT * FROM t TABLESAMPLE SYSTEM (10)", "TABLESAMPLE"),
        ("SELECT a FROM t FOR UPDATE", "LOCKS"),
        ("SELECT a FROM t FETCH FIRST 2 ROWS ONLY", "FETCH"),
        ("SELECT a & 1 FROM t", "bitwise and"),
        ("SELECT a::oid FROM t", "type oid"),
        ("SELECT a::uint8 FROM t", "type uint8"),
        ("SELECT '1'::numeric(39)", "numeric(39)"),
        ("SELECT j @> '{}' FROM t", "operator @>"),
        ("SELECT j < j FROM t", "ordering jsonb"),
        ("SELECT j FROM t ORDER BY j", "ORDER BY jsonb"),
        ("SELECT j || j FROM t", "|| with jsonb"),
        ("SELECT t FROM t", "the whole row"),
        ("SELECT to_char(ts, 'YYYY') FROM t", "function to_char"),
        ("SELECT x ~ x FROM t", "~"),
        ("SELECT x ~ '(?i)a' FROM t", "~"),
        ("SELECT ts AT TIME ZONE 'Europe/Berlin' FROM t", "AT TIME ZONE"),
        ("SELECT stddev(a) FROM t", "stddev of integer"),
        ("SELECT a FROM t GROUP BY ROLLUP (a)", "ROLLUP"),
        ("SELECT a FROM t QUALIFY true", "QUALIFY"),
        ("SELECT * EXCLUDE (a) FROM t", "EXCEPT"),
        ("SELECT 2.0 ^ 0.5", "power of numerics"),
        ("SELECT a FROM t, u RIGHT JOIN t AS v ON true", "RIGHT JOIN after a comma"),
        ("SELECT TRY_CAST(a AS text) FROM t", "try_cast"),
        ('SELECT x COLLATE "C" FROM t', "collate"),
        ("SELECT a FROM t LIMIT 1 BY a", "LIMIT"),
        ("SELECT interval '1 day' * 0.5", "an interval * a fraction"),
        ("SELECT date '01/02/2020'", "01/02/2020"),
        ("SELECT 'NaN'::numeric", "numeric NaN"),
        ("SELECT 1e-20 * 1e-20", "18 digits"),
        ("SELECT (SELECT max(t.a) FROM u) FROM t", "max of an outer query's column"),
    ],
)  # fmt: skip
def test_what_is_not_known_to_be_the_same_is_refused_by_name(database: Translated, sql: str, construct: str) -> None:
    error = refusal(database, sql)
    assert error.sqlstate in ("0A000", "42601")
    if error.sqlstate == "0A000":
        assert construct in error.message


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("SELECT nope FROM t", "XX000", 'column "nope" does not exist'),
        ("SELECT t.nope FROM t", "XX000", 'column "t.nope" does not exist'),
        ("SELECT a FROM t, u", "XX000", 'column reference "a" is ambiguous'),
        ("SELECT 1 FROM v", "XX000", "unknown catalog item 'v'"),
        ("SELECT 1 FROM s.v", "XX000", "unknown catalog item 's.v'"),
        ("SELECT f(x) FROM t", "XX000", "function f(text) does not exist"),
        ("SELECT lower(a) FROM t", "XX000", "function lower(integer) does not exist"),
        ("SELECT sum(x) FROM t", "XX000", "function sum(text) does not exist"),
        ("SELECT x + 1 FROM t", "42883", "operator does not exist: text + integer"),
        ("SELECT a::nosuch FROM t", "42704", 'type "nosuch" does not exist'),
        ("SELECT a, count(*) FROM t", "42803",
         'column "t.a" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT 1 / 0", "22012", "division by zero"),
        ("SELECT 1 % 0", "22012", "division by zero"),
        ("SELECT 1.5 / 0", "22012", "division by zero"),
        ("SELECT 1.5::float8 / 0", "22012", "division by zero"),
        ("SELECT 2147483647 + 1", "22003", "integer out of range"),
        ("SELECT 9223372036854775807 + 1", "22003", "bigint out of range"),
        ("SELECT 40000::smallint", "22003", "smallint out of range"),
        ("SELECT 'x'::int", "22P02", 'invalid input syntax for type integer: "x"'),
        ("SELECT '99999999999'::int", "22003", 'value "99999999999" is out of range for type integer'),
        ("SELECT 'x'::bool", "22P02", 'invalid input syntax for type boolean: "x"'),
        ("SELECT 'x'::float8", "22P02", 'invalid input syntax for type double precision: "x"'),
        ("SELECT 'x'::timestamptz", "22007", 'invalid input syntax for type timestamp with time zone: "x"'),
        ("SELECT ('[1]'::jsonb -> 0)::bool", "22023", "cannot cast jsonb number to type boolean"),
        ("SELECT ('{\"a\":null}'::jsonb -> 'a')::int", "22023", "cannot cast jsonb null to type integer"),
        ("SELECT (SELECT 1 UNION SELECT 2)", "21000", "more than one row returned by a subquery used as an expression"),
        ("SELECT 123.45::numeric(4,2)", "22003", "numeric field overflow"),
        ("SELECT 1e308::float8 * 10", "22003", "value out of range: overflow"),
        ("SELECT 1e308::float8 * 10 * 0.1::float8", "22003", "value out of range: overflow"),
        ("SELECT 1 / (1e308::float8 * 10)", "22003", "value out of range: overflow"),
    ],
)  # fmt: skip
def test_errors_read_as_materialize_or_postgresql_words_them(
    database: Translated, sql: str, sqlstate: str, message: str
) -> None:
    error = refusal(database, sql)
    assert (error.sqlstate, error.message) == (sqlstate, message)


@pytest.mark.parametrize(
    ("sql", "position"), [("SELECT a b c FROM t", 12), ("SELECT 1 +", 10), ("SELEC 1", None), ("SELECT (1", 9)]
)
def test_a_syntax_error_says_where(sql: str, position: int | None) -> None:
    with pytest.raises(SqlError) as caught:
        dialect.plan_query(dialect.parse(sql), Translated().catalog)
    if position is not None:
        assert caught.value.sqlstate == "42601"
        assert caught.value.position == position
    else:
        assert caught.value.sqlstate in ("42601", "0A000")


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
            assert told is None or told.sqlstate != "XX000", f"{''.join(parts)}: {told}"
            planned += 1
    assert planned


def test_nesting_beyond_reason_is_refused_not_fatal() -> None:
    with pytest.raises(SqlError) as caught:
        dialect.plan_query(dialect.parse("SELECT " + "(" * 5000 + "1" + ")" * 5000), Translated().catalog)
    assert caught.value.sqlstate == "54001"


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("SELECT $1", ["text"]),
        ("SELECT $1::int", ["int4"]),
        ("SELECT a + $1 FROM t", ["int4"]),
        ("SELECT a FROM t WHERE x = $1 AND b < $2 AND n > $3", ["text", "int8", "numeric"]),
        ("SELECT a FROM t WHERE ts > $1", ["timestamptz"]),
        ("SELECT a FROM t WHERE a IN ($1, $2)", ["int4", "int4"]),
        ("SELECT a FROM t WHERE a = ANY ($1)", ["int4[]"]),
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
        ("SELECT a FROM t UNION SELECT $1", ["int4"]),
    ],
)
def test_the_context_gives_a_parameter_its_type(database: Translated, sql: str, types: list[str]) -> None:
    assert [type_.name for type_ in database.plan(sql).parameters] == types


def test_what_the_client_says_of_a_parameter_counts(database: Translated) -> None:
    query = database.plan("SELECT $1, $2 + 1", types=[t.INT8, t.NUMERIC])
    assert [column.type.name for column in query.columns] == ["int8", "numeric"]
    assert database.run(query, ["9007199254740993", "0.1"]) == [("9007199254740993", "1.1")]


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("int", "7", "7"), ("int", None, None), ("int", "1.5", "22P02"), ("int", "1e3", "22P02"), ("int", "", "22P02"),
        ("int", "99999999999", "22003"), ("smallint", "40000", "22003"), ("bool", "t", "t"), ("bool", "x", "22P02"),
        ("bigint", "9223372036854775807", "9223372036854775807"), ("float8", "NaN", "NaN"),
        ("float8", "1e400", "22003"), ("float8", "-Infinity", "-Infinity"),
        ("numeric", "123456789012345678.5", "123456789012345678.5"),
        ("numeric", "1e-20", "0A000"), ("numeric", "x", "22P02"), ("numeric(5,2)", "1000", "22003"),
        ("date", "2020-02-30", "22008"), ("date", "12020-01-01", "12020-01-01"), ("date", "x", "22007"),
        ("timestamptz", "2020-01-01 10:00:00.5+02", "2020-01-01 08:00:00.5+00"), ("timestamptz", "x", "22007"),
        ("timestamp", "2020-01-01T10:00:00", "2020-01-01 10:00:00"), ("time", "25:00", "22008"),
        ("interval", "1 mon 02:00:00", "1 month 02:00:00"), ("interval", "x", "22007"), ("uuid", "x", "22P02"),
        ("bytea", "\\x00ff", "\\x00ff"), ("jsonb", '{"b":1, "a":1.0}', '{"a":1,"b":1}'), ("jsonb", "{", "22P02"),
        ("int[]", "{1,NULL}", "{1,NULL}"), ("int[]", "{x}", "22P02"), ("text[]", '{"a,b"}', '{"a,b"}'),
        ("varchar(3)", "abcdef", "abc"), ("mz_timestamp", "18446744073709551615", "18446744073709551615"),
    ],
)  # fmt: skip
def test_a_parameter_is_read_as_postgresql_reads_it(type_: str, text: str | None, expected: str | None) -> None:
    database = calculator()
    try:
        found = database.query(f"SELECT $1::{type_}", text)[0][0]
    except SqlError as error:
        found = error.sqlstate
    assert found == expected


def test_parameters_of_an_insert_take_the_columns_types(database: Translated) -> None:
    insert = dialect.parse("INSERT INTO t (x, a, n, j, ts) VALUES ($1, $2, $3, $4, $5), (DEFAULT, 1, 2, '{}', NULL)")
    planned = dialect.plan_insert(insert, database.catalog)
    assert [type_.name for type_ in planned.parameters] == ["text", "int4", "numeric", "jsonb", "timestamptz"]
    assert planned.inputs == frozenset()
    values = ["it's", "7", "1.005", '{"b": 1, "a": 2}', "2020-01-01 00:00:00+02"]
    database.connection.execute(f"INSERT INTO t {planned.rows}", values)
    assert database.query("SELECT x, a, n, j, ts FROM t ORDER BY a DESC") == [
        ("it's", "7", "1.01", '{"a":2,"b":1}', "2019-12-31 22:00:00+00"),
        (None, "1", "2.00", "{}", None),
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
    with pytest.raises(SqlError, match=r"not available|not supported"):
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
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
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
    assert canonical(json.dumps(value, indent=2, ensure_ascii=True)) == text


@settings(max_examples=150, deadline=None)
@given(value=st.dictionaries(st.just("k"), json_values, min_size=1))
def test_a_member_of_a_document_is_canonical(value: dict[str, object]) -> None:
    document = canonical(json.dumps(value)).replace("'", "''")
    database = calculator()
    assert database.query(f"SELECT '{document}'::jsonb -> 'k'") == [(canonical(json.dumps(value["k"])),)]


@pytest.mark.parametrize(
    "text", ["", "{", "{'a': 1}", "NaN", "[Infinity]", "[1,]", '{"a" 1}', "tru", '"\\ud800"', '"\\u0000"', "01"]
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(SqlError):
        canonical(text)


@pytest.mark.parametrize("text", ["[0.1234567890123456789]", "1e5000", "1e-5000"])
def test_a_json_number_is_never_silently_rounded(text: str) -> None:
    with pytest.raises(SqlError) as caught:
        canonical(text)
    assert caught.value.sqlstate == "0A000"


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
        assert refusal(database, sql).sqlstate == "22012"
        return
    ((text,),) = database.query(sql)
    assert text is not None
    with localcontext(prec=80):
        if operator == "/":
            assert abs(Decimal(text) - left / right) <= Decimal("0.5e-18")
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
        assert abs(Decimal(average or "") - Decimal(sum(values)) / len(values)) <= Decimal("0.5e-18")
