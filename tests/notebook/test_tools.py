"""The tools of an analysis, each by its real package: what Materialize lets them do they do here, by the same means."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import ibis
import pandas as pd
import polars as pl
import psycopg
import pytest
import sqlalchemy as sa

import mzwidget
from mzwidget.notebook import session
from mzwidget.tail import connect
from tests.machine import missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sales(database: psycopg.Connection) -> None:
    columns = "item text NOT NULL, sold int, at timestamptz, price numeric, tags text[], j jsonb"
    database.execute(f"CREATE TABLE sales ({columns})")
    database.execute("INSERT INTO sales VALUES ('tea', 3, '2024-01-01', 1.5, '{a,b}', '{\"a\": 1}')")
    database.execute("INSERT INTO sales (item, sold) VALUES ('ink', 5)")
    database.execute("CREATE VIEW best AS SELECT item FROM sales WHERE sold > 4")
    database.execute("CREATE MATERIALIZED VIEW total AS SELECT sum(sold) AS sold FROM sales")


@pytest.fixture
def engine(sales: None) -> Iterator[sa.Engine]:  # noqa: ARG001
    made = mzwidget.sqlalchemy_engine()
    yield made
    made.dispose()


def test_sqlalchemy_sees_what_is_there(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    schema = inspector.default_schema_name
    assert schema.startswith("notebook_")
    assert schema in inspector.get_schema_names()
    assert inspector.get_table_names() == ["sales"]
    assert inspector.get_view_names() == ["best"]
    assert inspector.get_materialized_view_names() == ["total"]
    assert inspector.has_table("sales")
    assert inspector.has_table("best", schema=schema)
    assert not inspector.has_table("nothing")
    assert not inspector.has_table("sales", schema="nothing")
    columns = {column["name"]: column for column in inspector.get_columns("sales")}
    assert [str(column["type"]) for column in columns.values()] == [
        "TEXT",
        "INTEGER",
        "TIMESTAMP",
        "NUMERIC",
        "ARRAY",
        "JSONB",
    ]
    assert columns["at"]["type"].timezone
    assert str(columns["tags"]["type"].item_type) == "TEXT"
    assert [column["nullable"] for column in columns.values()][:2] == [False, True]
    with pytest.raises(sa.exc.NoSuchTableError):
        inspector.get_columns("nothing")
    for look in ("get_indexes", "get_foreign_keys", "get_unique_constraints", "get_check_constraints"):
        assert getattr(inspector, look)("sales") == []
    assert inspector.get_pk_constraint("sales")["constrained_columns"] == []
    assert "sold > 4" in inspector.get_view_definition("best")
    assert "sum(sold)" in inspector.get_view_definition("total")


def test_sqlalchemy_reflects_selects_and_inserts(engine: sa.Engine) -> None:
    table = sa.Table("sales", sa.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        asked = sa.select(table.c.item).where(table.c.sold > sa.bindparam("least")).order_by(table.c.item)
        assert connection.execute(asked, {"least": 4}).scalars().all() == ["ink"]
        connection.execute(sa.insert(table), [{"item": "pen", "sold": n} for n in range(3)])
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 5
    everything = sa.MetaData()
    everything.reflect(engine, views=True)
    assert {"sales", "best"} <= set(everything.tables)


def test_pandas_reads_and_writes_through_sqlalchemy(engine: sa.Engine) -> None:
    assert pd.read_sql("SELECT item FROM sales ORDER BY item", engine)["item"].tolist() == ["ink", "tea"]
    assert pd.read_sql_table("sales", engine)["sold"].sum() == 8
    assert pd.read_sql_table("best", engine)["item"].tolist() == ["ink"]
    frame = pd.DataFrame(
        {"a": range(20), "f": 0.5, "s": "it's", "at": pd.Timestamp("2024-01-01"), "b": True, "n": [None, 1.5] * 10}
    )
    frame.to_sql("made", engine, index=False)
    frame.to_sql("made", engine, index=False, if_exists="append")
    with pytest.raises(ValueError, match="already exists"):
        frame.to_sql("made", engine, index=False)
    back = pd.read_sql_table("made", engine)
    assert len(back) == 40
    assert back["a"].sum() == 2 * frame["a"].sum()
    assert set(back["s"]) == {"it's"}
    frame.to_sql("made", engine, index=False, if_exists="replace")
    assert len(pd.read_sql("SELECT * FROM made", engine)) == 20


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
@pytest.mark.parametrize("if_exists", ["fail", "append", "replace"])
def test_pandas_writes_to_no_plain_connection_and_says_to_what(dsn: str, if_exists: str) -> None:
    with mzwidget.connect(dsn) as connection, pytest.raises(psycopg.NotSupportedError) as caught:
        pd.DataFrame({"n": [1]}).to_sql("made", connection, if_exists=if_exists)
    assert "mzwidget.sqlalchemy_engine()" in str(caught.value)
    assert "mzwidget.load(df, name)" in str(caught.value)


def test_without_sqlalchemy_all_else_works() -> None:
    code = """
