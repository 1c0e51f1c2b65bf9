"""Statements, transactions and what they refuse, through real connections."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import ipaddress
import re
import shutil
import subprocess
import threading
import time
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import Range

from tests.machine import eventually, missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import LiteralString

    Connect = Callable[..., psycopg.Connection]


def refused(connection: psycopg.Connection, statement: str, state: str, text: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)
    assert text in str(caught.value)
    assert caught.value.sqlstate == state


# ---------------------------------------------------------------------------------------------- definitions


def test_tags(sql: psycopg.Connection) -> None:
    for statement, tag in [
        ("CREATE TABLE t (a int)", "CREATE TABLE"),
        ("CREATE TABLE IF NOT EXISTS t (a int)", "CREATE TABLE"),
        ("INSERT INTO t VALUES (1), (2)", "INSERT 0 2"),
        ("UPDATE t SET a = a + 1", "UPDATE 1"),  # 1 and 2 become 2 and 3: one row is another
        ("UPDATE t SET a = a", "UPDATE 0"),
        ("SELECT * FROM t", "SELECT 2"),
        ("DELETE FROM t WHERE a = 2", "DELETE 1"),
        ("CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW"),
        ("CREATE OR REPLACE VIEW v AS SELECT a + 1 AS b FROM t", "CREATE VIEW"),
        ("CREATE MATERIALIZED VIEW m AS SELECT * FROM v", "CREATE MATERIALIZED VIEW"),
        ("DROP MATERIALIZED VIEW m", "DROP MATERIALIZED VIEW"),
        ("DROP TABLE t CASCADE", "DROP TABLE"),
        ("DROP VIEW IF EXISTS v", "DROP VIEW"),
        ("BEGIN", "BEGIN"),
        ("COMMIT", "COMMIT"),
        ("SET application_name = 'x'", "SET"),
        ("SHOW application_name", "SELECT 1"),
    ]:
        assert sql.execute(statement).statusmessage == tag


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"E'a\tb\u00e9'", "a\tbé"),
        ("'a'\n  'b'", "ab"),
        ("'a''\n''b' \n 'c'", "a'\n'bc"),
        ("E'\\tx'\n'\\ty'", "\tx\ty"),
        ("$x$it's$x$", "it's"),
        ("$two words$it's$two words$", "it's"),
        ("'it''s'", "it's"),
    ],
)
def test_strings_mean_the_same_in_any_statement(sql: psycopg.Connection, written: str, meant: str) -> None:
    sql.execute(f"SET application_name = {written}")
    assert sql.execute(f"SELECT current_setting('application_name'), {written}").fetchone() == (meant, meant)
    with pytest.raises(psycopg.errors.SyntaxError, match="unterminated quoted string"):
        sql.execute(f"SET application_name = {written} 'open")


@pytest.mark.parametrize("between", ["\n-- a comment\n", " -- a comment\n", " /*\n*/ ", "  "])
def test_strings_are_one_only_where_blanks_with_a_new_line_part_them(sql: psycopg.Connection, between: str) -> None:
    with pytest.raises(psycopg.errors.SyntaxError, match='Expected end of statement, found string literal "b"'):
        sql.execute(f"SELECT 'a'{between}'b'".encode())
    with pytest.raises(psycopg.errors.SyntaxError, match='Expected end of statement, found string literal "b"'):
        sql.execute("SELECT $$a$$\n'b'")


def test_names(sql: psycopg.Connection, schema: str) -> None:
    sql.execute('CREATE TABLE "Odd ""name" ("A b" int, c int)')
    sql.execute('INSERT INTO "Odd ""name" VALUES (1, 2)')
    for name in ('"Odd ""name"', f'{schema}."Odd ""name"', f'materialize.{schema}."Odd ""name"'):
        cursor = sql.execute(f"SELECT * FROM {name}")
        assert cursor.fetchall() == [(1, 2)]
        assert [column.name for column in cursor.description or ()] == ["A b", "c"]
    sql.execute("CREATE VIEW V (X) AS SELECT count(*) FROM " + '"Odd ""name"')
    assert sql.execute("SELECT x FROM v").fetchall() == [(1,)]
    refused(sql, 'SELECT * FROM "V"', "XX000", "unknown catalog item 'V'")
    refused(sql, "SELECT * FROM nowhere.t", "XX000", "unknown")
    refused(sql, "CREATE TABLE nowhere.t (a int)", "XX000", "unknown schema 'nowhere'")


def test_a_name_is_taken_once(sql: psycopg.Connection, schema: str) -> None:
    notices: list[str] = []
    sql.add_notice_handler(lambda diagnostic: notices.append(str(diagnostic.message_primary)))
    sql.execute("CREATE TABLE t (a int)")
    refused(sql, "CREATE TABLE t (b int)", "XX000", f'table "materialize.{schema}.t" already exists')
    refused(sql, "CREATE VIEW t AS SELECT 1", "XX000", "already exists")
    refused(sql, "CREATE OR REPLACE VIEW t AS SELECT 1", "XX000", "t is a table not a view")
    sql.execute("CREATE TABLE IF NOT EXISTS t (b int)")
    assert notices == ['table "t" already exists, skipping']
    assert [c.name for c in sql.execute("SELECT * FROM t").description or ()] == ["a"]


def test_dependencies(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE VIEW v AS SELECT a FROM t")
    sql.execute("CREATE VIEW w AS SELECT a FROM v")
    refused(sql, "DROP TABLE t", "XX000", 'cannot drop table "t": still depended upon by view "v"')
    refused(sql, "DROP VIEW v", "XX000", 'cannot drop view "v": still depended upon by view "w"')
    refused(sql, "CREATE OR REPLACE VIEW v AS SELECT a + 1 AS a FROM t", "XX000", "still depended upon by")
    refused(sql, "CREATE OR REPLACE VIEW w AS SELECT a FROM w", "XX000", "depended upon by new")
    refused(sql, "DROP VIEW t", "XX000", "t is a table not a view")
    refused(sql, "DROP TABLE v", "XX000", "v is a view not a table")
    sql.execute("DROP TABLE t CASCADE")
    assert sql.execute("SHOW VIEWS").fetchall() == []
    refused(sql, "DROP TABLE t", "XX000", "unknown catalog item 't'")


def test_not_null_and_default(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int NOT NULL, b text DEFAULT 'none', c numeric(6, 2) DEFAULT 1.5)")
    sql.execute("INSERT INTO t (a) VALUES (1)")
    refused(sql, "INSERT INTO t VALUES (2, DEFAULT, 2)", "XX000", 'column "default" does not exist')
    sql.execute("INSERT INTO t (a, c) VALUES (2, 2)")
    assert sql.execute("SELECT * FROM t ORDER BY a").fetchall() == [
        (1, "none", decimal.Decimal("1.5")),
        (2, "none", decimal.Decimal(2)),
    ]
    message = 'null value in column "a" violates not-null constraint'
    refused(sql, "INSERT INTO t VALUES (NULL)", "23502", message)
    refused(sql, "UPDATE t SET a = NULL WHERE a = 1", "23502", message)
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (2,), "a refused write leaves nothing behind"


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    ("statement", "state", "text"),
    [
        ("CREATE TABLE k (a int PRIMARY KEY)", "XX000", "is not available"),
        ("EXPLAIN SUBSCRIBE t", "0A000", "EXPLAIN SUBSCRIBE is not supported by the embedded engine"),
        ("ALTER TABLE t ADD COLUMN b int", "XX000", "Enable ALTER TABLE ... ADD COLUMN ... is not available"),
        ("CREATE SOURCE s FROM LOAD GENERATOR COUNTER", "0A000", "CREATE SOURCE"),
        ("COPY t FROM STDIN WITH (FORMAT binary)", "XX000", "FORMAT BINARY not yet supported"),
        ("SET nonsense = 1", "42704", 'unrecognized configuration parameter "nonsense"'),
        ("SET timezone = 'Europe/Zurich'", "22023", 'invalid value for parameter "TimeZone": "Europe/Zurich"'),
        ("SHOW nonsense", "42704", "nonsense"),
        ("FROB t", "42601", "Expected a keyword at the beginning of a statement"),
        ("SELECT 'open", "42601", "unterminated quoted string"),
        ("SUBSCRIBE t WITH (SNAPSHOTS)", "42601", "SNAPSHOTS"),
        ("DROP TABLE t t", "42601", "Expected end of statement"),
        ("INSERT INTO t VALUES ('x')", "XX000", "invalid input syntax for type integer"),
        ("INSERT INTO v VALUES (1)", "XX000", "v"),
        ("SELECT f(1)", "XX000", 'function "f" does not exist'),
        ("CREATE TABLE k (a text COLLATE x)", "0A000", "COLLATE of a column"),
        ("SELECT 'a' ~ '((a{100}){100}){100}'", "0A000", "a regular expression that repeats this much"),
    ],
)
def test_refusals(sql: psycopg.Connection, statement: str, state: str, text: str) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE VIEW v AS SELECT a FROM t")
    refused(sql, statement, state, text)
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_an_error_points_at_its_place(sql: psycopg.Connection) -> None:
    for statement in ("CREATE VIEW v AS SELECT a b c", "SUBSCRIBE (SELECT a b c)", "SELECT a b c"):
        with pytest.raises(psycopg.Error) as caught:
            sql.execute(statement)
        position = int(caught.value.diag.statement_position or 0)
        assert statement[position - 1 :].startswith("c"), statement


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SHOW TABLES WHERE name = ^= 'a'", "equals sign"),
        ("SELECT 1; SHOW TABLES WHERE name = ^= 'a'", "equals sign"),
        ("PREPARE p AS SELECT 1 + ^, 2", "comma"),
        ("EXECUTE p (1, 1 + ^)", "right parenthesis"),
        ("CREATE INDEX ON t (a + ^)", "right parenthesis"),
        ("SUBSCRIBE (SELECT a FROM t WHERE ^) WITH (PROGRESS)", "right parenthesis"),
        ("COPY (SELECT 1 + ^) TO STDOUT", "right parenthesis"),
        ("DECLARE c CURSOR FOR SELECT 1 + ^, 2", "comma"),
    ],
)
def test_what_stands_within_a_statement_is_told_where_it_stands(
    sql: psycopg.Connection, statement: str, found: str
) -> None:
    with pytest.raises(psycopg.errors.SyntaxError, match=f"Expected an expression, found {found}") as caught:
        sql.execute(statement.replace("^", ""))  # type: ignore[call-overload]
    assert caught.value.diag.statement_position == str(statement.index("^") + 1)


@pytest.mark.parametrize(
    ("statement", "message", "position"),
    [
        ("CREATE TABLE t  ", "Expected a list of columns in parentheses, found EOF", 17),
        ("CREATE TABLE t ; ", "Expected a list of columns in parentheses, found semicolon", 16),
        ("SELECT 1 + ", "Unexpected EOF", 12),
        ("SELECT 1 + -- more", "Unexpected EOF", 19),
        ("SELECT 1 + ;", "Expected an expression, found semicolon", 12),
        ("SELECT 1; SELECT (2 /* or 3 */ ;SELECT 4", "Expected right parenthesis, found semicolon", 32),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "WITH HOLD is unsupported for cursors", 18),
        ("CREATE USER ann", "CREATE USER is not supported", 8),
    ],
)
def test_an_error_tells_where_a_statement_ends(
    sql: psycopg.Connection, statement: str, message: str, position: int
) -> None:
    with pytest.raises(psycopg.errors.SyntaxError, match=re.escape(message)) as caught:
        sql.execute(statement)
    assert caught.value.diag.statement_position == str(position)


# --------------------------------------------------------------------------------------------- transactions


def test_a_transaction_is_one_moment(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    rows = connect().cursor().stream("SUBSCRIBE t WITH (PROGRESS)", size=1)
    writer = connect()
    with writer.transaction():
        for number in range(3):
            writer.execute("INSERT INTO t VALUES (%s)", (number,))
            assert sql.execute("SELECT count(*) FROM t").fetchone() == (0,)
    found = []
    while len(found) < 3:
        row = next(rows)
        if not row[1]:
            found.append(row)
    assert len({row[0] for row in found}) == 1
    assert sorted(row[3] for row in found) == [0, 1, 2]


def test_rollback(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    writer = connect(autocommit=False)
    writer.execute("INSERT INTO t VALUES (1)")
    writer.rollback()
    writer.execute("CREATE TABLE u (a int)")
    writer.rollback()
    refused(sql, "SELECT * FROM u", "XX000", "unknown catalog item 'u'")
    writer.execute("CREATE TABLE u (a int)")
    writer.commit()
    writer.execute("INSERT INTO u VALUES (1)")
    writer.close()  # without COMMIT
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert sql.execute("SELECT count(*) FROM u").fetchone() == (0,)


def test_a_read_transaction_sees_one_moment(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    reader = connect(autocommit=False)
    first = reader.execute("SELECT count(*), mz_now() FROM t").fetchone()
    sql.execute("INSERT INTO t VALUES (1)")
    sql.execute("DELETE FROM t WHERE a = 2")
    assert reader.execute("SELECT count(*), mz_now() FROM t").fetchone() == first
    reader.commit()
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_without_strict_isolation_the_past_second_is_read(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (0)")
    sql.execute("CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t")
    reader = connect()
    reader.execute("SET transaction_isolation = serializable")
    assert reader.execute("SELECT n FROM m").fetchone() == (1,)  # it begins with what was there

    def is_behind() -> bool:
        sql.execute("INSERT INTO t VALUES (1)")
        count = "SELECT count(*) FROM t"
        found, newest = (connection.execute(count).fetchone() for connection in (reader, sql))
        return found < newest

    assert eventually(is_behind)
    newest = sql.execute("SELECT count(*) FROM t").fetchone()
    assert eventually(lambda: reader.execute("SELECT count(*) FROM t").fetchone() == newest)


@pytest.mark.parametrize(
    ("first", "second", "state", "text"),
    [
        ("INSERT INTO t VALUES (1)", "SELECT * FROM t", "25000", "transaction in write-only mode"),
        ("SELECT * FROM t", "INSERT INTO t VALUES (1)", "25006", "transaction in read-only mode"),
        ("SELECT * FROM t", "CREATE TABLE x (a int)", "25006", "transaction in read-only mode"),
        ("SELECT 1", "SELECT * FROM t", "2F003", 'is not allowed from the "mz_catalog_server" cluster'),
        ("CREATE TABLE x (a int)", "CREATE TABLE y (a int)", "25000", "can only execute a single statement"),
        ("SELECT 1", "UPDATE t SET a = 1", "25001", "UPDATE t SET a = 1 cannot be run inside a transaction block"),
    ],
)
def test_what_a_transaction_cannot_mix(
    sql: psycopg.Connection, connect: Connect, first: str, second: str, state: str, text: str
) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE TABLE u (a int)")
    connection = connect(autocommit=False)
    connection.execute(first)
    refused(connection, second, state, text)
    refused(connection, "SELECT 1", "25P02", "current transaction is aborted")
    connection.rollback()
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert sql.execute("SHOW TABLES").fetchall() == [("t", ""), ("u", "")]


@pytest.mark.parametrize(
    ("setting", "state", "text"),
    [
        ("cluster = nowhere", "XX000", "unknown cluster 'nowhere'"),
        ("cluster = mz_catalog_server", "2F003", 'is not allowed from the "mz_catalog_server" cluster'),
        ("cluster_replica = r9", "42704", "cluster replica 'quickstart.r9' does not exist"),
    ],
)
def test_a_cluster_that_cannot_compute(sql: psycopg.Connection, setting: str, state: str, text: str) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE VIEW v AS SELECT a FROM t")
    sql.execute(f"SET {setting}".encode())
    for statement in ("SELECT * FROM v", "SUBSCRIBE v", "UPDATE t SET a = 1", "INSERT INTO t SELECT a FROM v"):
        refused(sql, statement, state, text)
    sql.execute("INSERT INTO t VALUES (1)")
    assert sql.execute("SHOW VIEWS").fetchall() == [("v", "")]


def test_what_is_maintained_needs_a_cluster(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    made = ("CREATE INDEX i ON t (a)", "CREATE MATERIALIZED VIEW m AS SELECT a FROM t")
    for statement in made:
        sql.execute("SET cluster = nowhere")
        refused(sql, statement, "XX000", "unknown cluster 'nowhere'")
        sql.execute("SET cluster = mz_catalog_server")
        refused(sql, statement, "42501", 'permission denied for CLUSTER "mz_catalog_server"')
        sql.execute("SET cluster_replica = r9; RESET cluster")
        sql.execute(statement.encode())


def test_a_query_of_the_catalog_runs_where_the_session_asks(sql: psycopg.Connection) -> None:
    sql.execute("SET cluster = nowhere")
    assert sql.execute("SELECT 1").fetchone() == (1,)
    sql.execute("SET auto_route_catalog_queries = off")
    refused(sql, "SELECT 1", "XX000", "unknown cluster 'nowhere'")


def test_a_cursor_of_what_is_shown(connect: Connect) -> None:
    connection = connect(autocommit=False)
    connection.execute("CREATE TABLE shown (a int)")
    connection.commit()
    connection.execute("DECLARE c CURSOR FOR SHOW TABLES")
    assert connection.execute("FETCH 1 c").fetchall() == [("shown", "")]
    cursor = connection.execute("FETCH ALL c")
    assert (cursor.fetchall(), cursor.statusmessage) == ([], "FETCH 0")


def test_keys_are_expanded_as_java_asks(sql: psycopg.Connection) -> None:
    expanded = "information_schema._pg_expandarray"
    assert sql.execute(f"SELECT * FROM {expanded}(ARRAY['a', NULL])".encode()).fetchall() == [("a", 1), (None, 2)]
    assert sql.execute(f"SELECT ({expanded}(ARRAY[[1, 2], [3, 4]])).x".encode()).fetchall() == [(None,), (None,)]
    assert sql.execute(f"SELECT {expanded}(NULL::int[])".encode()).fetchall() == []
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("CREATE INDEX ON t (b, a)")
    keys = f"(SELECT indrelid, {expanded}(indkey) AS keys FROM pg_index)"
    found = sql.execute(
        f"SELECT attname, (keys).n FROM {keys} AS i JOIN pg_attribute ON attrelid = indrelid AND attnum = (keys).x"
        " ORDER BY 2".encode()
    )
    assert found.fetchall() == [("b", 1), ("a", 2)]
    assert sql.execute("SELECT indkey[0], indkey[1], indkey[2] FROM pg_index").fetchone() == (2, 1, None)
    refused(sql, "SELECT _pg_expandarray(ARRAY[1])", "XX000", 'function "_pg_expandarray" does not exist')


def test_the_catalog_says_of_what_kind_a_column_is_but_not_what_is_in_it(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TYPE pair AS (a int, b int)")
    sql.execute("CREATE VIEW kinds AS SELECT ROW(1, 'x') AS r, MAP['a' => 1] AS m, LIST[1] AS l, ROW(1, 2)::pair AS p")
    refused(sql, "SELECT '(1,2)'::pair", "XX000", "CAST does not support casting from text to pair")
    refused(sql, "SELECT '{}'::pair list", "XX000", "CAST does not support casting from text to pair list")
    named = [("l", "list"), ("m", "map"), ("p", "pair"), ("r", "record")]
    assert sql.execute("SELECT name, type FROM (SHOW COLUMNS FROM kinds) c ORDER BY name").fetchall() == named
    asked = "FROM mz_columns c JOIN mz_views v ON v.id = c.id WHERE v.name = 'kinds' ORDER BY 1"
    assert sql.execute(f"SELECT c.name, c.type {asked}".encode()).fetchall() == named
    described = "FROM information_schema.columns WHERE table_name = 'kinds' ORDER BY 1"
    assert sql.execute(f"SELECT column_name, data_type {described}".encode()).fetchall() == named


def test_a_limit_is_any_bigint(sql: psycopg.Connection) -> None:
    assert sql.execute("SELECT 1 LIMIT 9223372036854775807").fetchone() == (1,)
    assert sql.execute("SELECT 1 LIMIT 9223372036854775806").fetchone() == (1,)


def test_a_duration_is_shown_exactly(sql: psycopg.Connection) -> None:
    sql.execute("SET statement_timeout = '18446744073709551615'")
    assert sql.execute("SHOW statement_timeout").fetchone() == ("18446744073709551615 ms",)


def test_a_script_is_one_transaction(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (2,)
    with pytest.raises(psycopg.Error):
        sql.execute("INSERT INTO t VALUES (3); INSERT INTO t VALUES ('x')")
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (2,)
    cursor = sql.execute("SELECT 1; SELECT 2")
    assert cursor.fetchall() == [(1,)]
    assert cursor.nextset()
    assert cursor.fetchall() == [(2,)]


def test_sql_update_reads_before_it_writes(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b int)")
    sql.execute("INSERT INTO t VALUES (1, 10), (2, 20), (2, 20)")
    sql.execute("UPDATE t AS x SET a = b, b = x.a WHERE a IN (SELECT max(a) FROM t)")
    assert sql.execute("SELECT * FROM t ORDER BY a").fetchall() == [(1, 10), (20, 2), (20, 2)]
    sql.execute("INSERT INTO t SELECT a + 1, b FROM t")
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (6,)
    assert sql.execute("UPDATE t SET a = %s WHERE b = %s", (0, 10)).rowcount == 2
    assert sql.execute("DELETE FROM t WHERE a = %s", (0,)).rowcount == 2


def test_an_update_computes_whatever_a_select_does(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b int4range, c map[text=>int])")
    sql.execute("INSERT INTO t VALUES (1)")
    sql.execute("UPDATE t SET b = int4range(a, a + 5), c = map_build(LIST[ROW('x', a)]) WHERE int4range(a, 4) @> 1")
    assert sql.execute("SELECT b::text, c::text FROM t").fetchone() == ("[1,6)", "{x=>1}")


# ---------------------------------------------------------------------------------------------------- values

VALUES: list[tuple[str, object]] = [
    ("bool", True),
    ("int2", -(2**15)),
    ("int4", 2**31 - 1),
    ("int8", -(2**63)),
    ("float4", 1.5),
    ("float8", 1e300),
    ("numeric", decimal.Decimal("-12345678901234.000056789")),
    ("text", "ünï\n\\ \"quoted\" 'text' 🦆"),
    ("varchar", ""),
    ("date", dt.date(2024, 2, 29)),
    ("time", dt.time(23, 59, 59, 123456)),
    ("timestamp", dt.datetime(1999, 12, 31, 23, 59, 59, 999999)),
    ("timestamptz", dt.datetime(2038, 1, 19, 3, 14, 8, tzinfo=dt.UTC)),
    ("interval", dt.timedelta(days=3, hours=-4, microseconds=7)),
    ("jsonb", {"b": [1, None, "x"], "a": {"ü": True}}),
    ("uuid", uuid.UUID("12345678-1234-5678-1234-567812345678")),
    ("bytea", bytes(range(256))),
    ("int4[]", [1, None, -3]),
    ("text[]", ["a,b", '"', "", "NULL", None, "\\"]),
    ("char(3)", "a  "),
]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=[kind for kind, _ in VALUES])
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_values_survive_both_ways(sql: psycopg.Connection, kind: str, value: object, *, binary: bool) -> None:
    sql.execute(f"CREATE TABLE t (a {kind})")
    mark = "%b" if binary else "%t"
    given = Jsonb(value) if kind == "jsonb" else value
    sql.execute(f"INSERT INTO t VALUES ({mark}::{kind})", (given,))
    sql.execute("INSERT INTO t VALUES (%s)", (None,))
    found = sql.cursor(binary=binary).execute("SELECT a FROM t WHERE a IS NOT NULL").fetchone()
    assert found == (value,)
    assert sql.cursor(binary=binary).execute("SELECT a FROM t WHERE a IS NULL").fetchone() == (None,)


@pytest.mark.parametrize(
    "text",
    [
        "[1,5)::int4range", "(,5)::int8range", "[-3,)::int4range", "(,)::numrange", "empty::int4range",
        "[1.5,2.25]::numrange", "[2020-01-01,)::daterange", "(2020-01-01,2020-01-02]::tsrange",
    ],
)  # fmt: skip
def test_ranges_are_alike_as_text_and_in_binary(sql: psycopg.Connection, text: str) -> None:
    value, kind = text.split("::")
    shown, packed = (
        sql.cursor(binary=binary)
        .execute(f"SELECT '{value}'::{kind}, NULL::{kind}, ARRAY['{value}'::{kind}]")
        .fetchone()
        for binary in (False, True)
    )
    assert shown == packed


def test_rows_in_binary_keep_the_types_of_their_fields(sql: psycopg.Connection) -> None:
    asked = "SELECT ROW(1, 'a', NULL, ARRAY[2], ROW(2.5, date '2020-01-01')), ROW(), ARRAY[ROW(true)]"
    expected = ((1, "a", None, [2], (decimal.Decimal("2.5"), dt.date(2020, 1, 1))), (), [(True,)])
    assert sql.cursor(binary=True).execute(asked).fetchone() == expected


def test_a_blank_is_a_character_where_it_is_copied_to(sql: psycopg.Connection) -> None:
    sql.execute('CREATE TABLE t (a "char", b "char"[])')
    with sql.cursor().copy("COPY t FROM STDIN") as copy:
        copy.write(' \t{" ",x}\n')
    assert sql.execute("SELECT a = ' ', b::text FROM t").fetchone() == (True, '{" ",x}')


def test_the_definition_of_a_view_is_text_whatever_is_in_it(sql: psycopg.Connection) -> None:
    sql.execute("CREATE VIEW v AS SELECT '{1}{*}' ~ 'a{2}' AS a")
    asked = "SELECT pg_get_viewdef(oid) FROM pg_class WHERE relname = 'v' AND pg_get_viewdef(oid, true) = %s"
    definition = "SELECT '{1}{*}' ~ 'a{2}' AS a;"
    assert sql.execute(asked, [definition]).fetchone() == (definition,)


@pytest.mark.parametrize(("asked", "kind"), [("LIST[1]", "list"), ("MAP['a' => 1]", "map"), ("ROW(LIST['a'])", "list")])
def test_what_has_no_binary_form_says_which_kind_it_is(sql: psycopg.Connection, asked: str, kind: str) -> None:
    with pytest.raises(psycopg.errors.UndefinedFunction, match=f"^binary encoding of {kind} types is not implemented$"):
        sql.cursor(binary=True).execute(f"SELECT {asked}")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1e15::float8", "1000000000000000"),
        ("1e16::float8", "1e+16"),
        ("1e-5::float8", "0.00001"),
        ("1.5e-7::float8", "1.5e-7"),
        ("'nan'::float8", "NaN"),
        ("'-infinity'::float8", "-Infinity"),
        ("'-0'::float8", "-0"),
        ("3.4e38::float4", "3.4e+38"),
        ("0.1::float4", "0.1"),
        ("'2024-02-29'::date", "2024-02-29"),
        ("'2024-02-29 01:02:03.5'::timestamp", "2024-02-29 01:02:03.5"),
        ("'2024-02-29 01:02:03+02'::timestamptz", "2024-02-28 23:02:03+00"),
        ("'12024-02-29'::date", "12024-02-29"),
        ("'1 month 1 day 00:00:00.000001'::interval", "1 month 1 day 00:00:00.000001"),
        ("'-1 year -2 days 03:00:00'::interval", "-1 years -2 days +03:00:00"),
        ("'00:00'::interval", "00:00:00"),
        ("""'{"b": 1, "a": [1, 2],  "b": 2}'::jsonb""", '{"a":[1,2],"b":2}'),
        ("'\\x00ff'::bytea", "\\x00ff"),
        ("true", "t"),
    ],
)
def test_text_forms(sql: psycopg.Connection, expression: str, text: str) -> None:
    result = sql.pgconn.exec_(f"SELECT {expression}".encode())
    assert result.error_message == b""
    assert (result.get_value(0, 0) or b"").decode() == text


def test_a_float4_is_spelt_one_way_wherever_it_is_text(sql: psycopg.Connection) -> None:
    spelt = ["-0", "0.00001", "0.1", "0.33333334", "1.5e-7", "123456.7", "1e+16", "3.4e+38", "NaN", "-Infinity"]
    sql.execute("CREATE TABLE t (n int, a float4)")
    for place, text in enumerate(spelt):
        sql.execute(f"INSERT INTO t VALUES ({place}, '{text}')")
    rows = sql.execute(
        "SELECT a::text, concat(a), a || '', (ARRAY[a])::text, '{' || a || '}' FROM t ORDER BY n"
    ).fetchall()
    assert rows == [(text, text, text, f"{{{text}}}", f"{{{text}}}") for text in spelt]
    with sql.cursor().copy("COPY (SELECT n, a FROM t) TO STDOUT") as copy:
        copied = dict(row.decode().split() for row in map(bytes, copy))
    result = sql.pgconn.exec_(b"SELECT n, a FROM t")
    read = {result.get_value(row, 0): result.get_value(row, 1) for row in range(result.ntuples)}
    assert copied == {str(place): text for place, text in enumerate(spelt)}
    assert read == {place.encode(): text.encode() for place, text in copied.items()}


def test_bad_parameters_say_what_is_wrong(sql: psycopg.Connection) -> None:
    for kind, value, message in [
        ("int4", "1.5", 'invalid digit found in string: "1.5"'),
        ("int2", "40000", 'number too large to fit in target type: "40000"'),
        ("bool", "maybe", 'invalid input syntax for type boolean: "maybe"'),
        ("uuid", "x", "invalid input syntax for type uuid"),
        ("jsonb", "{", "invalid input syntax for type jsonb"),
    ]:
        with pytest.raises(psycopg.Error) as caught:
            sql.execute(f"SELECT %s::{kind}", (value,))
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "state", "message"),
    [
        (Json({}), "22023", "type json not supported"),
        ([Json({})], "22023", "type json not supported"),
        (dt.time(1, tzinfo=dt.UTC), "22023", "type timetz not supported"),
        (ipaddress.ip_address("::1"), "08P01", "type with OID 869 is unknown"),
    ],
)
def test_a_parameter_of_a_type_that_is_not_there(
    sql: psycopg.Connection, value: object, state: str, message: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        sql.execute("SELECT %s", (value,))
    assert (caught.value.diag.sqlstate, caught.value.diag.message_primary) == (state, message)


def test_no_range_is_read_in_binary(sql: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        sql.execute("SELECT %b", (Range(dt.date(2026, 1, 1), None),))
    assert caught.value.diag.sqlstate == "22023"
    why = "unable to decode parameter: binary decoding of range types is not implemented"
    assert caught.value.diag.message_primary == why


# --------------------------------------------------------------------------------------------------- clients


def test_prepared_statements_follow_the_catalog(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    for number in range(10):
        sql.execute("INSERT INTO t VALUES (%s)", (number,), prepare=True)
        assert sql.execute("SELECT count(*) FROM t", prepare=True).fetchone() == (number + 1,)
    sql.execute("SELECT * FROM t", prepare=True)
    other = connect()
    other.execute("DROP TABLE t")
    other.execute("CREATE TABLE t (a int, b int)")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan must not change result type"):
        sql.execute("SELECT * FROM t", prepare=True)
    sql.execute("DEALLOCATE ALL")


def test_a_prepared_statement_never_changes_its_result(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("PREPARE p AS SELECT * FROM t")
    sql.execute("DROP TABLE t")
    sql.execute("CREATE TABLE t (a text)")
    for _ in range(2):
        refused(sql, "EXECUTE p", "0A000", "cached plan must not change result type")
    sql.execute("DROP TABLE t")
    sql.execute("CREATE TABLE t (a int)")
    assert sql.execute("EXECUTE p").fetchall() == []


def test_pipeline_and_executemany(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    with sql.pipeline():
        cursors = [sql.execute("SELECT %s::int + 1", (number,)) for number in range(20)]
        assert [cursor.fetchone() for cursor in cursors] == [(number + 1,) for number in range(20)]
    cursor = sql.cursor()
    cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(number, str(number)) for number in range(50)])
    assert cursor.rowcount == 50
    with sql.transaction():
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(number, None) for number in range(50)])
    assert sql.execute("SELECT count(*), count(b) FROM t").fetchone() == (100, 50)


def test_session_settings(connect: Connect) -> None:
    connection = connect(application_name="tests")
    assert connection.info.parameter_status("application_name") == "tests"
    assert connection.info.parameter_status("TimeZone") == "UTC"
    assert connection.info.parameter_status("server_version") == "9.5.0"
    connection.execute("SET application_name = 'other'")
    assert connection.info.parameter_status("application_name") == "other"
    connection.execute("BEGIN")
    connection.execute("SET application_name = 'undone'")
    connection.execute("ROLLBACK")
    assert connection.execute("SHOW application_name").fetchone() == ("other",)
    connection.execute("RESET application_name")
    assert connection.execute("SHOW application_name").fetchone() == ("tests",)
    pid, database = connection.execute("SELECT pg_backend_pid(), current_database()").fetchone() or (0, "")
    assert pid == connection.info.backend_pid
    assert database == "materialize"


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    ("value", "message"),
    [("off", 'can only be set to "on"'), ("0", 'requires a "boolean" value'), ("a, b", "expects a single value")],
)
def test_what_is_on_stays_on(sql: psycopg.Connection, value: LiteralString, message: str) -> None:
    sql.execute("SET standard_conforming_strings = 't'")
    refused(sql, f"SET standard_conforming_strings = {value}", "22023", message)


def test_an_unknown_startup_option_is_only_a_notice(engine_dsn: str) -> None:
    with psycopg.connect(engine_dsn, options="--nonsense=1 -c application_name=a\\ b") as connection:
        assert connection.execute("SHOW application_name").fetchone() == ("a b",)


def test_show(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int NOT NULL, b text)")
    sql.execute("CREATE VIEW v AS SELECT 1 AS one")
    assert sql.execute("SHOW TABLES").fetchall() == [("t", "")]
    assert sql.execute(f"SHOW VIEWS FROM {schema}").fetchall() == [("v", "")]
    assert sql.execute("SHOW COLUMNS FROM t").fetchall() == [("a", False, "integer", ""), ("b", True, "text", "")]
    assert (schema, "") in sql.execute("SHOW SCHEMAS").fetchall()
    assert sql.execute("SHOW mz_version").fetchone() == sql.execute("SELECT mz_version()").fetchone()


def test_show_filters(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int NOT NULL, b text)")
    sql.execute("CREATE TABLE u (a int)")
    sql.execute("CREATE INDEX i ON t (a)")
    sql.execute("COMMENT ON TABLE t IS 'costs $1'")
    assert sql.execute("SHOW TABLES WHERE comment LIKE 'costs %'").fetchall() == [("t", "costs $1")]
    assert sql.execute("SHOW COLUMNS FROM t WHERE NOT nullable").fetchall() == [("a", False, "integer", "")]
    sql.execute("CREATE VIEW in_order AS SELECT 1 AS z, 2 AS m, 3 AS a")
    for filtered, names in [("", "zma"), (" LIKE '%'", "zma"), (" WHERE name <> 'm'", "za")]:
        assert "".join(row[0] for row in sql.execute(f"SHOW COLUMNS FROM in_order{filtered}".encode())) == names
    assert sql.execute("SHOW INDEXES WHERE key = ARRAY['a']").fetchall() == [("i", "t", "quickstart", ["a"], "")]
    assert sql.execute(f"SHOW SCHEMAS WHERE name = '{schema}'").fetchall() == [(schema, "")]
    assert sql.execute("SHOW OBJECTS FROM mz_internal LIKE 'mz_sess%s'").fetchall() == [("mz_sessions", "table", "")]
    assert sql.execute("SHOW CLUSTERS").fetchall() == [("quickstart", "r1 (embedded)", "")]
    assert ("materialize", "") in sql.execute("SHOW ROLES").fetchall()
    assert sql.execute("SHOW CONNECTIONS").fetchall() == []
    refused(sql, "SHOW TABLES WHERE nope", "XX000", 'column "nope" does not exist')
    refused(sql, "SHOW TABLES WHERE true) UNION (SELECT 1, 2", "42601", "Expected")


def test_what_show_lists_can_be_queried(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE shown (a int NOT NULL, b text)")
    for query, rows in (
        ("SELECT name FROM (SHOW TABLES) WHERE name LIKE 'sh%'", [("shown",)]),
        ("SELECT name, nullable FROM (SHOW COLUMNS FROM shown WHERE type <> 'text') c", [("a", False)]),
        ("WITH s AS (SHOW TABLES LIKE 'n%') SELECT count(*) FROM s", [(0,)]),
        ("SELECT c.name FROM (SHOW COLUMNS FROM shown) c JOIN (SHOW TABLES) t ON t.name <> c.name", [("a",), ("b",)]),
    ):
        assert sorted(sql.execute(query)) == rows  # type: ignore[call-overload]
    sql.execute("PREPARE listed AS SELECT name FROM (SHOW TABLES)")
    sql.execute("CREATE TABLE another (a int)")
    assert sorted(sql.execute("EXECUTE listed")) == [("another",), ("shown",)]


def test_what_is_shown_of_a_view_follows_its_names(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("CREATE VIEW v AS WITH t2 AS (SELECT * FROM t x) SELECT upper(t2.b), count(*) FROM t2, t GROUP BY 1")
    sql.execute('ALTER TABLE t RENAME TO "New name"')
    new = f'materialize.{schema}."New name"'
    [(_, text)] = sql.execute("SHOW CREATE VIEW v").fetchall()
    query = (
        f"WITH t2 AS (SELECT * FROM {new} AS x) SELECT pg_catalog.upper(t2.b), pg_catalog.count(*)"
        f" FROM t2, {new} GROUP BY 1"
    )
    assert " ".join(text.split()) == f"CREATE VIEW materialize.{schema}.v AS {query};"
    sql.execute("DROP VIEW v")
    sql.execute(text)  # it can be run again
    assert sql.execute("SHOW CREATE VIEW v").fetchall() == [(f"materialize.{schema}.v", text)]


def test_execute_with_parameters(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("PREPARE put AS INSERT INTO t VALUES ($1, $2)")
    sql.execute("EXECUTE put (1 + 1, 'it''s')")
    sql.execute("EXECUTE put (NULL::int, NULL)")
    for given, type_ in [("'1'", "text"), ("NULL", "text"), ("true", "boolean")]:
        words = f"unable to cast given parameter $1: expected integer, got {type_}"
        refused(sql, f"EXECUTE put ({given}, 'x')", "XX000", words)
    assert sql.execute("SELECT * FROM t ORDER BY a").fetchall() == [(2, "it's"), (None, None)]
    refused(sql, "EXECUTE put (1)", "XX000", "expected 2 params, got 1")
    refused(sql, "EXECUTE put (1 / 0, 'x')", "XX000", "division by zero")
    refused(sql, "EXECUTE put ((SELECT max(a) FROM t), 'x')", "XX000", "EXECUTE does not allow subqueries")


def test_asserted_not_null(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("CREATE MATERIALIZED VIEW m WITH (ASSERT NOT NULL = b) AS SELECT a, b FROM t")
    sql.execute("INSERT INTO t VALUES (1, 'x')")
    assert sql.execute("SELECT a FROM m").fetchall() == [(1,)]
    sql.execute("INSERT INTO t VALUES (2, NULL)")
    refused(sql, "SELECT a FROM m", "XX000", 'column "b" must not be null')
    refused(
        sql, "CREATE MATERIALIZED VIEW n WITH (ASSERT NOT NULL c) AS SELECT a FROM t", "XX000", 'column "c" in ASSERT'
    )


def test_grants_are_checked(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    for statement in ("GRANT SELECT, INSERT ON t TO PUBLIC", "GRANT ALL PRIVILEGES ON TABLE t TO materialize"):
        assert sql.execute(statement).statusmessage == "GRANT"
    assert sql.execute("REVOKE SELECT ON t FROM PUBLIC").statusmessage == "REVOKE"
    refused(sql, "GRANT SELECT ON t TO nobody", "XX000", "unknown role 'nobody'")
    refused(sql, "GRANT SELECT ON nothing TO PUBLIC", "XX000", "unknown catalog item 'nothing'")


def test_a_parameter_has_the_type_of_what_it_is_first_compared_with(sql: psycopg.Connection) -> None:
    for query, oids in {
        "$1 BETWEEN 1 AND $2": [23, 23],
        "$1 NOT BETWEEN 1.5 AND $2": [1700, 1700],
        "$1 IN (1, $2, 'x')": [23, 23],
        "CASE $1 WHEN 1 THEN 'a' WHEN $2 THEN 'b' END": [23, 23],
        "($1, 2) = (1, $2)": [23, 23],
        "($1, 'a') IN ((1.5, $2), ($3, 'b'))": [1700, 25, 1700],
        "($1, $2) < ($3, now())": [25, 1184, 25],
    }.items():
        sql.pgconn.prepare(b"", f"SELECT {query}".encode())
        found = sql.pgconn.describe_prepared(b"")
        assert [found.param_type(index) for index in range(found.nparams)] == oids, query
    with pytest.raises(psycopg.Error, match="operator does not exist: text <= integer"):
        sql.execute("SELECT %s BETWEEN %s AND 3", ["a", "b"])


def test_psql(dsn: str) -> None:
    psql = shutil.which("psql")
    if psql is None:
        missing("no psql: install Debian's package postgresql-client")
    script = """
        CREATE TABLE t (a int, b text);
        INSERT INTO t VALUES (1, 'one'), (2, NULL);
        SELECT * FROM t ORDER BY a;
        \\copy t from stdin
