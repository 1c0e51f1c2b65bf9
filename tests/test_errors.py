"""What a user reads when a statement fails: the server's words, a caret under the word, and what was probably meant."""

from __future__ import annotations

import copy
import pickle
import re
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator

import pandas as pd
import psycopg
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from traitlets import TraitError

import mzwidget
from mzwidget import errors
from mzwidget.advice import advise
from mzwidget.errors import LiveViewError, SqlError
from mzwidget.explaining import excerpt, explain
from mzwidget.liveview import rows
from mzwidget.naming import Names, nearest
from mzwidget.params import compose
from mzwidget.selection import no_column
from mzwidget.tail.cursor import TableConnection, TableCursor
from tests.proxy import Proxy

TYPOS = [
    ("SELECT * form shop", "form", "Did you mean from?"),
    ("SELCT * FROM shop", "SELCT", "Did you mean SELECT?"),
    ("SELECT item FORM shop", "FORM", "Did you mean FROM?"),
    ("select item fron shop", "fron", "Did you mean from?"),
    ("SELECT item FROM shop WERE cost = 1", "WERE", "Did you mean WHERE?"),
    ("SELECT item FROM shop GRUOP BY item", "GRUOP", "Did you mean GROUP?"),
    ("SELECT item, cuont(*) FROM shop GROUP BY item", "cuont", "Did you mean count?"),
    ("SELECT\n  itm\nFROM shop", "itm", "Did you mean item?"),
    ("SELECT s.itm FROM shop s", "itm", "Did you mean item?"),
    ("SELECT odd FROM shop", "odd", 'Did you mean "Odd"?'),
    ("SELECT * FROM shp", "shp", "Did you mean shop?"),
    ("SELECT * FROM sohp", "sohp", "Did you mean shop?"),
    ("CREATE TABEL x (a int)", "TABEL", "Did you mean TABLE?"),
    ("CREATE TABLE x (a txt)", "txt", "Did you mean text?"),
    ('SELECT item FROM shop WHERE item = "pen"', '"pen"', "single quotes: 'pen'"),
    ("SELECT getdate()", "getdate", "write now()"),
    ("SELECT ifnull(item, 'x') FROM shop", "ifnull", "write coalesce(a, b)"),
    ("SELECT nothing_like_it FROM shop", "nothing_like_it", 'There is item, cost, "Odd"'),
    ("SELECT cuont(*) FROM shop", "cuont", "Did you mean count?"),
    ("SELECT DISTICT item FROM shop", "DISTICT", "Did you mean DISTINCT?"),
    ("SELECT iif(cost > 1, 1, 2) FROM shop", "iif", "write CASE WHEN"),
    ("SELECT item FROM shop a, shop b", "item", "Write of which table it is"),
    ("SELECT item, count(*) FROM shop", "item", "must appear in the GROUP BY clause"),
    ("SELECT sum(cost) FROM shop WHERE sum(cost) > 1", "sum", "HAVING sum"),
    ("SELECT row_number() FROM shop", "row_number", "OVER (ORDER BY"),
    ("SELECT item FROM shop WHERE cost > 1 && cost < 2", "&&", "Write AND"),
    ("INSERT INTO shop (itm) VALUES ('x')", "itm", "Did you mean item?"),
    ("UPDATE shop SET itm = 'x'", "itm", "Did you mean item?"),
    ("DELETE FROM shop WHERE itm = 'x'", "itm", "Did you mean item?"),
    ("SELECT * FROM nope.shop", "nope", "unknown schema"),
    ("SHOW TABELS", "TABELS", "Did you mean TABLES?"),
    ("CREATE MATERIALIZED VIEW v AS SELECT now() AS n", "now", "mz_now()"),
    ("SELECT item FROM shop ORDER YB item", "ORDER", "ORDER is followed by BY"),
    ("SELECT round(cost / 3.0::float8, 2) FROM shop", "round", "round(value::numeric, 2)"),
    ("SELECT avrage(cost) FROM shop", "avrage", "write avg(value)"),
    ("SELECT item FROM [shop]", "]", 'A name is quoted with "'),
    ("SELECT item,, cost FROM shop", ",", "A comma is too many"),
    ("SELECT TOP 5 * FROM shop", "5", "Write LIMIT at the end"),
    ("SELECT mode() WITHIN GROUP (ORDER BY cost) FROM shop", "GROUP", "no aggregates WITHIN GROUP"),
    ("SELECT item FROM shop GROUP BY ALL", "ALL", "GROUP BY 1, 2"),
    ("SELECT item, sum(cost) AS spent FROM shop GROUP BY item HAVING spent > 1", "spent", "repeat the expression"),
    ("SELECT item FROM shop GROUP BY ROLLUP (item)", "ROLLUP", "with UNION ALL between them"),
]