import sys
for name in ("sqlalchemy", "pyarrow", "polars", "sql"):
    sys.modules[name] = None
from mzwidget import *
import mzwidget, pandas as pd
mzwidget.load(pd.DataFrame({"a": [1, None], "s": ["x", None]}), "t")
assert len(mzwidget.sql("SELECT * FROM t")) == 2
try:
    sqlalchemy_engine()
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "needs the package sqlalchemy: pip install 'mzwidget[tools]'" in done.stdout, done.stderr


@pytest.mark.usefixtures("sales")
def test_sqlalchemy_without_our_help(dsn: str) -> None:
    """As for Materialize: it connects without hstore, and lists; columns it asks for with what is not there."""
    url = sa.make_url(dsn).set(drivername="postgresql+psycopg")
    with pytest.raises(sa.exc.ProgrammingError, match="savepoint"):
        sa.create_engine(url).connect()
    engine = sa.create_engine(url, use_native_hstore=False, isolation_level="AUTOCOMMIT")

    def own(names: list[str]) -> list[str]:
        return [name for name in names if not name.startswith("mz_")]  # the system's are in the path, too

    try:
        inspector = sa.inspect(engine)
        assert own(inspector.get_table_names()) == ["sales"]
        assert own(inspector.get_view_names()) == ["best"]
        assert own(inspector.get_materialized_view_names()) == ["total"]
        assert inspector.has_table("best")
        assert not inspector.has_table("nothing")
        sales = f"materialize.{inspector.default_schema_name}.sales"
        assert inspector.get_view_definition("best") == f"SELECT item FROM {sales} WHERE sold > 4;"
        with engine.connect() as connection:
            assert connection.execute(sa.text("SELECT sold FROM sales ORDER BY 1")).scalars().all() == [3, 5]
        with pytest.raises(sa.exc.InternalError, match='function "json_build_object" does not exist'):
            inspector.get_columns("sales")
    finally:
        engine.dispose()


def test_no_password_in_what_sqlalchemy_shows(engine: sa.Engine, dsn: str) -> None:
    password = dsn.split(":")[2].partition("@")[0]
    assert password not in repr(engine) + str(engine.url) + repr(engine.url)