3\tthree
\\.
        SELECT count(*) FROM t;
        COPY (SUBSCRIBE (VALUES (1, 'x'))) TO STDOUT;
        SELECT nope FROM t;
    """
    found = subprocess.run(
        [psql, "-X", "-A", "-t", dsn], input=script, capture_output=True, text=True, timeout=60, check=False
    )
    lines = found.stdout.splitlines()
    assert lines == [
        "CREATE TABLE",
        "INSERT 0 2",
        "1|one",
        "2|",
        "COPY 1",
        "3",
        "18446744073709551615\t1\t1\tx",
    ]
    assert 'column "nope" does not exist' in found.stderr


# ------------------------------------------------------------------------------------------------------ COPY


def test_copy_text(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text, c jsonb)")
    rows = [(1, "tab\t newline\n back\\slash", {"x": 1}), (2, None, None), (3, "", [1])]
    with sql.cursor().copy("COPY t FROM STDIN") as copy:
        for a, b, c in rows:
            copy.write_row((a, b, None if c is None else Jsonb(c)))
    assert sql.execute("SELECT * FROM t ORDER BY a").fetchall() == rows
    with sql.cursor().copy("COPY (SELECT * FROM t) TO STDOUT") as copy:
        copy.set_types(["int4", "text", "jsonb"])
        assert sorted(copy.rows()) == rows


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_copy_csv_in_pieces(sql: psycopg.Connection, piece: int) -> None:
    sql.execute("CREATE TABLE t (a text, b text)")
    data = 'a,b\n"x, ""y""\nz",1\n,""\nplain,é🦆\n'.encode()
    with sql.cursor().copy("COPY t (a, b) FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
        for at in range(0, len(data), piece):
            copy.write(data[at : at + piece])
    found = sql.execute("SELECT a, b FROM t").fetchall()
    assert sorted(found, key=str) == sorted([('x, "y"\nz', "1"), (None, None), ("plain", "é🦆")], key=str)


def test_copy_keeps_every_character(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    odd = ["\u2028", "\x85", "\x0b", "\x1c", "x" * 200_000, "€", "tab\t\\ and \r\n end"]
    with sql.cursor().copy("COPY t FROM STDIN") as copy:
        for number, text in enumerate(odd):
            copy.write_row((number, text))
        copy.write("7\t\\xe2\\x82\\xac\\101\n")
    assert sql.execute("SELECT b FROM t ORDER BY a").fetchall() == [(text,) for text in [*odd, "€A"]]
    sql.execute("DELETE FROM t")
    with sql.cursor().copy("COPY t FROM STDIN WITH (FORMAT csv)") as copy:
        for number, text in enumerate(odd[:6]):
            copy.write(f"{number},{text}\n")
        copy.write('6,"two\nlines, ""quoted"""\r\n7,""\n')
    found = [text for (text,) in sql.execute("SELECT b FROM t ORDER BY a").fetchall()]
    assert found == [*odd[:6], 'two\nlines, "quoted"', None]


