"""ALTER … RENAME of what views name: what SHOW CREATE says then, and what is refused since it could be misread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from typing import LiteralString


def _query(sql: psycopg.Connection, view: LiteralString, schema: str) -> str:
    row = sql.execute(f"SHOW CREATE VIEW {view}").fetchone()
    assert row is not None
    return " ".join(row[1].split()).partition(" AS ")[2].replace(f"materialize.{schema}.", "")


def test_columns_are_qualified_by_the_new_name(sql: psycopg.Connection, schema: str) -> None:
    sql.execute("CREATE TABLE t (a int, b text)")
    sql.execute("CREATE VIEW v AS SELECT a FROM t")
    sql.execute(
        "CREATE VIEW w AS SELECT t.*, v.a + 1 AS c FROM v JOIN t ON v.a = t.a "
        "WHERE t.b <> 't.b' AND EXISTS (SELECT FROM t AS x WHERE x.a = v.a)"
    )
    sql.execute("ALTER TABLE t RENAME TO u")
    sql.execute("ALTER VIEW v RENAME TO y")
    sql.execute('ALTER TABLE u RENAME TO "T 2"')
    assert _query(sql, "w", schema) == (
        'SELECT "T 2".*, y.a + 1 AS c FROM y JOIN "T 2" ON y.a = "T 2".a '
        'WHERE "T 2".b <> \'t.b\' AND EXISTS (SELECT FROM "T 2" AS x WHERE x.a = y.a);'
    )
    assert sql.execute("SELECT count(*) FROM w").fetchone() == (0,)


def test_what_could_be_misread_is_refused(sql: psycopg.Connection, schema: str) -> None:
    for statement in (
        "CREATE TABLE foo (a int)",
        "CREATE TABLE bar (b int)",
        "CREATE VIEW both AS SELECT foo.a, bar.b FROM foo, bar",
        "CREATE VIEW aliased AS SELECT bar.a FROM (SELECT a FROM foo) AS bar",
        "CREATE VIEW total AS SELECT sum(a) AS total FROM foo",
        "CREATE VIEW named AS WITH c AS (SELECT a FROM foo) SELECT c.a FROM c",
        "CREATE VIEW free AS SELECT 1 AS one",
    ):
        sql.execute(statement)  # type: ignore[call-overload]
    used = "used in any existing view definitions"
    for statement, view, by, message in [
        ("TABLE foo RENAME TO b", "both", "foo", f'found reference to "b"; cannot rename "foo" to any identity {used}'),
        (
            "TABLE foo RENAME TO c",
            "named",
            "foo",
            f'found reference to "c"; cannot rename "foo" to any identity {used}',
        ),
        ("VIEW total RENAME TO sums", "total", "", '"total" potentially used ambiguously as item and alias or column'),
        (
            "VIEW free RENAME TO one",
            "free",
            "",
            f'found reference to "one"; cannot rename "free" to any identity {used}',
        ),
    ]:
        with pytest.raises(psycopg.Error) as caught:
            sql.execute(f"ALTER {statement}")  # type: ignore[call-overload]
        path = f"materialize.{schema}."
        where = f"{path}{view}" + (f", which uses {path}{by}" if by else "")
        assert caught.value.diag.message_primary == f"renaming conflict: in {where}, {message}"
    sql.execute("ALTER TABLE foo RENAME TO fine")
    assert _query(sql, "both", schema) == "SELECT fine.a, bar.b FROM fine, bar;"


def test_a_name_in_two_schemas_is_told_by_its_schema(sql: psycopg.Connection, schema: str) -> None:
    other = f"{schema}_two"
    sql.execute(f"CREATE SCHEMA {other}")  # type: ignore[call-overload]
    sql.execute("CREATE TABLE t (a int)")
    sql.execute(f"CREATE TABLE {other}.t (b int)")  # type: ignore[call-overload]
    sql.execute(f"CREATE VIEW full AS SELECT {schema}.t.a, {other}.t.b FROM t, {other}.t")  # type: ignore[call-overload]
    sql.execute("ALTER TABLE t RENAME TO u")
    assert _query(sql, "full", schema) == f"SELECT {schema}.u.a, {other}.t.b FROM u, materialize.{other}.t;"
    sql.execute(
        f"CREATE VIEW short AS SELECT l.a, r.b FROM (SELECT u.a FROM u) AS l, (SELECT t.b FROM {other}.t) AS r"  # type: ignore[call-overload]
    )
    sql.execute(f"ALTER TABLE {other}.t RENAME TO w")  # type: ignore[call-overload]
    sql.execute(f"DROP SCHEMA {other} CASCADE")  # type: ignore[call-overload]


def test_a_schema_is_renamed_where_its_database_is_named(sql: psycopg.Connection, schema: str) -> None:
    one, two, three = (f"{schema}_{word}" for word in ("one", "two", "three"))
    for statement in (
        f"CREATE SCHEMA {one}",
        f"CREATE SCHEMA {two}",
        f"CREATE TABLE {one}.t (a int)",
        f"CREATE TABLE {two}.t (b int)",
        f"CREATE VIEW v AS SELECT materialize.{one}.t.a, materialize.{two}.t.b FROM {one}.t, {two}.t",
        f"ALTER SCHEMA {one} RENAME TO {three}",
        f"ALTER SCHEMA {three} SWAP WITH {two}",
    ):
        sql.execute(statement)  # type: ignore[call-overload]
    a, b = f"materialize.{two}.t", f"materialize.{three}.t"
    assert _query(sql, "v", schema) == f"SELECT {a}.a, {b}.b FROM {a}, {b};"
    sql.execute(f"CREATE VIEW short AS SELECT {two}.t.a FROM {two}.t")  # type: ignore[call-overload]
    for change in (f"{two} RENAME TO {one}", f"{three} SWAP WITH {two}"):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="short qualifies columns"):
            sql.execute(f"ALTER SCHEMA {change}")  # type: ignore[call-overload]
    for name in (two, three):
        sql.execute(f"DROP SCHEMA {name} CASCADE")  # type: ignore[call-overload]