@pytest.mark.usefixtures("sales")
def test_the_address(dsn: str) -> None:
    address = mzwidget.url()
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM sales").fetchone() == (2,)
    password = dsn.split(":")[2].partition("@")[0]
    assert password in str.__str__(address)
    assert password not in repr(address)
    odd = mzwidget.url("host=/tmp/sock user='a b' password='p@:/ss' dbname=d?x")
    assert psycopg.conninfo.conninfo_to_dict(odd) == {
        "host": "/tmp/sock",
        "user": "a b",
        "password": "p@:/ss",
        "dbname": "d?x",
    }
    assert "p%40" not in repr(odd)
    assert "zz" not in repr(mzwidget.url("host=h password=zz"))


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize("place", ["PGPASSWORD", "PGPASSFILE"])
def test_the_password_may_be_where_libpq_looks(
    dsn: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = psycopg.conninfo.conninfo_to_dict(dsn)
    password = str(parts.pop("password"))
    if place == "PGPASSFILE":
        file = tmp_path / "pgpass"
        file.write_text(f"{parts['host']}:{parts['port']}:*:{parts['user']}:{password}\n")
        file.chmod(0o600)
    monkeypatch.setenv(place, password if place == "PGPASSWORD" else str(file))
    bare = psycopg.conninfo.make_conninfo(**parts)
    monkeypatch.setenv("MATERIALIZE_URL", bare)
    monkeypatch.setattr(connect, "_chosen", connect._Named())
    with mzwidget.connect() as connection:
        assert connection.execute("SELECT item FROM best").fetchall() == [("ink",)]
    with mzwidget.LiveView("best") as view:
        assert view.wait(30).df["item"].tolist() == ["ink"]
    assert mzwidget.load(pd.DataFrame({"a": [1]}), "loaded", progress=False) == 1
    assert mzwidget.sql("SELECT a FROM loaded")["a"].tolist() == [1]
    engine = mzwidget.sqlalchemy_engine()
    assert pd.read_sql("SELECT a FROM loaded", engine)["a"].tolist() == [1]
    engine.dispose()
    assert password not in str.__str__(mzwidget.url())
    session.session(bare).close()


@pytest.mark.usefixtures("sales")
@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
def test_pandas_and_polars_read_a_psycopg_connection(database: psycopg.Connection) -> None:
    query = "SELECT item, sold FROM sales ORDER BY item"
    assert pd.read_sql(query, database)["sold"].tolist() == [5, 3]
    above = pd.read_sql("SELECT item FROM sales WHERE sold > %(n)s", database, params={"n": 4})
    assert above["item"].tolist() == ["ink"]
    frame = pl.read_database(query, database)
    assert frame["sold"].to_list() == [5, 3]
    with mzwidget.connect() as connection:
        assert pl.read_database(query, connection).equals(frame)


def test_polars_reads_through_sqlalchemy(engine: sa.Engine) -> None:
    assert pl.read_database("SELECT sold FROM sales ORDER BY sold", engine)["sold"].to_list() == [3, 5]
    with engine.connect() as connection:
        assert pl.read_database("SELECT item FROM best", connection)["item"].to_list() == ["ink"]


JUPYSQL = """
import warnings
warnings.simplefilter("ignore")
from IPython.core.interactiveshell import InteractiveShell
import mzwidget
shell = InteractiveShell()
shell.user_ns["engine"] = mzwidget.sqlalchemy_engine()
shell.run_line_magic("load_ext", "sql")
shell.run_line_magic("config", "SqlMagic.displaycon = False")
shell.run_line_magic("sql", "engine --alias live")
found = shell.run_cell_magic("sql", "", "SELECT item, sold FROM sales ORDER BY item")
print(found.DataFrame()["sold"].tolist())
print(shell.run_line_magic("sql", "SELECT item FROM sales WHERE sold = 5").DataFrame()["item"].tolist())
print(shell.run_line_magic("sqlcmd", "tables"))
print(shell.run_line_magic("sqlcmd", "columns --table sales"))
print(shell.run_line_magic("sqlcmd", "profile --table sales"))
print("explored:", shell.run_line_magic("sqlcmd", "explore --table sales"))
"""


@pytest.mark.usefixtures("sales")
def test_jupysql(dsn: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", JUPYSQL],
        env={**os.environ, "MATERIALIZE_URL": dsn, "JUPYSQL_DISABLE_TELEMETRY": "1", "PLOOMBER_STATS_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[5, 3]" in done.stdout
    assert "['ink']" in done.stdout
    assert "sales" in done.stdout
    assert all(name in done.stdout for name in ("item", "sold", "price"))
    assert "unique" in done.stdout
    assert "explored: " in done.stdout


@pytest.mark.usefixtures("sales")
def test_ibis_gets_as_far_as_with_materialize() -> None:
    with mzwidget.connect() as connection:
        backend = ibis.postgres.from_connection(connection)
        assert set(backend.list_tables()) == {"sales", "best", "total"}
        with backend.raw_sql("SELECT sold FROM sales ORDER BY sold") as rows:
            assert rows.fetchall() == [(3,), (5,)]
        with pytest.raises(psycopg.Error, match='function "pg_my_temp_schema" does not exist'):
            backend.table("sales")
        with pytest.raises(psycopg.Error, match="Expected identifier, found EOF"):
            backend.sql("SELECT sold FROM sales")


def psql(dsn: str, command: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("psql")
    if program is None:
        missing("no psql: install Debian's package postgresql-client")
    return subprocess.run(
        [program, dsn, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.usefixtures("sales")
def test_psql_selects(dsn: str) -> None:
    done = psql(dsn, "SELECT item, sold FROM sales ORDER BY item")
    assert done.stdout.splitlines() == ["ink|5", "tea|3"], done.stderr


REFUSED = [
    ('SAVEPOINT "_pg3_2"', "42601", 'Expected a keyword at the beginning of a statement, found identifier "savepoint"'),
    ("SELECT oid FROM pg_catalog.pg_opclass", "XX000", "unknown catalog item 'pg_catalog.pg_opclass'"),
    # What ibis begins with if a schema is named, polars through ADBC, and psycopg for types of one's own.
    ("SELECT set_config('search_path', 'x', false)", "XX000", 'function "set_config" does not exist'),
    ("COPY (SELECT 1) TO STDOUT WITH BINARY", "42601", 'Expected left parenthesis, found identifier "binary"'),
    ("SELECT oid FROM pg_type WHERE oid = to_regtype('hstore')", "XX000", 'function "to_regtype" does not exist'),
]


@pytest.mark.parametrize(("statement", "sqlstate", "message"), REFUSED, ids=[said for _, _, said in REFUSED])
def test_what_materialize_refuses_of_tools_is_refused_in_its_words(
    database: psycopg.Connection, statement: str, sqlstate: str, message: str
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        database.execute(statement)
    assert (refused.value.sqlstate, refused.value.diag.message_primary) == (sqlstate, message)


@pytest.mark.usefixtures("sales")
def test_what_tools_ask_the_catalog(database: psycopg.Connection) -> None:
    """Names and kinds as SQLAlchemy, psql and JupySQL look for them; recorded as planned by Materialize."""
    [(schema,)] = database.execute("SELECT current_schema()").fetchall()
    kinds = database.execute(
        "SELECT c.relname, c.relkind FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s ORDER BY c.relname",
        [schema],
    ).fetchall()
    assert [(name, kind) for name, kind in kinds if not name.endswith("_idx")] == [
        ("best", "v"),
        ("sales", "r"),
        ("total", "m"),
    ]
    query = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY 1"
    assert database.execute(query, [schema]).fetchall() == [
        ("best", "VIEW"),
        ("sales", "BASE TABLE"),
        ("total", "MATERIALIZED VIEW"),
    ]
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'sales' AND table_schema = %s"
    names = [name for (name,) in database.execute(query, [schema])]
    assert sorted(names) == ["at", "item", "j", "price", "sold", "tags"]


@pytest.mark.usefixtures("sales")
def test_views_lists_what_can_be_watched(database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute("CREATE VIEW broken AS SELECT 1 / (sold - sold) AS n FROM sales WHERE item = 'x'")
    database.execute('CREATE VIEW "<b>odd" AS SELECT 1 AS "<script>"')
    there = mzwidget.views()
    kept = there._repr_mimebundle_()
    assert kept["application/vnd.jupyter.widget-view+json"]["model_id"] == there.model_id
    assert kept["text/plain"] == there.df.to_string(index=False), "whole, however many there are"
    for name, columns in zip(there.df["name"], there.df["columns"], strict=True):
        assert f"<td>{html.escape(name, quote=False)}</td>" in kept["text/html"]
        assert f"<td>{html.escape(', '.join(columns), quote=False)}</td>" in kept["text/html"]
    here = there.df[~there.df["name"].str.contains(".", regex=False)].set_index("name")
    assert here["kind"].to_dict() == {
        "sales": "table",
        "best": "view",
        "broken": "view",
        '"<b>odd"': "view",
        "total": "materialized view",
    }
    assert here.loc["sales", "columns"] == ["item", "sold", "at", "price", "tags", "j"]
    assert here.loc["sales", "rows"] == 2
    assert here.loc["best", "rows"] == 1
    assert abs(here.loc["sales", "as of"] - pd.Timestamp.now("UTC")) < pd.Timedelta("1min")
    cells = there.children[0].children[0].children
    assert not any("<script>" in cell.value for cell in cells if hasattr(cell, "value"))
    button = next(cell for cell in cells if getattr(cell, "description", "") == "best")
    button.click()
    [_, shown] = there.children
    assert shown.df["item"].tolist() == ["ink"]
    button.click()
    assert len(there.children) == 1
    there.close()
    with pytest.raises(ValueError, match="no schema 'nothing'"):
        mzwidget.views("nothing")
    monkeypatch.setattr("mzwidget.notebook.views.BUDGET", 0.0)
    uncounted = mzwidget.views()
    assert uncounted.df["name"].tolist() == there.df["name"].tolist(), (
        "how long counting may take says not what is there"
    )
    assert uncounted.df["rows"].isna().all()
    assert not any(cell.value.isdecimal() for cell in uncounted.children[0].children[0].children[8::5])