@pytest.fixture(scope="module")
def shop(engine_dsn: str) -> str:
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA teach")
        connection.execute('CREATE TABLE teach.shop (item text, cost int, "Odd" int)')
        connection.execute("CREATE TABLE teach.orders (item text)")  # a slip away from ORDER
    yield f"{engine_dsn}{'&' if '?' in engine_dsn else '?'}options=--search_path%3Dteach"
    with psycopg.connect(engine_dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA teach CASCADE")


@pytest.mark.parametrize(("query", "word", "advice"), TYPOS, ids=[query for query, _, _ in TYPOS])
def test_typos_are_taught(shop: str, query: str, word: str, advice: str) -> None:
    with pytest.raises(SqlError) as caught:
        mzwidget.sql(query, dsn=shop)
    message, line, marks = str(caught.value).splitlines()
    assert advice in message
    assert "embedded engine" not in message, "a typo sold as a limit of the engine"
    at = marks.index("^")
    assert line[at : at + len(word)] == word
    assert marks.count("^") == len(word)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("query", ["SELECT 1/0", "SELECT item FROM shop WHERE", "SELECT 'it's'", "SELECT 1 +"])
def test_other_errors_keep_the_servers_words(shop: str, query: str) -> None:
    with psycopg.connect(shop) as connection, pytest.raises(psycopg.Error) as said:
        connection.execute(query)
    with pytest.raises(SqlError) as caught:
        mzwidget.sql(query, dsn=shop)
    assert str(caught.value).startswith(said.value.diag.message_primary)
    assert caught.value.sqlstate == said.value.sqlstate


def test_a_caret_is_in_the_users_own_sql_whatever_was_written_into_it(shop: str) -> None:
    query = "SELECT %(long)s,\n  itm FROM shop WHERE cost > %(least)s"
    with pytest.raises(SqlError) as caught:
        mzwidget.sql(query, {"long": "x'y" * 40, "least": 3}, dsn=shop)
    _, line, marks = str(caught.value).splitlines()
    assert line == "line 2:   itm FROM shop WHERE cost > %(least)s"
    assert line[marks.index("^") :].startswith("itm")


def test_a_list_after_in_is_told_of_any(shop: str) -> None:
    with pytest.raises(SqlError, match=r"A list follows = ANY: = ANY\(%\(items\)s\)"):
        mzwidget.sql("SELECT item FROM shop WHERE item in %(items)s", {"items": ["pen", "ink"]}, dsn=shop)


@pytest.mark.parametrize("query", ["SELECT * FROM %(name)s", "DROP TABLE %(name)s", "CREATE TABLE %(name)s (n int)"])
def test_a_name_is_no_parameter(shop: str, query: str) -> None:
    with pytest.raises(SqlError, match="the name of a table or column is written into the SQL itself"):
        mzwidget.sql(query, {"name": "shop"}, dsn=shop)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("shpo", "shpo: unknown catalog item 'shpo'. Did you mean shop?"),
        ("SELECT item,\n  itm FROM shop", "Did you mean item?\nline 2:   itm FROM shop\n          ^^^"),
        ("SELECT item FROM shop WERE cost = 1", "Did you mean WHERE?\n  SELECT item FROM shop WERE cost = 1\n"),
        ("SELECT item, now() AS n FROM shop", "mz_now()"),
        ("SELECT item form shop", "Did you mean from?\n  SELECT item form shop\n              ^^^^"),
        ("SELECT o.item FROM orders JION shop", "Did you mean JOIN?"),
        ("SELCT item FROM shop", "Did you mean SELECT?\n  SELCT item FROM shop\n  ^^^^^"),
        ("UPDATE shop SET cost = 1", "LiveView takes a view's name or a SELECT"),
        ("SELECT 1; SELECT 2", "Write one statement at a time"),
        ("SELECT item FROM shop WHERE cost > %(least)s", "Give the value of %(least)s: params={'least': …}"),
        ("SELECT item FROM shop WHERE cost > %s", "Give the value of %s: params=[…]"),
        ("SELECT item FROM shop WHERE cost=%(least)s", "Give the value of %(least)s: params={'least': …}"),
        ("SELECT item FROM shop WHERE cost>%s", "Give the value of %s: params=[…]"),
        ("SELECT item FROM shop WHERE item>%s", "Give the value of %s: params=[…]"),
        ("SELECT * FROM 'shop.csv'", "mzwidget.load(path, name) makes a table of a file"),
        ("shop.parquet", "mzwidget.load(path, name) makes a table of a file"),
        ("\\dt", "psql's commands are not SQL; SHOW TABLES and the like are"),
        ("SELECT item FROM shop WHERE cost > ?", "A value is written %s, and given as params=[…]"),
        ("SELECT item FROM shop WHERE cost > $1", "A value is written %s, and given as params=[…]"),
        ("SELECT item FROM shop WHERE cost > {least}", "A parameter is written %(least)s: params={'least': …}"),
        ("SELECT item FROM shop WHERE cost > :least", "A parameter is written %(least)s: params={'least': …}"),
    ],
)
def test_a_live_view_teaches_as_well(shop: str, query: str, said: str) -> None:
    with mzwidget.LiveView(query, dsn=shop) as view:
        with pytest.raises(LiveViewError) as caught:
            view.wait(20)
        assert said in str(caught.value)
        assert view.status.state == "failed"
        assert "\n" not in view.status.message, "the picture says it in a line"
        assert view._report()["excerpt"] == view.status.excerpt, "and where, below"