@pytest.mark.parametrize("data", ["1\tnul\0\n", "1\tnul\\000\n", "1\t\\xff\n"])
def test_copy_refuses_what_is_no_text(sql: psycopg.Connection, data: str) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    with pytest.raises(psycopg.errors.CharacterNotInRepertoire), sql.cursor().copy("COPY t FROM STDIN") as copy:
        copy.write(data)


def test_copy_of_a_quote_that_never_ends_is_refused_soon(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a text)")
    began = time.monotonic()
    with (
        pytest.raises(psycopg.errors.BadCopyFileFormat, match="unterminated"),
        sql.cursor().copy("COPY t FROM STDIN WITH (FORMAT csv)") as copy,
    ):
        copy.write('"open\n' + "line\n" * 400_000)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("block", [False, True])
def test_copy_into_a_table_that_changes_meanwhile(sql: psycopg.Connection, connect: Connect, block: bool) -> None:
    other = connect()

    def copied(change: LiteralString) -> None:
        sql.execute("CREATE TABLE t (a int)")
        with sql.transaction() if block else contextlib.nullcontext(), sql.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write("1\n")
            other.execute(change)

    with pytest.raises(psycopg.Error, match=r"unknown catalog item 'u[0-9]+'"):
        copied("DROP TABLE t")
    copied("ALTER TABLE t RENAME TO u")
    assert sql.execute("SELECT a FROM u").fetchall() == [(1,)]


