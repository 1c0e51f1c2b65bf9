"""SQL in cells: magics, completion and cursors, in a real IPython and a real kernel."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd
import psycopg
import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel

import mzwidget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    made = InteractiveShell()
    made.run_line_magic("load_ext", "mzwidget")
    yield made
    made.run_line_magic("unload_ext", "mzwidget")


@pytest.fixture
def run(shell: InteractiveShell, dsn: str, database: psycopg.Connection) -> Callable[[str], Any]:  # noqa: ARG001
    database.execute("CREATE TABLE sales (item text, sold int)")
    database.execute("INSERT INTO sales VALUES ('tea', 3), ('ink', 5)")

    def run(cell: str) -> Any:
        return shell.run_cell(cell).raise_error() or shell.user_ns.get("_")

    return run


@pytest.fixture
def fails(shell: InteractiveShell, run: object, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:  # noqa: ARG001
    def fails(cell: str) -> str:
        capsys.readouterr()
        assert not shell.run_cell(cell).success
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    return fails


def result(shell: InteractiveShell, cell: str) -> Any:
    done = shell.run_cell(cell)
    done.raise_error()
    return done.result


@pytest.mark.usefixtures("run")
def test_sql_in_a_cell_is_a_data_frame(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    found = result(shell, "%%sqlmz best --params {'least': 4}\nSELECT item FROM sales\nWHERE sold > %(least)s")
    assert isinstance(found, pd.DataFrame)
    assert found["item"].tolist() == ["ink"]
    assert shell.user_ns["best"] is found
    assert result(shell, "%sqlmz SELECT sum(sold) AS n FROM sales")["n"].tolist() == [8]
    assert result(shell, "%%sqlmz\nINSERT INTO sales VALUES ('pen', 1);\nSELECT count(*) FROM sales")["count"][0] == 3
    assert result(shell, "%sqlmz DELETE FROM sales WHERE item = 'pen'") is None
    assert capsys.readouterr().out.endswith("DELETE 1\n")


@pytest.mark.usefixtures("run")
def test_what_a_cell_sets_the_next_one_has(shell: InteractiveShell) -> None:
    result(shell, "%sqlmz SET application_name = 'cells'")
    assert result(shell, "%sqlmz SHOW application_name").iloc[0, 0] == "cells"


@pytest.mark.usefixtures("run")
def test_a_cell_is_drawn_live(shell: InteractiveShell) -> None:
    view = result(shell, "%%live top --title 'Best sellers' --limit 3\n-- the best\nSELECT item, sold FROM sales;")
    assert isinstance(view, mzwidget.LiveView)
    assert shell.user_ns["top"] is view
    assert view.df["item"].tolist() == ["ink", "tea"]
    view.close()
    script = "CREATE VIEW few AS SELECT * FROM sales WHERE sold < 4;\nfew"
    with result(shell, f"%%live\n{script}") as few:
        assert few.df["item"].tolist() == ["tea"]
    with result(shell, "%live few --kind table --height 200") as again:
        assert again.wait(10).name == "few"
    with result(shell, "%%live --params {'most': 4}\nSELECT item FROM sales WHERE sold < %(most)s") as asked:
        assert asked.df["item"].tolist() == ["tea"]
        asked.params["most"] = 9
        assert asked.df["item"].tolist() == ["ink", "tea"]


@pytest.mark.usefixtures("run")
def test_a_live_cell_follows_a_slider(shell: InteractiveShell) -> None:
    slider = shell.user_ns["most"] = ipywidgets.IntSlider(4)
    shell.user_ns["asked"] = {"most": slider}
    script = "SELECT %(most)s;\nSELECT item FROM sales WHERE sold < %(most)s"
    with result(shell, f"%%live --params asked\n{script}") as named:
        slider.value = 9
        assert named.df["item"].tolist() == ["ink", "tea"]
    with result(shell, "%%live --params [1, most]\nSELECT %s;\nSELECT item FROM sales WHERE sold < %s") as placed:
        assert placed.params == [slider]
        slider.value = 4
        assert placed.df["item"].tolist() == ["tea"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%sqlmz\nSELECT item,\n  sodl FROM sales", "line 2:   sodl FROM sales\n          ^^^^"),
        ("%%sqlmz\nSELECT item form sales", "Did you mean from?"),
        ("%%live\nSELECT 1 AS a;\nSELECT item,\n  sodl FROM sales", "line 3:   sodl FROM sales\n          ^^^^"),
        (
            "%%live --params {'a': 'x' * 50}\nSELECT %(a)s,\n  sodl FROM sales",
            "line 2:   sodl FROM sales\n          ^^^^",
        ),
        ("%live slaes", "Did you mean sales?"),
        ("%%live\nINSERT INTO sales VALUES ('a', 1)", "%live draws a SELECT"),
        ("%%live\n-- nothing", "no statement"),
        ("%sqlmz", "no statement"),
        ("%sqlmz SUBSCRIBE sales", "LiveView"),
        ("%%sqlmz 1x\nSELECT 1", "no name for a variable"),
        ("%%sqlmz --kind bars\nSELECT 1", "no option --kind"),
        ("%%sqlmz --params {'a'\nSELECT 1", "SyntaxError"),
        ("%%live --tilte x\nSELECT 1", "did you mean 'title'"),
        ("%sqlmz SELECT 1/0", "division by zero"),
    ],
)
def test_mistakes_are_explained(fails: Callable[[str], str], cell: str, said: str) -> None:
    assert said in fails(cell)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def ask(client: Any, code: str) -> list[str]:
    """Return what a front end would offer at the bar in the code."""
    before, _, after = code.partition("|")
    reply = client.complete(before + after, len(before), reply=True, timeout=60)["content"]
    start = reply["cursor_start"]
    return [before[:start] + text for text in reply["matches"]]


def execute(client: Any, code: str) -> list[dict[str, Any]]:
    """Run code in the kernel; return what it shows."""
    shown: list[dict[str, Any]] = []
    client.execute_interactive(code, timeout=60, output_hook=shown.append)
    return shown


def test_completion_in_a_real_kernel(kernel: Any, dsn: str, database: psycopg.Connection) -> None:
    database.execute('CREATE TABLE sales (item text, sold int, "Odd col" int)')
    database.execute("CREATE VIEW sales_by_item AS SELECT item FROM sales")
    execute(kernel, f"import mzwidget\nfrom mzwidget import LiveView\nmzwidget.connect({dsn!r})\n%load_ext mzwidget")
    for code, wanted in [
        ('LiveView("sal|', 'LiveView("sales'),
        ('LiveView("sales_|")', 'LiveView("sales_by_item'),
        ("view = mzwidget.LiveView('sales_b|", "view = mzwidget.LiveView('sales_by_item"),
        ('LiveView("SELECT ite| FROM sales', 'LiveView("SELECT item'),
        ('LiveView("SELECT sales.so| FROM sales', 'LiveView("SELECT sales.sold'),
        ('mzwidget.sql("""SELECT s.| FROM sales s', 'mzwidget.sql("""SELECT s."Odd col"'),
        ("mzwidget.sql('SELECT s.Od| FROM sales s", 'mzwidget.sql(\'SELECT s."Odd col"'),
        ('mzwidget.load(df, "sal|', 'mzwidget.load(df, "sales'),
        ('LiveView("SELECT sol|', 'LiveView("SELECT sold'),
        ("%%live\nselect ite|", "%%live\nselect item"),
        ('LiveView("|', 'LiveView("SELECT'),
        ("%live sales_|", "%live sales_by_item"),
        ("%sqlmz SELECT * FROM sal|", "%sqlmz SELECT * FROM sales"),
        ("%%sqlmz\nSELECT coa|", "%%sqlmz\nSELECT coalesce("),
        ("%%sqlmz\nSELECT item\nfro|", "%%sqlmz\nSELECT item\nfrom"),
        ("%%live\nSELECT it| FROM sales GROUP BY 1", "%%live\nSELECT item"),
    ]:
        assert wanted in ask(kernel, code), code
    assert not any("ALTER" in match for match in ask(kernel, 'LiveView("|'))
    assert not any("sales" in match for match in ask(kernel, "sal|"))
    assert "import os" in ask(kernel, "import o|")


def test_completion_never_waits_long_for_a_server(kernel: Any) -> None:
    execute(kernel, "import mzwidget.tail.connect as c\nc._chosen = c._Named('postgres://u@203.0.113.1:6875/x')")
    execute(kernel, "import mzwidget\n%load_ext mzwidget")
    before = pd.Timestamp.now()
    assert "%sqlmz SELECT" in ask(kernel, "%sqlmz SEL|")
    assert pd.Timestamp.now() - before < pd.Timedelta("8s")


def test_a_cursor_shows_its_rows(kernel: Any, dsn: str, database: psycopg.Connection) -> None:
    database.execute("CREATE TABLE shown (n int, s text)")
    database.execute("INSERT INTO shown SELECT n, '<script>alert(1)</script>' FROM generate_series(1, 30) AS n")
    execute(kernel, f"import mzwidget\nconnection = mzwidget.connect({dsn!r})")
    [shown] = execute(kernel, "cursor = connection.execute('SELECT * FROM shown ORDER BY n')\ncursor")[-2:-1]
    data = shown["content"]["data"]
    assert data["text/html"].count("<tr") == 21
    assert "<script>" not in data["text/html"]
    assert "the first 20 of 30 rows" in data["text/plain"]
    [shown] = [
        m for m in execute(kernel, "print(len(cursor.fetchall()), cursor.rownumber)") if m["msg_type"] == "stream"
    ]
    assert shown["content"]["text"].startswith("30 ")
    for statement, said in [
        ("CREATE VIEW w AS SELECT 1 AS a", "CREATE VIEW"),
        ("SELECT NULL::int AS a", "NULL\n1 row"),
    ]:
        shows = [m["content"] for m in execute(kernel, f"connection.execute({statement!r})") if "data" in m["content"]]
        assert said in shows[0]["data"]["text/plain"]
    [kept] = execute(kernel, "c = connection.cursor(binary=True); c.execute('SELECT 1 AS a')")[-2:-1]
    assert "psycopg" in kept["content"]["data"]["text/plain"] or "TableCursor" in kept["content"]["data"]["text/plain"]


def test_errors_in_a_kernel_have_no_traceback(kernel: Any, dsn: str) -> None:
    execute(kernel, f"import mzwidget\nmzwidget.connect({dsn!r})")
    [error] = [m["content"] for m in execute(kernel, "mzwidget.sql('SELCT 1')") if m["msg_type"] == "error"]
    assert error["traceback"] == [f"SqlError: {error['evalue']}"]
    assert "Did you mean SELECT?\n  SELCT 1\n  ^^^^^" in error["evalue"]
    for statement in (
        "mzwidget.connect('here')",
        "LiveView('v', dsn='')",
        "mzwidget.connect('postgres://127.0.0.1:1')",
    ):
        told = execute(kernel, f"from mzwidget import LiveView\n{statement}")
        [error] = [m["content"] for m in told if m["msg_type"] == "error"]
        assert error["traceback"] == [f"{error['ename']}: {error['evalue']}"]


def test_a_long_load_shows_how_far_it_is(kernel: Any, dsn: str) -> None:
    execute(kernel, f"import mzwidget, pandas as pd\nmzwidget.connect({dsn!r})")
    code = """
from mzwidget.notebook import progress
progress._PATIENCE = 0
bars = []
show = progress.Progress._show
def shown(self, *of):
    show(self, *of)
    bars.append((self._bar.value, self._label.value))
progress.Progress._show = shown
print(mzwidget.load(pd.DataFrame({"a": range(50_000)}), "long"))
"""
    shown = execute(kernel, code)
    [box] = [m["content"]["data"] for m in shown if m["msg_type"] == "display_data"]
    assert "application/vnd.jupyter.widget-view+json" in box
    execute(kernel, "print(len(bars))")
    [told] = [m["content"]["text"] for m in execute(kernel, "print(bars)") if m["msg_type"] == "stream"]
    bars = ast.literal_eval(told)
    values = [value for value, _ in bars]
    assert values == sorted(values)
    assert len(set(values)) >= 5
    assert "loading long: 10,000 of 50,000 rows" in bars[0][1]
    assert bars[-1][1].startswith("loading long: 50,000 rows in ")