@pytest.mark.parametrize(
    ("relations", "told"),
    [
        (["orders", "other.Odd"], 'There is orders, other."Odd"'),
        ([f"view{i}" for i in range(13)], "mzwidget.views() lists what there is"),
        ([], ""),
    ],
)
def test_a_name_that_is_like_no_other_is_told_what_there_is(relations: list[str], told: str) -> None:
    said, _ = advise("unknown catalog item 'quite_another'", "quite_another", None, lambda: Names(relations))
    assert said == told


def test_a_database_that_is_not_there_is_told(engine_dsn: str) -> None:
    elsewhere = make_conninfo(engine_dsn, dbname="elsewhere")
    said = "unknown catalog item 'shop'. The address names a database 'elsewhere' that is not there: try materialize"
    with pytest.raises(SqlError, match=re.escape(said)):
        mzwidget.sql("SELECT * FROM shop", dsn=elsewhere)
    with mzwidget.LiveView("shop", dsn=elsewhere) as view, pytest.raises(LiveViewError, match=re.escape(said)):
        view.wait(20)


def test_a_caret_in_the_second_statement_of_a_cell(shop: str) -> None:
    with pytest.raises(SqlError) as caught:
        mzwidget.sql("SELECT 1;\n-- two\nSELECT %s form shop", ["a" * 30], dsn=shop)
    _, line, marks = str(caught.value).splitlines()
    assert line.startswith("line 3: ")
    assert line[marks.index("^") :].startswith("form")