def test_copy_refuses_what_does_not_fit(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    for line, text in [
        ("1", "missing data for column"),
        ("1\t2\t3", "extra data after last expected column"),
        ("x\ty", "invalid input syntax for type integer"),
    ]:
        with pytest.raises(psycopg.Error) as caught, sql.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(f"7\tgood\n{line}\n")
        assert text in str(caught.value)

    def give_up() -> None:
        with sql.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write("7\tgood\n")
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        give_up()
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (0,), "all or nothing"
    with pytest.raises(psycopg.Error, match="unknown catalog item 'nope'"), sql.cursor().copy("COPY nope FROM STDIN"):
        pass


def test_copy_in_a_transaction(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    writer = connect(autocommit=False)
    with writer.cursor().copy("COPY t FROM STDIN") as copy:
        copy.write("1\n2\n")
    writer.execute("INSERT INTO t VALUES (3)")
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (0,)
    writer.commit()
    assert sql.execute("SELECT count(*) FROM t").fetchone() == (3,)


def test_columns_may_differ_only_in_case(sql: psycopg.Connection) -> None:
    sql.execute('CREATE TABLE t ("A" int, a int)')
    sql.execute("INSERT INTO t VALUES (1, 2)")
    assert sql.execute('SELECT a, "A" FROM t').fetchone() == (2, 1)
    row = sql.execute('SELECT * FROM (SELECT 1 AS "A", 2 AS a) AS q').fetchone()
    assert row == (1, 2)


def test_declared_widths_are_shown_and_digits_only_where_a_number_is_rounded_and_printed_at_once(
    sql: psycopg.Connection,
) -> None:
    row = sql.execute(
        "SELECT 1.2::numeric(10, 3)::text, 1.2::numeric(10, 3), 0::numeric(5, 2), 'ab'::char(5)"
    ).fetchone()
    assert row is not None
    assert [str(value) for value in row] == ["1.200", "1.2", "0", "ab   "]


# ------------------------------------------------------------------------------------------- names and what is bounded


def test_names_that_expressions_cannot_have_are_quoted(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (array int, key int, not text)")
    [(_, text)] = sql.execute("SHOW CREATE TABLE t").fetchall()
    columns = '"array" pg_catalog.int4, key pg_catalog.int4, "not" pg_catalog.text'
    assert text == f"CREATE TABLE materialize.{schema}.t ({columns});"


def test_defaults_of_columns_are_spelt_as_queries_are(sql: psycopg.Connection) -> None:
    columns = "a date DEFAULT date '2024-05-06', b interval DEFAULT interval '1' hours, c text DEFAULT CAST(7 AS text)"
    sql.execute(f"CREATE TABLE t ({columns})")
    [(_, text)] = sql.execute("SHOW CREATE TABLE t").fetchall()
    defaults = [part.partition(" DEFAULT ")[2] for part in text.removesuffix(");").split(", ")]
    assert defaults == ["'2024-05-06'::pg_catalog.date", "INTERVAL '1' HOUR", "7::pg_catalog.text"]
    sql.execute("CREATE VIEW v AS SELECT * FROM t")
    for query in (
        "SELECT column_default FROM information_schema.columns WHERE table_name = 't' ORDER BY ordinal_position",
        "SELECT c.default FROM mz_columns c JOIN mz_tables t ON t.id = c.id WHERE t.name = 't' ORDER BY position",
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_class c ON c.oid = adrelid ORDER BY adnum",
    ):
        assert [text for (text,) in sql.execute(query)] == defaults


def test_keys_of_indexes_are_spelt_as_queries_are(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("CREATE TYPE numbers AS LIST (ELEMENT TYPE = int8)")
    sql.execute("CREATE INDEX i ON t (CAST(a + 1 AS text), coalesce(b, 'x'), lower(b), CAST(b AS numbers))")
    [(_, _, _, keys, _)] = sql.execute("SHOW INDEXES ON t").fetchall()
    assert keys[:3] == ["(a + 1)::pg_catalog.text", "COALESCE(b, 'x')", "pg_catalog.lower(b)"]
    refused(sql, "DROP TYPE numbers", "XX000", 'cannot drop type "numbers": still depended upon by index "i"')
    sql.execute("DROP TABLE t")
    sql.execute("DROP TYPE numbers")


def test_comments_are_on_what_they_were_made_on(sql: psycopg.Connection, schema: str) -> None:
    oid = "(SELECT oid FROM mz_schemas WHERE name = 'remarked')"
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("COMMENT ON TABLE t IS 'of the table'")
    named = f"'{schema}.t'::regclass::oid"
    told = sql.execute(f"SELECT obj_description({named}, 'pg_class'), obj_description({named}, 'pg_type')").fetchone()
    assert told == ("of the table", None)
    sql.execute("CREATE SCHEMA noted")
    sql.execute("COMMENT ON SCHEMA noted IS 'of the schema'")
    sql.execute("ALTER SCHEMA noted RENAME TO remarked")
    assert sql.execute("SELECT comment FROM mz_internal.mz_comments WHERE object_type = 'schema'").fetchall() == [
        ("of the schema",)
    ]
    told = sql.execute(f"SELECT obj_description({oid}, 'pg_namespace'), obj_description({oid}, 'pg_class')").fetchone()
    assert told == ("of the schema", None)
    sql.execute("DROP SCHEMA remarked")
    sql.execute("CREATE SCHEMA remarked")
    assert sql.execute("SHOW SCHEMAS WHERE name = 'remarked'").fetchall() == [("remarked", "")]
    sql.execute("DROP SCHEMA remarked")


def test_at_least_is_now_where_the_past_is_asked_for(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("INSERT INTO t VALUES (7)")
    assert sql.execute("SELECT a FROM t AS OF AT LEAST 5").fetchall() == [(7,)]
    soon = "mz_now()::text::numeric + 300"
    moment = sql.execute(f"SELECT ({soon})::text, ({soon})::uint8::text").fetchone()
    assert moment is not None
    found = sql.execute(f"SELECT a, mz_now() >= '{moment[1]}' FROM t AS OF AT LEAST {moment[1]}".encode()).fetchall()
    assert found == [(7, True)]
    other = connect(autocommit=False)
    other.execute("SELECT a FROM t AS OF AT LEAST 1")
    other.execute("INSERT INTO t VALUES (8)")
    other.commit()
    assert sql.execute("SELECT a FROM t ORDER BY a").fetchall() == [(7,), (8,)]
    refused(sql, "SELECT a FROM t AS OF AT LEAST 'never'", "XX000", "should be castable to a (non-null) mz_timestamp")


def test_a_view_of_constants_is_read_where_tables_are(sql: psycopg.Connection) -> None:
    sql.execute("CREATE VIEW one AS SELECT 1 AS a")
    sql.execute("CREATE TABLE t (a int)")
    with sql.transaction():
        assert sql.execute("SELECT * FROM one").fetchall() == [(1,)]
        assert sql.execute("SELECT * FROM t").fetchall() == []


def test_renamed_things_stay_what_they_are(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE VIEW v AS SELECT a + 1 AS b FROM t")
    sql.execute("ALTER TABLE t RENAME TO u")
    sql.execute("INSERT INTO u VALUES (1)")
    assert sql.execute("SELECT * FROM v").fetchall() == [(2,)]
    refused(sql, "SELECT * FROM t", "XX000", "unknown catalog item 't'")
    sql.execute("CREATE TABLE t (b text)")
    assert sql.execute("SELECT * FROM v").fetchall() == [(2,)], "a new table of the old name is another one"
    refused(sql, "DROP TABLE u", "XX000", 'still depended upon by view "v"')


def test_temporary_tables_are_the_sessions_own(connect: Connect) -> None:
    first, second = connect(), connect()
    first.execute("CREATE TABLE t (a int)")
    first.execute("CREATE TEMPORARY TABLE t (a text)")
    first.execute("INSERT INTO t VALUES ('mine')")
    assert first.execute("SELECT * FROM t").fetchall() == [("mine",)]
    assert second.execute("SELECT * FROM t").fetchall() == []
    refused(second, "SELECT * FROM mz_temp.t", "XX000", "unknown catalog item")
    first.execute("CREATE TEMPORARY VIEW v AS SELECT * FROM t")
    for query, item in {
        "SELECT * FROM v": "v",
        "SELECT * FROM v, t": "t",
        "SELECT 1 WHERE EXISTS (TABLE v)": "v",
    }.items():
        refused(
            first, f"CREATE VIEW w AS {query}", "XX000", f"non-temporary items cannot depend on temporary item '{item}'"
        )
    first.execute("DISCARD TEMP")
    assert first.execute("SELECT * FROM t").fetchall() == []


def test_the_catalog_tells_what_is_there(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int NOT NULL, b text)")
    sql.execute("COMMENT ON COLUMN t.b IS 'a text'")
    columns = "SELECT column_name, is_nullable, data_type FROM information_schema.columns WHERE table_schema = %s"
    assert sql.execute(f"{columns} ORDER BY ordinal_position", (schema,)).fetchall() == [
        ("a", "NO", "integer"),
        ("b", "YES", "text"),
    ]
    assert sql.execute("SHOW COLUMNS FROM t").fetchall() == [("a", False, "integer", ""), ("b", True, "text", "a text")]
    joined = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s"
    assert sql.execute(joined, (schema,)).fetchall() == [("t",)]


def test_the_catalog_knows_the_type_of_every_column(sql: psycopg.Connection, schema: str) -> None:
    """A column whose type pg_type lacks drops out of the joins that tools read a table's columns by."""
    sql.execute("CREATE TABLE t (a int, r int4range, rs tsrange[], l text list, m map[text=>int])")
    told = (
        "SELECT attname, typname, format_type(atttypid, atttypmod) FROM pg_attribute a "
        "JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s ORDER BY attnum"
    )
    assert sql.execute(told, (schema,)).fetchall() == [
        ("a", "int4", "integer"),
        ("r", "int4range", "int4range"),
        ("rs", "_tsrange", "tsrange[]"),
        ("l", "list", "list"),
        ("m", "map", "map"),
    ]
    assert sql.execute("SELECT count(*) = count(DISTINCT oid) FROM pg_type").fetchone() == (True,)


def test_the_catalog_tells_of_types_that_were_made(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TYPE kl AS LIST (ELEMENT TYPE = int4)")
    sql.execute("CREATE TYPE kr AS (a int4, b text)")
    told = (
        "SELECT t.name, t.category FROM mz_types t JOIN mz_schemas s ON s.id = t.schema_id WHERE s.name = %s ORDER BY 1"
    )
    assert sql.execute(told, (schema,)).fetchall() == [("kl", "list"), ("kr", "composite")]


def test_what_a_name_means_is_called_by_the_qualifiers_that_it_needs(sql: psycopg.Connection, schema: str) -> None:
    for made in (f"{schema}_b", "away"):
        sql.execute(f"DROP SCHEMA IF EXISTS {made} CASCADE" if made != "away" else "DROP DATABASE IF EXISTS away")
    sql.execute(f"CREATE SCHEMA {schema}_b")
    sql.execute("CREATE DATABASE away")
    for at in ("", f"{schema}_b.", "away.public."):
        sql.execute(f"CREATE TABLE {at}tt (a int)")
        sql.execute(f"CREATE TYPE {at}ty AS LIST (ELEMENT TYPE = int8)")
    for name, target in (("tt", "regclass"), ("ty", "regtype")):
        asked = [f"'{at}{name}'::{target}" for at in ("", f"{schema}_b.", "away.public.")]
        told = sql.execute(f"SELECT {', '.join(f'{each}::text' for each in asked)}").fetchone()
        assert told == (name, f"{schema}_b.{name}", f"away.public.{name}")
        assert sql.execute(f"SELECT {asked[0]} = {asked[1]}").fetchone() == (False,)
        sql.execute(f"SET search_path = {schema}_b")
        assert sql.execute(f"SELECT {asked[0]}::text, {asked[1]}::text").fetchone() == (name, name)
        sql.execute(f"SET search_path = {schema}")
    elements = "SELECT typcategory, typelem FROM pg_type WHERE oid = 'ty'::regtype"
    assert sql.execute(elements).fetchone() == ("U", 20)
    sql.execute("DROP DATABASE away")
    sql.execute(f"DROP SCHEMA {schema}_b CASCADE")


def test_comments_on_columns_are_told_by_their_places(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE told (a int, b int)")
    sql.execute("COMMENT ON COLUMN told.b IS 'a 2nd one'")
    asked = "SELECT attname, col_description(attrelid, attnum::int) FROM pg_attribute WHERE attrelid = 'told'::regclass"
    assert sorted(sql.execute(asked).fetchall()) == [("a", None), ("b", "a 2nd one")]


def test_a_numeric_of_any_scale_is_told_with_all_digits(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE amounts (a numeric, b numeric(8, 3))")
    asked = "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'amounts'::regclass ORDER BY attnum"
    assert [row[0] - 4 for row in sql.execute(asked).fetchall()] == [39 << 16 | 39, 39 << 16 | 3]
    description = sql.execute("SELECT a, b FROM amounts").description or []
    assert [(column.precision, column.scale) for column in description] == [(39, 39), (39, 3)]


def test_the_systems_schemas_and_roles_are_in_their_places(sql: psycopg.Connection) -> None:
    homes = "SELECT nspname FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE typname = %s"
    assert [sql.execute(homes, [name]).fetchall() for name in ("uint4", "int4")] == [
        [("mz_catalog",)],
        [("pg_catalog",)],
    ]
    owners = "SELECT DISTINCT r.name FROM mz_relations o JOIN mz_roles r ON r.id = o.owner_id WHERE o.id LIKE 's%'"
    assert sql.execute(owners).fetchall() == [("mz_system",)]
    assert ("mz_system",) not in sql.execute("SELECT usename FROM pg_user").fetchall()


def test_a_setting_is_local_to_its_transaction(sql: psycopg.Connection) -> None:
    sql.execute("BEGIN")
    sql.execute("SET LOCAL application_name = 'here'")
    assert sql.execute("SHOW application_name").fetchone() == ("here",)
    sql.execute("COMMIT")
    assert sql.execute("SHOW application_name").fetchone() == ("",)


def test_severities_that_are_taken_without_being_offered(sql: psycopg.Connection) -> None:
    told: list[str | None] = []
    sql.add_notice_handler(lambda notice: told.append(notice.message_primary))
    for given, shown, heard in [("Debug", "debug2", 1), ("info", "info", 1), ("warning", "warning", 0)]:
        told.clear()
        sql.execute(f"SET client_min_messages = {given}")
        assert sql.execute("SHOW client_min_messages").fetchone() == (shown,)
        sql.execute("DROP TABLE IF EXISTS nowhere")
        assert len(told) == heard


def test_safe_updates_are_taken_and_refuse_nothing(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("SET sql_safe_updates = true")
    assert sql.execute("SHOW sql_safe_updates").fetchone() == ("on",)
    sql.execute("DELETE FROM t")


_LONG = "SELECT count(*) FROM generate_series(1, 30000) a, generate_series(1, 30000) b, generate_series(1, 1000) c"


@pytest.mark.usefixtures("embedded")
def test_a_statement_ends_when_its_time_is_over(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (n bigint)")
    sql.execute("SET statement_timeout = '300ms'")
    for statement in (_LONG, f"INSERT INTO t {_LONG}"):
        began = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            sql.execute(statement)
        assert time.monotonic() - began < 5
    connect().execute("INSERT INTO t VALUES (1)")
    assert sql.execute("SELECT * FROM t").fetchall() == [(1,)]


@pytest.mark.usefixtures("embedded")
def test_a_cancelled_write_leaves_others_alone(sql: psycopg.Connection, connect: Connect) -> None:
    sql.execute("CREATE TABLE t (n bigint)")
    timer = threading.Timer(0.5, sql.cancel)
    timer.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        sql.execute(f"INSERT INTO t {_LONG}")
    timer.join()
    other = connect()
    began = time.monotonic()
    other.execute("INSERT INTO t VALUES (1)")
    assert time.monotonic() - began < 5
    assert other.execute("SELECT * FROM t").fetchall() == [(1,)]


def test_a_declared_cursor_can_be_described(connect: Connect) -> None:
    reader = connect(autocommit=False)
    with reader.cursor("mine") as cursor:
        cursor.execute("SELECT generate_series, 'x' AS x FROM generate_series(1, 10)")
        assert [column.name for column in cursor.description or ()] == ["generate_series", "x"]
        assert len(cursor.fetchall()) == 10


@pytest.mark.parametrize(
    ("timeout", "seconds"), [("500 milliseconds", 0.5), ("1 second", 1), ("00:00:01", 1), ("0.5", 0.5)]
)
def test_fetch_waits_for_as_long_as_it_says(sql: psycopg.Connection, timeout: str, seconds: float) -> None:
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("BEGIN")
    sql.execute("DECLARE c CURSOR FOR SUBSCRIBE t")
    began = time.monotonic()
    assert sql.execute(f"FETCH 1 c WITH (TIMEOUT = '{timeout}')").fetchall() == []
    assert seconds - 0.1 < time.monotonic() - began < seconds + 5


def test_show_all_describes_each_setting(sql: psycopg.Connection) -> None:
    shown = sql.execute("SHOW ALL").fetchall()
    assert [column.name for column in sql.execute("SHOW ALL").description or ()] == ["name", "setting", "description"]
    assert all(len(row) == 3 and row[2].endswith(".") for row in shown)
    assert {"search_path", "server_version"} <= {row[0] for row in shown}
    refused(sql, "SHOW max_tables", "0A000", "SHOW max_tables is not supported")
    refused(sql, "SET max_tables = 1", "42704", 'unrecognized configuration parameter "max_tables"')


def test_what_the_system_needs_stays(sql: psycopg.Connection, schema: str) -> None:
    for statement, words in [
        ("DROP TYPE int4", "cannot drop type int4 because it is required by the database system"),
        ("COPY mz_tables FROM STDIN", "cannot insert into system table 'mz_catalog.mz_tables'"),
        (f"ALTER SCHEMA {schema} OWNER TO nobody_here", "unknown role 'nobody_here'"),
        ("ALTER DATABASE nowhere OWNER TO materialize", "unknown database 'nowhere'"),
    ]:
        refused(sql, statement, "XX000", words)
    sql.execute(f"ALTER SCHEMA {schema} OWNER TO materialize")


def test_a_transaction_reads_the_schemas_of_its_first_query(sql: psycopg.Connection, schema: str) -> None:
    other = f"{schema}_other"
    sql.execute(f"CREATE SCHEMA {other}")
    sql.execute("CREATE TABLE t (a int)")
    sql.execute(f"CREATE TABLE {other}.u (a int)")
    sql.execute(f"CREATE TABLE {other}.apart (a int)")
    sql.execute(f"CREATE VIEW v AS SELECT * FROM {other}.u")
    sql.execute("BEGIN")
    for allowed in ("t", "v", f"{other}.u", "pg_catalog.pg_namespace"):
        sql.execute(f"SELECT * FROM {allowed}")
    with pytest.raises(psycopg.Error, match="can only reference objects in the same timedomain") as caught:
        sql.execute(f"SELECT * FROM {other}.apart")
    assert caught.value.sqlstate == "25000"
    told = (caught.value.diag.message_detail or "").splitlines()
    assert told[:5] == [
        "The following relations in the query are outside the transaction's time domain:",
        f'"materialize.{other}.apart"',
        "Only the following relations are available:",
        f'"materialize.{schema}.t"',
        f'"materialize.{other}.u"',
    ]
    sql.execute("ROLLBACK")
    sql.execute(f"SELECT * FROM t, {other}.apart")
    sql.execute(f"DROP SCHEMA {other} CASCADE")


def test_types_are_no_relations_and_relations_no_types(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TYPE ty AS LIST (ELEMENT TYPE = int4)")
    sql.execute("CREATE TABLE t (a int)")
    for statement in (
        "SELECT * FROM ty",
        "INSERT INTO ty VALUES (1)",
        "DROP TABLE ty",
        "SHOW INDEXES ON ty",
        "SUBSCRIBE ty",
    ):
        refused(sql, statement, "XX000", "unknown catalog item 'ty'")
    for statement in ("DROP TYPE t", "SELECT 1::t", "CREATE TABLE u (a t)"):
        refused(sql, statement, "XX000", 'type "t" does not exist')


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("LIST (ELEMENT TYPE = int list)", "AS LIST option ELEMENT TYPE can only use named data types, but found "),
        ("LIST (ELEMENT TYPE = map[text=>int])", "unnamed data type map[pg_catalog.text=>pg_catalog.int4]. Use CREATE"),
        ("MAP (KEY TYPE = text, VALUE TYPE = int list)", "AS MAP option VALUE TYPE can only use named data types"),
        ("(a int, b text list list)", "AS option b can only use named data types, but found unnamed data type "),
        ("LIST (ELEMENT TYPE = char)", "embedding char type in a list or map not yet supported"),
        ("MAP (KEY TYPE = text, KEY TYPE = text, VALUE TYPE = int)", "KEY TYPE specified more than once"),
    ],
)
def test_a_type_is_made_of_named_types(sql: psycopg.Connection, definition: str, message: str) -> None:
    refused(sql, f"CREATE TYPE made AS {definition}", "XX000", message)
    refused(sql, "SELECT NULL::made", "XX000", 'type "made" does not exist')


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("CREATEDB", "CREATEDB attribute is not supported"),
        ("WITH NOCREATEROLE", "CREATEROLE attribute is not supported"),
        ("NOINHERIT", "non inherit roles not yet supported"),
        ("INHERIT INHERIT", "conflicting or redundant options"),
    ],
)
def test_attributes_that_roles_cannot_have(sql: psycopg.Connection, attributes: str, message: str) -> None:
    refused(sql, f"CREATE ROLE never_made {attributes}", "XX000", message)
    refused(sql, "DROP ROLE never_made", "XX000", "unknown role 'never_made'")


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
def test_show_is_nothing_for_views(sql: psycopg.Connection, kind: str) -> None:
    refused(sql, f"CREATE {kind} v AS SHOW TABLES", "XX000", "SHOW commands are not allowed in views")
    refused(sql, f"CREATE {kind} v AS SHOW TABLES FROM", "42601", "Expected identifier, found EOF")


def test_rows_without_columns_are_refused_by_name(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE bare ()")
    for rows in ("DEFAULT VALUES", "SELECT", "SELECT FROM generate_series(1, 3)"):
        refused(sql, f"INSERT INTO bare {rows}", "0A000", "a row without columns is not supported")
    refused(sql, "INSERT INTO bare SELECT 1", "XX000", "INSERT has more expressions than target columns")
    sql.execute("CREATE TABLE filled (a int DEFAULT 3, b text)")
    sql.execute("INSERT INTO filled SELECT")
    assert sql.execute("SELECT * FROM filled").fetchall() == [(3, None)]


def test_notices_say_what_to_do(sql: psycopg.Connection) -> None:
    told: list[tuple[str | None, str | None]] = []
    sql.add_notice_handler(lambda notice: told.append((notice.message_primary, notice.message_hint)))
    sql.execute("CREATE TABLE t (a int)")
    sql.execute("CREATE INDEX t_a ON t (a)")
    for statement, message, hint in [
        ("CREATE INDEX ON t (a)", "is identical to", "Please drop all indexes except the first index created on t(a)"),
        ("CREATE INDEX ON t ()", "Empty index key.", "CREATE DEFAULT INDEX is almost always better"),
        ("SET database = nowhere", 'database "nowhere" does not exist', "Create the database with CREATE DATABASE"),
        ("SHOW database", 'database "nowhere" does not exist', "List available databases with SHOW DATABASES."),
        ("SET cluster = nowhere", 'cluster "nowhere" does not exist', "List available clusters with SHOW CLUSTERS."),
        (
            "SHOW cluster",
            'cluster "nowhere" does not exist',
            "Create the cluster with CREATE CLUSTER or pick an extant",
        ),
        (
            "SHOW schema",
            "no schema on the search path exists: ",
            "Create a schema with CREATE SCHEMA or pick an extant",
        ),
    ]:
        told.clear()
        sql.execute(statement)
        assert [message in str(said) and hint in str(advice) for said, advice in told] == [True], told


def test_it_is_told_when_the_database_of_the_session_goes(sql: psycopg.Connection) -> None:
    told: list[tuple[str | None, str | None]] = []
    sql.execute("CREATE DATABASE going")
    sql.execute("SET database = going")
    sql.add_notice_handler(lambda notice: told.append((notice.sqlstate, notice.message_primary)))
    sql.execute("DROP DATABASE going")
    assert told == [
        ("00000", "drop cascades to 1 other objects"),
        ("MZ002", 'active database "going" has been dropped'),
    ]
    sql.execute("RESET database")
    sql.execute("CREATE DATABASE going")
    told.clear()
    sql.execute("DROP DATABASE going")
    assert [code for code, _ in told] == ["00000"]


def test_a_comparison_with_null_is_told(sql: psycopg.Connection) -> None:
    told: list[str | None] = []
    sql.add_notice_handler(lambda notice: told.append(notice.message_primary))
    sql.execute("CREATE TABLE compared (a int, b text)")
    sql.execute("CREATE VIEW compared_view AS SELECT a = NULL AS x FROM compared")
    for query in (
        "SELECT a FROM compared WHERE b IS NULL OR a < NULL OR a BETWEEN NULL AND 1 OR b LIKE NULL",
        "SELECT a + NULL, coalesce(b, NULL), nullif(a, 1), a IN (1, 2), NULL::int IS NULL FROM compared",
        "SELECT * FROM compared_view",
    ):
        sql.execute(query)  # type: ignore[call-overload]
        assert not told, query
    for query in (
        "SELECT a FROM compared WHERE a = NULL",
        "SELECT NULL::int <> a FROM compared",
        "SELECT 1 WHERE EXISTS (SELECT FROM compared WHERE b IN ('x', NULL))",
        "SELECT (a, b) = (1, NULL) FROM compared UNION ALL SELECT a IS DISTINCT FROM NULL FROM compared",
        "SELECT CASE a WHEN NULL THEN 1 END, nullif(b, NULL) FROM compared",
        "CREATE MATERIALIZED VIEW compared_kept AS SELECT a FROM compared WHERE a != NULL",
    ):
        sql.execute(query)  # type: ignore[call-overload]
        assert told == ["Comparison with NULL using `=`, `<>`, or `!=` always evaluates to NULL."], query
        told.clear()


def test_an_index_that_others_were_built_from_is_told_when_it_goes(sql: psycopg.Connection) -> None:
    told: list[str] = []
    sql.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    sql.execute("CREATE TABLE built (a int, b text)")
    for name, key in (("first", "a"), ("second", "b"), ("third", "b"), ("fourth", "a")):
        sql.execute(f"CREATE INDEX {name} ON built ({key})")  # type: ignore[call-overload]
    for name, users in (("first", "second, fourth"), ("fourth", ""), ("second", "third"), ("third", "")):
        told.clear()
        sql.execute(f"DROP INDEX {name}")  # type: ignore[call-overload]
        listed = re.findall(r"following objects: (.*?)\. The", " ".join(told))
        assert [re.sub(r"[a-z0-9_]+\.", "", text) for text in listed] == ([users] if users else []), told


def test_a_transaction_that_renames_does_nothing_else(sql: psycopg.Connection) -> None:
    sql.execute("CREATE TABLE named (a int)")
    for statement in ("SELECT 1", "INSERT INTO named VALUES (1)", "CREATE TABLE other (a int)"):
        sql.execute("BEGIN")
        sql.execute("ALTER TABLE named RENAME TO renamed")
        refused(sql, statement, "25000", "transactions which modify objects are restricted to just modifying objects")
        sql.execute("ROLLBACK")
    sql.execute("BEGIN")
    sql.execute("ALTER TABLE named RENAME TO renamed")
    sql.execute("COMMIT")
    assert sql.execute("SELECT count(*) FROM renamed").fetchone() == (0,)