def test_the_password_is_not_told(engine_dsn: str) -> None:
    wrong = engine_dsn.replace("materialize:", "materialize:s3cret", 1)
    with pytest.raises(SqlError) as caught:
        mzwidget.sql("SELECT 1", dsn=wrong)
    assert "s3cret" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_notebook_shows_the_message_alone() -> None:
    assert SqlError("column", "XX000")._render_traceback_() == ["SqlError: column"]


REFUSED = [
    "LiveView()",
    "LiveView('shop', limt=4)",
    "LiveView('shop', note=5)",
    "LiveView('shop', kind='bar')",
    "LiveView('shop', timezone='Berlin')",
    "LiveView('SELECT %(a)s', {'b': 1})",
    "LiveView('shop', dsn=5)",
    "mzwidget.load([1], 'x')",
    "mzwidget.load(frame, 5)",
    "mzwidget.load(frame, 'x', if_exist='replace')",
    "mzwidget.load('no.csv', 'x')",
    "mzwidget.sql(5)",
    "mzwidget.connect(5)",
    "mzwidget.Conect",
    "mzwidget.together()",
    "view.seek(3.5)",
    "view.wait('x')",
    "view.ask('')",
    "view.when(5)",
    "view.save('x.png')",
    "view.query = ''",
    "view.selection = {'typo': 1}",
    "view.selection['typo']",
    "view.params = 5",
    "view.params['a'] = object()",
    "view.save('no/such/folder/x.html')",
    "view.item",
    "view['item']",
    "view.title = 'x'",
    "view.name = 'x'",
    "view.df = 5",
    "len(view)",
    "for row in view: pass",
    "5 in view",
    "copy.copy(view)",
    "pickle.dumps(view)",
]


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_notebook_shows_what_is_refused_and_where_and_no_line_of_ours(
    wrong: str, shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = InteractiveShell(colors="nocolor")
    with mzwidget.LiveView("shop", dsn=shop).wait(20) as view:
        shell.push(
            {"mzwidget": mzwidget, "LiveView": mzwidget.LiveView, "frame": pd.DataFrame({"a": [1]}), "view": view}
            | {"copy": copy, "pickle": pickle}
        )
        done = shell.run_cell(f"fine = 1\n{wrong}\nnever = 2")
    error = done.error_in_exec
    assert isinstance(error, (TypeError, ValueError, OSError, AttributeError, TraitError))
    told = capsys.readouterr().out.strip().splitlines()
    assert told == [f"----> 2 {wrong}", f"{type(error).__name__}: {error}"]
    assert type(pickle.loads(pickle.dumps(error))) is type(error), "it can come from another process"


WRONG_STATEMENTS = [
    ("connection.execute('SELECT itm FROM shop')", "itm", "Did you mean item?"),
    ("connection.execute(b'SELECT itm FROM shop')", "itm", "Did you mean item?"),
    ("connection.execute(sql.SQL('SELECT {} FROM shop').format(sql.Identifier('itm')))", '"itm"', "Did you mean item?"),
    ("connection.cursor(row_factory=dict_row).execute('SELECT * FROM shp')", "shp", "Did you mean shop?"),
    ("connection.execute('SELECT %(a)s, %(a)s, 5 %% %(b)s form shop', {'a': 1, 'b': 2})", "form", "Did you mean from?"),
    ("connection.execute('SELECT %s, %s form shop', [1, 2])", "form", "Did you mean from?"),
    ("connection.cursor().executemany('INSERT INTO shp VALUES (%s)', [['a']])", "shp", "Did you mean shop?"),
    ("next(connection.cursor().stream('SELECT itm FROM shop'))", "itm", "Did you mean item?"),
    ("pd.read_sql('SELECT itm FROM shop', connection)", "itm", "Did you mean item?"),
    ("with connection.cursor().copy('COPY shp FROM STDIN'): pass", "shp", "Did you mean shop?"),
]


@pytest.mark.parametrize(("wrong", "word", "said"), WRONG_STATEMENTS)
def test_a_notebook_shows_what_a_statement_of_the_users_own_connection_refuses(
    wrong: str, word: str, said: str, shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = InteractiveShell(colors="nocolor")
    with psycopg.connect(shop, autocommit=True, cursor_factory=TableCursor) as connection:
        shell.push({"connection": connection, "sql": sql, "dict_row": dict_row, "pd": pd})
        warnings.simplefilter("ignore", UserWarning)  # pandas prefers SQLAlchemy
        error = shell.run_cell(f"fine = 1\n{wrong}\nnever = 2").error_in_exec
        place, told, line, marks = capsys.readouterr().out.rstrip().splitlines()
    assert isinstance(error, psycopg.Error)
    assert place == f"----> 2 {wrong}"
    assert told.startswith(f"{type(error).__name__}: {error.diag.message_primary}")
    assert said in told
    assert line[marks.index("^") : marks.rindex("^") + 1] == word
    assert str(error).startswith(str(error.diag.message_primary)), "who catches it reads the server's words"
    assert type(pickle.loads(pickle.dumps(error))) is type(error)


def test_a_connection_that_was_lost_or_closed_names_what_opens_another(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = InteractiveShell(colors="nocolor")
    with Proxy(shop) as proxy:
        connection = TableConnection.connect(proxy.dsn, autocommit=True, cursor_factory=TableCursor)
        shell.push({"connection": connection})
        proxy.cut()
        shell.run_cell("connection.execute('SELECT 1')")
        assert connection.closed
        shell.run_cell("connection.execute('SELECT 1')")
        shell.run_cell("connection.cursor()")
    told = capsys.readouterr().out.strip().splitlines()
    assert told[::2] == [*["----> 1 connection.execute('SELECT 1')"] * 2, "----> 1 connection.cursor()"]
    assert [line.partition(": ")[0] for line in told[1::2]] == ["OperationalError"] * 3
    assert all(line.endswith("; mzwidget.connect() opens another") for line in told[1::2])


def test_what_has_no_end_is_not_waited_for(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell(colors="nocolor")
    with psycopg.connect(shop, autocommit=True, cursor_factory=TableCursor) as connection:
        shell.push({"connection": connection})
        shell.run_cell("connection.execute('-- all\\nsubscribe shop;')")
        place, told = capsys.readouterr().out.strip().splitlines()
        assert place == r"----> 1 connection.execute('-- all\nsubscribe shop;')"
        assert told.startswith("NotSupportedError: SUBSCRIBE has no end that execute could wait for")
        soon = int(time.time() * 1000) + 2000
        ended = connection.execute(f"SUBSCRIBE shop WITH (PROGRESS) UP TO {soon}").fetchall()
        assert ended[-1][:2] == (soon, True)
        assert next(connection.cursor().stream("SUBSCRIBE shop WITH (PROGRESS)"))[1]


def test_completion_knows_every_option(shop: str) -> None:
    shell = InteractiveShell()
    with mzwidget.LiveView("shop", dsn=shop) as view:
        shell.push({"view": view, "LiveView": mzwidget.LiveView})
        for call in ("LiveView('shop', ", "view.show("):
            for option in ("chart", "color", "format", "kind", "timezone", "title", "x"):
                text = f"{call}{option[0]}"
                with provisionalcompleter():
                    found = {of.text for of in shell.Completer.completions(text, len(text))}
                assert f"{option}=" in found
        with pytest.raises(TypeError, match="unknown keyword 'knd'; did you mean 'kind'"):
            view.show(knd="table")


def test_what_was_meant_is_said_once(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    with mzwidget.LiveView("shop", dsn=shop) as view:
        for of, slip in ((view, "notes"), (mzwidget, "Conect")):
            with pytest.raises(AttributeError) as caught:
                getattr(of, slip)
            sys.__excepthook__(caught.type, caught.value, caught.tb)
            assert capsys.readouterr().err.lower().count("did you mean") == 1


@pytest.fixture
def silent() -> Iterator[str]:
    """DSN of a server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgres://127.0.0.1:{server.getsockname()[1]}/"


def test_a_view_that_is_closed_while_its_rows_are_awaited_says_so(silent: str) -> None:
    view = mzwidget.LiveView("shop", dsn=silent)
    closing = threading.Timer(0.3, view.close)
    closing.start()
    with pytest.raises(LiveViewError, match="shop: the view was closed before there was a snapshot"):
        _ = view.df
    closing.join()


def test_a_view_without_rows_says_so_in_a_line(
    silent: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rows, "FIRST_SNAPSHOT", 0.1)
    shell = InteractiveShell(colors="nocolor")
    with mzwidget.LiveView("shop", dsn=silent) as view:
        shell.push({"view": view})
        shell.run_cell("fine = 1\nview.df")
    told = capsys.readouterr().out.strip().splitlines()
    assert told == ["----> 2 view.df", "TimeoutError: shop: no snapshot after 0.1 s (connecting)"]


def test_a_name_that_is_too_long_is_told(shop: str) -> None:
    long = "größe_" * 40
    said = "identifier length exceeds 255 bytes. Shorten 'größe_größe_größe_gr' and so on, which has 320"
    for frame, name in ((pd.DataFrame({"a": [1]}), long), (pd.DataFrame({long: [1]}), "short")):
        with pytest.raises(SqlError, match=re.escape(said)):
            mzwidget.load(frame, name, dsn=shop)
    with mzwidget.LiveView(long, dsn=shop) as view, pytest.raises(LiveViewError, match=re.escape(said)):
        view.wait(20)


def test_a_mistake_of_ours_or_of_others_is_shown_with_all_lines() -> None:
    @errors.briefly
    def ours(of: Callable[[], object]) -> object:
        return of()

    for mistake in (lambda: no_column("x", None), lambda: int("x")):  # type: ignore[arg-type]
        with pytest.raises((TypeError, ValueError)) as caught:
            ours(mistake)
        assert not hasattr(caught.value, "_render_traceback_")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("form", "from"), ("cuont", "count"), ("any_value", None), ("id", None), ("count", None), ("Count", "count")],
)
def test_nearest(word: str, meant: str | None) -> None:
    assert nearest(word, ["count", "from", "last_value", "oid"]) == meant


def test_excerpts() -> None:
    assert excerpt("SELECT\tx", 7, "x") == "  SELECT\tx\n        \t^"
    assert excerpt("a\nb c\r\nd", 4, "c") == "line 2: b c \n          ^"
    assert excerpt("SELECT '日本', x", 13, "x").splitlines()[1] == "  " + " " * 15 + "^"
    assert excerpt("SELECT 1 +", 10, "").splitlines()[1] == "  " + " " * 10 + "^"
    long = "SELECT " + ", ".join(f"column_{i}" for i in range(100)) + ", oops FROM t"
    line, marks = excerpt(long, long.index("oops"), "oops").splitlines()
    assert len(line) < 120
    assert line[marks.index("^") :].startswith("oops")


def test_explain_never_fails_whatever_the_position(shop: str) -> None:
    with psycopg.connect(shop) as connection, pytest.raises(psycopg.Error) as said:
        connection.execute("SELECT * form shop")
    for query in ("", "x", "SELECT * form shop", "\n\n", compose("%s", ["a"]).text):
        for shift in (-100, 0, 100):
            told = explain(said.value, query, origin=lambda at, shift=shift: at + shift, names=Names)
            assert told.message.startswith("Expected")
            assert told.sqlstate == "42601"
